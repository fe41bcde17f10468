use axum::Json;
use axum::extract::{Path, State};
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use documents::{pdf, table, ubl};
use domain::settlement::number_of;
use serde::Serialize;
use store::Snapshot;
use store::document::{DocumentFilter, Issued};
use utoipa::ToSchema;

use super::ROOT;
use super::problem::Problem;
use super::statement::{Amount, amount};
use crate::document::{Summary, page};
use crate::serve::App;
use crate::serve::asked::Asked;
use crate::serve::refusal::Refusal;

const LIMIT: u32 = 50;
const MOST: u32 = 1_000;

/// A settlement document: what was payable to one payee in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct Document {
    #[schema(example = "SD-000042")]
    pub name: String,
    /// The address of everything about it.
    pub href: String,
    /// `credit-memo`, `self-billed` or `debit-memo`.
    pub kind: &'static str,
    /// The account's number.
    pub account: String,
    /// The payee's name when it was issued.
    pub payee: String,
    pub issued: String,
    /// When it is paid at the latest.
    pub due: String,
    /// Above 0; on a debit memo the payee owes it.
    pub total: Amount,
    /// The document that it takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancels: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_by: Option<String>,
}

/// A page of documents, by number.
#[derive(Debug, Serialize, ToSchema)]
pub struct Documents {
    pub documents: Vec<Document>,
    /// The address of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentInFull {
    #[serde(flatten)]
    pub document: Document,
    pub lines: Vec<Line>,
    /// SHA-256 of what was kept; the files are made from it alone.
    pub digest: String,
    pub files: Files,
}

/// What one program settles for one period. The sign is the document's: below 0 is netted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Line {
    /// The program's title.
    pub program: String,
    /// Absent for what belongs to no period, such as claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    pub amount: Amount,
    /// What it was converted from; absent where the program's currency is the document's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owed: Option<Owed>,
}

/// What a program owes in its own currency, and the rate that makes a line's amount of it: once, rounded half to even to the digits of
/// the document's currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct Owed {
    pub amount: Amount,
    /// How much of the document's currency is one unit of the program's.
    #[schema(example = "0.8571")]
    pub rate: String,
    #[schema(example = "spot")]
    pub rate_type: String,
    /// The day that the rate was stated for; of a monthly type the first of the month.
    pub rate_day: String,
    /// Who publishes the rate.
    pub rate_source: String,
}

/// The addresses of its files.
#[derive(Debug, Serialize, ToSchema)]
pub struct Files {
    pub pdf: String,
    /// UBL 2.4.
    pub xml: String,
    pub csv: String,
}

/// Settlement documents, page by page.
#[utoipa::path(
    get,
    path = "/documents",
    params(
        ("account" = Option<String>, Query, description = "The account's number, in full"),
        ("after" = Option<String>, Query, description = "The name of the document after which the page begins"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1_000, description = "How many, 50 unless said otherwise"),
    ),
    responses(
        (status = 200, body = Documents),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 500, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<App>, uri: Uri) -> Result<Json<Documents>, Refusal> {
    let asked = Asked::of(&uri)?.only(&["account", "after", "limit"])?;
    let limit = asked.number("limit", 1, MOST)?.unwrap_or(LIMIT);
    let mut snapshot = app.host.store.read().await?;
    let mut filter = DocumentFilter::default();
    if let Some(number) = asked.get("account") {
        let account = snapshot
            .account(number)
            .await?
            .ok_or_else(|| Refusal::bad_request(format!("there is no account `{number}`")))?;
        filter.account = Some(account.id);
    }
    if let Some(name) = asked.get("after") {
        filter.after = Some(number_of(name).map_err(|e| Refusal::bad_request(e.to_string()))?);
    }
    let page = page(&mut snapshot, &filter, limit).await?;
    let next = page.next.map(|name| {
        let given = ["account", "limit"].map(|name| (name, asked.get(name)));
        let query: Vec<(&str, Option<&str>)> = given.into_iter().chain([("after", Some(&*name))]).collect();
        portal::path::with_query(format!("{ROOT}/documents"), &query)
    });
    Ok(Json(Documents {
        documents: page.documents.into_iter().map(document).collect(),
        next,
    }))
}

