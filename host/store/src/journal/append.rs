use std::collections::{HashMap, HashSet};

use domain::digest::Digest;
use domain::id::ImportId;
use domain::transaction::NewTransaction;
use serde_json::json;

use super::insert::Line;
use crate::bulk::list;
use crate::{Error, Result, Tx};

/// What became of rows to append.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    pub accepted: usize,
    /// Stand in the journal with the same contents.
    pub duplicates: usize,
    /// Place in the list, rising, and why.
    pub refused: Vec<(usize, String)>,
}

/// Enough of a content's SHA-256 to tell a repeat from a conflict.
pub(super) type Contents = [u8; 16];

/// A row that stands in the journal.
struct Found {
    position: i64,
    contents: Contents,
    currency: String,
}

/// The ordinals of what the rows name.
struct Ordinals<'a> {
    sources: HashMap<&'a str, i64>,
    accounts: HashMap<String, i64>,
    products: HashMap<String, i64>,
}

impl Tx {
    /// Appends rows, each with its outcome: a key that its source has used before is a duplicate when the contents are the same, and
    /// refused otherwise. A correction names a row of its source that stands in the journal or before it in the list, in the same
    /// currency, that nothing corrects yet. Accounts and products must exist. Fastest with some thousands of rows at a time.
    pub async fn append(&mut self, import: &ImportId, rows: &[NewTransaction]) -> Result<Appended> {
        // Holds the journal, so that a lower position never appears after a higher one.
        let last = self.advance("journal", 0).await?;
        let import_ordinal = self.import_ordinal(import).await?;
        let ordinals = self.ordinals_of(rows).await?;

        let mut appended = Appended::default();
        let mut plain: Vec<Line<'_>> = Vec::with_capacity(rows.len());
        let mut corrections: Vec<Line<'_>> = Vec::new();
        let mut buffer = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            match ordinals.line(place, row, &mut buffer) {
                Ok(line) if row.corrects.is_some() => corrections.push(line),
                Ok(line) => plain.push(line),
                Err(reason) => appended.refused.push((place, reason)),
            }
        }
        let mut position = last;
        for line in &mut plain {
            position += 1;
            line.position = position;
        }
        let inserted = self.insert_lines(import_ordinal, &plain).await?;
        appended.accepted += inserted;
        if inserted < plain.len() {
            self.settle_repeats(&plain, &mut appended).await?;
        }
        if !corrections.is_empty() {
            position = self
                .correct(import_ordinal, corrections, &plain, position, &mut appended)
                .await?;
        }
        appended.refused.sort_unstable();
        if appended.accepted > 0 {
            self.advance("journal", (position - last) as usize).await?;
            let details = json!({
                "accepted": appended.accepted, "duplicates": appended.duplicates, "refused": appended.refused.len(),
                "first_position": last + 1, "last_position": position,
            });
            self.note("append", import.as_str(), details);
        }
        Ok(appended)
    }

    /// Tells duplicates from conflicts among lines of which not all were inserted.
    async fn settle_repeats(&mut self, lines: &[Line<'_>], appended: &mut Appended) -> Result<()> {
        let found = self
            .find(lines.iter().map(|line| (line.source, &*line.row.key)))
            .await?;
        for line in lines {
            match found.get(&(line.source, line.row.key.as_str().into())) {
                Some(found) if found.position == line.position => {}
                Some(found) if found.contents == line.contents => appended.duplicates += 1,
                _ => appended.refused.push((line.place, conflict(line.row))),
            }
        }
        Ok(())
    }

    /// Appends corrections after the position, and returns the last position used.
    async fn correct(
        &mut self,
        import: i64,
        corrections: Vec<Line<'_>>,
        plain: &[Line<'_>],
        mut position: i64,
        appended: &mut Appended,
    ) -> Result<i64> {
        let own = corrections.iter().map(|line| (line.source, &*line.row.key));
        let targets = corrections
            .iter()
            .filter_map(|line| Some((line.source, line.row.corrects.as_deref()?)));
        let mut found = self.find(own.chain(targets)).await?;
        let mut corrected = self.corrected(found.values().map(|found| found.position)).await?;
        // Where in the list the rows of this call stand, by position.
        let mut places: HashMap<i64, usize> = plain.iter().map(|line| (line.position, line.place)).collect();
        let mut lines = Vec::with_capacity(corrections.len());
        for mut line in corrections {
            let (row, target) = (line.row, line.row.corrects.as_deref().unwrap_or_default());
            if let Some(same) = found.get(&(line.source, row.key.as_str().into())) {
                if same.contents == line.contents {
                    appended.duplicates += 1;
                } else {
                    appended.refused.push((line.place, conflict(row)));
                }
                continue;
            }
            let refusal = match found.get(&(line.source, target.into())) {
                None => format!(
                    "`{}` corrects `{target}`, which `{}` never sent: send that row first",
                    row.key, row.source
                ),
                Some(target_row)
                    if places
                        .get(&target_row.position)
                        .is_some_and(|place| *place > line.place) =>
                {
                    format!(
                        "`{}` corrects `{target}`, which stands after it: put the corrected row first",
                        row.key
                    )
                }
                Some(target_row) if target_row.currency != row.currency.code() => {
                    let currency = &target_row.currency;
                    format!(
                        "`{}` corrects `{target}` in {}, which is in {currency}: use its currency",
                        row.key, row.currency
                    )
                }
                Some(target_row) => match corrected.get(&target_row.position) {
                    Some(by) => format!(
                        "`{}` corrects `{target}`, which `{by}` has corrected: correct `{by}`",
                        row.key
                    ),
                    None => {
                        position += 1;
                        (line.position, line.corrects) = (position, Some(target_row.position));
                        corrected.insert(target_row.position, row.key.clone());
                        places.insert(position, line.place);
                        let placed = Found {
                            position,
                            contents: line.contents,
                            currency: row.currency.code().to_owned(),
                        };
                        found.insert((line.source, row.key.as_str().into()), placed);
                        lines.push(line);
                        continue;
                    }
                },
            };
            appended.refused.push((line.place, refusal));
        }
        appended.accepted += lines.len();
        let inserted = self.insert_lines(import, &lines).await?;
        debug_assert_eq!(inserted, lines.len());
        Ok(position)
    }

    async fn import_ordinal(&mut self, import: &ImportId) -> Result<i64> {
        let open: Option<i64> = on_engine!(self, |conn| {
            sqlx::query_scalar("select ordinal from imports where id = $1 and finished_at is null")
                .bind(import.as_str())
                .fetch_optional(conn)
                .await
        })?;
        open.ok_or_else(|| {
            Error::Conflict(format!(
                "import `{import}` does not exist, or is finished: begin a new one"
            ))
        })
    }

    async fn ordinals_of<'a>(&mut self, rows: &'a [NewTransaction]) -> Result<Ordinals<'a>> {
        let mut sources = HashMap::new();
        let (mut accounts, mut products) = (HashSet::new(), HashSet::new());
        for row in rows {
            sources.entry(&*row.source).or_insert(0);
            accounts.insert(&*row.account);
            accounts.extend(row.end_customer.as_deref());
            products.extend(row.product.as_deref());
        }
        for (name, ordinal) in &mut sources {
            *ordinal = self.source(name).await?;
        }
        let (accounts, products): (Vec<_>, Vec<_>) = (accounts.into_iter().collect(), products.into_iter().collect());
        Ok(Ordinals {
            sources,
            accounts: self.account_ordinals(&accounts).await?,
            products: self.product_ordinals(&products).await?,
        })
    }

    /// The source's ordinal; it gets one when it is new.
    async fn source(&mut self, name: &str) -> Result<i64> {
        let known: Option<i64> = on_engine!(self, |conn| {
            sqlx::query_scalar("select ordinal from sources where name = $1")
                .bind(name)
                .fetch_optional(conn)
                .await
        })?;
        if let Some(ordinal) = known {
            return Ok(ordinal);
        }
        let ordinal = self.advance("sources", 1).await? + 1;
        on_engine!(self, |conn| {
            sqlx::query("insert into sources (ordinal, name) values ($1, $2)")
                .bind(ordinal)
                .bind(name)
                .execute(conn)
                .await?;
        });
        Ok(ordinal)
    }

    /// Those of the source's keys that stand in the journal.
    async fn find<'a>(
        &mut self,
        keys: impl Iterator<Item = (i64, &'a str)>,
    ) -> Result<HashMap<(i64, Box<str>), Found>> {
        let mut by_source: HashMap<i64, HashSet<&str>> = HashMap::new();
        for (source, key) in keys {
            by_source.entry(source).or_default().insert(key);
        }
        let mut found = HashMap::new();
        for (source, keys) in by_source {
            let keys = list(keys);
            let rows: Vec<(String, i64, Vec<u8>, String)> = on_engine!(self, |conn| {
                sqlx::query_as(
                    "select key, position, digest, currency
                     from journal
                     where source = $1 and key in (select value from json_each($2))",
                )
                .bind(source)
                .bind(&*keys)
                .fetch_all(conn)
                .await
            })?;
            for (key, position, digest, currency) in rows {
                let contents = digest
                    .try_into()
                    .map_err(|_| Error::corrupt(format!("the digest of journal row {position} is cut short")))?;
                found.insert(
                    (source, key.into_boxed_str()),
                    Found {
                        position,
                        contents,
                        currency,
                    },
                );
            }
        }
        Ok(found)
    }

    /// The keys of the rows that correct those at these positions.
    async fn corrected(&mut self, positions: impl Iterator<Item = i64>) -> Result<HashMap<i64, String>> {
        let positions = list(positions);
        let rows: Vec<(i64, String)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select corrects, key from journal where corrects in (select cast(value as bigint) from json_each($1))",
            )
            .bind(&*positions)
            .fetch_all(conn)
            .await
        })?;
        Ok(rows.into_iter().collect())
    }
}

