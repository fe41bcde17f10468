use std::collections::BTreeMap;

use domain::account_program::{Assessment, Status, Step};
use domain::calculation::Verdict;
use domain::id::TermsId;
use domain::period::Period;
use domain::program::Program;
use store::account_program::{Enrolment, StepTaken};
use store::{Error, Tx};

use crate::company::{account, new_program};
use crate::database::{Database, ada, now};

stories! {
    an_invited_account_joins_or_stays_away
    what_the_plugin_said_is_kept_with_every_step
    who_comes_back_keeps_its_earlier_stay
    a_step_that_leads_nowhere_changes_nothing
}

fn offer(account: &str, from: &str, until: Option<&str>) -> Enrolment {
    Enrolment {
        account: account.into(),
        from: from.parse().unwrap(),
        until: until.map(|day| day.parse().unwrap()),
        agreed: [("baseline".to_owned(), "7".parse().unwrap())].into(),
        assessment: None,
    }
}

fn assessment(eligible: bool, reason: &str, overridden: Option<&str>) -> Assessment {
    Assessment {
        verdict: Verdict {
            eligible,
            reasons: vec![reason.to_owned()],
        },
        terms: TermsId::from("terms-1".to_owned()),
        overridden: overridden.map(str::to_owned),
    }
}

/// Accounts `a`, `b` and `c` and a program that pays by the quarter.
async fn launch(tx: &mut Tx) -> Program {
    tx.add_accounts(&["a", "b", "c"].map(|number| account(number, None)))
        .await
        .unwrap();
    tx.create_program(&new_program("volume")).await.unwrap()
}

fn quarter(program: &Program, label: &str) -> Period {
    program.calendar.period(label).unwrap()
}

async fn taking_part(tx: &mut Tx, program: &Program, label: &str) -> Vec<String> {
    let participants = tx.participants_in(&program.id, &quarter(program, label)).await.unwrap();
    participants
        .into_iter()
        .map(|participant| participant.account.number)
        .collect()
}

async fn standings(tx: &mut Tx, program: &Program) -> Vec<(String, Status)> {
    let parts = tx.parts(&program.id).await.unwrap();
    parts
        .into_iter()
        .map(|part| (part.account.number, part.status))
        .collect()
}

async fn steps(tx: &mut Tx, program: &Program, number: &str) -> Vec<StepTaken> {
    let account = tx.account(number).await.unwrap().unwrap().id;
    tx.participation_steps(&program.id, Some(&account)).await.unwrap()
}

async fn an_invited_account_joins_or_stays_away(db: Database) -> Database {
    let mut tx = db.begin().await;
    let program = launch(&mut tx).await;
    let offers = [
        offer("a", "2011-01-01", None),
        offer("b", "2011-01-01", None),
        offer("b", "2011-01-01", None),
        offer("nobody", "2011-01-01", None),
    ];
    let invited = tx.invite(&program.id, &offers).await.unwrap();
    assert_eq!(
        (invited.new, invited.refused),
        (
            2,
            vec![
                (2, "account `b` stands twice in the list".to_owned()),
                (3, "account `nobody` does not exist: add it first".to_owned())
            ]
        )
    );
    assert_eq!(taking_part(&mut tx, &program, "2011-Q1").await, [""; 0]);
    assert_eq!(tx.participants(&program.id).await.unwrap(), []);

    tx.accept_invitation(&program.id, &offers[0]).await.unwrap();
    tx.decline_invitation(&program.id, "b", Some("too small"))
        .await
        .unwrap();
    assert_eq!(
        standings(&mut tx, &program).await,
        [("a".to_owned(), Status::Enrolled), ("b".to_owned(), Status::Declined)]
    );
    assert_eq!(taking_part(&mut tx, &program, "2011-Q1").await, ["a"]);
    tx.commit().await.unwrap();

    let mut tx = db.begin().await;
    let seen: Vec<_> = tx
        .participation_steps(&program.id, None)
        .await
        .unwrap()
        .into_iter()
        .map(|step| (step.account_number, step.sequence, step.step, step.because))
        .collect();
    let step = |account: &str, sequence, step, because: Option<&str>| {
        (account.to_owned(), sequence, step, because.map(str::to_owned))
    };
    assert_eq!(
        seen,
        [
            step("a", 1, Step::Invite, None),
            step("a", 2, Step::Accept, None),
            step("b", 1, Step::Invite, None),
            step("b", 2, Step::Decline, Some("too small")),
        ]
    );
    // Whoever declined can be asked again, or enrolled without being asked.
    assert_eq!(tx.invite(&program.id, &offers[1..2]).await.unwrap().new, 1);
    assert_eq!(tx.enrol(&program.id, &offers[1..2]).await.unwrap().new, 1);
    assert_eq!(taking_part(&mut tx, &program, "2011-Q1").await, ["a", "b"]);
    db
}

