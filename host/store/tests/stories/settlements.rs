use domain::id::{AccountId, ProgramId};
use domain::ledger::Cause;
use domain::money::Micros;
use domain::payee::Party;
use domain::settlement::{Document, Kind, Payable};
use store::document::{DocumentFilter, Issued};
use store::ledger::{BalanceFilter, Posting};
use store::quarantine::Quarantine;
use store::settlement::PayableFilter;
use store::{Error, Store, Tx};

use crate::company::{Quarter, begin_quarter, transfer};
use crate::database::{Database, ada, now};
use crate::payees::issuer;

stories! {
    what_is_payable_is_money_by_participant_program_and_period
    a_period_with_a_statement_in_quarantine_is_not_finished
    the_same_transfers_of_a_subject_are_not_posted_twice
    a_document_empties_what_it_settles_and_its_reversal_fills_it_again
    numbers_have_no_gaps_whatever_fails_in_between
    many_settle_at_once_and_each_balance_is_settled_once
    a_document_that_somebody_changed_is_not_read
    a_document_whose_lines_do_not_give_its_total_is_not_issued
}

/// The quarter with both accounts enrolled and 5.00 and 7.00 payable to them.
pub async fn payable_quarter(db: &Database) -> Quarter {
    let quarter = begin_quarter(db).await;
    let mut tx = db.begin().await;
    enrol(&mut tx, &quarter.program.id, &["a", "b"]).await;
    let revisions = [
        quarter.revision(&quarter.a, 1, vec![transfer("volume", 5)]),
        quarter.revision(&quarter.b, 1, vec![transfer("volume", 7)]),
    ];
    tx.save_revisions(&revisions).await.unwrap();
    tx.commit().await.unwrap();
    quarter
}

pub async fn enrol(tx: &mut Tx, program: &ProgramId, accounts: &[&str]) {
    let enrolments: Vec<_> = accounts
        .iter()
        .map(|account| store::account_program::Enrolment {
            account: (*account).into(),
            from: "2011-01-01".parse().unwrap(),
            until: None,
            agreed: [].into(),
            assessment: None,
        })
        .collect();
    tx.enrol(program, &enrolments).await.unwrap();
}

/// A credit memo over these lines.
pub fn document(lines: Vec<Payable>) -> Document {
    Document {
        number: 0,
        kind: Kind::CreditMemo,
        issued: "2011-04-10".parse().unwrap(),
        due: "2011-05-10".parse().unwrap(),
        currency: "GBP".parse().unwrap(),
        issuer: issuer(),
        payee: Party {
            number: "a".into(),
            name: "company a".into(),
            address: None,
            tax_id: None,
        },
        total: lines.iter().map(|line| line.amount).sum(),
        lines,
        reverses: None,
    }
}

/// Settles everything that is payable to the account, as the host does: hold, read, decide, issue.
pub async fn settle(tx: &mut Tx, program: &ProgramId, account: &AccountId) -> Option<Issued> {
    tx.hold_balances(program, &[account]).await.unwrap();
    let lines = payable(tx, account).await;
    if lines.is_empty() {
        return None;
    }
    Some(tx.issue_document(account, document(lines)).await.unwrap())
}

async fn payable(tx: &mut Tx, account: &AccountId) -> Vec<Payable> {
    let filter = PayableFilter {
        account: Some(account.clone()),
        program: None,
    };
    tx.payables(&filter)
        .await
        .unwrap()
        .into_iter()
        .map(|line| line.payable)
        .collect()
}

async fn what_is_payable_is_money_by_participant_program_and_period(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let mut points = transfer("loyalty", 3);
    (points.unit, points.debit, points.credit) = ("points".into(), "issued".into(), "payable".into());
    let mut second = quarter.revision(&quarter.a, 1, vec![transfer("volume", -2)]);
    second.period = "2011-Q2".into();
    let revisions = [
        quarter.revision(
            &quarter.a,
            1,
            vec![transfer("volume", 5), transfer("growth", 1), points],
        ),
        second,
        quarter.revision(&quarter.b, 1, vec![transfer("volume", 7), transfer("growth", -7)]),
    ];
    tx.save_revisions(&revisions).await.unwrap();
    let claimed = [transfer("claim", 9)];
    let posting = Posting {
        cause: Cause::Claim,
        subject: "claim-1",
        revision: 1,
        program: &quarter.program.id,
        account: &quarter.b,
        period: None,
        posting_period: None,
        transfers: &claimed,
    };
    tx.post_transfers(&[posting]).await.unwrap();
    let lines = tx.payables(&PayableFilter::default()).await.unwrap();
    let seen: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                &*line.account_number,
                &*line.program_code,
                line.payable.period.as_deref(),
                line.payable.amount.0 / 1_000_000,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("a", "volume", Some("2011-Q1"), 6),
            ("a", "volume", Some("2011-Q2"), -2),
            ("b", "volume", None, 9)
        ]
    );
    assert_eq!(
        (lines[0].currency.code(), &*lines[0].payable.title),
        ("GBP", "Volume rebate")
    );
    let elsewhere = PayableFilter {
        program: Some("none".to_owned().into()),
        account: Some(quarter.a.clone()),
    };
    assert_eq!(tx.payables(&elsewhere).await.unwrap(), []);
    db
}

