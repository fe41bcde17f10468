use domain::money::Micros;
use domain::transaction::{DateBasis, NewTransaction, OtherDates, RowKind};
use store::Error;
use store::import::ImportCounts;
use store::journal::Appended;

use crate::company::{begin_import, open_for_business, product, sale};
use crate::database::Database;

stories! {
    the_same_rows_twice_are_duplicates
    the_same_key_with_other_contents_is_refused
    rows_that_name_what_does_not_exist_are_refused
    a_row_comes_back_as_it_was_told
    rows_are_found_by_each_of_their_dates
    many_rows_are_kept_in_order
    who_appends_at_the_same_time_leaves_no_position_behind
    an_import_is_finished_once
}

async fn the_same_rows_twice_are_duplicates(db: Database) -> Database {
    let mut tx = db.begin().await;
    let import = open_for_business(&mut tx).await;
    let rows = [
        sale("1", "a", "2011-01-05", 10),
        sale("2", "b", "2011-01-06", 20),
        sale("1", "a", "2011-01-05", 10),
    ];
    assert_eq!(
        tx.append(&import, &rows).await.unwrap(),
        Appended {
            accepted: 2,
            duplicates: 1,
            refused: vec![]
        }
    );
    tx.commit().await.unwrap();
    let mut tx = db.begin().await;
    assert_eq!(
        tx.append(&import, &rows).await.unwrap(),
        Appended {
            accepted: 0,
            duplicates: 3,
            refused: vec![]
        }
    );
    let elsewhere = NewTransaction {
        source: "pos".into(),
        ..sale("1", "a", "2011-01-05", 99)
    };
    assert_eq!(
        tx.append(&import, &[elsewhere]).await.unwrap(),
        Appended {
            accepted: 1,
            duplicates: 0,
            refused: vec![]
        }
    );
    assert_eq!(tx.rows_after(0, 10).await.unwrap().len(), 3);
    db
}

async fn the_same_key_with_other_contents_is_refused(db: Database) -> Database {
    let mut tx = db.begin().await;
    let import = open_for_business(&mut tx).await;
    let told = sale("1", "a", "2011-01-05", 10);
    tx.append(&import, std::slice::from_ref(&told)).await.unwrap();
    let attributes = [("channel".into(), "web".into())].into();
    let others = [
        NewTransaction {
            kind: RowKind::Return,
            ..told.clone()
        },
        NewTransaction {
            account: "b".into(),
            ..told.clone()
        },
        NewTransaction {
            product: None,
            ..told.clone()
        },
        NewTransaction {
            end_customer: Some("b".into()),
            ..told.clone()
        },
        NewTransaction {
            date: "2011-01-06".parse().unwrap(),
            ..told.clone()
        },
        NewTransaction {
            dates: OtherDates {
                ship: Some(told.date),
                ..OtherDates::default()
            },
            ..told.clone()
        },
        NewTransaction {
            dates: OtherDates {
                scan: Some(told.date),
                ..OtherDates::default()
            },
            ..told.clone()
        },
        NewTransaction {
            currency: "EUR".parse().unwrap(),
            ..told.clone()
        },
        NewTransaction {
            quantity: None,
            ..told.clone()
        },
        NewTransaction {
            net_amount: Some(Micros(1)),
            ..told.clone()
        },
        NewTransaction {
            gross_amount: told.net_amount,
            ..told.clone()
        },
        NewTransaction {
            attributes,
            ..told.clone()
        },
    ];
    let appended = tx.append(&import, &others).await.unwrap();
    assert_eq!(
        (appended.accepted, appended.duplicates, appended.refused.len()),
        (0, 0, others.len())
    );
    assert_eq!(
        appended.refused[0].1,
        "`1` of `erp` stands in the journal with other contents: send the change under a new key that corrects it"
    );
    assert_eq!(tx.append(&import, &[told]).await.unwrap().duplicates, 1);
    db
}

