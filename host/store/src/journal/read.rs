use std::collections::{BTreeMap, HashMap};

use domain::currency::Currency;
use domain::day::Day;
use domain::money::Micros;
use domain::transaction::{DateBasis, NewTransaction, OtherDates, RowKind, Transaction};
use serde::Deserialize;
use sqlx::types::Json;

use crate::bulk::list;
use crate::engine::Connection;
use crate::error::read;
use crate::segment::Row;
use crate::{Error, Result, Snapshot};

#[derive(sqlx::FromRow, Deserialize)]
struct JournalRow {
    position: i64,
    account: i64,
    product: Option<i64>,
    end_customer: Option<i64>,
    kind: i16,
    date: i32,
    order_date: Option<i32>,
    ship_date: Option<i32>,
    invoice_date: Option<i32>,
    payment_date: Option<i32>,
    scan_date: Option<i32>,
    currency: String,
    quantity_micros: Option<i64>,
    net_amount_micros: Option<i64>,
    gross_amount_micros: Option<i64>,
    cost_micros: Option<i64>,
    list_price_micros: Option<i64>,
    attributes: Option<Json<BTreeMap<String, String>>>,
    corrects: Option<i64>,
}

/// The texts of a row's names.
#[derive(sqlx::FromRow)]
struct NameRow {
    position: i64,
    source: String,
    key: String,
    account: String,
    product: Option<String>,
    end_customer: Option<String>,
    corrects_key: Option<String>,
}

impl Snapshot {
    /// The position of the newest row; 0 when there is none.
    pub async fn journal_position(&mut self) -> Result<u64> {
        let position: i64 = on_engine!(self, |conn| {
            sqlx::query_scalar("select value from counters where name = 'journal'")
                .fetch_one(conn)
                .await
        })?;
        Ok(position as u64)
    }

