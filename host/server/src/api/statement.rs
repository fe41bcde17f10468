use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use domain::currency::Currency;
use domain::id::StatementId;
use domain::money::Micros;
use domain::receipt::Receipt;
use serde::Serialize;
use store::statement::StatementFilter;
use utoipa::ToSchema;

use super::ROOT;
use super::problem::Problem;
use crate::serve::App;
use crate::serve::asked::Asked;
use crate::serve::refusal::Refusal;
use crate::statement::{Explained, RevisionPosted, Summary, explain, page};

const LIMIT: u32 = 50;
const MOST: u32 = 1_000;

/// An exact amount.
#[derive(Debug, Serialize, ToSchema)]
pub struct Amount {
    /// A decimal with at least the currency's digits.
    #[schema(example = "107.50")]
    pub amount: String,
    /// ISO 4217, or a unit of the program's own.
    #[schema(example = "GBP")]
    pub currency: String,
}

/// What one participant earned in one program in one period.
#[derive(Debug, Serialize, ToSchema)]
pub struct Statement {
    pub id: String,
    /// The address of everything about it.
    pub href: String,
    /// The program's code.
    pub program: String,
    /// The period's label in the program's calendar.
    #[schema(example = "2011-Q1")]
    pub period: String,
    /// The account's number.
    pub account: String,
    pub name: String,
    /// From 1; it rises when facts or terms change the input.
    pub revision: i64,
    /// Rows that the newest revision rests on.
    pub rows: u64,
    /// What is owed to the participant, from all revisions together.
    pub amount: Amount,
}

