use std::collections::BTreeSet;

use domain::day::Day;
use domain::posting::{Entry, Kind, Line, Month, Profile, balance};
use store::posting::LeftOut;
use store::{Error, Tx};

use crate::company::{begin_quarter, transfer};
use crate::database::{Database, ada};
use crate::settlements::{payable_quarter, settle};

stories! {
    every_transfer_of_money_enters_the_journal_once
    a_closed_period_takes_nothing_and_says_where_it_went
    what_no_profile_covers_stops_the_journal_and_is_named
    what_is_no_money_is_left_out_and_counted
    those_who_export_at_once_enter_each_transfer_once
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

async fn all(tx: &mut Tx) -> Vec<Entry> {
    let last = tx.last_entry().await.unwrap();
    let entries = tx.entries(day("1900-01-01"), day("2999-12-31"), last).await.unwrap();
    let lines: Vec<Line<'_>> = entries.iter().flat_map(Entry::lines).collect();
    balance(&lines).unwrap();
    entries
}

async fn every_transfer_of_money_enters_the_journal_once(db: Database) -> Database {
    let quarter = payable_quarter(&db).await;
    let mut tx = db.begin().await;
    assert_eq!(
        (tx.last_entry().await.unwrap(), tx.enter_transfers().await.unwrap()),
        (0, 2)
    );
    assert_eq!(tx.enter_transfers().await.unwrap(), 0);
    settle(&mut tx, &quarter.program.id, &quarter.a).await.unwrap();
    let profile = Profile {
        company: "uk01".into(),
        accounts: [("settled".into(), "3300".into())].into(),
        ..Profile::default()
    };
    tx.set_posting_profile(&quarter.program.id, &profile).await.unwrap();
    assert_eq!(
        tx.posting_profiles().await.unwrap()[quarter.program.id.as_str()],
        profile
    );
    assert_eq!(tx.enter_transfers().await.unwrap(), 1);
    let entries = all(&mut tx).await;
    let seen: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                entry.number,
                &*entry.company,
                &*entry.debit,
                &*entry.credit,
                entry.amount.to_string(),
                entry.kind,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (1, "main", "6100", "2100", "5".into(), Kind::Provision),
            (2, "main", "6100", "2100", "7".into(), Kind::Provision),
            (3, "uk01", "2100", "3300", "5".into(), Kind::Settlement),
        ]
    );
    assert_eq!(
        (&*entries[2].account, entries[2].day, &*entries[2].program),
        ("a", day("2011-04-10"), "volume")
    );
    assert_eq!(
        tx.entries(day("2011-04-01"), day("2011-04-30"), 3).await.unwrap(),
        entries[2..]
    );
    assert_eq!(tx.entries(day("2011-04-01"), day("2011-04-30"), 2).await.unwrap(), []);
    db
}

async fn a_closed_period_takes_nothing_and_says_where_it_went(db: Database) -> Database {
    let mut quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    tx.save_revisions(&[quarter.revision(&quarter.a, 1, vec![transfer("volume", 5)])])
        .await
        .unwrap();
    // What is in the ledger already still goes into the period that is closed.
    tx.set_period_closed(&month("2011-03"), true).await.unwrap();
    tx.set_period_closed(&month("2011-04"), true).await.unwrap();
    let again = tx.set_period_closed(&month("2011-03"), true).await;
    assert!(matches!(again, Err(Error::Conflict(said)) if said == "accounting period 2011-03 is closed already"));
    quarter.run = tx.start_run(&crate::company::new_run(&quarter.program)).await.unwrap();
    tx.save_revisions(&[quarter.revision(&quarter.a, 2, vec![transfer("volume", 1)])])
        .await
        .unwrap();
    tx.enter_transfers().await.unwrap();
    tx.set_period_closed(&month("2011-03"), false).await.unwrap();
    assert_eq!(tx.closed_periods().await.unwrap(), BTreeSet::from([month("2011-04")]));
    quarter.run = tx.start_run(&crate::company::new_run(&quarter.program)).await.unwrap();
    tx.save_revisions(&[quarter.revision(&quarter.a, 3, vec![transfer("volume", 2)])])
        .await
        .unwrap();
    tx.enter_transfers().await.unwrap();
    let entries = all(&mut tx).await;
    let seen: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                entry.day,
                entry.period.as_str(),
                entry.original_period.as_ref().map(Month::as_str),
                entry.amount.to_string(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (day("2011-03-31"), "2011-03", None, "5".into()),
            (day("2011-05-01"), "2011-05", Some("2011-03"), "1".into()),
            (day("2011-03-31"), "2011-03", None, "2".into()),
        ]
    );
    db
}

async fn what_no_profile_covers_stops_the_journal_and_is_named(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let mut tip = transfer("tip", 1);
    tip.credit = "tips".into();
    tx.save_revisions(&[quarter.revision(&quarter.a, 1, vec![transfer("volume", 5), tip])])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin().await;
    let stopped = tx.enter_transfers().await;
    let sentence = "no line of a posting profile covers expense → tips of program `volume`: `gtm posting profile set` gives them accounts";
    assert!(matches!(stopped, Err(Error::Conflict(said)) if said == sentence));
    drop(tx);
    let mut tx = db.begin().await;
    let profile = Profile {
        accounts: [("tips".into(), "2190".into())].into(),
        ..Profile::default()
    };
    tx.set_posting_profile(&quarter.program.id, &profile).await.unwrap();
    assert_eq!(
        (tx.enter_transfers().await.unwrap(), tx.last_entry().await.unwrap()),
        (2, 2)
    );
    db
}

async fn what_is_no_money_is_left_out_and_counted(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let mut points = transfer("loyalty", 3);
    (points.unit, points.debit, points.credit) = ("points".into(), "issued".into(), "points".into());
    tx.save_revisions(&[quarter.revision(&quarter.a, 1, vec![transfer("volume", 5), points])])
        .await
        .unwrap();
    assert_eq!(tx.enter_transfers().await.unwrap(), 1);
    let left_out = tx.left_out(day("2011-03-01"), day("2011-03-31")).await.unwrap();
    let points = LeftOut {
        unit: "points".into(),
        transfers: 1,
        amount: 3_000_000.into(),
    };
    assert_eq!(left_out, [points]);
    assert_eq!(tx.left_out(day("2011-04-01"), day("2011-04-30")).await.unwrap(), []);
    db
}

async fn those_who_export_at_once_enter_each_transfer_once(db: Database) -> Database {
    let quarter = payable_quarter(&db).await;
    let mut exports = Vec::new();
    for number in 0..6 {
        let (store, program, account) = (db.store.clone(), quarter.program.id.clone(), quarter.a.clone());
        exports.push(tokio::spawn(async move {
            let mut tx = store.begin(&ada()).await.unwrap();
            if number == 3 {
                settle(&mut tx, &program, &account).await.unwrap();
            } else {
                tx.enter_transfers().await.unwrap();
            }
            tx.commit().await.unwrap();
        }));
    }
    for export in exports {
        export.await.unwrap();
    }
    let mut tx = db.begin().await;
    tx.enter_transfers().await.unwrap();
    let numbers: Vec<_> = all(&mut tx).await.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    drop(tx);
    db
}
