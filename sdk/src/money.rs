//! Amounts and quantities, exact: integers of one millionth, and what lies between them before it is rounded.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{Problem, Rate};

/// Millionths of a unit: of a currency, of a product's unit of measure, of a point. 12.34 is 12,340,000. A sale is positive and
/// a return negative.
///
/// Terms write it as a text with at most six decimals, such as `"1000"` or `"2.50"`.
///
/// ```
/// use gtm_sdk::Micros;
///
/// let price: Micros = "12.34".parse()?;
/// assert_eq!(price, Micros(12_340_000));
/// assert_eq!(price.to_string(), "12.34");
/// assert_eq!(price.minus(Micros::whole(20))?.to_string(), "-7.66");
/// assert!("0.0000001".parse::<Micros>().is_err(), "a seventh decimal would have to be rounded");
/// # Ok::<(), gtm_sdk::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Micros(pub i64);

/// Micros in one unit.
pub const UNIT: i64 = 1_000_000;

impl Micros {
    pub const ZERO: Micros = Micros(0);
    pub const MAX: Micros = Micros(i64::MAX);

    /// So many whole units.
    pub const fn whole(units: i32) -> Self {
        Micros(units as i64 * UNIT)
    }

    pub fn plus(self, other: Micros) -> Result<Micros, Problem> {
        self.0.checked_add(other.0).map(Micros).ok_or_else(too_large)
    }

    pub fn minus(self, other: Micros) -> Result<Micros, Problem> {
        self.0.checked_sub(other.0).map(Micros).ok_or_else(too_large)
    }

    /// The amount with the other sign.
    pub fn negated(self) -> Result<Micros, Problem> {
        self.0.checked_neg().map(Micros).ok_or_else(too_large)
    }

    /// The exact product, to be added up and rounded once: see [`Exact`].
    #[inline]
    pub fn times(self, rate: Rate) -> Exact {
        let (units, scale) = rate.parts();
        Exact {
            units: product(self.0, units),
            scale,
        }
    }

    /// The exact product of a quantity and an amount for one unit, such as 8 pieces at 2.50.
    #[inline]
    pub fn times_micros(self, per_unit: Micros) -> Exact {
        Exact {
            units: product(self.0, per_unit.0),
            scale: 6,
        }
    }

    /// The same number as a decimal, in units: 12.34 for 12,340,000 micros.
    pub fn decimal(self) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(self.0), 6).normalize()
    }

    /// Errors: more than six decimals, or beyond ±9.2 × 10^12 units.
    pub fn from_decimal(units: Decimal) -> Result<Micros, Problem> {
        let value = units.normalize();
        if value.scale() > 6 {
            return Err(Problem::new(
                "decimals",
                &format!("{units} has more than six decimals: round it"),
            ));
        }
        i64::try_from(checked_product(value.mantissa(), power_of_ten(6 - value.scale())?)?)
            .map(Micros)
            .map_err(|_| too_large())
    }
}

/// A 64-bit product where the factors are small enough for one, which nearly all amounts are: it is ten times cheaper in a
/// sandbox than a 128-bit one.
#[inline(always)]
fn product(left: i64, right: i64) -> i128 {
    if left.unsigned_abs().leading_zeros() + right.unsigned_abs().leading_zeros() >= 65 {
        i128::from(left * right)
    } else {
        i128::from(left) * i128::from(right)
    }
}

/// The same of numbers that mostly have 64 bits. Errors: the product needs more than 128.
pub(crate) fn checked_product(left: i128, right: i128) -> Result<i128, Problem> {
    match (i64::try_from(left), i64::try_from(right)) {
        (Ok(left), Ok(right)) => Ok(product(left, right)),
        _ => left.checked_mul(right).ok_or_else(too_large),
    }
}

/// In 64 bits where both have no more: a sandbox divides 128 bits by a loop. `divisor` is positive.
pub(crate) fn quotient_and_rest(dividend: i128, divisor: i128) -> (i128, i128) {
    match (i64::try_from(dividend), i64::try_from(divisor)) {
        (Ok(dividend), Ok(divisor)) => ((dividend / divisor).into(), (dividend % divisor).into()),
        _ => {
            let quotient = dividend / divisor;
            (quotient, dividend - quotient * divisor)
        }
    }
}

