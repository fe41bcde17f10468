//! What a unit cost, and what it may cost.

use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::{Agreement, Micros, Problem, Rate};

use crate::reason;
use crate::terms::{Authorised, Claims, Reference, SoldLine};

/// The prices that a line goes by.
pub struct Prices {
    pub reference: Micros,
    /// The authorised price, or the resale price from which the margin is taken.
    pub base: Micros,
    margin: Margin,
    /// The resale price of the line lies below that of the agreement, which is taken instead.
    pub below_authorised: bool,
}

enum Margin {
    Amount(Micros),
    Percent(Rate),
}

impl Prices {
    /// Errors: every price that is missing.
    pub fn of(terms: &Claims, agreement: &Agreement, sold: &SoldLine) -> Result<Prices, Vec<Problem>> {
        let (reference, at, which) = match terms.reference {
            Reference::Agreement => (
                agreement.reference_price.map(Micros),
                "/agreement",
                "the agreement has no reference price",
            ),
            Reference::Book => (sold.book_price, "/book-price", "the line has no book price"),
            Reference::Cost => (sold.cost, "/cost", "the line has no cost"),
        };
        let mut missing = Vec::new();
        if reference.is_none() {
            let message = format!("{which}: the claim is worked out from it");
            missing.push(Problem::new(reason::REFERENCE_PRICE_MISSING, &message).at(at));
        }
        let agreed = Micros(agreement.price);
        let (base, margin) = match terms.authorised {
            Authorised::Agreement => (Some(agreed), Margin::Amount(Micros::ZERO)),
            Authorised::MarginPercent(rate) => (sold.resale_price, Margin::Percent(rate)),
            Authorised::MarginAmount(amount) => (sold.resale_price, Margin::Amount(amount)),
        };
        if base.is_none() {
            let message = "the line has no resale price: the margin is taken from it";
            missing.push(Problem::new(reason::RESALE_PRICE_MISSING, message).at("/resale-price"));
        }
        match (reference, base) {
            (Some(reference), Some(base)) => Ok(Prices {
                reference,
                base: base.max(agreed),
                margin,
                below_authorised: base < agreed,
            }),
            _ => Err(missing),
        }
    }

    /// (reference − authorised) × quantity, exactly. In margin maintenance that is margin − resale + cost.
    ///
    /// Errors: an amount beyond all bounds.
    pub fn value(&self, quantity: Micros) -> Result<Exact, Problem> {
        let margin = match self.margin {
            Margin::Amount(amount) => quantity.times_micros(amount),
            Margin::Percent(rate) => quantity.times_micros(self.base).times(rate)?,
        };
        quantity.times_micros(self.reference.minus(self.base)?).plus(margin)
    }

    /// The authorised price of a unit, to the micro.
    ///
    /// Errors: an amount beyond all bounds.
    pub fn authorised(&self) -> Result<Micros, Problem> {
        let price = Exact::from(self.reference).minus(self.value(Micros::whole(1))?)?;
        round(price, 6, Rounding::HalfUp)
    }
}
