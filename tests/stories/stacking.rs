//! Programs that reduce each other: E6 and E6b as four programs over one line, and what happens when an earlier one is run late, or again.

use serde_json::{Value, json};
use tests::{Engine, Gtm, on_both_engines};

use crate::company::{company, each, micros, payable, posted, program, replay_all, sell, text};

on_both_engines! {
    four_deals_over_one_line_pay_610_in_one_order_and_650_in_the_other
    an_earlier_program_that_was_not_run_is_named
    what_changes_an_earlier_program_changes_the_later_one
}

/// So much of everything that is sold.
fn deal(rate: &str) -> Value {
    json!({ "rules": [{ "measure": "net", "tiers": [{ "from": "0", "rate": rate }] }] })
}

/// Four deals for `south`, which do not know each other.
fn deals(gtm: &Gtm) {
    for (code, rate) in [
        ("deal-1", "10 %"),
        ("deal-2", "15 %"),
        ("deal-3", "20 %"),
        ("deal-4", "25 %"),
    ] {
        program(gtm, code, &deal(rate));
        gtm.run(&format!("program enrol {code} south"));
    }
}

/// Deal 1 looks at no other; deal 2 looks at billbacks only, of which there are none, and is excluded from what reduces others; deals 3 and 4 are
/// reduced by whatever comes before.
fn stack(gtm: &Gtm, order: [&str; 4]) {
    for (place, code) in (1..).zip(order) {
        let reduces = match code {
            "deal-1" => "",
            "deal-2" => "--reduces-by kind:billback --excluded",
            _ => "--reduces-by all",
        };
        gtm.run(&format!("program stack {code} --order {place} {reduces}"));
    }
}

fn run(gtm: &Gtm, code: &str) -> Value {
    gtm.run(&format!("run {code} --period 2024-Q1"))
}

/// What each deal pays, in the order in which they are run, and the sum.
fn paid(gtm: &Gtm, order: [&str; 4]) -> (Vec<String>, i64) {
    let paid: Vec<String> = order.map(|code| text(&run(gtm, code), "amount").to_owned()).into();
    let sum = paid.iter().map(|amount| micros(amount)).sum::<i64>() / 1_000_000;
    (paid, sum)
}

fn four_deals_over_one_line_pay_610_in_one_order_and_650_in_the_other(engine: Engine) {
    let gtm = company(engine);
    deals(&gtm);
    sell(&gtm, &["S-1,sale,south,cup,2024-02-15,GBP,1,1000,"]);

    let order = ["deal-1", "deal-2", "deal-3", "deal-4"];
    stack(&gtm, order);
    let stacked = gtm.run("program stack");
    let reduced: Vec<_> = each(&stacked).map(|one| &one["reduced_by"]).collect();
    assert_eq!(
        reduced,
        [&json!([]), &json!([]), &json!(["deal-1"]), &json!(["deal-1", "deal-3"])]
    );
    let (amounts, sum) = paid(&gtm, order);
    assert_eq!(
        (amounts, sum),
        (["100", "150", "180", "180"].map(str::to_owned).into(), 610)
    );
    let shown = gtm.run("statement show deal-4/2024-Q1/south");
    assert_eq!(
        shown["reduced_by"],
        json!([
            { "program": "deal-1", "period": "2024-Q1", "account": "south", "revision": 1, "amount": "100" },
            { "program": "deal-3", "period": "2024-Q1", "account": "south", "revision": 1, "amount": "180" },
        ])
    );
    assert_eq!(replay_all(&gtm), 4);
    // Nothing has changed, so nothing is posted.
    assert!(order.iter().all(|code| run(&gtm, code)["posted"] == 0));

    let order = ["deal-4", "deal-3", "deal-2", "deal-1"];
    stack(&gtm, order);
    let (amounts, sum) = paid(&gtm, order);
    assert_eq!(
        (amounts, sum),
        (["250", "150", "150", "100"].map(str::to_owned).into(), 650)
    );
    assert_eq!(
        posted(&gtm, "deal-3/2024-Q1/south"),
        [
            "1 expense → payable 180 original",
            "2 payable → expense 30 prior-period"
        ]
    );
    // Each revision by the order that held when it was made: deals 3 and 4 were worked out twice.
    assert_eq!(replay_all(&gtm), 6);
}