async fn rows_that_name_what_does_not_exist_are_refused(db: Database) -> Database {
    let mut tx = db.begin().await;
    let import = open_for_business(&mut tx).await;
    let good = sale("4", "a", "2011-01-05", 10);
    let rows = [
        sale("1", "nobody", "2011-01-05", 10),
        NewTransaction {
            product: Some("jug".into()),
            key: "2".into(),
            ..good.clone()
        },
        NewTransaction {
            end_customer: Some("nobody".into()),
            key: "3".into(),
            ..good.clone()
        },
        NewTransaction {
            key: String::new(),
            ..good.clone()
        },
        good,
    ];
    let appended = tx.append(&import, &rows).await.unwrap();
    let reasons: Vec<(usize, &str)> = appended
        .refused
        .iter()
        .map(|(place, reason)| (*place, &**reason))
        .collect();
    let unknown = "account `nobody` does not exist: add it first";
    let nameless = "a row needs a source and a key, by which it is known again";
    assert_eq!(
        reasons,
        [
            (0, unknown),
            (1, "product `jug` does not exist: add it first"),
            (2, unknown),
            (3, nameless)
        ]
    );
    assert_eq!(appended.accepted, 1);
    db
}

async fn a_row_comes_back_as_it_was_told(db: Database) -> Database {
    let mut tx = db.begin().await;
    let import = open_for_business(&mut tx).await;
    let day = |day: &str| Some(day.parse().unwrap());
    let full = NewTransaction {
        kind: RowKind::PointOfSale,
        end_customer: Some("b".into()),
        dates: OtherDates {
            order: day("2010-12-30"),
            ship: day("2010-12-31"),
            invoice: day("2011-01-01"),
            payment: day("2011-02-01"),
            scan: day("2011-02-02"),
        },
        quantity: Some(Micros(-1)),
        net_amount: Some(Micros(i64::MAX)),
        gross_amount: Some(Micros(i64::MIN)),
        cost: Some(Micros(0)),
        list_price: Some(Micros(5)),
        attributes: [("channel".into(), "web \"shop\" ñ".into())].into(),
        ..sale("full", "a", "2011-01-05", 0)
    };
    let bare = NewTransaction {
        product: None,
        quantity: None,
        net_amount: None,
        ..sale("bare", "b", "1900-01-01", 0)
    };
    let correction = NewTransaction {
        corrects: Some("full".into()),
        ..sale("better", "b", "2999-12-31", 3)
    };
    tx.append(&import, &[full.clone(), bare.clone(), correction.clone()])
        .await
        .unwrap();
    let told = tx.transactions_at(&[1, 2, 3, 4]).await.unwrap();
    assert_eq!(
        told.iter().map(|row| (row.position, row.corrects)).collect::<Vec<_>>(),
        [(1, None), (2, None), (3, Some(1))]
    );
    assert_eq!(
        told.into_iter().map(|row| row.recorded).collect::<Vec<_>>(),
        [full, bare, correction]
    );
    let rows = tx.rows_after(0, 1).await.unwrap();
    assert_eq!(
        (rows[0].kind, rows[0].account, rows[0].end_customer, rows[0].product),
        (RowKind::PointOfSale, 1, Some(2), Some(1))
    );
    assert_eq!(
        (
            rows[0].payment_date,
            rows[0].gross_amount,
            &*rows[0].attributes["channel"]
        ),
        (Some(15_006), Some(i64::MIN), "web \"shop\" ñ")
    );
    db
}

async fn rows_are_found_by_each_of_their_dates(db: Database) -> Database {
    let mut tx = db.begin().await;
    let import = open_for_business(&mut tx).await;
    let day = |n: i32| Some(domain::day::Day::new(15_000 + n).unwrap());
    let rows = [NewTransaction {
        dates: OtherDates {
            order: day(1),
            ship: day(2),
            invoice: day(3),
            payment: day(4),
            scan: None,
        },
        date: day(0).unwrap(),
        ..sale("1", "a", "2011-01-05", 10)
    }];
    tx.append(&import, &rows).await.unwrap();
    let bases = [
        DateBasis::Transaction,
        DateBasis::Order,
        DateBasis::Ship,
        DateBasis::Invoice,
        DateBasis::Payment,
        DateBasis::Scan,
    ];
    for (n, basis) in (0..).zip(bases) {
        let on = |n: i32| day(n).unwrap();
        let expected = usize::from(basis != DateBasis::Scan);
        assert_eq!(
            tx.journal_rows(&[1, 2], basis, on(n), on(n), 1).await.unwrap().len(),
            expected,
            "{basis:?}"
        );
        assert_eq!(
            tx.journal_rows(&[1], basis, on(n + 1), on(n + 9), 1).await.unwrap(),
            [],
            "{basis:?}"
        );
        assert_eq!(
            tx.journal_rows(&[2], basis, on(n), on(n), 1).await.unwrap(),
            [],
            "{basis:?}"
        );
        assert_eq!(
            tx.journal_rows(&[1], basis, on(n), on(n), 0).await.unwrap(),
            [],
            "{basis:?}"
        );
    }
    db
}

