//! Money for marketing: requested, approved, claimed, disputed.

use serde_json::{Value, json};
use tests::{Engine, Gtm, on_both_engines};

use super::fund::{campaign, company, held, moved, put, replay, submit};
use crate::company::{each, text};

on_both_engines! {
    a_request_is_approved_and_claimed_against
    a_ruling_is_confirmed_by_somebody_else_or_paid_with_less
    a_suspected_duplicate_is_held_until_a_person_looks_at_it
    what_was_cut_is_disputed_and_answered
    a_draft_is_submitted_later_and_withdrawn
    what_a_ruling_rests_on_may_change_before_it_is_confirmed
    a_ruling_that_was_changed_is_found_out
}

fn trade_fair(lines: Value) -> Value {
    json!({ "fields": { "activity": "trade-fair", "start": "2024-05-10", "end": "2024-05-12" }, "lines": lines })
}

fn expense(invoice: &str, claimed: &str, cost: &str) -> Value {
    json!({ "claimed": claimed, "fields": { "supplier": "Printers Ltd", "invoice": invoice, "cost": cost } })
}

fn statuses(gtm: &Gtm) -> Vec<String> {
    let page = gtm.run("claim list");
    let line = |claim: &Value| {
        format!(
            "{} {} {}",
            text(claim, "number"),
            text(claim, "status"),
            text(claim, "approved")
        )
    };
    each(&page["claims"]).map(line).collect()
}

