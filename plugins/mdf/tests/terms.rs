//! Which terms are accepted, and what is said about those that are not.

use gtm_mdf::form::RequestForm;
use gtm_mdf::{Mdf, REQUEST_SCHEMA};
use gtm_sdk::{Column, Plan, Problem, RowKind, Window, testing};
use serde_json::{Value, json};

fn plan(terms: &Value) -> Result<Plan, Vec<Problem>> {
    testing::plan::<Mdf>(terms)
}

/// Sound terms with some fields given otherwise.
fn with(fields: Value) -> Value {
    testing::with(
        json!({ "fund": "discretionary", "activities": [{ "activity": "fair", "participation": "50 %" }] }),
        fields,
    )
}

fn co_op(fields: Value) -> Value {
    let co_op = testing::with(json!({ "accrues": [{ "rate": "3 %" }] }), fields);
    with(json!({ "fund": { "co-op": co_op } }))
}

fn windows(fields: Value) -> Value {
    let windows = testing::with(
        json!({ "from": "2024-01-01", "earning-months": 6, "usage-months": 6, "claim-days": 45 }),
        fields,
    );
    co_op(json!({ "windows": windows }))
}

fn activity(fields: Value) -> Value {
    let activity = testing::with(json!({ "activity": "fair", "participation": "50 %" }), fields);
    with(json!({ "activities": [activity] }))
}

#[track_caller]
fn refused(terms: Value, code: &str, path: &str) {
    testing::refused::<Mdf>(&terms, code, path);
}

