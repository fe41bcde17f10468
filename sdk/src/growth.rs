//! What is earned for growing beyond a baseline: a prior period, the same period of last year, or a figure agreed.
//!
//! Growth is g = V / B − 1, so 10 % growth means a volume of 1.1 times the baseline. The field reads one table of growth
//! tiers in three ways ([`Reading`]). Nothing is divided: a tier from L begins at the volume B · (1 + L), which is exact.
//!
//! ```
//! use gtm_sdk::Micros;
//! use gtm_sdk::growth::{GrowthTier, Reading, WithoutBaseline, earned};
//!
//! let tiers = [
//!     GrowthTier { from: "5 %".parse()?, pays: "1 %".parse()? },
//!     GrowthTier { from: "10 %".parse()?, pays: "2 %".parse()? },
//! ];
//! let (volume, baseline) = (Micros::whole(1_200), Micros::whole(1_000)); // grown by 20 %
//! let earned = |reading| {
//!     earned(&tiers, reading, WithoutBaseline::PaysNothing, volume, baseline).unwrap().decimal().unwrap().to_string()
//! };
//! assert_eq!(earned(Reading::WholeVolume), "24"); // 2 % of 1,200
//! assert_eq!(earned(Reading::Excess), "4"); // 2 % of 200
//! assert_eq!(earned(Reading::Bands), "2.5"); // 1 % of 50 (1,050 to 1,100) and 2 % of 100
//! # Ok::<(), gtm_sdk::Problem>(())
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use crate::money::Exact;
use crate::{Micros, Problem, Rate};

/// On what the rate of the tier reached is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// On the whole volume: r · V.
    WholeVolume,
    /// On what exceeds the baseline: r · (V − B).
    Excess,
    /// Each slice of the growth at the rate of its own tier: Σ rᵢ · B · (min(g, Lᵢ₊₁) − Lᵢ).
    Bands,
}

/// What happens when the baseline is zero or negative, where growth cannot be expressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutBaseline {
    /// Nothing is earned.
    #[default]
    PaysNothing,
    /// The whole volume counts as growth beyond every tier.
    PaysHighestTier,
}

/// A line of a growth table: from which growth on, itself included, which rate is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrowthTier {
    pub from: Rate,
    pub pays: Rate,
}

/// What one growth tier contributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrowthSlice {
    /// Place of the tier, from 0.
    pub tier: usize,
    /// What its rate is paid on.
    pub on: Exact,
    pub earned: Exact,
}

/// Checks the table: at least one tier, growth in ascending order, none below zero. All problems are listed, with places such as
/// `/1/from`.
pub fn check(tiers: &[GrowthTier]) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    if tiers.is_empty() {
        problems.push(Problem::new("growth-none", "the growth table has no tier: give at least one").at(""));
    }
    for (place, tier) in tiers.iter().enumerate() {
        if tier.from.is_negative() {
            let message = format!(
                "growth tier {} begins at {}: let it begin at 0 % or above",
                place + 1,
                tier.from
            );
            problems.push(Problem::new("growth-negative", &message).at(format!("/{place}/from")));
        }
        if place > 0 && tier.from <= tiers[place - 1].from {
            let message = format!(
                "growth tier {} begins at {} and growth tier {place} at {}: give the tiers in ascending order",
                place + 1,
                tier.from,
                tiers[place - 1].from
            );
            problems.push(Problem::new("growth-order", &message).at(format!("/{place}/from")));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// From which volume on a tier is reached, unrounded: B · (1 + L). What a milestone aims at.
pub fn threshold(tier: GrowthTier, baseline: Micros) -> Result<Exact, Problem> {
    Exact::from(baseline).plus(baseline.times(tier.from))
}

/// What each tier contributes, lowest first, for a table that [`check`] accepts. A volume that did not grow to the first tier
/// earns nothing.
pub fn slices(
    tiers: &[GrowthTier],
    reading: Reading,
    without: WithoutBaseline,
    volume: Micros,
    baseline: Micros,
) -> Result<Vec<GrowthSlice>, Problem> {
    if baseline <= Micros::ZERO && without == WithoutBaseline::PaysNothing || volume <= Micros::ZERO {
        return Ok(Vec::new());
    }
    let baseline = baseline.max(Micros::ZERO);
    let thresholds = tiers
        .iter()
        .map(|tier| threshold(*tier, baseline))
        .collect::<Result<Vec<_>, _>>()?;
    let mut reached = 0;
    while reached < tiers.len() && !Exact::from(volume).minus(thresholds[reached])?.is_negative() {
        reached += 1;
    }
    let Some(top) = reached.checked_sub(1) else {
        return Ok(Vec::new());
    };
    let first = if reading == Reading::Bands { 0 } else { top };
    let mut slices = Vec::with_capacity(reached - first);
    for tier in first..=top {
        let on = match reading {
            Reading::WholeVolume => volume.into(),
            Reading::Excess => volume.minus(baseline)?.into(),
            Reading::Bands if tier == top => Exact::from(volume).minus(thresholds[tier])?,
            Reading::Bands => thresholds[tier + 1].minus(thresholds[tier])?,
        };
        let earned = on.times(tiers[tier].pays)?;
        if !earned.is_zero() {
            slices.push(GrowthSlice { tier, on, earned });
        }
    }
    Ok(slices)
}

/// What the growth earns in all, unrounded.
pub fn earned(
    tiers: &[GrowthTier],
    reading: Reading,
    without: WithoutBaseline,
    volume: Micros,
    baseline: Micros,
) -> Result<Exact, Problem> {
    slices(tiers, reading, without, volume, baseline)?
        .iter()
        .try_fold(Exact::ZERO, |sum, slice| sum.plus(slice.earned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiers(lines: &[(&str, &str)]) -> Vec<GrowthTier> {
        let line = |(from, pays): &(&str, &str)| GrowthTier {
            from: from.parse().unwrap(),
            pays: pays.parse().unwrap(),
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn a_growth_tier_is_reached_exactly_and_not_a_micro_before() {
        let tiers = tiers(&[("7.5 %", "2 %")]);
        let earned = |volume| {
            earned(
                &tiers,
                Reading::WholeVolume,
                WithoutBaseline::PaysNothing,
                Micros(volume),
                Micros::whole(1_000),
            )
            .unwrap()
        };
        assert!(earned(1_074_999_999).is_zero());
        assert_eq!(earned(1_075_000_000).decimal().unwrap().to_string(), "21.5");
    }

    #[test]
    fn without_a_baseline_the_terms_decide() {
        let tiers = tiers(&[("5 %", "1 %"), ("10 %", "2 %")]);
        for reading in [Reading::WholeVolume, Reading::Excess, Reading::Bands] {
            let earned = |without| earned(&tiers, reading, without, Micros::whole(500), Micros::ZERO).unwrap();
            assert!(earned(WithoutBaseline::PaysNothing).is_zero());
            assert_eq!(
                earned(WithoutBaseline::PaysHighestTier).decimal().unwrap().to_string(),
                "10",
                "{reading:?}"
            );
        }
    }

    #[test]
    fn a_growth_table_out_of_order_is_refused() {
        let problems = check(&tiers(&[("10 %", "1 %"), ("5 %", "2 %")])).unwrap_err();
        assert_eq!(
            problems[0].message,
            "growth tier 2 begins at 5 % and growth tier 1 at 10 %: give the tiers in ascending order"
        );
        assert_eq!(problems[0].path.as_deref(), Some("/1/from"));
        assert!(check(&[]).is_err() && check(&tiers(&[("-1 %", "1 %")])).is_err());
    }
}
