//! What a program's calendar does through the command line, where the clock is that of the machine: what does not depend on the day it
//! is. The rest is told with a frozen clock, beside the host.

use serde_json::json;
use tests::{Engine, on_both_engines};

use crate::company::{company, each, payable, program, replay_all, sell, text, tiers};

on_both_engines! {
    a_period_that_is_over_is_locked_and_its_differences_go_into_the_open_one
    a_program_shows_its_schedule_and_a_period_to_come_is_not_posted
    a_time_with_an_offset_falls_on_the_day_of_the_programs_zone
    a_year_of_53_weeks_is_held_against_the_year_of_52_before_it
}

fn a_period_that_is_over_is_locked_and_its_differences_go_into_the_open_one(engine: Engine) {
    let gtm = company(engine);
    sell(&gtm, &["S-1,sale,south,cup,2024-01-10,GBP,8,1200,"]);
    program(&gtm, "volume", &tiers("1 %", "2.5 %"));
    gtm.run("program enrol volume south");
    gtm.run("run volume --period 2024-Q1");
    gtm.run("--as user:ada period lock volume 2024-Q1 --reason reported");
    sell(&gtm, &["S-2,sale,south,cup,2024-03-10,GBP,8,800,"]);
    let late = gtm.run("run volume --period 2024-Q1");
    let open = text(&late, "posting_period");
    assert_eq!(text(&late, "difference"), "8");
    assert!(open > "2024-Q1", "the quarter of today, and not {open}");
    let of = |period: &str| {
        let held = gtm.run(&format!("balance --program volume --period {period}"));
        let owed = each(&held["balances"]).find(|balance| balance["code"] == "payable");
        owed.map(|balance| text(balance, "amount").to_owned())
    };
    assert_eq!((of("2024-Q1"), of(open)), (Some("12".into()), Some("8".into())));
    let listed = gtm.run("period list volume");
    assert_eq!(
        each(&listed)
            .map(|change| (
                text(change, "period"),
                text(change, "by"),
                text(change, "reason"),
                &change["locked"]
            ))
            .collect::<Vec<_>>(),
        [("2024-Q1", "user:ada", "reported", &json!(true))]
    );
    gtm.run("period unlock volume 2024-Q1 --reason late");
    sell(&gtm, &["S-3,sale,south,cup,2024-03-11,GBP,8,500,"]);
    assert_eq!(gtm.run("run volume --period 2024-Q1")["posting_period"], json!(null));
    assert_eq!((of("2024-Q1"), of(open)), (Some("17".into()), Some("8".into())));
    assert_eq!(payable(&gtm, "volume"), ["south 25"]);
    assert_eq!(replay_all(&gtm), 3);
    for (line, code, sentence) in [
        (
            "period lock volume 2998-Q4 --reason early",
            1,
            "a period is locked when it is over",
        ),
        (
            "period lock volume 2024-01 --reason x",
            1,
            "`2024-01` is not a period of the calendar `quarter`",
        ),
        ("period lock none 2024-Q1 --reason x", 1, "there is no program `none`"),
        (
            "period unlock volume 2024-Q1 --reason x",
            1,
            "2024-Q1 of program `volume` is unlocked already, by user:admin",
        ),
        ("period lock volume 2024-Q1", 2, "--reason"),
    ] {
        let (ended, said) = gtm.refused(line);
        assert!(ended == code && said.contains(sentence), "gtm {line}: {ended} {said}");
    }
}

fn a_program_shows_its_schedule_and_a_period_to_come_is_not_posted(engine: Engine) {
    let gtm = company(engine);
    program(&gtm, "plain", &tiers("1 %", "2.5 %"));
    assert_eq!(
        gtm.run("program show plain")["schedule"],
        json!({ "grace_days": 0, "calculation_day": null, "time_zone": "UTC" })
    );
    let terms = gtm.folder().join("plain.json");
    let create = |code: &str, options: &str| {
        format!(
            "program create {code} --plugin gtm/rebate --terms {} --start 2024-01-01 {options}",
            terms.display()
        )
    };
    gtm.run(&create(
        "strict",
        "--grace-days 5 --calculation-day 6 --time-zone Europe/London",
    ));
    assert_eq!(
        gtm.run("program show strict")["schedule"],
        json!({ "grace_days": 5, "calculation_day": 6, "time_zone": "Europe/London" })
    );
    // What is not named stays.
    gtm.run(&create("strict", "--new-terms --grace-days 7"));
    assert_eq!(
        gtm.run("program show strict")["schedule"],
        json!({ "grace_days": 7, "calculation_day": 6, "time_zone": "Europe/London" })
    );
    sell(
        &gtm,
        &[
            "S-1,sale,south,cup,2024-01-10,GBP,8,1200,",
            "S-2,sale,south,cup,2998-01-10,GBP,8,1200,",
        ],
    );
    gtm.run("program enrol strict south");
    let (code, said) = gtm.refused("run strict --period 2998-Q1");
    assert!(
        code == 1 && said.starts_with("gtm: 2998-Q1 is posted from 2998-04-06 on, and today is 2"),
        "{code} {said}"
    );
    assert_eq!(text(&gtm.run("run strict --period 2998-Q1 --what-if"), "amount"), "12");
    assert_eq!(payable(&gtm, "strict"), Vec::<String>::new());
    assert_eq!(text(&gtm.run("run strict --period 2024-Q1"), "amount"), "12");
    for (options, sentence) in [
        ("--time-zone Europe/Londn", "`Europe/Londn` is no time zone"),
        ("--calculation-day 0", "0 is not in 1..=65535"),
        ("--grace-days -1", "unexpected argument"),
    ] {
        let (code, said) = gtm.refused(&create("other", options));
        assert!(code == 2 && said.contains(sentence), "{options}: {code} {said}");
    }
}

