//! What earlier programs paid on the rows of this one: see [`domain::stacking`]. Their newest statements are read once for a run; what they
//! paid is shared out over their rows, statement by statement, when a participant is worked out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use domain::account::Account;
use domain::calculation::Outcome;
use domain::columns::ColumnSlice;
use domain::currency::Currency;
use domain::id::{AccountId, TermsId};
use domain::money::Micros;
use domain::period::Period;
use domain::plugin::{Column, Descriptor, Plan};
use domain::product::Product;
use domain::program::{Program, Terms};
use domain::stacking::{Reduction, basis, paid_by_row};
use domain::statement::read_outcome;
use store::segment::{Resolved, Scratch, Segments, Spans, gather};
use store::stacking::EarlierRevision;

use super::prepare::{Hierarchy, gather_windows};
use crate::host::Host;
use crate::stacking::{Placed, before, fit, placed};

/// The statements of earlier programs that reduce those of this run.
#[derive(Default)]
pub struct Earlier {
    statements: Vec<EarlierStatement>,
    /// By the ordinal of each account whose rows a statement may rest on.
    of_account: HashMap<u32, Vec<usize>>,
    /// Why what was paid on the rows of an account is not known, by its ordinal.
    unknown: HashMap<u32, String>,
    /// Where their rows stand.
    pub sources: Vec<Arc<Source>>,
}

struct EarlierStatement {
    statement: EarlierRevision,
    outcome: Outcome,
    /// Who it is of, for sentences.
    name: String,
    accounts: Vec<u32>,
    source: Arc<Source>,
}

/// How the rows of an earlier program's statements of one period are read: as its plan has them, and of their measures the one by which
/// payments are shared out.
pub struct Source {
    pub plan: Plan,
    pub spans: Spans,
    pub resolved: Arc<Resolved>,
    basis: Column,
    period: Period,
    descriptor: Descriptor,
    currency: Currency,
}

impl Source {
    /// # Errors
    /// When the program reads no measure of its rows.
    pub fn new(
        program: &Program,
        period: &Period,
        plan: &Plan,
        descriptor: &Descriptor,
        products: &[Product],
    ) -> Result<Self> {
        let basis = basis(&plan.columns).with_context(|| {
            format!(
                "program `{}` reads no amount and no quantity of its rows, so what it pays cannot be told apart by row: let it be excluded",
                program.code
            )
        })?;
        let windows = gather_windows(program, period, plan)?;
        let plan = Plan {
            columns: vec![basis],
            attributes: vec![],
            ..plan.clone()
        };
        Ok(Self {
            spans: Spans::of(windows.iter().flat_map(|gathered| &gathered.periods).chain([period])),
            resolved: Arc::new(Resolved::new(&plan, products, program.currency)?),
            basis,
            period: period.clone(),
            descriptor: descriptor.clone(),
            currency: program.currency,
            plan,
        })
    }

    /// What a statement pays on each of its rows.
    pub fn paid(&self, rows: &[ColumnSlice<'_>], outcome: &Outcome) -> domain::Result<HashMap<u64, Micros>> {
        paid_by_row(&self.descriptor, self.currency, &self.period, rows, self.basis, outcome)
    }
}

impl Earlier {
    /// The accounts whose rows are read for a participant: its own, and all those that share a statement with them.
    pub fn reads(&self, accounts: &[u32]) -> Vec<u32> {
        let mut reads = accounts.to_vec();
        for statement in self.of(accounts) {
            reads.extend(&statement.accounts);
        }
        reads.sort_unstable();
        reads.dedup();
        reads
    }

    /// What was paid by row, statement by statement; what each takes off is still to be found out.
    ///
    /// # Errors
    /// A sentence for the one statement that cannot be worked out before an earlier one is.
    pub fn paid(
        &self,
        accounts: &[u32],
        segments: &Segments,
        scratch: &mut Scratch,
    ) -> Result<Vec<(Reduction, HashMap<u64, Micros>)>> {
        if let Some(why) = accounts.iter().find_map(|account| self.unknown.get(account)) {
            bail!("{why}");
        }
        let mut paid = Vec::new();
        for earlier in self.of(accounts) {
            let source = &earlier.source;
            let gathered = gather(segments, &source.resolved, &earlier.accounts, &source.spans, scratch)?;
            let by_row = source
                .paid(&gathered.slices, &earlier.outcome)
                .with_context(|| format!("{} cannot be told apart by row: run it again first", earlier.name))?;
            let reduction = Reduction {
                statement: earlier.statement.statement.clone(),
                revision: earlier.statement.number,
                amount: Micros::ZERO,
            };
            paid.push((reduction, by_row));
        }
        Ok(paid)
    }

    /// The statements that may rest on rows of these accounts, each once, in the order in which they were read.
    fn of(&self, accounts: &[u32]) -> impl Iterator<Item = &EarlierStatement> {
        let mut places: Vec<usize> = accounts
            .iter()
            .filter_map(|account| self.of_account.get(account))
            .flatten()
            .copied()
            .collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(move |place| &self.statements[place])
    }

