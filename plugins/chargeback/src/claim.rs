//! A claim against special price agreements: its lines in their order, and what each leaves to those after it.

use std::collections::BTreeMap;

use gtm_sdk::{
    Agreement, Claim, ClaimKind, ClaimLine, Context, Decision, Evidence, LineDecision, Micros, Problem, Ruling, Step,
    Sum, claim,
};

use crate::line::Line;
use crate::reason;
use crate::terms::{Differences, SoldLine, Terms};

/// Rules on each line in its order. Lines that name the same agreement share what remains of it, and lines of one product what was on hand:
/// the first come first.
///
/// Errors: stock beyond all bounds.
pub fn rule(context: &Context, terms: &Terms, evidence: &Evidence, claim: &Claim) -> Result<Decision, Problem> {
    let terms = match &terms.claims {
        None => return Ok(denied(claim, reason::CLAIMS_NOT_TAKEN, "these terms take no claims")),
        Some(_) if claim.kind == ClaimKind::Request => {
            let message = "a special price is asked for by an agreement: claim what was sold under one";
            return Ok(denied(claim, reason::REQUEST, message));
        }
        Some(terms) => terms,
    };
    let mut left = Left::default();
    let mut decision = Decision::default();
    for asked in &claim.lines {
        let ruled = match claim::fields::<SoldLine>(&asked.fields) {
            Ok(sold) => {
                let line = Line {
                    context,
                    terms,
                    evidence,
                    claim,
                    asked,
                    agreement: evidence.agreements.iter().find(|known| known.number == sold.agreement),
                    sold,
                };
                left.rule(&line, &mut decision.steps)?
            }
            Err(problem) => asked.ruled(Micros::ZERO, vec![problem]),
        };
        decision.lines.push(ruled);
    }
    Ok(decision)
}

fn denied(claim: &Claim, code: &str, message: &str) -> Decision {
    let line = |line: &ClaimLine| line.ruled(Micros::ZERO, vec![Problem::new(code, message)]);
    Decision {
        lines: claim.lines.iter().map(line).collect(),
        steps: Vec::new(),
    }
}

/// What the lines so far leave to claim.
#[derive(Default)]
struct Left<'a> {
    /// Units by number of the agreement.
    agreements: BTreeMap<&'a str, Micros>,
    /// Units by product and day of the report.
    stock: BTreeMap<(&'a str, i32), Micros>,
}

impl<'a> Left<'a> {
    fn rule(&mut self, line: &Line<'a>, steps: &mut Vec<Step>) -> Result<LineDecision, Problem> {
        let mut denying = line.refusals();
        let mut differing = Vec::new();
        let quantity = line.sold.quantity;
        let mut eligible = quantity;
        if let Some(agreement) = line.agreement {
            let remaining = *self.of_agreement(agreement);
            if quantity > remaining {
                let message = format!("{quantity} is claimed and {remaining} remains of the agreement");
                differing.push(Problem::new(reason::QUANTITY_OVER_REMAINING, &message).at("/quantity"));
            }
            eligible = eligible.min(remaining);
        }
        let report = match line.terms.checks_inventory {
            true => report_before(line.evidence, &line.sold),
            false => None,
        };
        if let Some(report) = report {
            let on_hand = *self.of_stock(line.evidence, report)?;
            if quantity > on_hand {
                let message = format!("{quantity} is claimed and {on_hand} was on hand");
                differing.push(Problem::new(reason::INVENTORY_EXCEEDED, &message).at("/quantity"));
            }
            eligible = eligible.min(on_hand);
        } else if line.terms.checks_inventory {
            let message = "no stock of the product was reported before it was shipped: report it";
            denying.push(Problem::new(reason::INVENTORY_NOT_REPORTED, message).at("/sku"));
        }
        let approved = line
            .approved(eligible, &mut differing, steps)
            .unwrap_or_else(|problems| {
                denying.extend(problems);
                Micros::ZERO
            });
        let pays = denying.is_empty() && (differing.is_empty() || line.terms.differences == Differences::Adjusted);
        denying.append(&mut differing);
        let ruled = line.asked.ruled(if pays { approved } else { Micros::ZERO }, denying);
        let Some(agreement) = line.agreement.filter(|_| ruled.ruling != Ruling::Denied) else {
            return Ok(ruled);
        };
        let remaining = self.of_agreement(agreement);
        *remaining = remaining.minus(eligible)?;
        if let Some(report) = report {
            let on_hand = self.of_stock(line.evidence, report)?;
            *on_hand = on_hand.minus(eligible)?;
        }
        steps.extend(line.books(eligible, Micros(ruled.approved))?);
        Ok(ruled.consuming(&agreement.number, eligible))
    }

    fn of_agreement(&mut self, agreement: &'a Agreement) -> &mut Micros {
        let remaining = Micros(agreement.remaining.max(0));
        self.agreements.entry(&agreement.number).or_insert(remaining)
    }

    /// Several reports of one day are several places where stock lies.
    fn of_stock(&mut self, evidence: &Evidence, (sku, day): (&'a str, i32)) -> Result<&mut Micros, Problem> {
        let of_day = evidence
            .inventory
            .iter()
            .filter(|stock| stock.sku == sku && stock.day == day);
        let on_hand = of_day.map(|stock| Micros(stock.quantity)).sum::<Sum>().micros()?;
        Ok(self.stock.entry((sku, day)).or_insert(on_hand.max(Micros::ZERO)))
    }
}

/// The last report of the product before the day of shipping: at the end of that day itself the goods were gone.
fn report_before<'a>(evidence: &'a Evidence, sold: &SoldLine) -> Option<(&'a str, i32)> {
    let before = evidence
        .inventory
        .iter()
        .filter(|stock| stock.sku == sold.sku && stock.day < sold.shipped.0);
    before
        .max_by_key(|stock| stock.day)
        .map(|stock| (&*stock.sku, stock.day))
}
