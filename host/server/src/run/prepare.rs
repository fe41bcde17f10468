//! Everything about a run that is the same for all its participants: terms in force, plan, periods, products.

use std::collections::HashMap;
use std::sync::Arc;

use super::earlier::{Earlier, earlier};
use anyhow::{Context as _, Result, bail};
use domain::account::Account;
use domain::approval::{Kind, Status};
use domain::calculation::{Attribute, Context, Dictionary, Gathered, OpeningBalance, ProductEntry};
use domain::day::Day;
use domain::id::AccountId;
use domain::money::Micros;
use domain::period::Period;
use domain::plugin::{Column, Descriptor, Grant, Plan, Side, Window};
use domain::product::Product;
use domain::program::{Program, Terms};
use domain::schedule::Posting;
use domain::statement::Latest;
use runtime::Plugin;
use store::Snapshot;
use store::account_program::Participant;
use store::ledger::BalanceFilter;
use store::run::RunMode;
use store::segment::{Converter, Resolved, Spans};

use crate::account_program::assess::participant;
use crate::host::Host;

/// What a statement of this program and period is worked out from, besides the participant.
pub struct Prepared {
    pub program: Program,
    pub terms: Terms,
    pub plugin: Plugin,
    pub granted: Grant,
    pub plan: Plan,
    pub period: Period,
    pub year: Period,
    pub gathered: Vec<Gathered>,
    pub spans: Spans,
    pub resolved: Resolved,
    /// By ordinal.
    pub products: HashMap<u32, Product>,
    /// Numbers of accounts by ordinal; filled where rows name end customers.
    pub numbers: HashMap<u32, String>,
    pub participants: Vec<Member>,
    pub posting: Posting,
    /// What earlier programs paid on the rows.
    pub earlier: Earlier,
}

/// A participant with what a run needs of it.
pub struct Member {
    pub participant: Participant,
    /// Ordinals of the accounts whose rows count as its own.
    pub accounts: Vec<u32>,
    /// Ordinals of the accounts whose rows are looked at for it: these, and those that share a statement of an earlier program with them.
    pub reads: Vec<u32>,
    /// The newest revision of its statement.
    pub latest: Option<Latest>,
    pub opening_balances: Vec<OpeningBalance>,
}

/// Reads what the run needs and asks the plugin for its plan.
///
/// # Errors
/// A sentence that names the program, when it does not run in that period, may not be posted today, has no terms in force or the plan is
/// refused.
pub async fn prepare(host: &Host, code: &str, label: &str, mode: RunMode) -> Result<Prepared> {
    let mut snapshot = host.store.read().await?;
    let program = snapshot
        .program(code)
        .await?
        .with_context(|| format!("there is no program `{code}`: `gtm program list` shows them"))?;
    let period = program.calendar.period(label)?;
    if period.end < program.start || program.end.is_some_and(|end| end < period.start) {
        bail!(
            "program `{code}` does not run in {label}: it begins on {}",
            program.start
        );
    }
    let terms = terms_in_force(&mut snapshot, &program, period.end).await?;
    let schedule = snapshot.schedule_of(&program.id).await?;
    let locked = snapshot
        .period_lock(&program.id, label)
        .await?
        .is_some_and(|lock| lock.locked);
    drop(snapshot);
    let today = schedule.day_at(host.store.clock().now())?;
    let posting = match mode {
        RunMode::Actual => schedule.posting(program.calendar, &period, locked, today)?,
        // It may be looked at whenever.
        RunMode::WhatIf => Posting {
            in_time: false,
            into: None,
        },
    };

    let (plugin, granted) = host.plugin_of(&terms).await?;
    let plan = plugin.plan(&serde_json::from_str(&terms.json)?)?;
    granted.allows(plugin.descriptor(), &plan)?;
    if plan.kinds.is_empty() {
        bail!("program `{code}` has no statements by these terms: it pays claims only");
    }
    let gathered = gather_windows(&program, &period, &plan)?;
    let spans = Spans::of(gathered.iter().flat_map(|gathered| &gathered.periods).chain([&period]));

    let mut snapshot = host.store.read().await?;
    let products = snapshot.products().await?;
    let mut resolved = Resolved::new(&plan, &products, program.currency)?;
    if let Some(conversion) = snapshot.conversion_of(&program.id).await? {
        let rates = snapshot.rates_into(&conversion.rate_type, program.currency).await?;
        resolved = resolved.converting(Arc::new(Converter { conversion, rates }));
    }
    let accounts = match plan.roll_up_levels == Some(0) && !plan.columns.contains(&Column::EndCustomer) {
        true => Vec::new(),
        false => snapshot.accounts().await?,
    };
    let mut participants = members(&mut snapshot, &program, &period, plugin.descriptor(), &plan, &accounts).await?;
    drop(snapshot);
    let mut periods: Vec<&Period> = gathered
        .iter()
        .flat_map(|gathered| &gathered.periods)
        .chain([&period])
        .collect();
    periods.sort_by_key(|period| period.start);
    periods.dedup();
    let earlier = earlier(host, &program, &plan, &periods, &products).await?;
    for member in &mut participants {
        member.reads = earlier.reads(&member.accounts);
    }
    Ok(Prepared {
        year: program.calendar.year_of(&period)?,
        program,
        terms,
        plugin,
        granted,
        plan,
        period,
        gathered,
        spans,
        resolved,
        products: products
            .into_iter()
            .map(|product| (product.ordinal as u32, product))
            .collect(),
        numbers: accounts
            .into_iter()
            .map(|account| (account.ordinal as u32, account.number))
            .collect(),
        participants,
        posting,
        earlier,
    })
}

