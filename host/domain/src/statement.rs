//! A statement: what one participant earned in one program in one period. It is revised when facts or terms change; each
//! revision keeps its input, its answer and its receipt.

use serde::{Deserialize, Serialize};

use crate::calculation::Outcome;
use crate::digest::Digest;
use crate::id::{AccountId, ProgramId, RunId, StatementId, TermsId};
use crate::ledger::{Reason, Transfer};
use crate::receipt::Receipt;
use crate::stacking::Reduction;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub id: StatementId,
    pub program: ProgramId,
    pub account: AccountId,
    /// The period's label.
    pub period: String,
    /// From 1.
    pub revision: i64,
}

/// What a run found out about one participant, ready to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub run: RunId,
    pub program: ProgramId,
    pub account: AccountId,
    pub period: String,
    /// From 1; one more than the newest revision that the run saw.
    pub number: i64,
    pub terms: TermsId,
    /// Canonical JSON of the context: with the rows, all that decided the answer.
    pub context: Vec<u8>,
    /// Canonical JSON of the outcome.
    pub output: Vec<u8>,
    /// What the plugin logged.
    pub log: String,
    /// The difference to what was posted before.
    pub transfers: Vec<Transfer>,
    /// The open period that takes the transfers, where the statement's own is locked.
    pub posting_period: Option<String>,
    /// What earlier programs took off the net amounts of its rows; with the rows in the journal it gives those that the receipt names.
    pub reduced_by: Vec<Reduction>,
    /// Signed.
    pub receipt: Receipt,
}

/// What of the newest revision a run needs in order to tell whether anything changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latest {
    pub statement: StatementId,
    pub number: i64,
    pub component: Digest,
    pub context: Digest,
    pub rows: Digest,
    pub terms: TermsId,
    /// Everything posted for the statement so far.
    pub posted: Vec<Transfer>,
}

impl Latest {
    /// Whether code, context and rows are those of this revision, so that the answer would be the same.
    pub fn same_input(&self, component: Digest, context: Digest, rows: Digest) -> bool {
        (self.component, self.context, self.rows) == (component, context, rows)
    }

    /// Why a new revision posts: other terms or code make a rate adjustment, anything else is a prior-period adjustment.
    pub fn reason(&self, component: Digest, terms: &TermsId) -> Reason {
        if self.component == component && self.terms == *terms {
            Reason::PriorPeriod
        } else {
            Reason::RateAdjustment
        }
    }
}

/// The answer as it was kept.
pub fn read_outcome(output: &[u8]) -> crate::Result<Outcome> {
    serde_json::from_slice(output)
        .map_err(|e| crate::Error::new(format!("the output that was kept cannot be read: {e}")))
}