async fn what_the_plugin_said_is_kept_with_every_step(db: Database) -> Database {
    let mut tx = db.begin().await;
    let program = launch(&mut tx).await;
    let let_in = assessment(false, "`tier` is silver", Some("agreed by the board"));
    let first = Enrolment {
        assessment: Some(let_in.clone()),
        ..offer("a", "2011-01-01", None)
    };
    tx.enrol(&program.id, &[first]).await.unwrap();
    // Other figures, without asking again: what it said stays with the enrolment.
    let changed = Enrolment {
        agreed: BTreeMap::new(),
        ..offer("a", "2011-01-01", None)
    };
    assert_eq!(tx.enrol(&program.id, &[changed]).await.unwrap().changed, 1);
    assert_eq!(
        tx.parts(&program.id).await.unwrap()[0].assessment.as_ref(),
        Some(&let_in)
    );
    let taken = steps(&mut tx, &program, "a").await;
    assert_eq!(
        taken.iter().map(|step| step.assessment.as_ref()).collect::<Vec<_>>(),
        [Some(&let_in), None]
    );
    assert_eq!((&taken[0].actor, taken[0].at), (&ada(), now()));
    assert_eq!(
        (taken[0].agreed["baseline"].to_string(), taken[1].agreed.len()),
        ("7".into(), 0)
    );
    tx.commit().await.unwrap();
    for sql in [
        "update participation_steps set step = step",
        "delete from participation_steps",
    ] {
        let refused = db.meddle(sql).await.unwrap_err().to_string();
        assert!(refused.contains("`participation_steps` is append-only"), "{refused}");
    }
    db
}

async fn who_comes_back_keeps_its_earlier_stay(db: Database) -> Database {
    let mut tx = db.begin().await;
    let program = launch(&mut tx).await;
    tx.enrol(&program.id, &[offer("a", "2011-01-01", None)]).await.unwrap();
    let last = "2011-05-15".parse().unwrap();
    tx.opt_out(&program.id, "a", last, Some("moved away")).await.unwrap();
    for (label, accounts) in [("2011-Q1", &["a"][..]), ("2011-Q2", &["a"]), ("2011-Q3", &[])] {
        assert_eq!(taking_part(&mut tx, &program, label).await, accounts, "{label}");
    }

    let early = tx.enrol(&program.id, &[offer("a", "2011-06-01", None)]).await.unwrap();
    let [(0, sentence)] = &early.refused[..] else {
        panic!("{early:?}")
    };
    assert!(
        sentence
            .starts_with("account `a` took part until 2011-05-15 and would come back on 2011-06-01, both in 2011-Q2"),
        "{sentence}"
    );
    let back = tx
        .enrol(&program.id, &[offer("a", "2011-08-01", Some("2011-12-31"))])
        .await
        .unwrap();
    assert_eq!((back.new, back.changed), (1, 0));
    for (label, accounts) in [
        ("2011-Q2", &["a"][..]),
        ("2011-Q3", &["a"]),
        ("2011-Q4", &["a"]),
        ("2012-Q1", &[]),
    ] {
        assert_eq!(taking_part(&mut tx, &program, label).await, accounts, "{label}");
    }
    let stay = &tx
        .participants_in(&program.id, &quarter(&program, "2011-Q2"))
        .await
        .unwrap()[0]
        .enrolment;
    assert_eq!(
        (stay.enrolled_from.to_string(), stay.enrolled_until),
        ("2011-01-01".into(), Some(last))
    );
    let newest = &tx.participants(&program.id).await.unwrap()[..];
    assert_eq!(newest.len(), 1);
    assert_eq!(newest[0].enrolment.enrolled_from.to_string(), "2011-08-01");
    // After its last day it has left, and may be asked to come again.
    let again = tx.invite(&program.id, &[offer("a", "2012-01-01", None)]).await.unwrap();
    assert_eq!((again.new, again.refused), (1, vec![]));
    assert_eq!(taking_part(&mut tx, &program, "2011-Q4").await, ["a"]);
    tx.commit().await.unwrap();
    let refused = db.meddle("delete from earlier_stays").await.unwrap_err().to_string();
    assert!(refused.contains("`earlier_stays` is append-only"), "{refused}");
    db
}

async fn a_step_that_leads_nowhere_changes_nothing(db: Database) -> Database {
    let mut tx = db.begin().await;
    let program = launch(&mut tx).await;
    tx.enrol(&program.id, &[offer("a", "2011-01-01", Some("2011-06-30"))])
        .await
        .unwrap();
    let invited = tx.invite(&program.id, &[offer("a", "2011-02-01", None)]).await.unwrap();
    assert_eq!(invited.refused, [(0, "account `a` takes part already".to_owned())]);
    let day = |text: &str| text.parse().unwrap();
    for (refused, sentence) in [
        (
            tx.accept_invitation(&program.id, &offer("b", "2011-01-01", None)).await,
            "account `b` has no invitation to answer: invite it first",
        ),
        (
            tx.decline_invitation(&program.id, "a", None).await,
            "account `a` takes part already: it can opt out",
        ),
        (
            tx.opt_out(&program.id, "b", day("2011-02-01"), None).await,
            "account `b` does not take part, so there is nothing to leave",
        ),
        (
            tx.opt_out(&program.id, "a", day("2010-12-31"), None).await,
            "account `a` takes part from 2011-01-01 on and cannot leave on 2010-12-31: name a later last day",
        ),
        (
            tx.opt_out(&program.id, "a", day("2011-07-01"), None).await,
            "account `a` has left already",
        ),
    ] {
        assert!(
            matches!(&refused, Err(Error::Conflict(said)) if said == sentence),
            "{refused:?}"
        );
    }
    assert_eq!(steps(&mut tx, &program, "a").await.len(), 1);
    assert_eq!(steps(&mut tx, &program, "b").await.len(), 0);
    db
}
