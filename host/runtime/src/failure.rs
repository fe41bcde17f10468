//! Why a call of a plugin gave no answer, as a sentence for the person who runs it.

use std::fmt;

use domain::calculation::Problem;
use wasmtime::{PoolConcurrencyLimitError, Trap};

use crate::limits::Limits;

/// A call without an answer: whose it was, why, what it had logged and how much fuel it took. Prints as one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The plugin's id; empty before it has told who it is.
    pub plugin: Box<str>,
    pub version: Box<str>,
    pub failure: Failure,
    pub log: String,
    pub fuel: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The plugin says itself what is wrong.
    Problem(Box<Problem>),
    /// It stopped itself, or did what no program may.
    Trap {
        message: String,
        place: Option<String>,
    },
    OutOfFuel {
        limit: u64,
        rows: u64,
    },
    OutOfMemory {
        limit: u64,
    },
    LimitExceeded {
        what: &'static str,
        limit: u64,
    },
    /// It answered, and the answer does not hold. The sentence names plugin, version and rule.
    Proposal(String),
    /// The host was about to ask something that the contract cannot express.
    Input(String),
    /// The machine was too slow, or has no room.
    Timeout {
        limit_ms: u64,
    },
    Busy {
        sandboxes: usize,
    },
}

impl Failure {
    /// Whether the machine failed rather than the plugin: it is tried again, and never recorded as a result.
    pub fn is_of_the_machine(&self) -> bool {
        matches!(self, Failure::Timeout { .. } | Failure::Busy { .. })
    }

    pub(crate) fn of_engine(
        error: &wasmtime::Error,
        limits: &Limits,
        rows: u64,
        panic: Option<(String, String)>,
    ) -> Self {
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => {
                return Failure::OutOfFuel {
                    limit: limits.fuel.of(rows),
                    rows,
                };
            }
            Some(Trap::Interrupt) => {
                return Failure::Timeout {
                    limit_ms: limits.wall_ms.of(rows),
                };
            }
            _ => {}
        }
        if error.is::<PoolConcurrencyLimitError>() {
            return Failure::Busy {
                sandboxes: crate::MAX_SANDBOXES,
            };
        }
        let cause = error.root_cause().to_string();
        // The engine keeps the type of this error to itself.
        if cause.starts_with("too much data is being copied between the host and the guest") {
            return Failure::LimitExceeded {
                what: "bytes in one call",
                limit: limits.answer_bytes.of(rows),
            };
        }
        match panic {
            Some((message, place)) => Failure::Trap {
                message,
                place: Some(place).filter(|place| !place.is_empty()),
            },
            None => Failure::Trap {
                message: cause.trim_start_matches("wasm trap: ").to_owned(),
                place: None,
            },
        }
    }
}

/// Whose call it is; empty until a plugin has told who it is.
#[derive(Clone, Default)]
pub(crate) struct Name {
    pub id: Box<str>,
    pub version: Box<str>,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.id {
            "" => f.write_str("the plugin"),
            id => write!(f, "plugin `{id}` {}", self.version),
        }
    }
}

impl Failed {
    pub(crate) fn new(name: &Name, failure: Failure, log: String, fuel: u64) -> Self {
        Self {
            plugin: name.id.clone(),
            version: name.version.clone(),
            failure,
            log,
            fuel,
        }
    }
}

impl std::error::Error for Failed {}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Failure::Proposal(sentence) | Failure::Input(sentence) = &self.failure {
            return f.write_str(sentence);
        }
        write!(
            f,
            "{} {}",
            Name {
                id: self.plugin.clone(),
                version: self.version.clone()
            },
            self.failure
        )
    }
}

/// What the plugin did: the sentence without its subject.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Problem(problem) => {
                write!(f, "reports `{}`: {}", problem.code, problem.message)?;
                if let Some(path) = &problem.path {
                    write!(f, ", at `{path}` of the terms")?;
                }
                problem
                    .row
                    .map_or(Ok(()), |row| write!(f, ", in row {row} of the journal"))
            }
            Failure::Trap {
                message,
                place: Some(place),
            } => write!(f, "panicked at {place}: {message}"),
            Failure::Trap { message, place: None } => write!(f, "trapped: {message}"),
            Failure::OutOfFuel { limit, rows } => {
                write!(
                    f,
                    "used up its fuel, which is {limit} for {rows} rows: it loops without end, or does too much for each row"
                )
            }
            Failure::OutOfMemory { limit } => write!(f, "asked for more than its {limit} bytes of memory"),
            Failure::LimitExceeded { what, limit } => write!(f, "went over the limit of {limit} {what}"),
            Failure::Proposal(sentence) | Failure::Input(sentence) => f.write_str(sentence),
            Failure::Timeout { limit_ms } => {
                write!(
                    f,
                    "was stopped after {limit_ms} ms of wall time: the machine is overloaded, so try again"
                )
            }
            Failure::Busy { sandboxes } => {
                write!(
                    f,
                    "could not start, because all {sandboxes} sandboxes are in use: try again"
                )
            }
        }
    }
}
