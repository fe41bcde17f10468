//! One component worked out for one period, from the credit to what is due under its caps.

use gtm_sdk::cap::{Cap, Limit, Prorate};
use gtm_sdk::money::Exact;
use gtm_sdk::rounding::round;
use gtm_sdk::{Context, Micros, Period, Problem};

use crate::pay::Part;
use crate::quota::Closed;
use crate::terms::{Accumulate, Component, Pays, Terms, YearToDate};

/// A component with everything that holds for all periods of one participant.
#[derive(Debug, Clone, Copy)]
pub struct Agreement<'a> {
    pub component: &'a Component,
    pub terms: &'a Terms,
    pub context: &'a Context,
}

/// The earlier periods of the year.
#[derive(Debug, Clone, Copy, Default)]
pub struct Before {
    pub credited: Micros,
    /// The quotas of these periods together.
    pub quota: Micros,
    pub due: Micros,
}

/// A component in one period: each amount is what remained after the one before it.
#[derive(Debug, Clone)]
pub struct Reckoned {
    pub credited: Micros,
    /// What the tiers are read with: the credit of the period, or of the year to date.
    pub reached: Micros,
    pub quota: Option<Limit>,
    pub closed: Option<Closed>,
    /// The accelerators are left out because the year is behind its quota.
    pub without_accelerators: bool,
    pub parts: Vec<Part>,
    /// What the parts sum to, rounded.
    pub rounded: Micros,
    /// The member's part of a pool; otherwise all of it.
    pub own: Micros,
    /// Less what was due before.
    pub outstanding: Micros,
    pub in_period: Micros,
    pub period_cap: Option<Limit>,
    pub amount: Micros,
    pub year_cap: Option<Limit>,
}

/// Something to reach, and what reaching it exactly adds to what is due.
#[derive(Debug, Clone, Copy)]
pub struct Goal {
    pub target: Micros,
    pub worth: Micros,
}

impl Agreement<'_> {
    /// Errors: a figure that is not agreed, a quota of 0 where the terms insist, an amount beyond all bounds.
    pub fn reckon(
        &self,
        credited: Micros,
        before: Before,
        period: &Period,
        year: &Period,
    ) -> Result<Reckoned, Problem> {
        let component = self.component;
        let accumulates = component.accumulate == Accumulate::YearToDate;
        let reached = if accumulates {
            before.credited.plus(credited)?
        } else {
            credited
        };
        let quota = self.quota(if accumulates { year } else { period })?;
        let mut closed = self.closed(reached, quota)?;
        let mut without_accelerators = false;
        if let (None, Some(gate), Some(quota)) = (closed, component.gates.year_to_date, quota) {
            let to_date = before.quota.plus(quota.amount)?;
            if before.credited.plus(credited)? < to_date {
                match gate {
                    YearToDate::Everything => closed = Some(Closed::Year(to_date)),
                    YearToDate::Accelerators => without_accelerators = true,
                }
            }
        }
        let parts = match closed {
            Some(_) => Vec::new(),
            None => self.parts(reached, quota, without_accelerators)?,
        };
        let earned = parts
            .iter()
            .try_fold(Exact::ZERO, |sum, part| sum.plus(part.amount()))?;
        let rounded = round(earned, self.context.currency_digits, self.terms.rounding)?;
        let own = match &component.pays {
            Pays::Pool(pool) => self.share(pool, rounded)?,
            Pays::Tiers(_) | Pays::Sections(_) => rounded,
        };
        let outstanding = if accumulates { own.minus(before.due)? } else { own };
        let period_cap = self.limit(component.cap, |cap| cap.period, period)?;
        let in_period = period_cap.map_or(outstanding, |cap| outstanding.min(cap.amount));
        let year_cap = self.limit(component.cap, |cap| cap.year, year)?;
        let amount = match year_cap {
            Some(cap) => in_period.min(cap.amount.minus(before.due)?),
            None => in_period,
        };
        Ok(Reckoned {
            credited,
            reached,
            quota,
            closed,
            without_accelerators,
            parts,
            rounded,
            own,
            outstanding,
            in_period,
            period_cap,
            amount,
            year_cap,
        })
    }

    /// What a cap leaves for the days of enrolment.
    fn limit(
        &self,
        cap: Option<Cap>,
        of: impl Fn(Cap) -> Option<Micros>,
        over: &Period,
    ) -> Result<Option<Limit>, Problem> {
        limit(cap, of, over, self.terms, self.context)
    }

    /// The next thing to reach in the period: what opens a gate, a tier, a section.
    pub fn next(
        &self,
        reckoned: &Reckoned,
        before: Before,
        period: &Period,
        year: &Period,
    ) -> Result<Option<Goal>, Problem> {
        let reached = reckoned.reached;
        let target = match reckoned.closed {
            Some(Closed::NoQuota) => None,
            Some(Closed::Attainment(least)) => Some(least),
            Some(Closed::Year(quotas)) => Some(quotas.minus(before.credited)?),
            None => match &self.component.pays {
                Pays::Tiers(tiers) => match self.table(tiers, reckoned.quota, reckoned.without_accelerators)? {
                    Some((table, _)) => table.tiers().iter().map(|tier| tier.from).find(|from| *from > reached),
                    None => None,
                },
                Pays::Sections(sections) => {
                    let mut begins = sections.table.iter().map(|section| section.from);
                    begins.find(|from| *from > reached)
                }
                Pays::Pool(_) => None,
            },
        };
        let Some(target) = target else { return Ok(None) };
        let credited = reckoned.credited.plus(target.minus(reached)?)?;
        let then = self.reckon(credited, before, period, year)?;
        Ok(Some(Goal {
            target,
            worth: then.amount.minus(reckoned.amount)?,
        }))
    }
}

/// What a cap leaves for the days of enrolment in a period or year.
pub fn limit(
    cap: Option<Cap>,
    of: impl Fn(Cap) -> Option<Micros>,
    over: &Period,
    terms: &Terms,
    context: &Context,
) -> Result<Option<Limit>, Problem> {
    let Some((full, prorate)) = cap.and_then(|cap| Some((of(cap)?, cap.prorate))) else {
        return Ok(None);
    };
    prorated(full, prorate, over, terms, context).map(Some)
}

/// An amount for the days of enrolment in a period or year.
pub fn prorated(
    full: Micros,
    prorate: Prorate,
    over: &Period,
    terms: &Terms,
    context: &Context,
) -> Result<Limit, Problem> {
    let (participant, digits) = (&context.participant, context.currency_digits);
    Limit::over(over, participant, full, prorate, digits, terms.rounding)
}
