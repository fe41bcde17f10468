//! A rule that is worked out, as transfers, steps and milestones.

use gtm_sdk::apportion::apportion;
use gtm_sdk::explanation;
use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::{Citations, Context, Figure, Micros, Milestone, Outcome, Problem, Transfer};

use crate::due::{Due, Limit};
use crate::reckon::{Goal, Open, Reading, Reckoned};
use crate::scale::{Part, Pays};
use crate::soundness::open_rule;
use crate::terms::{Measure, Rule, WithoutBaseline};
use crate::volume::{EVERY_ROW, Volumes};
use crate::words::Say;

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
    tell_volume(rule, reckoned, &mut lines);
    tell_earned(rule, reckoned, &mut lines)?;
    tell_amount(rule, reckoned, &mut lines)?;

    let units = rule.grants_units();
    let (debit, credit) = if units {
        ("goods-granted", "free-goods")
    } else {
        ("expense", "payable")
    };
    let mut transfer = Transfer::new(context, debit, credit)
        .with_basis(reckoned.volume.paid)
        .citing(citations(reading));
    if units {
        transfer = transfer.in_unit(UNITS);
    }
    if let [
        Part {
            pays: Pays::Rate(rate), ..
        },
    ] = reckoned.due.parts[..]
    {
        transfer = transfer.with_rate(rate);
    }
    match split(reading, volumes, context, reckoned)? {
        Some(parts) => {
            let mut transfers = Vec::with_capacity(parts.len());
            for part in parts {
                let amount = part.amount;
                match part.of {
                    Of::Product(sku) => {
                        lines.note(Say::Part, [Figure::money(amount), Figure::text(sku)]);
                        transfers.push(transfer.clone().of(amount).with_basis(part.volume));
                    }
                    Of::Row(position) => {
                        lines.note(Say::RowPart, [Figure::money(amount), Figure::Count(position)]);
                        transfers.push(
                            transfer
                                .clone()
                                .of(amount)
                                .with_basis(part.volume)
                                .citing(Citations::Positions(vec![position])),
                        );
                    }
                }
            }
            lines.pay_in_parts(transfers, outcome)?;
        }
        None => lines.pay(transfer, outcome),
    }
    if let Some(open) = reckoned.open {
        write_open(rule, reading, context, open, outcome)?;
    }
    for (say, goal) in [
        (Say::MinimumPurchase, reckoned.minimum_purchase),
        (Say::NextTier, reckoned.next_tier),
    ] {
        if let Some(goal) = goal {
            outcome.milestones.push(milestone(rule, reckoned, say, goal)?);
        }
    }
    Ok(())
}

fn tell_volume(rule: &Rule, reckoned: &Reckoned, lines: &mut explanation::Rule) {
    let figure = |volume| figure(rule.measure, volume);
    let qualifier = rule
        .qualifier
        .as_ref()
        .map_or(rule.measure, |qualifier| qualifier.measure);
    match (reckoned.paid.minus(reckoned.returned), reckoned.returned.negated()) {
        (Ok(bought), Ok(returned)) if returned != Micros::ZERO => {
            lines.note(Say::Returned, [figure(bought), figure(returned), figure(reckoned.paid)]);
        }
        _ => lines.note(Say::Volume, [figure(reckoned.paid)]),
    }
    if let (Some(before), Ok(to_date)) = (reckoned.paid_before, reckoned.volume.paid.plus(reckoned.net_of)) {
        lines.note(Say::ToDate, [figure(before), figure(to_date)]);
    }
    if reckoned.net_of != Micros::ZERO {
        lines.note(Say::NetOf, [figure(reckoned.net_of), figure(reckoned.volume.paid)]);
    }
    if rule.qualifier.is_some() {
        lines.note(Say::Qualifier, [self::figure(qualifier, reckoned.volume.qualifier)]);
    }
    match (
        reckoned.baseline,
        rule.growth.as_ref().map(|growth| growth.without_baseline),
    ) {
        (Some(Micros(..=0)), Some(WithoutBaseline::HighestTier)) => lines.note(Say::NoBaselineHighest, []),
        (Some(Micros(..=0)), _) => lines.note(Say::NoBaselineNothing, []),
        (Some(baseline), _) => lines.note(Say::Baseline, [self::figure(qualifier, baseline)]),
        (None, _) => {}
    }
    if let (true, Some(least)) = (reckoned.due.below_minimum_purchase, rule.minimum_purchase) {
        lines.note(
            Say::BelowMinimumPurchase,
            [
                self::figure(qualifier, reckoned.volume.qualifier),
                self::figure(qualifier, least),
            ],
        );
    } else if reckoned.due.parts.is_empty()
        && reckoned.next_tier.is_some()
        && !matches!(reckoned.baseline, Some(Micros(..=0)))
    {
        let first = self::figure(qualifier, shown(reckoned.first_tier));
        lines.note(
            Say::BelowFirstTier,
            [self::figure(qualifier, reckoned.volume.qualifier), first],
        );
    }
}

