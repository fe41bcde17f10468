//! The rows that a revision was worked out from, read again from the journal as it stood then.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use domain::account::Account;
use domain::calculation::Context;
use domain::day::Day;
use domain::id::{ProgramId, TermsId};
use domain::plugin::Plan;
use domain::product::Product;
use domain::program::Program;
use domain::statement::Revision;
use store::Store;
use store::segment::{Converter, Corrections, Gathered, Resolved, Row, Scratch, Segments, Spans, gather};

use crate::run::earlier::Source;
use crate::run::prepare::family;
use crate::seal;

/// Reads what revisions rest on. What many of them share is read once.
pub struct Records<'a> {
    store: &'a Store,
    pub products: Vec<Product>,
    /// Read when a program first rolls up.
    accounts: Option<Vec<Account>>,
    programs: HashMap<ProgramId, Program>,
    resolved: HashMap<TermsId, Arc<Resolved>>,
    /// By journal position.
    corrections: HashMap<u64, Arc<Corrections>>,
}

pub struct Recorded {
    /// Of these accounts, in the days that are gathered, whether the plan selects them or not.
    pub rows: Vec<Row>,
    /// Ordinals of the accounts whose rows count.
    pub accounts: Vec<u32>,
    pub spans: Spans,
    resolved: Arc<Resolved>,
    segments: Segments,
}

impl<'a> Records<'a> {
    pub async fn open(store: &'a Store) -> Result<Self> {
        let mut snapshot = store.read().await?;
        let programs = snapshot
            .programs()
            .await?
            .into_iter()
            .map(|program| (program.id.clone(), program))
            .collect();
        Ok(Self {
            store,
            products: snapshot.products().await?,
            accounts: None,
            programs,
            resolved: HashMap::new(),
            corrections: HashMap::new(),
        })
    }

    /// The plan must be the one that the revision's terms give.
    pub async fn of(&mut self, revision: &Revision, context: &Context, plan: &Plan) -> Result<Recorded> {
        let resolved = self.resolved_of(revision, context, plan)?;
        self.read(
            revision,
            plan,
            Spans::of(context.periods()),
            resolved,
            revision.receipt.position,
        )
        .await
    }

    /// The rows of a revision of an earlier program's statement, as they stood when a later program was worked out.
    pub async fn earlier(&mut self, revision: &Revision, source: &Source, position: u64) -> Result<Recorded> {
        let resolved = source.resolved.clone();
        self.read(revision, &source.plan, source.spans.clone(), resolved, position)
            .await
    }

    pub fn program(&self, id: &ProgramId) -> Result<&Program> {
        self.programs.get(id).context("the statement's program is missing")
    }

    async fn read(
        &mut self,
        revision: &Revision,
        plan: &Plan,
        spans: Spans,
        resolved: Arc<Resolved>,
        position: u64,
    ) -> Result<Recorded> {
        let accounts = self.accounts_of(revision, plan).await?;
        let ordinals: Vec<i64> = accounts.iter().map(|ordinal| i64::from(*ordinal)).collect();
        let mut rows: Vec<Row> = Vec::new();
        let mut snapshot = self.store.read().await?;
        for (from, until) in spans.iter() {
            let (from, until) = (Day::new(from)?, Day::new(until)?);
            rows.extend(
                snapshot
                    .journal_rows(&ordinals, plan.dates_by, from, until, position)
                    .await?,
            );
        }
        drop(snapshot);
        let corrections = match self.corrections.get(&position) {
            Some(corrections) => corrections.clone(),
            None => {
                let corrections = Arc::new(seal::corrections(self.store, position).await?);
                self.corrections.insert(position, corrections.clone());
                corrections
            }
        };
        Ok(Recorded {
            segments: Segments::from_rows(&rows, &corrections)?,
            rows,
            accounts,
            spans,
            resolved,
        })
    }

    async fn accounts_of(&mut self, revision: &Revision, plan: &Plan) -> Result<Vec<u32>> {
        let mut snapshot = self.store.read().await?;
        let account = snapshot
            .account_by_id(&revision.account)
            .await?
            .context("the statement's account is missing")?;
        if plan.roll_up_levels == Some(0) {
            return Ok(vec![account.ordinal as u32]);
        }
        if self.accounts.is_none() {
            self.accounts = Some(snapshot.accounts().await?);
        }
        Ok(family(
            self.accounts.as_deref().unwrap_or_default(),
            &account,
            plan.roll_up_levels,
        ))
    }

    fn resolved_of(&mut self, revision: &Revision, context: &Context, plan: &Plan) -> Result<Arc<Resolved>> {
        let resolved = self.resolved_by_terms(revision, plan)?;
        Ok(match &context.converted {
            // The rates are each statement's own, and not those that count by now.
            Some(converted) => {
                let converter = Converter::again(converted, context.currency);
                Arc::new(Resolved::clone(&resolved).converting(Arc::new(converter)))
            }
            None => resolved,
        })
    }

    fn resolved_by_terms(&mut self, revision: &Revision, plan: &Plan) -> Result<Arc<Resolved>> {
        if let Some(resolved) = self.resolved.get(&revision.terms) {
            return Ok(resolved.clone());
        }
        let currency = self.program(&revision.program)?.currency;
        let resolved = Arc::new(Resolved::new(plan, &self.products, currency)?);
        self.resolved.insert(revision.terms.clone(), resolved.clone());
        Ok(resolved)
    }
}

impl Recorded {
    /// Those that the plugin was given, in its order.
    pub fn gather<'a>(&'a self, scratch: &'a mut Scratch) -> Result<Gathered<'a>> {
        Ok(gather(
            &self.segments,
            &self.resolved,
            &self.accounts,
            &self.spans,
            scratch,
        )?)
    }
}
