//! One component worked out for one period: attainment, gates, what is paid on the credit, caps.

use gtm_sdk::agreed;
use gtm_sdk::apportion::apportion;
use gtm_sdk::cap::{Cap, Limit, Prorate, days_enrolled};
use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, quotient, round};
use gtm_sdk::tier::{self, Benefit, Table};
use gtm_sdk::{Context, Micros, Period, Problem, Rate};

use crate::terms::{Accumulate, Component, Measure, Method, Pays, Pool, Quota, Terms, Tier, YearToDate, ZeroQuota};

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

/// Why nothing is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    NoQuota,
    /// So much must be reached first.
    Attainment(Micros),
    /// The quotas of the year to date.
    Year(Micros),
}

#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// A tier of the terms on so much.
    Tier(Tier, Micros, Exact),
    /// A rate on everything.
    Section(Rate, Exact),
    /// A pool at so much of its quota, which may be held to the most that counts.
    Pool(Micros, Rate, Exact),
}

impl Part {
    pub fn amount(&self) -> Exact {
        match self {
            Part::Tier(.., amount) | Part::Section(_, amount) | Part::Pool(.., amount) => *amount,
        }
    }
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

    /// The quota for the days of enrolment: of money to the currency's smaller unit, of anything else to the millionth.
    fn quota(&self, over: &Period) -> Result<Option<Limit>, Problem> {
        let Some(quota) = &self.component.quota else {
            return Ok(None);
        };
        let participant = &self.context.participant;
        let digits = match self.component.measure {
            Measure::Net | Measure::Gross | Measure::Margin => self.context.currency_digits,
            Measure::Units | Measure::Deals => 6,
        };
        let full = round(self.agreed_quota(quota)?, digits, Rounding::HalfUp)?;
        let limit = Limit::over(over, participant, full, quota.prorate, digits, Rounding::HalfUp)?;
        if limit.amount == Micros::ZERO && quota.zero == ZeroQuota::Problem && days_enrolled(participant, over) > 0 {
            let message = format!(
                "the quota of `{}` is 0: agree one with the participant, or let `zero` say that nothing is paid",
                self.component.rule
            );
            return Err(Problem::new("quota-zero", &message));
        }
        Ok(Some(limit))
    }

    fn agreed_quota(&self, quota: &Quota) -> Result<Micros, Problem> {
        if quota.amount.is_some() || quota.agreed.is_some() {
            return agreed::figure(quota.amount, quota.agreed.as_deref(), self.context);
        }
        let account = &self.context.participant.account;
        let planned = self.terms.quota_plan.iter().flat_map(|plan| &plan.quotas);
        planned
            .into_iter()
            .find(|planned| planned.account == *account)
            .map(|planned| planned.quota)
            .ok_or_else(|| {
                let message = format!("`quota-plan` lists no quota for `{account}`: add one, or end its enrolment");
                Problem::new("no-quota", &message).at("/quota-plan/quotas")
            })
    }

    fn closed(&self, reached: Micros, quota: Option<Limit>) -> Result<Option<Closed>, Problem> {
        let Some(quota) = quota.map(|limit| limit.amount) else {
            return Ok(None);
        };
        if quota <= Micros::ZERO {
            return Ok(Some(Closed::NoQuota));
        }
        let Some(gate) = self.component.gates.attainment else {
            return Ok(None);
        };
        let least = threshold(quota, gate)?;
        Ok((reached < least).then_some(Closed::Attainment(least)))
    }

