//! The tier of a member, day by day: what counts within the window, when a tier is reached and when it is reviewed.
//!
//! A tier is reached on the day on which the window holds what it asks for. It is held until the next review, which looks at the window
//! that has just ended: who still reaches it keeps it, who does not is moved down as the terms say.

use std::collections::VecDeque;

use gtm_sdk::{Day, Micros, Problem, Sum};

use crate::terms::{Downgrade, TierWindow, Tiers};

#[derive(Debug, Clone)]
pub struct Ladder<'a> {
    terms: &'a Tiers,
    enrolled: Day,
    /// Place of the tier in the terms.
    pub tier: Option<usize>,
    pub since: Day,
    pub review: Option<Day>,
    counted: VecDeque<(Day, Micros)>,
    total: Sum,
}

impl<'a> Ladder<'a> {
    /// Before anything counts. `from` is the first day that is looked at.
    pub fn new(terms: &'a Tiers, enrolled: Day, from: Day) -> Self {
        let mut ladder = Ladder {
            terms,
            enrolled,
            tier: None,
            since: from,
            review: None,
            counted: VecDeque::new(),
            total: Sum::ZERO,
        };
        ladder.tier = ladder.reached(Micros::ZERO);
        ladder.review = ladder.next_review(from);
        ladder
    }

    /// What counts on the day that was last looked at. Errors: an amount beyond all bounds.
    pub fn counted(&self) -> Result<Micros, Problem> {
        self.total.micros()
    }

    /// The tier after the one that is held, and where it begins.
    pub fn next(&self) -> Option<usize> {
        let next = self.tier.map_or(0, |tier| tier + 1);
        (next < self.terms.tiers.len()).then_some(next)
    }

    /// Goes on to a day: reviews that are due are held, and what lies before the window no longer counts.
    pub fn advance(&mut self, day: Day) -> Result<(), Problem> {
        while let Some(review) = self.review.filter(|review| *review <= day) {
            self.trim(review.plus_days(-1));
            self.hold_review(review)?;
        }
        self.trim(day);
        Ok(())
    }

    /// Counts something on a day.
    pub fn count(&mut self, day: Day, amount: Micros) -> Result<(), Problem> {
        self.advance(day)?;
        self.counted.push_back((day, amount));
        self.total.add(amount);
        let reached = self.reached(self.total.micros()?);
        if reached > self.tier {
            self.tier = reached;
            self.since = day;
            self.review = self.next_review(day);
        }
        Ok(())
    }

    fn hold_review(&mut self, review: Day) -> Result<(), Problem> {
        let reached = self.reached(self.total.micros()?);
        if reached < self.tier {
            let down = self.tier.and_then(|tier| tier.checked_sub(1));
            let moved = match self.terms.downgrade {
                Downgrade::None => self.tier,
                Downgrade::OneDown => down.max(reached),
                Downgrade::BalanceBased => reached,
            };
            if moved != self.tier {
                self.tier = moved;
                self.since = review;
            }
        }
        self.review = self.next_review(review);
        Ok(())
    }

    fn reached(&self, counted: Micros) -> Option<usize> {
        self.terms
            .tiers
            .partition_point(|tier| tier.from <= counted)
            .checked_sub(1)
    }

    fn trim(&mut self, day: Day) {
        let first = match self.terms.window {
            TierWindow::CalendarYear => day.start_of_year(),
            TierWindow::Anniversary => self.anniversary(day, 0),
            TierWindow::RollingMonths(months) => day.plus_days(1).plus_months(-signed(months)),
        };
        while let Some((_, amount)) = self.counted.front().copied().filter(|(counted, _)| *counted < first) {
            self.counted.pop_front();
            self.total.subtract(amount);
        }
    }

    fn next_review(&self, day: Day) -> Option<Day> {
        let review = match self.terms.window {
            TierWindow::CalendarYear => day.end_of_year().plus_days(1),
            TierWindow::Anniversary => self.anniversary(day, 1),
            // Without a tier there is nothing to review.
            TierWindow::RollingMonths(months) => {
                self.tier?;
                day.plus_months(signed(months))
            }
        };
        // At the end of the calendar there is no later day.
        (review > day).then_some(review)
    }

    /// The first day of the year of membership that a day lies in, or of a later one.
    fn anniversary(&self, day: Day, later: i32) -> Day {
        let years = day.year() - self.enrolled.year();
        let begun = self.enrolled.plus_months(12 * years) <= day;
        let years = if begun { years } else { years - 1 };
        self.enrolled.plus_months(12 * (years + later))
    }
}

fn signed(months: u32) -> i32 {
    i32::try_from(months).unwrap_or(i32::MAX)
}
