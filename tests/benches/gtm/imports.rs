//! (d) Lines into the database, against `sqlite3 .import` of the same file, and what memory each takes.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;
use tests::{Engine, Gtm, component};

use crate::data::Company;
use crate::measure::{Done, best, run};
use crate::peers::sqlite_import;
use crate::table::{Table, Target, figure, mebibytes};

const KEYED: &str = "key unique, kind, account, product, date, currency, quantity, net_amount";
const KEYED_REAL: &str = "InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country, \
                          unique (InvoiceNo, StockCode, Quantity, UnitPrice) on conflict ignore";

/// What was imported into, for the parts that come after.
#[derive(Debug)]
pub struct Imported {
    pub gtm: Gtm,
    pub peak_kib: u64,
}

/// Imports a made-up company some times, each time into a fresh installation, and keeps the last.
pub fn company(table: &mut Table, folder: &Path, company: &Company, rounds: usize) -> Result<Imported> {
    let install = || company.install(Engine::Sqlite);
    measure(
        table,
        &figure(company.lines as f64),
        folder,
        &company.sales,
        KEYED,
        &company.import(),
        install,
        rounds,
    )
}

/// The real sales as published, unpacked.
pub fn real(table: &mut Table, folder: &Path, sales: &Path, rounds: usize) -> Result<Imported> {
    let install = || {
        let gtm = Gtm::new(Engine::Sqlite);
        gtm.run(&format!("plugin install {}", component("rebate").display()));
        gtm
    };
    let import = format!("import transactions {} --profile online-retail", sales.display());
    measure(
        table,
        "541,909 real",
        folder,
        sales,
        KEYED_REAL,
        &import,
        install,
        rounds,
    )
}

#[allow(clippy::too_many_arguments, reason = "each is a different thing")]
fn measure(
    table: &mut Table,
    what: &str,
    folder: &Path,
    file: &Path,
    keyed: &str,
    import: &str,
    install: impl Fn() -> Gtm,
    rounds: usize,
) -> Result<Imported> {
    let (mut ours, mut plain, mut unique) = (vec![], vec![], vec![]);
    let mut kept = None;
    let scratch = folder.join("import.sqlite");
    for _ in 0..rounds {
        plain.push(sqlite_import(file, &scratch, None)?);
        unique.push(sqlite_import(file, &scratch, Some(keyed))?);
        drop(kept.take());
        let gtm = install();
        ours.push(run(gtm
            .command(import.split_whitespace().chain(["--json"]))
            .current_dir(gtm.folder()))?);
        kept = Some(gtm);
    }
    let report: Value = serde_json::from_slice(&ours[0].printed)?;
    let lines = report["lines"].as_f64().unwrap_or_default();
    let rate = |done: &[Done]| lines / best(&done.iter().map(|done| done.seconds).collect::<Vec<_>>());
    let peak = |done: &[Done]| done.iter().map(|done| done.peak_kib).max().unwrap_or(0);
    let per_second = |done: &[Done]| format!("{} a second", figure(rate(done)));
    let half = Some(Target::AtLeast(0.5));
    table.beside(
        &format!("{what} lines, against a plain table"),
        per_second(&ours),
        per_second(&plain),
        rate(&ours) / rate(&plain),
        half,
    );
    table.beside(
        &format!("{what} lines, against a table with the same key"),
        per_second(&ours),
        per_second(&unique),
        rate(&ours) / rate(&unique),
        half,
    );
    for (table_of, theirs) in [("a plain table", &plain), ("a table with the same key", &unique)] {
        table.beside(
            &format!("{what} lines, peak memory, {table_of}"),
            mebibytes(peak(&ours)),
            mebibytes(peak(theirs)),
            peak(&ours) as f64 / peak(theirs) as f64,
            None,
        );
    }
    Ok(Imported {
        gtm: kept.expect("at least one round"),
        peak_kib: peak(&ours),
    })
}
