//! Tier tables: how much a volume earns.
//!
//! The field has one table and four ways to read it, under contradicting names; ours say what is done. For tiers that begin
//! at L₁ < L₂ < …, with rates r₁, r₂, … and a volume V:
//!
//! | method | earns | also called |
//! |---|---|---|
//! | [`Marginal`](Method::Marginal) | Σ rᵢ · (min(V, Lᵢ₊₁) − Lᵢ) over reached tiers | stepped (Dynamics 365), non-retrospective |
//! | [`Retrospective`](Method::Retrospective) | r of the highest reached tier · V | cumulative (Dynamics 365), back to first |
//! | [`Rolling`](Method::Rolling) | Σ rᵢ · min(V, Lᵢ₊₁) over reached tiers | rolling (Dynamics 365) |
//! | [`Total`](Method::Total) | Σ rᵢ · V over reached tiers | total (Dynamics 365) |
//!
//! A tier is reached when L ≤ V. So a volume below the first tier earns nothing, and neither does a negative one.
//! The example below is the one of the Dynamics 365 documentation, *Calculation methods for deal lines*.
//!
//! ```
//! use gtm_sdk::Micros;
//! use gtm_sdk::tier::{Benefit, Method, Table, Tier};
//!
//! let table = Table::new(vec![
//!     Tier { from: Micros::ZERO, pays: Benefit::Percent("10 %".parse()?) },
//!     Tier { from: Micros::whole(1_000), pays: Benefit::Percent("25 %".parse()?) },
//! ])
//! .unwrap();
//! let earned = |method| table.earned(method, Micros::whole(2_000)).unwrap().decimal().unwrap().to_string();
//! assert_eq!(earned(Method::Marginal), "350");
//! assert_eq!(earned(Method::Retrospective), "500");
//! assert_eq!(earned(Method::Rolling), "600");
//! assert_eq!(earned(Method::Total), "700");
//! # Ok::<(), gtm_sdk::Problem>(())
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use crate::money::Exact;
use crate::{Micros, Problem, Rate};

/// How a table is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Each slice of the volume at the rate of its own tier.
    Marginal,
    /// The whole volume at the rate of the highest tier reached.
    Retrospective,
    /// Every tier reached, each on the volume up to its upper end.
    Rolling,
    /// Every tier reached, each on the whole volume.
    Total,
}

/// What a tier pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Benefit {
    /// A share of the volume, which is money.
    Percent(Rate),
    /// An amount for each unit of the volume, which is a quantity.
    PerUnit(Micros),
    /// An amount for having reached the tier. All methods but the retrospective one add up those of all tiers reached.
    Fixed(Micros),
}

impl Benefit {
    /// What is earned on a part of the volume.
    pub fn on(self, volume: Micros) -> Exact {
        match self {
            Benefit::Percent(rate) => volume.times(rate),
            Benefit::PerUnit(amount) => volume.times_micros(amount),
            Benefit::Fixed(amount) => amount.into(),
        }
    }
}

/// A line of a table: from which volume on, itself included, what is paid. It ends where the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    pub from: Micros,
    pub pays: Benefit,
}

/// Tiers in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table(Vec<Tier>);

/// What one tier contributes, for a line of the explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// Place of the tier in the table, from 0.
    pub tier: usize,
    /// The part of the volume that it pays on.
    pub on: Micros,
    pub earned: Exact,
}

/// The tier after the one that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// Place of the tier in the table, from 0.
    pub tier: usize,
    /// From which volume on.
    pub target: Micros,
    /// How much is missing: positive.
    pub missing: Micros,
    /// What would be earned in addition on reaching it exactly.
    pub worth: Exact,
}

