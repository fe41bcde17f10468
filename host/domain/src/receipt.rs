//! The receipt of a statement: what went in, what came out and what it took, signed by the host.

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

/// Ed25519 over [`Receipt::signed_bytes`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// SHA-256 of the public key, in hexadecimal digits; empty before signing.
    pub key: String,
    /// 64 bytes in hexadecimal digits; empty before signing.
    pub value: String,
}

impl Receipt {
    /// The canonical JSON of everything but the signature.
    pub fn signed_bytes(&self) -> Result<Vec<u8>> {
        let unsigned = Receipt {
            signature: Signature::default(),
            ..self.clone()
        };
        ordered_json(&unsigned)
    }
}
