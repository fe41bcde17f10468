//! Where accounts, programs, the journal, the ledger and the audit log are kept: SQLite on one machine, PostgreSQL for many.
//!
//! Each query is written once and compiled for both engines, which part ways in three places: [`Store::open`],
//! [`Store::begin`] with [`Store::read`], and the bulk insert behind [`Tx::append`]. Whoever writes goes through a [`Tx`], which
//! names its actor and keeps an entry of the audit log for every writing call; whoever reads goes through a [`Snapshot`]. The
//! crate deliberately knows no plugin and decides nothing: what is due, and whether it may be paid, is settled before it
//! is asked. Start at [`Store`], then [`journal`], then [`statement`].

#[macro_use]
mod engine;
#[macro_use]
mod bulk;
pub mod clock;
pub mod error;

pub mod account;
pub mod product;
pub mod import;
pub mod journal;
pub mod segment;
pub mod sealed;

pub mod plugin;
pub mod program;
pub mod exchange;
pub mod schedule;
pub mod account_program;

pub mod run;
pub mod quarantine;
pub mod statement;
pub mod ledger;
pub mod stacking;
pub mod standing;

pub mod budget;
pub mod fund;
pub mod approval;
pub mod file;
pub mod claim;
pub mod agreement;
pub mod payee;
pub mod hold;
pub mod settlement;
pub mod document;
pub mod payment;
pub mod posting;

pub mod signing_key;
pub mod audit;

pub use clock::{Clock, Ids};
pub use engine::{POSTGRES, SQLITE, Snapshot, Store, Tx};
pub use error::{Error, Result};
