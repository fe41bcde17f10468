//! What happened: one line of an invoice, a return, a point-of-sale report. Recorded once, never changed.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::day::Day;
use crate::money::Micros;
use crate::{Error, Result};

/// What a row records. The number is that of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum RowKind {
    Sale = 0,
    Return = 1,
    /// Ordered or received, and not yet invoiced.
    Order = 2,
    Adjustment = 3,
    Usage = 4,
    PointOfSale = 5,
    /// Points used up.
    Redemption = 6,
    /// Stock reported on hand at the end of the day.
    Inventory = 7,
}

impl RowKind {
    pub const ALL: [RowKind; 8] = [
        RowKind::Sale,
        RowKind::Return,
        RowKind::Order,
        RowKind::Adjustment,
        RowKind::Usage,
        RowKind::PointOfSale,
        RowKind::Redemption,
        RowKind::Inventory,
    ];

    pub fn as_str(self) -> &'static str {
        [
            "sale",
            "return",
            "order",
            "adjustment",
            "usage",
            "point-of-sale",
            "redemption",
            "inventory",
        ][self as usize]
    }
}

impl fmt::Display for RowKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<u8> for RowKind {
    type Error = Error;

    fn try_from(number: u8) -> Result<Self> {
        RowKind::ALL
            .get(usize::from(number))
            .copied()
            .ok_or_else(|| Error::new(format!("{number} is no kind of row")))
    }
}

impl FromStr for RowKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        RowKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| {
                Error::new(format!(
                    "`{text}` is no kind of row: write sale, return, order, adjustment, usage, point-of-sale, redemption or inventory"
                ))
            })
    }
}

/// By which of a row's dates it belongs to a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateBasis {
    Transaction,
    Order,
    Ship,
    Invoice,
    Payment,
    Scan,
}

impl DateBasis {
    pub const ALL: [DateBasis; 6] = [
        DateBasis::Transaction,
        DateBasis::Order,
        DateBasis::Ship,
        DateBasis::Invoice,
        DateBasis::Payment,
        DateBasis::Scan,
    ];

    pub fn as_str(self) -> &'static str {
        ["transaction", "order", "ship", "invoice", "payment", "scan"][self as usize]
    }
}

impl fmt::Display for DateBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DateBasis {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        DateBasis::ALL
            .into_iter()
            .find(|basis| basis.as_str() == text)
            .ok_or_else(|| {
                Error::new(format!(
                    "`{text}` is no date of a row: write transaction, order, ship, invoice, payment or scan"
                ))
            })
    }
}

/// The dates that a row may have besides that of the transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherDates {
    pub order: Option<Day>,
    pub ship: Option<Day>,
    pub invoice: Option<Day>,
    pub payment: Option<Day>,
    pub scan: Option<Day>,
}

/// A transaction as it comes in. Quantity and amounts carry the sign of the fact: a return is negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTransaction {
    /// Which system it comes from, such as `erp`.
    pub source: String,
    /// Its name in that system; unique within the source. The same key with other contents is refused: a correction names what
    /// it corrects.
    pub key: String,
    pub kind: RowKind,
    /// The account's number.
    pub account: String,
    /// The product's sku.
    pub product: Option<String>,
    /// The number of the account that the participant sold to.
    pub end_customer: Option<String>,
    pub date: Day,
    #[serde(default)]
    pub dates: OtherDates,
    pub currency: Currency,
    pub quantity: Option<Micros>,
    pub net_amount: Option<Micros>,
    pub gross_amount: Option<Micros>,
    /// For the whole row.
    pub cost: Option<Micros>,
    /// Of one unit.
    pub list_price: Option<Micros>,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Key, in the same source, of the row that this one replaces from now on.
    pub corrects: Option<String>,
}

impl NewTransaction {
    /// Refuses a return that gives instead of taking: what came back carries the sign of the fact.
    pub fn check(&self) -> Result<()> {
        let measures = [
            ("quantity", self.quantity),
            ("net amount", self.net_amount),
            ("gross amount", self.gross_amount),
        ];
        let above_zero = |(_, value): &(&str, Option<Micros>)| value.is_some_and(|value| value > Micros::ZERO);
        match measures.into_iter().find(above_zero) {
            Some((measure, Some(value))) if self.kind == RowKind::Return => Err(Error::new(format!(
                "a return takes back, so its {measure} is below zero, and this one is {value}: write -{value}, or another kind"
            ))),
            _ => Ok(()),
        }
    }
}

/// A transaction as it stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Its place in the journal, from 1, rising and unique; there may be gaps.
    pub position: u64,
    /// The journal position of the row that this one replaces.
    pub corrects: Option<u64>,
    #[serde(flatten)]
    pub recorded: NewTransaction,
}
