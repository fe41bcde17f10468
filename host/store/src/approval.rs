//! What needs approval, who may give it, and what waits for it. See [`domain::approval`].

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use domain::approval::{Approval, Authority, Delegation, Kind, Mandate, Rule, Status, Verdict, Vote};
use domain::day::Day;
use domain::id::ApprovalId;
use domain::money::Micros;
use serde_json::json;
use uuid::Uuid;

use crate::bulk::list;
use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// Something that somebody wants approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApproval<'a> {
    pub kind: Kind,
    pub subject: &'a str,
    pub title: String,
    pub amount: Option<Micros>,
    pub unit: Option<&'a str>,
    /// Who wants it, and can therefore not approve it.
    pub author: &'a Actor,
}

/// A vote as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptVote {
    pub of: Vote,
    pub at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct RuleRow {
    kind: String,
    above_micros: i64,
    four_eyes_above_micros: Option<i64>,
    due_days: i32,
}

#[derive(sqlx::FromRow)]
struct ApprovalRow {
    id: String,
    number: i64,
    kind: String,
    subject: String,
    title: String,
    amount_micros: Option<i64>,
    unit: Option<String>,
    author: String,
    due_day: i32,
    needed: i64,
    status: String,
}

#[derive(sqlx::FromRow)]
struct VoteRow {
    approval: String,
    approver: String,
    on_behalf_of: String,
    verdict: String,
    words: String,
    said_at: DateTime<Utc>,
}

