//! The rows that a revision was worked out from, read again from the journal as it stood then.

use anyhow::{Context as _, Result};
use domain::calculation::Context;
use domain::day::Day;
use domain::plugin::Plan;
use domain::product::Product;
use domain::program::Program;
use domain::statement::Revision;
use store::Store;
use store::segment::{Gathered, Resolved, Row, Scratch, Segments, Spans, gather};

use crate::run::prepare::family;
use crate::seal;

pub struct Recorded {
    /// Of all participants' rows, those in the days that the plan asks for, selected or not.
    pub rows: Vec<Row>,
    /// Ordinals of the accounts whose rows count.
    pub accounts: Vec<u32>,
    pub spans: Spans,
    pub products: Vec<Product>,
    resolved: Resolved,
    segments: Segments,
}

impl Recorded {
    pub async fn read(store: &Store, revision: &Revision, context: &Context, plan: &Plan) -> Result<Self> {
        let position = revision.receipt.position;
        let mut snapshot = store.read().await?;
        let program: Program = snapshot.program_by_id(&revision.program).await?.context("the statement's program is missing")?;
        let account = snapshot.account_by_id(&revision.account).await?.context("the statement's account is missing")?;
        let products = snapshot.products().await?;
        let accounts = match plan.roll_up_levels {
            Some(0) => vec![account.ordinal as u32],
            levels => family(&snapshot.accounts().await?, &account, levels),
        };
        let ordinals: Vec<i64> = accounts.iter().map(|ordinal| i64::from(*ordinal)).collect();
        let spans = Spans::of(context.periods());
        let mut rows: Vec<Row> = Vec::new();
        for (from, until) in spans.iter() {
            let (from, until) = (Day::new(from)?, Day::new(until)?);
            rows.extend(snapshot.journal_rows(&ordinals, plan.dates_by, from, until, position).await?);
        }
        drop(snapshot);
        let corrections = seal::corrections(store, position).await?;
        let segments = Segments::from_rows(&rows, &corrections)?;
        let resolved = Resolved::new(plan, &products, program.currency)?;
        Ok(Self { rows, accounts, spans, products, resolved, segments })
    }

    /// Those that the plugin was given, in its order.
    pub fn gather<'a>(&'a self, scratch: &'a mut Scratch) -> Result<Gathered<'a>> {
        Ok(gather(&self.segments, &self.resolved, &self.accounts, &self.spans, scratch)?)
    }
}