    fn parts(&self, reached: Micros, quota: Option<Limit>, without_accelerators: bool) -> Result<Vec<Part>, Problem> {
        match &self.component.pays {
            Pays::Tiers(tiers) => {
                let Some((table, tiers)) = self.table(tiers, quota, without_accelerators)? else {
                    return Ok(Vec::new());
                };
                let slices = table.slices(self.method(), reached).into_iter();
                Ok(slices
                    .map(|slice| Part::Tier(tiers[slice.tier], slice.on, slice.earned))
                    .collect())
            }
            Pays::Sections(sections) => Ok(sections
                .table
                .iter()
                .find(|section| section.from <= reached && reached <= section.until)
                .map(|section| Part::Section(section.rate, reached.times(section.rate)))
                .into_iter()
                .collect()),
            Pays::Pool(pool) => {
                let quota = quota.map(|limit| limit.amount).unwrap_or_default();
                if reached <= Micros::ZERO || quota <= Micros::ZERO {
                    return Ok(Vec::new());
                }
                let digits = self.context.currency_digits;
                let beyond = |most: &Rate| {
                    let over = Exact::from(reached).minus(quota.times(*most))?;
                    Ok::<_, Problem>(!over.is_negative() && !over.is_zero())
                };
                let most = match pool.at_most {
                    Some(most) if beyond(&most)? => Some(most),
                    _ => None,
                };
                let (attained, amount) = match most {
                    Some(most) => (most, round(pool.amount.times(most), digits, self.terms.rounding)?),
                    None => (
                        attainment(reached, quota)?,
                        quotient(pool.amount.times_micros(reached), quota, digits, self.terms.rounding)?,
                    ),
                };
                Ok(vec![Part::Pool(pool.amount, attained, amount.into())])
            }
        }
    }

    /// The tiers by what must be credited to reach them. Where two begin at the same millionth, the higher one counts.
    fn table(
        &self,
        tiers: &[Tier],
        quota: Option<Limit>,
        without_accelerators: bool,
    ) -> Result<Option<(Table, Vec<Tier>)>, Problem> {
        let (mut table, mut kept): (Vec<tier::Tier>, Vec<Tier>) = (Vec::new(), Vec::new());
        for tier in tiers {
            let accelerates = tier.attainment.is_some_and(|at| at.fraction() >= gtm_sdk::Decimal::ONE);
            if without_accelerators && accelerates {
                continue;
            }
            let from = match (tier.attainment, quota) {
                (Some(attainment), Some(quota)) => threshold(quota.amount, attainment)?,
                _ => tier.from.unwrap_or_default(),
            };
            if table.last().is_some_and(|last| last.from >= from) {
                table.pop();
                kept.pop();
            }
            let pays = match (tier.rate, tier.per_unit, tier.fixed) {
                (Some(rate), ..) => Benefit::Percent(rate),
                (None, Some(amount), _) => Benefit::PerUnit(amount),
                (None, None, fixed) => Benefit::Fixed(fixed.unwrap_or_default()),
            };
            table.push(tier::Tier { from, pays });
            kept.push(*tier);
        }
        if table.is_empty() {
            return Ok(None);
        }
        let table = Table::new(table).map_err(|problems| match problems.into_iter().next() {
            Some(problem) => problem,
            None => Problem::new("tier-none", "the component has no tier: give at least one"),
        })?;
        Ok(Some((table, kept)))
    }

    fn method(&self) -> tier::Method {
        match self.component.method {
            Some(Method::Retroactive) => tier::Method::Retrospective,
            Some(Method::Marginal) | None => tier::Method::Marginal,
        }
    }

    /// By largest remainder, so that the parts of all members sum to the pool: each of their statements works the same parts out.
    fn share(&self, pool: &Pool, whole: Micros) -> Result<Micros, Problem> {
        let account = &self.context.participant.account;
        let own = pool.members.iter().position(|member| member.account == *account);
        let own = own.ok_or_else(|| {
            let message = format!("`{account}` is no member of the pool: add it with its share, or end its enrolment");
            Problem::new("no-member", &message)
        })?;
        let weights: Vec<Micros> = pool
            .members
            .iter()
            .map(|member| round(Micros::whole(1_000_000).times(member.share), 6, Rounding::HalfUp))
            .collect::<Result<_, _>>()?;
        Ok(apportion(whole, &weights, self.context.currency_digits)?
            .nth(own)
            .unwrap_or_default())
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

/// The least credit that reaches a share of the quota: attainment is compared by multiplying, so that nothing is lost in a division.
fn threshold(quota: Micros, attainment: Rate) -> Result<Micros, Problem> {
    round(quota.times(attainment), 6, Rounding::Ceiling)
}

/// Credited ÷ quota for the reader, cut down, so that it never says 100 % before the quota is met.
pub fn attainment(reached: Micros, quota: Micros) -> Result<Rate, Problem> {
    let ratio = quotient(reached, quota, 6, Rounding::Floor)?;
    Rate::from_fraction(ratio.decimal())
}
