//! Which terms are accepted, and what is said about those that are not.

use gtm_royalty::Royalty;
use gtm_sdk::{Plan, Problem, RowKind, Window, testing};
use serde_json::{Value, json};

fn plan(terms: &Value) -> Result<Plan, Vec<Problem>> {
    testing::plan::<Royalty>(terms)
}

fn royalty(fields: Value) -> Value {
    testing::with(
        json!({ "rule": "print", "base": "list", "rates": [{ "tiers": [{ "from": "0", "rate": "10 %" }] }] }),
        fields,
    )
}

fn terms_with(fields: Value) -> Value {
    testing::with(json!({ "royalties": [royalty(json!({}))] }), fields)
}

#[track_caller]
fn refused(terms: &Value, code: &str, path: &str) {
    testing::refused::<Royalty>(terms, code, path);
}

#[track_caller]
fn refused_royalty(fields: Value, code: &str, path: &str) {
    refused(
        &json!({ "royalties": [royalty(fields)] }),
        code,
        &format!("/royalties/0{path}"),
    );
}

#[test]
fn the_kept_schema_is_that_of_the_terms() {
    testing::schema_is_kept::<Royalty>(concat!(env!("CARGO_MANIFEST_DIR"), "/terms.schema.json"));
}

#[test]
fn every_example_of_the_readme_is_accepted() {
    testing::readme_is_accepted::<Royalty>(include_str!("../README.md"), 7);
}

#[test]
fn a_plan_asks_for_what_the_terms_use_and_no_more() {
    let simple = plan(&terms_with(json!({}))).unwrap();
    assert_eq!(simple.windows, [Window::SinceStart]);
    assert_eq!(simple.columns.len(), 2, "list price and quantity");
    assert_eq!(simple.kinds, [RowKind::Sale, RowKind::Return, RowKind::Adjustment]);
    assert!(simple.attributes.is_empty() && simple.selectors.is_empty() && simple.agreed.is_empty());
    let tiers = json!([{ "tiers": [{ "from": "0", "rate": "1 %" }, { "from": "9", "rate": "2 %" }], "when": { "channels": ["club"] } }]);
    let rich = json!({
        "royalties": [royalty(json!({ "base": "net-receipts", "sales": "usage", "rates": tiers }))],
        "returns": { "matched-by": "contract" },
        "advances": [{ "rule": "advance", "on": "2024-01-01", "agreed": "advance" }],
        "guarantee": { "agreed": "advance" },
    });
    let rich = plan(&rich).unwrap();
    assert_eq!(rich.attributes, ["channel", "contract"]);
    assert_eq!(
        rich.columns.len(),
        3,
        "net amount, the units that are counted, and the product of a return"
    );
    assert_eq!(rich.kinds, [RowKind::Adjustment, RowKind::Usage]);
    assert_eq!(rich.agreed, ["advance"]);
}

#[test]
fn what_cannot_be_meant_is_refused_where_it_stands() {
    let tiers = |tiers: Value| json!({ "rates": [{ "tiers": tiers }] });
    refused_royalty(tiers(json!([])), "no-tiers", "/rates/0/tiers");
    refused_royalty(
        tiers(json!([{ "from": "5", "rate": "1 %" }])),
        "tier-first",
        "/rates/0/tiers/0/from",
    );
    refused_royalty(
        tiers(json!([{ "from": "0", "rate": "1 %" }, { "from": "0", "rate": "2 %" }])),
        "tier-order",
        "/rates/0/tiers/1/from",
    );
    refused_royalty(
        tiers(json!([{ "from": "0", "per-unit": "1" }])),
        "tier-pays",
        "/rates/0/tiers/0",
    );
    refused_royalty(
        tiers(json!([{ "from": "0", "rate": "101 %" }])),
        "rate-bounds",
        "/rates/0/tiers/0/rate",
    );
    refused_royalty(json!({ "base": "units" }), "tier-pays", "/rates/0/tiers/0");
    refused_royalty(json!({ "rates": [] }), "no-rates", "/rates");
    refused_royalty(json!({ "deduct": "-1 %" }), "rate-bounds", "/deduct");
    refused_royalty(json!({ "rule": "payment" }), "rule-twice", "/rule");
    refused_royalty(json!({ "rule": "Print run" }), "rule-name", "/rule");
    refused_royalty(
        json!({ "products": { "include": [{ "category": "books//novels" }] } }),
        "category",
        "/products/include/0",
    );
    refused_royalty(
        json!({ "reserve": { "rates": ["10 %"], "parts": 0 } }),
        "periods",
        "/reserve/parts",
    );
    refused_royalty(
        json!({ "reserve": { "rates": ["10 %"], "of": "sales" } }),
        "reserve-unmatched",
        "/reserve/of",
    );
    let when = |when: Value| json!({ "rates": [{ "when": when, "tiers": [{ "from": "0", "rate": "1 %" }] }] });
    refused_royalty(
        when(json!({ "price-from": "5", "price-below": "5" })),
        "price-band",
        "/rates/0/when/price-below",
    );
    refused_royalty(
        when(json!({ "from": "2024-02-01", "until": "2024-01-01" })),
        "days-order",
        "/rates/0/when/until",
    );
    refused(
        &terms_with(json!({ "smallest-payment": "-1" })),
        "amount-negative",
        "/smallest-payment",
    );
    refused(
        &terms_with(json!({ "guarantee": {} })),
        "amount-or-agreed",
        "/guarantee",
    );
    refused(
        &terms_with(json!({ "guarantee": { "amount": "1", "periods": 1000 } })),
        "periods",
        "/guarantee/periods",
    );
    let advance = json!({ "rule": "print", "on": "2024-01-01", "amount": "1" });
    refused(
        &terms_with(json!({ "advances": [advance] })),
        "rule-twice",
        "/advances/0/rule",
    );
    let payees = json!([{ "account": "A", "share": "50 %" }, { "account": "A", "share": "40 %" }]);
    refused(
        &terms_with(json!({ "payees": payees })),
        "payee-twice",
        "/payees/1/account",
    );
    refused(&terms_with(json!({ "payees": payees })), "payee-shares", "/payees");
    let other = royalty(json!({ "rule": "other", "group": "g", "escalates-on": "receipts" }));
    let mixed = json!({ "royalties": [royalty(json!({ "group": "g" })), other] });
    refused(&mixed, "group-mixed", "/royalties/0/escalates-on");
    let other = royalty(json!({ "rule": "other", "group": "g", "escalates-over": "calendar-year" }));
    let mixed = json!({ "royalties": [royalty(json!({ "group": "g" })), other] });
    refused(&mixed, "group-mixed", "/royalties/1/escalates-over");
}

#[test]
fn unknown_words_are_refused_with_their_place() {
    let found = plan(&terms_with(
        json!({ "advances": [{ "rule": "a", "on": "2024-02-30", "amount": "1" }] }),
    ))
    .unwrap_err();
    assert_eq!(found[0].path.as_deref(), Some("/advances/0/on"));
    assert!(
        found[0].message.contains("`2024-02-30` is no day"),
        "{}",
        found[0].message
    );
    let found = plan(&terms_with(json!({ "colour": "red" }))).unwrap_err();
    assert_eq!(found[0].code, "terms");
}

#[test]
fn who_may_take_part_goes_by_the_profile() {
    testing::eligibility_goes_by_the_profile::<Royalty>(&terms_with(json!({})));
}