const TIMES: &str = "\
records = 'transactions'
source = 'shop'
key = ['key']
dates = ['%Y-%m-%dT%H:%M:%S%:z', '%Y-%m-%d']
[fields]
kind = { constant = 'sale' }
account = { column = 'account' }
date = { column = 'at' }
currency = { constant = 'GBP' }
net_amount = { column = 'net' }
";

fn a_time_with_an_offset_falls_on_the_day_of_the_programs_zone(engine: Engine) {
    let gtm = company(engine);
    let all = json!({ "rules": [{ "measure": "net", "tiers": [{ "from": "0", "rate": "1 %" }] }] });
    let terms = gtm.file("all.json", &all.to_string());
    gtm.run(&format!(
        "program create tokyo --plugin gtm/rebate --terms {} --start 2024-01-01 --time-zone Asia/Tokyo",
        terms.display()
    ));
    gtm.run("program enrol tokyo south");
    let profile = gtm.file("shop.toml", TIMES);
    // Midday in New York on the last day of the quarter is the next day in Tokyo; a day that is written stays what it is.
    let sales = gtm.file(
        "shop.csv",
        "key,account,at,net\nT-1,south,2024-03-31T12:00:00-04:00,100\nT-2,south,2024-03-31T08:00:00+00:00,20\nT-3,south,2024-03-31,3\n",
    );
    let import = format!(
        "import transactions {} --profile {}",
        sales.display(),
        profile.display()
    );
    assert_eq!(gtm.run(&format!("{import} --for tokyo"))["accepted"], 3);
    assert_eq!(text(&gtm.run("run tokyo --period 2024-Q1"), "amount"), "0.23");
    assert_eq!(text(&gtm.run("run tokyo --period 2024-Q2"), "amount"), "1");
    // As the same file is read without it, each line on the day that is written: the first is another fact by the same key.
    let (code, report) = gtm.ended(&import);
    assert_eq!(
        (code, &report["refused"], &report["duplicates"]),
        (3, &json!(1), &json!(2))
    );
    let (code, said) = gtm.refused(&format!("{import} --for none"));
    assert_eq!(
        (code, &*said),
        (1, "gtm: there is no program `none`: `gtm program list` shows them")
    );
}

fn a_year_of_53_weeks_is_held_against_the_year_of_52_before_it(engine: Engine) {
    let gtm = company(engine);
    // The last period of the retail year 2023 has six weeks, that of 2022 five, and the period of the same number counts as the same.
    sell(
        &gtm,
        &[
            "S-1,sale,south,cup,2022-12-25,GBP,1,100,",
            "S-2,sale,south,cup,2023-01-28,GBP,1,100,",
            "S-3,sale,south,cup,2023-01-29,GBP,1,9000,",
            "S-4,sale,south,cup,2023-12-24,GBP,1,150,",
            "S-5,sale,south,cup,2024-02-03,GBP,1,150,",
            "S-6,sale,south,cup,2024-02-04,GBP,1,9000,",
        ],
    );
    let terms = gtm.file(
        "growth.json",
        &json!({ "rules": [{
            "rule": "growth",
            "measure": "net",
            "growth": { "baseline": "same-period-last-year", "pays-on": "excess", "without-baseline": "problem" },
            "tiers": [{ "from": "0 %", "rate": "10 %" }],
        }] })
        .to_string(),
    );
    let terms = terms.to_string_lossy();
    let create = [
        "program",
        "create",
        "growth",
        "--plugin",
        "gtm/rebate",
        "--terms",
        &terms,
    ];
    let weeks = ["--start", "2022-01-30", "--calendar", "4-4-5 month"];
    let created = gtm
        .command(create.into_iter().chain(weeks))
        .output()
        .expect("the binary starts");
    assert!(created.status.success(), "{created:?}");
    gtm.run("program enrol growth south");
    assert_eq!(text(&gtm.run("run growth --period 2023-P12"), "amount"), "10");
}
