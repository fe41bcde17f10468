//! The ruling on a request or a claim, line by line.

use gtm_sdk::{Claim, ClaimKind, Context, Decision, Evidence, Figure, Micros, Problem, claim};

use crate::ceilings::Ceilings;
use crate::form::{ActivityFields, Cost};
use crate::refusals::{self, Asked, shown};
use crate::terms::Terms;
use crate::words::Say;

/// Pays each line the smallest of: its share of the cost, what is left of the request, of the activity's cap, of the limit and of the fund.
/// Earlier lines come first. A line that cannot be paid has every reason, those of the whole claim before its own.
///
/// Errors: fields that cannot be read; a figure that is not agreed; an amount beyond all bounds.
pub fn rule(context: &Context, terms: &Terms, evidence: &Evidence, claim: &Claim) -> Result<Decision, Problem> {
    let fields: ActivityFields = claim::fields(&claim.fields)?;
    let asked = Asked {
        terms,
        context,
        evidence,
        claim,
        activity: terms
            .activities
            .iter()
            .find(|activity| activity.activity == fields.activity),
        fields: &fields,
    };
    let refused = refusals::of(asked)?;
    let mut ceilings = Ceilings::of(asked)?;
    let mut decision = Decision::default();
    for (place, line) in claim.lines.iter().enumerate() {
        let (claimed, cost) = (Micros(line.claimed), Cost::of(claim.kind, line)?);
        let mut reasons = refused.clone();
        reasons.extend(line_refusals(asked, place, &cost));
        let denied = !reasons.is_empty();
        let mut approved = Micros::ZERO;
        if claimed > Micros::ZERO {
            let (most, binding) = ceilings.over(line.number, claimed, cost.amount)?;
            reasons.extend(binding);
            approved = if denied { Micros::ZERO } else { most };
        }
        ceilings.take(approved)?;
        let figures = [
            Figure::Count(line.number.into()),
            Figure::money(approved),
            Figure::money(claimed),
        ];
        ceilings.note(Say::Approved, figures.into());
        decision.lines.push(line.ruled(approved, reasons));
    }
    decision.steps = ceilings.steps;
    Ok(decision)
}

/// Every reason why nothing of a line can be paid, that is its own.
fn line_refusals(asked: Asked<'_>, place: usize, cost: &Cost) -> Vec<Problem> {
    let line = &asked.claim.lines[place];
    let claimed = Micros(line.claimed);
    let mut found = Vec::new();
    let mut say = |code: &str, message: String, at: Option<&str>| {
        let problem = Problem::new(code, &message);
        found.push(match at {
            Some(path) => problem.at(path),
            None => problem,
        });
    };
    if claimed <= Micros::ZERO {
        say(
            "nothing-claimed",
            format!("{claimed} cannot be claimed: give an amount above 0"),
            None,
        );
    }
    if cost.amount <= Micros::ZERO {
        let message = format!("a cost of {} cannot be shared: give an amount above 0", cost.amount);
        say("cost", message, Some("/cost"));
    }
    let own = &asked.context.currency;
    if let Some(other) = cost.currency.as_ref().filter(|other| *other != own) {
        let other = shown(other);
        let message = format!("the cost is in `{other}` and the program in `{own}`: give it in `{own}`");
        say("currency", message, Some("/currency"));
    }
    // The plans of a request have no invoices.
    if asked.claim.kind != ClaimKind::Request && line.key.is_some() {
        let earlier = &asked.claim.lines[..place];
        if let Some((before, number)) = asked.evidence.claimed_before(line) {
            let message = format!("the invoice was claimed before, in line {number} of {before}");
            say("duplicate", message, Some("/invoice"));
        } else if earlier.iter().any(|other| other.key == line.key) {
            say(
                "duplicate",
                "the invoice is in this claim twice".to_owned(),
                Some("/invoice"),
            );
        }
    }
    found
}
