//! `gtm posting profile …`: to which accounts of the general ledger a program's transfers go.

use std::path::Path;

use anyhow::{Context, Result};
use domain::plugin::{CURRENCY_UNIT, SETTLED};
use domain::posting::{CHART, Profile, ProfileLine};
use serde::Serialize;

use crate::host::Host;
use crate::program;

/// A program's profile, worked out for each of its balances.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub program: String,
    pub company: String,
    pub balances: Vec<BalanceAccount>,
    /// Pairs of balances that post elsewhere.
    pub lines: Vec<ProfileLine>,
}

#[derive(Debug, Serialize)]
pub struct BalanceAccount {
    pub balance: String,
    pub title: String,
    /// Absent where nothing says it: then a transfer that moves it stops the export, unless a line covers it.
    pub account: Option<String>,
    /// What the account is in the chart of accounts that comes with the host, where it is one of those.
    pub account_title: Option<String>,
}

pub async fn set_profile(host: &Host, code: &str, path: &Path) -> Result<Shown> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let profile: Profile =
        serde_json::from_str(&text).with_context(|| format!("`{}` is no posting profile", path.display()))?;
    let mut tx = host.store.begin(&host.actor).await?;
    let program = crate::hold::program_id(&mut tx, code).await?;
    tx.set_posting_profile(&program, &profile).await?;
    tx.commit().await?;
    show_profile(host, code).await
}

pub async fn show_profile(host: &Host, code: &str) -> Result<Shown> {
    let mut snapshot = host.store.read().await?;
    let program = crate::hold::program_id(&mut snapshot, code).await?;
    let profile = snapshot
        .posting_profiles()
        .await?
        .remove(program.as_str())
        .unwrap_or_default();
    let descriptor = program::descriptor(&mut snapshot, &program).await?;
    let money = descriptor
        .balances
        .into_iter()
        .filter(|balance| balance.unit == CURRENCY_UNIT);
    let balances = money
        .map(|balance| (balance.code, balance.title))
        .chain([(SETTLED.to_owned(), "Settled".to_owned())]);
    let balance = |(balance, title): (String, String)| {
        let account = profile.account_of(&balance).map(str::to_owned);
        let in_chart = CHART.iter().find(|(_, number, _)| account.as_deref() == Some(*number));
        BalanceAccount {
            account_title: in_chart.map(|(_, _, title)| (*title).to_owned()),
            balance,
            title,
            account,
        }
    };
    Ok(Shown {
        program: code.to_owned(),
        balances: balances.map(balance).collect(),
        company: profile.company.clone(),
        lines: profile.lines.clone(),
    })
}
