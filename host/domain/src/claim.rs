//! A request or a claim on its way: the states it goes through, and who is refused what. What it means for the ledger is in [`stake`],
//! what a person makes of a ruling in [`verdict`], and of a deduction in parts in [`split`].

pub mod stake;
pub mod verdict;
pub mod split;

use std::fmt;
use std::str::FromStr;

use chrono::Months;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::actor::Actor;
use crate::adjudication::{Claim, ClaimKind};
use crate::day::Day;
use crate::digest::{Digest, canonical_json};
use crate::{Error, Result};

/// Where a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Written, and not asked for yet.
    Draft,
    /// Suspected to be a duplicate: kept with the reason until a person looks at it.
    Held,
    /// Submitted and ruled on; a person has to confirm the ruling.
    InReview,
    /// Paid as claimed; of a request: committed as asked for.
    Approved,
    /// Paid with less than was claimed.
    Adjusted,
    Denied,
    /// The participant does not agree with what was adjusted or denied.
    Disputed,
    /// Paid by a settlement document.
    Settled,
    Withdrawn,
}

impl Status {
    pub const ALL: [Status; 9] = [
        Status::Draft,
        Status::Held,
        Status::InReview,
        Status::Approved,
        Status::Adjusted,
        Status::Denied,
        Status::Disputed,
        Status::Settled,
        Status::Withdrawn,
    ];

    pub fn as_str(self) -> &'static str {
        [
            "draft",
            "held",
            "in-review",
            "approved",
            "adjusted",
            "denied",
            "disputed",
            "settled",
            "withdrawn",
        ][self as usize]
    }

    /// As a sentence says it: claim `C-7` is …
    fn words(self) -> &'static str {
        match self {
            Status::Draft => "a draft",
            Status::Held => "held as a suspected duplicate",
            Status::InReview => "in review",
            other => other.as_str(),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Status::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| {
                Error::new(format!(
                    "`{text}` is no state of a claim: write {}",
                    Status::ALL.map(Status::as_str).join(", ")
                ))
            })
    }
}

/// How a claim was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Approved,
    Adjusted,
    Denied,
}

impl Outcome {
    pub fn status(self) -> Status {
        match self {
            Outcome::Approved => Status::Approved,
            Outcome::Adjusted => Status::Adjusted,
            Outcome::Denied => Status::Denied,
        }
    }

    pub fn of_status(status: Status) -> Option<Outcome> {
        match status {
            Status::Approved => Some(Outcome::Approved),
            Status::Adjusted => Some(Outcome::Adjusted),
            Status::Denied => Some(Outcome::Denied),
            _ => None,
        }
    }
}

/// What happens to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Written down.
    Draft,
    Submit,
    /// Submitted, and suspected to be a duplicate.
    Hold,
    /// It is no duplicate.
    Release,
    /// It is a duplicate.
    Confirm,
    /// Ruled on once more, because what the ruling rested on had changed.
    Rule,
    Decide(Outcome),
    Withdraw,
    /// A new round: ruled on again as if it had not been decided.
    Reopen,
    Dispute,
    /// The dispute is answered: it stays as it was decided.
    Uphold,
    Settle,
    /// The document that settled it is cancelled.
    Unsettle,
}

impl Event {
    pub fn as_str(self) -> &'static str {
        match self {
            Event::Draft => "draft",
            Event::Submit => "submit",
            Event::Hold => "hold",
            Event::Release => "release",
            Event::Confirm => "confirm",
            Event::Rule => "rule",
            Event::Decide(_) => "decide",
            Event::Withdraw => "withdraw",
            Event::Reopen => "reopen",
            Event::Dispute => "dispute",
            Event::Uphold => "uphold",
            Event::Settle => "settle",
            Event::Unsettle => "unsettle",
        }
    }

    /// What cannot be done to a claim in a state that this event does not start from, and from where it can be.
    fn refusal(self) -> (&'static str, &'static str) {
        match self {
            Event::Draft => ("written again", "write a new one"),
            Event::Submit | Event::Hold => ("submitted", "only a draft can be"),
            Event::Release => ("released", "only a held one can be"),
            Event::Confirm => ("confirmed to be a duplicate", "only a held one can be"),
            Event::Rule => (
                "ruled on again",
                "only one in review can be; `reopen` begins a new round",
            ),
            Event::Decide(_) => ("decided", "only one in review can be"),
            Event::Withdraw => (
                "withdrawn",
                "only what is not decided yet can be, or an approved request; `reopen` begins a new round",
            ),
            Event::Reopen => ("reopened", "only one that was decided and is not settled can be"),
            Event::Dispute => ("disputed", "only one that was adjusted or denied can be"),
            Event::Uphold => ("answered", "only a dispute can be"),
            Event::Settle => ("settled", "only one that was approved or adjusted can be"),
            Event::Unsettle => ("taken back from its document", "only a settled one can be"),
        }
    }
}

