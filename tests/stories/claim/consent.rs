//! Money set aside, put into a fund and claimed, each with the consent that the rules demand.

use serde_json::Value;
use tests::{Engine, Gtm, on_both_engines};

use super::fund::{campaign, company, held, submit};
use crate::company::{each, text};

on_both_engines! {
    money_is_set_aside_put_into_a_fund_and_lapses
    a_claim_is_decided_with_the_consent_that_its_amount_needs
    whenever_a_claim_is_ruled_on_consent_is_asked_for_once
    terms_pay_when_somebody_else_has_approved_them
    a_limit_is_overridden_with_leave_and_once
    a_part_of_a_budget_takes_leave_for_what_the_whole_has_not
}

/// A budget of 1,000 that the fund draws on.
fn with_a_budget(engine: Engine) -> Gtm {
    let gtm = company(engine);
    gtm.run("budget create marketing --amount 1000 --start 2024-01-01 --end 2024-12-31");
    gtm.run("budget attach marketing fund");
    gtm
}

fn rules(gtm: &Gtm) {
    gtm.run("approve rule claim --above 100 --four-eyes-above 500");
    for grant in [
        "user:bob claim --limit 300",
        "user:eve claim",
        "user:kim claim",
        "user:kim override",
        "user:kim terms",
    ] {
        gtm.run(&format!("approve grant {grant}"));
    }
}

fn money_is_set_aside_put_into_a_fund_and_lapses(engine: Engine) {
    let gtm = with_a_budget(engine);
    let allocate =
        |amount: &str| format!("fund allocate fund north {amount} --reason fair --on 2024-02-01 --expires 2024-06-30");
    gtm.run(&allocate("700"));
    assert_eq!(
        gtm.refused(&allocate("300.01")),
        (
            1,
            "gtm: account `north` in program `fund`: budget `marketing` has 300 of 1000 GBP left, and 300.01 are to be taken out of it: raise \
             the budget, take less, or say why it is right all the same"
                .to_owned()
        )
    );
    submit(&gtm, &campaign("INV-1", "250"), "");
    assert_eq!(held(&gtm), ["budget -700", "committed 250", "fund 450"]);
    let shown = gtm.run("fund release fund north 50 --reason moved --on 2024-03-01");
    assert_eq!((text(&shown, "available"), text(&shown, "committed")), ("400", "250"));
    let (_, refused) = gtm.refused("fund release fund north 400.01 --reason moved --on 2024-03-01");
    assert!(refused.ends_with("what was promised or paid stays"), "{refused}");

    // What is promised does not lapse.
    let expired = gtm.run("fund expire fund --on 2024-07-01");
    let fund = &expired["funds"][0];
    assert_eq!(
        (
            text(fund, "available"),
            text(fund, "committed"),
            text(fund, "allocated")
        ),
        ("0", "250", "250")
    );
    let again = gtm.run("fund expire fund --on 2024-07-01");
    assert_eq!(again, expired);
    let budget = gtm.run("budget show marketing");
    assert_eq!((text(&budget, "allocated"), text(&budget, "left")), ("250", "750"));
    let (_, refused) = gtm.refused("budget set marketing 249 --reason less");
    assert!(refused.contains("250 GBP are spoken for"), "{refused}");
}

/// What somebody can approve now.
fn inbox(gtm: &Gtm, who: &str, field: &str) -> Vec<String> {
    let inbox = gtm.run(&format!("approve inbox --as {who}"));
    let of = |approval: &Value| text(approval, field).to_owned();
    each(&inbox).map(of).collect()
}

