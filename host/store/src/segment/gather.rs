//! One participant's rows. A piece of a segment that is wanted whole, and whose days no other piece shares, is lent as it is and only its
//! selectors are worked out; the rows of the others are put in order and copied. Both give the same rows.

use std::collections::HashMap;
use std::ops::Range;

use domain::calculation::Dictionary;
use domain::columns::{AttributeColumn, ColumnSlice, Columns, NO_VALUE};
use domain::exchange::Converted;
use domain::plugin::Column;
use domain::transaction::DateBasis;
use domain::{Error, Result};

use super::convert::{convert, takes};
use super::integers::Stored;
use super::opened::{Opened, Segments};
use super::resolve::{Resolved, Spans};
use super::row::{Field, currency_code};

/// Rows ordered by date, then position, and what their codes stand for.
#[derive(Clone, Debug)]
pub struct Gathered<'a> {
    /// None of them empty.
    pub slices: Vec<ColumnSlice<'a>>,
    /// Ordinals of the products of the rows, in the order in which they first appear; empty unless that column is wanted.
    pub products: Vec<u32>,
    /// Ordinals of the end customers, likewise.
    pub end_customers: Vec<u32>,
    /// One for each attribute wanted; values in the order in which they first appear.
    pub dictionaries: Vec<Dictionary>,
    /// The rates that rows in other currencies were converted by.
    pub converted: Option<Converted>,
}

impl Gathered<'_> {
    pub fn rows(&self) -> usize {
        self.slices.iter().map(ColumnSlice::len).sum()
    }
}

/// Memory that is used again for the next participant.
#[derive(Debug, Default)]
pub struct Scratch {
    /// For each segment where the account before was found.
    near: Vec<usize>,
    pieces: Vec<Piece>,
    parts: Vec<Part>,
    /// The rows that are copied, in order.
    runs: Vec<Run>,
    /// Rows of several pieces, to be put in order.
    order: Vec<Entry>,
    /// Selectors, products, end customers and attributes of all rows; the other columns of those that are copied.
    columns: Columns,
    products: Places,
    end_customers: Places,
}

/// Rows of one account in one segment.
#[derive(Clone, Copy, Debug)]
struct Piece {
    segment: u32,
    start: u32,
    end: u32,
    /// Date and position of the first row and of the last.
    first: (i32, u64),
    last: (i32, u64),
}

impl Piece {
    fn rows(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Rows that become a slice.
#[derive(Clone, Debug)]
enum Part {
    Lent(Piece),
    /// Some of the runs, and which of the rows copied these are.
    Copied {
        runs: Range<usize>,
        rows: Range<usize>,
    },
}

/// Rows that stand one after the other and are copied so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub segment: u32,
    start: u32,
    end: u32,
}

impl Run {
    pub fn rows(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A row to be put in order.
#[derive(Clone, Copy, Debug)]
struct Entry {
    date: i32,
    selectors: u32,
    position: u64,
    segment: u32,
    row: u32,
}

/// The rows of some accounts (the participant and, where the program rolls up, those below it), each named once, in those days by the
/// plan's date. A row without that date is in no day. A row that would be sent and lacks a wanted column, or is in a currency that cannot be
/// converted, is an error that names it.
pub fn gather<'a>(
    segments: &'a Segments,
    wanted: &Resolved,
    accounts: &[u32],
    spans: &Spans,
    scratch: &'a mut Scratch,
) -> Result<Gathered<'a>> {
    let Scratch {
        near,
        pieces,
        parts,
        runs,
        order,
        columns,
        products,
        end_customers,
    } = scratch;
    find(segments, wanted.dates_by, accounts, spans, near, pieces);
    parts.clear();
    runs.clear();
    columns.selectors.clear();
    let mut copied = 0;
    let mut rest = &pieces[..];
    while let Some((group, others)) = split_group(rest) {
        rest = others;
        if let [piece] = group
            && lend(segments, wanted, spans, piece, &mut columns.selectors)
        {
            parts.push(Part::Lent(*piece));
            continue;
        }
        let (first_run, first_row) = (runs.len(), columns.selectors.len());
        let mut chosen = Chosen {
            runs,
            first_run,
            selectors: &mut columns.selectors,
        };
        match group {
            [piece] if wanted.dates_by == DateBasis::Transaction => {
                select(segments, wanted, spans, piece, |entry| chosen.push(&entry))?;
            }
            _ => {
                order.clear();
                for piece in group {
                    select(segments, wanted, spans, piece, |entry| order.push(entry))?;
                }
                // The pieces are runs in order, which this sort finds and merges.
                order.sort_by_key(|entry| (entry.date, entry.position));
                order.iter().for_each(|entry| chosen.push(entry));
            }
        }
        if !group.iter().all(|piece| is_complete(segments, wanted, piece)) {
            check(segments, wanted, &runs[first_run..])?;
        }
        let rows = copied..copied + columns.selectors.len() - first_row;
        copied = rows.end;
        match parts.last_mut() {
            Some(Part::Copied {
                runs: last,
                rows: before,
            }) => (last.end, before.end) = (runs.len(), copied),
            _ if !rows.is_empty() => parts.push(Part::Copied {
                runs: first_run..runs.len(),
                rows,
            }),
            _ => (),
        }
    }
    copy(segments, wanted, runs, columns);
    let converted = convert(segments, wanted, runs, columns)?;

