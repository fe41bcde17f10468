//! (b) A whole run, from segments to the posted ledger, against the same answer by what people use now. All agree to the penny, account by
//! account, or the benchmark fails.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::Gtm;

use crate::data;
use crate::measure::{Done, best, run};
use crate::peers::{Answer, Paid, Peers};
use crate::table::{Table, Target, figure, mebibytes, seconds};

/// A period of a set, and the file in gtm's own columns that the peers load.
#[derive(Debug)]
pub struct Set<'a> {
    pub what: &'a str,
    pub gtm: &'a Gtm,
    pub plain: &'a Path,
    pub calendar: &'a str,
    pub period: &'a str,
    pub start: &'a str,
    pub end: &'a str,
}

/// What a run took, for comparing sets.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    pub peak_kib: u64,
}

pub fn measure(table: &mut Table, set: &Set<'_>, peers: &Peers, folder: &Path, rounds: usize) -> Result<Took> {
    let folder_text = folder.to_str().context("a folder with a name in UTF-8")?;
    peers.ask([
        "load",
        set.plain.to_str().context("a file with a name in UTF-8")?,
        folder_text,
    ])?;
    let ask = |task: &str, threads: Option<&str>| {
        peers.answer([task, folder_text, set.start, set.end].into_iter().chain(threads))
    };

    // Every round posts to a program of its own. The first run of all seals the journal, and is told apart.
    let create = |code: &str| data::create(set.gtm, code, set.calendar, set.start);
    create("sealing");
    let sealing = go(set, "sealing", 2, true)?;
    let (mut one, mut two, mut dry) = (vec![], vec![], vec![]);
    let (mut sqlite, mut indexed, mut duck, mut ducks) = (vec![], vec![], vec![], vec![]);
    for round in 0..rounds {
        let codes = [format!("one-{round}"), format!("two-{round}")];
        codes.iter().for_each(|code| create(code));
        one.push(go(set, &codes[0], 1, false)?);
        sqlite.push(ask("sqlite", None)?);
        indexed.push(ask("indexed", None)?);
        duck.push(ask("duckdb", Some("1"))?);
        ducks.push(ask("duckdb", Some("2"))?);
        two.push(go(set, &codes[1], 2, false)?);
        dry.push(go(set, "sealing", 1, true)?);
    }
    let decimal = vec![ask("decimal", None)?];

    let paid = ledger(set.gtm, "one-0")?;
    ensure!(
        !paid.is_empty() && paid == ledger(set.gtm, "two-0")?,
        "one worker and two do not pay the same"
    );
    for (peer, answers) in [
        ("SQLite", &sqlite),
        ("SQLite with an index", &indexed),
        ("DuckDB", &duck),
        ("DuckDB", &ducks),
        ("Python", &decimal),
    ] {
        let differs = |account: &&String| answers[0].paid.get(*account) != paid.get(*account);
        let different = paid.keys().chain(answers[0].paid.keys()).find(differs);
        ensure!(
            different.is_none(),
            "{peer} and gtm do not pay the same to account `{}`",
            different.map_or("", |account| account)
        );
    }

    let report: Value = serde_json::from_slice(&one[0].printed)?;
    let (lines, statements) = (
        report["rows"].as_f64().unwrap_or_default(),
        report["participants"].as_f64().unwrap_or_default(),
    );
    let wall = |done: &[Done]| best(&done.iter().map(|done| done.seconds).collect::<Vec<_>>());
    let peer = |answers: &[Answer]| best(&answers.iter().map(|answer| answer.seconds).collect::<Vec<_>>());
    let title = format!(
        "{}: {} lines, {} statements, ",
        set.what,
        figure(lines),
        figure(statements)
    );
    let mut against = |what: &str, ours: f64, theirs: f64, target| {
        table.beside(
            &format!("{title}{what}"),
            seconds(ours),
            seconds(theirs),
            theirs / ours,
            target,
        );
    };
    against(
        "against SQLite SQL",
        wall(&one),
        peer(&sqlite),
        Some(Target::AtLeast(10.0)),
    );
    against(
        "against SQLite SQL, covering index",
        wall(&one),
        peer(&indexed),
        Some(Target::AtLeast(10.0)),
    );
    against(
        "against DuckDB DECIMAL, 1 thread",
        wall(&one),
        peer(&duck),
        Some(Target::AtLeast(1.0)),
    );
    against(
        "against DuckDB DECIMAL, 2 threads",
        wall(&two),
        peer(&ducks),
        Some(Target::AtLeast(1.0)),
    );
    against("against a Python decimal loop", wall(&one), peer(&decimal), None);
    against("not posted, against DuckDB, 1 thread", wall(&dry), peer(&duck), None);
    let peak = |answers: &[Answer]| answers.iter().map(|answer| answer.peak_kib).max().unwrap_or(0);
    let memory = one[0].peak_kib.max(two[0].peak_kib);
    for (peer, answers) in [
        ("SQLite", &sqlite),
        ("SQLite with an index", &indexed),
        ("DuckDB, 1 thread", &duck),
        ("DuckDB, 2 threads", &ducks),
        ("Python", &decimal),
    ] {
        table.beside(
            &format!("{title}peak memory, {peer}"),
            mebibytes(memory),
            mebibytes(peak(answers)),
            memory as f64 / peak(answers) as f64,
            None,
        );
    }
    table.alone(
        &format!("{title}first run, which seals the journal"),
        seconds(sealing.seconds),
        sealing.seconds,
        None,
    );
    Ok(Took { peak_kib: memory })
}

fn go(set: &Set<'_>, code: &str, workers: usize, what_if: bool) -> Result<Done> {
    let line = format!(
        "run {code} --period {} --workers {workers} --json{}",
        set.period,
        if what_if { " --what-if" } else { "" }
    );
    run(set.gtm.command(line.split_whitespace()).current_dir(set.gtm.folder()))
}

/// What the ledger owes each account.
fn ledger(gtm: &Gtm, program: &str) -> Result<Paid> {
    let balances = gtm.run(&format!("balance --program {program} --by-account"));
    let balances = balances["balances"].as_array().context("balances")?;
    let payable = balances.iter().filter(|balance| balance["code"] == "payable");
    let paid = payable.map(|balance| {
        let amount = balance["amount"].as_str()?;
        let (pounds, pence) = amount.split_once('.').unwrap_or((amount, ""));
        Some((
            balance["account"].as_str()?.to_owned(),
            format!("{pounds}{pence:0<2}").parse().ok()?,
        ))
    });
    let paid = paid
        .collect::<Option<Paid>>()
        .context("an amount in whole pennies for each account")?;
    Ok(paid.into_iter().filter(|(_, pennies)| *pennies != 0).collect())
}
