//! What things cost, beside what people use now: `make bench`. Each part prints one table; results are checked against each other to the
//! penny before a time is believed. `README.md` says what was seen. The real binary is driven where whole commands are compared, the
//! host's own functions are called where pieces are measured. Start at [`main`].
//!
//! `GTM_BENCH_LINES` makes the large set smaller (10,000,000 unless told otherwise); `GTM_BENCH_PARTS` runs some parts only, such as `ac`.

#![allow(clippy::float_arithmetic, reason = "times, not amounts")]
#![allow(clippy::print_stdout, reason = "tables are what this is for")]

mod data;
mod imports;
mod kernel;
mod measure;
mod peers;
mod statements;
mod table;
mod whole;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::read::GzDecoder;

use data::Company;
use measure::own_peak_kib;
use peers::Peers;
use table::{Table, Target, mebibytes};
use whole::Set;

fn main() -> Result<()> {
    // `cargo bench` passes `--bench`, and nothing here takes arguments.
    let lines: u64 = match std::env::var("GTM_BENCH_LINES") {
        Ok(text) => text
            .replace('_', "")
            .parse()
            .context("GTM_BENCH_LINES is a number of lines, such as 1000000")?,
        Err(_) => 10_000_000,
    };
    let parts = std::env::var("GTM_BENCH_PARTS").unwrap_or_else(|_| "abcd".to_owned());
    let wanted = |part: char| parts.contains(part);

    if wanted('a') {
        let mut table = kernel::measure()?;
        own_peak(&mut table);
        table.print();
    }
    if wanted('c') {
        let folder = tempfile::tempdir()?;
        let mut table = Table::new("(c) statements a second");
        for (participants, lines_each) in [(10_000, 1), (2_000, 100), (50, 10_000)] {
            statements::measure(&mut table, folder.path(), participants, lines_each)?;
        }
        own_peak(&mut table);
        table.print();
    }
    if wanted('b') || wanted('d') {
        imports_and_runs(lines, wanted('b'))?;
    }
    Ok(())
}

/// Of the parts that are measured in this process.
fn own_peak(table: &mut Table) {
    let peak = own_peak_kib();
    table.alone("peak memory of this process so far", mebibytes(peak), peak as f64, None);
}

fn imports_and_runs(lines: u64, runs: bool) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let mut imports = Table::new("(d) lines imported a second, against sqlite3 .import of the same file");
    let mut whole = Table::new("(b) a whole run, from segments to the posted ledger");
    let peers = runs.then(Peers::install).transpose()?;

    let mut took = Vec::new();
    if let Some(packed) = real_sales() {
        let sales = unpack(&packed, folder)?;
        let real = imports::real(&mut imports, folder, &sales, 3)?;
        if let Some(peers) = &peers {
            let plain = folder.join("real-plain.csv");
            peers.ask(["plain", text(&packed)?, text(&plain)?])?;
            let set = Set {
                what: "real sales",
                gtm: &real.gtm,
                plain: &plain,
                calendar: "quarter",
                period: "2011-Q3",
                start: "2011-07-01",
                end: "2011-09-30",
            };
            whole::measure(&mut whole, &set, peers, folder, 5)?;
        }
    }
    for (lines, rounds) in [(lines / 10, 3), (lines, 1)] {
        let company = Company::make(
            folder,
            &format!("sales-{lines}"),
            (lines / 5_000).clamp(1, 2_000),
            lines,
        )?;
        let imported = imports::company(&mut imports, folder, &company, rounds)?;
        let mut run_peak = None;
        if let Some(peers) = &peers {
            let set = Set {
                what: "made up",
                gtm: &imported.gtm,
                plain: &company.sales,
                calendar: "year",
                period: "2024",
                start: "2024-01-01",
                end: "2024-12-31",
            };
            run_peak = Some(whole::measure(&mut whole, &set, peers, folder, 3)?.peak_kib);
            statements::lines(&mut whole, &imported.gtm, "sealing")?;
        }
        took.push((imported.peak_kib, run_peak));
        std::fs::remove_file(&company.sales)?;
    }
    let grew = |small: u64, large: u64| (mebibytes(large), mebibytes(small), large as f64 / small as f64);
    if let [(small_import, small_run), (large_import, large_run)] = took[..] {
        let (large, small, ratio) = grew(small_import, large_import);
        imports.beside(
            "peak memory of an import of ten times the lines",
            large,
            small,
            ratio,
            Some(Target::AtMost(1.5)),
        );
        if let (Some(small_run), Some(large_run)) = (small_run, large_run) {
            let (large, small, ratio) = grew(small_run, large_run);
            whole.beside(
                "peak memory of a run over ten times the lines",
                large,
                small,
                ratio,
                Some(Target::AtMost(1.5)),
            );
        }
    }
    if runs {
        whole.print();
    }
    imports.print();
    Ok(())
}

/// Says loudly when the real sales are missing, because then only made-up ones are measured.
fn real_sales() -> Option<PathBuf> {
    let found = std::panic::catch_unwind(tests::real_sales);
    if found.is_err() {
        println!("\n!!! THE REAL SALES ARE MISSING: what follows is about made-up sales only !!!\n");
    }
    found.ok()
}

fn unpack(packed: &Path, folder: &Path) -> Result<PathBuf> {
    let path = folder.join("online-retail.csv");
    std::io::copy(
        &mut GzDecoder::new(std::fs::File::open(packed)?),
        &mut std::fs::File::create(&path)?,
    )?;
    Ok(path)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path in UTF-8")
}
