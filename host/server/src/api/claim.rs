use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use domain::adjudication::ClaimKind;
use domain::claim::Status;
use domain::id::ClaimId;
use domain::money::Micros;
use serde::Serialize;
use serde_json::Value;
use store::claim::read::ClaimFilter;
use utoipa::ToSchema;

use super::ROOT;
use super::problem::Problem;
use super::statement::{Amount, amount};
use crate::claim::show::{self, Shown, Summary};
use crate::serve::App;
use crate::serve::asked::Asked;
use crate::serve::refusal::Refusal;

const LIMIT: u32 = 50;
const MOST: u32 = 1_000;

/// A request, a claim or a deduction.
#[derive(Debug, Serialize, ToSchema)]
pub struct Claim {
    pub id: String,
    /// The address of everything about it.
    pub href: String,
    /// The program's code.
    pub program: String,
    /// Unique in its program.
    #[schema(example = "C-7")]
    pub number: String,
    /// `request`, `claim` or `deduction`.
    pub kind: &'static str,
    /// The account's number.
    pub account: String,
    pub name: String,
    /// `draft`, `held`, `in-review`, `approved`, `adjusted`, `denied`, `disputed`, `settled` or `withdrawn`.
    pub status: &'static str,
    pub submitted: String,
    pub claimed: Amount,
    /// What would be approved while it is in review, and what was once it is decided.
    pub approved: Amount,
    /// Given up at the company's expense, likewise.
    pub written_off: Amount,
    /// The name of the document that settled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settlement: Option<String>,
}

