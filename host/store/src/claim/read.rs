//! Claims, their lines, their history and what they moved, as they stand.

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use domain::adjudication::{Claim, ClaimKind, ClaimLine};
use domain::claim::{Outcome, Standing, Status};
use domain::day::Day;
use domain::id::{AccountId, ClaimId, ProgramId};
use domain::ledger::Transfer;
use domain::money::Micros;

use super::KeptClaim;
use crate::error::read;
use crate::ledger::TransferRow;
use crate::{Error, Result, Snapshot};

/// Which claims to list; absent is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimFilter {
    pub id: Option<ClaimId>,
    pub program: Option<ProgramId>,
    pub account: Option<AccountId>,
    pub number: Option<String>,
    pub status: Option<Status>,
    pub kind: Option<ClaimKind>,
    /// Those that draw on this request.
    pub request: Option<ClaimId>,
    /// Those that this document settled.
    pub settlement: Option<String>,
}

/// Something that happened to a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// From 1.
    pub revision: i64,
    /// Such as `submit`: see [`domain::claim::Event`].
    pub event: String,
    pub from: Option<Status>,
    pub to: Status,
    pub line: Option<u32>,
    pub words: String,
    pub actor: Actor,
    pub at: DateTime<Utc>,
}

/// A transfer that a claim brought about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Of what happened to the claim.
    pub revision: i64,
    pub transfer: Transfer,
    pub at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct ClaimRow {
    id: String,
    program: String,
    code: String,
    account: String,
    account_number: String,
    account_name: String,
    number: String,
    kind: String,
    request: Option<String>,
    submitted_day: i32,
    retained_until_day: i32,
    fields: String,
    content_digest: String,
    claimed_micros: i64,
    status: String,
    outcome: Option<String>,
    approved_micros: i64,
    written_off_micros: i64,
    revision: i64,
    ruling: i64,
    settlement: Option<String>,
    created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct HistoryRow {
    revision: i64,
    event: String,
    from_status: Option<String>,
    to_status: String,
    line: Option<i64>,
    words: String,
    actor: String,
    at: DateTime<Utc>,
}

impl Snapshot {
    /// A page of claims in the order in which they were written.
    pub async fn claims(
        &mut self,
        filter: &ClaimFilter,
        after: Option<&ClaimId>,
        limit: i64,
    ) -> Result<Vec<KeptClaim>> {
        let rows: Vec<ClaimRow> = on_engine!(self, |conn| {
            let mut query = sqlx::QueryBuilder::new(
                "select claims.id, claims.program, programs.code, claims.account, accounts.number as account_number,
                        accounts.name as account_name, claims.number, claims.kind, claims.request, submitted_day, retained_until_day,
                        fields, content_digest, claimed_micros, status, outcome, approved_micros, written_off_micros, revision, ruling,
                        settlement, claims.created_at
                 from claims
                 join programs on programs.id = claims.program
                 join accounts on accounts.id = claims.account
                 where 1 = 1",
            );
            for (column, value) in [
                (" and claims.id = ", filter.id.as_ref().map(ClaimId::as_str)),
                (" and claims.program = ", filter.program.as_ref().map(ProgramId::as_str)),
                (" and claims.account = ", filter.account.as_ref().map(AccountId::as_str)),
                (" and claims.number = ", filter.number.as_deref()),
                (" and status = ", filter.status.map(Status::as_str)),
                (" and kind = ", filter.kind.map(ClaimKind::as_str)),
                (" and request = ", filter.request.as_ref().map(ClaimId::as_str)),
                (" and settlement = ", filter.settlement.as_deref()),
                (" and claims.id > ", after.map(ClaimId::as_str)),
            ] {
                if let Some(value) = value {
                    query.push(column).push_bind(value);
                }
            }
            query.push(" order by claims.id limit ").push_bind(limit);
            query.build_query_as().fetch_all(conn).await
        })?;
        rows.into_iter().map(KeptClaim::try_from).collect()
    }

    pub async fn claim(&mut self, id: &ClaimId) -> Result<Option<KeptClaim>> {
        let filter = ClaimFilter {
            id: Some(id.clone()),
            ..ClaimFilter::default()
        };
        Ok(self.claims(&filter, None, 1).await?.pop())
    }

    /// What is asked for, as the plugin is told it.
    pub async fn asked(&mut self, claim: &KeptClaim) -> Result<Claim> {
        let rows: Vec<(i64, i64, Option<String>, String)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select number, claimed_micros, key, fields from claim_lines where claim = $1 order by number",
            )
            .bind(claim.id.as_str())
            .fetch_all(conn)
            .await
        })?;
        let line = |(number, claimed, key, fields): (i64, i64, Option<String>, String)| {
            Ok::<_, Error>(ClaimLine {
                number: read(u32::try_from(number))?,
                claimed: Micros(claimed),
                key,
                fields,
            })
        };
        Ok(Claim {
            kind: claim.standing.kind,
            number: claim.number.clone(),
            submitted: claim.submitted,
            fields: claim.fields.clone(),
            lines: rows.into_iter().map(line).collect::<Result<_>>()?,
        })
    }

    /// Everything that happened to a claim, from the beginning.
    pub async fn claim_history(&mut self, id: &ClaimId) -> Result<Vec<Happened>> {
        let rows: Vec<HistoryRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select revision, event, from_status, to_status, line, words, actor, at
                 from claim_history
                 where claim = $1
                 order by revision",
            )
            .bind(id.as_str())
            .fetch_all(conn)
            .await
        })?;
        let happened = |row: HistoryRow| {
            Ok(Happened {
                revision: row.revision,
                event: row.event,
                from: row.from_status.map(|status| read(status.parse())).transpose()?,
                to: read(row.to_status.parse())?,
                line: row.line.map(|line| read(u32::try_from(line))).transpose()?,
                words: row.words,
                actor: read(row.actor.parse())?,
                at: row.at,
            })
        };
        rows.into_iter().map(happened).collect()
    }

    /// Everything that was posted for a claim, in the order it was posted.
    pub async fn claim_transfers(&mut self, id: &ClaimId) -> Result<Vec<Moved>> {
        let rows: Vec<TransferRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, subject as statement, revision, line, rule, debit, credit, amount_micros, unit, effective_day, expires_day,
                        basis, rate, reason, posting_period, posted_at
                 from transfers
                 where subject = $1 and cause = 'claim'
                 order by revision, line",
            )
            .bind(id.as_str())
            .fetch_all(conn)
            .await
        })?;
        let moved = |row: TransferRow| {
            Ok(Moved {
                revision: row.revision,
                at: row.posted_at,
                transfer: row.read()?,
            })
        };
        rows.into_iter().map(moved).collect()
    }
}

