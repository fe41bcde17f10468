//! The last period of the account, as transfers, steps and milestones.

use gtm_sdk::cap::Limit;
use gtm_sdk::explanation::Rule;
use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::{Context, Figure, Measure as Measured, Micros, Milestone, Outcome, Problem, Transfer, agreed};

use crate::account::{Account, Capped, Standing, Worked, clawback_rule};
use crate::reckon::{Closed, Goal, Part, attainment};
use crate::terms::{Accumulate, Component, DrawKind, Measure, Pays, Terms};
use crate::words::Say;

/// The rules that the terms do not name.
pub const HOLDBACK: &str = "holdback";
pub const DRAW: &str = "draw";
pub const PAYMENT: &str = "payment";

/// Errors: an amount beyond all bounds.
pub fn write(terms: &Terms, context: &Context, standing: &Standing) -> Result<Outcome, Problem> {
    let mut outcome = Outcome::default();
    let account = &standing.account;
    for ((component, worked), next) in terms.components.iter().zip(&account.components).zip(&standing.next) {
        write_earned(component, worked, account.capped, *next, terms, context, &mut outcome)?;
        write_taken_back(component, worked, context, &mut outcome)?;
        outcome.milestones.extend(milestone(component, worked, *next, terms)?);
    }
    write_holdback(account, context, &mut outcome)?;
    write_draw(account, terms, context, &mut outcome)?;
    write_payment(account, terms, context, &mut outcome)?;
    Ok(outcome)
}

fn write_earned(
    component: &Component,
    worked: &Worked,
    capped: Option<Capped>,
    next: Option<Goal>,
    terms: &Terms,
    context: &Context,
    outcome: &mut Outcome,
) -> Result<(), Problem> {
    let reckoned = &worked.reckoned;
    let mut lines = Rule::new(&component.rule);
    lines.note(Say::Credited, [figure(component, reckoned.credited)]);
    if component.accumulate == Accumulate::YearToDate && worked.before.credited != Micros::ZERO {
        let figures = [worked.before.credited, reckoned.reached].map(|amount| figure(component, amount));
        lines.note(Say::ToDate, figures);
    }
    note_quota(component, worked, &mut lines)?;
    for part in &reckoned.parts {
        write_part(component, reckoned.reached, part, &mut lines)?;
    }
    let sections = matches!(component.pays, Pays::Sections(_));
    if sections && reckoned.parts.is_empty() && reckoned.closed.is_none() && reckoned.reached != Micros::ZERO {
        lines.note(Say::Outside, [figure(component, reckoned.reached)]);
    }
    lines.round(Say::Rounded, context.currency_digits, terms.rounding)?;
    if reckoned.own != reckoned.rounded {
        let figures = [Figure::money(reckoned.rounded), Figure::money(reckoned.own)];
        lines.step(Say::Share, figures, reckoned.own.minus(reckoned.rounded)?)?;
    }
    if reckoned.outstanding != reckoned.own {
        let figures = [Figure::money(worked.before.due), Figure::money(reckoned.outstanding)];
        lines.step(Say::DueBefore, figures, reckoned.outstanding.minus(reckoned.own)?)?;
    }
    if let Some(cap) = reckoned
        .period_cap
        .filter(|_| reckoned.in_period != reckoned.outstanding)
    {
        note_prorated(Say::CapProrated, cap, Figure::money, &mut lines);
        let figures = [Figure::money(cap.amount)];
        lines.step(Say::PeriodCap, figures, reckoned.in_period.minus(reckoned.outstanding)?)?;
    }
    if let Some(cap) = reckoned.year_cap.filter(|_| reckoned.amount != reckoned.in_period) {
        note_prorated(Say::CapProrated, cap, Figure::money, &mut lines);
        let figures = [Figure::money(cap.amount), Figure::money(worked.before.due)];
        lines.step(Say::YearCap, figures, reckoned.amount.minus(reckoned.in_period)?)?;
    }
    if worked.due != reckoned.amount {
        write_capped(capped, worked, &mut lines)?;
    }
    // A deal more or less is no figure of a row, so that it is said here instead of as a milestone.
    if let (Measure::Deals, Some(next)) = (component.measure, next) {
        let missing = next.target.minus(reckoned.reached)?;
        lines.note(Say::MoreDeals, [Figure::quantity(missing)]);
    }
    lines.pay(
        Transfer::new(context, "expense", "earned").with_basis(reckoned.reached),
        outcome,
    );
    Ok(())
}

