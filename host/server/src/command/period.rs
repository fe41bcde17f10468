//! `gtm period …`, from the words that were typed to the words that are printed.

use anyhow::Result;

use super::End;
use crate::cli::PeriodCommand;
use crate::host::Host;
use crate::output::{Format, print, table};
use crate::period::{self, Changed};

pub async fn period(host: &Host, of: PeriodCommand, format: Format) -> Result<End> {
    let one = |changed: &Changed| shown(std::slice::from_ref(changed));
    match of {
        PeriodCommand::Lock(of) => print(format, &period::change(host, &of, true).await?, one)?,
        PeriodCommand::Unlock(of) => print(format, &period::change(host, &of, false).await?, one)?,
        PeriodCommand::List { program } => print(format, &period::list(host, &program).await?, |all| shown(all))?,
    }
    Ok(End::Done)
}

fn shown(changes: &[Changed]) -> String {
    let rows = changes.iter().map(|changed| {
        [
            changed.program.clone(),
            changed.period.clone(),
            if changed.locked { "locked" } else { "unlocked" }.to_owned(),
            changed.by.clone(),
            changed.at.clone(),
            changed.reason.clone(),
        ]
    });
    table(["program", "period", "", "by", "at", "because"], rows)
}
