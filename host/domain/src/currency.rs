//! ISO 4217 currencies and their digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A currency that money can be paid in: `XXX`, `XTS` and metals are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

impl Currency {
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Digits of the smaller unit: 2 for GBP, 0 for JPY, 3 for KWD.
    pub fn digits(self) -> u8 {
        // Every currency that `from_str` lets in has an exponent.
        self.0.exponent().unwrap_or(0) as u8
    }
}

impl FromStr for Currency {
    type Err = Error;

    fn from_str(code: &str) -> Result<Self> {
        iso_currency::Currency::from_code(code)
            .filter(|currency| {
                currency.exponent().is_some() && !code.starts_with('X')
                    || ["XAF", "XCD", "XOF", "XPF", "XCG"].contains(&code)
            })
            .map(Self)
            .ok_or_else(|| {
                Error::new(format!(
                    "`{code}` is not a currency that money is paid in: write an ISO 4217 code such as `GBP`"
                ))
            })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = Error;

    fn try_from(code: String) -> Result<Self> {
        code.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_follow_iso_4217() {
        for (code, digits) in [("GBP", 2), ("JPY", 0), ("KWD", 3), ("XOF", 0)] {
            assert_eq!(code.parse::<Currency>().map(Currency::digits), Ok(digits), "{code}");
        }
    }

    #[test]
    fn what_nobody_is_paid_in_is_refused() {
        for code in ["XXX", "XTS", "XAU", "gbp", "", "POUNDS"] {
            assert!(code.parse::<Currency>().is_err(), "{code}");
        }
    }
}
