//! `gtm fund …`: money put into participants' funds, taken back, lapsed, and what each fund holds.

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use domain::currency::Currency;
use domain::day::Day;
use domain::fund::{Kind, lapsed};
use domain::id::AccountId;
use domain::ledger::Cause;
use domain::money::Micros;
use domain::plugin::{ClaimHandling, Descriptor, Side};
use domain::program::Program;
use domain::settlement::PAYABLE;
use serde::Serialize;
use store::Snapshot;
use store::fund::{FromBudget, FundLine, NewAllocation};

use crate::cli;
use crate::host::Host;
use crate::output::{amount, table};
use crate::program::descriptor;

/// The funds of a program.
#[derive(Debug, Serialize)]
pub struct Funds {
    pub program: String,
    pub currency: Currency,
    /// Code of the budget that they draw on.
    pub budget: Option<String>,
    pub funds: Vec<Fund>,
}

/// One participant's fund, in the program's currency.
#[derive(Debug, Serialize)]
pub struct Fund {
    pub account: String,
    pub name: String,
    /// Put in from the budget, less what went back.
    pub allocated: Micros,
    /// Put in from the budget, whatever became of it.
    pub put_in: Micros,
    /// Taken back into the budget or lapsed into it.
    pub returned: Micros,
    /// Put in by statements, less what lapsed by them.
    pub accrued: Micros,
    /// Promised by requests and claims that are not decided.
    pub committed: Micros,
    /// Approved and not settled.
    pub payable: Micros,
    pub settled: Micros,
    /// What can still be claimed.
    pub available: Micros,
}

/// A fund with every movement between it and the budget.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub program: String,
    pub currency: Currency,
    #[serde(flatten)]
    pub fund: Fund,
    pub movements: Vec<Movement>,
}

#[derive(Debug, Serialize)]
pub struct Movement {
    pub kind: Kind,
    pub amount: Micros,
    pub effective: Day,
    pub expires: Option<Day>,
    pub reason: String,
    pub overridden: Option<String>,
    pub actor: String,
    pub at: DateTime<Utc>,
}

/// Puts money from the program's budget into a participant's fund.
pub async fn allocate(host: &Host, of: &cli::AllocateFund) -> Result<Shown> {
    let effective = of.on.map_or_else(|| host.today(), Ok)?;
    if let Some(expires) = of.expires
        && expires < effective
    {
        bail!("the money would lapse on {expires}, before it is there: exchange the dates");
    }
    let order = Order {
        kind: Kind::Allocation,
        amount: of.amount,
        effective,
        expires: of.expires,
        reason: of.reason.clone(),
        overridden: of.overridden.clone(),
    };
    move_money(host, &of.program, &of.account, order).await
}

/// Takes money that nobody was promised back into the budget.
pub async fn release(host: &Host, of: &cli::ReleaseFund) -> Result<Shown> {
    let order = Order {
        kind: Kind::Release,
        amount: of.amount,
        effective: of.on.map_or_else(|| host.today(), Ok)?,
        expires: None,
        reason: of.reason.clone(),
        overridden: None,
    };
    move_money(host, &of.program, &of.account, order).await
}

/// Takes back what lapsed unused before the day, of every fund of a program. Twice on the same day takes nothing more.
pub async fn expire(host: &Host, code: &str, on: Option<Day>) -> Result<Funds> {
    let on = on.map_or_else(|| host.today(), Ok)?;
    let mut snapshot = host.store.read().await?;
    let program = program(&mut snapshot, code).await?;
    let claims = handling(&mut snapshot, &program).await?;
    let funds: Vec<FundLine> = snapshot.fund_lines(&program.id, None).await?;
    drop(snapshot);
    let unit = program.currency.code();
    for FundLine { account, .. } in funds {
        let mut tx = host.store.begin(&host.actor).await?;
        // The budget before the fund, as everybody takes hold of them.
        if let Some(budget) = tx.budget_of(&program.id).await? {
            tx.hold_budget(&budget.code).await?;
        }
        tx.hold_balances(&program.id, &[&account]).await?;
        // Again, now that nobody else moves it.
        let Some(line) = tx.fund_lines(&program.id, Some(&account)).await?.pop() else {
            continue;
        };
        let allocations = tx.allocations(&program.id, &account).await?.into_iter();
        let allocations: Vec<_> = allocations.map(|kept| kept.of).collect();
        let gone = lapsed(
            &allocations,
            line.moved_by(Cause::Statement, &claims.from, unit)?,
            line.holds(&claims.from, unit)?,
            on,
        )?;
        if gone == Micros::ZERO {
            continue;
        }
        let new = NewAllocation {
            account,
            kind: Kind::Expiry,
            amount: gone,
            effective: on,
            expires: None,
            reason: format!("not used before {on}"),
            overridden: None,
        };
        tx.allocate(&program, &claims.from, &new).await?;
        tx.commit().await?;
    }
    list(host, code).await
}

