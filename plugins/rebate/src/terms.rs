//! The terms of a rebate: what an administrator agrees with participants.
//!
//! Amounts and quantities are texts such as `"1234.50"`, rates are texts such as `"2.5 %"`. Only plain enums and structs are used,
//! so that reading terms needs no floats.

use std::borrow::Cow;

use gtm_sdk::cap::Cap;
use gtm_sdk::eligibility::Eligibility;
use gtm_sdk::gathering::{DatesBy, Products, RollUp};
use gtm_sdk::growth::Reading;
use gtm_sdk::rounding::Rounding;
use gtm_sdk::tier::Method;
use gtm_sdk::{Deserialize, JsonSchema, Micros, Problem, Rate};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserializer, de};

/// A rebate program.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Terms {
    /// What is paid. The rules are worked out in this order, each from the rows, and paid together.
    #[schemars(length(min = 1, max = 50))]
    pub rules: Vec<Rule>,
    /// By which date a row belongs to a period.
    #[serde(default)]
    pub dates_by: DatesBy,
    /// How far the accounts below a participant count as its own.
    #[serde(default)]
    pub roll_up: RollUp,
    /// Who may take part: for each profile attribute that matters, the values that may. Everybody when absent.
    #[serde(default)]
    pub eligibility: Eligibility,
}

/// One rebate.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// Its name in the ledger, in kebab-case. It must never change while the program lives.
    #[serde(default = "volume")]
    pub rule: String,
    /// What is paid on.
    pub measure: Measure,
    /// Which products are paid on. All of them when absent.
    #[serde(default)]
    pub products: Products,
    /// What decides which tier is reached, where that is not what is paid on.
    pub qualifier: Option<Qualifier>,
    /// Which rows count.
    #[serde(default)]
    pub counts: Counts,
    /// How the tiers are read: the whole volume by the highest tier reached when absent.
    #[serde(default = "retrospective")]
    pub method: Method,
    /// Whether a tier ends just below its `until` or with it.
    #[serde(default)]
    pub bounds: Bounds,
    /// From the lowest to the highest, without gaps or overlaps.
    #[schemars(length(min = 1, max = 100))]
    pub tiers: Vec<Tier>,
    /// Reads the tiers as growth over a baseline.
    pub growth: Option<Growth>,
    /// Nothing is paid when less than this is reached, in the measure that decides the tier.
    pub minimum_purchase: Option<Micros>,
    /// The least that is due. Positive: guaranteed even when nothing is sold. Negative: what is due may fall below zero as far as this
    /// when returns exceed sales. Without it nothing is due then.
    pub minimum: Option<Micros>,
    /// An amount smaller than this is not paid. A rule that accumulates pays it later.
    pub smallest_payment: Option<Micros>,
    pub cap: Option<Cap>,
    /// Over which periods volume is added up before the tiers are read.
    #[serde(default)]
    pub accumulate: Accumulate,
    /// What happens when a rule that accumulates finds that the periods before were paid too much.
    #[serde(default)]
    pub overpaid: Overpaid,
    #[serde(default)]
    pub rounding: RoundingTerms,
    /// Whether the amount is split over what it was earned on.
    #[serde(default)]
    pub split: Split,
    /// Rules before this one whose amounts are taken off what this one is paid on.
    #[serde(default)]
    pub net_of: Vec<String>,
}

fn volume() -> String {
    "volume".to_owned()
}

fn retrospective() -> Method {
    Method::Retrospective
}

impl Rule {
    /// The measure that decides which tier is reached.
    pub fn decides(&self) -> Measure {
        self.qualifier
            .as_ref()
            .map_or(self.measure, |qualifier| qualifier.measure)
    }

    /// Whether it grants free goods as units, not as money.
    pub fn grants_units(&self) -> bool {
        self.tiers
            .iter()
            .any(|tier| tier.free.is_some_and(|free| free.worth.is_none()))
    }
}

/// A column of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// The value after discounts and without tax.
    Net,
    /// The value before discounts.
    Gross,
    /// What the goods cost the seller: the base of a supplier's rebate on what is sold on.
    Cost,
    /// Units of measure.
    Quantity,
}

/// What decides the tier.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Qualifier {
    pub measure: Measure,
    /// All products when absent, whatever the rule pays on.
    #[serde(default)]
    pub products: Products,
}

