//! What a calculation is told and what it answers, in the words of the WIT contract, which explains each. The JSON of these
//! types is what receipts hash: amounts are texts in it, lists keep their order. Fields stand in the order of their names, which is the
//! order of canonical JSON: see [`crate::digest::ordered_json`].

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::day::Day;
use crate::exchange::Converted;
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
    pub agreed: Vec<AgreedFigure>,
    pub attributes: Vec<Attribute>,
    pub enrolled_from: Day,
    pub enrolled_until: Option<Day>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub eligible: bool,
    pub reasons: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gathered {
    pub periods: Vec<Period>,
    pub window: Window,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductEntry {
    pub attributes: Vec<Attribute>,
    pub category: String,
    pub sku: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dictionary {
    pub name: String,
    pub values: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningBalance {
    pub amount: Micros,
    pub code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The rates that rows in other currencies were converted by, which the plugin does not see: what it is given is in `currency`. Absent where
    /// every row was, and then left out of the JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub converted: Option<Converted>,
    pub currency: Currency,
    pub dictionaries: Vec<Dictionary>,
    pub end_customers: Vec<String>,
    pub gathered: Vec<Gathered>,
    pub opening_balances: Vec<OpeningBalance>,
    pub participant: Participant,
    pub period: Period,
    pub products: Vec<ProductEntry>,
    /// The program's code.
    pub program: String,
    /// Canonical JSON.
    pub terms: String,
    pub year: Period,
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
    /// Never 0; negative when it runs from credit to debit.
    pub amount: Micros,
    pub basis: Option<Decimal>,
    pub citations: Citations,
    pub credit: String,
    pub debit: String,
    pub effective: Day,
    pub expires: Option<Day>,
    pub rate: Option<Decimal>,
    pub rule: String,
    pub unit: String,
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
    pub amount: Option<Micros>,
    pub figures: Vec<Figure>,
    /// Place in the descriptor's messages.
    pub message: u32,
    pub rule: String,
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
    pub figures: Vec<Figure>,
    pub measure: Measure,
    pub message: u32,
    pub reached: Micros,
    pub rule: String,
    pub target: Micros,
    pub worth: Option<Micros>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub milestones: Vec<Milestone>,
    pub steps: Vec<Step>,
    pub transfers: Vec<Transfer>,
}
