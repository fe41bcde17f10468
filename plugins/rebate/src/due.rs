//! What is due for one period: what the volume earns, rounded once, and then everything that the terms say about the amount.

use gtm_sdk::cap::{Limit, Prorate};
use gtm_sdk::money::Exact;
use gtm_sdk::rounding::round;
use gtm_sdk::{Context, Micros, Period, Problem};

use crate::scale::{Part, Scale, Volume};
use crate::terms::{Accumulate, Overpaid, Rule};

/// A rule with everything that holds for all periods of one participant.
#[derive(Debug)]
pub struct Agreement<'a> {
    pub rule: &'a Rule,
    pub context: &'a Context,
    pub scale: Scale,
    /// Decimals of an amount.
    pub digits: u8,
}

/// What was due for the periods before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Before {
    /// For the periods over which the rule accumulates.
    pub accumulated: Micros,
    /// For the earlier periods of the year.
    pub in_year: Micros,
}

/// What is due, and how it came about: each amount is what remained after the one before it.
#[derive(Debug)]
pub struct Due {
    pub below_minimum_purchase: bool,
    pub parts: Vec<Part>,
    /// What the parts sum to.
    pub earned: Exact,
    pub rounded: Micros,
    /// Not below what the terms guarantee.
    pub raised: Micros,
    /// Less what was due before.
    pub outstanding: Micros,
    /// Not below zero where an overpayment is carried forward.
    pub carried: Micros,
    /// Nothing where it is too small to be paid.
    pub payable: Micros,
    /// Not above the cap of the period.
    pub in_period: Micros,
    pub period_cap: Option<Limit>,
    /// Not above what the cap of the year leaves.
    pub amount: Micros,
    pub year_cap: Option<Limit>,
}

impl Agreement<'_> {
    /// `volume` is that of the period, or the volume to date where the rule accumulates.
    ///
    /// Errors: an amount beyond all bounds.
    pub fn due(&self, volume: Volume, before: Before, period: &Period) -> Result<Due, Problem> {
        let rule = self.rule;
        let below_minimum_purchase = rule.minimum_purchase.is_some_and(|least| volume.qualifier < least);
        let parts = if below_minimum_purchase {
            Vec::new()
        } else {
            self.scale.earned(volume)?
        };
        let earned = parts.iter().try_fold(Exact::ZERO, |sum, part| sum.plus(part.amount))?;
        let rounded = self.round(earned)?;
        let raised = if below_minimum_purchase {
            rounded
        } else {
            rounded.max(self.round(rule.minimum.unwrap_or_default().into())?)
        };
        let outstanding = match rule.accumulate {
            Accumulate::EachPeriod => raised,
            Accumulate::YearToDate | Accumulate::SinceStart => raised.minus(before.accumulated)?,
        };
        let carried = match rule.overpaid {
            Overpaid::ClawBack => outstanding,
            Overpaid::CarryForward => outstanding.max(Micros::ZERO),
        };
        let too_small = rule
            .smallest_payment
            .is_some_and(|least| carried.0.unsigned_abs() < least.0.unsigned_abs());
        let payable = if too_small { Micros::ZERO } else { carried };
        let period_cap = self.limit(rule.cap.and_then(|cap| cap.period), period)?;
        let in_period = period_cap.map_or(payable, |cap| payable.min(cap.amount));
        let year_cap = self.limit(rule.cap.and_then(|cap| cap.year), &self.context.year)?;
        let amount = match year_cap {
            Some(cap) => in_period.min(cap.amount.minus(before.in_year)?),
            None => in_period,
        };
        Ok(Due {
            below_minimum_purchase,
            parts,
            earned,
            rounded,
            raised,
            outstanding,
            carried,
            payable,
            in_period,
            period_cap,
            amount,
            year_cap,
        })
    }

    /// The one rounding of a rule.
    pub fn round(&self, amount: Exact) -> Result<Micros, Problem> {
        round(amount, self.digits, self.rule.rounding.mode)
    }

    fn limit(&self, full: Option<Micros>, over: &Period) -> Result<Option<Limit>, Problem> {
        let prorate = self.rule.cap.map_or(Prorate::No, |cap| cap.prorate);
        let participant = &self.context.participant;
        full.map(|full| Limit::over(over, participant, full, prorate, self.digits, self.rule.rounding.mode))
            .transpose()
    }
}
