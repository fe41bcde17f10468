//! The terms of a royalty agreement.
//!
//! Amounts and quantities are texts such as `"1234.50"`, rates are texts such as `"12.5 %"`, days are texts such as `"2024-03-31"`. Only
//! plain enums and structs are used, so that reading terms needs no floats.

use gtm_sdk::eligibility::Eligibility;
use gtm_sdk::gathering::{DatesBy, MatchedBy, Products, RollUp};
use gtm_sdk::rounding::Rounding;
use gtm_sdk::{Day, Deserialize, JsonSchema, Micros, Rate};

/// A royalty agreement.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Terms {
    /// What is earned. Each royalty looks at every row; a row that two of them take earns both.
    #[schemars(length(min = 1, max = 50))]
    pub royalties: Vec<Royalty>,
    /// By which date a row belongs to a period.
    #[serde(default)]
    pub dates_by: DatesBy,
    /// How far the accounts below a participant count as its own.
    #[serde(default)]
    pub roll_up: RollUp,
    /// Who may take part: for each profile attribute that matters, the values that may. Everybody when absent.
    #[serde(default)]
    pub eligibility: Eligibility,
    #[serde(default)]
    pub returns: Returns,
    /// What happens to a row for which no rate is agreed.
    #[serde(default)]
    pub without_rate: WithoutRate,
    /// Paid ahead and recouped from what is earned. They are not paid back.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub advances: Vec<Recoupable>,
    /// Costs borne for the participant and recouped from what is earned.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub costs: Vec<Recoupable>,
    pub guarantee: Option<Guarantee>,
    /// A balance smaller than this is not paid: it is carried forward until it is large enough.
    pub smallest_payment: Option<Micros>,
    /// Among whom the royalties are split. Each of them is a participant with a statement of its own; all of it is the participant's
    /// when nobody is named.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub payees: Vec<Payee>,
    /// How the royalty of a period is rounded to the currency.
    #[serde(default)]
    pub rounding: Rounding,
}

/// One royalty: a base, and rates that may rise.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Royalty {
    /// Its name in the ledger, in kebab-case. It must never change while the program lives.
    pub rule: String,
    pub base: Base,
    /// Taken off the base before the rate, such as `"10 %"` for packaging.
    pub deduct: Option<Rate>,
    /// Which products earn it. All of them when absent.
    #[serde(default)]
    pub products: Products,
    #[serde(default)]
    pub sales: Sales,
    /// By format, channel, territory, price and time. The first whose `when` fits a row is the row's.
    #[schemars(length(min = 1, max = 200))]
    pub rates: Vec<Rates>,
    /// What is counted to find the tier.
    #[serde(default)]
    pub escalates_on: EscalatesOn,
    /// Over which time it is counted.
    #[serde(default)]
    pub escalates_over: EscalatesOver,
    /// Royalties of one group are counted together. Each counts alone when absent.
    pub group: Option<String>,
    pub reserve: Option<Reserve>,
    /// Whether advances and costs are recouped from it.
    #[serde(default = "yes")]
    pub recoups: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// List price times quantity, whatever was paid.
    List,
    /// What was received: the value after discounts and without tax.
    NetReceipts,
    /// An amount for each unit.
    Units,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sales {
    /// What is sold and invoiced, and what comes back of it.
    #[default]
    Invoiced,
    /// What is sold to end customers. What comes back is a negative row.
    PointOfSale,
    /// Use of something licensed.
    Usage,
}

/// Rates for some of the rows.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rates {
    /// Every row when absent.
    #[serde(default)]
    pub when: When,
    /// From the lowest, which begins at 0. Each slice of what is counted is paid at its own rate.
    #[schemars(length(min = 1, max = 100))]
    pub tiers: Vec<Tier>,
    /// Whether these rows are counted towards the tiers; free copies usually are not.
    #[serde(default = "yes")]
    pub counts: bool,
}

