use std::collections::BTreeSet;
use std::path::Path;

use sqlx::{Connection, PgConnection, Row, SqliteConnection};

use crate::approvals::ask_and_approve;
use crate::company::{begin_quarter, open_for_business, sale, transfer};
use crate::database::{Database, try_open};
use crate::exchange::{by_spot, usd};
use crate::funds::put_into_a_fund;
use crate::payments::settled_and_paid;
use crate::schedules::grace;

stories! {
    what_is_append_only_refuses_change
    a_database_without_its_triggers_is_not_opened
}

async fn what_is_append_only_refuses_change(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let import = open_for_business(&mut tx).await;
    tx.append(&import, &[sale("1", "a", "2011-01-05", 10)]).await.unwrap();
    tx.save_revisions(&[quarter.revision(&quarter.a, 1, vec![transfer("volume", 5)])])
        .await
        .unwrap();
    put_into_a_fund(&mut tx, &quarter.program, &quarter.a).await;
    tx.add_rates(&[usd("2011-01-05", "0.64")]).await.unwrap();
    tx.state_conversion(&quarter.program.id, &by_spot()).await.unwrap();
    tx.state_schedule(&quarter.program.id, &grace(5)).await.unwrap();
    tx.change_lock(&quarter.program.id, "2011-Q1", true, "audited")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    ask_and_approve(&db).await;
    settled_and_paid(&db, &quarter).await;
    let columns = [
        ("journal", "account"),
        ("terms", "version"),
        ("revisions", "log"),
        ("transfers", "amount_micros"),
        ("exchange_rates", "rate"),
        ("program_conversions", "rate_type"),
        ("program_schedules", "grace_days"),
        ("period_locks", "reason"),
        ("audit", "actor"),
        ("budget_changes", "reason"),
        ("allocations", "reason"),
        ("approval_votes", "words"),
        ("payees", "version"),
        ("issuers", "details"),
        ("settlement_policies", "details"),
        ("documents", "json"),
        ("payment_batches", "json"),
        ("payments", "amount_micros"),
        ("payment_answers", "status"),
        ("posting_profiles", "details"),
        ("accounting_periods", "state"),
        ("entries", "debit"),
    ];
    for (table, column) in columns {
        let truncate = format!("truncate {table} cascade");
        let change = [
            format!("update {table} set {column} = {column}"),
            format!("delete from {table}"),
        ];
        for sql in change.iter().chain(db.is_postgres().then_some(&truncate)) {
            let refused = db.meddle(sql).await.unwrap_err().to_string();
            assert!(
                refused.contains(&format!("`{table}` is append-only")),
                "{sql}: {refused}"
            );
        }
    }
    db
}

async fn a_database_without_its_triggers_is_not_opened(db: Database) -> Database {
    assert!(try_open(&db.url).await.is_ok());
    db.lift("transfers").await;
    let refused = try_open(&db.url).await.unwrap_err().to_string();
    assert_eq!(
        refused,
        "the trigger `transfers_keeps_rows` is missing, so what was recorded could be changed: restore the database from a copy that has it"
    );
    db
}

/// Table, column, type as far as both engines tell it apart, whether it may be null, what it refers to.
type Columns = BTreeSet<(String, String, String, bool, Option<String>)>;

#[tokio::test]
async fn both_engines_have_the_same_tables() {
    let (sqlite, postgres) = (Database::sqlite().await, Database::postgres().await);
    let (of_sqlite, of_postgres) = (
        columns_of_sqlite(&sqlite.url).await,
        columns_of_postgres(&postgres.url).await,
    );
    assert!(of_sqlite.len() > 100);
    let only: Vec<_> = of_sqlite.symmetric_difference(&of_postgres).collect();
    assert!(
        only.is_empty(),
        "change both migrations together; these stand in one of them only: {only:#?}"
    );
    sqlite.remove().await;
    postgres.remove().await;
}

async fn columns_of_sqlite(url: &str) -> Columns {
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let rows = sqlx::query(
        "select tables.name, columns.name, lower(columns.type), columns.\"notnull\" = 0, keys.\"table\"
         from pragma_table_list tables
         join pragma_table_info(tables.name) columns
         left join pragma_foreign_key_list(tables.name) keys on keys.\"from\" = columns.name
         where tables.type = 'table' and tables.name not like 'sqlite%' and tables.name not like '_sqlx%'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    rows.iter()
        .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)))
        .collect()
}

async fn columns_of_postgres(url: &str) -> Columns {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let rows = sqlx::query(
        "select tables.relname::text, columns.attname::text,
                case format_type(columns.atttypid, null)
                    when 'bigint' then 'integer'
                    when 'smallint' then 'integer'
                    when 'timestamp with time zone' then 'text'
                    when 'jsonb' then 'text'
                    when 'bytea' then 'blob'
                    else format_type(columns.atttypid, null)
                end,
                not columns.attnotnull,
                (select referred.relname::text
                 from pg_constraint keys
                 join pg_class referred on referred.oid = keys.confrelid
                 where keys.conrelid = tables.oid and keys.contype = 'f' and columns.attnum = any(keys.conkey)
                 limit 1)
         from pg_class tables
         join pg_namespace on pg_namespace.oid = tables.relnamespace and nspname = 'public'
         join pg_attribute columns on columns.attrelid = tables.oid and columns.attnum > 0 and not columns.attisdropped
         where tables.relkind = 'r' and tables.relname not like '\\_sqlx%'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    rows.iter()
        .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)))
        .collect()
}

/// What the compiler cannot check of SQL, a story does.
#[test]
fn every_function_of_the_database_is_in_a_story() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let stories = texts(&root.join("tests/stories"));
    let sources = texts(&root.join("src"));
    let missing: Vec<&str> = sources
        .iter()
        .flat_map(|text| text.split("pub async fn ").skip(1))
        .filter_map(|after| after.split(['(', '<']).next())
        .filter(|name| {
            !stories
                .iter()
                .any(|text| text.contains(&format!(".{name}(")) || text.contains(&format!("::{name}(")))
        })
        .collect();
    assert!(
        missing.is_empty(),
        "tell a story that calls {missing:?}, so that their SQL runs on both engines"
    );
}

fn texts(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(self::texts(&path));
        } else {
            texts.push(std::fs::read_to_string(path).unwrap());
        }
    }
    texts
}
