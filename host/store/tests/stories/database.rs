//! A fresh database for each story: a file that goes away, or a database on the server that `DATABASE_URL` names.

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use sqlx::{Connection, PgConnection, SqliteConnection};
use store::{Clock, Ids, Store, Tx};
use tempfile::TempDir;

pub struct Database {
    pub store: Store,
    pub url: String,
    _folder: Option<TempDir>,
}

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_300_000_000_123_456).unwrap()
}

pub fn ada() -> Actor {
    "user:ada".parse().unwrap()
}

impl Database {
    pub async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("story.sqlite").display());
        Self {
            store: open(&url).await,
            url,
            _folder: Some(folder),
        }
    }

    pub async fn postgres() -> Self {
        let server = server();
        let name = format!("gtm_story_{}", uuid::Uuid::now_v7().simple());
        let mut connection = PgConnection::connect(&server).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}")))
            .execute(&mut connection)
            .await
            .unwrap();
        let mut url: Vec<&str> = server.rsplitn(2, '/').collect();
        url[0] = &name;
        url.reverse();
        let url = url.join("/");
        Self {
            store: open(&url).await,
            url,
            _folder: None,
        }
    }

    /// A failed story leaves its database behind, to be looked at.
    pub async fn remove(self) {
        self.store.close().await;
        if self.is_postgres() {
            let name = self.url.rsplit('/').next().unwrap();
            let mut connection = PgConnection::connect(&server()).await.unwrap();
            sqlx::query(sqlx::AssertSqlSafe(format!("drop database {name} with (force)")))
                .execute(&mut connection)
                .await
                .unwrap();
        }
    }

    pub fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    pub async fn begin(&self) -> Tx {
        self.store.begin(&ada()).await.unwrap()
    }

    /// Past the store, as somebody with the database in hand would.
    pub async fn meddle(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        if self.is_postgres() {
            let mut connection = PgConnection::connect(&self.url).await?;
            sqlx::raw_sql(sql).execute(&mut connection).await?;
        } else {
            let mut connection = SqliteConnection::connect(&self.url).await?;
            sqlx::raw_sql(sql).execute(&mut connection).await?;
        }
        Ok(())
    }

    /// A text as bytes, in SQL.
    pub fn bytes(&self, text: &str) -> String {
        format!(
            "cast('{text}' as {})",
            if self.is_postgres() { "bytea" } else { "blob" }
        )
    }

    /// Removes the triggers that keep a table append-only.
    pub async fn lift(&self, table: &str) {
        let sql = if self.is_postgres() {
            format!("drop trigger {table}_keeps_rows on {table}")
        } else {
            format!("drop trigger {table}_keeps_rows; drop trigger {table}_loses_nothing")
        };
        self.meddle(&sql).await.unwrap();
    }
}

async fn open(url: &str) -> Store {
    try_open(url).await.unwrap()
}

pub async fn try_open(url: &str) -> Result<Store, store::Error> {
    Store::open(url, Clock::Frozen(now()), Ids::seeded(1)).await
}

fn server() -> String {
    let url = std::env::var("DATABASE_URL").unwrap_or_default();
    assert!(
        url.starts_with("postgres"),
        "DATABASE_URL names no PostgreSQL server: run the tests by `make test`, or by `scripts/with-postgres.sh cargo test -p store`"
    );
    url
}

pub async fn on_sqlite<F: Future<Output = Database>>(story: impl FnOnce(Database) -> F) {
    story(Database::sqlite().await).await.remove().await;
}

pub async fn on_postgres<F: Future<Output = Database>>(story: impl FnOnce(Database) -> F) {
    story(Database::postgres().await).await.remove().await;
}
