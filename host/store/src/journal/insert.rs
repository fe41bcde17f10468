//! The bulk insert, where the engines part ways: SQLite is quickest with many rows of values in a statement that stays prepared,
//! PostgreSQL with one array for each column.

use domain::day::Day;
use domain::money::Micros;
use domain::transaction::NewTransaction;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::types::Json;
use sqlx::{Arguments, AssertSqlSafe};

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

/// A column's name, and what a line has in it.
type Optional = (&'static str, fn(&Line<'_>) -> Option<i64>);

/// What a row may lack. SQLite spends as long on a value that is not there as on one that is, so columns that no line has are left out.
const OPTIONAL: [Optional; 13] = [
    ("product", |line| line.product),
    ("end_customer", |line| line.end_customer),
    ("order_date", |line| line.row.dates.order.map(|day| day.number().into())),
    ("ship_date", |line| line.row.dates.ship.map(|day| day.number().into())),
    ("invoice_date", |line| {
        line.row.dates.invoice.map(|day| day.number().into())
    }),
    ("payment_date", |line| {
        line.row.dates.payment.map(|day| day.number().into())
    }),
    ("scan_date", |line| line.row.dates.scan.map(|day| day.number().into())),
    ("quantity_micros", |line| micros(line.row.quantity)),
    ("net_amount_micros", |line| micros(line.row.net_amount)),
    ("gross_amount_micros", |line| micros(line.row.gross_amount)),
    ("cost_micros", |line| micros(line.row.cost)),
    ("list_price_micros", |line| micros(line.row.list_price)),
    ("corrects", |line| line.corrects),
];

/// Rows of a statement: whatever the number of rows, a few prepared statements serve. With 24 columns at most 512 fit.
const SIZES: [usize; 3] = [512, 32, 1];

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
    let shape = Shape::of(lines);
    let texts = SIZES.map(|rows| shape.sql(rows));
    let mut rest = lines;
    let mut chunks = Vec::with_capacity(lines.len() / SIZES[0] + SIZES.len());
    for (rows, sql) in SIZES.into_iter().zip(&texts) {
        while rest.len() >= rows {
            let (chunk, after) = rest.split_at(rows);
            chunks.push((sql, chunk));
            rest = after;
        }
    }
    let mut inserted = 0;
    let mut chunks = chunks.into_iter();
    let mut next = chunks.next().map(|(sql, chunk)| (sql, shape.arguments(call, chunk)));
    while let Some((sql, arguments)) = next {
        let query = sqlx::query_with(AssertSqlSafe(sql.as_str()), arguments?);
        // SQLite works on a thread of its own: meanwhile the next values are laid out here.
        let (done, following) = tokio::join!(query.execute(&mut *connection), async {
            chunks.next().map(|(sql, chunk)| (sql, shape.arguments(call, chunk)))
        });
        inserted += done?.rows_affected() as usize;
        next = following;
    }
    Ok(inserted)
}

/// Which columns some lines need.
struct Shape {
    optional: Vec<Optional>,
    attributes: bool,
}

impl Shape {
    fn of(lines: &[Line<'_>]) -> Self {
        Self {
            optional: OPTIONAL
                .into_iter()
                .filter(|(_, value)| lines.iter().any(|line| value(line).is_some()))
                .collect(),
            attributes: lines.iter().any(|line| !line.row.attributes.is_empty()),
        }
    }

    fn sql(&self, rows: usize) -> String {
        let mut columns = vec![
            "position",
            "source",
            "key",
            "digest",
            "import",
            "kind",
            "account",
            "date",
            "currency",
            "recorded_at_micros",
        ];
        columns.extend(self.optional.iter().map(|(name, _)| *name));
        columns.extend(self.attributes.then_some("attributes"));
        let row = format!("({})", vec!["?"; columns.len()].join(", "));
        let (columns, values) = (columns.join(", "), vec![&*row; rows].join(", "));
        format!("insert into journal ({columns}) values {values} on conflict (source, key) do nothing")
    }

    fn arguments(&self, call: Call, lines: &[Line<'_>]) -> Result<SqliteArguments, sqlx::Error> {
        let mut arguments = SqliteArguments::default();
        arguments.reserve(lines.len() * (11 + self.optional.len()), 0);
        for line in lines {
            self.add(call, line, &mut arguments).map_err(sqlx::Error::Encode)?;
        }
        Ok(arguments)
    }

    fn add(&self, call: Call, line: &Line<'_>, arguments: &mut SqliteArguments) -> Result<(), BoxDynError> {
        let row = line.row;
        arguments.add(line.position)?;
        arguments.add(line.source)?;
        arguments.add(&*row.key)?;
        arguments.add(&line.contents[..])?;
        arguments.add(call.import)?;
        arguments.add(row.kind as i16)?;
        arguments.add(line.account)?;
        arguments.add(row.date.number())?;
        arguments.add(row.currency.code())?;
        arguments.add(call.recorded_at_micros)?;
        for (_, value) in &self.optional {
            arguments.add(value(line))?;
        }
        if self.attributes {
            arguments.add((!row.attributes.is_empty()).then_some(Json(&row.attributes)))?;
        }
        Ok(())
    }
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
