//! What a volume earns by a table of tiers, exact and not yet rounded.

use gtm_sdk::growth;
use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::tier::Method;
use gtm_sdk::{Micros, Problem, Rate};

use crate::terms::{Bound, Bounds, Free, Rule, Tier, WithoutBaseline};

/// The volume that a table is read with, in micros of the rule's measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    /// What decides the tier.
    pub qualifier: Micros,
    /// What is paid on.
    pub paid: Micros,
}

/// A table of tiers with every bound as a volume: growth is resolved by the baseline.
#[derive(Debug)]
pub struct Scale {
    tiers: Vec<Reach>,
    reading: Reading,
    /// Nothing is paid on what lies beyond.
    limit: Option<Exact>,
    /// Whether a negative volume is paid on at the lowest tier.
    below_zero: bool,
}

/// One tier, as volumes.
#[derive(Debug, Clone, Copy)]
struct Reach {
    /// It is reached with this volume.
    from: Exact,
    /// Its slice lies above this volume: `from` itself, or one step below where bounds are inclusive.
    above: Exact,
    until: Option<Exact>,
    pays: Pays,
}

#[derive(Debug, Clone, Copy)]
enum Reading {
    Tiers(Method),
    /// The tier reached pays on what exceeds this.
    Excess(Exact),
    /// The last tier is reached with any volume, for want of a baseline.
    Highest,
    /// Nothing is reached, for want of a baseline.
    Nothing,
}

#[derive(Debug, Clone, Copy)]
pub enum Pays {
    Rate(Rate),
    PerUnit(Micros),
    Fixed(Micros),
    Free(Free),
}

/// What one tier pays.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub pays: Pays,
    /// The tier, or the slice that is paid on: from where to where.
    pub from: Exact,
    pub until: Option<Exact>,
    /// Whether only the slice between `from` and `until` is paid on.
    pub slice: bool,
    pub volume: Exact,
    pub amount: Exact,
}

impl Scale {
    /// `baseline` is what growth is measured from; it is there exactly when the rule is about growth.
    ///
    /// Errors: there is no baseline and the terms ask to stop then.
    pub fn of(rule: &Rule, baseline: Option<Micros>) -> Result<Self, Problem> {
        let reading = match (&rule.growth, baseline) {
            (Some(terms), Some(Micros(..=0))) => match terms.without_baseline {
                WithoutBaseline::PayNothing => Reading::Nothing,
                WithoutBaseline::HighestTier => Reading::Highest,
                WithoutBaseline::Problem => {
                    return Err(Problem::new(
                        "baseline-zero",
                        "there is no volume to measure growth from: agree a baseline with the participant",
                    ));
                }
            },
            (Some(terms), Some(baseline)) => match terms.pays_on {
                growth::Reading::WholeVolume => Reading::Tiers(Method::Retrospective),
                growth::Reading::Excess => Reading::Excess(baseline.into()),
                growth::Reading::Bands => Reading::Tiers(Method::Marginal),
            },
            _ => Reading::Tiers(rule.method),
        };
        let base = Exact::from(baseline.unwrap_or_default());
        let volume_at = |bound: Bound| match bound {
            Bound::At(amount) => base.plus(amount.into()),
            Bound::Above(growth) => base.plus(base.times(growth)?),
        };
        let mut tiers: Vec<Reach> = Vec::with_capacity(rule.tiers.len());
        for tier in &rule.tiers {
            let from = volume_at(tier.from)?;
            let above = match (rule.bounds, tiers.last().and_then(|before| before.until)) {
                (Bounds::HalfOpen, _) => from,
                (Bounds::Inclusive(_), Some(end)) => end,
                (Bounds::Inclusive(step), None) => from.minus(step.into())?,
            };
            if let (Bounds::HalfOpen, Some(before)) = (rule.bounds, tiers.last_mut()) {
                before.until = Some(from);
            }
            tiers.push(Reach {
                from,
                above,
                until: tier.until.map(|until| base.plus(until.into())).transpose()?,
                pays: pays(tier)?,
            });
        }
        let limit = tiers.last().and_then(|last| last.until);
        Ok(Scale {
            tiers,
            reading,
            limit,
            below_zero: rule.minimum.is_some_and(|minimum| minimum < Micros::ZERO),
        })
    }

