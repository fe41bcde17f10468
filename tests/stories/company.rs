//! A made-up company with a few customers and round figures, small enough to work out in the head.

use serde_json::{Value, json};
use tests::{Engine, Gtm, component};

/// `north-1` stands below `north`; nobody is enrolled anywhere.
const ACCOUNTS: &str = "\
number,name,parent
north,North Traders,
north-1,North Traders of Leeds,north
south,South Stores,
west,West & Daughters,
";

/// Rebates are paid on goods; postage is none.
const PRODUCTS: &str = "\
sku,name,category
cup,Cup,goods/kitchen
post,Postage,charges
";

const SALES: &str = "key,kind,account,product,date,currency,quantity,net_amount,corrects\n";

/// An installation with the company's accounts and products and the rebate plugin.
pub fn company(engine: Engine) -> Gtm {
    let gtm = Gtm::new(engine);
    for (what, contents) in [("accounts", ACCOUNTS), ("products", PRODUCTS)] {
        let file = gtm.file(&format!("{what}.csv"), contents);
        gtm.run(&format!("import {what} {}", file.display()));
    }
    gtm.run(&format!("plugin install {}", component("rebate").display()));
    gtm
}

/// Imports lines of sales, none of which may be refused: key, kind, account, product, date, currency, quantity, net amount, key of
/// the corrected line.
pub fn sell(gtm: &Gtm, lines: &[&str]) {
    let file = gtm.file("sales.csv", &(SALES.to_owned() + &lines.join("\n")));
    let report = gtm.run(&format!("import transactions {}", file.display()));
    assert_eq!(report["accepted"], lines.len(), "{report}");
}

/// Creates a program that pays by the quarter from 2024 on.
pub fn program(gtm: &Gtm, code: &str, terms: &Value) {
    let file = gtm.file(&format!("{code}.json"), &terms.to_string());
    gtm.run(&format!(
        "program create {code} --plugin gtm/rebate --terms {} --start 2024-01-01",
        file.display()
    ));
}

/// Goods, the whole volume at the rate of the tier reached: from 1,000 the one rate, from 5,000 the other.
pub fn tiers(low: &str, high: &str) -> Value {
    json!({ "rules": [{
        "measure": "net",
        "products": { "include": [{ "category": "goods" }] },
        "tiers": [{ "from": "1000", "rate": low }, { "from": "5000", "rate": high }],
    }] })
}

/// Everything posted for a statement, by revision: number, balances, amount and why.
pub fn posted(gtm: &Gtm, statement: &str) -> Vec<String> {
    let shown = gtm.run(&format!("statement show {statement}"));
    let transfers = each(&shown["revisions"])
        .flat_map(|revision| each(&revision["transfers"]).map(move |transfer| (&revision["number"], transfer)));
    let line = |(number, transfer): (&Value, &Value)| {
        format!(
            "{number} {} → {} {} {}",
            text(transfer, "debit"),
            text(transfer, "credit"),
            text(transfer, "amount"),
            text(transfer, "reason")
        )
    };
    transfers.map(line).collect()
}

/// What each account is owed, after checking that nothing was made or lost: the balances sum to zero.
pub fn payable(gtm: &Gtm, program: &str) -> Vec<String> {
    let held = gtm.run(&format!("balance --program {program} --by-account"));
    let sum: i64 = each(&held["balances"])
        .map(|balance| micros(text(balance, "amount")))
        .sum();
    assert_eq!(sum, 0, "balances do not sum to zero: {held:#}");
    let owed = each(&held["balances"]).filter(|balance| balance["code"] == "payable");
    owed.map(|balance| format!("{} {}", text(balance, "account"), text(balance, "amount")))
        .collect()
}

/// Replays everything and says how many revisions there are.
pub fn replay_all(gtm: &Gtm) -> usize {
    let (code, replayed) = gtm.ended("replay --all");
    assert_eq!(code, 0, "{replayed:#}");
    assert!(
        each(&replayed).all(|revision| revision["identical"] == true),
        "{replayed:#}"
    );
    each(&replayed).count()
}

pub fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().unwrap_or_else(|| panic!("no list: {list}")).iter()
}

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {value}"))
}

/// An amount in millionths.
pub fn micros(amount: &str) -> i64 {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    format!("{whole}{fraction:0<6}")
        .parse()
        .unwrap_or_else(|_| panic!("`{amount}` is no amount"))
}
