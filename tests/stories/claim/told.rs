//! A golden case with a claim, told as what people do: what it is held against comes in, the claim is filed, somebody decides, the ledger is
//! read.

use domain::adjudication::{Claim, ClaimKind, ClaimLine};
use domain::claim::{Event, Outcome, content_digest};
use domain::money::Micros;
use serde_json::{Value, json};
use store::claim::{Happening, NewClaim};
use store::{Clock, Ids, Store};
use tests::Gtm;

use super::fund::put;
use crate::company::{each, micros, text};
use crate::examples::Example;

/// The balances that go down when something is earned: what they hold was put somewhere.
const DEBIT: [&str; 3] = ["accrued", "budget", "expense"];

/// Files the case's claim and holds the ruling and the ledger against what the case expects.
pub fn tell(gtm: &Gtm, Example { name, case, .. }: &Example) -> Result<(), String> {
    let wrong = |what: String| Err(format!("{name}: {what}"));
    let (claim, evidence) = (&case["claim"], &case["evidence"]);
    for untold in ["inventory", "claimed-before"] {
        if evidence.get(untold).is_some() {
            return wrong(format!("a claim with `{untold}` is not told yet"));
        }
    }
    opening(gtm, name, case);
    agreements(gtm, name, evidence);
    let mut line = format!(
        "claim submit {name} {name} --file {name}.claim.json --on {} --kind {} --as user:pia",
        text(claim, "submitted"),
        claim["kind"].as_str().unwrap_or("claim")
    );
    if let Some(request) = evidence.get("request") {
        approved(gtm, name, request);
        line += &format!(" --request {}", text(request, "number"));
    }
    for proof in evidence["proofs"].as_array().into_iter().flatten() {
        let file = text(proof, "name");
        gtm.file(file, "%PDF-1.7");
        let kind = proof["kind"].as_str().map_or(String::new(), |kind| format!("{kind}="));
        line += &format!(" --attach {kind}{file}");
    }
    let form = json!({ "fields": claim.get("fields").cloned().unwrap_or_else(|| json!({})), "lines": claim["lines"] });
    gtm.file(&format!("{name}.claim.json"), &form.to_string());
    let submitted = gtm.run(&line);
    let expected: Vec<String> = each(&case["expect"]["decision"]).map(expected).collect();
    let came: Vec<String> = each(&submitted["lines"]).map(came).collect();
    if came != expected {
        return wrong(format!("expected {expected:?}, ruled {came:?}"));
    }

    let decided = gtm.run(&format!("claim decide {name}/{} --approve", text(&submitted, "number")));
    let due: i64 = each(&case["expect"]["decision"])
        .map(|line| micros(text(line, "approved")) + line["written-off"].as_str().map_or(0, micros))
        .sum();
    let reaches = match claim["kind"].as_str() {
        Some("request") => ["committed"].as_slice(),
        _ => &["payable", "deducted"],
    };
    let moved = |posted: &Value| {
        let is = |end: &str| i64::from(reaches.contains(&text(posted, end)));
        // A deduction moves from the one to the other.
        let times = if text(posted, "credit") == "deducted" {
            1
        } else {
            is("credit") - is("debit")
        };
        times * micros(text(posted, "amount"))
    };
    let reached: i64 = each(&decided["transfers"]).map(moved).sum();
    match reached == due {
        true => Ok(()),
        false => wrong(format!("{due} is due in millionths, {reached} was posted")),
    }
}

fn expected(line: &Value) -> String {
    let reasons: Vec<&str> = line["reasons"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    format!(
        "{} {} {reasons:?}",
        text(line, "ruling"),
        micros(text(line, "approved"))
    )
}

fn came(line: &Value) -> String {
    let reasons: Vec<&str> = each(&line["reasons"]).map(|reason| text(reason, "code")).collect();
    format!("{} {} {reasons:?}", text(line, "ruling"), micros(text(line, "ruled")))
}

/// What the balances hold before.
fn opening(gtm: &Gtm, name: &str, case: &Value) {
    let held = case["opening-balances"].as_object().into_iter().flatten();
    let mut moves: Vec<(&str, &str, &str)> = held
        .filter(|(_, amount)| amount.as_str() != Some("0"))
        .map(|(code, amount)| {
            let amount = amount.as_str().expect("an amount");
            match DEBIT.contains(&&**code) {
                true => (&**code, "opening", amount),
                false => ("opening", &**code, amount),
            }
        })
        .collect();
    // An approved request has committed its amount already.
    if let Some(request) = case["evidence"].get("request") {
        moves.push(("opening", "committed", text(request, "approved")));
    }
    if !moves.is_empty() {
        put(gtm, name, name, &moves);
    }
}

fn agreements(gtm: &Gtm, name: &str, evidence: &Value) {
    let Some(agreements) = evidence["agreements"].as_array() else {
        return;
    };
    let columns = [
        ("number", "number"),
        ("end_customer", "end-customer"),
        ("sku", "sku"),
        ("price", "price"),
        ("reference_price", "reference-price"),
        ("unit", "unit"),
        ("start", "start"),
        ("end", "end"),
        ("authorised", "authorised"),
    ];
    let mut csv = format!("account,{}\n", columns.map(|(column, _)| column).join(","));
    for agreement in agreements {
        let cells = columns.map(|(_, field)| agreement[field].as_str().unwrap_or_default());
        csv += &format!("{name},{}\n", cells.join(","));
    }
    let file = gtm.file(&format!("{name}.agreements.csv"), &csv);
    gtm.run(&format!("agreement import {name} {}", file.display()));
}

/// A request that was approved at another time.
fn approved(gtm: &Gtm, name: &str, request: &Value) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(gtm.database(), Clock::System, Ids::random())
            .await
            .expect("the database");
        let mut tx = store
            .begin(&"user:pia".parse().expect("an actor"))
            .await
            .expect("a unit of work");
        let amount = Micros(micros(text(request, "approved")));
        let asked = Claim {
            kind: ClaimKind::Request,
            number: text(request, "number").to_owned(),
            submitted: text(request, "submitted").parse().expect("a day"),
            fields: request["fields"].to_string(),
            lines: vec![ClaimLine {
                number: 1,
                claimed: amount,
                key: None,
                fields: "{}".into(),
            }],
        };
        let new = NewClaim {
            program: tx.program(name).await.expect("programs").expect("the program").id,
            account: tx.account(name).await.expect("accounts").expect("the account").id,
            request: None,
            content: content_digest(&asked).expect("a digest"),
            retained_until: asked.submitted.plus(730),
            asked,
        };
        let id = tx.add_claim(&new).await.expect("the request");
        for event in [Event::Submit, Event::Decide(Outcome::Approved)] {
            let claim = tx.claim(&id).await.expect("claims").expect("the request");
            let happening = Happening {
                approved: amount,
                ..Happening::to(&claim, event, "")
            };
            tx.happen(&claim, &happening).await.expect("a step");
        }
        tx.commit().await.expect("a commit");
        store.close().await;
    });
}
