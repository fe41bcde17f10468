//! Sealed journal rows, kept a second time as columns, because reading rows costs many times what a calculation does.
//!
//! A segment is one month (of the transaction date) of one bucket of accounts, ordered by account, date and position. It is derived:
//! it can be thrown away and built again from the journal. The way through: [`Sealer`] makes segments of rows, [`due`] says which to
//! merge, [`Opened`] checks and reads one, [`gather()`] takes one participant's rows out of [`Segments`] as [`Resolved`] wants them.
//! For a replay [`Segments::from_rows`] stands in for the sealed ones, so that both ways run through the same code.
//! Nothing here knows a database or a file: contents come and go as bytes.

mod convert;
mod corrections;
mod gather;
mod info;
mod integers;
mod merge;
mod opened;
mod resolve;
mod row;
mod seal;
mod stage;
#[cfg(test)]
mod tests;
mod unit;

pub use convert::Converter;
pub use corrections::Corrections;
pub use gather::{Gathered, Scratch, gather};
pub use info::{Info, Segment, bucket_of};
pub use merge::{Merge, due};
pub use opened::{Opened, Segments};
pub use resolve::{Resolved, Spans};
pub use row::Row;
pub use seal::Sealer;
pub use unit::{Unit, units};
