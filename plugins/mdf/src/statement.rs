//! The statement of a period: what is accrued, what is put into the fund or converted, what expires, and what is left.

use gtm_sdk::explanation::Rule;
use gtm_sdk::money::UNIT;
use gtm_sdk::rounding::{Rounding, quotient, round};
use gtm_sdk::{Context, Day, Figure, Measure, Micros, Milestone, Outcome, Problem, Transfer};

use crate::accrual::{Accrued, Sales};
use crate::earnings::{Fate, Holding, Lot, holding, lots};
use crate::terms::{Basis, CoOp, Windows};
use crate::words::Say;

/// The rules of every program.
pub const CO_OP: &str = "co-op";
pub const REBATE: &str = "rebate";
pub const RELEASED: &str = "released";
pub const CONVERTED: &str = "converted";
pub const EXPIRED: &str = "expired";
pub const FUND: &str = "fund";

/// Errors: an amount beyond all bounds.
pub fn write(co_op: &CoOp, context: &Context, sales: &Sales) -> Result<Outcome, Problem> {
    let mut outcome = Outcome::default();
    let accrued = sales.accrued(co_op, sales.current(), context.currency_digits)?;
    write_accrued(co_op, context, &accrued, &mut outcome)?;
    let holds = context.opening_balance("fund");
    let mut fund = Rule::new(FUND);
    fund.note(Say::Holds, [Figure::money(holds)]);
    fund.pay_in_parts(Vec::new(), &mut outcome)?;
    if let Some(windows) = &co_op.windows {
        let lots = lots(co_op, windows, sales, context.currency_digits)?;
        write_ended(windows, context, &lots, &mut outcome)?;
        let begins = Day::new(context.period.start);
        let holding = holding(&lots, begins, holds, context.opening_balance("budget"))?;
        write_holding(context, &holding, &mut outcome)?;
        let milestone = to_threshold(co_op, windows, context, sales, &lots)?;
        outcome.milestones.extend(milestone);
    }
    Ok(outcome)
}

fn write_accrued(co_op: &CoOp, context: &Context, accrued: &Accrued, outcome: &mut Outcome) -> Result<(), Problem> {
    let digits = context.currency_digits;
    let mut rule = Rule::new(CO_OP);
    let (say, effective) = match co_op.on {
        Basis::Period => (Say::Accrued, context.period.end),
        Basis::SamePeriodLastYear => (Say::LastYear, context.period.start),
    };
    if let Some(windows) = co_op.windows.filter(|windows| context.period.end < windows.from.0) {
        rule.note(Say::NotYet, [Figure::Day(windows.from.0)]);
    }
    for (net, accrual) in accrued.on.iter().zip(&co_op.accrues) {
        let amount = net.times(accrual.rate);
        let shown = Figure::money(round(amount, 6, Rounding::HalfUp)?);
        rule.step(say, [Figure::money(*net), Figure::rate(accrual.rate), shown], amount)?;
    }
    let rounded = rule.round(Say::Rounded, digits, Rounding::HalfUp)?;
    if let Some(most) = accrued.most.filter(|_| accrued.total != rounded) {
        rule.step(Say::AtMost, [Figure::money(most)], accrued.total.minus(rounded)?)?;
    }
    let rebate = co_op.rebate.filter(|_| accrued.rebate != Micros::ZERO);
    let figures = rebate.map(|share| {
        [
            Figure::rate(share),
            Figure::money(accrued.total),
            Figure::money(accrued.rebate),
        ]
    });
    if let Some(figures) = figures.clone() {
        rule.step(Say::ToRebate, figures, accrued.rebate.negated()?)?;
    }
    let credit = if co_op.windows.is_some() { "earned" } else { "fund" };
    let mut transfer = Transfer {
        effective,
        ..Transfer::new(context, "accrued", credit)
    };
    if let ([net], [accrual]) = (&accrued.on[..], &co_op.accrues[..]) {
        transfer = transfer.with_basis(*net).with_rate(accrual.rate);
    }
    rule.pay(transfer, outcome);
    if let Some(figures) = figures {
        let mut rule = Rule::new(REBATE);
        rule.step(Say::Rebate, figures, accrued.rebate)?;
        let transfer = Transfer {
            effective,
            ..Transfer::new(context, "expense", "payable")
        };
        rule.pay(transfer.with_basis(accrued.total), outcome);
    }
    Ok(())
}

