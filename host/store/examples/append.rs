//! How fast rows go into the journal and come out again: `cargo run --release -p store --example append -- [ROWS [BATCH [DATABASE]]]`.

use std::time::Instant;

use domain::account::NewAccount;
use domain::actor::Actor;
use domain::digest::Digest;
use domain::money::Micros;
use domain::product::NewProduct;
use domain::transaction::{NewTransaction, OtherDates, RowKind};
use store::import::NewImport;
use store::{Clock, Ids, Store};

const ACCOUNTS: usize = 4_372;
const PRODUCTS: usize = 4_070;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rows: usize = arguments.first().map_or(Ok(500_000), |text| text.parse())?;
    let batch: usize = arguments.get(1).map_or(Ok(8_192), |text| text.parse())?;
    let folder = tempfile::TempDir::new()?;
    let url = arguments
        .get(2)
        .cloned()
        .unwrap_or_else(|| folder.path().join("append.sqlite").display().to_string());

    let store = Store::open(&url, Clock::System, Ids::random()).await?;
    let actor: Actor = "app:example".parse()?;
    let mut tx = store.begin(&actor).await?;
    let accounts: Vec<NewAccount> = (0..ACCOUNTS)
        .map(|n| NewAccount {
            number: account(n),
            name: account(n),
            parent: None,
            attributes: [].into(),
        })
        .collect();
    tx.add_accounts(&accounts).await?;
    let products: Vec<NewProduct> = (0..PRODUCTS)
        .map(|n| NewProduct {
            sku: product(n),
            name: product(n),
            category: String::new(),
            attributes: [].into(),
        })
        .collect();
    tx.add_products(&products).await?;
    let file = NewImport {
        file_name: "made-up".into(),
        file_digest: Digest::of(b""),
        profile: "none".into(),
        source: "example".into(),
    };
    let import = tx.begin_import(&file).await?;
    tx.commit().await?;

    let told: Vec<NewTransaction> = (0..rows).map(row).collect::<Result<_, domain::Error>>()?;
    for round in ["new", "repeated"] {
        let start = Instant::now();
        for batch in told.chunks(batch) {
            let mut tx = store.begin(&actor).await?;
            tx.append(&import, batch).await?;
            tx.commit().await?;
        }
        report(round, rows, start);
    }

    let start = Instant::now();
    let (mut read, mut position, mut seen) = (store.read().await?, 0, 0);
    loop {
        let page = read.rows_after(position, 16_384).await?;
        let Some(last) = page.last() else { break };
        (position, seen) = (last.position, seen + page.len());
    }
    report("read back", seen, start);
    Ok(())
}

fn report(what: &str, rows: usize, start: Instant) {
    let per_second = rows as u128 * 1_000_000 / start.elapsed().as_micros().max(1);
    println!("{what}: {rows} rows, {per_second} a second");
}

fn account(n: usize) -> String {
    format!("{}", 12_000 + n)
}

fn product(n: usize) -> String {
    format!("{}", 20_000 + n)
}

/// Spread over accounts and products as if by chance, in the order of the days, twenty rows to an invoice.
fn row(n: usize) -> Result<NewTransaction, domain::Error> {
    let net = (n * 7_919 % 100_000) as i64 * 10_000;
    Ok(NewTransaction {
        source: "example".into(),
        key: format!("{}:{}:{}", 536_365 + n / 20, product(n * 31 % PRODUCTS), n % 20),
        kind: RowKind::Sale,
        account: account(n / 20 * 2_654_435 % ACCOUNTS),
        product: Some(product(n * 31 % PRODUCTS)),
        end_customer: None,
        date: domain::day::Day::new(14_944 + (n / 1_400) as i32 % 370)?,
        dates: OtherDates::default(),
        currency: "GBP".parse()?,
        quantity: Some(Micros((n % 24 + 1) as i64 * 1_000_000)),
        net_amount: Some(Micros(net)),
        gross_amount: None,
        cost: None,
        list_price: Some(Micros(net / 3)),
        attributes: [].into(),
        corrects: None,
    })
}
