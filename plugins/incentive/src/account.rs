//! The participant's account, from the first period to the one of the statement: what is earned, taken back, held back, drawn ahead and
//! paid. Each period closes with opening + earned − taken back − withheld + released + draw − paid.

use gtm_sdk::agreed::stated;
use gtm_sdk::apportion::apportion;
use gtm_sdk::cap::{Limit, days_enrolled};
use gtm_sdk::rounding::round;
use gtm_sdk::{Context, Micros, Period, Problem, Sum};

use crate::clawback::{Settled, TakenBack, settle};
use crate::credit::Credits;
use crate::reckon::{Agreement, Before, Goal, Reckoned, limit, prorated};
use crate::terms::{Component, Draw, DrawKind, Terms};
use crate::year::years;

/// One period of the account.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Carried forward from the period before: 0, or negative when more was taken back than was due.
    pub opening: Micros,
    /// For each component of the terms.
    pub components: Vec<Worked>,
    /// The cap on all components together that lowered them.
    pub capped: Option<Capped>,
    pub withheld: Micros,
    pub released: Micros,
    /// What would be paid without a draw. Negative when more was taken back.
    pub balance: Micros,
    pub draw: Drawn,
    pub paid: Micros,
    pub closing: Micros,
    /// What all components earned from the first period of the year on.
    pub year_to_date: Micros,
}

/// One component in one period.
#[derive(Debug, Clone)]
pub struct Worked {
    pub reckoned: Reckoned,
    pub before: Before,
    /// What is due by it, after the cap on all components.
    pub due: Micros,
    pub taken_back: TakenBack,
    /// The same, rounded.
    pub clawback: Micros,
}

#[derive(Debug, Clone, Copy)]
pub enum Capped {
    Period(Limit),
    /// With what was due before in the year.
    Year(Limit, Micros),
}

/// The draw in one period.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drawn {
    pub amount: Micros,
    pub topped_up: Micros,
    pub recovered: Micros,
    /// What is still to be recovered.
    pub owed: Micros,
}

/// The account of the last period, and what each component can reach next.
#[derive(Debug)]
pub struct Standing {
    pub account: Account,
    pub next: Vec<Option<Goal>>,
}

/// What one component did in the periods so far.
#[derive(Debug, Default)]
struct History {
    before: Before,
    /// What each period paid.
    due: Vec<Micros>,
    /// What was taken back, exact and rounded.
    exact: gtm_sdk::money::Exact,
    rounded: Micros,
}

/// Errors: a figure that is not agreed, something that comes back without its sale, an amount beyond all bounds.
pub fn standing(terms: &Terms, context: &Context, credits: &mut Credits) -> Result<Standing, Problem> {
    let settled = settle(terms, credits)?;
    let years = years(context, &credits.periods);
    let mut histories: Vec<History> = terms.components.iter().map(|_| History::default()).collect();
    let mut withheld: Vec<Micros> = Vec::new();
    let mut drawn_in = 0;
    let mut account = Account::default();
    let mut next = Vec::new();
    for (number, (period, year)) in credits.periods.iter().zip(&years).enumerate() {
        if number > 0 && years[number - 1].start != year.start {
            histories
                .iter_mut()
                .for_each(|history| history.before = Before::default());
            account.year_to_date = Micros::ZERO;
        }
        let agreement = |component| Agreement {
            component,
            terms,
            context,
        };
        let mut reckoned = Vec::with_capacity(terms.components.len());
        for ((component, settled), history) in terms.components.iter().zip(&settled).zip(&histories) {
            reckoned.push(agreement(component).reckon(settled.credited[number], history.before, period, year)?);
        }
        if number + 1 == credits.periods.len() {
            for ((component, reckoned), history) in terms.components.iter().zip(&reckoned).zip(&histories) {
                next.push(agreement(component).next(reckoned, history.before, period, year)?);
            }
        }
        let amounts: Vec<Micros> = reckoned.iter().map(|reckoned| reckoned.amount).collect();
        let (due, capped) = cap_all(terms, context, &amounts, account.year_to_date, period, year)?;
        let mut components = Vec::with_capacity(reckoned.len());
        for (place, reckoned) in reckoned.into_iter().enumerate() {
            let history = &mut histories[place];
            components.push(history.record(number, reckoned, due[place], &settled[place], terms, context)?);
        }
        let draw = draw_of(terms.draw.as_ref(), &mut drawn_in, period, terms, context)?;
        account = close(terms, context, account, components, capped, &mut withheld, draw)?;
    }
    Ok(Standing { account, next })
}

