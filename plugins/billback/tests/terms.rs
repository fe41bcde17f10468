//! Which terms are accepted, and what is said about those that are not.

use gtm_billback::Billback;
use gtm_sdk::{Column, Plan, Problem, Program, RowKind, terms};
use serde_json::{Value, json};

fn plan(terms: &Value) -> Result<Plan, Vec<Problem>> {
    Billback::plan(&terms::parse(&terms.to_string()).map_err(|problem| vec![problem])?)
}

fn with(fields: Value) -> Value {
    let mut promotion =
        json!({ "rule": "spring", "start": "2024-02-01", "end": "2024-02-29", "pays": { "percent": "5 %" } });
    for (name, value) in fields.as_object().unwrap() {
        promotion[name] = value.clone();
    }
    json!({ "promotions": [promotion] })
}

#[track_caller]
fn refused(terms: Value, code: &str, path: &str) {
    let found: Vec<(String, String)> = plan(&terms)
        .expect_err("these terms are not sound")
        .into_iter()
        .map(|problem| (problem.code, problem.path.unwrap_or_default()))
        .collect();
    assert!(found.contains(&(code.into(), path.into())), "{found:?}");
}

#[test]
fn the_kept_schemas_are_those_of_the_terms_and_the_claims() {
    gtm_sdk::testing::schema_is_kept::<Billback>(concat!(env!("CARGO_MANIFEST_DIR"), "/terms.schema.json"));
    gtm_sdk::testing::claim_schema_is_kept::<Billback>(concat!(env!("CARGO_MANIFEST_DIR"), "/claim.schema.json"));
}

#[test]
fn every_example_of_the_readme_is_accepted() {
    let readme = include_str!("../README.md");
    let examples: Vec<&str> = readme
        .split("```json\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert_eq!(examples.len(), 4);
    for example in examples {
        let terms: Value = serde_json::from_str(example).unwrap();
        plan(&terms).unwrap_or_else(|problems| panic!("{example}\n{problems:?}"));
    }
}

#[test]
fn a_plan_asks_for_what_the_terms_use_and_no_more() {
    let percent = plan(&with(json!({}))).unwrap();
    assert_eq!(percent.columns, [Column::NetAmount]);
    assert_eq!(percent.kinds, [RowKind::Sale, RowKind::Return]);
    let scan = json!({ "counts": "point-of-sale", "pays": { "per-unit": [{ "from": "0", "amount": "1" }] } });
    let scan = plan(&with(scan)).unwrap();
    assert_eq!(scan.columns, [Column::Quantity]);
    assert_eq!(scan.kinds, [RowKind::PointOfSale]);
}

#[test]
fn what_cannot_be_meant_is_refused_where_it_stands() {
    refused(json!({ "promotions": [] }), "no-promotions", "/promotions");
    refused(with(json!({ "rule": "Spring!" })), "rule-name", "/promotions/0/rule");
    refused(
        with(json!({ "end": "2024-01-31" })),
        "promotion-days",
        "/promotions/0/end",
    );
    refused(with(json!({ "limit": "-1" })), "amount-negative", "/promotions/0/limit");
    refused(
        with(json!({ "pays": { "percent": "101 %" } })),
        "rate-bounds",
        "/promotions/0/pays/percent",
    );
    refused(
        with(json!({ "pays": { "lump-sum": "-1" } })),
        "amount-negative",
        "/promotions/0/pays/lump-sum",
    );
    let steps = |second: &str| {
        with(
            json!({ "pays": { "per-unit": [{ "from": "1", "until": "5", "amount": "50" }, { "from": second, "amount": "100" }] } }),
        )
    };
    assert!(plan(&steps("6")).is_ok());
    refused(steps("7"), "band-gap", "/promotions/0/pays/per-unit/1/from");
    refused(steps("5"), "band-overlap", "/promotions/0/pays/per-unit/1/from");
    let mut twice = with(json!({}));
    let promotion = twice["promotions"][0].clone();
    twice["promotions"].as_array_mut().unwrap().push(promotion);
    refused(twice, "rule-twice", "/promotions/1/rule");
}