/// From a table, because a sandbox raises to a power by a loop of 128-bit products. Errors: it needs more than 128 bits.
pub(crate) fn power_of_ten(exponent: u32) -> Result<i128, Problem> {
    const POWERS: [i128; 39] = {
        let mut powers = [1; 39];
        let mut exponent = 1;
        while exponent < powers.len() {
            powers[exponent] = powers[exponent - 1] * 10;
            exponent += 1;
        }
        powers
    };
    POWERS.get(exponent as usize).copied().ok_or_else(too_large)
}

/// In units, without trailing zeros: `12.34`.
impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decimal().fmt(f)
    }
}

impl FromStr for Micros {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let plain = text.strip_prefix('-').unwrap_or(text);
        let written =
            plain.starts_with(|c: char| c.is_ascii_digit()) && plain.chars().all(|c| c.is_ascii_digit() || c == '.');
        match Decimal::from_str_exact(text) {
            Ok(value) if written => Micros::from_decimal(value),
            _ => Err(Problem::new(
                "amount",
                &format!("`{text}` is no amount: write digits and a point, such as `\"1234.50\"`"),
            )),
        }
    }
}

from_text!(Micros, "an amount as a text, such as \"1234.50\"");

impl JsonSchema for Micros {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "title": "Amount",
            "description": "A number with at most six decimals, such as `1234.50`.",
            "pattern": r"^-?\d{1,13}(\.\d{1,6})?$",
        })
    }
}

/// A sum of amounts that cannot overflow.
///
/// ```
/// use gtm_sdk::{Micros, Sum};
///
/// let mut volume = Sum::ZERO;
/// volume.add(Micros::MAX);
/// volume.add(Micros::MAX);
/// assert!(volume.micros().is_err(), "the sum is known and larger than an amount can be");
/// volume.subtract(Micros::MAX);
/// assert_eq!(volume.micros()?, Micros::MAX);
/// # Ok::<(), gtm_sdk::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum {
    /// The sum is `whole + part`: 64 bits take nearly every sum, and one that overflows them is moved to `whole`.
    whole: i128,
    part: i64,
}

impl Sum {
    pub const ZERO: Sum = Sum { whole: 0, part: 0 };

    /// The sum of a column.
    #[inline]
    pub fn of(micros: &[i64]) -> Sum {
        let mut sum = Sum::ZERO;
        for amount in micros {
            sum.add(Micros(*amount));
        }
        sum
    }

    #[inline(always)]
    pub fn add(&mut self, amount: Micros) {
        match self.part.checked_add(amount.0) {
            Some(part) => self.part = part,
            None => self.carry(amount.0),
        }
    }

    #[inline(always)]
    pub fn subtract(&mut self, amount: Micros) {
        match self.part.checked_sub(amount.0) {
            Some(part) => self.part = part,
            None => self.whole -= i128::from(amount.0),
        }
    }

    #[cold]
    fn carry(&mut self, amount: i64) {
        self.whole += i128::from(self.part);
        self.part = amount;
    }

    /// Errors: the sum lies beyond what an amount can be, ±9.2 × 10^12 units.
    pub fn micros(self) -> Result<Micros, Problem> {
        i64::try_from(self.total()).map(Micros).map_err(|_| too_large())
    }

    fn total(self) -> i128 {
        self.whole + i128::from(self.part)
    }
}

impl PartialEq for Sum {
    fn eq(&self, other: &Sum) -> bool {
        self.total() == other.total()
    }
}

impl Eq for Sum {}

impl std::iter::Sum<Micros> for Sum {
    fn sum<I: Iterator<Item = Micros>>(amounts: I) -> Sum {
        let mut sum = Sum::ZERO;
        amounts.for_each(|amount| sum.add(amount));
        sum
    }
}

/// An amount before it is rounded: micros with further decimals. Products are exact, so the order of additions does not
/// matter, and rounding happens once, in [`rounding::round`](crate::rounding::round).
///
/// ```
/// use gtm_sdk::{Micros, Rate};
///
/// let fee = Micros::whole(101).times("0.333 %".parse::<Rate>()?);
/// let twice = fee.plus(fee)?;
/// assert_eq!(twice.decimal()?.to_string(), "0.67266");
/// # Ok::<(), gtm_sdk::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Exact {
    /// `units` × 10^-`scale` micros.
    pub(crate) units: i128,
    pub(crate) scale: u32,
}

