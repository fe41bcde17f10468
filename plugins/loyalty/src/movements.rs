//! What moved between the balances in the period, and the sentences for it; and what the balances hold since the beginning.

use std::collections::BTreeMap;

use gtm_sdk::{Day, Figure, Micros, Period, Problem};

use crate::terms::Measure;
use crate::words::Say;

/// The rule that a movement belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// By its place in the terms.
    Earned(usize),
    Adjusted,
    Released,
    Redeemed,
    Expired,
}

/// A balance of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    Issued,
    Pending,
    Points,
    Redeemed,
    Expired,
}

impl Held {
    pub fn code(self) -> &'static str {
        match self {
            Held::Issued => "issued",
            Held::Pending => "pending",
            Held::Points => "points",
            Held::Redeemed => "redeemed",
            Held::Expired => "expired",
        }
    }
}

/// From which balance to which.
pub type Way = (Held, Held);

/// A sentence with its figures, and what it adds.
#[derive(Debug)]
pub struct Line {
    pub say: Say,
    pub figures: Vec<Figure>,
    pub points: Option<Micros>,
}

#[derive(Debug)]
pub struct Movements {
    period: Period,
    measures: Vec<Measure>,
    /// What moved in the period, by rule, way and last day of use; with the last day on which something did.
    pub moved: BTreeMap<(Cause, Way, Option<Day>), (Micros, Day)>,
    pub lines: BTreeMap<Cause, Vec<Line>>,
    /// What each balance holds. Issued is what the others sum to.
    held: BTreeMap<Held, Micros>,
}

impl Movements {
    /// `measures` are those of the rules that earn.
    pub fn new(period: Period, measures: Vec<Measure>) -> Self {
        Movements {
            period,
            measures,
            moved: BTreeMap::new(),
            lines: BTreeMap::new(),
            held: BTreeMap::new(),
        }
    }

    pub fn held(&self, balance: Held) -> Micros {
        self.held.get(&balance).copied().unwrap_or_default()
    }

    /// Moves points and tells it. Negative points run the other way.
    pub fn moved(
        &mut self,
        cause: Cause,
        way: Way,
        day: Day,
        expires: Option<Day>,
        points: Micros,
        (say, figures): (Say, Vec<Figure>),
    ) -> Result<(), Problem> {
        self.add(cause, way, day, expires, points)?;
        if self.period.contains(day.0) {
            let points = Some(points);
            let lines = self.lines.entry(cause).or_default();
            lines.push(Line { say, figures, points });
        }
        Ok(())
    }

    /// Takes points back. The sentence for it is the last of its rule.
    pub fn take(
        &mut self,
        cause: Cause,
        way: Way,
        day: Day,
        expires: Option<Day>,
        points: Micros,
    ) -> Result<(), Problem> {
        let taken = points.negated()?;
        self.add(cause, way, day, expires, taken)?;
        if self.period.contains(day.0)
            && let Some(line) = self.lines.get_mut(&cause).and_then(|lines| lines.last_mut())
        {
            line.points = Some(line.points.unwrap_or_default().plus(taken)?);
        }
        Ok(())
    }

    pub fn note(&mut self, cause: Cause, day: Day, say: Say, figures: Vec<Figure>) {
        if self.period.contains(day.0) {
            let points = None;
            let lines = self.lines.entry(cause).or_default();
            lines.push(Line { say, figures, points });
        }
    }

    /// What a rule measures, as a figure.
    pub fn measured(&self, cause: Cause, amount: Micros) -> Figure {
        let measure = match cause {
            Cause::Earned(rule) => self.measures.get(rule),
            _ => None,
        };
        match measure {
            Some(Measure::Net | Measure::Gross) => Figure::money(amount),
            Some(Measure::Quantity) | None => Figure::quantity(amount),
        }
    }

    fn add(&mut self, cause: Cause, way: Way, day: Day, expires: Option<Day>, points: Micros) -> Result<(), Problem> {
        let (from, to) = way;
        // What is issued grows by what leaves it: it stands on the other side of the books.
        let leaves = if from == Held::Issued {
            points
        } else {
            points.negated()?
        };
        for (balance, change) in [(from, leaves), (to, points)] {
            let held = self.held.entry(balance).or_default();
            *held = held.plus(change)?;
        }
        if self.period.contains(day.0) {
            let moved = self.moved.entry((cause, way, expires)).or_insert((Micros::ZERO, day));
            moved.0 = moved.0.plus(points)?;
            moved.1 = day;
        }
        Ok(())
    }
}
