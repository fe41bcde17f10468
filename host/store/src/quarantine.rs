//! Statements that could not be worked out, each with the reason, until a later run can.

use chrono::{DateTime, Utc};
use domain::digest::Digest;
use domain::id::{AccountId, ProgramId, RunId};
use serde_json::json;
use uuid::Uuid;

use crate::bulk::list;
use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// Why one participant has no statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    pub run: RunId,
    pub program: ProgramId,
    pub account: AccountId,
    /// The period's label.
    pub period: String,
    /// A sentence that names plugin, version and rule.
    pub reason: String,
    /// What the plugin logged.
    pub log: String,
    /// SHA-256 of the component that failed.
    pub component: Digest,
    /// SHA-256 of the context's canonical JSON, where it got so far.
    pub context: Option<Digest>,
    /// See [`domain::columns::digest`].
    pub rows: Option<Digest>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    pub of: Quarantine,
    pub account_number: String,
    pub at: DateTime<Utc>,
    pub resolved_by: Option<RunId>,
}

#[derive(sqlx::FromRow)]
struct QuarantineRow {
    run: String,
    program: String,
    account: String,
    number: String,
    period: String,
    reason: String,
    log: String,
    component: String,
    context_digest: Option<String>,
    rows_digest: Option<String>,
    held_at: DateTime<Utc>,
    resolved_by: Option<String>,
}

impl Tx {
    /// Holds statements back.
    pub async fn quarantine(&mut self, held: &[Quarantine]) -> Result<()> {
        let Some(first) = held.first() else { return Ok(()) };
        let rows: Vec<_> = held
            .iter()
            .map(|held| {
                let id: Uuid = self.ids.next(self.at);
                let (context, rows) = (held.context.map(|d| d.to_string()), held.rows.map(|d| d.to_string()));
                (id.to_string(), held, held.component.to_string(), context, rows)
            })
            .collect();
        let at = self.at;
        insert_many!(
            self,
            "insert into quarantine (id, run, program, account, period, reason, log, component, context_digest, rows_digest, held_at) ",
            11,
            rows,
            "",
            |values, row| {
                let (id, held, component, context, rows) = row;
                values
                    .push_bind(&**id)
                    .push_bind(held.run.as_str())
                    .push_bind(held.program.as_str());
                values
                    .push_bind(held.account.as_str())
                    .push_bind(&*held.period)
                    .push_bind(&*held.reason);
                values
                    .push_bind(&*held.log)
                    .push_bind(&**component)
                    .push_bind(context.as_deref());
                values.push_bind(rows.as_deref()).push_bind(at)
            }
        );
        let statements: Vec<_> = held
            .iter()
            .map(|held| json!({"account": held.account, "reason": held.reason}))
            .collect();
        let subject = first.run.to_string();
        self.note(
            "quarantine",
            subject,
            json!({"program": first.program, "period": first.period, "statements": statements}),
        );
        Ok(())
    }

    /// Lets go of what earlier runs held back of these participants' statements, because this run could work them out. Says how many
    /// entries were open.
    pub async fn resolve_quarantine(
        &mut self,
        run: &RunId,
        program: &ProgramId,
        period: &str,
        accounts: &[&AccountId],
    ) -> Result<u64> {
        let (at, accounts) = (self.at, list(accounts.iter().map(|account| account.as_str())));
        let resolved = on_engine!(self, |conn| {
            sqlx::query(
                "update quarantine
                 set resolved_by = $1, resolved_at = $2
                 where resolved_by is null and program = $3 and period = $4 and run <> $1
                   and account in (select value from json_each($5))",
            )
            .bind(run.as_str())
            .bind(at)
            .bind(program.as_str())
            .bind(period)
            .bind(&*accounts)
            .execute(conn)
            .await?
            .rows_affected()
        });
        if resolved > 0 {
            self.note(
                "resolve-quarantine",
                run.as_str(),
                json!({"program": program, "period": period, "resolved": resolved}),
            );
        }
        Ok(resolved)
    }
}

impl Snapshot {
    /// What one run held back, by account number.
    pub async fn quarantine_of(&mut self, run: &RunId) -> Result<Vec<Quarantined>> {
        let rows: Vec<QuarantineRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select run, program, account, number, period, reason, log, component, context_digest, rows_digest, held_at, resolved_by
                 from quarantine
                 join accounts on accounts.id = account
                 where run = $1
                 order by number",
            )
            .bind(run.as_str())
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Quarantined::try_from).collect()
    }

    /// What is still held back of a program, by period and account number: of each statement what the newest run said.
    pub async fn open_quarantine(&mut self, program: &ProgramId) -> Result<Vec<Quarantined>> {
        let rows: Vec<QuarantineRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select run, program, account, number, period, reason, log, component, context_digest, rows_digest, held_at, resolved_by
                 from quarantine
                 join accounts on accounts.id = account
                 where program = $1 and resolved_by is null and not exists (
                     select 1
                     from quarantine newer
                     where newer.program = $1 and newer.period = quarantine.period and newer.account = quarantine.account
                         and newer.resolved_by is null and newer.id > quarantine.id
                 )
                 order by period, number",
            )
            .bind(program.as_str())
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Quarantined::try_from).collect()
    }
}

impl TryFrom<QuarantineRow> for Quarantined {
    type Error = Error;

    fn try_from(row: QuarantineRow) -> Result<Self> {
        Ok(Quarantined {
            of: Quarantine {
                run: row.run.into(),
                program: row.program.into(),
                account: row.account.into(),
                period: row.period,
                reason: row.reason,
                log: row.log,
                component: read(row.component.parse())?,
                context: row.context_digest.map(|digest| read(digest.parse())).transpose()?,
                rows: row.rows_digest.map(|digest| read(digest.parse())).transpose()?,
            },
            account_number: row.number,
            at: row.held_at,
            resolved_by: row.resolved_by.map(RunId::from),
        })
    }
}
