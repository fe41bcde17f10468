//! A member's history, told again from the first row to the last day of the period: nothing is looked up, so that a correction of any
//! row is in the answer of every period after it.

use std::ops::Range;

use gtm_sdk::rounding::{Rounding, quotient};
use gtm_sdk::{Context, Day, Figure, Micros, Problem, Sum};

use crate::counted::Counted;
use crate::earning::earned;
use crate::gather;
use crate::journal::{Entry, Event, points};
use crate::ladder::Ladder;
use crate::liability::Owed;
use crate::lots::Lots;
use crate::movements::{Cause, Movements};
use crate::terms::{By, CountsFor, TakesEffect, Terms};
use crate::words::Say;

/// Rows that were bought together, and how much of them came back.
#[derive(Debug)]
struct Purchase {
    day: Day,
    key: Option<usize>,
    /// The lots that it earned.
    lots: Range<usize>,
    /// What counts towards the tier by value: net, and gross.
    net: Part,
    gross: Part,
    /// The net price of what earned points.
    price: Part,
}

#[derive(Debug, Clone, Copy, Default)]
struct Part {
    bought: Micros,
    returned: Micros,
}

impl Part {
    fn left(self) -> Result<Micros, Problem> {
        self.bought.minus(self.returned)
    }
}

#[derive(Debug)]
pub struct History<'a> {
    terms: &'a Terms,
    enrolled: Day,
    first: Day,
    /// For each rule the bit of its products.
    bits: Vec<u32>,
    purchases: Vec<Purchase>,
    /// For each lot the points that count towards the tier.
    qualifying: Vec<Micros>,
    pub lots: Lots<'a>,
    pub ladder: Option<Ladder<'a>>,
    /// What was owed before the period, and is at its end.
    pub before: Option<Owed>,
    pub after: Option<Owed>,
}

impl<'a> History<'a> {
    /// Errors: a row that cannot be, or a number beyond all bounds.
    pub fn told(terms: &'a Terms, context: &Context, events: Vec<Event>) -> Result<Self, Problem> {
        let enrolled = Day::new(context.participant.enrolled_from);
        let (start, end) = (Day::new(context.period.start), Day::new(context.period.end));
        let first = events.first().map_or(start, Event::day).min(start);
        let measures = terms.earn.iter().map(|rule| rule.measure).collect();
        let movements = Movements::new(context.period.clone(), measures);
        let mut history = History {
            terms,
            enrolled,
            first,
            bits: gather::bits(terms),
            purchases: Vec::new(),
            qualifying: Vec::new(),
            lots: Lots::new(terms, movements),
            ladder: None,
            before: None,
            after: None,
        };
        history.climb(first)?;
        let day_before = start.plus_days(-1);
        for event in events {
            if history.before.is_none() && event.day() >= start {
                history.advance(day_before)?;
                history.before = history.owed(day_before)?;
            }
            history.advance(event.day())?;
            history.happens(event)?;
        }
        if history.before.is_none() {
            history.advance(day_before)?;
            history.before = history.owed(day_before)?;
        }
        history.advance(end)?;
        history.after = history.owed(end)?;
        Ok(history)
    }

    fn advance(&mut self, day: Day) -> Result<(), Problem> {
        self.lots.advance(day)?;
        self.ladder.as_mut().map_or(Ok(()), |ladder| ladder.advance(day))
    }

    fn happens(&mut self, event: Event) -> Result<(), Problem> {
        match event {
            Event::Purchase(rows) => self.buy(&rows),
            Event::Return(row) => self.give_back(&row),
            Event::Use(row) => match points(&row)? {
                points if points < Micros::ZERO => self.lots.undo(points.negated()?, row.day, row.position),
                points => self.lots.redeem(points, row.day, row.position),
            },
            Event::Grant(row) => match points(&row)? {
                points if points < Micros::ZERO => self.lots.withdraw(points.negated()?, row.day, row.position),
                points => {
                    self.qualifying.push(Micros::ZERO);
                    let figures = vec![Figure::quantity(points), Figure::Day(row.day.0)];
                    self.lots
                        .earn(Cause::Adjusted, row.day, points, points, (Say::Granted, figures))
                }
            },
        }
    }

