//! The host: it puts domain, store, runtime and portal together into the binary `gtm`. Each command of [`cli`] is one module
//! of the same name; [`run`] is where facts become statements. It deliberately holds no SQL, no wasm and no HTML. Start at
//! [`command`], then [`run`].

pub mod cli;
pub mod output;

pub mod plugin;