impl Table {
    /// Errors: no tier; a tier that begins below zero; tiers out of order or with the same beginning. All are listed, each with its
    /// place relative to the table, such as `/1/from`; put the table's own place before it with [`Problem::within`].
    pub fn new(tiers: Vec<Tier>) -> Result<Table, Vec<Problem>> {
        let mut problems = Vec::new();
        if tiers.is_empty() {
            problems.push(Problem::new("tier-none", "the table has no tier: give at least one").at(""));
        }
        for (place, tier) in tiers.iter().enumerate() {
            let number = place + 1;
            if tier.from < Micros::ZERO {
                let message = format!("tier {number} begins at {}: let it begin at 0 or above", tier.from);
                problems.push(Problem::new("tier-negative", &message).at(format!("/{place}/from")));
            }
            if place > 0 && tier.from <= tiers[place - 1].from {
                let before = tiers[place - 1].from;
                let message = format!(
                    "tier {number} begins at {} and tier {place} at {before}: give the tiers in ascending order, each beginning once",
                    tier.from
                );
                problems.push(Problem::new("tier-order", &message).at(format!("/{place}/from")));
            }
        }
        if problems.is_empty() {
            Ok(Table(tiers))
        } else {
            Err(problems)
        }
    }

    pub fn tiers(&self) -> &[Tier] {
        &self.0
    }

    /// The place of the highest tier reached by a volume.
    ///
    /// ```
    /// # use gtm_sdk::{Micros, tier::{Benefit, Table, Tier}};
    /// let table = Table::new(vec![Tier { from: Micros::whole(5), pays: Benefit::Fixed(Micros::whole(1)) }]).unwrap();
    /// assert_eq!(table.reached(Micros(4_999_999)), None);
    /// assert_eq!(table.reached(Micros::whole(5)), Some(0));
    /// ```
    pub fn reached(&self, volume: Micros) -> Option<usize> {
        self.0.partition_point(|tier| tier.from <= volume).checked_sub(1)
    }

    /// What each tier contributes, lowest first. Tiers that contribute nothing are left out.
    pub fn slices(&self, method: Method, volume: Micros) -> Vec<Slice> {
        let Some(top) = self.reached(volume) else {
            return Vec::new();
        };
        let first = if method == Method::Retrospective { top } else { 0 };
        (first..=top)
            .map(|tier| {
                let Tier { from, pays } = self.0[tier];
                let end = if tier == top { volume } else { self.0[tier + 1].from };
                let on = match method {
                    // Neither is negative, so the difference fits.
                    Method::Marginal => Micros(end.0 - from.0),
                    Method::Rolling => end,
                    Method::Retrospective | Method::Total => volume,
                };
                Slice {
                    tier,
                    on,
                    earned: pays.on(on),
                }
            })
            .filter(|slice| !slice.earned.is_zero())
            .collect()
    }

    /// What a volume earns in all, unrounded. Errors: beyond 128 bits.
    pub fn earned(&self, method: Method, volume: Micros) -> Result<Exact, Problem> {
        self.slices(method, volume)
            .iter()
            .try_fold(Exact::ZERO, |sum, slice| sum.plus(slice.earned))
    }

