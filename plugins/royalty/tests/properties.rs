//! What must hold whatever the figures: the account closes, shares sum, returns take back what was paid.

use gtm_royalty::Royalty;
use gtm_royalty::account::{Account, settle};
use gtm_royalty::earnings::Earnings;
use gtm_royalty::terms::Terms;
use gtm_sdk::{
    AttributeColumn, Context, Dictionary, Gathered, Outcome, Participant, Period, Product, Program, Rows, Window, terms,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const UNIT: i64 = 1_000_000;
const YEAR: i32 = 19_358;

/// A sale, or a return of an earlier line.
#[derive(Debug, Clone, Copy)]
struct Line {
    month: i32,
    units: i64,
    price: i64,
    invoice: u32,
}

fn month(number: i32) -> Period {
    // Months of thirty days will do: the arithmetic asks only where a period begins and ends.
    Period {
        label: format!("2023-{:02}", number + 1),
        start: YEAR + 30 * number,
        end: YEAR + 30 * number + 29,
    }
}

fn context(account: &str, number: i32) -> Context {
    Context {
        program: "test".into(),
        terms: String::new(),
        participant: Participant {
            account: account.into(),
            attributes: vec![],
            enrolled_from: YEAR,
            enrolled_until: None,
            agreed: vec![],
        },
        period: month(number),
        year: Period {
            label: "2023".into(),
            start: YEAR,
            end: YEAR + 364,
        },
        gathered: vec![Gathered {
            window: Window::SinceStart,
            periods: (0..number).map(month).collect(),
        }],
        currency: "GBP".into(),
        currency_digits: 2,
        opening_balances: vec![],
        products: vec![Product {
            sku: "BOOK".into(),
            category: String::new(),
            attributes: vec![],
        }],
        end_customers: vec![],
        dictionaries: vec![Dictionary {
            name: "invoice".into(),
            values: (0..100).map(|number| number.to_string()).collect(),
        }],
    }
}

fn with_rows<T>(lines: &[Line], until: i32, then: impl FnOnce(&Rows<'_>) -> T) -> T {
    let mut lines: Vec<Line> = lines.iter().copied().filter(|line| line.month <= until).collect();
    lines.sort_by_key(|line| line.month);
    let column = |read: fn(&Line) -> i64| lines.iter().map(read).collect::<Vec<i64>>();
    let position: Vec<u64> = (1..=lines.len() as u64).collect();
    let date: Vec<i32> = lines.iter().map(|line| YEAR + 30 * line.month + 3).collect();
    let kind: Vec<u8> = lines.iter().map(|line| u8::from(line.units < 0)).collect();
    let (quantity, price) = (column(|line| line.units * UNIT), column(|line| line.price * UNIT / 100));
    let attributes = [AttributeColumn {
        name: "invoice".into(),
        codes: lines.iter().map(|line| line.invoice).collect(),
    }];
    then(&Rows {
        position: &position,
        date: &date,
        kind: &kind,
        quantity: &quantity,
        list_price: &price,
        product: &vec![0; lines.len()],
        attributes: &attributes,
        ..Rows::default()
    })
}

fn parsed(terms: &Value) -> Terms {
    let terms: Terms = terms::parse(&terms.to_string()).unwrap();
    Royalty::plan(&terms).unwrap();
    terms
}

fn answer(terms: &Value, account: &str, number: i32, lines: &[Line]) -> Outcome {
    let mut royalty = Royalty::start(context(account, number), parsed(terms)).unwrap();
    with_rows(lines, number, |rows| royalty.push(rows)).unwrap();
    royalty.finish().unwrap()
}

fn account(terms: &Value, number: i32, lines: &[Line]) -> Account {
    let (terms, context) = (parsed(terms), context("A-1", number));
    let mut earnings = Earnings::begin(&terms, &context);
    with_rows(lines, number, |rows| earnings.push(rows, &terms, &context)).unwrap();
    settle(&terms, &context, &earnings).unwrap()
}

/// What the transfers of a statement add to a balance that is owed to the participant.
fn moved(outcome: &Outcome, balance: &str) -> i64 {
    let signed = |transfer: &gtm_sdk::Transfer| match (transfer.debit == balance, transfer.credit == balance) {
        (true, _) => -transfer.amount,
        (_, true) => transfer.amount,
        _ => 0,
    };
    outcome.transfers.iter().map(signed).sum()
}

fn tiers() -> Value {
    json!([{ "from": "0", "rate": "10 %" }, { "from": "500", "rate": "12.5 %" }, { "from": "2000", "rate": "15 %" }])
}

fn agreement() -> Value {
    json!({
        "royalties": [{ "rule": "print", "base": "list", "rates": [{ "tiers": tiers() }], "reserve": { "rates": ["20 %"], "parts": 3 } }],
        "returns": { "matched-by": "invoice" },
        "advances": [{ "rule": "advance", "on": "2023-02-01", "amount": "700" }],
        "guarantee": { "amount": "150", "periods": 2, "counting": "cumulative" },
        "smallest-payment": "40",
    })
}

/// Sales, each on an invoice of its own, some of which come back, in part or whole, in the same month or later.
fn lines() -> impl Strategy<Value = Vec<Line>> {
    let sale = (0i32..6, 1i64..900, 1i64..5_000, prop::option::of((0i32..4, 1i64..900)));
    prop::collection::vec(sale, 0..25).prop_map(|sales| {
        let mut lines = Vec::new();
        for (invoice, (month, units, price, back)) in sales.into_iter().enumerate() {
            let sale = Line {
                month,
                units,
                price,
                invoice: invoice as u32,
            };
            lines.push(sale);
            lines.extend(back.map(|(later, back)| Line {
                month: month + later,
                units: -back.min(units),
                ..sale
            }));
        }
        lines
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_account_closes_in_every_period(lines in lines()) {
        let (mut earned, mut reserve, mut recoupable) = (0, 0, 0);
        for number in 0..9 {
            let account = account(&agreement(), number, &lines);
            prop_assert_eq!(account.opening.0, earned, "what was carried forward opens the next period");
            let outcome = answer(&agreement(), "A-1", number, &lines);
            earned += moved(&outcome, "earned");
            reserve += moved(&outcome, "reserve");
            recoupable -= moved(&outcome, "recoupable");
            prop_assert_eq!(account.closing.0, earned);
            prop_assert_eq!(account.unrecouped.0, recoupable);
            prop_assert!(recoupable >= 0 && reserve >= 0);
            let steps: i64 = outcome.steps.iter().filter_map(|step| step.amount).sum();
            prop_assert_eq!(steps, outcome.transfers.iter().map(|transfer| transfer.amount).sum::<i64>());
        }
    }

    #[test]
    fn a_reserve_comes_back_in_full(lines in lines()) {
        let terms = json!({ "royalties": [{ "rule": "print", "base": "list", "rates": [{ "tiers": tiers() }],
            "reserve": { "rates": ["33 %", "7 %"], "after": 2, "parts": 3 } }], "returns": { "matched-by": "invoice" } });
        let held: i64 = (0..14).map(|number| moved(&answer(&terms, "A-1", number, &lines), "reserve")).sum();
        prop_assert_eq!(held, 0);
    }

    #[test]
    fn returning_everything_takes_back_exactly_what_was_paid(lines in lines()) {
        let sold: Vec<Line> = lines.into_iter().filter(|line| line.units > 0).collect();
        let returned = sold.iter().rev().map(|line| Line { month: 8, units: -line.units, ..*line });
        let all: Vec<Line> = sold.iter().copied().chain(returned).collect();
        let terms = json!({ "royalties": [{ "rule": "print", "base": "list", "rates": [{ "tiers": tiers() }] }], "returns": { "matched-by": "invoice", "without-sale": "problem" } });
        let months: Vec<Account> = (0..9).map(|number| account(&terms, number, &all)).collect();
        // Exact amounts come back exactly; each month's rounding may leave half a penny.
        let left: i64 = months.iter().map(|account| account.royalties[0].whole.0).sum();
        prop_assert!(left.abs() <= 9 * 5_000, "{}", left);
        let one_month: Vec<Line> = all.iter().map(|line| Line { month: 0, ..*line }).collect();
        prop_assert!(answer(&terms, "A-1", 0, &one_month).transfers.is_empty());
    }

    /// A year that is cut in months earns what it earns uncut, but for each month's rounding.
    #[test]
    fn an_escalator_earns_the_same_however_the_time_is_cut(lines in lines(), over in prop::sample::select(vec!["program", "calendar-year"])) {
        let terms = json!({ "royalties": [{ "rule": "print", "base": "list", "escalates-over": over, "rates": [{ "tiers": tiers() }] }] });
        let months: i64 = (0..10).map(|number| moved(&answer(&terms, "A-1", number, &lines), "expense")).sum();
        let mut ordered = lines.clone();
        ordered.sort_by_key(|line| line.month);
        let once: Vec<Line> = ordered.into_iter().map(|line| Line { month: 0, ..line }).collect();
        let uncut = moved(&answer(&terms, "A-1", 0, &once), "expense");
        prop_assert!((months - uncut).abs() <= 10 * 10_000, "{} and {}", months, uncut);
    }

    /// Each year alone earns what it earns among the others, when what comes back is of its own sales.
    #[test]
    fn an_escalator_of_the_year_knows_nothing_of_other_years(lines in lines()) {
        let terms = json!({ "royalties": [{ "rule": "print", "base": "list", "escalates-over": "calendar-year", "rates": [{ "tiers": tiers() }] }],
            "returns": { "matched-by": "invoice" } });
        // The first month begins on 1 January 2023: the one thirteen months of thirty days later lies in 2024.
        let shifted: Vec<Line> = lines.iter().map(|line| Line { month: line.month + if line.invoice % 2 == 0 { 0 } else { 13 }, ..*line }).collect();
        let later: Vec<Line> = shifted.iter().copied().filter(|line| line.month >= 13).collect();
        let earned = |lines: &[Line], months: std::ops::Range<i32>| -> i64 { months.map(|number| moved(&answer(&terms, "A-1", number, lines), "expense")).sum() };
        prop_assert_eq!(earned(&shifted, 13..24), earned(&later, 13..24));
    }

    #[test]
    fn the_shares_of_all_payees_sum_to_the_whole(lines in lines(), first in 1i64..5_000, second in 1i64..4_000) {
        let percent = |hundredths: i64| format!("{}.{:02} %", hundredths / 100, hundredths % 100);
        let mut terms = json!({ "royalties": [{ "rule": "print", "base": "list", "rates": [{ "tiers": tiers() }] }] });
        let whole = moved(&answer(&terms, "A-1", 3, &lines), "expense");
        terms["payees"] = json!([
            { "account": "A-1", "share": percent(first) }, { "account": "A-2", "share": percent(second) },
            { "account": "A-3", "share": percent(10_000 - first - second) },
        ]);
        let parts: i64 = ["A-1", "A-2", "A-3"].iter().map(|payee| moved(&answer(&terms, payee, 3, &lines), "expense")).sum();
        prop_assert_eq!(parts, whole);
    }

    #[test]
    fn more_copies_never_earn_less(units in 0i64..5_000, more in 0i64..2_000) {
        let terms = json!({ "royalties": [{ "rule": "print", "base": "list", "rates": [{ "tiers": tiers() }] }] });
        let earned = |units| {
            let line = Line { month: 0, units, price: 1_999, invoice: 0 };
            moved(&answer(&terms, "A-1", 0, &[line]), "payable")
        };
        prop_assert!(earned(units + more) >= earned(units));
    }
}