pub async fn list(host: &Host, code: &str) -> Result<Funds> {
    let mut snapshot = host.store.read().await?;
    let program = program(&mut snapshot, code).await?;
    let claims = handling(&mut snapshot, &program).await?;
    let lines = snapshot.fund_lines(&program.id, None).await?;
    let moved = snapshot.moved_from_budget(&program.id).await?;
    let budget = snapshot.budget_of(&program.id).await?;
    Ok(Funds {
        funds: lines
            .iter()
            .map(|line| fund(line, moved.get(&line.account), &claims, program.currency))
            .collect::<Result<_>>()?,
        program: program.code,
        currency: program.currency,
        budget: budget.map(|budget| budget.code),
    })
}

pub async fn show(host: &Host, code: &str, number: &str) -> Result<Shown> {
    let mut snapshot = host.store.read().await?;
    let program = program(&mut snapshot, code).await?;
    let claims = handling(&mut snapshot, &program).await?;
    let account = account(&mut snapshot, number).await?;
    shown(&mut snapshot, &program, &claims, &account).await
}

struct Order {
    kind: Kind,
    amount: Micros,
    effective: Day,
    expires: Option<Day>,
    reason: String,
    overridden: Option<String>,
}

async fn move_money(host: &Host, code: &str, number: &str, order: Order) -> Result<Shown> {
    if order.reason.trim().is_empty() {
        bail!("say why money is moved: --reason TEXT");
    }
    let mut tx = host.store.begin(&host.actor).await?;
    let program = program(&mut tx, code).await?;
    let claims = handling(&mut tx, &program).await?;
    let account = account(&mut tx, number).await?;
    let new = NewAllocation {
        account: account.clone(),
        kind: order.kind,
        amount: order.amount,
        effective: order.effective,
        expires: order.expires,
        reason: order.reason,
        overridden: order.overridden,
    };
    tx.allocate(&program, &claims.from, &new)
        .await
        .with_context(|| format!("account `{number}` in program `{code}`"))?;
    let shown = shown(&mut tx, &program, &claims, &account).await?;
    tx.commit().await?;
    Ok(shown)
}

async fn program(snapshot: &mut Snapshot, code: &str) -> Result<Program> {
    snapshot
        .program(code)
        .await?
        .with_context(|| format!("there is no program `{code}`: `gtm program list` shows them"))
}

async fn account(snapshot: &mut Snapshot, number: &str) -> Result<AccountId> {
    let account = snapshot.account(number).await?;
    Ok(account.with_context(|| format!("there is no account `{number}`"))?.id)
}

/// How the program's newest terms handle claims.
///
/// # Errors
/// When they draw on no fund.
async fn handling(snapshot: &mut Snapshot, program: &Program) -> Result<ClaimHandling> {
    let descriptor = descriptor(snapshot, &program.id).await?;
    match drawn_on(&descriptor) {
        Some(claims) => Ok(claims),
        None => bail!(
            "program `{}` keeps no funds: plugin `{}` {} pays without them",
            program.code,
            descriptor.id,
            descriptor.version
        ),
    }
}

