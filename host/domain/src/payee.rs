//! Who is paid and who pays: names and addresses as documents carry them, and bank accounts that were checked.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::{Error, Result};

/// A company or person as it stands on a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The account's number, or whatever the issuer calls itself by.
    pub number: String,
    pub name: String,
    pub address: Option<Address>,
    /// As the tax office wrote it, such as a VAT number.
    pub tax_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub street: Option<String>,
    pub city: Option<String>,
    pub postcode: Option<String>,
    pub country: Country,
}

/// Where money is paid to, or from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccount {
    /// The holder, as the bank knows it.
    pub holder: String,
    pub iban: Iban,
    /// The bank. Within one country and within SEPA the IBAN is enough.
    pub bic: Option<Bic>,
}

/// How an account is settled with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payee {
    pub address: Option<Address>,
    pub tax_id: Option<String>,
    pub bank: Option<BankAccount>,
    /// It supplies us, and agreed that we write its notes: it gets self-billed credit notes where a customer gets credit memos.
    pub self_billed: bool,
    /// What it is settled in; absent: each program's own currency.
    pub currency: Option<Currency>,
}

/// Who writes the documents and pays: the company that runs the programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    pub party: Party,
    pub bank: Option<BankAccount>,
}

/// ISO 3166-1, two letters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(String);

/// ISO 13616, checked: country, length, structure and check digits. Kept without spaces.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iban(String);

/// ISO 9362: 8 or 11 letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bic(String);

macro_rules! checked_text {
    ($name:ident) => {
        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(text: String) -> Result<Self> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(checked: $name) -> Self {
                checked.0
            }
        }
    };
}

checked_text! { Country }
checked_text! { Iban }
checked_text! { Bic }

impl FromStr for Country {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.bytes().all(|byte| byte.is_ascii_uppercase()) && sepa::is_country_code(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::new(format!(
            "`{text}` is no country: write two capital letters such as `GB` (ISO 3166-1)"
        )))
    }
}

impl FromStr for Iban {
    type Err = Error;

    /// Spaces and small letters are let through, as people copy them.
    fn from_str(text: &str) -> Result<Self> {
        sepa::validate_iban(text)
            .map(|iban| Self(iban.as_str().to_owned()))
            .map_err(|e| Error::new(format!("`{text}` is no IBAN: {e}")))
    }
}

impl Iban {
    /// Whether its bank can be reached by SEPA credit transfers.
    pub fn is_sepa(&self) -> bool {
        sepa::iban::is_sepa_country(&self.0[..2])
    }

    /// In groups of four, as people read it.
    pub fn grouped(&self) -> String {
        let groups: Vec<&str> = (0..self.0.len())
            .step_by(4)
            .map(|from| &self.0[from..self.0.len().min(from + 4)])
            .collect();
        groups.join(" ")
    }

    /// What may stand in a log: country, check digits and the last four.
    fn masked(&self) -> String {
        format!("{}…{}", &self.0[..4], &self.0[self.0.len() - 4..])
    }
}

impl fmt::Debug for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Iban({})", self.masked())
    }
}

impl FromStr for Bic {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        sepa::validate_bic(text)
            .map(|bic| Self(bic.as_str().to_owned()))
            .map_err(|e| Error::new(format!("`{text}` is no BIC: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iban_is_checked_to_its_last_digit() {
        let iban: Iban = "gb33 BUKB 2020 1555 5555 55".parse().unwrap();
        assert_eq!(
            (iban.as_str(), &*iban.grouped()),
            ("GB33BUKB20201555555555", "GB33 BUKB 2020 1555 5555 55")
        );
        assert_eq!(format!("{iban:?}"), "Iban(GB33…5555)");
        assert!(iban.is_sepa());
        for text in [
            "GB34BUKB20201555555555",
            "GB33BUKB2020155555555",
            "XX33BUKB20201555555555",
            "",
            "'; drop",
        ] {
            assert!(
                text.parse::<Iban>().unwrap_err().to_string().contains("is no IBAN"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_bic_and_a_country_are_checked() {
        assert!("BUKBGB22".parse::<Bic>().is_ok() && "BUKBGB22XXX".parse::<Bic>().is_ok());
        assert!("NOTPROVIDED".parse::<Bic>().is_err() && "BUKB".parse::<Bic>().is_err());
        assert!(
            "GB".parse::<Country>().is_ok() && "gb".parse::<Country>().is_err() && "ZZ".parse::<Country>().is_err()
        );
    }
}
