use domain::actor::Actor;
use domain::approval::{Approval, Authority, Delegation, Kind, Rule, Status, Verdict};
use domain::day::Day;
use domain::money::Micros;
use domain::program::Terms;
use store::Tx;
use store::approval::NewApproval;

use crate::company::begin_quarter;
use crate::database::{Database, ada};

stories! {
    what_no_rule_names_needs_no_approval
    a_large_claim_takes_two_people_and_a_stand_in_is_not_a_second
    terms_are_in_force_when_somebody_else_approved_them
    an_override_is_used_once_and_by_whom_it_was_given
    authority_is_granted_and_taken_back
    what_is_withdrawn_waits_for_nobody
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn money(text: &str) -> Micros {
    text.parse().unwrap()
}

fn actor(name: &str) -> Actor {
    name.parse().unwrap()
}

async fn as_actor(db: &Database, name: &str) -> Tx {
    db.store.begin(&actor(name)).await.unwrap()
}

fn claim<'a>(amount: &str, author: &'a Actor) -> NewApproval<'a> {
    NewApproval {
        kind: Kind::Claim,
        subject: "claim-1",
        title: "claim C-1 of `a`".into(),
        amount: Some(money(amount)),
        unit: Some("GBP"),
        author,
    }
}

async fn rules(tx: &mut Tx) {
    for (kind, above, four_eyes_above) in [
        (Kind::Claim, "100", Some("5000")),
        (Kind::Terms, "0", None),
        (Kind::Override, "0", None),
    ] {
        let rule = Rule {
            kind,
            above: money(above),
            four_eyes_above: four_eyes_above.map(money),
            due_days: 3,
        };
        tx.set_approval_rule(&rule).await.unwrap();
    }
    for (name, kind, limit) in [
        ("bob", Kind::Claim, Some("1000")),
        ("eve", Kind::Claim, None),
        ("kim", Kind::Claim, None),
        ("kim", Kind::Terms, None),
        ("kim", Kind::Override, None),
    ] {
        let authority = Authority {
            approver: actor(name),
            kind,
            limit: limit.map(money),
        };
        tx.grant_authority(&authority).await.unwrap();
    }
    let delegation = Delegation {
        from: actor("eve"),
        to: actor("dan"),
        start: day("2011-01-01"),
        end: day("2011-12-31"),
    };
    tx.delegate(&delegation).await.unwrap();
}

