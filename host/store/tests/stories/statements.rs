use domain::ledger::Reason;
use domain::money::Micros;
use store::Error;
use store::ledger::{Amount, BalanceFilter};
use store::statement::{Saved, StatementFilter};

use crate::company::{begin_quarter, new_run, transfer};
use crate::database::{Database, ada};

stories! {
    a_statement_worked_twice_is_posted_once
    a_stale_revision_is_not_kept
    two_runs_at_once_post_one_of_them
    a_revision_comes_back_as_it_was_kept
    all_balances_of_a_unit_sum_to_zero
    statements_are_listed_page_by_page
    a_statement_twice_in_one_call_is_refused
}

async fn a_statement_worked_twice_is_posted_once(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let revisions = [
        quarter.revision(&quarter.a, 1, vec![transfer("volume", 5), transfer("growth", 2)]),
        quarter.revision(&quarter.b, 1, vec![]),
    ];
    let mut tx = db.begin().await;
    let saved = tx.save_revisions(&revisions).await.unwrap();
    tx.commit().await.unwrap();
    let [Saved::Posted(a), Saved::Posted(b)] = &saved[..] else {
        panic!("{saved:?}")
    };
    let mut tx = db.begin().await;
    assert_eq!(
        tx.save_revisions(&revisions).await.unwrap(),
        [Saved::Already(a.clone()), Saved::Already(b.clone())]
    );
    assert_eq!(tx.transfers_of(a).await.unwrap().len(), 2);
    let latest = tx.latest(&quarter.program.id, "2011-Q1").await.unwrap();
    assert_eq!(
        (latest.len(), latest[&quarter.a].number, &latest[&quarter.a].statement),
        (2, 1, a)
    );
    assert_eq!(latest[&quarter.a].posted, revisions[0].transfers);
    let receipt = &revisions[0].receipt;
    assert!(latest[&quarter.a].same_input(receipt.component, receipt.context, receipt.rows));
    assert_eq!(latest[&quarter.b].posted, []);
    assert!(tx.latest(&quarter.program.id, "2011-Q2").await.unwrap().is_empty());
    db
}

async fn a_stale_revision_is_not_kept(db: Database) -> Database {
    let mut quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let first = quarter.revision(&quarter.a, 1, vec![transfer("volume", 5)]);
    tx.save_revisions(std::slice::from_ref(&first)).await.unwrap();
    // Another run that has not seen the first revision, and one that has seen a revision too many.
    quarter.run = tx.start_run(&new_run(&quarter.program)).await.unwrap();
    let stale = [
        quarter.revision(&quarter.a, 1, vec![transfer("volume", 6)]),
        quarter.revision(&quarter.b, 2, vec![]),
    ];
    assert_eq!(tx.save_revisions(&stale).await.unwrap(), [Saved::Stale, Saved::Stale]);
    let latest = tx.latest(&quarter.program.id, "2011-Q1").await.unwrap();
    assert_eq!((latest.len(), &latest[&quarter.a].posted), (1, &first.transfers));
    let next = quarter.revision(&quarter.a, 2, vec![transfer("volume", 1)]);
    assert_eq!(
        tx.save_revisions(&[next]).await.unwrap(),
        [Saved::Posted(latest[&quarter.a].statement.clone())]
    );
    db
}

async fn two_runs_at_once_post_one_of_them(db: Database) -> Database {
    let mut quarter = begin_quarter(&db).await;
    let mut runs = Vec::new();
    for _ in 0..4 {
        let mut tx = db.begin().await;
        quarter.run = tx.start_run(&new_run(&quarter.program)).await.unwrap();
        tx.commit().await.unwrap();
        let revisions =
            [&quarter.b, &quarter.a].map(|account| quarter.revision(account, 1, vec![transfer("volume", 5)]));
        let store = db.store.clone();
        runs.push(tokio::spawn(async move {
            let mut tx = store.begin(&ada()).await.unwrap();
            let saved = tx.save_revisions(&revisions).await.unwrap();
            tx.commit().await.unwrap();
            saved.iter().filter(|saved| matches!(saved, Saved::Posted(_))).count()
        }));
    }
    let mut posted = 0;
    for run in runs {
        posted += run.await.unwrap();
    }
    assert_eq!(posted, 2);
    let mut read = db.store.read().await.unwrap();
    let latest = read.latest(&quarter.program.id, "2011-Q1").await.unwrap();
    assert!(latest.len() == 2 && latest.values().all(|latest| latest.posted.len() == 1));
    read.verify_audit().await.unwrap();
    drop(read);
    db
}

