//! One account's part in one program: where it stands, what the plugin said of it, its dates, and the figures agreed with it.
//!
//! ```text
//! never asked ── invite ──► invited ── accept ──► enrolled ── opt-out ──► opted-out
//!      │                       │ decline             │ its last day passes
//!      └──────── enrol ──┐     ▼                     ▼
//!                        │  declined                left
//!                        └► enrolled
//! ```
//!
//! Whoever declined, opted out or left can be invited or enrolled again. Whether an account is eligible is the plugin's word, asked for
//! whenever it is to join.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::calculation::Verdict;
use crate::calendar::Calendar;
use crate::day::Day;
use crate::id::{AccountId, AccountProgramId, ProgramId, TermsId};
use crate::{Error, Result};

/// A stay of an account in a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountProgram {
    pub id: AccountProgramId,
    pub account: AccountId,
    pub program: ProgramId,
    pub enrolled_from: Day,
    pub enrolled_until: Option<Day>,
    /// By code, such as `baseline`.
    pub agreed: BTreeMap<String, Decimal>,
}

/// Where an account stands with a program that it was asked to join, or has joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Invited,
    Declined,
    Enrolled,
    /// It goes, or went, by its own will.
    OptedOut,
    /// The last day that was agreed for it has passed. Never kept: see [`Status::on`].
    Left,
}

impl Status {
    /// The status on a day, of an account that is kept as enrolled until a last day.
    pub fn on(self, day: Day, enrolled_until: Option<Day>) -> Status {
        match self {
            Status::Enrolled if enrolled_until.is_some_and(|until| until < day) => Status::Left,
            status => status,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Status::Invited => "invited",
            Status::Declined => "declined",
            Status::Enrolled => "enrolled",
            Status::OptedOut => "opted-out",
            Status::Left => "left",
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
        [
            Status::Invited,
            Status::Declined,
            Status::Enrolled,
            Status::OptedOut,
            Status::Left,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
        .ok_or_else(|| Error::new(format!("`{text}` is no status of an account in a program")))
    }
}

/// What changes where an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    Invite,
    Accept,
    Decline,
    Enrol,
    OptOut,
}

impl Step {
    pub const ALL: [Step; 5] = [Step::Invite, Step::Accept, Step::Decline, Step::Enrol, Step::OptOut];

