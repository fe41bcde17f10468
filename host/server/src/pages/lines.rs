//! The lines that a statement rests on: the rows its newest revision was worked out from, as the journal stood then.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use domain::calculation::Context;
use domain::money::{Micros, Money};
use domain::product::Product;
use domain::program::Terms;
use domain::statement::Revision;
use domain::transaction::Transaction;
use portal::{Line, Lines, amount};
use store::segment::{Converter, Row, Scratch};
use tokio::runtime::Handle;

use crate::host::Host;
use crate::recorded::Records;
use crate::serve::App;
use crate::serve::refusal::Refusal;

/// Lines on one page.
const PAGE: usize = 50;

/// The page of lines after a position of the journal, or the first. Where the component or its rows are not what they were, the
/// page says so in place of the lines, because the rest of the statement is worth looking at all the more.
pub async fn lines(app: &App, revision: &Revision, terms: &Terms, after: Option<u64>) -> Result<Lines, Refusal> {
    let (host, revision, terms) = (app.host.clone(), revision.clone(), terms.clone());
    let (handle, count) = (Handle::current(), revision.receipt.row_count);
    // The plugin is asked for its plan, which keeps a thread busy.
    let read = tokio::task::spawn_blocking(move || handle.block_on(read(&host, &revision, &terms, after)));
    match read.await.map_err(anyhow::Error::from)? {
        Ok(lines) => Ok(lines),
        Err(e) if is_of_what_was_kept(&e) => Ok(Lines {
            missing: Some(format!("{e:#}; a replay says what else differs")),
            ..page_of(Vec::new(), count, 0, after)
        }),
        Err(e) => Err(e.into()),
    }
}

async fn read(host: &Host, revision: &Revision, terms: &Terms, after: Option<u64>) -> Result<Lines> {
    let (plugin, _) = host.plugin_of(terms).await?;
    let context: Context =
        serde_json::from_slice(&revision.context).context("the context that was kept cannot be read")?;
    let plan = plugin.plan(&serde_json::from_str(&context.terms)?)?;
    let mut records = Records::open(&host.store).await?;
    let recorded = records.of(revision, &context, &plan).await?;
    let mut scratch = Scratch::default();
    let gathered = recorded.gather(&mut scratch)?;
    let positions: Vec<u64> = gathered
        .slices
        .iter()
        .flat_map(|slice| slice.position)
        .copied()
        .collect();
    let converter = context
        .converted
        .as_ref()
        .map(|converted| Converter::again(converted, context.currency));
    let mut rows: HashMap<u64, &Row> = recorded.rows.iter().map(|row| (row.position, row)).collect();
    let mut nets: HashMap<u64, Net> = HashMap::new();
    for position in &positions {
        if let Some(row) = rows.remove(position) {
            nets.insert(*position, Net::of(row, converter.as_ref())?);
        }
    }
    let net = nets.values().map(|net| i128::from(net.micros)).sum::<i128>();
    let net = i64::try_from(net).context("the lines add up to more than an amount can be")?;

    let (wanted, next) = page_after(&positions, after);
    let mut found: HashMap<u64, Transaction> = HashMap::new();
    for transaction in host.store.read().await?.transactions_at(wanted).await? {
        found.insert(transaction.position, transaction);
    }
    let names: HashMap<&str, &Product> = records
        .products
        .iter()
        .map(|product| (&*product.sku, product))
        .collect();
    let lines = wanted
        .iter()
        .filter_map(|position| found.remove(position))
        .map(|transaction| {
            let net = nets.remove(&transaction.position).unwrap_or_default();
            line(transaction, net, &names)
        })
        .collect();
    Ok(Lines {
        next: next.map(|position| position.to_string()),
        ..page_of(lines, positions.len() as u64, net, after)
    })
}

/// The positions of one page, and the one after which the next begins.
fn page_after(positions: &[u64], after: Option<u64>) -> (&[u64], Option<u64>) {
    // A position that is not among them any more begins at the front again.
    let start = after
        .and_then(|after| positions.iter().position(|position| *position == after))
        .map_or(0, |place| place + 1);
    let rest = &positions[start..];
    match rest.split_at_checked(PAGE) {
        Some((page, more)) if !more.is_empty() => (page, page.last().copied()),
        _ => (rest, None),
    }
}

fn page_of(lines: Vec<Line>, count: u64, net: i64, after: Option<u64>) -> Lines {
    Lines {
        lines,
        count,
        net,
        // The statement knows by whom it is reduced; the lines are those of the journal.
        reductions: vec![],
        continued: after.is_some(),
        next: None,
        missing: None,
    }
}

/// What a row is in the program's currency, and a note where it was not.
#[derive(Debug, Default)]
struct Net {
    micros: i64,
    note: Option<String>,
}

impl Net {
    fn of(row: &Row, converter: Option<&Converter>) -> Result<Net> {
        let amount = Micros(row.net_amount.unwrap_or_default());
        let rate = match converter {
            Some(converter) if row.currency != converter.rates.currency() => converter.rate_of(row)?.rate,
            _ => {
                return Ok(Net {
                    micros: amount.0,
                    note: None,
                });
            }
        };
        let currency = row.currency;
        Ok(Net {
            micros: rate.convert(amount)?.0,
            note: Some(format!("{} at {rate}", Money { amount, currency })),
        })
    }
}

fn line(transaction: Transaction, net: Net, products: &HashMap<&str, &Product>) -> Line {
    let recorded = transaction.recorded;
    let product = recorded.product.map(|sku| match products.get(&*sku) {
        Some(product) if !product.name.is_empty() => format!("{sku} {}", product.name),
        _ => sku,
    });
    let corrects = transaction
        .corrects
        .map(|position| format!("corrects line {}", amount::count(position)));
    Line {
        position: transaction.position,
        date: recorded.date.to_string(),
        kind: recorded.kind.to_string(),
        document: recorded.key,
        product: product.unwrap_or_default(),
        quantity: recorded.quantity.unwrap_or_default().0,
        net: net.micros,
        note: match (corrects, net.note) {
            (Some(corrects), Some(note)) => Some(format!("{corrects}; {note}")),
            (corrects, note) => corrects.or(note),
        },
    }
}

/// Whether the component, the context or the rows are at fault, which the sentence then names, and not the database.
fn is_of_what_was_kept(error: &anyhow::Error) -> bool {
    let of_the_store = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref::<store::Error>() {
        Some(store::Error::Corrupt { .. } | store::Error::Refused(_)) | None => false,
        Some(_) => true,
    };
    !error.chain().any(of_the_store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_without_a_gap() {
        // In the order of their days, which is not that of the journal.
        let positions: Vec<u64> = (0..120).map(|n| 1_000 - n).collect();
        let (first, next) = page_after(&positions, None);
        assert_eq!((first.len(), next), (50, Some(951)));
        let (second, next) = page_after(&positions, next);
        assert_eq!((second[0], second.len(), next), (950, 50, Some(901)));
        let (third, next) = page_after(&positions, next);
        assert_eq!((third[0], third.len(), next), (900, 20, None));
        assert_eq!(page_after(&positions[..50], None), (&positions[..50], None));
        assert_eq!(page_after(&[], None), (&[][..], None));
    }

    #[test]
    fn a_failing_database_is_no_fault_of_what_was_kept() {
        assert!(!is_of_what_was_kept(
            &anyhow::Error::from(store::Error::Busy).context("reading")
        ));
        assert!(is_of_what_was_kept(&anyhow::anyhow!("the component is gone")));
        assert!(is_of_what_was_kept(
            &store::Error::Corrupt { what: "changed".into() }.into()
        ));
    }
}
