#![doc = include_str!("../README.md")]

pub mod case;
pub mod claim;
pub mod subject;
pub mod gather;
pub mod run;
pub mod conformance;
pub mod golden;
mod hostile;

pub use case::Case;
pub use conformance::{Check, Verdict, conform};
pub use golden::Golden;
pub use run::{Report, run_case};
pub use subject::{Failure, Subject};

use domain::Error;

/// What a sentence is put around: `with("row 3")` turns `no date` into `row 3: no date`.
fn with(place: impl std::fmt::Display) -> impl FnOnce(Error) -> Error {
    move |error| Error::new(format!("{place}: {error}"))
}
