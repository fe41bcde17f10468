//! What comes back finds its sale: in the sale's own period it is not credited, in a later one it takes back what was paid.

use std::mem::take;

use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::{Day, Decimal, Micros, Problem, Sum};

use crate::credit::{Credits, Line, WITHOUT_KEY};
use crate::terms::{Clawback, Step, TakesBack, Terms, WithoutSale};

/// One component after everything that came back has found its sale.
#[derive(Debug)]
pub struct Settled {
    /// What is credited, by period.
    pub credited: Vec<Micros>,
    /// What the period's payment rests on: what was sold at no loss, less what of it came back in the same period, and what was added by
    /// hand.
    earning: Vec<Sum>,
    /// In order of time.
    taken: Vec<Taken>,
}

/// A part of a sale that came back in a later period.
#[derive(Debug, Clone, Copy)]
struct Taken {
    /// Numbers of the periods in which it was sold and came back.
    sold: usize,
    back: usize,
    /// Of the sale's credit before and after this return, what has come back.
    from: Micros,
    until: Micros,
    /// What the sale is credited.
    credit: Micros,
    share: Part,
}

/// Which part of what was paid is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Nothing,
    Of(Micros, Micros),
}

/// A sale while returns are matched to it.
struct Sale {
    line: Line,
    /// How much of it came back, in its measure.
    returned: Micros,
    /// What it is credited: its measure, less what was not credited because it came back in the same period.
    credit: Micros,
    /// How much came back later.
    later: Micros,
}

/// What a component takes back in a period.
#[derive(Debug, Clone, Copy, Default)]
pub struct TakenBack {
    /// Of what was paid for so much.
    pub paid: Exact,
    pub amount: Exact,
}

/// Matches what comes back to its sale, the earliest first, for each component of the terms. The lines are used up.
///
/// Errors: something that comes back without its sale where the terms insist; an amount beyond all bounds.
pub fn settle(terms: &Terms, credits: &mut Credits) -> Result<Vec<Settled>, Problem> {
    let mut settled = Vec::with_capacity(credits.components.len());
    for component in &mut credits.components {
        settled.push(match &terms.clawback {
            Some(clawback) => {
                let (sales, back) = (take(&mut component.sales), take(&mut component.back));
                matched(clawback, component.periods.clone(), sales, back)?
            }
            None => Settled {
                credited: micros(&component.periods)?,
                earning: Vec::new(),
                taken: Vec::new(),
            },
        });
    }
    Ok(settled)
}

fn micros(sums: &[Sum]) -> Result<Vec<Micros>, Problem> {
    sums.iter().map(|sum| sum.micros()).collect()
}

fn matched(clawback: &Clawback, adjusted: Vec<Sum>, sales: Vec<Line>, mut back: Vec<Line>) -> Result<Settled, Problem> {
    let mut sales: Vec<Sale> = sales.into_iter().map(Sale::of).collect();
    // By key, and those of one key in order of time, in whatever order they came.
    sales.sort_unstable_by_key(|sale| (sale.line.key, sale.line.date, sale.line.position));
    back.sort_unstable_by_key(|line| (line.date, line.position));
    let mut credited = adjusted;
    let mut earning = vec![Sum::ZERO; credited.len()];
    for (earning, adjusted) in earning.iter_mut().zip(&credited) {
        earning.add(adjusted.micros()?.max(Micros::ZERO));
    }
    let mut taken = Vec::new();
    for line in back {
        let mut left = line.credit.negated()?;
        if left < Micros::ZERO {
            // Nothing was paid for a loss. It lowered the credit of its period, and this one gets it back.
            if line.eligible {
                credited[line.period as usize].subtract(left);
            }
            continue;
        }
        let first = sales.partition_point(|sale| sale.line.key < line.key);
        let same = |sale: &&mut Sale| sale.line.key == line.key && line.key != WITHOUT_KEY;
        for sale in sales[first..].iter_mut().take_while(same) {
            let part = left.min(sale.line.credit.minus(sale.returned)?);
            if part <= Micros::ZERO || sale.line.date > line.date {
                continue;
            }
            left = left.minus(part)?;
            sale.returned = sale.returned.plus(part)?;
            let share = part_taken(clawback, sale.line.date, line.date);
            if sale.line.period == line.period {
                sale.credit = sale.credit.minus(share.of(part)?)?;
            } else if sale.line.eligible && share != Part::Nothing {
                let until = sale.later.plus(part)?;
                taken.push(Taken {
                    sold: sale.line.period as usize,
                    back: line.period as usize,
                    from: sale.later,
                    until,
                    credit: sale.credit,
                    share,
                });
                sale.later = until;
            }
        }
        if left > Micros::ZERO && line.eligible {
            if clawback.without_sale == WithoutSale::Problem {
                let message = "what comes back has no sale, or is more than was sold: put the row right, or let `without-sale` be `lowers-credit`";
                return Err(Problem::new("without-sale", message).in_row(line.position));
            }
            credited[line.period as usize].subtract(left);
        }
    }
    for sale in sales.iter().filter(|sale| sale.line.eligible) {
        credited[sale.line.period as usize].add(sale.credit);
        earning[sale.line.period as usize].add(sale.credit.max(Micros::ZERO));
    }
    Ok(Settled {
        credited: micros(&credited)?,
        earning,
        taken,
    })
}

