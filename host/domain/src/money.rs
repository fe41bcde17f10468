//! Amounts. A [`Micros`] is a whole number of millionths of some unit; [`Money`] adds the currency and refuses to mix two.
//! Nothing in this crate rounds: what has more than six decimals is refused where it comes in.

use std::fmt;
use std::iter::Sum;
use std::ops::{AddAssign, Sub};
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::{Error, Result};

/// Millionths of a unit, signed. Written as a decimal without trailing zeros: `-12.34`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Micros(pub i64);

pub const MICROS_PER_UNIT: i64 = 1_000_000;

impl Micros {
    pub const ZERO: Micros = Micros(0);

    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 6)
    }

    /// Exact, or refused: more than six decimals, or more than about nine million million units.
    pub fn from_decimal(value: Decimal) -> Result<Self> {
        let scaled = value
            .checked_mul(Decimal::from(MICROS_PER_UNIT))
            .ok_or_else(|| Error::new(format!("{value} is too large to keep in millionths")))?
            .normalize();
        if scaled.scale() != 0 {
            return Err(Error::new(format!("{value} has more than six decimals")));
        }
        i64::try_from(scaled.mantissa())
            .map(Micros)
            .map_err(|_| Error::new(format!("{value} is too large to keep in millionths")))
    }

    pub fn checked_add(self, other: Micros) -> Result<Micros> {
        self.0
            .checked_add(other.0)
            .map(Micros)
            .ok_or_else(|| Error::new(format!("{self} + {other} is too large to keep in millionths")))
    }

    pub fn checked_sub(self, other: Micros) -> Result<Micros> {
        self.0
            .checked_sub(other.0)
            .map(Micros)
            .ok_or_else(|| Error::new(format!("{self} - {other} is too large to keep in millionths")))
    }

    /// The exact sum, or refused when it does not fit.
    pub fn checked_sum(parts: impl IntoIterator<Item = Micros>) -> Result<Micros> {
        let sum: i128 = parts.into_iter().map(|part| i128::from(part.0)).sum();
        i64::try_from(sum)
            .map(Micros)
            .map_err(|_| Error::new("a sum is too large to keep in millionths"))
    }

    /// Whether it is a whole number of the currency's smaller unit: 0.005 GBP is not.
    pub fn is_payable(self, currency: Currency) -> bool {
        self.0 % 10_i64.pow(6 - u32::from(currency.digits()).min(6)) == 0
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_micros(self.0.into(), f)
    }
}

fn write_micros(micros: i128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const UNIT: u64 = MICROS_PER_UNIT as u64;
    let sign = if micros < 0 { "-" } else { "" };
    // Every receipt writes some; dividing 128 bits takes longer than the rest.
    match u64::try_from(micros.unsigned_abs()) {
        Ok(micros) => write_units(sign, micros / UNIT, micros % UNIT, f),
        Err(_) => {
            let micros = micros.unsigned_abs();
            write_units(sign, micros / u128::from(UNIT), (micros % u128::from(UNIT)) as u64, f)
        }
    }
}

fn write_units(sign: &str, whole: impl fmt::Display, millionths: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if millionths == 0 {
        return write!(f, "{sign}{whole}");
    }
    let (mut fraction, mut places) = (millionths, 6);
    while fraction % 10 == 0 {
        (fraction, places) = (fraction / 10, places - 1);
    }
    write!(f, "{sign}{whole}.{fraction:0places$}")
}

impl FromStr for Micros {
    type Err = Error;

    /// Reads a plain decimal: an optional sign, digits, an optional point and digits. No exponent, no thousands separators.
    fn from_str(text: &str) -> Result<Self> {
        let refuse = || {
            Error::new(format!(
                "`{text}` is not an amount: write digits with at most six decimals, such as `-1234.5`"
            ))
        };
        let (negative, digits) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let mut value: i128 = 0;
        let mut decimals: Option<u32> = None;
        let mut seen = false;
        for byte in digits {
            match byte {
                b'0'..=b'9' => {
                    seen = true;
                    if let Some(places) = &mut decimals {
                        *places += 1;
                        // Zeros beyond the sixth decimal change nothing.
                        if *places > 6 {
                            if *byte == b'0' {
                                continue;
                            } else {
                                return Err(Error::new(format!("`{text}` has more than six decimals")));
                            }
                        }
                    }
                    value = value * 10 + i128::from(byte - b'0');
                    if value > i128::from(u64::MAX) * 1_000_000 {
                        return Err(Error::new(format!("`{text}` is too large to keep in millionths")));
                    }
                }
                b'.' if decimals.is_none() => decimals = Some(0),
                _ => return Err(refuse()),
            }
        }
        if !seen {
            return Err(refuse());
        }
        value *= 10_i128.pow(6 - decimals.unwrap_or(0).min(6));
        i64::try_from(if negative { -value } else { value })
            .map(Micros)
            .map_err(|_| Error::new(format!("`{text}` is too large to keep in millionths")))
    }
}

