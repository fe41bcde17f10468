//! The claim of a golden case: what is asked for, what it is held against, and the ruling that there must be.

use domain::adjudication::{self as host, ClaimKind, Ruling, line_key, proof_kind};
use domain::calculation::{Context, OpeningBalance};
use domain::day::Day;
use domain::money::Micros;
use domain::plugin::{ClaimHandling, Descriptor, Plan};
use domain::{Error, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::case::Case;
use crate::gather::canonical;

/// A request or a claim. Its lines are numbered as they stand.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Claim {
    #[serde(default = "claim")]
    pub kind: ClaimKind,
    #[serde(default = "first")]
    pub number: String,
    pub submitted: Day,
    #[serde(default = "no_fields")]
    pub fields: Value,
    pub lines: Vec<Line>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Line {
    pub claimed: Micros,
    #[serde(default = "no_fields")]
    pub fields: Value,
}

/// What the claim is held against. Agreements and stock are sent only when the plan asks for them, as a host does it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Evidence {
    pub request: Option<Request>,
    pub agreements: Vec<Agreement>,
    pub inventory: Vec<Stock>,
    pub claimed_before: Vec<ClaimedLine>,
    pub proofs: Vec<Proof>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Request {
    pub number: String,
    pub submitted: Day,
    pub approved: Micros,
    /// What is approved, unless given.
    pub remaining: Option<Micros>,
    #[serde(default = "no_fields")]
    pub fields: Value,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Agreement {
    pub number: String,
    pub end_customer: Option<String>,
    pub sku: String,
    pub price: Micros,
    pub reference_price: Option<Micros>,
    #[serde(default = "each")]
    pub unit: String,
    pub start: Day,
    pub end: Day,
    pub authorised: Micros,
    /// What is authorised, unless given.
    pub remaining: Option<Micros>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stock {
    pub sku: String,
    pub day: Day,
    pub quantity: Micros,
}

/// A line claimed before, with the fields that were its key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClaimedLine {
    pub claim: String,
    #[serde(default = "one")]
    pub number: u32,
    pub fields: Value,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Proof {
    /// From the name, unless given.
    pub kind: Option<String>,
    pub name: String,
    #[serde(default = "pdf")]
    pub media_type: String,
}

/// The ruling on a line that there must be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectedLine {
    pub ruling: Ruling,
    pub approved: Micros,
    #[serde(default)]
    pub written_off: Micros,
    /// Codes of all reasons, in order.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// Compared where it is given.
    pub consumed: Option<Vec<host::Consumption>>,
}

/// What an adjudication of the case is told besides the context.
#[derive(Debug, Clone)]
pub struct Asked {
    pub claim: host::Claim,
    pub evidence: host::Evidence,
}

/// Gathers claim and evidence by the plan, and puts the balances of the claim handling into the context.
///
/// Errors: the descriptor says nothing about claims.
pub fn gather(
    descriptor: &Descriptor,
    plan: &Plan,
    case: &Case,
    asked: &Claim,
    context: &mut Context,
) -> Result<Asked> {
    let handling = descriptor.claims.as_ref().ok_or_else(|| {
        Error::new(format!(
            "the case has a claim, and plugin `{}` takes none: leave it out",
            descriptor.id
        ))
    })?;
    let told: Vec<&str> = handling.told().collect();
    let others = plan
        .balances
        .iter()
        .map(String::as_str)
        .filter(|code| !told.contains(code));
    context.opening_balances = told
        .iter()
        .copied()
        .chain(others)
        .map(|code| OpeningBalance {
            code: code.to_owned(),
            amount: case.opening_balances.get(code).copied().unwrap_or(Micros::ZERO),
        })
        .collect();
    Ok(Asked {
        claim: claim_of(handling, asked)?,
        evidence: evidence_of(handling, plan, &case.evidence)?,
    })
}

fn claim_of(handling: &ClaimHandling, asked: &Claim) -> Result<host::Claim> {
    let line = |(place, line): (usize, &Line)| {
        Ok(host::ClaimLine {
            number: u32::try_from(place + 1).map_err(|_| Error::new("the claim has too many lines"))?,
            claimed: line.claimed,
            key: line_key(&handling.line_key, &line.fields),
            fields: canonical(&line.fields)?,
        })
    };
    Ok(host::Claim {
        kind: asked.kind,
        number: asked.number.clone(),
        submitted: asked.submitted,
        fields: canonical(&asked.fields)?,
        lines: asked.lines.iter().enumerate().map(line).collect::<Result<_>>()?,
    })
}

fn evidence_of(handling: &ClaimHandling, plan: &Plan, evidence: &Evidence) -> Result<host::Evidence> {
    let request = |request: &Request| {
        Ok::<_, Error>(host::ApprovedRequest {
            number: request.number.clone(),
            submitted: request.submitted,
            approved: request.approved,
            remaining: request.remaining.unwrap_or(request.approved),
            fields: canonical(&request.fields)?,
        })
    };
    let agreement = |agreement: &Agreement| host::Agreement {
        number: agreement.number.clone(),
        end_customer: agreement.end_customer.clone(),
        sku: agreement.sku.clone(),
        price: agreement.price,
        reference_price: agreement.reference_price,
        unit: agreement.unit.clone(),
        start: agreement.start,
        end: agreement.end,
        authorised: agreement.authorised,
        remaining: agreement.remaining.unwrap_or(agreement.authorised),
    };
    let stock = |stock: &Stock| host::Stock {
        sku: stock.sku.clone(),
        day: stock.day,
        quantity: stock.quantity,
    };
    let before = |before: &ClaimedLine| {
        Some(host::ClaimedLine {
            claim: before.claim.clone(),
            number: before.number,
            key: line_key(&handling.line_key, &before.fields)?,
        })
    };
    Ok(host::Evidence {
        request: evidence.request.as_ref().map(request).transpose()?,
        agreements: match plan.agreements {
            true => evidence.agreements.iter().map(agreement).collect(),
            false => Vec::new(),
        },
        inventory: match plan.inventory {
            true => evidence.inventory.iter().map(stock).collect(),
            false => Vec::new(),
        },
        claimed_before: evidence.claimed_before.iter().filter_map(before).collect(),
        proofs: evidence
            .proofs
            .iter()
            .map(|proof| host::Proof {
                kind: proof.kind.clone().unwrap_or_else(|| proof_kind(&proof.name)),
                name: proof.name.clone(),
                media_type: proof.media_type.clone(),
            })
            .collect(),
    })
}

/// What differs from the ruling that was expected, a sentence each.
pub(crate) fn compare(expected: &[ExpectedLine], decision: &host::Decision, differences: &mut Vec<String>) {
    if expected.len() != decision.lines.len() {
        differences.push(format!(
            "{} lines were expected to be ruled on and {} were",
            expected.len(),
            decision.lines.len()
        ));
    }
    for (expected, ruled) in expected.iter().zip(&decision.lines) {
        let came = ExpectedLine {
            ruling: ruled.ruling,
            approved: ruled.approved,
            written_off: ruled.written_off,
            reasons: ruled.reasons.iter().map(|reason| reason.code.clone()).collect(),
            consumed: expected.consumed.as_ref().map(|_| ruled.consumed.clone()),
        };
        if came != *expected {
            differences.push(format!(
                "line {}: {} was expected and {} came",
                ruled.number,
                told(expected),
                told(&came)
            ));
        }
    }
}

fn told(line: &ExpectedLine) -> String {
    let mut told = format!("{} with {}", line.ruling.as_str(), line.approved);
    if line.written_off != Micros::ZERO {
        told.push_str(&format!(" and {} written off", line.written_off));
    }
    if !line.reasons.is_empty() {
        told.push_str(&format!(" for {}", line.reasons.join(", ")));
    }
    for consumed in line.consumed.iter().flatten() {
        told.push_str(&format!(", using {} of `{}`", consumed.quantity, consumed.agreement));
    }
    told
}

fn claim() -> ClaimKind {
    ClaimKind::Claim
}

fn first() -> String {
    "C-1".to_owned()
}

fn no_fields() -> Value {
    json!({})
}

fn each() -> String {
    "EA".to_owned()
}

fn one() -> u32 {
    1
}

fn pdf() -> String {
    "application/pdf".to_owned()
}
