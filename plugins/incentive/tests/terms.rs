//! Which terms are accepted, and what is said about those that are not.

use gtm_incentive::Incentive;
use gtm_sdk::testing::with;
use gtm_sdk::{Column, Plan, Problem, RowKind, Window, testing};
use serde_json::{Value, json};

fn plan(terms: &Value) -> Result<Plan, Vec<Problem>> {
    testing::plan::<Incentive>(terms)
}

fn component(fields: Value) -> Value {
    let base = json!({ "rule": "commission", "measure": "net", "pays": { "tiers": [{ "from": "0", "rate": "5 %" }] } });
    with(base, fields)
}

fn terms_with(fields: Value) -> Value {
    with(json!({ "components": [component(json!({}))] }), fields)
}

#[track_caller]
fn refused(terms: &Value, code: &str, path: &str) {
    testing::refused::<Incentive>(terms, code, path);
}

#[track_caller]
fn refused_component(fields: Value, code: &str, path: &str) {
    refused(
        &json!({ "components": [component(fields)] }),
        code,
        &format!("/components/0{path}"),
    );
}

#[test]
fn the_kept_schema_is_that_of_the_terms() {
    testing::schema_is_kept::<Incentive>(concat!(env!("CARGO_MANIFEST_DIR"), "/terms.schema.json"));
}

#[test]
fn every_example_of_the_readme_is_accepted() {
    testing::readme_is_accepted::<Incentive>(include_str!("../README.md"), 9);
}

#[test]
fn a_plan_asks_for_what_the_terms_use_and_no_more() {
    let simple = plan(&terms_with(json!({}))).unwrap();
    assert!(simple.windows.is_empty(), "each period stands alone");
    assert_eq!(simple.columns, [Column::NetAmount]);
    assert_eq!(simple.kinds, [RowKind::Sale, RowKind::Return, RowKind::Adjustment]);
    assert!(simple.attributes.is_empty() && simple.selectors.is_empty() && simple.agreed.is_empty());

    let of_year = plan(&terms_with(json!({ "cap": { "year": "1000" } }))).unwrap();
    assert_eq!(of_year.windows, [Window::YearToDate]);

    let rich = component(json!({
        "measure": "margin", "sales": "orders", "when": { "deal-types": ["new"] }, "quota": { "agreed": "quota" },
    }));
    let rich = plan(&json!({
        "components": [rich],
        "crediting": { "roles": [{ "role": "owner", "share": "100 %" }] },
        "clawback": { "matched-by": "contract", "takes-back": "full" },
        "draw": { "agreed": "draw", "kind": "recoverable" },
        "on-target": { "agreed": "quota" },
    }))
    .unwrap();
    assert_eq!(rich.windows, [Window::SinceStart]);
    assert_eq!(rich.columns, [Column::NetAmount, Column::Cost]);
    assert_eq!(rich.attributes, ["deal-type", "role", "contract"]);
    assert_eq!(rich.agreed, ["quota", "draw"]);
    assert_eq!(rich.kinds, [RowKind::Return, RowKind::Order, RowKind::Adjustment]);
}

#[test]
fn tiers_that_cannot_be_meant_are_refused_where_they_stand() {
    let tiers = |tiers: Value| json!({ "method": "marginal", "pays": { "tiers": tiers } });
    let at = "/pays/tiers/1";
    refused_component(tiers(json!([])), "no-tiers", "/pays/tiers");
    refused_component(
        tiers(json!([{ "from": "0", "rate": "1 %" }, { "from": "0", "rate": "2 %" }])),
        "tier-order",
        at,
    );
    refused_component(
        tiers(json!([{ "from": "0", "rate": "1 %" }, { "attainment": "100 %", "rate": "2 %" }])),
        "tier-mixed",
        at,
    );
    refused_component(
        tiers(json!([{ "from": "0", "attainment": "0 %", "rate": "1 %" }])),
        "tier-begins",
        "/pays/tiers/0",
    );
    refused_component(
        tiers(json!([{ "attainment": "0 %", "rate": "1 %" }])),
        "quota-needed",
        "/pays/tiers/0/attainment",
    );
    refused_component(
        tiers(json!([{ "from": "0", "rate": "1 %", "fixed": "5" }])),
        "tier-pays",
        "/pays/tiers/0",
    );
    refused_component(
        tiers(json!([{ "from": "0", "rate": "101 %" }])),
        "rate-bounds",
        "/pays/tiers/0/rate",
    );
    refused_component(
        tiers(json!([{ "from": "0", "rate": "0.123456789 %" }])),
        "rate-digits",
        "/pays/tiers/0/rate",
    );
    refused_component(
        tiers(json!([{ "from": "0", "per-unit": "1" }])),
        "tier-measure",
        "/pays/tiers/0/per-unit",
    );
    refused_component(
        tiers(json!([{ "from": "0", "fixed": "1" }])),
        "fixed-at-nothing",
        "/pays/tiers/0",
    );
    refused_component(json!({ "measure": "deals" }), "tier-measure", "/pays/tiers/0/rate");
    let two = json!({ "pays": { "tiers": [{ "from": "0", "rate": "1 %" }, { "from": "9", "rate": "2 %" }] } });
    refused_component(two, "method-missing", "/method");
    let above = json!({ "pays": { "tiers": [{ "from": "9", "rate": "2 %" }] } });
    refused_component(above, "method-missing", "/method");
}

