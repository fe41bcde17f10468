//! Claims and rulings, between the words of the host and those of the contract.

use domain::adjudication as host;
use domain::money::Micros;
use domain::plugin;
use gtm_kit::Failure;

use super::{problem, step};
use crate::{
    Agreement, ApprovedRequest, Claim, ClaimHandling, ClaimKind, ClaimLine, ClaimedLine, Decision, Evidence,
    LineDecision, Proof, Ruling, Stock,
};

pub(super) fn handling(handling: ClaimHandling) -> plugin::ClaimHandling {
    plugin::ClaimHandling {
        claim_schema: handling.claim_schema,
        request_schema: handling.request_schema,
        line_key: handling.line_key,
        from: handling.from,
        committed: handling.committed,
        to: handling.to,
        written_off: handling.written_off,
    }
}

pub(super) fn claim(claim: &host::Claim) -> Claim {
    Claim {
        kind: match claim.kind {
            host::ClaimKind::Request => ClaimKind::Request,
            host::ClaimKind::Claim => ClaimKind::Claim,
            host::ClaimKind::Deduction => ClaimKind::Deduction,
        },
        number: claim.number.clone(),
        submitted: claim.submitted.number(),
        fields: claim.fields.clone(),
        lines: claim
            .lines
            .iter()
            .map(|line| ClaimLine {
                number: line.number,
                claimed: line.claimed.0,
                key: line.key.clone(),
                fields: line.fields.clone(),
            })
            .collect(),
    }
}

pub(super) fn evidence(evidence: &host::Evidence) -> Evidence {
    Evidence {
        request: evidence.request.as_ref().map(|request| ApprovedRequest {
            number: request.number.clone(),
            submitted: request.submitted.number(),
            approved: request.approved.0,
            remaining: request.remaining.0,
            fields: request.fields.clone(),
        }),
        agreements: evidence
            .agreements
            .iter()
            .map(|agreement| Agreement {
                number: agreement.number.clone(),
                end_customer: agreement.end_customer.clone(),
                sku: agreement.sku.clone(),
                price: agreement.price.0,
                reference_price: agreement.reference_price.map(|price| price.0),
                unit: agreement.unit.clone(),
                start: agreement.start.number(),
                end: agreement.end.number(),
                authorised: agreement.authorised.0,
                remaining: agreement.remaining.0,
            })
            .collect(),
        inventory: evidence
            .inventory
            .iter()
            .map(|stock| Stock {
                sku: stock.sku.clone(),
                day: stock.day.number(),
                quantity: stock.quantity.0,
            })
            .collect(),
        claimed_before: evidence
            .claimed_before
            .iter()
            .map(|before| ClaimedLine {
                claim: before.claim.clone(),
                number: before.number,
                key: before.key.clone(),
            })
            .collect(),
        proofs: evidence
            .proofs
            .iter()
            .map(|proof| Proof {
                kind: proof.kind.clone(),
                name: proof.name.clone(),
                media_type: proof.media_type.clone(),
            })
            .collect(),
    }
}

pub(super) fn decision(decision: Decision) -> Result<host::Decision, Failure> {
    Ok(host::Decision {
        lines: decision.lines.into_iter().map(line).collect(),
        steps: decision.steps.into_iter().map(step).collect::<Result<_, _>>()?,
    })
}

fn line(line: LineDecision) -> host::LineDecision {
    host::LineDecision {
        number: line.number,
        ruling: match line.ruling {
            Ruling::Accepted => host::Ruling::Accepted,
            Ruling::Adjusted => host::Ruling::Adjusted,
            Ruling::Denied => host::Ruling::Denied,
        },
        approved: Micros(line.approved),
        written_off: Micros(line.written_off),
        reasons: line.reasons.into_iter().map(problem).collect(),
        consumed: line
            .consumed
            .into_iter()
            .map(|consumed| host::Consumption {
                agreement: consumed.agreement,
                quantity: Micros(consumed.quantity),
            })
            .collect(),
    }
}
