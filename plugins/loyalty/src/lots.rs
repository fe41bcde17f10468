//! The points of a member, lot by lot: earned, pending, spendable, used, expired.
//!
//! A lot is what one purchase earned by one rule, or what was granted by hand. Every point issued is in one of four places, and the lots
//! and the debt say which: issued = pending + points + redeemed + expired holds after every step.

use std::collections::BTreeSet;

use gtm_sdk::rounding::{Rounding, quotient};
use gtm_sdk::{Day, Figure, Micros, Problem};

use crate::movements::{Cause, Held, Movements};
use crate::terms::{After, Expiry, NegativeBalance, Terms, Until};
use crate::words::Say;

#[derive(Debug, Clone)]
pub struct Lot {
    pub cause: Cause,
    pub day: Day,
    /// What it was earned on, and how much of that came back.
    pub amount: Micros,
    pub returned: Micros,
    /// The points, and how many of them were taken back.
    pub points: Micros,
    pub taken: Micros,
    /// The last day on which they can be used.
    pub expires: Option<Day>,
    pub pending: bool,
    /// Points that are neither used nor expired.
    pub left: Micros,
    pub used: Micros,
    pub expired: Micros,
}

/// Where a lot stands among those that can be used: closest to expiry first, then the oldest.
type Place = (Day, Day, usize);

#[derive(Debug)]
pub struct Lots<'a> {
    terms: &'a Terms,
    pub lots: Vec<Lot>,
    spendable: BTreeSet<Place>,
    /// By the day on which they can be spent.
    pending: BTreeSet<(Day, usize)>,
    /// Points used before they were earned.
    debt: Micros,
    /// The day on which everything expires unless something happens before.
    inactive_on: Option<Day>,
    pub movements: Movements,
}

impl<'a> Lots<'a> {
    pub fn new(terms: &'a Terms, movements: Movements) -> Self {
        Lots {
            terms,
            lots: Vec::new(),
            spendable: BTreeSet::new(),
            pending: BTreeSet::new(),
            debt: Micros::ZERO,
            inactive_on: None,
            movements,
        }
    }