/// What decides what may happen to a claim next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub kind: ClaimKind,
    pub status: Status,
    /// How it was decided; absent before that, and in a new round.
    pub outcome: Option<Outcome>,
    /// Whether a settlement document paid it. A disputed one may have been paid in part.
    pub settled: bool,
}

impl Standing {
    /// The state that the event leads to, or why it cannot be.
    pub fn after(self, number: &str, event: Event) -> Result<Status> {
        let is_request = self.kind == ClaimKind::Request;
        match (event, self.status) {
            (Event::Submit, Status::Draft) | (Event::Release, Status::Held) => Ok(Status::InReview),
            (Event::Hold, Status::Draft) => Ok(Status::Held),
            (Event::Confirm, Status::Held) => Ok(Status::Denied),
            (Event::Rule, Status::InReview) => Ok(Status::InReview),
            (Event::Decide(outcome), Status::InReview) => Ok(outcome.status()),
            (Event::Withdraw, Status::Draft | Status::Held | Status::InReview) => Ok(Status::Withdrawn),
            (Event::Withdraw, Status::Approved | Status::Adjusted) if is_request => Ok(Status::Withdrawn),
            (Event::Reopen | Event::Settle, _) if self.settled => Err(Error::new(format!(
                "{} `{number}` is settled by a document: cancel that first",
                self.kind.as_str()
            ))),
            (Event::Reopen, Status::Approved | Status::Adjusted | Status::Denied | Status::Disputed) => {
                Ok(Status::InReview)
            }
            (Event::Dispute, Status::Adjusted | Status::Denied) => Ok(Status::Disputed),
            (Event::Uphold, Status::Disputed) if self.settled => Ok(Status::Settled),
            (Event::Uphold, Status::Disputed) => Ok(self.outcome.unwrap_or(Outcome::Denied).status()),
            (Event::Settle, Status::Approved | Status::Adjusted) if !is_request => Ok(Status::Settled),
            // What of it was approved is paid; what is disputed stays to be answered.
            (Event::Settle, Status::Disputed) if !is_request => Ok(Status::Disputed),
            (Event::Unsettle, Status::Disputed) if self.settled => Ok(Status::Disputed),
            (Event::Unsettle, Status::Settled) => Ok(self.outcome.unwrap_or(Outcome::Approved).status()),
            (event, status) => {
                let (done, instead) = event.refusal();
                Err(Error::new(format!(
                    "{} `{number}` is {} and cannot be {done}: {instead}",
                    self.kind.as_str(),
                    status.words()
                )))
            }
        }
    }
}

/// Refuses one who would decide what they asked for themselves.
pub fn another(decides: &Actor, asked: &Actor, number: &str) -> Result<()> {
    match decides == asked {
        false => Ok(()),
        true => Err(Error::new(format!(
            "{decides} submitted `{number}` and cannot decide it: somebody else must"
        ))),
    }
}

/// The same for two claims that ask for the same: kind, fields and lines, whatever their numbers and days.
pub fn content_digest(claim: &Claim) -> Result<Digest> {
    let lines: Vec<_> = claim
        .lines
        .iter()
        .map(|line| json!({"claimed": line.claimed, "fields": line.fields}))
        .collect();
    let content = json!({"fields": claim.fields, "kind": claim.kind, "lines": lines});
    Ok(Digest::of(&canonical_json(&content)?))
}

