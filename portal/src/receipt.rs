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

/// What it takes to prove a ruling on a claim, as [`Receipt`] proves a statement.
#[derive(Clone, Debug)]
pub struct DecisionReceipt {
    /// The digest of the component.
    pub component: String,
    pub context: String,
    pub evidence: String,
    /// Of what was asked for.
    pub claim: String,
    pub output: String,
    pub log: String,
    /// The version of the contract: `gtm:program@0.1.0`.
    pub api: String,
    /// `wasmtime 48.0.8`.
    pub engine: String,
    pub fuel: u64,
    /// Its number, from 1.
    pub ruling: i64,
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

impl DecisionReceipt {
    /// As [`Receipt::entries`].
    pub(crate) fn entries(&self) -> [(&'static str, String); 12] {
        [
            ("Component", self.component.clone()),
            ("Context", self.context.clone()),
            ("Evidence", self.evidence.clone()),
            ("Claim", self.claim.clone()),
            ("Output", self.output.clone()),
            ("Log", self.log.clone()),
            ("Contract", self.api.clone()),
            ("Engine", self.engine.clone()),
            ("Fuel used", self.fuel.to_string()),
            ("Ruling", self.ruling.to_string()),
            ("Key", self.key.clone()),
            ("Signature", self.signature.clone()),
        ]
    }

    pub(crate) fn sample() -> Self {
        DecisionReceipt {
            component: "78deb98c622943b2534aa5c5b9df3e9fdf2e88bacd0743b61bde3f98df343936".into(),
            context: "0b8e2f4d5a1c7390e6d2b4f8a9c1053e7d6f2b8049ac51e3d7f60b2c8e9a4d15".into(),
            evidence: "c41d9e7a6b503f28d1e0c9b7a8f64325109edcba7654f3e2d1c0b9a887766554".into(),
            claim: "5f2b1c0d9e8a7463b5a4c3d2e1f00918273645546372819a0b1c2d3e4f506172".into(),
            output: "e7a1b2c3d4f5061728394a5b6c7d8e9f00112233445566778899aabbccddeeff".into(),
            log: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into(),
            api: "gtm:program@0.1.0".into(),
            engine: "wasmtime 48.0.8".into(),
            fuel: 48_211,
            ruling: 1,
            key: "a1b2c3d4".into(),
            signature: "kq0xK0Qh1yIu".into(),
        }
    }
}
