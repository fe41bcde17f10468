//! The answer and its explanation, made together so that they cannot disagree.
//!
//! A [`Rule`] is one part of the terms at work. Its steps are collected with exact amounts; the transfer's amount is the sum of
//! them, rounded once. The sentences stand in an enum made by [`messages!`](crate::messages), so that a step cannot name one
//! that does not exist.
//!
//! ```
//! use gtm_sdk::explanation::Rule;
//! use gtm_sdk::rounding::Rounding;
//! use gtm_sdk::{Context, Figure, Micros, Outcome, Problem, Rate, Transfer};
//!
//! gtm_sdk::messages! {
//!     pub enum Say {
//!         Share = "share": "{0} of {1}",
//!         Rounded = "rounded": "rounded from {0} to {1}",
//!     }
//! }
//!
//! fn answer(context: &Context, volume: Micros, rate: Rate) -> Result<Outcome, Problem> {
//!     let mut outcome = Outcome::default();
//!     let mut rule = Rule::new("volume");
//!     rule.step(Say::Share, [Figure::rate(rate), Figure::money(volume)], volume.times(rate))?;
//!     rule.round(Say::Rounded, context.currency_digits, Rounding::HalfUp)?;
//!     rule.pay(Transfer::new(context, "expense", "payable").with_rate(rate), &mut outcome);
//!     Ok(outcome)
//! }
//!
//! # let year = gtm_sdk::Period { label: "2011".into(), start: 14_975, end: 15_339 };
//! # let participant = gtm_sdk::Participant {
//! #     account: "A-1".into(), attributes: vec![], enrolled_from: 0, enrolled_until: None, agreed: vec![],
//! # };
//! # let context = Context {
//! #     program: String::new(), terms: String::new(), participant, period: year.clone(), year, gathered: vec![],
//! #     currency: "GBP".into(), currency_digits: 2, opening_balances: vec![], products: vec![], end_customers: vec![],
//! #     dictionaries: vec![],
//! # };
//! let outcome = answer(&context, "48.50".parse()?, "2.5 %".parse()?)?;
//! assert_eq!(outcome.transfers[0].amount, 1_210_000);
//! let steps: Vec<_> = outcome.steps.iter().map(|step| step.amount.unwrap()).collect();
//! assert_eq!(steps, [1_212_500, -2_500]);
//! # Ok::<(), Problem>(())
//! ```

use rust_decimal::Decimal;

use crate::bindings::gtm::program::types::Decimal as Wire;
use crate::context::wire;
use crate::money::Exact;
use crate::rounding::{Rounding, round};
use crate::{Citations, Context, Figure, Micros, Outcome, Problem, Rate, Step, Transfer};

/// What is wrong with the name of a rule: the ledger knows it by this name, so it is short, plain and kebab-case.
///
/// ```
/// use gtm_sdk::explanation::rule_name;
///
/// assert!(rule_name("volume-2024").is_none());
/// assert_eq!(rule_name("Volume Rebate").unwrap().code, "rule-name");
/// ```
pub fn rule_name(name: &str) -> Option<Problem> {
    let kebab = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .split('-')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
    (!kebab || name.len() > 60).then(|| {
        let message = format!("`{name}` is no name for a rule: write up to 60 small letters, digits and hyphens");
        Problem::new("rule-name", &message)
    })
}

/// One rule's steps on the way to its transfers.
#[derive(Debug)]
pub struct Rule {
    name: String,
    steps: Vec<Step>,
    total: Exact,
    /// What the steps say so far, in micros: the total of the exact amounts, rounded.
    said: Micros,
}

impl Rule {
    /// `name` is which part of the terms it follows from, such as `volume`. It stays the same from run to run, since the host
    /// subtracts what it posted before by this name.
    pub fn new(name: &str) -> Self {
        Rule {
            name: name.to_owned(),
            steps: Vec::new(),
            total: Exact::ZERO,
            said: Micros::ZERO,
        }
    }

    /// A line that explains and adds nothing.
    pub fn note(&mut self, message: impl Into<u32>, figures: impl IntoIterator<Item = Figure>) {
        self.write(message.into(), figures, None);
    }

    /// A line that adds an amount, negative to take away. Fractions of a micro are carried from step to step, so that the lines sum to the
    /// total whatever they are.
    ///
    /// Errors: the sum is larger than an amount can be.
    pub fn step(
        &mut self,
        message: impl Into<u32>,
        figures: impl IntoIterator<Item = Figure>,
        amount: impl Into<Exact>,
    ) -> Result<(), Problem> {
        self.total = self.total.plus(amount.into())?;
        let said = round(self.total, 6, Rounding::HalfUp)?;
        let added = said.minus(self.said)?;
        self.said = said;
        self.write(message.into(), figures, Some(added.0));
        Ok(())
    }