async fn a_period_with_a_statement_in_quarantine_is_not_finished(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    assert!(tx.unfinished_periods().await.unwrap().is_empty());
    let held = |account: &AccountId| Quarantine {
        run: quarter.run.id.clone(),
        program: quarter.program.id.clone(),
        account: account.clone(),
        period: "2011-Q1".into(),
        reason: "out of fuel".into(),
        log: String::new(),
        component: quarter.terms.component,
        context: None,
        rows: None,
    };
    tx.quarantine(&[held(&quarter.a), held(&quarter.a), held(&quarter.b)])
        .await
        .unwrap();
    let unfinished = tx.unfinished_periods().await.unwrap();
    assert_eq!(
        unfinished.into_iter().collect::<Vec<_>>(),
        [((quarter.program.id.clone(), "2011-Q1".into()), 2)]
    );
    db
}

async fn the_same_transfers_of_a_subject_are_not_posted_twice(db: Database) -> Database {
    let quarter = payable_quarter(&db).await;
    let transfers = [transfer("settlement", -5)];
    let posting = Posting {
        cause: Cause::Settlement,
        subject: "document-1",
        revision: 1,
        program: &quarter.program.id,
        account: &quarter.a,
        period: Some("2011-Q1"),
        posting_period: None,
        transfers: &transfers,
    };
    let mut tx = db.begin().await;
    tx.hold_balances(&quarter.program.id, &[&quarter.b, &quarter.a, &quarter.a])
        .await
        .unwrap();
    tx.post_transfers(&[posting]).await.unwrap();
    let held = tx.held_by(&quarter.program.id, &[&quarter.a]).await.unwrap();
    assert!(!held.contains_key(&quarter.a), "everything is back where it was");
    let again = tx.post_transfers(&[posting]).await;
    assert!(matches!(again, Err(Error::Conflict(said)) if said.starts_with("what is to be posted was posted before")));
    drop(tx);
    let mut tx = db.begin().await;
    let stranger = tx
        .hold_balances(&quarter.program.id, &[&"none".to_owned().into()])
        .await;
    assert!(matches!(stranger, Err(Error::Conflict(said)) if said.contains("takes no part in program")));
    db
}

async fn a_document_empties_what_it_settles_and_its_reversal_fills_it_again(db: Database) -> Database {
    let quarter = payable_quarter(&db).await;
    let mut tx = db.begin().await;
    let before = payable(&mut tx, &quarter.a).await;
    let first = settle(&mut tx, &quarter.program.id, &quarter.a).await.unwrap();
    assert_eq!(
        (&*first.document.label(), first.document.total),
        ("SD-000001", Micros(5_000_000))
    );
    assert_eq!(payable(&mut tx, &quarter.a).await, []);
    assert_eq!(
        settle(&mut tx, &quarter.program.id, &quarter.a).await,
        None,
        "twice settles once"
    );
    assert_eq!(tx.document(1).await.unwrap().as_ref(), Some(&first));

    let back = first
        .document
        .reversed(0, first.document.issued, false, "paid to the wrong branch")
        .unwrap();
    let back = tx.issue_document(&quarter.a, back).await.unwrap();
    assert_eq!((back.document.number, back.document.kind), (2, Kind::DebitMemo));
    assert_eq!(
        payable(&mut tx, &quarter.a).await,
        before,
        "exactly what was payable before"
    );
    assert_eq!(tx.document(1).await.unwrap().unwrap().cancelled_by, Some(2));
    assert_eq!((&first.by, first.at), (&ada(), now()));
    let mine = DocumentFilter {
        account: Some(quarter.a.clone()),
        currency: Some("GBP".into()),
        after: Some(1),
    };
    assert_eq!(tx.documents(&mine, 9).await.unwrap(), [back]);
    assert_eq!(tx.documents(&DocumentFilter::default(), 1).await.unwrap().len(), 1);
    assert_eq!(tx.document(3).await.unwrap(), None);
    tx.commit().await.unwrap();

    let mut tx = db.begin().await;
    let again = first
        .document
        .reversed(0, first.document.issued, false, "once more")
        .unwrap();
    let refused = tx.issue_document(&quarter.a, again).await;
    assert!(matches!(refused, Err(Error::Conflict(said)) if said == "document SD-000001 was cancelled already"));
    db
}