async fn many_rows_are_kept_in_order(db: Database) -> Database {
    let mut tx = db.begin().await;
    let import = open_for_business(&mut tx).await;
    tx.add_products(&[product("jug")]).await.unwrap();
    // Not a whole number of the statements' sizes.
    let rows: Vec<NewTransaction> = (0..2_500)
        .map(|n| sale(&format!("k{n}"), ["a", "b"][n % 2], "2011-01-05", n as i64))
        .collect();
    assert_eq!(tx.append(&import, &rows[..700]).await.unwrap().accepted, 700);
    let appended = tx.append(&import, &rows).await.unwrap();
    assert_eq!(
        appended,
        Appended {
            accepted: 1_800,
            duplicates: 700,
            refused: vec![]
        }
    );
    let kept = tx.rows_after(0, 10_000).await.unwrap();
    assert!(kept.is_sorted_by(|a, b| a.position < b.position));
    let amounts: Vec<i64> = kept.iter().map(|row| row.net_amount.unwrap() / 1_000_000).collect();
    assert_eq!(amounts, (0..2_500).collect::<Vec<_>>());
    assert_eq!(tx.rows_after(kept[9].position, 5).await.unwrap(), kept[10..15]);
    assert_eq!(tx.journal_position().await.unwrap(), kept[2_499].position);
    db
}

async fn who_appends_at_the_same_time_leaves_no_position_behind(db: Database) -> Database {
    let mut tx = db.begin().await;
    let import = open_for_business(&mut tx).await;
    tx.commit().await.unwrap();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (store, import) = (db.store.clone(), import.clone());
            tokio::spawn(async move {
                for batch in 0..5 {
                    let mut tx = store.begin(&crate::database::ada()).await.unwrap();
                    let rows: Vec<_> = (0..10)
                        .map(|n| sale(&format!("{writer}-{batch}-{n}"), "a", "2011-01-05", 1))
                        .collect();
                    assert_eq!(tx.append(&import, &rows).await.unwrap().accepted, 10);
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    let mut seen = 0;
    while seen < 200 {
        // Whatever is visible begins at 1 and has no hole that fills up later.
        let mut read = db.store.read().await.unwrap();
        let rows = read.rows_after(0, 1_000).await.unwrap();
        assert_eq!(
            rows.iter().map(|row| row.position).collect::<Vec<_>>(),
            (1..=rows.len() as u64).collect::<Vec<_>>()
        );
        assert_eq!(read.journal_position().await.unwrap(), rows.len() as u64);
        seen = rows.len();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(db.store.read().await.unwrap().verify_audit().await.unwrap(), 23);
    db
}

async fn an_import_is_finished_once(db: Database) -> Database {
    let mut tx = db.begin().await;
    let import = open_for_business(&mut tx).await;
    let counts = ImportCounts {
        accepted: 3,
        duplicates: 2,
        refused: 1,
    };
    let second = begin_import(&mut tx).await;
    tx.finish_import(&import, counts).await.unwrap();
    let again = tx.finish_import(&import, counts).await;
    assert!(
        matches!(again, Err(Error::Conflict(sentence)) if sentence == format!("import `{import}` does not exist, or is finished"))
    );
    let late = tx.append(&import, &[sale("1", "a", "2011-01-05", 10)]).await;
    assert!(matches!(late, Err(Error::Conflict(_))));
    let imports = tx.imports(10).await.unwrap();
    assert_eq!(
        imports.iter().map(|import| &import.id).collect::<Vec<_>>(),
        [&second, &import]
    );
    assert_eq!(
        (imports[1].counts, imports[0].finished_at, imports[1].finished_at),
        (counts, None, Some(crate::database::now()))
    );
    assert_eq!(
        (&*imports[1].of.file_name, imports[1].actor.to_string()),
        ("sales.csv", "user:ada".to_owned())
    );
    db
}
