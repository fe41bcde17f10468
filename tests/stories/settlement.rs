//! What is payable becomes documents, payments and postings; what the bank answers is read back.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tests::{Engine, Gtm, on_both_engines};

use crate::company::{company, each, micros, payable, program, sell, text, tiers};

on_both_engines! {
    documents_are_valid_and_made_again_to_the_byte
    settling_twice_posts_once_and_cancelling_restores_what_was_payable
    what_is_held_small_or_not_finished_waits_and_says_why
    what_a_payee_owes_is_netted_or_asked_for
    payments_are_ordered_answered_and_ordered_again
    what_needs_approval_is_paid_when_somebody_else_agreed
    the_journal_balances_and_a_closed_period_takes_nothing
    payees_come_in_by_file_all_or_none
}

/// `south` is owed 12.00 and `west` 150.00 by `volume` for the first quarter; `west` is a supplier with notes of our making.
pub fn paid(engine: Engine) -> Gtm {
    let gtm = company(engine);
    sell(
        &gtm,
        &[
            "S-1,sale,south,cup,2024-01-10,GBP,12,1200,",
            "W-1,sale,west,cup,2024-01-15,GBP,60,6000,",
        ],
    );
    program(&gtm, "volume", &tiers("1 %", "2.5 %"));
    gtm.run("program enrol volume south west");
    gtm.run("run volume --period 2024-Q1");
    gtm.run("issuer set --number acme --name Acme --city Leeds --country GB --tax-id GB123456789 --iban GB33BUKB20201555555555 --bic BUKBGB22");
    gtm.run("payee set south --street Quay --city Leeds --country GB --iban GB33BUKB20201555555555");
    gtm.run("payee set west --country DE --tax-id DE136695976 --iban DE89370400440532013000 --self-billed true");
    gtm
}

/// Each document: name, kind, account, total, and which other it cancels or is cancelled by.
pub fn documents(gtm: &Gtm) -> Vec<String> {
    let line = |document: &Value| {
        let other = ["cancels", "cancelled_by"].map(|which| document[which].as_str().unwrap_or("-").to_owned());
        format!(
            "{} {} {} {} {}",
            text(document, "document"),
            text(document, "kind"),
            text(document, "account"),
            text(document, "total"),
            other.join(" ")
        )
    };
    each(&gtm.run("document list")["documents"]).map(line).collect()
}

fn waiting(settled: &Value) -> Vec<String> {
    each(&settled["waiting"])
        .map(|line| {
            format!(
                "{} {}: {}",
                text(line, "account"),
                text(line, "amount"),
                text(line, "why")
            )
        })
        .collect()
}

pub fn settle(gtm: &Gtm) -> Value {
    gtm.run("settle --folder documents")
}

fn documents_are_valid_and_made_again_to_the_byte(engine: Engine) {
    let gtm = paid(engine);
    let expected = gtm.run("settle --dry-run");
    assert_eq!(each(&expected["documents"]).count(), 2);
    assert_eq!(documents(&gtm), Vec::<String>::new(), "a dry run issues nothing");
    settle(&gtm);
    gtm.run("document cancel SD-000001 --reason mistake --folder documents");
    assert_eq!(
        documents(&gtm),
        [
            "SD-000001 credit-memo south 12 - SD-000003",
            "SD-000002 self-billed west 150 - -",
            "SD-000003 debit-memo south 12 SD-000001 -",
        ]
    );
    gtm.run("document files SD-000001 2 SD-000003 --folder again");
    for (name, schema_of) in [
        ("SD-000001", "CreditNote"),
        ("SD-000002", "SelfBilledCreditNote"),
        ("SD-000003", "DebitNote"),
    ] {
        let xml = gtm.folder().join("documents").join(name).with_extension("xml");
        assert_eq!(
            invalid(&xml, &schema(&format!("ubl-2.4/maindoc/UBL-{schema_of}-2.4.xsd"))),
            None
        );
        for extension in ["xml", "pdf", "csv"] {
            let made = |folder: &str| {
                std::fs::read(gtm.folder().join(folder).join(name).with_extension(extension)).expect("the file")
            };
            assert!(
                made("documents") == made("again"),
                "{name}.{extension} is another one the second time"
            );
        }
    }
    let csv = std::fs::read_to_string(gtm.folder().join("documents/SD-000002.csv")).expect("the file");
    let row = csv.lines().nth(1).expect("a line");
    assert!(
        row.starts_with("SD-000002,self-billed,")
            && row.ends_with(",west,West & Daughters,1,volume,2024-Q1,150.00,GBP,,,,,,,"),
        "{row}"
    );
    let shown = gtm.run("document show SD-000003");
    assert_eq!(shown["contents"]["reverses"]["reason"], "mistake");
    assert_eq!(shown["contents"]["issuer"]["party"]["name"], "Acme");
}

