//! Rows that are chosen one by one, because a piece is not wanted whole or shares its days with another: put in order, checked and copied.

use std::ops::Range;

use domain::columns::Columns;
use domain::plugin::Column;
use domain::transaction::DateBasis;
use domain::{Error, Result};

use super::piece::Piece;
use crate::segment::convert::takes;
use crate::segment::opened::{Opened, Segments};
use crate::segment::resolve::{Resolved, Spans};
use crate::segment::row::{Field, currency_code};

/// Rows that stand one after the other and are copied so.
#[derive(Clone, Copy, Debug)]
pub(in crate::segment) struct Run {
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
pub(super) struct Entry {
    pub date: i32,
    selectors: u32,
    pub position: u64,
    segment: u32,
    row: u32,
}

/// Where the rows that were chosen go.
pub(super) struct Chosen<'a> {
    pub runs: &'a mut Vec<Run>,
    /// From here on runs may grow.
    pub first_run: usize,
    pub selectors: &'a mut Vec<u32>,
}

impl Chosen<'_> {
    pub fn push(&mut self, entry: &Entry) {
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
pub(super) fn select(
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
pub(super) fn check(segments: &Segments, wanted: &Resolved, runs: &[Run]) -> Result<()> {
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

pub(super) fn copy(segments: &Segments, wanted: &Resolved, runs: &[Run], columns: &mut Columns) {
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