    let rows = Rows { segments, parts, runs };
    let mut gathered = Gathered {
        slices: Vec::new(),
        products: Vec::new(),
        end_customers: Vec::new(),
        dictionaries: Vec::new(),
        converted,
    };
    columns.product.clear();
    if wanted.wants(Column::Product) {
        products.begin();
        rows.each(|segment, row| {
            columns
                .product
                .push(products.place(segment.products()[row], &mut gathered.products))
        });
    }
    columns.end_customer.clear();
    if wanted.wants(Column::EndCustomer) {
        end_customers.begin();
        rows.each(|segment, row| {
            columns
                .end_customer
                .push(end_customers.place(segment.end_customers()[row], &mut gathered.end_customers))
        });
    }
    columns
        .attributes
        .resize_with(wanted.attributes.len(), || AttributeColumn {
            name: String::new(),
            codes: Vec::new(),
        });
    for (column, name) in columns.attributes.iter_mut().zip(&wanted.attributes) {
        column.name.clone_from(name);
        gathered.dictionaries.push(encode(&rows, column));
    }
    gathered.slices = slices(segments, wanted, parts, columns);
    Ok(gathered)
}

/// The first pieces whose days and positions overlap, and those after them.
fn split_group(pieces: &[Piece]) -> Option<(&[Piece], &[Piece])> {
    let mut last = pieces.first()?.last;
    let mut end = 1;
    while let Some(piece) = pieces.get(end).filter(|piece| piece.first < last) {
        last = last.max(piece.last);
        end += 1;
    }
    Some(pieces.split_at(end))
}

/// Where the accounts have rows in those days, by the first row; by another date than the transaction's, where they may have some.
fn find(
    segments: &Segments,
    basis: DateBasis,
    accounts: &[u32],
    spans: &Spans,
    near: &mut Vec<usize>,
    pieces: &mut Vec<Piece>,
) {
    pieces.clear();
    near.resize(segments.len(), 0);
    for ((number, segment), near) in (0..).zip(segments.iter()).zip(near) {
        let Some(days) = segment.info().days_by(basis).filter(|days| spans.overlap(*days)) else {
            continue;
        };
        for account in accounts.iter().filter(|account| segment.info().holds(**account)) {
            let rows = segment.rows_of(*account, near);
            if basis != DateBasis::Transaction || spans.cover(days) {
                pieces.extend(piece(segment, number, basis, rows));
                continue;
            }
            let dates = &segment.dates(basis)[rows.clone()];
            for (first, last) in spans.iter() {
                let start = rows.start + dates.partition_point(|date| *date < first);
                let end = rows.start + dates.partition_point(|date| *date <= last);
                pieces.extend(piece(segment, number, basis, start..end));
            }
        }
    }
    if !pieces.is_sorted_by_key(|piece| piece.first) {
        pieces.sort_by_key(|piece| piece.first);
    }
}

fn piece(segment: &Opened, number: u32, basis: DateBasis, rows: Range<usize>) -> Option<Piece> {
    let dates = &segment.dates(basis)[rows.clone()];
    let positions = &segment.positions()[rows.clone()];
    let keys = || dates.iter().copied().zip(positions.iter().copied());
    let (first, last) = match basis {
        DateBasis::Transaction => (keys().next()?, (*dates.last()?, *positions.last()?)),
        _ => (keys().min()?, keys().max()?),
    };
    Some(Piece {
        segment: number,
        start: rows.start as u32,
        end: rows.end as u32,
        first,
        last,
    })
}

/// Whether the piece is wanted whole and in the order in which it stands; if so, adds the selectors of its rows.
fn lend(segments: &Segments, wanted: &Resolved, spans: &Spans, piece: &Piece, selectors: &mut Vec<u32>) -> bool {
    let segment = segments.get(piece.segment);
    let rows = piece.rows();
    if segment.kinds & !wanted.kinds != 0
        && !segment.kinds()[rows.clone()]
            .iter()
            .all(|kind| wanted.wants_kind(*kind))
    {
        return false;
    }
    if !segment.superseded(rows.clone()).is_empty() {
        return false;
    }
    if wanted.dates_by != DateBasis::Transaction {
        let dates = &segment.dates(wanted.dates_by)[rows.clone()];
        let positions = &segment.positions()[rows.clone()];
        if !dates.iter().all(|date| spans.contain(*date)) || !dates.iter().zip(positions).is_sorted() {
            return false;
        }
    }
    if !is_complete(segments, wanted, piece) {
        return false;
    }
    let before = selectors.len();
    if !wanted.selects {
        selectors.resize(before + rows.len(), 0);
        return true;
    }
    selectors.reserve(rows.len());
    for product in &segment.products()[rows] {
        match wanted.bits(*product) {
            None | Some(0) => {
                selectors.truncate(before);
                return false;
            }
            Some(bits) => selectors.push(bits),
        }
    }
    true
}

/// Whether every row is in the program's currency and has every wanted column.
fn is_complete(segments: &Segments, wanted: &Resolved, piece: &Piece) -> bool {
    let segment = segments.get(piece.segment);
    let currency = segment.stored(Field::Currency).and_then(Stored::constant);
    let in_currency = currency == Some(wanted.currency_number.into())
        || segment.currencies()[piece.rows()]
            .iter()
            .all(|number| *number == wanted.currency_number);
    let has = |column: &Column| {
        let stored = segment.stored(Field::of_column(*column));
        stored.is_some_and(|stored| !stored.has_holes_between(piece.rows()))
    };
    in_currency && wanted.columns.iter().all(has)
}

/// Where the rows that were chosen go.
struct Chosen<'a> {
    runs: &'a mut Vec<Run>,
    /// From here on runs may grow.
    first_run: usize,
    selectors: &'a mut Vec<u32>,
}

