//! The terms of a billback program: promotions that are paid for after the goods were bought, or sold on.

use gtm_sdk::eligibility::Eligibility;
use gtm_sdk::gathering::{DatesBy, Products, RollUp};
use gtm_sdk::tolerance::Tolerance;
use gtm_sdk::{Day, Deserialize, JsonSchema, Micros, Rate};

/// A billback program.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Terms {
    #[schemars(length(min = 1, max = 30))]
    pub promotions: Vec<Promotion>,
    /// By which date a row lies in the window of a promotion: order, ship, scan or another.
    #[serde(default)]
    pub dates_by: DatesBy,
    #[serde(default)]
    pub roll_up: RollUp,
    /// How large a difference between what is deducted for a price and the credit that is open is written off instead of argued about.
    /// Nothing is, unless it is given.
    #[serde(default)]
    pub write_off: Tolerance,
    /// Who may take part: for each profile attribute that matters, the values that may. Everybody when absent.
    #[serde(default)]
    pub eligibility: Eligibility,
}

/// One promotion. Both its days belong to it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Promotion {
    /// Its name in the ledger, in kebab-case. It must never change while the program lives.
    pub rule: String,
    pub start: Day,
    pub end: Day,
    #[serde(default)]
    pub products: Products,
    #[serde(default)]
    pub counts: Counts,
    pub pays: Pays,
    #[serde(default)]
    pub settled: Settled,
    /// The most that is paid for one period.
    pub limit: Option<Micros>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Counts {
    /// What is invoiced to the customer, less what it returns.
    #[default]
    Invoiced,
    /// What the customer scans at its point of sale: a scan-down.
    PointOfSale,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pays {
    /// So much a unit, by the quantity of each line: lines are not added up. Nothing is paid on a line outside all steps.
    PerUnit(Vec<Step>),
    /// A share of the net value.
    Percent(Rate),
    /// A fixed amount, in the period in which the promotion begins.
    LumpSum(Micros),
}

/// Both its quantities belong to it.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    pub from: Micros,
    /// Without it: and above.
    pub until: Option<Micros>,
    pub amount: Micros,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Settled {
    /// Paid back afterwards.
    #[default]
    Billback,
    /// Taken off the invoice already: shown beside, and not paid.
    OffInvoice,
}

/// The form of a deduction.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Form {
    pub fields: NoFields,
    pub line: DeductionLine,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

/// One invoice that was paid short.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeductionLine {
    #[schemars(length(min = 1, max = 60))]
    pub invoice: String,
    pub reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The price was lower by a promotion: matched to open credit.
    Price,
    /// Less arrived, or it came back: a return order settles it.
    Quantity,
}
