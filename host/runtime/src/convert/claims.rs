//! Claims, what they are held against, and the rulings on them.

use domain::adjudication::{Claim, ClaimKind, Consumption, Decision, Evidence, LineDecision, Ruling};
use domain::calculation::Problem;
use domain::money::Micros;

use super::{Bounds, Unfit, count, problem, step};
use crate::bindings::{adjudication, facts};
use crate::limits::Limits;

/// Calls with the claim as the contract has it, borrowed from the host's.
pub(crate) fn with_claim<R>(claim: &Claim, call: impl FnOnce(adjudication::Claim<'_>) -> R) -> R {
    let lines: Vec<_> = claim
        .lines
        .iter()
        .map(|line| adjudication::ClaimLine {
            number: line.number,
            claimed: line.claimed.0,
            key: line.key.as_deref(),
            fields: &line.fields,
        })
        .collect();
    call(adjudication::Claim {
        kind: claim_kind(claim.kind),
        number: &claim.number,
        submitted: claim.submitted.number(),
        fields: &claim.fields,
        lines: &lines,
    })
}

/// The same for what it is held against.
pub(crate) fn with_evidence<R>(evidence: &Evidence, call: impl FnOnce(adjudication::Evidence<'_>) -> R) -> R {
    let agreements: Vec<_> = evidence
        .agreements
        .iter()
        .map(|agreement| facts::Agreement {
            number: &agreement.number,
            end_customer: agreement.end_customer.as_deref(),
            sku: &agreement.sku,
            price: agreement.price.0,
            reference_price: agreement.reference_price.map(|price| price.0),
            unit: &agreement.unit,
            start: agreement.start.number(),
            end: agreement.end.number(),
            authorised: agreement.authorised.0,
            remaining: agreement.remaining.0,
        })
        .collect();
    let inventory: Vec<_> = evidence
        .inventory
        .iter()
        .map(|stock| facts::Stock {
            sku: &stock.sku,
            day: stock.day.number(),
            quantity: stock.quantity.0,
        })
        .collect();
    let claimed_before: Vec<_> = evidence
        .claimed_before
        .iter()
        .map(|before| adjudication::ClaimedLine {
            claim: &before.claim,
            number: before.number,
            key: &before.key,
        })
        .collect();
    let proofs: Vec<_> = evidence
        .proofs
        .iter()
        .map(|proof| adjudication::Proof {
            kind: &proof.kind,
            name: &proof.name,
            media_type: &proof.media_type,
        })
        .collect();
    call(adjudication::Evidence {
        request: evidence.request.as_ref().map(|request| adjudication::ApprovedRequest {
            number: &request.number,
            submitted: request.submitted.number(),
            approved: request.approved.0,
            remaining: request.remaining.0,
            fields: &request.fields,
        }),
        agreements: &agreements,
        inventory: &inventory,
        claimed_before: &claimed_before,
        proofs: &proofs,
    })
}

pub(crate) fn decision(answer: adjudication::Decision, bounds: &Bounds) -> Result<Decision, Unfit> {
    count("steps", answer.steps.len(), bounds.steps)?;
    Ok(Decision {
        lines: answer
            .lines
            .into_iter()
            .map(|answer| line(answer, bounds))
            .collect::<Result<_, _>>()?,
        steps: answer
            .steps
            .into_iter()
            .map(|answer| step(answer, bounds))
            .collect::<Result<_, _>>()?,
    })
}

fn line(answer: adjudication::LineDecision, bounds: &Bounds) -> Result<LineDecision, Unfit> {
    count("reasons for one line", answer.reasons.len(), Limits::REASONS)?;
    let reason = |reason| -> Result<Problem, Unfit> {
        let reason = problem(reason);
        Ok(Problem {
            code: bounds.text(reason.code)?,
            message: bounds.text(reason.message)?,
            path: reason.path.map(|path| bounds.text(path)).transpose()?,
            row: reason.row,
        })
    };
    Ok(LineDecision {
        number: answer.number,
        ruling: ruling(answer.ruling),
        approved: Micros(answer.approved),
        written_off: Micros(answer.written_off),
        reasons: answer.reasons.into_iter().map(reason).collect::<Result<_, _>>()?,
        consumed: answer
            .consumed
            .into_iter()
            .map(|consumed| {
                Ok(Consumption {
                    agreement: bounds.text(consumed.agreement)?,
                    quantity: Micros(consumed.quantity),
                })
            })
            .collect::<Result<_, _>>()?,
    })
}

fn claim_kind(kind: ClaimKind) -> adjudication::ClaimKind {
    match kind {
        ClaimKind::Request => adjudication::ClaimKind::Request,
        ClaimKind::Claim => adjudication::ClaimKind::Claim,
        ClaimKind::Deduction => adjudication::ClaimKind::Deduction,
    }
}

fn ruling(ruling: adjudication::Ruling) -> Ruling {
    match ruling {
        adjudication::Ruling::Accepted => Ruling::Accepted,
        adjudication::Ruling::Adjusted => Ruling::Adjusted,
        adjudication::Ruling::Denied => Ruling::Denied,
    }
}
