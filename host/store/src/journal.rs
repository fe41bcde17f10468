//! The journal: what happened, in the order in which it became known. Rows are never changed; a correction is a new row that names
//! the one it replaces.

mod append;
mod insert;
mod read;

pub use append::Appended;
