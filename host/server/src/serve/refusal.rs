//! What could not be done, as one value: the page and the API each show it in their own way, in one place.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use crate::{api, pages};

/// Why a request is refused, in words for the person who asked.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub kind: Kind,
    /// What exactly: a lowercase sentence.
    pub detail: String,
    /// What to do now, one sentence each.
    pub advice: Vec<String>,
    /// What nobody who asks can act on. It is logged, and never shown.
    cause: Option<Arc<anyhow::Error>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    BadRequest,
    ForeignOrigin,
    NotFound,
    MethodNotAllowed,
    Conflict,
    TooLarge,
    ForeignHost,
    Busy,
    Failed,
}

impl Kind {
    pub fn status(self) -> StatusCode {
        match self {
            Kind::BadRequest => StatusCode::BAD_REQUEST,
            Kind::ForeignOrigin => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::ForeignHost => StatusCode::MISDIRECTED_REQUEST,
            Kind::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Kind::BadRequest => "This cannot be answered as it was asked",
            Kind::ForeignOrigin => "Another site asked for this",
            Kind::NotFound => "There is no such thing here",
            Kind::MethodNotAllowed => "This cannot be done with that address",
            Kind::Conflict => "Something changed meanwhile",
            Kind::TooLarge => "This is more than is taken at once",
            Kind::ForeignHost => "This server does not go by that name",
            Kind::Busy => "The server is busy",
            Kind::Failed => "Something went wrong here",
        }
    }

    /// The end of the problem's type.
    pub fn name(self) -> &'static str {
        match self {
            Kind::BadRequest => "bad-request",
            Kind::ForeignOrigin => "foreign-origin",
            Kind::NotFound => "not-found",
            Kind::MethodNotAllowed => "method-not-allowed",
            Kind::Conflict => "conflict",
            Kind::TooLarge => "too-large",
            Kind::ForeignHost => "foreign-host",
            Kind::Busy => "busy",
            Kind::Failed => "failed",
        }
    }
}

impl Refusal {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            advice: Vec::new(),
            cause: None,
        }
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(Kind::BadRequest, detail)
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, detail)
    }

    pub fn advise(mut self, sentence: impl Into<String>) -> Self {
        self.advice.push(sentence.into());
        self
    }

    /// Logs what the person who asked cannot act on, once, and gives the reference under which it stands in the log.
    pub fn record(&self, app: &App, path: &str) -> Option<String> {
        let cause = self.cause.as_ref()?;
        let reference = app.next_reference();
        tracing::error!(reference, path, "a request failed: {cause:#}");
        Some(reference)
    }

    /// The refusal that a layer around the handlers meant, from its status alone.
    fn of_status(status: StatusCode, request: &Address) -> Self {
        match status {
            StatusCode::NOT_FOUND => {
                Self::not_found(format!("nothing stands at `{}`", request.path)).advise("Check the address.")
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                let detail = format!("`{}` does not take the method `{}`", request.path, request.method);
                Self::new(Kind::MethodNotAllowed, detail).advise("Use a method that the header `Allow` names.")
            }
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(Kind::TooLarge, "the body of the request is too large"),
            status if status.is_client_error() => {
                Self::bad_request(format!("the request for `{}` cannot be read", request.path))
            }
            status => anyhow::anyhow!("the answer had the status {status}").into(),
        }
    }
}

/// The sentence for somebody who asked for what cannot be done: what a command would have printed. A failure of what everything stands on is
/// none of theirs, and stays a refusal.
pub fn sentence(error: anyhow::Error) -> Result<String, Refusal> {
    let is_of_the_machine = |cause: &(dyn std::error::Error + 'static)| {
        use store::Error::{Busy, Corrupt, Database, Open};
        matches!(
            cause.downcast_ref(),
            Some(Busy | Corrupt { .. } | Database(_) | Open { .. })
        ) || cause.is::<std::io::Error>()
            || cause.is::<serde_json::Error>()
            || cause.is::<tokio::task::JoinError>()
    };
    match error.chain().any(is_of_the_machine) {
        true => Err(error.into()),
        false => Ok(format!("{error:#}")),
    }
}

struct Address {
    path: String,
    method: String,
}

/// What went wrong below, without a refusal of its own: what a person can act on keeps its sentence, anything else becomes
/// an apology.
impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        let known = error
            .chain()
            .find_map(|cause| match cause.downcast_ref::<store::Error>() {
                Some(store::Error::Busy) => Some(Kind::Busy),
                Some(store::Error::Stale(_) | store::Error::Conflict(_)) => Some(Kind::Conflict),
                _ => None,
            });
        match known {
            Some(kind) => Refusal::new(kind, format!("{error:#}")).advise("Try again in a moment."),
            None => Refusal {
                cause: Some(Arc::new(error)),
                ..Refusal::new(
                    Kind::Failed,
                    "the server could not answer, and it is not your doing: sorry",
                )
                .advise("Tell whoever looks after this server, with the reference.")
            },
        }
    }
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        anyhow::Error::from(error).into()
    }
}

impl IntoResponse for Refusal {
    /// Without a body: [`show`] writes it, which knows who asked.
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Turns every refusal, and every other answer with the status of an error, into a page, or into a problem where the API was
/// asked.
pub async fn show(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = Address {
        path: request.uri().path().to_owned(),
        method: request.method().to_string(),
    };
    let answer = next.run(request).await;
    let status = answer.status();
    if !status.is_client_error() && !status.is_server_error() {
        return answer;
    }
    let (mut parts, _) = answer.into_parts();
    let refusal = parts
        .extensions
        .remove::<Refusal>()
        .unwrap_or_else(|| Refusal::of_status(status, &asked));
    let reference = refusal.record(&app, &asked.path);
    let mut shown = if asked.path == api::ROOT || asked.path.starts_with("/api/") {
        api::problem::problem(&refusal, &asked.path, reference)
    } else {
        pages::refusal(&refusal, reference)
    };
    // `Allow` says which methods there are.
    if let Some(allow) = parts.headers.remove(axum::http::header::ALLOW) {
        shown.headers_mut().insert(axum::http::header::ALLOW, allow);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_nobody_can_act_on_is_not_shown() {
        let refusal = Refusal::from(anyhow::anyhow!("row 7 has lost its names").context("a page"));
        assert_eq!(refusal.kind, Kind::Failed);
        assert!(!refusal.detail.contains("row 7") && refusal.cause.is_some());
    }

    #[test]
    fn what_was_asked_for_wrongly_is_a_sentence_and_what_broke_is_none() {
        assert_eq!(
            sentence(store::Error::Conflict("it is taken".into()).into()).unwrap(),
            "it is taken"
        );
        assert_eq!(
            sentence(anyhow::anyhow!("somebody else must")).unwrap(),
            "somebody else must"
        );
        let broken = store::Error::Corrupt { what: "row 7".into() };
        assert_eq!(sentence(broken.into()).unwrap_err().kind, Kind::Failed);
        assert_eq!(sentence(store::Error::Busy.into()).unwrap_err().kind, Kind::Busy);
    }

    #[test]
    fn a_busy_database_asks_to_try_again() {
        let refusal = Refusal::from(anyhow::Error::from(store::Error::Busy).context("replaying"));
        assert_eq!((refusal.kind, refusal.cause.is_none()), (Kind::Busy, true));
        assert_eq!(
            refusal.detail,
            "replaying: the database is busy with another change: try again"
        );
    }
}
