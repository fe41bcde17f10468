//! When the periods of a program are worked out, and which of them are locked. See [`domain::schedule`].

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use domain::id::ProgramId;
use domain::schedule::Schedule;
use serde_json::json;

use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// A period that was locked or unlocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodLock {
    pub period: String,
    /// Locked, or unlocked again.
    pub locked: bool,
    pub reason: String,
    pub actor: Actor,
    pub changed_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct LockRow {
    period: String,
    change: String,
    reason: String,
    actor: String,
    changed_at: DateTime<Utc>,
}

impl Tx {
    /// States by which schedule a program runs from now on.
    pub async fn state_schedule(&mut self, program: &ProgramId, schedule: &Schedule) -> Result<()> {
        let code = self.hold_program(program).await?;
        if self.schedule_of(program).await? == *schedule {
            return Ok(());
        }
        let (at, zone) = (self.at, schedule.time_zone.name());
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into program_schedules (program, number, grace_days, calculation_day, time_zone, created_at)
                 select $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5
                 from program_schedules
                 where program = $1",
            )
            .bind(program.as_str())
            .bind(i32::from(schedule.grace_days))
            .bind(schedule.calculation_day.map(i32::from))
            .bind(zone)
            .bind(at)
            .execute(conn)
            .await?;
        });
        self.note("state-schedule", code, json!(schedule));
        Ok(())
    }

    /// Locks a period of a program, or unlocks it again.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is so already.
    pub async fn change_lock(&mut self, program: &ProgramId, period: &str, locked: bool, reason: &str) -> Result<()> {
        let code = self.hold_program(program).await?;
        match self.period_lock(program, period).await? {
            Some(before) if before.locked == locked => {
                return Err(Error::Conflict(format!(
                    "{period} of program `{code}` is {} already, by {} on {}: {}",
                    if locked { "locked" } else { "unlocked" },
                    before.actor,
                    before.changed_at.format("%Y-%m-%d"),
                    before.reason
                )));
            }
            None if !locked => {
                return Err(Error::Conflict(format!("{period} of program `{code}` is not locked")));
            }
            _ => (),
        }
        let (at, actor) = (self.at, self.actor.to_string());
        let change = if locked { "lock" } else { "unlock" };
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into period_locks (program, period, number, change, reason, actor, changed_at)
                 select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6
                 from period_locks
                 where program = $1 and period = $2",
            )
            .bind(program.as_str())
            .bind(period)
            .bind(change)
            .bind(reason)
            .bind(&*actor)
            .bind(at)
            .execute(conn)
            .await?;
        });
        let action = if locked { "lock-period" } else { "unlock-period" };
        self.note(action, format!("{code}/{period}"), json!({ "reason": reason }));
        Ok(())
    }

    /// Makes whoever else changes the program wait, and gives its code.
    async fn hold_program(&mut self, program: &ProgramId) -> Result<String> {
        let code: Option<String> = on_engine!(self, |conn| {
            sqlx::query_scalar("update programs set code = code where id = $1 returning code")
                .bind(program.as_str())
                .fetch_optional(conn)
                .await
        })?;
        code.ok_or_else(|| Error::Conflict(format!("program `{program}` does not exist")))
    }
}

impl Snapshot {
    /// The schedule that holds; the default where none was stated.
    pub async fn schedule_of(&mut self, program: &ProgramId) -> Result<Schedule> {
        let row: Option<(i32, Option<i32>, String)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select grace_days, calculation_day, time_zone
                 from program_schedules
                 where program = $1
                 order by number desc
                 limit 1",
            )
            .bind(program.as_str())
            .fetch_optional(conn)
            .await
        })?;
        let Some((grace_days, calculation_day, time_zone)) = row else {
            return Ok(Schedule::default());
        };
        Ok(Schedule {
            grace_days: read(grace_days.try_into())?,
            calculation_day: calculation_day.map(|day| read(day.try_into())).transpose()?,
            time_zone: read(time_zone.parse())?,
        })
    }

    /// What was done last to the lock of a period; nothing where it was never locked.
    pub async fn period_lock(&mut self, program: &ProgramId, period: &str) -> Result<Option<PeriodLock>> {
        let mut changes = self.period_locks(program).await?;
        changes.retain(|change| change.period == period);
        Ok(changes.pop())
    }

    /// Every lock and unlock of a program's periods, by period, from the first.
    pub async fn period_locks(&mut self, program: &ProgramId) -> Result<Vec<PeriodLock>> {
        let rows: Vec<LockRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select period, change, reason, actor, changed_at
                 from period_locks
                 where program = $1
                 order by period, number",
            )
            .bind(program.as_str())
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(PeriodLock::try_from).collect()
    }
}

impl TryFrom<LockRow> for PeriodLock {
    type Error = Error;

    fn try_from(row: LockRow) -> Result<Self> {
        Ok(PeriodLock {
            period: row.period,
            locked: row.change == "lock",
            reason: row.reason,
            actor: read(row.actor.parse())?,
            changed_at: row.changed_at,
        })
    }
}
