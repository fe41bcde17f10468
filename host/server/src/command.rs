//! One command from the words that were typed to the words that are printed.

mod period;
mod rate;
pub mod participation;
pub mod show;
pub mod stacking;

mod settlement;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use domain::approval::Verdict;
use runtime::{Engine, Key};
use store::run::RunMode;

use crate::cli::{self, Cli, Command, Global};
use crate::demo::demo;
use crate::host::{Host, key_path, open_engine};
use crate::import::{self, ImportOptions, Profile};
use crate::output::{Format, print};
use crate::progress::Progress;
use crate::replay::Replay;
use crate::serve::serve;
use crate::{approval, balance, budget, fund, plugin, program, run, seal, statement};

/// How a command ended, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Done = 0,
    /// Something is held: statements in quarantine, or lines refused.
    Held = 3,
    /// A replay differs, or a check found something changed.
    Differs = 4,
}

/// Does what the command line says and prints the answer.
pub async fn command(cli: Cli) -> Result<End> {
    let format = if cli.global.json { Format::Json } else { Format::Text };
    match cli.command {
        Command::Demo(of) => demo(&cli.global, &of).await,
        Command::Plugin(of) => plugin_command(&cli.global, of, format).await,
        command => on(&Host::open(&cli.global).await?, command, format).await,
    }
}

/// Does a command on a host that is open already, and prints the answer.
pub async fn on(host: &Host, command: Command, format: Format) -> Result<End> {
    match command {
        Command::Demo(_) | Command::Plugin(_) => {
            bail!("`gtm demo` and `gtm plugin` open for themselves what they need")
        }
        Command::Serve(of) => serve(host.clone(), of.listen).await.map(|()| End::Done),
        Command::Import(of) => import_command(host, &of, format).await,
        Command::Program(of) => program_command(host, of, format).await,
        Command::Period(of) => period::period(host, of, format).await,
        Command::Rate(of) => rate::rate(host, of, format).await,
        Command::Run(of) => run_command(host, &of, format).await,
        Command::Statement(of) => statement_command(host, of, format).await,
        Command::Replay(of) => {
            let replayed = Replay::open(host).await?.run(&of.statements).await?;
            print(format, &replayed, |replayed| show::replayed(replayed))?;
            Ok(if replayed.iter().all(|replayed| replayed.identical) {
                End::Done
            } else {
                End::Differs
            })
        }
        Command::Balance(of) => {
            let balances = balance::balances(host, &of).await?;
            print(format, &balances, show::balances).map(|()| End::Done)
        }
        Command::Budget(of) => budget_command(host, of, format).await,
        Command::Fund(of) => fund_command(host, of, format).await,
        Command::Approve(of) => approve_command(host, of, format).await,
        Command::Claim(of) => crate::claim::command(host, of, format).await,
        Command::Agreement(of) => crate::agreement::command(host, of, format).await,
        Command::Payee(of) => settlement::payee(host, of, format).await,
        Command::Issuer(of) => settlement::issuer(host, of, format).await,
        Command::SettlementPolicy(of) => settlement::policy(host, of, format).await,
        Command::Settle(of) => settlement::settle(host, &of, format).await,
        Command::Document(of) => settlement::document(host, of, format).await,
        Command::Payment(of) => settlement::payment(host, of, format).await,
        Command::Hold(of) => settlement::hold(host, of, format).await,
        Command::Posting(of) => settlement::posting(host, of, format).await,
        Command::Journal(of) => settlement::journal(host, of, format).await,
        Command::Segments(of) => segments_command(host, &of, format).await,
        Command::Audit => audit_command(host, format).await,
    }
}

async fn audit_command(host: &Host, format: Format) -> Result<End> {
    match host.store.read().await?.verify_audit().await {
        Ok(entries) => print(format, &serde_json::json!({ "entries": entries }), |_| {
            format!("the chain of {entries} entries is whole")
        })
        .map(|()| End::Done),
        Err(store::Error::Corrupt { what }) => {
            print(format, &serde_json::json!({ "broken": what }), |_| what.clone()).map(|()| End::Differs)
        }
        Err(e) => Err(e.into()),
    }
}

