//! What a program does with facts in other currencies, when a rate is missing, and when one is corrected.

use serde_json::json;
use tests::{Engine, Gtm, on_both_engines};

use crate::company::{company, each, payable, posted, program, replay_all, sell, text, tiers};
use crate::settlement::{documents, invalid, paid, schema, settle};

on_both_engines! {
    facts_in_other_currencies_are_converted_by_the_rate_of_their_day
    a_missing_rate_holds_one_statement_and_is_named
    a_corrected_rate_posts_the_difference_and_the_first_statement_is_still_replayed
    rates_come_in_by_file_once_and_lines_that_are_none_are_refused
    a_program_without_rates_takes_its_own_currency_only
    a_payee_is_settled_and_paid_in_its_own_currency
    what_two_programs_owe_is_netted_in_the_payees_currency
}

/// One rate for every month in which these stories may be told: settlement goes by the day of the clock.
fn month_rates(gtm: &Gtm, from: &str, to: &str, rate: &str) {
    let months = (2024..2060).flat_map(|year| (1..=12).map(move |month| (year, month)));
    let lines: String = months
        .map(|(year, month)| format!("month-average,{from},{to},{year}-{month:02}-01,{rate},ecb\n"))
        .collect();
    let file = gtm.file("months.csv", &format!("type,from,to,day,rate,source\n{lines}"));
    gtm.run(&format!("rate import {}", file.display()));
}

/// Creates a program that pays by the quarter from 2024 on and converts.
fn converting(gtm: &Gtm, code: &str, options: &str) {
    let file = gtm.file(&format!("{code}.json"), &tiers("1 %", "2.5 %").to_string());
    gtm.run(&format!(
        "program create {code} --plugin gtm/rebate --terms {} --start 2024-01-01 {options}",
        file.display()
    ));
}

const ABROAD: [&str; 3] = [
    "S-1,sale,south,cup,2024-01-10,USD,8,1000,",
    "S-2,sale,south,cup,2024-02-10,GBP,4,400,",
    "W-1,sale,west,cup,2024-01-15,EUR,60,6000,",
];

fn facts_in_other_currencies_are_converted_by_the_rate_of_their_day(engine: Engine) {
    let gtm = company(engine);
    sell(&gtm, &ABROAD);
    for rate in [
        "spot USD GBP 2024-01-10 0.8",
        "spot EUR GBP 2024-01-15 0.85",
        "month-average USD GBP 2024-01-31 0.7",
        "month-average EUR GBP 2024-01-31 0.9",
    ] {
        gtm.run(&format!("rate add {rate} --source ecb"));
    }
    converting(&gtm, "by-day", "--rate-type spot");
    converting(&gtm, "by-month", "--rate-type month-average --rate-by transaction");
    assert_eq!(
        gtm.run("program show by-day")["conversion"],
        json!({ "rate_type": "spot", "dates_by": "transaction" })
    );
    for code in ["by-day", "by-month"] {
        gtm.run(&format!("program enrol {code} south west"));
        gtm.run(&format!("run {code} --period 2024-Q1"));
    }
    // 800 + 400 at 1 %, and 5,100 at 2.5 %.
    assert_eq!(payable(&gtm, "by-day"), ["south 12", "west 127.5"]);
    // 700 + 400 at 1 %, and 5,400 at 2.5 %.
    assert_eq!(payable(&gtm, "by-month"), ["south 11", "west 135"]);
    assert_eq!(
        gtm.run("statement show by-day/2024-Q1/south")["converted"],
        json!({
            "dates_by": "transaction",
            "rate_type": "spot",
            "rates": [{ "day": "2024-01-10", "from": "USD", "rate": "0.8" }],
        }),
        "a statement names the rates that it rests on"
    );
    assert_eq!(replay_all(&gtm), 4);
    let again = gtm.run("run by-day --period 2024-Q1");
    assert_eq!((&again["posted"], &again["unchanged"]), (&json!(0), &json!(2)));
}

fn a_missing_rate_holds_one_statement_and_is_named(engine: Engine) {
    let gtm = company(engine);
    sell(&gtm, &ABROAD);
    gtm.run("rate add spot USD GBP 2024-01-10 0.8");
    // The way back is a rate of its own, and so are another day and another type.
    gtm.run("rate add spot GBP EUR 2024-01-15 1.2");
    gtm.run("rate add spot EUR GBP 2024-01-16 0.85");
    gtm.run("rate add month-average EUR GBP 2024-01-15 0.85");
    converting(&gtm, "volume", "--rate-type spot");
    gtm.run("program enrol volume south west");
    let (code, held) = gtm.ended("run volume --period 2024-Q1");
    let reason = "the row at journal position 3 is in EUR: there is no `spot` rate from EUR to GBP for 2024-01-15: \
                  `gtm rate add spot EUR GBP 2024-01-15 RATE` records one";
    assert_eq!(
        (code, &held["held"]),
        (3, &json!([{ "account": "west", "reason": reason }]))
    );
    assert_eq!(payable(&gtm, "volume"), ["south 12"]);

    gtm.run("rate add spot EUR GBP 2024-01-15 0.85");
    let (code, complete) = gtm.ended("run volume --period 2024-Q1");
    assert_eq!((code, text(&complete, "status")), (0, "complete"));
    assert_eq!(payable(&gtm, "volume"), ["south 12", "west 127.5"]);
}

