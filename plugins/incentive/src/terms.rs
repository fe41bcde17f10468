//! The terms of an incentive plan: what sellers and partner staff earn beside their pay.
//!
//! Amounts, quantities and numbers of deals are texts such as `"1234.50"`, rates are texts such as `"12.5 %"`, days are texts such as
//! `"2024-03-31"`. Only plain enums and structs are used, so that reading terms needs no floats.

use gtm_sdk::cap::{Cap, Prorate};
use gtm_sdk::eligibility::Eligibility;
use gtm_sdk::gathering::{DatesBy, MatchedBy, Products, RollUp};
use gtm_sdk::rounding::Rounding;
use gtm_sdk::{Day, Deserialize, JsonSchema, Micros, Rate};

/// An incentive plan.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Terms {
    /// What is earned: commissions and SPIFs. Each looks at every row; a row that two of them take earns both.
    #[schemars(length(min = 1, max = 50))]
    pub components: Vec<Component>,
    /// By which date a row belongs to a period: `invoice` earns when it is invoiced, `payment` when the customer has paid.
    #[serde(default)]
    pub dates_by: DatesBy,
    /// How far the accounts below a participant count as its own.
    #[serde(default)]
    pub roll_up: RollUp,
    /// Which share of a row is credited to the participant. All of it when absent.
    pub crediting: Option<Crediting>,
    /// What happens to what was paid when a sale comes back in a later period. When absent, what comes back lowers what is credited.
    pub clawback: Option<Clawback>,
    /// The most that all components together pay.
    pub cap: Option<Cap>,
    pub draw: Option<Draw>,
    pub holdback: Option<Holdback>,
    /// What a participant who meets every quota earns in a full year, for the statement to compare with.
    pub on_target: Option<OnTarget>,
    pub quota_plan: Option<QuotaPlan>,
    /// How what a component pays for a period is rounded to the currency.
    #[serde(default)]
    pub rounding: Rounding,
    /// Who may take part: for each profile attribute that matters, the values that may. Everybody when absent.
    #[serde(default)]
    pub eligibility: Eligibility,
}

/// A commission or a SPIF: a measure, and what is paid on it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Component {
    /// Its name in the ledger, in kebab-case. It must never change while the program lives.
    pub rule: String,
    pub measure: Measure,
    /// Which products are paid on. All of them when absent.
    #[serde(default)]
    pub products: Products,
    #[serde(default)]
    pub sales: Sales,
    /// Which rows are eligible. All of them when absent.
    #[serde(default)]
    pub when: When,
    pub quota: Option<Quota>,
    /// Over which periods credit is added up before anything is paid on it.
    #[serde(default)]
    pub accumulate: Accumulate,
    pub pays: Pays,
    /// How tiers are read. It must be stated where there are several.
    pub method: Option<Method>,
    #[serde(default)]
    pub gates: Gates,
    /// The most that this component pays.
    pub cap: Option<Cap>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// The value after discounts and without tax.
    Net,
    /// The value before discounts.
    Gross,
    /// The net value less what the goods cost.
    Margin,
    /// Units of measure.
    Units,
    /// Rows, each of which is one event: a sale is one, and what comes back takes one away.
    Deals,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sales {
    /// What is sold and invoiced, and what comes back of it.
    #[default]
    Invoiced,
    /// Bookings: what is ordered. What is cancelled is a negative row or a return.
    Orders,
    /// What is sold to end customers. What comes back is a negative row.
    PointOfSale,
    /// Use of something licensed.
    Usage,
}

/// Which rows: all that is given must hold. What `clawback` finds the sale of is judged by the sale.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct When {
    /// The row is of this day or later.
    pub from: Option<Day>,
    /// The row is of this day or earlier.
    pub until: Option<Day>,
    /// The row itself has at least so much of the measure; where deals are counted, of net value.
    pub at_least: Option<Micros>,
    /// Values of the row's attribute `deal-type`, such as `new-business`. Any when empty.
    pub deal_types: Vec<String>,
}

/// What a participant is to reach, in the measure of the component.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quota {
    /// How much, for every participant.
    pub amount: Option<Micros>,
    /// Instead of `amount`: the code of a figure agreed with each participant. Without either it is the quota that `quota-plan` lists.
    pub agreed: Option<String>,
    /// It is for one period, or for the year where the component accumulates. Whether it is lowered for who is enrolled for a part of that.
    #[serde(default = "by_days")]
    pub prorate: Prorate,
    /// What a quota of 0 means.
    #[serde(default)]
    pub zero: ZeroQuota,
}

