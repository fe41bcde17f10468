//! Settlement is killed at any moment: each document is there whole or not at all, numbers have no gaps, and the next settlement finishes.

use std::os::unix::process::ExitStatusExt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;
use tests::{Chance, Engine, Gtm, component, on_both_engines};

use crate::company::{each, payable, program, text, tiers};

on_both_engines! {
    killing_settlements_leaves_each_document_whole_or_absent
}

/// On each engine.
const KILLS: usize = 10;
const KILLS_IN_A_ROW: usize = 5;
const ACCOUNTS: usize = 150;

fn killing_settlements_leaves_each_document_whole_or_absent(engine: Engine) {
    let gtm = begin(engine);
    let mut chance = Chance(0x5eed_0005 + engine as u64);
    let (mut killed, mut halfway, mut round) = (0, 0, 1);
    earn(&gtm, round);
    let start = Instant::now();
    gtm.run("settle --folder documents");
    let mut takes = start.elapsed();
    while killed < KILLS {
        round += 1;
        earn(&gtm, round);
        for _ in 0..KILLS_IN_A_ROW {
            let mut child = gtm.start("settle --folder documents");
            let moment = takes * chance.below(1_000) as u32 / 1_000;
            sleep(moment);
            child.kill().expect("a child that was not waited for");
            let ended = child.wait().expect("how it ended");
            halfway += usize::from(!whole(&gtm).is_multiple_of(ACCOUNTS));
            if ended.signal().is_none() {
                // It was faster than the first time: from now on it is killed earlier.
                assert!(ended.success(), "settle: {ended}");
                takes = moment.max(Duration::from_millis(20));
                break;
            }
            killed += 1;
        }
        gtm.run("settle --folder documents");
        assert_eq!(whole(&gtm), round * ACCOUNTS);
        assert_eq!(
            payable(&gtm, "volume"),
            Vec::<String>::new(),
            "after {killed} kills something was not settled"
        );
        assert_eq!(gtm.run("settle --folder documents")["documents"], json!([]));
    }
    assert!(
        halfway > 0,
        "no kill met a settlement that had issued something and not everything"
    );
    gtm.run("audit");
    // The files of all of them, whichever process died before it wrote them.
    let all = gtm.run("document list --limit 100000");
    let names: Vec<&str> = each(&all["documents"])
        .map(|document| text(document, "document"))
        .collect();
    gtm.run(&format!("document files {} --folder all", names.join(" ")));
    assert_eq!(
        std::fs::read_dir(gtm.folder().join("all")).expect("the files").count(),
        3 * names.len()
    );
    println!(
        "{killed} settlements killed on {engine:?}, {halfway} times with some documents there and others not; {} documents",
        names.len()
    );
}

/// Whatever is there now is whole: numbers without gaps, each document with its transfers, no transfers without their document. Says how
/// many documents there are.
fn whole(gtm: &Gtm) -> usize {
    let gaps = "select count(*) - coalesce(max(number), 0) from documents";
    let counter = "select value - (select count(*) from documents) from counters where name = 'documents'";
    let unposted = "select count(*) from documents where total_micros <> (
                        select coalesce(sum(case when debit = 'payable' then amount_micros else -amount_micros end), 0)
                        from transfers where subject = documents.id)";
    let orphans =
        "select count(*) from transfers where cause = 'settlement' and subject not in (select id from documents)";
    for query in [gaps, counter, unposted, orphans] {
        assert_eq!(gtm.query(query), "0\n", "{query}");
    }
    let documents = gtm.query("select count(*) from documents");
    documents.trim().parse().expect("a number")
}

/// An installation whose customers are made as the lines of sales name them.
fn begin(engine: Engine) -> Gtm {
    let gtm = Gtm::new(engine);
    gtm.run(&format!("plugin install {}", component("rebate").display()));
    program(&gtm, "volume", &tiers("1 %", "2.5 %"));
    gtm.run("issuer set --name Acme --country GB --iban GB33BUKB20201555555555");
    let accounts: String = (0..ACCOUNTS).map(|n| format!("c-{n},Customer {n}\n")).collect();
    for (what, contents) in [
        ("accounts", format!("number,name\n{accounts}")),
        ("products", "sku,name,category\ncup,Cup,goods\n".into()),
    ] {
        let file = gtm.file(&format!("{what}.csv"), &contents);
        gtm.run(&format!("import {what} {}", file.display()));
    }
    gtm.run("program enrol volume --all");
    gtm
}

/// Everybody earns a little more for the first quarter.
fn earn(gtm: &Gtm, round: usize) {
    let lines: String = (0..ACCOUNTS)
        .map(|n| format!("K-{round}-{n},sale,c-{n},cup,2024-01-15,GBP,10,{}\n", 1_000 + 100 * n))
        .collect();
    let file = gtm.file(
        "sales.csv",
        &format!("key,kind,account,product,date,currency,quantity,net_amount\n{lines}"),
    );
    gtm.run(&format!("import transactions {}", file.display()));
    assert_eq!(gtm.run("run volume --period 2024-Q1")["status"], "complete");
}