fn a_corrected_rate_posts_the_difference_and_the_first_statement_is_still_replayed(engine: Engine) {
    let gtm = company(engine);
    sell(&gtm, &ABROAD);
    gtm.run("rate add spot USD GBP 2024-01-10 0.8");
    gtm.run("rate add spot EUR GBP 2024-01-15 0.85");
    converting(&gtm, "volume", "--rate-type spot");
    gtm.run("program enrol volume south west");
    gtm.run("run volume --period 2024-Q1");

    let corrected = gtm.run("rate add spot USD GBP 2024-01-10 0.75 --source hmrc");
    assert_eq!(
        (&corrected["already"], &corrected["corrects"]["rate"]),
        (&json!(false), &json!("0.8"))
    );
    assert_eq!(
        gtm.run("rate add spot USD GBP 2024-01-10 0.750 --source hmrc")["already"],
        true
    );
    // A rate for a day on which nothing was sold changes nothing.
    gtm.run("rate add spot USD GBP 2024-03-01 0.5");
    let adjusted = gtm.run("run volume --period 2024-Q1");
    assert_eq!(
        (
            &adjusted["posted"],
            &adjusted["unchanged"],
            text(&adjusted, "difference")
        ),
        (&json!(1), &json!(1), "-0.5")
    );
    assert_eq!(
        posted(&gtm, "volume/2024-Q1/south"),
        [
            "1 expense → payable 12 original",
            "2 payable → expense 0.5 prior-period"
        ]
    );
    // Each revision by the rates of its time.
    assert_eq!(replay_all(&gtm), 3);
    let listed = gtm.run("rate list --type spot --from USD --until 2024-01-31 --corrected");
    let said: Vec<_> = each(&listed)
        .map(|rate| {
            (
                text(rate, "rate"),
                text(rate, "source"),
                text(rate, "recorded_by"),
                rate["counts"] == true,
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("0.8", "by hand", "user:admin", false),
            ("0.75", "hmrc", "user:admin", true)
        ]
    );
    assert_eq!(
        each(&gtm.run("rate list --type spot --from USD --until 2024-01-31")).count(),
        1
    );
    assert_eq!(gtm.run("audit")["broken"], json!(null));
}

fn rates_come_in_by_file_once_and_lines_that_are_none_are_refused(engine: Engine) {
    let gtm = company(engine);
    let file = gtm.file(
        "rates.csv",
        "type,from,to,day,rate,source\n\
         spot,USD,GBP,2024-01-10,0.8,ecb\n\
         spot,USD,GBP,2024-01-11,0.81,ecb\n\
         spot,USD,GBP,2024-01-12,-0.8,ecb\n\
         spot,USD,POUNDS,2024-01-12,0.8,ecb\n\
         spot,USD,GBP,2024-01-11,0.82,ecb\n",
    );
    let line = format!("rate import {}", file.display());
    let dry = gtm.run(&format!("{line} --dry-run"));
    assert_eq!((&dry["accepted"], &dry["refused"]), (&json!(2), &json!(3)));
    assert_eq!(gtm.run("rate list"), json!([]));
    let (code, report) = gtm.ended(&line);
    assert_eq!(
        (code, &report["accepted"], &report["duplicates"], &report["refused"]),
        (3, &json!(2), &json!(0), &json!(3))
    );
    let refused = std::fs::read_to_string(gtm.folder().join("refused.csv")).expect("the refused lines");
    let refused: Vec<&str> = refused.lines().collect();
    assert_eq!(refused.len(), 4);
    assert!(
        refused[1].starts_with("4,") && refused[1].contains("`-0.8` is no exchange rate: write digits with a point"),
        "{refused:?}"
    );
    assert!(
        refused[2].starts_with("5,") && refused[2].contains("`POUNDS` is not a currency"),
        "{refused:?}"
    );
    assert!(
        refused[3].starts_with("6,") && refused[3].contains("a line before says 0.81, and this one 0.82"),
        "{refused:?}"
    );

    gtm.run("rate add spot USD GBP 2024-01-10 0.79");
    let again = gtm.ended(&line).1;
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(2)));
    let counts: Vec<String> = each(&gtm.run("rate list"))
        .map(|rate| text(rate, "rate").to_owned())
        .collect();
    assert_eq!(counts, ["0.79", "0.81"]);

    for (line, code, sentence) in [
        (
            "rate add spot GBP GBP 2024-01-10 1",
            1,
            "a rate from GBP to GBP is no rate: name two currencies",
        ),
        (
            "rate add spot USD GBP 2024-01-10 0",
            2,
            "`0` is no exchange rate: it is above 0",
        ),
        (
            "rate add Spot USD GBP 2024-01-10 0.8",
            2,
            "`Spot` is no type of exchange rates",
        ),
        ("rate add spot USD GBP 2024-02-30 0.8", 2, "`2024-02-30` is not a date"),
    ] {
        let (ended, said) = gtm.refused(line);
        assert!(ended == code && said.contains(sentence), "gtm {line}: {ended} {said}");
    }
    assert_eq!(each(&gtm.run("rate list")).count(), 2);
}

