//! A plugin's steps and milestones in words: the descriptor's sentences with the figures put in.

use domain::calculation::{Figure, Measure, Milestone, Outcome, Step};
use domain::currency::Currency;
use domain::money::Micros;
use domain::plugin::Descriptor;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::output;

/// One line of the arithmetic.
#[derive(Debug, Serialize)]
pub struct Line {
    pub rule: String,
    pub words: String,
    /// What it adds to its rule's transfers.
    pub amount: Option<Micros>,
}

/// How far it is to something.
#[derive(Debug, Serialize)]
pub struct Goal {
    pub rule: String,
    pub words: String,
    pub measure: Measure,
    pub reached: Micros,
    pub target: Micros,
    pub worth: Option<Micros>,
}

pub fn steps(descriptor: &Descriptor, currency: Currency, steps: &[Step]) -> Vec<Line> {
    let line = |step: &Step| Line {
        rule: step.rule.clone(),
        words: sentence(descriptor, currency, step.message, &step.figures),
        amount: step.amount,
    };
    steps.iter().map(line).collect()
}

pub fn milestones(descriptor: &Descriptor, currency: Currency, outcome: &Outcome) -> Vec<Goal> {
    let goal = |milestone: &Milestone| Goal {
        rule: milestone.rule.clone(),
        words: sentence(descriptor, currency, milestone.message, &milestone.figures),
        measure: milestone.measure,
        reached: milestone.reached,
        target: milestone.target,
        worth: milestone.worth,
    };
    outcome.milestones.iter().map(goal).collect()
}

/// The message with `{0}`, `{1}` … replaced. That all of them are there was checked when the proposal came in.
fn sentence(descriptor: &Descriptor, currency: Currency, message: u32, figures: &[Figure]) -> String {
    let Some(message) = descriptor.messages.get(message as usize) else {
        return format!("message {message} of plugin `{}` is missing", descriptor.id);
    };
    let mut words = String::new();
    let mut rest = &*message.text;
    while let Some((before, after)) = rest.split_once('{') {
        words.push_str(before);
        let (place, after) = after.split_once('}').unwrap_or((after, ""));
        match place.parse::<usize>().ok().and_then(|place| figures.get(place)) {
            Some(figure) => words.push_str(&show(figure, currency)),
            None => words.push_str(place),
        }
        rest = after;
    }
    words + rest
}

fn show(figure: &Figure, currency: Currency) -> String {
    match figure {
        Figure::Money(amount) => output::amount(*amount, currency.digits()),
        Figure::Quantity(quantity) => output::amount(*quantity, 0),
        Figure::Rate(rate) => format!("{} %", (*rate * Decimal::ONE_HUNDRED).normalize()),
        Figure::Number(number) => number.normalize().to_string(),
        Figure::Count(count) => output::count(*count),
        Figure::Day(day) => day.to_string(),
        Figure::Text(text) => text.clone(),
    }
}
