//! E13 from order lines to a deduction: what a promotion pays is open credit, and a deduction is matched to it. And claims against special
//! price agreements.

use serde_json::{Value, json};
use tests::{Engine, Gtm, component, on_both_engines};

use super::fund::{held, moved, replay};
use crate::company::{each, text};

on_both_engines! {
    what_a_billback_pays_is_taken_by_deduction
    a_small_difference_is_written_off_and_not_argued_about
    a_person_splits_a_deduction_into_what_is_matched_charged_back_written_off_and_moved
    what_was_rejected_is_not_agreed_to_by_splitting_it_for_more
    an_agreement_is_used_up_by_decisions_and_given_back
}

fn what_a_billback_pays_is_taken_by_deduction(engine: Engine) {
    let gtm = Gtm::new(engine);
    gtm.file("accounts.csv", "number,name\nnorth,North Traders\n");
    gtm.run("import accounts accounts.csv");
    gtm.run(&format!("plugin install {}", component("billback").display()));
    let steps = json!([{ "from": "1", "until": "5", "amount": "50" }, { "from": "6", "until": "15", "amount": "100" }]);
    let terms = json!({ "promotions": [
        { "rule": "phones", "start": "2024-02-01", "end": "2024-02-29", "pays": { "per-unit": steps } },
    ] });
    gtm.file("terms.json", &terms.to_string());
    gtm.run("program create phones --plugin gtm/billback --terms terms.json --start 2024-01-01");
    gtm.run("program enrol phones north");
    gtm.file(
        "orders.csv",
        "key,kind,account,date,currency,quantity\n1,sale,north,2024-02-10,GBP,4\n2,sale,north,2024-02-20,GBP,10\n",
    );
    gtm.run("import transactions orders.csv");
    gtm.run("run phones --period 2024-Q1");
    // 4 × 50 and 10 × 100.
    assert_eq!(held(&gtm), ["expense -1200", "payable 1200"]);

    let short = |invoice: &str, amount: &str, reason: &str| json!({ "claimed": amount, "fields": { "invoice": invoice, "reason": reason } });
    let deduction = json!({ "kind": "deduction", "submitted": "2024-03-15", "lines": [
        short("INV-1", "200", "price"), short("INV-2", "1000", "price"), short("INV-3", "50", "price"), short("INV-4", "7", "quantity"),
    ] });
    gtm.file("deduction.json", &deduction.to_string());
    let taken = gtm.run("claim submit phones north --file deduction.json --as user:pia");
    // Nothing is held before the decision: the descriptor names no balance for it.
    assert_eq!(held(&gtm), ["expense -1200", "payable 1200"]);
    let ruled: Vec<String> = each(&taken["lines"])
        .map(|line| format!("{} {}", text(line, "ruling"), text(line, "ruled")))
        .collect();
    assert_eq!(ruled, ["accepted 200", "accepted 1000", "denied 0", "denied 0"]);
    let decided = gtm.run("claim decide C-1 --approve");
    assert_eq!(
        (text(&decided, "status"), text(&decided, "approved")),
        ("adjusted", "1200")
    );
    assert_eq!(moved(&decided), ["3 payable → deducted 1200 original"]);
    assert_eq!(held(&gtm), ["deducted 1200", "expense -1200"]);
    assert_eq!(replay(&gtm), 1);
    // The program takes no requests, and a claim is not needed.
    gtm.file(
        "request.json",
        &json!({ "kind": "request", "lines": [short("A", "1", "price")] }).to_string(),
    );
    let (_, request) = gtm.refused("claim submit phones north --file request.json --on 2024-03-15");
    assert_eq!(
        request,
        "gtm: the claim does not hold\n  /kind: plugin `gtm/billback` takes no requests: file a claim"
    );
    // A statement that takes the credit back is held, because it was taken already.
    gtm.file(
        "returns.csv",
        "key,kind,account,date,currency,quantity\n3,return,north,2024-02-25,GBP,-10\n",
    );
    gtm.run("import transactions returns.csv");
    let (code, run) = gtm.ended("run phones --period 2024-Q1");
    assert_eq!(code, 3, "{run:#}");
    assert_eq!(held(&gtm), ["deducted 1200", "expense -1200"]);
}

