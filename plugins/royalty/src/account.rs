//! The participant's account, from the first period to the one of the statement: what is earned, guaranteed, withheld, released,
//! recouped and paid. Each period closes with opening + earned + guarantee − change of reserve − recouped − paid.

use gtm_sdk::agreed::stated;
use gtm_sdk::apportion::apportion;
use gtm_sdk::rounding::round;
use gtm_sdk::{Context, Micros, Period, Problem, Sum};

use crate::earnings::{Earned, Earnings};
use crate::terms::{Counting, Guarantee, Paid, Recoupable, Reserve, ReserveOf, Royalty, Terms};

/// One period of the account.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Carried forward from the period before: below the smallest payment, or negative.
    pub opening: Micros,
    /// For each royalty of the terms.
    pub royalties: Vec<Due>,
    /// Added by the guarantee, or covered by it where it was paid at the start: then negative.
    pub guarantee: Micros,
    pub advances: Vec<Micros>,
    pub costs: Vec<Micros>,
    pub recouped: Micros,
    /// Still to be recouped.
    pub unrecouped: Micros,
    /// Everything before it is paid.
    pub balance: Micros,
    pub paid: Micros,
    pub closing: Micros,
}

/// One royalty in one period.
#[derive(Debug, Clone, Copy, Default)]
pub struct Due {
    /// Of all payees, rounded.
    pub whole: Micros,
    /// The participant's part.
    pub part: Micros,
    pub withheld: Micros,
    pub released: Micros,
}

/// The account of the last period.
///
/// Errors: a participant who is not among the payees, a figure that is not agreed, an amount beyond all bounds.
pub fn settle(terms: &Terms, context: &Context, earnings: &Earnings) -> Result<Account, Problem> {
    let shares = Shares::of(terms, context)?;
    let mut guaranteed = Guaranteed::of(terms.guarantee.as_ref(), context)?;
    let mut withheld: Vec<Vec<Micros>> = vec![Vec::new(); terms.royalties.len()];
    let mut account = Account::default();
    for (number, period) in earnings.periods.iter().enumerate() {
        let mut royalties = Vec::with_capacity(terms.royalties.len());
        for ((royalty, earned), withheld) in terms.royalties.iter().zip(&earnings.royalties).zip(&mut withheld) {
            royalties.push(due(royalty, earned, number, withheld, &shares, terms, context)?);
        }
        let first = number == 0;
        let paid_in = |items: &[Recoupable]| -> Result<Vec<Micros>, Problem> {
            let amount = |item: &Recoupable| match falls_in(item, period, first) {
                true => stated(item.amount, item.agreed.as_deref(), context),
                false => Ok(Micros::ZERO),
            };
            items.iter().map(amount).collect()
        };
        let (advances, costs) = (paid_in(&terms.advances)?, paid_in(&terms.costs)?);
        let earned = sum(royalties.iter().map(|due| due.part))?;
        let guarantee = guaranteed.add(earned, period)?;
        account = close(terms, account, royalties, advances, costs, guarantee)?;
    }
    Ok(account)
}

fn due(
    royalty: &Royalty,
    earned: &Earned,
    number: usize,
    withheld: &mut Vec<Micros>,
    shares: &Shares,
    terms: &Terms,
    context: &Context,
) -> Result<Due, Problem> {
    let digits = context.currency_digits;
    let in_period = earned.periods[number];
    let whole = round(in_period.earned, digits, terms.rounding)?;
    let part = shares.part(whole, digits)?;
    let (mut withhold, mut released) = (Micros::ZERO, Micros::ZERO);
    if let Some(reserve) = &royalty.reserve {
        let of = match reserve.of {
            ReserveOf::Earnings => part,
            ReserveOf::Sales => shares.part(round(in_period.of_sales, digits, terms.rounding)?, digits)?,
        };
        let rate = reserve
            .rates
            .get(number)
            .or(reserve.rates.last())
            .copied()
            .unwrap_or(gtm_sdk::Rate::ZERO);
        withhold = round(of.max(Micros::ZERO).times(rate), digits, terms.rounding)?;
        released = release(reserve, withheld, number, digits)?;
    }
    withheld.push(withhold);
    Ok(Due {
        whole,
        part,
        withheld: withhold,
        released,
    })
}

/// What earlier periods withheld and this one gives back.
fn release(reserve: &Reserve, withheld: &[Micros], number: usize, digits: u8) -> Result<Micros, Problem> {
    let (after, parts) = (reserve.after as usize, reserve.parts as usize);
    let equal = vec![Micros(1); parts];
    let mut released = Sum::ZERO;
    for (earlier, amount) in withheld.iter().enumerate() {
        let place = (number - earlier).checked_sub(after).filter(|place| *place < parts);
        if let (Some(place), true) = (place, *amount != Micros::ZERO) {
            released.add(apportion(*amount, &equal, digits)?.nth(place).unwrap_or_default());
        }
    }
    released.micros()
}

/// Paid or borne in the period; what is dated before the program began belongs to its first.
fn falls_in(item: &Recoupable, period: &Period, first: bool) -> bool {
    period.contains(item.on.0) || (first && item.on.0 < period.start)
}

