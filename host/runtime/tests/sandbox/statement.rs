//! The statement that the plugins are asked to calculate, and the claim that they are asked to rule on.

use domain::adjudication::{Claim, ClaimKind, ClaimLine};
use domain::calculation::{Attribute, Context, Participant};
use domain::columns::Columns;
use domain::day::Day;
use domain::money::Micros;
use domain::period::Period;

pub fn context() -> Context {
    let day = |text: &str| text.parse::<Day>().unwrap();
    let period = |label: &str, start, end| Period {
        label: label.into(),
        start: day(start),
        end: day(end),
    };
    Context {
        converted: None,
        program: "volume".into(),
        terms: "{}".into(),
        participant: Participant {
            account: "12346".into(),
            attributes: vec![Attribute {
                name: "region".into(),
                value: "north".into(),
            }],
            enrolled_from: day("2010-12-01"),
            enrolled_until: None,
            agreed: vec![],
        },
        period: period("2011-Q1", "2011-01-01", "2011-03-31"),
        year: period("2011", "2011-01-01", "2011-12-31"),
        gathered: vec![],
        currency: "GBP".parse().unwrap(),
        opening_balances: vec![],
        products: vec![],
        end_customers: vec![],
        dictionaries: vec![],
    }
}

/// Sales at positions 101, 102 … on one day: 1.00, 2.00, 3.00 … and again from 1.00 after 1,000.
pub fn rows(count: usize) -> Columns {
    Columns {
        position: (101..).take(count).collect(),
        date: vec![15_000; count],
        kind: vec![0; count],
        selectors: vec![0; count],
        net_amount: (0..count as i64).map(|n| (n % 1000 + 1) * 1_000_000).collect(),
        ..Columns::default()
    }
}

/// Two lines: 100.00 and 80.00.
pub fn claim() -> Claim {
    let line = |number, units: i64| ClaimLine {
        number,
        claimed: Micros(units * 1_000_000),
        key: None,
        fields: "{}".into(),
    };
    Claim {
        kind: ClaimKind::Claim,
        number: "C-7".into(),
        submitted: "2011-02-01".parse().unwrap(),
        fields: "{}".into(),
        lines: vec![line(1, 100), line(2, 80)],
    }
}
