use axum::extract::{Path, State};
use axum::response::{Html, Response};
use domain::settlement::Owed;
use portal::{DocumentPage, OwedLine, PaymentLine, SettledLine, Unit, path};
use store::payment::{PaymentFilter, PaymentLine as Payment};

use super::documents::line;
use super::{frame, html, moment};
use crate::api::document as api;
use crate::document::Summary;
use crate::serve::App;
use crate::serve::refusal::Refusal;

/// One document: what it settles, its files, and what became of its payments.
pub async fn document(State(app): State<App>, Path(name): Path<String>) -> Result<Html<String>, Refusal> {
    let mut snapshot = app.host.store.read().await?;
    let issued = api::find(&mut snapshot, &name).await.map_err(advised)?;
    let filter = PaymentFilter {
        document: Some(issued.document.number),
        ..PaymentFilter::default()
    };
    let payments = snapshot.payments(&filter).await?;
    let summary = Summary::of(&issued);
    let contents = issued.document;
    let name = contents.label();
    let files = [("pdf", "PDF"), ("xml", "XML (UBL 2.4)"), ("csv", "CSV")];
    let payment = |payment: Payment| PaymentLine {
        payment: payment.end_to_end,
        status: payment.status.to_string(),
        reason: payment.reason,
        since: moment(payment.since),
    };
    let settled = contents.lines.into_iter().map(|line| SettledLine {
        program: line.title,
        period: line.period,
        amount: line.amount.0,
        owed: line.owed.map(|Owed { amount, by }| OwedLine {
            unit: Unit::new(by.from.code(), by.from.digits()),
            amount: amount.0,
            rate: by.rate.to_string(),
            stated: format!("{}, {}, {}", by.rate_type, by.day, by.source),
        }),
    });
    Ok(html(DocumentPage {
        frame: frame(),
        document: line(summary),
        issuer: contents.issuer.party.name,
        reason: contents.reverses.map(|reversed| reversed.reason),
        lines: settled.collect(),
        payments: payments.into_iter().map(payment).collect(),
        digest: issued.digest.to_string(),
        files: files
            .map(|(format, words)| (path::document_file(&name, format), words.to_owned()))
            .into(),
    }))
}

/// One of its files.
pub async fn file(State(app): State<App>, Path((name, format)): Path<(String, String)>) -> Result<Response, Refusal> {
    api::file(State(app), Path((name, format))).await.map_err(advised)
}

fn advised(refusal: Refusal) -> Refusal {
    refusal.advise("Choose one from the list of all documents.")
}

#[cfg(test)]
mod tests {
    use crate::serve::story::Served;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_document_is_shown_with_its_lines_and_files() {
        let (served, folder) = (Served::new().await, tempfile::tempdir().unwrap());
        served.settle(folder.path()).await;
        let page = served.get("/documents/SD-000001").await;
        page.shows(&[
            "Acme",
            "Volume rebate",
            "2011-Q1",
            ">107.50<",
            "href=\"/documents/SD-000001/pdf\"",
        ]);
        let pdf = served.get("/documents/SD-000001/pdf").await;
        assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
        let missing = served.get("/documents/SD-000002").await;
        assert_eq!(
            (missing.status, missing.header("content-type")),
            (404, "text/html; charset=utf-8")
        );
        missing.shows(&[
            "there is no document <code>SD-000002</code>",
            "Choose one from the list of all documents.",
        ]);
    }
}
