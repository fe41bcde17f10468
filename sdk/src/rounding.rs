//! The one place where an amount loses digits.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::money::{Exact, checked_product, power_of_ten, quotient_and_rest, too_large};
use crate::{Micros, Problem};

/// What becomes of the digits that go. The names mean the same for both signs, so that a return takes back exactly what its
/// sale gave, except for `ceiling` and `floor`, which look at the number line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// To the nearest; a half away from zero: 0.125 gives 0.13, -0.125 gives -0.13. What invoices use.
    #[default]
    HalfUp,
    /// To the nearest; a half to the even digit: 0.125 gives 0.12, 0.135 gives 0.14.
    HalfEven,
    /// To the nearest; a half towards zero: 0.125 gives 0.12.
    HalfDown,
    /// Away from zero: 0.121 gives 0.13.
    Up,
    /// Towards zero: 0.129 gives 0.12.
    Down,
    /// To the larger number: 0.121 gives 0.13, -0.129 gives -0.12.
    Ceiling,
    /// To the smaller number: 0.129 gives 0.12, -0.121 gives -0.13.
    Floor,
}

/// Rounds to `digits` decimals of a unit, 0 to 6; more than six are six, since an amount has no more. Round once, at the end.
///
/// ```
/// use gtm_sdk::rounding::{Rounding, round};
/// use gtm_sdk::{Micros, Rate};
///
/// let earned = Micros("48.50".parse::<Micros>()?.0).times("2.5 %".parse::<Rate>()?); // 1.2125
/// assert_eq!(round(earned, 2, Rounding::HalfUp)?.to_string(), "1.21");
/// assert_eq!(round(earned, 3, Rounding::HalfUp)?.to_string(), "1.213");
/// assert_eq!(round(earned, 3, Rounding::HalfEven)?.to_string(), "1.212");
/// assert_eq!(round(earned, 0, Rounding::Ceiling)?.to_string(), "2");
/// # Ok::<(), gtm_sdk::Problem>(())
/// ```
///
/// Errors: the result is larger than an amount can be.
pub fn round(amount: impl Into<Exact>, digits: u8, rounding: Rounding) -> Result<Micros, Problem> {
    let Exact { units, scale } = amount.into();
    let coarseness = u32::from(6 - digits.min(6));
    let divisor = power_of_ten(scale + coarseness)?;
    let rounded = divide(units, divisor, rounding);
    let micros = checked_product(rounded, power_of_ten(coarseness)?)?;
    i64::try_from(micros).map(Micros).map_err(|_| too_large())
}

/// Divides and rounds to `digits` decimals at once, as [`round`] does: for what falls on a part of a whole.
///
/// ```
/// use gtm_sdk::Micros;
/// use gtm_sdk::rounding::{Rounding, quotient};
///
/// let fare = Micros::whole(800);
/// let miles: Micros = "19.20".parse()?;
/// let share = quotient(fare.times_micros(miles), fare.plus(miles)?, 2, Rounding::HalfUp)?;
/// assert_eq!(share.to_string(), "18.75");
/// # Ok::<(), gtm_sdk::Problem>(())
/// ```
///
/// Errors: a divisor of zero or less; the result is larger than an amount can be.
pub fn quotient(
    dividend: impl Into<Exact>,
    divisor: Micros,
    digits: u8,
    rounding: Rounding,
) -> Result<Micros, Problem> {
    if divisor <= Micros::ZERO {
        let message = format!("nothing can be divided by {divisor}: give a number above 0");
        return Err(Problem::new("divisor", &message));
    }
    let Exact { units, scale } = dividend.into();
    // A divisor counts in millionths, so that six of the dividend's decimals cancel out.
    let (units, scale) = match scale.checked_sub(6) {
        Some(left) => (units, left),
        None => (checked_product(units, power_of_ten(6 - scale)?)?, 0),
    };
    let coarseness = u32::from(6 - digits.min(6));
    let whole = checked_product(power_of_ten(scale + coarseness)?, divisor.0.into())?;
    let micros = checked_product(divide(units, whole, rounding), power_of_ten(coarseness)?)?;
    i64::try_from(micros).map(Micros).map_err(|_| too_large())
}

