use domain::money::Micros;
use domain::stacking::{Reducer, Reduction, Stacking};
use store::Error;
use store::run::{RunCounts, RunMode};
use store::statement::Saved;

use crate::company::{begin_quarter, launch, new_program, new_run, revision, transfer};
use crate::database::Database;

stories! {
    a_program_has_one_place_or_none
    a_revision_keeps_what_it_was_reduced_by
    a_period_counts_as_run_when_it_was_run_to_its_end
}

fn place(order: i64, reduces_by: Vec<Reducer>) -> Stacking {
    Stacking {
        order,
        reduces_by,
        excluded: false,
    }
}

async fn a_program_has_one_place_or_none(db: Database) -> Database {
    let mut tx = db.begin().await;
    let (volume, _) = launch(&mut tx, "volume").await;
    let growth = tx.create_program(&new_program("growth")).await.unwrap();
    let (first, second) = (place(1, vec![]), place(2, vec![Reducer::Program("volume".into())]));
    tx.stack(&volume.id, Some(&second)).await.unwrap();
    tx.stack(&volume.id, Some(&first)).await.unwrap();
    tx.stack(&growth.id, Some(&second)).await.unwrap();
    let all = tx.stackings().await.unwrap();
    assert_eq!((all.len(), &all[&volume.id], &all[&growth.id]), (2, &first, &second));
    tx.stack(&volume.id, None).await.unwrap();
    assert_eq!(tx.stackings().await.unwrap().len(), 1);
    let nowhere = tx.stack(&"none".to_owned().into(), None).await;
    assert!(matches!(nowhere, Err(Error::Conflict(sentence)) if sentence == "program `none` does not exist"));
    tx.commit().await.unwrap();
    let entries = db.store.read().await.unwrap().audit_after(0, 100).await.unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.action == "stack").count(), 4);
    db
}

async fn a_revision_keeps_what_it_was_reduced_by(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let first = quarter.revision(&quarter.a, 1, vec![transfer("volume", 100)]);
    let saved = tx.save_revisions(std::slice::from_ref(&first)).await.unwrap();
    let [Saved::Posted(earlier)] = &saved[..] else {
        panic!("{saved:?}")
    };
    let revisions = tx.earlier_revisions(&quarter.program.id, "2011-Q1").await.unwrap();
    assert_eq!(revisions.len(), 1);
    assert_eq!(
        (
            &revisions[0].statement,
            revisions[0].number,
            &revisions[0].account,
            &revisions[0].output
        ),
        (earlier, 1, &quarter.a, &first.output)
    );
    assert_eq!(tx.earlier_revisions(&quarter.program.id, "2011-Q2").await.unwrap(), []);

    let growth = tx.create_program(&new_program("growth")).await.unwrap();
    let run = tx.start_run(&new_run(&growth)).await.unwrap();
    let mut reduced = revision(
        &run.id,
        &growth,
        &quarter.terms,
        &quarter.a,
        1,
        vec![transfer("growth", 20)],
    );
    reduced.reduced_by = vec![Reduction {
        statement: earlier.clone(),
        revision: 1,
        amount: Micros(100_000_000),
    }];
    let saved = tx.save_revisions(&[reduced.clone()]).await.unwrap();
    let [Saved::Posted(later)] = &saved[..] else {
        panic!("{saved:?}")
    };
    let kept = tx.revisions(later).await.unwrap();
    assert_eq!(kept[0].revision.reduced_by, reduced.reduced_by);
    assert_eq!(tx.revisions(earlier).await.unwrap()[0].revision.reduced_by, []);
    tx.commit().await.unwrap();
    let refused = db
        .meddle("update reductions set amount_micros = 1")
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("`reductions` is append-only"), "{refused}");
    db
}

async fn a_period_counts_as_run_when_it_was_run_to_its_end(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    assert!(!tx.was_run(&quarter.program.id, "2011-Q1").await.unwrap());
    let mut what_if = new_run(&quarter.program);
    what_if.mode = RunMode::WhatIf;
    let what_if = tx.start_run(&what_if).await.unwrap();
    tx.finish_run(&what_if.id, RunCounts::default()).await.unwrap();
    assert!(!tx.was_run(&quarter.program.id, "2011-Q1").await.unwrap());
    tx.finish_run(&quarter.run.id, RunCounts::default()).await.unwrap();
    assert!(tx.was_run(&quarter.program.id, "2011-Q1").await.unwrap());
    assert!(!tx.was_run(&quarter.program.id, "2011-Q2").await.unwrap());
    db
}
