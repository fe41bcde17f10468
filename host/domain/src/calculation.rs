//! What a calculation is told and what it answers, in the words of the WIT contract, which explains each. The JSON of these
//! types is what receipts hash: amounts are texts in it, lists keep their order.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::day::Day;
use crate::money::Micros;
use crate::period::Period;
use crate::plugin::Window;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub code: String,
    pub message: String,
    /// JSON Pointer into the terms.
    pub path: Option<String>,
    /// Journal position.
    pub row: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreedFigure {
    pub code: String,
    pub value: Decimal,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    pub account: String,
    pub attributes: Vec<Attribute>,
    pub enrolled_from: Day,
    pub enrolled_until: Option<Day>,
    pub agreed: Vec<AgreedFigure>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub eligible: bool,
    pub reasons: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gathered {
    pub window: Window,
    pub periods: Vec<Period>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductEntry {
    pub sku: String,
    pub category: String,
    pub attributes: Vec<Attribute>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dictionary {
    pub name: String,
    pub values: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningBalance {
    pub code: String,
    pub amount: Micros,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The program's code.
    pub program: String,
    /// Canonical JSON.
    pub terms: String,
    pub participant: Participant,
    pub period: Period,
    pub year: Period,
    pub gathered: Vec<Gathered>,
    pub currency: Currency,
    pub opening_balances: Vec<OpeningBalance>,
    pub products: Vec<ProductEntry>,
    pub end_customers: Vec<String>,
    pub dictionaries: Vec<Dictionary>,
}

impl Context {
    /// Every period whose rows are gathered: the windows' and the period itself.
    pub fn periods(&self) -> impl Iterator<Item = &Period> {
        self.gathered
            .iter()
            .flat_map(|gathered| &gathered.periods)
            .chain([&self.period])
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Citations {
    All,
    Selected(u32),
    Positions(Vec<u64>),
}

/// What is due by one rule, in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    pub rule: String,
    pub debit: String,
    pub credit: String,
    /// Never 0; negative when it runs from credit to debit.
    pub amount: Micros,
    pub unit: String,
    pub effective: Day,
    pub expires: Option<Day>,
    pub basis: Option<Decimal>,
    pub rate: Option<Decimal>,
    pub citations: Citations,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    Money(Micros),
    Quantity(Micros),
    /// A fraction: 0.025 is shown as 2.5 %.
    Rate(Decimal),
    Number(Decimal),
    Count(u64),
    Day(Day),
    Text(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub rule: String,
    /// Place in the descriptor's messages.
    pub message: u32,
    pub figures: Vec<Figure>,
    pub amount: Option<Micros>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    Money,
    Quantity,
    Rate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    pub rule: String,
    pub message: u32,
    pub figures: Vec<Figure>,
    pub measure: Measure,
    pub reached: Micros,
    pub target: Micros,
    pub worth: Option<Micros>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub transfers: Vec<Transfer>,
    pub milestones: Vec<Milestone>,
    pub steps: Vec<Step>,
}