fn by_days() -> Prorate {
    Prorate::ByDays
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ZeroQuota {
    /// The statement is held until somebody agrees a quota.
    #[default]
    Problem,
    /// The component pays nothing.
    PaysNothing,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Accumulate {
    /// Each period stands alone.
    #[default]
    EachPeriod,
    /// From the first period of the year: due is what is earned to date, less what was due for the periods before.
    YearToDate,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pays {
    /// By the tier that is reached, from the lowest to the highest. Below the first nothing is paid.
    Tiers(Vec<Tier>),
    /// By the section that what is credited lies in, on all of it.
    Sections(Sections),
    /// A share of what the team earns together.
    Pool(Pool),
}

/// One line of the table. It begins at one of `from` and `attainment`, and pays exactly one of `rate`, `per-unit` and `fixed`.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Tier {
    /// Reached when so much is credited.
    pub from: Option<Micros>,
    /// Reached at this share of the quota.
    pub attainment: Option<Rate>,
    /// A share of what is credited, from `0 %` to `100 %`.
    pub rate: Option<Rate>,
    /// An amount for each unit or deal.
    pub per_unit: Option<Micros>,
    /// An amount for having reached the tier.
    pub fixed: Option<Micros>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Each slice of what is credited at the rate of its own tier.
    Marginal,
    /// Everything that is credited at the rate of the highest tier reached.
    Retroactive,
}

/// Sections, each with both its ends belonging to it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sections {
    /// What lies below, between and above the sections. It is stated, so that a gap is never a slip.
    pub gaps: Gaps,
    #[schemars(length(min = 1, max = 100))]
    pub table: Vec<Section>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gaps {
    PayNothing,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Section {
    pub from: Micros,
    /// It belongs to the section, and a millionth more does not.
    pub until: Micros,
    /// A share of everything that is credited.
    pub rate: Rate,
}

/// Pool × attainment, shared out. The quota is the team's, and each member's statement is given the team's rows.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pool {
    /// What the team earns when it meets its quota exactly.
    pub amount: Micros,
    /// Attainment beyond this pays no more.
    pub at_most: Option<Rate>,
    #[schemars(length(min = 1, max = 1000))]
    pub members: Vec<Member>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Member {
    /// Its account number.
    pub account: String,
    /// The shares sum to 100 %.
    pub share: Rate,
}

/// What must hold before a component pays.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Gates {
    /// Nothing is paid below this share of the quota.
    pub attainment: Option<Rate>,
    /// What is paid only while the quotas of the year to date are met together.
    pub year_to_date: Option<YearToDate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum YearToDate {
    /// Everything.
    Everything,
    /// The tiers that begin at 100 % of the quota or above; without them the one below pays on.
    Accelerators,
}

/// Which share of a row is credited to the participant. A shared sale is a row of each of them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Crediting {
    /// That of the role which the row's attribute `role` names. A row without one is credited whole.
    Roles(Vec<Role>),
    /// The figure of this code agreed with each participant, from 0 to 1.
    Agreed(String),
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Role {
    pub role: String,
    pub share: Rate,
    #[serde(default)]
    pub counts: RoleCounts,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RoleCounts {
    /// One of those who share the sale: their shares sum to 100 %.
    #[default]
    Split,
    /// Credited on top of the 100 %.
    Overlay,
}

/// A sale that comes back takes back what its period paid for it, never more. What comes back in the sale's own period is not credited.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clawback {
    /// The attribute that a sale and what comes back of it have in common.
    pub matched_by: MatchedBy,
    pub takes_back: TakesBack,
    /// What comes back more than so many days after the sale takes nothing back.
    #[schemars(range(max = 36500))]
    pub within_days: Option<u32>,
    /// What happens when something comes back for which no sale is found, or more than was sold.
    #[serde(default)]
    pub without_sale: WithoutSale,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TakesBack {
    /// All of it.
    Full,
    /// The part of a term of so many months that was not served: full months from the sale on count as served.
    ProRata(u32),
    /// By the months served, from the first step on.
    Stepped(Vec<Step>),
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// While fewer than so many full months are served.
    #[schemars(range(min = 1, max = 1200))]
    pub before_months: u32,
    /// The share that is taken back. After the last step nothing is.
    pub share: Rate,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutSale {
    /// It lowers what is credited in the period in which it comes.
    #[default]
    LowersCredit,
    /// The statement is held until somebody puts the row right.
    Problem,
}

/// Paid ahead: what is due is topped up to it in every period.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Draw {
    /// How much a period, for every participant.
    pub amount: Option<Micros>,
    /// Instead of `amount`: the code of a figure agreed with each participant.
    pub agreed: Option<String>,
    pub kind: DrawKind,
    /// In how many periods from the enrolment on. In all of them when absent.
    #[schemars(range(min = 1, max = 120))]
    pub periods: Option<u32>,
    /// Whether it is lowered for who is enrolled for a part of the period.
    #[serde(default = "by_days")]
    pub prorate: Prorate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DrawKind {
    /// The top-up is owed, and recovered from what later periods earn above the draw.
    Recoverable,
    /// The top-up is the participant's.
    NonRecoverable,
}

/// A part of what is earned is paid later.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Holdback {
    pub rate: Rate,
    /// How many periods later it is released.
    #[schemars(range(min = 1, max = 120))]
    pub after: u32,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OnTarget {
    /// How much a year, for every participant.
    pub amount: Option<Micros>,
    /// Instead of `amount`: the code of a figure agreed with each participant.
    pub agreed: Option<String>,
}

/// The quotas of all participants, held against the target that they are to cover.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct QuotaPlan {
    /// What the company means to sell.
    pub target: Micros,
    /// The quotas sum to at least this share of the target: `120 %` when absent.
    #[serde(default = "least_coverage")]
    pub coverage_from: Rate,
    /// And to at most this one: `140 %` when absent.
    #[serde(default = "most_coverage")]
    pub coverage_until: Rate,
    #[schemars(length(min = 1, max = 1000))]
    pub quotas: Vec<Planned>,
}

fn least_coverage() -> Rate {
    percent(120)
}

fn most_coverage() -> Rate {
    percent(140)
}

fn percent(whole: i64) -> Rate {
    Rate::from_fraction(gtm_sdk::Decimal::new(whole, 2)).unwrap_or(Rate::ZERO)
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Planned {
    /// An account number.
    pub account: String,
    pub quota: Micros,
}
