//! When the periods of a program are worked out: where its day begins, until when facts count as in time, from when on a period may be
//! posted, and where the differences of a locked period go.
//!
//! A period is *in time* until its last day, or as many days longer as the program grants (grace days): facts that come until then belong
//! to its ordinary run, and what changes because of them is part of the original. What comes later is a prior-period adjustment. A
//! period may be posted from its *calculation day* on, counted from the day after its end; before it, it can be looked at. A *locked*
//! period is closed: it is worked out as ever, and what would have been posted into it goes into the period in which it is posted.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::day::Day;
use crate::ledger::Reason;
use crate::period::Period;
use crate::{Error, Result};

/// A program without one works by UTC, grants no grace, and posts at any time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Schedule {
    /// Days after its end in which a period is still in time.
    pub grace_days: u16,
    /// The first day on which a period may be posted, counted from its end: 1 is the day after. Absent: any day.
    pub calculation_day: Option<u16>,
    /// Whose midnight is the program's: for the day that it is today, for its calculation day and for expiry, and for the times with an
    /// offset in files that are imported for it.
    pub time_zone: TimeZone,
}

/// How a run posts what it finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The period is in time.
    pub in_time: bool,
    /// The open period that takes the differences of a locked one; absent when they go into their own.
    pub into: Option<Period>,
}

impl Schedule {
    /// The day that it is in the program at that time.
    ///
    /// # Errors
    /// When the clock is outside the years that a day may lie in.
    pub fn day_at(&self, time: DateTime<Utc>) -> Result<Day> {
        self.time_zone.day_at(time)
    }

    /// The last day on which facts of the period are in time.
    pub fn in_time_until(&self, period: &Period) -> Day {
        period.end.plus(self.grace_days.into())
    }

    /// The first day on which the period may be posted; absent when any day will do.
    pub fn posted_from(&self, period: &Period) -> Option<Day> {
        self.calculation_day.map(|days| period.end.plus(days.into()))
    }

    /// How a run posts that takes place on the day `today`.
    ///
    /// # Errors
    /// A sentence that names the day, before the calculation day and when a locked period is not over.
    pub fn posting(&self, calendar: Calendar, period: &Period, locked: bool, today: Day) -> Result<Posting> {
        let label = &period.label;
        if let Some(first) = self.posted_from(period).filter(|first| today < *first) {
            return Err(Error::new(format!(
                "{label} is posted from {first} on, and today is {today}: `--what-if` shows what it comes to so far"
            )));
        }
        let into = match locked {
            false => None,
            true if today <= period.end => {
                return Err(Error::new(format!(
                    "{label} is locked and ends on {}, and today is {today}, so no open period follows it yet: unlock it",
                    period.end
                )));
            }
            true => Some(calendar.containing(today)?),
        };
        Ok(Posting {
            in_time: self.grace_days > 0 && today <= self.in_time_until(period),
            into,
        })
    }

    /// Whether the period may be locked.
    ///
    /// # Errors
    /// A sentence that names the day, when it is not over.
    pub fn check_lock(&self, period: &Period, today: Day) -> Result<()> {
        if today <= period.end {
            return Err(Error::new(format!(
                "{} ends on {}, and today is {today}: a period is locked when it is over",
                period.label, period.end
            )));
        }
        Ok(())
    }
}

impl Posting {
    /// Why the differences are posted, by why the calculation differs.
    pub fn reason(&self, found: Reason) -> Reason {
        match found {
            // Whatever changed, for the period that takes it it is the past.
            _ if self.into.is_some() => Reason::PriorPeriod,
            Reason::PriorPeriod if self.in_time => Reason::Original,
            found => found,
        }
    }
}

/// A time zone of the IANA list, such as `Europe/London`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(chrono_tz::Tz);

impl TimeZone {
    /// The day that it is there at that time.
    ///
    /// # Errors
    /// When the day lies outside the years 1900 to 2999.
    pub fn day_at(self, time: DateTime<Utc>) -> Result<Day> {
        Day::from_date(time.with_timezone(&self.0).date_naive())
    }

    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self(chrono_tz::UTC)
    }
}

