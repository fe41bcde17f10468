//! One price change over the rows since the program began: what was on hand when it came, and what that is worth now.

use std::collections::BTreeMap;

use gtm_sdk::cap::at_most;
use gtm_sdk::explanation::Rule;
use gtm_sdk::gathering::EVERY_ROW;
use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::{Context, Day, Figure, Micros, Outcome, Problem, Row, RowKind, Sum, Transfer, Window};

use crate::terms::{PriceChange, Rises};
use crate::words::Say;

/// What the rows say about the stock that a change touches.
#[derive(Debug)]
pub struct Counted {
    /// The selector bit of each price.
    bits: Vec<u32>,
    /// By index of the product.
    holdings: BTreeMap<usize, Holding>,
}

/// One product.
#[derive(Debug, Default)]
struct Holding {
    /// Place of its price.
    price: usize,
    /// Units on hand at the end of a day, as far as the day lies in the time for reports. Several reports of one day are several
    /// places where stock lies.
    reported: BTreeMap<i32, Sum>,
    /// Units sold on less units bought, by day after the change.
    moved: BTreeMap<i32, Sum>,
    /// Units bought in the days that are protected.
    bought: Sum,
}

impl Counted {
    pub fn new(bits: Vec<u32>) -> Self {
        Counted {
            bits,
            holdings: BTreeMap::new(),
        }
    }

    /// Counts a row that says something about the stock on the day of the change. A sale to the participant is what it bought.
    pub fn count(&mut self, change: &PriceChange, row: &Row<'_>) {
        let after = i64::from(row.date()) - i64::from(change.day.0);
        let first = change.bought_within_days.map_or(0, |days| 1 - i64::from(days));
        if after < first || after > i64::from(change.reported_within_days) {
            return;
        }
        let wants = |bit: &u32| *bit == EVERY_ROW || row.selectors() & bit != 0;
        let Some(price) = self.bits.iter().position(wants) else {
            return;
        };
        let holding = self.holdings.entry(row.product()).or_default();
        holding.price = price;
        let quantity = row.quantity();
        let bought = row.is(RowKind::Sale) || row.is(RowKind::Return);
        if row.is(RowKind::Inventory) && after >= 0 {
            holding.reported.entry(row.date()).or_default().add(quantity);
        } else if row.is(RowKind::PointOfSale) && after > 0 {
            holding.moved.entry(row.date()).or_default().add(quantity);
        } else if bought && after > 0 {
            holding.moved.entry(row.date()).or_default().subtract(quantity);
        } else if bought {
            holding.bought.add(quantity);
        }
    }

    /// What the change is worth in the period: each product counts in the period of its first report. The total over all periods is
    /// rounded once and held to the limit, and a period answers for what it adds to it, so that the periods sum to the total.
    ///
    /// Errors: an amount beyond all bounds.
    pub fn pay(&self, change: &PriceChange, context: &Context, outcome: &mut Outcome) -> Result<(), Problem> {
        let mut rule = Rule::new(&change.rule);
        let deadline = change.day.plus(change.reported_within_days);
        let open = context.period.start <= deadline.0 && context.period.end >= change.day.0;
        if !took_part(context, change.day) {
            if open {
                rule.note(Say::NotTakingPart, [Figure::Day(change.day.0)]);
            }
            rule.pay(Transfer::new(context, "expense", "payable"), outcome);
            return Ok(());
        }
        let mut before = Exact::ZERO;
        for (product, holding) in &self.holdings {
            let sku = || Figure::text(context.products.get(*product).map_or("", |product| &product.sku));
            match holding.reported.keys().next() {
                Some(report) if *report < context.period.start => {
                    before = before.plus(holding.worth(change, holding.protected(change)?)?)?;
                }
                Some(_) => holding.explain(change, &sku, &mut rule)?,
                None if open => {
                    let days = [Figure::Day(change.day.0), Figure::Day(deadline.0)];
                    rule.note(Say::Unreported, [sku()].into_iter().chain(days));
                }
                None => {}
            }
        }
        let due_in_all = |total: Exact| -> Result<Micros, Problem> {
            let digits = context.currency_digits;
            let rounded = round(total, digits, Rounding::HalfUp)?;
            match change.limit {
                None => Ok(rounded),
                Some(limit) => round(
                    at_most(rounded, round(limit, digits, Rounding::Down)?)?,
                    digits,
                    Rounding::Down,
                ),
            }
        };
        let total = before.plus(rule.total())?;
        let (due_before, due_now) = (due_in_all(before)?, due_in_all(total)?);
        let due = due_now.minus(due_before)?;
        let rest = Exact::from(due).minus(rule.total())?;
        match change.limit {
            _ if rest.is_zero() => {}
            Some(limit) if Exact::from(limit).minus(total)?.is_negative() => {
                rule.step(Say::Limit, [Figure::money(limit), Figure::money(due_before)], rest)?;
            }
            _ => rule.step(Say::Rounded, [Figure::money(due)], rest)?,
        }
        rule.pay(Transfer::new(context, "expense", "payable"), outcome);
        Ok(())
    }
}

