//! The portal over HTTP: each handler loads what one page of [`portal`] shows.

mod approvals;
mod asset;
mod claim;
mod claims;
mod document;
mod documents;
mod filing;
mod funds;
mod lines;
mod program;
mod programs;
mod replay;
mod sent;
mod statement;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use domain::currency::Currency;
use domain::plugin::{Descriptor, SETTLED, Side};
use portal::{Frame, Plugin, RefusalPage, Unit, path};
use tokio::runtime::Handle;

use crate::host::Host;
use crate::serve::App;
use crate::serve::refusal::Refusal;

pub fn router() -> Router<App> {
    Router::new()
        .route(path::PROGRAMS, get(programs::programs))
        .route(path::PROGRAM_ROUTE, get(program::program))
        .route(path::CLAIMS_ROUTE, get(claims::claims))
        .route(path::FILING_ROUTE, get(filing::form))
        .route(path::CLAIM_ROUTE, get(claim::claim))
        .route(path::CLAIM_REPLAY_ROUTE, post(claim::replay))
        .route(path::CLAIM_FILE_ROUTE, get(claim::file))
        .route(path::FUNDS_ROUTE, get(funds::funds))
        .route(path::FUND_ROUTE, get(funds::fund))
        .route(path::APPROVALS, get(approvals::approvals))
        .route(path::VOTE_ROUTE, post(approvals::vote))
        .route(path::STATEMENT_ROUTE, get(statement::statement))
        .route(path::REPLAY_ROUTE, post(replay::replay))
        .route(path::DOCUMENTS, get(documents::documents))
        .route(path::DOCUMENT_ROUTE, get(document::document))
        .route(path::DOCUMENT_FILE_ROUTE, get(document::file))
        .route(path::ASSET_ROUTE, get(asset::asset))
}

/// Those that files are sent to, which may be larger than anything else.
pub fn with_files() -> Router<App> {
    Router::new()
        .route(path::FILING_ROUTE, post(filing::filed))
        .route(path::CLAIM_ACT_ROUTE, post(claim::act))
}

/// The page for what could not be done.
pub fn refusal(refusal: &Refusal, reference: Option<String>) -> Response {
    let status = refusal.kind.status();
    let page = RefusalPage {
        frame: frame(),
        status: status.as_u16(),
        title: refusal.kind.title().into(),
        detail: refusal.detail.clone(),
        advice: refusal.advice.clone(),
        reference,
    };
    (status, html(page)).into_response()
}

fn html(page: impl std::fmt::Display) -> Html<String> {
    Html(page.to_string())
}

fn frame() -> Frame {
    Frame {
        flash: None,
        notice: Some("served on this machine only, until sign-on exists".into()),
    }
}

fn unit(currency: Currency) -> Unit {
    Unit::new(currency.code(), currency.digits())
}

fn plugin(descriptor: &Descriptor) -> Plugin {
    Plugin {
        id: descriptor.id.clone(),
        version: descriptor.version.clone(),
    }
}

/// Balances that hold what the participant is owed, or was and has: what is settled was paid, too.
fn owed_balances(descriptor: &Descriptor) -> Vec<&str> {
    let owed = descriptor
        .balances
        .iter()
        .filter(|balance| balance.side == Side::Credit);
    owed.map(|balance| &*balance.code).chain([SETTLED]).collect()
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// On a thread of its own, because a plugin keeps its thread busy.
async fn aside<T, F>(host: &Host, work: impl FnOnce(Host) -> F + Send + 'static) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<T>>,
    T: Send + 'static,
{
    let (host, handle) = (host.clone(), Handle::current());
    tokio::task::spawn_blocking(move || handle.block_on(work(host))).await?
}

/// Whether htmx asks, which puts the answer into the page that is there already.
fn is_htmx(headers: &HeaderMap) -> bool {
    headers.get("hx-request").is_some_and(|value| value == "true")
}

fn no_program(code: &str) -> Refusal {
    Refusal::not_found(format!("there is no program `{code}`")).advise("Choose one from the list of all programs.")
}

/// The plugin of the program knows no claims.
fn no_claims(code: &str) -> Refusal {
    Refusal::not_found(format!("program `{code}` takes no claims"))
        .advise("Open the program to see what it pays by its statements.")
}

fn no_claim(id: &str) -> Refusal {
    Refusal::not_found(format!("no claim has the id `{id}`"))
        .advise("Check the address: an id has 36 characters.")
        .advise("Open the program and choose one from its claims.")
}

fn no_statement(id: &str) -> Refusal {
    Refusal::not_found(format!("no statement has the id `{id}`"))
        .advise("Check the address: an id has 36 characters.")
        .advise("Open the program and find the participant by its account number.")
}
