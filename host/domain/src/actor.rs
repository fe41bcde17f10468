//! Who does something. Everything that writes names its actor.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A person or an application, written `user:ada` or `app:erp`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Actor {
    User(String),
    Application(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::User(name) => write!(f, "user:{name}"),
            Actor::Application(name) => write!(f, "app:{name}"),
        }
    }
}

impl FromStr for Actor {
    type Err = Error;

    /// A bare name is a user's.
    fn from_str(text: &str) -> Result<Self> {
        let (kind, name) = text.split_once(':').unwrap_or(("user", text));
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            return Err(Error::new(format!(
                "`{text}` names nobody: write `user:NAME` or `app:NAME`"
            )));
        }
        match kind {
            "user" => Ok(Actor::User(name.to_owned())),
            "app" => Ok(Actor::Application(name.to_owned())),
            _ => Err(Error::new(format!(
                "`{kind}` is no kind of actor: write `user:NAME` or `app:NAME`"
            ))),
        }
    }
}

impl TryFrom<String> for Actor {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.to_string()
    }
}
