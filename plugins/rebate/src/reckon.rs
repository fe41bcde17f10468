//! One rule worked out for one participant and period: the periods before it, the period itself, what is not yet invoiced, and the
//! next tier.

use gtm_sdk::money::Exact;
use gtm_sdk::{Context, Micros, Problem};

use crate::due::{Agreement, Before, Due};
use crate::gather::{self, RuleCounts};
use crate::scale::{Scale, Volume};
use crate::terms::{Accumulate, Baseline, Rule, Split, Terms};
use crate::volume::Volumes;

/// Which meters and periods a rule reads.
#[derive(Debug)]
pub struct Reading {
    paid: usize,
    qualifier: usize,
    open: Option<(usize, usize)>,
    pub shares: Option<usize>,
    /// Numbers of the periods before this one that its arithmetic begins with.
    earlier: Vec<usize>,
    /// Number of the period whose volume is the baseline.
    baseline: Option<usize>,
    /// The selector bits of all its rows.
    pub selectors: u32,
}

impl Reading {
    /// For each rule, with the meters it needs set up in `volumes`.
    pub fn of(terms: &Terms, context: &Context, volumes: &mut Volumes) -> Vec<Reading> {
        let selection = gather::selection(terms);
        let read = |rule: &Rule| {
            let counts = RuleCounts::of(rule, &selection);
            let periods = |window| context.periods_of(window).iter();
            Reading {
                paid: volumes.meter(counts.paid),
                qualifier: volumes.meter(counts.qualifier),
                open: counts
                    .open
                    .map(|(paid, qualifier)| (volumes.meter(paid), volumes.meter(qualifier))),
                shares: (rule.split != Split::None)
                    .then(|| volumes.share(counts.paid, rule.split, context.products.len())),
                earlier: gather::earlier(rule)
                    .into_iter()
                    .flat_map(periods)
                    .filter_map(|period| volumes.number_of(period))
                    .collect(),
                baseline: gather::baseline(rule)
                    .and_then(|window| volumes.number_of(context.periods_of(window).first()?)),
                selectors: counts.paid.selectors | counts.qualifier.selectors,
            }
        };
        terms.rules.iter().map(read).collect()
    }
}

/// A rule worked out. Volumes are in the rule's measures.
#[derive(Debug)]
pub struct Reckoned {
    /// What was counted in the period: the part that is returned, and what is left of it all.
    pub returned: Micros,
    pub paid: Micros,
    /// The volume of the periods before, where the rule accumulates.
    pub paid_before: Option<Micros>,
    /// What the rules before took off.
    pub net_of: Micros,
    pub baseline: Option<Micros>,
    /// What the tiers were read with.
    pub volume: Volume,
    pub first_tier: Exact,
    /// Decimals of the amount.
    pub digits: u8,
    pub before: Before,
    pub due: Due,
    pub open: Option<Open>,
    pub minimum_purchase: Option<Goal>,
    pub next_tier: Option<Goal>,
}

/// What is received and not yet invoiced.
#[derive(Debug, Clone, Copy)]
pub struct Open {
    pub volume: Micros,
    /// What would be due were it invoiced.
    pub with_it: Micros,
    /// That, less what is due without it.
    pub amount: Micros,
}

/// A volume to be reached, and what reaching it exactly would add to what is due.
#[derive(Debug, Clone, Copy)]
pub struct Goal {
    pub target: Micros,
    pub worth: Micros,
}

