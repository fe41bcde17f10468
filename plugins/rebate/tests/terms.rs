//! Which terms are accepted, and what is said about those that are not.

use gtm_rebate::Rebate;
use gtm_sdk::{Plan, Problem, RowKind, Window, testing};
use serde_json::{Value, json};

fn plan(terms: &Value) -> Result<Plan, Vec<Problem>> {
    testing::plan::<Rebate>(terms)
}

/// Code and place of each problem with one rule.
fn problems(rule: Value) -> Vec<(String, String)> {
    let found = plan(&json!({ "rules": [rule] })).expect_err("these terms are not sound");
    found
        .into_iter()
        .map(|problem| (problem.code, problem.path.unwrap_or_default()))
        .collect()
}

fn with(fields: Value) -> Value {
    testing::with(
        json!({ "measure": "net", "tiers": [{ "from": "1000", "rate": "1 %" }] }),
        fields,
    )
}

#[track_caller]
fn refused(fields: Value, code: &str, path: &str) {
    testing::refused::<Rebate>(&json!({ "rules": [with(fields)] }), code, &format!("/rules/0{path}"));
}

#[test]
fn the_kept_schema_is_that_of_the_terms() {
    testing::schema_is_kept::<Rebate>(concat!(env!("CARGO_MANIFEST_DIR"), "/terms.schema.json"));
}

#[test]
fn every_example_of_the_readme_is_accepted() {
    testing::readme_is_accepted::<Rebate>(include_str!("../README.md"), 10);
}

#[test]
fn a_plan_asks_for_what_the_terms_use_and_no_more() {
    let simple = plan(&json!({ "rules": [with(json!({}))] })).unwrap();
    assert_eq!(simple.kinds, [RowKind::Sale, RowKind::Return, RowKind::Adjustment]);
    assert_eq!(simple.columns.len(), 1);
    assert!(simple.windows.is_empty() && simple.selectors.is_empty() && simple.agreed.is_empty());
    assert_eq!(simple.roll_up_levels, Some(0));

    let terms = json!({ "roll-up": { "levels": 2 }, "rules": [
        with(json!({ "rule": "a", "products": { "include": [{ "sku": "CUP-1" }] }, "cap": { "year": "100" }, "split": "products" })),
        with(json!({ "rule": "b", "qualifier": { "measure": "quantity", "products": { "include": [{ "sku": "CUP-1" }] } } })),
        with(json!({ "rule": "c", "counts": { "orders": "accrue", "returns": "ignore", "adjustments": "ignore" } })),
    ] });
    let plan = plan(&terms).unwrap();
    assert_eq!(plan.selectors.len(), 2, "equal sets of products share a selector");
    assert_eq!(plan.windows, [Window::YearToDate]);
    assert_eq!(plan.columns.len(), 3);
    assert_eq!(plan.roll_up_levels, Some(2));
    assert!(plan.kinds.contains(&RowKind::Order));
}

#[test]
fn a_gap_an_overlap_and_tiers_out_of_order_are_found_where_they_are() {
    let tiers = |tiers: Value| json!({ "tiers": tiers });
    refused(
        tiers(json!([{ "from": "0", "until": "900", "rate": "1 %" }, { "from": "1000", "rate": "2 %" }])),
        "band-gap",
        "/tiers/1/from",
    );
    refused(
        tiers(json!([{ "from": "0", "until": "1100", "rate": "1 %" }, { "from": "1000", "rate": "2 %" }])),
        "band-overlap",
        "/tiers/1/from",
    );
    refused(
        tiers(json!([{ "from": "1000", "rate": "1 %" }, { "from": "500", "rate": "2 %" }])),
        "tier-order",
        "/tiers/1/from",
    );
    refused(
        tiers(json!([{ "from": "1000", "rate": "1 %" }, { "from": "1000", "rate": "2 %" }])),
        "tier-order",
        "/tiers/1/from",
    );
    refused(tiers(json!([])), "band-none", "/tiers");
}

