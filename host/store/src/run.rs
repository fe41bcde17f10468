//! Runs: who had which program calculated for which period, on which facts, and how far it got.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use domain::id::{ProgramId, RunId};
use serde_json::json;

use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunMode {
    /// Posts to the ledger.
    Actual,
    /// Posts nothing.
    WhatIf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// Or broken off: the next run finishes its work.
    Running,
    /// Done, with statements in quarantine.
    Held,
    Complete,
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    pub program: ProgramId,
    /// The period's label.
    pub period: String,
    pub mode: RunMode,
    /// The journal position read up to.
    pub as_of: u64,
    pub workers: i64,
}

/// Participants by what became of them, and the rows that were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCounts {
    pub participants: i64,
    /// Got a new revision.
    pub posted: i64,
    pub unchanged: i64,
    pub ineligible: i64,
    pub quarantined: i64,
    pub rows: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: RunId,
    pub of: NewRun,
    pub status: RunStatus,
    /// Zero until it is finished.
    pub counts: RunCounts,
    pub actor: Actor,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct RunRow {
    id: String,
    program: String,
    period: String,
    mode: String,
    status: String,
    as_of: i64,
    workers: i64,
    participants: i64,
    posted: i64,
    unchanged: i64,
    ineligible: i64,
    quarantined: i64,
    row_count: i64,
    actor: String,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl Tx {
    pub async fn start_run(&mut self, new: &NewRun) -> Result<Run> {
        let run = Run {
            id: self.ids.next(self.at),
            of: new.clone(),
            status: RunStatus::Running,
            counts: RunCounts::default(),
            actor: self.actor.clone(),
            started_at: self.at,
            finished_at: None,
        };
        let (actor, as_of) = (self.actor.to_string(), new.as_of as i64);
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into runs (id, program, period, mode, status, as_of, workers, participants, posted, unchanged, ineligible,
                                   quarantined, row_count, actor, started_at)
                 values ($1, $2, $3, $4, 'running', $5, $6, 0, 0, 0, 0, 0, 0, $7, $8)",
            )
            .bind(run.id.as_str())
            .bind(new.program.as_str())
            .bind(&*new.period)
            .bind(new.mode.as_str())
            .bind(as_of)
            .bind(new.workers)
            .bind(&*actor)
            .bind(run.started_at)
            .execute(conn)
            .await?;
        });
        let details = json!({"program": new.program, "period": new.period, "mode": new.mode.as_str(), "as_of": as_of});
        self.note("start-run", run.id.as_str(), details);
        Ok(run)
    }

    /// Ends a run: [`RunStatus::Held`] while statements of it are in quarantine, otherwise [`RunStatus::Complete`].
    ///
    /// # Errors
    /// [`Error::Conflict`] when it was ended before.
    pub async fn finish_run(&mut self, id: &RunId, counts: RunCounts) -> Result<RunStatus> {
        let open: i64 = on_engine!(self, |conn| {
            sqlx::query_scalar("select count(*) from quarantine where run = $1 and resolved_by is null")
                .bind(id.as_str())
                .fetch_one(conn)
                .await
        })?;
        let status = if open > 0 { RunStatus::Held } else { RunStatus::Complete };
        self.end_run(id, status, counts, None).await?;
        Ok(status)
    }

    /// Ends a run that could not go on, for a reason that is no single participant's.
    pub async fn fail_run(&mut self, id: &RunId, counts: RunCounts, reason: &str) -> Result<()> {
        self.end_run(id, RunStatus::Failed, counts, Some(reason)).await
    }

    async fn end_run(&mut self, id: &RunId, status: RunStatus, counts: RunCounts, reason: Option<&str>) -> Result<()> {
        let at = self.at;
        let ended: Option<String> = on_engine!(self, |conn| {
            sqlx::query_scalar(
                "update runs
                 set status = $1, participants = $2, posted = $3, unchanged = $4, ineligible = $5, quarantined = $6, row_count = $7,
                     finished_at = $8
                 where id = $9 and status = 'running'
                 returning id",
            )
            .bind(status.as_str())
            .bind(counts.participants)
            .bind(counts.posted)
            .bind(counts.unchanged)
            .bind(counts.ineligible)
            .bind(counts.quarantined)
            .bind(counts.rows)
            .bind(at)
            .bind(id.as_str())
            .fetch_optional(conn)
            .await
        })?;
        if ended.is_none() {
            return Err(Error::Conflict(format!("run `{id}` does not exist, or has ended")));
        }
        let details = json!({
            "status": status.as_str(), "participants": counts.participants, "posted": counts.posted, "unchanged": counts.unchanged,
            "ineligible": counts.ineligible, "quarantined": counts.quarantined, "rows": counts.rows, "reason": reason,
        });
        self.note("end-run", id.as_str(), details);
        Ok(())
    }
}

impl Snapshot {
    pub async fn run(&mut self, id: &RunId) -> Result<Option<Run>> {
        let row: Option<RunRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, program, period, mode, status, as_of, workers, participants, posted, unchanged, ineligible, quarantined,
                        row_count, actor, started_at, finished_at
                 from runs
                 where id = $1",
            )
            .bind(id.as_str())
            .fetch_optional(conn)
            .await
        })?;
        row.map(Run::try_from).transpose()
    }

    /// Those of one program, the newest first.
    pub async fn runs(&mut self, program: &ProgramId, limit: i64) -> Result<Vec<Run>> {
        let rows: Vec<RunRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, program, period, mode, status, as_of, workers, participants, posted, unchanged, ineligible, quarantined,
                        row_count, actor, started_at, finished_at
                 from runs
                 where program = $1
                 order by started_at desc, id desc
                 limit $2",
            )
            .bind(program.as_str())
            .bind(limit)
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Run::try_from).collect()
    }
}

impl RunMode {
    pub fn as_str(self) -> &'static str {
        match self {
            RunMode::Actual => "actual",
            RunMode::WhatIf => "what-if",
        }
    }
}

impl fmt::Display for RunMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RunMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [RunMode::Actual, RunMode::WhatIf]
            .into_iter()
            .find(|mode| mode.as_str() == text)
            .ok_or_else(|| Error::corrupt(format!("`{text}` is no mode of a run")))
    }
}

impl RunStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            RunStatus::Running => "running",
            RunStatus::Held => "held",
            RunStatus::Complete => "complete",
            RunStatus::Failed => "failed",
        }
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RunStatus {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [
            RunStatus::Running,
            RunStatus::Held,
            RunStatus::Complete,
            RunStatus::Failed,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
        .ok_or_else(|| Error::corrupt(format!("`{text}` is no status of a run")))
    }
}

impl TryFrom<RunRow> for Run {
    type Error = Error;

    fn try_from(row: RunRow) -> Result<Self> {
        Ok(Run {
            id: row.id.into(),
            of: NewRun {
                program: row.program.into(),
                period: row.period,
                mode: row.mode.parse()?,
                as_of: row.as_of as u64,
                workers: row.workers,
            },
            status: row.status.parse()?,
            counts: RunCounts {
                participants: row.participants,
                posted: row.posted,
                unchanged: row.unchanged,
                ineligible: row.ineligible,
                quarantined: row.quarantined,
                rows: row.row_count,
            },
            actor: read(row.actor.parse())?,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}