fn a_claim_is_decided_with_the_consent_that_its_amount_needs(engine: Engine) {
    let gtm = with_a_budget(engine);
    rules(&gtm);
    gtm.run("fund allocate fund north 1000 --reason fair --on 2024-02-01");
    let names = |who: &str| inbox(&gtm, who, "name");
    let decide = |claim: &str, who: &str| gtm.run(&format!("claim decide {claim} --approve --as {who}"));

    submit(&gtm, &campaign("INV-1", "100"), "");
    assert_eq!(
        text(&decide("C-1", "user:max"), "status"),
        "approved",
        "it needs no consent"
    );

    submit(&gtm, &campaign("INV-2", "200"), "");
    assert_eq!(names("user:bob"), ["A-1"]);
    assert_eq!(
        names("user:pia"),
        [] as [&str; 0],
        "who submitted it does not approve it"
    );
    let (_, refused) = gtm.refused("claim decide C-2 --approve --as user:max");
    assert!(refused.contains("user:max may not decide about A-1"), "{refused}");
    assert_eq!(text(&decide("C-2", "user:bob"), "status"), "approved");

    submit(&gtm, &campaign("INV-3", "600"), "");
    let (_, refused) = gtm.refused("claim decide C-3 --approve --as user:bob");
    assert!(
        refused.contains("user:bob may approve a claim of up to 300, and A-2 is about 600"),
        "{refused}"
    );
    let first = decide("C-3", "user:eve");
    assert_eq!(
        (text(&first, "status"), text(&first["approval"], "status")),
        ("in-review", "open"),
        "a second must agree"
    );
    let (_, refused) = gtm.refused("claim decide C-3 --approve --as user:eve");
    assert!(refused.contains("it takes 2 different people"), "{refused}");
    assert_eq!(text(&decide("C-3", "user:kim"), "status"), "approved");
    assert_eq!(held(&gtm), ["budget -1000", "fund 100", "payable 900"]);
    assert_eq!(each(&gtm.run("approve list --all")).count(), 2);
}

fn whenever_a_claim_is_ruled_on_consent_is_asked_for_once(engine: Engine) {
    let gtm = with_a_budget(engine);
    rules(&gtm);
    gtm.run("fund allocate fund north 1000 --reason fair --on 2024-02-01");
    let bob = || inbox(&gtm, "user:bob", "name");
    submit(&gtm, &campaign("INV-1", "200"), "");
    assert_eq!(bob(), ["A-1"]);
    gtm.run("claim decide C-1 --approve --as user:bob");

    // A new round, which is taken back before anybody decided.
    gtm.run("claim reopen C-1 --words look-again --as user:eve");
    assert_eq!(bob(), ["A-2"]);
    gtm.run("claim withdraw C-1 --as user:pia");
    assert_eq!(bob(), [] as [&str; 0]);
    assert_eq!(text(&gtm.run("approve show A-2"), "status"), "withdrawn");
    let (_, refused) = gtm.refused("approve yes A-2 --as user:bob");
    assert!(refused.contains("A-2 is withdrawn already"), "{refused}");

    // A suspected duplicate is ruled on when it is released.
    submit(&gtm, &campaign("INV-2", "200"), "");
    let twice = submit(&gtm, &campaign("INV-2", "200"), "");
    assert_eq!((text(&twice, "status"), bob()), ("held", vec!["A-3".into()]));
    gtm.run("claim withdraw C-2 --as user:pia");
    assert_eq!(bob(), [] as [&str; 0]);
    gtm.run("claim release C-3 --words the-other-is-gone --as user:eve");
    assert_eq!(bob(), ["A-4"]);

    // What the ruling rests on changes: consent to what was ruled before is of no use.
    gtm.run("claim withdraw C-3 --as user:pia");
    submit(&gtm, &campaign("INV-3", "800"), "");
    gtm.run("claim decide C-4 --approve --as user:eve");
    assert_eq!(inbox(&gtm, "user:kim", "amount"), ["800"]);
    let terms = serde_json::json!({
        "fund": "discretionary",
        "activities": [{ "activity": "campaign", "participation": "50 %", "pre-approval": "not-needed" }],
    });
    gtm.file("half.json", &terms.to_string());
    gtm.run("program create fund --plugin gtm/mdf --terms half.json --new-terms");
    let (_, refused) = gtm.refused("claim decide C-4 --approve --as user:kim");
    assert!(refused.contains("it was ruled on again: 400 GBP"), "{refused}");
    assert_eq!(inbox(&gtm, "user:kim", "amount"), ["400"]);
    let decided = gtm.run("claim decide C-4 --approve --as user:kim");
    assert_eq!(text(&decided, "status"), "adjusted");
    let statuses: Vec<String> = each(&gtm.run("approve list --all"))
        .map(|approval| text(approval, "status").to_owned())
        .collect();
    assert_eq!(
        statuses,
        [
            "approved",
            "withdrawn",
            "withdrawn",
            "withdrawn",
            "withdrawn",
            "approved"
        ]
    );
}