impl TryFrom<ClaimRow> for KeptClaim {
    type Error = Error;

    fn try_from(row: ClaimRow) -> Result<Self> {
        let outcome = |text: String| {
            let status: Status = read(text.parse())?;
            Outcome::of_status(status)
                .ok_or_else(|| Error::corrupt(format!("`{status}` is kept as how a claim was decided")))
        };
        Ok(KeptClaim {
            id: row.id.into(),
            program: row.program.into(),
            program_code: row.code,
            account: row.account.into(),
            account_number: row.account_number,
            account_name: row.account_name,
            number: row.number,
            request: row.request.map(ClaimId::from),
            submitted: read(Day::new(row.submitted_day))?,
            retained_until: read(Day::new(row.retained_until_day))?,
            fields: row.fields,
            content: read(row.content_digest.parse())?,
            claimed: Micros(row.claimed_micros),
            standing: Standing {
                kind: read(row.kind.parse())?,
                status: read(row.status.parse())?,
                outcome: row.outcome.map(outcome).transpose()?,
                settled: row.settlement.is_some(),
            },
            approved: Micros(row.approved_micros),
            written_off: Micros(row.written_off_micros),
            revision: row.revision,
            ruling: row.ruling,
            settlement: row.settlement,
            created_at: row.created_at,
        })
    }
}