fn settling_twice_posts_once_and_cancelling_restores_what_was_payable(engine: Engine) {
    let gtm = paid(engine);
    let before = payable(&gtm, "volume");
    assert_eq!(before, ["south 12", "west 150"]);
    settle(&gtm);
    assert_eq!(payable(&gtm, "volume"), Vec::<String>::new());
    let again = settle(&gtm);
    assert_eq!((&again["documents"], &again["waiting"]), (&json!([]), &json!([])));

    gtm.run("document cancel SD-000001 --reason mistake --folder documents");
    gtm.run("document cancel SD-000002 --reason mistake --folder documents");
    assert_eq!(payable(&gtm, "volume"), before);
    for (document, sentence) in [
        (
            "SD-000001",
            "gtm: document SD-000001 was cancelled by SD-000003 already",
        ),
        (
            "SD-000003",
            "gtm: document SD-000003 cancels SD-000001 and is not cancelled itself: settle again instead",
        ),
        (
            "SD-000009",
            "gtm: there is no document `SD-000009`: `gtm document list` shows them",
        ),
    ] {
        assert_eq!(
            gtm.refused(&format!("document cancel {document} --reason again")),
            (1, sentence.into())
        );
    }
    settle(&gtm);
    assert_eq!(payable(&gtm, "volume"), Vec::<String>::new());
    let posted = gtm.query(
        "select debit, credit, amount_micros, reason from transfers where cause = 'settlement' order by subject, revision",
    );
    assert_eq!(
        posted.lines().collect::<Vec<_>>(),
        [
            "payable|settled|12000000|original",
            "payable|settled|150000000|original",
            "settled|payable|12000000|reversal",
            "settled|payable|150000000|reversal",
            "payable|settled|12000000|original",
            "payable|settled|150000000|original",
        ]
    );
    gtm.run("audit");
}

fn what_is_held_small_or_not_finished_waits_and_says_why(engine: Engine) {
    let gtm = paid(engine);
    gtm.run("settlement-policy set --threshold GBP=25");
    gtm.run("hold add --account west --program volume --reason audit");
    let settled = settle(&gtm);
    assert_eq!(settled["documents"], json!([]));
    assert_eq!(
        waiting(&settled),
        [
            "south 12: below the threshold of 25 GBP",
            "west 150: held by user:admin: audit (`gtm hold lift 1` lets go)",
        ]
    );
    gtm.run("hold lift 1");
    gtm.run("settlement-policy set --threshold GBP=0");

    // Somebody's statement cannot be worked out: nothing of the period is settled.
    sell(&gtm, &["N-1,sale,north,cup,2024-01-20,GBP,10,,"]);
    gtm.run("program enrol volume north");
    assert_eq!(gtm.ended("run volume --period 2024-Q1").0, 3);
    let why = "1 statement of the period is in quarantine: `gtm statement list --held --program volume` shows why";
    assert_eq!(
        waiting(&settle(&gtm)),
        [format!("south 12: {why}"), format!("west 150: {why}")]
    );
    sell(&gtm, &["N-2,sale,north,cup,2024-01-20,GBP,10,1000,N-1"]);
    gtm.run("run volume --period 2024-Q1");
    settle(&gtm);
    assert_eq!(
        documents(&gtm),
        [
            "SD-000001 credit-memo north 10 - -",
            "SD-000002 credit-memo south 12 - -",
            "SD-000003 self-billed west 150 - -",
        ]
    );
}