impl FromStr for TimeZone {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        name.parse().map(Self).map_err(|_| {
            Error::new(format!(
                "`{name}` is no time zone: write a name of the IANA list, such as `Europe/London` or `UTC`"
            ))
        })
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl TryFrom<String> for TimeZone {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        zone.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn quarter(label: &str) -> (Calendar, Period) {
        let calendar: Calendar = "quarter".parse().unwrap();
        (calendar, calendar.period(label).unwrap())
    }

    fn schedule(grace_days: u16, calculation_day: Option<u16>) -> Schedule {
        Schedule {
            grace_days,
            calculation_day,
            time_zone: TimeZone::default(),
        }
    }

    fn posting(schedule: Schedule, locked: bool, today: &str) -> Result<(bool, Option<String>)> {
        let (calendar, first) = quarter("2024-Q1");
        let posting = schedule.posting(calendar, &first, locked, day(today))?;
        Ok((posting.in_time, posting.into.map(|period| period.label)))
    }

    #[test]
    fn without_a_schedule_everything_is_as_it_always_was() {
        for today in ["2024-02-01", "2024-03-31", "2024-04-01", "2030-01-01"] {
            assert_eq!(posting(Schedule::default(), false, today), Ok((false, None)), "{today}");
        }
    }

    #[test]
    fn facts_are_in_time_until_the_last_day_of_grace() {
        let grace = schedule(10, None);
        assert_eq!(posting(grace, false, "2024-04-10"), Ok((true, None)));
        assert_eq!(posting(grace, false, "2024-04-11"), Ok((false, None)));
        let posting = |in_time| Posting { in_time, into: None };
        assert_eq!(posting(true).reason(Reason::PriorPeriod), Reason::Original);
        assert_eq!(posting(true).reason(Reason::RateAdjustment), Reason::RateAdjustment);
        assert_eq!(posting(false).reason(Reason::PriorPeriod), Reason::PriorPeriod);
        assert_eq!(posting(false).reason(Reason::Original), Reason::Original);
    }

    #[test]
    fn a_period_is_posted_from_its_calculation_day_on() {
        let fifth = schedule(0, Some(5));
        assert_eq!(
            posting(fifth, false, "2024-04-04").unwrap_err().to_string(),
            "2024-Q1 is posted from 2024-04-05 on, and today is 2024-04-04: `--what-if` shows what it comes to so far"
        );
        assert_eq!(posting(fifth, false, "2024-04-05"), Ok((false, None)));
    }

    #[test]
    fn what_is_locked_is_posted_into_the_period_of_the_day() {
        assert_eq!(
            posting(schedule(30, None), true, "2024-04-10"),
            Ok((true, Some("2024-Q2".into())))
        );
        assert_eq!(
            posting(Schedule::default(), true, "2024-08-01"),
            Ok((false, Some("2024-Q3".into())))
        );
        assert_eq!(
            posting(Schedule::default(), true, "2024-03-31")
                .unwrap_err()
                .to_string(),
            "2024-Q1 is locked and ends on 2024-03-31, and today is 2024-03-31, so no open period follows it yet: unlock it"
        );
        let (_, second) = quarter("2024-Q2");
        let posting = Posting {
            in_time: true,
            into: Some(second.clone()),
        };
        for reason in [Reason::Original, Reason::PriorPeriod, Reason::RateAdjustment] {
            assert_eq!(posting.reason(reason), Reason::PriorPeriod);
        }
        let schedule = Schedule::default();
        assert!(schedule.check_lock(&second, day("2024-07-01")).is_ok());
        assert_eq!(
            schedule.check_lock(&second, day("2024-06-30")).unwrap_err().to_string(),
            "2024-Q2 ends on 2024-06-30, and today is 2024-06-30: a period is locked when it is over"
        );
    }

    #[test]
    fn the_day_begins_at_midnight_in_the_programs_time_zone() {
        let at = |zone: &str, time: &str| {
            let schedule = Schedule {
                time_zone: zone.parse().unwrap(),
                ..Schedule::default()
            };
            schedule.day_at(time.parse().unwrap()).unwrap().to_string()
        };
        // British summer time begins on 31 March 2024.
        assert_eq!(at("Europe/London", "2024-03-31T00:30:00Z"), "2024-03-31");
        assert_eq!(at("Europe/London", "2024-03-31T23:30:00Z"), "2024-04-01");
        assert_eq!(at("UTC", "2024-03-31T23:30:00Z"), "2024-03-31");
        assert_eq!(at("America/Los_Angeles", "2024-04-01T06:59:59Z"), "2024-03-31");
        assert_eq!(at("Pacific/Auckland", "2024-03-31T11:00:00Z"), "2024-04-01");
        assert_eq!(
            "Europe/Londn".parse::<TimeZone>().unwrap_err().to_string(),
            "`Europe/Londn` is no time zone: write a name of the IANA list, such as `Europe/London` or `UTC`"
        );
        assert_eq!(
            "Europe/London".parse::<TimeZone>().unwrap().to_string(),
            "Europe/London"
        );
    }
}
