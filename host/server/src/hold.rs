//! `gtm hold …`: who is not settled with for now, and why.

use anyhow::{Context, Result};
use chrono::SecondsFormat;
use domain::id::ProgramId;
use serde::Serialize;
use store::Snapshot;
use store::hold::Placed;

use crate::host::Host;
use crate::payee::account;

#[derive(Debug, Serialize)]
pub struct Listed {
    pub hold: i64,
    pub account: Option<String>,
    pub program: Option<String>,
    pub reason: String,
    pub by: String,
    pub at: String,
    pub lifted_by: Option<String>,
    pub lifted_at: Option<String>,
}

pub async fn add(host: &Host, number: Option<&str>, code: Option<&str>, reason: &str) -> Result<i64> {
    let mut tx = host.store.begin(&host.actor).await?;
    let account = match number {
        None => None,
        Some(number) => Some(account(&mut tx, number).await?.id),
    };
    let program = match code {
        None => None,
        Some(code) => Some(program_id(&mut tx, code).await?),
    };
    let hold = tx.place_hold(account.as_ref(), program.as_ref(), reason).await?;
    tx.commit().await?;
    Ok(hold)
}

pub async fn lift(host: &Host, number: i64) -> Result<()> {
    let mut tx = host.store.begin(&host.actor).await?;
    tx.lift_hold(number).await?;
    Ok(tx.commit().await?)
}

pub async fn list(host: &Host, lifted_too: bool) -> Result<Vec<Listed>> {
    let holds = host.store.read().await?.holds(lifted_too).await?;
    let listed = |placed: Placed| {
        let time = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let (lifted_by, lifted_at) = placed
            .lifted
            .map_or((None, None), |(by, at)| (Some(by.to_string()), Some(time(at))));
        Listed {
            hold: placed.hold.number,
            account: placed.account_number,
            program: placed.program_code,
            reason: placed.hold.reason,
            by: placed.hold.by.to_string(),
            at: time(placed.at),
            lifted_by,
            lifted_at,
        }
    };
    Ok(holds.into_iter().map(listed).collect())
}

pub async fn program_id(snapshot: &mut Snapshot, code: &str) -> Result<ProgramId> {
    let program = snapshot.program(code).await?;
    Ok(program
        .with_context(|| format!("there is no program `{code}`: `gtm program list` shows them"))?
        .id)
}