async fn budget_command(host: &Host, of: cli::Budget, format: Format) -> Result<End> {
    let listed = match of {
        cli::Budget::Create(of) => budget::create(host, &of).await?,
        cli::Budget::Set {
            code,
            amount,
            reason,
            overridden,
        } => budget::set(host, &code, amount, &reason, overridden.as_deref()).await?,
        cli::Budget::Attach { code, program } => budget::attach(host, &code, &program).await?,
        cli::Budget::List => {
            let budgets = budget::list(host).await?;
            return print(format, &budgets, |budgets| budget::lines(budgets)).map(|()| End::Done);
        }
        cli::Budget::Show { code } => {
            let shown = budget::show(host, &code).await?;
            return print(format, &shown, budget::shown).map(|()| End::Done);
        }
    };
    print(format, &listed, |listed| budget::lines(std::slice::from_ref(listed))).map(|()| End::Done)
}

async fn fund_command(host: &Host, of: cli::Fund, format: Format) -> Result<End> {
    let shown = match of {
        cli::Fund::Allocate(of) => fund::allocate(host, &of).await?,
        cli::Fund::Release(of) => fund::release(host, &of).await?,
        cli::Fund::Show { program, account } => fund::show(host, &program, &account).await?,
        cli::Fund::List { program } => {
            let funds = fund::list(host, &program).await?;
            return print(format, &funds, fund::lines).map(|()| End::Done);
        }
        cli::Fund::Expire { program, on } => {
            let funds = fund::expire(host, &program, on).await?;
            return print(format, &funds, fund::lines).map(|()| End::Done);
        }
    };
    print(format, &shown, fund::text).map(|()| End::Done)
}

async fn approve_command(host: &Host, of: cli::Approve, format: Format) -> Result<End> {
    let shown = match of {
        cli::Approve::Inbox => {
            let list = approval::inbox(host).await?;
            return print(format, &list, |list| approval::lines(list)).map(|()| End::Done);
        }
        cli::Approve::List { all } => {
            let list = approval::list(host, all).await?;
            return print(format, &list, |list| approval::lines(list)).map(|()| End::Done);
        }
        cli::Approve::Show { approval } => approval::show(host, &approval).await?,
        cli::Approve::Yes { approval, words } => approval::vote(host, &approval, Verdict::Approve, &words).await?,
        cli::Approve::No { approval, words } => approval::vote(host, &approval, Verdict::Reject, &words).await?,
        cli::Approve::Ask {
            subject,
            amount,
            reason,
        } => approval::ask(host, &subject, amount, &reason).await?,
        of => {
            let rules = match of {
                cli::Approve::Rule(of) => approval::set_rule(host, &of).await?,
                cli::Approve::Grant { approver, kind, limit } => approval::grant(host, &approver, kind, limit).await?,
                cli::Approve::Revoke { approver, kind } => approval::revoke(host, &approver, kind).await?,
                cli::Approve::Delegate(of) => approval::delegate(host, &of).await?,
                _ => approval::rules(host).await?,
            };
            return print(format, &rules, approval::rules_text).map(|()| End::Done);
        }
    };
    print(format, &shown, approval::text).map(|()| End::Done)
}

async fn plugin_command(global: &Global, of: cli::Plugin, format: Format) -> Result<End> {
    let engine = || -> Result<Engine> { open_engine(global, &Arc::new(Key::open(&key_path(global))?)) };
    match of {
        cli::Plugin::Build { folder, output } => {
            print(format, &plugin::build::build(&folder, output.as_deref())?, show::built).map(|()| End::Done)
        }
        cli::Plugin::Inspect { component } => {
            print(format, &plugin::inspect(&engine()?, &component)?, show::inspected).map(|()| End::Done)
        }
        cli::Plugin::Test { component, cases } => {
            let tested = plugin::test(&engine()?, &component, &cases)?;
            print(format, &tested, show::tested)?;
            Ok(if tested.failed == 0 { End::Done } else { End::Differs })
        }
        cli::Plugin::Run { component, case } => {
            let calculated = plugin::run(&engine()?, &component, &case)?;
            print(format, &calculated, show::calculated)?;
            Ok(if calculated.differences.is_empty() {
                End::Done
            } else {
                End::Differs
            })
        }
        cli::Plugin::Install { component, grant } => {
            let installed = plugin::install(&Host::open(global).await?, &component, grant.as_deref()).await?;
            print(format, &installed, |installed| {
                show::plugins(std::slice::from_ref(installed))
            })
            .map(|()| End::Done)
        }
        cli::Plugin::List => {
            let installed = plugin::list(&Host::open(global).await?).await?;
            print(format, &installed, |installed| show::plugins(installed)).map(|()| End::Done)
        }
    }
}

