//! The tier of a member, day by day: what counts within the window, when a tier is reached and when it is reviewed.
//!
//! A tier is reached on the day on which the window holds what it asks for. It is held until the next review, which looks at the window
//! that has just ended: who still reaches it keeps it, who does not is moved down as the terms say.

use std::collections::VecDeque;

use gtm_sdk::{Day, Micros, Problem};

use crate::counted::Counted;
use crate::terms::{Downgrade, TierRule, TierWindow, Tiers};

#[derive(Debug, Clone)]
pub struct Ladder<'a> {
    terms: &'a Tiers,
    enrolled: Day,
    /// Place of the tier in the terms.
    pub tier: Option<usize>,
    pub since: Day,
    /// The first rule of the tier that was met when it was reached, or kept at a review, with what was counted for it. Nothing for a tier that a
    /// review moved down to without its being reached.
    pub met: Option<(TierRule, Micros)>,
    pub review: Option<Day>,
    counted: VecDeque<(Day, Counted)>,
    /// What counts on the day that was last looked at.
    pub total: Counted,
}

impl<'a> Ladder<'a> {
    /// Before anything counts. `from` is the first day that is looked at.
    pub fn new(terms: &'a Tiers, enrolled: Day, from: Day) -> Self {
        let mut ladder = Ladder {
            terms,
            enrolled,
            tier: None,
            since: from,
            met: None,
            review: None,
            counted: VecDeque::new(),
            total: Counted::default(),
        };
        ladder.tier = ladder.reached();
        ladder.met = ladder.meets(ladder.tier);
        ladder.review = ladder.next_review(from);
        ladder
    }

    /// The tier after the one that is held, and where it begins.
    pub fn next(&self) -> Option<usize> {
        let next = self.tier.map_or(0, |tier| tier + 1);
        (next < self.terms.tiers.len()).then_some(next)
    }

    /// Goes on to a day: reviews that are due are held, and what lies before the window no longer counts.
    pub fn advance(&mut self, day: Day) -> Result<(), Problem> {
        while let Some(review) = self.review.filter(|review| *review <= day) {
            self.trim(review.plus_days(-1))?;
            self.hold_review(review)?;
        }
        self.trim(day)
    }

    /// Counts something on a day.
    pub fn count(&mut self, day: Day, amount: Counted) -> Result<(), Problem> {
        self.advance(day)?;
        self.counted.push_back((day, amount));
        self.total = self.total.plus(amount)?;
        let reached = self.reached();
        if reached > self.tier {
            self.tier = reached;
            self.since = day;
            self.met = self.meets(reached);
            self.review = self.next_review(day);
        }
        Ok(())
    }

    fn hold_review(&mut self, review: Day) -> Result<(), Problem> {
        let reached = self.reached();
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
                self.met = self.meets(moved);
            }
        } else {
            self.met = self.meets(self.tier);
        }
        self.review = self.next_review(review);
        Ok(())
    }

    /// The highest tier of which a rule is met: each measure rises from tier to tier.
    fn reached(&self) -> Option<usize> {
        let mut tiers = self.terms.tiers.iter();
        tiers.rposition(|tier| self.terms.rules(tier).any(|rule| self.total.meets(rule)))
    }

    fn meets(&self, tier: Option<usize>) -> Option<(TierRule, Micros)> {
        let mut rules = self.terms.rules(self.terms.tiers.get(tier?)?);
        let met = rules.find(|rule| self.total.meets(*rule))?;
        Some((met, self.total.by(met.by)))
    }

    fn trim(&mut self, day: Day) -> Result<(), Problem> {
        let first = match self.terms.window {
            TierWindow::CalendarYear => day.start_of_year(),
            TierWindow::Anniversary => self.anniversary(day, 0),
            TierWindow::RollingMonths(months) => day.plus_days(1).plus_months(-signed(months)),
        };
        while let Some((_, amount)) = self.counted.front().copied().filter(|(counted, _)| *counted < first) {
            self.counted.pop_front();
            self.total = self.total.minus(amount)?;
        }
        Ok(())
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