fn what_was_rejected_is_not_agreed_to_by_splitting_it_for_more(engine: Engine) {
    let gtm = credit(engine);
    gtm.run("approve rule claim --above 100");
    for approver in ["max", "kim"] {
        gtm.run(&format!(
            "approve grant user:{approver} claim --limit 5000 --as user:eve"
        ));
    }
    deduct(&gtm, "phones", &[("INV-1", "1500")]);
    gtm.run("approve no A-1 --words unclear --as user:max");
    let parts = "--part 1=matched:1200 --part 1=written-off:300";
    let (_, refused) = gtm.refused(&format!("claim split C-1 {parts} --reason agreed --as user:kim"));
    assert_eq!(refused, "gtm: A-1 was rejected: deny the claim, or have it reopened");
    assert_eq!(text(&gtm.run("claim show C-1"), "status"), "in-review");
}

/// `north` has 1,200 of open credit in `phones`, which writes off differences up to 5, and 750 in `displays`, which writes off none.
fn credit(engine: Engine) -> Gtm {
    let gtm = Gtm::new(engine);
    gtm.file("accounts.csv", "number,name\nnorth,North Traders\n");
    gtm.run("import accounts accounts.csv");
    gtm.run(&format!("plugin install {}", component("billback").display()));
    let lump = |rule: &str, amount: &str| json!({ "rule": rule, "start": "2024-02-01", "end": "2024-02-29", "pays": { "lump-sum": amount } });
    for (program, terms) in [
        (
            "phones",
            json!({ "promotions": [lump("phones", "1200")], "write-off": { "amount": "5" } }),
        ),
        ("displays", json!({ "promotions": [lump("display", "750")] })),
    ] {
        gtm.file("terms.json", &terms.to_string());
        gtm.run(&format!(
            "program create {program} --plugin gtm/billback --terms terms.json --start 2024-01-01"
        ));
        gtm.run(&format!("program enrol {program} north"));
        gtm.run(&format!("run {program} --period 2024-Q1"));
    }
    gtm
}

fn deduct(gtm: &Gtm, program: &str, lines: &[(&str, &str)]) -> Value {
    let line = |(invoice, claimed): &(&str, &str)| json!({ "claimed": claimed, "fields": { "invoice": invoice, "reason": "price" } });
    let lines: Vec<Value> = lines.iter().map(line).collect();
    let deduction = json!({ "kind": "deduction", "submitted": "2024-03-15", "lines": lines });
    gtm.file("deduction.json", &deduction.to_string());
    gtm.run(&format!(
        "claim submit {program} north --file deduction.json --as user:pia"
    ))
}

fn a_small_difference_is_written_off_and_not_argued_about(engine: Engine) {
    let gtm = credit(engine);
    let taken = deduct(&gtm, "phones", &[("INV-1", "1203.50")]);
    let line = &taken["lines"][0];
    assert_eq!(
        (
            text(line, "ruling"),
            text(line, "ruled"),
            text(line, "rules_to_write_off")
        ),
        ("adjusted", "1200", "3.5")
    );
    assert_eq!(text(&line["reasons"][0], "code"), "written-off");
    let decided = gtm.run("claim decide C-1 --approve");
    assert_eq!(
        (
            text(&decided, "status"),
            text(&decided, "approved"),
            text(&decided, "written_off")
        ),
        ("adjusted", "1200", "3.5")
    );
    // The credit is used up and no more than that: what is given up is an expense of its own.
    assert_eq!(
        moved(&decided),
        [
            "3 payable → deducted 1200 original",
            "3 written-off → deducted 3.5 original"
        ]
    );
    gtm.run("journal export --from 2024-01-01 --to 2999-12-31 --format json journal.json");
    let journal = std::fs::read(gtm.folder().join("journal.json")).expect("the export");
    let journal: Value = serde_json::from_slice(&journal).expect("JSON");
    let written_off: Vec<String> = each(&journal["lines"])
        .filter(|line| line["posting"] == "write-off")
        .map(|line| {
            format!(
                "{} {}|{}",
                text(line, "account"),
                text(line, "debit"),
                text(line, "credit")
            )
        })
        .collect();
    assert_eq!(written_off, ["6900 3.50|", "1190 |3.50"]);
    // A new round takes both back, and withdrawing it leaves the credit open.
    let again = gtm.run("claim reopen C-1 --words wrong-invoice");
    assert_eq!(
        moved(&again)[2..],
        [
            "4 deducted → payable 1200 reversal",
            "4 deducted → written-off 3.5 reversal"
        ]
    );
    gtm.run("claim withdraw C-1");
    assert_eq!(
        held(&gtm),
        ["expense -750", "payable 750", "expense -1200", "payable 1200"]
    );
    assert_eq!(replay(&gtm), 2);
}

