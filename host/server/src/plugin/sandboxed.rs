//! A component as the kit tries it: in the very sandbox that pays.

use domain::adjudication::{Claim, Decision, Evidence};
use domain::calculation::{Context, Outcome};
use domain::columns::ColumnSlice;
use domain::plugin::{Descriptor, Plan};
use gtm_kit::{Failure, Subject};
use runtime::{Failed, Plugin, Unsound};

#[derive(Clone)]
pub struct Sandboxed(pub Plugin);

impl Subject for Sandboxed {
    fn describe(&self) -> Result<Descriptor, Failure> {
        self.0.describe().map_err(failure)
    }

    fn plan(&self, terms: &str) -> Result<Plan, Failure> {
        self.0.plan_unchecked(terms).map_err(|unsound| match unsound {
            Unsound::Problems(problems) => Failure::Problems(problems),
            Unsound::Failed(failed) => failure(*failed),
        })
    }

    fn calculate(&self, context: &Context, rows: &ColumnSlice<'_>, batch_rows: usize) -> Result<Outcome, Failure> {
        let calculated = self
            .0
            .calculate_in_batches(context, std::slice::from_ref(rows), batch_rows);
        calculated.map(|calculated| calculated.outcome).map_err(failure)
    }

    fn adjudicate(&self, context: &Context, evidence: &Evidence, claim: &Claim) -> Result<Decision, Failure> {
        let adjudicated = self.0.adjudicate(context, evidence, claim);
        adjudicated.map(|adjudicated| adjudicated.decision).map_err(failure)
    }
}

fn failure(failed: Failed) -> Failure {
    match failed.failure {
        runtime::Failure::Problem(problem) => Failure::Problems(vec![*problem]),
        _ => Failure::Broken(failed.to_string()),
    }
}