fn a_program_without_rates_takes_its_own_currency_only(engine: Engine) {
    let gtm = company(engine);
    sell(&gtm, &ABROAD);
    gtm.run("rate add spot USD GBP 2024-01-10 0.8");
    converting(&gtm, "volume", "");
    gtm.run("program enrol volume south");
    let reason = "the row at journal position 1 is in USD and the program in GBP: correct the row or move it to a program in USD";
    assert_eq!(
        gtm.ended("run volume --period 2024-Q1").1["held"],
        json!([{ "account": "south", "reason": reason }])
    );
    // It may state by which rates later, and then no others.
    let terms = gtm.folder().join("volume.json");
    let again = format!(
        "program create volume --plugin gtm/rebate --terms {} --new-terms",
        terms.display()
    );
    gtm.run(&format!("{again} --rate-type spot"));
    assert_eq!(payable(&gtm, "volume"), Vec::<String>::new());
    assert_eq!(gtm.ended("run volume --period 2024-Q1").0, 0);
    assert_eq!(payable(&gtm, "volume"), ["south 12"]);
    let (code, said) = gtm.refused(&format!("{again} --rate-type month-average"));
    assert_eq!(
        (code, &*said),
        (
            1,
            "gtm: the program converts by `spot` rates already: set up another program to convert by others"
        )
    );
    assert_eq!(replay_all(&gtm), 1);
}

fn a_payee_is_settled_and_paid_in_its_own_currency(engine: Engine) {
    let gtm = paid(engine);
    gtm.run("payee set west --currency EUR");
    let stopped = |why: &str| {
        let (code, settled) = gtm.ended("settle --folder documents");
        let stopped = &settled["stopped"][0];
        let of = ["account", "program", "period", "amount", "currency"].map(|field| text(stopped, field));
        assert_eq!((code, of), (3, ["west", "volume", "2024-Q1", "150", "GBP"]));
        assert!(text(stopped, "why").starts_with(why), "{stopped}");
    };
    stopped(
        "it is converted to EUR, and nobody said by which rates: `gtm settlement-policy set --rate-type TYPE` does",
    );
    gtm.run("settlement-policy set --rate-type month-average");
    // The way back is a rate of its own.
    month_rates(&gtm, "EUR", "GBP", "0.857");
    stopped("there is no `month-average` rate from GBP to EUR for the month from ");
    month_rates(&gtm, "GBP", "EUR", "1.16675");
    settle(&gtm);
    // 150 × 1.16675 = 175.0125.
    assert_eq!(
        documents(&gtm),
        [
            "SD-000001 credit-memo south 12 - -",
            "SD-000002 self-billed west 175.01 - -"
        ]
    );
    let held = |balance: &str| -> Vec<String> {
        each(&gtm.run("balance --account west")["balances"])
            .filter(|held| held["code"] == balance)
            .map(|held| format!("{} {}", text(held, "amount"), text(held, "unit")))
            .collect()
    };
    assert_eq!(
        (payable(&gtm, "volume"), held("settled")),
        (vec![], vec!["150 GBP".into()])
    );
    let line = gtm.run("document show SD-000002")["contents"]["lines"][0].clone();
    let (owed, by) = (&line["owed"], &line["owed"]["by"]);
    assert_eq!((text(&line, "amount"), text(owed, "amount")), ("175.01", "150"));
    let day = text(by, "day").to_owned();
    assert_eq!(
        *by,
        json!({ "rate_type": "month-average", "from": "GBP", "to": "EUR", "day": day, "rate": "1.16675", "source": "ecb" })
    );

    // Cancelled at the rate of the document, whatever is stated by now; settled again at the rate that is.
    gtm.run(&format!("rate add month-average GBP EUR {day} 1.2"));
    gtm.run("document cancel SD-000002 --reason mistake --folder documents");
    assert_eq!(
        (payable(&gtm, "volume"), held("settled")),
        (vec!["west 150".to_owned()], vec![])
    );
    settle(&gtm);
    assert_eq!(
        documents(&gtm)[1..],
        [
            "SD-000002 self-billed west 175.01 - SD-000003",
            "SD-000003 debit-memo west 175.01 SD-000002 -",
            "SD-000004 self-billed west 180 - -",
        ]
    );
    for (name, schema_of, rate) in [
        ("SD-000002", "SelfBilledCreditNote", "1.16675"),
        ("SD-000003", "DebitNote", "1.16675"),
        ("SD-000004", "SelfBilledCreditNote", "1.2"),
    ] {
        let xml = gtm.folder().join("documents").join(name).with_extension("xml");
        let schema = schema(&format!("ubl-2.4/maindoc/UBL-{schema_of}-2.4.xsd"));
        assert_eq!(invalid(&xml, &schema), None);
        let xml = std::fs::read_to_string(xml).expect("the file");
        assert!(
            xml.contains(&format!("<cbc:CalculationRate>{rate}</cbc:CalculationRate>")),
            "{xml}"
        );
    }

    let made = gtm.run("payment batch --currency EUR --folder bank");
    assert_eq!((&made["payments"], text(&made, "sum")), (&json!(1), "180"));
    let order = gtm.folder().join("bank/PB-000001.xml");
    assert_eq!(invalid(&order, &schema("iso20022/pain.001.001.09.xsd")), None);
    // The books are kept in the currency in which the liability was accrued, and balance.
    let exported = gtm.run("journal export --from 2024-01-01 --to 2059-12-31 all.csv");
    for sum in each(&exported["totals"]) {
        assert_eq!((text(sum, "currency"), &sum["debit"]), ("GBP", &sum["credit"]), "{sum}");
    }
    gtm.run("audit");
}

