//! Runs plugins: WebAssembly components of the contract `gtm:program`, in a sandbox that has no clock, no chance, no files and no
//! network. It knows the engine and nothing of SQL, HTTP or money rules; what a plugin answers is checked by `domain::proposal`.
//! Start at [`admit`], which turns the bytes of a component into a [`Plugin`], then [`Plugin::calculate`]
//! and [`Plugin::adjudicate`].

mod limits;
mod engine;
mod cache;
mod admission;
mod plugin;
mod terms;
mod form;

mod calculate;
mod adjudicate;
mod batches;
mod sandbox;
mod bindings;
mod convert;
mod failure;

mod key;
mod receipt;
mod pool;

pub use adjudicate::Adjudicated;
pub use admission::{Refusal, admit};
pub use cache::Cache;
pub use calculate::Calculated;
pub use engine::{API, ENGINE, Engine, MAX_SANDBOXES};
pub use failure::{Failed, Failure};
pub use key::{Key, KeyError};
pub use limits::{Limits, Scaled};
pub use plugin::Plugin;
pub use pool::Pool;
pub use receipt::{sign, verify};
pub use terms::Unsound;