#[test]
fn sections_and_pools_that_cannot_be_meant_are_refused_where_they_stand() {
    let sections = |table: Value| json!({ "pays": { "sections": { "gaps": "pay-nothing", "table": table } } });
    let at = "/pays/sections/table";
    refused_component(sections(json!([])), "no-sections", at);
    refused_component(
        sections(json!([{ "from": "5", "until": "4", "rate": "1 %" }])),
        "section-empty",
        &format!("{at}/0/until"),
    );
    refused_component(
        sections(json!([{ "from": "0", "until": "4", "rate": "1 %" }, { "from": "4", "until": "5", "rate": "2 %" }])),
        "section-overlap",
        &format!("{at}/1/from"),
    );
    refused_component(
        with(
            sections(json!([{ "from": "0", "until": "4", "rate": "1 %" }])),
            json!({ "method": "marginal" }),
        ),
        "method-alone",
        "/method",
    );
    // What is to become of the gaps is never left open.
    let silent = json!({ "pays": { "sections": { "table": [{ "from": "0", "until": "4", "rate": "1 %" }] } } });
    let found = plan(&json!({ "components": [component(silent)] })).unwrap_err();
    assert!(
        found[0].message.contains("missing field `gaps`"),
        "{}",
        found[0].message
    );

    let pool = |members: Value| json!({ "quota": { "amount": "9" }, "pays": { "pool": { "amount": "5", "members": members } } });
    let at = "/pays/pool/members";
    let twice = json!([{ "account": "A", "share": "50 %" }, { "account": "A", "share": "40 %" }]);
    refused_component(pool(twice.clone()), "member-twice", &format!("{at}/1/account"));
    refused_component(pool(twice), "member-shares", at);
    let alone = json!({ "pays": { "pool": { "amount": "5", "members": [{ "account": "A", "share": "100 %" }] } } });
    refused_component(alone, "quota-needed", "/pays/pool");
}

#[test]
fn what_cannot_be_meant_is_refused_where_it_stands() {
    refused(&json!({ "components": [] }), "no-components", "/components");
    refused_component(json!({ "rule": "payment" }), "rule-twice", "/rule");
    refused_component(json!({ "rule": "My rule" }), "rule-name", "/rule");
    refused_component(json!({ "quota": {} }), "quota-missing", "/quota");
    refused_component(
        json!({ "quota": { "amount": "1", "agreed": "quota" } }),
        "amount-or-agreed",
        "/quota",
    );
    refused_component(
        json!({ "gates": { "attainment": "50 %" } }),
        "quota-needed",
        "/gates/attainment",
    );
    refused_component(
        json!({ "quota": { "amount": "1" }, "accumulate": "year-to-date", "gates": { "year-to-date": "everything" } }),
        "gate-accumulates",
        "/gates/year-to-date",
    );
    refused_component(
        json!({ "when": { "from": "2024-02-01", "until": "2024-01-01" } }),
        "days-order",
        "/when/until",
    );
    refused_component(
        json!({ "when": { "at-least": "-1" } }),
        "amount-negative",
        "/when/at-least",
    );
    refused_component(json!({ "cap": {} }), "cap-empty", "/cap");
    refused_component(
        json!({ "products": { "include": [{ "sku": "" }] } }),
        "product-test",
        "/products/include/0",
    );
    refused(
        &terms_with(json!({ "cap": { "year": "-1" } })),
        "amount-negative",
        "/cap/year",
    );
    let draw = json!({ "amount": "1", "kind": "recoverable", "periods": 1000 });
    refused(&terms_with(json!({ "draw": draw })), "periods", "/draw/periods");
    refused(
        &terms_with(json!({ "draw": { "kind": "recoverable" } })),
        "amount-or-agreed",
        "/draw",
    );
    refused(
        &terms_with(json!({ "holdback": { "rate": "30 %", "after": 0 } })),
        "periods",
        "/holdback/after",
    );
    refused(
        &terms_with(json!({ "on-target": {} })),
        "amount-or-agreed",
        "/on-target",
    );
}

