use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::serve::refusal::Refusal;

/// Why a request was refused, after RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The kind of problem: `urn:problem-type:gtm:` and a name that stays.
    #[serde(rename = "type")]
    #[schema(example = "urn:problem-type:gtm:not-found")]
    pub kind: String,
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What exactly, for a person to read.
    pub detail: String,
    /// The address that was asked for.
    pub instance: String,
    /// What to do now, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
    /// Under which the details stand in the log of the server; absent when nothing was logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// The answer for a refusal of what stands at `path`.
pub fn problem(refusal: &Refusal, path: &str, reference: Option<String>) -> Response {
    let status = refusal.kind.status();
    let problem = Problem {
        kind: format!("urn:problem-type:gtm:{}", refusal.kind.name()),
        title: refusal.kind.title(),
        status: status.as_u16(),
        detail: refusal.detail.clone(),
        instance: path.to_owned(),
        advice: refusal.advice.clone(),
        reference,
    };
    let mut response = (status, Json(problem)).into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
