//! The end of the sequence: everything is run, settled and exported, is what the lines alone say, and replays to the byte.

use chrono::{DateTime, Utc};
use domain::day::Day;
use serde_json::Value;

use super::company::{RUN, quarters};
use super::desk::Desks;
use super::invariants::check;
use super::sales::Sales;
use crate::company::each;

/// # Panics
/// With what is not as it should be.
pub fn close(desks: &mut Desks, at: DateTime<Utc>, sales: &Sales) {
    let today = Day::from_date(at.date_naive()).expect("a day");
    // What takes back more than there is waits for what later periods bring: so once more, until nothing is left to post.
    let mut passes = 0;
    while pass(desks, at) > 0 {
        passes += 1;
        assert!(passes < 6, "every run of all periods posts something new");
    }
    check(desks);
    books(desks, sales);
    done(desks, at, "settlement-policy set --threshold GBP=0 --debit-memos true");
    done(desks, at, "settle --folder OUT/documents");
    let left = done(desks, at, "settle --folder OUT/documents");
    assert_eq!(each(&left["documents"]).count(), 0, "{left:#}");
    let exported = done(
        desks,
        at,
        &format!("journal export --from 2024-01-01 --to {today} OUT/all.csv"),
    );
    for total in each(&exported["totals"]) {
        assert_eq!(total["debit"], total["credit"], "{exported:#}");
    }
    check(desks);
    let audited = done(desks, at, "audit");
    assert!(audited["entries"].is_u64(), "{audited:#}");
    for line in ["replay --all", "claim replay --all"] {
        let replayed = done(desks, at, line);
        let differing: Vec<_> = each(&replayed).filter(|of| of["identical"] != true).collect();
        assert!(differing.is_empty(), "gtm {line}: {differing:#?}");
        println!("{} identical by gtm {line}", each(&replayed).count());
    }
}

/// Runs every period of every program, and says how many statements were posted.
fn pass(desks: &mut Desks, at: DateTime<Utc>) -> u64 {
    let today = Day::from_date(at.date_naive()).expect("a day");
    let mut posted = 0;
    for period in quarters(today) {
        for program in RUN {
            let report = done(desks, at, &format!("run {program} --period {period} --workers 1"));
            posted += report["posted"].as_u64().expect("a number");
        }
    }
    posted
}

fn done(desks: &mut Desks, at: DateTime<Utc>, line: &str) -> Value {
    let done = desks.run(at, line);
    done.answer.unwrap_or_else(|sentence| panic!("gtm {line}: {sentence}"))
}

/// Rebates and points, worked out from the lines that stand.
fn books(desks: &Desks, sales: &Sales) {
    let due = |net: i64| net * if net >= 5_000 { 2 } else { i64::from(net >= 1_000) } * 10_000;
    let rebates: Vec<String> = sales
        .volumes()
        .into_iter()
        .filter(|(_, net)| due(*net) != 0)
        .map(|((account, period), net)| format!("{account}|{period}|{}", due(net)))
        .collect();
    let posted = desks.query(
        "select accounts.number, period, sum(case when debit = 'expense' then amount_micros else -amount_micros end) as micros
         from transfers
         join accounts on accounts.id = transfers.account
         join programs on programs.id = transfers.program
         where programs.code = 'volume' and cause = 'statement'
         group by accounts.number, period
         having sum(case when debit = 'expense' then amount_micros else -amount_micros end) <> 0;",
    );
    assert_eq!(posted, rebates);
    let used: Vec<String> = sales
        .used()
        .into_iter()
        .map(|(account, points)| format!("{account}|{}|0|1", points * 1_000_000))
        .collect();
    let held = desks.query(
        "select number, sum(case code when 'redeemed' then micros else 0 end), sum(micros),
                case when sum(case when code in ('pending', 'expired') and micros < 0 then 1 else 0 end) = 0 then 1 else 0 end
         from (select accounts.number, code, sum(micros) as micros
               from (select program, account, credit as code, amount_micros as micros from transfers where unit <> 'GBP'
                     union all select program, account, debit, -amount_micros from transfers where unit <> 'GBP') moved
               join accounts on accounts.id = moved.account
               where code in ('issued', 'pending', 'points', 'redeemed', 'expired')
               group by accounts.number, code) held
         group by number;",
    );
    assert_eq!(
        held, used,
        "redeemed, what is issued less what became of it, and whether nothing is below zero"
    );
}