async fn numbers_have_no_gaps_whatever_fails_in_between(db: Database) -> Database {
    let quarter = payable_quarter(&db).await;
    for (account, keeps) in [
        (&quarter.a, false),
        (&quarter.a, true),
        (&quarter.b, false),
        (&quarter.b, true),
    ] {
        let mut tx = db.begin().await;
        settle(&mut tx, &quarter.program.id, account).await.unwrap();
        if keeps {
            tx.commit().await.unwrap();
        }
    }
    let documents = db
        .store
        .read()
        .await
        .unwrap()
        .documents(&DocumentFilter::default(), 9)
        .await
        .unwrap();
    let numbers: Vec<_> = documents.iter().map(|issued| issued.document.number).collect();
    assert_eq!(numbers, [1, 2]);
    db
}

/// Settles, or begins to and gives up.
async fn worker(store: Store, program: ProgramId, account: AccountId, gives_up: bool) {
    let mut tx = store.begin(&ada()).await.unwrap();
    let issued = settle(&mut tx, &program, &account).await;
    if issued.is_some() && !gives_up {
        tx.commit().await.unwrap();
    }
}

async fn many_settle_at_once_and_each_balance_is_settled_once(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let numbers: Vec<String> = (0..12).map(|n| format!("n{n:02}")).collect();
    let mut tx = db.begin().await;
    let accounts: Vec<_> = numbers
        .iter()
        .map(|number| crate::company::account(number, None))
        .collect();
    tx.add_accounts(&accounts).await.unwrap();
    enrol(
        &mut tx,
        &quarter.program.id,
        &numbers.iter().map(|number| &**number).collect::<Vec<_>>(),
    )
    .await;
    let mut ids = Vec::new();
    for number in &numbers {
        ids.push(tx.account(number).await.unwrap().unwrap().id);
    }
    let revisions: Vec<_> = ids
        .iter()
        .map(|id| quarter.revision(id, 1, vec![transfer("volume", 5)]))
        .collect();
    tx.save_revisions(&revisions).await.unwrap();
    tx.commit().await.unwrap();

    // Everybody three times: one gives up after the number was taken, two race.
    let mut workers = Vec::new();
    for gives_up in [true, false, false] {
        for id in &ids {
            workers.push(tokio::spawn(worker(
                db.store.clone(),
                quarter.program.id.clone(),
                id.clone(),
                gives_up,
            )));
        }
    }
    for worker in workers {
        worker.await.unwrap();
    }
    let mut read = db.store.read().await.unwrap();
    let documents = read.documents(&DocumentFilter::default(), 99).await.unwrap();
    let issued: Vec<_> = documents.iter().map(|issued| issued.document.number).collect();
    assert_eq!(issued, (1..=12).collect::<Vec<_>>());
    assert_eq!(read.payables(&PayableFilter::default()).await.unwrap(), []);
    let balances = read.balances(&BalanceFilter::default()).await.unwrap();
    assert_eq!(
        Micros::checked_sum(balances.iter().map(|line| line.held.amount)),
        Ok(Micros::ZERO)
    );
    let settled = balances.iter().filter(|line| line.held.balance == "settled");
    assert_eq!(settled.map(|line| line.held.amount.0).sum::<i64>(), 60_000_000);
    read.verify_audit().await.unwrap();
    drop(read);
    db
}

async fn a_document_that_somebody_changed_is_not_read(db: Database) -> Database {
    let quarter = payable_quarter(&db).await;
    let mut tx = db.begin().await;
    settle(&mut tx, &quarter.program.id, &quarter.a).await.unwrap();
    tx.commit().await.unwrap();
    db.lift("documents").await;
    db.meddle("update documents set json = replace(json, '\"total\":\"5\"', '\"total\":\"6\"')")
        .await
        .unwrap();
    let found = db.store.read().await.unwrap().document(1).await;
    assert!(matches!(found, Err(Error::Corrupt { what }) if what.contains("was changed since it was issued")));
    db
}

async fn a_document_whose_lines_do_not_give_its_total_is_not_issued(db: Database) -> Database {
    let quarter = payable_quarter(&db).await;
    let mut tx = db.begin().await;
    let wrong = Document {
        total: Micros(6_000_000),
        ..document(payable(&mut tx, &quarter.a).await)
    };
    assert!(matches!(
        tx.issue_document(&quarter.a, wrong).await,
        Err(Error::Refused(_))
    ));
    assert_eq!(tx.documents(&DocumentFilter::default(), 9).await.unwrap(), []);
    db
}
