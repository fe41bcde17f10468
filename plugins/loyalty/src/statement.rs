//! A history as transfers, steps and milestones of one period.

use gtm_sdk::explanation::Rule;
use gtm_sdk::{Context, Figure, Micros, Milestone, Outcome, Problem, Transfer};

use crate::history::History;
use crate::ladder::Ladder;
use crate::liability::Owed;
use crate::movements::{Cause, Held, Line};
use crate::terms::{By, Liability, Post, Terms, Tiers};
use crate::words::Say;

/// The unit of every balance but those for the books.
pub const POINTS: &str = "points";

/// Errors: a number beyond all bounds.
pub fn write(terms: &Terms, context: &Context, mut history: History<'_>) -> Result<Outcome, Problem> {
    let mut outcome = Outcome::default();
    let mut causes: Vec<(Cause, &str)> = terms
        .earn
        .iter()
        .enumerate()
        .map(|(number, rule)| (Cause::Earned(number), &*rule.rule))
        .collect();
    causes.extend([
        (Cause::Adjusted, "adjusted"),
        (Cause::Released, "released"),
        (Cause::Redeemed, "redeemed"),
        (Cause::Expired, "expired"),
    ]);
    for (cause, name) in causes {
        let lines = history.lots.movements.lines.remove(&cause).unwrap_or_default();
        write_points(name, cause, lines, &history, context, &mut outcome)?;
    }
    write_balance(&history, &mut outcome)?;
    if let (Some(tiers), Some(ladder)) = (&terms.tiers, &history.ladder) {
        write_standing(tiers, ladder, &mut outcome)?;
    }
    if let (Some(liability), Some(before), Some(after)) = (&terms.liability, history.before, history.after) {
        write_liability(liability, before, after, context, &mut outcome)?;
    }
    Ok(outcome)
}

fn write_points(
    name: &str,
    cause: Cause,
    lines: Vec<Line>,
    history: &History<'_>,
    context: &Context,
    outcome: &mut Outcome,
) -> Result<(), Problem> {
    let mut rule = Rule::new(name);
    for line in lines {
        match line.points {
            Some(points) => rule.step(line.say, line.figures, points)?,
            None => rule.note(line.say, line.figures),
        }
    }
    let moved = history.lots.movements.moved.iter();
    let transfers = moved.filter(|((of, ..), _)| *of == cause);
    let transfers = transfers.map(|((_, (from, to), expires), (points, day))| Transfer {
        effective: day.0,
        expires: expires.map(|day| day.0),
        ..Transfer::new(context, from.code(), to.code())
            .in_unit(POINTS)
            .of(*points)
    });
    rule.pay_in_parts(transfers.collect(), outcome)
}

fn write_balance(history: &History<'_>, outcome: &mut Outcome) -> Result<(), Problem> {
    let held = |balance| Figure::quantity(history.lots.movements.held(balance));
    let figures = [Held::Points, Held::Pending, Held::Issued, Held::Redeemed, Held::Expired].map(held);
    note("balance", Say::Balance, figures, outcome)
}