fn what_a_payee_owes_is_netted_or_asked_for(engine: Engine) {
    let gtm = paid(engine);
    settle(&gtm);
    sell(&gtm, &["W-2,return,west,cup,2024-03-20,GBP,-20,-2000,"]);
    gtm.run("run volume --period 2024-Q1");
    // 4,000 at 1 % instead of 6,000 at 2.5 %.
    assert_eq!(payable(&gtm, "volume"), ["west -110"]);
    assert_eq!(
        waiting(&settle(&gtm)),
        ["west -110: the payee owes it: it is netted with what comes next"]
    );
    sell(&gtm, &["W-3,sale,west,cup,2024-04-20,GBP,60,6000,"]);
    gtm.run("run volume --period 2024-Q2");
    // While what is owed back waits for the statement of somebody else, what is owed waits with it.
    sell(&gtm, &["N-1,sale,north,cup,2024-01-20,GBP,10,,"]);
    gtm.run("program enrol volume north");
    assert_eq!(gtm.ended("run volume --period 2024-Q1").0, 3);
    let why = "1 statement of the period is in quarantine: `gtm statement list --held --program volume` shows why";
    assert_eq!(
        waiting(&settle(&gtm)),
        [
            format!("west -110: {why}"),
            "west 150: it is settled with -110 GBP of 2024-Q1, which waits".into(),
        ]
    );
    sell(&gtm, &["N-2,sale,north,cup,2024-01-20,GBP,10,1000,N-1"]);
    gtm.run("run volume --period 2024-Q1");
    settle(&gtm);
    let netted = gtm.run("document show SD-000004");
    let lines: Vec<_> = each(&netted["contents"]["lines"])
        .map(|line| (text(line, "period"), text(line, "amount")))
        .collect();
    assert_eq!(
        (text(&netted, "total"), &lines[..]),
        ("40", &[("2024-Q1", "-110"), ("2024-Q2", "150")][..])
    );
    sell(&gtm, &["W-4,return,west,cup,2024-04-21,GBP,-60,-6000,"]);
    gtm.run("run volume --period 2024-Q2");
    gtm.run("settlement-policy set --debit-memos true");
    settle(&gtm);
    assert_eq!(documents(&gtm)[4], "SD-000005 debit-memo west 150 - -");
    assert_eq!(payable(&gtm, "volume"), Vec::<String>::new());
    let xml = gtm.folder().join("documents/SD-000005.xml");
    assert_eq!(invalid(&xml, &schema("ubl-2.4/maindoc/UBL-DebitNote-2.4.xsd")), None);
}

/// What the bank answers about a message: the whole, or single payments.
pub fn answer(message: &str, group: &str, payments: &[(&str, &str)]) -> String {
    let single: String = payments
        .iter()
        .map(|(payment, status)| {
            format!("<TxInfAndSts><OrgnlEndToEndId>{payment}</OrgnlEndToEndId><TxSts>{status}</TxSts></TxInfAndSts>")
        })
        .collect();
    let block = match single.is_empty() {
        true => String::new(),
        false => format!("<OrgnlPmtInfAndSts><OrgnlPmtInfId>PB</OrgnlPmtInfId>{single}</OrgnlPmtInfAndSts>"),
    };
    format!(
        r#"<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
        <GrpHdr><MsgId>B1</MsgId><CreDtTm>2024-04-11T09:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>
        <OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>{group}</GrpSts></OrgnlGrpInfAndSts>{block}</CstmrPmtStsRpt></Document>"#
    )
}

fn payments_are_ordered_answered_and_ordered_again(engine: Engine) {
    let gtm = paid(engine);
    gtm.run("payee set south --clear bank");
    settle(&gtm);
    let made = gtm.run("payment batch --currency GBP --folder bank");
    assert_eq!((text(&made, "batch"), text(&made, "sum")), ("PB-000001", "150"));
    assert_eq!(
        text(&made["left_out"][0], "why"),
        "the payee has no bank account: `gtm payee set south --iban IBAN` names it"
    );
    gtm.run("payee set south --iban GB33BUKB20201555555555");
    let made = gtm.run("payment batch --currency GBP --format pain.001.001.11 --execution 2024-04-12 --folder bank");
    assert_eq!(
        (text(&made, "batch"), text(&made, "sum"), &made["left_out"]),
        ("PB-000002", "12", &json!([]))
    );
    assert_eq!(
        gtm.run("payment batch --currency GBP --folder bank")["batch"],
        Value::Null
    );
    for (batch, version) in [("PB-000001", "pain.001.001.09"), ("PB-000002", "pain.001.001.11")] {
        let order = gtm.folder().join("bank").join(batch).with_extension("xml");
        assert_eq!(invalid(&order, &schema(&format!("iso20022/{version}.xsd"))), None);
        gtm.run(&format!("payment file {batch} --format {version} --folder again"));
        let again = gtm.folder().join("again").join(batch).with_extension("xml");
        assert!(
            std::fs::read(order).expect("the order") == std::fs::read(again).expect("the order"),
            "{batch}"
        );
    }

    let messages = gtm.query("select message from payment_batches order by number");
    let messages: Vec<&str> = messages.lines().collect();
    let rejects = gtm.file("answer.xml", &answer(messages[0], "PART", &[("SD-000002-1", "RJCT")]));
    let answered = gtm.run(&format!("payment answer {}", rejects.display()));
    assert_eq!(
        answered["payments"],
        json!([{ "payment": "SD-000002-1", "before": "sent", "after": "rejected" }])
    );
    let again = gtm.run(&format!("payment answer {}", rejects.display()));
    assert_eq!(
        again["payments"],
        json!([{ "payment": "SD-000002-1", "before": "rejected", "after": "rejected" }])
    );
    let accepts = gtm.file("answer.xml", &answer(messages[0], "ACSC", &[]));
    assert_eq!(
        gtm.refused(&format!("payment answer {}", accepts.display())).1,
        "gtm: payment SD-000002-1 is rejected and the bank now says completed: ask the bank which is right"
    );
    let foreign = gtm.file("answer.xml", &answer("PB-000009-20240410090000", "ACSC", &[]));
    assert!(
        gtm.refused(&format!("payment answer {}", foreign.display()))
            .1
            .contains("which we did not send from this database")
    );

    let made = gtm.run("payment batch --currency GBP --folder bank");
    assert_eq!((text(&made, "batch"), text(&made, "sum")), ("PB-000003", "150"));
    let refused = gtm.refused("document cancel SD-000002 --reason late").1;
    assert_eq!(
        refused,
        "gtm: document SD-000002 is not cancelled, because its payment SD-000002-2 is sent: wait until the bank has rejected it, or stop it there"
    );
    let listed = gtm.run("payment list");
    let listed: Vec<_> = each(&listed)
        .map(|payment| format!("{} {}", text(payment, "payment"), text(payment, "status")))
        .collect();
    assert_eq!(listed, ["SD-000002-1 rejected", "SD-000001-1 sent", "SD-000002-2 sent"]);
}

