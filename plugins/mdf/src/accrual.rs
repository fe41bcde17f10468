//! What is accrued on eligible sales: a share of them for each line of the terms, rounded once for each period of the program's calendar.

use gtm_sdk::gathering::{EVERY_ROW, Selection};
use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::{Context, Micros, Period, Problem, Rows, Sum, Window};

use crate::terms::{Basis, CoOp};

/// The eligible sales of the period that is calculated, and of those gathered besides it.
#[derive(Debug)]
pub struct Sales {
    /// In order of time; the last is the one that is calculated.
    pub periods: Vec<Period>,
    /// For each line of the terms the bit of its products.
    bits: Vec<u32>,
    /// For each period and line its net value.
    net: Vec<Vec<Sum>>,
    /// For each period its net value, each row once.
    all: Vec<Sum>,
    /// The place of the same period last year.
    last_year: Option<usize>,
}

/// What one period accrues.
#[derive(Debug, Clone, Default)]
pub struct Accrued {
    /// For each line of the terms the net value that it looks at.
    pub on: Vec<Micros>,
    pub exact: Exact,
    /// The most that is accrued, and what it is a share of.
    pub most: Option<Micros>,
    /// Rounded and cut.
    pub total: Micros,
    /// The parts of the total.
    pub rebate: Micros,
    pub co_op: Micros,
}

pub fn selection(co_op: &CoOp) -> Selection<'_> {
    Selection::of(co_op.accrues.iter().map(|accrual| &accrual.products))
}

impl Sales {
    pub fn begin(co_op: &CoOp, context: &Context) -> Self {
        let last_year = context.periods_of(Window::SamePeriodLastYear);
        let earlier = context.periods_of(Window::SinceStart);
        let mut periods: Vec<Period> = last_year.iter().chain(earlier).cloned().collect();
        let last_year = (!last_year.is_empty()).then_some(0);
        periods.push(context.period.clone());
        let selection = selection(co_op);
        Sales {
            bits: co_op
                .accrues
                .iter()
                .map(|accrual| selection.bit(&accrual.products))
                .collect(),
            net: vec![vec![Sum::ZERO; co_op.accrues.len()]; periods.len()],
            all: vec![Sum::ZERO; periods.len()],
            periods,
            last_year,
        }
    }

    pub fn push(&mut self, rows: &Rows<'_>) {
        for row in rows.iter() {
            let place = self.periods.partition_point(|period| period.end < row.date());
            if self.periods.get(place).is_none_or(|period| row.date() < period.start) {
                continue;
            }
            let net = row.net_amount();
            self.all[place].add(net);
            for (bit, sum) in self.bits.iter().zip(&mut self.net[place]) {
                if *bit == EVERY_ROW || row.selectors() & bit != 0 {
                    sum.add(net);
                }
            }
        }
    }

    /// The place of the period that is calculated.
    pub fn current(&self) -> usize {
        self.periods.len() - 1
    }

    /// The net value of one period, each row once.
    pub fn net(&self, place: usize) -> Result<Micros, Problem> {
        self.all.get(place).map_or(Ok(Micros::ZERO), |sum| sum.micros())
    }

    /// What one period accrues. It is rounded to what can be paid, a half away from zero; then cut to the most; then divided, the rebate
    /// rounded likewise and the rest co-op, so that the parts sum to it. Nothing is accrued before the first earning period.
    ///
    /// Errors: an amount beyond all bounds.
    pub fn accrued(&self, co_op: &CoOp, place: usize, digits: u8) -> Result<Accrued, Problem> {
        let period = &self.periods[place];
        if co_op.windows.is_some_and(|windows| period.end < windows.from.0) {
            return Ok(Accrued::default());
        }
        let looked_at = match co_op.on {
            Basis::Period => self.net.get(place),
            Basis::SamePeriodLastYear => self.last_year.and_then(|place| self.net.get(place)),
        };
        let on = match looked_at {
            Some(sums) => sums.iter().map(|sum| sum.micros()).collect::<Result<_, _>>()?,
            None => vec![Micros::ZERO; co_op.accrues.len()],
        };
        let mut exact = Exact::ZERO;
        for (net, accrual) in on.iter().zip(&co_op.accrues) {
            exact = exact.plus(net.times(accrual.rate))?;
        }
        let rounded = round(exact, digits, Rounding::HalfUp)?;
        let most = self.most(co_op, digits)?;
        let total = most.map_or(rounded, |most| rounded.min(most));
        let rebate = match co_op.rebate {
            Some(share) => round(total.times(share), digits, Rounding::HalfUp)?,
            None => Micros::ZERO,
        };
        Ok(Accrued {
            on,
            exact,
            most,
            total,
            rebate,
            co_op: total.minus(rebate)?,
        })
    }

    fn most(&self, co_op: &CoOp, digits: u8) -> Result<Option<Micros>, Problem> {
        let Some(at_most) = co_op.at_most else { return Ok(None) };
        let mut most = at_most
            .amount
            .map(|amount| round(amount, digits, Rounding::Down))
            .transpose()?;
        if let Some(rate) = at_most.of_last_year {
            let bought = self.last_year.map_or(Ok(Micros::ZERO), |place| self.net(place))?;
            let share = round(bought.max(Micros::ZERO).times(rate), digits, Rounding::Down)?;
            most = Some(most.map_or(share, |most| most.min(share)));
        }
        Ok(most)
    }
}
