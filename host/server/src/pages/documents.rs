use axum::extract::State;
use axum::http::Uri;
use axum::response::Html;
use domain::settlement::number_of;
use portal::{DocumentLine, DocumentsPage};
use store::document::DocumentFilter;

use super::{frame, html, unit};
use crate::document::{Summary, page};
use crate::serve::App;
use crate::serve::asked::Asked;
use crate::serve::refusal::Refusal;

/// Documents on one page.
const PAGE: u32 = 50;

/// Settlement documents, all or those of one account.
pub async fn documents(State(app): State<App>, uri: Uri) -> Result<Html<String>, Refusal> {
    let asked = Asked::of(&uri)?;
    let after = asked.get("after").map(number_of).transpose();
    let mut filter = DocumentFilter {
        after: after.map_err(|e| Refusal::bad_request(e.to_string()))?,
        ..DocumentFilter::default()
    };
    let mut snapshot = app.host.store.read().await?;
    let account = asked.get("account").map(str::to_owned);
    let mut known = true;
    if let Some(number) = &account {
        filter.account = snapshot.account(number).await?.map(|account| account.id);
        known = filter.account.is_some();
    }
    let (documents, next) = match known {
        true => {
            let page = page(&mut snapshot, &filter, PAGE).await?;
            (page.documents, page.next)
        }
        // The page says that there is none, and to check the number.
        false => (Vec::new(), None),
    };
    Ok(html(DocumentsPage {
        frame: frame(),
        account,
        documents: documents.into_iter().map(line).collect(),
        continued: filter.after.is_some(),
        next,
    }))
}

pub fn line(summary: Summary) -> DocumentLine {
    DocumentLine {
        name: summary.document.unwrap_or_default(),
        kind: summary.kind.title().to_lowercase(),
        account: summary.account,
        payee: summary.name,
        issued: summary.issued.to_string(),
        due: summary.due.to_string(),
        unit: unit(summary.currency),
        total: summary.total.0,
        cancels: summary.cancels,
        cancelled_by: summary.cancelled_by,
    }
}

#[cfg(test)]
mod tests {
    use crate::serve::story::Served;

    #[tokio::test(flavor = "multi_thread")]
    async fn documents_are_listed_and_found_by_account() {
        let (served, folder) = (Served::new().await, tempfile::tempdir().unwrap());
        served.get("/documents").await.shows(&["Nothing was settled yet."]);
        served.settle(folder.path()).await;
        let listed = served.get("/documents").await;
        listed.shows(&[
            "href=\"/documents/SD-000001\"",
            "credit memo",
            "Harbour &#38; Sons",
            ">107.50<",
        ]);
        served
            .get("/documents?account=a")
            .await
            .shows(&["SD-000001", "Show all"]);
        for account in ["b", "nobody"] {
            let page = served.get(&format!("/documents?account={account}")).await;
            page.shows(&["There is no document of this account."])
                .hides(&["SD-000001"]);
        }
        assert_eq!(served.get("/documents?after=nine").await.status, 400);
    }
}