/// One period after the one before it.
fn close(
    terms: &Terms,
    before: Account,
    royalties: Vec<Due>,
    advances: Vec<Micros>,
    costs: Vec<Micros>,
    guarantee: Micros,
) -> Result<Account, Problem> {
    let opening = before.closing;
    let mut balance = opening.plus(guarantee)?;
    // What no advance is recouped from, such as a stream that the agreement keeps apart.
    let mut kept_apart = guarantee;
    for (royalty, due) in terms.royalties.iter().zip(&royalties) {
        let available = due.part.minus(due.withheld)?.plus(due.released)?;
        balance = balance.plus(available)?;
        if !royalty.recoups {
            kept_apart = kept_apart.plus(available)?;
        }
    }
    let to_recoup = sum(advances.iter().chain(&costs).copied())?.plus(before.unrecouped)?;
    let available = balance.minus(kept_apart.max(Micros::ZERO))?.max(Micros::ZERO);
    let recouped = to_recoup.min(available);
    let balance = balance.minus(recouped)?;
    let large_enough = terms.smallest_payment.is_none_or(|least| balance >= least);
    let paid = if large_enough {
        balance.max(Micros::ZERO)
    } else {
        Micros::ZERO
    };
    Ok(Account {
        opening,
        royalties,
        guarantee,
        advances,
        costs,
        recouped,
        unrecouped: to_recoup.minus(recouped)?,
        balance,
        paid,
        closing: balance.minus(paid)?,
    })
}

fn sum(amounts: impl Iterator<Item = Micros>) -> Result<Micros, Problem> {
    amounts.sum::<Sum>().micros()
}

/// The participant's part of what all payees get.
struct Shares {
    weights: Vec<Micros>,
    own: usize,
}

impl Shares {
    fn of(terms: &Terms, context: &Context) -> Result<Self, Problem> {
        if terms.payees.is_empty() {
            return Ok(Shares {
                weights: vec![Micros(1)],
                own: 0,
            });
        }
        let account = &context.participant.account;
        let own = terms
            .payees
            .iter()
            .position(|payee| payee.account == *account)
            .ok_or_else(|| {
                let message =
                    format!("`{account}` is not among the payees: add it to them with its share, or end its enrolment");
                Problem::new("no-payee", &message).at("/payees")
            })?;
        let weights = terms
            .payees
            .iter()
            .map(|payee| round(Micros::whole(1_000_000).times(payee.share), 6, terms.rounding));
        Ok(Shares {
            weights: weights.collect::<Result<_, _>>()?,
            own,
        })
    }

    /// By largest remainder, so that the parts of all payees sum to the whole: each of their statements works the same parts out.
    fn part(&self, whole: Micros, digits: u8) -> Result<Micros, Problem> {
        Ok(apportion(whole, &self.weights, digits)?
            .nth(self.own)
            .unwrap_or_default())
    }
}

/// The guarantee, period by period.
struct Guaranteed<'a> {
    terms: Option<&'a Guarantee>,
    context: &'a Context,
    amount: Micros,
    /// Number of the period within its term.
    place: u32,
    required: Micros,
    earned: Micros,
    covered: Micros,
    excess: Micros,
}

impl<'a> Guaranteed<'a> {
    fn of(terms: Option<&'a Guarantee>, context: &'a Context) -> Result<Self, Problem> {
        let amount = match terms {
            Some(guarantee) => stated(guarantee.amount, guarantee.agreed.as_deref(), context)?,
            None => Micros::ZERO,
        };
        Ok(Guaranteed {
            terms,
            context,
            amount,
            place: 0,
            required: Micros::ZERO,
            earned: Micros::ZERO,
            covered: Micros::ZERO,
            excess: Micros::ZERO,
        })
    }

    /// What the guarantee adds to a period that earned so much. It runs in terms of so many periods, from the first in which the
    /// participant takes part.
    fn add(&mut self, earned: Micros, period: &Period) -> Result<Micros, Problem> {
        let participant = &self.context.participant;
        let takes_part = participant.enrolled_from <= period.end
            && participant.enrolled_until.is_none_or(|until| until >= period.start);
        let Some(guarantee) = self.terms.filter(|_| takes_part) else {
            return Ok(Micros::ZERO);
        };
        let (first, last) = (self.place == 0, self.place + 1 >= guarantee.periods);
        if first {
            self.required = self.amount.minus(self.excess)?.max(Micros::ZERO);
            (self.earned, self.covered) = (Micros::ZERO, Micros::ZERO);
        }
        self.earned = self.earned.plus(earned)?;
        self.place = if last { 0 } else { self.place + 1 };
        if last && guarantee.counting == Counting::Cumulative {
            self.excess = self.excess.plus(self.earned)?.minus(self.amount)?.max(Micros::ZERO);
        }
        match guarantee.paid {
            Paid::AtEnd if last => Ok(self.required.minus(self.earned)?.max(Micros::ZERO)),
            Paid::AtEnd => Ok(Micros::ZERO),
            Paid::AtStart => {
                let covered = self.earned.max(Micros::ZERO).min(self.required);
                let newly = covered.minus(self.covered)?;
                self.covered = covered;
                let paid = if first { self.required } else { Micros::ZERO };
                paid.minus(newly)
            }
        }
    }
}
