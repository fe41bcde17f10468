//! What an adjudication is told and what it answers, in the words of the WIT contract, which explains each. The JSON of these
//! types is what receipts hash: amounts are texts in it, lists keep their order.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::calculation::{Problem, Step};
use crate::day::Day;
use crate::money::Micros;
use crate::{Error, Result};

/// Whether money is asked for, and whether it was taken already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimKind {
    /// Approval before the activity: what is approved is committed, nothing is paid.
    Request,
    Claim,
    /// The participant has kept the money already, by paying an invoice short.
    Deduction,
}

impl ClaimKind {
    pub const ALL: [ClaimKind; 3] = [ClaimKind::Request, ClaimKind::Claim, ClaimKind::Deduction];

    pub fn as_str(self) -> &'static str {
        ["request", "claim", "deduction"][self as usize]
    }
}

impl FromStr for ClaimKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        ClaimKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| {
                Error::new(format!(
                    "`{text}` is no kind of claim: write request, claim or deduction"
                ))
            })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimLine {
    /// From 1, in order.
    pub number: u32,
    /// In the program's currency; any number that the claimant could write.
    pub claimed: Micros,
    /// See [`line_key`].
    pub key: Option<String>,
    /// Canonical JSON.
    pub fields: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub kind: ClaimKind,
    pub number: String,
    pub submitted: Day,
    /// Canonical JSON.
    pub fields: String,
    pub lines: Vec<ClaimLine>,
}

/// A request that was approved, and that a claim refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovedRequest {
    pub number: String,
    pub submitted: Day,
    pub approved: Micros,
    pub remaining: Micros,
    /// Canonical JSON.
    pub fields: String,
}

/// A price below the list that was agreed for one product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    pub number: String,
    pub end_customer: Option<String>,
    pub sku: String,
    pub price: Micros,
    pub reference_price: Option<Micros>,
    pub unit: String,
    pub start: Day,
    pub end: Day,
    pub authorised: Micros,
    pub remaining: Micros,
}

/// How much of a product was reported on hand at the end of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    pub sku: String,
    pub day: Day,
    pub quantity: Micros,
}

/// A line that the participant claimed before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedLine {
    pub claim: String,
    pub number: u32,
    pub key: String,
}

/// An attached file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    pub kind: String,
    pub name: String,
    pub media_type: String,
}

/// What a claim is held against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub request: Option<ApprovedRequest>,
    pub agreements: Vec<Agreement>,
    pub inventory: Vec<Stock>,
    pub claimed_before: Vec<ClaimedLine>,
    pub proofs: Vec<Proof>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ruling {
    Accepted,
    Adjusted,
    Denied,
}

impl Ruling {
    pub const ALL: [Ruling; 3] = [Ruling::Accepted, Ruling::Adjusted, Ruling::Denied];

    pub fn as_str(self) -> &'static str {
        ["accepted", "adjusted", "denied"][self as usize]
    }
}

/// How much of an agreement's quantity a line uses up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumption {
    pub agreement: String,
    pub quantity: Micros,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineDecision {
    pub number: u32,
    pub ruling: Ruling,
    pub approved: Micros,
    pub written_off: Micros,
    pub reasons: Vec<Problem>,
    pub consumed: Vec<Consumption>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub lines: Vec<LineDecision>,
    pub steps: Vec<Step>,
}

/// The natural key of a line: the values of these of its fields as a JSON list. Absent when there are no such fields, or the line
/// lacks one of them.
pub fn line_key(names: &[String], fields: &Value) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let values: Option<Vec<&Value>> = names
        .iter()
        .map(|name| fields.get(name).filter(|value| !value.is_null()))
        .collect();
    values.and_then(|values| serde_json::to_string(&values).ok())
}

/// What kind of proof a file is, where the claimant did not say: the name up to the first `.` or `-`, in lower case.
pub fn proof_kind(name: &str) -> String {
    name.split(['.', '-']).next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_known_by_the_fields_that_name_it() {
        let names = ["invoice".to_owned(), "line".to_owned()];
        let key = |fields| line_key(&names, &fields);
        assert_eq!(
            key(json!({"line": "2", "invoice": "A-1", "sku": "22086"})).as_deref(),
            Some(r#"["A-1","2"]"#)
        );
        // Two fields never run together into one.
        assert_ne!(
            key(json!({"invoice": "A", "line": "12"})),
            key(json!({"invoice": "A1", "line": "2"}))
        );
        assert_eq!(key(json!({"invoice": "A-1"})), None);
        assert_eq!(line_key(&[], &json!({"invoice": "A-1"})), None);
        assert_eq!(proof_kind("Invoice-2011.pdf"), "invoice");
    }
}
