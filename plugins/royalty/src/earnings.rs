//! What each royalty earned in each period since the program began: the one loop that every row goes through.

use std::collections::BTreeMap;

use gtm_sdk::gathering::Selection;
use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::{Context, Day, Micros, Period, Problem, Row, RowKind, Rows, Window};

use crate::gather::{self, FORMAT, Places};
use crate::ladder::{Counter, Sold, cut};
use crate::sales::{Key, Sales};
use crate::terms::{Base, EscalatesOn, EscalatesOver, Rates, Royalty, Terms, When, WithoutRate, WithoutSale};

#[derive(Debug)]
pub struct Earnings {
    /// Since the program began, in order of time; the last one is that of the statement.
    pub periods: Vec<Period>,
    /// For each royalty of the terms.
    pub royalties: Vec<Earned>,
    /// By group and by what [`counted_in`] says.
    counters: BTreeMap<(usize, i32), Counter>,
    sales: Sales,
    places: Places,
}

/// What one royalty earned.
#[derive(Debug)]
pub struct Earned {
    /// By period, after returns.
    pub periods: Vec<InPeriod>,
    /// The period of the statement by rates and tier.
    pub slices: BTreeMap<(usize, usize), Part>,
    /// What came back in it of sales that were found.
    pub returned: Part,
    /// Its selector bits.
    pub selectors: u32,
    group: usize,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct InPeriod {
    pub earned: Exact,
    /// Without what came back of sales of other periods.
    pub of_sales: Exact,
}

/// Some of the base and what it earned.
#[derive(Debug, Clone, Copy, Default)]
pub struct Part {
    pub base: Exact,
    pub earned: Exact,
}

impl Part {
    fn add(&mut self, base: Exact, earned: Exact) -> Result<(), Problem> {
        self.base = self.base.plus(base)?;
        self.earned = self.earned.plus(earned)?;
        Ok(())
    }
}

impl Earnings {
    pub fn begin(terms: &Terms, context: &Context) -> Self {
        let mut periods = context.periods_of(Window::SinceStart).to_vec();
        periods.push(context.period.clone());
        let selection = Selection::of(terms.royalties.iter().map(|royalty| &royalty.products));
        let mut groups: Vec<&str> = Vec::new();
        let royalties = terms
            .royalties
            .iter()
            .map(|royalty| {
                let name = royalty.group.as_deref().unwrap_or(&royalty.rule);
                let group = groups.iter().position(|known| *known == name).unwrap_or_else(|| {
                    groups.push(name);
                    groups.len() - 1
                });
                Earned {
                    periods: vec![InPeriod::default(); periods.len()],
                    slices: BTreeMap::new(),
                    returned: Part::default(),
                    selectors: selection.bit(&royalty.products),
                    group,
                }
            })
            .collect();
        Earnings {
            periods,
            royalties,
            counters: BTreeMap::new(),
            sales: Sales::default(),
            places: Places::of(terms),
        }
    }

    /// How much the group of a royalty has counted, on the last day of the statement.
    pub fn counter(&self, number: usize, royalty: &Royalty) -> Counter {
        let last = self.periods.last().map_or(0, |period| period.end);
        let counted = (self.royalties[number].group, counted_in(royalty, last));
        self.counters.get(&counted).copied().unwrap_or_default()
    }

    /// Errors: a row outside the periods, without a rate or without its sale where the terms insist; an amount beyond all bounds.
    pub fn push(&mut self, rows: &Rows<'_>, terms: &Terms, context: &Context) -> Result<(), Problem> {
        for row in rows.iter() {
            let period = self.periods.iter().rposition(|period| period.contains(row.date()));
            let period = period.ok_or_else(|| {
                Problem::new(
                    "row-outside-periods",
                    "a row lies in no period that these terms ask for",
                )
                .in_row(row.position())
            })?;
            let mut rated = false;
            for (number, royalty) in terms.royalties.iter().enumerate() {
                let wanted = self.royalties[number].selectors;
                if !gather::takes(royalty, row.kind()) || (wanted != u32::MAX && row.selectors() & wanted == 0) {
                    continue;
                }
                let rates = royalty
                    .rates
                    .iter()
                    .position(|rates| self.fits(&rates.when, &row, context));
                if let Some(rates) = rates {
                    self.count(number, royalty, rates, period, &row, terms)?;
                    rated = true;
                }
            }
            if !rated && terms.without_rate == WithoutRate::Problem {
                let message = "no royalty has a rate for a row: add one to the terms, with `0 %` where nothing is owed";
                return Err(Problem::new("without-rate", message).in_row(row.position()));
            }
        }
        Ok(())
    }

    fn fits(&self, when: &When, row: &Row<'_>, context: &Context) -> bool {
        let is_one_of = |wanted: &[String], attribute: usize| {
            wanted.is_empty()
                || self.places.attributes[attribute].is_some_and(|place| {
                    let value = row
                        .attribute(place)
                        .and_then(|code| context.dictionaries.get(place)?.values.get(code));
                    value.is_some_and(|value| wanted.contains(value))
                })
        };
        let priced = |holds: &dyn Fn(Micros) -> bool| holds(row.list_price());
        is_one_of(&when.formats, FORMAT)
            && is_one_of(&when.channels, gather::CHANNEL)
            && is_one_of(&when.territories, gather::TERRITORY)
            && when.price_from.is_none_or(|from| priced(&|price| price >= from))
            && when.price_below.is_none_or(|below| priced(&|price| price < below))
            && when.from.is_none_or(|from| row.date() >= from.0)
            && when.until.is_none_or(|until| row.date() <= until.0)
    }