/// How claims draw on funds; nothing where they draw on none.
pub fn drawn_on(descriptor: &Descriptor) -> Option<ClaimHandling> {
    let claims = descriptor.claims.clone()?;
    let from = descriptor.balance(&claims.from)?;
    (from.side == Side::Credit).then_some(claims)
}

async fn shown(
    snapshot: &mut Snapshot,
    program: &Program,
    claims: &ClaimHandling,
    account: &AccountId,
) -> Result<Shown> {
    let line = match snapshot.fund_lines(&program.id, Some(account)).await?.pop() {
        Some(line) => line,
        None => {
            let of = snapshot
                .account_by_id(account)
                .await?
                .context("the account is missing")?;
            FundLine {
                account: of.id,
                account_number: of.number,
                account_name: of.name,
                moved: vec![],
            }
        }
    };
    let moved = snapshot.moved_from_budget(&program.id).await?;
    let movements = snapshot.allocations(&program.id, account).await?.into_iter();
    Ok(Shown {
        program: program.code.clone(),
        currency: program.currency,
        fund: fund(&line, moved.get(account), claims, program.currency)?,
        movements: movements
            .map(|kept| Movement {
                kind: kept.of.kind,
                amount: kept.of.signed(),
                effective: kept.of.effective,
                expires: kept.of.expires,
                reason: kept.of.reason,
                overridden: kept.of.overridden,
                actor: kept.actor,
                at: kept.at,
            })
            .collect(),
    })
}

fn fund(line: &FundLine, moved: Option<&FromBudget>, claims: &ClaimHandling, currency: Currency) -> Result<Fund> {
    let unit = currency.code();
    let moved = moved.copied().unwrap_or_default();
    let committed = match &claims.committed {
        Some(committed) => line.holds(committed, unit)?,
        None => Micros::ZERO,
    };
    Ok(Fund {
        account: line.account_number.clone(),
        name: line.account_name.clone(),
        allocated: line.allocated(unit)?,
        put_in: moved.put_in,
        returned: moved.returned,
        accrued: line.moved_by(Cause::Statement, &claims.from, unit)?,
        committed,
        payable: line.holds(PAYABLE, unit)?,
        settled: line.holds(domain::plugin::SETTLED, unit)?,
        available: line.holds(&claims.from, unit)?,
    })
}

pub fn lines(funds: &Funds) -> String {
    let digits = funds.currency.digits();
    let row = |fund: &Fund| row(fund, digits);
    let heading = match &funds.budget {
        Some(budget) => format!(
            "funds of `{}` out of budget `{budget}`, in {}",
            funds.program, funds.currency
        ),
        None => format!("funds of `{}`, in {}", funds.program, funds.currency),
    };
    format!("{heading}\n\n{}", table(HEADINGS, funds.funds.iter().map(row)))
}

pub fn text(of: &Shown) -> String {
    let digits = of.currency.digits();
    let movement = |movement: &Movement| {
        let why = match &movement.overridden {
            Some(why) => format!("{}, beyond the budget because: {why}", movement.reason),
            None => movement.reason.clone(),
        };
        [
            movement.effective.to_string(),
            movement.kind.as_str().to_owned(),
            amount(movement.amount, digits),
            movement.expires.map(|day| day.to_string()).unwrap_or_default(),
            movement.actor.clone(),
            why,
        ]
    };
    let movements = table(
        ["on", "what", ">amount", "lapses after", "by", "why"],
        of.movements.iter().map(movement),
    );
    format!(
        "fund of `{}` in {}\n\n{}\n\n{movements}",
        of.program,
        of.currency,
        table(HEADINGS, [row(&of.fund, digits)])
    )
}

const HEADINGS: [&str; 8] = [
    "account",
    "name",
    ">allocated",
    ">accrued",
    ">committed",
    ">payable",
    ">settled",
    ">available",
];

fn row(fund: &Fund, digits: u8) -> [String; 8] {
    let money = |of: Micros| amount(of, digits);
    [
        fund.account.clone(),
        fund.name.clone(),
        money(fund.allocated),
        money(fund.accrued),
        money(fund.committed),
        money(fund.payable),
        money(fund.settled),
        money(fund.available),
    ]
}
