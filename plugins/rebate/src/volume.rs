//! Adding up rows: the one loop that every row goes through.
//!
//! A meter adds up one measure over the rows of some kinds that some selectors want, period by period. Rows come ordered by date, so
//! that a run of them lies in one period; a run is added up without a branch in 64 bits, and once more with care should an amount
//! be so large that 64 bits might not do.

use gtm_sdk::{Micros, Period, Problem, RowKind, Rows, Sum};

use crate::terms::{Measure, Split};

#[derive(Debug)]
pub struct Volumes {
    /// Ordered by time and without overlap.
    periods: Vec<Period>,
    current: usize,
    meters: Vec<Meter>,
    shares: Vec<Shares>,
}

#[derive(Debug)]
struct Meter {
    counted: Counted,
    /// One for each period.
    sums: Vec<Added>,
}

/// Which rows a meter counts, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub measure: Measure,
    /// Bit n stands for the row kind n.
    pub kinds: u32,
    /// Bit n stands for selector n of the plan; [`EVERY_ROW`] where the plan has none.
    pub selectors: u32,
}

pub const EVERY_ROW: u32 = u32::MAX;

#[derive(Debug, Clone, Copy, Default)]
struct Added {
    total: Sum,
    /// The part of the total that was returned; negative.
    returned: Sum,
}

/// The volume of the period by product or by row, for a rule that splits what is due.
#[derive(Debug)]
pub struct Shares {
    counted: Counted,
    /// By index of the product, where the rule splits by products.
    by_product: Option<Vec<Sum>>,
    by_row: Vec<(u64, Micros)>,
}

impl Volumes {
    /// `earlier` may name a period twice; the host never gathers periods that overlap otherwise.
    pub fn over(current: Period, earlier: impl IntoIterator<Item = Period>) -> Self {
        let start = current.start;
        let mut periods = vec![current];
        periods.extend(earlier);
        periods.sort_by_key(|period| period.start);
        periods.dedup_by_key(|period| period.start);
        let current = periods
            .iter()
            .position(|period| period.start == start)
            .unwrap_or_default();
        Volumes {
            periods,
            current,
            meters: Vec::new(),
            shares: Vec::new(),
        }
    }

    /// The meter for this count; two rules that count the same share one.
    pub fn meter(&mut self, counted: Counted) -> usize {
        if let Some(known) = self.meters.iter().position(|meter| meter.counted == counted) {
            return known;
        }
        self.meters.push(Meter {
            counted,
            sums: vec![Added::default(); self.periods.len()],
        });
        self.meters.len() - 1
    }

    pub fn share(&mut self, counted: Counted, split: Split, products: usize) -> usize {
        let by_product = (split == Split::Products).then(|| vec![Sum::ZERO; products]);
        self.shares.push(Shares {
            counted,
            by_product,
            by_row: Vec::new(),
        });
        self.shares.len() - 1
    }

    /// Adds some rows, in whatever order.
    ///
    /// Errors: a row lies in no period that was asked for, or a column is missing.
    pub fn push(&mut self, rows: &Rows<'_>) -> Result<(), Problem> {
        let mut begin = 0;
        while let Some(&day) = rows.date.get(begin) {
            let Some(number) = self.periods.iter().position(|period| period.contains(day)) else {
                let problem = Problem::new(
                    "row-outside-periods",
                    "a row lies in no period that these terms ask for",
                );
                return Err(rows
                    .position
                    .get(begin)
                    .map_or(problem.clone(), |position| problem.in_row(*position)));
            };
            let period = &self.periods[number];
            let (start, span) = (period.start, period.end.abs_diff(period.start));
            let length = rows.date[begin..]
                .iter()
                .position(|day| day.wrapping_sub(start) as u32 > span);
            let end = length.map_or(rows.date.len(), |length| begin + length);
            for meter in &mut self.meters {
                meter.sums[number].add(&meter.counted.read(rows, begin, end)?, meter.counted);
            }
            if number == self.current {
                for share in &mut self.shares {
                    let run = share.counted.read(rows, begin, end)?;
                    share.add(&run, rows, begin)?;
                }
            }
            begin = end;
        }
        Ok(())
    }

    /// What the meter counted in the period of that number.
    pub fn total(&self, meter: usize, period: usize) -> Result<Micros, Problem> {
        self.meters[meter].sums[period].total.micros()
    }

    /// The part of the current period's total that was returned: never positive unless a return was booked the wrong way round.
    pub fn returned(&self, meter: usize) -> Result<Micros, Problem> {
        self.meters[meter].sums[self.current].returned.micros()
    }

    /// The number of a period, by its first day.
    pub fn number_of(&self, period: &Period) -> Option<usize> {
        self.periods.iter().position(|known| known.start == period.start)
    }

    pub fn period(&self, number: usize) -> &Period {
        &self.periods[number]
    }

    pub fn current(&self) -> usize {
        self.current
    }

    pub fn shares(&self, number: usize) -> &Shares {
        &self.shares[number]
    }
}

