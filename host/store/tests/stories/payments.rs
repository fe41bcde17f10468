use domain::digest::Digest;
use domain::payment::{Answer, Batch, Payment, Status};
use domain::posting::Profile;
use domain::settlement::{Document, Policy};
use store::payment::{PaymentFilter, Unpaid};
use store::{Error, Tx};

use crate::company::Quarter;
use crate::database::{Database, now};
use crate::payees::{bank, issuer, payee};
use crate::settlements::{enrol, payable_quarter, settle};

stories! {
    a_batch_holds_each_unpaid_document_once
    a_rejected_payment_goes_into_another_batch_under_a_new_id
    an_answer_twice_is_kept_once_and_a_contradiction_not_at_all
    two_batches_at_once_pay_each_document_once
    what_is_cancelled_or_owed_to_us_is_not_paid
    a_batch_that_somebody_changed_is_not_read
}

fn file() -> Digest {
    Digest::of(b"the bank's file")
}

fn answer(status: Status) -> Answer {
    Answer {
        status,
        reason: (status == Status::Rejected).then(|| "AC04: account closed".into()),
    }
}

fn order(unpaid: &[Unpaid]) -> Batch {
    Batch {
        number: 0,
        created_at: now(),
        execution: "2011-04-12".parse().unwrap(),
        currency: "GBP".parse().unwrap(),
        issuer: issuer(),
        debtor: bank("GB33BUKB20201555555555"),
        payments: unpaid
            .iter()
            .map(|unpaid| Payment {
                end_to_end: format!("{}-{}", unpaid.issued.document.label(), unpaid.attempt),
                document: unpaid.issued.document.label(),
                creditor: bank("DE89370400440532013000"),
                amount: unpaid.issued.document.total,
            })
            .collect(),
    }
}

async fn unpaid(tx: &mut Tx) -> Vec<Unpaid> {
    tx.hold_payments().await.unwrap();
    tx.unpaid_documents("GBP".parse().unwrap()).await.unwrap()
}

async fn send(tx: &mut Tx) -> Batch {
    let unpaid = unpaid(tx).await;
    tx.send_batch(order(&unpaid)).await.unwrap()
}

