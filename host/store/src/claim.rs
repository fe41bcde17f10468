//! Requests and claims: where each stands, what is asked for, and everything that happened to it. How one state leads to the next is
//! [`domain::claim`]'s; what moves in the ledger is posted beside, by [`Tx::post_transfers`], under the number of what happened.

pub mod read;
pub mod ruling;
pub mod part;
pub mod attachment;
pub mod evidence;
pub mod settle;

use chrono::{DateTime, Utc};
use domain::adjudication::Claim;
use domain::claim::{Event, Outcome, Standing, Status};
use domain::day::Day;
use domain::digest::Digest;
use domain::id::{AccountId, ClaimId, ProgramId};
use domain::money::Micros;
use serde_json::json;

use crate::{Error, Result, Tx};

/// A claim about to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClaim {
    pub program: ProgramId,
    pub account: AccountId,
    /// The approved request that it draws on.
    pub request: Option<ClaimId>,
    pub asked: Claim,
    /// See [`domain::claim::content_digest`].
    pub content: Digest,
    pub retained_until: Day,
}

/// A claim as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptClaim {
    pub id: ClaimId,
    pub program: ProgramId,
    pub program_code: String,
    pub account: AccountId,
    pub account_number: String,
    pub account_name: String,
    pub number: String,
    pub request: Option<ClaimId>,
    pub submitted: Day,
    pub retained_until: Day,
    /// Canonical JSON.
    pub fields: String,
    pub content: Digest,
    /// What all lines claim together.
    pub claimed: Micros,
    pub standing: Standing,
    /// By the newest ruling while it is in review, as decided afterwards.
    pub approved: Micros,
    pub written_off: Micros,
    /// How much happened to it.
    pub revision: i64,
    /// Number of the newest ruling, 0 before the first.
    pub ruling: i64,
    /// The document that settled it.
    pub settlement: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// Something that happens to a claim.
#[derive(Clone, Copy, Debug)]
pub struct Happening<'a> {
    pub event: Event,
    /// The line that it is about.
    pub line: Option<u32>,
    /// Why, in the words of who did it. May be empty.
    pub words: &'a str,
    pub approved: Micros,
    pub written_off: Micros,
    /// Number of the newest ruling after it.
    pub ruling: i64,
}

impl<'a> Happening<'a> {
    /// An event that leaves the amounts as they are.
    pub fn to(claim: &KeptClaim, event: Event, words: &'a str) -> Self {
        Self {
            event,
            line: None,
            words,
            approved: claim.approved,
            written_off: claim.written_off,
            ruling: claim.ruling,
        }
    }
}

impl Tx {
    /// The next number that the host gives to claims, such as `C-17`.
    pub async fn next_claim_number(&mut self) -> Result<String> {
        Ok(format!("C-{}", self.advance("claims", 1).await? + 1))
    }