    fn buy(&mut self, rows: &[Entry]) -> Result<(), Problem> {
        let (day, key) = (rows[0].day, rows[0].key);
        let first_lot = self.lots.lots.len();
        let mut purchase = Purchase {
            day,
            key,
            lots: first_lot..first_lot,
            net: Part::default(),
            gross: Part::default(),
            price: Part::default(),
        };
        for row in rows {
            for (part, value) in purchase.parts().into_iter().zip(self.values(row)) {
                part.bought = part.bought.plus(value)?;
            }
        }
        let amounts = (0..self.terms.earn.len()).map(|rule| {
            let measure = self.terms.earn[rule].measure;
            let wanted = rows.iter().filter(|row| gather::wants(self.bits[rule], row.selectors));
            wanted.map(|row| row.measured(measure)).sum::<Sum>().micros()
        });
        let amounts: Vec<Micros> = amounts.collect::<Result<_, _>>()?;
        let this_one = matches!(&self.terms.tiers, Some(tiers) if tiers.takes_effect == TakesEffect::ThisPurchase);
        if this_one {
            let counts = self.counts(&purchase, &amounts)?;
            self.count(day, counts)?;
        }
        for (number, amount) in amounts.iter().copied().enumerate() {
            if amount > Micros::ZERO {
                self.earn(number, amount, day)?;
                purchase.lots.end += 1;
            }
        }
        if !this_one {
            let counts = self.counts(&purchase, &amounts)?;
            self.count(day, counts)?;
        }
        self.purchases.push(purchase);
        Ok(())
    }

    fn earn(&mut self, number: usize, amount: Micros, day: Day) -> Result<(), Problem> {
        let rule = &self.terms.earn[number];
        let tier = self.ladder.as_ref().and_then(|ladder| ladder.tier);
        let earned = earned(self.terms, rule, tier, amount, day)?;
        let cause = Cause::Earned(number);
        let mut figures = vec![
            self.lots.movements.measured(cause, amount),
            Figure::Day(day.0),
            Figure::quantity(rule.points),
            self.lots.movements.measured(cause, earned.per),
        ];
        let say = if rule.counts_for == CountsFor::Tier {
            figures.push(Figure::quantity(earned.qualifying));
            Say::Counted
        } else if earned.multiplier == gtm_sdk::Decimal::ONE {
            figures.push(Figure::quantity(earned.points));
            Say::Earned
        } else {
            figures.push(Figure::number(earned.multiplier)?);
            figures.push(Figure::quantity(earned.points));
            Say::EarnedTimes
        };
        self.qualifying.push(earned.qualifying);
        self.lots.earn(cause, day, amount, earned.points, (say, figures))
    }

    /// What comes back is taken from the purchase that it names, or from the latest ones.
    fn give_back(&mut self, row: &Entry) -> Result<(), Problem> {
        for number in 0..self.terms.earn.len() {
            if !gather::wants(self.bits[number], row.selectors) {
                continue;
            }
            let mut rest = row.measured(self.terms.earn[number].measure).negated()?;
            for purchase in self
                .purchases
                .iter()
                .rev()
                .filter(|purchase| purchase.is_meant(row.key))
            {
                for place in purchase.lots.clone() {
                    let lot = &self.lots.lots[place];
                    let part = rest.min(lot.amount.minus(lot.returned)?);
                    if lot.cause == Cause::Earned(number) && part > Micros::ZERO {
                        self.lots.take_back(place, part, row.day)?;
                        rest = rest.minus(part)?;
                    }
                }
                if rest <= Micros::ZERO {
                    break;
                }
            }
            if rest > Micros::ZERO {
                let cause = Cause::Earned(number);
                let figures = vec![self.lots.movements.measured(cause, rest), Figure::Day(row.day.0)];
                self.lots.movements.note(cause, row.day, Say::Unmatched, figures);
            }
        }
        let mut rest = self.values(row);
        for value in &mut rest {
            *value = value.negated()?;
        }
        for purchase in self
            .purchases
            .iter_mut()
            .rev()
            .filter(|purchase| purchase.is_meant(row.key))
        {
            for (rest, part) in rest.iter_mut().zip(purchase.parts()) {
                let taken = (*rest).min(part.left()?).max(Micros::ZERO);
                part.returned = part.returned.plus(taken)?;
                *rest = rest.minus(taken)?;
            }
            if rest.iter().all(|rest| *rest <= Micros::ZERO) {
                break;
            }
        }
        self.climb(row.day)
    }

