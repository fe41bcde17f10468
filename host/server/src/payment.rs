//! `gtm payment …`: documents become orders to the bank, and the bank's answers are read back.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::SecondsFormat;
use documents::pain001::{self, Version};
use documents::pain002;
use domain::approval::{self, Kind};
use domain::currency::Currency;
use domain::day::Day;
use domain::digest::Digest;
use domain::money::Micros;
use domain::payment::{Answer, Batch, Payment, Status, batch_label, batch_number};
use domain::settlement::label;
use serde::Serialize;
use store::payment::{PaymentFilter, PaymentLine};

use crate::host::Host;
use crate::payee;

/// A batch that was made.
#[derive(Debug, Serialize)]
pub struct Made {
    /// Its name; absent when there was nothing to pay.
    pub batch: Option<String>,
    pub payments: usize,
    pub sum: Micros,
    pub currency: Currency,
    pub file: Option<PathBuf>,
    /// Unpaid documents that did not go into it.
    pub left_out: Vec<LeftOut>,
}

#[derive(Debug, Serialize)]
pub struct LeftOut {
    pub document: String,
    pub account: String,
    pub amount: Micros,
    pub why: String,
}

#[derive(Debug, Serialize)]
pub struct Listed {
    pub payment: String,
    pub batch: String,
    pub document: String,
    pub account: String,
    pub name: String,
    pub amount: Micros,
    pub currency: Currency,
    pub status: Status,
    pub reason: Option<String>,
    pub since: String,
}

/// What an answer said, and what became of it.
#[derive(Debug, Serialize)]
pub struct Answered {
    pub batch: String,
    pub payments: Vec<Became>,
}

#[derive(Debug, Serialize)]
pub struct Became {
    pub payment: String,
    pub before: Status,
    pub after: Status,
}

/// Orders the bank to pay every unpaid document of the currency.
pub async fn batch(
    host: &Host,
    currency: Currency,
    execution: Option<Day>,
    version: Version,
    folder: &Path,
) -> Result<Made> {
    let mut tx = host.store.begin(&host.actor).await?;
    tx.hold_payments().await?;
    let issuer = payee::issuer(&mut tx).await?;
    let debtor = issuer
        .bank
        .clone()
        .context("the issuer has no bank account to pay from: `gtm issuer set --iban IBAN` names it")?;
    let holds = tx.holds_in_force().await?;
    let (mut payments, mut left_out) = (Vec::new(), Vec::new());
    for unpaid in tx.unpaid_documents(currency).await? {
        let (document, account) = (&unpaid.issued.document, &unpaid.issued.account);
        let hold = holds.iter().find(|hold| hold.keeps_payments(account));
        let approval = tx.approval_of(Kind::Settlement, unpaid.issued.id.as_str()).await?;
        let missing = approval.filter(|approval| approval.status != approval::Status::Approved);
        let why = match (hold, missing, tx.payee(account).await?.bank) {
            (Some(hold), ..) => hold.sentence(),
            (None, Some(approval), _) => format!(
                "it is not approved: `gtm approve show {}` says what is missing",
                approval.label()
            ),
            (None, None, None) => format!(
                "the payee has no bank account: `gtm payee set {} --iban IBAN` names it",
                document.payee.number
            ),
            (None, None, Some(creditor)) => {
                payments.push(Payment {
                    end_to_end: format!("{}-{}", document.label(), unpaid.attempt),
                    document: document.label(),
                    creditor,
                    amount: document.total,
                });
                continue;
            }
        };
        left_out.push(LeftOut {
            document: document.label(),
            account: document.payee.number.clone(),
            amount: document.total,
            why,
        });
    }
    let mut made = Made {
        batch: None,
        payments: payments.len(),
        sum: Micros::ZERO,
        currency,
        file: None,
        left_out,
    };
    if payments.is_empty() {
        return Ok(made);
    }
    let created_at = tx.at();
    let batch = Batch {
        number: 0,
        created_at,
        execution: match execution {
            Some(day) => day,
            None => Day::from_date(created_at.date_naive())?,
        },
        currency,
        issuer,
        debtor,
        payments,
    };
    let batch = tx.send_batch(batch).await?;
    tx.commit().await?;
    made.sum = batch.control_sum()?;
    made.batch = Some(batch.label());
    made.file = Some(write(&batch, version, folder)?);
    Ok(made)
}

/// Writes the order of a batch again, as it was sent.
pub async fn file(host: &Host, name: &str, version: Version, folder: &Path) -> Result<PathBuf> {
    let batch = host.store.read().await?.batch(batch_number(name)?).await?;
    write(&batch.with_context(|| no_batch(name))?, version, folder)
}

fn no_batch(name: &str) -> String {
    format!("there is no batch `{name}`: `gtm payment list` names those that there are")
}

fn write(batch: &Batch, version: Version, folder: &Path) -> Result<PathBuf> {
    let path = folder.join(batch.label()).with_extension("xml");
    let order = pain001::write(batch, version)?;
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, order))
        .with_context(|| {
            format!(
                "cannot write `{}`: {} stands, and `gtm payment file {1}` writes its order again",
                path.display(),
                batch.label()
            )
        })?;
    Ok(path)
}

pub async fn list(host: &Host, batch: Option<&str>) -> Result<Vec<Listed>> {
    let filter = PaymentFilter {
        batch: batch.map(batch_number).transpose()?,
        ..PaymentFilter::default()
    };
    let payments = host.store.read().await?.payments(&filter).await?;
    let listed = |payment: PaymentLine| Listed {
        payment: payment.end_to_end,
        batch: batch_label(payment.batch),
        document: label(payment.document),
        account: payment.account_number,
        name: payment.account_name,
        amount: payment.amount,
        currency: payment.currency,
        status: payment.status,
        reason: payment.reason,
        since: payment.since.to_rfc3339_opts(SecondsFormat::Secs, true),
    };
    Ok(payments.into_iter().map(listed).collect())
}

/// Reads the bank's answer: all of it is kept, or nothing of it.
///
/// # Errors
/// When it is about no batch of ours, names a payment that is not in it, or contradicts what was final.
pub async fn answer(host: &Host, path: &Path) -> Result<Answered> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let report = pain002::read(&text)?;
    let mut tx = host.store.begin(&host.actor).await?;
    let batch = tx.batch_of_message(&report.message_id).await?;
    let batch = batch.with_context(|| {
        format!(
            "the answer is about the message `{}`, which we did not send from this database",
            report.message_id
        )
    })?;
    let mut answers = report.single;
    if let Some(whole) = report.whole {
        let filter = PaymentFilter {
            batch: Some(batch),
            ..PaymentFilter::default()
        };
        let named: Vec<String> = answers.iter().map(|(payment, _)| payment.clone()).collect();
        let rest = tx
            .payments(&filter)
            .await?
            .into_iter()
            .map(|payment| payment.end_to_end);
        let rest: Vec<(String, Answer)> = rest
            .filter(|payment| !named.contains(payment))
            .map(|payment| (payment, whole.clone()))
            .collect();
        answers.extend(rest);
    }
    let became = tx.answer_payments(batch, &answers, Digest::of(text.as_bytes())).await?;
    tx.commit().await?;
    Ok(Answered {
        batch: batch_label(batch),
        payments: became
            .into_iter()
            .map(|(payment, before, after)| Became { payment, before, after })
            .collect(),
    })
}
