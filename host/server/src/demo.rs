//! `gtm demo`: a company that does not exist lives through two years of rebates, by the same code that pays real ones.

pub mod company;
pub mod programs;
pub mod claims;
pub mod closing;

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use domain::calendar::Calendar;
use domain::day::Day;
use domain::money::Total;
use store::run::RunMode;

use crate::cli::{Demo, Global};
use crate::command::{End, show};
use crate::host::Host;
use crate::import::{self, ImportOptions, Profile};
use crate::output::{amount, count, table};
use crate::progress::Progress;
use crate::serve::serve;
use crate::{run, statement};
use claims::{file_claims, put_into_funds};
use closing::{settle, standing};
use company::{CURRENCY, Company, NAME, Size, company};
use programs::{PROGRAMS, Who, accounts, create_programs, install_plugins};

/// The same company every time.
const SEED: u64 = 2026;

/// Of all programs together, for the progress bar.
const PERIODS: u64 = 56;

/// The demonstration's last day: everything up to it is closed.
const CLOSED: &str = "2025-12-31";

pub async fn demo(global: &Global, of: &Demo) -> Result<End> {
    let (database, host) = open(global, of).await?;
    let company = company(SEED, if of.small { Size::Small } else { Size::Full });
    println!(
        "\n{NAME}: {} accounts, {} contacts, {} products\n",
        company.accounts.len(),
        company.contacts.len(),
        company.products.len()
    );
    bring_in(&host, &of.dir, &company).await?;

    install_plugins(&host, of).await?;
    create_programs(&host, &of.dir, &company).await?;

    println!("every closed period, run:\n");
    let before = run_all(&host).await?;
    println!("{}\n", paid(&before));
    let late = import_file(&host, &of.dir, "late.csv", &company.late).await?;
    println!(
        "late lines and corrections arrive: {} lines; every period again:\n",
        count(late)
    );
    let after = run_all(&host).await?;
    println!("{}\n", paid(&after));

    let partners = accounts(&company, Who::First(2));
    println!("requests, claims and proof; a controller decides:\n");
    put_into_funds(&host, &partners).await?;
    file_claims(&host, &of.dir, &partners, &company.products[0].sku).await?;
    settle(&host, &of.dir).await?;
    println!("{}\n", standing(&host).await?);

    explain_one(&host).await?;
    let (gtm, database) = (typed()?, database.display());
    println!("\nThe database stays in {database}. Try next:\n");
    for command in [
        "program show partner-volume",
        "run partner-volume --period 2025-Q4 --what-if",
        "statement list --program growth-2025 --period 2025-Q4",
        "claim list",
        "fund list co-op",
        "document list",
        "balance",
        "replay --all",
        "audit",
    ] {
        println!("  {gtm} --database {database} {command}");
    }
    match of.no_serve {
        true => println!("  {gtm} --database {database} serve"),
        false => serve(host, of.listen).await?,
    }
    Ok(End::Done)
}

/// This binary as somebody in this folder would type it: `gtm` where the PATH finds it, its path otherwise.
fn typed() -> Result<String> {
    let binary = env::current_exe()?;
    let found =
        env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join("gtm") == binary));
    let here = env::current_dir()?;
    Ok(match binary.strip_prefix(&here) {
        _ if found => "gtm".to_owned(),
        Ok(below) => below.display().to_string(),
        Err(_) => binary.display().to_string(),
    })
}

/// A fresh database in the demonstration's folder.
async fn open(global: &Global, of: &Demo) -> Result<(PathBuf, Host)> {
    fs::create_dir_all(&of.dir).with_context(|| format!("cannot make the folder `{}`", of.dir.display()))?;
    let database = of.dir.join("gtm.sqlite");
    for suffix in ["", "-wal", "-shm"] {
        let mut file = database.clone().into_os_string();
        file.push(suffix);
        match fs::remove_file(&file) {
            Err(e) if e.kind() != ErrorKind::NotFound => {
                return Err(e).context("the last demonstration's database cannot be removed");
            }
            _ => {}
        }
    }
    let global = Global {
        database: database.to_string_lossy().into_owned(),
        actor: global.actor.clone(),
        json: false,
        key: global.key.clone(),
        cache: global.cache.clone(),
        files: global.files.clone(),
    };
    Ok((database, Host::open(&global).await?))
}

