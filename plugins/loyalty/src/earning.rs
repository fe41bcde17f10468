//! How many points a purchase earns by one rule.

use gtm_sdk::money::UNIT;
use gtm_sdk::rounding::{quotient, round};
use gtm_sdk::{Day, Decimal, Micros, Problem, Rate};

use crate::terms::{BelowFirst, CountsFor, Earning, Overlap, Steps, Terms};

#[derive(Debug, Clone, Copy)]
pub struct Earned {
    /// The step that was taken, and the product of all multipliers.
    pub per: Micros,
    pub multiplier: Decimal,
    /// Points to spend.
    pub points: Micros,
    /// Points that count towards the tier.
    pub qualifying: Micros,
}

/// `tier` is the place of the member's tier. Points are rounded once, after every multiplier.
///
/// Errors: a number beyond all bounds.
pub fn earned(terms: &Terms, rule: &Earning, tier: Option<usize>, amount: Micros, day: Day) -> Result<Earned, Problem> {
    let tiers = terms.tiers.as_ref();
    let tier = tiers.zip(tier).and_then(|(tiers, tier)| tiers.tiers.get(tier));
    let per = tier.and_then(|tier| tier.per).unwrap_or(rule.per);
    let campaigns = multiplier(terms, rule, day, false)?;
    let own = tier
        .and_then(|tier| tier.multiplier)
        .map_or(Decimal::ONE, Micros::decimal);
    let multiplier_of_all = campaigns.checked_mul(own).ok_or_else(too_large)?;
    let nothing = tier.is_none() && tiers.is_some_and(|tiers| tiers.below_first == BelowFirst::EarnNothing);
    let points = if nothing || rule.counts_for == CountsFor::Tier {
        Micros::ZERO
    } else {
        points(rule, per, amount, multiplier_of_all)?
    };
    let qualifying = if rule.counts_for == CountsFor::Spending {
        Micros::ZERO
    } else {
        points_towards_tier(terms, rule, amount, day)?
    };
    Ok(Earned {
        per,
        multiplier: multiplier_of_all.normalize(),
        points,
        qualifying,
    })
}

/// Without what the tier adds, so that a tier does not lift itself.
fn points_towards_tier(terms: &Terms, rule: &Earning, amount: Micros, day: Day) -> Result<Micros, Problem> {
    points(rule, rule.per, amount, multiplier(terms, rule, day, true)?)
}

/// amount ÷ step × points × multiplier, to whole points.
fn points(rule: &Earning, per: Micros, amount: Micros, multiplier: Decimal) -> Result<Micros, Problem> {
    let multiplier = Rate::from_fraction(multiplier)?;
    match rule.steps {
        Steps::Whole => {
            let steps = (amount.0 / per.0).checked_mul(UNIT).map(Micros).ok_or_else(too_large)?;
            round(steps.times_micros(rule.points).times(multiplier)?, 0, rule.rounding)
        }
        Steps::Part => quotient(
            amount.times_micros(rule.points).times(multiplier)?,
            per,
            0,
            rule.rounding,
        ),
    }
}

/// Of the campaigns on that day.
fn multiplier(terms: &Terms, rule: &Earning, day: Day, qualifying: bool) -> Result<Decimal, Problem> {
    let mut multipliers = terms
        .campaigns
        .iter()
        .filter(|campaign| (campaign.start..=campaign.end).contains(&day))
        .filter(|campaign| campaign.rules.is_empty() || campaign.rules.contains(&rule.rule))
        .filter(|campaign| campaign.qualifying || !qualifying)
        .map(|campaign| campaign.multiplier.decimal());
    match terms.overlap {
        Overlap::Best => Ok(multipliers.max().unwrap_or(Decimal::ONE)),
        Overlap::Multiply => multipliers
            .try_fold(Decimal::ONE, |product, multiplier| product.checked_mul(multiplier))
            .ok_or_else(too_large),
    }
}

fn too_large() -> Problem {
    Problem::new("points-too-large", "the purchase earns more points than can be counted")
}