#[test]
fn inclusive_bounds_are_held_to_their_step() {
    let cases = |until: &str| json!({ "measure": "quantity", "bounds": { "inclusive": "1" }, "tiers": [{ "from": "1", "until": until, "per-unit": "1" }, { "from": "250", "per-unit": "2" }] });
    assert!(plan(&json!({ "rules": [cases("249")] })).is_ok());
    assert_eq!(problems(cases("248"))[0].0, "band-gap");
    assert_eq!(problems(cases("250"))[0].0, "band-overlap");
    refused(
        json!({ "bounds": { "inclusive": "0" } }),
        "bounds-step",
        "/bounds/inclusive",
    );
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let tier = |tier: Value| json!({ "tiers": [tier] });
    refused(
        tier(json!({ "from": "0", "rate": "101 %" })),
        "rate-bounds",
        "/tiers/0/rate",
    );
    refused(
        tier(json!({ "from": "0", "rate": "-1 %" })),
        "rate-bounds",
        "/tiers/0/rate",
    );
    refused(
        tier(json!({ "from": "0", "rate": "0.0000001 %" })),
        "rate-digits",
        "/tiers/0/rate",
    );
    refused(
        tier(json!({ "from": "-1", "rate": "1 %" })),
        "bound-negative",
        "/tiers/0/from",
    );
    refused(tier(json!({ "from": "0" })), "tier-pays", "/tiers/0");
    refused(
        tier(json!({ "from": "0", "rate": "1 %", "fixed": "5" })),
        "tier-pays",
        "/tiers/0",
    );
    refused(
        tier(json!({ "from": "0", "per-unit": "1" })),
        "per-unit-of-value",
        "/tiers/0/per-unit",
    );
    refused(
        tier(json!({ "from": "0", "fixed": "-5" })),
        "amount-negative",
        "/tiers/0/fixed",
    );
    refused(
        tier(json!({ "from": "5 %", "rate": "1 %" })),
        "bound-growth",
        "/tiers/0/from",
    );
    refused(
        json!({ "tiers": [{ "from": "0", "rate": "1 %" }, { "from": "9", "fixed": "5" }] }),
        "tier-mixed",
        "/tiers/1",
    );
    refused(json!({ "measure": "quantity" }), "rate-of-quantity", "/tiers/0/rate");
    refused(json!({ "rule": "Volume Rebate" }), "rule-name", "/rule");
    refused(
        json!({ "minimum-purchase": "-1" }),
        "amount-negative",
        "/minimum-purchase",
    );
    refused(
        json!({ "minimum": "10", "minimum-purchase": "10" }),
        "minimum-purchase-guarantee",
        "/minimum-purchase",
    );
    refused(
        json!({ "minimum": "10", "cap": { "period": "5" } }),
        "cap-below-minimum",
        "/cap/period",
    );
    refused(json!({ "cap": {} }), "cap-empty", "/cap");
    refused(json!({ "overpaid": "carry-forward" }), "overpaid-alone", "/overpaid");
    refused(json!({ "net-of": ["other"] }), "net-of", "/net-of/0");
    refused(
        json!({ "products": { "include": [{ "category": "goods//cups" }] } }),
        "category",
        "/products/include/0",
    );
    refused(
        json!({ "qualifier": { "measure": "quantity" }, "method": "marginal" }),
        "qualifier-slices",
        "/qualifier",
    );
    refused(
        json!({ "measure": "quantity", "tiers": [{ "from": "0", "free": { "units": "1", "per": "0" } }] }),
        "free-units",
        "/tiers/0/free",
    );
    let growth = json!({ "baseline": "previous-period", "pays-on": "excess", "without-baseline": "pay-nothing" });
    refused(
        json!({ "growth": growth, "accumulate": "since-start" }),
        "growth-accumulates",
        "/accumulate",
    );
    refused(
        json!({ "growth": growth, "cap": { "year": "5" } }),
        "growth-year-cap",
        "/cap/year",
    );
    refused(
        json!({ "growth": growth, "method": "marginal" }),
        "growth-method",
        "/method",
    );
}

#[test]
fn two_rules_of_one_name_are_refused_also_where_one_accrues() {
    let terms =
        json!({ "rules": [with(json!({ "counts": { "orders": "accrue" } })), with(json!({ "rule": "volume-open" }))] });
    let found = plan(&terms).unwrap_err();
    assert_eq!(
        (&*found[0].code, found[0].path.as_deref()),
        ("rule-twice", Some("/rules/1/rule"))
    );
}

#[test]
fn every_problem_is_listed() {
    let found = problems(with(
        json!({ "rule": "", "cap": {}, "tiers": [{ "from": "0", "rate": "200 %" }, { "from": "0" }] }),
    ));
    let codes: Vec<&str> = found.iter().map(|(code, _)| &**code).collect();
    assert_eq!(
        codes,
        [
            "rule-name",
            "tier-order",
            "rate-bounds",
            "tier-pays",
            "tier-mixed",
            "cap-empty"
        ]
    );
}

#[test]
fn more_sets_of_products_than_a_row_has_bits_are_refused() {
    let rules = |count: usize| -> Value {
        (0..count)
            .map(|n| with(json!({ "rule": format!("r{n}"), "products": { "include": [{ "sku": format!("S{n}") }] } })))
            .collect()
    };
    assert!(plan(&json!({ "rules": rules(32) })).is_ok());
    assert_eq!(
        plan(&json!({ "rules": rules(33) })).unwrap_err()[0].code,
        "too-many-selectors"
    );
}

#[test]
fn unknown_words_are_refused_with_their_place() {
    for (terms, path) in [
        (
            json!({ "rules": [with(json!({ "method": "cumulative" }))] }),
            "/rules/0/method",
        ),
        (json!({ "rules": [with(json!({ "colour": "red" }))] }), "/rules/0"),
        (
            json!({ "rules": [with(json!({ "tiers": [{ "from": "lots", "rate": "1 %" }] }))] }),
            "/rules/0/tiers/0/from",
        ),
    ] {
        let found = plan(&terms).unwrap_err();
        assert!(
            found[0].path.as_deref().is_some_and(|found| found.starts_with(path)),
            "{found:?}"
        );
    }
}

#[test]
fn who_may_take_part_goes_by_the_profile() {
    testing::eligibility_goes_by_the_profile::<Rebate>(&json!({ "rules": [with(json!({}))] }));
}