    /// Writes a claim down as a draft.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the program has a claim of this number.
    pub async fn add_claim(&mut self, new: &NewClaim) -> Result<ClaimId> {
        let id: ClaimId = self.ids.next(self.at);
        let (asked, at) = (&new.asked, self.at);
        let claimed = Micros::checked_sum(asked.lines.iter().map(|line| line.claimed))?;
        let added = on_engine!(self, |conn| {
            sqlx::query(
                "insert into claims (id, program, account, number, kind, request, submitted_day, retained_until_day, fields, content_digest,
                                     claimed_micros, status, approved_micros, written_off_micros, revision, ruling, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'draft', 0, 0, 1, 0, $12)
                 on conflict (program, number) do nothing",
            )
            .bind(id.as_str())
            .bind(new.program.as_str())
            .bind(new.account.as_str())
            .bind(&*asked.number)
            .bind(asked.kind.as_str())
            .bind(new.request.as_ref().map(ClaimId::as_str))
            .bind(asked.submitted.number())
            .bind(new.retained_until.number())
            .bind(&*asked.fields)
            .bind(new.content.to_string())
            .bind(claimed.0)
            .bind(at)
            .execute(conn)
            .await?
            .rows_affected()
        });
        if added == 0 {
            return Err(Error::Conflict(format!(
                "there is a claim `{}` in this program already: give this one another number",
                asked.number
            )));
        }
        insert_many!(
            self,
            "insert into claim_lines (claim, number, claimed_micros, key, fields) ",
            5,
            asked.lines,
            "",
            |values, line| {
                values
                    .push_bind(id.as_str())
                    .push_bind(i64::from(line.number))
                    .push_bind(line.claimed.0);
                values.push_bind(line.key.as_deref()).push_bind(&*line.fields)
            }
        );
        self.add_history(&id, 1, Event::Draft, None, Status::Draft, None, "")
            .await?;
        let details = json!({
            "program": new.program, "account": new.account, "number": asked.number, "kind": asked.kind, "content": new.content,
            "claimed": claimed, "lines": asked.lines.len(),
        });
        self.note("draft-claim", id.as_str(), details);
        Ok(id)
    }

    /// Puts the day on which a draft is submitted in place of the day on which it was written.
    pub async fn date_claim(&mut self, claim: &KeptClaim, submitted: Day, retained_until: Day) -> Result<()> {
        let dated = on_engine!(self, |conn| {
            sqlx::query(
                "update claims set submitted_day = $1, retained_until_day = $2 where id = $3 and revision = $4 and status = 'draft'",
            )
            .bind(submitted.number())
            .bind(retained_until.number())
            .bind(claim.id.as_str())
            .bind(claim.revision)
            .execute(conn)
            .await?
            .rows_affected()
        });
        if dated == 0 {
            return Err(stale(&claim.number));
        }
        let details = json!({"submitted": submitted, "retained_until": retained_until});
        self.note("date-claim", claim.id.as_str(), details);
        Ok(())
    }

    /// Lets something happen to a claim, and says its number among what happened.
    ///
    /// # Errors
    /// [`Error::Refused`] when it cannot happen to a claim in this state; [`Error::Stale`] when something else happened since it was read.
    pub async fn happen(&mut self, claim: &KeptClaim, happening: &Happening<'_>) -> Result<i64> {
        let to = claim.standing.after(&claim.number, happening.event)?;
        let outcome = match happening.event {
            Event::Decide(outcome) => Some(outcome),
            Event::Confirm => Some(Outcome::Denied),
            Event::Submit | Event::Release | Event::Reopen | Event::Rule => None,
            _ => claim.standing.outcome,
        };
        let revision = claim.revision + 1;
        let moved = on_engine!(self, |conn| {
            sqlx::query(
                "update claims
                 set status = $1, outcome = $2, approved_micros = $3, written_off_micros = $4, ruling = $5, revision = $6
                 where id = $7 and revision = $6 - 1",
            )
            .bind(to.as_str())
            .bind(outcome.map(|outcome| outcome.status().as_str()))
            .bind(happening.approved.0)
            .bind(happening.written_off.0)
            .bind(happening.ruling)
            .bind(revision)
            .bind(claim.id.as_str())
            .execute(conn)
            .await?
            .rows_affected()
        });
        if moved == 0 {
            return Err(stale(&claim.number));
        }
        let Happening { event, line, words, .. } = *happening;
        self.add_history(&claim.id, revision, event, Some(claim.standing.status), to, line, words)
            .await?;
        let details = json!({
            "event": event.as_str(), "revision": revision, "from": claim.standing.status, "to": to, "outcome": outcome, "line": line,
            "words": words, "approved": happening.approved, "written_off": happening.written_off, "ruling": happening.ruling,
        });
        self.note("move-claim", claim.id.as_str(), details);
        Ok(revision)
    }

    #[expect(clippy::too_many_arguments, reason = "one for each column")]
    async fn add_history(
        &mut self,
        claim: &ClaimId,
        revision: i64,
        event: Event,
        from: Option<Status>,
        to: Status,
        line: Option<u32>,
        words: &str,
    ) -> Result<()> {
        let (actor, at) = (self.actor.to_string(), self.at);
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into claim_history (claim, revision, event, from_status, to_status, line, words, actor, at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(claim.as_str())
            .bind(revision)
            .bind(event.as_str())
            .bind(from.map(Status::as_str))
            .bind(to.as_str())
            .bind(line.map(i64::from))
            .bind(words)
            .bind(&*actor)
            .bind(at)
            .execute(conn)
            .await?;
        });
        Ok(())
    }
}

fn stale(number: &str) -> Error {
    Error::Stale(format!(
        "something else happened to claim `{number}` in the meantime: look at it again"
    ))
}
