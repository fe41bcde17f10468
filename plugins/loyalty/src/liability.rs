//! What is owed in points (IFRS 15.B39–B43, ASC 606-10-55-41): a part of the price is put off until the points are used.
//!
//! The stand-alone price of points is their number × what one is worth × the share expected to be used. Of the price of all purchases P
//! and the stand-alone price of their points S, P × S ÷ (P + S) falls to the points. It is recognised as revenue in the proportion of points
//! used to points expected to be used, of which there can be no more than are used or can still be; so that points which expire are
//! recognised with them. All figures are to date, and a period's are the difference: a new estimate is caught up with at once.

use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, quotient, round};
use gtm_sdk::{Day, Micros, Problem, Rate};

use crate::lots::Lots;
use crate::movements::Held;
use crate::terms::Liability;

/// Figures to date.
#[derive(Debug, Clone, Copy)]
pub struct Owed {
    pub price: Micros,
    pub points: Micros,
    pub used: Micros,
    pub rate: Rate,
    /// The stand-alone price of the points, to the micro.
    pub stand_alone: Micros,
    /// Points expected to be used.
    pub expected: Micros,
}

impl Owed {
    /// Errors: a number beyond all bounds.
    pub fn at(liability: &Liability, lots: &Lots<'_>, price: Micros, day: Day) -> Result<Owed, Problem> {
        let mut stand_alone = Exact::ZERO;
        for lot in &lots.lots {
            let kept = lot.points.minus(lot.taken)?;
            let worth = kept
                .times_micros(liability.value_per_point)
                .times(rate_on(liability, lot.day))?;
            stand_alone = stand_alone.plus(worth)?;
        }
        let held = |balance| lots.movements.held(balance);
        let (points, used, rate) = (held(Held::Issued), held(Held::Redeemed), rate_on(liability, day));
        let usable = used.plus(held(Held::Points))?.plus(held(Held::Pending))?;
        let estimated = round(points.times(rate), 6, Rounding::HalfUp)?;
        Ok(Owed {
            price,
            points,
            used,
            rate,
            stand_alone: round(stand_alone, 6, Rounding::HalfUp)?,
            expected: estimated.min(usable),
        })
    }

    /// What of the price falls to the points, rounded once to `digits`.
    pub fn allocated(&self, digits: u8) -> Result<Micros, Problem> {
        let whole = self.price.plus(self.stand_alone)?;
        if self.price <= Micros::ZERO || self.stand_alone <= Micros::ZERO {
            return Ok(Micros::ZERO);
        }
        quotient(
            self.price.times_micros(self.stand_alone),
            whole,
            digits,
            Rounding::HalfUp,
        )
    }

    /// What of that is revenue by now.
    pub fn recognised(&self, digits: u8) -> Result<Micros, Problem> {
        let allocated = self.allocated(digits)?;
        if self.used >= self.expected {
            return Ok(allocated);
        }
        if self.used <= Micros::ZERO {
            return Ok(Micros::ZERO);
        }
        quotient(
            allocated.times_micros(self.used),
            self.expected,
            digits,
            Rounding::HalfUp,
        )
    }
}

/// The share expected to be used as it was estimated on a day.
fn rate_on(liability: &Liability, day: Day) -> Rate {
    let estimates = &liability.expected_use;
    let place = estimates
        .partition_point(|estimate| estimate.from <= day)
        .saturating_sub(1);
    estimates.get(place).map_or(Rate::ZERO, |estimate| estimate.rate)
}
