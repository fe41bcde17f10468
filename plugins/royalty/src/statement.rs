//! The last period of the account, as transfers, steps and milestones.

use gtm_sdk::explanation::Rule;
use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::{Context, Figure, Measure, Micros, Milestone, Outcome, Problem, Transfer};

use crate::account::{Account, Due};
use crate::earnings::{Earned, Earnings};
use crate::gather;
use crate::ladder;
use crate::terms::{Base, EscalatesOn, Recoupable, Royalty, Terms};
use crate::words::Say;

/// The rules that the terms do not name.
pub const GUARANTEE: &str = "guarantee";
pub const RECOUPMENT: &str = "recoupment";
pub const PAYMENT: &str = "payment";

/// What a royalty's reserve is called in the ledger.
pub fn reserve_rule(rule: &str) -> String {
    format!("{rule}-reserve")
}

/// Errors: an amount beyond all bounds.
pub fn write(terms: &Terms, context: &Context, earnings: &Earnings, account: &Account) -> Result<Outcome, Problem> {
    let mut outcome = Outcome::default();
    for (number, royalty) in terms.royalties.iter().enumerate() {
        let due = account.royalties[number];
        write_earned(royalty, &earnings.royalties[number], due, terms, context, &mut outcome)?;
        write_reserve(royalty, due, context, &mut outcome)?;
        outcome.milestones.extend(milestone(royalty, number, earnings)?);
    }
    write_recoupable(
        Say::Advance,
        "payable",
        &terms.advances,
        &account.advances,
        context,
        &mut outcome,
    )?;
    write_recoupable(
        Say::Cost,
        "expense",
        &terms.costs,
        &account.costs,
        context,
        &mut outcome,
    )?;
    write_guarantee(account, context, &mut outcome)?;
    if account.recouped != Micros::ZERO {
        let mut lines = Rule::new(RECOUPMENT);
        let figures = [Figure::money(account.recouped), Figure::money(account.unrecouped)];
        lines.step(Say::Recouped, figures, account.recouped)?;
        lines.pay(Transfer::new(context, "earned", "recoupable"), &mut outcome);
    }
    write_payment(account, context, &mut outcome)?;
    Ok(outcome)
}

fn write_earned(
    royalty: &Royalty,
    earned: &Earned,
    due: Due,
    terms: &Terms,
    context: &Context,
    outcome: &mut Outcome,
) -> Result<(), Problem> {
    let mut lines = Rule::new(&royalty.rule);
    let mut basis = Exact::ZERO;
    let figure = |base: Exact| {
        let shown = shown(base)?;
        Ok::<_, Problem>(if royalty.base == Base::Units {
            Figure::quantity(shown)
        } else {
            Figure::money(shown)
        })
    };
    for ((rates, tier), part) in &earned.slices {
        let tier = royalty.rates[*rates].tiers[*tier];
        let (say, at) = match (tier.rate, tier.per_unit) {
            (_, Some(amount)) => (Say::PerUnit, Figure::money(amount)),
            (rate, None) => (Say::AtRate, Figure::rate(rate.unwrap_or(gtm_sdk::Rate::ZERO))),
        };
        // What a deduction takes off is not paid on.
        let base = match royalty.deduct {
            Some(deduct) => part.base.minus(part.base.times(deduct)?)?,
            None => part.base,
        };
        basis = basis.plus(part.base)?;
        lines.step(
            say,
            [figure(base)?, at, Figure::money(shown(part.earned)?)],
            part.earned,
        )?;
    }
    if !earned.returned.base.is_zero() {
        let part = earned.returned;
        basis = basis.minus(part.base)?;
        lines.step(
            Say::Returned,
            [figure(part.base)?, Figure::money(shown(part.earned)?)],
            part.earned,
        )?;
    }
    lines.round(Say::Rounded, context.currency_digits, terms.rounding)?;
    if due.part != due.whole {
        let figures = [Figure::money(due.whole), Figure::money(due.part)];
        lines.step(Say::Share, figures, due.part.minus(due.whole)?)?;
    }
    lines.pay(
        Transfer::new(context, "expense", "earned").with_basis(shown(basis)?),
        outcome,
    );
    Ok(())
}

