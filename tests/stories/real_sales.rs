//! Thirteen months of a British wholesaler's sales, from the file as published to the ledger, with figures worked out
//! beforehand by other means (decimal arithmetic over the same CSV).

use serde_json::{Value, json};
use tests::{Engine, Gtm, component, on_both_engines, real_sales};

on_both_engines! {
    the_published_sales_pay_the_published_rebates
}

/// Calendar quarters, goods only, returns deducted, half-up to the penny per participant and quarter.
fn terms(method: &str) -> String {
    json!({
        "rules": [{
            "rule": "volume",
            "measure": "net",
            "products": { "include": [{ "category": "goods" }] },
            "method": method,
            "tiers": [
                { "from": "1000", "rate": "1 %" },
                { "from": "5000", "rate": "2.5 %" },
                { "from": "20000", "rate": "4 %" },
            ],
        }],
    })
    .to_string()
}

fn the_published_sales_pay_the_published_rebates(engine: Engine) {
    let gtm = Gtm::new(engine);
    let sales = real_sales();
    let import = format!(
        "import transactions {} --profile online-retail --refused refused.csv",
        sales.display()
    );

    let first = gtm.run(&import);
    assert_eq!(counts(&first), (541_909, 406_829, 0, 135_080), "{first}");
    assert_eq!(
        (&first["accounts_created"], &first["products_created"]),
        (&json!(4_372), &json!(3_684))
    );
    assert_eq!(first["reasons"].as_array().map(Vec::len), Some(1), "{first}");
    assert_eq!(first["reasons"][0]["reason"], "no customer: column CustomerID is empty");
    let refused = std::fs::read_to_string(gtm.folder().join("refused.csv")).expect("the lines that were refused");
    assert_eq!(refused.lines().count(), 1 + 135_080, "a heading and the lines");
    let second = gtm.run(&import);
    assert_eq!(counts(&second), (541_909, 0, 406_829, 135_080), "{second}");
    assert_eq!(
        (&second["accounts_created"], &second["products_created"]),
        (&json!(0), &json!(0))
    );
    // The sum of quantity times unit price over all lines with a customer, and how many of them are returns, which is kind 1.
    let journal = "select sum(net_amount_micros), count(case when kind = 1 then 1 end) from journal";
    assert_eq!(gtm.query(journal), "8300065814000|8905\n");

    gtm.run(&format!("plugin install {}", component("rebate").display()));
    for method in ["retrospective", "marginal"] {
        let terms = gtm.file(&format!("{method}.json"), &terms(method));
        gtm.run(&format!(
            "program create {method} --plugin gtm/rebate --terms {} --start 2010-10-01",
            terms.display()
        ));
        gtm.run(&format!("program enrol {method} --all"));
    }

    // (program, period, participants paid, amount, volume of everybody), with one worker and with two
    let expected = [
        ("retrospective", "2010-Q4", 105, "4947.93", "550125.08"),
        ("retrospective", "2011-Q1", 304, "19275.96", "1482329.52"),
        ("retrospective", "2011-Q2", 358, "22758.83", "1715286.45"),
        ("retrospective", "2011-Q3", 453, "30907.15", "2119128.81"),
        ("retrospective", "2011-Q4", 532, "33675.89", "2419793.46"),
        ("marginal", "2011-Q1", 304, "12185.96", "1482329.52"),
        ("marginal", "2011-Q2", 357, "14453.83", "1715286.45"),
        ("marginal", "2011-Q3", 451, "20827.15", "2119128.81"),
    ];
    for (n, (program, period, paid, amount, volume)) in expected.into_iter().enumerate() {
        for what_if in ["--what-if --workers 1", "--what-if --workers 2"] {
            let report = gtm.run(&format!("run {program} --period {period} {what_if}"));
            assert_eq!(
                figures(&report),
                (paid, amount, volume),
                "{program} {period} {what_if}: {report}"
            );
        }
        let report = gtm.run(&format!("run {program} --period {period} --workers {}", n % 2 + 1));
        assert_eq!(figures(&report), (paid, amount, volume), "{program} {period}: {report}");
        assert_eq!(
            (&report["status"], &report["posted"]),
            (&json!("complete"), &report["participants"])
        );
        let again = gtm.run(&format!("run {program} --period {period}"));
        assert_eq!(
            (&again["posted"], &again["transfers"]),
            (&json!(0), &json!(0)),
            "{again}"
        );
    }

    let balances = gtm.run("balance --program marginal");
    assert_eq!(balance(&balances, "payable"), "47466.94");
    assert_eq!(balance(&balances, "expense"), "-47466.94");
}

fn counts(report: &Value) -> (u64, u64, u64, u64) {
    let count = |name: &str| {
        report[name]
            .as_u64()
            .unwrap_or_else(|| panic!("no `{name}` in {report}"))
    };
    (count("lines"), count("accepted"), count("duplicates"), count("refused"))
}

fn figures(report: &Value) -> (u64, &str, &str) {
    let text = |name: &str| {
        report[name]
            .as_str()
            .unwrap_or_else(|| panic!("no `{name}` in {report}"))
    };
    (
        report["paid"]
            .as_u64()
            .unwrap_or_else(|| panic!("no `paid` in {report}")),
        text("amount"),
        text("net_amount"),
    )
}

fn balance<'a>(balances: &'a Value, code: &str) -> &'a str {
    let found = balances["balances"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|balance| balance["code"] == code);
    found
        .and_then(|balance| balance["amount"].as_str())
        .unwrap_or_else(|| panic!("no `{code}` in {balances}"))
}
