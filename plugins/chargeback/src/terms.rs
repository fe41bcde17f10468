//! The terms of a chargeback program: claims against special price agreements, and stock that is protected when prices change.

use gtm_sdk::eligibility::Eligibility;
use gtm_sdk::gathering::Products;
use gtm_sdk::tolerance::Tolerance;
use gtm_sdk::{Day, Deserialize, JsonSchema, Micros, Rate};

/// A chargeback program. It takes claims, protects stock, or both.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Terms {
    /// Claims against special price agreements: ship-and-debit, contract chargeback, margin maintenance.
    pub claims: Option<Claims>,
    /// Price protection.
    #[serde(default)]
    #[schemars(length(max = 30))]
    pub price_changes: Vec<PriceChange>,
    /// Who may take part: for each profile attribute that matters, the values that may. Everybody when absent.
    #[serde(default)]
    pub eligibility: Eligibility,
}

/// What a claim line is worth, (reference price − authorised price) × quantity, and how closely it must say so.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Claims {
    #[serde(default)]
    pub reference: Reference,
    #[serde(default)]
    pub authorised: Authorised,
    /// How far a claimed amount may lie from the computed one and be paid as claimed.
    #[serde(default)]
    pub tolerance: Tolerance,
    #[serde(default)]
    pub differences: Differences,
    /// Whether no more may be claimed than was reported on hand before it was shipped.
    #[serde(default)]
    pub checks_inventory: bool,
}

/// What a unit cost before the claim.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reference {
    /// The reference price of the agreement.
    #[default]
    Agreement,
    /// The book price that the line gives: the list price of the day of shipping.
    Book,
    /// The cost that the line reports, of the stock that was used up.
    Cost,
}

/// What a unit may cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Authorised {
    /// The price of the agreement.
    #[default]
    Agreement,
    /// Margin maintenance: the resale price less this part of it. The price of the agreement is the lowest resale price that counts.
    MarginPercent(Rate),
    /// Margin maintenance: the resale price less this amount. The price of the agreement is the lowest resale price that counts.
    MarginAmount(Micros),
}

/// What becomes of a line that claims too much, where a smaller amount is right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Differences {
    /// It is paid with the computed amount.
    #[default]
    Adjusted,
    /// It is not paid.
    Denied,
}

/// New prices of one day. What is on hand at its end is protected.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PriceChange {
    /// Its name in the ledger, in kebab-case. It must never change while the program lives.
    pub rule: String,
    pub day: Day,
    #[schemars(length(min = 1, max = 30))]
    pub prices: Vec<NewPrice>,
    /// Within how many days after the change the stock must be reported; 30 unless given.
    #[serde(default = "thirty")]
    #[schemars(range(max = 366))]
    pub reported_within_days: u32,
    /// Only what was bought on the day of the change and in the days before it, so many in all, is protected. Without it: all that is on hand.
    #[schemars(range(min = 1, max = 3660))]
    pub bought_within_days: Option<u32>,
    /// The most that is paid for the change.
    pub limit: Option<Micros>,
    #[serde(default)]
    pub rises: Rises,
}

/// Of one unit, in the program's currency. A product that several of a change's prices name takes the first.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NewPrice {
    #[serde(default)]
    pub products: Products,
    pub old: Micros,
    pub new: Micros,
}

/// What becomes of stock whose price goes up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rises {
    /// It is written up: the difference is owed by the participant, and set against what falls.
    #[default]
    WrittenUp,
    /// Nothing.
    LeftOut,
}

fn thirty() -> u32 {
    30
}

/// The form of a claim.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Form {
    pub fields: NoFields,
    pub line: SoldLine,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

/// Goods that were sold on at a special price. Prices are of one unit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SoldLine {
    /// Number of the special price agreement.
    #[schemars(length(min = 1, max = 60))]
    pub agreement: String,
    /// Account number of the one who bought.
    #[schemars(length(max = 60))]
    pub end_customer: Option<String>,
    #[schemars(length(min = 1, max = 60))]
    pub invoice: String,
    #[schemars(length(min = 1, max = 60))]
    pub invoice_line: String,
    #[schemars(length(min = 1, max = 60))]
    pub sku: String,
    /// Empty where the goods come in no lots.
    #[schemars(length(max = 60))]
    pub lot: String,
    pub shipped: Day,
    pub quantity: Micros,
    /// The unit of measure of the quantity, a code of UN/ECE Recommendation 20 such as `EA`.
    #[schemars(length(min = 1, max = 10))]
    pub unit: String,
    /// ISO 4217. Without it: the program's.
    #[schemars(length(max = 3))]
    pub currency: Option<String>,
    /// What the end customer paid.
    pub resale_price: Option<Micros>,
    /// The list price on the day of shipping.
    pub book_price: Option<Micros>,
    /// What the unit cost the distributor, by its books.
    pub cost: Option<Micros>,
}