/// A page of claims, in the order in which they were written.
#[derive(Debug, Serialize, ToSchema)]
pub struct Claims {
    pub claims: Vec<Claim>,
    /// The address of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimInFull {
    #[serde(flatten)]
    pub claim: Claim,
    /// Number of the request that it draws on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The deduction in another program that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<Elsewhere>,
    /// What was filled in for the claim as a whole, by the plugin's schema.
    #[schema(value_type = Object)]
    pub fields: Value,
    pub lines: Vec<Line>,
    /// Oldest first.
    pub history: Vec<Event>,
    /// The last day on which it is kept.
    pub retained_until: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Line {
    /// From 1.
    pub number: u32,
    #[schema(value_type = Object)]
    pub fields: Value,
    pub claimed: Amount,
    /// By the plugin's newest ruling; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ruled: Option<Amount>,
    /// As a person decided; absent before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<Amount>,
    /// Every reason of the plugin's.
    pub reasons: Vec<Reason>,
    /// Why a person paid less than was ruled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Those into which a person split it; they sum to what was claimed. Empty where nobody did.
    pub parts: Vec<Part>,
}

/// A part of a deduction's line.
#[derive(Debug, Serialize, ToSchema)]
pub struct Part {
    /// `matched`, `charged-back`, `written-off` or `moved`.
    pub treatment: &'static str,
    /// Above 0.
    pub amount: Amount,
    /// The deduction in another program that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<Elsewhere>,
}

/// A deduction in another program.
#[derive(Debug, Serialize, ToSchema)]
pub struct Elsewhere {
    /// PROGRAM/NUMBER.
    #[schema(example = "displays/C-9")]
    pub name: String,
    /// The address of everything about it.
    pub href: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Reason {
    pub code: String,
    pub message: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    pub at: String,
    pub actor: String,
    /// Such as `submit` or `decide`.
    pub event: String,
    /// What the claim was afterwards.
    pub status: &'static str,
    pub words: String,
}

/// Claims, page by page.
#[utoipa::path(
    get,
    path = "/claims",
    params(
        ("program" = Option<String>, Query, description = "The program's code"),
        ("account" = Option<String>, Query, description = "The account's number, in full"),
        ("status" = Option<String>, Query, description = "Such as `in-review`"),
        ("kind" = Option<String>, Query, description = "`request`, `claim` or `deduction`"),
        ("after" = Option<String>, Query, description = "The id of the claim after which the page begins"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1_000, description = "How many, 50 unless said otherwise"),
    ),
    responses(
        (status = 200, body = Claims),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 500, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<App>, uri: Uri) -> Result<Json<Claims>, Refusal> {
    let asked = Asked::of(&uri)?.only(&["program", "account", "status", "kind", "after", "limit"])?;
    let limit = asked.number("limit", 1, MOST)?.unwrap_or(LIMIT);
    let refused = |e: domain::Error| Refusal::bad_request(e.to_string());
    let mut filter = ClaimFilter {
        status: asked
            .get("status")
            .map(str::parse::<Status>)
            .transpose()
            .map_err(refused)?,
        kind: asked
            .get("kind")
            .map(str::parse::<ClaimKind>)
            .transpose()
            .map_err(refused)?,
        ..ClaimFilter::default()
    };
    let mut snapshot = app.host.store.read().await?;
    if let Some(code) = asked.get("program") {
        let program = snapshot.program(code).await?;
        let program = program.ok_or_else(|| Refusal::bad_request(format!("there is no program `{code}`")))?;
        filter.program = Some(program.id);
    }
    if let Some(number) = asked.get("account") {
        let account = snapshot.account(number).await?;
        let account = account.ok_or_else(|| Refusal::bad_request(format!("there is no account `{number}`")))?;
        filter.account = Some(account.id);
    }
    let after = asked.get("after").map(|id| ClaimId::from(id.to_owned()));
    if let Some(id) = &after
        && snapshot.claim(id).await?.is_none()
    {
        return Err(Refusal::bad_request(format!("there is no claim `{id}` to go on after")));
    }
    let page = show::page(&mut snapshot, &filter, after.as_ref(), limit).await?;
    let next = page.next.map(|id| {
        let given = ["program", "account", "status", "kind", "limit"].map(|name| (name, asked.get(name)));
        let query: Vec<(&str, Option<&str>)> = given.into_iter().chain([("after", Some(id.as_str()))]).collect();
        portal::path::with_query(format!("{ROOT}/claims"), &query)
    });
    Ok(Json(Claims {
        claims: page.claims.into_iter().map(claim).collect(),
        next,
    }))
}

/// One claim with its lines, every reason and its history.
#[utoipa::path(
    get,
    path = "/claims/{id}",
    params(("id" = String, Path, description = "The claim's id")),
    responses(
        (status = 200, body = ClaimInFull),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 500, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn show(State(app): State<App>, Path(id): Path<String>) -> Result<Json<ClaimInFull>, Refusal> {
    let kept = app.host.store.read().await?.claim(&ClaimId::from(id.clone())).await?;
    let kept = kept.ok_or_else(|| Refusal::not_found(format!("there is no claim `{id}`")))?;
    Ok(Json(in_full(show::show(&app.host, &kept.id).await?)))
}

fn in_full(shown: Shown) -> ClaimInFull {
    let currency = shown.summary.currency.clone();
    let money = |of: Micros| amount(of, &currency);
    let lines = shown.lines.into_iter().map(|line| Line {
        number: line.number,
        fields: line.fields,
        claimed: money(line.claimed),
        ruled: line.ruled.map(money),
        approved: line.approved.map(money),
        reasons: line
            .reasons
            .into_iter()
            .map(|reason| Reason {
                code: reason.code,
                message: reason.message,
            })
            .collect(),
        reason: line.reason,
        parts: line
            .parts
            .into_iter()
            .map(|part| Part {
                treatment: part.treatment.as_str(),
                amount: money(part.amount),
                moved_to: part.moved_to.map(elsewhere),
            })
            .collect(),
    });
    let history = shown.history.into_iter().map(|happened| Event {
        at: happened.at,
        actor: happened.actor,
        event: happened.event,
        status: happened.to.as_str(),
        words: happened.words,
    });
    ClaimInFull {
        lines: lines.collect(),
        history: history.collect(),
        request: shown.request,
        moved_from: shown.moved_from.map(elsewhere),
        fields: shown.fields,
        retained_until: shown.retained_until.to_string(),
        claim: claim(shown.summary),
    }
}

fn elsewhere(there: show::Elsewhere) -> Elsewhere {
    Elsewhere {
        href: format!("{ROOT}/claims/{}", there.id),
        name: there.name,
    }
}

fn claim(summary: Summary) -> Claim {
    Claim {
        href: format!("{ROOT}/claims/{}", summary.id),
        id: summary.id.to_string(),
        program: summary.program,
        number: summary.number,
        kind: summary.kind.as_str(),
        account: summary.account,
        name: summary.name,
        status: summary.status.as_str(),
        submitted: summary.submitted.to_string(),
        claimed: amount(summary.claimed, &summary.currency),
        approved: amount(summary.approved, &summary.currency),
        written_off: amount(summary.written_off, &summary.currency),
        settlement: summary.settlement,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::serve::story::Served;

    #[tokio::test(flavor = "multi_thread")]
    async fn claims_are_listed_and_shown_with_their_lines() {
        let served = Served::with_fund().await;
        assert_eq!(served.get("/api/v1/claims").await.json(), json!({ "claims": [] }));
        let typed = [
            ("/account", "a"),
            ("/fields/activity", "campaign"),
            ("/fields/start", "2011-02-07"),
            ("/fields/end", "2011-02-11"),
            ("/lines/0/claimed", "1200"),
            ("/lines/0/fields/supplier", "Printers Ltd"),
            ("/lines/0/fields/invoice", "INV-1"),
            ("/lines/0/fields/cost", "1200"),
            ("do", "submit"),
        ];
        served.fill("/programs/fund/claims/new", &typed, &[]).await;
        let page = served
            .get("/api/v1/claims?program=fund&account=a&status=in-review&kind=claim")
            .await;
        let listed = &page.json()["claims"][0];
        assert_eq!(
            (&listed["number"], &listed["claimed"], &listed["approved"]),
            (
                &json!("C-1"),
                &json!({"amount": "1200.00", "currency": "GBP"}),
                &json!({"amount": "1000.00", "currency": "GBP"}),
            )
        );
        let full = served.get(listed["href"].as_str().unwrap()).await.json();
        let line = &full["lines"][0];
        assert_eq!(
            (
                &line["fields"]["invoice"],
                &line["ruled"]["amount"],
                line.get("approved")
            ),
            (&json!("INV-1"), &json!("1000.00"), None)
        );
        assert!(line["reasons"][0]["code"].is_string(), "{line}");
        assert_eq!(full["history"][1]["event"], "submit");
        let id = full["id"].as_str().unwrap();
        assert_eq!(
            served.get(&format!("/api/v1/claims?after={id}")).await.json(),
            json!({ "claims": [] })
        );
        for (address, status, sentence) in [
            ("/x", 404, "there is no claim `x`"),
            ("?after=x", 400, "there is no claim `x` to go on after"),
            ("?account=zz", 400, "there is no account `zz`"),
            (
                "?kind=wish",
                400,
                "`wish` is no kind of claim: write request, claim or deduction",
            ),
        ] {
            let answer = served.get(&format!("/api/v1/claims{address}")).await;
            assert_eq!((answer.status, &answer.json()["detail"]), (status, &json!(sentence)));
        }
    }
}
