use domain::ledger::{Cause, Reason, Transfer};
use domain::money::Micros;
use store::Error;
use store::account_program::Enrolment;
use store::ledger::Posting;

use crate::company::begin_quarter;
use crate::database::{Database, ada};

stories! {
    balances_that_are_held_are_waited_for
}

async fn balances_that_are_held_are_waited_for(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let refused = tx.hold_balances(&quarter.program.id, &[&quarter.a]).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    drop(tx);
    let mut tx = db.begin().await;
    let enrolment = Enrolment {
        account: "a".into(),
        from: "2011-01-01".parse().unwrap(),
        until: None,
        agreed: [].into(),
        assessment: None,
    };
    tx.enrol(&quarter.program.id, &[enrolment]).await.unwrap();
    tx.commit().await.unwrap();
    // Eight take one unit each out of what is there, each only as long as there is more than nothing: five were put in.
    let put = |debit: &str, credit: &str, amount: i64| Transfer {
        rule: "fund".into(),
        debit: debit.into(),
        credit: credit.into(),
        amount: Micros(amount),
        unit: "GBP".into(),
        effective: "2011-02-01".parse().unwrap(),
        expires: None,
        basis: None,
        rate: None,
        reason: Reason::Original,
    };
    let (program, account) = (quarter.program.id.clone(), quarter.a.clone());
    let mut tx = db.begin().await;
    let transfers = [put("budget", "fund", 5)];
    let posting = |subject| Posting {
        cause: Cause::Fund,
        subject,
        revision: 1,
        program: &program,
        account: &account,
        period: None,
        posting_period: None,
        transfers: &transfers,
    };
    tx.post_transfers(&[posting("put in")]).await.unwrap();
    tx.commit().await.unwrap();
    let mut takers = Vec::new();
    for taker in 0..8 {
        let (store, program, account) = (db.store.clone(), program.clone(), account.clone());
        let transfers = [put("fund", "payable", 1)];
        takers.push(tokio::spawn(async move {
            let mut tx = store.begin(&ada()).await.unwrap();
            tx.hold_balances(&program, &[&account]).await.unwrap();
            let held = tx.held_by(&program, &[&account]).await.unwrap();
            let left = held[&account]
                .iter()
                .find(|held| held.balance == "fund")
                .map_or(0, |held| held.amount.0);
            if left == 0 {
                return 0;
            }
            let posting = Posting {
                cause: Cause::Claim,
                subject: &format!("taker {taker}"),
                revision: 1,
                program: &program,
                account: &account,
                period: None,
                posting_period: None,
                transfers: &transfers,
            };
            tx.post_transfers(&[posting]).await.unwrap();
            tx.commit().await.unwrap();
            1
        }));
    }
    let mut taken = 0;
    for taker in takers {
        taken += taker.await.unwrap();
    }
    assert_eq!(taken, 5);
    db
}
