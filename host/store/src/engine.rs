//! The two engines: opening, migrating, beginning, reading.

use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use crate::audit::Entry;
use crate::error::is_busy;
use crate::file::Files;
use crate::{Clock, Error, Ids, Result};

/// How long one waits for somebody else who writes into the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

pub static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
pub static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// An open database, migrated. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pools: Pools,
    clock: Clock,
    ids: Ids,
    files: Files,
}

#[derive(Clone, Debug)]
enum Pools {
    /// One writer, many readers: SQLite allows a single write transaction at a time.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// Everything that is read within it stands as it was at one moment.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) connection: Connection,
    pub(crate) files: Files,
}

/// A unit of work by one actor at one time, that reads its own writes. Nothing is kept until [`Tx::commit`]; dropping it undoes
/// everything.
#[derive(Debug)]
pub struct Tx {
    snapshot: Snapshot,
    pub(crate) actor: Actor,
    pub(crate) at: DateTime<Utc>,
    pub(crate) ids: Ids,
    pub(crate) entries: Vec<Entry>,
}

#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs one piece of code on the engine that is open.
macro_rules! on_engine {
    ($reader:expr, |$conn:ident| $body:expr) => {
        match &mut $reader.connection {
            $crate::engine::Connection::Sqlite(tx) => {
                let $conn = &mut **tx;
                $body
            }
            $crate::engine::Connection::Postgres(tx) => {
                let $conn = &mut **tx;
                $body
            }
        }
    };
}