impl Tx {
    /// States, or states anew, what of a kind needs approval. What waits already is not touched.
    pub async fn set_approval_rule(&mut self, rule: &Rule) -> Result<()> {
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into approval_rules (kind, above_micros, four_eyes_above_micros, due_days)
                 values ($1, $2, $3, $4)
                 on conflict (kind) do update
                 set above_micros = excluded.above_micros, four_eyes_above_micros = excluded.four_eyes_above_micros,
                     due_days = excluded.due_days",
            )
            .bind(rule.kind.as_str())
            .bind(rule.above.0)
            .bind(rule.four_eyes_above.map(|limit| limit.0))
            .bind(rule.due_days)
            .execute(conn)
            .await?;
        });
        self.note("set-approval-rule", rule.kind.as_str(), json!(rule));
        Ok(())
    }

    /// Lets somebody approve things of a kind, up to a limit; one that was granted before is replaced.
    pub async fn grant_authority(&mut self, authority: &Authority) -> Result<()> {
        let approver = authority.approver.to_string();
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into authorities (approver, kind, limit_micros)
                 values ($1, $2, $3)
                 on conflict (approver, kind) do update set limit_micros = excluded.limit_micros",
            )
            .bind(&*approver)
            .bind(authority.kind.as_str())
            .bind(authority.limit.map(|limit| limit.0))
            .execute(conn)
            .await?;
        });
        self.note("grant-authority", approver, json!(authority));
        Ok(())
    }

    /// # Errors
    /// [`Error::Conflict`] when nothing of the kind was granted.
    pub async fn revoke_authority(&mut self, approver: &Actor, kind: Kind) -> Result<()> {
        let name = approver.to_string();
        let gone: Option<String> = on_engine!(self, |conn| {
            sqlx::query_scalar("delete from authorities where approver = $1 and kind = $2 returning approver")
                .bind(&*name)
                .bind(kind.as_str())
                .fetch_optional(conn)
                .await
        })?;
        if gone.is_none() {
            return Err(Error::Conflict(format!(
                "{approver} was granted nothing of the kind `{kind}`"
            )));
        }
        self.note("revoke-authority", name, json!({"kind": kind}));
        Ok(())
    }

    /// Lets somebody stand in for somebody else.
    pub async fn delegate(&mut self, delegation: &Delegation) -> Result<()> {
        if delegation.end < delegation.start {
            return Err(Error::Conflict(format!(
                "the delegation would end on {}, before it begins on {}: exchange the dates",
                delegation.end, delegation.start
            )));
        }
        let id: Uuid = self.ids.next(self.at);
        let (id, delegator, delegate) = (id.to_string(), delegation.from.to_string(), delegation.to.to_string());
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into delegations (id, delegator, delegate, start_day, end_day) values ($1, $2, $3, $4, $5)",
            )
            .bind(&*id)
            .bind(&*delegator)
            .bind(&*delegate)
            .bind(delegation.start.number())
            .bind(delegation.end.number())
            .execute(conn)
            .await?;
        });
        self.note("delegate", delegator, json!(delegation));
        Ok(())
    }

    /// Asks for approval where a rule demands it; none where it does not.
    pub async fn ask_approval(&mut self, new: &NewApproval<'_>, today: Day) -> Result<Option<Approval>> {
        let rules = self.approval_rules().await?;
        let rule = rules.iter().find(|rule| rule.kind == new.kind);
        let Some((rule, needed)) = rule
            .map(|rule| (rule, rule.needed(new.amount)))
            .filter(|(_, needed)| *needed > 0)
        else {
            return Ok(None);
        };
        let approval = Approval {
            id: self.ids.next(self.at),
            number: self.advance("approvals", 1).await? + 1,
            kind: new.kind,
            subject: new.subject.to_owned(),
            title: new.title.clone(),
            amount: new.amount,
            unit: new.unit.map(str::to_owned),
            author: new.author.clone(),
            due: today.plus(rule.due_days),
            needed,
            status: Status::Open,
        };
        let (at, author) = (self.at, approval.author.to_string());
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into approvals (id, number, kind, subject, title, amount_micros, unit, author, due_day, needed, status, asked_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            )
            .bind(approval.id.as_str())
            .bind(approval.number)
            .bind(approval.kind.as_str())
            .bind(&*approval.subject)
            .bind(&*approval.title)
            .bind(approval.amount.map(|amount| amount.0))
            .bind(approval.unit.as_deref())
            .bind(&*author)
            .bind(approval.due.number())
            .bind(approval.needed)
            .bind(approval.status.as_str())
            .bind(at)
            .execute(conn)
            .await?;
        });
        self.note("ask-approval", approval.label(), json!(approval));
        Ok(Some(approval))
    }

    /// Asks for nobody's consent any more about any of these subjects, where it is still waited for.
    pub async fn withdraw_approvals(&mut self, kind: Kind, subjects: &[String]) -> Result<()> {
        let subjects = list(subjects);
        let numbers: Vec<i64> = on_engine!(self, |conn| {
            sqlx::query_scalar(
                "update approvals
                 set status = 'withdrawn'
                 where kind = $1 and subject in (select value from json_each($2)) and status = 'open'
                 returning number",
            )
            .bind(kind.as_str())
            .bind(&*subjects)
            .fetch_all(conn)
            .await
        })?;
        for number in numbers {
            self.note("withdraw-approval", format!("A-{number}"), json!({}));
        }
        Ok(())
    }

    /// The actor of the unit of work approves or rejects; says what became of the approval.
    ///
    /// # Errors
    /// [`Error::Refused`] by [`Approval::vote`]; [`Error::Conflict`] when there is no such approval.
    pub async fn vote(&mut self, number: i64, verdict: Verdict, words: &str, today: Day) -> Result<Approval> {
        // Held, so that two who vote at the same time are counted one after the other.
        on_engine!(self, |conn| {
            sqlx::query("update approvals set status = status where number = $1")
                .bind(number)
                .execute(conn)
                .await?;
        });
        let mut approval = self.approval(number).await?.ok_or_else(|| {
            Error::Conflict(format!(
                "there is no approval A-{number}: `gtm approve list` shows them"
            ))
        })?;
        let (authorities, delegations) = (self.authorities().await?, self.delegations().await?);
        let before: Vec<Vote> = self
            .approval_votes(&[&approval.id])
            .await?
            .remove(&approval.id)
            .into_iter()
            .flatten()
            .map(|kept| kept.of)
            .collect();
        let mandate = Mandate {
            authorities: &authorities,
            delegations: &delegations,
            today,
        };
        let approver = self.actor.clone();
        let (vote, status) = approval.vote(&before, &approver, verdict, words, &mandate)?;
        approval.status = status;
        let (at, approver, behalf) = (self.at, vote.approver.to_string(), vote.on_behalf_of.to_string());
        let said = if verdict == Verdict::Approve {
            "approve"
        } else {
            "reject"
        };
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into approval_votes (approval, number, approver, on_behalf_of, verdict, words, said_at)
                 values ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(approval.id.as_str())
            .bind(before.len() as i64 + 1)
            .bind(&*approver)
            .bind(&*behalf)
            .bind(said)
            .bind(&*vote.words)
            .bind(at)
            .execute(&mut *conn)
            .await?;
            sqlx::query("update approvals set status = $1 where id = $2")
                .bind(status.as_str())
                .bind(approval.id.as_str())
                .execute(conn)
                .await?;
        });
        let details = json!({"vote": vote, "status": status});
        self.note("vote", approval.label(), details);
        Ok(approval)
    }

    /// Uses an approved override, once, for what its author asked it for: up to its amount, on its subject. `beyond` is what exceeds the
    /// limit; 0 needs none.
    ///
    /// # Errors
    /// [`Error::Conflict`] when a rule demands one and there is none that fits.
    pub async fn use_override(&mut self, subject: &str, beyond: Micros, used_for: &str) -> Result<()> {
        if beyond == Micros::ZERO {
            return Ok(());
        }
        let rules = self.approval_rules().await?;
        let demanded = rules
            .iter()
            .any(|rule| rule.kind == Kind::Override && rule.needed(Some(beyond)) > 0);
        if !demanded {
            return Ok(());
        }
        let author = self.actor.to_string();
        let used: Option<i64> = on_engine!(self, |conn| {
            sqlx::query_scalar(
                "update approvals
                 set used_for = $1
                 where id = (select id
                             from approvals
                             where kind = 'override' and subject = $2 and author = $3 and status = 'approved' and used_for is null
                               and amount_micros >= $4
                             order by number
                             limit 1)
                   and used_for is null
                 returning number",
            )
            .bind(used_for)
            .bind(subject)
            .bind(&*author)
            .bind(beyond.0)
            .fetch_optional(conn)
            .await
        })?;
        match used {
            Some(number) => {
                self.note("use-override", format!("A-{number}"), json!({"for": used_for}));
                Ok(())
            }
            None => Err(Error::Conflict(format!(
                "going beyond the limit of `{subject}` by {beyond} needs approval: `gtm approve ask {subject} {beyond} --reason …`, and then \
                 again when somebody has approved it"
            ))),
        }
    }
}

