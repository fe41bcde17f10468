//! What the same answer costs with SQL on SQLite, with DuckDB, and in a loop over Python decimals: `peers.py`, in a Python environment of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::measure::{Done, run};

/// Python with DuckDB.
#[derive(Debug)]
pub struct Peers {
    python: PathBuf,
}

/// What a peer answered.
#[derive(Debug)]
pub struct Answer {
    /// As the peer itself measured, without its start.
    pub seconds: f64,
    pub peak_kib: u64,
    pub paid: Paid,
}

/// Pennies by account number; whoever gets nothing is absent.
pub type Paid = BTreeMap<String, i64>;

impl Peers {
    /// Makes the environment once, under cargo's target folder.
    pub fn install() -> Result<Self> {
        let program = std::env::current_exe()?;
        // target/release/deps/NAME
        let target = program
            .ancestors()
            .nth(3)
            .context("the benchmark lies in no target folder")?;
        let folder = target.join("bench/python");
        let python = folder.join("bin/python");
        let has_duckdb = |python: &Path| {
            Command::new(python)
                .args(["-c", "import duckdb"])
                .output()
                .is_ok_and(|output| output.status.success())
        };
        if !has_duckdb(&python) {
            run(Command::new("python3").args(["-m", "venv"]).arg(&folder))
                .context("python3 with its module venv is needed for the peers")?;
            run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "duckdb==2.0.0"]))
                .context("duckdb cannot be installed")?;
            ensure!(has_duckdb(&python), "duckdb was installed and cannot be imported");
        }
        Ok(Self { python })
    }

    pub fn ask<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Result<(Value, Done)> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/gtm/peers.py");
        let done = run(Command::new(&self.python).arg(script).args(arguments))?;
        Ok((serde_json::from_slice(&done.printed)?, done))
    }

    pub fn answer<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Result<Answer> {
        let (answer, done) = self.ask(arguments)?;
        let paid = answer["paid"]
            .as_object()
            .context("the peer names nobody who is paid")?;
        let paid = paid
            .iter()
            .map(|(account, pennies)| Some((account.clone(), pennies.as_i64()?)));
        Ok(Answer {
            seconds: answer["seconds"].as_f64().context("the peer tells no time")?,
            peak_kib: done.peak_kib,
            paid: paid.collect::<Option<Paid>>().context("pennies are whole")?,
        })
    }
}

/// Loads a file into a new table by the `.import` of SQLite's own program; `columns` gives the table a shape that it would not have by itself.
pub fn sqlite_import(file: &Path, database: &Path, columns: Option<&str>) -> Result<Done> {
    let mut command = Command::new("sqlite3");
    command.arg(database);
    let import = match columns {
        None => format!(".import --csv {} lines", file.display()),
        Some(columns) => {
            command.arg(format!("create table lines ({columns})"));
            format!(".import --csv --skip 1 {} lines", file.display())
        }
    };
    let done = run(command.arg(import)).context("sqlite3 is needed as a peer: Debian's package `sqlite3` has it")?;
    std::fs::remove_file(database)?;
    Ok(done)
}
