//! What is tried: a plugin, natively or in a sandbox.

use std::fmt;

use domain::adjudication::{Claim, Decision, Evidence};
use domain::calculation::{Context, Outcome, Problem};
use domain::columns::ColumnSlice;
use domain::plugin::{Descriptor, Plan};

/// A plugin that can be asked. The SDK's `testing::Native` asks the type itself, a host asks the component.
pub trait Subject {
    fn describe(&self) -> Result<Descriptor, Failure>;

    /// `terms` are canonical JSON, and not necessarily valid by the schema: what is asked here is that nothing breaks.
    fn plan(&self, terms: &str) -> Result<Plan, Failure>;

    /// A whole calculation on a fresh instance, pushing at most `batch_rows` rows at a time.
    fn calculate(&self, context: &Context, rows: &ColumnSlice<'_>, batch_rows: usize) -> Result<Outcome, Failure>;

    /// A ruling on a fresh instance.
    fn adjudicate(&self, context: &Context, evidence: &Evidence, claim: &Claim) -> Result<Decision, Failure>;
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The plugin says what is wrong, as it should.
    Problems(Vec<Problem>),
    /// The plugin broke: a panic, a trap, a limit exceeded. Never right.
    Broken(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Problems(problems) => {
                for (place, problem) in problems.iter().enumerate() {
                    let separator = if place > 0 { "; " } else { "" };
                    write!(f, "{separator}`{}`: {}", problem.code, problem.message)?;
                    if let Some(path) = &problem.path {
                        write!(f, " (at `{path}`)")?;
                    }
                }
                Ok(())
            }
            Failure::Broken(reason) => write!(f, "the plugin broke: {reason}"),
        }
    }
}