fn write_reserve(royalty: &Royalty, due: Due, context: &Context, outcome: &mut Outcome) -> Result<(), Problem> {
    let mut lines = Rule::new(&reserve_rule(&royalty.rule));
    if due.withheld != Micros::ZERO {
        lines.step(Say::Withheld, [Figure::money(due.withheld)], due.withheld)?;
    }
    if due.released != Micros::ZERO {
        lines.step(Say::Released, [Figure::money(due.released)], due.released.negated()?)?;
    }
    lines.pay(Transfer::new(context, "earned", "reserve"), outcome);
    Ok(())
}

/// Advances and costs of the period: each is to be recouped, an advance is also paid out.
fn write_recoupable(
    say: Say,
    credit: &str,
    items: &[Recoupable],
    amounts: &[Micros],
    context: &Context,
    outcome: &mut Outcome,
) -> Result<(), Problem> {
    for (item, amount) in items.iter().zip(amounts).filter(|(_, amount)| **amount != Micros::ZERO) {
        let mut lines = Rule::new(&item.rule);
        lines.step(say, [Figure::money(*amount)], *amount)?;
        let transfer = Transfer {
            effective: item.on.0.max(context.period.start),
            ..Transfer::new(context, "recoupable", credit)
        };
        lines.pay(transfer, outcome);
    }
    Ok(())
}

fn write_guarantee(account: &Account, context: &Context, outcome: &mut Outcome) -> Result<(), Problem> {
    let amount = account.guarantee;
    if amount != Micros::ZERO {
        let mut lines = Rule::new(GUARANTEE);
        if amount > Micros::ZERO {
            lines.step(Say::Guaranteed, [Figure::money(amount)], amount)?;
        } else {
            lines.step(Say::Covered, [Figure::money(amount.negated()?)], amount)?;
        }
        lines.pay(Transfer::new(context, "expense", "earned"), outcome);
    }
    Ok(())
}

/// The account from opening to closing; what remains of it is paid or carried forward.
fn write_payment(account: &Account, context: &Context, outcome: &mut Outcome) -> Result<(), Problem> {
    let (mut earned, mut reserve) = (Micros::ZERO, Micros::ZERO);
    for due in &account.royalties {
        earned = earned.plus(due.part)?;
        reserve = reserve.plus(due.released.minus(due.withheld)?)?;
    }
    let mut lines = Rule::new(PAYMENT);
    for (say, amount) in [
        (Say::Opening, account.opening),
        (Say::Earned, earned),
        (Say::Guarantee, account.guarantee),
        (Say::Reserve, reserve),
        (Say::LessRecouped, account.recouped.negated()?),
    ] {
        if amount != Micros::ZERO {
            lines.step(say, [Figure::money(amount)], amount)?;
        }
    }
    if account.closing != Micros::ZERO {
        lines.step(
            Say::Carried,
            [Figure::money(account.closing)],
            account.closing.negated()?,
        )?;
    }
    lines.pay(
        Transfer::new(context, "earned", "payable").with_basis(account.balance),
        outcome,
    );
    Ok(())
}

/// The next step of an escalator. What it is worth depends on what is sold beyond it.
fn milestone(royalty: &Royalty, number: usize, earnings: &Earnings) -> Result<Option<Milestone>, Problem> {
    let next = gather::escalates(royalty)
        .then(|| ladder::next(royalty, &earnings.counter(number, royalty)))
        .flatten();
    let Some((reached, target)) = next else { return Ok(None) };
    let missing = target.minus(reached)?;
    let (measure, figure) = match royalty.escalates_on {
        EscalatesOn::Units => (Measure::Quantity, Figure::quantity(missing)),
        EscalatesOn::Receipts => (Measure::Money, Figure::money(missing)),
        // Which sales bring earnings there depends on their rates.
        EscalatesOn::Earnings => return Ok(None),
    };
    Ok(Some(Milestone {
        rule: royalty.rule.clone(),
        message: Say::NextRate.into(),
        figures: vec![figure],
        measure,
        reached: reached.0,
        target: target.0,
        worth: None,
    }))
}

/// An exact figure as it is shown: to the micro.
fn shown(exact: Exact) -> Result<Micros, Problem> {
    round(exact, 6, Rounding::HalfUp)
}
