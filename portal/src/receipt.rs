use crate::Plugin;

/// What it takes to prove a statement: the exact code, the digests of what went in and came out, and the signature.
/// Digests are SHA-256 in lowercase hex.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub plugin: Plugin,
    /// The digest of the component.
    pub component: String,
    pub context: String,
    pub rows: String,
    pub output: String,
    pub log: String,
    /// The version of the contract: `gtm:program@0.1.0`.
    pub api: String,
    /// `wasmtime 48.0.8`.
    pub engine: String,
    pub fuel: u64,
    /// The journal was read up to and including this position.
    pub position: u64,
    /// Which key signed.
    pub key: String,
    /// Ed25519, as the text to copy.
    pub signature: String,
}

impl Receipt {
    /// What to copy, in the order to read: name and value. Numbers have no separators here, because they are evidence.
    pub(crate) fn entries(&self) -> [(&'static str, String); 11] {
        [
            ("Component", self.component.clone()),
            ("Context", self.context.clone()),
            ("Rows", self.rows.clone()),
            ("Output", self.output.clone()),
            ("Log", self.log.clone()),
            ("Contract", self.api.clone()),
            ("Engine", self.engine.clone()),
            ("Fuel used", self.fuel.to_string()),
            ("Journal position", self.position.to_string()),
            ("Key", self.key.clone()),
            ("Signature", self.signature.clone()),
        ]
    }
}
