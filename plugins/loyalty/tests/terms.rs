//! Which terms are accepted, and what is said about those that are not.

use gtm_loyalty::Loyalty;
use gtm_sdk::{Column, Plan, Problem, Window, testing};
use serde_json::{Value, json};

fn plan(terms: &Value) -> Result<Plan, Vec<Problem>> {
    testing::plan::<Loyalty>(terms)
}

fn with(fields: Value) -> Value {
    testing::with(
        json!({ "earn": [{ "measure": "net", "per": "10", "points": "1" }] }),
        fields,
    )
}

#[track_caller]
fn refused(fields: Value, code: &str, path: &str) {
    testing::refused::<Loyalty>(&with(fields), code, path);
}

#[test]
fn the_kept_schema_is_that_of_the_terms() {
    testing::schema_is_kept::<Loyalty>(concat!(env!("CARGO_MANIFEST_DIR"), "/terms.schema.json"));
}

#[test]
fn every_example_of_the_readme_is_accepted() {
    testing::readme_is_accepted::<Loyalty>(include_str!("../README.md"), 7);
}

#[test]
fn a_plan_asks_for_what_the_terms_use_and_no_more() {
    let simple = plan(&with(json!({}))).unwrap();
    assert_eq!(simple.columns, [Column::Quantity, Column::NetAmount]);
    assert_eq!(simple.windows, [Window::SinceStart]);
    assert!(simple.selectors.is_empty() && simple.attributes.is_empty());
    let products = json!({ "purchase-by": "receipt", "earn": [
        { "rule": "cups", "products": { "include": [{ "sku": "CUP-1" }] }, "measure": "quantity", "per": "1", "points": "5" },
        { "rule": "all", "measure": "gross", "per": "1", "points": "1" },
    ] });
    let plan = plan(&with(products)).unwrap();
    assert_eq!(
        plan.selectors.len(),
        2,
        "everything is sent, since points are used without a product"
    );
    assert!(plan.selectors[0].include.is_empty());
    assert_eq!(plan.columns, [Column::Quantity, Column::GrossAmount]);
    assert_eq!(plan.attributes, ["receipt"]);
    let or = json!([{ "tier": "silver", "from": "1000", "or": [{ "by": "gross", "from": "500" }] }]);
    let or = self::plan(&with(
        json!({ "tiers": { "by": "points", "window": "calendar-year", "tiers": or } }),
    ))
    .unwrap();
    assert_eq!(or.columns, [Column::Quantity, Column::NetAmount, Column::GrossAmount]);
}

#[test]
fn what_cannot_be_meant_is_refused_where_it_stands() {
    let earn = |rule: Value| {
        let base = json!({ "measure": "net", "per": "10", "points": "1" });
        json!({ "earn": [testing::with(base, rule)] })
    };
    refused(json!({ "earn": [] }), "no-rules", "/earn");
    refused(earn(json!({ "per": "0" })), "above-zero", "/earn/0/per");
    refused(earn(json!({ "points": "-1" })), "multiplier", "/earn/0/points");
    refused(earn(json!({ "rule": "Base Points" })), "rule-name", "/earn/0/rule");
    refused(earn(json!({ "rule": "expired" })), "rule-reserved", "/earn/0/rule");
    refused(
        earn(json!({ "counts-for": "tier" })),
        "counts-for",
        "/earn/0/counts-for",
    );
    let campaign = |start: &str, multiplier: &str, rule: &str| json!({ "campaigns": [{ "campaign": "spring", "start": start, "end": "2024-03-31", "multiplier": multiplier, "rules": [rule] }] });
    refused(
        campaign("2024-04-01", "2", "purchases"),
        "campaign-days",
        "/campaigns/0/end",
    );
    refused(
        campaign("2024-03-01", "0", "purchases"),
        "multiplier",
        "/campaigns/0/multiplier",
    );
    refused(
        campaign("2024-03-01", "2", "other"),
        "campaign-rule",
        "/campaigns/0/rules/0",
    );
    let tiers =
        |tiers: Value| json!({ "tiers": { "by": "points", "window": { "rolling-months": 0 }, "tiers": tiers } });
    refused(tiers(json!([])), "tier-none", "/tiers/tiers");
    refused(tiers(json!([])), "window-months", "/tiers/window");
    let two = json!([{ "tier": "gold", "from": "5" }, { "tier": "gold", "from": "4.5" }]);
    refused(tiers(two.clone()), "tier-name", "/tiers/tiers/1/tier");
    refused(tiers(two.clone()), "tier-order", "/tiers/tiers/1/from");
    refused(tiers(two), "points-fraction", "/tiers/tiers/1/from");
    let or = |second: Value| {
        tiers(json!([
            { "tier": "silver", "from": "1000", "or": [{ "by": "purchases", "from": "10" }] },
            { "tier": "gold", "from": "5000", "or": second },
        ]))
    };
    let at = |rest: &str| format!("/tiers/tiers/1/or/0/{rest}");
    refused(
        or(json!([{ "by": "purchases", "from": "10" }])),
        "tier-order",
        &at("from"),
    );
    refused(or(json!([{ "by": "net", "from": "0" }])), "tier-order", &at("from"));
    refused(
        or(json!([{ "by": "purchases", "from": "10.5" }])),
        "points-fraction",
        &at("from"),
    );
    refused(
        or(json!([{ "by": "points", "from": "6000" }])),
        "tier-rule-twice",
        &at("by"),
    );
    refused(json!({ "pending-days": 9999 }), "pending-days", "/pending-days");
    refused(
        json!({ "expiry": { "after": { "days": 0 } } }),
        "expiry",
        "/expiry/after",
    );
    refused(
        json!({ "pending-days": 30, "expiry": { "after": { "months": 1 } } }),
        "expiry-pending",
        "/expiry/after",
    );
    let liability = |value: &str, rate: &str| json!({ "liability": { "value-per-point": value, "expected-use": [{ "from": "2024-01-01", "rate": "80 %" }, { "from": "2024-01-01", "rate": rate }] } });
    refused(liability("0", "80 %"), "value-per-point", "/liability/value-per-point");
    refused(
        liability("1", "80 %"),
        "estimate-order",
        "/liability/expected-use/1/from",
    );
    refused(liability("1", "0 %"), "rate-bounds", "/liability/expected-use/1/rate");
    refused(liability("1", "101 %"), "rate-bounds", "/liability/expected-use/1/rate");
}

#[test]
fn who_may_take_part_goes_by_the_profile() {
    testing::eligibility_goes_by_the_profile::<Loyalty>(&with(json!({})));
}
