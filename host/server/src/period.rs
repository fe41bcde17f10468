//! `gtm period …`: periods of a program that are closed, and opened again.

use anyhow::{Context, Result, bail};
use serde::Serialize;
use store::schedule::PeriodLock;

use crate::cli::ChangeLock;
use crate::host::Host;

/// A period that was locked or unlocked.
#[derive(Debug, Serialize)]
pub struct Changed {
    pub program: String,
    pub period: String,
    pub locked: bool,
    pub reason: String,
    pub by: String,
    pub at: String,
}

pub async fn change(host: &Host, of: &ChangeLock, locked: bool) -> Result<Changed> {
    let reason = of.reason.trim();
    if reason.is_empty() {
        let verb = if locked { "locked" } else { "unlocked" };
        bail!("say why {} is {verb}: --reason TEXT", of.period);
    }
    let mut tx = host.store.begin(&host.actor).await?;
    let program = tx
        .program(&of.program)
        .await?
        .with_context(|| format!("there is no program `{}`: `gtm program list` shows them", of.program))?;
    let period = program.calendar.period(&of.period)?;
    if locked {
        let schedule = tx.schedule_of(&program.id).await?;
        let today = schedule.day_at(tx.at())?;
        schedule.check_lock(&period, today)?;
    }
    tx.change_lock(&program.id, &period.label, locked, reason).await?;
    let lock = tx.period_lock(&program.id, &period.label).await?;
    tx.commit().await?;
    Ok(changed(&of.program, lock.context("the lock is not kept")?))
}

/// Every change, by period and time.
pub async fn list(host: &Host, code: &str) -> Result<Vec<Changed>> {
    let mut snapshot = host.store.read().await?;
    let program = snapshot
        .program(code)
        .await?
        .with_context(|| format!("there is no program `{code}`: `gtm program list` shows them"))?;
    let locks = snapshot.period_locks(&program.id).await?;
    Ok(locks.into_iter().map(|lock| changed(code, lock)).collect())
}

fn changed(code: &str, lock: PeriodLock) -> Changed {
    Changed {
        program: code.to_owned(),
        period: lock.period,
        locked: lock.locked,
        reason: lock.reason,
        by: lock.actor.to_string(),
        at: lock.changed_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
    }
}
