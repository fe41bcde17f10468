use askama::Template;

use crate::{Flash, Frame, Unit, path, sentence::Sentence};

/// Settlement documents, by number.
#[derive(Clone, Debug, Template)]
#[template(path = "documents.html")]
pub struct DocumentsPage {
    pub frame: Frame,
    /// Only those of this account, by its number.
    pub account: Option<String>,
    pub documents: Vec<DocumentLine>,
    /// Whether documents stand before these.
    pub continued: bool,
    /// The name of the document after which the next page begins.
    pub next: Option<String>,
}

/// One document in the list.
#[derive(Clone, Debug)]
pub struct DocumentLine {
    /// `SD-000042`; names it in its address.
    pub name: String,
    /// `credit memo`, `self-billed credit note`, `debit memo`.
    pub kind: String,
    pub account: String,
    pub payee: String,
    pub issued: String,
    pub due: String,
    pub unit: Unit,
    /// Above 0.
    pub total: i64,
    /// The name of the document that it takes back.
    pub cancels: Option<String>,
    pub cancelled_by: Option<String>,
}

/// One document, line by line.
#[derive(Clone, Debug, Template)]
#[template(path = "document.html")]
pub struct DocumentPage {
    pub frame: Frame,
    pub document: DocumentLine,
    /// Who wrote it.
    pub issuer: String,
    /// Why it takes another back.
    pub reason: Option<String>,
    pub lines: Vec<SettledLine>,
    pub payments: Vec<PaymentLine>,
    /// SHA-256 of what was kept.
    pub digest: String,
    /// The addresses of its files, with what to call them.
    pub files: Vec<(String, String)>,
}

/// What one program settles for one period.
#[derive(Clone, Debug)]
pub struct SettledLine {
    /// The program's title.
    pub program: String,
    pub period: Option<String>,
    /// Below 0 what is netted.
    pub amount: i64,
    /// What it was converted from.
    pub owed: Option<OwedLine>,
}

/// What a program owes in its own currency, and the rate that made the amount of a line of it.
#[derive(Clone, Debug)]
pub struct OwedLine {
    pub unit: Unit,
    pub amount: i64,
    pub rate: String,
    /// The rate's type, day and source.
    pub stated: String,
}

/// One time that the bank was asked to pay it.
#[derive(Clone, Debug)]
pub struct PaymentLine {
    /// Its end-to-end id.
    pub payment: String,
    /// `sent`, `accepted`, `completed`, `rejected`.
    pub status: String,
    /// What the bank said.
    pub reason: Option<String>,
    pub since: String,
}

impl DocumentLine {
    fn address(&self) -> String {
        path::document(&self.name)
    }
}

impl DocumentsPage {
    fn first_address(&self) -> String {
        path::with_query(path::DOCUMENTS.into(), &[("account", self.account.as_deref())])
    }

    fn next_address(&self) -> Option<String> {
        let next = self.next.as_deref()?;
        let query = [("account", self.account.as_deref()), ("after", Some(next))];
        Some(path::with_query(path::DOCUMENTS.into(), &query))
    }

    /// Three documents: one paid, one that was cancelled, and the one that cancels it.
    pub fn sample() -> Self {
        let line = |number: u32, kind: &str, account: &str, payee: &str, total: i64| DocumentLine {
            name: format!("SD-{number:06}"),
            kind: kind.into(),
            account: account.into(),
            payee: payee.into(),
            issued: "2011-04-10".into(),
            due: "2011-05-10".into(),
            unit: Unit::new("GBP", 2),
            total,
            cancels: None,
            cancelled_by: None,
        };
        DocumentsPage {
            frame: Frame {
                flash: None,
                notice: Some("served on this machine only".into()),
            },
            account: None,
            documents: vec![
                line(1, "credit memo", "12347", "Harbour & Sons", 107_500_000),
                DocumentLine {
                    cancelled_by: Some("SD-000003".into()),
                    ..line(
                        2,
                        "self-billed credit note",
                        "12350",
                        "Kitchen Supplies of Leeds",
                        1_482_330_000,
                    )
                },
                DocumentLine {
                    cancels: Some("SD-000002".into()),
                    ..line(3, "debit memo", "12350", "Kitchen Supplies of Leeds", 1_482_330_000)
                },
            ],
            continued: false,
            next: Some("SD-000003".into()),
        }
    }
}

impl DocumentPage {
    /// A credit memo over two periods, one of them netted, and a line in another currency, paid at the second attempt.
    pub fn sample() -> Self {
        let DocumentsPage { frame, documents, .. } = DocumentsPage::sample();
        let line = |period: &str, amount: i64| SettledLine {
            program: "Volume rebate".into(),
            period: Some(period.into()),
            amount,
            owed: None,
        };
        let abroad = SettledLine {
            program: "Volume rebate abroad".into(),
            owed: Some(OwedLine {
                unit: Unit::new("USD", 2),
                amount: 30_000_000,
                rate: "0.8".into(),
                stated: "spot, 2011-04-10, ecb".into(),
            }),
            ..line("2011-Q1", 24_000_000)
        };
        let payment = |attempt: u32, status: &str, reason: Option<&str>| PaymentLine {
            payment: format!("SD-000001-{attempt}"),
            status: status.into(),
            reason: reason.map(str::to_owned),
            since: "2011-04-12 09:00:00 UTC".into(),
        };
        let file = |format: &str, words: &str| (path::document_file("SD-000001", format), words.to_owned());
        DocumentPage {
            frame,
            document: documents.into_iter().next().expect("the sample has documents"),
            issuer: "Acme Programs plc".into(),
            reason: None,
            lines: vec![line("2010-Q4", -36_500_000), line("2011-Q1", 120_000_000), abroad],
            payments: vec![
                payment(1, "rejected", Some("AC04: account closed")),
                payment(2, "completed", None),
            ],
            digest: "78deb98c622943b2534aa5c5b9df3e9fdf2e88bacd0743b61bde3f98df343936".into(),
            files: vec![file("pdf", "PDF"), file("xml", "XML (UBL 2.4)"), file("csv", "CSV")],
        }
    }
}
