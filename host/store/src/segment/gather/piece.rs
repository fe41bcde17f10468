//! Pieces: where a participant's rows lie in the segments, and which of them can be lent as they are.

use std::ops::Range;

use domain::plugin::Column;
use domain::transaction::DateBasis;

use crate::segment::integers::Stored;
use crate::segment::opened::{Opened, Segments};
use crate::segment::resolve::{Resolved, Spans};
use crate::segment::row::Field;

/// Rows of one account in one segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub segment: u32,
    pub start: u32,
    pub end: u32,
    /// Date and position of the first row and of the last.
    first: (i32, u64),
    last: (i32, u64),
}

impl Piece {
    pub fn rows(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The first pieces whose days and positions overlap, and those after them.
pub(super) fn split_group(pieces: &[Piece]) -> Option<(&[Piece], &[Piece])> {
    let mut last = pieces.first()?.last;
    let mut end = 1;
    while let Some(piece) = pieces.get(end).filter(|piece| piece.first < last) {
        last = last.max(piece.last);
        end += 1;
    }
    Some(pieces.split_at(end))
}

/// Where the accounts have rows in those days, by the first row; by another date than the transaction's, where they may have some.
pub(super) fn find(
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
pub(super) fn lend(
    segments: &Segments,
    wanted: &Resolved,
    spans: &Spans,
    piece: &Piece,
    selectors: &mut Vec<u32>,
) -> bool {
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
pub(super) fn is_complete(segments: &Segments, wanted: &Resolved, piece: &Piece) -> bool {
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
