//! Approvals: what needs somebody's consent, who may give it, up to which amount, and how many must. Nobody approves what they asked for
//! themselves.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::day::Day;
use crate::id::ApprovalId;
use crate::money::Micros;
use crate::{Error, Result};

/// What may need approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A version of a program's terms, before it is in force.
    Terms,
    /// A participant's request, before money is promised for good.
    Request,
    Claim,
    /// A settlement document, before it is paid.
    Settlement,
    /// Going beyond a limit, before it is done.
    Override,
}

impl Kind {
    pub const ALL: [Kind; 5] = [
        Kind::Terms,
        Kind::Request,
        Kind::Claim,
        Kind::Settlement,
        Kind::Override,
    ];

    pub fn as_str(self) -> &'static str {
        ["terms", "request", "claim", "settlement", "override"][self as usize]
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            Error::new(format!(
                "`{text}` is nothing that needs approval: write `terms`, `request`, `claim`, `settlement` or `override`"
            ))
        })
    }
}

/// From which amount things of a kind need approval. Without a rule they need none. Amounts of all currencies are compared as figures,
/// so that a rule need not be stated for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub kind: Kind,
    /// What is above it needs approval; what has no amount always does.
    pub above: Micros,
    /// What is above it needs two approvers; what has no amount does when this is 0.
    pub four_eyes_above: Option<Micros>,
    /// Days until it is due.
    pub due_days: i32,
}

impl Rule {
    /// How many must approve; 0 when it needs no approval.
    pub fn needed(&self, amount: Option<Micros>) -> i64 {
        let exceeds = |limit: Micros| amount.map_or(limit == Micros::ZERO, |amount| amount > limit);
        if self.four_eyes_above.is_some_and(exceeds) {
            2
        } else {
            i64::from(amount.is_none_or(|amount| amount > self.above))
        }
    }
}

/// Who may approve things of a kind, and up to which amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    pub approver: Actor,
    pub kind: Kind,
    /// Absent: any amount.
    pub limit: Option<Micros>,
}

impl Authority {
    fn covers(&self, amount: Option<Micros>) -> bool {
        match (self.limit, amount) {
            (Some(limit), Some(amount)) => amount <= limit,
            _ => true,
        }
    }
}

/// Somebody stands in for somebody else, from the first day to the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    pub from: Actor,
    pub to: Actor,
    pub start: Day,
    pub end: Day,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Open,
    Approved,
    Rejected,
    /// Nobody's consent is needed any more: what it was about ended, or something else is proposed.
    Withdrawn,
}

impl Status {
    pub const ALL: [Status; 4] = [Status::Open, Status::Approved, Status::Rejected, Status::Withdrawn];

    pub fn as_str(self) -> &'static str {
        ["open", "approved", "rejected", "withdrawn"][self as usize]
    }
}

impl FromStr for Status {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Status::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| Error::new(format!("`{text}` is no status of an approval")))
    }
}

/// Something that waits for consent, or got it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub id: ApprovalId,
    /// From 1; people write `A-7`.
    pub number: i64,
    pub kind: Kind,
    /// Id of the terms, claim or document; of an override the program or budget that it is about.
    pub subject: String,
    /// What it is, for those who decide.
    pub title: String,
    /// Absent where it is no matter of an amount.
    pub amount: Option<Micros>,
    /// Of the amount.
    pub unit: Option<String>,
    pub author: Actor,
    pub due: Day,
    /// How many must approve.
    pub needed: i64,
    pub status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Approve,
    Reject,
}

/// What one approver said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    pub approver: Actor,
    /// Whose authority it rests on: the approver's own, or that of somebody for whom the approver stands in.
    pub on_behalf_of: Actor,
    pub verdict: Verdict,
    pub words: String,
}

impl Approval {
    /// As people name it.
    pub fn label(&self) -> String {
        format!("A-{}", self.number)
    }

