//! Receipts: what went in, what came out and what it took, signed by the host. One is of a statement, the other of a ruling on a claim.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::digest::{Digest, ordered_json};

/// Fields in the order of their names: see [`ordered_json`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The account's number.
    pub account: String,
    /// The contract's version, such as `gtm:program@0.1.0`.
    pub api: String,
    /// SHA-256 of the component that calculated.
    pub component: Digest,
    /// SHA-256 of the canonical JSON of the context.
    pub context: Digest,
    /// The engine's name and version.
    pub engine: String,
    /// The same number on every machine.
    pub fuel: u64,
    /// SHA-256 of the log.
    pub log: Digest,
    /// SHA-256 of the canonical JSON of the outcome.
    pub output: Digest,
    /// The period's label.
    pub period: String,
    /// The journal position read up to.
    pub position: u64,
    /// The program's code.
    pub program: String,
    pub revision: i64,
    pub row_count: u64,
    /// See [`crate::columns::digest`].
    pub rows: Digest,
    pub signature: Signature,
}

/// The receipt of a ruling. Fields in the order of their names: see [`ordered_json`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionReceipt {
    /// The account's number.
    pub account: String,
    /// The contract's version, such as `gtm:program@0.1.0`.
    pub api: String,
    /// SHA-256 of the canonical JSON of the claim as it was sent.
    pub asked: Digest,
    /// The claim's number.
    pub claim: String,
    /// SHA-256 of the component that ruled.
    pub component: Digest,
    /// SHA-256 of the canonical JSON of the context.
    pub context: Digest,
    /// The engine's name and version.
    pub engine: String,
    /// SHA-256 of the canonical JSON of the evidence.
    pub evidence: Digest,
    /// The same number on every machine.
    pub fuel: u64,
    /// SHA-256 of the log.
    pub log: Digest,
    /// SHA-256 of the canonical JSON of the decision.
    pub output: Digest,
    /// The program's code.
    pub program: String,
    /// From 1: how often the claim was ruled on.
    pub revision: i64,
    pub signature: Signature,
}

/// What the host signs.
pub trait Signed: Serialize + Clone {
    /// Whose receipt it is, as a sentence names it.
    fn subject(&self) -> String;

    fn signature(&self) -> &Signature;

    fn with_signature(self, signature: Signature) -> Self;

    /// The canonical JSON of everything but the signature.
    fn signed_bytes(&self) -> Result<Vec<u8>> {
        ordered_json(&self.clone().with_signature(Signature::default()))
    }
}

/// Ed25519 over [`Signed::signed_bytes`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// SHA-256 of the public key, in hexadecimal digits; empty before signing.
    pub key: String,
    /// 64 bytes in hexadecimal digits; empty before signing.
    pub value: String,
}

impl Signed for Receipt {
    fn subject(&self) -> String {
        format!(
            "the receipt of `{}`, period {}, program `{}`",
            self.account, self.period, self.program
        )
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn with_signature(self, signature: Signature) -> Self {
        Self { signature, ..self }
    }
}

impl Signed for DecisionReceipt {
    fn subject(&self) -> String {
        format!(
            "the receipt of `{}`, claim `{}`, program `{}`",
            self.account, self.claim, self.program
        )
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn with_signature(self, signature: Signature) -> Self {
        Self { signature, ..self }
    }
}
