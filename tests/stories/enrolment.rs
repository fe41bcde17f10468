//! Who may take part, who is asked, who joins and who goes: what the plugin says of a profile, and what becomes of it.

use serde_json::{Value, json};
use tests::{Engine, Gtm, on_both_engines};

use crate::company::{company, each, payable, program, replay_all, sell, text, tiers};

on_both_engines! {
    only_those_who_may_take_part_are_enrolled_and_the_others_are_told_why
    an_invitation_is_accepted_or_declined
    a_participant_goes_and_comes_back
}

/// Of these only `ada` may take part.
const CLUB: &str = "\
number,name,tier,country
ada,Ada's,gold,GB
bob,Bob & Co,silver,GB
cyd,Chez Cyd,gold,FR
";

/// A program for gold partners in Britain.
fn club(engine: Engine) -> Gtm {
    let gtm = company(engine);
    let file = gtm.file("club.csv", CLUB);
    gtm.run(&format!("import accounts {}", file.display()));
    let mut terms = tiers("1 %", "2.5 %");
    terms["eligibility"] = json!({ "tier": ["gold", "platinum"], "country": ["GB"] });
    program(&gtm, "club", &terms);
    gtm
}

fn named<'a>(list: &'a Value, account: &str) -> &'a Value {
    each(list)
        .find(|candidate| candidate["account"] == account)
        .unwrap_or_else(|| panic!("no `{account}` in {list:#}"))
}

fn steps(gtm: &Gtm, account: &str) -> Vec<String> {
    let history = gtm.run(&format!("program history club {account}"));
    let line = |taken: &Value| {
        format!(
            "{} {} {}",
            text(taken, "step"),
            text(taken, "status"),
            taken["eligible"]
        )
    };
    each(&history).map(line).collect()
}

fn only_those_who_may_take_part_are_enrolled_and_the_others_are_told_why(engine: Engine) {
    let gtm = club(engine);
    let overview = gtm.run("program eligible club");
    assert_eq!(
        overview["eligible"],
        json!([{ "account": "ada", "name": "Ada's", "status": null, "reasons": ["`country` is GB", "`tier` is gold"] }])
    );
    assert_eq!(each(&overview["not_eligible"]).count(), 6);

    let enrolled = gtm.run("program enrol club --all");
    assert_eq!((&enrolled["new"], each(&enrolled["refused"]).count()), (&json!(1), 6));
    assert_eq!(
        named(&enrolled["refused"], "bob")["reasons"],
        json!(["`tier` is silver, and takes gold or platinum"])
    );
    assert_eq!(
        named(&enrolled["refused"], "south")["reasons"],
        json!([
            "the profile shows no `country`, and it takes GB",
            "the profile shows no `tier`, and it takes gold or platinum"
        ])
    );
    let (code, sentence) = gtm.refused("program enrol club bob cyd --from 2024-01-01");
    assert_eq!(code, 1);
    assert!(
        sentence.contains(
            "nobody was enrolled, because 2 of the accounts may not take part: account `bob`: `tier` is silver, and takes gold or \
             platinum; account `cyd`: `country` is FR, and takes GB; --override REASON lets them in all the same"
        ),
        "{sentence}"
    );
    gtm.run("program enrol club bob --override agreed-by-the-board");
    let history = gtm.run("program history club bob");
    let [taken] = &each(&history).collect::<Vec<_>>()[..] else {
        panic!("{history:#}")
    };
    assert_eq!(
        (&taken["eligible"], &taken["overridden"], text(taken, "by")),
        (&json!(false), &json!("agreed-by-the-board"), "user:admin")
    );
    assert_eq!(
        taken["reasons"],
        json!(["`tier` is silver, and takes gold or platinum"])
    );

    sell(
        &gtm,
        &[
            "A-1,sale,ada,cup,2024-01-10,GBP,10,1000,",
            "B-1,sale,bob,cup,2024-01-10,GBP,20,2000,",
            "C-1,sale,cyd,cup,2024-01-10,GBP,30,3000,",
        ],
    );
    assert_eq!(gtm.run("run club --period 2024-Q1")["participants"], 2);
    assert_eq!(payable(&gtm, "club"), ["ada 10", "bob 20"]);
    // Whoever is in is not asked again when its figures change.
    assert_eq!(gtm.run("program enrol club bob --until 2024-12-31")["changed"], 1);
    assert_eq!(gtm.run("program eligible club")["taking_part"], 1);
    assert_eq!(replay_all(&gtm), 2);
    assert_eq!(
        gtm.run("program show club")["accounts"],
        json!(["ada", "bob"]),
        "those who never joined are not among the participants"
    );
}