impl Ordinals<'_> {
    fn line<'a>(&self, place: usize, row: &'a NewTransaction, buffer: &mut Vec<u8>) -> Result<Line<'a>, String> {
        let account = |number: &str| {
            self.accounts
                .get(number)
                .copied()
                .ok_or_else(|| format!("account `{number}` does not exist: add it first"))
        };
        if row.key.is_empty() || row.source.is_empty() {
            return Err("a row needs a source and a key, by which it is known again".to_owned());
        }
        let product = match &row.product {
            Some(sku) => Some(
                *self
                    .products
                    .get(sku)
                    .ok_or_else(|| format!("product `{sku}` does not exist: add it first"))?,
            ),
            None => None,
        };
        Ok(Line {
            place,
            row,
            position: 0,
            corrects: None,
            source: self.sources[&*row.source],
            account: account(&row.account)?,
            product,
            end_customer: row.end_customer.as_deref().map(account).transpose()?,
            contents: contents(row, buffer),
        })
    }
}

fn conflict(row: &NewTransaction) -> String {
    format!(
        "`{}` of `{}` stands in the journal with other contents: send the change under a new key that corrects it",
        row.key, row.source
    )
}

/// What is told of the row besides its name, as bytes that two different tellings never share.
fn contents(row: &NewTransaction, bytes: &mut Vec<u8>) -> Contents {
    fn text(bytes: &mut Vec<u8>, text: Option<&str>) {
        match text {
            Some(text) => {
                bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
            None => bytes.extend_from_slice(&u32::MAX.to_le_bytes()),
        }
    }
    fn number(bytes: &mut Vec<u8>, number: Option<i64>) {
        bytes.push(u8::from(number.is_some()));
        bytes.extend_from_slice(&number.unwrap_or(0).to_le_bytes());
    }
    bytes.clear();
    bytes.push(row.kind as u8);
    text(bytes, Some(&row.account));
    text(bytes, row.product.as_deref());
    text(bytes, row.end_customer.as_deref());
    text(bytes, row.corrects.as_deref());
    text(bytes, Some(row.currency.code()));
    let dates = [
        Some(row.date),
        row.dates.order,
        row.dates.ship,
        row.dates.invoice,
        row.dates.payment,
        row.dates.scan,
    ];
    for date in dates {
        number(bytes, date.map(|date| date.number().into()));
    }
    for measure in [row.quantity, row.net_amount, row.gross_amount, row.cost, row.list_price] {
        number(bytes, measure.map(|micros| micros.0));
    }
    for (name, value) in &row.attributes {
        text(bytes, Some(name));
        text(bytes, Some(value));
    }
    let digest = Digest::of(bytes);
    let mut contents = Contents::default();
    contents.copy_from_slice(&digest.bytes()[..16]);
    contents
}