    fn add(&mut self, statement: EarlierStatement) {
        for account in &statement.accounts {
            self.of_account.entry(*account).or_default().push(self.statements.len());
        }
        self.statements.push(statement);
    }
}

/// What was read of one earlier program in one period, before its plugin is asked how.
struct Read {
    program: Program,
    period: Period,
    was_run: bool,
    revisions: Vec<EarlierRevision>,
    /// Accounts without a statement that is up to date, and why.
    missing: BTreeMap<AccountId, String>,
    terms: HashMap<TermsId, Terms>,
    in_force: Option<Terms>,
}

/// Reads what reduces a program in the periods that it looks at.
///
/// # Errors
/// When an earlier program was not run for one of them, or does not fit this one; the sentence names it and says what to do.
pub async fn earlier(
    host: &Host,
    program: &Program,
    plan: &Plan,
    periods: &[&Period],
    products: &[Product],
) -> Result<Earlier> {
    let mut snapshot = host.store.read().await?;
    let placed = placed(&mut snapshot).await?;
    let Some(this) = placed.iter().find(|one| one.program.id == program.id) else {
        return Ok(Earlier::default());
    };
    let before: Vec<&Placed> = before(&placed, this).collect();
    if before.is_empty() {
        return Ok(Earlier::default());
    }
    if !plan.columns.contains(&Column::NetAmount) {
        bail!(
            "the terms of program `{}` read no net amount, so nothing can be taken off it: change them, or take the program out of the stack",
            program.code
        );
    }
    let mut reads = Vec::new();
    for Placed { program: other, .. } in before {
        fit(program, other)?;
        for period in periods {
            if period.end < other.start || other.end.is_some_and(|end| end < period.start) {
                continue;
            }
            reads.push(read(&mut snapshot, other, period).await?);
        }
    }
    let accounts = snapshot.accounts().await?;
    drop(snapshot);
    build(host, program, reads, &accounts, products).await
}

async fn read(snapshot: &mut store::Snapshot, program: &Program, period: &Period) -> Result<Read> {
    let revisions = snapshot.earlier_revisions(&program.id, &period.label).await?;
    let stated: HashSet<&AccountId> = revisions.iter().map(|revision| &revision.account).collect();
    let mut missing = BTreeMap::new();
    for participant in snapshot.participants_in(&program.id, period).await? {
        if !stated.contains(&participant.account.id) {
            let why = format!(
                "program `{}`, which comes before, has no statement of account `{}` for {}: run it again first",
                program.code, participant.account.number, period.label
            );
            missing.insert(participant.account.id, why);
        }
    }
    for held in snapshot.open_quarantine(&program.id).await? {
        if held.of.period == period.label {
            let why = format!(
                "program `{}`, which comes before, holds the statement of account `{}` for {} in quarantine: put it right and run it again first",
                program.code, held.account_number, period.label
            );
            missing.insert(held.of.account, why);
        }
    }
    let versions = snapshot.terms_of(&program.id).await?;
    let approved = snapshot.approved_terms_of(&program.id).await?;
    Ok(Read {
        was_run: snapshot.was_run(&program.id, &period.label).await?,
        in_force: Terms::in_force(&approved, period.end).cloned(),
        terms: versions.into_iter().map(|terms| (terms.id.clone(), terms)).collect(),
        program: program.clone(),
        period: period.clone(),
        revisions,
        missing,
    })
}

/// Asks the plugins how their rows are read. No snapshot is open meanwhile.
async fn build(
    host: &Host,
    program: &Program,
    reads: Vec<Read>,
    accounts: &[Account],
    products: &[Product],
) -> Result<Earlier> {
    let hierarchy = Hierarchy::of(accounts);
    let by_id: HashMap<&AccountId, &Account> = accounts.iter().map(|account| (&account.id, account)).collect();
    let account = |id: &AccountId| by_id.get(id).copied().context("a statement's account is missing");
    let mut plans: HashMap<TermsId, (Plan, Descriptor)> = HashMap::new();
    let mut earlier = Earlier::default();
    for read in reads {
        let Some(in_force) = &read.in_force else { continue };
        let (plan, _) = plan_of(host, &mut plans, in_force).await?;
        if plan.kinds.is_empty() {
            // It pays claims, which rest on no rows.
            continue;
        }
        if !read.was_run {
            bail!(
                "program `{}` comes before `{}` and has not been run for {}: `gtm run {} --period {}` first",
                read.program.code,
                program.code,
                read.period.label,
                read.program.code,
                read.period.label
            );
        }
        for (id, why) in &read.missing {
            for ordinal in hierarchy.accounts_of(account(id)?, plan.roll_up_levels) {
                earlier.unknown.insert(ordinal, why.clone());
            }
        }
        let mut sources: HashMap<TermsId, Arc<Source>> = HashMap::new();
        for revision in read.revisions {
            let terms = read
                .terms
                .get(&revision.terms)
                .context("a statement's terms are missing")?;
            let (plan, descriptor) = plan_of(host, &mut plans, terms).await?;
            let source = match sources.get(&terms.id) {
                Some(source) => source.clone(),
                None => {
                    let source = Arc::new(Source::new(&read.program, &read.period, plan, descriptor, products)?);
                    earlier.sources.push(source.clone());
                    sources.insert(terms.id.clone(), source.clone());
                    source
                }
            };
            let of = account(&revision.account)?;
            earlier.add(EarlierStatement {
                outcome: read_outcome(&revision.output)?,
                name: format!(
                    "what program `{}` pays account `{}` for {}",
                    read.program.code, of.number, read.period.label
                ),
                accounts: hierarchy.accounts_of(of, plan.roll_up_levels),
                statement: revision,
                source,
            });
        }
    }
    Ok(earlier)
}

/// The plan by some terms, asked for once.
async fn plan_of<'a>(
    host: &Host,
    plans: &'a mut HashMap<TermsId, (Plan, Descriptor)>,
    terms: &Terms,
) -> Result<&'a (Plan, Descriptor)> {
    if !plans.contains_key(&terms.id) {
        let (plugin, _) = host.plugin_of(terms).await?;
        let plan = plugin.plan(&serde_json::from_str(&terms.json)?)?;
        plans.insert(terms.id.clone(), (plan, plugin.descriptor().clone()));
    }
    Ok(&plans[&terms.id])
}
