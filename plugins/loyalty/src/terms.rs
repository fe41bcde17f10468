//! The terms of a loyalty program: what an administrator agrees with members.
//!
//! Amounts and points are texts such as `"10"`, rates are texts such as `"80 %"`. Only plain enums and structs are used, so that
//! reading terms needs no floats.

use gtm_sdk::eligibility::Eligibility;
use gtm_sdk::gathering::{DatesBy, Products, RollUp};
use gtm_sdk::rounding::Rounding;
use gtm_sdk::{Day, Deserialize, JsonSchema, Micros, Rate};

/// A loyalty program.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Terms {
    /// What earns points. A row earns by every rule that wants its product.
    #[schemars(length(min = 1, max = 20))]
    pub earn: Vec<Earning>,
    /// Stretches of days on which more is earned.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub campaigns: Vec<Campaign>,
    /// Which of several campaigns on the same day counts.
    #[serde(default)]
    pub overlap: Overlap,
    pub tiers: Option<Tiers>,
    /// So many days after the purchase its points can be spent: the return window.
    #[serde(default)]
    #[schemars(range(max = 3650))]
    pub pending_days: u32,
    /// Points never expire without it.
    pub expiry: Option<Expiry>,
    /// How far the points that can be spent may fall below zero.
    #[serde(default)]
    pub negative_balance: NegativeBalance,
    /// Which attribute says that rows belong to one purchase. Rows of the same day and value are one purchase, and a return with that value
    /// takes back from it. Without it each row is a purchase, and a return takes back from the latest ones.
    pub purchase_by: Option<PurchaseBy>,
    #[serde(default)]
    pub sales: Sales,
    #[serde(default)]
    pub dates_by: DatesBy,
    #[serde(default)]
    pub roll_up: RollUp,
    /// Who may take part: for each profile attribute that matters, the values that may. Everybody when absent.
    #[serde(default)]
    pub eligibility: Eligibility,
    /// What is owed in points, for the books.
    pub liability: Option<Liability>,
}

/// Points for a measure of what is bought: so many for each step.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Earning {
    /// Its name in the ledger, in kebab-case. It must never change while the program lives.
    #[serde(default = "purchases")]
    pub rule: String,
    #[serde(default)]
    pub products: Products,
    pub measure: Measure,
    /// The step: points are earned for each so much of the measure.
    pub per: Micros,
    /// Points for a step.
    pub points: Micros,
    #[serde(default)]
    pub steps: Steps,
    /// Points are whole. What happens to the fraction after steps and multipliers.
    #[serde(default = "down")]
    pub rounding: Rounding,
    #[serde(default)]
    pub counts_for: CountsFor,
}

fn purchases() -> String {
    "purchases".to_owned()
}

