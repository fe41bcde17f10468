//! Reading on a thread of its own, some thousands of lines ahead of whoever writes them.

use csv::ByteRecord;
use tokio::sync::mpsc::{Receiver, channel};

use super::Result;
use super::field::Refusal;
use super::newcomers::Newcomers;
use super::rows::Rows;
use super::table::{Line, Table};

/// Lines that are written together.
pub const LINES: usize = 16_384;
/// Batches that are read and not yet written.
const AHEAD: usize = 2;

/// Some thousands of lines.
#[derive(Debug)]
pub struct Batch<T> {
    pub rows: Rows,
    /// What could be read.
    pub records: Vec<T>,
    /// For each record, its place among the rows.
    pub places: Vec<usize>,
    /// Place among the rows, and why.
    pub refused: Vec<(usize, Refusal)>,
    pub newcomers: Newcomers,
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self {
            rows: Rows::default(),
            records: Vec::new(),
            places: Vec::new(),
            refused: Vec::new(),
            newcomers: Newcomers::default(),
        }
    }
}

/// Starts reading. The batches come in the order of the file and end with it, or with the error that stopped it. Dropping the
/// receiver stops the reading.
pub fn read_batches<T: Send + 'static>(
    mut table: Table,
    mut read: impl FnMut(&Line<'_>, &mut Newcomers) -> Result<T, Refusal> + Send + 'static,
) -> Receiver<Result<Batch<T>>> {
    let (sender, receiver) = channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let mut record = ByteRecord::new();
        loop {
            let batch = next_batch(&mut table, &mut record, &mut read);
            let last = batch.as_ref().map_or(true, |batch| batch.rows.len() < LINES);
            let empty = batch.as_ref().is_ok_and(|batch| batch.rows.is_empty());
            if (!empty && sender.blocking_send(batch).is_err()) || last {
                break;
            }
        }
    });
    receiver
}

fn next_batch<T>(
    table: &mut Table,
    record: &mut ByteRecord,
    read: &mut impl FnMut(&Line<'_>, &mut Newcomers) -> Result<T, Refusal>,
) -> Result<Batch<T>> {
    let mut batch = Batch {
        records: Vec::with_capacity(LINES),
        places: Vec::with_capacity(LINES),
        ..Batch::default()
    };
    while batch.rows.len() < LINES {
        let Some(number) = table.next(record)? else { break };
        let place = batch.rows.len();
        batch.rows.push(number, record);
        match table
            .header
            .check(record)
            .and_then(|()| read(&Line::new(record), &mut batch.newcomers))
        {
            Ok(line) => {
                batch.records.push(line);
                batch.places.push(place);
            }
            Err(reason) => batch.refused.push((place, reason)),
        }
    }
    Ok(batch)
}