impl Chosen<'_> {
    fn push(&mut self, entry: &Entry) {
        self.selectors.push(entry.selectors);
        match self.runs[self.first_run..].last_mut() {
            Some(run) if run.segment == entry.segment && run.end == entry.row => run.end += 1,
            _ => self.runs.push(Run {
                segment: entry.segment,
                start: entry.row,
                end: entry.row + 1,
            }),
        }
    }
}

/// Takes the rows wanted of a piece, one after the other.
fn select(
    segments: &Segments,
    wanted: &Resolved,
    spans: &Spans,
    piece: &Piece,
    mut take: impl FnMut(Entry),
) -> Result<()> {
    let segment = segments.get(piece.segment);
    let rows = piece.rows();
    let (dates, positions) = (
        &segment.dates(wanted.dates_by)[rows.clone()],
        &segment.positions()[rows.clone()],
    );
    let kinds = &segment.kinds()[rows.clone()];
    let products = if wanted.selects {
        &segment.products()[rows.clone()]
    } else {
        &[]
    };
    let every_kind = segment.kinds & !wanted.kinds == 0;
    // By the transaction's own date pieces were cut where the days end.
    let every_day = wanted.dates_by == DateBasis::Transaction;
    let mut superseded = segment.superseded(rows);
    for (place, row) in (piece.start..piece.end).enumerate() {
        if superseded.first() == Some(&row) {
            superseded = &superseded[1..];
            continue;
        }
        let (date, position) = (dates[place], positions[place]);
        if !(every_kind || wanted.wants_kind(kinds[place])) || !(every_day || spans.contain(date)) {
            continue;
        }
        let selectors = match products.get(place).map(|product| (product, wanted.bits(*product))) {
            None => 0,
            Some((_, Some(0))) => continue,
            Some((_, Some(bits))) => bits,
            Some((product, None)) => {
                return Err(Error::new(format!(
                    "the row at journal position {position} names product ordinal {product}, which is not among the products: read them again"
                )));
            }
        };
        take(Entry {
            date,
            selectors,
            position,
            segment: piece.segment,
            row,
        });
    }
    Ok(())
}