    /// One row of one royalty.
    fn count(
        &mut self,
        number: usize,
        royalty: &Royalty,
        rates: usize,
        period: usize,
        row: &Row<'_>,
        terms: &Terms,
    ) -> Result<(), Problem> {
        let sold = sold(royalty, row);
        let key: Option<Key> = self.places.matched.and_then(|place| {
            let product = row.product();
            row.attribute(place).map(|code| (number, code, product))
        });
        let mut left = sold;
        if let (Some(key), true) = (key, sold.base < Micros::ZERO) {
            left = self.take_back(number, royalty, &royalty.rates[rates], key, sold, period)?;
        }
        if left.base == Micros::ZERO {
            return Ok(());
        }
        let unmatched = self.places.matched.is_some() && left.base < Micros::ZERO && row.kind() != RowKind::Adjustment;
        if unmatched && terms.returns.without_sale == WithoutSale::Problem {
            let message = "a return has no sale, or more comes back than was sold: put the row right, or let `without-sale` be `last-counted`";
            return Err(Problem::new("without-sale", message).in_row(row.position()));
        }
        let current = self.periods.len() - 1;
        let earned = &mut self.royalties[number];
        let counted_in = counted_in(royalty, row.date());
        let counter = self.counters.entry((earned.group, counted_in)).or_default();
        let mut sum = Exact::ZERO;
        for slice in cut(royalty, &royalty.rates[rates], counter, left)? {
            sum = sum.plus(slice.earned)?;
            if period == current {
                let base = slice.base.times_micros(left.worth);
                earned
                    .slices
                    .entry((rates, slice.tier))
                    .or_default()
                    .add(base, slice.earned)?;
            }
        }
        let in_period = &mut earned.periods[period];
        in_period.earned = in_period.earned.plus(sum)?;
        in_period.of_sales = in_period.of_sales.plus(sum)?;
        if royalty.rates[rates].counts {
            counter.add(royalty, left, sum)?;
        }
        if let (Some(key), true) = (key, left.base > Micros::ZERO) {
            self.sales.sold(key, period, counted_in, left.base, sum);
        }
        Ok(())
    }

    /// Takes back what the sales of the row earned, and answers what has no sale.
    fn take_back(
        &mut self,
        number: usize,
        royalty: &Royalty,
        rates: &Rates,
        key: Key,
        sold: Sold,
        period: usize,
    ) -> Result<Sold, Problem> {
        let current = self.periods.len() - 1;
        let whole = sold.base.negated()?;
        let mut left = sold;
        for part in self.sales.take_back(key, whole)? {
            let reversed = Exact::ZERO.minus(part.earned)?;
            let base = part.base.negated()?;
            let counted = round(Exact::from(sold.counted).part(part.base, whole)?, 6, Rounding::HalfUp)?;
            let earned = &mut self.royalties[number];
            let in_period = &mut earned.periods[period];
            in_period.earned = in_period.earned.plus(reversed)?;
            if part.period == period {
                in_period.of_sales = in_period.of_sales.plus(reversed)?;
            }
            if period == current {
                earned.returned.add(part.base.times_micros(sold.worth), reversed)?;
            }
            if rates.counts {
                // It was counted in the year of its sale: a year that is over moves no tier of a later one.
                let counter = self.counters.entry((earned.group, part.counted_in)).or_default();
                counter.add(royalty, Sold { base, counted, ..sold }, reversed)?;
            }
            left.base = left.base.minus(base)?;
            left.counted = left.counted.minus(counted)?;
        }
        Ok(left)
    }
}

impl Counter {
    fn add(&mut self, royalty: &Royalty, sold: Sold, earned: Exact) -> Result<(), Problem> {
        match royalty.escalates_on {
            EscalatesOn::Units => self.units = self.units.plus(sold.counted)?,
            EscalatesOn::Receipts => self.receipts = self.receipts.plus(sold.counted)?,
            EscalatesOn::Earnings => {}
        }
        self.earnings = self.earnings.plus(earned)?;
        Ok(())
    }
}

/// Which counter of its group a row of this day counts in.
fn counted_in(royalty: &Royalty, day: i32) -> i32 {
    match royalty.escalates_over {
        EscalatesOver::Program => 0,
        EscalatesOver::CalendarYear => Day(day).year(),
    }
}

fn sold(royalty: &Royalty, row: &Row<'_>) -> Sold {
    let (base, worth) = match royalty.base {
        Base::List => (row.quantity(), row.list_price()),
        Base::NetReceipts => (row.net_amount(), Micros::whole(1)),
        Base::Units => (row.quantity(), Micros::whole(1)),
    };
    let counted = match royalty.escalates_on {
        EscalatesOn::Units if gather::escalates(royalty) => row.quantity(),
        EscalatesOn::Receipts if gather::escalates(royalty) => row.net_amount(),
        _ => base,
    };
    Sold { base, counted, worth }
}