impl History {
    fn record(
        &mut self,
        period: usize,
        reckoned: Reckoned,
        due: Micros,
        settled: &Settled,
        terms: &Terms,
        context: &Context,
    ) -> Result<Worked, Problem> {
        let taken_back = settled.taken_back(period, &self.due)?;
        // Rounding what was taken back to date leaves no penny more than was paid, however often something comes back.
        self.exact = self.exact.plus(taken_back.amount)?;
        let paid = self
            .due
            .iter()
            .map(|due| (*due).max(Micros::ZERO))
            .sum::<Sum>()
            .micros()?;
        let to_date = round(self.exact, context.currency_digits, terms.rounding)?.min(paid);
        let clawback = to_date.minus(self.rounded)?;
        self.rounded = to_date;
        let before = self.before;
        self.before = Before {
            credited: before.credited.plus(reckoned.credited)?,
            quota: before
                .quota
                .plus(reckoned.quota.map(|quota| quota.amount).unwrap_or_default())?,
            due: before.due.plus(due)?,
        };
        self.due.push(due);
        Ok(Worked {
            reckoned,
            before,
            due,
            taken_back,
            clawback,
        })
    }
}

/// What is due by each component when all of them together are held to the cap: each is lowered in proportion.
fn cap_all(
    terms: &Terms,
    context: &Context,
    amounts: &[Micros],
    year_to_date: Micros,
    period: &Period,
    year: &Period,
) -> Result<(Vec<Micros>, Option<Capped>), Problem> {
    let total = amounts.iter().copied().sum::<Sum>().micros()?;
    let (mut most, mut capped) = (total, None);
    if let Some(cap) = limit(terms.cap, |cap| cap.period, period, terms, context)?
        && cap.amount < most
    {
        (most, capped) = (cap.amount, Some(Capped::Period(cap)));
    }
    if let Some(cap) = limit(terms.cap, |cap| cap.year, year, terms, context)? {
        let left = cap.amount.minus(year_to_date)?.max(Micros::ZERO);
        if left < most {
            (most, capped) = (left, Some(Capped::Year(cap, year_to_date)));
        }
    }
    match capped {
        Some(_) => Ok((apportion(most, amounts, context.currency_digits)?.collect(), capped)),
        None => Ok((amounts.to_vec(), None)),
    }
}

/// The draw of a period. `drawn_in` counts the periods since the enrolment.
fn draw_of(
    draw: Option<&Draw>,
    drawn_in: &mut u32,
    period: &Period,
    terms: &Terms,
    context: &Context,
) -> Result<Micros, Problem> {
    let enrolled = days_enrolled(&context.participant, period) > 0;
    let Some(draw) = draw.filter(|_| enrolled) else {
        return Ok(Micros::ZERO);
    };
    *drawn_in = drawn_in.saturating_add(1);
    if draw.periods.is_some_and(|periods| *drawn_in > periods) {
        return Ok(Micros::ZERO);
    }
    let full = stated(draw.amount, draw.agreed.as_deref(), context)?;
    Ok(prorated(full, draw.prorate, period, terms, context)?.amount)
}

/// One period after the one before it.
fn close(
    terms: &Terms,
    context: &Context,
    before: Account,
    components: Vec<Worked>,
    capped: Option<Capped>,
    withheld: &mut Vec<Micros>,
    draw: Micros,
) -> Result<Account, Problem> {
    let earned = components.iter().map(|worked| worked.due).sum::<Sum>().micros()?;
    let taken_back = components.iter().map(|worked| worked.clawback).sum::<Sum>().micros()?;
    let (mut withhold, mut released) = (Micros::ZERO, Micros::ZERO);
    if let Some(holdback) = terms.holdback {
        withhold = round(
            earned.max(Micros::ZERO).times(holdback.rate),
            context.currency_digits,
            terms.rounding,
        )?;
        withheld.push(withhold);
        let then = withheld.len().checked_sub(holdback.after as usize + 1);
        released = then.map_or(Micros::ZERO, |then| withheld[then]);
    }
    let opening = before.closing;
    let balance = opening
        .plus(earned)?
        .minus(taken_back)?
        .minus(withhold)?
        .plus(released)?;
    // What was taken back and is still owed is not paid by a draw: it is made up by what is earned later.
    let available = balance.max(Micros::ZERO);
    let topped_up = draw.minus(available)?.max(Micros::ZERO);
    let above = available.minus(draw)?.max(Micros::ZERO);
    let recovered = before.draw.owed.min(above);
    let owed = match terms.draw.as_ref().map(|draw| draw.kind) {
        Some(DrawKind::Recoverable) => before.draw.owed.plus(topped_up)?.minus(recovered)?,
        Some(DrawKind::NonRecoverable) | None => Micros::ZERO,
    };
    let paid = available.plus(topped_up)?.minus(recovered)?;
    Ok(Account {
        opening,
        components,
        capped,
        withheld: withhold,
        released,
        balance,
        draw: Drawn {
            amount: draw,
            topped_up,
            recovered,
            owed,
        },
        paid,
        closing: balance.minus(available)?,
        year_to_date: before.year_to_date.plus(earned)?,
    })
}

/// What a component is called in the ledger where it takes back.
pub fn clawback_rule(component: &Component) -> String {
    format!("{}-clawback", component.rule)
}
