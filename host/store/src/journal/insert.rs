//! The bulk insert, where the engines part ways: SQLite is quickest with many rows of values in a statement that stays prepared,
//! PostgreSQL with one array for each column.

use std::sync::LazyLock;

use domain::day::Day;
use domain::money::Micros;
use domain::transaction::NewTransaction;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::types::Json;

use super::append::Contents;
use crate::engine::Connection;
use crate::{Result, Tx};

/// A row with the ordinals of what it names.
pub(super) struct Line<'a> {
    /// Where it stands in the list that was to be appended.
    pub place: usize,
    pub row: &'a NewTransaction,
    pub position: i64,
    /// Position.
    pub corrects: Option<i64>,
    pub source: i64,
    pub account: i64,
    pub product: Option<i64>,
    pub end_customer: Option<i64>,
    pub contents: Contents,
}

/// What is the same for all rows of one call.
#[derive(Clone, Copy)]
struct Call {
    import: i64,
    recorded_at_micros: i64,
}

const COLUMNS: &str = "position, source, key, digest, import, kind, account, product, end_customer, date, order_date, ship_date, \
                       invoice_date, payment_date, scan_date, currency, quantity_micros, net_amount_micros, gross_amount_micros, \
                       cost_micros, list_price_micros, attributes, corrects, recorded_at_micros";

/// Rows of a statement, and its text. Whatever the number of rows, a few prepared statements serve.
static STATEMENTS: LazyLock<[(usize, String); 3]> = LazyLock::new(|| {
    let row = format!("({})", vec!["?"; COLUMNS.split(',').count()].join(", "));
    [512, 32, 1].map(|rows| {
        let values = vec![&*row; rows].join(", ");
        (
            rows,
            format!("insert into journal ({COLUMNS}) values {values} on conflict (source, key) do nothing"),
        )
    })
});

impl Tx {
    /// Inserts those lines whose key their source has not used, and says how many these were.
    pub(super) async fn insert_lines(&mut self, import: i64, lines: &[Line<'_>]) -> Result<usize> {
        let call = Call {
            import,
            recorded_at_micros: self.at.timestamp_micros(),
        };
        match &mut self.connection {
            Connection::Sqlite(tx) => insert_sqlite(tx, call, lines).await,
            Connection::Postgres(tx) => insert_postgres(tx, call, lines).await,
        }
    }
}

async fn insert_sqlite(connection: &mut SqliteConnection, call: Call, lines: &[Line<'_>]) -> Result<usize> {
    let mut inserted = 0;
    let mut rest = lines;
    for (rows, sql) in &*STATEMENTS {
        while rest.len() >= *rows {
            let (chunk, after) = rest.split_at(*rows);
            rest = after;
            let mut query = sqlx::query(AssertSqlSafe(sql.as_str()));
            for line in chunk {
                let row = line.row;
                query = query
                    .bind(line.position)
                    .bind(line.source)
                    .bind(&*row.key)
                    .bind(&line.contents[..])
                    .bind(call.import)
                    .bind(row.kind as i16)
                    .bind(line.account)
                    .bind(line.product)
                    .bind(line.end_customer)
                    .bind(row.date.number())
                    .bind(row.dates.order.map(Day::number))
                    .bind(row.dates.ship.map(Day::number))
                    .bind(row.dates.invoice.map(Day::number))
                    .bind(row.dates.payment.map(Day::number))
                    .bind(row.dates.scan.map(Day::number))
                    .bind(row.currency.code())
                    .bind(micros(row.quantity))
                    .bind(micros(row.net_amount))
                    .bind(micros(row.gross_amount))
                    .bind(micros(row.cost))
                    .bind(micros(row.list_price))
                    .bind((!row.attributes.is_empty()).then_some(Json(&row.attributes)))
                    .bind(line.corrects)
                    .bind(call.recorded_at_micros);
            }
            inserted += query.execute(&mut *connection).await?.rows_affected() as usize;
        }
    }
    Ok(inserted)
}

async fn insert_postgres(connection: &mut PgConnection, call: Call, lines: &[Line<'_>]) -> Result<usize> {
    fn column<T>(lines: &[Line<'_>], value: impl Fn(&Line<'_>) -> T) -> Vec<T> {
        lines.iter().map(value).collect()
    }
    let keys: Vec<&str> = lines.iter().map(|line| &*line.row.key).collect();
    let contents: Vec<&[u8]> = lines.iter().map(|line| &line.contents[..]).collect();
    let attributes: Vec<_> = lines
        .iter()
        .map(|line| (!line.row.attributes.is_empty()).then_some(Json(&line.row.attributes)))
        .collect();
    let inserted = sqlx::query(
        "insert into journal (position, source, key, digest, kind, account, product, end_customer, date, order_date, ship_date,
                              invoice_date, payment_date, scan_date, currency, quantity_micros, net_amount_micros,
                              gross_amount_micros, cost_micros, list_price_micros, attributes, corrects, import, recorded_at_micros)
         select *, $23, $24
         from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
         on conflict (source, key) do nothing",
    )
    .bind(column(lines, |line| line.position))
    .bind(column(lines, |line| line.source))
    .bind(keys)
    .bind(contents)
    .bind(column(lines, |line| line.row.kind as i16))
    .bind(column(lines, |line| line.account))
    .bind(column(lines, |line| line.product))
    .bind(column(lines, |line| line.end_customer))
    .bind(column(lines, |line| line.row.date.number()))
    .bind(column(lines, |line| line.row.dates.order.map(Day::number)))
    .bind(column(lines, |line| line.row.dates.ship.map(Day::number)))
    .bind(column(lines, |line| line.row.dates.invoice.map(Day::number)))
    .bind(column(lines, |line| line.row.dates.payment.map(Day::number)))
    .bind(column(lines, |line| line.row.dates.scan.map(Day::number)))
    .bind(column(lines, |line| line.row.currency.code()))
    .bind(column(lines, |line| micros(line.row.quantity)))
    .bind(column(lines, |line| micros(line.row.net_amount)))
    .bind(column(lines, |line| micros(line.row.gross_amount)))
    .bind(column(lines, |line| micros(line.row.cost)))
    .bind(column(lines, |line| micros(line.row.list_price)))
    .bind(attributes)
    .bind(column(lines, |line| line.corrects))
    .bind(call.import)
    .bind(call.recorded_at_micros)
    .execute(connection)
    .await?
    .rows_affected();
    Ok(inserted as usize)
}

fn micros(amount: Option<Micros>) -> Option<i64> {
    amount.map(|Micros(micros)| micros)
}
