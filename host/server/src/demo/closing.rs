//! The end of the demonstration: what is payable is settled, its documents are written to a folder, and a table says how far every program got.

use std::path::Path;

use anyhow::Result;
use domain::budget::BUDGET;
use domain::money::Micros;
use domain::plugin::{CURRENCY_UNIT, SETTLED, Side};
use domain::settlement::PAYABLE;
use store::fund::FundLine;

use super::company::{CURRENCY, NAME};
use crate::cli::{Details, SetIssuer, Settle};
use crate::host::Host;
use crate::output::{amount, count, table};
use crate::{payee, program, settlement};

/// Settles everything. The files of the documents go into `documents` in the folder.
pub async fn settle(host: &Host, folder: &Path) -> Result<()> {
    let issuer = SetIssuer {
        number: Some("HALDEN".into()),
        name: Some(NAME.into()),
        details: Details {
            country: Some("NL".parse()?),
            city: Some("Utrecht".into()),
            iban: Some("NL91ABNA0417164300".parse()?),
            ..Details::default()
        },
    };
    payee::set_issuer(host, &issuer).await?;
    let folder = folder.join("documents");
    let of = Settle {
        program: None,
        dry_run: false,
        folder: Some(folder.clone()),
    };
    let settled = settlement::settle(host, &of).await?;
    let issued = settled.documents.iter().map(|document| document.total);
    println!(
        "settled: {} documents over {} {CURRENCY}, written to {}; {} sums wait\n",
        count(settled.documents.len() as u64),
        amount(Micros::checked_sum(issued)?, 2),
        folder.display(),
        count(settled.waiting.len() as u64)
    );
    Ok(())
}

/// One line a program: what its budget put in, what was accrued, what is payable and what is settled.
pub async fn standing(host: &Host) -> Result<String> {
    let mut snapshot = host.store.read().await?;
    let mut rows = Vec::new();
    for program in snapshot.programs().await? {
        let descriptor = program::descriptor(&mut snapshot, &program.id).await?;
        let unit = program.currency.code();
        let lines: Vec<FundLine> = snapshot.fund_lines(&program.id, None).await?;
        let sum = |balance: &str, unit: &str| -> Result<Micros> {
            let parts: Result<Vec<Micros>, _> = lines.iter().map(|line| line.holds(balance, unit)).collect();
            Ok(Micros::checked_sum(parts?)?)
        };
        // What the company gives up stands on the debit side, and below zero in the ledger.
        let given = descriptor
            .balances
            .iter()
            .filter(|balance| balance.side == Side::Debit && balance.code != BUDGET)
            .map(|balance| sum(&balance.code, unit));
        let given = Micros::checked_sum(given.collect::<Result<Vec<_>>>()?)?;
        let mut besides = Vec::new();
        for balance in &descriptor.balances {
            let held = sum(&balance.code, &balance.unit)?;
            if balance.side == Side::Credit && balance.unit != CURRENCY_UNIT && held != Micros::ZERO {
                besides.push(format!("{} {}", amount(held, 0), balance.code));
            }
        }
        let money = |of: Micros| amount(of, program.currency.digits());
        rows.push([
            program.code.clone(),
            descriptor.title,
            money(Micros::ZERO.checked_sub(sum(BUDGET, unit)?)?),
            money(Micros::ZERO.checked_sub(given)?),
            money(sum(PAYABLE, unit)?),
            money(sum(SETTLED, unit)?),
            besides.join(", "),
        ]);
    }
    Ok(table(
        [
            "program",
            "kind",
            ">from budget",
            ">accrued",
            ">payable",
            ">settled",
            ">held besides",
        ],
        rows,
    ))
}
