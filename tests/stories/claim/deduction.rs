//! E13 from order lines to a deduction: what a promotion pays is open credit, and a deduction is matched to it. And claims against special
//! price agreements.

use serde_json::{Value, json};
use tests::{Engine, Gtm, component, on_both_engines};

use super::fund::{held, moved, replay};
use crate::company::{each, text};

on_both_engines! {
    what_a_billback_pays_is_taken_by_deduction
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