fn what_needs_approval_is_paid_when_somebody_else_agreed(engine: Engine) {
    let gtm = paid(engine);
    gtm.run("approve rule settlement --above 100");
    gtm.run("approve grant user:boss settlement");
    settle(&gtm);
    assert_eq!(text(&gtm.run("document show SD-000002"), "not_approved"), "A-1");
    // What is cancelled needs nobody's consent any more; what is settled again needs it anew.
    gtm.run("document cancel SD-000002 --reason twice");
    assert_eq!(text(&gtm.run("approve show A-1"), "status"), "withdrawn");
    settle(&gtm);
    assert_eq!(text(&gtm.run("document show SD-000004"), "not_approved"), "A-2");
    let why = "it is not approved: `gtm approve show A-2` says what is missing";
    let made = gtm.run("payment batch --currency GBP --folder bank");
    assert_eq!((text(&made, "sum"), text(&made["left_out"][0], "why")), ("12", why));
    assert!(gtm.refused("approve yes A-2").1.contains("somebody else must"));
    gtm.run("approve yes A-2 --as user:boss");
    let made = gtm.run("payment batch --currency GBP --folder bank");
    assert_eq!((text(&made, "sum"), &made["left_out"]), ("150", &json!([])));
}

fn the_journal_balances_and_a_closed_period_takes_nothing(engine: Engine) {
    let gtm = paid(engine);
    let export = |file: &str, more: &str| {
        gtm.run(&format!(
            "journal export --from 2024-01-01 --to 2024-12-31 {more} {file}"
        ))
    };
    let first = export("first.csv", "");
    assert_eq!((&first["entries"], &first["up_to"]), (&json!(2), &json!(2)));
    gtm.run("journal close 2024-03");
    sell(&gtm, &["S-2,sale,south,cup,2024-02-10,GBP,48,4800,"]);
    gtm.run("run volume --period 2024-Q1");
    let second = export("second.csv", "");
    assert_eq!(
        second["totals"],
        json!([
            { "company": "main", "period": "2024-03", "currency": "GBP", "entries": 2, "debit": "162", "credit": "162" },
            { "company": "main", "period": "2024-04", "currency": "GBP", "entries": 1, "debit": "138", "credit": "138" },
        ])
    );
    let csv = std::fs::read_to_string(gtm.folder().join("second.csv")).expect("the export");
    let rows: Vec<&str> = csv.lines().collect();
    assert!(
        rows[5].starts_with(
            "3,1,2024-04-01,2024-04,2024-03,main,volume,south,6100,138.00,,GBP,true-up,statement,prior-period,"
        ),
        "{csv}"
    );
    assert!(
        rows[6].starts_with("3,2,2024-04-01,2024-04,2024-03,main,volume,south,2100,,138.00,GBP,true-up,"),
        "{csv}"
    );
    export("first-again.csv", "--up-to 2");
    assert!(
        gtm.refused("journal export --from 2024-01-01 --to 2024-12-31 --up-to 9 later.csv")
            .1
            .ends_with("there is no entry 9 yet: the last is 3")
    );
    let bytes = |file: &str| std::fs::read(gtm.folder().join(file)).expect("the export");
    assert!(
        bytes("first.csv") == bytes("first-again.csv"),
        "the same days and number give another file"
    );

    let profile = gtm.file(
        "profile.json",
        r#"{"company": "uk01", "accounts": {"settled": "3300"}}"#,
    );
    let shown = gtm.run(&format!("posting profile set volume {}", profile.display()));
    assert_eq!(
        (text(&shown, "company"), shown == gtm.run("posting profile show volume")),
        ("uk01", true)
    );
    settle(&gtm);
    let third = gtm.run("journal export --from 2024-01-01 --to 2999-12-31 --format json third.json");
    assert_eq!(third["entries"], 5);
    let json: Value = serde_json::from_slice(&bytes("third.json")).expect("JSON");
    let settled: Vec<_> = each(&json["lines"])
        .filter(|line| line["cause"] == "settlement" && line["debit"] != "")
        .map(|line| {
            format!(
                "{} {} {}",
                text(line, "company"),
                text(line, "account"),
                text(line, "debit")
            )
        })
        .collect();
    assert_eq!(settled, ["uk01 2100 150.00", "uk01 2100 150.00"]);
    let sums = |side: &str| {
        each(&json["lines"])
            .filter(|line| line[side] != "")
            .map(|line| micros(text(line, side)))
            .sum::<i64>()
    };
    assert_eq!(sums("debit"), sums("credit"));
    assert_eq!(gtm.run("journal open 2024-03")["closed"], json!([]));
    assert_eq!(
        gtm.refused("journal open 2024-03"),
        (1, "gtm: accounting period 2024-03 is open already".into())
    );
}