/// The approved terms in force on a day.
///
/// # Errors
/// A sentence when there are none, that names the approval which is missing.
pub async fn terms_in_force(snapshot: &mut Snapshot, program: &Program, day: Day) -> Result<Terms> {
    let code = &program.code;
    let approved = snapshot.approved_terms_of(&program.id).await?;
    if let Some(terms) = Terms::in_force(&approved, day) {
        return Ok(terms.clone());
    }
    let all = snapshot.terms_of(&program.id).await?;
    if let Some(terms) = Terms::in_force(&all, day)
        && let Some(approval) = snapshot.approval_of(Kind::Terms, terms.id.as_str()).await?
    {
        let (name, version) = (approval.label(), terms.version);
        match approval.status {
            Status::Rejected => bail!(
                "version {version} of the terms of `{code}` was rejected, see `gtm approve show {name}`: give it others"
            ),
            _ => bail!(
                "version {version} of the terms of `{code}` waits for approval: `gtm approve yes {name}`, by another than its author"
            ),
        }
    }
    bail!("program `{code}` has no terms in force on {day}: give it some that hold from then")
}

/// The periods that the plan's windows stand for.
pub fn gather_windows(program: &Program, period: &Period, plan: &Plan) -> Result<Vec<Gathered>> {
    let calendar = program.calendar;
    let periods = |window| -> Result<Vec<Period>> {
        Ok(match window {
            Window::PreviousPeriod => vec![calendar.previous(period)?],
            Window::SamePeriodLastYear => vec![calendar.same_last_year(period)?],
            Window::YearToDate => calendar.earlier_since(calendar.year_of(period)?.start, period)?,
            Window::SinceStart => calendar.earlier_since(program.start, period)?,
        })
    };
    plan.windows
        .iter()
        .map(|window| {
            Ok(Gathered {
                window: *window,
                periods: periods(*window)?,
            })
        })
        .collect()
}

async fn members(
    snapshot: &mut Snapshot,
    program: &Program,
    period: &Period,
    descriptor: &Descriptor,
    plan: &Plan,
    accounts: &[Account],
) -> Result<Vec<Member>> {
    let below = Hierarchy::of(accounts);
    let mut latest = snapshot.latest(&program.id, &period.label).await?;
    let mut opening = match plan.balances.is_empty() {
        true => HashMap::new(),
        false => opening_balances(snapshot, program, period).await?,
    };
    let mut members = Vec::new();
    for participant in snapshot.participants_in(&program.id, period).await? {
        let id = &participant.account.id;
        let balances = opening.remove(id).unwrap_or_default();
        let balance = |code: &String| {
            let held = balances.get(code).copied().unwrap_or_default();
            // The ledger counts credit less debit; the contract counts each balance on its own side.
            let on_debit_side = descriptor
                .balance(code)
                .is_some_and(|balance| balance.side == Side::Debit);
            OpeningBalance {
                code: code.clone(),
                amount: if on_debit_side { Micros(-held.0) } else { held },
            }
        };
        members.push(Member {
            accounts: below.accounts_of(&participant.account, plan.roll_up_levels),
            reads: vec![],
            latest: latest.remove(id),
            opening_balances: plan.balances.iter().map(balance).collect(),
            participant,
        });
    }
    Ok(members)
}

