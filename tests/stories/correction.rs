//! What happens to a quarter that was paid when its facts or terms change, and to a statement that cannot be worked out.

use serde_json::json;
use tests::{Engine, on_both_engines};

use crate::company::{company, each, payable, posted, program, replay_all, sell, text, tiers};

on_both_engines! {
    a_correction_and_a_late_line_post_exactly_the_difference
    new_terms_post_a_rate_adjustment
    what_accounts_below_buy_counts_for_the_one_above
    a_line_that_lacks_what_the_terms_need_holds_one_statement_only
    a_missing_agreed_figure_holds_one_statement_only
}

const JANUARY: [&str; 4] = [
    "S-1,sale,south,cup,2024-01-10,GBP,8,800,",
    "S-2,sale,south,cup,2024-02-10,GBP,4,400,",
    "W-1,sale,west,cup,2024-01-15,GBP,60,6000,",
    "W-2,sale,west,post,2024-01-15,GBP,1,70,",
];

fn a_correction_and_a_late_line_post_exactly_the_difference(engine: Engine) {
    let gtm = company(engine);
    sell(&gtm, &JANUARY);
    program(&gtm, "volume", &tiers("1 %", "2.5 %"));
    gtm.run("program enrol volume south west");
    let paid = gtm.run("run volume --period 2024-Q1");
    assert_eq!(
        (text(&paid, "status"), text(&paid, "amount"), text(&paid, "difference")),
        ("complete", "162", "162")
    );
    assert_eq!(payable(&gtm, "volume"), ["south 12", "west 150"]);

    // 800 were 4,800, which lifts the whole volume into the higher tier: 5,200 at 2.5 % instead of 1,200 at 1 %.
    sell(
        &gtm,
        &[
            "S-3,sale,south,cup,2024-01-10,GBP,48,4800,S-1",
            "W-3,sale,west,cup,2024-03-31,GBP,3,300,",
        ],
    );
    let expected = gtm.run("run volume --period 2024-Q1 --what-if");
    assert_eq!(
        expected["changes"],
        json!([
            { "account": "south", "before": "12", "after": "130" },
            { "account": "west", "before": "150", "after": "157.5" },
        ])
    );
    assert_eq!(
        payable(&gtm, "volume"),
        ["south 12", "west 150"],
        "a what-if posted something"
    );
    let corrected = gtm.run("run volume --period 2024-Q1");
    assert_eq!(
        (text(&corrected, "amount"), text(&corrected, "difference")),
        ("287.5", "125.5")
    );
    assert_eq!(
        posted(&gtm, "volume/2024-Q1/south"),
        [
            "1 expense → payable 12 original",
            "2 expense → payable 118 prior-period"
        ]
    );
    assert_eq!(
        posted(&gtm, "volume/2024-Q1/west"),
        [
            "1 expense → payable 150 original",
            "2 expense → payable 7.5 prior-period"
        ]
    );

    sell(&gtm, &["S-4,return,south,cup,2024-03-20,GBP,-40,-4000,"]);
    let returned = gtm.run("run volume --period 2024-Q1");
    assert_eq!(
        (
            &returned["posted"],
            &returned["unchanged"],
            text(&returned, "difference")
        ),
        (&json!(1), &json!(1), "-118")
    );
    assert_eq!(
        posted(&gtm, "volume/2024-Q1/south")[2..],
        ["3 payable → expense 118 prior-period"]
    );
    assert_eq!(payable(&gtm, "volume"), ["south 12", "west 157.5"]);

    let again = gtm.run("run volume --period 2024-Q1");
    assert_eq!(
        (&again["posted"], &again["unchanged"], &again["transfers"]),
        (&json!(0), &json!(2), &json!(0))
    );
    // Each revision from the journal as it stood: the first knows nothing of what came after it.
    assert_eq!(replay_all(&gtm), 5);
    let kept = gtm.query("select row_count from revisions order by statement, number");
    assert_eq!(kept.lines().collect::<Vec<_>>(), ["2", "2", "3", "1", "2"]);

    let file = gtm.file(
        "late.csv",
        "key,kind,account,product,date,currency,net_amount,corrects\nS-5,sale,south,cup,2024-01-10,GBP,1,S-1\n",
    );
    let (code, report) = gtm.ended(&format!("import transactions {}", file.display()));
    assert_eq!(code, 3);
    assert_eq!(
        report["reasons"],
        json!([{ "reason": "`S-5` corrects `S-1`, which `S-3` has corrected: correct `S-3`", "lines": 1 }])
    );
}

