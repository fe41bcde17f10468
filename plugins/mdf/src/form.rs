//! What participants write: requests for approval before an activity, and claims for what was done. Both are about one activity.

use gtm_sdk::{ClaimKind, ClaimLine, Day, Deserialize, JsonSchema, Micros, Problem, claim};

/// The form of a claim.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimForm {
    pub fields: ActivityFields,
    pub line: Expense,
}

/// The form of a request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestForm {
    pub fields: ActivityFields,
    pub line: Planned,
}

/// The activity. Both its days belong to it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ActivityFields {
    /// One of the activities that the terms name.
    #[schemars(length(min = 1, max = 60))]
    pub activity: String,
    pub start: Day,
    pub end: Day,
    #[schemars(length(max = 1000))]
    pub description: Option<String>,
}

/// One invoice that the participant paid. What is claimed is the part of its cost that the fund is to pay.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expense {
    /// Who issued the invoice.
    #[schemars(length(min = 1, max = 100))]
    pub supplier: String,
    /// Its number. An invoice is paid once.
    #[schemars(length(min = 1, max = 60))]
    pub invoice: String,
    /// The eligible cost, without tax that can be recovered.
    pub cost: Micros,
    /// Of the invoice, such as `GBP`. The program's currency unless given.
    #[schemars(length(min = 3, max = 3))]
    pub currency: Option<String>,
    #[schemars(length(max = 1000))]
    pub description: Option<String>,
}

/// One cost that is planned. What is claimed is the part of it that the fund is to pay.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Planned {
    pub cost: Micros,
    /// The program's currency unless given.
    #[schemars(length(min = 3, max = 3))]
    pub currency: Option<String>,
    #[schemars(length(max = 1000))]
    pub description: Option<String>,
}

/// The fields of a line that are its natural key.
pub const KEY: [&str; 2] = ["supplier", "invoice"];

/// What a line costs, of a request or of a claim.
#[derive(Debug, Clone)]
pub struct Cost {
    pub amount: Micros,
    /// The program's currency when absent.
    pub currency: Option<String>,
}

impl Cost {
    /// Errors: fields that cannot be read.
    pub fn of(kind: ClaimKind, line: &ClaimLine) -> Result<Cost, Problem> {
        let (amount, currency) = match kind {
            ClaimKind::Request => {
                let planned: Planned = claim::fields(&line.fields)?;
                (planned.cost, planned.currency)
            }
            ClaimKind::Claim | ClaimKind::Deduction => {
                let expense: Expense = claim::fields(&line.fields)?;
                (expense.cost, expense.currency)
            }
        };
        Ok(Cost { amount, currency })
    }
}
