//! A rule that is worked out, as transfers, steps and milestones.

use gtm_sdk::explanation;
use gtm_sdk::gathering::EVERY_ROW;
use gtm_sdk::{Citations, Context, Figure, Micros, Milestone, Outcome, Problem, Rate, Transfer};

use crate::reckon::{Goal, Open, Reading, Reckoned};
use crate::scale::{Part, Pays};
use crate::soundness::open_rule;
use crate::terms::{Measure, Rule};
use crate::volume::Volumes;
use crate::words::Say;

mod split;
mod steps;

use split::{Of, Share};
use steps::figure;

/// The unit of the balances that hold free goods.
pub const UNITS: &str = "units";

/// Adds a rule to the answer.
///
/// Errors: an amount beyond all bounds.
pub fn write(
    rule: &Rule,
    reading: &Reading,
    volumes: &Volumes,
    context: &Context,
    reckoned: &Reckoned,
    outcome: &mut Outcome,
) -> Result<(), Problem> {
    let mut lines = explanation::Rule::new(&rule.rule);
    steps::tell(rule, reckoned, &mut lines)?;
    let mut transfer = if rule.grants_units() {
        Transfer::new(context, "goods-granted", "free-goods").in_unit(UNITS)
    } else {
        Transfer::new(context, "expense", "payable")
    };
    transfer = transfer.with_basis(reckoned.volume.paid).citing(citations(reading));
    if let Some(rate) = only_rate(&reckoned.due.parts) {
        transfer = transfer.with_rate(rate);
    }
    match reading.shares.map(|number| volumes.shares(number)) {
        Some(shares) => pay_split(lines, &split::split(shares, context, reckoned)?, transfer, outcome)?,
        None => lines.pay(transfer, outcome),
    }
    if let Some(open) = reckoned.open {
        write_open(rule, reading, context, open, outcome)?;
    }
    let goals = [
        (Say::MinimumPurchase, reckoned.minimum_purchase),
        (Say::NextTier, reckoned.next_tier),
    ];
    for (say, goal) in goals {
        outcome
            .milestones
            .extend(goal.map(|goal| milestone(rule, reckoned, say, goal)).transpose()?);
    }
    Ok(())
}

/// The rate, where a single one was applied.
fn only_rate(parts: &[Part]) -> Option<Rate> {
    match parts {
        [part] => match part.pays {
            Pays::Rate(rate) => Some(rate),
            _ => None,
        },
        _ => None,
    }
}

/// One transfer a part, or a single one where nothing was bought that could have a part.
fn pay_split(
    mut lines: explanation::Rule,
    parts: &[Share<'_>],
    transfer: Transfer,
    outcome: &mut Outcome,
) -> Result<(), Problem> {
    if parts.is_empty() {
        lines.pay(transfer, outcome);
        return Ok(());
    }
    let mut transfers = Vec::with_capacity(parts.len());
    for part in parts {
        let mut transfer = transfer.clone().of(part.amount).with_basis(part.volume);
        match part.of {
            Of::Product(sku) => lines.note(Say::Part, [Figure::money(part.amount), Figure::text(sku)]),
            Of::Row(position) => {
                lines.note(Say::RowPart, [Figure::money(part.amount), Figure::Count(position)]);
                transfer = transfer.citing(Citations::Positions(vec![position]));
            }
        }
        transfers.push(transfer);
    }
    lines.pay_in_parts(transfers, outcome)
}

fn write_open(
    rule: &Rule,
    reading: &Reading,
    context: &Context,
    open: Open,
    outcome: &mut Outcome,
) -> Result<(), Problem> {
    let mut lines = explanation::Rule::new(&open_rule(&rule.rule));
    let figures = [
        figure(rule.measure, open.volume),
        Figure::money(open.with_it),
        Figure::money(open.amount),
    ];
    lines.step(Say::Open, figures, open.amount)?;
    let transfer = Transfer::new(context, "expense", "accrued-open").with_basis(open.volume);
    lines.pay(transfer.citing(citations(reading)), outcome);
    Ok(())
}

fn milestone(rule: &Rule, reckoned: &Reckoned, say: Say, goal: Goal) -> Result<Milestone, Problem> {
    let measure = rule.decides();
    let reached: Micros = reckoned.volume.qualifier;
    let units = rule.grants_units();
    let worth = if units {
        Figure::quantity(goal.worth)
    } else {
        Figure::money(goal.worth)
    };
    Ok(Milestone {
        rule: rule.rule.clone(),
        message: say.into(),
        figures: vec![figure(measure, goal.target.minus(reached)?), worth],
        measure: match measure {
            Measure::Quantity => gtm_sdk::Measure::Quantity,
            Measure::Net | Measure::Gross | Measure::Cost => gtm_sdk::Measure::Money,
        },
        reached: reached.0,
        target: goal.target.0,
        // A worth is money.
        worth: (!units).then_some(goal.worth.0),
    })
}

fn citations(reading: &Reading) -> Citations {
    match reading.selectors {
        EVERY_ROW => Citations::All,
        selectors => Citations::Selected(selectors),
    }
}