/// Two documents, of 5.00 and 7.00.
async fn settled(db: &Database) {
    let quarter = payable_quarter(db).await;
    let mut tx = db.begin().await;
    for account in [&quarter.a, &quarter.b] {
        settle(&mut tx, &quarter.program.id, account).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A row in every table around settlement, of what is payable to `a`.
pub async fn settled_and_paid(db: &Database, quarter: &Quarter) {
    let mut tx = db.begin().await;
    enrol(&mut tx, &quarter.program.id, &["a"]).await;
    tx.set_payee(&quarter.a, &payee("DE89370400440532013000"))
        .await
        .unwrap();
    tx.set_issuer(&issuer()).await.unwrap();
    tx.set_settlement_policy(&Policy::default()).await.unwrap();
    settle(&mut tx, &quarter.program.id, &quarter.a).await.unwrap();
    send(&mut tx).await;
    tx.answer_payments(1, &[("SD-000001-1".into(), answer(Status::Completed))], file())
        .await
        .unwrap();
    tx.set_posting_profile(&quarter.program.id, &Profile::default())
        .await
        .unwrap();
    tx.set_period_closed(&"2011-03".parse().unwrap(), true).await.unwrap();
    tx.commit().await.unwrap();
}

async fn statuses(tx: &mut Tx) -> Vec<(String, Status)> {
    let payments = tx.payments(&PaymentFilter::default()).await.unwrap();
    payments
        .into_iter()
        .map(|payment| (payment.end_to_end, payment.status))
        .collect()
}

async fn a_batch_holds_each_unpaid_document_once(db: Database) -> Database {
    settled(&db).await;
    let mut tx = db.begin().await;
    assert_eq!(tx.unpaid_documents("EUR".parse().unwrap()).await.unwrap(), []);
    let batch = send(&mut tx).await;
    assert_eq!(
        (
            &*batch.label(),
            batch.payments.len(),
            batch.control_sum().unwrap().to_string()
        ),
        ("PB-000001", 2, "12".into())
    );
    assert_eq!(unpaid(&mut tx).await, []);
    assert_eq!(tx.batch(1).await.unwrap().as_ref(), Some(&batch));
    assert_eq!(tx.batch(2).await.unwrap(), None);
    assert_eq!(tx.batch_of_message(&batch.message_id()).await.unwrap(), Some(1));
    assert_eq!(tx.batch_of_message("another").await.unwrap(), None);
    assert!(matches!(tx.send_batch(order(&[])).await, Err(Error::Refused(_))));
    db
}

async fn a_rejected_payment_goes_into_another_batch_under_a_new_id(db: Database) -> Database {
    settled(&db).await;
    let mut tx = db.begin().await;
    send(&mut tx).await;
    let became = tx
        .answer_payments(1, &[("SD-000001-1".into(), answer(Status::Rejected))], file())
        .await
        .unwrap();
    assert_eq!(became, [("SD-000001-1".into(), Status::Sent, Status::Rejected)]);
    let again = unpaid(&mut tx).await;
    assert_eq!(
        (again.len(), again[0].issued.document.number, again[0].attempt),
        (1, 1, 2)
    );
    let batch = tx.send_batch(order(&again)).await.unwrap();
    assert_eq!((batch.number, &*batch.payments[0].end_to_end), (2, "SD-000001-2"));
    let of_document = PaymentFilter {
        document: Some(1),
        batch: None,
    };
    let payments = tx.payments(&of_document).await.unwrap();
    let seen: Vec<_> = payments
        .iter()
        .map(|payment| {
            (
                &*payment.end_to_end,
                payment.batch,
                payment.status,
                payment.reason.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("SD-000001-1", 1, Status::Rejected, Some("AC04: account closed")),
            ("SD-000001-2", 2, Status::Sent, None)
        ]
    );
    assert_eq!((&*payments[0].account_number, payments[0].since), ("a", now()));
    db
}

async fn an_answer_twice_is_kept_once_and_a_contradiction_not_at_all(db: Database) -> Database {
    settled(&db).await;
    let mut tx = db.begin().await;
    send(&mut tx).await;
    let completed = ["SD-000001-1", "SD-000002-1"].map(|payment| (payment.to_owned(), answer(Status::Completed)));
    tx.answer_payments(1, &completed, file()).await.unwrap();
    let again = tx.answer_payments(1, &completed, file()).await.unwrap();
    assert!(again.iter().all(|(_, before, after)| before == after));
    tx.commit().await.unwrap();

    let mut tx = db.begin().await;
    let contradiction = tx
        .answer_payments(1, &[("SD-000002-1".into(), answer(Status::Rejected))], file())
        .await;
    let sentence = "payment SD-000002-1 is completed and the bank now says rejected: ask the bank which is right";
    assert!(matches!(contradiction, Err(Error::Refused(said)) if said.to_string() == sentence));
    let stranger = tx
        .answer_payments(1, &[("SD-000009-1".into(), answer(Status::Rejected))], file())
        .await;
    assert!(
        matches!(stranger, Err(Error::Conflict(said)) if said.starts_with("the answer names payment `SD-000009-1`, which is not in PB-000001"))
    );
    let [first, second] = completed.map(|(payment, _)| payment);
    assert_eq!(
        statuses(&mut tx).await,
        [(first, Status::Completed), (second, Status::Completed)]
    );
    db
}

async fn two_batches_at_once_pay_each_document_once(db: Database) -> Database {
    settled(&db).await;
    let mut batches = Vec::new();
    for _ in 0..4 {
        let store = db.store.clone();
        batches.push(tokio::spawn(async move {
            let mut tx = store.begin(&crate::database::ada()).await.unwrap();
            let unpaid = unpaid(&mut tx).await;
            if unpaid.is_empty() {
                return 0;
            }
            let batch = tx.send_batch(order(&unpaid)).await.unwrap();
            tx.commit().await.unwrap();
            batch.payments.len()
        }));
    }
    let mut paid = 0;
    for batch in batches {
        paid += batch.await.unwrap();
    }
    assert_eq!(paid, 2);
    let mut tx = db.begin().await;
    assert_eq!(statuses(&mut tx).await.len(), 2);
    drop(tx);
    db
}

async fn what_is_cancelled_or_owed_to_us_is_not_paid(db: Database) -> Database {
    settled(&db).await;
    let mut tx = db.begin().await;
    let first = tx.document(1).await.unwrap().unwrap();
    let back: Document = first
        .document
        .reversed(0, first.document.issued, false, "a mistake")
        .unwrap();
    tx.issue_document(&first.account, back).await.unwrap();
    let left: Vec<_> = unpaid(&mut tx)
        .await
        .iter()
        .map(|unpaid| unpaid.issued.document.number)
        .collect();
    assert_eq!(left, [2]);
    db
}

async fn a_batch_that_somebody_changed_is_not_read(db: Database) -> Database {
    settled(&db).await;
    let mut tx = db.begin().await;
    send(&mut tx).await;
    tx.commit().await.unwrap();
    db.lift("payment_batches").await;
    db.meddle("update payment_batches set json = replace(json, 'DE89', 'DE88')")
        .await
        .unwrap();
    let found = db.store.read().await.unwrap().batch(1).await;
    assert!(matches!(found, Err(Error::Corrupt { what }) if what.starts_with("batch PB-000001 was changed")));
    db
}