/// A run of rows of one period: columns of equal length.
struct Run<'a> {
    amounts: &'a [i64],
    kinds: &'a [u8],
    /// Empty where every row is wanted.
    selectors: &'a [u32],
}

impl Counted {
    fn read<'a>(self, rows: &Rows<'a>, begin: usize, end: usize) -> Result<Run<'a>, Problem> {
        let (column, name) = match self.measure {
            Measure::Net => (rows.net_amount, "net-amount"),
            Measure::Gross => (rows.gross_amount, "gross-amount"),
            Measure::Cost => (rows.cost, "cost"),
            Measure::Quantity => (rows.quantity, "quantity"),
        };
        let selectors = if self.selectors == EVERY_ROW {
            Some(&[][..])
        } else {
            rows.selectors.get(begin..end)
        };
        Ok(Run {
            amounts: column.get(begin..end).ok_or_else(|| missing(name))?,
            kinds: rows.kind.get(begin..end).ok_or_else(|| missing("kind"))?,
            selectors: selectors.ok_or_else(|| missing("selectors"))?,
        })
    }

    /// All ones when the row counts, else 0.
    #[inline(always)]
    fn counts(self, kind: u8, selectors: u32) -> i64 {
        let kind = (self.kinds >> (kind & 31)) & 1;
        let wanted = u32::from(self.selectors & selectors != 0);
        -i64::from(kind & wanted)
    }
}

fn missing(column: &str) -> Problem {
    Problem::new(
        "column-missing",
        &format!("the rows have no column `{column}`: grant it to the plugin"),
    )
}

/// So many amounts below 2^[`SMALL`] add up in 64 bits.
const CHUNK: usize = 1 << 10;
const SMALL: u32 = 52;

impl Added {
    fn add(&mut self, run: &Run<'_>, counted: Counted) {
        if run.selectors.is_empty() {
            for (amounts, kinds) in run.amounts.chunks(CHUNK).zip(run.kinds.chunks(CHUNK)) {
                self.add_chunk(
                    amounts
                        .iter()
                        .zip(kinds)
                        .map(|(amount, kind)| (*amount, *kind, counted.counts(*kind, EVERY_ROW))),
                );
            }
        } else {
            let chunks = run
                .amounts
                .chunks(CHUNK)
                .zip(run.kinds.chunks(CHUNK))
                .zip(run.selectors.chunks(CHUNK));
            for ((amounts, kinds), selectors) in chunks {
                let rows = amounts.iter().zip(kinds).zip(selectors);
                self.add_chunk(rows.map(|((amount, kind), wanted)| (*amount, *kind, counted.counts(*kind, *wanted))));
            }
        }
    }

    /// Amount, kind, and a mask of all ones or none.
    #[inline(always)]
    fn add_chunk(&mut self, rows: impl Iterator<Item = (i64, u8, i64)> + Clone) {
        let (mut total, mut returned, mut widest) = (0i64, 0i64, 0i64);
        for (amount, kind, mask) in rows.clone() {
            let amount = amount & mask;
            total = total.wrapping_add(amount);
            returned = returned.wrapping_add(amount & -i64::from(kind == RowKind::Return as u8));
            widest |= amount ^ (amount >> 63);
        }
        if widest >> SMALL == 0 {
            self.total.add(Micros(total));
            self.returned.add(Micros(returned));
        } else {
            self.add_large(rows);
        }
    }

    #[cold]
    #[inline(never)]
    fn add_large(&mut self, rows: impl Iterator<Item = (i64, u8, i64)>) {
        for (amount, kind, mask) in rows {
            self.total.add(Micros(amount & mask));
            if kind == RowKind::Return as u8 {
                self.returned.add(Micros(amount & mask));
            }
        }
    }
}

impl Shares {
    fn add(&mut self, run: &Run<'_>, rows: &Rows<'_>, begin: usize) -> Result<(), Problem> {
        for (place, (amount, kind)) in run.amounts.iter().zip(run.kinds).enumerate() {
            let wanted = run.selectors.get(place).copied().unwrap_or(EVERY_ROW);
            let amount = Micros(amount & self.counted.counts(*kind, wanted));
            match &mut self.by_product {
                Some(products) => {
                    let product = rows.product.get(begin + place).ok_or_else(|| missing("product"))?;
                    products
                        .get_mut(*product as usize)
                        .ok_or_else(|| missing("product"))?
                        .add(amount);
                }
                None if amount.0 > 0 => {
                    let position = rows.position.get(begin + place).ok_or_else(|| missing("position"))?;
                    self.by_row.push((*position, amount));
                }
                None => {}
            }
        }
        Ok(())
    }

    /// The volume of each product by its index, where the rule splits by products.
    pub fn by_product(&self) -> Option<&[Sum]> {
        self.by_product.as_deref()
    }

    /// Position and volume of each row that counts for more than nothing, in whatever order they came.
    pub fn by_row(&self) -> &[(u64, Micros)] {
        &self.by_row
    }
}
