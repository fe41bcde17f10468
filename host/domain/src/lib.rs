//! The words and rules of go-to-market programs: money, periods, accounts, programs, transactions, what a plugin is asked
//! and answers, and how its answer becomes transfers. Pure: it reads no clock, no chance, no file and no socket, and
//! it deliberately knows neither SQL nor wasm nor HTTP. Start at [`program`], then [`calculation`], then [`ledger`].

pub mod error;
pub mod digest;
pub mod id;
pub mod actor;

pub mod currency;
pub mod money;
pub mod day;
pub mod period;
pub mod calendar;

pub mod account;
pub mod payee;
pub mod product;
pub mod transaction;
pub mod columns;
pub mod exchange;

pub mod plugin;
pub mod program;
pub mod account_program;

pub mod calculation;
pub mod proposal;
pub mod adjudication;
pub mod decision;
pub mod ledger;
pub mod schedule;
pub mod stacking;
pub mod statement;
pub mod receipt;
pub mod claim;

pub mod budget;
pub mod fund;
pub mod approval;

pub mod hold;
pub mod settlement;
pub mod payment;
pub mod posting;

pub use error::{Error, Result};