fn what_two_programs_owe_is_netted_in_the_payees_currency(engine: Engine) {
    let gtm = company(engine);
    gtm.run("issuer set --name Acme --country GB --iban GB33BUKB20201555555555");
    sell(&gtm, &["S-1,sale,south,cup,2024-01-10,GBP,12,1200,"]);
    for day in ["2024-01-10", "2024-03-01"] {
        gtm.run(&format!("rate add spot GBP USD {day} 1.25"));
    }
    program(&gtm, "volume", &tiers("1 %", "2.5 %"));
    converting(&gtm, "abroad", "--currency USD --rate-type spot");
    let run = || {
        for code in ["volume", "abroad"] {
            gtm.run(&format!("program enrol {code} south"));
            gtm.run(&format!("run {code} --period 2024-Q1"));
        }
    };
    run();
    // 1 % of 1,200 pounds, and of the 1,500 dollars that they are.
    assert_eq!(
        (payable(&gtm, "volume"), payable(&gtm, "abroad")),
        (vec!["south 12".to_owned()], vec!["south 15".to_owned()])
    );
    gtm.run("payee set south --currency GBP");
    gtm.run("settlement-policy set --rate-type month-average --threshold GBP=25");
    month_rates(&gtm, "USD", "GBP", "0.8");
    let waiting = &settle(&gtm)["waiting"][0];
    assert_eq!(
        (text(waiting, "amount"), text(waiting, "why")),
        ("24", "below the threshold of 25 GBP")
    );
    gtm.run("settlement-policy set --threshold GBP=0");
    settle(&gtm);
    assert_eq!(documents(&gtm), ["SD-000001 credit-memo south 24 - -"]);
    let lines = |name: &str| -> Vec<String> {
        each(&gtm.run(&format!("document show {name}"))["contents"]["lines"])
            .map(|line| {
                format!(
                    "{} {} {}",
                    text(line, "title"),
                    text(line, "amount"),
                    line["owed"]["amount"]
                )
            })
            .collect()
    };
    assert_eq!(lines("SD-000001"), ["abroad 12 \"15\"", "volume 12 null"]);

    // Everything is returned, and asked back.
    sell(&gtm, &["S-2,return,south,cup,2024-03-01,GBP,-12,-1200,"]);
    run();
    let waiting = &settle(&gtm)["waiting"][0];
    assert_eq!(
        (text(waiting, "amount"), text(waiting, "why")),
        ("-24", "the payee owes it: it is netted with what comes next")
    );
    gtm.run("settlement-policy set --debit-memos true");
    settle(&gtm);
    assert_eq!(documents(&gtm)[1], "SD-000002 debit-memo south 24 - -");
    assert_eq!(lines("SD-000002"), ["abroad 12 \"15\"", "volume 12 null"]);
    for code in ["volume", "abroad"] {
        let held = gtm.run(&format!("balance --program {code}"));
        assert_eq!(held["balances"], json!([]), "{code} holds nothing any more");
    }
}
