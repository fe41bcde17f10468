//! `gtm serve`: the portal and the API over HTTP, on this machine only until sign-on exists.
//!
//! A request passes, from the outside in: the log, the headers of every answer, compression, [`refusal::show`], the host's name,
//! the origin, the size of its body; then one handler of [`crate::pages`] or [`crate::api`].

pub mod access;
pub mod asked;
pub mod refusal;
#[cfg(test)]
pub mod story;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer};
use tracing::Level;

use crate::host::Host;
use crate::{api, pages};
use access::Names;

/// No form of the portal sends more.
const LARGEST_BODY_BYTES: usize = 64 * 1024;

/// Headers of every answer. No page has an inline script or style.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: browsers would then send forms with the origin `null`.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// What every handler stands on.
#[derive(Clone)]
pub struct App {
    pub host: Host,
    failures: Arc<AtomicU64>,
}

impl App {
    pub fn new(host: Host) -> Self {
        Self { host, failures: Arc::default() }
    }

    /// Names one failure, in the log and to the person who met it.
    pub fn next_reference(&self) -> String {
        let number = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{:x}-{number}", self.host.store.clock().now().timestamp_micros())
    }
}

/// Serves until the process is asked to end, then finishes what is under way.
///
/// # Errors
/// A sentence, when the address is not of this machine alone or is taken.
pub async fn serve(host: Host, listen: SocketAddr) -> Result<()> {
    access::only_this_machine(listen)?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}: choose another port by --listen"))?;
    let address = listener.local_addr()?;
    let router = router(App::new(host), address);
    println!("serving on http://{address} (this machine only, until sign-on exists)");
    axum::serve(listener, router).with_graceful_shutdown(asked_to_end()).await?;
    Ok(())
}

/// Everything that is served at this address.
pub fn router(app: App, address: SocketAddr) -> Router {
    let compressed = DefaultPredicate::new().and(NotForContentType::const_new("font/"));
    let spans = TraceLayer::new_for_http()
        .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
        .on_response(DefaultOnResponse::new().level(Level::INFO))
        // A failure is logged where it becomes an apology.
        .on_failure(());
    let foreign = CsrfLayer::new().with_rejection_response(|_: ProtectionError| access::from_elsewhere().into_response());
    Router::new()
        .route("/", get(async || Redirect::to(portal::path::PROGRAMS)))
        .merge(pages::router())
        .merge(api::router())
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY_BYTES))
        .layer(foreign)
        .layer(from_fn_with_state(Names::of(address), access::by_own_name))
        .layer(from_fn_with_state(app.clone(), refusal::show))
        .layer(CompressionLayer::new().compress_when(compressed))
        .layer(map_response(with_headers))
        .layer(spans)
        .with_state(app)
}

async fn with_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    // What is earned changes with every run; only assets say otherwise.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Ctrl-C, or SIGTERM as service managers send it.
async fn asked_to_end() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    if let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = interrupted => (),
            _ = terminated.recv() => (),
        }
        return;
    }
    if let Err(e) = interrupted.await {
        tracing::error!("Ctrl-C cannot be waited for, so only a kill ends the server: {e}");
        std::future::pending().await
    }
}