impl Exact {
    pub const ZERO: Exact = Exact { units: 0, scale: 0 };

    /// Errors: the sum needs more than 128 bits.
    pub fn plus(self, other: Exact) -> Result<Exact, Problem> {
        let scale = self.scale.max(other.scale);
        let units = self.at(scale)?.checked_add(other.at(scale)?).ok_or_else(too_large)?;
        Ok(Exact { units, scale })
    }

    /// Errors: the difference needs more than 128 bits.
    pub fn minus(self, other: Exact) -> Result<Exact, Problem> {
        let negated = other.units.checked_neg().ok_or_else(too_large)?;
        self.plus(Exact {
            units: negated,
            scale: other.scale,
        })
    }

    /// Errors: the product needs more than 128 bits.
    pub fn times(self, rate: Rate) -> Result<Exact, Problem> {
        let (units, scale) = rate.parts();
        Ok(Exact {
            units: checked_product(self.units, units.into())?,
            scale: self.scale + scale,
        }
        .shortest())
    }

    /// The part of it that belongs to `part` of a `whole`, to the micro, a half away from zero: what a sale earned on the pieces that
    /// come back. All of it belongs to the whole, so that parts taken one after the other as differences sum to it.
    ///
    /// ```
    /// use gtm_sdk::Micros;
    /// use gtm_sdk::money::Exact;
    ///
    /// let paid = Exact::from(Micros::whole(100));
    /// assert_eq!(paid.part(Micros(1), Micros(3))?.decimal()?.to_string(), "33.333333");
    /// assert_eq!(paid.part(Micros(3), Micros(3))?, paid);
    /// # Ok::<(), gtm_sdk::Problem>(())
    /// ```
    ///
    /// Errors: the whole is zero or less; the product needs more than 128 bits.
    pub fn part(self, part: Micros, whole: Micros) -> Result<Exact, Problem> {
        if part == whole {
            return Ok(self);
        }
        if whole <= Micros::ZERO {
            return Err(Problem::new(
                "part-of-nothing",
                "a part can be taken of more than zero only",
            ));
        }
        let short = self.shortest();
        let dividend = checked_product(short.units, part.0.into())?;
        let divisor = checked_product(power_of_ten(short.scale)?, whole.0.into())?;
        let micros = crate::rounding::divide(dividend, divisor, crate::rounding::Rounding::HalfUp);
        Ok(Exact {
            units: micros,
            scale: 0,
        })
    }

    /// In units of the currency: 12.34 for 12,340,000 micros. Errors: more digits than a decimal has.
    pub fn decimal(self) -> Result<Decimal, Problem> {
        let short = self.shortest();
        Decimal::try_from_i128_with_scale(short.units, short.scale + 6)
            .map(|value| value.normalize())
            .map_err(|_| too_large())
    }

    pub fn is_negative(self) -> bool {
        self.units < 0
    }

    pub fn is_zero(self) -> bool {
        self.units == 0
    }

    fn at(self, scale: u32) -> Result<i128, Problem> {
        if scale == self.scale {
            return Ok(self.units);
        }
        checked_product(self.units, power_of_ten(scale - self.scale)?)
    }

    fn shortest(mut self) -> Exact {
        while self.scale > 0 {
            let (tenth, rest) = quotient_and_rest(self.units, 10);
            if rest != 0 {
                break;
            }
            self.units = tenth;
            self.scale -= 1;
        }
        self
    }
}

impl From<Micros> for Exact {
    fn from(amount: Micros) -> Exact {
        Exact {
            units: i128::from(amount.0),
            scale: 0,
        }
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Exact) -> bool {
        let (left, right) = (self.shortest(), other.shortest());
        (left.units, left.scale) == (right.units, right.scale)
    }
}

impl Eq for Exact {}

#[cold]
pub(crate) fn too_large() -> Problem {
    Problem::new(
        "amount-too-large",
        "an amount lies beyond 9,223,372,036,854.775807: it cannot be calculated with",
    )
}
