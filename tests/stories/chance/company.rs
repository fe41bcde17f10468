//! The company that chance deals with: four traders and three members, five programs of five kinds, a budget, and rules about consent.

use chrono::{DateTime, Utc};
use domain::calendar::{Calendar, Unit};
use domain::day::Day;
use serde_json::{Value, json};

use super::desk::Desks;
use crate::company::tiers;

pub const TRADERS: [&str; 4] = ["north", "south", "west", "east"];
pub const MEMBERS: [&str; 3] = ["ada", "ben", "cara"];
/// Those whose periods are run; `debit` pays claims only.
pub const RUN: [&str; 4] = ["volume", "co-op", "promo", "club"];
pub const START: &str = "2024-01-01";

/// # Panics
/// When a line of it is refused.
pub fn found(desks: &mut Desks, at: DateTime<Utc>) {
    let folder = desks.folder().to_owned();
    let file = |name: &str, contents: String| {
        std::fs::write(folder.join(name), contents).expect("a file");
        format!("IN/{name}")
    };
    let accounts: Vec<String> = TRADERS
        .iter()
        .chain(&MEMBERS)
        .map(|number| format!("{number},{number}"))
        .collect();
    let accounts = file("accounts.csv", format!("number,name\n{}\n", accounts.join("\n")));
    let products = file("products.csv", "sku,name,category\ncup,Cup,goods/kitchen\n".to_owned());
    let mut lines = vec![
        format!("import accounts {accounts} --refused OUT/refused.csv"),
        format!("import products {products} --refused OUT/refused.csv"),
        "issuer set --name Acme --country GB --iban GB33BUKB20201555555555".to_owned(),
        "payee set west --self-billed true --country DE --tax-id DE136695976 --iban DE89370400440532013000".to_owned(),
        "budget create marketing --amount 20000 --start 2024-01-01 --end 2026-12-31".to_owned(),
    ];
    // `east` has no bank account: what it is owed waits for one.
    for account in ["north", "south", "ada"] {
        lines.push(format!(
            "payee set {account} --country GB --iban GB33BUKB20201555555555"
        ));
    }
    for rule in [
        "request --above 400",
        "claim --above 300 --four-eyes-above 700",
        "settlement --above 150",
    ] {
        lines.push(format!("approve rule {rule}"));
    }
    for grant in [
        "bob claim --limit 500",
        "eve claim",
        "kim claim",
        "eve request",
        "kim request",
        "eve settlement",
        "bob settlement",
    ] {
        lines.push(format!("approve grant user:{grant}"));
    }
    for (code, plugin, terms) in programs() {
        desks.install(plugin);
        let terms = file(&format!("{code}.json"), terms.to_string());
        lines.push(format!(
            "program create {code} --plugin gtm/{plugin} --terms {terms} --start {START} --grace-days 5"
        ));
        let takes_part = if code == "club" {
            MEMBERS.join(" ")
        } else {
            TRADERS.join(" ")
        };
        lines.push(format!("program enrol {code} {takes_part}"));
    }
    lines.push("budget attach marketing co-op".to_owned());
    for line in lines {
        if let Err(refused) = desks.run(at, &line).answer {
            panic!("gtm {line}: {refused}");
        }
    }
}

fn programs() -> [(&'static str, &'static str, Value); 5] {
    let co_op = json!({
        "fund": { "co-op": {
            "accrues": [{ "rate": "10 %" }],
            "rebate": "20 %",
            "windows": { "from": START, "earning-months": 3, "usage-months": 3, "claim-days": 30, "converts-below": "60" },
        } },
        "activities": [
            { "activity": "campaign", "participation": "100 %", "cap": "900", "pre-approval": "not-needed" },
            { "activity": "trade-fair", "participation": "50 %", "proofs": ["invoice"] },
        ],
    });
    let promotion = |rule: &str, start: &str, end: &str, pays: Value| json!({ "rule": rule, "start": start, "end": end, "pays": pays });
    let steps =
        json!({ "per-unit": [{ "from": "1", "until": "20", "amount": "1.25" }, { "from": "21", "amount": "2" }] });
    let promo = json!({ "promotions": [
        promotion("share", START, "2025-03-31", json!({ "percent": "3 %" })),
        promotion("cups", "2024-05-01", "2026-12-31", steps),
    ] });
    let club = json!({
        "earn": [{ "measure": "net", "per": "1", "points": "1" }],
        "tiers": { "by": "points", "window": "calendar-year", "downgrade": "one-down", "tiers": [
            { "tier": "member", "from": "0" },
            { "tier": "silver", "from": "3000", "multiplier": "1.25" },
        ] },
        "pending-days": 14,
        "purchase-by": "receipt",
        "negative-balance": "allowed",
        "expiry": { "after": { "months": 4 }, "until": "end-of-month" },
    });
    [
        ("volume", "rebate", tiers("1 %", "2 %")),
        ("co-op", "mdf", co_op),
        ("promo", "billback", promo),
        ("club", "loyalty", club),
        ("debit", "chargeback", json!({ "claims": {} })),
    ]
}

const QUARTERS: Calendar = Calendar {
    weeks: false,
    unit: Unit::Quarter,
};

/// The quarter in which a day lies.
pub fn quarter(day: Day) -> String {
    QUARTERS.containing(day).expect("a quarter").label
}

/// All quarters from the first day of the programs until this day.
pub fn quarters(today: Day) -> Vec<String> {
    let last = QUARTERS.containing(today).expect("a quarter");
    let mut all = QUARTERS
        .earlier_since(START.parse().expect("a day"), &last)
        .expect("quarters");
    all.push(last);
    all.into_iter().map(|period| period.label).collect()
}
