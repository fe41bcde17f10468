//! The most that is paid, and how much of it belongs to a part of a year.

use crate::money::Exact;
use crate::rounding::{Rounding, divide};
use crate::{Context, Micros, Problem};

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

/// On how many days of the context's year the participant takes part: the days to prorate an annual maximum by.
///
/// ```
/// use gtm_sdk::cap::days_enrolled;
/// use gtm_sdk::{Context, Participant, Period};
///
/// # fn context(year: Period, participant: Participant) -> Context {
/// #     Context {
/// #         program: String::new(), terms: String::new(), participant, period: year.clone(), year, gathered: vec![],
/// #         currency: "GBP".into(), currency_digits: 2, opening_balances: vec![], products: vec![],
/// #         end_customers: vec![], dictionaries: vec![],
/// #     }
/// # }
/// let year = Period { label: "2011".into(), start: 14_975, end: 15_339 };
/// let december = Participant {
///     account: "A-1".into(), attributes: vec![], enrolled_from: 15_310, enrolled_until: None, agreed: vec![],
/// };
/// assert_eq!(days_enrolled(&context(year, december)), 30);
/// ```
pub fn days_enrolled(context: &Context) -> u32 {
    let from = context.year.start.max(context.participant.enrolled_from);
    let until = context
        .participant
        .enrolled_until
        .map_or(context.year.end, |day| day.min(context.year.end));
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
