//! `gtm budget …`: what is set aside for programs, and what of it is spoken for.

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use domain::currency::Currency;
use domain::day::Day;
use domain::money::Micros;
use serde::Serialize;
use store::Snapshot;
use store::budget::{BudgetLine, NewBudget};

use crate::cli;
use crate::host::Host;
use crate::output::{amount, table};
use crate::program::is_code;

/// A budget with what of it is spoken for.
#[derive(Debug, Serialize)]
pub struct Listed {
    pub code: String,
    pub title: String,
    /// Code of the budget that it is a part of.
    pub parent: Option<String>,
    pub currency: Currency,
    pub start: Day,
    pub end: Day,
    pub amount: Micros,
    /// The amounts of the budgets below it.
    pub children: Micros,
    /// Put into funds, less what came back.
    pub allocated: Micros,
    pub left: Micros,
    /// Codes of the programs whose funds draw on it.
    pub programs: Vec<String>,
}

/// A budget with every amount that it had.
#[derive(Debug, Serialize)]
pub struct Shown {
    #[serde(flatten)]
    pub listed: Listed,
    pub changes: Vec<Change>,
}

#[derive(Debug, Serialize)]
pub struct Change {
    pub amount: Micros,
    pub reason: String,
    pub overridden: Option<String>,
    pub actor: String,
    pub at: DateTime<Utc>,
}

pub async fn create(host: &Host, of: &cli::CreateBudget) -> Result<Listed> {
    is_code(&of.code)?;
    let new = NewBudget {
        code: of.code.clone(),
        title: of.title.clone().unwrap_or_else(|| of.code.clone()),
        parent: of.parent.clone(),
        currency: of.currency,
        start: of.start,
        end: of.end,
        amount: of.amount,
    };
    let mut tx = host.store.begin(&host.actor).await?;
    let budget = tx
        .create_budget(
            &new,
            of.reason.as_deref().unwrap_or("created"),
            of.overridden.as_deref(),
        )
        .await?;
    tx.commit().await?;
    listed(&mut host.store.read().await?, &budget.code).await
}

pub async fn set(host: &Host, code: &str, to: Micros, reason: &str, overridden: Option<&str>) -> Result<Listed> {
    if reason.trim().is_empty() {
        bail!("say why budget `{code}` gets another amount: --reason TEXT");
    }
    let mut tx = host.store.begin(&host.actor).await?;
    let budget = tx.set_budget(code, to, reason, overridden).await?;
    tx.commit().await?;
    listed(&mut host.store.read().await?, &budget.code).await
}

pub async fn attach(host: &Host, code: &str, program: &str) -> Result<Listed> {
    let mut tx = host.store.begin(&host.actor).await?;
    let program = tx
        .program(program)
        .await?
        .with_context(|| format!("there is no program `{program}`: `gtm program list` shows them"))?;
    let budget = tx.attach_budget(code, &program).await?;
    tx.commit().await?;
    listed(&mut host.store.read().await?, &budget.code).await
}

pub async fn list(host: &Host) -> Result<Vec<Listed>> {
    let mut snapshot = host.store.read().await?;
    snapshot.budgets().await?.into_iter().map(Listed::of).collect()
}

pub async fn show(host: &Host, code: &str) -> Result<Shown> {
    let mut snapshot = host.store.read().await?;
    let budget = snapshot
        .budget(code)
        .await?
        .with_context(|| format!("there is no budget `{code}`: `gtm budget list` shows them"))?;
    let changes = snapshot.budget_changes(&budget).await?.into_iter();
    Ok(Shown {
        changes: changes
            .map(|change| Change {
                amount: change.amount,
                reason: change.reason,
                overridden: change.overridden,
                actor: change.actor,
                at: change.at,
            })
            .collect(),
        listed: listed(&mut snapshot, code).await?,
    })
}

/// By its code.
async fn listed(snapshot: &mut Snapshot, code: &str) -> Result<Listed> {
    let found = snapshot
        .budgets()
        .await?
        .into_iter()
        .find(|line| line.budget.code == code);
    let line = found.with_context(|| format!("there is no budget `{code}`: `gtm budget list` shows them"))?;
    Listed::of(line)
}

impl Listed {
    fn of(line: BudgetLine) -> Result<Self> {
        let BudgetLine {
            budget,
            used,
            parent,
            programs,
        } = line;
        Ok(Self {
            left: budget.left(&used)?,
            code: budget.code,
            title: budget.title,
            parent,
            currency: budget.currency,
            start: budget.start,
            end: budget.end,
            amount: budget.amount,
            children: used.children,
            allocated: used.allocated,
            programs,
        })
    }
}

pub fn lines(budgets: &[Listed]) -> String {
    if budgets.is_empty() {
        return "no budgets yet: `gtm budget create CODE --amount … --start … --end …` makes one".into();
    }
    let row = |budget: &Listed| {
        let money = |of: Micros| amount(of, budget.currency.digits());
        [
            budget.code.clone(),
            budget.parent.clone().unwrap_or_default(),
            format!("{} to {}", budget.start, budget.end),
            money(budget.amount),
            money(budget.children),
            money(budget.allocated),
            money(budget.left),
            budget.currency.to_string(),
            budget.programs.join(", "),
        ]
    };
    table(
        [
            "budget",
            "part of",
            "days",
            ">amount",
            ">budgets below",
            ">in funds",
            ">left",
            "",
            "programs",
        ],
        budgets.iter().map(row),
    )
}

pub fn shown(budget: &Shown) -> String {
    let row = |change: &Change| {
        let reason = match &change.overridden {
            Some(why) => format!("{}, beyond the limit because: {why}", change.reason),
            None => change.reason.clone(),
        };
        [
            change.at.format("%Y-%m-%d %H:%M").to_string(),
            amount(change.amount, budget.listed.currency.digits()),
            change.actor.clone(),
            reason,
        ]
    };
    let changes = table(["at", ">amount", "by", "why"], budget.changes.iter().map(row));
    format!("{}\n\n{changes}", lines(std::slice::from_ref(&budget.listed)))
}
