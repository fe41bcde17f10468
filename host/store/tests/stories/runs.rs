use domain::id::RunId;
use store::Error;
use store::quarantine::Quarantine;
use store::run::{RunCounts, RunStatus};

use crate::company::{Quarter, begin_quarter, new_run, transfer};
use crate::database::{Database, ada};

stories! {
    a_run_without_quarantine_is_complete_and_ends_once
    a_run_is_held_while_a_statement_is_in_quarantine
    a_later_run_lets_go_of_what_it_could_work_out
    a_run_that_could_not_go_on_has_failed
}

fn held(quarter: &Quarter, run: &RunId) -> Quarantine {
    Quarantine {
        run: run.clone(),
        program: quarter.program.id.clone(),
        account: quarter.a.clone(),
        period: "2011-Q1".into(),
        reason: "plugin `rebate` 1.0.0 ran out of fuel".into(),
        log: "info: began".into(),
        component: quarter.terms.component,
        context: Some(quarter.terms.component),
        rows: None,
    }
}

async fn a_run_without_quarantine_is_complete_and_ends_once(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let run = tx.run(&quarter.run.id).await.unwrap().unwrap();
    assert_eq!(
        (&run, run.status, &run.actor),
        (&quarter.run, RunStatus::Running, &ada())
    );
    let counts = RunCounts {
        participants: 6,
        posted: 3,
        unchanged: 2,
        ineligible: 1,
        quarantined: 0,
        rows: 99,
    };
    assert_eq!(tx.finish_run(&run.id, counts).await.unwrap(), RunStatus::Complete);
    let run = tx.run(&run.id).await.unwrap().unwrap();
    assert_eq!(
        (run.status, run.counts, run.finished_at.is_some()),
        (RunStatus::Complete, counts, true)
    );
    let again = tx.finish_run(&run.id, counts).await;
    assert!(
        matches!(again, Err(Error::Conflict(sentence)) if sentence == format!("run `{}` does not exist, or has ended", run.id))
    );
    let newer = tx.start_run(&new_run(&quarter.program)).await.unwrap();
    assert_eq!(tx.runs(&quarter.program.id, 9).await.unwrap(), [newer, run]);
    assert_eq!(tx.runs(&quarter.program.id, 1).await.unwrap().len(), 1);
    db
}

async fn a_run_is_held_while_a_statement_is_in_quarantine(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let held = held(&quarter, &quarter.run.id);
    tx.quarantine(std::slice::from_ref(&held)).await.unwrap();
    let status = tx
        .finish_run(
            &quarter.run.id,
            RunCounts {
                quarantined: 1,
                ..RunCounts::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(status, RunStatus::Held);
    let kept = tx.quarantine_of(&quarter.run.id).await.unwrap();
    assert_eq!(
        (kept.len(), &kept[0].of, &*kept[0].account_number, &kept[0].resolved_by),
        (1, &held, "a", &None)
    );
    assert_eq!(tx.open_quarantine(&quarter.program.id).await.unwrap(), kept);
    db
}

async fn a_later_run_lets_go_of_what_it_could_work_out(db: Database) -> Database {
    let mut quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let first = quarter.run.id.clone();
    tx.quarantine(&[
        held(&quarter, &first),
        Quarantine {
            account: quarter.b.clone(),
            ..held(&quarter, &first)
        },
    ])
    .await
    .unwrap();
    quarter.run = tx.start_run(&new_run(&quarter.program)).await.unwrap();
    // One by posting it, the other because nothing has changed.
    tx.save_revisions(&[quarter.revision(&quarter.a, 1, vec![transfer("volume", 5)])])
        .await
        .unwrap();
    let open = tx.open_quarantine(&quarter.program.id).await.unwrap();
    assert_eq!(
        open.iter().map(|held| &held.of.account).collect::<Vec<_>>(),
        [&quarter.b]
    );
    let resolved = tx
        .resolve_quarantine(
            &quarter.run.id,
            &quarter.program.id,
            "2011-Q1",
            &[&quarter.a, &quarter.b],
        )
        .await
        .unwrap();
    assert_eq!(resolved, 1);
    assert_eq!(tx.open_quarantine(&quarter.program.id).await.unwrap(), []);
    assert!(
        tx.quarantine_of(&first)
            .await
            .unwrap()
            .iter()
            .all(|held| held.resolved_by.as_ref() == Some(&quarter.run.id))
    );
    db
}

async fn a_run_that_could_not_go_on_has_failed(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    tx.fail_run(&quarter.run.id, RunCounts::default(), "the component is gone")
        .await
        .unwrap();
    assert_eq!(
        tx.run(&quarter.run.id).await.unwrap().unwrap().status,
        RunStatus::Failed
    );
    tx.commit().await.unwrap();
    let mut read = db.store.read().await.unwrap();
    let last = read.audit_after(0, 100).await.unwrap().pop().unwrap();
    assert_eq!(
        (&*last.action, last.details.contains("the component is gone")),
        ("end-run", true)
    );
    drop(read);
    db
}