fn an_invitation_is_accepted_or_declined(engine: Engine) {
    let gtm = club(engine);
    let invited = gtm.run("program invite club --all --from 2024-02-01");
    assert_eq!((&invited["new"], each(&invited["refused"]).count()), (&json!(1), 6));
    gtm.run("program invite club cyd --override a-friend-of-the-house");
    assert_eq!(gtm.run("program show club")["accounts"], json!([]));
    for (line, sentence) in [
        (
            "program invite club ada",
            "nobody was invited, because of 1 of the accounts: account `ada` is invited already: it can accept or decline, or be enrolled",
        ),
        (
            "program accept club bob",
            "account `bob` has no invitation to answer: invite it first",
        ),
        ("program decline club nobody", "there is no account `nobody`"),
        (
            "program opt-out club ada",
            "account `ada` is invited and does not take part: it can decline",
        ),
    ] {
        let (code, said) = gtm.refused(line);
        assert!(code == 1 && said.contains(sentence), "{line}: {said}");
    }

    let joined = gtm.run("program accept club ada");
    assert_eq!(
        (text(&joined, "status"), text(&joined, "from")),
        ("enrolled", "2024-02-01")
    );
    gtm.run("program decline club cyd --because no-time");
    assert_eq!(steps(&gtm, "ada"), ["invite invited true", "accept enrolled true"]);
    assert_eq!(steps(&gtm, "cyd"), ["invite invited false", "decline declined null"]);

    // Everybody again: who has declined is not asked, and not passed over in silence.
    let again = gtm.run("program enrol club --all");
    assert_eq!(again["new"], 0);
    assert_eq!(
        named(&again["refused"], "cyd")["reasons"],
        json!(["it has declined: name it to ask it again"])
    );
    // Better terms let others in; an invitation made in spite of the verdict stands.
    gtm.run("program invite club cyd --override once-more");
    assert_eq!(text(&gtm.run("program accept club cyd"), "status"), "enrolled");
    assert_eq!(gtm.run("program show club")["accounts"], json!(["ada", "cyd"]));
}

fn a_participant_goes_and_comes_back(engine: Engine) {
    let gtm = club(engine);
    gtm.run("program enrol club ada");
    sell(
        &gtm,
        &[
            "A-1,sale,ada,cup,2024-01-10,GBP,10,1000,",
            "A-2,sale,ada,cup,2024-04-10,GBP,20,2000,",
            "A-3,sale,ada,cup,2024-08-10,GBP,30,3000,",
        ],
    );
    let left = gtm.run("program opt-out club ada --until 2024-05-15 --because moving");
    assert_eq!(
        (text(&left, "status"), text(&left, "until")),
        ("opted-out", "2024-05-15")
    );
    let runs = |expected: [u64; 3]| {
        let found = ["2024-Q1", "2024-Q2", "2024-Q3"].map(|period| {
            gtm.run(&format!("run club --period {period}"))["participants"]
                .as_u64()
                .unwrap()
        });
        assert_eq!(found, expected);
    };
    runs([1, 1, 0]);
    let (_, sentence) = gtm.refused("program enrol club ada --from 2024-06-01");
    assert!(
        sentence
            .contains("account `ada` took part until 2024-05-15 and would come back on 2024-06-01, both in 2024-Q2"),
        "{sentence}"
    );
    assert_eq!(gtm.run("program enrol club ada --from 2024-07-01")["new"], 1);
    runs([1, 1, 1]);
    assert_eq!(
        steps(&gtm, "ada"),
        ["enrol enrolled true", "opt-out opted-out null", "enrol enrolled true"]
    );

    // What comes late for the first stay is still paid.
    sell(&gtm, &["A-4,sale,ada,cup,2024-02-10,GBP,5,500,"]);
    assert_eq!(text(&gtm.run("run club --period 2024-Q1"), "difference"), "5");
    assert_eq!(payable(&gtm, "club"), ["ada 65"]);
    assert_eq!(replay_all(&gtm), 4);
}