impl TryFrom<String> for Micros {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Micros> for String {
    fn from(micros: Micros) -> Self {
        micros.to_string()
    }
}

/// For figures that were checked before: panics where [`Micros::checked_sum`] refuses.
impl Sum for Micros {
    fn sum<I: Iterator<Item = Micros>>(parts: I) -> Self {
        Micros::checked_sum(parts).expect("the sum was checked to fit")
    }
}

/// A total of many amounts, which may be larger than any one of them: it has room for more than there can be. Written as a [`Micros`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(into = "String")]
pub struct Total(i128);

impl From<i128> for Total {
    fn from(micros: i128) -> Self {
        Self(micros)
    }
}

impl From<Micros> for Total {
    fn from(amount: Micros) -> Self {
        Self(amount.0.into())
    }
}

impl<T: Into<Total>> AddAssign<T> for Total {
    fn add_assign(&mut self, part: T) {
        self.0 += part.into().0;
    }
}

impl Sub for Total {
    type Output = Total;

    fn sub(self, other: Total) -> Total {
        Total(self.0 - other.0)
    }
}

impl Sum for Total {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        Self(parts.map(|part| part.0).sum())
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_micros(self.0, f)
    }
}

impl From<Total> for String {
    fn from(total: Total) -> Self {
        total.to_string()
    }
}

/// An amount in a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    pub amount: Micros,
    pub currency: Currency,
}

impl Money {
    pub fn checked_add(self, other: Money) -> Result<Money> {
        if self.currency != other.currency {
            return Err(Error::new(format!(
                "{} and {} cannot be added: convert one of them first",
                self.currency, other.currency
            )));
        }
        Ok(Money {
            amount: self.amount.checked_add(other.amount)?,
            ..self
        })
    }
}

/// With at least the currency's digits: `1234.50 GBP`, `0.005 GBP`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.amount.to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        match usize::from(self.currency.digits()).max(fraction.len()) {
            0 => write!(f, "{whole} {}", self.currency),
            digits => write!(f, "{whole}.{fraction:0<digits$} {}", self.currency),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_amount_is_written_and_read_back(micros in any::<i64>()) {
            prop_assert_eq!(Micros(micros).to_string().parse(), Ok(Micros(micros)));
            prop_assert_eq!(Micros::from_decimal(Micros(micros).to_decimal()), Ok(Micros(micros)));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,40}") {
            let _ = text.parse::<Micros>();
        }
    }

    #[test]
    fn more_than_six_decimals_are_refused_never_rounded() {
        assert_eq!(
            "0.0000001".parse::<Micros>().unwrap_err().to_string(),
            "`0.0000001` has more than six decimals"
        );
        assert_eq!("1.50000000".parse(), Ok(Micros(1_500_000)));
        assert!(Micros::from_decimal("0.1234567".parse().unwrap()).is_err());
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "-",
            ".",
            "1,000",
            "1e3",
            "NaN",
            "٣",
            "1.2.3",
            "99999999999999999999999999999999999999999999",
        ] {
            assert!(text.parse::<Micros>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_total_has_room_for_more_than_an_amount() {
        let mut total = Total::default();
        (0..3).for_each(|_| total += Micros(i64::MAX));
        assert_eq!(total.to_string(), "27670116110564.327421");
        assert_eq!((Total::default() - total).to_string(), "-27670116110564.327421");
        assert_eq!(serde_json::to_string(&Total::from(1_500_000)).unwrap(), r#""1.5""#);
    }

    #[test]
    fn two_currencies_are_not_added() {
        let gbp = Money {
            amount: Micros(1_234_500_000),
            currency: "GBP".parse().unwrap(),
        };
        let jpy = Money {
            amount: Micros(5_000_000),
            currency: "JPY".parse().unwrap(),
        };
        assert_eq!(
            gbp.checked_add(jpy).unwrap_err().to_string(),
            "GBP and JPY cannot be added: convert one of them first"
        );
        assert_eq!(
            (gbp.to_string(), jpy.to_string()),
            ("1234.50 GBP".into(), "5 JPY".into())
        );
        assert!(!Micros(5_000).is_payable(gbp.currency) && Micros(10_000).is_payable(gbp.currency));
    }
}