/// How long proofs are kept when nothing else is said.
pub const RETENTION_MONTHS: u32 = 24;

/// The last day on which what was submitted must be kept.
pub fn retained_until(submitted: Day, months: u32) -> Result<Day> {
    let date = submitted.date().checked_add_months(Months::new(months));
    date.ok_or_else(|| Error::new(format!("{months} months after {submitted} is no day of the calendar")))
        .and_then(Day::from_date)
}

/// The name of a file without its folders, so that none leads out of where files are put: `../../etc/passwd` is `passwd`.
pub fn file_name(path: &str) -> Result<String> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let readable = !name.chars().any(char::is_control);
    match name {
        "" | "." | ".." => Err(Error::new(format!("`{}` is no name of a file", path.escape_debug()))),
        _ if !readable => Err(Error::new(format!(
            "the file name `{}` has control characters in it: rename the file",
            name.escape_debug()
        ))),
        _ if name.chars().count() > 200 => Err(Error::new(
            "the name of the file has more than 200 characters: rename the file",
        )),
        _ => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(kind: ClaimKind, status: Status) -> Standing {
        let outcome = match status {
            Status::Settled => Some(Outcome::Approved),
            Status::Disputed => Some(Outcome::Adjusted),
            status => Outcome::of_status(status),
        };
        Standing {
            kind,
            status,
            outcome,
            settled: status == Status::Settled,
        }
    }

    #[test]
    fn every_state_leads_on_to_these_and_no_others() {
        use Event::*;
        let events = [
            Draft,
            Submit,
            Hold,
            Release,
            Confirm,
            Rule,
            Decide(Outcome::Approved),
            Decide(Outcome::Adjusted),
            Decide(Outcome::Denied),
            Withdraw,
            Reopen,
            Dispute,
            Uphold,
            Settle,
            Unsettle,
        ];
        let led = |kind, status| -> Vec<(Event, Status)> {
            let standing = standing(kind, status);
            let after = |event| standing.after("C-7", event).ok().map(|status| (event, status));
            events.into_iter().filter_map(after).collect()
        };
        let expected: [(Status, &[(Event, Status)]); 9] = [
            (
                Status::Draft,
                &[
                    (Submit, Status::InReview),
                    (Hold, Status::Held),
                    (Withdraw, Status::Withdrawn),
                ],
            ),
            (
                Status::Held,
                &[
                    (Release, Status::InReview),
                    (Confirm, Status::Denied),
                    (Withdraw, Status::Withdrawn),
                ],
            ),
            (
                Status::InReview,
                &[
                    (Rule, Status::InReview),
                    (Decide(Outcome::Approved), Status::Approved),
                    (Decide(Outcome::Adjusted), Status::Adjusted),
                    (Decide(Outcome::Denied), Status::Denied),
                    (Withdraw, Status::Withdrawn),
                ],
            ),
            (
                Status::Approved,
                &[(Reopen, Status::InReview), (Settle, Status::Settled)],
            ),
            (
                Status::Adjusted,
                &[
                    (Reopen, Status::InReview),
                    (Dispute, Status::Disputed),
                    (Settle, Status::Settled),
                ],
            ),
            (
                Status::Denied,
                &[(Reopen, Status::InReview), (Dispute, Status::Disputed)],
            ),
            (
                Status::Disputed,
                &[
                    (Reopen, Status::InReview),
                    (Uphold, Status::Adjusted),
                    (Settle, Status::Disputed),
                ],
            ),
            (Status::Settled, &[(Unsettle, Status::Approved)]),
            (Status::Withdrawn, &[]),
        ];
        for (status, expected) in expected {
            assert_eq!(led(ClaimKind::Claim, status), expected, "claim, {status}");
            assert_eq!(led(ClaimKind::Deduction, status), expected, "deduction, {status}");
            // A request is never settled, and what was promised can be let go of.
            let mut of_request: Vec<_> = expected.iter().copied().filter(|(event, _)| *event != Settle).collect();
            if matches!(status, Status::Approved | Status::Adjusted) {
                of_request.insert(0, (Withdraw, Status::Withdrawn));
            }
            assert_eq!(led(ClaimKind::Request, status), of_request, "request, {status}");
        }
    }

    #[test]
    fn a_dispute_that_was_paid_in_part_ends_settled_and_begins_no_new_round() {
        let disputed = Standing {
            settled: true,
            ..standing(ClaimKind::Claim, Status::Disputed)
        };
        assert_eq!(disputed.after("C-7", Event::Uphold), Ok(Status::Settled));
        assert_eq!(disputed.after("C-7", Event::Unsettle), Ok(Status::Disputed));
        assert_eq!(
            disputed.after("C-7", Event::Reopen).unwrap_err().to_string(),
            "claim `C-7` is settled by a document: cancel that first"
        );
    }

    #[test]
    fn what_is_refused_is_refused_with_a_sentence() {
        let refused = |kind, status, event| standing(kind, status).after("C-7", event).unwrap_err().to_string();
        for (kind, status, event, sentence) in [
            (
                ClaimKind::Claim,
                Status::Withdrawn,
                Event::Submit,
                "claim `C-7` is withdrawn and cannot be submitted: only a draft can be",
            ),
            (
                ClaimKind::Claim,
                Status::Draft,
                Event::Decide(Outcome::Denied),
                "claim `C-7` is a draft and cannot be decided: only one in review can be",
            ),
            (
                ClaimKind::Deduction,
                Status::Settled,
                Event::Withdraw,
                "deduction `C-7` is settled and cannot be withdrawn: only what is not decided yet can be, or an approved request; \
                 `reopen` begins a new round",
            ),
            (
                ClaimKind::Claim,
                Status::Approved,
                Event::Dispute,
                "claim `C-7` is approved and cannot be disputed: only one that was adjusted or denied can be",
            ),
            (
                ClaimKind::Claim,
                Status::Denied,
                Event::Settle,
                "claim `C-7` is denied and cannot be settled: only one that was approved or adjusted can be",
            ),
            (
                ClaimKind::Request,
                Status::Approved,
                Event::Settle,
                "request `C-7` is approved and cannot be settled: only one that was approved or adjusted can be",
            ),
            (
                ClaimKind::Claim,
                Status::InReview,
                Event::Release,
                "claim `C-7` is in review and cannot be released: only a held one can be",
            ),
            (
                ClaimKind::Claim,
                Status::Settled,
                Event::Reopen,
                "claim `C-7` is settled by a document: cancel that first",
            ),
            (
                ClaimKind::Claim,
                Status::Denied,
                Event::Uphold,
                "claim `C-7` is denied and cannot be answered: only a dispute can be",
            ),
        ] {
            assert_eq!(refused(kind, status, event), sentence);
        }
    }

    #[test]
    fn nobody_decides_what_they_asked_for() {
        let actor = |text: &str| text.parse::<Actor>().unwrap();
        assert_eq!(another(&actor("ada"), &actor("ben"), "C-7"), Ok(()));
        assert_eq!(
            another(&actor("ada"), &actor("user:ada"), "C-7")
                .unwrap_err()
                .to_string(),
            "user:ada submitted `C-7` and cannot decide it: somebody else must"
        );
    }

    #[test]
    fn a_file_is_known_by_its_last_name() {
        for (path, name) in [
            ("../../etc/passwd", "passwd"),
            (r"C:\Users\ada\invoice.pdf", "invoice.pdf"),
            ("Rechnung Nr. 7 – März.pdf", "Rechnung Nr. 7 – März.pdf"),
            ("請求書.pdf", "請求書.pdf"),
        ] {
            assert_eq!(file_name(path).as_deref(), Ok(name));
        }
        for path in ["", "/", "..", "a/..", "a\u{0}b", "line\nbreak"] {
            assert!(file_name(path).is_err(), "{path:?}");
        }
        assert!(file_name(&"x".repeat(201)).is_err());
    }

    #[test]
    fn what_was_submitted_is_kept_for_two_years() {
        let until = |day: &str| retained_until(day.parse().unwrap(), RETENTION_MONTHS).map(|day| day.to_string());
        assert_eq!(until("2024-02-29").as_deref(), Ok("2026-02-28"));
        assert!(until("2999-01-01").is_err());
    }
}
