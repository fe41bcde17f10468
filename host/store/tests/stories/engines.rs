//! The same work on both engines gives the same answers, to the last digest of the audit log.

use std::fmt::Write;

use domain::day::Day;
use domain::money::Micros;
use domain::transaction::{DateBasis, NewTransaction, RowKind};
use store::ledger::BalanceFilter;
use store::statement::{Saved, StatementFilter};

use crate::company::{account, begin_import, launch, new_run, product, revision, sale, transfer};
use crate::database::Database;

#[tokio::test(flavor = "multi_thread")]
async fn a_random_sequence_gives_the_same_on_both_engines() {
    for seed in [1, 2, 3] {
        let (sqlite, postgres) = (Database::sqlite().await, Database::postgres().await);
        let (on_sqlite, on_postgres) = (play(&sqlite, seed).await, play(&postgres, seed).await);
        assert!(on_sqlite.len() > 10_000);
        for (number, (sqlite, postgres)) in on_sqlite.lines().zip(on_postgres.lines()).enumerate() {
            assert_eq!(sqlite, postgres, "seed {seed}, step {number}");
        }
        assert_eq!(on_sqlite.len(), on_postgres.len());
        sqlite.remove().await;
        postgres.remove().await;
    }
}

/// Splitmix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn row(&mut self) -> NewTransaction {
        let day = Day::new(15_000 + self.below(90) as i32).unwrap();
        let corrects = (self.below(4) == 0).then(|| format!("k{}", self.below(60)));
        NewTransaction {
            source: ["erp", "pos"][self.below(8) as usize / 7].into(),
            kind: RowKind::ALL[self.below(8) as usize],
            product: (self.below(3) > 0).then(|| format!("p{}", self.below(6))),
            end_customer: (self.below(5) == 0).then(|| self.below(12).to_string()),
            date: day,
            currency: ["GBP", "GBP", "GBP", "EUR"][self.below(4) as usize].parse().unwrap(),
            cost: (self.below(2) == 0).then(|| Micros(self.below(1_000) as i64 - 500)),
            attributes: (0..self.below(3))
                .map(|n| (format!("n{n}"), format!("v{}", self.below(4))))
                .collect(),
            corrects,
            ..sale(
                &format!("k{}", self.below(60)),
                &self.below(12).to_string(),
                "2011-01-05",
                self.below(3) as i64,
            )
        }
    }
}

/// What was answered, step by step.
async fn play(db: &Database, seed: u64) -> String {
    let mut chance = Chance(seed);
    let mut said = String::new();
    let mut tx = db.begin().await;
    let accounts: Vec<_> = (0..10)
        .map(|n| account(&n.to_string(), (n % 3 == 1).then(|| (n / 3).to_string()).as_deref()))
        .collect();
    writeln!(said, "{:?}", tx.add_accounts(&accounts).await.unwrap()).unwrap();
    writeln!(
        said,
        "{:?}",
        tx.add_products(&[0, 1, 2, 3, 4].map(|n| product(&format!("p{n}"))))
            .await
            .unwrap()
    )
    .unwrap();
    let import = begin_import(&mut tx).await;
    let (program, terms) = launch(&mut tx, "volume").await;
    tx.commit().await.unwrap();

    for _ in 0..12 {
        let mut tx = db.begin().await;
        let rows: Vec<NewTransaction> = (0..chance.below(40)).map(|_| chance.row()).collect();
        writeln!(said, "{:?}", tx.append(&import, &rows).await.unwrap()).unwrap();
        let run = tx.start_run(&new_run(&program)).await.unwrap();
        let mut revisions = Vec::new();
        for account in tx.accounts().await.unwrap() {
            if chance.below(2) == 0 {
                let transfers = (0..chance.below(3))
                    .map(|n| transfer(&format!("r{n}"), chance.below(9) as i64 * 2 - 9))
                    .collect();
                revisions.push(revision(
                    &run.id,
                    &program,
                    &terms,
                    &account.id,
                    1 + chance.below(4) as i64,
                    transfers,
                ));
            }
        }
        let saved = tx.save_revisions(&revisions).await.unwrap();
        let posted = saved.iter().filter(|saved| matches!(saved, Saved::Posted(_))).count();
        writeln!(said, "{posted} of {saved:?}").unwrap();
        if chance.below(4) == 0 {
            drop(tx);
        } else {
            tx.commit().await.unwrap();
        }
    }

    let mut read = db.store.read().await.unwrap();
    let rows = read.rows_after(0, 10_000).await.unwrap();
    let ordinals: Vec<i64> = (1..=10).collect();
    for as_of in (0..=rows.len() as u64).step_by(7) {
        let (from, until) = (Day::new(15_010).unwrap(), Day::new(15_070).unwrap());
        writeln!(
            said,
            "{:?}",
            read.journal_rows(&ordinals, DateBasis::Transaction, from, until, as_of)
                .await
                .unwrap()
        )
        .unwrap();
    }
    let positions: Vec<u64> = rows.iter().map(|row| row.position).collect();
    writeln!(said, "{rows:?}\n{:?}", read.transactions_at(&positions).await.unwrap()).unwrap();
    writeln!(said, "{:?}", read.corrections(u64::MAX >> 1).await.unwrap()).unwrap();
    writeln!(said, "{:?}", read.balances(&BalanceFilter::default()).await.unwrap()).unwrap();
    for line in read.statements(&StatementFilter::default(), None, 100).await.unwrap() {
        writeln!(
            said,
            "{line:?}\n{:?}",
            read.revisions(&line.statement.id).await.unwrap()
        )
        .unwrap();
    }
    writeln!(
        said,
        "{:?}\n{:?}",
        read.verify_audit().await.unwrap(),
        read.audit_after(0, 1_000).await.unwrap()
    )
    .unwrap();
    said
}
