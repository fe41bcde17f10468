//! Adding up rows: the one loop that every row goes through.
//!
//! A meter adds up one measure over the rows of some kinds that some selectors want, period by period. Rows come ordered by date, so
//! that a run of them lies in one period; a run is added up kind by kind, without a branch in 64 bits, and once more with care should
//! an amount be so large that 64 bits might not do.

use gtm_sdk::gathering::EVERY_ROW;
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

    /// The amount where the row counts, else 0.
    fn amount(self, amount: i64, kind: u8, selectors: u32) -> i64 {
        let counts = self.counts(kind) && self.selectors & selectors != 0;
        if counts { amount } else { 0 }
    }

    fn counts(self, kind: u8) -> bool {
        usize::from(kind) < KINDS && (self.kinds >> kind) & 1 == 1
    }
}

fn missing(column: &str) -> Problem {
    Problem::new(
        "column-missing",
        &format!("the rows have no column `{column}`: grant it to the plugin"),
    )
}

/// Numbers of row kinds lie below this.
const KINDS: usize = 8;

/// So many amounts between ±[`SMALL`] add up in 64 bits.
const CHUNK: usize = 1 << 10;
const SMALL: i64 = 1 << 52;

/// The selectors of rows that need none.
static EVERY: [u32; CHUNK] = [EVERY_ROW; CHUNK];

impl Added {
    fn add(&mut self, run: &Run<'_>, counted: Counted) {
        for (number, amounts) in run.amounts.chunks(CHUNK).enumerate() {
            let rows = number * CHUNK..number * CHUNK + amounts.len();
            let kinds = &run.kinds[rows.clone()];
            let selectors = run.selectors.get(rows).unwrap_or(&EVERY[..amounts.len()]);
            match by_kind(amounts, kinds, selectors, counted.selectors) {
                Some(sums) => (0..).zip(sums).for_each(|(kind, sum)| self.add_one(sum, kind, counted)),
                None => self.add_large(amounts, kinds, selectors, counted),
            }
        }
    }

    fn add_one(&mut self, amount: i64, kind: u8, counted: Counted) {
        if counted.counts(kind) {
            self.total.add(Micros(amount));
            if kind == RowKind::Return as u8 {
                self.returned.add(Micros(amount));
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn add_large(&mut self, amounts: &[i64], kinds: &[u8], selectors: &[u32], counted: Counted) {
        for ((amount, kind), selectors) in amounts.iter().zip(kinds).zip(selectors) {
            self.add_one(counted.amount(*amount, *kind, *selectors), *kind, counted);
        }
    }
}

/// Rows that are added side by side, each to sums of its own: an addition to what the one before has just changed would wait for it.
const LANES: usize = 8;

/// The sum of the amounts that the selectors want, for each kind of row; nothing when one of them is not small.
///
/// A sandbox counts its steps at every turn of a loop, so that a turn is worth [`LANES`] rows.
fn by_kind(amounts: &[i64], kinds: &[u8], selectors: &[u32], wanted: u32) -> Option<[i64; KINDS]> {
    let mut sums = [[0i64; KINDS]; LANES];
    let mut widest = 0;
    let mut add = |lane: usize, amount: i64, kind: u8, selectors: u32| {
        let amount = if selectors & wanted != 0 { amount } else { 0 };
        let sum = &mut sums[lane][usize::from(kind) % KINDS];
        *sum = sum.wrapping_add(amount);
        widest |= amount.wrapping_add(SMALL);
    };
    let (turns, last_amounts) = amounts.as_chunks::<LANES>();
    let (turns_of_kinds, last_kinds) = kinds.as_chunks::<LANES>();
    let (turns_of_selectors, last_selectors) = selectors.as_chunks::<LANES>();
    for ((amounts, kinds), selectors) in turns.iter().zip(turns_of_kinds).zip(turns_of_selectors) {
        for lane in 0..LANES {
            add(lane, amounts[lane], kinds[lane], selectors[lane]);
        }
    }
    for ((amount, kind), selectors) in last_amounts.iter().zip(last_kinds).zip(last_selectors) {
        add(0, *amount, *kind, *selectors);
    }
    // Each small amount, moved up by the bound, is below twice the bound and not negative.
    let all_small = (0..2 * SMALL).contains(&widest);
    all_small.then(|| std::array::from_fn(|kind| sums.iter().map(|lane| lane[kind]).sum()))
}

impl Shares {
    fn add(&mut self, run: &Run<'_>, rows: &Rows<'_>, begin: usize) -> Result<(), Problem> {
        for (place, (amount, kind)) in run.amounts.iter().zip(run.kinds).enumerate() {
            let wanted = run.selectors.get(place).copied().unwrap_or(EVERY_ROW);
            let amount = Micros(self.counted.amount(*amount, *kind, wanted));
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
