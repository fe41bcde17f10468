//! `gtm statement …`: what participants earned, and why.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use domain::calculation::Outcome;
use domain::digest::Digest;
use domain::exchange::Converted;
use domain::id::{ProgramId, StatementId};
use domain::ledger::Transfer;
use domain::money::Micros;
use domain::plugin::Descriptor;
use domain::program::{Program, Terms};
use domain::receipt::Receipt;
use domain::statement::read_outcome;
use serde::{Deserialize, Serialize};
use store::Snapshot;
use store::statement::{KeptRevision, StatementFilter, StatementKey, StatementLine};

use crate::explain::{self, Goal, Line};
use crate::host::Host;
use crate::program::Held;

/// A statement as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub id: StatementId,
    pub program: String,
    pub period: String,
    pub account: String,
    pub name: String,
    pub revision: i64,
    pub rows: u64,
    /// What its balances hold that the participant is owed, in the program's currency.
    pub amount: Micros,
    pub currency: String,
}

/// A page of them.
#[derive(Debug, Serialize)]
pub struct Page {
    pub statements: Vec<Summary>,
    /// Id of the statement after which the next page begins; absent on the last page.
    pub next: Option<StatementId>,
}

/// Which to list; absent is all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub program: Option<String>,
    pub period: Option<String>,
    pub account: Option<String>,
}

/// A statement with everything that explains it: the newest revision's answer, and all transfers.
#[derive(Debug, Serialize)]
pub struct Explained {
    #[serde(flatten)]
    pub summary: Summary,
    pub terms_version: i64,
    pub plugin: String,
    pub plugin_version: String,
    pub steps: Vec<Line>,
    pub milestones: Vec<Goal>,
    /// The rates that its rows were converted by; absent where all were in the program's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub converted: Option<Converted>,
    /// What earlier programs took off the net amounts of its rows.
    pub reduced_by: Vec<Reduced>,
    pub revisions: Vec<RevisionPosted>,
    pub receipt: Receipt,
    #[serde(skip)]
    pub outcome: Outcome,
    #[serde(skip)]
    pub descriptor: Descriptor,
}

/// An earlier program's statement, and how much it took off.
#[derive(Debug, Serialize)]
pub struct Reduced {
    pub program: String,
    pub period: String,
    pub account: String,
    pub revision: i64,
    pub amount: Micros,
}

#[derive(Debug, Serialize)]
pub struct RevisionPosted {
    pub number: i64,
    pub posted_at: String,
    pub transfers: Vec<Transfer>,
    /// The open period that took them, where the statement's own was locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posting_period: Option<String>,
    pub component: Digest,
}

pub async fn list(host: &Host, filter: &Filter, after: Option<&str>, limit: u32) -> Result<Page> {
    let mut snapshot = host.store.read().await?;
    let mut found = StatementFilter {
        period: filter.period.clone(),
        ..StatementFilter::default()
    };
    if let Some(code) = &filter.program {
        found.program = Some(
            snapshot
                .program(code)
                .await?
                .with_context(|| format!("there is no program `{code}`"))?
                .id,
        );
    }
    if let Some(number) = &filter.account {
        found.account = Some(
            snapshot
                .account(number)
                .await?
                .with_context(|| format!("there is no account `{number}`"))?
                .id,
        );
    }
    let after = match after {
        None => None,
        Some(id) => {
            let line = snapshot.statement(&StatementId::from(id.to_owned())).await?;
            Some(
                line.with_context(|| format!("there is no statement `{id}` to go on after"))?
                    .key(),
            )
        }
    };
    page(&mut snapshot, &found, after.as_ref(), limit).await
}

/// A page of statements, one more being read to tell whether there is another.
pub async fn page(
    snapshot: &mut Snapshot,
    filter: &StatementFilter,
    after: Option<&StatementKey>,
    limit: u32,
) -> Result<Page> {
    ensure!(
        (1..=1000).contains(&limit),
        "a page holds 1 to 1000 statements, not {limit}"
    );
    let mut lines = snapshot.statements(filter, after, i64::from(limit) + 1).await?;
    let more = lines.len() > limit as usize;
    lines.truncate(limit as usize);
    let programs = snapshot.programs().await?;
    let versions = snapshot.plugin_versions().await?;
    let mut statements = Vec::with_capacity(lines.len());
    // What each program's newest terms say of its balances; a page has few programs.
    let mut descriptors: HashMap<&ProgramId, Option<&Descriptor>> = HashMap::new();
    for line in &lines {
        let program = programs
            .iter()
            .find(|program| program.id == line.statement.program)
            .context("a statement's program is missing")?;
        let descriptor = match descriptors.get(&program.id) {
            Some(descriptor) => *descriptor,
            None => {
                let terms = snapshot.terms_of(&program.id).await?;
                let version = terms
                    .last()
                    .and_then(|terms| versions.iter().find(|version| version.id == terms.plugin_version));
                let descriptor = version.map(|version| &version.descriptor);
                descriptors.insert(&program.id, descriptor);
                descriptor
            }
        };
        statements.push(summary(line, program, descriptor));
    }
    let next = more
        .then(|| lines.last().map(|line| line.statement.id.clone()))
        .flatten();
    Ok(Page { statements, next })
}