    /// Holds somebody's verdict against the rules, and says whose authority it rests on and what becomes of the approval.
    ///
    /// # Errors
    /// When it was decided already, the approver asked for it or voted on it before, has no authority, or rejects without a reason.
    pub fn vote(
        &self,
        before: &[Vote],
        approver: &Actor,
        verdict: Verdict,
        words: &str,
        authority: &Mandate<'_>,
    ) -> Result<(Vote, Status)> {
        let label = self.label();
        if self.status != Status::Open {
            return Err(Error::new(format!("{label} is {} already", self.status.as_str())));
        }
        if *approver == self.author {
            return Err(Error::new(format!(
                "{approver} asked for {label} and cannot decide about it: somebody else must"
            )));
        }
        if verdict == Verdict::Reject && words.trim().is_empty() {
            return Err(Error::new(format!("say why {label} is rejected")));
        }
        let on_behalf_of = self.authority_of(approver, verdict, authority)?;
        let had_a_say = |who: &Actor| {
            before
                .iter()
                .any(|vote| vote.approver == *who || vote.on_behalf_of == *who)
        };
        if let Some(who) = [approver, &on_behalf_of].into_iter().find(|who| had_a_say(who)) {
            return Err(Error::new(format!(
                "{who} has decided about {label} already: it takes {} different people",
                self.needed
            )));
        }
        let approvals = before.iter().filter(|vote| vote.verdict == Verdict::Approve).count() as i64;
        let status = match verdict {
            Verdict::Reject => Status::Rejected,
            Verdict::Approve if approvals + 1 >= self.needed => Status::Approved,
            Verdict::Approve => Status::Open,
        };
        let vote = Vote {
            approver: approver.clone(),
            on_behalf_of,
            verdict,
            words: words.trim().to_owned(),
        };
        Ok((vote, status))
    }

    /// The approver itself, or the first for whom it stands in, whose authority is enough. Any authority of the kind is enough to reject.
    fn authority_of(&self, approver: &Actor, verdict: Verdict, mandate: &Mandate<'_>) -> Result<Actor> {
        let of_kind = |who: &Actor| -> Vec<&Authority> {
            let authorities = mandate.authorities.iter();
            authorities
                .filter(|authority| authority.kind == self.kind && authority.approver == *who)
                .collect()
        };
        let enough = |who: &Actor| {
            of_kind(who)
                .iter()
                .any(|authority| verdict == Verdict::Reject || authority.covers(self.amount))
        };
        let absent = mandate
            .delegations
            .iter()
            .filter(|delegation| {
                delegation.to == *approver && delegation.start <= mandate.today && mandate.today <= delegation.end
            })
            .map(|delegation| &delegation.from)
            .filter(|from| **from != self.author);
        if let Some(who) = std::iter::once(approver).chain(absent).find(|who| enough(who)) {
            return Ok(who.clone());
        }
        let (label, kind) = (self.label(), self.kind);
        Err(Error::new(match (of_kind(approver).first(), self.amount) {
            (Some(Authority { limit: Some(limit), .. }), Some(amount)) => format!(
                "{approver} may approve a {kind} of up to {limit}, and {label} is about {amount}: somebody with a higher limit must"
            ),
            _ => format!(
                "{approver} may not decide about {label}, which is of the kind `{kind}`: `gtm approve grant` lets somebody"
            ),
        }))
    }
}

