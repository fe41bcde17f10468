//! Holds: somebody says that an account, a program, or an account in a program is not settled for now, and why.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::id::{AccountId, ProgramId};
use crate::{Error, Result};

/// Keeps payable balances from being settled until it is lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// From 1, as people name it.
    pub number: i64,
    /// Absent: everybody in the program.
    pub account: Option<AccountId>,
    /// Absent: everything of the account, its payments too.
    pub program: Option<ProgramId>,
    pub reason: String,
    pub by: Actor,
}

impl Hold {
    /// Refuses a hold that would keep everything or nobody knows why.
    pub fn check(&self) -> Result<()> {
        if self.account.is_none() && self.program.is_none() {
            return Err(Error::new("a hold names an account, a program or both"));
        }
        if self.reason.trim().is_empty() {
            return Err(Error::new("say why it is held"));
        }
        Ok(())
    }

    fn keeps(&self, program: &ProgramId, account: &AccountId) -> bool {
        self.account.as_ref().is_none_or(|held| held == account)
            && self.program.as_ref().is_none_or(|held| held == program)
    }

    /// Whether payments to the account are kept back: a hold of one program leaves documents that were issued alone.
    pub fn keeps_payments(&self, account: &AccountId) -> bool {
        self.program.is_none() && self.account.as_ref() == Some(account)
    }

    /// For the person who wonders.
    pub fn sentence(&self) -> String {
        format!(
            "held by {}: {} (`gtm hold lift {}` lets go)",
            self.by, self.reason, self.number
        )
    }
}

/// The first of the holds, all of them in force, that keeps what the program owes the account.
pub fn held<'a>(holds: &'a [Hold], program: &ProgramId, account: &AccountId) -> Option<&'a Hold> {
    holds.iter().find(|hold| hold.keeps(program, account))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_keeps_what_it_names_and_nothing_else() {
        let hold = |account: Option<&str>, program: Option<&str>| Hold {
            number: 3,
            account: account.map(|id| id.to_owned().into()),
            program: program.map(|id| id.to_owned().into()),
            reason: "the address is disputed".into(),
            by: "user:ada".parse().unwrap(),
        };
        let keeps = |hold: Hold, program: &str, account: &str| {
            held(&[hold], &program.to_owned().into(), &account.to_owned().into()).is_some()
        };
        assert!(keeps(hold(Some("a"), None), "any", "a") && !keeps(hold(Some("a"), None), "any", "b"));
        assert!(keeps(hold(None, Some("p")), "p", "any") && !keeps(hold(None, Some("p")), "q", "any"));
        assert!(keeps(hold(Some("a"), Some("p")), "p", "a") && !keeps(hold(Some("a"), Some("p")), "q", "a"));
        assert!(hold(Some("a"), None).keeps_payments(&"a".to_owned().into()));
        assert!(!hold(Some("a"), Some("p")).keeps_payments(&"a".to_owned().into()));
        assert_eq!(
            hold(Some("a"), None).sentence(),
            "held by user:ada: the address is disputed (`gtm hold lift 3` lets go)"
        );
        assert!(hold(None, None).check().is_err() && hold(None, Some("p")).check().is_ok());
    }
}
