//! The API, version 1: one file for each resource, and one description of it all in OpenAPI.
//!
//! Amounts are decimals written as texts, with their currency. Lists are read page by page along `next`. Whatever is refused is a
//! problem after RFC 9457.

pub mod claim;
pub mod document;
pub mod problem;
pub mod statement;

use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::serve::App;

/// Where every address of the API begins.
pub const ROOT: &str = "/api/v1";

#[derive(OpenApi)]
#[openapi(info(
    title = "gtm",
    description = "What participants of go-to-market programs earned, and why. Amounts are decimals written as texts.",
    license(name = "Apache-2.0", identifier = "Apache-2.0")
))]
struct Description;

pub fn router() -> Router<App> {
    let resources = OpenApiRouter::new()
        .routes(routes!(statement::list))
        .routes(routes!(statement::show))
        .routes(routes!(claim::list))
        .routes(routes!(claim::show))
        .routes(routes!(document::list))
        .routes(routes!(document::show))
        .routes(routes!(document::file));
    let (router, description) = OpenApiRouter::with_openapi(Description::openapi())
        .nest(ROOT, resources)
        .split_for_parts();
    let description = Json(description);
    router.route("/api/v1/openapi.json", get(async move || description.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::serve::story::Served;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_description_is_openapi_3_1_and_names_every_address() {
        let served = Served::new().await;
        let answer = served.get("/api/v1/openapi.json").await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "application/json")
        );
        let description = answer.json();
        assert_eq!(description["openapi"], "3.1.0");
        let paths: Vec<&String> = description["paths"].as_object().unwrap().keys().collect();
        assert_eq!(
            paths,
            [
                "/api/v1/claims",
                "/api/v1/claims/{id}",
                "/api/v1/documents",
                "/api/v1/documents/{name}",
                "/api/v1/documents/{name}/{format}",
                "/api/v1/statements",
                "/api/v1/statements/{id}",
            ]
        );
        let list = &description["paths"]["/api/v1/statements"]["get"];
        let parameters: Vec<_> = list["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["name"])
            .collect();
        assert_eq!(parameters, ["program", "period", "account", "after", "limit"]);
        assert_eq!(
            list["responses"]["400"]["content"]["application/problem+json"]["schema"],
            json!({"$ref": "#/components/schemas/Problem"})
        );
        assert_eq!(
            description["components"]["schemas"]["Amount"]["required"],
            json!(["amount", "currency"])
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_address_that_is_not_there_is_a_problem() {
        let served = Served::new().await;
        for address in ["/api/v1/participants", "/api/v2/statements", "/api/"] {
            let answer = served.get(address).await;
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (404, "application/problem+json"),
                "{address}"
            );
            assert_eq!(
                answer.json(),
                json!({
                    "type": "urn:problem-type:gtm:not-found",
                    "title": "There is no such thing here",
                    "status": 404,
                    "detail": format!("nothing stands at `{address}`"),
                    "instance": address,
                    "advice": ["Check the address."],
                })
            );
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_method_that_is_not_there_is_a_problem() {
        let served = Served::new().await;
        let answer = served.post("/api/v1/statements", &[]).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET,HEAD"));
        assert_eq!(
            answer.json()["detail"],
            "`/api/v1/statements` does not take the method `POST`"
        );
    }
}
