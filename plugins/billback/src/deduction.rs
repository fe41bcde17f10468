//! Deductions that the customer took by paying invoices short: matched to open credit, written off where little is missing, or denied.

use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::tolerance::Tolerance;
use gtm_sdk::{Claim, ClaimKind, ClaimLine, Context, Decision, Evidence, LineDecision, Micros, Problem, claim};

use crate::terms::{DeductionLine, Reason};

/// Rules on each line in its order; the open credit is what is payable and goes to the first lines first.
///
/// Errors: fields that cannot be read.
pub fn rule(context: &Context, tolerance: Tolerance, evidence: &Evidence, claim: &Claim) -> Result<Decision, Problem> {
    let mut open = context.opening_balance("payable").max(Micros::ZERO);
    let mut decision = Decision::default();
    for line in &claim.lines {
        let reasons = refusals(evidence, claim, line)?;
        let ruled = if reasons.is_empty() {
            let ruled = matched(context, tolerance, open, line)?;
            open = open.minus(Micros(ruled.approved))?;
            ruled
        } else {
            line.ruled(Micros::ZERO, reasons)
        };
        decision.lines.push(ruled);
    }
    Ok(decision)
}

/// Every reason why nothing of a line can be matched.
fn refusals(evidence: &Evidence, claim: &Claim, line: &ClaimLine) -> Result<Vec<Problem>, Problem> {
    let form: DeductionLine = claim::fields(&line.fields)?;
    let mut reasons = Vec::new();
    if claim.kind != ClaimKind::Deduction {
        let message = "what the promotions earn is paid without a claim: only deductions are ruled on";
        reasons.push(Problem::new("no-claim-needed", message));
    }
    if line.claimed <= 0 {
        let message = format!("{} cannot be deducted: give an amount above 0", Micros(line.claimed));
        reasons.push(Problem::new("nothing-claimed", &message));
    }
    if form.reason == Reason::Quantity {
        let message = "a difference in quantity is settled by a return order, not by credit";
        reasons.push(Problem::new("quantity-difference", message).at("/reason"));
    }
    if let Some((before, number)) = evidence.claimed_before(line) {
        let message = format!("the invoice was deducted before, in line {number} of {before}");
        reasons.push(Problem::new("duplicate", &message).at("/invoice"));
    } else if claim.repeated(line).is_some() {
        let message = "the invoice is in this deduction twice";
        reasons.push(Problem::new("duplicate", message).at("/invoice"));
    }
    Ok(reasons)
}

/// What the open credit covers is approved. Of a line of which it covers something, a small rest is written off; any other rest is denied.
///
/// Credit goes to the first lines first, so that no more than one line of a deduction is covered in part: cutting a deduction into more lines
/// gains nothing.
fn matched(context: &Context, tolerance: Tolerance, open: Micros, line: &ClaimLine) -> Result<LineDecision, Problem> {
    let claimed = Micros(line.claimed);
    let approved = round(claimed.min(open), context.currency_digits, Rounding::Down)?;
    let rest = claimed.minus(approved)?;
    if rest == Micros::ZERO {
        return Ok(line.ruled(approved, Vec::new()));
    }
    let written_off = round(rest, context.currency_digits, Rounding::Down)?;
    if approved > Micros::ZERO && written_off > Micros::ZERO && tolerance.covers(claimed, approved)? {
        let message = format!(
            "{claimed} is deducted and {open} of credit is open: the difference of {written_off} is within the tolerance, and written off"
        );
        let small = Problem::new("written-off", &message);
        return Ok(line.ruled(approved, Vec::new()).writing_off(line, written_off, small));
    }
    let message = format!("{claimed} is deducted and {open} of credit is open: {rest} is not owed");
    Ok(line.ruled(approved, vec![Problem::new("over-open-credit", &message)]))
}