fn a_person_splits_a_deduction_into_what_is_matched_charged_back_written_off_and_moved(engine: Engine) {
    let gtm = credit(engine);
    let taken = deduct(&gtm, "phones", &[("INV-1", "1500"), ("INV-2", "20")]);
    assert_eq!(text(&taken["lines"][0], "ruled"), "1200", "300 more than is open");

    // Their sums are held against what was deducted, the matched part against the ruling; and nobody splits their own.
    let split =
        |parts: &str, actor: &str| format!("claim split C-1 {parts} --reason as-agreed-on-the-phone --as user:{actor}");
    for (parts, actor, sentence) in [
        (
            "--part 1=matched:1150 --part 1=charged-back:40",
            "max",
            "line 1 of deduction `C-1`: its parts sum to 1190, and 1500 was deducted: let them sum to that",
        ),
        (
            "--part 1=matched:1200.01 --part 1=charged-back:299.99",
            "max",
            "line 1 of deduction `C-1`: 1200.01 is more than the 1200 that the ruling matches to open credit: match that, or less",
        ),
        (
            "--part 1=charged-back:1500",
            "pia",
            "user:pia submitted `C-1` and cannot decide it: somebody else must",
        ),
        (
            "--part 1=moved:1500:nowhere",
            "max",
            "what is moved to program `nowhere` cannot be deducted there: there is no program `nowhere`: `gtm program list` shows them",
        ),
        (
            "--part 1=moved:750:displays --part 1=moved:750:displays",
            "max",
            "line 1 of deduction `C-1`: it is moved to `displays` twice: give one part",
        ),
        (
            "--part 1=lost:1500",
            "max",
            "`lost` is nothing that becomes of a part: write matched, charged-back, written-off, moved",
        ),
    ] {
        assert_eq!(gtm.refused(&split(parts, actor)).1, format!("gtm: {sentence}"));
    }
    assert_eq!(text(&gtm.run("claim show C-1"), "status"), "in-review");

    let parts = "--part 1=matched:1150 --part 1=charged-back:40 --part 1=written-off:10 --part 1=moved:300:displays";
    let done = gtm.run(&split(parts, "max"));
    assert_eq!(
        (
            text(&done, "status"),
            text(&done, "approved"),
            text(&done, "written_off")
        ),
        ("adjusted", "1150", "10")
    );
    assert_eq!(
        moved(&done),
        [
            "3 payable → deducted 1150 original",
            "3 written-off → deducted 10 original"
        ]
    );
    let line = &done["lines"][0];
    let there = text(&line["parts"][3], "moved_to");
    assert!(there.starts_with("displays/C-"), "{there}");
    let shown: Vec<String> = each(&line["parts"])
        .map(|part| format!("{} {}", text(part, "treatment"), text(part, "amount")))
        .collect();
    assert_eq!(
        shown,
        ["matched 1150", "charged-back 40", "written-off 10", "moved 300"]
    );
    assert_eq!(text(line, "reason"), "as-agreed-on-the-phone");
    let last = each(&done["history"]).last().expect("a history").clone();
    assert_eq!(
        (text(&last, "actor"), text(&last, "event"), text(&last, "words")),
        ("user:max", "decide", "as-agreed-on-the-phone")
    );
    // The other line stays as it was ruled: no credit was left for it.
    assert_eq!(text(&done["lines"][1], "approved"), "0");
    let told = String::from_utf8(gtm.output("claim show C-1").stdout).expect("text");
    for sentence in [
        "line 1: 1,150.00 matched".to_owned(),
        "line 1: 40.00 charged back".to_owned(),
        "line 1: 10.00 written off".to_owned(),
        format!("line 1: 300.00 moved to {there}"),
    ] {
        assert!(told.contains(&sentence), "{sentence}\n{told}");
    }

    // What belongs to the displays is a deduction there, with the fields it was taken with, and goes its own way.
    let draft = gtm.run(&format!("claim show {there}"));
    assert_eq!(
        (
            text(&draft, "status"),
            text(&draft, "claimed"),
            text(&draft, "moved_from")
        ),
        ("draft", "300", "phones/C-1")
    );
    assert_eq!(text(&draft["lines"][0]["fields"], "invoice"), "INV-1");
    let (_, refused) = gtm.refused("claim reopen C-1 --words again");
    assert_eq!(
        refused,
        format!("gtm: a part of `C-1` was moved to `{there}`, which is draft: withdraw that first")
    );
    let submitted = gtm.run(&format!("claim submit {there} --as user:max"));
    assert_eq!(
        (text(&submitted, "submitted"), text(&submitted["lines"][0], "ruled")),
        ("2024-03-15", "300"),
        "a part was deducted when the whole was"
    );
    gtm.run(&format!("claim decide {there} --approve --as user:eve"));
    let (_, refused) = gtm.refused("claim reopen C-1 --words again");
    assert_eq!(
        refused,
        format!("gtm: a part of `C-1` was moved to `{there}`, which is approved: reopen and withdraw that first")
    );
    assert_eq!(
        held(&gtm),
        [
            "deducted 300",
            "expense -750",
            "payable 450",
            "deducted 1160",
            "expense -1200",
            "payable 50",
            "written-off -10",
        ]
    );
    // An ordinary claim is paid with less, and not split.
    assert_eq!(replay(&gtm), 2);
    assert_eq!(gtm.run("audit")["broken"], json!(null));
}

