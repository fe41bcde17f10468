//! `gtm document …`: settlement documents, their files, and how they are cancelled.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::SecondsFormat;
use documents::{pdf, table, ubl};
use domain::approval;
use domain::currency::Currency;
use domain::day::Day;
use domain::money::Micros;
use domain::payment::Status;
use domain::settlement::{Document, Kind, label, number_of};
use serde::Serialize;
use store::Snapshot;
use store::document::{DocumentFilter, Issued};
use store::payment::PaymentFilter;

use crate::host::Host;
use crate::payee::account;

/// A document as lists show it.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Its name; absent while it is only proposed.
    pub document: Option<String>,
    pub kind: Kind,
    pub account: String,
    pub name: String,
    pub issued: Day,
    pub due: Day,
    pub lines: usize,
    pub total: Micros,
    pub currency: Currency,
    /// Name of the document that it cancels.
    pub cancels: Option<String>,
    pub cancelled_by: Option<String>,
}

/// A page of documents.
#[derive(Debug, Serialize)]
pub struct Page {
    pub documents: Vec<Summary>,
    /// The document after which the next page begins; absent on the last.
    pub next: Option<String>,
}

/// A document with everything about it.
#[derive(Debug, Serialize)]
pub struct Shown {
    #[serde(flatten)]
    pub summary: Summary,
    /// As it was issued.
    pub contents: Document,
    /// SHA-256 of its canonical JSON.
    pub digest: String,
    pub by: String,
    pub at: String,
    pub payments: Vec<Paid>,
    /// Name of the approval that its payment waits for, or was refused by.
    pub not_approved: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Paid {
    pub payment: String,
    pub status: Status,
    pub reason: Option<String>,
}

impl Summary {
    pub fn of(issued: &Issued) -> Self {
        Self {
            document: Some(issued.document.label()),
            cancelled_by: issued.cancelled_by.map(label),
            ..Self::proposed(&issued.document)
        }
    }

    /// Of one that has no number.
    pub fn proposed(document: &Document) -> Self {
        Self {
            document: None,
            kind: document.kind,
            account: document.payee.number.clone(),
            name: document.payee.name.clone(),
            issued: document.issued,
            due: document.due,
            lines: document.lines.len(),
            total: document.total,
            currency: document.currency,
            cancels: document.reverses.as_ref().map(|reversed| label(reversed.number)),
            cancelled_by: None,
        }
    }
}

pub async fn list(
    host: &Host,
    number: Option<&str>,
    currency: Option<Currency>,
    after: Option<&str>,
    limit: u32,
) -> Result<Page> {
    let mut snapshot = host.store.read().await?;
    let filter = DocumentFilter {
        account: match number {
            None => None,
            Some(number) => Some(account(&mut snapshot, number).await?.id),
        },
        currency: currency.map(|currency| currency.code().to_owned()),
        after: after.map(number_of).transpose()?,
    };
    page(&mut snapshot, &filter, limit).await
}

/// One more is read, to tell whether there is another page.
pub async fn page(snapshot: &mut Snapshot, filter: &DocumentFilter, limit: u32) -> Result<Page> {
    let mut documents = snapshot.documents(filter, limit.saturating_add(1)).await?;
    let more = documents.len() > limit as usize;
    documents.truncate(limit as usize);
    let next = documents.last().filter(|_| more).map(|last| last.document.label());
    Ok(Page {
        documents: documents.iter().map(Summary::of).collect(),
        next,
    })
}

pub async fn show(host: &Host, name: &str) -> Result<Shown> {
    let mut snapshot = host.store.read().await?;
    let issued = find(&mut snapshot, name).await?;
    let filter = PaymentFilter {
        document: Some(issued.document.number),
        ..PaymentFilter::default()
    };
    let payments = snapshot.payments(&filter).await?.into_iter();
    let approval = snapshot
        .approval_of(approval::Kind::Settlement, issued.id.as_str())
        .await?;
    Ok(Shown {
        not_approved: approval
            .filter(|approval| approval.status != approval::Status::Approved)
            .map(|approval| approval.label()),
        summary: Summary::of(&issued),
        digest: issued.digest.to_string(),
        by: issued.by.to_string(),
        at: issued.at.to_rfc3339_opts(SecondsFormat::Secs, true),
        payments: payments
            .map(|payment| Paid {
                payment: payment.end_to_end,
                status: payment.status,
                reason: payment.reason,
            })
            .collect(),
        contents: issued.document,
    })
}

/// Writes the files of these documents again and names them.
pub async fn files(host: &Host, names: &[String], folder: &Path) -> Result<Vec<PathBuf>> {
    let mut snapshot = host.store.read().await?;
    let mut issued = Vec::with_capacity(names.len());
    for name in names {
        issued.push(find(&mut snapshot, name).await?);
    }
    drop(snapshot);
    write_files(&issued, folder)
}

/// XML, PDF and CSV of each document, by its name, into the folder, which is made where it is missing.
pub fn write_files(issued: &[Issued], folder: &Path) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    let mut written = Vec::with_capacity(3 * issued.len());
    for Issued { document, .. } in issued {
        for (extension, bytes) in [
            ("xml", ubl::write(document)),
            ("pdf", pdf::write(document)),
            ("csv", table::write(document)),
        ] {
            let path = folder.join(document.label()).with_extension(extension);
            std::fs::write(&path, bytes).with_context(|| {
                format!(
                    "cannot write `{}`: {} stands, and `gtm document files` writes its files again",
                    path.display(),
                    document.label()
                )
            })?;
            written.push(path);
        }
    }
    Ok(written)
}

