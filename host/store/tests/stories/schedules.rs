use domain::id::ProgramId;
use domain::ledger::{Reason, Transfer};
use domain::schedule::Schedule;
use store::Error;
use store::ledger::BalanceFilter;

use crate::company::{begin_quarter, new_program, transfer};
use crate::database::{Database, ada, now};

stories! {
    the_newest_schedule_of_a_program_holds
    a_period_is_locked_and_unlocked_with_a_reason
    a_difference_of_a_locked_period_stands_in_the_open_one
}

pub fn grace(days: u16) -> Schedule {
    Schedule {
        grace_days: days,
        ..Schedule::default()
    }
}

async fn the_newest_schedule_of_a_program_holds(db: Database) -> Database {
    let mut tx = db.begin().await;
    let program = tx.create_program(&new_program("volume")).await.unwrap().id;
    assert_eq!(tx.schedule_of(&program).await.unwrap(), Schedule::default());
    tx.state_schedule(&program, &grace(5)).await.unwrap();
    let full = Schedule {
        grace_days: 10,
        calculation_day: Some(12),
        time_zone: "Europe/London".parse().unwrap(),
    };
    tx.state_schedule(&program, &full).await.unwrap();
    tx.state_schedule(&program, &full).await.unwrap();
    assert_eq!(tx.schedule_of(&program).await.unwrap(), full);
    let nowhere = tx.state_schedule(&ProgramId::from("none".to_owned()), &full).await;
    assert!(matches!(nowhere, Err(Error::Conflict(sentence)) if sentence == "program `none` does not exist"));
    db
}

async fn a_period_is_locked_and_unlocked_with_a_reason(db: Database) -> Database {
    let mut tx = db.begin().await;
    let program = tx.create_program(&new_program("volume")).await.unwrap().id;
    let open = tx.change_lock(&program, "2010-Q4", false, "a mistake").await;
    assert!(matches!(open, Err(Error::Conflict(sentence)) if sentence == "2010-Q4 of program `volume` is not locked"));
    tx.change_lock(&program, "2010-Q4", true, "the year is audited")
        .await
        .unwrap();
    let again = tx.change_lock(&program, "2010-Q4", true, "twice").await;
    assert!(
        matches!(again, Err(Error::Conflict(sentence)) if sentence == "2010-Q4 of program `volume` is locked already, by user:ada on 2011-03-13: the year is audited")
    );
    tx.change_lock(&program, "2010-Q3", true, "the year is audited")
        .await
        .unwrap();
    tx.change_lock(&program, "2010-Q4", false, "a claim came late")
        .await
        .unwrap();
    let changes = tx.period_locks(&program).await.unwrap();
    let seen: Vec<_> = changes
        .iter()
        .map(|change| (&*change.period, change.locked, &*change.reason))
        .collect();
    assert_eq!(
        seen,
        [
            ("2010-Q3", true, "the year is audited"),
            ("2010-Q4", true, "the year is audited"),
            ("2010-Q4", false, "a claim came late"),
        ]
    );
    assert_eq!((&changes[0].actor, changes[0].changed_at), (&ada(), now()));
    let newest = tx.period_lock(&program, "2010-Q4").await.unwrap();
    assert_eq!(newest.as_ref(), changes.last());
    assert_eq!(tx.period_lock(&program, "2011-Q1").await.unwrap(), None);
    db
}

async fn a_difference_of_a_locked_period_stands_in_the_open_one(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let late = Transfer {
        reason: Reason::PriorPeriod,
        ..transfer("volume", 2)
    };
    let mut second = quarter.revision(&quarter.a, 2, vec![late]);
    second.posting_period = Some("2011-Q3".into());
    let first = quarter.revision(&quarter.a, 1, vec![transfer("volume", 5)]);
    tx.save_revisions(&[first]).await.unwrap();
    tx.save_revisions(std::slice::from_ref(&second)).await.unwrap();
    tx.commit().await.unwrap();

    let mut snapshot = db.store.read().await.unwrap();
    for (period, held) in [("2011-Q1", "5"), ("2011-Q3", "2"), ("2011-Q2", "")] {
        let filter = BalanceFilter {
            program: Some(quarter.program.id.clone()),
            period: Some(period.into()),
            ..BalanceFilter::default()
        };
        let payable = snapshot.balances(&filter).await.unwrap();
        let payable = payable.iter().find(|line| line.held.balance == "payable");
        assert_eq!(
            payable.map_or_else(String::new, |line| line.held.amount.to_string()),
            held,
            "{period}"
        );
    }
    // It is the statement's all the same.
    let latest = &snapshot.latest(&quarter.program.id, "2011-Q1").await.unwrap()[&quarter.a];
    assert_eq!((latest.number, latest.posted.len()), (2, 2));
    let posted = snapshot.transfers_of(&latest.statement).await.unwrap();
    let periods: Vec<_> = posted.iter().map(|posted| posted.posting_period.as_deref()).collect();
    assert_eq!(periods, [None, Some("2011-Q3")]);
    let kept = snapshot.revisions(&latest.statement).await.unwrap();
    assert_eq!((&kept[0].revision.posting_period, &kept[1].revision), (&None, &second));
    db
}