#[test]
fn the_kept_schemas_are_those_of_the_terms_the_claims_and_the_requests() {
    let file = |name: &str| format!("{}/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    testing::schema_is_kept::<Mdf>(file("terms"));
    testing::claim_schema_is_kept::<Mdf>(file("claim"));
    testing::request_schema_is_kept::<RequestForm>(file("request"), REQUEST_SCHEMA);
}

#[test]
fn every_example_of_the_readme_is_accepted() {
    testing::readme_is_accepted::<Mdf>(include_str!("../README.md"), 5);
}

#[test]
fn a_plan_asks_for_what_the_terms_use_and_no_more() {
    let discretionary = plan(&with(json!({}))).unwrap();
    assert!(discretionary.kinds.is_empty(), "there is nothing to work out");
    assert!(discretionary.columns.is_empty() && discretionary.balances.is_empty());

    let plain = plan(&co_op(json!({}))).unwrap();
    assert_eq!(plain.kinds, [RowKind::Sale, RowKind::Return]);
    assert_eq!(plain.columns, [Column::NetAmount]);
    assert!(plain.windows.is_empty() && plain.selectors.is_empty());
    assert_eq!(plain.balances, ["fund"]);

    let windowed = plan(&windows(json!({}))).unwrap();
    assert_eq!(windowed.windows, [Window::SinceStart]);
    assert_eq!(windowed.balances, ["fund", "budget"]);

    let last_year = plan(&co_op(json!({ "on": "same-period-last-year" }))).unwrap();
    assert_eq!(last_year.windows, [Window::SamePeriodLastYear]);

    let limit = json!({ "limit": { "share": { "figure": "purchases-last-year", "rate": "1 %" } } });
    let limited = plan(&with(limit)).unwrap();
    assert_eq!(limited.agreed, ["purchases-last-year"]);
    assert_eq!(limited.balances, ["budget", "accrued", "earned", "expired"]);
}

#[test]
fn who_is_paid_for_no_activity_does_not_take_part() {
    let terms = json!({ "fund": "discretionary", "activities": [{ "activity": "fair", "tiers": [{ "tier": "gold", "participation": "50 %" }] }] });
    let verdict = |tier: Option<&str>| {
        let profile: Vec<_> = tier.map(|tier| ("tier", tier)).into_iter().collect();
        testing::assess::<Mdf>(&terms, &profile)
    };
    assert!(verdict(Some("gold")).eligible);
    let silver = verdict(Some("silver"));
    assert!(!silver.eligible);
    assert_eq!(
        silver.reasons,
        ["no activity of the program is open to the tier `silver`"]
    );
    assert!(!verdict(None).eligible);
    // What keeps somebody out by the profile is told beside it.
    let british = testing::with(terms, json!({ "eligibility": { "country": ["GB"] } }));
    let told = testing::assess::<Mdf>(&british, &[("country", "FR"), ("tier", "silver")]);
    assert_eq!(
        told.reasons,
        [
            "`country` is FR, and takes GB",
            "no activity of the program is open to the tier `silver`"
        ]
    );
}

#[test]
fn what_cannot_be_meant_of_a_fund_is_refused_where_it_stands() {
    let path = |rest: &str| format!("/fund/co-op{rest}");
    refused(co_op(json!({ "accrues": [] })), "no-accrual", &path("/accrues"));
    for rate in ["0 %", "-1 %", "100.1 %", "0.00001 %"] {
        let terms = co_op(json!({ "accrues": [{ "rate": rate }] }));
        refused(terms, "rate-bounds", &path("/accrues/0/rate"));
    }
    let products = json!({ "accrues": [{ "rate": "3 %", "products": { "include": [{ "sku": "" }] } }] });
    refused(co_op(products), "product-test", &path("/accrues/0/products/include/0"));
    refused(co_op(json!({ "at-most": {} })), "at-most-empty", &path("/at-most"));
    let below = json!({ "at-most": { "amount": "-1" } });
    refused(co_op(below), "amount-negative", &path("/at-most/amount"));
    refused(co_op(json!({ "rebate": "101 %" })), "rate-bounds", &path("/rebate"));

    refused(
        windows(json!({ "from": "1969-12-31" })),
        "windows-from",
        &path("/windows/from"),
    );
    refused(
        windows(json!({ "from": "2200-01-01" })),
        "windows-from",
        &path("/windows/from"),
    );
    refused(
        windows(json!({ "earning-months": 0 })),
        "window-months",
        &path("/windows/earning-months"),
    );
    refused(
        windows(json!({ "usage-months": 61 })),
        "window-months",
        &path("/windows/usage-months"),
    );
    refused(
        windows(json!({ "claim-days": 3651 })),
        "days",
        &path("/windows/claim-days"),
    );
    let below = json!({ "converts-below": "-0.01" });
    refused(windows(below), "amount-negative", &path("/windows/converts-below"));
    let mut last_year = windows(json!({}));
    last_year["fund"]["co-op"]["on"] = json!("same-period-last-year");
    refused(last_year, "last-year-windows", &path("/on"));
    let mut last_year = windows(json!({}));
    last_year["fund"]["co-op"]["at-most"] = json!({ "of-last-year": "1 %" });
    refused(last_year, "last-year-windows", &path("/at-most/of-last-year"));
}

#[test]
fn what_cannot_be_meant_of_an_activity_is_refused_where_it_stands() {
    refused(with(json!({ "activities": [] })), "no-activities", "/activities");
    refused(
        activity(json!({ "activity": "Trade Fair" })),
        "activity-name",
        "/activities/0/activity",
    );
    refused(
        activity(json!({ "participation": "0 %" })),
        "rate-bounds",
        "/activities/0/participation",
    );
    refused(
        activity(json!({ "participation": null })),
        "no-share",
        "/activities/0/participation",
    );
    refused(activity(json!({ "cap": "-1" })), "amount-negative", "/activities/0/cap");
    refused(
        activity(json!({ "proofs": ["Photo-1"] })),
        "proof-kind",
        "/activities/0/proofs/0",
    );
    let unpaid = json!({ "participation": null, "tiers": [{ "tier": "gold" }] });
    refused(activity(unpaid), "no-share", "/activities/0/tiers/0/participation");
    let twice = json!({ "tiers": [{ "tier": "gold", "cap": "1" }, { "tier": "gold", "cap": "2" }] });
    refused(activity(twice), "tier-twice", "/activities/0/tiers/1/tier");
    let mut two = with(json!({}));
    let same = two["activities"][0].clone();
    two["activities"].as_array_mut().unwrap().push(same);
    refused(two, "activity-twice", "/activities/1/activity");

    refused(with(json!({ "request-days": 3651 })), "days", "/request-days");
    refused(with(json!({ "claim-days": 3651 })), "days", "/claim-days");
    refused(with(json!({ "limit": {} })), "limit-empty", "/limit");
    refused(
        with(json!({ "limit": { "amount": "-1" } })),
        "amount-negative",
        "/limit/amount",
    );
    let share = |figure: &str, rate: &str| with(json!({ "limit": { "share": { "figure": figure, "rate": rate } } }));
    refused(share("", "1 %"), "figure-code", "/limit/share/figure");
    refused(share("purchases", "0 %"), "rate-bounds", "/limit/share/rate");
}

#[test]
fn who_may_take_part_goes_by_the_profile() {
    testing::eligibility_goes_by_the_profile::<Mdf>(&with(json!({})));
}