/// Which rows count.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Counts {
    #[serde(default)]
    pub sales: Sales,
    #[serde(default)]
    pub returns: Returns,
    #[serde(default)]
    pub adjustments: Adjustments,
    #[serde(default)]
    pub orders: Orders,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sales {
    /// What is sold to the participant and invoiced.
    #[default]
    Invoiced,
    /// What the participant sells on to end customers.
    PointOfSale,
    /// Use of something licensed.
    Usage,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Returns {
    #[default]
    Deduct,
    Ignore,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Adjustments {
    #[default]
    Count,
    Ignore,
}

/// What is ordered or received, and not yet invoiced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Orders {
    #[default]
    Ignore,
    /// What they would add when invoiced is kept in the balance `accrued-open`, which is not paid.
    Accrue,
    /// They count as sales do.
    Pay,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Bounds {
    /// A tier begins with its `from` and ends just below its `until`, which is the next one's `from`. `until` may be left out.
    #[default]
    HalfOpen,
    /// A tier begins with its `from` and ends with its `until`; the next begins one step above, such as `"1"` for whole units.
    Inclusive(Micros),
}

/// One line of the table. It pays exactly one of `rate`, `per-unit`, `fixed` and `free`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tier {
    /// What must be reached: an amount or quantity; with `growth` also a percentage above the baseline, such as `"5 %"`.
    pub from: Bound,
    /// Where it ends, for tiers that begin at an amount or quantity. In the last one: what lies beyond is not paid.
    pub until: Option<Micros>,
    /// A share of the value that is paid on, from `0 %` to `100 %`.
    pub rate: Option<Rate>,
    /// An amount for each unit.
    pub per_unit: Option<Micros>,
    /// An amount for reaching the tier.
    pub fixed: Option<Micros>,
    /// Free goods for each full number of units.
    pub free: Option<Free>,
}

/// `units` free for every full `per` units.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Free {
    pub units: Micros,
    pub per: Micros,
    /// What one free unit is worth. With it money is paid; without it units are granted in the balance `free-goods`.
    pub worth: Option<Micros>,
}

/// How growth is read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Growth {
    pub baseline: Baseline,
    pub pays_on: Reading,
    /// What is due where the baseline is zero or less.
    pub without_baseline: WithoutBaseline,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// What the same rule counted in the period before.
    PreviousPeriod,
    /// What the same rule counted in the period of the same name a year earlier.
    SamePeriodLastYear,
    /// A figure agreed with the participant at enrolment, by its code.
    Agreed(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutBaseline {
    PayNothing,
    /// Any volume is growth beyond measure.
    HighestTier,
    /// The statement is held until somebody decides.
    Problem,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Accumulate {
    /// Each period stands alone.
    #[default]
    EachPeriod,
    /// From the first period of the year: due is what is earned to date, less what was due for the periods before.
    YearToDate,
    /// From the first period of the program, likewise.
    SinceStart,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Overpaid {
    /// It is taken back.
    #[default]
    ClawBack,
    /// Nothing is due until later periods have made up for it.
    CarryForward,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RoundingTerms {
    #[serde(default)]
    pub mode: Rounding,
    /// Decimals of the amount. Those of the currency when absent, and never more.
    #[schemars(range(max = 6))]
    pub digits: Option<u8>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// One amount.
    #[default]
    None,
    /// One amount a product, by its share of the volume of the period.
    Products,
    /// One amount a row, by its share of the volume of the period.
    Rows,
}

/// Where a tier begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    At(Micros),
    /// So much above the baseline.
    Above(Rate),
}

impl Bound {
    pub fn amount(self) -> Option<Micros> {
        match self {
            Bound::At(amount) => Some(amount),
            Bound::Above(_) => None,
        }
    }

    pub fn growth(self) -> Option<Rate> {
        match self {
            Bound::Above(growth) => Some(growth),
            Bound::At(_) => None,
        }
    }
}

impl Default for Bound {
    fn default() -> Self {
        Bound::At(Micros::ZERO)
    }
}

impl std::str::FromStr for Bound {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        if text.ends_with('%') {
            text.parse().map(Bound::Above)
        } else {
            text.parse().map(Bound::At)
        }
    }
}

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        text.parse()
            .map_err(|problem: Problem| de::Error::custom(problem.message))
    }
}

impl JsonSchema for Bound {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Bound".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "title": "Bound",
            "description": "An amount or quantity such as `5000`, or growth such as `5 %`.",
            "pattern": r"^-?\d{1,13}(\.\d{1,6})?( ?%)?$",
        })
    }
}