impl Store {
    /// Opens `postgres://…`, or a file by `sqlite:PATH` or its plain path, makes it where it is missing, and brings its schema up to
    /// date.
    ///
    /// # Errors
    /// When it cannot be reached, was migrated by a newer program, or lacks a trigger that keeps what was recorded.
    pub async fn open(url: &str, clock: Clock, ids: Ids) -> Result<Store> {
        let opened = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(url).await
        } else {
            open_sqlite(
                url.strip_prefix("sqlite:")
                    .map_or(url, |path| path.trim_start_matches("//")),
            )
            .await
        };
        let pools = opened.map_err(|reason| Error::Open {
            url: without_password(url),
            reason: reason.to_string(),
        })?;
        let store = Store {
            pools,
            clock,
            ids,
            files: Files::default(),
        };
        store.check_triggers().await?;
        Ok(store)
    }

    /// Refuses a database in which what was recorded could be changed, because somebody took away a trigger that keeps it.
    async fn check_triggers(&self) -> Result<()> {
        let (migrator, kept): (_, Vec<String>) = match &self.pools {
            Pools::Sqlite { readers, .. } => {
                let names = sqlx::query_scalar("select name from sqlite_master where type = 'trigger'");
                (&SQLITE, names.fetch_all(readers).await?)
            }
            Pools::Postgres(pool) => {
                let names = sqlx::query_scalar(
                    "select tgname::text from pg_trigger where not tgisinternal and tgenabled in ('O', 'A')",
                );
                (&POSTGRES, names.fetch_all(pool).await?)
            }
        };
        let made = migrator.iter().flat_map(|migration| {
            let after = migration.sql.as_str().split("create trigger ").skip(1);
            after.filter_map(|text| text.split_whitespace().next())
        });
        match made.into_iter().find(|name| !kept.iter().any(|kept| kept == name)) {
            None => Ok(()),
            Some(name) => Err(Error::corrupt(format!(
                "the trigger `{name}` is missing, so what was recorded could be changed: restore the database from a copy that has it"
            ))),
        }
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The same database by another clock: where time is frozen, this is how it passes.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Store {
        Store { clock, ..self }
    }

    /// The same database, which keeps new files there.
    #[must_use]
    pub fn with_files(self, files: Files) -> Store {
        Store { files, ..self }
    }

    /// Begins a unit of work that may write.
    pub async fn begin(&self, actor: &Actor) -> Result<Tx> {
        let connection = match &self.pools {
            // Taking the write lock at once avoids "database is locked" halfway through.
            Pools::Sqlite { writer, .. } => Connection::Sqlite(writer.begin_with("begin immediate").await?),
            Pools::Postgres(pool) => Connection::Postgres(pool.begin().await?),
        };
        Ok(Tx {
            snapshot: Snapshot {
                connection,
                files: self.files.clone(),
            },
            actor: actor.clone(),
            at: self.clock.now(),
            ids: self.ids.clone(),
            entries: Vec::new(),
        })
    }

    /// What is kept at this moment, however long the reading takes.
    pub async fn read(&self) -> Result<Snapshot> {
        let connection = match &self.pools {
            Pools::Sqlite { readers, .. } => Connection::Sqlite(readers.begin().await?),
            Pools::Postgres(pool) => Connection::Postgres(
                pool.begin_with("begin isolation level repeatable read read only")
                    .await?,
            ),
        };
        Ok(Snapshot {
            connection,
            files: self.files.clone(),
        })
    }

    /// Waits for what is under way and closes the connections, so that SQLite folds its log into the file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Keeps what was written, with its entries in the audit log.
    pub async fn commit(mut self) -> Result<()> {
        // The log is written last, so that whoever else writes waits for this chain's head no longer than it takes.
        self.write_entries().await?;
        match self.snapshot.connection {
            Connection::Sqlite(tx) => tx.commit().await?,
            Connection::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// When everything in this unit of work happens.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// Gives out `count` numbers of the counter and returns the last one given before. Whoever else wants some waits for the end of this
    /// unit of work.
    pub(crate) async fn advance(&mut self, counter: &'static str, count: usize) -> Result<i64> {
        let count = count as i64;
        let value: i64 = on_engine!(self, |conn| {
            sqlx::query_scalar("update counters set value = value + $1 where name = $2 returning value")
                .bind(count)
                .bind(counter)
                .fetch_one(conn)
                .await
        })?;
        Ok(value - count)
    }
}

impl Deref for Tx {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.snapshot
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Snapshot {
        &mut self.snapshot
    }
}

async fn open_sqlite(path: &str) -> Result<Pools, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // Money: what was committed survives a loss of power.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // `insert or replace` would otherwise delete past the triggers.
        .pragma("recursive_triggers", "on")
        .pragma("cache_size", "-65536")
        // Imports touch pages all over two indexes: fewer, larger pages, folded into the file every 64 MiB, take a tenth off.
        .page_size(8_192)
        .pragma("wal_autocheckpoint", "8192");
    // The pages that undo a single statement of an import: in memory they cost a copy, in a file a call of the system each.
    let writer = open_writer(&options.clone().pragma("temp_store", "memory")).await?;
    migrate_sqlite(&writer).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(8)
        .connect_with(options.read_only(true))
        .await?;
    Ok(Pools::Sqlite { writer, readers })
}

/// Whoever makes a file turns it to a write-ahead log, and for that SQLite lets nobody wait: others who open it in that moment try again.
async fn open_writer(options: &SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    let until = Instant::now() + BUSY_TIMEOUT;
    loop {
        let pool = SqlitePoolOptions::new().max_connections(1);
        match pool.connect_with(options.clone()).await {
            Err(e) if is_busy(&e) && Instant::now() < until => tokio::time::sleep(Duration::from_millis(20)).await,
            opened => return opened,
        }
    }
}

/// Whoever brings a file up to date has it alone: the others wait, and find it done. PostgreSQL's migrations take a lock by themselves.
async fn migrate_sqlite(writer: &SqlitePool) -> Result<(), sqlx::Error> {
    let made = sqlx::query_scalar("select count(*) from _sqlx_migrations");
    let made: Result<i64, _> = made.fetch_one(writer).await;
    // Where there is nothing to do, opening waits for nobody who writes.
    if made.is_ok_and(|made| made == SQLITE.iter().count() as i64) {
        return Ok(SQLITE.run(writer).await?);
    }
    let mut tx = writer.begin_with("begin immediate").await?;
    SQLITE.run(&mut *tx).await?;
    tx.commit().await
}

async fn open_postgres(url: &str) -> Result<Pools, sqlx::Error> {
    let pool = PgPoolOptions::new()
        .max_connections(16)
        .connect_with(PgConnectOptions::from_str(url)?)
        .await?;
    POSTGRES.run(&pool).await?;
    Ok(Pools::Postgres(pool))
}

/// For messages.
fn without_password(url: &str) -> String {
    match url
        .split_once("://")
        .and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)))
    {
        Some((scheme, (login, host))) => {
            let user = login.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_shows_no_password() {
        assert_eq!(
            without_password("postgres://ada:secret@db/gtm"),
            "postgres://ada@db/gtm"
        );
        assert_eq!(without_password("gtm.sqlite"), "gtm.sqlite");
    }
}
