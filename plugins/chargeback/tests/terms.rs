//! Which terms are accepted, and what is said about those that are not.

use gtm_chargeback::Chargeback;
use gtm_sdk::{Column, Plan, Problem, RowKind, Window, testing};
use serde_json::{Value, json};

fn plan(terms: &Value) -> Result<Plan, Vec<Problem>> {
    testing::plan::<Chargeback>(terms)
}

fn claims(fields: Value) -> Value {
    json!({ "claims": fields })
}

fn change(fields: Value) -> Value {
    let change = testing::with(
        json!({ "rule": "march", "day": "2024-03-01", "prices": [{ "old": "10", "new": "8" }] }),
        fields,
    );
    json!({ "price-changes": [change] })
}

#[track_caller]
fn refused(terms: Value, code: &str, path: &str) {
    testing::refused::<Chargeback>(&terms, code, path);
}

#[test]
fn the_kept_schemas_are_those_of_the_terms_and_the_claims() {
    testing::schema_is_kept::<Chargeback>(concat!(env!("CARGO_MANIFEST_DIR"), "/terms.schema.json"));
    testing::claim_schema_is_kept::<Chargeback>(concat!(env!("CARGO_MANIFEST_DIR"), "/claim.schema.json"));
}

#[test]
fn every_example_of_the_readme_is_accepted() {
    testing::readme_is_accepted::<Chargeback>(include_str!("../README.md"), 6);
}

#[test]
fn a_plan_asks_for_what_the_terms_use_and_no_more() {
    let claims_alone = plan(&claims(json!({}))).unwrap();
    assert!(claims_alone.agreements && !claims_alone.inventory);
    assert!(claims_alone.kinds.is_empty() && claims_alone.columns.is_empty() && claims_alone.windows.is_empty());
    assert!(plan(&claims(json!({ "checks-inventory": true }))).unwrap().inventory);

    let protection = plan(&change(json!({}))).unwrap();
    assert!(!protection.agreements && !protection.inventory);
    assert_eq!(
        protection.kinds,
        [RowKind::Sale, RowKind::Return, RowKind::PointOfSale, RowKind::Inventory]
    );
    assert_eq!(protection.columns, [Column::Product, Column::Quantity]);
    assert_eq!(protection.windows, [Window::SinceStart]);
    assert!(protection.selectors.is_empty());
    let notebooks =
        json!([{ "products": { "include": [{ "category": "goods/notebooks" }] }, "old": "10", "new": "8" }]);
    assert_eq!(
        plan(&change(json!({ "prices": notebooks }))).unwrap().selectors.len(),
        1
    );
}

#[test]
fn what_cannot_be_meant_is_refused_where_it_stands() {
    refused(json!({}), "no-terms", "");
    refused(
        claims(json!({ "authorised": { "margin-percent": "101 %" } })),
        "rate-bounds",
        "/claims/authorised/margin-percent",
    );
    refused(
        claims(json!({ "authorised": { "margin-amount": "-1" } })),
        "amount-negative",
        "/claims/authorised/margin-amount",
    );
    refused(
        claims(json!({ "tolerance": { "amount": "-0.01" } })),
        "amount-negative",
        "/claims/tolerance/amount",
    );
    refused(
        claims(json!({ "tolerance": { "percent": "-1 %" } })),
        "rate-bounds",
        "/claims/tolerance/percent",
    );
    refused(
        claims(json!({ "tolerance": { "percent": "0.0000001 %" } })),
        "rate-bounds",
        "/claims/tolerance/percent",
    );

    refused(
        change(json!({ "rule": "March!" })),
        "rule-name",
        "/price-changes/0/rule",
    );
    refused(change(json!({ "prices": [] })), "no-prices", "/price-changes/0/prices");
    refused(
        change(json!({ "prices": [{ "old": "10", "new": "10.00" }] })),
        "price-same",
        "/price-changes/0/prices/0/new",
    );
    refused(
        change(json!({ "prices": [{ "old": "-10", "new": "8" }] })),
        "amount-negative",
        "/price-changes/0/prices/0/old",
    );
    refused(
        change(json!({ "reported-within-days": 367 })),
        "days",
        "/price-changes/0/reported-within-days",
    );
    refused(
        change(json!({ "bought-within-days": 0 })),
        "days",
        "/price-changes/0/bought-within-days",
    );
    refused(
        change(json!({ "limit": "-1" })),
        "amount-negative",
        "/price-changes/0/limit",
    );
    let empty = json!([{ "products": { "include": [{ "sku": "" }] }, "old": "10", "new": "8" }]);
    refused(
        change(json!({ "prices": empty })),
        "product-test",
        "/price-changes/0/prices/0/products/include/0",
    );
    let mut twice = change(json!({}));
    let first = twice["price-changes"][0].clone();
    twice["price-changes"].as_array_mut().unwrap().push(first);
    refused(twice, "rule-twice", "/price-changes/1/rule");
    let price =
        |number| json!({ "products": { "include": [{ "sku": format!("A-{number}") }] }, "old": "10", "new": "8" });
    let prices: Vec<Value> = (0..33).map(price).collect();
    refused(
        change(json!({ "prices": prices })),
        "too-many-selectors",
        "/price-changes",
    );
}

#[test]
fn who_may_take_part_goes_by_the_profile() {
    testing::eligibility_goes_by_the_profile::<Chargeback>(&claims(json!({})));
}
