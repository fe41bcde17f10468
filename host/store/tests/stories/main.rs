//! What the database promises, each story told once and run on both engines. Together they call every function that reads or writes;
//! [`schema`] sees to it that this stays so.

/// Stamps each story once for each engine.
macro_rules! stories {
    ($($story:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $story() { crate::database::on_sqlite(super::$story).await })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $story() { crate::database::on_postgres(super::$story).await })*
        }
    };
}

mod company;
mod database;

mod accounts;
mod approvals;
mod agreements;
mod audit;
mod balances;
mod claims;
mod corrections;
mod engines;
mod funds;
mod exchange;
mod journal;
mod payees;
mod payments;
mod postings;
mod participation;
mod products;
mod programs;
mod runs;
mod schedules;
mod schema;
mod sealed;
mod settlements;
mod stacking;
mod standings;
mod statements;