    /// Where it leads an account from where it stands; `None`: nobody has asked it before.
    ///
    /// # Errors
    /// A sentence that names the account, when there is no such way.
    pub fn lead(self, account: &str, status: Option<Status>) -> Result<Status> {
        let refuse = |wrong: &str| Err(Error::new(format!("account `{account}` {wrong}")));
        match (self, status) {
            (Step::Enrol, _) => Ok(Status::Enrolled),
            (Step::Invite, Some(Status::Invited)) => {
                refuse("is invited already: it can accept or decline, or be enrolled")
            }
            (Step::Invite, Some(Status::Enrolled)) => refuse("takes part already"),
            (Step::Invite, _) => Ok(Status::Invited),
            (Step::Accept, Some(Status::Invited)) => Ok(Status::Enrolled),
            (Step::Decline, Some(Status::Invited)) => Ok(Status::Declined),
            (Step::Accept, Some(Status::Enrolled)) => refuse("takes part already"),
            (Step::Decline, Some(Status::Enrolled)) => refuse("takes part already: it can opt out"),
            (Step::Accept | Step::Decline, _) => refuse("has no invitation to answer: invite it first"),
            (Step::OptOut, Some(Status::Enrolled)) => Ok(Status::OptedOut),
            (Step::OptOut, Some(Status::OptedOut)) => refuse("has opted out already"),
            (Step::OptOut, Some(Status::Left)) => refuse("has left already"),
            (Step::OptOut, Some(Status::Invited)) => refuse("is invited and does not take part: it can decline"),
            (Step::OptOut, Some(Status::Declined) | None) => refuse("does not take part, so there is nothing to leave"),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Step::Invite => "invite",
            Step::Accept => "accept",
            Step::Decline => "decline",
            Step::Enrol => "enrol",
            Step::OptOut => "opt-out",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Step {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Step::ALL
            .into_iter()
            .find(|step| step.as_str() == text)
            .ok_or_else(|| Error::new(format!("`{text}` is no step of an account in a program")))
    }
}

/// What the plugin said when it was asked whether an account may take part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    pub verdict: Verdict,
    /// The terms by which it was asked.
    pub terms: TermsId,
    /// Why it was let in all the same; absent where it is eligible, and where nobody let it in.
    pub overridden: Option<String>,
}

impl Assessment {
    /// Whether it may join.
    pub fn admits(&self) -> bool {
        self.verdict.eligible || self.overridden.is_some()
    }
}

/// Whether a stay from this day on begins anew, after one that ended: the earlier one is then kept beside it.
///
/// # Errors
/// When it would begin in the period in which the earlier one ended: a statement is of one stay.
pub fn begins_anew(account: &str, calendar: Calendar, earlier_until: Option<Day>, from: Day) -> Result<bool> {
    let Some(until) = earlier_until.filter(|until| *until < from) else {
        return Ok(false);
    };
    let left_in = calendar.containing(until)?;
    match left_in.end < from {
        true => Ok(true),
        false => Err(Error::new(format!(
            "account `{account}` took part until {until} and would come back on {from}, both in {}: let it come back in a later \
             period, or from its former first day without a break",
            left_in.label
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANDINGS: [Option<Status>; 6] = [
        None,
        Some(Status::Invited),
        Some(Status::Declined),
        Some(Status::Enrolled),
        Some(Status::OptedOut),
        Some(Status::Left),
    ];

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    /// For each standing, in the order above, where the step leads; `-` where it is refused.
    #[test]
    fn every_step_from_every_standing() {
        for (step, leads) in [
            (Step::Invite, ["invited", "-", "invited", "-", "invited", "invited"]),
            (Step::Accept, ["-", "enrolled", "-", "-", "-", "-"]),
            (Step::Decline, ["-", "declined", "-", "-", "-", "-"]),
            (Step::Enrol, ["enrolled"; 6]),
            (Step::OptOut, ["-", "-", "-", "opted-out", "-", "-"]),
        ] {
            let found = STANDINGS.map(|from| step.lead("A-1", from).map_or("-", Status::as_str));
            assert_eq!(found, leads, "{step}");
        }
    }

    #[test]
    fn a_refused_step_names_the_account_and_what_can_be_done() {
        for (step, from, sentence) in [
            (
                Step::Accept,
                None,
                "account `A-1` has no invitation to answer: invite it first",
            ),
            (
                Step::OptOut,
                Some(Status::Invited),
                "account `A-1` is invited and does not take part: it can decline",
            ),
        ] {
            assert_eq!(step.lead("A-1", from).unwrap_err().to_string(), sentence);
        }
    }

    #[test]
    fn whoever_has_passed_its_last_day_has_left() {
        let until = Some(day("2024-06-30"));
        for (status, on, expected) in [
            (Status::Enrolled, "2024-06-30", Status::Enrolled),
            (Status::Enrolled, "2024-07-01", Status::Left),
            (Status::OptedOut, "2024-07-01", Status::OptedOut),
        ] {
            assert_eq!(status.on(day(on), until), expected);
        }
        assert_eq!(Status::Enrolled.on(day("2999-01-01"), None), Status::Enrolled);
    }

    #[test]
    fn who_comes_back_in_a_later_period_begins_anew() {
        let calendar: Calendar = "quarter".parse().unwrap();
        let until = Some(day("2024-05-15"));
        for (until, from, anew) in [
            (None, "2024-08-01", false),
            (until, "2024-01-01", false),
            (until, "2024-05-15", false),
            (until, "2024-07-01", true),
        ] {
            assert_eq!(begins_anew("A-1", calendar, until, day(from)), Ok(anew), "{from}");
        }
        let refused = begins_anew("A-1", calendar, until, day("2024-06-01")).unwrap_err();
        assert!(
            refused.to_string().starts_with(
                "account `A-1` took part until 2024-05-15 and would come back on 2024-06-01, both in 2024-Q2"
            ),
            "{refused}"
        );
    }

    #[test]
    fn names_are_written_and_read_back() {
        for step in Step::ALL {
            assert_eq!(step.as_str().parse(), Ok(step));
        }
        for status in STANDINGS.into_iter().flatten() {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        assert!("joined".parse::<Status>().is_err() && "join".parse::<Step>().is_err());
    }
}