async fn a_revision_comes_back_as_it_was_kept(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let mut back = transfer("volume", -2);
    (back.reason, back.expires, back.basis, back.rate) = (Reason::PriorPeriod, None, None, None);
    let told = [
        quarter.revision(&quarter.a, 1, vec![transfer("volume", 5), transfer("growth", 1)]),
        quarter.revision(&quarter.a, 2, vec![back]),
    ];
    let mut id = None;
    for revision in &told {
        let saved = tx.save_revisions(std::slice::from_ref(revision)).await.unwrap();
        let [Saved::Posted(statement)] = &saved[..] else {
            panic!("{saved:?}")
        };
        id = Some(statement.clone());
    }
    let id = id.unwrap();
    let kept = tx.revisions(&id).await.unwrap();
    assert_eq!(kept.into_iter().map(|kept| kept.revision).collect::<Vec<_>>(), told);
    let posted = tx.transfers_of(&id).await.unwrap();
    assert_eq!(
        posted
            .iter()
            .map(|posted| (posted.revision, posted.line))
            .collect::<Vec<_>>(),
        [(1, 1), (1, 2), (2, 1)]
    );
    let line = tx.statement(&id).await.unwrap().unwrap();
    let amount = |balance: &str, units: i64| Amount {
        balance: balance.into(),
        unit: "GBP".into(),
        amount: Micros(units * 1_000_000),
    };
    assert_eq!(line.amounts, [amount("expense", -4), amount("payable", 4)]);
    assert_eq!(
        (line.statement.revision, &*line.account_name, line.row_count),
        (2, "company a", 2)
    );
    db
}

async fn all_balances_of_a_unit_sum_to_zero(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let mut points = transfer("loyalty", 3);
    (points.unit, points.debit, points.credit) = ("points".into(), "issued".into(), "points".into());
    let revisions = [
        quarter.revision(&quarter.a, 1, vec![transfer("volume", 5), points]),
        quarter.revision(&quarter.b, 1, vec![transfer("volume", 7), transfer("growth", -7)]),
    ];
    tx.save_revisions(&revisions).await.unwrap();
    let lines = tx.balances(&BalanceFilter::default()).await.unwrap();
    let seen: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                &*line.account_number,
                &*line.held.balance,
                &*line.held.unit,
                line.held.amount.0 / 1_000_000,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("a", "expense", "GBP", -5),
            ("a", "issued", "points", -3),
            ("a", "payable", "GBP", 5),
            ("a", "points", "points", 3)
        ]
    );
    for unit in ["GBP", "points"] {
        let lines = tx
            .balances(&BalanceFilter {
                unit: Some(unit.into()),
                ..BalanceFilter::default()
            })
            .await
            .unwrap();
        assert_eq!(
            Micros::checked_sum(lines.iter().map(|line| line.held.amount)),
            Ok(Micros::ZERO)
        );
        assert_eq!(lines.len(), 2);
    }
    let filter = BalanceFilter {
        program: Some(quarter.program.id.clone()),
        account: Some(quarter.a.clone()),
        period: Some("2011-Q1".into()),
        unit: Some("GBP".into()),
        before: Some("2011-04-01".parse().unwrap()),
    };
    assert_eq!(tx.balances(&filter).await.unwrap().len(), 2);
    assert_eq!(
        tx.balances(&BalanceFilter {
            before: Some("2011-03-31".parse().unwrap()),
            ..filter.clone()
        })
        .await
        .unwrap(),
        []
    );
    assert_eq!(
        tx.balances(&BalanceFilter {
            period: Some("2011-Q2".into()),
            ..filter
        })
        .await
        .unwrap(),
        []
    );
    db
}

async fn statements_are_listed_page_by_page(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let mut second = quarter.revision(&quarter.b, 1, vec![]);
    second.period = "2011-Q2".into();
    let revisions = [
        quarter.revision(&quarter.b, 1, vec![transfer("volume", 7)]),
        second,
        quarter.revision(&quarter.a, 1, vec![]),
    ];
    tx.save_revisions(&revisions).await.unwrap();
    let all = StatementFilter {
        program: Some(quarter.program.id.clone()),
        ..StatementFilter::default()
    };
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = tx.statements(&all, after.as_ref(), 2).await.unwrap();
        seen.extend(
            page.iter()
                .map(|line| (line.statement.period.clone(), line.account_number.clone())),
        );
        match page.last() {
            Some(last) => after = Some(last.key()),
            None => break,
        }
    }
    let expected = [("2011-Q1", "a"), ("2011-Q1", "b"), ("2011-Q2", "b")];
    assert_eq!(
        seen,
        expected.map(|(period, number)| (period.to_owned(), number.to_owned()))
    );
    let one = StatementFilter {
        period: Some("2011-Q1".into()),
        account: Some(quarter.b.clone()),
        ..all
    };
    let lines = tx.statements(&one, None, 9).await.unwrap();
    assert_eq!(
        (lines.len(), &*lines[0].program_code, lines[0].amounts.len()),
        (1, "volume", 2)
    );
    db
}

async fn a_statement_twice_in_one_call_is_refused(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let twice = [
        quarter.revision(&quarter.a, 1, vec![]),
        quarter.revision(&quarter.a, 1, vec![]),
    ];
    let refused = tx.save_revisions(&twice).await;
    let sentence = format!("account `{}` stands twice in what is to be posted", quarter.a);
    assert!(matches!(refused, Err(Error::Conflict(said)) if said == sentence));
    db
}
