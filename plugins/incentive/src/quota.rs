//! The quota of a component, the attainment of it, and the gates that look at it.

use gtm_sdk::agreed;
use gtm_sdk::cap::{Limit, days_enrolled};
use gtm_sdk::rounding::{Rounding, quotient, round};
use gtm_sdk::{Micros, Period, Problem, Rate};

use crate::reckon::Agreement;
use crate::terms::{Measure, Quota, ZeroQuota};

/// Why nothing is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    NoQuota,
    /// So much must be reached first.
    Attainment(Micros),
    /// The quotas of the year to date.
    Year(Micros),
}

impl Agreement<'_> {
    /// The quota for the days of enrolment: of money to the currency's smaller unit, of anything else to the millionth.
    pub fn quota(&self, over: &Period) -> Result<Option<Limit>, Problem> {
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

    /// Why the quota of this one period or year alone lets nothing be paid.
    pub fn closed(&self, reached: Micros, quota: Option<Limit>) -> Result<Option<Closed>, Problem> {
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
}

/// The least credit that reaches a share of the quota: attainment is compared by multiplying, so that nothing is lost in a division.
pub fn threshold(quota: Micros, attainment: Rate) -> Result<Micros, Problem> {
    round(quota.times(attainment), 6, Rounding::Ceiling)
}

/// Credited ÷ quota for the reader, cut down, so that it never says 100 % before the quota is met.
pub fn attainment(reached: Micros, quota: Micros) -> Result<Rate, Problem> {
    let ratio = quotient(reached, quota, 6, Rounding::Floor)?;
    Rate::from_fraction(ratio.decimal())
}