/// The quotient as an integer; `divisor` is positive.
pub(crate) fn divide(dividend: i128, divisor: i128, rounding: Rounding) -> i128 {
    let (quotient, rest) = quotient_and_rest(dividend, divisor);
    if rest == 0 {
        return quotient;
    }
    let away = if dividend < 0 { quotient - 1 } else { quotient + 1 };
    // Twice the rest may not fit, so the half is found from the other side.
    let half = rest.unsigned_abs().cmp(&(divisor.unsigned_abs() - rest.unsigned_abs()));
    let moves_away = match rounding {
        Rounding::HalfUp => half.is_ge(),
        Rounding::HalfEven => half.is_gt() || (half.is_eq() && quotient % 2 != 0),
        Rounding::HalfDown => half.is_gt(),
        Rounding::Up => true,
        Rounding::Down => false,
        Rounding::Ceiling => dividend > 0,
        Rounding::Floor => dividend < 0,
    };
    if moves_away { away } else { quotient }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::{Decimal, RoundingStrategy};

    use super::*;

    const STRATEGIES: [(Rounding, RoundingStrategy); 7] = [
        (Rounding::HalfUp, RoundingStrategy::MidpointAwayFromZero),
        (Rounding::HalfEven, RoundingStrategy::MidpointNearestEven),
        (Rounding::HalfDown, RoundingStrategy::MidpointTowardZero),
        (Rounding::Up, RoundingStrategy::AwayFromZero),
        (Rounding::Down, RoundingStrategy::ToZero),
        (Rounding::Ceiling, RoundingStrategy::ToPositiveInfinity),
        (Rounding::Floor, RoundingStrategy::ToNegativeInfinity),
    ];

    proptest! {
        #[test]
        fn each_mode_is_that_of_the_decimal_crate(
            micros in -10_000_000_000i64..10_000_000_000, thousandths in -999i64..999, digits in 0u8..=6, mode in 0usize..7,
        ) {
            let (rounding, strategy) = STRATEGIES[mode];
            let amount = Exact { units: i128::from(micros) * i128::from(thousandths), scale: 3 };
            let expected = Decimal::from_i128_with_scale(amount.units, 9).round_dp_with_strategy(u32::from(digits), strategy);
            prop_assert_eq!(round(amount, digits, rounding).unwrap().decimal(), expected.normalize());
        }

        #[test]
        fn a_return_takes_back_what_its_sale_gave(micros: i32, digits in 0u8..=6, mode in 0usize..5) {
            let (rounding, _) = STRATEGIES[mode];
            let there = round(Micros(i64::from(micros)), digits, rounding).unwrap();
            let back = round(Micros(-i64::from(micros)), digits, rounding).unwrap();
            prop_assert_eq!(there.plus(back).unwrap(), Micros::ZERO);
        }
    }

    #[test]
    fn a_quotient_is_rounded_once_from_its_exact_value() {
        let at = |dividend: Exact, divisor, digits| quotient(dividend, divisor, digits, Rounding::HalfUp);
        let thirds = at(Micros::whole(2).into(), Micros::whole(3), 2).unwrap();
        assert_eq!(thirds.to_string(), "0.67");
        let tenths = Micros::whole(105).times_micros(Micros::whole(1));
        assert_eq!(
            quotient(tenths, Micros::whole(10), 0, Rounding::Down).unwrap(),
            Micros::whole(10)
        );
        assert_eq!(
            at(Micros::MAX.times_micros(Micros::MAX), Micros::MAX, 6).unwrap(),
            Micros::MAX
        );
        assert_eq!(
            at(Micros::MAX.into(), Micros(1), 6).unwrap_err().code,
            "amount-too-large"
        );
        assert_eq!(at(Exact::ZERO, Micros::ZERO, 2).unwrap_err().code, "divisor");
    }

    #[test]
    fn a_half_is_decided_by_the_mode_alone() {
        let half = |sign: i64| Micros(sign * 125_000);
        let rounded = |rounding| [1, -1].map(|sign| round(half(sign), 2, rounding).unwrap().to_string());
        assert_eq!(rounded(Rounding::HalfUp), ["0.13", "-0.13"]);
        assert_eq!(rounded(Rounding::HalfEven), ["0.12", "-0.12"]);
        assert_eq!(rounded(Rounding::Ceiling), ["0.13", "-0.12"]);
        assert_eq!(rounded(Rounding::Floor), ["0.12", "-0.13"]);
    }

    #[test]
    fn the_largest_amounts_are_rounded_or_refused_but_never_wrong() {
        assert_eq!(round(Micros::MAX, 6, Rounding::Up).unwrap(), Micros::MAX);
        assert!(round(Micros::MAX, 0, Rounding::Up).is_err());
        assert_eq!(divide(i128::MAX, i128::MAX, Rounding::HalfUp), 1);
        assert_eq!(divide(i128::MAX - 1, i128::MAX, Rounding::HalfUp), 1);
    }
}
