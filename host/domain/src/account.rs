//! The companies that take part, and how they hang together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::AccountId;

/// A company, branch or person that buys, sells on and is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    /// A small number that stands for the account in the journal and the segments.
    pub ordinal: i64,
    /// As people write it; unique.
    pub number: String,
    pub name: String,
    /// The account it belongs to, such as its headquarters.
    pub parent: Option<AccountId>,
    pub attributes: BTreeMap<String, String>,
}

/// An account as it comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAccount {
    pub number: String,
    /// The number again when nothing better is known.
    pub name: String,
    /// The parent's number.
    pub parent: Option<String>,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

/// A person at an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewContact {
    /// The account's number.
    pub account: String,
    pub name: String,
    pub email: String,
    pub role: String,
}