/// Works out one rule. `net_of` is the sum of what the rules that it names pay.
///
/// Errors: an agreed figure that is missing, a baseline that the terms insist on, an amount beyond all bounds.
pub fn reckon(
    rule: &Rule,
    reading: &Reading,
    volumes: &Volumes,
    context: &Context,
    net_of: Micros,
) -> Result<Reckoned, Problem> {
    let counted = |number| -> Result<Volume, Problem> {
        Ok(Volume {
            qualifier: volumes.total(reading.qualifier, number)?,
            paid: volumes.total(reading.paid, number)?,
        })
    };
    let baseline = baseline(rule, reading, volumes, context)?;
    let scale = Scale::of(rule, baseline)?;
    let agreement = Agreement {
        rule,
        context,
        scale,
        digits: digits(rule, context)?,
    };

    let accumulates = rule.accumulate != Accumulate::EachPeriod;
    let (mut to_date, mut before) = (Volume::ZERO, Before::default());
    for &number in &reading.earlier {
        let volume = counted(number)?;
        if accumulates {
            to_date = to_date.plus(volume)?;
        }
        let period = volumes.period(number);
        let due = agreement
            .due(if accumulates { to_date } else { volume }, before, period)?
            .amount;
        before.accumulated = before.accumulated.plus(due)?;
        if period.start >= context.year.start {
            before.in_year = before.in_year.plus(due)?;
        }
    }

    let own = counted(volumes.current())?;
    let mut volume = to_date.plus(own)?;
    volume.paid = volume.paid.minus(net_of)?;
    if rule.qualifier.is_none() {
        volume.qualifier = volume.paid;
    }
    let period = volumes.period(volumes.current());
    let due = agreement.due(volume, before, period)?;
    let instead = |volume: Volume| Ok::<_, Problem>(agreement.due(volume, before, period)?.amount);

    let open = match reading.open {
        None => None,
        Some((paid, qualifier)) => {
            let open = Volume {
                qualifier: volumes.total(qualifier, volumes.current())?,
                paid: volumes.total(paid, volumes.current())?,
            };
            let with_it = instead(volume.plus(open)?)?;
            Some(Open {
                volume: open.paid,
                with_it,
                amount: with_it.minus(due.amount)?,
            })
        }
    };
    let goal = |target: Micros| {
        let paid = if rule.qualifier.is_none() { target } else { volume.paid };
        Ok::<_, Problem>(Goal {
            target,
            worth: instead(Volume {
                qualifier: target,
                paid,
            })?
            .minus(due.amount)?,
        })
    };
    // What buying more would leave to pay on depends on the rules before: no target can be named then.
    let own_target = rule.net_of.is_empty();
    let minimum_purchase = rule
        .minimum_purchase
        .filter(|_| due.below_minimum_purchase && own_target);
    let next_tier = agreement.scale.next(volume.qualifier)?;
    let next_tier = next_tier.filter(|tier| own_target && minimum_purchase.is_none_or(|least| *tier > least));
    Ok(Reckoned {
        returned: volumes.returned(reading.paid)?,
        paid: own.paid,
        paid_before: accumulates.then_some(to_date.paid),
        net_of,
        baseline,
        volume,
        first_tier: agreement.scale.first(),
        digits: agreement.digits,
        before,
        open,
        minimum_purchase: minimum_purchase.map(goal).transpose()?,
        next_tier: next_tier.map(goal).transpose()?,
        due,
    })
}

/// Decimals of an amount. Units that are granted have as many as they need.
///
/// Errors: the terms ask for more than the currency has.
fn digits(rule: &Rule, context: &Context) -> Result<u8, Problem> {
    let most = if rule.grants_units() {
        6
    } else {
        context.currency_digits
    };
    match rule.rounding.digits {
        Some(digits) if digits > most => {
            let message = format!(
                "rule `{}` rounds to {digits} decimals, and {} has {most}: take {most} or fewer",
                rule.rule, context.currency
            );
            Err(Problem::new("rounding-digits", &message))
        }
        Some(digits) => Ok(digits),
        None => Ok(most),
    }
}

fn baseline(rule: &Rule, reading: &Reading, volumes: &Volumes, context: &Context) -> Result<Option<Micros>, Problem> {
    match rule.growth.as_ref().map(|growth| &growth.baseline) {
        None => Ok(None),
        Some(Baseline::Agreed(code)) => context.participant.agreed_amount(code).map(Some),
        // Without such a period there was nothing before.
        Some(Baseline::PreviousPeriod | Baseline::SamePeriodLastYear) => reading
            .baseline
            .map_or(Ok(Micros::ZERO), |number| volumes.total(reading.qualifier, number))
            .map(Some),
    }
}

impl Volume {
    pub const ZERO: Volume = Volume {
        qualifier: Micros::ZERO,
        paid: Micros::ZERO,
    };

    pub fn plus(self, other: Volume) -> Result<Volume, Problem> {
        Ok(Volume {
            qualifier: self.qualifier.plus(other.qualifier)?,
            paid: self.paid.plus(other.paid)?,
        })
    }
}