fn note_quota(component: &Component, worked: &Worked, lines: &mut Rule) -> Result<(), Problem> {
    let reckoned = &worked.reckoned;
    let Some(quota) = reckoned.quota else { return Ok(()) };
    let shown = |amount| figure(component, amount);
    note_prorated(Say::QuotaProrated, quota, shown, lines);
    if quota.amount > Micros::ZERO {
        let attained = Figure::rate(attainment(reckoned.reached, quota.amount)?);
        lines.note(
            Say::Attainment,
            [shown(reckoned.reached), shown(quota.amount), attained],
        );
    }
    let to_date = worked.before.credited.plus(reckoned.credited)?;
    match reckoned.closed {
        Some(Closed::NoQuota) => lines.note(Say::NoQuota, []),
        Some(Closed::Attainment(least)) => lines.note(Say::BelowGate, [shown(least)]),
        Some(Closed::Year(quotas)) => lines.note(Say::YearBehind, [shown(to_date), shown(quotas)]),
        None if reckoned.without_accelerators => {
            let quotas = worked.before.quota.plus(quota.amount)?;
            lines.note(Say::YearBehindTiers, [shown(to_date), shown(quotas)]);
        }
        None => {}
    }
    Ok(())
}

fn write_part(component: &Component, reached: Micros, part: &Part, lines: &mut Rule) -> Result<(), Problem> {
    let money = |amount| Ok::<_, Problem>(Figure::money(shown(amount)?));
    match *part {
        Part::Tier(tier, on, amount) => match (tier.rate, tier.per_unit) {
            (Some(rate), _) => lines.step(
                Say::AtRate,
                [figure(component, on), Figure::rate(rate), money(amount)?],
                amount,
            ),
            (None, Some(each)) => lines.step(
                Say::PerUnit,
                [figure(component, on), Figure::money(each), money(amount)?],
                amount,
            ),
            (None, None) => {
                let begins = match (tier.from, tier.attainment) {
                    (Some(from), _) => figure(component, from),
                    (None, attainment) => Figure::rate(attainment.unwrap_or(gtm_sdk::Rate::ZERO)),
                };
                lines.step(Say::Fixed, [begins, money(amount)?], amount)
            }
        },
        Part::Section(rate, amount) => lines.step(
            Say::AtRate,
            [figure(component, reached), Figure::rate(rate), money(amount)?],
            amount,
        ),
        Part::Pool(pool, attained, amount) => lines.step(
            Say::Pool,
            [Figure::money(pool), Figure::rate(attained), money(amount)?],
            amount,
        ),
    }
}

fn write_capped(capped: Option<Capped>, worked: &Worked, lines: &mut Rule) -> Result<(), Problem> {
    let lowered = worked.due.minus(worked.reckoned.amount)?;
    let due = Figure::money(worked.due);
    match capped {
        Some(Capped::Period(cap)) => {
            note_prorated(Say::CapProrated, cap, Figure::money, lines);
            lines.step(Say::AllPeriodCap, [Figure::money(cap.amount), due], lowered)
        }
        Some(Capped::Year(cap, before)) => {
            note_prorated(Say::CapProrated, cap, Figure::money, lines);
            lines.step(
                Say::AllYearCap,
                [Figure::money(cap.amount), Figure::money(before), due],
                lowered,
            )
        }
        None => Ok(()),
    }
}

fn note_prorated(say: Say, limit: Limit, shown: impl Fn(Micros) -> Figure, lines: &mut Rule) {
    if limit.enrolled_days != limit.days {
        let [enrolled, all] = [limit.enrolled_days, limit.days].map(|days| Figure::Count(days.into()));
        lines.note(say, [shown(limit.full), enrolled, all, shown(limit.amount)]);
    }
}

fn write_taken_back(
    component: &Component,
    worked: &Worked,
    context: &Context,
    outcome: &mut Outcome,
) -> Result<(), Problem> {
    if worked.clawback != Micros::ZERO {
        let mut lines = Rule::new(&clawback_rule(component));
        let figures = [
            Figure::money(shown(worked.taken_back.paid)?),
            Figure::money(worked.clawback),
        ];
        lines.step(Say::TakenBack, figures, worked.clawback.negated()?)?;
        lines.pay(Transfer::new(context, "expense", "earned"), outcome);
    }
    Ok(())
}

