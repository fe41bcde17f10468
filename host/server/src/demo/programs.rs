//! The programs of the demonstration: three rebates, and one of every other kind.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use domain::day::Day;

use super::company::{CURRENCY, Company};
use crate::account_program;
use crate::cli::{ConversionArgs, CreateProgram, Demo, Enrol, ScheduleArgs};
use crate::command::show;
use crate::host::Host;
use crate::{plugin, program};

/// A program with who takes part in it.
pub struct Planned {
    pub code: &'static str,
    pub title: &'static str,
    /// The plugin's folder; its id is `gtm/` before that.
    pub plugin: &'static str,
    pub calendar: &'static str,
    pub start: &'static str,
    pub terms: &'static str,
    pub who: Who,
    /// Whether its periods are run; the others pay claims only.
    pub runs: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Everybody,
    /// Those that belong to nobody: their branches count with them.
    OnTop,
    /// So many of those, the first.
    First(usize),
}

macro_rules! planned {
    ($code:literal, $title:literal, $plugin:literal, $calendar:literal, $start:literal, $terms:literal, $who:expr, $runs:literal) => {
        Planned {
            code: $code,
            title: $title,
            plugin: $plugin,
            calendar: $calendar,
            start: $start,
            terms: include_str!(concat!("terms/", $terms, ".json")),
            who: $who,
            runs: $runs,
        }
    };
}

pub const PROGRAMS: [Planned; 9] = [
    planned!(
        "partner-volume",
        "Partner volume rebate",
        "rebate",
        "quarter",
        "2024-01-01",
        "volume",
        Who::OnTop,
        true
    ),
    planned!(
        "growth-2025",
        "Growth over last year",
        "rebate",
        "quarter",
        "2025-01-01",
        "growth",
        Who::Everybody,
        true
    ),
    planned!(
        "coffee",
        "Coffee by the kilo",
        "rebate",
        "month",
        "2024-01-01",
        "coffee",
        Who::Everybody,
        true
    ),
    planned!(
        "co-op",
        "Co-op marketing fund",
        "mdf",
        "quarter",
        "2025-01-01",
        "co-op",
        Who::OnTop,
        true
    ),
    planned!(
        "filter-weeks",
        "Filter weeks",
        "billback",
        "quarter",
        "2025-01-01",
        "billback",
        Who::Everybody,
        true
    ),
    planned!(
        "ship-and-debit",
        "Ship and debit",
        "chargeback",
        "quarter",
        "2025-01-01",
        "chargeback",
        Who::OnTop,
        false
    ),
    planned!(
        "signature",
        "Signature blend royalty",
        "royalty",
        "quarter",
        "2025-01-01",
        "royalty",
        Who::First(6),
        true
    ),
    planned!(
        "bean-club",
        "Bean club",
        "loyalty",
        "quarter",
        "2025-01-01",
        "loyalty",
        Who::First(30),
        true
    ),
    planned!(
        "commission",
        "Reseller commission",
        "incentive",
        "quarter",
        "2025-01-01",
        "incentive",
        Who::First(8),
        true
    ),
];

/// Installs every plugin of the demonstration.
pub async fn install_plugins(host: &Host, of: &Demo) -> Result<()> {
    let folder = components(of)?;
    let mut installed = Vec::new();
    let mut names: Vec<&str> = PROGRAMS.iter().map(|planned| planned.plugin).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let path = folder.join(format!("{name}.wasm"));
        let there = path.try_exists().ok().filter(|there| *there);
        there.with_context(|| {
            format!(
                "`{}` is not there: `gtm plugin build plugins/{name}` makes it",
                path.display()
            )
        })?;
        installed.push(plugin::install(host, &path, None).await?);
    }
    println!("{}\n", show::plugins(&installed));
    Ok(())
}

fn components(of: &Demo) -> Result<PathBuf> {
    if let Some(folder) = of
        .components
        .clone()
        .or(env::var_os("GTM_COMPONENTS").map(PathBuf::from))
    {
        return Ok(folder);
    }
    let binary = env::current_exe()?;
    let target = binary.parent().and_then(Path::parent);
    Ok(target
        .context("the binary lies in no target folder")?
        .join("components"))
}

pub async fn create_programs(host: &Host, folder: &Path, company: &Company) -> Result<()> {
    for planned in &PROGRAMS {
        let file = folder.join(format!("{}.json", planned.code));
        fs::write(&file, planned.terms).with_context(|| format!("cannot write `{}`", file.display()))?;
        let start: Day = planned.start.parse()?;
        let of = CreateProgram {
            code: planned.code.into(),
            plugin: format!("gtm/{}", planned.plugin),
            terms: file,
            title: Some(planned.title.into()),
            currency: CURRENCY.parse()?,
            calendar: planned.calendar.parse()?,
            start: Some(start),
            end: None,
            conversion: ConversionArgs::default(),
            schedule: ScheduleArgs::default(),
            valid_from: None,
            new_terms: false,
        };
        program::create(host, &of).await?;
        let enrolment = Enrol {
            program: planned.code.into(),
            accounts: accounts(company, planned.who),
            all: planned.who == Who::Everybody,
            from: None,
            until: None,
            agreed: vec![],
            override_reason: None,
        };
        account_program::enrol(host, &enrolment).await?;
    }
    println!("{}\n", show::programs(&program::list(host).await?));
    Ok(())
}

/// Numbers of those who take part; none where everybody does.
pub fn accounts(company: &Company, who: Who) -> Vec<String> {
    let on_top = company
        .accounts
        .iter()
        .filter(|account| account.parent.is_none())
        .map(|account| account.number.clone());
    match who {
        Who::Everybody => vec![],
        Who::OnTop => on_top.collect(),
        Who::First(count) => on_top.take(count).collect(),
    }
}
