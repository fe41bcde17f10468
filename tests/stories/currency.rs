//! What a program does with facts in other currencies, when a rate is missing, and when one is corrected.

use serde_json::json;
use tests::{Engine, Gtm, on_both_engines};

use crate::company::{company, each, payable, posted, replay_all, sell, text, tiers};

on_both_engines! {
    facts_in_other_currencies_are_converted_by_the_rate_of_their_day
    a_missing_rate_holds_one_statement_and_is_named
    a_corrected_rate_posts_the_difference_and_the_first_statement_is_still_replayed
    rates_come_in_by_file_once_and_lines_that_are_none_are_refused
    a_program_without_rates_takes_its_own_currency_only
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