fn payees_come_in_by_file_all_or_none(engine: Engine) {
    let gtm = company(engine);
    let file = gtm.file(
        "payees.csv",
        "account,city,country,iban,self_billed,currency\nsouth,Leeds,GB,GB33 BUKB 2020 1555 5555 55,,\nwest,,,DE89370400440532013001,true,\nnowhere,,,,,EUR\n",
    );
    let (code, said) = gtm.refused(&format!("payee import {}", file.display()));
    assert_eq!(code, 1);
    assert!(
        said.contains("because of 2 of its 3 lines") && said.contains("line 3: `DE89370400440532013001` is no IBAN"),
        "{said}"
    );
    assert!(said.contains("line 4: there is no account `nowhere`"), "{said}");
    assert_eq!(gtm.run("payee list"), json!([]));
    let file = gtm.file(
        "payees.csv",
        "account,city,country,iban,self_billed,currency\nsouth,Leeds,GB,GB33 BUKB 2020 1555 5555 55,,\nwest,,,DE89370400440532013000,true,EUR\n",
    );
    let import = format!("payee import {}", file.display());
    assert_eq!(gtm.run(&import), json!({ "lines": 2, "changed": 2 }));
    assert_eq!(gtm.run(&import)["changed"], 0);
    gtm.run("payee set south --postcode LS1");
    let shown = gtm.run("payee show south");
    assert_eq!(shown["bank"]["holder"], "South Stores");
    assert_eq!(
        (
            each(&shown["versions"]).count(),
            &shown["address"]["city"],
            &shown["address"]["postcode"]
        ),
        (2, &json!("Leeds"), &json!("LS1"))
    );
    assert_eq!(
        gtm.refused("settle --folder documents").1,
        "gtm: nobody issues documents yet: `gtm issuer set --name NAME --country GB --iban IBAN` says who does"
    );
}

/// `schemas` in `GTM_DATA`, else in `../shared/data` beside the checkout.
pub fn schema(path: &str) -> PathBuf {
    let folder = match std::env::var_os("GTM_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
    };
    let path = folder.join("schemas").join(path);
    assert!(
        path.is_file(),
        "the schemas are missing: `{}` is not there; set GTM_DATA to the folder that holds schemas/ubl-2.4 (OASIS) and schemas/iso20022",
        path.display()
    );
    path
}

/// Says what xmllint says of a file against a schema; nothing when it holds.
pub fn invalid(xml: &Path, schema: &Path) -> Option<String> {
    let output = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .args([schema, xml])
        .output()
        .unwrap_or_else(|e| panic!("{e}: install Debian's `libxml2-utils`: scripts/debian-install.sh libxml2-utils"));
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}