/// One document, line by line.
#[utoipa::path(
    get,
    path = "/documents/{name}",
    params(("name" = String, Path, description = "The document's name, such as `SD-000042`")),
    responses(
        (status = 200, body = DocumentInFull),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 500, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn show(State(app): State<App>, Path(name): Path<String>) -> Result<Json<DocumentInFull>, Refusal> {
    let issued = find(&mut app.host.store.read().await?, &name).await?;
    let currency = issued.document.currency.code();
    let lines = issued.document.lines.iter().map(|line| Line {
        program: line.title.clone(),
        period: line.period.clone(),
        amount: amount(line.amount, currency),
        owed: line.owed.as_ref().map(|owed| Owed {
            amount: amount(owed.amount, owed.by.from.code()),
            rate: owed.by.rate.to_string(),
            rate_type: owed.by.rate_type.to_string(),
            rate_day: owed.by.day.to_string(),
            rate_source: owed.by.source.clone(),
        }),
    });
    let document = document(Summary::of(&issued));
    let file = |extension: &str| format!("{}/{extension}", document.href);
    Ok(Json(DocumentInFull {
        lines: lines.collect(),
        digest: issued.digest.to_string(),
        files: Files {
            pdf: file("pdf"),
            xml: file("xml"),
            csv: file("csv"),
        },
        document,
    }))
}

/// One of a document's files, the same bytes every time.
#[utoipa::path(
    get,
    path = "/documents/{name}/{format}",
    params(
        ("name" = String, Path, description = "The document's name, such as `SD-000042`"),
        ("format" = String, Path, description = "`pdf`, `xml` or `csv`"),
    ),
    responses(
        (status = 200, content((String = "application/pdf"), (String = "application/xml"), (String = "text/csv"))),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 500, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn file(State(app): State<App>, Path((name, format)): Path<(String, String)>) -> Result<Response, Refusal> {
    let Issued { document, .. } = find(&mut app.host.store.read().await?, &name).await?;
    let (kind, bytes) = match &*format {
        "pdf" => ("application/pdf", pdf::write(&document)),
        "xml" => ("application/xml", ubl::write(&document)),
        "csv" => ("text/csv; charset=utf-8", table::write(&document)),
        other => {
            return Err(Refusal::not_found(format!(
                "a document has no file `{other}`: there are `pdf`, `xml` and `csv`"
            )));
        }
    };
    let name = format!("attachment; filename=\"{}.{format}\"", document.label());
    Ok((
        [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        bytes,
    )
        .into_response())
}

pub async fn find(snapshot: &mut Snapshot, name: &str) -> Result<Issued, Refusal> {
    let missing = || Refusal::not_found(format!("there is no document `{name}`"));
    let number = number_of(name).map_err(|_| missing())?;
    snapshot.document(number).await?.ok_or_else(missing)
}

fn document(summary: Summary) -> Document {
    let name = summary.document.unwrap_or_default();
    Document {
        href: format!("{ROOT}/documents/{name}"),
        name,
        kind: summary.kind.as_str(),
        account: summary.account,
        payee: summary.name,
        issued: summary.issued.to_string(),
        due: summary.due.to_string(),
        total: amount(summary.total, summary.currency.code()),
        cancels: summary.cancels,
        cancelled_by: summary.cancelled_by,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::serve::story::Served;

    #[tokio::test(flavor = "multi_thread")]
    async fn documents_are_listed_and_told_in_full_and_their_files_are_given() {
        let (served, folder) = (Served::new().await, tempfile::tempdir().unwrap());
        assert_eq!(served.get("/api/v1/documents").await.json(), json!({ "documents": [] }));
        served.settle(folder.path()).await;
        let document = json!({
            "name": "SD-000001", "href": "/api/v1/documents/SD-000001", "kind": "credit-memo", "account": "a", "payee": "Harbour & Sons",
            "issued": "2011-03-13", "due": "2011-04-12", "total": {"amount": "107.50", "currency": "GBP"},
        });
        assert_eq!(
            served.get("/api/v1/documents?account=a").await.json(),
            json!({ "documents": [document] })
        );
        assert_eq!(
            served.get("/api/v1/documents?account=b").await.json(),
            json!({ "documents": [] })
        );
        assert_eq!(
            served.get("/api/v1/documents?after=SD-000001").await.json(),
            json!({ "documents": [] })
        );
        let full = served.get("/api/v1/documents/SD-000001").await.json();
        assert_eq!(
            full["lines"],
            json!([{ "program": "Volume rebate", "period": "2011-Q1", "amount": {"amount": "107.50", "currency": "GBP"} }])
        );
        for (format, kind, begins) in [
            ("pdf", "application/pdf", "%PDF-"),
            ("xml", "application/xml", "<?xml"),
            ("csv", "text/csv; charset=utf-8", "document,kind,"),
        ] {
            let answer = served.get(full["files"][format].as_str().unwrap()).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, kind));
            assert!(answer.body.starts_with(begins), "{format}");
            assert_eq!(
                answer.header("content-disposition"),
                format!("attachment; filename=\"SD-000001.{format}\"")
            );
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_not_there_is_a_problem_with_a_sentence() {
        let served = Served::new().await;
        for (address, status, sentence) in [
            ("SD-000009", 404, "there is no document `SD-000009`"),
            ("nine", 404, "there is no document `nine`"),
            ("SD-000009/doc", 404, "there is no document `SD-000009`"),
            (
                "?after=nine",
                400,
                "`nine` is no document: write its name such as `SD-000042`",
            ),
            ("?account=zz", 400, "there is no account `zz`"),
        ] {
            let slash = if address.starts_with('?') { "" } else { "/" };
            let answer = served.get(&format!("/api/v1/documents{slash}{address}")).await;
            assert_eq!((answer.status, &answer.json()["detail"]), (status, &json!(sentence)));
        }
    }
}
