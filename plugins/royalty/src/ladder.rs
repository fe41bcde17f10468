//! The escalator: which slices of a row are paid at which rate.

use std::cmp::Reverse;

use gtm_sdk::apportion::apportion;
use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::{Micros, Problem, Rate};

use crate::terms::{EscalatesOn, Rates, Royalty, Tier};

/// How much a group has counted, since the program began or in one calendar year.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counter {
    pub units: Micros,
    pub receipts: Micros,
    pub earnings: Exact,
}

/// A row as a royalty sees it. What comes back is negative.
#[derive(Debug, Clone, Copy)]
pub struct Sold {
    /// In the measure of the royalty's base: units or receipts.
    pub base: Micros,
    /// In the measure that the tiers count, where that is not the base.
    pub counted: Micros,
    /// What one unit of the base is worth: the list price, or 1.
    pub worth: Micros,
}

/// A part of a row in one tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    pub tier: usize,
    pub base: Micros,
    pub earned: Exact,
}

/// Cuts a row at the tiers, from where the counter stands. Rows that come back are walked downwards.
///
/// Errors: an amount beyond all bounds.
pub fn cut(royalty: &Royalty, rates: &Rates, counter: &Counter, sold: Sold) -> Result<Vec<Slice>, Problem> {
    let tiers = &rates.tiers;
    let pay = |tier: usize, base: Micros| {
        Ok::<_, Problem>(Slice {
            tier,
            base,
            earned: earned(royalty, tiers[tier], base, sold.worth)?,
        })
    };
    let at = match royalty.escalates_on {
        EscalatesOn::Units => counter.units,
        EscalatesOn::Receipts => counter.receipts,
        EscalatesOn::Earnings => return cut_by_earnings(royalty, tiers, counter.earnings, sold),
    };
    if tiers.len() == 1 || sold.counted == Micros::ZERO {
        return Ok(vec![pay(reached(tiers, |from| from <= at), sold.base)?]);
    }
    let counted = walk(tiers, at, sold.counted)?;
    let weights: Vec<Micros> = counted.iter().map(|(_, counted)| *counted).collect();
    let bases = apportion(sold.base, &weights, 6)?;
    counted
        .iter()
        .zip(bases)
        .map(|((tier, _), base)| pay(*tier, base))
        .collect()
}

/// How much of what is counted lies in which tier.
fn walk(tiers: &[Tier], from: Micros, counted: Micros) -> Result<Vec<(usize, Micros)>, Problem> {
    let end = from.plus(counted)?;
    let (mut at, mut parts) = (from, Vec::new());
    while at != end {
        let (tier, stop) = if at < end {
            let tier = reached(tiers, |from| from <= at);
            (tier, tiers.get(tier + 1).map_or(end, |next| next.from.min(end)))
        } else {
            let tier = reached(tiers, |from| from < at);
            (tier, if tier == 0 { end } else { tiers[tier].from.max(end) })
        };
        parts.push((tier, stop.minus(at)?));
        at = stop;
    }
    Ok(parts)
}

/// Earnings rise by the tier's own rate, so that each slice ends where they reach the next tier.
fn cut_by_earnings(royalty: &Royalty, tiers: &[Tier], mut at: Exact, sold: Sold) -> Result<Vec<Slice>, Problem> {
    let (mut left, mut slices) = (sold.base, Vec::new());
    let distance = |bound: Micros, at: Exact| Exact::from(bound).minus(at);
    while left != Micros::ZERO || slices.is_empty() {
        let (tier, bound) = if left >= Micros::ZERO {
            let tier = reached(tiers, |from| {
                distance(from, at).is_ok_and(|far| far.is_negative() || far.is_zero())
            });
            (tier, tiers.get(tier + 1).map(|next| next.from))
        } else {
            let tier = reached(tiers, |from| distance(from, at).is_ok_and(Exact::is_negative));
            (tier, (tier > 0).then(|| tiers[tier].from))
        };
        let one = earned(royalty, tiers[tier], Micros::whole(1), sold.worth)?.decimal()?;
        let take = match bound {
            Some(bound) if !one.is_zero() => {
                let far = distance(bound, at)?.decimal()?;
                // Cut down to the micro, and one more to reach the bound; beyond what an amount can be there is none to reach.
                let steps = far.checked_div(one).map(|base| base.trunc_with_scale(6));
                let step = Micros(left.0.signum());
                match steps.and_then(|base| Micros::from_decimal(base).and_then(|base| base.plus(step)).ok()) {
                    Some(base) if base.0.unsigned_abs() < left.0.unsigned_abs() => base,
                    _ => left,
                }
            }
            _ => left,
        };
        let paid = earned(royalty, tiers[tier], take, sold.worth)?;
        slices.push(Slice {
            tier,
            base: take,
            earned: paid,
        });
        at = at.plus(paid)?;
        left = left.minus(take)?;
    }
    Ok(slices)
}

/// The highest tier whose beginning passes; the lowest when none does, since it has no lower end.
fn reached(tiers: &[Tier], passes: impl Fn(Micros) -> bool) -> usize {
    tiers.partition_point(|tier| passes(tier.from)).saturating_sub(1)
}

fn earned(royalty: &Royalty, tier: Tier, base: Micros, worth: Micros) -> Result<Exact, Problem> {
    let pays = match (tier.rate, tier.per_unit) {
        (_, Some(amount)) => return Ok(base.times_micros(amount)),
        (Some(rate), None) => rate,
        (None, None) => Rate::ZERO,
    };
    let value = base.times_micros(worth).times(pays)?;
    match royalty.deduct {
        Some(deduct) => value.minus(value.times(deduct)?),
        None => Ok(value),
    }
}

/// The next tier above what was counted, for the rates that have the most of them.
pub fn next(royalty: &Royalty, counter: &Counter) -> Option<(Micros, Micros)> {
    let reached = match royalty.escalates_on {
        EscalatesOn::Units => counter.units,
        EscalatesOn::Receipts => counter.receipts,
        EscalatesOn::Earnings => round(counter.earnings, 6, Rounding::HalfUp).ok()?,
    };
    let most = royalty
        .rates
        .iter()
        .filter(|rates| rates.counts)
        .min_by_key(|rates| Reverse(rates.tiers.len()))?;
    let next = most.tiers.iter().find(|tier| tier.from > reached)?;
    Some((reached, next.from))
}