    /// What each tier reached pays, from the lowest.
    ///
    /// Errors: an amount beyond all bounds.
    pub fn earned(&self, volume: Volume) -> Result<Vec<Part>, Problem> {
        let whole = up_to(volume.paid.into(), self.limit)?;
        let reached = self.reached(volume.qualifier)?;
        let highest = reached.last();
        match self.reading {
            Reading::Nothing => Ok(Vec::new()),
            Reading::Highest if volume.qualifier <= Micros::ZERO => Ok(Vec::new()),
            Reading::Highest => self
                .tiers
                .last()
                .map(|tier| tier.on(volume.paid.into()))
                .into_iter()
                .collect(),
            Reading::Excess(base) => highest.map(|tier| tier.on(whole.minus(base)?)).into_iter().collect(),
            Reading::Tiers(_) if self.below_zero && volume.qualifier < Micros::ZERO => self.taken_back(whole),
            Reading::Tiers(Method::Retrospective) => highest.map(|tier| tier.on(whole)).into_iter().collect(),
            Reading::Tiers(Method::Marginal) => reached.iter().map(|tier| tier.slice(whole)).collect(),
            Reading::Tiers(Method::Rolling) => reached.iter().map(|tier| tier.on(up_to(whole, tier.until)?)).collect(),
            Reading::Tiers(Method::Total) => reached.iter().map(|tier| tier.on(whole)).collect(),
        }
    }

    /// The least volume that reaches the next tier; none when the last one is reached.
    pub fn next(&self, qualifier: Micros) -> Result<Option<Micros>, Problem> {
        match self.reading {
            Reading::Nothing | Reading::Highest => Ok(None),
            Reading::Tiers(_) | Reading::Excess(_) => self
                .tiers
                .get(self.reached(qualifier)?.len())
                .map(|tier| round(tier.from, 6, Rounding::Up))
                .transpose(),
        }
    }

    /// Where the lowest tier begins.
    pub fn first(&self) -> Exact {
        self.tiers.first().map_or(Exact::ZERO, |tier| tier.from)
    }

    /// The tiers that the volume reaches, from the lowest.
    fn reached(&self, qualifier: Micros) -> Result<&[Reach], Problem> {
        let mut count = 0;
        for tier in &self.tiers {
            if Exact::from(qualifier).minus(tier.from)?.is_negative() {
                break;
            }
            count += 1;
        }
        Ok(&self.tiers[..count])
    }

    /// A negative volume pays at the lowest tier, where that one begins at zero and pays by volume.
    fn taken_back(&self, whole: Exact) -> Result<Vec<Part>, Problem> {
        match self.tiers.first() {
            Some(tier)
                if (tier.above.is_negative() || tier.above.is_zero())
                    && matches!(tier.pays, Pays::Rate(_) | Pays::PerUnit(_)) =>
            {
                Ok(vec![tier.on(whole)?])
            }
            _ => Ok(Vec::new()),
        }
    }
}

impl Reach {
    /// Pays on a volume, whatever lies within the tier.
    fn on(&self, volume: Exact) -> Result<Part, Problem> {
        Ok(Part {
            pays: self.pays,
            from: self.from,
            until: self.until,
            slice: false,
            volume,
            amount: self.pays.on(volume)?,
        })
    }

    /// Pays on what lies within the tier.
    fn slice(&self, whole: Exact) -> Result<Part, Problem> {
        let volume = up_to(whole, self.until)?.minus(self.above)?;
        Ok(Part {
            pays: self.pays,
            from: self.above,
            until: self.until,
            slice: true,
            volume,
            amount: self.pays.on(volume)?,
        })
    }
}

impl Pays {
    fn on(self, volume: Exact) -> Result<Exact, Problem> {
        match self {
            Pays::Rate(rate) => volume.times(rate),
            Pays::PerUnit(amount) => volume.times(Rate::from_fraction(amount.decimal())?),
            Pays::Fixed(amount) => Ok(amount.into()),
            Pays::Free(free) => free.on(round(volume, 6, Rounding::Down)?),
        }
    }
}

impl Free {
    /// For every full number of units.
    fn on(self, quantity: Micros) -> Result<Exact, Problem> {
        let times = quantity.0.max(0).checked_div(self.per.0).unwrap_or(0);
        let units = Exact::from(self.units).times(Rate::from_fraction(times.into())?)?;
        match self.worth {
            Some(worth) => units.times(Rate::from_fraction(worth.decimal())?),
            None => Ok(units),
        }
    }
}

fn pays(tier: &Tier) -> Result<Pays, Problem> {
    match (tier.rate, tier.per_unit, tier.fixed, tier.free) {
        (Some(rate), None, None, None) => Ok(Pays::Rate(rate)),
        (None, Some(amount), None, None) => Ok(Pays::PerUnit(amount)),
        (None, None, Some(amount), None) => Ok(Pays::Fixed(amount)),
        (None, None, None, Some(free)) => Ok(Pays::Free(free)),
        _ => Err(Problem::new(
            "tier-pays",
            "a tier pays one of `rate`, `per-unit`, `fixed` and `free`",
        )),
    }
}

fn up_to(volume: Exact, limit: Option<Exact>) -> Result<Exact, Problem> {
    match limit {
        Some(limit) if limit.minus(volume)?.is_negative() => Ok(limit),
        _ => Ok(volume),
    }
}