    /// What the steps sum to, unrounded.
    pub fn total(&self) -> Exact {
        self.total
    }

    /// Rounds the total, from its exact value, and says so in a line when that changes it. The line's figures are the amount before,
    /// to the micro, and after.
    pub fn round(&mut self, message: impl Into<u32>, digits: u8, rounding: Rounding) -> Result<Micros, Problem> {
        let (before, after) = (self.said, round(self.total, digits, rounding)?);
        self.total = after.into();
        self.said = after;
        if before != after {
            let difference = after.minus(before)?;
            self.write(
                message.into(),
                [Figure::money(before), Figure::money(after)],
                Some(difference.0),
            );
        }
        Ok(after)
    }

    /// Ends the rule with one transfer of what the steps sum to; with none where that is zero.
    pub fn pay(self, transfer: Transfer, outcome: &mut Outcome) {
        if self.said != Micros::ZERO {
            outcome.transfers.push(Transfer {
                rule: self.name,
                amount: self.said.0,
                ..transfer
            });
        }
        outcome.steps.extend(self.steps);
    }

    /// Ends the rule with several transfers. Those of zero are left out.
    ///
    /// Errors: the amounts do not sum to what the steps do.
    pub fn pay_in_parts(self, transfers: Vec<Transfer>, outcome: &mut Outcome) -> Result<(), Problem> {
        let sum = transfers
            .iter()
            .map(|transfer| Micros(transfer.amount))
            .sum::<crate::Sum>()
            .micros()?;
        if sum != self.said {
            let message = format!(
                "the parts of rule `{}` sum to {sum} and its steps to {}",
                self.name, self.said
            );
            return Err(Problem::new("parts", &message));
        }
        let parts = transfers.into_iter().filter(|transfer| transfer.amount != 0);
        outcome.transfers.extend(parts.map(|transfer| Transfer {
            rule: self.name.clone(),
            ..transfer
        }));
        outcome.steps.extend(self.steps);
        Ok(())
    }

    fn write(&mut self, message: u32, figures: impl IntoIterator<Item = Figure>, amount: Option<i64>) {
        self.steps.push(Step {
            rule: self.name.clone(),
            message,
            figures: figures.into_iter().collect(),
            amount,
        });
    }
}

impl Transfer {
    /// From one balance to another, in the program's currency, effective on the last day of the period, resting on every row
    /// that was sent. Rule and amount come from [`Rule::pay`].
    pub fn new(context: &Context, debit: &str, credit: &str) -> Self {
        Transfer {
            rule: String::new(),
            debit: debit.to_owned(),
            credit: credit.to_owned(),
            amount: 0,
            unit: context.currency.clone(),
            effective: context.period.end,
            expires: None,
            basis: None,
            rate: None,
            citations: Citations::All,
        }
    }

    /// The rate applied.
    pub fn with_rate(self, rate: Rate) -> Self {
        Transfer {
            rate: Some(Wire::from(rate)),
            ..self
        }
    }

    /// The figure it was worked out from, such as the volume.
    pub fn with_basis(self, basis: Micros) -> Self {
        Transfer {
            basis: Some(Wire {
                coefficient: basis.0,
                scale: 6,
            }),
            ..self
        }
    }

    /// In another unit than the currency, such as `points`.
    pub fn in_unit(self, unit: &str) -> Self {
        Transfer {
            unit: unit.to_owned(),
            ..self
        }
    }

    /// Of this amount, for [`Rule::pay_in_parts`].
    pub fn of(self, amount: Micros) -> Self {
        Transfer {
            amount: amount.0,
            ..self
        }
    }

    /// Resting on these rows.
    pub fn citing(self, citations: Citations) -> Self {
        Transfer { citations, ..self }
    }
}

impl From<Rate> for Wire {
    fn from(rate: Rate) -> Wire {
        let (coefficient, scale) = rate.parts();
        // A rate has at most 18 digits, and a decimal at most 28 of them behind the point.
        Wire {
            coefficient,
            scale: scale as u8,
        }
    }
}

impl Figure {
    pub fn money(amount: Micros) -> Self {
        Figure::Money(amount.0)
    }

    pub fn quantity(quantity: Micros) -> Self {
        Figure::Quantity(quantity.0)
    }

    pub fn rate(rate: Rate) -> Self {
        Figure::Rate(rate.into())
    }

