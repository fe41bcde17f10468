//! What a program plugin is written with: one type, one trait ([`Program`]), one macro ([`export_program!`]); a program that rules on
//! claims implements a second one ([`Adjudicate`]).
//!
//! The crate holds the contract in Rust's words and the arithmetic that programs share: exact money, one rounding, tiers,
//! bands, growth, caps, apportioning, tolerances, what terms say about who may take part and which rows to gather, and an explanation that
//! cannot disagree with the amounts. It knows nothing of the host: no files, no clock, no randomness, no floats, so that a plugin is a pure function wherever it runs. It compiles for
//! `wasm32-unknown-unknown` and natively; natively a plugin is an ordinary type whose functions a test can call.
//!
//! Start with [`program`], then [`rows`] and [`explanation`]; the other modules are one noun each.

#[doc(hidden)]
#[rustfmt::skip]
#[allow(unsafe_code, missing_debug_implementations, missing_docs, clippy::all, reason = "generated from the contract, see tests/bindings.rs")]
pub mod bindings;

pub mod context;
pub mod claim;
pub mod description;
pub mod problem;
pub mod program;
#[macro_use]
pub mod terms;
pub mod agreed;
pub mod apportion;
pub mod day;
pub mod eligibility;
pub mod bands;
pub mod cap;
pub mod explanation;
pub mod gathering;
pub mod growth;
pub mod money;
pub mod rounding;
pub mod rows;
pub mod tier;
pub mod tolerance;

pub mod arena;
mod component;
mod last_words;
pub mod log;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use bindings::exports::gtm::program::adjudication::{
    ApprovedRequest, Claim, ClaimKind, ClaimLine, ClaimedLine, Consumption, Decision, Evidence, LineDecision, Proof,
    Ruling,
};
pub use bindings::exports::gtm::program::calculation::{
    AttributeColumn, Batch, Citations, Measure, Milestone, Outcome, Transfer,
};
pub use bindings::exports::gtm::program::descriptor::{ClaimHandling, DateBasis, Plan, ProductTest, Selector, Side};
pub use bindings::exports::gtm::program::eligibility::Verdict;
pub use bindings::gtm::program::explanation::{Figure, Step};
pub use bindings::gtm::program::facts::{
    Agreement, Context, Dictionary, Gathered, OpeningBalance, Product, Stock, Window,
};
pub use bindings::gtm::program::types::{
    AgreedFigure, Attribute, Column, Participant, Period, Problem, ProgramKind, RowKind,
};
pub use claim::Adjudicate;
pub use day::Day;
pub use description::{CURRENCY, Description};
pub use money::{Micros, Sum};
pub use program::Program;
pub use rows::{Row, Rows};
pub use rust_decimal::Decimal;
pub use schemars::JsonSchema;
pub use serde::Deserialize;
pub use terms::Rate;

#[doc(hidden)]
pub use component::Component;
#[doc(hidden)]
pub use last_words::exhausted;

/// The examples of the documents beside the code.
#[cfg(doctest)]
mod documents {
    #[cfg(feature = "testing")]
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../../wit/README.md")]
    struct Contract;
}
