//! The process is killed at any moment, again and again, and started again: nothing is lost and nothing is there twice.

use std::fmt::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tests::{Chance, Engine, Gtm, component, on_both_engines};

use crate::company::{program, replay_all, tiers};

on_both_engines! {
    killing_imports_and_runs_loses_nothing_and_doubles_nothing
}

/// Of each command, on each engine: together more than twenty.
const KILLS: usize = 6;
/// Before a command is left to finish, so that its beginning and its end are both met.
const KILLS_IN_A_ROW: usize = 4;

const LINES: usize = 50_000;
const ACCOUNTS: usize = 2_500;

/// Accounts and products are made as lines name them.
const PROFILE: &str = r#"
records = "transactions"
source = "till"
key = ["key"]
repeats = "duplicate"

[fields]
kind = { constant = "sale" }
account = { column = "account" }
product = { column = "product" }
date = { column = "date" }
currency = { constant = "GBP" }
net_amount = { column = "net_amount" }

[accounts]
unknown = "create"

[products]
unknown = "create"
category = { constant = "goods" }
"#;

fn killing_imports_and_runs_loses_nothing_and_doubles_nothing(engine: Engine) {
    let files = tempfile::tempdir().expect("a temporary folder");
    let (sales, profile) = (files.path().join("sales.csv"), files.path().join("till.toml"));
    std::fs::write(&sales, lines()).expect("a file in the temporary folder");
    std::fs::write(&profile, PROFILE).expect("a file in the temporary folder");
    let import = import_of(&sales, &profile);
    let run = "run volume --period 2024-Q1";

    let undisturbed = Gtm::new(engine);
    let mut import_takes = timed(&undisturbed, &import);
    begin(&undisturbed);
    let mut run_takes = timed(&undisturbed, run);
    let expected = everything(&undisturbed);
    assert_eq!(undisturbed.query("select count(*) from journal"), format!("{LINES}\n"));
    assert_eq!(
        undisturbed.query("select count(*) from revisions"),
        format!("{ACCOUNTS}\n")
    );

    let mut chance = Chance(0x5eed_0001 + engine as u64);
    let (mut imports_killed, mut runs_killed) = (0, 0);
    while imports_killed < KILLS || runs_killed < KILLS {
        let gtm = Gtm::new(engine);
        if imports_killed < KILLS {
            imports_killed += kill(&gtm, &import, &mut import_takes, &mut chance);
        }
        gtm.run(&import);
        begin(&gtm);
        if runs_killed < KILLS {
            runs_killed += kill(&gtm, run, &mut run_takes, &mut chance);
        }
        assert_eq!(gtm.run(run)["status"], "complete");

        for (what, expected) in &expected {
            assert!(
                gtm.query(what) == *expected,
                "after {imports_killed} and {runs_killed} kills another answer to: {what}"
            );
        }
        gtm.run("audit");
        gtm.run("segments verify");
        assert_eq!(gtm.run(run)["posted"], 0);
        if imports_killed >= KILLS && runs_killed >= KILLS {
            assert_eq!(replay_all(&gtm), ACCOUNTS);
        }
    }
    println!(
        "{imports_killed} imports of {import_takes:?} and {runs_killed} runs of {run_takes:?} killed on {engine:?}"
    );
}

/// Starts the command and kills it, some times at random moments of the time that it takes. Says how often it was still running.
fn kill(gtm: &Gtm, line: &str, takes: &mut Duration, chance: &mut Chance) -> usize {
    for killed in 0..KILLS_IN_A_ROW {
        let mut child = gtm.start(line);
        let moment = *takes * chance.below(1_000) as u32 / 1_000;
        sleep(moment);
        child.kill().expect("a child that was not waited for");
        let ended = child.wait().expect("how it ended");
        if ended.signal().is_none() {
            // It was faster than undisturbed: from now on it is killed earlier.
            assert!(ended.success(), "{line}: {ended}");
            *takes = moment;
            return killed;
        }
    }
    KILLS_IN_A_ROW
}

/// Everything that must not depend on how often somebody pulled the plug: not ids, times, or which import or run it was.
fn everything(gtm: &Gtm) -> Vec<(&'static str, String)> {
    let queries = [
        "select position, journal.key, kind, accounts.number, products.sku, date, currency, net_amount_micros
         from journal join accounts on accounts.ordinal = account join products on products.ordinal = product order by position",
        "select ordinal, number, name from accounts order by ordinal",
        "select ordinal, sku, category from products order by ordinal",
        "select period, accounts.number, revision, context_digest, rows_digest
         from statements join accounts on accounts.id = account join revisions on statement = statements.id and revisions.number = revision
         order by accounts.ordinal",
        "select accounts.number, transfers.period, revision, line, rule, debit, credit, amount_micros, unit, effective_day, reason
         from transfers join accounts on accounts.id = account order by accounts.ordinal, revision, line",
        "select debit, credit, unit, sum(amount_micros) from transfers group by debit, credit, unit",
        "select count(*) from quarantine",
        "select name, value from counters where name in ('accounts', 'journal', 'products', 'sealed', 'sources') order by name",
        "select sum(row_count) from segments",
    ];
    queries.into_iter().map(|query| (query, gtm.query(query))).collect()
}

fn begin(gtm: &Gtm) {
    gtm.run(&format!("plugin install {}", component("rebate").display()));
    program(gtm, "volume", &tiers("1 %", "2.5 %"));
    gtm.run("program enrol volume --all");
}

fn import_of(sales: &Path, profile: &Path) -> String {
    format!(
        "import transactions {} --profile {}",
        sales.display(),
        profile.display()
    )
}

fn timed(gtm: &Gtm, line: &str) -> Duration {
    let start = Instant::now();
    gtm.run(line);
    start.elapsed()
}

/// A quarter of sales at tills, of 2,500 customers and 400 products, always the same.
fn lines() -> String {
    let mut chance = Chance(0x5eed);
    let mut csv = String::from("key,account,product,date,net_amount\n");
    for number in 0..LINES {
        // Everybody buys, and some far more than others.
        let account = if number < ACCOUNTS {
            number
        } else {
            chance.below(ACCOUNTS) * chance.below(ACCOUNTS) / ACCOUNTS
        };
        let (product, month, day) = (chance.below(400), 1 + chance.below(3), 1 + chance.below(29));
        let (pounds, pence) = (chance.below(400), chance.below(100));
        let _ = writeln!(
            csv,
            "T-{number},c-{account},p-{product},2024-{month:02}-{day:02},{pounds}.{pence:02}"
        );
    }
    csv
}