    /// Errors: the number is 2^63 or more. More than 18 digits are rounded.
    pub fn number(number: Decimal) -> Result<Self, Problem> {
        Ok(Figure::Number(wire(number)?))
    }

    pub fn text(text: &str) -> Self {
        Figure::Text(text.to_owned())
    }
}

impl Default for Outcome {
    /// Nothing is due.
    fn default() -> Self {
        Outcome {
            transfers: Vec::new(),
            milestones: Vec::new(),
            steps: Vec::new(),
        }
    }
}

/// The sentences of a plugin as an enum: `Name = "id": "text with {0} and {1}"`. The enum gives a step its number, and
/// `ALL` goes to [`Description::messages`](crate::Description::messages). The id stays the same from version to version:
/// translations are filed under it.
///
/// ```
/// gtm_sdk::messages! {
///     pub enum Say {
///         Volume = "volume": "net sales of the period: {0}",
///         Reached = "reached": "{0} at {1} is {2}",
///     }
/// }
/// assert_eq!(u32::from(Say::Reached), 1);
/// assert_eq!(Say::ALL[0], ("volume", "net sales of the period: {0}"));
/// ```
#[macro_export]
macro_rules! messages {
    ($(#[$meta:meta])* $visibility:vis enum $name:ident { $($message:ident = $id:literal: $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $visibility enum $name {
            $(#[doc = $text] $message,)+
        }

        impl $name {
            /// Id and text of each sentence, in the order of their numbers.
            $visibility const ALL: &[(&'static str, &'static str)] = &[$(($id, $text)),+];
        }

        impl From<$name> for u32 {
            fn from(message: $name) -> u32 {
                message as u32
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_steps_of_a_rule_sum_to_its_transfer(
            parts in prop::collection::vec((any::<i32>(), 0u32..1_000_000), 0..20), digits in 0u8..=6,
        ) {
            let mut rule = Rule::new("volume");
            for (amount, millionths) in parts {
                let rate = Rate::from_fraction(Decimal::new(i64::from(millionths), 8)).unwrap();
                rule.step(0u32, [], Micros(i64::from(amount)).times(rate)).unwrap();
            }
            let exact = rule.total();
            let due = rule.round(1u32, digits, Rounding::HalfEven).unwrap();
            prop_assert_eq!(due, round(exact, digits, Rounding::HalfEven).unwrap());
            let mut outcome = Outcome::default();
            let period = crate::Period { label: String::new(), start: 0, end: 0 };
            rule.pay(transfer(&period), &mut outcome);
            let paid: i64 = outcome.transfers.iter().map(|transfer| transfer.amount).sum();
            prop_assert_eq!(paid, due.0);
            prop_assert_eq!(outcome.steps.iter().map(|step| step.amount.unwrap()).sum::<i64>(), paid);
        }
    }

    fn transfer(period: &crate::Period) -> Transfer {
        Transfer {
            rule: String::new(),
            debit: "expense".into(),
            credit: "payable".into(),
            amount: 0,
            unit: "GBP".into(),
            effective: period.end,
            expires: None,
            basis: None,
            rate: None,
            citations: Citations::All,
        }
    }

    #[test]
    fn parts_that_do_not_sum_to_the_steps_are_refused() {
        let period = crate::Period {
            label: String::new(),
            start: 0,
            end: 0,
        };
        let rule = || {
            let mut rule = Rule::new("split");
            rule.step(0u32, [], Micros::whole(10)).unwrap();
            rule
        };
        let part = |amount| transfer(&period).of(Micros::whole(amount));
        let mut outcome = Outcome::default();
        let refused = rule().pay_in_parts(vec![part(3), part(6)], &mut outcome).unwrap_err();
        assert_eq!(
            refused.message,
            "the parts of rule `split` sum to 9 and its steps to 10"
        );
        rule()
            .pay_in_parts(vec![part(3), part(7), part(0)], &mut outcome)
            .unwrap();
        assert_eq!(outcome.transfers.len(), 2);
    }

    #[test]
    fn a_rule_that_earns_nothing_explains_itself_and_moves_nothing() {
        let period = crate::Period {
            label: String::new(),
            start: 0,
            end: 0,
        };
        let mut outcome = Outcome::default();
        let mut rule = Rule::new("volume");
        rule.note(0u32, [Figure::money(Micros::whole(999))]);
        rule.pay(transfer(&period), &mut outcome);
        assert_eq!((outcome.transfers.len(), outcome.steps.len()), (0, 1));
    }
}