fn a_request_is_approved_and_claimed_against(engine: Engine) {
    let gtm = company(engine);
    put(&gtm, "fund", "north", &[("budget", "fund", "10000")]);
    let request = trade_fair(json!([{ "claimed": "4000", "fields": { "cost": "8000" } }]));
    let asked = submit(&gtm, &request, "--kind request --on 2024-04-01");
    assert_eq!((text(&asked, "number"), text(&asked, "status")), ("C-1", "in-review"));
    assert_eq!(held(&gtm), ["budget -10000", "committed 4000", "fund 6000"]);
    let approved = gtm.run("claim decide C-1 --approve");
    assert_eq!(
        (text(&approved, "status"), text(&approved, "remaining")),
        ("approved", "4000")
    );
    assert_eq!(moved(&approved), ["2 fund → committed 4000 original"]);

    gtm.file("invoice-17.pdf", "%PDF-1.7 invoice");
    gtm.file("stand.pdf", "%PDF-1.7 a picture of the stand");
    let proofs = "--attach invoice-17.pdf --attach photo=stand.pdf --request C-1 --on 2024-06-03";
    let first = trade_fair(json!([expense("INV-1", "3000", "6000")]));
    let claim = submit(&gtm, &first, proofs);
    assert_eq!(text(&claim, "request"), "C-1");
    let kinds: Vec<_> = each(&claim["attachments"])
        .map(|file| (text(file, "kind"), text(file, "name")))
        .collect();
    assert_eq!(kinds, [("invoice", "invoice-17.pdf"), ("photo", "stand.pdf")]);
    // What is claimed of the request is reserved, and moves only when it is decided.
    assert_eq!(moved(&claim), [""; 0]);
    assert_eq!(text(&gtm.run("claim show C-1"), "remaining"), "1000");
    let (_, busy) = gtm.refused("claim withdraw C-1");
    assert_eq!(
        busy,
        "gtm: claim `C-2` against request `C-1` is in review: decide or withdraw it first"
    );
    let second = submit(&gtm, &trade_fair(json!([expense("INV-2", "2500", "5000")])), proofs);
    let ruled = &second["lines"][0];
    assert_eq!((text(ruled, "ruling"), text(ruled, "ruled")), ("adjusted", "1000"));
    assert_eq!(text(&ruled["reasons"][0], "code"), "request-used-up");
    let paid = gtm.run("claim decide fund/C-2 --approve");
    assert_eq!(moved(&paid), ["3 committed → payable 3000 original"]);
    gtm.run("claim decide C-3 --deny --reason not-ours");
    assert_eq!(
        held(&gtm),
        ["budget -10000", "committed 1000", "fund 6000", "payable 3000"]
    );
    // What is left of the request goes back into the fund.
    let released = gtm.run("claim withdraw C-1 --words done");
    assert_eq!(moved(&released)[1..], ["4 committed → fund 1000 reversal"]);
    assert_eq!(held(&gtm), ["budget -10000", "fund 7000", "payable 3000"]);
    let (_, gone) = gtm.refused("claim reopen C-3");
    assert_eq!(
        gone,
        "gtm: request `C-1` is withdrawn: only an approved one can be claimed against"
    );
    // The first claim was ruled on once more when it was decided, because the second had taken its part of the request.
    assert_eq!(replay(&gtm), 4);
    let told = String::from_utf8(gtm.output("claim show C-3").stdout).expect("text");
    for words in [
        "it draws on request C-1",
        "request-used-up",
        "invoice INV-2",
        "photo",
        "kept until 2026-06-03",
        "decide",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

fn a_ruling_is_confirmed_by_somebody_else_or_paid_with_less(engine: Engine) {
    let gtm = company(engine);
    put(&gtm, "fund", "north", &[("budget", "fund", "1000")]);
    let mut form = campaign("INV-1", "600");
    form["lines"]
        .as_array_mut()
        .expect("lines")
        .push(expense("INV-2", "700", "700"));
    form["number"] = json!("NORTH-7");
    let claim = submit(&gtm, &form, "");
    let ruled: Vec<_> = each(&claim["lines"]).map(|line| text(line, "ruled")).collect();
    assert_eq!(ruled, ["600", "400"]);
    for (line, sentence) in [
        (
            "--approve --as user:pia",
            "user:pia submitted `NORTH-7` and cannot decide it: somebody else must",
        ),
        (
            "--approve --line 2=400.01 --reason x",
            "line 2 of claim `NORTH-7`: 400.01 is more than the 400 that the ruling approves: pay that, or less",
        ),
        (
            "--approve --line 1=1",
            "line 1 of claim `NORTH-7`: a reason must be given for paying less than was ruled",
        ),
        ("--approve --line 3=1 --reason x", "claim `NORTH-7` has no line 3"),
        (
            "--approve --line one=1",
            "`one=1` is no line with an amount: write N=AMOUNT, such as 2=99.50",
        ),
        ("--deny", "a reason must be given for denying `NORTH-7`"),
    ] {
        let refused = gtm.refused(&format!("claim decide NORTH-7 {line}"));
        assert_eq!(refused, (1, format!("gtm: {sentence}")), "{line}");
    }
    // Whoever decides says what.
    for line in [
        "decide NORTH-7",
        "decide NORTH-7 --approve --deny --reason x",
        "decide NORTH-7 --deny --line 1=1 --reason x",
        "answer NORTH-7 --words x",
        "answer NORTH-7 --uphold --reopen --words x",
    ] {
        assert_eq!(gtm.refused(&format!("claim {line}")).0, 2, "{line}");
    }
    assert_eq!(held(&gtm), ["budget -1000", "committed 1000"]);
    let decided = gtm.run("claim decide NORTH-7 --approve --line 1=550.50 --reason lunch-is-not-paid");
    assert_eq!(
        (text(&decided, "status"), text(&decided, "approved")),
        ("adjusted", "950.5")
    );
    assert_eq!(text(&decided["lines"][0], "reason"), "lunch-is-not-paid");
    assert_eq!(
        moved(&decided),
        [
            "2 fund → committed 1000 original",
            "3 committed → fund 49.5 original",
            "3 committed → payable 950.5 original",
        ]
    );
    let (_, again) = gtm.refused("claim decide NORTH-7 --approve");
    assert_eq!(
        again,
        "gtm: claim `NORTH-7` is adjusted and cannot be decided: only one in review can be"
    );
    assert_eq!(replay(&gtm), 1);
}

fn a_suspected_duplicate_is_held_until_a_person_looks_at_it(engine: Engine) {
    let gtm = company(engine);
    put(&gtm, "fund", "north", &[("budget", "fund", "10000")]);
    submit(&gtm, &campaign("INV-1", "600"), "");
    // By content, then by the invoice alone.
    let (code, same) = {
        gtm.file("same.json", &campaign("INV-1", "600").to_string());
        gtm.ended("claim submit fund north --file same.json --on 2024-05-02 --as user:pia")
    };
    assert_eq!((code, text(&same, "status")), (3, "held"));
    let why = |claim: &Value| text(each(&claim["history"]).last().expect("history"), "words").to_owned();
    assert_eq!(why(&same), "it asks for the same as claim `C-1`, line by line");
    let invoice = submit(&gtm, &campaign("INV-1", "500"), "");
    assert_eq!(
        why(&invoice),
        "line 1 has the same supplier and invoice as line 1 of claim `C-1`"
    );
    // Somebody else may have an invoice of that number.
    gtm.file("south.json", &campaign("INV-1", "600").to_string());
    let south = gtm.run("claim submit fund south --file south.json --on 2024-05-02");
    assert_eq!(text(&south, "status"), "in-review");
    assert_eq!(held(&gtm), ["budget -10000", "committed 600", "fund 9400"]);

    let (_, own) = gtm.refused("claim release C-2 --as user:pia");
    assert_eq!(
        own,
        "gtm: user:pia submitted `C-2` and cannot decide it: somebody else must"
    );
    let confirmed = gtm.run("claim release C-2 --confirm --words sent-twice");
    assert_eq!(text(&confirmed, "status"), "denied");
    // Released, it is ruled on with what was claimed before it.
    let released = gtm.run("claim release C-3 --words second-half");
    assert_eq!(text(&released, "status"), "in-review");
    assert_eq!(text(&released["lines"][0], "ruling"), "denied");
    assert_eq!(
        statuses(&gtm),
        [
            "C-1 in-review 600",
            "C-2 denied 0",
            "C-3 in-review 0",
            "C-4 in-review 0"
        ]
    );
    let (_, late) = gtm.refused("claim release C-3");
    assert_eq!(
        late,
        "gtm: claim `C-3` is in review and cannot be released: only a held one can be"
    );
    assert_eq!(replay(&gtm), 3);
}

fn what_was_cut_is_disputed_and_answered(engine: Engine) {
    let gtm = company(engine);
    put(&gtm, "fund", "north", &[("budget", "fund", "1000")]);
    submit(&gtm, &campaign("INV-1", "400"), "");
    submit(&gtm, &campaign("INV-2", "800"), "");
    let decided = gtm.run("claim decide C-2 --approve");
    assert_eq!(
        (text(&decided, "status"), text(&decided, "approved")),
        ("adjusted", "600")
    );
    let (_, wordless) = gtm.refused("claim dispute C-2 --line 2 --words x");
    assert_eq!(wordless, "gtm: claim `C-2` has no line 2");
    let disputed = gtm.run("claim dispute C-2 --line 1 --words the-rest-was-promised --as user:pia");
    assert_eq!(text(&disputed, "status"), "disputed");
    let (_, own) = gtm.refused("claim answer C-2 --uphold --words no --as user:pia");
    assert_eq!(
        own,
        "gtm: user:pia disputed `C-2` and cannot answer it: somebody else must"
    );
    let upheld = gtm.run("claim answer C-2 --uphold --words the-fund-was-empty");
    assert_eq!(text(&upheld, "status"), "adjusted");
    gtm.run("claim dispute C-2 --words look-again --as user:pia");
    // Meanwhile another claim has let go of its money.
    gtm.run("claim withdraw C-1 --as user:pia");
    let reopened = gtm.run("claim answer C-2 --reopen --words there-is-money-by-now");
    assert_eq!(text(&reopened, "status"), "in-review");
    assert_eq!(
        moved(&reopened)[2..],
        ["7 fund → committed 200 reversal", "7 payable → committed 600 reversal"]
    );
    let paid = gtm.run("claim decide C-2 --approve");
    assert_eq!((text(&paid, "status"), text(&paid, "approved")), ("approved", "800"));
    assert_eq!(held(&gtm), ["budget -1000", "fund 200", "payable 800"]);
    assert_eq!(replay(&gtm), 3);
}

fn a_draft_is_submitted_later_and_withdrawn(engine: Engine) {
    let gtm = company(engine);
    put(&gtm, "fund", "north", &[("budget", "fund", "1000")]);
    gtm.file("draft.json", &campaign("INV-1", "400").to_string());
    gtm.file(
        "lines.csv",
        "claimed,supplier,invoice,cost\n100.50,Druckerei Müller,R-2,100.50\n",
    );
    let draft = gtm.run("claim new fund north --file draft.json --lines lines.csv --on 2024-05-02 --as user:pia");
    assert_eq!((text(&draft, "status"), text(&draft, "claimed")), ("draft", "500.5"));
    assert_eq!(held(&gtm), ["budget -1000", "fund 1000"]);
    gtm.file("invoice.txt", "Rechnung R-2");
    let sent = gtm.run("claim submit C-1 --attach invoice.txt --on 2024-05-02 --retain-months 36 --as user:pia");
    assert_eq!(
        (text(&sent, "status"), text(&sent, "retained_until")),
        ("in-review", "2027-05-02")
    );
    assert_eq!(held(&gtm), ["budget -1000", "committed 500.5", "fund 499.5"]);
    let withdrawn = gtm.run("claim withdraw C-1 --as user:pia");
    assert_eq!(text(&withdrawn, "status"), "withdrawn");
    assert_eq!(held(&gtm), ["budget -1000", "fund 1000"]);
    // What was to be kept for long as a draft is not kept for less when it is submitted.
    gtm.file("long.json", &campaign("INV-3", "10").to_string());
    let long = gtm.run("claim new fund north --file long.json --on 2024-05-02 --retain-months 120 --as user:pia");
    let name = text(&long, "number").to_owned();
    let sent = gtm.run(&format!("claim submit {name} --on 2024-05-02 --as user:pia"));
    assert_eq!(
        (text(&sent, "status"), text(&sent, "retained_until")),
        ("in-review", "2034-05-02")
    );
    gtm.run(&format!("claim withdraw {name} --as user:pia"));
    let (_, twice) = gtm.refused("claim submit C-1");
    assert_eq!(
        twice,
        "gtm: claim `C-1` is withdrawn and cannot be submitted: only a draft can be"
    );
    // What was withdrawn may be asked for again.
    assert_eq!(
        text(&submit(&gtm, &campaign("INV-1", "400"), ""), "status"),
        "in-review"
    );
}

fn what_a_ruling_rests_on_may_change_before_it_is_confirmed(engine: Engine) {
    let gtm = company(engine);
    put(&gtm, "fund", "north", &[("budget", "fund", "1000")]);
    submit(&gtm, &campaign("INV-1", "800"), "");
    let terms = json!({
        "fund": "discretionary",
        "activities": [{ "activity": "campaign", "participation": "50 %", "pre-approval": "not-needed" }],
    });
    gtm.file("half.json", &terms.to_string());
    gtm.run("program create fund --plugin gtm/mdf --terms half.json --new-terms");
    let (code, changed) = gtm.refused("claim decide C-1 --approve");
    assert_eq!(
        (code, &*changed),
        (
            1,
            "gtm: what the ruling on `C-1` rests on has changed since, and it was ruled on again: 400 GBP would be approved by now; \
             look at it and decide once more"
        )
    );
    assert_eq!(held(&gtm), ["budget -1000", "committed 400", "fund 600"]);
    let decided = gtm.run("claim decide C-1 --approve");
    assert_eq!(
        (text(&decided, "status"), each(&decided["rulings"]).count()),
        ("adjusted", 2)
    );
    assert_eq!(replay(&gtm), 2);
}

fn a_ruling_that_was_changed_is_found_out(engine: Engine) {
    let gtm = company(engine);
    put(&gtm, "fund", "north", &[("budget", "fund", "1000")]);
    submit(&gtm, &campaign("INV-1", "800"), "");
    gtm.run("claim decide C-1 --approve");
    assert_eq!(replay(&gtm), 1);
    let lift = |table: &str| match engine {
        Engine::Sqlite => format!("drop trigger {table}_keeps_rows; "),
        Engine::Postgres => format!("alter table {table} disable trigger {table}_keeps_rows; "),
    };
    let restore = |table: &str| match engine {
        Engine::Sqlite => format!(
            "; create trigger {table}_keeps_rows before update on {table} begin select raise(abort, '`{table}` is append-only'); end;"
        ),
        Engine::Postgres => format!("; alter table {table} enable trigger {table}_keeps_rows;"),
    };
    let tamper = |table: &str, change: &str| gtm.query(&(lift(table) + change + &restore(table)));
    let found = |expected: &str| {
        let (code, replayed) = gtm.ended("claim replay C-1");
        assert_eq!(code, 4, "{replayed:#}");
        assert!(
            each(&replayed[0]["differences"]).any(|said| said.as_str().is_some_and(|said| said.contains(expected))),
            "{expected}: {replayed:#}"
        );
    };
    tamper("claim_rulings", "update claim_rulings set log = 'nothing to see'");
    found("the log that was kept has the digest");
    tamper("claim_rulings", "update claim_rulings set log = ''");
    assert_eq!(replay(&gtm), 1);
    tamper("claim_lines", "update claim_lines set claimed_micros = 900000000");
    found("the claim and its lines as they stand are not those that were ruled on");
    tamper("claim_lines", "update claim_lines set claimed_micros = 800000000");
    tamper(
        "claim_decisions",
        "update claim_decisions set approved_micros = 1000000",
    );
    found("the ledger does not hold what was ruled and decided of this claim");
}