fn new_terms_post_a_rate_adjustment(engine: Engine) {
    let gtm = company(engine);
    sell(&gtm, &JANUARY);
    program(&gtm, "volume", &tiers("1 %", "2.5 %"));
    gtm.run("program enrol volume south west");
    gtm.run("run volume --period 2024-Q1");

    let file = gtm.file("better.json", &tiers("1.5 %", "2.5 %").to_string());
    gtm.run(&format!(
        "program create volume --plugin gtm/rebate --terms {} --start 2024-01-01 --new-terms",
        file.display()
    ));
    let adjusted = gtm.run("run volume --period 2024-Q1");
    assert_eq!((text(&adjusted, "amount"), text(&adjusted, "difference")), ("168", "6"));
    assert_eq!(
        posted(&gtm, "volume/2024-Q1/south"),
        [
            "1 expense → payable 12 original",
            "2 expense → payable 6 rate-adjustment"
        ]
    );
    assert_eq!(
        posted(&gtm, "volume/2024-Q1/west"),
        ["1 expense → payable 150 original"],
        "its rate is the same"
    );
    assert_eq!(payable(&gtm, "volume"), ["south 18", "west 150"]);

    // Terms that hold from April on leave the first quarter alone.
    let file = gtm.file("best.json", &tiers("3 %", "5 %").to_string());
    gtm.run(&format!(
        "program create volume --plugin gtm/rebate --terms {} --start 2024-01-01 --valid-from 2024-04-01 --new-terms",
        file.display()
    ));
    assert_eq!(gtm.run("run volume --period 2024-Q1")["posted"], 0);
    sell(&gtm, &["S-3,sale,south,cup,2024-04-01,GBP,20,2000,"]);
    assert_eq!(text(&gtm.run("run volume --period 2024-Q2"), "amount"), "60");
    // Two participants: twice the first quarter, each by the terms of its time, and once the second.
    assert_eq!(replay_all(&gtm), 6);
}

fn what_accounts_below_buy_counts_for_the_one_above(engine: Engine) {
    let gtm = company(engine);
    sell(
        &gtm,
        &[
            "N-1,sale,north,cup,2024-01-10,GBP,6,600,",
            "N-2,sale,north-1,cup,2024-02-10,GBP,5,500,",
        ],
    );
    let mut terms = tiers("1 %", "2.5 %");
    program(&gtm, "alone", &terms);
    terms["roll-up"] = json!("all");
    program(&gtm, "family", &terms);
    for code in ["alone", "family"] {
        gtm.run(&format!("program enrol {code} north"));
        gtm.run(&format!("run {code} --period 2024-Q1"));
    }
    assert_eq!(payable(&gtm, "alone"), Vec::<String>::new(), "600 reach no tier");
    assert_eq!(payable(&gtm, "family"), ["north 11"]);

    sell(&gtm, &["N-3,sale,north-1,cup,2024-02-11,GBP,50,5000,"]);
    assert_eq!(gtm.run("run alone --period 2024-Q1")["posted"], 0);
    assert_eq!(text(&gtm.run("run family --period 2024-Q1"), "difference"), "141.5");
    assert_eq!(payable(&gtm, "family"), ["north 152.5"]);
    assert_eq!(replay_all(&gtm), 3);
}