/// Finds a statement by its id, or by PROGRAM/PERIOD/ACCOUNT.
pub async fn find(snapshot: &mut Snapshot, name: &str) -> Result<StatementLine> {
    let parts: Vec<&str> = name.splitn(3, '/').collect();
    let [code, period, number] = parts[..] else {
        let found = snapshot.statement(&StatementId::from(name.to_owned())).await?;
        return found.with_context(|| format!("there is no statement `{name}`: `gtm statement list` shows them"));
    };
    let program = snapshot
        .program(code)
        .await?
        .with_context(|| format!("there is no program `{code}`"))?;
    program.calendar.period(period)?;
    let account = snapshot
        .account(number)
        .await?
        .with_context(|| format!("there is no account `{number}`"))?;
    let filter = StatementFilter {
        program: Some(program.id),
        period: Some(period.to_owned()),
        account: Some(account.id),
    };
    match snapshot.statements(&filter, None, 1).await?.pop() {
        Some(line) => Ok(line),
        None => bail!(
            "account `{number}` has no statement for {period} in program `{code}`: `gtm run {code} --period {period}` makes it"
        ),
    }
}

/// What is in quarantine, of one program or of all.
pub async fn held(host: &Host, code: Option<&str>) -> Result<Vec<Held>> {
    let mut snapshot = host.store.read().await?;
    let programs = match code {
        Some(code) => vec![
            snapshot
                .program(code)
                .await?
                .with_context(|| format!("there is no program `{code}`"))?,
        ],
        None => snapshot.programs().await?,
    };
    let mut held = Vec::new();
    for program in programs {
        for entry in snapshot.open_quarantine(&program.id).await? {
            held.push(Held {
                period: entry.of.period,
                account: entry.account_number,
                reason: entry.of.reason,
            });
        }
    }
    Ok(held)
}

pub async fn show(host: &Host, name: &str) -> Result<Explained> {
    let mut snapshot = host.store.read().await?;
    let line = find(&mut snapshot, name).await?;
    explain(&mut snapshot, &line).await
}

/// Everything about a statement, in words where the plugin gave them.
pub async fn explain(snapshot: &mut Snapshot, line: &StatementLine) -> Result<Explained> {
    let program = snapshot
        .program_by_id(&line.statement.program)
        .await?
        .context("the statement's program is missing")?;
    let revisions = snapshot.revisions(&line.statement.id).await?;
    let newest = revisions.last().context("the statement has no revision")?;
    let terms: Terms = snapshot
        .terms(&newest.revision.terms)
        .await?
        .context("the statement's terms are missing")?;
    let version = snapshot
        .plugin_version(&terms.plugin_version)
        .await?
        .context("the statement's plugin version is missing")?;
    let outcome = read_outcome(&newest.revision.output)?;
    let rates: Rates =
        serde_json::from_slice(&newest.revision.context).context("the context that was kept cannot be read")?;
    let mut reduced_by = Vec::new();
    for reduction in &newest.revision.reduced_by {
        let earlier = snapshot.statement(&reduction.statement).await?;
        let earlier = earlier.context("the statement that this one was reduced by is missing")?;
        reduced_by.push(Reduced {
            program: earlier.program_code,
            period: earlier.statement.period,
            account: earlier.account_number,
            revision: reduction.revision,
            amount: reduction.amount,
        });
    }
    reduced_by.sort_by(|one, other| (&one.program, &one.period).cmp(&(&other.program, &other.period)));
    Ok(Explained {
        summary: summary(line, &program, Some(&version.descriptor)),
        terms_version: terms.version,
        plugin: version.descriptor.id.clone(),
        plugin_version: version.descriptor.version.clone(),
        steps: explain::steps(&version.descriptor, program.currency, &outcome.steps),
        milestones: explain::milestones(&version.descriptor, program.currency, &outcome),
        converted: rates.converted,
        receipt: newest.revision.receipt.clone(),
        reduced_by,
        revisions: revisions.iter().map(posted).collect(),
        outcome,
        descriptor: version.descriptor,
    })
}

/// What is read of a context here.
#[derive(Deserialize)]
struct Rates {
    converted: Option<Converted>,
}

fn posted(kept: &KeptRevision) -> RevisionPosted {
    RevisionPosted {
        number: kept.revision.number,
        posted_at: kept.posted_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        transfers: kept.revision.transfers.clone(),
        posting_period: kept.revision.posting_period.clone(),
        component: kept.revision.receipt.component,
    }
}

fn summary(line: &StatementLine, program: &Program, descriptor: Option<&Descriptor>) -> Summary {
    let currency = program.currency.code();
    let is_owed = |code: &str| {
        descriptor
            .and_then(|descriptor| descriptor.balance(code))
            .is_some_and(|balance| balance.side == domain::plugin::Side::Credit)
    };
    let owed = line
        .amounts
        .iter()
        .filter(|held| held.unit == currency && is_owed(&held.balance))
        .map(|held| held.amount)
        .sum();
    Summary {
        id: line.statement.id.clone(),
        program: line.program_code.clone(),
        period: line.statement.period.clone(),
        account: line.account_number.clone(),
        name: line.account_name.clone(),
        revision: line.statement.revision,
        rows: line.row_count,
        amount: owed,
        currency: currency.into(),
    }
}
