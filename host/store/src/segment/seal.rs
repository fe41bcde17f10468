use std::collections::BTreeMap;

use domain::day::Day;
use domain::{Error, Result};

use super::corrections::Corrections;
use super::info::{Segment, buckets_for};
use super::row::Row;
use super::stage::Stage;

/// Makes segments of rows as they come from the journal. It holds so many rows and no more: when it [is full](Sealer::is_full),
/// [take](Sealer::take) the segments and keep them in one transaction with the position sealed up to, then go on.
#[derive(Debug)]
pub struct Sealer {
    months: BTreeMap<i32, Stage>,
    corrections: Vec<(u64, u64)>,
    last_position: u64,
    rows: usize,
    most_rows: usize,
}

impl Sealer {
    /// Of about 70 bytes a row, so that a million rows take 70 MB and hold the segments of two ordinary months.
    pub const ROWS: usize = 1_000_000;

    /// Begins after the position that is sealed already; 0 when none is.
    pub fn after(position: u64) -> Self {
        Self::holding(Self::ROWS, position)
    }

    pub(super) fn holding(most_rows: usize, position: u64) -> Self {
        Self {
            months: BTreeMap::new(),
            corrections: Vec::new(),
            last_position: position,
            rows: 0,
            most_rows,
        }
    }

    /// Adds the next row. Positions rise.
    pub fn push(&mut self, row: &Row) -> Result<()> {
        if row.position <= self.last_position {
            let (position, last) = (row.position, self.last_position);
            return Err(Error::new(format!(
                "the row at journal position {position} comes after {last}: rows are sealed in the order of the journal"
            )));
        }
        self.months
            .entry(Day::new(row.date)?.month_number())
            .or_default()
            .push(row);
        self.corrections
            .extend(row.corrects.map(|corrects| (row.position, corrects)));
        self.last_position = row.position;
        self.rows += 1;
        Ok(())
    }

    pub fn is_full(&self) -> bool {
        self.rows >= self.most_rows
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Up to where the journal is sealed once the segments taken are kept.
    pub fn position(&self) -> u64 {
        self.last_position
    }

    /// The segments of all rows since the last time. A row that another one among them replaces is left out for good; those replaced
    /// later vanish when a segment is opened.
    pub fn take(&mut self) -> Result<Vec<Segment>> {
        let corrections = Corrections::new(self.corrections.drain(..));
        let mut segments = Vec::new();
        // Month by month, so that the staged rows of one are gone before the next is written.
        for (month, stage) in std::mem::take(&mut self.months) {
            segments.extend(stage.segments(month, buckets_for(stage.len()), &corrections)?);
        }
        self.rows = 0;
        Ok(segments)
    }
}
