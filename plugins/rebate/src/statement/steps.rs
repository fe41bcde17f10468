//! The steps of a rule, in the order in which it is worked out.

use gtm_sdk::cap::Limit;
use gtm_sdk::explanation;
use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::{Figure, Micros, Problem};

use crate::due::Due;
use crate::reckon::Reckoned;
use crate::scale::Pays;
use crate::terms::{Measure, Rule, WithoutBaseline};
use crate::words::Say;

/// Tells how the volume came about, what it earns, and what becomes of that.
///
/// Errors: an amount beyond all bounds.
pub fn tell(rule: &Rule, reckoned: &Reckoned, lines: &mut explanation::Rule) -> Result<(), Problem> {
    tell_volume(rule, reckoned, lines);
    tell_earned(rule, reckoned, lines)?;
    tell_amount(rule, reckoned, lines)
}

fn tell_volume(rule: &Rule, reckoned: &Reckoned, lines: &mut explanation::Rule) {
    let figure = |volume| figure(rule.measure, volume);
    let qualifier = rule.decides();
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
                let decides = rule.decides();
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

/// A volume in a sentence.
pub fn figure(measure: Measure, volume: Micros) -> Figure {
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