async fn import_command(host: &Host, of: &cli::Import, format: Format) -> Result<End> {
    let default = match of.what {
        cli::ImportKind::Accounts => "accounts",
        cli::ImportKind::Contacts => "contacts",
        cli::ImportKind::Products => "products",
        cli::ImportKind::Transactions => "transactions",
    };
    let mut profile = Profile::load(of.profile.as_deref().unwrap_or(default))?;
    if let Some(code) = &of.program {
        profile.time_zone = Some(program::time_zone(host, code).await?);
    }
    let options = import_options(host, of.dry_run, &of.refused);
    let report = match of.what {
        cli::ImportKind::Accounts => import::import_accounts(&host.store, &profile, &of.file, &options).await?,
        cli::ImportKind::Contacts => import::import_contacts(&host.store, &profile, &of.file, &options).await?,
        cli::ImportKind::Products => import::import_products(&host.store, &profile, &of.file, &options).await?,
        cli::ImportKind::Transactions => import::import_transactions(&host.store, &profile, &of.file, &options).await?,
    };
    drop(options);
    print(format, &report, show::imported)?;
    Ok(if report.refused == 0 { End::Done } else { End::Held })
}

/// The bar of its progress goes away when they are dropped.
fn import_options(host: &Host, dry_run: bool, refused_file: &Path) -> ImportOptions {
    let bar = Progress::new("importing", 0, "bytes");
    ImportOptions {
        dry_run,
        actor: host.actor.clone(),
        refused_file: refused_file.to_owned(),
        progress: Some(Arc::new(move |progress| {
            bar.reach_of(progress.bytes, progress.of_bytes)
        })),
    }
}

async fn program_command(host: &Host, of: cli::Program, format: Format) -> Result<End> {
    match of {
        cli::Program::Create(of) => {
            let created = program::create(host, &of).await?;
            print(format, &created, |created| {
                show::programs(std::slice::from_ref(created))
            })?;
        }
        cli::Program::Participation(of) => return participation::command(host, of, format).await,
        cli::Program::Stack(of) => return stacking::command(host, &of, format).await,
        cli::Program::List => print(format, &program::list(host).await?, |programs| show::programs(programs))?,
        cli::Program::Show { code } => print(format, &program::show(host, &code).await?, show::program)?,
    }
    Ok(End::Done)
}

async fn run_command(host: &Host, of: &cli::Run, format: Format) -> Result<End> {
    let mode = if of.what_if { RunMode::WhatIf } else { RunMode::Actual };
    let workers = match of.workers {
        Some(workers) => NonZeroUsize::new(workers).context("a run needs at least one worker")?,
        None => std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    let report = run::run(host, &of.program, &of.period, mode, workers).await?;
    print(format, &report, show::run)?;
    Ok(if report.held.is_empty() { End::Done } else { End::Held })
}

async fn statement_command(host: &Host, of: cli::Statement, format: Format) -> Result<End> {
    match of {
        cli::Statement::List {
            program,
            period,
            account,
            limit,
            after,
            held: false,
        } => {
            let filter = statement::Filter {
                program,
                period,
                account,
            };
            let page = statement::list(host, &filter, after.as_deref(), limit).await?;
            print(format, &page, show::statements)?;
        }
        cli::Statement::List {
            program, held: true, ..
        } => {
            let held = statement::held(host, program.as_deref()).await?;
            print(format, &held, |held| show::held(held))?;
        }
        cli::Statement::Show { statement } => {
            print(format, &statement::show(host, &statement).await?, show::explained)?
        }
    }
    Ok(End::Done)
}

async fn segments_command(host: &Host, of: &cli::Segments, format: Format) -> Result<End> {
    match of {
        cli::Segments::Rebuild => {
            let position = seal::rebuild(&host.store, &host.actor).await?;
            print(format, &serde_json::json!({ "position": position }), |_| {
                format!("sealed anew, up to position {position} of the journal")
            })?;
            Ok(End::Done)
        }
        cli::Segments::Verify => {
            let (sound, broken) = seal::verify(&host.store).await?;
            print(
                format,
                &serde_json::json!({ "sound": sound, "broken": broken }),
                |_| match broken.is_empty() {
                    true => format!("all {sound} segments are what their digests name"),
                    false => broken.join("\n"),
                },
            )?;
            Ok(if broken.is_empty() { End::Done } else { End::Differs })
        }
    }
}