fn tell_earned(rule: &Rule, reckoned: &Reckoned, lines: &mut explanation::Rule) -> Result<(), Problem> {
    let volume = |volume: Exact| figure(rule.measure, shown(volume));
    for part in &reckoned.due.parts {
        let amount = || {
            if rule.grants_units() {
                Figure::quantity(shown(part.amount))
            } else {
                Figure::money(shown(part.amount))
            }
        };
        let at = |at: Figure| match (part.slice, part.until) {
            (false, _) => (Say::Whole, vec![volume(part.volume), at, amount()]),
            (true, Some(until)) => (
                Say::Slice,
                vec![volume(part.volume), volume(part.from), volume(until), at, amount()],
            ),
            (true, None) => (
                Say::TopSlice,
                vec![volume(part.volume), volume(part.from), at, amount()],
            ),
        };
        let (say, figures) = match part.pays {
            Pays::Rate(rate) => at(Figure::rate(rate)),
            Pays::PerUnit(price) => at(Figure::money(price)),
            Pays::Fixed(fixed) => {
                let decides = rule
                    .qualifier
                    .as_ref()
                    .map_or(rule.measure, |qualifier| qualifier.measure);
                (
                    Say::Fixed,
                    vec![figure(decides, shown(part.from)), Figure::money(fixed)],
                )
            }
            Pays::Free(free) => {
                let mut figures = vec![
                    Figure::quantity(free.units),
                    Figure::quantity(free.per),
                    volume(part.volume),
                ];
                figures.extend(free.worth.map(Figure::money));
                figures.push(amount());
                (
                    if free.worth.is_some() {
                        Say::FreeWorth
                    } else {
                        Say::Free
                    },
                    figures,
                )
            }
        };
        lines.step(say, figures, part.amount)?;
    }
    Ok(())
}

/// Everything that happens to the amount after it is earned, each with what it adds or takes away.
fn tell_amount(rule: &Rule, reckoned: &Reckoned, lines: &mut explanation::Rule) -> Result<(), Problem> {
    let Due {
        rounded,
        raised,
        outstanding,
        carried,
        payable,
        in_period,
        amount,
        ..
    } = reckoned.due;
    let money = |amount| {
        if rule.grants_units() {
            Figure::quantity(amount)
        } else {
            Figure::money(amount)
        }
    };
    lines.round(Say::Rounded, reckoned.digits, rule.rounding.mode)?;
    if raised != rounded {
        lines.step(
            Say::Minimum,
            [money(rule.minimum.unwrap_or_default()), money(raised)],
            raised.minus(rounded)?,
        )?;
    }
    if outstanding != raised {
        lines.step(
            Say::DueBefore,
            [money(reckoned.before.accumulated), money(outstanding)],
            outstanding.minus(raised)?,
        )?;
    }
    if carried != outstanding {
        lines.step(
            Say::CarriedForward,
            [money(outstanding.negated()?)],
            carried.minus(outstanding)?,
        )?;
    }
    if payable != carried {
        lines.step(
            Say::TooSmall,
            [money(carried), money(rule.smallest_payment.unwrap_or_default())],
            payable.minus(carried)?,
        )?;
    }
    let prorated = |limit: Limit, lines: &mut explanation::Rule| {
        if limit.enrolled_days != limit.days {
            let days = [limit.enrolled_days, limit.days].map(|days| Figure::Count(days.into()));
            let [enrolled, all] = days;
            lines.note(Say::Prorated, [money(limit.full), enrolled, all, money(limit.amount)]);
        }
    };
    if let Some(cap) = reckoned.due.period_cap.filter(|_| in_period != payable) {
        prorated(cap, lines);
        lines.step(Say::PeriodCap, [money(cap.amount)], in_period.minus(payable)?)?;
    }
    if let Some(cap) = reckoned.due.year_cap.filter(|_| amount != in_period) {
        prorated(cap, lines);
        lines.step(
            Say::YearCap,
            [money(cap.amount), money(reckoned.before.in_year), money(amount)],
            amount.minus(in_period)?,
        )?;
    }
    Ok(())
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
    lines.pay(
        Transfer::new(context, "expense", "accrued-open")
            .with_basis(open.volume)
            .citing(citations(reading)),
        outcome,
    );
    Ok(())
}

