//! One ruling: a fresh sandbox, the context, the evidence, the claim, the answer held against what was asked.

use domain::adjudication::{Claim, Decision, Evidence};
use domain::calculation::Context;
use domain::decision;
use domain::digest::canonical_json;

use crate::calculate::{End, reported};
use crate::convert::{self, Bounds};
use crate::failure::{Failed, Failure};
use crate::plugin::Plugin;
use crate::sandbox::Sandbox;

/// A ruling that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjudicated {
    pub decision: Decision,
    /// Canonical JSON of the decision: what the receipt hashes and a replay compares.
    pub output: Vec<u8>,
    /// One line for each, with its level before it.
    pub log: String,
    /// The same number on every machine.
    pub fuel: u64,
}

/// A line brings JSON to be read and takes reasons back, so it counts as this many rows where limits grow with rows.
const ROWS_PER_LINE: u64 = 8;

impl Plugin {
    /// Rules on a request or a claim, checked by [`domain::decision::check`]. The limits are those of a statement with eight rows for each
    /// line, and one for each agreement, stock figure and line claimed before.
    pub fn adjudicate(&self, context: &Context, evidence: &Evidence, claim: &Claim) -> Result<Adjudicated, Failed> {
        let beside = evidence.agreements.len() + evidence.inventory.len() + evidence.claimed_before.len();
        let rows = claim.lines.len() as u64 * ROWS_PER_LINE + beside as u64;
        let mut sandbox = Sandbox::new(&self.code, rows)?;
        match self.ruling(&mut sandbox, rows, context, evidence, claim) {
            Ok((decision, output)) => {
                let (log, fuel) = sandbox.close();
                Ok(Adjudicated {
                    decision,
                    output,
                    log,
                    fuel,
                })
            }
            Err(End::Engine(error)) => Err(sandbox.trapped(error)),
            Err(End::Answer(failure)) => Err(sandbox.failed(failure)),
        }
    }

    fn ruling(
        &self,
        sandbox: &mut Sandbox<'_>,
        rows: u64,
        context: &Context,
        evidence: &Evidence,
        claim: &Claim,
    ) -> Result<(Decision, Vec<u8>), End> {
        let Some(guest) = sandbox.adjudication().map_err(End::Engine)? else {
            return Err(End::Answer(Failure::Input(format!(
                "{} takes no claims",
                self.code.name
            ))));
        };
        let store = &mut sandbox.store;
        let answer = convert::with_context(context, |context| {
            convert::with_evidence(evidence, |evidence| {
                convert::with_claim(claim, |claim| {
                    guest.call_adjudicate(&mut *store, context, evidence, claim)
                })
            })
        })
        .map_err(|sentence| End::Answer(Failure::Input(sentence)))?
        .map_err(End::Engine)?
        .map_err(reported)?;

        let decision = convert::decision(answer, &Bounds::new(self.code.engine.limits(), rows))
            .map_err(|failure| End::Answer(failure.of(&self.code.name)))?;
        decision::check(self.descriptor(), context, evidence, claim, &decision)
            .map_err(|e| End::Answer(Failure::Proposal(e.to_string())))?;
        let output = canonical_json(&decision).map_err(|e| End::Answer(Failure::Proposal(e.to_string())))?;
        Ok((decision, output))
    }
}
