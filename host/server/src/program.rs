//! `gtm program …`: programs and their terms. Who takes part is in [`crate::account_program`].

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use domain::approval::{Kind, Status};
use domain::day::Day;
use domain::digest::canonical_json;
use domain::exchange::Conversion;
use domain::id::ProgramId;
use domain::plugin::{Descriptor, ProgramKind};
use domain::program::Program;
use domain::schedule::{Schedule, TimeZone};
use serde::Serialize;
use store::Snapshot;
use store::approval::NewApproval;
use store::plugin::PluginVersion;
use store::program::{NewProgram, NewTerms};

use crate::cli;
use crate::host::Host;
use runtime::Plugin;

/// A program with what a list shows of it.
#[derive(Debug, Serialize)]
pub struct Listed {
    #[serde(flatten)]
    pub program: Program,
    pub kind: ProgramKind,
    pub plugin: String,
    pub plugin_version: String,
    pub terms_version: i64,
    pub participants: usize,
    /// How facts in other currencies are converted; absent where they are refused.
    pub conversion: Option<Conversion>,
    /// When its periods are worked out.
    pub schedule: Schedule,
}

/// A program with everything about it.
#[derive(Debug, Serialize)]
pub struct Shown {
    #[serde(flatten)]
    pub listed: Listed,
    pub terms: Vec<TermsShown>,
    pub accounts: Vec<String>,
    pub held: Vec<Held>,
    /// Labels of the periods that are locked.
    pub locked: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct TermsShown {
    pub version: i64,
    pub valid_from: Day,
    /// Name of the approval that they wait for, or were refused by.
    pub not_approved: Option<String>,
    pub terms: serde_json::Value,
}

/// A statement in quarantine.
#[derive(Debug, Serialize)]
pub struct Held {
    pub period: String,
    pub account: String,
    pub reason: String,
}

/// Creates a program, or gives an existing one a new version of its terms. Terms are held against the plugin's schema and plan first.
pub async fn create(host: &Host, of: &cli::CreateProgram) -> Result<Listed> {
    is_code(&of.code)?;
    if let (Some(start), Some(end)) = (of.start, of.end)
        && end < start
    {
        bail!(
            "program `{}` would end on {end}, before it begins on {start}: exchange the dates",
            of.code
        );
    }
    let text = std::fs::read_to_string(&of.terms)
        .with_context(|| format!("cannot read the terms in `{}`", of.terms.display()))?;
    let terms: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", of.terms.display()))?;
    let mut snapshot = host.store.read().await?;
    let version = plugin_version(&mut snapshot, &of.plugin).await?;
    let component = snapshot
        .component(&version.component)
        .await?
        .context("the plugin's component is not kept")?;
    let existing = snapshot.program(&of.code).await?;
    drop(snapshot);
    let plugin = Plugin::load(&host.engine, &component)?;
    let plan = plugin.plan(&terms)?;
    version.granted.allows(&version.descriptor, &plan)?;

    let json = String::from_utf8(canonical_json(&terms)?)?;
    let mut tx = host.store.begin(&host.actor).await?;
    let program = match (existing, of.new_terms) {
        (None, false) => {
            let title = of.title.clone().unwrap_or_else(|| of.code.clone());
            let new = NewProgram {
                code: of.code.clone(),
                title,
                currency: of.currency,
                calendar: of.calendar,
                start: of
                    .start
                    .context("a new program needs its first day: --start YEAR-MONTH-DAY")?,
                end: of.end,
            };
            tx.create_program(&new).await?
        }
        (Some(program), true) => program,
        (Some(_), false) => bail!(
            "there is a program `{}` already: --new-terms gives it new terms",
            of.code
        ),
        (None, true) => bail!("there is no program `{}` to give new terms to", of.code),
    };
    if let Some(conversion) = of.conversion.conversion() {
        tx.state_conversion(&program.id, &conversion).await?;
    }
    let schedule = of.schedule.over(tx.schedule_of(&program.id).await?);
    tx.state_schedule(&program.id, &schedule).await?;
    let valid_from = of.valid_from.unwrap_or(program.start);
    let new = NewTerms {
        valid_from,
        json,
        plugin_version: version.id,
    };
    let terms = tx.add_terms(&program.id, &new).await?;
    let approval = NewApproval {
        kind: Kind::Terms,
        subject: terms.id.as_str(),
        title: format!(
            "terms of `{}`, version {}, from {valid_from}",
            program.code, terms.version
        ),
        amount: None,
        unit: None,
        author: &host.actor,
    };
    tx.ask_approval(&approval, host.today()?).await?;
    tx.commit().await?;
    listed(&mut host.store.read().await?, program).await
}

pub async fn list(host: &Host) -> Result<Vec<Listed>> {
    let mut snapshot = host.store.read().await?;
    let mut programs = Vec::new();
    for program in snapshot.programs().await? {
        programs.push(listed(&mut snapshot, program).await?);
    }
    Ok(programs)
}

pub async fn show(host: &Host, code: &str) -> Result<Shown> {
    let mut snapshot = host.store.read().await?;
    let program = snapshot
        .program(code)
        .await?
        .with_context(|| format!("there is no program `{code}`: `gtm program list` shows them"))?;
    let mut terms = Vec::new();
    for version in snapshot.terms_of(&program.id).await? {
        let approval = snapshot.approval_of(Kind::Terms, version.id.as_str()).await?;
        terms.push(TermsShown {
            version: version.version,
            valid_from: version.valid_from,
            not_approved: approval
                .filter(|approval| approval.status != Status::Approved)
                .map(|approval| approval.label()),
            terms: serde_json::from_str(&version.json)?,
        });
    }
    let held = snapshot.open_quarantine(&program.id).await?.into_iter();
    let mut locked: BTreeSet<String> = BTreeSet::new();
    for lock in snapshot.period_locks(&program.id).await? {
        match lock.locked {
            true => locked.insert(lock.period),
            false => locked.remove(&lock.period),
        };
    }
    Ok(Shown {
        locked: locked.into_iter().collect(),
        terms,
        accounts: snapshot
            .participants(&program.id)
            .await?
            .into_iter()
            .map(|participant| participant.account.number)
            .collect(),
        held: held
            .map(|held| Held {
                period: held.of.period,
                account: held.account_number,
                reason: held.of.reason,
            })
            .collect(),
        listed: listed(&mut snapshot, program).await?,
    })
}

/// Where the program's day begins.
pub async fn time_zone(host: &Host, code: &str) -> Result<TimeZone> {
    let mut snapshot = host.store.read().await?;
    let program = snapshot
        .program(code)
        .await?
        .with_context(|| format!("there is no program `{code}`: `gtm program list` shows them"))?;
    Ok(snapshot.schedule_of(&program.id).await?.time_zone)
}

/// A version by ID@VERSION, or the one installed last by ID.
pub async fn plugin_version(snapshot: &mut Snapshot, name: &str) -> Result<PluginVersion> {
    if let Some((id, version)) = name.split_once('@') {
        let found = snapshot.plugin_version_named(id, version).await?;
        return found.with_context(|| {
            format!("version {version} of plugin `{id}` is not installed: `gtm plugin list` shows what is")
        });
    }
    let versions = snapshot.plugin_versions().await?;
    let newest = versions
        .into_iter()
        .rfind(|version| version.descriptor.id == name && !version.retired);
    newest.with_context(|| format!("plugin `{name}` is not installed: `gtm plugin install COMPONENT` installs it"))
}

async fn listed(snapshot: &mut Snapshot, program: Program) -> Result<Listed> {
    let terms = snapshot
        .terms_of(&program.id)
        .await?
        .pop()
        .context("the program has no terms")?;
    let version = snapshot
        .plugin_version(&terms.plugin_version)
        .await?
        .context("the program's plugin version is missing")?;
    let participants = snapshot.participants(&program.id).await?.len();
    Ok(Listed {
        kind: version.descriptor.kind,
        plugin: version.descriptor.id,
        plugin_version: version.descriptor.version,
        terms_version: terms.version,
        participants,
        conversion: snapshot.conversion_of(&program.id).await?,
        schedule: snapshot.schedule_of(&program.id).await?,
        program,
    })
}

/// What the program's plugin says about itself, by the newest terms.
pub async fn descriptor(snapshot: &mut Snapshot, program: &ProgramId) -> Result<Descriptor> {
    let terms = snapshot
        .terms_of(program)
        .await?
        .pop()
        .context("the program has no terms")?;
    let version = snapshot.plugin_version(&terms.plugin_version).await?;
    Ok(version.context("the program's plugin version is missing")?.descriptor)
}

/// Refuses what is no code in kebab-case, for a program or a budget.
pub fn is_code(code: &str) -> Result<()> {
    let fits = (1..=60).contains(&code.len())
        && code
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !code.starts_with('-');
    match fits {
        true => Ok(()),
        false => {
            bail!("`{code}` is no code: write small letters, digits and hyphens, at most 60, such as `growth-2026`")
        }
    }
}
