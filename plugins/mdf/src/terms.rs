//! The terms of a marketing fund: where its money comes from, when it can be used, and what it pays for.
//!
//! Amounts are texts such as `"500"`, rates are texts such as `"3 %"`. Only plain enums and structs are used, so that reading terms needs no
//! floats.

use gtm_sdk::eligibility::Eligibility;
use gtm_sdk::gathering::{DatesBy, Products, RollUp};
use gtm_sdk::{Day, Deserialize, JsonSchema, Micros, Rate};

/// A marketing fund.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Terms {
    pub fund: Fund,
    /// What the fund pays for.
    #[schemars(length(min = 1, max = 50))]
    pub activities: Vec<Activity>,
    /// A request must be submitted at least so many days before its activity begins.
    #[serde(default)]
    #[schemars(range(max = 3650))]
    pub request_days: u32,
    /// A claim must be submitted within so many days after its activity ended.
    #[schemars(range(max = 3650))]
    pub claim_days: Option<u32>,
    /// The most that one participant is paid out of the fund while the program lives, for activities and by conversion.
    pub limit: Option<Limit>,
    /// Who may take part: for each profile attribute that matters, the values that may. Everybody when absent.
    #[serde(default)]
    pub eligibility: Eligibility,
}

/// Where the money comes from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fund {
    /// Market development funds: the company puts money in when it sees fit, from a budget. Nothing is accrued.
    Discretionary,
    /// Accrued as a share of eligible sales.
    CoOp(CoOp),
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CoOp {
    /// A row accrues by every line that wants its product. What is returned is deducted.
    #[schemars(length(min = 1, max = 30))]
    pub accrues: Vec<Accrual>,
    #[serde(default)]
    pub on: Basis,
    /// The most that is accrued for one period of the program's calendar: the smaller one where both are given.
    pub at_most: Option<AtMost>,
    /// The share of what is accrued that is paid as a rebate instead. Nothing without it.
    pub rebate: Option<Rate>,
    /// When what was earned can be used. Without it: at once and for ever.
    pub windows: Option<Windows>,
    #[serde(default)]
    pub dates_by: DatesBy,
    #[serde(default)]
    pub roll_up: RollUp,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Accrual {
    #[serde(default)]
    pub products: Products,
    /// The share of the net value that is accrued.
    pub rate: Rate,
}

/// Whose sales are eligible.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Those of the period.
    #[default]
    Period,
    /// Those of the same period last year: an allowance that is known when the period begins.
    SamePeriodLastYear,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AtMost {
    pub amount: Option<Micros>,
    /// A share of the eligible sales of the same period last year.
    pub of_last_year: Option<Rate>,
}

/// What is earned in an earning period pays for activities of the usage period that follows it, and is claimed within some days after that.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Windows {
    /// The first day of the first earning period. Nothing is earned before it.
    pub from: Day,
    /// One earning period follows the other, each with so many months.
    #[schemars(range(min = 1, max = 60))]
    pub earning_months: u32,
    #[schemars(range(min = 1, max = 60))]
    pub usage_months: u32,
    /// Days after the usage period in which it can still be claimed.
    #[schemars(range(max = 3650))]
    pub claim_days: u32,
    /// When less than this was earned in an earning period, it is paid as a rebate at its end.
    pub converts_below: Option<Micros>,
}

/// What the fund pays for, and how much of it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Activity {
    /// Its name in requests and claims, in kebab-case, such as `trade-fair`.
    pub activity: String,
    /// The share of the cost that is paid. Without it only the tiers named below are paid.
    pub participation: Option<Rate>,
    /// The most that is paid for one activity: one request, or one claim where none is needed.
    pub cap: Option<Micros>,
    /// What is different for participants of a tier, by the profile attribute `tier`.
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub tiers: Vec<TierShare>,
    /// Kinds of proof that a claim must come with, such as `invoice` and `photo`. All of them.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub proofs: Vec<String>,
    #[serde(default)]
    pub pre_approval: PreApproval,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TierShare {
    pub tier: String,
    /// That of the activity unless given.
    pub participation: Option<Rate>,
    /// That of the activity unless given.
    pub cap: Option<Micros>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PreApproval {
    /// A claim must refer to a request that was made before the activity and approved.
    #[default]
    Required,
    /// A claim may stand alone.
    NotNeeded,
}

/// The smaller one counts where both are given.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limit {
    pub amount: Option<Micros>,
    pub share: Option<ShareOfAgreed>,
}

/// A share of a figure that is agreed with the participant, such as its purchases last year.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ShareOfAgreed {
    /// The code of the figure, such as `purchases-last-year`.
    pub figure: String,
    pub rate: Rate,
}

/// What one participant is paid for an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    pub participation: Rate,
    pub cap: Option<Micros>,
}

impl Activity {
    /// What a participant of this tier is paid; nothing when the activity is not open to it.
    pub fn share(&self, tier: Option<&str>) -> Option<Share> {
        let own = self.tiers.iter().find(|share| Some(&*share.tier) == tier);
        Some(Share {
            participation: own.and_then(|share| share.participation).or(self.participation)?,
            cap: own.and_then(|share| share.cap).or(self.cap),
        })
    }
}

impl Terms {
    pub fn co_op(&self) -> Option<&CoOp> {
        match &self.fund {
            Fund::CoOp(co_op) => Some(co_op),
            Fund::Discretionary => None,
        }
    }
}
