use domain::adjudication::{Agreement, ClaimKind, Stock};
use domain::claim::{Event, Outcome};
use domain::id::ClaimId;
use domain::money::Micros;
use domain::transaction::{NewTransaction, RowKind};
use store::Tx;
use store::agreement::{NewAgreement, Use};
use store::claim::Happening;

use crate::claims::{asked, decide, in_review, line};
use crate::company::{Quarter, begin_import, begin_quarter, sale};
use crate::database::Database;

stories! {
    an_agreement_is_used_up_and_given_back
    stock_is_what_was_reported_last
}

async fn an_agreement_is_used_up_and_given_back(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let units = |count: i64| Micros(count * 1_000_000);
    let agreement = |number: &str, sku: &str| NewAgreement {
        account: "a".into(),
        agreement: Agreement {
            number: number.into(),
            end_customer: None,
            sku: sku.into(),
            price: units(8),
            reference_price: Some(units(10)),
            unit: "EA".into(),
            start: "2011-01-01".parse().unwrap(),
            end: "2011-12-31".parse().unwrap(),
            authorised: units(100),
            remaining: units(100),
        },
    };
    let program = quarter.program.id.clone();
    let mut other = agreement("SPA-1", "cup");
    other.agreement.price = units(7);
    let mut nobody = agreement("SPA-3", "cup");
    nobody.account = "nobody".into();
    let list = [agreement("SPA-2", "saucer"), agreement("SPA-1", "cup"), other, nobody];
    let added = tx.add_agreements(&program, &list).await.unwrap();
    assert_eq!((added.new, added.unchanged), (2, 0));
    assert_eq!(
        added.refused,
        [
            (
                2,
                "agreement `SPA-1` is there already with other figures: give the new one a number of its own"
                    .to_owned()
            ),
            (3, "account `nobody` does not exist: add it first".to_owned()),
        ]
    );
    let again = tx.add_agreements(&program, &list[..2]).await.unwrap();
    assert_eq!((again.new, again.unchanged), (0, 2));
    let cups = tx
        .agreements(&program, Some(&quarter.a), Some(&["cup"]), None)
        .await
        .unwrap();
    assert_eq!((cups.len(), &cups[0].agreement), (1, &list[1].agreement));
    assert_eq!(tx.agreements(&program, Some(&quarter.b), None, None).await.unwrap(), []);

    let asks = asked(ClaimKind::Claim, "C-1", vec![line(1, 60, None), line(2, 10, None)]);
    let claim = in_review(&mut tx, &quarter, asks, None, 70).await;
    let claim = decide(&mut tx, &claim, Outcome::Approved).await;
    let uses = [(1, 30), (2, 5)].map(|(line, count)| Use {
        agreement: cups[0].id.clone(),
        line,
        quantity: units(count),
    });
    tx.use_agreements(&claim.id, claim.revision, &uses).await.unwrap();
    async fn remaining(tx: &mut Tx, quarter: &Quarter, except: Option<&ClaimId>) -> i64 {
        let kept = tx.agreements(&quarter.program.id, None, None, except).await.unwrap();
        kept[0].agreement.remaining.0 / 1_000_000
    }
    assert_eq!(remaining(&mut tx, &quarter, None).await, 65);
    assert_eq!(remaining(&mut tx, &quarter, Some(&claim.id)).await, 100);
    let revision = tx
        .happen(&claim, &Happening::to(&claim, Event::Reopen, ""))
        .await
        .unwrap();
    tx.restore_agreements(&claim.id, revision).await.unwrap();
    assert_eq!(remaining(&mut tx, &quarter, None).await, 100);
    db
}

async fn stock_is_what_was_reported_last(db: Database) -> Database {
    begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let import = begin_import(&mut tx).await;
    let stock = |key: &str, date: &str, quantity: i64| NewTransaction {
        kind: RowKind::Inventory,
        quantity: Some(Micros(quantity * 1_000_000)),
        net_amount: None,
        ..sale(key, "a", date, 0)
    };
    let wrong = stock("wrong", "2011-01-31", 70);
    let right = NewTransaction {
        corrects: Some("wrong".into()),
        ..stock("right", "2011-01-31", 7)
    };
    let rows = [
        stock("1", "2011-02-28", 5),
        stock("2", "2011-02-28", 6),
        wrong,
        sale("3", "a", "2011-02-28", 1),
    ];
    tx.append(&import, &rows).await.unwrap();
    tx.append(&import, &[right]).await.unwrap();
    let ordinal = tx.account("a").await.unwrap().unwrap().ordinal;
    let reported = |day: &str, quantity: i64| Stock {
        sku: "cup".into(),
        day: day.parse().unwrap(),
        quantity: Micros(quantity * 1_000_000),
    };
    assert_eq!(
        tx.reported_stock(ordinal, &["cup", "saucer"]).await.unwrap(),
        [reported("2011-01-31", 7), reported("2011-02-28", 6)]
    );
    assert_eq!(tx.reported_stock(ordinal, &["saucer"]).await.unwrap(), []);
    db
}
