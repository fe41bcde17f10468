//! What is paid on the credit: by tiers, by sections, or from a pool.

use gtm_sdk::apportion::apportion;
use gtm_sdk::cap::Limit;
use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, quotient, round};
use gtm_sdk::tier::{self, Benefit, Table};
use gtm_sdk::{Decimal, Micros, Problem, Rate};

use crate::quota::{attainment, threshold};
use crate::reckon::Agreement;
use crate::terms::{Method, Pays, Pool, Tier};

/// A line of what is paid.
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

impl Agreement<'_> {
    /// Errors: an amount beyond all bounds.
    pub fn parts(
        &self,
        reached: Micros,
        quota: Option<Limit>,
        without_accelerators: bool,
    ) -> Result<Vec<Part>, Problem> {
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
    pub fn table(
        &self,
        tiers: &[Tier],
        quota: Option<Limit>,
        without_accelerators: bool,
    ) -> Result<Option<(Table, Vec<Tier>)>, Problem> {
        let (mut table, mut kept): (Vec<tier::Tier>, Vec<Tier>) = (Vec::new(), Vec::new());
        for tier in tiers {
            let accelerates = tier.attainment.is_some_and(|at| at.fraction() >= Decimal::ONE);
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
    pub fn share(&self, pool: &Pool, whole: Micros) -> Result<Micros, Problem> {
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
}