/// Refuses the first row that is in a currency that the program does not take, or lacks a wanted column.
fn check(segments: &Segments, wanted: &Resolved, runs: &[Run]) -> Result<()> {
    for (segment, row) in runs
        .iter()
        .flat_map(|run| run.rows().map(|row| (segments.get(run.segment), row)))
    {
        let position = segment.positions()[row];
        let currency = segment.currencies()[row];
        if !takes(wanted, currency) {
            let (found, program) = (currency_code(currency), wanted.currency);
            return Err(Error::new(format!(
                "the row at journal position {position} is in {found} and the program in {program}: correct the row or move it to a program in {found}"
            )));
        }
        let lacks = |column: &&Column| {
            segment
                .stored(Field::of_column(**column))
                .is_none_or(|stored| stored.is_hole(row))
        };
        if let Some(column) = wanted.columns.iter().find(lacks) {
            let column = column.as_str();
            return Err(Error::new(format!(
                "the row at journal position {position} has no `{column}`, which the terms need: correct the row or change the terms"
            )));
        }
    }
    Ok(())
}

fn copy(segments: &Segments, wanted: &Resolved, runs: &[Run], columns: &mut Columns) {
    fill(&mut columns.position, segments, runs, Opened::positions);
    fill(&mut columns.date, segments, runs, |segment| {
        segment.dates(wanted.dates_by)
    });
    fill(&mut columns.kind, segments, runs, Opened::kinds);
    for (column, values) in [
        (Column::Quantity, &mut columns.quantity),
        (Column::NetAmount, &mut columns.net_amount),
        (Column::GrossAmount, &mut columns.gross_amount),
        (Column::Cost, &mut columns.cost),
        (Column::ListPrice, &mut columns.list_price),
    ] {
        let runs = if wanted.wants(column) { runs } else { &[] };
        fill(values, segments, runs, |segment| segment.measures(column));
    }
}

fn fill<T: Copy>(values: &mut Vec<T>, segments: &Segments, runs: &[Run], of: impl Fn(&Opened) -> &[T]) {
    values.clear();
    for same in runs.chunk_by(|one, next| one.segment == next.segment) {
        let column = of(segments.get(same[0].segment));
        same.iter()
            .for_each(|run| values.extend_from_slice(&column[run.rows()]));
    }
}

/// The rows that were gathered, in order, however they are kept.
struct Rows<'a> {
    segments: &'a Segments,
    parts: &'a [Part],
    runs: &'a [Run],
}