impl Sale {
    fn of(line: Line) -> Sale {
        Sale {
            line,
            returned: Micros::ZERO,
            credit: line.credit,
            later: Micros::ZERO,
        }
    }
}

/// Which part of what was paid for a sale is taken back when it comes back on a later day.
fn part_taken(clawback: &Clawback, sold: i32, back: i32) -> Part {
    let days = i64::from(back) - i64::from(sold);
    if clawback.within_days.is_some_and(|window| days > i64::from(window)) {
        return Part::Nothing;
    }
    match &clawback.takes_back {
        TakesBack::Full => Part::Of(Micros(1), Micros(1)),
        TakesBack::ProRata(term) => match term.saturating_sub(months_served(sold, back, *term)) {
            0 => Part::Nothing,
            left => Part::Of(Micros(i64::from(left)), Micros(i64::from(*term))),
        },
        TakesBack::Stepped(steps) => {
            let step = steps
                .iter()
                .find(|step| months_served(sold, back, step.before_months) < step.before_months);
            // Sound rates have at most six decimals of a percent, so that a percentage is an amount.
            let percent = |step: &Step| Micros::from_decimal(step.share.fraction() * Decimal::ONE_HUNDRED).ok();
            let share = step.and_then(percent);
            match share {
                Some(share) if share > Micros::ZERO => Part::Of(share, Micros::whole(100)),
                _ => Part::Nothing,
            }
        }
    }
}

/// Full months from one day to another, as far as `most`.
fn months_served(sold: i32, back: i32, most: u32) -> u32 {
    let sold = Day::new(sold);
    let (mut low, mut high) = (0, most);
    // The number of months is found by halving: the day so many months later only moves forward.
    while low < high {
        let middle = high - (high - low) / 2;
        if sold.plus_months(i32::try_from(middle).unwrap_or(i32::MAX)).0 <= back {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

impl Part {
    fn of(self, amount: Micros) -> Result<Micros, Problem> {
        match self {
            Part::Nothing => Ok(Micros::ZERO),
            Part::Of(part, whole) => round(Exact::from(amount).part(part, whole)?, 6, Rounding::HalfUp),
        }
    }

    fn of_exact(self, amount: Exact) -> Result<Exact, Problem> {
        match self {
            Part::Nothing => Ok(Exact::ZERO),
            Part::Of(part, whole) => amount.part(part, whole),
        }
    }
}

impl Settled {
    /// What a period takes back of what earlier ones paid for the component. A sale was paid its share of its period, by what it was
    /// credited, so that all that comes back of a period is never more than the period paid.
    pub fn taken_back(&self, period: usize, paid: &[Micros]) -> Result<TakenBack, Problem> {
        let mut sum = TakenBack::default();
        for taken in self.taken.iter().filter(|taken| taken.back == period) {
            let of_period = paid.get(taken.sold).copied().unwrap_or_default().max(Micros::ZERO);
            let earning = self.earning[taken.sold].micros()?;
            if earning <= Micros::ZERO || taken.credit <= Micros::ZERO {
                continue;
            }
            let of_sale = Exact::from(of_period).part(taken.credit, earning)?;
            let came_back = of_sale
                .part(taken.until, taken.credit)?
                .minus(of_sale.part(taken.from, taken.credit)?)?;
            sum.paid = sum.paid.plus(came_back)?;
            sum.amount = sum.amount.plus(taken.share.of_exact(came_back)?)?;
        }
        Ok(sum)
    }
}