    /// Goes on to a day: what expires and what becomes spendable until then, in the order of time.
    pub fn advance(&mut self, day: Day) -> Result<(), Problem> {
        loop {
            let expiry = self.spendable.first().map(|(expires, ..)| expires.plus_days(1));
            let expiry = expiry.filter(|_| self.first_expires());
            let release = self.pending.first().map(|(release, _)| *release);
            let next = [expiry, self.inactive_on, release].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= day) else {
                return Ok(());
            };
            if expiry == Some(next) {
                self.expire_first(next, Say::Expired)?;
            } else if self.inactive_on == Some(next) {
                self.inactive_on = None;
                while !self.spendable.is_empty() {
                    self.expire_first(next, Say::Inactive)?;
                }
            } else {
                self.release_first(next)?;
            }
        }
    }

    /// Adds a lot. `told` is the sentence and the figures of how it came about.
    pub fn earn(
        &mut self,
        cause: Cause,
        day: Day,
        amount: Micros,
        points: Micros,
        told: (Say, Vec<Figure>),
    ) -> Result<(), Problem> {
        self.touch(day);
        let waits = matches!(cause, Cause::Earned(_)) && self.terms.pending_days > 0;
        let lot = Lot {
            cause,
            day,
            amount,
            returned: Micros::ZERO,
            points,
            taken: Micros::ZERO,
            expires: self.terms.expiry.and_then(|expiry| expires(expiry, day)),
            pending: waits,
            left: points,
            used: Micros::ZERO,
            expired: Micros::ZERO,
        };
        let to = if waits { Held::Pending } else { Held::Points };
        self.movements
            .moved(cause, (Held::Issued, to), day, lot.expires, points, told)?;
        let number = self.lots.len();
        self.lots.push(lot);
        if waits {
            let days = i32::try_from(self.terms.pending_days).unwrap_or(i32::MAX);
            self.pending.insert((day.plus_days(days), number));
        } else {
            self.make_spendable(number)?;
        }
        Ok(())
    }

    /// Takes back the part of a lot's points that falls on `amount` of what it was earned on. The parts of several returns sum to the whole.
    pub fn take_back(&mut self, number: usize, amount: Micros, day: Day) -> Result<(), Problem> {
        let lot = &mut self.lots[number];
        lot.returned = lot.returned.plus(amount)?;
        let due = quotient(lot.points.times_micros(lot.returned), lot.amount, 0, Rounding::HalfUp)?;
        let going = due.minus(lot.taken)?;
        let figures = vec![
            self.movements.measured(lot.cause, amount),
            self.movements.measured(lot.cause, lot.amount),
            Figure::Day(lot.day.0),
            Figure::Day(day.0),
            Figure::quantity(going),
            Figure::quantity(lot.points),
        ];
        self.movements.note(lot.cause, day, Say::TakenBack, figures);
        self.remove(number, going, day)
    }

    /// First what is left of the lot, then what expired of it, then what was used of it, which falls to the other lots.
    fn remove(&mut self, number: usize, going: Micros, day: Day) -> Result<(), Problem> {
        let lot = &mut self.lots[number];
        let (cause, pending) = (lot.cause, lot.pending);
        let expires = lot.expires.filter(|expires| *expires >= day);
        let left = going.min(lot.left);
        let expired = going.minus(left)?.min(lot.expired);
        let used = going.minus(left)?.minus(expired)?.min(lot.used);
        lot.left = lot.left.minus(left)?;
        lot.expired = lot.expired.minus(expired)?;
        lot.used = lot.used.minus(used)?;
        lot.taken = lot.taken.plus(left)?.plus(expired)?;
        if lot.left == Micros::ZERO {
            self.spendable.remove(&place(number, &self.lots[number]));
        }
        let from = if pending { Held::Pending } else { Held::Points };
        self.movements.take(cause, (Held::Issued, from), day, expires, left)?;
        self.movements
            .take(cause, (Held::Issued, Held::Expired), day, None, expired)?;
        let missing = self.use_lots(used, day, None)?;
        let forgiven = match self.terms.negative_balance {
            NegativeBalance::Never => missing,
            NegativeBalance::ByReturns | NegativeBalance::Allowed => {
                self.debt = self.debt.plus(missing)?;
                Micros::ZERO
            }
        };
        let asked = used.minus(forgiven)?;
        let lot = &mut self.lots[number];
        lot.used = lot.used.plus(forgiven)?;
        lot.taken = lot.taken.plus(asked)?;
        self.movements
            .take(cause, (Held::Issued, Held::Points), day, expires, asked)?;
        if forgiven != Micros::ZERO {
            let figures = vec![Figure::quantity(forgiven), Figure::Day(day.0)];
            self.movements.note(cause, day, Say::Forgiven, figures);
        }
        Ok(())
    }

    /// Uses points, of the lots closest to expiry first.
    ///
    /// Errors: more than there are, unless the terms allow it.
    pub fn redeem(&mut self, points: Micros, day: Day, position: u64) -> Result<(), Problem> {
        self.touch(day);
        let missing = self.use_lots(points, day, Some(Cause::Redeemed))?;
        if missing == Micros::ZERO {
            return Ok(());
        }
        if self.terms.negative_balance != NegativeBalance::Allowed {
            let message = format!(
                "{points} points are used on {day} and {} can be spent: correct the row, or let `negative-balance` be `allowed`",
                points.minus(missing)?
            );
            return Err(Problem::new("points-missing", &message).in_row(position));
        }
        self.debt = self.debt.plus(missing)?;
        let figures = vec![Figure::quantity(missing), Figure::Day(day.0)];
        let way = (Held::Points, Held::Redeemed);
        self.movements
            .moved(Cause::Redeemed, way, day, None, missing, (Say::UsedAhead, figures))
    }

    /// Undoes the use of points: first of those used ahead, then of the lots that expire last.
    ///
    /// Errors: more than were used.
    pub fn undo(&mut self, points: Micros, day: Day, position: u64) -> Result<(), Problem> {
        self.touch(day);
        let figures = vec![Figure::quantity(points), Figure::Day(day.0)];
        let way = (Held::Points, Held::Redeemed);
        self.movements.moved(
            Cause::Redeemed,
            way,
            day,
            None,
            points.negated()?,
            (Say::UseUndone, figures),
        )?;
        let ahead = points.min(self.debt);
        self.debt = self.debt.minus(ahead)?;
        let mut undone = points.minus(ahead)?;
        let mut used: Vec<Place> = (0..self.lots.len())
            .filter(|number| self.lots[*number].used > Micros::ZERO)
            .map(|number| place(number, &self.lots[number]))
            .collect();
        used.sort_unstable();
        for (_, _, number) in used.into_iter().rev() {
            let lot = &mut self.lots[number];
            let part = undone.min(lot.used);
            undone = undone.minus(part)?;
            lot.used = lot.used.minus(part)?;
            lot.left = lot.left.plus(part)?;
            if part == Micros::ZERO {
                break;
            }
            if lot.expires.is_some_and(|expires| expires < day) {
                self.expire(number, day, Say::Expired)?;
            } else {
                self.spendable.insert(place(number, &self.lots[number]));
            }
        }
        if undone != Micros::ZERO {
            let message = format!("{undone} points more come back on {day} than were used: correct the row");
            return Err(Problem::new("points-not-used", &message).in_row(position));
        }
        Ok(())
    }

    /// Takes points away by hand.
    ///
    /// Errors: more than there are, unless the terms allow it.
    pub fn withdraw(&mut self, points: Micros, day: Day, position: u64) -> Result<(), Problem> {
        let mut missing = points;
        while let Some(place) = self.spendable.first().copied().filter(|_| missing > Micros::ZERO) {
            let lot = &mut self.lots[place.2];
            let part = missing.min(lot.left);
            missing = missing.minus(part)?;
            lot.left = lot.left.minus(part)?;
            lot.taken = lot.taken.plus(part)?;
            if lot.left == Micros::ZERO {
                self.spendable.remove(&place);
            }
        }
        if missing != Micros::ZERO && self.terms.negative_balance != NegativeBalance::Allowed {
            let message = format!(
                "{points} points are taken on {day} and {} can be spent: correct the row, or let `negative-balance` be `allowed`",
                points.minus(missing)?
            );
            return Err(Problem::new("points-missing", &message).in_row(position));
        }
        self.debt = self.debt.plus(missing)?;
        let figures = vec![Figure::quantity(points), Figure::Day(day.0)];
        let way = (Held::Issued, Held::Points);
        self.movements.moved(
            Cause::Adjusted,
            way,
            day,
            None,
            points.negated()?,
            (Say::Withdrawn, figures),
        )
    }

    /// Marks points of the spendable lots as used and answers how many are missing. With a cause they move, too.
    fn use_lots(&mut self, points: Micros, day: Day, cause: Option<Cause>) -> Result<Micros, Problem> {
        let mut missing = points;
        while let Some(place) = self.spendable.first().copied().filter(|_| missing > Micros::ZERO) {
            let lot = &mut self.lots[place.2];
            let part = missing.min(lot.left);
            missing = missing.minus(part)?;
            lot.left = lot.left.minus(part)?;
            lot.used = lot.used.plus(part)?;
            if lot.left == Micros::ZERO {
                self.spendable.remove(&place);
            }
            if let Some(cause) = cause {
                let (used, lot_day) = (Figure::Day(day.0), Figure::Day(place.1.0));
                let told = (Say::Used, vec![Figure::quantity(part), used, lot_day]);
                let way = (Held::Points, Held::Redeemed);
                self.movements.moved(cause, way, day, None, part, told)?;
            }
        }
        Ok(missing)
    }

    fn release_first(&mut self, day: Day) -> Result<(), Problem> {
        let Some((_, number)) = self.pending.pop_first() else {
            return Ok(());
        };
        let lot = &mut self.lots[number];
        lot.pending = false;
        if lot.left == Micros::ZERO {
            return Ok(());
        }
        let figures = [lot.day, day].map(|day| Figure::Day(day.0));
        let told = (
            Say::Released,
            std::iter::once(Figure::quantity(lot.left)).chain(figures).collect(),
        );
        let way = (Held::Pending, Held::Points);
        self.movements
            .moved(Cause::Released, way, day, lot.expires, lot.left, told)?;
        self.make_spendable(number)
    }

    /// Points that were used before they were earned are made up for first.
    fn make_spendable(&mut self, number: usize) -> Result<(), Problem> {
        let lot = &mut self.lots[number];
        let made_up = self.debt.min(lot.left);
        self.debt = self.debt.minus(made_up)?;
        lot.left = lot.left.minus(made_up)?;
        lot.used = lot.used.plus(made_up)?;
        if lot.left > Micros::ZERO {
            self.spendable.insert(place(number, &self.lots[number]));
        }
        Ok(())
    }

    fn first_expires(&self) -> bool {
        self.spendable
            .first()
            .is_some_and(|(_, _, number)| self.lots[*number].expires.is_some())
    }

    fn expire_first(&mut self, day: Day, say: Say) -> Result<(), Problem> {
        match self.spendable.pop_first() {
            Some((_, _, number)) => self.expire(number, day, say),
            None => Ok(()),
        }
    }

    fn expire(&mut self, number: usize, day: Day, say: Say) -> Result<(), Problem> {
        let lot = &mut self.lots[number];
        let gone = std::mem::take(&mut lot.left);
        lot.expired = lot.expired.plus(gone)?;
        let days = [lot.day, day].map(|day| Figure::Day(day.0));
        let told = (say, std::iter::once(Figure::quantity(gone)).chain(days).collect());
        let way = (Held::Points, Held::Expired);
        self.movements.moved(Cause::Expired, way, day, None, gone, told)
    }

    fn touch(&mut self, day: Day) {
        if let Some(Expiry {
            after: After::InactiveMonths(months),
            until,
        }) = self.terms.expiry
        {
            let last = until.end(day.plus_months(i32::try_from(months).unwrap_or(i32::MAX)));
            self.inactive_on = (last < Day::LAST).then(|| last.plus_days(1));
        }
    }
}

fn place(number: usize, lot: &Lot) -> Place {
    (lot.expires.unwrap_or(Day::LAST), lot.day, number)
}

/// The last day of a lot; none where lots do not expire one by one, or beyond the calendar.
fn expires(expiry: Expiry, day: Day) -> Option<Day> {
    let count = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let last = match expiry.after {
        After::Days(days) => day.plus_days(count(days)),
        After::Months(months) => day.plus_months(count(months)),
        After::Years(years) => day.plus_months(count(years).saturating_mul(12)),
        After::InactiveMonths(_) => return None,
    };
    let last = expiry.until.end(last);
    (last < Day::LAST).then_some(last)
}

impl Until {
    fn end(self, day: Day) -> Day {
        match self {
            Until::Day => day,
            Until::EndOfMonth => day.end_of_month(),
            Until::EndOfYear => day.end_of_year(),
        }
    }
}
