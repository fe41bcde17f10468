//! Ids are types, so that a program's cannot be taken for a run's. Each is the text of a UUIDv7; the source of new ones is the
//! host's, not the domain's.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid.to_string())
            }
        }

        /// Takes the text as it stands: for reading back what was written.
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    AccountId
    ProductId
    ProgramId
    /// One version of a program's terms.
    TermsId
    /// One version of a plugin, as installed.
    PluginVersionId
    /// One account's part in one program.
    AccountProgramId
    ImportId
    RunId
    /// One participant, one program, one period.
    StatementId
    TransferId
    BudgetId
    /// Money put into one participant's fund, or taken out of it.
    AllocationId
    ApprovalId
    ClaimId
    /// A price that was agreed with a participant.
    AgreementId
    /// A settlement document; what its transfers name as their subject.
    DocumentId
}
