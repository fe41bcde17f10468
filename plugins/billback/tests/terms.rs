//! Which terms are accepted, and what is said about those that are not.

use gtm_billback::Billback;
use gtm_sdk::{Column, Plan, Problem, RowKind, testing};
use serde_json::{Value, json};

fn plan(terms: &Value) -> Result<Plan, Vec<Problem>> {
    testing::plan::<Billback>(terms)
}

fn with(fields: Value) -> Value {
    let promotion = testing::with(
        json!({ "rule": "spring", "start": "2024-02-01", "end": "2024-02-29", "pays": { "percent": "5 %" } }),
        fields,
    );
    json!({ "promotions": [promotion] })
}

#[track_caller]
fn refused(terms: Value, code: &str, path: &str) {
    testing::refused::<Billback>(&terms, code, path);
}

#[test]
fn the_kept_schemas_are_those_of_the_terms_and_the_claims() {
    testing::schema_is_kept::<Billback>(concat!(env!("CARGO_MANIFEST_DIR"), "/terms.schema.json"));
    testing::claim_schema_is_kept::<Billback>(concat!(env!("CARGO_MANIFEST_DIR"), "/claim.schema.json"));
}

#[test]
fn every_example_of_the_readme_is_accepted() {
    testing::readme_is_accepted::<Billback>(include_str!("../README.md"), 5);
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
    let written_off = |tolerance: Value| testing::with(with(json!({})), json!({ "write-off": tolerance }));
    refused(
        written_off(json!({ "amount": "-1" })),
        "amount-negative",
        "/write-off/amount",
    );
    refused(
        written_off(json!({ "percent": "101 %" })),
        "rate-bounds",
        "/write-off/percent",
    );
    let mut twice = with(json!({}));
    let promotion = twice["promotions"][0].clone();
    twice["promotions"].as_array_mut().unwrap().push(promotion);
    refused(twice, "rule-twice", "/promotions/1/rule");
}

#[test]
fn who_may_take_part_goes_by_the_profile() {
    testing::eligibility_goes_by_the_profile::<Billback>(&with(json!({})));
}
