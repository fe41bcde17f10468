//! `gtm payee …`, `gtm issuer …`: how accounts are settled with, and who settles.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use chrono::SecondsFormat;
use domain::account::Account;
use domain::currency::Currency;
use domain::payee::{Address, BankAccount, Issuer, Party, Payee};
use serde::{Deserialize, Serialize};
use store::Snapshot;

use crate::cli;
use crate::host::Host;

/// An account with how it is settled with.
#[derive(Debug, Serialize)]
pub struct Listed {
    pub account: String,
    pub name: String,
    #[serde(flatten)]
    pub payee: Payee,
}

/// With everything that was said before.
#[derive(Debug, Serialize)]
pub struct Shown {
    #[serde(flatten)]
    pub now: Listed,
    /// From the first.
    pub versions: Vec<Version>,
}

#[derive(Debug, Serialize)]
pub struct Version {
    pub version: i64,
    pub by: String,
    pub at: String,
    #[serde(flatten)]
    pub payee: Payee,
}

#[derive(Debug, Serialize)]
pub struct Imported {
    pub lines: usize,
    pub changed: usize,
}

/// Changes what is named and leaves the rest.
pub async fn set(host: &Host, of: &cli::SetPayee) -> Result<Shown> {
    let mut tx = host.store.begin(&host.actor).await?;
    let account = account(&mut tx, &of.account).await?;
    let mut payee = tx.payee(&account.id).await?;
    for detail in &of.clear {
        match detail {
            cli::Detail::Address => payee.address = None,
            cli::Detail::TaxId => payee.tax_id = None,
            cli::Detail::Bank => payee.bank = None,
            cli::Detail::Currency => payee.currency = None,
        }
    }
    payee.address = address(&of.details, payee.address)?;
    payee.tax_id = of.details.tax_id.clone().or(payee.tax_id);
    payee.bank = bank(&of.details, payee.bank, &account.name)?;
    payee.self_billed = of.self_billed.unwrap_or(payee.self_billed);
    payee.currency = of.currency.or(payee.currency);
    tx.set_payee(&account.id, &payee).await?;
    tx.commit().await?;
    show(host, &of.account).await
}

pub async fn show(host: &Host, number: &str) -> Result<Shown> {
    let mut snapshot = host.store.read().await?;
    let account = account(&mut snapshot, number).await?;
    let versions = snapshot.payee_versions(&account.id).await?;
    Ok(Shown {
        now: Listed {
            account: account.number,
            name: account.name,
            payee: versions.last().map(|newest| newest.payee.clone()).unwrap_or_default(),
        },
        versions: versions
            .into_iter()
            .map(|version| Version {
                version: version.version,
                by: version.by.to_string(),
                at: version.at.to_rfc3339_opts(SecondsFormat::Secs, true),
                payee: version.payee,
            })
            .collect(),
    })
}

pub async fn list(host: &Host) -> Result<Vec<Listed>> {
    let payees = host.store.read().await?.payees().await?;
    let listed = |line: store::payee::PayeeLine| Listed {
        account: line.account_number,
        name: line.account_name,
        payee: line.payee,
    };
    Ok(payees.into_iter().map(listed).collect())
}

/// A line of the file; what is blank or has no column is nothing.
#[derive(Deserialize)]
struct Line {
    account: String,
    street: Option<String>,
    city: Option<String>,
    postcode: Option<String>,
    country: Option<String>,
    tax_id: Option<String>,
    holder: Option<String>,
    iban: Option<String>,
    bic: Option<String>,
    self_billed: Option<bool>,
    currency: Option<Currency>,
}

/// Brings in a file, all of it or nothing.
///
/// # Errors
/// A sentence for each line that is wrong.
pub async fn import(host: &Host, path: &Path) -> Result<Imported> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .with_context(|| format!("cannot read `{}`", path.display()))?;
    let mut tx = host.store.begin(&host.actor).await?;
    let mut imported = Imported { lines: 0, changed: 0 };
    let mut wrong = Vec::new();
    for (number, line) in (2..).zip(reader.deserialize::<Line>()) {
        imported.lines += 1;
        let read = async {
            let line = line?;
            let account = account(&mut tx, &line.account).await?;
            let payee = line.payee(&account.name)?;
            anyhow::Ok(tx.set_payee(&account.id, &payee).await?)
        };
        match read.await {
            Ok(changed) => imported.changed += usize::from(changed),
            Err(e) => wrong.push(format!("line {number}: {e:#}")),
        }
    }
    ensure!(
        wrong.is_empty(),
        "nothing was kept of `{}`, because of {} of its {} lines:\n{}",
        path.display(),
        wrong.len(),
        imported.lines,
        wrong.join("\n")
    );
    tx.commit().await?;
    Ok(imported)
}

