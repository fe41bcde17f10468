//! Earning periods, and when what was earned in each can be used and claimed.

use gtm_sdk::Day;

use crate::terms::Windows;

/// One earning period. All its days belong to what they end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earning {
    pub start: Day,
    pub end: Day,
    /// The last day of the usage period, which begins on the day after `end`.
    pub usable_until: Day,
    /// The last day on which it can be claimed. What is not claimed expires on the next one.
    pub claimable_until: Day,
}

impl Earning {
    pub fn usable_from(&self) -> Day {
        self.end.plus_days(1)
    }

    /// Whether it pays for an activity on this day.
    pub fn pays_on(&self, day: Day) -> bool {
        self.end < day && day <= self.usable_until
    }
}

impl Windows {
    /// The earning periods that begin no later than a day, in order of time. Each begins so many whole months after the first, so that one
    /// from the 31st does not drift.
    pub fn earnings(&self, until: Day) -> Vec<Earning> {
        let months = |periods: usize| i32::try_from(periods * self.earning_months as usize).unwrap_or(i32::MAX);
        let begins = |periods| self.from.plus_months(months(periods));
        let mut earnings = Vec::new();
        loop {
            let (start, next) = (begins(earnings.len()), begins(earnings.len() + 1));
            // Months stop growing at the end of the calendar.
            if start > until || next <= start {
                return earnings;
            }
            let usage = i32::try_from(self.usage_months).unwrap_or(i32::MAX);
            let usable_until = next.plus_months(usage).plus_days(-1);
            earnings.push(Earning {
                start,
                end: next.plus_days(-1),
                usable_until,
                claimable_until: usable_until.plus_days(i32::try_from(self.claim_days).unwrap_or(i32::MAX)),
            });
        }
    }

    /// Whether an activity on this day is paid for by what some earning period earned.
    pub fn in_usage(&self, day: Day) -> bool {
        self.earnings(day).iter().any(|earning| earning.pays_on(day))
    }

    /// The last day on which an activity that ended on this day can be claimed; none when no earning period pays for it.
    pub fn claimable_until(&self, day: Day) -> Option<Day> {
        let earnings = self.earnings(day).into_iter().filter(|earning| earning.pays_on(day));
        earnings.map(|earning| earning.claimable_until).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn halves(from: &str) -> Windows {
        Windows {
            from: day(from),
            earning_months: 6,
            usage_months: 6,
            claim_days: 45,
            converts_below: None,
        }
    }

    #[test]
    fn a_half_year_is_used_in_the_next_and_claimed_45_days_after_it() {
        let earnings = halves("2024-01-01").earnings(day("2024-07-01"));
        assert_eq!(earnings.len(), 2);
        assert_eq!(
            earnings[0],
            Earning {
                start: day("2024-01-01"),
                end: day("2024-06-30"),
                usable_until: day("2024-12-31"),
                claimable_until: day("2025-02-14"),
            }
        );
        assert_eq!(earnings[1].start, earnings[0].usable_from());
        assert!(halves("2024-01-01").earnings(day("2023-12-31")).is_empty());
    }

    #[test]
    fn nothing_pays_for_an_activity_before_the_first_usage_period() {
        let windows = halves("2024-01-01");
        assert!(!windows.in_usage(day("2024-06-30")) && windows.in_usage(day("2024-07-01")));
        assert_eq!(windows.claimable_until(day("2024-12-31")), Some(day("2025-02-14")));
        assert_eq!(windows.claimable_until(day("2025-01-01")), Some(day("2025-08-14")));
        assert_eq!(windows.claimable_until(day("2024-06-30")), None);
    }

    #[test]
    fn earning_periods_follow_each_other_without_a_gap_also_from_the_31st() {
        let windows = Windows {
            earning_months: 1,
            ..halves("2024-01-31")
        };
        let earnings = windows.earnings(day("2999-12-31"));
        assert!(earnings.windows(2).all(|pair| pair[0].usable_from() == pair[1].start));
        assert_eq!(earnings[1].start, day("2024-02-29"));
        assert_eq!(earnings[2].start, day("2024-03-31"));
    }
}
