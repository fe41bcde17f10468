//! What counts towards a tier, by every measure that a rule of it may name.

use gtm_sdk::{Figure, Measure, Micros, Problem};

use crate::terms::{By, TierRule};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    pub points: Micros,
    pub net: Micros,
    pub gross: Micros,
    /// Whole purchases.
    pub purchases: Micros,
}

impl Counted {
    pub fn by(&self, by: By) -> Micros {
        match by {
            By::Points => self.points,
            By::Net => self.net,
            By::Gross => self.gross,
            By::Purchases => self.purchases,
        }
    }

    pub fn meets(&self, rule: TierRule) -> bool {
        rule.from <= self.by(rule.by)
    }

    pub fn plus(self, more: Counted) -> Result<Counted, Problem> {
        self.each(more, Micros::plus)
    }

    pub fn minus(self, less: Counted) -> Result<Counted, Problem> {
        self.each(less, Micros::minus)
    }

    fn each(self, other: Counted, of: fn(Micros, Micros) -> Result<Micros, Problem>) -> Result<Counted, Problem> {
        Ok(Counted {
            points: of(self.points, other.points)?,
            net: of(self.net, other.net)?,
            gross: of(self.gross, other.gross)?,
            purchases: of(self.purchases, other.purchases)?,
        })
    }
}

impl By {
    pub fn figure(self, amount: Micros) -> Figure {
        match self {
            By::Net | By::Gross => Figure::money(amount),
            By::Points | By::Purchases => Figure::quantity(amount),
        }
    }

    /// In what a row brings it nearer. A purchase more or less is no figure of a row.
    pub fn measure(self) -> Option<Measure> {
        match self {
            By::Net | By::Gross => Some(Measure::Money),
            By::Points => Some(Measure::Quantity),
            By::Purchases => None,
        }
    }
}
