//! `gtm agreement …`: special price agreements, and what is left of them.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use domain::adjudication::Agreement;
use domain::day::Day;
use domain::money::Micros;
use serde::{Deserialize, Serialize};
use store::agreement::{KeptAgreement, NewAgreement};

use crate::cli::claim as cli;
use crate::command::End;
use crate::host::Host;
use crate::output::{Format, amount, count, print, table};

/// What came of an import.
#[derive(Debug, Serialize)]
pub struct Imported {
    pub new: usize,
    pub unchanged: usize,
}

/// An agreement as lists show it.
#[derive(Debug, Serialize)]
pub struct Listed {
    pub account: String,
    #[serde(flatten)]
    pub agreement: Agreement,
}

/// A line of the file. Empty cells are absent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    number: String,
    account: String,
    end_customer: Option<String>,
    sku: String,
    price: String,
    reference_price: Option<String>,
    unit: Option<String>,
    start: String,
    end: String,
    authorised: String,
}

pub async fn command(host: &Host, of: cli::Agreement, format: Format) -> Result<End> {
    match of {
        cli::Agreement::Import { program, file } => {
            let imported = import(host, &program, &file).await?;
            print(format, &imported, |imported| {
                format!(
                    "{} agreements are new, {} were there already",
                    count(imported.new as u64),
                    count(imported.unchanged as u64)
                )
            })?;
        }
        cli::Agreement::List { program, account } => {
            let listed = list(host, &program, account.as_deref()).await?;
            print(format, &listed, |listed| text(listed))?;
        }
    }
    Ok(End::Done)
}

/// Brings all agreements of the file in, or none.
pub async fn import(host: &Host, program: &str, file: &Path) -> Result<Imported> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let program = host
        .store
        .read()
        .await?
        .program(program)
        .await?
        .with_context(|| format!("there is no program `{program}`"))?;
    let new = read(&text).with_context(|| format!("nothing was imported from `{}`", file.display()))?;
    let mut tx = host.store.begin(&host.actor).await?;
    let added = tx.add_agreements(&program.id, &new).await?;
    if let Some((place, reason)) = added.refused.first() {
        bail!(
            "nothing was imported, because of {} of the agreements: line {}: {reason}",
            added.refused.len(),
            place + 2
        );
    }
    tx.commit().await?;
    Ok(Imported {
        new: added.new,
        unchanged: added.unchanged,
    })
}

fn read(text: &str) -> Result<Vec<NewAgreement>> {
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut new = Vec::new();
    for row in reader.deserialize() {
        let row: Row = row?;
        let place = new.len() + 2;
        new.push(agreement(row).with_context(|| format!("line {place}"))?);
    }
    Ok(new)
}

fn agreement(row: Row) -> Result<NewAgreement> {
    let read = |column: &str, text: &str| -> Result<Micros> { text.parse().with_context(|| column.to_owned()) };
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let authorised = read("authorised", &row.authorised)?;
    let (start, end) = (row.start.parse::<Day>()?, row.end.parse::<Day>()?);
    let price = read("price", &row.price)?;
    let unit = some(row.unit).unwrap_or_else(|| "EA".to_owned());
    ensure!(
        start <= end,
        "the agreement would end on {end}, before it begins on {start}"
    );
    ensure!(
        authorised > Micros::ZERO,
        "an authorised quantity of {authorised} allows nothing"
    );
    ensure!(price >= Micros::ZERO, "a price of {price} cannot be meant");
    for (column, text) in [("number", &row.number), ("sku", &row.sku), ("account", &row.account)] {
        ensure!(!text.trim().is_empty(), "there is no {column}");
    }
    ensure!(
        (2..=3).contains(&unit.len()) && unit.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()),
        "`{unit}` is no unit of measure: write a code of UN/ECE Recommendation 20 such as `EA`"
    );
    Ok(NewAgreement {
        account: row.account,
        agreement: Agreement {
            number: row.number,
            end_customer: some(row.end_customer),
            sku: row.sku,
            price,
            reference_price: some(row.reference_price)
                .map(|text| read("reference_price", &text))
                .transpose()?,
            unit,
            start,
            end,
            authorised,
            remaining: authorised,
        },
    })
}

pub async fn list(host: &Host, program: &str, account: Option<&str>) -> Result<Vec<Listed>> {
    let mut snapshot = host.store.read().await?;
    let program = snapshot
        .program(program)
        .await?
        .with_context(|| format!("there is no program `{program}`"))?;
    let account = match account {
        None => None,
        Some(number) => Some(
            snapshot
                .account(number)
                .await?
                .with_context(|| format!("there is no account `{number}`"))?
                .id,
        ),
    };
    let listed = |kept: KeptAgreement| Listed {
        account: kept.account_number,
        agreement: kept.agreement,
    };
    let kept = snapshot.agreements(&program.id, account.as_ref(), None, None).await?;
    Ok(kept.into_iter().map(listed).collect())
}

fn text(listed: &[Listed]) -> String {
    let rows = listed.iter().map(|Listed { account, agreement }| {
        [
            agreement.number.clone(),
            account.clone(),
            agreement.end_customer.clone().unwrap_or_else(|| "any".into()),
            agreement.sku.clone(),
            amount(agreement.price, 2),
            format!("{} to {}", agreement.start, agreement.end),
            amount(agreement.authorised, 0),
            amount(agreement.remaining, 0),
            agreement.unit.clone(),
        ]
    });
    table(
        [
            "agreement",
            "account",
            "end customer",
            "sku",
            ">price",
            "shipped",
            ">authorised",
            ">remaining",
            "unit",
        ],
        rows,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_does_not_hold_is_refused_with_its_number() {
        let head = "number,account,end_customer,sku,price,reference_price,unit,start,end,authorised\n";
        let good = read(&format!(
            "{head}SPA-1,north,,22086,8,10.00,,2024-01-01,2024-12-31,100\n"
        ))
        .unwrap();
        assert_eq!(
            (&*good[0].agreement.unit, good[0].agreement.end_customer.as_deref()),
            ("EA", None)
        );
        assert_eq!(good[0].agreement.remaining, good[0].agreement.authorised);
        for (line, sentence) in [
            (
                "SPA-1,north,,22086,8,,EA,2024-12-31,2024-01-01,100",
                "line 2: the agreement would end on 2024-01-01, before it begins on 2024-12-31",
            ),
            (
                "SPA-1,north,,22086,8,,EA,2024-01-01,2024-12-31,0",
                "line 2: an authorised quantity of 0 allows nothing",
            ),
            (
                "SPA-1,north,,22086,-8,,EA,2024-01-01,2024-12-31,1",
                "line 2: a price of -8 cannot be meant",
            ),
            (
                "SPA-1,north,,22086,8,,pieces,2024-01-01,2024-12-31,1",
                "line 2: `pieces` is no unit of measure: write a code of UN/ECE Recommendation 20 such as `EA`",
            ),
            (
                ",north,,22086,8,,EA,2024-01-01,2024-12-31,1",
                "line 2: there is no number",
            ),
        ] {
            let refused = read(&format!("{head}{line}\n")).unwrap_err();
            assert_eq!(format!("{refused:#}"), sentence);
        }
    }
}
