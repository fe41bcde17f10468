//! One line of a claim: what speaks against it, and what of it is right.

use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::{Agreement, Claim, ClaimLine, Context, Day, Evidence, Figure, Micros, Problem, Step};

use crate::prices::Prices;
use crate::reason;
use crate::terms::{Claims, Reference, SoldLine};
use crate::words::Say;

/// A line with everything that it is held against.
pub struct Line<'a> {
    pub context: &'a Context,
    pub terms: &'a Claims,
    pub evidence: &'a Evidence,
    pub claim: &'a Claim,
    pub asked: &'a ClaimLine,
    pub sold: SoldLine,
    /// The agreement that the line names.
    pub agreement: Option<&'a Agreement>,
}

impl Line<'_> {
    /// Every reason that denies the line, but for its prices and the stock. The claimant's own texts are not repeated, since they may be
    /// of any length: the path points to them.
    pub fn refusals(&self) -> Vec<Problem> {
        let sold = &self.sold;
        let mut found = Vec::new();
        let mut because = |code: &str, message: &str, path: &str| {
            let problem = Problem::new(code, message);
            found.push(if path.is_empty() { problem } else { problem.at(path) });
        };
        if self.asked.claimed <= 0 {
            let message = format!(
                "{} cannot be claimed: give an amount above 0",
                Micros(self.asked.claimed)
            );
            because(reason::NOTHING_CLAIMED, &message, "");
        }
        if sold.quantity <= Micros::ZERO {
            let message = format!("{} cannot be claimed: give a quantity above 0", sold.quantity);
            because(reason::QUANTITY_NOT_POSITIVE, &message, "/quantity");
        }
        match self.agreement {
            None => {
                let message = "there is no approved agreement of this number for the products of this claim";
                because(reason::AGREEMENT_UNKNOWN, message, "/agreement");
            }
            Some(agreement) if agreement.sku != sold.sku => {
                let message = format!("agreement `{}` is for product `{}`", agreement.number, agreement.sku);
                because(reason::PRODUCT_NOT_ON_AGREEMENT, &message, "/sku");
            }
            Some(_) => {}
        }
        let authorised = self.agreement.and_then(|agreement| agreement.end_customer.as_deref());
        match (
            sold.end_customer.as_deref().filter(|customer| !customer.is_empty()),
            authorised,
        ) {
            (None, _) => because(
                reason::END_CUSTOMER_MISSING,
                "the line does not say who bought",
                "/end-customer",
            ),
            (Some(customer), Some(authorised)) if customer != authorised => {
                let message = format!("the price was agreed for `{authorised}`, and somebody else bought");
                because(reason::END_CUSTOMER_NOT_ELIGIBLE, &message, "/end-customer");
            }
            _ => {}
        }
        if let Some(agreement) = self.agreement
            && !(agreement.start..=agreement.end).contains(&sold.shipped.0)
        {
            let (start, end) = (Day(agreement.start), Day(agreement.end));
            let message = format!(
                "the agreement is for what ships from {start} to {end}, and this shipped on {}",
                sold.shipped
            );
            because(reason::SHIPPED_OUTSIDE_AGREEMENT, &message, "/shipped");
        }
        if sold.shipped.0 > self.claim.submitted {
            let message = format!("it ships on {}, after the claim", sold.shipped);
            because(reason::SHIPPED_IN_FUTURE, &message, "/shipped");
        }
        if let Some(agreement) = self.agreement.filter(|agreement| agreement.unit != sold.unit) {
            let message = format!("the agreement counts in `{}`: convert the quantity", agreement.unit);
            because(reason::UNIT_OF_MEASURE, &message, "/unit");
        }
        let currency = sold.currency.as_ref().unwrap_or(&self.context.currency);
        if *currency != self.context.currency {
            let message = format!("the program pays in {}: claim in it", self.context.currency);
            because(reason::CURRENCY, &message, "/currency");
        }
        if let Some((before, number)) = self.evidence.claimed_before(self.asked) {
            let message = format!("this was claimed before, in line {number} of {before}");
            because(reason::DUPLICATE, &message, "/invoice");
        } else if let Some(number) = self.claim.repeated(self.asked) {
            let message = format!("this is claimed in line {number} already");
            because(reason::DUPLICATE, &message, "/invoice");
        }
        found
    }

    /// What is right of the claimed amount when so much of the quantity is eligible, and where the line differs from it.
    ///
    /// The amount is held against the value of the whole quantity, so that each reason stands for itself: a quantity that is too large is no
    /// wrong price. Values are rounded once, to the currency; what is claimed is cut to what can be paid.
    ///
    /// Errors: every reason for which no amount is right.
    pub fn approved(
        &self,
        eligible: Micros,
        differing: &mut Vec<Problem>,
        steps: &mut Vec<Step>,
    ) -> Result<Micros, Vec<Problem>> {
        let Some(agreement) = self.agreement else {
            return Ok(Micros::ZERO);
        };
        let prices = Prices::of(self.terms, agreement, &self.sold)?;
        if self.sold.quantity <= Micros::ZERO {
            return Ok(Micros::ZERO);
        }
        self.compared(&prices, eligible, differing, steps)
            .map_err(|problem| vec![problem])
    }

    fn compared(
        &self,
        prices: &Prices,
        eligible: Micros,
        differing: &mut Vec<Problem>,
        steps: &mut Vec<Step>,
    ) -> Result<Micros, Problem> {
        let (claimed, quantity) = (Micros(self.asked.claimed), self.sold.quantity);
        let digits = self.context.currency_digits;
        let value = prices.value(quantity)?;
        let computed = round(value, digits, Rounding::HalfUp)?;
        let (reference, authorised) = (prices.reference, prices.authorised()?);
        let figures = [
            Figure::Count(self.asked.number.into()),
            Figure::quantity(quantity),
            Figure::money(reference),
            Figure::money(authorised),
            Figure::money(computed),
        ];
        steps.push(step(Say::Value, figures));
        if value.is_negative() || value.is_zero() {
            let message = format!("a unit costs {reference} and may cost {authorised}");
            return Err(Problem::new(reason::NOTHING_OWED, &message));
        }
        if prices.below_authorised {
            let message = format!(
                "it was sold on below the agreed {}, by which it is computed",
                prices.base
            );
            differing.push(Problem::new(reason::RESALE_BELOW_AUTHORISED, &message).at("/resale-price"));
        }
        if claimed <= Micros::ZERO {
            return Ok(Micros::ZERO);
        }
        let within = self.terms.tolerance.covers(claimed, computed)?;
        if !within {
            let message = format!("{claimed} is claimed and {computed} is computed");
            differing.push(Problem::new(reason::AMOUNT_DIFFERS, &message));
        }
        let payable = round(claimed, digits, Rounding::Down)?;
        if payable != claimed {
            let message = format!("{claimed} cannot be paid in {}: claim {payable}", self.context.currency);
            differing.push(Problem::new(reason::AMOUNT_NOT_PAYABLE, &message));
        }
        if eligible == quantity {
            return Ok(if within { payable } else { payable.min(computed) });
        }
        let cut = round(prices.value(eligible)?, digits, Rounding::HalfUp)?;
        let figures = [
            Figure::Count(self.asked.number.into()),
            Figure::quantity(eligible),
            Figure::money(cut),
        ];
        steps.push(step(Say::Eligible, figures));
        Ok(payable.min(cut))
    }

    /// How the distributor books what was approved, where the claim goes by its cost: the cost leaves inventory, and what is not claimed
    /// is the cost of goods sold.
    ///
    /// Errors: a cost beyond all bounds.
    pub fn books(&self, eligible: Micros, approved: Micros) -> Result<Option<Step>, Problem> {
        let (Reference::Cost, Some(cost)) = (self.terms.reference, self.sold.cost) else {
            return Ok(None);
        };
        let digits = self.context.currency_digits;
        let inventory = round(eligible.times_micros(cost), digits, Rounding::HalfUp)?;
        let figures = [
            Figure::Count(self.asked.number.into()),
            Figure::money(inventory),
            Figure::money(inventory.minus(approved)?),
            Figure::money(approved),
        ];
        Ok(Some(step(Say::Books, figures)))
    }
}

fn step<const COUNT: usize>(say: Say, figures: [Figure; COUNT]) -> Step {
    Step {
        rule: "claim".to_owned(),
        message: say.into(),
        figures: figures.into(),
        amount: None,
    }
}