/// A page of statements, by period, account number and id.
#[derive(Debug, Serialize, ToSchema)]
pub struct Statements {
    pub statements: Vec<Statement>,
    /// The address of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A statement with everything that explains and proves it.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatementInFull {
    #[serde(flatten)]
    pub statement: Statement,
    pub plugin: Plugin,
    /// From 1.
    pub terms_version: i64,
    /// The arithmetic of the newest revision, in words.
    pub steps: Vec<Step>,
    pub milestones: Vec<Milestone>,
    /// Everything that was posted, oldest first.
    pub transfers: Vec<Transfer>,
    /// Of the newest revision.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Plugin {
    pub id: String,
    pub version: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Step {
    /// The part of the terms that it belongs to.
    pub rule: String,
    pub words: String,
    /// What it adds; absent for a step that only explains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Milestone {
    pub rule: String,
    pub words: String,
    /// What reaching it would pay in addition; absent when that cannot be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worth: Option<Amount>,
}

/// An amount that left one balance of the participant and reached another.
#[derive(Debug, Serialize, ToSchema)]
pub struct Transfer {
    /// The revision that posted it.
    pub revision: i64,
    pub posted_at: String,
    pub rule: String,
    pub debit: String,
    pub credit: String,
    /// Above 0.
    pub amount: Amount,
    /// The day from which it counts.
    pub effective: String,
    /// `original`, `prior-period`, `rate-adjustment` or `reversal`.
    pub reason: &'static str,
}

/// Statements, page by page.
#[utoipa::path(
    get,
    path = "/statements",
    params(
        ("program" = Option<String>, Query, description = "The program's code"),
        ("period" = Option<String>, Query, description = "The period's label, such as `2011-Q1`"),
        ("account" = Option<String>, Query, description = "The account's number, in full"),
        ("after" = Option<String>, Query, description = "The id of the statement after which the page begins"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1_000, description = "How many, 50 unless said otherwise"),
    ),
    responses(
        (status = 200, body = Statements),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 500, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<App>, uri: Uri) -> Result<Json<Statements>, Refusal> {
    let asked = Asked::of(&uri)?.only(&["program", "period", "account", "after", "limit"])?;
    let limit = asked.number("limit", 1, MOST)?.unwrap_or(LIMIT);
    let mut snapshot = app.host.store.read().await?;
    let mut filter = StatementFilter {
        period: asked.get("period").map(str::to_owned),
        ..StatementFilter::default()
    };
    if let Some(code) = asked.get("program") {
        let program = snapshot
            .program(code)
            .await?
            .ok_or_else(|| Refusal::bad_request(format!("there is no program `{code}`")))?;
        if let Some(label) = &filter.period {
            program
                .calendar
                .period(label)
                .map_err(|e| Refusal::bad_request(e.to_string()))?;
        }
        filter.program = Some(program.id);
    }
    if let Some(number) = asked.get("account") {
        let account = snapshot
            .account(number)
            .await?
            .ok_or_else(|| Refusal::bad_request(format!("there is no account `{number}`")))?;
        filter.account = Some(account.id);
    }
    let after = match asked.get("after") {
        None => None,
        Some(id) => {
            let line = snapshot.statement(&StatementId::from(id.to_owned())).await?;
            Some(
                line.ok_or_else(|| Refusal::bad_request(format!("there is no statement `{id}` to go on after")))?
                    .key(),
            )
        }
    };
    let page = page(&mut snapshot, &filter, after.as_ref(), limit).await?;
    let next = page.next.map(|id| next_address(&asked, &id));
    let statements = page.statements.into_iter().map(statement).collect();
    Ok(Json(Statements { statements, next }))
}

/// One statement, with its arithmetic, its transfers and its receipt.
#[utoipa::path(
    get,
    path = "/statements/{id}",
    params(("id" = String, Path, description = "The statement's id")),
    responses(
        (status = 200, body = StatementInFull),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 500, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn show(State(app): State<App>, Path(id): Path<String>, uri: Uri) -> Result<Json<StatementInFull>, Refusal> {
    if uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(Refusal::bad_request("a statement by its id takes no parameters"));
    }
    let mut snapshot = app.host.store.read().await?;
    let line = snapshot.statement(&StatementId::from(id.clone())).await?;
    let line = line.ok_or_else(|| Refusal::not_found(format!("no statement has the id `{id}`")))?;
    Ok(Json(in_full(explain(&mut snapshot, &line).await?)))
}

fn statement(summary: Summary) -> Statement {
    Statement {
        href: format!("{ROOT}/statements/{}", summary.id),
        id: summary.id.to_string(),
        program: summary.program,
        period: summary.period,
        account: summary.account,
        name: summary.name,
        revision: summary.revision,
        rows: summary.rows,
        amount: amount(summary.amount, &summary.currency),
    }
}

fn in_full(explained: Explained) -> StatementInFull {
    let currency = explained.summary.currency.clone();
    let step = |step: crate::explain::Line| Step {
        rule: step.rule,
        words: step.words,
        amount: step.amount.map(|micros| amount(micros, &currency)),
    };
    let milestone = |goal: crate::explain::Goal| Milestone {
        rule: goal.rule,
        words: goal.words,
        worth: goal.worth.map(|micros| amount(micros, &currency)),
    };
    StatementInFull {
        plugin: Plugin {
            id: explained.plugin,
            version: explained.plugin_version,
        },
        terms_version: explained.terms_version,
        steps: explained.steps.into_iter().map(step).collect(),
        milestones: explained.milestones.into_iter().map(milestone).collect(),
        transfers: explained.revisions.iter().flat_map(transfers).collect(),
        receipt: explained.receipt,
        statement: statement(explained.summary),
    }
}

fn transfers(posted: &RevisionPosted) -> impl Iterator<Item = Transfer> {
    posted.transfers.iter().map(|transfer| Transfer {
        revision: posted.number,
        posted_at: posted.posted_at.clone(),
        rule: transfer.rule.clone(),
        debit: transfer.debit.clone(),
        credit: transfer.credit.clone(),
        amount: amount(transfer.amount, &transfer.unit),
        effective: transfer.effective.to_string(),
        reason: transfer.reason.as_str(),
    })
}

/// A unit that is no currency has no digits that are usual.
pub(super) fn amount(micros: Micros, unit: &str) -> Amount {
    let digits = unit.parse().map_or(0, Currency::digits);
    let mut decimal = micros.to_decimal().normalize();
    if decimal.scale() < u32::from(digits) {
        decimal.rescale(digits.into());
    }
    Amount {
        amount: decimal.to_string(),
        currency: unit.to_owned(),
    }
}

fn next_address(asked: &Asked, after: &StatementId) -> String {
    let given = ["program", "period", "account", "limit"].map(|name| (name, asked.get(name)));
    let query: Vec<(&str, Option<&str>)> = given.into_iter().chain([("after", Some(after.as_str()))]).collect();
    portal::path::with_query(format!("{ROOT}/statements"), &query)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::serve::story::Served;

    #[tokio::test(flavor = "multi_thread")]
    async fn statements_are_listed_page_by_page() {
        let served = Served::new().await;
        let answer = served
            .get("/api/v1/statements?program=volume&period=2011-Q1&limit=1")
            .await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "application/json")
        );
        assert_eq!(
            answer.json(),
            json!({
                "statements": [{
                    "id": served.paid, "href": format!("/api/v1/statements/{}", served.paid),
                    "program": "volume", "period": "2011-Q1", "account": "a", "name": "Harbour & Sons",
                    "revision": 2, "rows": 2, "amount": {"amount": "107.50", "currency": "GBP"},
                }],
                "next": format!("/api/v1/statements?program=volume&period=2011-Q1&limit=1&after={}", served.paid),
            })
        );
        let next = served.get(answer.json()["next"].as_str().unwrap()).await.json();
        assert_eq!(next["statements"][0]["account"], "b");
        assert_eq!(
            next["statements"][0]["amount"],
            json!({"amount": "0.00", "currency": "GBP"})
        );
        assert_eq!(
            (next["statements"].as_array().unwrap().len(), next.get("next")),
            (1, None)
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_filter_leaves_out_what_it_does_not_name() {
        let served = Served::new().await;
        let of = async |query: &str| {
            served.get(&format!("/api/v1/statements{query}")).await.json()["statements"]
                .as_array()
                .unwrap()
                .len()
        };
        assert_eq!(of("").await, 2);
        assert_eq!(of("?account=b").await, 1);
        assert_eq!(of("?account=n000").await, 0);
        assert_eq!(of("?period=2011-Q2").await, 0);
        assert_eq!(of("?program=&account=").await, 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_statement_is_told_in_full() {
        let served = Served::new().await;
        let statement = served.get(&format!("/api/v1/statements/{}", served.paid)).await.json();
        assert_eq!(statement["plugin"], json!({"id": "rebate", "version": "1.0.0"}));
        assert_eq!(
            statement["steps"],
            json!([
                {"rule": "volume", "words": "Net sales are 7,700.00"},
                {"rule": "volume", "words": "From 1,000.00 on: 6,700.00 at 2.5 %", "amount": {"amount": "107.50", "currency": "GBP"}},
            ])
        );
        assert_eq!(
            statement["milestones"],
            json!([{"rule": "volume", "words": "12,300.00 to the next tier", "worth": {"amount": "307.50", "currency": "GBP"}}])
        );
        let transfer = |revision: i64, debit: &str, credit: &str, amount: &str, reason: &str| {
            json!({
                "revision": revision, "posted_at": "2011-03-13T07:06:40.123456Z", "rule": "volume", "debit": debit, "credit": credit,
                "amount": {"amount": amount, "currency": "GBP"}, "effective": "2011-03-31", "reason": reason,
            })
        };
        assert_eq!(
            statement["transfers"],
            json!([
                transfer(1, "expense", "payable", "120.00", "original"),
                transfer(2, "payable", "expense", "12.50", "prior-period"),
            ])
        );
        assert_eq!(
            (&statement["receipt"]["revision"], &statement["receipt"]["api"]),
            (&json!(2), &json!("gtm:program@0.1.0"))
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_cannot_be_answered_is_a_problem_with_a_sentence() {
        let served = Served::new().await;
        let cases = [
            (
                "?page=2",
                "there is no parameter `page` here: there are `program`, `period`, `account`, `after`, `limit`",
            ),
            ("?limit=0", "`0` is no value for `limit`: write a number from 1 to 1000"),
            (
                "?limit=many",
                "`many` is no value for `limit`: write a number from 1 to 1000",
            ),
            ("?program=spring", "there is no program `spring`"),
            ("?account=zz", "there is no account `zz`"),
            ("?after=zz", "there is no statement `zz` to go on after"),
            (
                "?program=volume&period=2011-13",
                "`2011-13` is not a period of the calendar `quarter`: write one like `2011-Q1`",
            ),
        ];
        for (query, sentence) in cases {
            let answer = served.get(&format!("/api/v1/statements{query}")).await;
            let problem = answer.json();
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (400, "application/problem+json"),
                "{query}"
            );
            assert_eq!(
                (&problem["type"], &problem["status"]),
                (&json!("urn:problem-type:gtm:bad-request"), &json!(400))
            );
            assert_eq!(
                (&problem["detail"], &problem["instance"]),
                (&json!(sentence), &json!("/api/v1/statements"))
            );
        }
        let answer = served.get("/api/v1/statements/0192f0c1").await;
        assert_eq!(
            (answer.status, &answer.json()["detail"]),
            (404, &json!("no statement has the id `0192f0c1`"))
        );
        let answer = served
            .get(&format!("/api/v1/statements/{}?verbose=1", served.paid))
            .await;
        assert_eq!(answer.status, 400);
    }

    #[test]
    fn amounts_are_written_exactly() {
        let written = |micros, unit| amount(Micros(micros), unit).amount;
        assert_eq!(written(107_500_000, "GBP"), "107.50");
        assert_eq!(written(-1_500, "GBP"), "-0.0015");
        assert_eq!(written(5_000_000, "JPY"), "5");
        assert_eq!(written(1_500_000, "KWD"), "1.500");
        assert_eq!(written(i64::MIN, "points"), "-9223372036854.775808");
        assert_eq!(written(0, "points"), "0");
    }
}