fn an_agreement_is_used_up_by_decisions_and_given_back(engine: Engine) {
    let gtm = Gtm::new(engine);
    gtm.file("accounts.csv", "number,name\nnorth,North Traders\n");
    gtm.run("import accounts accounts.csv");
    gtm.run(&format!("plugin install {}", component("chargeback").display()));
    let terms = json!({ "claims": { "reference": "cost" } });
    gtm.file("terms.json", &terms.to_string());
    gtm.run("program create debit --plugin gtm/chargeback --terms terms.json --start 2024-01-01");
    gtm.run("program enrol debit north");
    gtm.file(
        "agreements.csv",
        "number,account,end_customer,sku,price,reference_price,unit,start,end,authorised\n\
         SPA-1,north,E-7,A,10,,EA,2024-01-01,2024-03-31,15\n",
    );
    let imported = gtm.run("agreement import debit agreements.csv");
    assert_eq!((&imported["new"], &imported["unchanged"]), (&json!(1), &json!(0)));
    assert_eq!(gtm.run("agreement import debit agreements.csv")["unchanged"], 1);
    let remaining = |gtm: &Gtm| text(&gtm.run("agreement list debit")[0], "remaining").to_owned();
    let sold = |invoice: &str, quantity: &str, claimed: &str| -> Value {
        json!({ "submitted": "2024-03-15", "lines": [{ "claimed": claimed, "fields": {
            "agreement": "SPA-1", "end-customer": "E-7", "invoice": invoice, "invoice-line": "1", "sku": "A", "lot": "",
            "shipped": "2024-02-10", "quantity": quantity, "unit": "EA", "cost": "10.50",
        } }] })
    };
    gtm.file("first.json", &sold("INV-1", "10", "5").to_string());
    gtm.file("second.json", &sold("INV-2", "10", "5").to_string());
    gtm.run("claim submit debit north --file first.json --as user:pia");
    gtm.run("claim submit debit north --file second.json --as user:pia");
    // Both would be paid; only decisions use an agreement up.
    assert_eq!(remaining(&gtm), "15");
    let paid = gtm.run("claim decide C-1 --approve");
    assert_eq!((text(&paid, "status"), text(&paid, "approved")), ("approved", "5"));
    assert_eq!(text(&paid["lines"][0]["consumed"][0], "quantity"), "10");
    assert_eq!(remaining(&gtm), "5");
    let (_, changed) = gtm.refused("claim decide C-2 --approve");
    assert!(changed.contains("it was ruled on again"), "{changed}");
    gtm.run("claim reopen C-1 --words shipped-back");
    assert_eq!(remaining(&gtm), "15");
    gtm.run("claim withdraw C-1");
    let (_, changed) = gtm.refused("claim decide C-2 --approve");
    assert!(changed.contains("it was ruled on again"), "{changed}");
    gtm.run("claim decide C-2 --approve");
    assert_eq!(remaining(&gtm), "5");
    assert_eq!(held(&gtm), ["expense -5", "payable 5"]);
    assert_eq!(replay(&gtm), 5);
}
