//! One promotion over the rows of a period: what it counts and what that pays.

use gtm_sdk::bands::Bands;
use gtm_sdk::explanation;
use gtm_sdk::gathering::EVERY_ROW;
use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::{Context, Figure, Micros, Outcome, Problem, Row, RowKind, Sum, Transfer};

use crate::soundness::bands;
use crate::terms::{Counts, Pays, Promotion, Settled};
use crate::words::Say;

#[derive(Debug)]
pub struct Counted {
    bit: u32,
    bands: Option<Bands<usize>>,
    /// Units by step, where the promotion has steps.
    units: Vec<Sum>,
    /// Units on which no step pays.
    outside: Sum,
    value: Sum,
}

impl Counted {
    /// Errors: steps that are not sound.
    pub fn new(promotion: &Promotion, bit: u32) -> Result<Self, Problem> {
        let (bands, steps) = match &promotion.pays {
            Pays::PerUnit(steps) => {
                let bands = bands(steps).map_err(|mut problems| problems.remove(0))?;
                (Some(bands), steps.len())
            }
            Pays::Percent(_) | Pays::LumpSum(_) => (None, 0),
        };
        Ok(Counted {
            bit,
            bands,
            units: vec![Sum::ZERO; steps],
            outside: Sum::ZERO,
            value: Sum::ZERO,
        })
    }

    /// Counts a row where it lies in the promotion's window and is of its kind and products. A return is read by its own quantity.
    ///
    /// Errors: a quantity beyond all bounds.
    pub fn count(&mut self, promotion: &Promotion, row: &Row<'_>) -> Result<(), Problem> {
        let of_kind = match promotion.counts {
            Counts::Invoiced => row.is(RowKind::Sale) || row.is(RowKind::Return),
            Counts::PointOfSale => row.is(RowKind::PointOfSale),
        };
        let in_window = (promotion.start.0..=promotion.end.0).contains(&row.date());
        if !of_kind || !in_window || (self.bit != EVERY_ROW && row.selectors() & self.bit == 0) {
            return Ok(());
        }
        match (&promotion.pays, &self.bands) {
            (Pays::PerUnit(_), Some(bands)) => {
                let quantity = row.quantity();
                let size = if quantity < Micros::ZERO {
                    quantity.negated()?
                } else {
                    quantity
                };
                match bands.at(size).and_then(|step| self.units.get_mut(*step)) {
                    Some(units) => units.add(quantity),
                    None => self.outside.add(quantity),
                }
            }
            (Pays::Percent(_), _) => self.value.add(row.net_amount()),
            _ => {}
        }
        Ok(())
    }

    /// What the promotion pays for the period: rounded once, then held to its limit. More returned than bought is taken back.
    ///
    /// Errors: an amount beyond all bounds.
    pub fn pay(&self, promotion: &Promotion, context: &Context, outcome: &mut Outcome) -> Result<(), Problem> {
        let mut rule = explanation::Rule::new(&promotion.rule);
        let shown = |amount| round(amount, 6, Rounding::HalfUp).map(Figure::money);
        match &promotion.pays {
            Pays::PerUnit(steps) => {
                for (step, units) in steps.iter().zip(&self.units) {
                    let units = units.micros()?;
                    if units != Micros::ZERO {
                        let amount = units.times_micros(step.amount);
                        let figures = [Figure::quantity(units), Figure::money(step.amount), shown(amount)?];
                        rule.step(Say::PerUnit, figures, amount)?;
                    }
                }
                let outside = self.outside.micros()?;
                if outside != Micros::ZERO {
                    rule.note(Say::Outside, [Figure::quantity(outside)]);
                }
            }
            Pays::Percent(rate) => {
                let value = self.value.micros()?;
                let amount = value.times(*rate);
                rule.step(
                    Say::Percent,
                    [Figure::money(value), Figure::rate(*rate), shown(amount)?],
                    amount,
                )?;
            }
            Pays::LumpSum(amount) if context.period.contains(promotion.start.0) => {
                let figures = [Figure::Day(promotion.start.0), Figure::money(*amount)];
                rule.step(Say::LumpSum, figures, *amount)?;
            }
            Pays::LumpSum(_) => {}
        }
        let due = rule.round(Say::Rounded, context.currency_digits, Rounding::HalfUp)?;
        if promotion.settled == Settled::OffInvoice {
            rule.step(Say::OffInvoice, [Figure::money(due)], due.negated()?)?;
        } else if let Some(limit) = promotion.limit {
            let limit = round(limit, context.currency_digits, Rounding::Down)?;
            if due > limit {
                rule.step(Say::Limit, [Figure::money(limit)], limit.minus(due)?)?;
            }
        }
        rule.pay(Transfer::new(context, "expense", "payable"), outcome);
        Ok(())
    }
}