impl Snapshot {
    /// By kind.
    pub async fn approval_rules(&mut self) -> Result<Vec<Rule>> {
        let rows: Vec<RuleRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select kind, above_micros, four_eyes_above_micros, due_days from approval_rules order by kind",
            )
            .fetch_all(conn)
            .await
        })?;
        let rule = |row: RuleRow| {
            Ok(Rule {
                kind: read(row.kind.parse())?,
                above: Micros(row.above_micros),
                four_eyes_above: row.four_eyes_above_micros.map(Micros),
                due_days: row.due_days,
            })
        };
        rows.into_iter().map(rule).collect()
    }

    /// By approver and kind.
    pub async fn authorities(&mut self) -> Result<Vec<Authority>> {
        let rows: Vec<(String, String, Option<i64>)> = on_engine!(self, |conn| {
            sqlx::query_as("select approver, kind, limit_micros from authorities order by approver, kind")
                .fetch_all(conn)
                .await
        })?;
        let authority = |(approver, kind, limit): (String, String, Option<i64>)| {
            Ok(Authority {
                approver: read(approver.parse())?,
                kind: read(kind.parse())?,
                limit: limit.map(Micros),
            })
        };
        rows.into_iter().map(authority).collect()
    }

    /// By whom they stand in for.
    pub async fn delegations(&mut self) -> Result<Vec<Delegation>> {
        let rows: Vec<(String, String, i32, i32)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select delegator, delegate, start_day, end_day from delegations order by delegator, start_day, id",
            )
            .fetch_all(conn)
            .await
        })?;
        let delegation = |(from, to, start, end): (String, String, i32, i32)| {
            Ok(Delegation {
                from: read(from.parse())?,
                to: read(to.parse())?,
                start: read(Day::new(start))?,
                end: read(Day::new(end))?,
            })
        };
        rows.into_iter().map(delegation).collect()
    }

    /// Those that wait, or all; by number.
    pub async fn approvals(&mut self, open_only: bool) -> Result<Vec<Approval>> {
        let rows: Vec<ApprovalRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, number, kind, subject, title, amount_micros, unit, author, due_day, needed, status
                 from approvals
                 where status = 'open' or not $1
                 order by number",
            )
            .bind(open_only)
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Approval::try_from).collect()
    }

    pub async fn approval(&mut self, number: i64) -> Result<Option<Approval>> {
        let row: Option<ApprovalRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, number, kind, subject, title, amount_micros, unit, author, due_day, needed, status
                 from approvals
                 where number = $1",
            )
            .bind(number)
            .fetch_optional(conn)
            .await
        })?;
        row.map(Approval::try_from).transpose()
    }

    /// The newest about a subject; none when it never needed one.
    pub async fn approval_of(&mut self, kind: Kind, subject: &str) -> Result<Option<Approval>> {
        let row: Option<ApprovalRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, number, kind, subject, title, amount_micros, unit, author, due_day, needed, status
                 from approvals
                 where kind = $1 and subject = $2
                 order by number desc
                 limit 1",
            )
            .bind(kind.as_str())
            .bind(subject)
            .fetch_optional(conn)
            .await
        })?;
        row.map(Approval::try_from).transpose()
    }

    /// Of each of these approvals, in the order in which they were given.
    pub async fn approval_votes(&mut self, approvals: &[&ApprovalId]) -> Result<HashMap<ApprovalId, Vec<KeptVote>>> {
        let approvals = list(approvals.iter().map(|approval| approval.as_str()));
        let rows: Vec<VoteRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select approval, approver, on_behalf_of, verdict, words, said_at
                 from approval_votes
                 where approval in (select value from json_each($1))
                 order by approval, number",
            )
            .bind(&*approvals)
            .fetch_all(conn)
            .await
        })?;
        let mut votes: HashMap<ApprovalId, Vec<KeptVote>> = HashMap::new();
        for mut row in rows {
            let approval = std::mem::take(&mut row.approval);
            votes.entry(approval.into()).or_default().push(row.try_into()?);
        }
        Ok(votes)
    }
}

impl TryFrom<ApprovalRow> for Approval {
    type Error = Error;

    fn try_from(row: ApprovalRow) -> Result<Self> {
        Ok(Approval {
            id: row.id.into(),
            number: row.number,
            kind: read(row.kind.parse())?,
            subject: row.subject,
            title: row.title,
            amount: row.amount_micros.map(Micros),
            unit: row.unit,
            author: read(row.author.parse())?,
            due: read(Day::new(row.due_day))?,
            needed: row.needed,
            status: read(row.status.parse())?,
        })
    }
}

impl TryFrom<VoteRow> for KeptVote {
    type Error = Error;

    fn try_from(row: VoteRow) -> Result<Self> {
        Ok(KeptVote {
            of: Vote {
                approver: read(row.approver.parse())?,
                on_behalf_of: read(row.on_behalf_of.parse())?,
                verdict: match &*row.verdict {
                    "approve" => Verdict::Approve,
                    _ => Verdict::Reject,
                },
                words: row.words,
            },
            at: row.said_at,
        })
    }
}