/// Something that somebody approved.
pub async fn ask_and_approve(db: &Database) -> Approval {
    let mut tx = db.begin().await;
    rules(&mut tx).await;
    let asked = tx
        .ask_approval(&claim("500", &ada()), day("2011-03-01"))
        .await
        .unwrap()
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = as_actor(db, "bob").await;
    let approved = tx
        .vote(asked.number, Verdict::Approve, "seen", day("2011-03-02"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    approved
}

async fn what_no_rule_names_needs_no_approval(db: Database) -> Database {
    let mut tx = db.begin().await;
    assert_eq!(
        tx.ask_approval(&claim("1000000", &ada()), day("2011-03-01"))
            .await
            .unwrap(),
        None
    );
    tx.use_override("year", money("10"), "budget north").await.unwrap();
    rules(&mut tx).await;
    assert_eq!(
        tx.ask_approval(&claim("100", &ada()), day("2011-03-01")).await.unwrap(),
        None
    );
    assert_eq!(tx.approvals(false).await.unwrap(), []);
    let kinds: Vec<_> = tx
        .approval_rules()
        .await
        .unwrap()
        .iter()
        .map(|rule| (rule.kind, rule.above))
        .collect();
    assert_eq!(
        kinds,
        [
            (Kind::Claim, money("100")),
            (Kind::Override, money("0")),
            (Kind::Terms, money("0"))
        ]
    );
    db
}

async fn a_large_claim_takes_two_people_and_a_stand_in_is_not_a_second(db: Database) -> Database {
    let mut tx = db.begin().await;
    rules(&mut tx).await;
    let asked = tx
        .ask_approval(&claim("5000.01", &ada()), day("2011-03-01"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (asked.label(), asked.needed, asked.due, asked.author.to_string()),
        ("A-1".into(), 2, day("2011-03-04"), "user:ada".into())
    );
    tx.commit().await.unwrap();
    let today = day("2011-03-02");
    let refused = as_actor(&db, "bob")
        .await
        .vote(1, Verdict::Approve, "", today)
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "user:bob may approve a claim of up to 1000, and A-1 is about 5000.01: somebody with a higher limit must"
    );
    let mut tx = as_actor(&db, "dan").await;
    let first = tx.vote(1, Verdict::Approve, "", today).await.unwrap();
    assert_eq!(first.status, Status::Open);
    tx.commit().await.unwrap();
    let refused = as_actor(&db, "eve")
        .await
        .vote(1, Verdict::Approve, "", today)
        .await
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("user:eve has decided about A-1 already")
    );
    let mut tx = as_actor(&db, "kim").await;
    assert_eq!(tx.approvals(true).await.unwrap().len(), 1);
    let second = tx.vote(1, Verdict::Approve, "paid for", today).await.unwrap();
    assert_eq!(second.status, Status::Approved);
    tx.commit().await.unwrap();

    let mut read = db.store.read().await.unwrap();
    assert_eq!(read.approvals(true).await.unwrap(), []);
    let found = read.approval_of(Kind::Claim, "claim-1").await.unwrap().unwrap();
    let votes = read
        .approval_votes(&[&found.id])
        .await
        .unwrap()
        .remove(&found.id)
        .unwrap();
    let said: Vec<_> = votes
        .iter()
        .map(|vote| (vote.of.approver.to_string(), vote.of.on_behalf_of.to_string()))
        .collect();
    assert_eq!(
        said,
        [("dan", "eve"), ("kim", "kim")].map(|(a, b)| (format!("user:{a}"), format!("user:{b}")))
    );
    let nothing = as_actor(&db, "kim")
        .await
        .vote(9, Verdict::Approve, "", today)
        .await
        .unwrap_err();
    assert_eq!(
        nothing.to_string(),
        "there is no approval A-9: `gtm approve list` shows them"
    );
    db
}

async fn terms_are_in_force_when_somebody_else_approved_them(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    rules(&mut tx).await;
    let new = NewApproval {
        kind: Kind::Terms,
        subject: quarter.terms.id.as_str(),
        title: "terms of `volume`".into(),
        amount: None,
        unit: None,
        author: &ada(),
    };
    let asked = tx.ask_approval(&new, day("2011-03-01")).await.unwrap().unwrap();
    let program = &quarter.program.id;
    assert_eq!(tx.approved_terms_of(program).await.unwrap(), []);
    tx.commit().await.unwrap();
    let mut tx = as_actor(&db, "kim").await;
    tx.vote(asked.number, Verdict::Approve, "", day("2011-03-01"))
        .await
        .unwrap();
    assert_eq!(
        tx.approved_terms_of(program).await.unwrap(),
        Vec::<Terms>::from([quarter.terms.clone()])
    );
    db
}

async fn an_override_is_used_once_and_by_whom_it_was_given(db: Database) -> Database {
    let mut tx = db.begin().await;
    rules(&mut tx).await;
    let refused = tx.use_override("year", money("10"), "budget north").await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "going beyond the limit of `year` by 10 needs approval: `gtm approve ask year 10 --reason …`, and then again when somebody has \
         approved it"
    );
    let new = NewApproval {
        kind: Kind::Override,
        subject: "year",
        title: "the fair".into(),
        amount: Some(money("10")),
        unit: Some("GBP"),
        author: &ada(),
    };
    let asked = tx.ask_approval(&new, day("2011-03-01")).await.unwrap().unwrap();
    assert!(tx.use_override("year", money("10"), "budget north").await.is_err());
    tx.commit().await.unwrap();
    let mut tx = as_actor(&db, "kim").await;
    tx.vote(asked.number, Verdict::Approve, "", day("2011-03-01"))
        .await
        .unwrap();
    assert!(
        tx.use_override("year", money("10"), "budget north").await.is_err(),
        "it is ada's"
    );
    tx.commit().await.unwrap();
    let mut tx = db.begin().await;
    assert!(tx.use_override("year", money("10.01"), "budget north").await.is_err());
    tx.use_override("year", money("10"), "budget north").await.unwrap();
    assert!(tx.use_override("year", money("10"), "budget north").await.is_err());
    db
}

async fn what_is_withdrawn_waits_for_nobody(db: Database) -> Database {
    let approved = ask_and_approve(&db).await;
    let mut tx = db.begin().await;
    let ada = ada();
    for subject in ["claim-8:1", "claim-8:2"] {
        let asked = NewApproval {
            subject,
            ..claim("150", &ada)
        };
        tx.ask_approval(&asked, day("2011-03-01")).await.unwrap().unwrap();
    }
    let subjects = [approved.subject.clone(), "claim-8:1".into(), "none".into()];
    tx.withdraw_approvals(Kind::Claim, &subjects).await.unwrap();
    let waiting: Vec<_> = tx
        .approvals(true)
        .await
        .unwrap()
        .into_iter()
        .map(|of| of.subject)
        .collect();
    assert_eq!(waiting, ["claim-8:2"]);
    let withdrawn = tx.approval_of(Kind::Claim, "claim-8:1").await.unwrap().unwrap();
    assert_eq!(withdrawn.status, Status::Withdrawn);
    let was = tx.approval(approved.number).await.unwrap().unwrap();
    assert_eq!(was.status, Status::Approved, "what was decided stays");
    tx.commit().await.unwrap();
    let mut tx = as_actor(&db, "kim").await;
    let refused = tx
        .vote(withdrawn.number, Verdict::Approve, "", day("2011-03-01"))
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("{} is withdrawn already", withdrawn.label())
    );
    db
}

async fn authority_is_granted_and_taken_back(db: Database) -> Database {
    let approved = ask_and_approve(&db).await;
    assert_eq!(approved.status, Status::Approved);
    let mut tx = db.begin().await;
    assert_eq!(tx.authorities().await.unwrap().len(), 5);
    assert_eq!(tx.delegations().await.unwrap().len(), 1);
    tx.revoke_authority(&actor("bob"), Kind::Claim).await.unwrap();
    let twice = tx.revoke_authority(&actor("bob"), Kind::Claim).await.unwrap_err();
    assert_eq!(twice.to_string(), "user:bob was granted nothing of the kind `claim`");
    assert_eq!(tx.approval(approved.number).await.unwrap(), Some(approved));
    db
}
