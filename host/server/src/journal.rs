//! `gtm journal …`: the ledger as entries of the general ledger.
//!
//! A transfer enters the journal once, when the journal is exported next or a period is closed next, and keeps its number, its accounts and its
//! posting day for ever. An export is those entries that were posted on some days, up to a number: the same days and number give the same
//! file. What comes later, also for those days, has higher numbers and stands in the next export.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use documents::journal::{self, Header};
use domain::day::Day;
use domain::money::Total;
use domain::posting::{Balanced, Entry, Line, Month, balance};
use serde::Serialize;

use crate::cli::JournalFormat;
use crate::host::Host;

/// What an export holds.
#[derive(Debug, Serialize)]
pub struct Exported {
    pub file: PathBuf,
    pub from: Day,
    pub to: Day,
    /// Number of the last entry that there was.
    pub up_to: i64,
    pub entries: usize,
    /// Debit and credit are the same in each.
    pub totals: Vec<Balanced>,
    /// What counts from these days and is no money.
    pub left_out: Vec<LeftOut>,
}

#[derive(Debug, Serialize)]
pub struct LeftOut {
    pub unit: String,
    pub transfers: u64,
    pub amount: Total,
}

pub async fn export(
    host: &Host,
    (from, to): (Day, Day),
    format: JournalFormat,
    up_to: Option<i64>,
    file: &PathBuf,
) -> Result<Exported> {
    ensure!(from <= to, "{from} is after {to}: exchange the dates");
    let mut tx = host.store.begin(&host.actor).await?;
    if tx.enter_transfers().await? > 0 {
        tx.commit().await?;
    }
    let mut snapshot = host.store.read().await?;
    let last = snapshot.last_entry().await?;
    let up_to = up_to.unwrap_or(last);
    ensure!(up_to <= last, "there is no entry {up_to} yet: the last is {last}");
    let entries = snapshot.entries(from, to, up_to).await?;
    let left_out = snapshot.left_out(from, to).await?;
    drop(snapshot);
    let lines: Vec<Line<'_>> = entries.iter().flat_map(Entry::lines).collect();
    let totals = balance(&lines)?;
    let bytes = match format {
        JournalFormat::Csv => journal::csv(&lines),
        JournalFormat::Json => {
            let header = Header {
                from: from.to_string(),
                to: to.to_string(),
                up_to,
                totals: &totals,
            };
            journal::json(&header, &lines)?
        }
    };
    std::fs::write(file, bytes).with_context(|| format!("cannot write `{}`", file.display()))?;
    Ok(Exported {
        file: file.clone(),
        from,
        to,
        up_to,
        entries: entries.len(),
        totals,
        left_out: left_out
            .into_iter()
            .map(|left_out| LeftOut {
                unit: left_out.unit,
                transfers: left_out.transfers,
                amount: left_out.amount,
            })
            .collect(),
    })
}

/// Closes an accounting period, or opens it again, and gives those that are closed now.
pub async fn set_closed(host: &Host, period: &Month, closed: bool) -> Result<Vec<Month>> {
    let mut tx = host.store.begin(&host.actor).await?;
    tx.set_period_closed(period, closed).await?;
    let periods = tx.closed_periods().await?.into_iter().collect();
    tx.commit().await?;
    Ok(periods)
}