fn down() -> Rounding {
    Rounding::Down
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// The value after discounts and without tax.
    Net,
    /// The value as the journal's gross column has it, such as with tax.
    Gross,
    /// Units of measure.
    Quantity,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Steps {
    /// Only full steps earn: 105 in steps of 10 are ten.
    #[default]
    Whole,
    /// Parts of a step earn their part: 105 in steps of 10 are ten and a half.
    Part,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CountsFor {
    /// The points can be spent, and they and what was bought count towards the tier.
    #[default]
    Both,
    /// They count towards the tier only.
    Tier,
    /// They can be spent only.
    Spending,
}

/// Multiplies what is earned. Both days belong to it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Campaign {
    pub campaign: String,
    pub start: Day,
    pub end: Day,
    /// `"2"` doubles the points.
    pub multiplier: Micros,
    /// The names of the rules whose points it multiplies. All of them when empty.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Whether the multiplied points count towards the tier, or those without the campaign.
    #[serde(default)]
    pub qualifying: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Overlap {
    /// The one with the largest multiplier.
    #[default]
    Best,
    /// All of them, one upon the other.
    Multiply,
}

/// Standing of a member by what was earned or bought within a window.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tiers {
    /// What counts for the `from` of every tier. A tier may name other rules that are enough.
    pub by: By,
    pub window: TierWindow,
    /// What happens when a review finds less than the tier asks for.
    #[serde(default)]
    pub downgrade: Downgrade,
    /// Whether a purchase that reaches a tier earns by it.
    #[serde(default)]
    pub takes_effect: TakesEffect,
    /// What is earned without any tier.
    #[serde(default)]
    pub below_first: BelowFirst,
    /// From the lowest to the highest. The first may begin at 0.
    #[schemars(length(min = 1, max = 50))]
    pub tiers: Vec<Tier>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Points before the multiplier of a tier.
    Points,
    /// What was bought, by the net value.
    Net,
    /// What was bought, by the gross value.
    Gross,
    /// How often something was bought, until all of it comes back. Rows of one day and one value of `purchase-by` are one purchase; without it each row is.
    Purchases,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TierWindow {
    /// From 1 January to 31 December; reviewed each 1 January.
    CalendarYear,
    /// The year since enrolment or its anniversary; reviewed each anniversary.
    Anniversary,
    /// So many months back from each day; reviewed as many months after the tier was reached or last reviewed.
    RollingMonths(u32),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Downgrade {
    /// One tier down, and no further than what the window reaches.
    OneDown,
    /// To the tier that the window reaches.
    #[default]
    BalanceBased,
    /// A tier once reached is kept.
    None,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TakesEffect {
    /// From the next purchase on.
    #[default]
    NextPurchase,
    /// With the purchase that reaches it.
    ThisPurchase,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BelowFirst {
    /// As the rules say, without a multiplier.
    #[default]
    Earn,
    EarnNothing,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tier {
    pub tier: String,
    /// Reached with exactly this.
    pub from: Micros,
    /// Other rules within the same window, any one of which is enough: `1000` points or `10` purchases.
    #[serde(default)]
    #[schemars(length(max = 3))]
    pub or: Vec<TierRule>,
    /// Multiplies what the rules earn.
    pub multiplier: Option<Micros>,
    /// The step of this tier, in place of that of the rules.
    pub per: Option<Micros>,
}

/// One of several ways to a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TierRule {
    pub by: By,
    /// Enough is exactly this.
    pub from: Micros,
}

impl Tiers {
    /// The rules of a tier, of which one is enough, in the order of the terms.
    pub fn rules<'a>(&self, tier: &'a Tier) -> impl Iterator<Item = TierRule> + use<'a> {
        let first = TierRule {
            by: self.by,
            from: tier.from,
        };
        std::iter::once(first).chain(tier.or.iter().copied())
    }

    /// Whether any rule counts by this.
    pub fn count(&self, by: By) -> bool {
        self.by == by || self.tiers.iter().flat_map(|tier| &tier.or).any(|rule| rule.by == by)
    }
}

/// When a lot of points expires.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expiry {
    pub after: After,
    /// The last day on which the points can be spent is moved to the end of this.
    #[serde(default)]
    pub until: Until,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// Days after the purchase.
    Days(u32),
    Months(u32),
    Years(u32),
    /// All points of the member, so many months after it last bought something or used points.
    InactiveMonths(u32),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    #[default]
    Day,
    EndOfMonth,
    EndOfYear,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NegativeBalance {
    /// A return takes back points that were used already: the next points make up for them. Using more than there is holds the statement.
    #[default]
    ByReturns,
    /// A return takes back no more than there is.
    Never,
    /// Using more than there is, too, takes the balance below zero.
    Allowed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PurchaseBy {
    Invoice,
    Order,
    Receipt,
}

impl PurchaseBy {
    pub fn attribute(self) -> &'static str {
        match self {
            PurchaseBy::Invoice => "invoice",
            PurchaseBy::Order => "order",
            PurchaseBy::Receipt => "receipt",
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sales {
    /// What is sold to the member and invoiced, less what is returned.
    #[default]
    Invoiced,
    /// What the member sells on to end customers; negative rows are returns.
    PointOfSale,
}

/// How much of the price is owed until points are used (IFRS 15, ASC 606): the price is divided between goods and points by their relative
/// stand-alone prices.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Liability {
    /// What a point is worth when it is used.
    pub value_per_point: Micros,
    /// The share of points expected to be used, from a day on. The first also counts before its day.
    #[schemars(length(min = 1, max = 100))]
    pub expected_use: Vec<Estimate>,
    #[serde(default)]
    pub post: Post,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Estimate {
    pub from: Day,
    pub rate: Rate,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Post {
    /// The statement explains it.
    #[default]
    Explain,
    /// It is moved from `revenue` to `deferred` and back, too.
    Transfer,
}
