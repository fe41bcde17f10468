//! One participant's rows. Where its pieces of the segments are wanted whole and follow each other, they are lent as they are and only the
//! selectors are worked out; otherwise the rows are put in order and copied. Both give the same rows.

use std::collections::HashMap;

use domain::calculation::Dictionary;
use domain::columns::{AttributeColumn, ColumnSlice, Columns, NO_VALUE};
use domain::plugin::Column;
use domain::transaction::DateBasis;
use domain::{Error, Result};

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
}

impl Gathered<'_> {
    pub fn rows(&self) -> usize {
        self.slices.iter().map(ColumnSlice::len).sum()
    }
}

/// Memory that is used again for the next participant.
#[derive(Debug, Default)]
pub struct Scratch {
    pieces: Vec<Piece>,
    order: Vec<Entry>,
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
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    date: i32,
    selectors: u32,
    position: u64,
    segment: u32,
    row: u32,
}

/// The rows of some accounts (the participant and, where the program rolls up, those below it), each named once, in those days by the
/// plan's date. A row without that date is in no day. A row that would be sent and lacks a wanted column, or is in another currency, is
/// an error that names it.
pub fn gather<'a>(
    segments: &'a Segments,
    wanted: &Resolved,
    accounts: &[u32],
    spans: &Spans,
    scratch: &'a mut Scratch,
) -> Result<Gathered<'a>> {
    let Scratch {
        pieces,
        order,
        columns,
        products,
        end_customers,
    } = scratch;
    find(segments, wanted.dates_by, accounts, spans, pieces);
    columns.selectors.clear();
    let lent = follow_each_other(segments, wanted, pieces)
        && pieces
            .iter()
            .all(|piece| lend(segments, wanted, spans, piece, &mut columns.selectors));
    if !lent {
        select(segments, wanted, spans, pieces, order)?;
        check(segments, wanted, order)?;
        copy(segments, wanted, order, columns);
    }
    let rows = Rows {
        segments,
        pieces,
        order,
        lent,
    };

    let mut gathered = Gathered {
        slices: Vec::new(),
        products: Vec::new(),
        end_customers: Vec::new(),
        dictionaries: Vec::new(),
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
    gathered.slices = slices(segments, wanted, pieces, lent, columns);
    Ok(gathered)
}

/// Where the accounts have rows in those days; by another date than the transaction's, where they may have some.
fn find(segments: &Segments, basis: DateBasis, accounts: &[u32], spans: &Spans, pieces: &mut Vec<Piece>) {
    pieces.clear();
    for (place, segment) in (0..).zip(segments.iter()) {
        let Some(days) = segment.info().days_by(basis).filter(|days| spans.overlap(*days)) else {
            continue;
        };
        let sorted_by_basis = basis == DateBasis::Transaction;
        for account in accounts {
            if !segment.info().holds(*account) {
                continue;
            }
            let rows = segment.rows_of(*account);
            let mut add = |start: usize, end: usize| {
                if start < end {
                    pieces.push(Piece {
                        segment: place,
                        start: start as u32,
                        end: end as u32,
                    });
                }
            };
            if !sorted_by_basis || spans.cover(days) {
                add(rows.start, rows.end);
                continue;
            }
            let dates = &segment.dates(basis)[rows.clone()];
            for (first, last) in spans.iter() {
                let start = dates.partition_point(|date| *date < first);
                let end = dates.partition_point(|date| *date <= last);
                add(rows.start + start, rows.start + end);
            }
        }
    }
}

fn follow_each_other(segments: &Segments, wanted: &Resolved, pieces: &[Piece]) -> bool {
    let key = |piece: &Piece, row: u32| {
        let segment = segments.get(piece.segment);
        (
            segment.dates(wanted.dates_by)[row as usize],
            segment.positions()[row as usize],
        )
    };
    pieces
        .windows(2)
        .all(|pair| key(&pair[0], pair[0].end - 1) < key(&pair[1], pair[1].start))
}

/// Whether the piece is wanted whole and in the order in which it stands; adds the selectors of its rows.
fn lend(segments: &Segments, wanted: &Resolved, spans: &Spans, piece: &Piece, selectors: &mut Vec<u32>) -> bool {
    let segment = segments.get(piece.segment);
    let rows = piece.start as usize..piece.end as usize;
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
    let currency = segment.stored(Field::Currency).and_then(|stored| stored.constant());
    if currency != Some(wanted.currency_number.into())
        && !segment.currencies()[rows.clone()]
            .iter()
            .all(|number| *number == wanted.currency_number)
    {
        return false;
    }
    let complete = |column: &Column| {
        segment
            .stored(Field::of_column(*column))
            .is_some_and(|stored| !stored.has_holes_between(rows.start, rows.end))
    };
    if !wanted.columns.iter().all(complete) {
        return false;
    }
    if !wanted.selects {
        selectors.resize(selectors.len() + rows.len(), 0);
        return true;
    }
    let mut whole = true;
    selectors.extend(segment.products()[rows].iter().map(|product| {
        let bits = wanted.bits(*product).unwrap_or(0);
        whole &= bits != 0;
        bits
    }));
    whole
}