fn milestone(rule: &Rule, reckoned: &Reckoned, say: Say, goal: Goal) -> Result<Milestone, Problem> {
    let measure = rule
        .qualifier
        .as_ref()
        .map_or(rule.measure, |qualifier| qualifier.measure);
    let missing = goal.target.minus(reckoned.volume.qualifier)?;
    let units = rule.grants_units();
    let worth = if units {
        Figure::quantity(goal.worth)
    } else {
        Figure::money(goal.worth)
    };
    Ok(Milestone {
        rule: rule.rule.clone(),
        message: say.into(),
        figures: vec![figure(measure, missing), worth],
        measure: if measure == Measure::Quantity {
            gtm_sdk::Measure::Quantity
        } else {
            gtm_sdk::Measure::Money
        },
        reached: reckoned.volume.qualifier.0,
        target: goal.target.0,
        worth: (!units).then_some(goal.worth.0),
    })
}

struct Share<'a> {
    of: Of<'a>,
    volume: Micros,
    amount: Micros,
}

enum Of<'a> {
    Product(&'a str),
    Row(u64),
}

/// The parts of what is due, ordered by sku or position, so that the order of rows does not matter; none where the rule pays one
/// amount, or nothing was bought that could have a part.
fn split<'a>(
    reading: &Reading,
    volumes: &Volumes,
    context: &'a Context,
    reckoned: &Reckoned,
) -> Result<Option<Vec<Share<'a>>>, Problem> {
    let Some(shares) = reading.shares.map(|number| volumes.shares(number)) else {
        return Ok(None);
    };
    let mut parts = Vec::new();
    match shares.by_product() {
        Some(products) => {
            for (product, volume) in context.products.iter().zip(products) {
                parts.push(Share {
                    of: Of::Product(&product.sku),
                    volume: volume.micros()?,
                    amount: Micros::ZERO,
                });
            }
            parts.sort_by_key(|part| match part.of {
                Of::Product(sku) => sku,
                Of::Row(_) => "",
            });
        }
        None => {
            let mut rows = shares.by_row().to_vec();
            rows.sort_unstable();
            parts.extend(rows.into_iter().map(|(position, volume)| Share {
                of: Of::Row(position),
                volume,
                amount: Micros::ZERO,
            }));
        }
    }
    // What was returned more than bought has no part in what is earned.
    parts.retain(|part| part.volume > Micros::ZERO);
    if parts.is_empty() || reckoned.due.amount == Micros::ZERO {
        return Ok(None);
    }
    let weights: Vec<Micros> = parts.iter().map(|part| part.volume).collect();
    for (part, amount) in parts
        .iter_mut()
        .zip(apportion(reckoned.due.amount, &weights, reckoned.digits)?)
    {
        part.amount = amount;
    }
    Ok(Some(parts))
}

fn citations(reading: &Reading) -> Citations {
    match reading.selectors {
        EVERY_ROW => Citations::All,
        selectors => Citations::Selected(selectors),
    }
}

fn figure(measure: Measure, volume: Micros) -> Figure {
    if measure == Measure::Quantity {
        Figure::quantity(volume)
    } else {
        Figure::money(volume)
    }
}

/// An exact figure as it is shown: to the micro.
fn shown(exact: Exact) -> Micros {
    round(exact, 6, Rounding::HalfUp).unwrap_or(Micros::MAX)
}