fn terms_pay_when_somebody_else_has_approved_them(engine: Engine) {
    let gtm = with_a_budget(engine);
    gtm.run("fund allocate fund north 500 --reason fair --on 2024-02-01");
    rules(&gtm);
    gtm.run("approve rule terms");
    gtm.run("program create second --plugin gtm/mdf --terms fund.json --start 2024-01-01 --as user:ada");
    let waits =
        "version 1 of the terms of `second` waits for approval: `gtm approve yes A-1`, by another than its author";
    assert_eq!(
        gtm.refused("program enrol second north"),
        (1, format!("gtm: {waits}")),
        "nor do they say who may join"
    );
    let file = gtm.file("claim.json", &campaign("INV-1", "10").to_string());
    let line = format!("claim submit second north --file {} --on 2024-05-02", file.display());
    assert_eq!(gtm.refused(&line), (1, format!("gtm: {waits}")));
    let (_, refused) = gtm.refused("approve yes A-1 --as user:ada");
    assert!(refused.contains("user:ada asked for A-1"), "{refused}");
    gtm.run("approve yes A-1 --as user:kim");
    gtm.run("program enrol second north");
    assert_eq!(text(&gtm.run(&line), "status"), "in-review");
}

fn a_limit_is_overridden_with_leave_and_once(engine: Engine) {
    let gtm = with_a_budget(engine);
    rules(&gtm);
    gtm.run("approve rule override");
    let allocate =
        |amount: &str| format!("fund allocate fund north {amount} --reason fair --on 2024-02-01 --override agreed");
    let (_, refused) = gtm.refused(&allocate("1200"));
    assert!(
        refused.contains("going beyond the limit of `fund` by 200 needs approval"),
        "{refused}"
    );
    gtm.run("approve ask fund 200 --reason fair");
    gtm.run("approve yes A-1 --as user:kim");
    gtm.run(&allocate("100"));
    let (_, refused) = gtm.refused(&allocate("1100.01"));
    assert!(refused.contains("by 200.01 needs approval"), "{refused}");
    gtm.run(&allocate("1100"));
    assert_eq!(held(&gtm), ["budget -1200", "fund 1200"]);
    let (_, refused) = gtm.refused(&allocate("1200"));
    assert!(
        refused.contains("by 1200 needs approval"),
        "nothing is left by now: {refused}"
    );
}

fn a_part_of_a_budget_takes_leave_for_what_the_whole_has_not(engine: Engine) {
    let gtm = with_a_budget(engine);
    rules(&gtm);
    gtm.run("approve rule override");
    gtm.run(
        "budget create spring --parent marketing --amount 600 --start 2024-03-01 --end 2024-05-31 --override agreed",
    );
    gtm.run("budget set spring 1000 --reason more --override agreed");
    let raise = "budget set spring 1050 --reason more --override agreed";
    let (_, refused) = gtm.refused(raise);
    assert!(
        refused.contains("going beyond the limit of `marketing` by 50 needs approval"),
        "{refused}"
    );
    gtm.run("approve ask marketing 50 --reason more");
    gtm.run("approve yes A-1 --as user:kim");
    assert_eq!(text(&gtm.run(raise), "amount"), "1050");
    // Less takes none.
    gtm.run("budget set spring 900 --reason less --override agreed");
}