impl<'a> Rows<'a> {
    fn each(&self, mut read: impl FnMut(&'a Opened, usize)) {
        for part in self.parts {
            match part {
                Part::Lent(piece) => {
                    let segment = self.segments.get(piece.segment);
                    piece.rows().for_each(|row| read(segment, row));
                }
                Part::Copied { runs, .. } => {
                    for run in &self.runs[runs.clone()] {
                        let segment = self.segments.get(run.segment);
                        run.rows().for_each(|row| read(segment, row));
                    }
                }
            }
        }
    }
}

/// Codes of one attribute in a dictionary of these rows alone, because each segment has its own.
fn encode(rows: &Rows<'_>, column: &mut AttributeColumn) -> Dictionary {
    let AttributeColumn { name, codes } = column;
    codes.clear();
    let mut places: HashMap<&str, u32> = HashMap::new();
    let mut values = Vec::new();
    // Neighbours often have the same value.
    let mut last: Option<(*const Opened, u32, u32)> = None;
    rows.each(|segment, row| {
        let Some((attribute, code)) = segment
            .attribute(name)
            .and_then(|attribute| Some((attribute, attribute.code(row)?)))
        else {
            codes.push(NO_VALUE);
            return;
        };
        let place = match last {
            Some((of, known, place)) if std::ptr::eq(of, segment) && known == code => place,
            _ => {
                let text = attribute.text(code);
                *places.entry(text).or_insert_with(|| {
                    values.push(text.to_owned());
                    values.len() as u32 - 1
                })
            }
        };
        last = Some((segment, code, place));
        codes.push(place);
    });
    Dictionary {
        name: name.clone(),
        values,
    }
}

fn slices<'a>(segments: &'a Segments, wanted: &Resolved, parts: &[Part], columns: &'a Columns) -> Vec<ColumnSlice<'a>> {
    let mut done = 0;
    let slice = |part: &Part| {
        let (segment, rows) = match part {
            Part::Lent(piece) => (Some(segments.get(piece.segment)), piece.rows()),
            Part::Copied { rows, .. } => (None, rows.clone()),
        };
        let made = done..done + rows.len();
        done = made.end;
        let measure = |column, copied: &'a [i64]| match segment {
            _ if !wanted.wants(column) => &[],
            Some(segment) => &segment.measures(column)[rows.clone()],
            None => &copied[rows.clone()],
        };
        let places = |column, places: &'a [u32]| {
            if wanted.wants(column) {
                &places[made.clone()]
            } else {
                &[]
            }
        };
        ColumnSlice {
            position: &segment.map_or(&*columns.position, |segment| segment.positions())[rows.clone()],
            date: &segment.map_or(&*columns.date, |segment| segment.dates(wanted.dates_by))[rows.clone()],
            kind: &segment.map_or(&*columns.kind, |segment| segment.kinds())[rows.clone()],
            selectors: &columns.selectors[made.clone()],
            product: places(Column::Product, &columns.product),
            quantity: measure(Column::Quantity, &columns.quantity),
            net_amount: measure(Column::NetAmount, &columns.net_amount),
            gross_amount: measure(Column::GrossAmount, &columns.gross_amount),
            cost: measure(Column::Cost, &columns.cost),
            list_price: measure(Column::ListPrice, &columns.list_price),
            end_customer: places(Column::EndCustomer, &columns.end_customer),
            attributes: columns
                .attributes
                .iter()
                .map(|column| (&*column.name, &column.codes[made.clone()]))
                .collect(),
        }
    };
    parts.iter().map(slice).collect()
}

/// Places of ordinals in a list of those that appear, forgotten at once when the next participant begins.
#[derive(Debug, Default)]
struct Places {
    generation: u32,
    /// By ordinal: the generation that knows it, and its place.
    known: Vec<(u32, u32)>,
}

impl Places {
    fn begin(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        if self.generation == 0 {
            self.known.clear();
            self.generation = 1;
        }
    }

    fn place(&mut self, ordinal: u32, list: &mut Vec<u32>) -> u32 {
        if self.known.len() <= ordinal as usize {
            self.known.resize(ordinal as usize + 1, (0, 0));
        }
        let known = &mut self.known[ordinal as usize];
        if known.0 != self.generation {
            *known = (self.generation, list.len() as u32);
            list.push(ordinal);
        }
        known.1
    }
}