/// Whether the day lies within the participant's enrolment and within the time whose rows are gathered.
fn took_part(context: &Context, day: Day) -> bool {
    let earliest = context.periods_of(Window::SinceStart).first();
    let gathered_from = earliest.map_or(context.period.start, |period| period.start);
    let participant = &context.participant;
    let until = participant.enrolled_until.unwrap_or(i32::MAX);
    (participant.enrolled_from.max(gathered_from)..=until).contains(&day.0)
}

impl Holding {
    /// Units on hand at the end of the day of the change: the first report from that day on, with what was sold since put back and what
    /// was bought since taken off. Below 0 when the reports contradict each other.
    fn on_hand(&self) -> Result<Micros, Problem> {
        let Some((day, reported)) = self.reported.first_key_value() else {
            return Ok(Micros::ZERO);
        };
        reported.micros()?.plus(self.moved_until(*day)?)
    }

    fn moved_until(&self, day: i32) -> Result<Micros, Problem> {
        let mut moved = Sum::ZERO;
        for of_day in self.moved.range(..=day) {
            moved.add(of_day.1.micros()?);
        }
        moved.micros()
    }

    fn protected(&self, change: &PriceChange) -> Result<Micros, Problem> {
        let on_hand = self.on_hand()?;
        let protected = match change.bought_within_days {
            Some(_) => on_hand.min(self.bought.micros()?),
            None => on_hand,
        };
        Ok(protected.max(Micros::ZERO))
    }

    /// (old price − new price) × units; negative when the price rises.
    fn worth(&self, change: &PriceChange, units: Micros) -> Result<Exact, Problem> {
        match change.prices.get(self.price) {
            Some(price) if price.new < price.old || change.rises == Rises::WrittenUp => {
                Ok(units.times_micros(price.old.minus(price.new)?))
            }
            _ => Ok(Exact::ZERO),
        }
    }

    /// The steps of a product whose first report lies in the period.
    fn explain(&self, change: &PriceChange, sku: &dyn Fn() -> Figure, rule: &mut Rule) -> Result<(), Problem> {
        let (Some((day, reported)), Some(price)) = (self.reported.first_key_value(), change.prices.get(self.price))
        else {
            return Ok(());
        };
        let (reported, on_hand) = (Figure::quantity(reported.micros()?), self.on_hand()?);
        if *day == change.day.0 {
            rule.note(Say::Reported, [sku(), reported, Figure::Day(*day)]);
        } else {
            let moved = Figure::quantity(self.moved_until(*day)?);
            let days = (Figure::Day(*day), Figure::Day(change.day.0));
            let figures = [sku(), reported, days.0, moved, days.1, Figure::quantity(on_hand)];
            rule.note(Say::WorkedBack, figures);
        }
        if on_hand < Micros::ZERO {
            rule.note(Say::Impossible, [sku()]);
        }
        if let Some(days) = change.bought_within_days {
            let bought = Figure::quantity(self.bought.micros()?);
            rule.note(Say::Bought, [sku(), bought, Figure::Count(days.into())]);
        }
        let units = self.protected(change)?;
        let (old, new) = (Figure::money(price.old), Figure::money(price.new));
        if price.new > price.old && change.rises == Rises::LeftOut {
            rule.note(Say::LeftOut, [sku(), old, new]);
        } else if units > Micros::ZERO {
            let worth = self.worth(change, units)?;
            let shown = Figure::money(round(worth, 6, Rounding::HalfUp)?);
            rule.step(Say::Protected, [sku(), Figure::quantity(units), old, new, shown], worth)?;
        }
        Ok(())
    }
}