/// What may be decided by whom today.
#[derive(Clone, Copy, Debug)]
pub struct Mandate<'a> {
    pub authorities: &'a [Authority],
    pub delegations: &'a [Delegation],
    pub today: Day,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(name: &str) -> Actor {
        name.parse().unwrap()
    }

    fn micros(text: &str) -> Micros {
        text.parse().unwrap()
    }

    fn approval(amount: &str, needed: i64) -> Approval {
        Approval {
            id: String::from("a").into(),
            number: 7,
            kind: Kind::Claim,
            subject: "claim".into(),
            title: "claim C-1".into(),
            amount: Some(micros(amount)),
            unit: Some("GBP".into()),
            author: actor("ada"),
            due: "2011-02-01".parse().unwrap(),
            needed,
            status: Status::Open,
        }
    }

    fn authorities() -> Vec<Authority> {
        let authority = |name: &str, kind, limit: Option<&str>| Authority {
            approver: actor(name),
            kind,
            limit: limit.map(micros),
        };
        vec![
            authority("bob", Kind::Claim, Some("500")),
            authority("eve", Kind::Claim, None),
            authority("ada", Kind::Claim, None),
            authority("kim", Kind::Terms, None),
        ]
    }

    fn says(approval: &Approval, before: &[Vote], who: &str, verdict: Verdict, words: &str) -> Result<(Vote, Status)> {
        let day = |text: &str| text.parse().unwrap();
        let stands_in = |from: &str, to: &str| Delegation {
            from: actor(from),
            to: actor(to),
            start: day("2011-01-01"),
            end: day("2011-01-31"),
        };
        let delegations = [
            stands_in("eve", "dan"),
            stands_in("ada", "joe"),
            stands_in("eve", "bob"),
        ];
        let mandate = Mandate {
            authorities: &authorities(),
            delegations: &delegations,
            today: day("2011-01-31"),
        };
        approval.vote(before, &actor(who), verdict, words, &mandate)
    }

    #[test]
    fn who_may_approve_what() {
        let said = |amount: &str, who: &str| {
            says(&approval(amount, 1), &[], who, Verdict::Approve, "")
                .map(|(vote, status)| (vote.on_behalf_of.to_string(), status))
                .map_err(|e| e.to_string())
        };
        let yes = |who: &str| Ok((format!("user:{who}"), Status::Approved));
        assert_eq!(said("500", "bob"), yes("bob"));
        assert_eq!(said("501", "eve"), yes("eve"));
        assert_eq!(said("501", "dan"), yes("eve"), "who stands in for eve");
        assert_eq!(said("501", "bob"), yes("eve"), "beyond bob's own limit, by eve's");
        assert_eq!(
            said("1", "ada").unwrap_err(),
            "user:ada asked for A-7 and cannot decide about it: somebody else must"
        );
        assert_eq!(
            said("1", "joe").unwrap_err(),
            "user:joe may not decide about A-7, which is of the kind `claim`: `gtm approve grant` lets somebody"
        );
        assert_eq!(
            said("1", "kim").unwrap_err(),
            said("1", "joe").unwrap_err().replace("joe", "kim")
        );
    }

    #[test]
    fn a_limit_is_said_when_it_is_what_stops_somebody() {
        let mandate = Mandate {
            authorities: &authorities(),
            delegations: &[],
            today: "2011-01-31".parse().unwrap(),
        };
        let (large, bob) = (approval("500.01", 1), actor("bob"));
        assert_eq!(
            large
                .vote(&[], &bob, Verdict::Approve, "", &mandate)
                .unwrap_err()
                .to_string(),
            "user:bob may approve a claim of up to 500, and A-7 is about 500.01: somebody with a higher limit must"
        );
        assert!(large.vote(&[], &bob, Verdict::Reject, "not ours", &mandate).is_ok());
    }

    #[test]
    fn four_eyes_are_those_of_two_people() {
        let large = approval("400", 2);
        let (first, status) = says(&large, &[], "bob", Verdict::Approve, "").unwrap();
        assert_eq!(status, Status::Open);
        let again = says(&large, std::slice::from_ref(&first), "bob", Verdict::Approve, "").unwrap_err();
        assert_eq!(
            again.to_string(),
            "user:bob has decided about A-7 already: it takes 2 different people"
        );
        let (by_dan, _) = says(&large, &[], "dan", Verdict::Approve, "").unwrap();
        let same_authority = says(&large, &[by_dan], "eve", Verdict::Approve, "").unwrap_err();
        assert!(same_authority.to_string().starts_with("user:eve has decided"));
        let (_, status) = says(&large, &[first], "eve", Verdict::Approve, "").unwrap();
        assert_eq!(status, Status::Approved);
    }

    #[test]
    fn a_rejection_says_why_and_ends_it() {
        let small = approval("5", 2);
        assert_eq!(
            says(&small, &[], "bob", Verdict::Reject, " ").unwrap_err().to_string(),
            "say why A-7 is rejected"
        );
        let (vote, status) = says(&small, &[], "bob", Verdict::Reject, " no proof ").unwrap();
        assert_eq!((&*vote.words, status), ("no proof", Status::Rejected));
        let closed = Approval { status, ..small };
        assert_eq!(
            says(&closed, &[], "eve", Verdict::Approve, "").unwrap_err().to_string(),
            "A-7 is rejected already"
        );
    }

    #[test]
    fn how_many_must_approve_follows_from_the_amount() {
        let rule = |four_eyes: Option<&str>| Rule {
            kind: Kind::Claim,
            above: micros("100"),
            four_eyes_above: four_eyes.map(micros),
            due_days: 5,
        };
        let needed = |rule: &Rule, amount: Option<&str>| rule.needed(amount.map(micros));
        let both = rule(Some("5000"));
        assert_eq!(
            [Some("100"), Some("100.01"), Some("5000"), Some("5000.01"), None].map(|amount| needed(&both, amount)),
            [0, 1, 1, 2, 1]
        );
        assert_eq!(needed(&rule(Some("0")), None), 2);
        assert_eq!(needed(&rule(None), Some("1000000")), 1);
    }
}
