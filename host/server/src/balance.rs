//! `gtm balance`: what the ledger holds.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use domain::money::Micros;
use serde::Serialize;
use store::ledger::BalanceFilter;

use crate::cli;
use crate::host::Host;

/// What balances hold: credit less debit, so that what is owed is positive and what it cost negative.
#[derive(Debug, Serialize)]
pub struct Balances {
    pub balances: Vec<Held>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Held {
    pub program: String,
    /// Absent when all accounts are summed.
    pub account: Option<String>,
    pub code: String,
    pub unit: String,
    pub amount: Micros,
}

pub async fn balances(host: &Host, of: &cli::Balance) -> Result<Balances> {
    let mut snapshot = host.store.read().await?;
    let mut filter = BalanceFilter {
        period: of.period.clone(),
        ..BalanceFilter::default()
    };
    if let Some(code) = &of.program {
        filter.program = Some(
            snapshot
                .program(code)
                .await?
                .with_context(|| format!("there is no program `{code}`"))?
                .id,
        );
    }
    if let Some(number) = &of.account {
        filter.account = Some(
            snapshot
                .account(number)
                .await?
                .with_context(|| format!("there is no account `{number}`"))?
                .id,
        );
    }
    let by_account = of.by_account || of.account.is_some();
    let mut sums: BTreeMap<(String, Option<String>, String, String), Micros> = BTreeMap::new();
    for line in snapshot.balances(&filter).await? {
        let account = by_account.then_some(line.account_number);
        let sum = sums
            .entry((line.program_code, account, line.held.balance, line.held.unit))
            .or_default();
        *sum = sum.checked_add(line.held.amount)?;
    }
    let held = |((program, account, code, unit), amount)| Held {
        program,
        account,
        code,
        unit,
        amount,
    };
    Ok(Balances {
        balances: sums.into_iter().map(held).collect(),
    })
}