fn an_earlier_program_that_was_not_run_is_named(engine: Engine) {
    let gtm = company(engine);
    deals(&gtm);
    sell(&gtm, &["S-1,sale,south,cup,2024-02-15,GBP,1,1000,"]);
    stack(&gtm, ["deal-1", "deal-2", "deal-3", "deal-4"]);
    run(&gtm, "deal-1");
    let (code, sentence) = gtm.refused("run deal-4 --period 2024-Q1");
    assert_eq!(code, 1);
    assert!(
        sentence.contains(
            "program `deal-3` comes before `deal-4` and has not been run for 2024-Q1: `gtm run deal-3 --period 2024-Q1` first"
        ),
        "{sentence}"
    );
    run(&gtm, "deal-3");
    assert_eq!(text(&run(&gtm, "deal-4"), "amount"), "180");

    // Whoever joins the earlier program later has no statement in it yet; the others are not held up.
    sell(&gtm, &["W-1,sale,west,cup,2024-02-15,GBP,1,1000,"]);
    gtm.run("program enrol deal-1 west");
    gtm.run("program enrol deal-3 west");
    let (code, held) = gtm.ended("run deal-3 --period 2024-Q1");
    assert_eq!(code, 3);
    assert_eq!(
        held["held"],
        json!([{
            "account": "west",
            "reason": "program `deal-1`, which comes before, has no statement of account `west` for 2024-Q1: run it again first",
        }])
    );
    run(&gtm, "deal-1");
    assert_eq!(gtm.ended("run deal-3 --period 2024-Q1").0, 0);
    assert_eq!(payable(&gtm, "deal-3"), ["south 180", "west 180"]);

    gtm.run("program stack deal-3 --remove");
    assert_eq!(each(&gtm.run("program stack")).count(), 3);
    for (line, sentence) in [
        (
            "program stack deal-1 --order 5 --reduces-by deal-1",
            "program `deal-1` cannot be reduced by itself",
        ),
        (
            "program stack deal-1 --order 5 --reduces-by deal-9",
            "there is no program `deal-9` to reduce `deal-1` by",
        ),
    ] {
        let (code, said) = gtm.refused(line);
        assert!(code == 1 && said.contains(sentence), "{said}");
    }
    let (code, _) = gtm.refused("program stack deal-1 --order 5 --reduces-by kind:gift");
    assert_eq!(code, 2);
    let file = gtm.file("monthly.json", &deal("1 %").to_string());
    gtm.run(&format!(
        "program create monthly --plugin gtm/rebate --terms {} --start 2024-01-01 --calendar month",
        file.display()
    ));
    let (_, said) = gtm.refused("program stack monthly --order 9 --reduces-by deal-1");
    assert!(said.contains("only programs with the same periods stack"), "{said}");
}

fn what_changes_an_earlier_program_changes_the_later_one(engine: Engine) {
    let gtm = company(engine);
    deals(&gtm);
    // Deal 3 pays on cups only: what deal 1 pays on the postage is not taken off it.
    sell(
        &gtm,
        &[
            "S-1,sale,south,cup,2024-02-15,GBP,1,700,",
            "S-2,sale,south,post,2024-02-16,GBP,1,300,",
        ],
    );
    let mut cups = deal("20 %");
    cups["rules"][0]["products"] = json!({ "include": [{ "sku": "cup" }] });
    program(&gtm, "cups", &cups);
    gtm.run("program enrol cups south");
    gtm.run("program stack deal-1 --order 1");
    gtm.run("program stack cups --order 2 --reduces-by deal-1");
    assert_eq!(text(&run(&gtm, "deal-1"), "amount"), "100");
    assert_eq!(text(&run(&gtm, "cups"), "amount"), "126", "20 % of 700 less 70");

    // A late line of postage changes deal 1 and not what it pays on cups; a late line of cups changes both.
    sell(&gtm, &["S-3,sale,south,post,2024-03-01,GBP,1,1000,"]);
    assert_eq!(text(&run(&gtm, "deal-1"), "difference"), "100");
    assert_eq!(run(&gtm, "cups")["posted"], 0);
    let file = gtm.file("better.json", &deal("20 %").to_string());
    gtm.run(&format!(
        "program create deal-1 --plugin gtm/rebate --terms {} --new-terms",
        file.display()
    ));
    assert_eq!(
        run(&gtm, "cups")["posted"],
        0,
        "what deal 1 would pay by now counts once it is posted"
    );
    assert_eq!(text(&run(&gtm, "deal-1"), "difference"), "200");
    let again = run(&gtm, "cups");
    assert_eq!((text(&again, "amount"), text(&again, "difference")), ("112", "-14"));
    assert_eq!(
        posted(&gtm, "cups/2024-Q1/south"),
        [
            "1 expense → payable 126 original",
            "2 payable → expense 14 prior-period"
        ]
    );
    assert_eq!(replay_all(&gtm), 5);

    // Somebody who changes what was kept of a reduction is found out.
    let lift = match engine {
        Engine::Sqlite => "drop trigger reductions_keeps_rows; ",
        Engine::Postgres => "drop trigger reductions_keeps_rows on reductions; ",
    };
    let set_back = match engine {
        Engine::Sqlite => {
            "create trigger reductions_keeps_rows before update on reductions begin select raise(abort, '`reductions` is append-only'); end;"
        }
        Engine::Postgres => {
            "create trigger reductions_keeps_rows before update or delete or truncate on reductions for each statement execute function refuse_change();"
        }
    };
    gtm.query(&format!(
        "{lift}update reductions set earlier_revision = 1 where revision = 2; {set_back}"
    ));
    let (code, replayed) = gtm.ended("replay cups/2024-Q1/south");
    assert_eq!(code, 4);
    let differs: Vec<_> = each(&replayed).map(|revision| &revision["identical"]).collect();
    assert_eq!(differs, [&json!(true), &json!(false)]);
}
