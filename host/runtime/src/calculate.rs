//! One statement: a fresh sandbox, the context, the rows in batches, the answer held against what was asked.

use domain::calculation::{Context, Outcome};
use domain::columns::ColumnSlice;
use domain::digest::ordered_json;
use domain::proposal;

use crate::batches::{self, BATCH_ROWS, Batches};
use crate::bindings::calculation::{AttributeColumn, Batch};
use crate::convert::{self, Bounds};
use crate::failure::{Failed, Failure};
use crate::plugin::Plugin;
use crate::sandbox::Sandbox;

/// An answer that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calculated {
    pub outcome: Outcome,
    /// Canonical JSON of the outcome: what the receipt hashes and a replay compares.
    pub output: Vec<u8>,
    /// One line for each, with its level before it.
    pub log: String,
    /// The same number on every machine, and wherever the slices of rows were cut.
    pub fuel: u64,
}

/// How a run in the sandbox ends without an answer.
pub(crate) enum End {
    Engine(wasmtime::Error),
    Answer(Failure),
}

impl Plugin {
    /// What the participant is entitled to for the period, in full, checked by [`domain::proposal::check`]. The rows are ordered by
    /// date, then position, across the slices; all slices have the same columns, those of the plan.
    pub fn calculate(&self, context: &Context, rows: &[ColumnSlice<'_>]) -> Result<Calculated, Failed> {
        self.calculate_in_batches(context, rows, BATCH_ROWS)
    }

    /// The same in batches of another size, which changes the fuel and must change nothing else: for trying that.
    pub fn calculate_in_batches(
        &self,
        context: &Context,
        rows: &[ColumnSlice<'_>],
        batch_rows: usize,
    ) -> Result<Calculated, Failed> {
        let row_count = rows.iter().map(|slice| slice.len() as u64).sum();
        let mut sandbox = Sandbox::new(&self.code, row_count)?;
        match self.answer(&mut sandbox, row_count, context, rows, batch_rows) {
            Ok((outcome, output)) => {
                let (log, fuel) = sandbox.close();
                Ok(Calculated {
                    outcome,
                    output,
                    log,
                    fuel,
                })
            }
            Err(End::Engine(error)) => Err(sandbox.trapped(error)),
            Err(End::Answer(failure)) => Err(sandbox.failed(failure)),
        }
    }

    fn answer(
        &self,
        sandbox: &mut Sandbox<'_>,
        row_count: u64,
        context: &Context,
        rows: &[ColumnSlice<'_>],
        batch_rows: usize,
    ) -> Result<(Outcome, Vec<u8>), End> {
        batches::check(rows).map_err(|sentence| End::Answer(Failure::Input(sentence)))?;
        let Some(interface) = sandbox.calculation().map_err(End::Engine)? else {
            return Err(End::Answer(Failure::Input(format!(
                "{} rules on claims and calculates nothing: it has no statements",
                self.code.name
            ))));
        };
        let guest = interface.calculation();
        let store = &mut sandbox.store;

        let calculation = convert::with_context(context, |context| guest.call_constructor(&mut *store, context))
            .map_err(|sentence| End::Answer(Failure::Input(sentence)))?
            .map_err(End::Engine)?;
        let mut batches = Batches::new(rows, batch_rows);
        while let Some(batch) = batches.next() {
            let attributes: Vec<_> = batch
                .attributes
                .iter()
                .map(|(name, codes)| AttributeColumn { name, codes })
                .collect();
            guest
                .call_push(&mut *store, calculation, guest_batch(&batch, &attributes))
                .map_err(End::Engine)?
                .map_err(reported)?;
        }
        let answer = guest
            .call_finish(&mut *store, calculation)
            .map_err(End::Engine)?
            .map_err(reported)?;

        let outcome = convert::outcome(answer, &Bounds::new(self.code.engine.limits(), row_count))
            .map_err(|failure| End::Answer(failure.of(&self.code.name)))?;
        proposal::check(self.descriptor(), context, rows, &outcome)
            .map_err(|e| End::Answer(Failure::Proposal(e.to_string())))?;
        let output = ordered_json(&outcome).map_err(|e| End::Answer(Failure::Proposal(e.to_string())))?;
        Ok((outcome, output))
    }
}

pub(crate) fn reported(problem: crate::bindings::types::Problem) -> End {
    End::Answer(Failure::Problem(Box::new(convert::problem(problem))))
}

fn guest_batch<'a>(rows: &ColumnSlice<'a>, attributes: &'a [AttributeColumn<'a>]) -> Batch<'a> {
    Batch {
        position: rows.position,
        date: rows.date,
        kind: rows.kind,
        selectors: rows.selectors,
        product: rows.product,
        quantity: rows.quantity,
        net_amount: rows.net_amount,
        gross_amount: rows.gross_amount,
        cost: rows.cost,
        list_price: rows.list_price,
        end_customer: rows.end_customer,
        attributes,
    }
}
