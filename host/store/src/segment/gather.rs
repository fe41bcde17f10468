//! One participant's rows. A piece of a segment that is wanted whole, and whose days no other piece shares, is lent as it is and only its
//! selectors are worked out; the rows of the others are put in order and copied. Both give the same rows.

use std::ops::Range;

use domain::Result;
use domain::calculation::Dictionary;
use domain::columns::{AttributeColumn, ColumnSlice, Columns};
use domain::exchange::Converted;
use domain::plugin::Column;
use domain::transaction::DateBasis;

use self::choose::{Chosen, Entry, check, copy, select};
use self::code::{Places, encode};
use self::piece::{Piece, find, is_complete, lend, split_group};
use super::convert::convert;
use super::opened::{Opened, Segments};
use super::resolve::{Resolved, Spans};

pub(super) use self::choose::Run;

mod choose;
mod code;
mod piece;

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
