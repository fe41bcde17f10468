//! Requests, claims and deductions from the file that comes in to the ledger.

mod consent;
mod deduction;
pub mod fund;
pub mod told;
mod hostile;
mod market;
mod rush;