fn write_standing(tiers: &Tiers, ladder: &Ladder<'_>, outcome: &mut Outcome) -> Result<(), Problem> {
    let counted = tiers.by.figure(ladder.total.by(tiers.by));
    match ladder.tier.and_then(|tier| tiers.tiers.get(tier)) {
        Some(tier) => {
            let figures = [Figure::text(&tier.tier), Figure::Day(ladder.since.0), counted];
            note("tier", Say::Standing, figures, outcome)?;
            if !tier.or.is_empty() {
                write_met(ladder, outcome)?;
            }
        }
        None => note("tier", Say::NoStanding, [counted], outcome)?,
    }
    if let Some(review) = ladder.review.filter(|_| ladder.tier.is_some()) {
        note("tier", Say::Reviewed, [Figure::Day(review.0)], outcome)?;
    }
    let Some(next) = ladder.next().and_then(|next| tiers.tiers.get(next)) else {
        return Ok(());
    };
    for rule in tiers.rules(next) {
        let reached = ladder.total.by(rule.by);
        let say = match rule.by {
            _ if next.or.is_empty() => Say::NextTier,
            By::Points => Say::NextByPoints,
            By::Net | By::Gross => Say::NextByValue,
            By::Purchases => Say::NextByPurchases,
        };
        let figures = [rule.by.figure(rule.from.minus(reached)?), Figure::text(&next.tier)];
        match rule.by.measure() {
            Some(measure) => outcome.milestones.push(Milestone {
                rule: "tier".to_owned(),
                message: say.into(),
                figures: figures.into(),
                measure,
                reached: reached.0,
                target: rule.from.0,
                // A tier is worth what is bought after it.
                worth: None,
            }),
            None => note("tier", say, figures, outcome)?,
        }
    }
    Ok(())
}

/// Which of the rules of the tier was met.
fn write_met(ladder: &Ladder<'_>, outcome: &mut Outcome) -> Result<(), Problem> {
    let Some((rule, counted)) = ladder.met else {
        return note("tier", Say::MovedDown, [], outcome);
    };
    let say = match rule.by {
        By::Points => Say::MetByPoints,
        By::Net | By::Gross => Say::MetByValue,
        By::Purchases => Say::MetByPurchases,
    };
    note(
        "tier",
        say,
        [counted, rule.from].map(|amount| rule.by.figure(amount)),
        outcome,
    )
}

fn write_liability(
    liability: &Liability,
    before: Owed,
    after: Owed,
    context: &Context,
    outcome: &mut Outcome,
) -> Result<(), Problem> {
    let digits = context.currency_digits;
    let (was, is) = (before.allocated(digits)?, after.allocated(digits)?);
    let (was_recognised, is_recognised) = (before.recognised(digits)?, after.recognised(digits)?);
    let mut deferred = Rule::new("deferred");
    deferred.note(
        Say::StandAlone,
        [
            Figure::quantity(after.points),
            Figure::money(liability.value_per_point),
            Figure::rate(after.rate),
            Figure::money(after.stand_alone),
        ],
    );
    let goods = after.price.minus(is)?;
    deferred.note(Say::Allocated, [after.price, is, goods].map(Figure::money));
    let change = is.minus(was)?;
    let figures = [is, was, change].map(Figure::money);
    finish(
        liability.post,
        deferred,
        (Say::Deferred, figures.into()),
        change,
        ("revenue", "deferred"),
        context,
        outcome,
    )?;
    let change = is_recognised.minus(was_recognised)?;
    let mut figures = vec![Figure::quantity(after.used), Figure::quantity(after.expected)];
    figures.extend([is_recognised, was_recognised, change].map(Figure::money));
    let recognised = Rule::new("recognised");
    finish(
        liability.post,
        recognised,
        (Say::Recognised, figures),
        change,
        ("deferred", "revenue"),
        context,
        outcome,
    )
}

/// The last line of a rule for the books, with its transfer where the terms ask for one.
fn finish(
    post: Post,
    mut rule: Rule,
    (say, figures): (Say, Vec<Figure>),
    change: Micros,
    (from, to): (&str, &str),
    context: &Context,
    outcome: &mut Outcome,
) -> Result<(), Problem> {
    match post {
        Post::Explain => rule.note(say, figures),
        Post::Transfer => rule.step(say, figures, change)?,
    }
    rule.pay(Transfer::new(context, from, to), outcome);
    Ok(())
}

/// A rule that only explains.
fn note<const N: usize>(name: &str, say: Say, figures: [Figure; N], outcome: &mut Outcome) -> Result<(), Problem> {
    let mut rule = Rule::new(name);
    rule.note(say, figures);
    rule.pay_in_parts(Vec::new(), outcome)
}