/// What becomes of the earning periods that end in the period, and how the one that is open stands.
fn write_ended(windows: &Windows, context: &Context, lots: &[Lot], outcome: &mut Outcome) -> Result<(), Problem> {
    let (mut open, mut released, mut converted) = (Rule::new(CO_OP), Rule::new(RELEASED), Rule::new(CONVERTED));
    let (mut into_fund, mut into_rebate) = (Vec::new(), Vec::new());
    for lot in lots {
        let earning = lot.earning;
        let days = |days: &[Day]| days.iter().map(|day| Figure::Day(day.0)).collect::<Vec<_>>();
        let amount = vec![Figure::money(lot.amount)];
        let usage = days(&[earning.usable_from(), earning.usable_until, earning.claimable_until]);
        if lot.fate == Fate::Open {
            open.note(Say::Open, [amount, days(&[earning.start, earning.end])].concat());
            open.note(Say::ForUse, usage);
            continue;
        }
        if !context.period.contains(earning.end.0) {
            continue;
        }
        if lot.earned < Micros::ZERO {
            let figures = [Figure::money(lot.earned.negated()?), Figure::Day(earning.end.0)];
            open.note(Say::CameBack, figures);
        }
        if lot.amount == Micros::ZERO {
            continue;
        }
        let told = [amount, days(&[earning.start, earning.end])].concat();
        match (lot.fate, windows.converts_below) {
            (Fate::Converted, Some(threshold)) => {
                let told = [told, vec![Figure::money(threshold)]].concat();
                converted.step(Say::Converted, told, lot.amount)?;
                into_rebate.push(Transfer {
                    effective: earning.end.0,
                    ..Transfer::new(context, "earned", "payable").of(lot.amount)
                });
            }
            _ => {
                released.step(Say::Released, told, lot.amount)?;
                released.note(Say::ForUse, usage);
                into_fund.push(Transfer {
                    effective: earning.end.0,
                    expires: Some(earning.claimable_until.0),
                    ..Transfer::new(context, "earned", "fund").of(lot.amount)
                });
            }
        }
    }
    open.pay_in_parts(Vec::new(), outcome)?;
    released.pay_in_parts(into_fund, outcome)?;
    converted.pay_in_parts(into_rebate, outcome)
}

/// What is left of each earning period, and what expires with the beginning of the period.
fn write_holding(context: &Context, holding: &Holding, outcome: &mut Outcome) -> Result<(), Problem> {
    let mut fund = Rule::new(FUND);
    for (lot, left) in holding.left.iter().filter(|(lot, _)| lot.amount > Micros::ZERO) {
        let earning = lot.earning;
        let mut figures = vec![Figure::money(*left), Figure::money(lot.amount)];
        figures.extend([earning.start, earning.end, earning.claimable_until].map(|day| Figure::Day(day.0)));
        fund.note(Say::Left, figures);
    }
    fund.pay_in_parts(Vec::new(), outcome)?;
    let mut expired = Rule::new(EXPIRED);
    if let Some(until) = holding.claimable_until.filter(|_| holding.lapsed != Micros::ZERO) {
        expired.step(
            Say::Expired,
            [Figure::money(holding.lapsed), Figure::Day(until.0)],
            holding.lapsed,
        )?;
    }
    let transfer = Transfer {
        effective: context.period.start,
        ..Transfer::new(context, "fund", "expired")
    };
    expired.pay(transfer, outcome);
    // The next to expire is what to go for.
    if let Some((lot, left)) = holding.left.iter().find(|(_, left)| *left > Micros::ZERO) {
        outcome.milestones.push(Milestone {
            rule: FUND.to_owned(),
            message: Say::ToClaim.into(),
            figures: vec![Figure::money(*left), Figure::Day(lot.earning.claimable_until.0)],
            measure: Measure::Money,
            reached: lot.amount.minus(*left)?.0,
            target: lot.amount.0,
            worth: None,
        });
    }
    Ok(())
}

/// The eligible sales with which the earning period that the period belongs to is not converted. Said where one rate on
/// every sale decides it: with several, or with a part paid as a rebate, many sales lead there.
fn to_threshold(
    co_op: &CoOp,
    windows: &Windows,
    context: &Context,
    sales: &Sales,
    lots: &[Lot],
) -> Result<Option<Milestone>, Problem> {
    let ([accrual], Some(threshold), Some(lot)) = (&co_op.accrues[..], windows.converts_below, lots.last()) else {
        return Ok(None);
    };
    let digits = context.currency_digits;
    let divisor = Micros::from_decimal(accrual.rate.fraction())?;
    let mut before = Micros::ZERO;
    for place in 0..sales.current() {
        if (lot.earning.start.0..=lot.earning.end.0).contains(&sales.periods[place].end) {
            before = before.plus(sales.net(place)?)?;
        }
    }
    let now = sales.net(sales.current())?;
    let earned_before = lot.earned.minus(sales.accrued(co_op, sales.current(), digits)?.co_op)?;
    // What the period itself must accrue, and the smallest amount that is rounded to it.
    let needed = round(threshold, digits, Rounding::Ceiling)?.minus(earned_before)?;
    let half = Micros(UNIT / 10i64.pow(u32::from(digits.min(6))) / 2);
    let simple = co_op.at_most.is_none() && co_op.rebate.is_none() && divisor > Micros::ZERO && now > Micros::ZERO;
    if !simple || lot.earned >= threshold || needed <= half {
        return Ok(None);
    }
    let sold = quotient(needed.minus(half)?, divisor, 6, Rounding::Ceiling)?;
    Ok(Some(Milestone {
        rule: CO_OP.to_owned(),
        message: Say::ToThreshold.into(),
        figures: vec![Figure::money(sold.minus(now)?), Figure::Day(lot.earning.end.0)],
        measure: Measure::Money,
        reached: before.plus(now)?.0,
        target: before.plus(sold)?.0,
        worth: None,
    }))
}
