//! Adding up rows: the one loop that every row goes through.
//!
//! A meter adds up one measure over the rows of some kinds that some selectors want, period by period. Rows come ordered by date, so
//! that a run of them lies in one period; a run is added up without a branch in 64 bits, and once more with care should an amount
//! be so large that 64 bits might not do.

use gtm_sdk::gathering::EVERY_ROW;
use gtm_sdk::{Micros, Period, Problem, Rows, Sum};

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
        while begin < rows.date.len() {
            let (number, end) = self.run(rows, begin)?;
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

    /// The number of the period that a row lies in, and where the run of rows in that period ends.
    fn run(&self, rows: &Rows<'_>, begin: usize) -> Result<(usize, usize), Problem> {
        let day = rows.date[begin];
        let Some(number) = self.periods.iter().position(|period| period.contains(day)) else {
            let problem = Problem::new(
                "row-outside-periods",
                "a row lies in no period that these terms ask for",
            );
            return Err(match rows.position.get(begin) {
                Some(position) => problem.in_row(*position),
                None => problem,
            });
        };
        let period = &self.periods[number];
        // The host sends rows of the periods that were asked for. Where that is one, they need not be looked at each.
        if self.periods.len() == 1 && rows.date.last().is_some_and(|day| period.contains(*day)) {
            return Ok((number, rows.date.len()));
        }
        let (start, span) = (period.start, period.end.abs_diff(period.start));
        let length = rows.date[begin..]
            .iter()
            .position(|day| day.wrapping_sub(start) as u32 > span);
        Ok((number, length.map_or(rows.date.len(), |length| begin + length)))
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

    /// All ones for each kind that counts, else 0; a kind is looked up by its lowest three bits.
    fn kind_masks(self) -> [i64; 8] {
        std::array::from_fn(|kind| -i64::from((self.kinds >> kind) & 1))
    }

    /// The amount where the row counts, else 0.
    #[inline(always)]
    fn amount(self, masks: &[i64; 8], amount: i64, kind: u8, selectors: u32) -> i64 {
        amount & masks[usize::from(kind & 7)] & -i64::from(self.selectors & selectors != 0)
    }
}

fn missing(column: &str) -> Problem {
    Problem::new(
        "column-missing",
        &format!("the rows have no column `{column}`: grant it to the plugin"),
    )
}

/// So many amounts between ±[`SMALL`] add up in 64 bits.
const CHUNK: usize = 1 << 10;
const SMALL: i64 = 1 << 52;

impl Added {
    fn add(&mut self, run: &Run<'_>, counted: Counted) {
        let masks = counted.kind_masks();
        for (number, amounts) in run.amounts.chunks(CHUNK).enumerate() {
            let begin = number * CHUNK;
            let kinds = &run.kinds[begin..begin + amounts.len()];
            match run.selectors.get(begin..begin + amounts.len()) {
                Some(selectors) => {
                    let rows = amounts.iter().zip(kinds).zip(selectors);
                    self.add_chunk(
                        rows.map(|((amount, kind), wanted)| (counted.amount(&masks, *amount, *kind, *wanted), *kind)),
                    );
                }
                None => {
                    let rows = amounts.iter().zip(kinds);
                    self.add_chunk(
                        rows.map(|(amount, kind)| (counted.amount(&masks, *amount, *kind, EVERY_ROW), *kind)),
                    );
                }
            }
        }
    }

    /// Amounts that count, with their kinds.
    #[inline(always)]
    fn add_chunk(&mut self, rows: impl Iterator<Item = (i64, u8)> + Clone) {
        let (mut total, mut returned, mut widest) = (0i64, 0i64, 0i64);
        for (amount, kind) in rows.clone() {
            total = total.wrapping_add(amount);
            returned = returned.wrapping_add(amount & RETURNED[usize::from(kind & 7)]);
            widest |= amount.wrapping_add(SMALL);
        }
        // Each small amount, moved up by the bound, is below twice the bound and not negative.
        if (0..2 * SMALL).contains(&widest) {
            self.total.add(Micros(total));
            self.returned.add(Micros(returned));
        } else {
            self.add_large(rows);
        }
    }

    #[cold]
    #[inline(never)]
    fn add_large(&mut self, rows: impl Iterator<Item = (i64, u8)>) {
        for (amount, kind) in rows {
            self.total.add(Micros(amount));
            self.returned.add(Micros(amount & RETURNED[usize::from(kind & 7)]));
        }
    }
}

/// All ones for a return, else 0.
const RETURNED: [i64; 8] = [0, -1, 0, 0, 0, 0, 0, 0];

impl Shares {
    fn add(&mut self, run: &Run<'_>, rows: &Rows<'_>, begin: usize) -> Result<(), Problem> {
        let masks = self.counted.kind_masks();
        for (place, (amount, kind)) in run.amounts.iter().zip(run.kinds).enumerate() {
            let wanted = run.selectors.get(place).copied().unwrap_or(EVERY_ROW);
            let amount = Micros(self.counted.amount(&masks, *amount, *kind, wanted));
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