/// Which rows: all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct When {
    /// Values of the row's attribute `format`, such as `hardback`. Any when empty; so are the two below.
    pub formats: Vec<String>,
    /// Values of the row's attribute `channel`.
    pub channels: Vec<String>,
    /// Values of the row's attribute `territory`.
    pub territories: Vec<String>,
    /// The list price of one unit is at least this.
    pub price_from: Option<Micros>,
    /// The list price of one unit is below this.
    pub price_below: Option<Micros>,
    /// The row is of this day or later. A new version of the terms keeps the rates before it, dated, so that the past stays as it was.
    pub from: Option<Day>,
    /// The row is of this day or earlier.
    pub until: Option<Day>,
}

/// One step of an escalator. It pays a rate, or an amount for each unit where the base is `units`.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tier {
    /// Reached when so much was counted before.
    pub from: Micros,
    /// A share of the base, from `0 %` to `100 %`.
    pub rate: Option<Rate>,
    pub per_unit: Option<Micros>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EscalatesOn {
    /// Units sold less returns.
    #[default]
    Units,
    /// Net receipts.
    Receipts,
    /// What was earned.
    Earnings,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EscalatesOver {
    /// Since the program began.
    #[default]
    Program,
    /// Since 1 January: the escalator begins anew each year. A row counts in the year of its day, whatever the periods of the program.
    CalendarYear,
}

/// How a return finds the rate at which its sale was paid.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Returns {
    /// The attribute that a return and its sale have in common. A return takes back what the sale of the same product earned, the
    /// earliest first. When absent no return is matched.
    pub matched_by: Option<MatchedBy>,
    /// What happens to a return for which no sale is found, or more than was sold.
    pub without_sale: WithoutSale,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutSale {
    /// It takes back what was counted last: the escalator is walked backwards.
    #[default]
    LastCounted,
    /// The statement is held until somebody puts the row right.
    Problem,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutRate {
    /// The statement is held until the terms or the row are put right.
    #[default]
    Problem,
    /// It earns nothing.
    EarnsNothing,
}

/// Withheld against returns, and released later. It delays payment and does not lower the expense.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reserve {
    /// For the first period of the program, the second and so on; the last one stays. One rate does not decline.
    #[schemars(length(min = 1, max = 100))]
    pub rates: Vec<Rate>,
    #[serde(default)]
    pub of: ReserveOf,
    /// How many periods later the first part is released.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 120))]
    pub after: u32,
    /// In how many equal parts, one each period.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 120))]
    pub parts: u32,
}

fn one() -> u32 {
    1
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReserveOf {
    /// What the period earned after all returns.
    #[default]
    Earnings,
    /// What the sales of the period earned, less only what of these came back within it.
    Sales,
}

/// An advance or a cost.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recoupable {
    /// Its name in the ledger, in kebab-case.
    pub rule: String,
    /// When it is paid or borne.
    pub on: Day,
    /// How much, for every participant.
    pub amount: Option<Micros>,
    /// Instead of `amount`: the code of a figure agreed with each participant.
    pub agreed: Option<String>,
}

/// The least that is owed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Guarantee {
    /// How much, for every participant.
    pub amount: Option<Micros>,
    /// Instead of `amount`: the code of a figure agreed with each participant.
    pub agreed: Option<String>,
    /// For how many periods together.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 120))]
    pub periods: u32,
    #[serde(default)]
    pub counting: Counting,
    #[serde(default)]
    pub paid: Paid,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// Each guarantee stands alone.
    #[default]
    Alone,
    /// What was earned beyond it lowers later ones.
    Cumulative,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Paid {
    /// What is missing is paid with the last of the periods.
    #[default]
    AtEnd,
    /// All of it is paid with the first; then only what is earned beyond it.
    AtStart,
}

/// One of those among whom the royalties are split.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Payee {
    /// Its account number.
    pub account: String,
    /// The shares sum to 100 %.
    pub share: Rate,
}