    /// The rows after a position, by position, corrected or not.
    pub async fn rows_after(&mut self, position: u64, limit: i64) -> Result<Vec<Row>> {
        let rows: Vec<JournalRow> = match &mut self.connection {
            Connection::Sqlite(tx) => {
                // Each row and each of its values crosses over from SQLite's thread; one text crosses once, which halves the time of sealing.
                let rows: String = sqlx::query_scalar(
                    "select json_group_array(json_object(
                                'position', position, 'account', account, 'product', product, 'end_customer', end_customer,
                                'kind', kind, 'date', date, 'order_date', order_date, 'ship_date', ship_date,
                                'invoice_date', invoice_date, 'payment_date', payment_date, 'scan_date', scan_date,
                                'currency', currency, 'quantity_micros', quantity_micros, 'net_amount_micros', net_amount_micros,
                                'gross_amount_micros', gross_amount_micros, 'cost_micros', cost_micros,
                                'list_price_micros', list_price_micros, 'attributes', json(attributes), 'corrects', corrects))
                     from (select * from journal where position > $1 order by position limit $2)",
                )
                .bind(position as i64)
                .bind(limit)
                .fetch_one(&mut **tx)
                .await?;
                read(serde_json::from_str(&rows))?
            }
            Connection::Postgres(tx) => {
                sqlx::query_as(
                    "select position, account, product, end_customer, kind, date, order_date, ship_date, invoice_date,
                            payment_date, scan_date, currency, quantity_micros, net_amount_micros, gross_amount_micros,
                            cost_micros, list_price_micros, attributes, corrects
                     from journal
                     where position > $1
                     order by position
                     limit $2",
                )
                .bind(position as i64)
                .bind(limit)
                .fetch_all(&mut **tx)
                .await?
            }
        };
        rows.into_iter().map(Row::try_from).collect()
    }

    /// The rows of some accounts as they stood when the journal had come to a position: by one of their dates, from one day to another (both
    /// count), those without that date left out, and those that a row up to that position corrects. By that date, then position.
    pub async fn journal_rows(
        &mut self,
        accounts: &[i64],
        by: DateBasis,
        from: Day,
        until: Day,
        as_of: u64,
    ) -> Result<Vec<Row>> {
        let accounts = list(accounts);
        let date = match by {
            DateBasis::Transaction => "date",
            DateBasis::Order => "order_date",
            DateBasis::Ship => "ship_date",
            DateBasis::Invoice => "invoice_date",
            DateBasis::Payment => "payment_date",
            DateBasis::Scan => "scan_date",
        };
        let rows: Vec<JournalRow> = on_engine!(self, |conn| {
            let mut query = sqlx::QueryBuilder::new(
                "select position, account, product, end_customer, kind, date, order_date, ship_date, invoice_date, payment_date,
                        scan_date, currency, quantity_micros, net_amount_micros, gross_amount_micros, cost_micros,
                        list_price_micros, attributes, corrects
                 from journal
                 where account in (select cast(value as bigint) from json_each(",
            );
            query
                .push_bind(&*accounts)
                .push(")) and position <= ")
                .push_bind(as_of as i64);
            query
                .push(" and ")
                .push(date)
                .push(" between ")
                .push_bind(from.number())
                .push(" and ")
                .push_bind(until.number());
            query.push(
                " and not exists (select 1 from journal correction where correction.corrects = journal.position
                                  and correction.position <= ",
            );
            query
                .push_bind(as_of as i64)
                .push(") order by ")
                .push(date)
                .push(", position");
            query.build_query_as().fetch_all(conn).await
        })?;
        rows.into_iter().map(Row::try_from).collect()
    }

    /// Which rows up to a position correct another: their position, and the other's.
    pub async fn corrections(&mut self, as_of: u64) -> Result<Vec<(u64, u64)>> {
        let rows: Vec<(i64, i64)> = on_engine!(self, |conn| {
            // The plus keeps SQLite from walking through the whole journal by position: the index of corrections holds all it needs.
            sqlx::query_as("select position, corrects from journal where corrects is not null and +position <= $1")
                .bind(as_of as i64)
                .fetch_all(conn)
                .await
        })?;
        let mut corrections: Vec<_> = rows
            .into_iter()
            .map(|(position, corrects)| (position as u64, corrects as u64))
            .collect();
        corrections.sort_unstable();
        Ok(corrections)
    }

    /// The rows at these positions as they came in, by position: the lines that a statement cites.
    pub async fn transactions_at(&mut self, positions: &[u64]) -> Result<Vec<Transaction>> {
        let positions = list(positions);
        let (rows, names): (Vec<JournalRow>, Vec<NameRow>) = on_engine!(self, |conn| {
            let rows = sqlx::query_as(
                "select position, account, product, end_customer, kind, date, order_date, ship_date, invoice_date, payment_date,
                        scan_date, currency, quantity_micros, net_amount_micros, gross_amount_micros, cost_micros,
                        list_price_micros, attributes, corrects
                 from journal
                 where position in (select cast(value as bigint) from json_each($1))
                 order by position",
            )
            .bind(&*positions)
            .fetch_all(&mut *conn)
            .await?;
            let names = sqlx::query_as(
                "select journal.position, sources.name as source, journal.key, accounts.number as account, products.sku as product,
                        customers.number as end_customer, corrected.key as corrects_key
                 from journal
                 join sources on sources.ordinal = journal.source
                 join accounts on accounts.ordinal = journal.account
                 left join products on products.ordinal = journal.product
                 left join accounts customers on customers.ordinal = journal.end_customer
                 left join journal corrected on corrected.position = journal.corrects
                 where journal.position in (select cast(value as bigint) from json_each($1))",
            )
            .bind(&*positions)
            .fetch_all(conn)
            .await?;
            (rows, names)
        });
        let mut names: HashMap<i64, NameRow> = names.into_iter().map(|names| (names.position, names)).collect();
        let transaction = |row: JournalRow| {
            let names = names
                .remove(&row.position)
                .ok_or_else(|| Error::corrupt(format!("journal row {} has lost its names", row.position)))?;
            named(row.try_into()?, names)
        };
        rows.into_iter().map(transaction).collect()
    }
}

fn named(row: Row, names: NameRow) -> Result<Transaction> {
    let day = |day: Option<i32>| day.map(|day| read(Day::new(day))).transpose();
    Ok(Transaction {
        position: row.position,
        corrects: row.corrects,
        recorded: NewTransaction {
            source: names.source,
            key: names.key,
            kind: row.kind,
            account: names.account,
            product: names.product,
            end_customer: names.end_customer,
            date: read(Day::new(row.date))?,
            dates: OtherDates {
                order: day(row.order_date)?,
                ship: day(row.ship_date)?,
                invoice: day(row.invoice_date)?,
                payment: day(row.payment_date)?,
                scan: day(row.scan_date)?,
            },
            currency: row.currency,
            quantity: row.quantity.map(Micros),
            net_amount: row.net_amount.map(Micros),
            gross_amount: row.gross_amount.map(Micros),
            cost: row.cost.map(Micros),
            list_price: row.list_price.map(Micros),
            attributes: row.attributes,
            corrects: names.corrects_key,
        },
    })
}

impl TryFrom<JournalRow> for Row {
    type Error = Error;

    fn try_from(row: JournalRow) -> Result<Self> {
        let ordinal = |ordinal: Option<i64>| ordinal.map(|ordinal| read(ordinal.try_into())).transpose();
        Ok(Row {
            position: row.position as u64,
            account: read(row.account.try_into())?,
            kind: read(
                u8::try_from(row.kind)
                    .map_err(|e| domain::Error::new(e.to_string()))
                    .and_then(RowKind::try_from),
            )?,
            date: row.date,
            order_date: row.order_date,
            ship_date: row.ship_date,
            invoice_date: row.invoice_date,
            payment_date: row.payment_date,
            scan_date: row.scan_date,
            product: ordinal(row.product)?,
            end_customer: ordinal(row.end_customer)?,
            currency: read(row.currency.parse::<Currency>())?,
            quantity: row.quantity_micros,
            net_amount: row.net_amount_micros,
            gross_amount: row.gross_amount_micros,
            cost: row.cost_micros,
            list_price: row.list_price_micros,
            corrects: row.corrects.map(|position| position as u64),
            attributes: row.attributes.map(|Json(attributes)| attributes).unwrap_or_default(),
        })
    }
}
