//! The host: it puts domain, store, runtime and portal together into the binary `gtm`. Each command of [`cli`] is one module
//! of the same name; [`run`] is where facts become statements. It deliberately holds no SQL, no wasm and no HTML. Start at
//! [`command`], then [`run`].

pub mod cli;
pub mod command;
pub mod output;
pub mod progress;

pub mod host;
pub mod import;
pub mod plugin;
pub mod program;
pub mod period;
pub mod rate;
pub mod account_program;
pub mod stacking;
pub mod seal;
pub mod run;
pub mod explain;
pub mod statement;
pub mod recorded;
pub mod replay;
pub mod balance;

pub mod budget;
pub mod fund;
pub mod approval;
pub mod claim;
pub mod agreement;
pub mod payee;
pub mod hold;
pub mod settlement;
pub mod document;
pub mod payment;
pub mod posting;
pub mod journal;

pub mod serve;
pub mod pages;
pub mod api;

pub mod demo;