    /// The tier to go for and what it is worth; none when the highest is reached. The worth is negative where a higher tier
    /// pays less.
    ///
    /// ```
    /// # use gtm_sdk::{Micros, tier::{Benefit, Method, Table, Tier}};
    /// let table = Table::new(vec![
    ///     Tier { from: Micros::whole(1_000), pays: Benefit::Percent("1 %".parse()?) },
    ///     Tier { from: Micros::whole(5_000), pays: Benefit::Percent("2.5 %".parse()?) },
    /// ]).unwrap();
    /// let next = table.next(Method::Retrospective, Micros::whole(4_000))?.unwrap();
    /// assert_eq!(next.missing, Micros::whole(1_000));
    /// assert_eq!(next.worth.decimal()?.to_string(), "85"); // 125 instead of 40
    /// # Ok::<(), gtm_sdk::Problem>(())
    /// ```
    pub fn next(&self, method: Method, volume: Micros) -> Result<Option<Next>, Problem> {
        let tier = self.reached(volume).map_or(0, |top| top + 1);
        let Some(Tier { from: target, .. }) = self.0.get(tier).copied() else {
            return Ok(None);
        };
        let worth = self.earned(method, target)?.minus(self.earned(method, volume)?)?;
        Ok(Some(Next {
            tier,
            target,
            missing: target.minus(volume)?,
            worth,
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rounding::{Rounding, round};

    fn table(tiers: &[(i32, &str)]) -> Table {
        let tier = |(from, rate): &(i32, &str)| Tier {
            from: Micros::whole(*from),
            pays: Benefit::Percent(rate.parse().unwrap()),
        };
        Table::new(tiers.iter().map(tier).collect()).unwrap()
    }

    fn per_unit(tiers: &[(i32, &str)]) -> Table {
        let tier = |(from, amount): &(i32, &str)| Tier {
            from: Micros::whole(*from),
            pays: Benefit::PerUnit(amount.parse().unwrap()),
        };
        Table::new(tiers.iter().map(tier).collect()).unwrap()
    }

    fn earned(table: &Table, method: Method, volume: i32) -> String {
        round(
            table.earned(method, Micros::whole(volume)).unwrap(),
            2,
            Rounding::HalfUp,
        )
        .unwrap()
        .to_string()
    }

    #[test]
    fn units_under_the_first_band_earn_nothing() {
        let table = per_unit(&[(10_000, "2"), (15_000, "2.5"), (20_000, "3")]);
        assert_eq!(earned(&table, Method::Retrospective, 18_000), "45000");
        assert_eq!(earned(&table, Method::Marginal, 18_000), "17500");
    }

    #[test]
    fn cases_are_paid_back_to_the_first_or_each_at_its_own_rate() {
        // Bands of whole cases, 1 to 249 and 250 to 399: the second begins after 249.
        let table = per_unit(&[(0, "1.5"), (249, "2"), (399, "3")]);
        assert_eq!(earned(&table, Method::Retrospective, 300), "600");
        assert_eq!(earned(&table, Method::Marginal, 300), "475.5");
    }

    #[test]
    fn marginal_commission_pays_each_slice_at_its_own_rate() {
        let table = table(&[(0, "3 %"), (300_000, "5 %"), (500_000, "7 %")]);
        assert_eq!(earned(&table, Method::Marginal, 600_000), "26000");
    }

    #[test]
    fn a_table_says_everything_that_is_wrong_with_it() {
        let tier = |from| Tier {
            from: Micros::whole(from),
            pays: Benefit::Fixed(Micros::ZERO),
        };
        let problems = Table::new(vec![tier(-1), tier(500), tier(500)]).unwrap_err();
        let said: Vec<_> = problems
            .iter()
            .map(|problem| (&*problem.code, problem.path.as_deref().unwrap()))
            .collect();
        assert_eq!(said, [("tier-negative", "/0/from"), ("tier-order", "/2/from")]);
        assert_eq!(
            problems[1].message,
            "tier 3 begins at 500 and tier 2 at 500: give the tiers in ascending order, each beginning once"
        );
        assert_eq!(Table::new(vec![]).unwrap_err()[0].code, "tier-none");
    }

    proptest! {
        #[test]
        fn ascending_rates_pay_more_in_retrospect_and_never_less_for_more(
            steps in prop::collection::vec((1i32..10_000, 0u32..500), 1..6), volume in -1_000i32..60_000, more in 0i32..5_000,
        ) {
            let (mut from, mut rate) = (0, 0);
            let tiers: Vec<_> = steps.iter().map(|(step, rise)| {
                from += step;
                rate += rise;
                (from, format!("{}.{:02} %", rate / 100, rate % 100))
            }).collect();
            let table = table(&tiers.iter().map(|(from, rate)| (*from, &**rate)).collect::<Vec<_>>());
            let earned = |method, volume| table.earned(method, Micros::whole(volume)).unwrap().decimal().unwrap();
            prop_assert!(earned(Method::Retrospective, volume) >= earned(Method::Marginal, volume));
            for method in [Method::Marginal, Method::Retrospective, Method::Rolling, Method::Total] {
                prop_assert!(earned(method, volume + more) >= earned(method, volume));
            }
        }
    }

    #[test]
    fn a_tier_is_reached_at_its_beginning_and_not_a_micro_before() {
        let table = table(&[(1_000, "1 %")]);
        let at = |offset: i64| {
            table
                .earned(Method::Retrospective, Micros(1_000_000_000 + offset))
                .unwrap()
        };
        assert!(at(-1).is_zero());
        assert_eq!(at(0).decimal().unwrap().to_string(), "10");
        assert_eq!(at(1).decimal().unwrap().to_string(), "10.00000001");
    }
}