fn a_line_that_lacks_what_the_terms_need_holds_one_statement_only(engine: Engine) {
    let gtm = company(engine);
    sell(&gtm, &JANUARY);
    sell(&gtm, &["N-1,sale,north,cup,2024-01-20,GBP,10,,"]);
    program(&gtm, "volume", &tiers("1 %", "2.5 %"));
    gtm.run("program enrol volume north south west");

    let reason =
        "the row at journal position 5 has no `net-amount`, which the terms need: correct the row or change the terms";
    for attempt in ["first", "second"] {
        let (code, held) = gtm.ended("run volume --period 2024-Q1");
        assert_eq!((code, text(&held, "status")), (3, "held"), "{attempt}");
        assert_eq!(held["held"], json!([{ "account": "north", "reason": reason }]));
        assert_eq!(payable(&gtm, "volume"), ["south 12", "west 150"]);
        assert_eq!(
            gtm.run("statement list --held"),
            json!([{ "period": "2024-Q1", "account": "north", "reason": reason }]),
            "{attempt}"
        );
    }

    sell(&gtm, &["N-2,sale,north,cup,2024-01-20,GBP,10,1000,N-1"]);
    let (code, complete) = gtm.ended("run volume --period 2024-Q1");
    assert_eq!(
        (code, text(&complete, "status"), &complete["held"]),
        (0, "complete", &json!([]))
    );
    assert_eq!(
        posted(&gtm, "volume/2024-Q1/north"),
        ["1 expense → payable 10 original"]
    );
    assert_eq!(gtm.run("statement list --held"), json!([]));
    assert_eq!(replay_all(&gtm), 3);
    // Every attempt is on record, and how it ended.
    assert_eq!(
        gtm.query("select status, quarantined from runs order by started_at"),
        "held|1\nheld|1\ncomplete|0\n"
    );

    // Held again, and then the facts are as they were when it was paid: postage does not count.
    sell(&gtm, &["N-3,sale,north,cup,2024-01-21,GBP,1,,"]);
    assert_eq!(gtm.ended("run volume --period 2024-Q1").0, 3);
    sell(&gtm, &["N-4,sale,north,post,2024-01-21,GBP,1,5,N-3"]);
    let (code, complete) = gtm.ended("run volume --period 2024-Q1");
    assert_eq!(
        (code, &complete["posted"], &complete["unchanged"]),
        (0, &json!(0), &json!(3))
    );
    assert_eq!(gtm.run("statement list --held"), json!([]));
}

fn a_missing_agreed_figure_holds_one_statement_only(engine: Engine) {
    let gtm = company(engine);
    sell(&gtm, &JANUARY);
    program(
        &gtm,
        "growth",
        &json!({ "rules": [{
        "rule": "growth",
        "measure": "net",
        "growth": { "baseline": { "agreed": "last-year" }, "pays-on": "excess", "without-baseline": "problem" },
        "tiers": [{ "from": "0 %", "rate": "5 %" }],
    }] }),
    );
    gtm.run("program enrol growth south --agreed last-year=1000");
    gtm.run("program enrol growth west");

    let (code, held) = gtm.ended("run growth --period 2024-Q1");
    assert_eq!((code, text(&held, "status"), text(&held, "amount")), (3, "held", "10"));
    let [only] = &each(&held["held"]).collect::<Vec<_>>()[..] else {
        panic!("{held}")
    };
    assert_eq!(
        (text(only, "account"), text(only, "reason")),
        (
            "west",
            "account `west` has no agreed figure `last-year`, which the terms of `growth` need: enrol it again with --agreed last-year=NUMBER"
        )
    );

    gtm.run("program enrol growth west --agreed last-year=5000");
    let (code, complete) = gtm.ended("run growth --period 2024-Q1");
    assert_eq!(
        (code, text(&complete, "status"), &complete["unchanged"]),
        (0, "complete", &json!(1))
    );
    // 6,070 with the postage, as these terms count everything: 1,070 more than agreed.
    assert_eq!(payable(&gtm, "growth"), ["south 10", "west 53.5"]);
    assert_eq!(replay_all(&gtm), 2);
}