fn write_holdback(account: &Account, context: &Context, outcome: &mut Outcome) -> Result<(), Problem> {
    let mut lines = Rule::new(HOLDBACK);
    if account.withheld != Micros::ZERO {
        lines.step(Say::Withheld, [Figure::money(account.withheld)], account.withheld)?;
    }
    if account.released != Micros::ZERO {
        lines.step(
            Say::Released,
            [Figure::money(account.released)],
            account.released.negated()?,
        )?;
    }
    lines.pay(Transfer::new(context, "earned", "holdback"), outcome);
    Ok(())
}

fn write_draw(account: &Account, terms: &Terms, context: &Context, outcome: &mut Outcome) -> Result<(), Problem> {
    let Some(kind) = terms.draw.as_ref().map(|draw| draw.kind) else {
        return Ok(());
    };
    let drawn = account.draw;
    let mut lines = Rule::new(DRAW);
    if drawn.topped_up != Micros::ZERO {
        let figures = [Figure::money(drawn.amount), Figure::money(drawn.topped_up)];
        lines.step(Say::ToppedUp, figures, drawn.topped_up)?;
    }
    if drawn.recovered != Micros::ZERO {
        let figures = [Figure::money(drawn.recovered), Figure::money(drawn.owed)];
        lines.step(Say::Recovered, figures, drawn.recovered.negated()?)?;
    } else if drawn.owed != Micros::ZERO {
        lines.note(Say::Owed, [Figure::money(drawn.owed)]);
    }
    let from = match kind {
        DrawKind::Recoverable => "draw",
        DrawKind::NonRecoverable => "expense",
    };
    lines.pay(Transfer::new(context, from, "earned"), outcome);
    Ok(())
}

/// The account from opening to closing; what remains of it is paid, or carried forward when it is negative.
fn write_payment(account: &Account, terms: &Terms, context: &Context, outcome: &mut Outcome) -> Result<(), Problem> {
    let (mut earned, mut taken_back) = (Micros::ZERO, Micros::ZERO);
    for worked in &account.components {
        earned = earned.plus(worked.due)?;
        taken_back = taken_back.plus(worked.clawback)?;
    }
    let mut lines = Rule::new(PAYMENT);
    for (say, amount) in [
        (Say::Opening, account.opening),
        (Say::Earned, earned),
        (Say::LessTakenBack, taken_back.negated()?),
        (Say::Holdback, account.released.minus(account.withheld)?),
        (Say::Draw, account.draw.topped_up.minus(account.draw.recovered)?),
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
    if let Some(target) = &terms.on_target {
        let target = agreed::stated(target.amount, target.agreed.as_deref(), context)?;
        let figures = [Figure::money(account.year_to_date), Figure::money(target)];
        lines.note(Say::OnTarget, figures);
    }
    lines.pay(
        Transfer::new(context, "earned", "payable").with_basis(account.balance),
        outcome,
    );
    Ok(())
}

/// The next step of a component. Where rows are shared, how far one brings the participant depends on its share, so that none is named.
fn milestone(
    component: &Component,
    worked: &Worked,
    next: Option<Goal>,
    terms: &Terms,
) -> Result<Option<Milestone>, Problem> {
    let shared = terms.crediting.is_some() || component.measure == Measure::Deals;
    let Some(next) = next.filter(|_| !shared) else {
        return Ok(None);
    };
    let reached = worked.reckoned.reached;
    Ok(Some(Milestone {
        rule: component.rule.clone(),
        message: Say::NextStep.into(),
        figures: vec![figure(component, next.target.minus(reached)?)],
        measure: match component.measure {
            Measure::Units | Measure::Deals => Measured::Quantity,
            Measure::Net | Measure::Gross | Measure::Margin => Measured::Money,
        },
        reached: reached.0,
        target: next.target.0,
        // The cap on all components together decides what is left of it.
        worth: terms.cap.is_none().then_some(next.worth.0),
    }))
}

/// What is credited, in a sentence.
fn figure(component: &Component, amount: Micros) -> Figure {
    match component.measure {
        Measure::Units | Measure::Deals => Figure::quantity(amount),
        Measure::Net | Measure::Gross | Measure::Margin => Figure::money(amount),
    }
}

/// An exact figure as it is shown: to the micro.
fn shown(exact: Exact) -> Result<Micros, Problem> {
    round(exact, 6, Rounding::HalfUp)
}