impl Line {
    fn payee(self, name: &str) -> Result<Payee> {
        let details = cli::Details {
            street: self.street,
            city: self.city,
            postcode: self.postcode,
            country: self.country.map(|country| country.parse()).transpose()?,
            tax_id: self.tax_id,
            iban: self.iban.map(|iban| iban.parse()).transpose()?,
            bic: self.bic.map(|bic| bic.parse()).transpose()?,
            holder: self.holder,
        };
        Ok(Payee {
            address: address(&details, None)?,
            bank: bank(&details, None, name)?,
            tax_id: details.tax_id,
            self_billed: self.self_billed.unwrap_or_default(),
            currency: self.currency,
        })
    }
}

/// Changes what is named of the company that issues documents, and leaves the rest.
pub async fn set_issuer(host: &Host, of: &cli::SetIssuer) -> Result<Issuer> {
    let mut tx = host.store.begin(&host.actor).await?;
    let before = tx.issuer().await?;
    let (party, before_bank) = match before {
        Some(issuer) => (Some(issuer.party), issuer.bank),
        None => (None, None),
    };
    let number = of
        .number
        .clone()
        .or_else(|| party.as_ref().map(|party| party.number.clone()));
    let name = of
        .name
        .clone()
        .or_else(|| party.as_ref().map(|party| party.name.clone()));
    let name = name.context("the company that issues documents needs a name: --name NAME")?;
    let (before_address, before_tax_id) = party.map_or((None, None), |party| (party.address, party.tax_id));
    let issuer = Issuer {
        bank: bank(&of.details, before_bank, &name)?,
        party: Party {
            number: number.unwrap_or_else(|| name.clone()),
            address: address(&of.details, before_address)?,
            tax_id: of.details.tax_id.clone().or(before_tax_id),
            name,
        },
    };
    tx.set_issuer(&issuer).await?;
    tx.commit().await?;
    Ok(issuer)
}

pub async fn issuer(snapshot: &mut Snapshot) -> Result<Issuer> {
    let issuer = snapshot.issuer().await?;
    issuer.context("nobody issues documents yet: `gtm issuer set --name NAME --country GB --iban IBAN` says who does")
}

pub async fn account(snapshot: &mut Snapshot, number: &str) -> Result<Account> {
    let account = snapshot.account(number).await?;
    account.with_context(|| format!("there is no account `{number}`"))
}

fn address(of: &cli::Details, before: Option<Address>) -> Result<Option<Address>> {
    if of.street.is_none() && of.city.is_none() && of.postcode.is_none() && of.country.is_none() {
        return Ok(before);
    }
    let before_country = before.as_ref().map(|address| address.country.clone());
    let (street, city, postcode) = before.map_or((None, None, None), |address| {
        (address.street, address.city, address.postcode)
    });
    Ok(Some(Address {
        street: of.street.clone().or(street),
        city: of.city.clone().or(city),
        postcode: of.postcode.clone().or(postcode),
        country: of
            .country
            .clone()
            .or(before_country)
            .context("an address needs its country, in two letters such as GB")?,
    }))
}

fn bank(of: &cli::Details, before: Option<BankAccount>, name: &str) -> Result<Option<BankAccount>> {
    match (&of.iban, before) {
        (None, None) if of.bic.is_some() || of.holder.is_some() => bail!("a bank account needs its IBAN"),
        (None, None) => Ok(None),
        (None, Some(before)) => Ok(Some(BankAccount {
            holder: of.holder.clone().unwrap_or(before.holder),
            iban: before.iban,
            bic: of.bic.clone().or(before.bic),
        })),
        // Another account: what was known of the old one's bank and holder does not hold for it.
        (Some(iban), _) => Ok(Some(BankAccount {
            holder: of.holder.clone().unwrap_or_else(|| name.to_owned()),
            iban: iban.clone(),
            bic: of.bic.clone(),
        })),
    }
}