    /// What a row counts by its net and its gross value towards the tier, and its price, where it earns points: as [`Purchase::parts`] has them.
    fn values(&self, row: &Entry) -> [Micros; 3] {
        let any = |counts: &dyn Fn(CountsFor) -> bool| {
            let mut rules = self.terms.earn.iter().zip(&self.bits);
            rules.any(|(rule, bit)| counts(rule.counts_for) && gather::wants(*bit, row.selectors))
        };
        let counts = any(&|counts| counts != CountsFor::Spending);
        let where_it = |holds: bool, value: Micros| if holds { value } else { Micros::ZERO };
        [
            where_it(counts && self.counts_by(By::Net), row.net),
            where_it(counts && self.counts_by(By::Gross), row.gross),
            where_it(any(&|counts| counts != CountsFor::Tier), row.net),
        ]
    }

    fn counts_by(&self, by: By) -> bool {
        self.terms.tiers.as_ref().is_some_and(|tiers| tiers.count(by))
    }

    /// The tier is worked out again from what was not returned.
    fn climb(&mut self, day: Day) -> Result<(), Problem> {
        let Some(tiers) = &self.terms.tiers else {
            return Ok(());
        };
        let mut ladder = Ladder::new(tiers, self.enrolled, self.first);
        for purchase in &self.purchases {
            ladder.count(purchase.day, self.counted(purchase)?)?;
        }
        ladder.advance(day)?;
        self.ladder = Some(ladder);
        Ok(())
    }

    /// What a new purchase counts.
    fn counts(&self, purchase: &Purchase, amounts: &[Micros]) -> Result<Counted, Problem> {
        let mut points = Sum::ZERO;
        if self.counts_by(By::Points) {
            for (rule, amount) in self.terms.earn.iter().zip(amounts) {
                points.add(earned(self.terms, rule, None, *amount, purchase.day)?.qualifying);
            }
        }
        let mut rules = self.terms.earn.iter().zip(amounts);
        let counts = rules.any(|(rule, amount)| rule.counts_for != CountsFor::Spending && *amount > Micros::ZERO);
        purchase.counted(points, counts)
    }

    /// What a purchase counts, less what of it came back.
    fn counted(&self, purchase: &Purchase) -> Result<Counted, Problem> {
        let (mut points, mut counts) = (Sum::ZERO, false);
        for place in purchase.lots.clone() {
            let lot = &self.lots.lots[place];
            if self.counts_by(By::Points) {
                let whole = self.qualifying[place];
                let gone = quotient(whole.times_micros(lot.returned), lot.amount, 0, Rounding::HalfUp)?;
                points.add(whole.minus(gone)?);
            }
            counts |= lot.returned < lot.amount
                && matches!(lot.cause, Cause::Earned(rule) if self.terms.earn[rule].counts_for != CountsFor::Spending);
        }
        purchase.counted(points, counts)
    }

    fn count(&mut self, day: Day, amount: Counted) -> Result<(), Problem> {
        self.ladder.as_mut().map_or(Ok(()), |ladder| ladder.count(day, amount))
    }

    fn owed(&self, day: Day) -> Result<Option<Owed>, Problem> {
        let Some(liability) = &self.terms.liability else {
            return Ok(None);
        };
        let mut price = Sum::ZERO;
        for purchase in &self.purchases {
            price.add(purchase.price.left()?);
        }
        Owed::at(liability, &self.lots, price.micros()?, day).map(Some)
    }
}

impl Purchase {
    /// What of it can come back by value: net, gross and price.
    fn parts(&mut self) -> [&mut Part; 3] {
        [&mut self.net, &mut self.gross, &mut self.price]
    }

    /// With these points, and as one purchase if there is anything of it that counts.
    fn counted(&self, points: Sum, counts: bool) -> Result<Counted, Problem> {
        Ok(Counted {
            points: points.micros()?,
            net: self.net.left()?,
            gross: self.gross.left()?,
            purchases: Micros::whole(i32::from(counts)),
        })
    }

    fn is_meant(&self, key: Option<usize>) -> bool {
        key.is_none() || self.key == key
    }
}
