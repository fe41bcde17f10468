//! Payments: documents that are sent to the bank together, and what the bank answers about each.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::day::Day;
use crate::money::Micros;
use crate::payee::{BankAccount, Issuer};
use crate::{Error, Result};

/// One order to the bank: many payments in one currency from one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// From 1, without gaps.
    pub number: i64,
    pub created_at: DateTime<Utc>,
    /// The day on which the bank is to pay.
    pub execution: Day,
    pub currency: Currency,
    pub issuer: Issuer,
    /// The account that is paid from.
    pub debtor: BankAccount,
    pub payments: Vec<Payment>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The document's name and which attempt it is: `SD-000042-1`. Unique for ever; the bank answers by it.
    pub end_to_end: String,
    /// The document's name, for the payee's statement.
    pub document: String,
    pub creditor: BankAccount,
    /// Above 0, in whole digits of the currency.
    pub amount: Micros,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// In a file for the bank; nothing heard.
    Sent,
    /// The bank took it.
    Accepted,
    /// The money has moved.
    Completed,
    /// It never will: the document can go into another batch.
    Rejected,
}

/// What the bank said about one payment, or about all of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: Status,
    /// The bank's code and words, such as `AC04: account closed`.
    pub reason: Option<String>,
}

impl Batch {
    pub fn label(&self) -> String {
        batch_label(self.number)
    }

    /// The message's id at the bank: unique for ever, also when a database is begun anew.
    pub fn message_id(&self) -> String {
        format!("{}-{}", self.label(), self.created_at.format("%Y%m%d%H%M%S"))
    }

    /// The exact sum of the payments, which the bank checks.
    pub fn control_sum(&self) -> Result<Micros> {
        Micros::checked_sum(self.payments.iter().map(|payment| payment.amount))
    }

    /// Refuses a batch that a bank would refuse or misread; asserted before it is kept and before it is written.
    pub fn check(&self) -> Result<()> {
        let label = self.label();
        if self.payments.is_empty() {
            return Err(Error::new(format!("batch {label} has no payments")));
        }
        let mut seen = std::collections::HashSet::new();
        for payment in &self.payments {
            if !seen.insert(&payment.end_to_end) {
                return Err(Error::new(format!(
                    "payment {} stands twice in batch {label}",
                    payment.end_to_end
                )));
            }
            if payment.amount <= Micros::ZERO || !payment.amount.is_payable(self.currency) {
                return Err(Error::new(format!(
                    "payment {} of {} {} cannot be paid: it takes whole digits of the currency, above 0",
                    payment.end_to_end, payment.amount, self.currency
                )));
            }
        }
        self.control_sum().map(|_| ())
    }
}

/// The name of the batch with this number: `PB-000001`.
pub fn batch_label(number: i64) -> String {
    format!("PB-{number:06}")
}

/// The number in a batch's name. The number alone is let through, as people type it.
pub fn batch_number(name: &str) -> Result<i64> {
    let digits = name.strip_prefix("PB-").unwrap_or(name);
    digits.parse().ok().filter(|number| *number > 0).ok_or_else(|| {
        Error::new(format!(
            "`{name}` is no batch of payments: write its name such as `PB-000001`"
        ))
    })
}

impl Status {
    /// What a payment's status becomes by an answer; nothing when the answer says what is known already, or less.
    ///
    /// # Errors
    /// When the answer contradicts what was final.
    pub fn after(self, answer: Status, end_to_end: &str) -> Result<Option<Status>> {
        use Status::{Accepted, Completed, Rejected, Sent};
        match (self, answer) {
            (Sent, Accepted | Completed | Rejected) | (Accepted, Completed | Rejected) => Ok(Some(answer)),
            (Completed, Rejected) | (Rejected, Accepted | Completed) => Err(Error::new(format!(
                "payment {end_to_end} is {self} and the bank now says {answer}: ask the bank which is right"
            ))),
            _ => Ok(None),
        }
    }

    pub fn as_str(self) -> &'static str {
        ["sent", "accepted", "completed", "rejected"][self as usize]
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [Status::Sent, Status::Accepted, Status::Completed, Status::Rejected]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| Error::new(format!("`{text}` is no status of a payment")))
    }
}

#[cfg(test)]
mod tests {
    use super::Status::{Accepted, Completed, Rejected, Sent};

    #[test]
    fn the_same_answer_twice_changes_nothing_and_a_contradiction_is_loud() {
        assert_eq!(Sent.after(Rejected, "SD-000001-1"), Ok(Some(Rejected)));
        assert_eq!(Rejected.after(Rejected, "SD-000001-1"), Ok(None));
        assert_eq!(Accepted.after(Completed, "SD-000001-1"), Ok(Some(Completed)));
        assert_eq!(Completed.after(Accepted, "SD-000001-1"), Ok(None));
        assert_eq!(
            Completed.after(Rejected, "SD-000001-1").unwrap_err().to_string(),
            "payment SD-000001-1 is completed and the bank now says rejected: ask the bank which is right"
        );
    }
}