#[test]
fn shares_of_a_sale_sum_to_the_whole_unless_they_are_an_overlay() {
    let roles = |roles: Value| terms_with(json!({ "crediting": { "roles": roles } }));
    let half = json!({ "role": "hunter", "share": "50 %" });
    refused(&roles(json!([half])), "role-shares", "/crediting/roles");
    refused(&roles(json!([half, half])), "role-twice", "/crediting/roles/1/role");
    let other = json!({ "role": "farmer", "share": "50 %" });
    let overlay = json!({ "role": "engineer", "share": "30 %", "counts": "overlay" });
    plan(&roles(json!([half, other, overlay]))).unwrap();
    refused(
        &roles(json!([half, other, with(overlay, json!({ "counts": "split" }))])),
        "role-shares",
        "/crediting/roles",
    );
    refused(
        &terms_with(json!({ "crediting": { "agreed": "" } })),
        "agreed-code",
        "/crediting/agreed",
    );
}

#[test]
fn a_clawback_begins_with_everything_and_goes_on_in_order() {
    let clawback = |takes: Value| terms_with(json!({ "clawback": { "matched-by": "contract", "takes-back": takes } }));
    let at = "/clawback/takes-back";
    refused(&clawback(json!({ "pro-rata": 0 })), "months", &format!("{at}/pro-rata"));
    refused(
        &clawback(json!({ "stepped": [] })),
        "no-steps",
        &format!("{at}/stepped"),
    );
    refused(
        &clawback(json!({ "stepped": [{ "before-months": 3, "share": "50 %" }] })),
        "step-first",
        &format!("{at}/stepped/0/share"),
    );
    let steps = json!([{ "before-months": 3, "share": "100 %" }, { "before-months": 3, "share": "50 %" }]);
    refused(
        &clawback(json!({ "stepped": steps })),
        "step-order",
        &format!("{at}/stepped/1/before-months"),
    );
    let window = json!({ "matched-by": "order", "takes-back": "full", "within-days": 99999 });
    refused(
        &terms_with(json!({ "clawback": window })),
        "window",
        "/clawback/within-days",
    );
}

#[test]
fn quotas_cover_the_target_as_the_terms_say() {
    let quotas = |sum: &str, more: Value| {
        let quotas = json!([{ "account": "A-1", "quota": "100" }, { "account": "A-2", "quota": sum }]);
        terms_with(json!({ "quota-plan": with(json!({ "target": "1000", "quotas": quotas }), more) }))
    };
    let at = "/quota-plan/quotas";
    refused(&quotas("1099.99", json!({})), "quota-coverage", at);
    plan(&quotas("1100", json!({}))).unwrap();
    plan(&quotas("1300", json!({}))).unwrap();
    refused(&quotas("1300.01", json!({})), "quota-coverage", at);
    plan(&quotas("900", json!({ "coverage-from": "100 %" }))).unwrap();
    refused(
        &quotas("1100", json!({ "coverage-from": "150 %" })),
        "coverage-order",
        "/quota-plan/coverage-until",
    );
    refused(
        &quotas("1100", json!({ "target": "0" })),
        "target",
        "/quota-plan/target",
    );
    let twice = json!({ "quotas": [{ "account": "A", "quota": "600" }, { "account": "A", "quota": "600" }] });
    refused(&quotas("0", twice), "quota-twice", "/quota-plan/quotas/1/account");
    let found = plan(&quotas("1000", json!({}))).unwrap_err();
    assert_eq!(
        found[0].message,
        "the quotas sum to 1100, and a target of 1000 wants 1200 to 1400: change the quotas, or the coverage"
    );
}

#[test]
fn unknown_words_are_refused_with_their_place() {
    let found = plan(&terms_with(json!({ "draw": { "amount": "1", "kind": "loan" } }))).unwrap_err();
    assert_eq!(
        (&*found[0].code, found[0].path.as_deref()),
        ("terms", Some("/draw/kind"))
    );
}

#[test]
fn who_may_take_part_goes_by_the_profile() {
    testing::eligibility_goes_by_the_profile::<Incentive>(&terms_with(json!({})));
}
