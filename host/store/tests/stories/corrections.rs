use domain::transaction::{DateBasis, NewTransaction};
use store::Tx;
use store::journal::Appended;

use crate::company::{correction, open_for_business, sale};
use crate::database::Database;

stories! {
    a_correction_counts_from_its_position_on
    a_correction_may_be_corrected_and_come_twice
    a_correction_that_fits_nothing_is_refused
}

/// Net amounts of `a` and of `b` in January, as of a position.
async fn january(tx: &mut Tx, as_of: u64) -> [Vec<i64>; 2] {
    let (from, until) = ("2011-01-01".parse().unwrap(), "2011-01-31".parse().unwrap());
    let mut amounts = [vec![], vec![]];
    for (account, amounts) in (1..).zip(&mut amounts) {
        let rows = tx
            .journal_rows(&[account], DateBasis::Transaction, from, until, as_of)
            .await
            .unwrap();
        amounts.extend(rows.iter().map(|row| row.net_amount.unwrap() / 1_000_000));
    }
    amounts
}

async fn a_correction_counts_from_its_position_on(db: Database) -> Database {
    let mut tx = db.begin().await;
    let import = open_for_business(&mut tx).await;
    tx.append(
        &import,
        &[sale("1", "a", "2011-01-05", 10), sale("2", "a", "2011-01-03", 20)],
    )
    .await
    .unwrap();
    // To another account, and out of the month.
    let corrections = [
        correction("3", "1", "b", "2011-01-05", 11),
        correction("4", "2", "a", "2011-02-03", 21),
    ];
    assert_eq!(tx.append(&import, &corrections).await.unwrap().accepted, 2);
    assert_eq!(january(&mut tx, 1).await, [vec![10], vec![]]);
    assert_eq!(january(&mut tx, 2).await, [vec![20, 10], vec![]]);
    assert_eq!(january(&mut tx, 3).await, [vec![20], vec![11]]);
    assert_eq!(january(&mut tx, 4).await, [vec![], vec![11]]);
    assert_eq!(tx.corrections(4).await.unwrap(), [(3, 1), (4, 2)]);
    assert_eq!(tx.corrections(3).await.unwrap(), [(3, 1)]);
    db
}

async fn a_correction_may_be_corrected_and_come_twice(db: Database) -> Database {
    let mut tx = db.begin().await;
    let import = open_for_business(&mut tx).await;
    // All in one list, each after what it corrects.
    let rows = [
        sale("1", "a", "2011-01-05", 10),
        correction("2", "1", "a", "2011-01-05", 11),
        correction("3", "2", "a", "2011-01-05", 12),
        correction("2", "1", "a", "2011-01-05", 11),
        correction("2", "1", "a", "2011-01-05", 99),
    ];
    let appended = tx.append(&import, &rows).await.unwrap();
    assert_eq!(
        (appended.accepted, appended.duplicates, appended.refused.len()),
        (3, 1, 1)
    );
    assert!(
        appended.refused[0]
            .1
            .starts_with("`2` of `erp` stands in the journal with other contents")
    );
    assert_eq!(january(&mut tx, 9).await, [vec![12], vec![]]);
    assert_eq!(
        tx.append(&import, &rows[..3]).await.unwrap(),
        Appended {
            accepted: 0,
            duplicates: 3,
            refused: vec![]
        }
    );
    db
}

async fn a_correction_that_fits_nothing_is_refused(db: Database) -> Database {
    let mut tx = db.begin().await;
    let import = open_for_business(&mut tx).await;
    tx.append(
        &import,
        &[sale("1", "a", "2011-01-05", 10), sale("2", "a", "2011-01-05", 10)],
    )
    .await
    .unwrap();
    let rows = [
        correction("c1", "0", "a", "2011-01-05", 11),
        NewTransaction {
            currency: "EUR".parse().unwrap(),
            ..correction("c2", "1", "a", "2011-01-05", 11)
        },
        correction("c3", "1", "a", "2011-01-05", 11),
        correction("c4", "1", "a", "2011-01-05", 12),
        correction("c5", "late", "a", "2011-01-05", 12),
        sale("late", "a", "2011-01-05", 10),
        correction("c6", "c6", "a", "2011-01-05", 12),
        NewTransaction {
            source: "pos".into(),
            ..correction("c7", "2", "a", "2011-01-05", 12)
        },
    ];
    let appended = tx.append(&import, &rows).await.unwrap();
    let refused: Vec<_> = appended
        .refused
        .iter()
        .map(|(place, reason)| (*place, &**reason))
        .collect();
    assert_eq!(
        refused,
        [
            (0, "`c1` corrects `0`, which `erp` never sent: send that row first"),
            (1, "`c2` corrects `1` in EUR, which is in GBP: use its currency"),
            (3, "`c4` corrects `1`, which `c3` has corrected: correct `c3`"),
            (
                4,
                "`c5` corrects `late`, which stands after it: put the corrected row first"
            ),
            (6, "`c6` corrects `c6`, which `erp` never sent: send that row first"),
            (7, "`c7` corrects `2`, which `pos` never sent: send that row first"),
        ]
    );
    let again = tx
        .append(&import, &[correction("c8", "1", "a", "2011-01-05", 13)])
        .await
        .unwrap();
    assert_eq!(
        again.refused[0].1,
        "`c8` corrects `1`, which `c3` has corrected: correct `c3`"
    );
    db
}