/// The rows wanted, in order.
fn select(
    segments: &Segments,
    wanted: &Resolved,
    spans: &Spans,
    pieces: &[Piece],
    order: &mut Vec<Entry>,
) -> Result<()> {
    order.clear();
    for piece in pieces {
        let segment = segments.get(piece.segment);
        let (dates, positions, kinds) = (segment.dates(wanted.dates_by), segment.positions(), segment.kinds());
        let products = wanted.selects.then(|| segment.products());
        let mut superseded = segment
            .superseded(piece.start as usize..piece.end as usize)
            .iter()
            .peekable();
        for row in piece.start..piece.end {
            if superseded.next_if(|gone| **gone == row).is_some() {
                continue;
            }
            let place = row as usize;
            if !wanted.wants_kind(kinds[place]) || !spans.contain(dates[place]) {
                continue;
            }
            let selectors = match products {
                None => 0,
                Some(products) => match wanted.bits(products[place]) {
                    Some(0) => continue,
                    Some(bits) => bits,
                    None => {
                        let (position, product) = (positions[place], products[place]);
                        return Err(Error::new(format!(
                            "the row at journal position {position} names product ordinal {product}, which is not among the products: read them again"
                        )));
                    }
                },
            };
            order.push(Entry {
                date: dates[place],
                selectors,
                position: positions[place],
                segment: piece.segment,
                row,
            });
        }
    }
    let key = |entry: &Entry| (entry.date, entry.position);
    if !order.is_sorted_by_key(key) {
        // The pieces are runs in order, which this sort finds and merges.
        order.sort_by_key(key);
    }
    Ok(())
}

/// Refuses the first row that is in another currency or lacks a wanted column.
fn check(segments: &Segments, wanted: &Resolved, order: &[Entry]) -> Result<()> {
    for entry in order {
        let (segment, row) = (segments.get(entry.segment), entry.row as usize);
        let position = entry.position;
        let currency = segment.currencies()[row];
        if currency != wanted.currency_number {
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

fn copy(segments: &Segments, wanted: &Resolved, order: &[Entry], columns: &mut Columns) {
    fn fill<T>(column: &mut Vec<T>, order: &[Entry], value: impl Fn(&Entry) -> T) {
        column.clear();
        column.extend(order.iter().map(value));
    }
    fill(&mut columns.position, order, |entry| entry.position);
    fill(&mut columns.date, order, |entry| entry.date);
    fill(&mut columns.selectors, order, |entry| entry.selectors);
    fill(&mut columns.kind, order, |entry| {
        segments.get(entry.segment).kinds()[entry.row as usize]
    });
    for (column, values) in [
        (Column::Quantity, &mut columns.quantity),
        (Column::NetAmount, &mut columns.net_amount),
        (Column::GrossAmount, &mut columns.gross_amount),
        (Column::Cost, &mut columns.cost),
        (Column::ListPrice, &mut columns.list_price),
    ] {
        let order = if wanted.wants(column) { order } else { &[] };
        fill(values, order, |entry| {
            segments.get(entry.segment).measures(column)[entry.row as usize]
        });
    }
}

/// The rows that were gathered, in order, however they are kept.
struct Rows<'a> {
    segments: &'a Segments,
    pieces: &'a [Piece],
    order: &'a [Entry],
    lent: bool,
}

impl<'a> Rows<'a> {
    fn each(&self, mut read: impl FnMut(&'a Opened, usize)) {
        if self.lent {
            for piece in self.pieces {
                let segment = self.segments.get(piece.segment);
                (piece.start as usize..piece.end as usize).for_each(|row| read(segment, row));
            }
        } else {
            self.order
                .iter()
                .for_each(|entry| read(self.segments.get(entry.segment), entry.row as usize));
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

fn slices<'a>(
    segments: &'a Segments,
    wanted: &Resolved,
    pieces: &[Piece],
    lent: bool,
    columns: &'a Columns,
) -> Vec<ColumnSlice<'a>> {
    if !lent {
        return if columns.is_empty() {
            Vec::new()
        } else {
            vec![columns.as_slice()]
        };
    }
    let mut done = 0;
    let lend = |piece: &Piece| {
        let segment = segments.get(piece.segment);
        let rows = piece.start as usize..piece.end as usize;
        let made = done..done + rows.len();
        done = made.end;
        let measure = |column| {
            if wanted.wants(column) {
                &segment.measures(column)[rows.clone()]
            } else {
                &[]
            }
        };
        let places = |column, places: &'a [u32]| {
            if wanted.wants(column) {
                &places[made.clone()]
            } else {
                &[]
            }
        };
        ColumnSlice {
            position: &segment.positions()[rows.clone()],
            date: &segment.dates(wanted.dates_by)[rows.clone()],
            kind: &segment.kinds()[rows.clone()],
            selectors: &columns.selectors[made.clone()],
            product: places(Column::Product, &columns.product),
            quantity: measure(Column::Quantity),
            net_amount: measure(Column::NetAmount),
            gross_amount: measure(Column::GrossAmount),
            cost: measure(Column::Cost),
            list_price: measure(Column::ListPrice),
            end_customer: places(Column::EndCustomer, &columns.end_customer),
            attributes: columns
                .attributes
                .iter()
                .map(|column| (&*column.name, &column.codes[made.clone()]))
                .collect(),
        }
    };
    pieces.iter().map(lend).collect()
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