/// What the balances of each account held on the eve of the period, whatever brought it about.
async fn opening_balances(
    snapshot: &mut Snapshot,
    program: &Program,
    period: &Period,
) -> Result<HashMap<AccountId, HashMap<String, Micros>>> {
    let mut opening: HashMap<AccountId, HashMap<String, Micros>> = HashMap::new();
    let filter = BalanceFilter {
        program: Some(program.id.clone()),
        before: Some(period.start),
        ..BalanceFilter::default()
    };
    for line in snapshot.balances(&filter).await? {
        let amount = opening
            .entry(line.account)
            .or_default()
            .entry(line.held.balance)
            .or_default();
        *amount = amount.checked_add(line.held.amount)?;
    }
    Ok(opening)
}

/// Ordinals of the account and of those so many levels below it (absent: all), rising.
pub fn family(accounts: &[Account], account: &Account, levels: Option<u32>) -> Vec<u32> {
    Hierarchy::of(accounts).accounts_of(account, levels)
}

/// Who stands below whom.
pub(super) struct Hierarchy<'a> {
    children: HashMap<&'a AccountId, Vec<&'a Account>>,
}

impl<'a> Hierarchy<'a> {
    pub(super) fn of(accounts: &'a [Account]) -> Self {
        let mut children: HashMap<_, Vec<_>> = HashMap::new();
        for account in accounts {
            if let Some(parent) = &account.parent {
                children.entry(parent).or_default().push(account);
            }
        }
        Self { children }
    }

    /// Ordinals of the account and of those so many levels below it, rising.
    pub(super) fn accounts_of(&self, account: &Account, levels: Option<u32>) -> Vec<u32> {
        let mut ordinals = vec![account.ordinal as u32];
        let mut level = vec![&account.id];
        let mut left = levels.unwrap_or(u32::MAX);
        while left > 0 && !level.is_empty() {
            let below: Vec<_> = level.iter().filter_map(|id| self.children.get(id)).flatten().collect();
            // A circle among the parents would otherwise never end.
            level = below
                .iter()
                .filter(|account| !ordinals.contains(&(account.ordinal as u32)))
                .map(|account| &account.id)
                .collect();
            ordinals.extend(below.iter().map(|account| account.ordinal as u32));
            left -= 1;
        }
        ordinals.sort_unstable();
        ordinals.dedup();
        ordinals
    }
}

impl Prepared {
    /// The context of one participant, with what its rows name.
    ///
    /// # Errors
    /// A sentence for the one statement that cannot be worked out: an agreed figure is missing.
    pub fn context(&self, member: &Member, rows: &store::segment::Gathered<'_>) -> Result<Context> {
        let enrolment = &member.participant.enrolment;
        let account = &member.participant.account;
        if let Some(code) = self
            .plan
            .agreed
            .iter()
            .find(|code| !enrolment.agreed.contains_key(*code))
        {
            bail!(
                "account `{}` has no agreed figure `{code}`, which the terms of `{}` need: enrol it again with --agreed {code}=NUMBER",
                account.number,
                self.program.code
            );
        }
        let attribute = |(name, value): (&String, &String)| Attribute {
            name: name.clone(),
            value: value.clone(),
        };
        let product = |ordinal: &u32| -> Result<ProductEntry> {
            let product = self
                .products
                .get(ordinal)
                .with_context(|| format!("a row names product {ordinal}, which does not exist"))?;
            Ok(ProductEntry {
                sku: product.sku.clone(),
                category: product.category.clone(),
                attributes: product.attributes.iter().map(attribute).collect(),
            })
        };
        let number = |ordinal: &u32| {
            self.numbers
                .get(ordinal)
                .cloned()
                .with_context(|| format!("a row names account {ordinal}, which does not exist"))
        };
        let dictionary = |found: &Dictionary| found.clone();
        Ok(Context {
            converted: rows.converted.clone(),
            program: self.program.code.clone(),
            terms: self.terms.json.clone(),
            participant: participant(
                account,
                &self.granted,
                enrolment.enrolled_from,
                enrolment.enrolled_until,
                &enrolment.agreed,
            ),
            period: self.period.clone(),
            year: self.year.clone(),
            gathered: self.gathered.clone(),
            currency: self.program.currency,
            opening_balances: member.opening_balances.clone(),
            products: rows.products.iter().map(product).collect::<Result<_>>()?,
            end_customers: rows.end_customers.iter().map(number).collect::<Result<_>>()?,
            dictionaries: rows.dictionaries.iter().map(dictionary).collect(),
        })
    }
}
