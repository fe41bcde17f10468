//! `gtm serve`: the portal and the API over HTTP, on this machine only until sign-on exists.
//!
//! A request passes, from the outside in: the log, the headers of every answer, compression, [`refusal::show`], the host's name,
//! the origin, the size of its body; then one handler of [`crate::pages`] or [`crate::api`].

pub mod access;
pub mod asked;
pub mod refusal;
pub mod uploads;
#[cfg(test)]
pub mod story;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::DefaultBodyLimit;
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

use crate::claim::proof;
use crate::host::Host;
use crate::{api, pages};
use access::Names;
use uploads::Uploads;

/// No form without files sends more.
const LARGEST_BODY_BYTES: usize = 64 * 1024;

/// As many files as a claim takes, each as large as one may be, and what is typed beside them.
const LARGEST_UPLOAD_BYTES: usize = proof::MAX_FILES * proof::MAX_BYTES as usize + (1 << 20);

/// Headers of every answer. No page has an inline script or style.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
    ),
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
    pub uploads: Arc<Uploads>,
    failures: Arc<AtomicU64>,
}

impl App {
    pub fn new(host: Host) -> Self {
        Self {
            host,
            uploads: Arc::default(),
            failures: Arc::default(),
        }
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
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}: choose another port by --listen"))?;
    let address = listener.local_addr()?;
    let router = router(App::new(host), address);
    println!("serving on http://{address} (this machine only, until sign-on exists)");
    axum::serve(listener, router)
        .with_graceful_shutdown(asked_to_end())
        .await?;
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
    let foreign =
        CsrfLayer::new().with_rejection_response(|_: ProtectionError| access::from_elsewhere().into_response());
    Router::new()
        .route("/", get(async || Redirect::to(portal::path::PROGRAMS)))
        .merge(pages::router())
        .merge(api::router())
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY_BYTES))
        .merge(
            pages::with_files()
                .layer(DefaultBodyLimit::disable())
                .layer(RequestBodyLimitLayer::new(LARGEST_UPLOAD_BYTES)),
        )
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
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
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

#[cfg(test)]
mod tests {
    use super::story::Served;
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_name_that_is_not_this_machine_is_refused() {
        let served = Served::new().await;
        for host in [
            "evil.example",
            "evil.example:8080",
            "localhost",
            "localhost:8081",
            "127.0.0.1.evil.example:8080",
        ] {
            let page = served.get_with("/programs", &[("host", host)]).await;
            assert_eq!(page.status, 421, "{host}");
            page.shows(&[
                "which is not this machine",
                "Open <code>http://127.0.0.1:8080</code> instead.",
            ])
            .hides(&["Volume rebate"]);
            let problem = served.get_with("/api/v1/statements", &[("host", host)]).await.json();
            assert_eq!(problem["type"], "urn:problem-type:gtm:foreign-host");
        }
        for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
            assert_eq!(
                served.get_with("/programs", &[("host", host)]).await.status,
                200,
                "{host}"
            );
        }
        // The target of the request counts as well.
        assert_eq!(served.get("http://evil.example/programs").await.status, 421);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_form_of_another_site_is_refused() {
        let served = Served::new().await;
        let address = portal::path::replay(&served.paid);
        let foreign: [&[(&str, &str)]; 3] = [
            &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
            &[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:9999")],
            &[("origin", "http://evil.example")],
        ];
        for headers in foreign {
            let answer = served.post(&address, headers).await;
            assert_eq!(answer.status, 403, "{headers:?}");
            answer.shows(&["sent by a page of another site", "What to do"]);
        }
        let own = [("sec-fetch-site", "same-origin"), ("origin", "http://127.0.0.1:8080")];
        assert_eq!(served.post(&address, &own).await.status, 200);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_answer_carries_the_headers_that_hold_a_browser_back() {
        let served = Served::new().await;
        let policy = "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'";
        for address in ["/programs", "/assets/portal.css", "/api/v1/statements", "/nothing", "/"] {
            let answer = served.get(address).await;
            assert_eq!(answer.header("content-security-policy"), policy, "{address}");
            assert_eq!(
                (
                    answer.header("x-content-type-options"),
                    answer.header("x-frame-options")
                ),
                ("nosniff", "DENY"),
                "{address}"
            );
        }
        assert_eq!(served.get("/programs").await.header("cache-control"), "no-store");
        assert_eq!(
            served
                .get_with("/programs", &[("host", "evil.example")])
                .await
                .header("content-security-policy"),
            policy
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_not_there_or_too_large_is_a_page_with_advice() {
        let served = Served::new().await;
        let page = served.get("/nothing").await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (404, "text/html; charset=utf-8")
        );
        page.shows(&[
            "nothing stands at <code>/nothing</code>",
            "What to do",
            "Check the address.",
        ]);
        let page = served.post("/programs", &[]).await;
        assert_eq!((page.status, page.header("allow")), (405, "GET,HEAD"));
        page.shows(&["does not take the method <code>POST</code>"]);
        let large = served
            .post(&portal::path::replay(&served.paid), &[("content-length", "65537")])
            .await;
        assert_eq!(large.status, 413);
        large.shows(&["the body of the request is too large"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_nobody_can_act_on_becomes_an_apology_with_a_reference() {
        let served = Served::new().await;
        served.app.host.store.close().await;
        let page = served.get("/programs").await;
        assert_eq!(page.status, 500);
        page.shows(&[
            "the server could not answer, and it is not your doing: sorry",
            "49e57d6372240-1",
        ])
        .hides(&["pool", "sqlx"]);
        let problem = served.get("/api/v1/statements").await.json();
        assert_eq!(
            (&problem["status"], &problem["reference"]),
            (&500.into(), &"49e57d6372240-2".into())
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_address_that_others_reach_is_not_served() {
        let served = Served::new().await;
        let refused = serve(served.app.host.clone(), "0.0.0.0:0".parse().unwrap())
            .await
            .unwrap_err();
        assert!(refused.to_string().contains("there is no sign-on yet"), "{refused}");
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let kept = TcpListener::bind(taken).await.unwrap();
        let refused = serve(served.app.host.clone(), kept.local_addr().unwrap())
            .await
            .unwrap_err();
        assert!(
            refused.to_string().contains("choose another port by --listen"),
            "{refused}"
        );
    }
}
