//! The most that is paid, and how much of it belongs to a part of a year.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::money::Exact;
use crate::rounding::{Rounding, divide};
use crate::{Micros, Participant, Period, Problem};

/// The most that is due.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cap {
    /// The most that is due for one period.
    pub period: Option<Micros>,
    /// The most that is due for the periods of one year of the program's calendar.
    pub year: Option<Micros>,
    #[serde(default)]
    pub prorate: Prorate,
}

/// Whether an amount for a period or year is lowered for a participant who is enrolled for a part of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Prorate {
    #[default]
    No,
    /// By the days of enrolment in the period or year, out of all its days.
    ByDays,
}

/// An amount for a period or year, and on how many of its days the participant is enrolled.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub full: Micros,
    pub enrolled_days: u32,
    pub days: u32,
    /// The amount for the days of enrolment, rounded.
    pub amount: Micros,
}

impl Limit {
    /// Errors: the result is larger than an amount can be.
    pub fn over(
        period: &Period,
        participant: &Participant,
        full: Micros,
        prorate: Prorate,
        digits: u8,
        rounding: Rounding,
    ) -> Result<Limit, Problem> {
        let days = period.days();
        let enrolled_days = match prorate {
            Prorate::ByDays => days_enrolled(participant, period),
            Prorate::No => days,
        };
        Ok(Limit {
            full,
            enrolled_days,
            days,
            amount: prorated(full, enrolled_days, days, digits, rounding)?,
        })
    }
}

/// The smaller of what was earned and the cap. What is to be taken back stays as it is.
///
/// ```
/// use gtm_sdk::Micros;
/// use gtm_sdk::cap::at_most;
///
/// assert_eq!(at_most(Micros::whole(120), Micros::whole(100))?.decimal()?.to_string(), "100");
/// assert_eq!(at_most(Micros::whole(-5), Micros::whole(100))?.decimal()?.to_string(), "-5");
/// # Ok::<(), gtm_sdk::Problem>(())
/// ```
pub fn at_most(earned: impl Into<Exact>, cap: Micros) -> Result<Exact, Problem> {
    let (earned, cap) = (earned.into(), Exact::from(cap));
    Ok(if cap.minus(earned)?.is_negative() { cap } else { earned })
}

/// The part of an amount that falls on some of its days: amount · days / of, rounded to `digits` decimals. An annual maximum of
/// 100 in force for 30 of 365 days is 8.22.
///
/// ```
/// use gtm_sdk::Micros;
/// use gtm_sdk::cap::prorated;
/// use gtm_sdk::rounding::Rounding;
///
/// assert_eq!(prorated(Micros::whole(100), 30, 365, 2, Rounding::HalfUp)?.to_string(), "8.22");
/// # Ok::<(), gtm_sdk::Problem>(())
/// ```
///
/// Errors: `of` is zero; the result is larger than an amount can be.
pub fn prorated(amount: Micros, days: u32, of: u32, digits: u8, rounding: Rounding) -> Result<Micros, Problem> {
    if of == 0 {
        return Err(Problem::new(
            "no-days",
            "an amount cannot be divided among no days: give the days of the whole",
        ));
    }
    let coarseness = 10i128.pow(u32::from(6 - digits.min(6)));
    let part = divide(
        i128::from(amount.0) * i128::from(days),
        i128::from(of) * coarseness,
        rounding,
    ) * coarseness;
    i64::try_from(part).map(Micros).map_err(|_| crate::money::too_large())
}

/// On how many days of a period or year the participant takes part.
///
/// ```
/// use gtm_sdk::cap::days_enrolled;
/// use gtm_sdk::{Participant, Period};
///
/// let year = Period { label: "2011".into(), start: 14_975, end: 15_339 };
/// let december = Participant {
///     account: "A-1".into(), attributes: vec![], enrolled_from: 15_310, enrolled_until: None, agreed: vec![],
/// };
/// assert_eq!(days_enrolled(&december, &year), 30);
/// ```
pub fn days_enrolled(participant: &Participant, period: &Period) -> u32 {
    let from = period.start.max(participant.enrolled_from);
    let until = participant.enrolled_until.map_or(period.end, |day| day.min(period.end));
    u32::try_from(i64::from(until) - i64::from(from) + 1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_of_a_year_share_its_maximum() {
        let share = |days| prorated(Micros::whole(365), days, 365, 2, Rounding::HalfUp).unwrap();
        assert_eq!(
            (share(0), share(1), share(365)),
            (Micros::ZERO, Micros::whole(1), Micros::whole(365))
        );
        assert!(prorated(Micros::whole(1), 1, 0, 2, Rounding::HalfUp).is_err());
        assert!(prorated(Micros::MAX, 2, 1, 2, Rounding::HalfUp).is_err());
    }
}
