//! The words and rules of go-to-market programs: money, periods, accounts, programs, transactions, what a plugin is asked
//! and answers, and how its answer becomes transfers. Pure: it reads no clock, no chance, no file and no socket, and
//! it deliberately knows neither SQL nor wasm nor HTTP. Start at [`program`], then [`calculation`], then [`ledger`].

pub mod actor;
pub mod digest;
pub mod error;
pub mod id;

pub mod calendar;
pub mod currency;
pub mod day;
pub mod money;
pub mod period;

pub mod account;
pub mod columns;
pub mod product;
pub mod transaction;

pub mod account_program;
pub mod plugin;
pub mod program;

pub mod calculation;
pub mod ledger;
pub mod proposal;
pub mod receipt;
pub mod statement;

pub use error::{Error, Result};