/// Cancels a document by one that takes every line of it back: what it settled is payable again.
///
/// # Errors
/// When it was cancelled before, cancels another itself, or money is on its way or has arrived for it.
pub async fn cancel(host: &Host, name: &str, reason: &str) -> Result<Issued> {
    let mut snapshot = host.store.read().await?;
    let first = find(&mut snapshot, name).await?;
    drop(snapshot);
    let mut tx = host.store.begin(&host.actor).await?;
    let programs: BTreeSet<_> = first.document.lines.iter().map(|line| &line.program).collect();
    for program in programs {
        tx.hold_balances(program, &[&first.account]).await?;
    }
    tx.hold_payments().await?;
    let first = find(&mut tx, name).await?;
    let document = &first.document;
    if let Some(by) = first.cancelled_by {
        bail!("document {} was cancelled by {} already", document.label(), label(by));
    }
    let filter = PaymentFilter {
        document: Some(document.number),
        ..PaymentFilter::default()
    };
    let payments = tx.payments(&filter).await?;
    if let Some(payment) = payments.iter().find(|payment| payment.status != Status::Rejected) {
        bail!(
            "document {} is not cancelled, because its payment {} is {}: {}",
            document.label(),
            payment.end_to_end,
            payment.status,
            match payment.status {
                Status::Completed =>
                    "correct what was paid too much by what the program posts, and it is netted with what comes next",
                _ => "wait until the bank has rejected it, or stop it there",
            }
        );
    }
    let payee = tx.payee(&first.account).await?;
    let today = Day::from_date(tx.at().date_naive())?;
    let reversing = document.reversed(0, today, payee.self_billed, reason)?;
    let issued = tx.issue_document(&first.account, reversing).await?;
    // Nobody has to agree any more to what is taken back.
    let subject = [first.id.as_str().to_owned()];
    tx.withdraw_approvals(approval::Kind::Settlement, &subject).await?;
    tx.commit().await?;
    Ok(issued)
}

/// By its name.
pub async fn find(snapshot: &mut Snapshot, name: &str) -> Result<Issued> {
    let issued = snapshot.document(number_of(name)?).await?;
    issued.with_context(|| format!("there is no document `{name}`: `gtm document list` shows them"))
}