async fn bring_in(host: &Host, folder: &Path, company: &Company) -> Result<()> {
    let mut tx = host.store.begin(&host.actor).await?;
    tx.add_accounts(&company.accounts).await?;
    tx.add_contacts(&company.contacts).await?;
    tx.add_products(&company.products).await?;
    tx.commit().await?;
    let lines = import_file(host, folder, "sales.csv", &company.sales).await?;
    println!("imported {} lines of sales of 2024 and 2025\n", count(lines));
    Ok(())
}

/// Writes the lines to a file and brings it in by the door that everybody uses.
async fn import_file(host: &Host, folder: &Path, name: &str, lines: &str) -> Result<u64> {
    let file = folder.join(name);
    fs::write(&file, lines).with_context(|| format!("cannot write `{}`", file.display()))?;
    let bar = Progress::new("importing", 0, "bytes");
    let options = ImportOptions {
        dry_run: false,
        actor: host.actor.clone(),
        refused_file: folder.join("refused.csv"),
        progress: Some(Arc::new(move |progress| {
            bar.reach_of(progress.bytes, progress.of_bytes)
        })),
    };
    Ok(
        import::import_transactions(&host.store, &Profile::load("transactions")?, &file, &options)
            .await?
            .accepted,
    )
}

async fn run_all(host: &Host) -> Result<Vec<run::Report>> {
    let workers = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let closed: Day = CLOSED.parse()?;
    let mut reports = Vec::new();
    let progress = Progress::new("running", PERIODS, "periods");
    for planned in PROGRAMS.iter().filter(|planned| planned.runs) {
        let (code, calendar): (&str, Calendar) = (planned.code, planned.calendar.parse()?);
        let mut period = calendar.containing(planned.start.parse()?)?;
        while period.end <= closed {
            reports.push(run::run(host, code, &period.label, RunMode::Actual, workers).await?);
            progress.reach(reports.len() as u64);
            period = calendar.next(&period)?;
        }
    }
    Ok(reports)
}

/// One line a program and year.
fn paid(reports: &[run::Report]) -> String {
    let mut lines: Vec<(String, String, u64, Total, Total)> = Vec::new();
    for report in reports {
        let year = report.period[..4].to_owned();
        let held = report.held.len() as u64;
        match lines
            .last_mut()
            .filter(|line| line.0 == report.program && line.1 == year)
        {
            Some(line) => {
                line.2 += held;
                line.3 += report.difference;
                line.4 += report.amount;
            }
            None => lines.push((report.program.clone(), year, held, report.difference, report.amount)),
        }
    }
    let row = |(program, year, held, difference, total): (String, String, u64, Total, Total)| {
        [
            program,
            year,
            amount(difference, 2),
            format!("{} {CURRENCY}", amount(total, 2)),
            count(held),
        ]
    };
    table(
        ["program", "year", ">posted now", ">in total", ">in quarantine"],
        lines.into_iter().map(row),
    )
}

/// The statement that pays most in the last quarter of the volume rebate and still has a tier above it.
async fn explain_one(host: &Host) -> Result<()> {
    let filter = statement::Filter {
        program: Some("partner-volume".into()),
        period: Some("2025-Q4".into()),
        account: None,
    };
    let mut statements = statement::list(host, &filter, None, 1000).await?.statements;
    statements.sort_by_key(|line| std::cmp::Reverse(line.amount));
    for line in statements {
        let explained = statement::show(host, line.id.as_str()).await?;
        if !explained.milestones.is_empty() {
            println!("one statement, line by line:\n\n{}", show::explained(&explained));
            break;
        }
    }
    Ok(())
}
