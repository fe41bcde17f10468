//! Whatever people do in whatever order, no more is settled than was ever payable, and nothing is made or lost.

use tests::{Chance, Engine, Gtm, on_both_engines};

use crate::company::{company, each, program, sell, text, tiers};

on_both_engines! {
    random_settlements_keep_the_ledger_whole
}

const STEPS: usize = 40;

fn random_settlements_keep_the_ledger_whole(engine: Engine) {
    let gtm = company(engine);
    program(&gtm, "volume", &tiers("1 %", "2.5 %"));
    program(&gtm, "extra", &tiers("0.5 %", "1 %"));
    for code in ["volume", "extra"] {
        gtm.run(&format!("program enrol {code} north south west"));
    }
    gtm.run("issuer set --name Acme --country GB --iban GB33BUKB20201555555555");
    let mut chance = Chance(0x5eed_0007 + engine as u64);
    let mut done = Vec::new();
    for step in 0..STEPS {
        let line = match chance.below(8) {
            0..=2 => earn(&gtm, step, &mut chance),
            3 | 4 => "settle --folder documents".into(),
            5 => cancel(&gtm, &mut chance),
            6 => format!("settlement-policy set --threshold GBP={}", chance.below(200)),
            _ => format!("settlement-policy set --debit-memos {}", chance.below(2) == 1),
        };
        if !line.is_empty() {
            gtm.run(&line);
        }
        done.push(line);
        check(&gtm, &done);
    }
    gtm.run("settlement-policy set --threshold GBP=0 --debit-memos true");
    gtm.run("settle --folder documents");
    check(&gtm, &done);
    let left = gtm.run("settle --dry-run");
    assert_eq!(each(&left["documents"]).count(), 0, "after {done:#?}");
    let documents = gtm.query("select count(*) from documents");
    assert!(
        documents.trim().parse::<usize>().expect("a number") > 5,
        "{documents} documents are too few to tell anything"
    );
}

/// Somebody buys or returns something, and a period is run.
fn earn(gtm: &Gtm, step: usize, chance: &mut Chance) -> String {
    let account = ["north", "south", "west"][chance.below(3)];
    let month = 1 + chance.below(6);
    let (kind, sign) = if chance.below(3) == 0 {
        ("return", "-")
    } else {
        ("sale", "")
    };
    let pounds = 500 + chance.below(9_000);
    sell(
        gtm,
        &[&format!(
            "C-{step},{kind},{account},cup,2024-0{month}-10,GBP,{sign}1,{sign}{pounds},"
        )],
    );
    let code = ["volume", "extra"][chance.below(2)];
    format!("run {code} --period 2024-Q{}", 1 + (month - 1) / 3)
}

/// One of the documents that can be cancelled; nothing when there is none.
fn cancel(gtm: &Gtm, chance: &mut Chance) -> String {
    let list = gtm.run("document list");
    let names: Vec<&str> = each(&list["documents"])
        .filter(|document| document["cancels"].is_null() && document["cancelled_by"].is_null())
        .map(|document| text(document, "document"))
        .collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(
            "document cancel {} --reason mistake --folder documents",
            names[chance.below(names.len())]
        ),
    }
}

fn check(gtm: &Gtm, done: &[String]) {
    let wrong = |what: &str, sql: &str| assert_eq!(gtm.query(sql), "0\n", "{what} after {done:#?}");
    wrong(
        "a unit does not sum to zero",
        "select count(*) from (
             select unit from (select unit, amount_micros as micros from transfers
                               union all select unit, -amount_micros from transfers) held
             group by unit having sum(micros) <> 0) broken",
    );
    wrong(
        "numbers have gaps",
        "select count(*) - coalesce(max(number), 0) from documents",
    );
    // What statements ever put into `payable`, less what documents took out of it, per participant and program and period.
    wrong(
        "more is settled than was ever payable",
        "select count(*) from (
             select account, program, period from transfers
             group by account, program, period
             having sum(case when cause = 'settlement' and credit = 'settled' then amount_micros
                             when cause = 'settlement' then -amount_micros else 0 end)
                  > sum(case when cause = 'statement' and credit = 'payable' then amount_micros else 0 end)) broken",
    );
    wrong(
        "a document and its transfers differ",
        "select count(*) from documents where total_micros <> (
             select case when documents.kind = 'debit-memo' then -1 else 1 end
                  * sum(case when debit = 'payable' then amount_micros else -amount_micros end)
             from transfers where subject = documents.id)",
    );
}
