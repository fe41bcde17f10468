//! One statement: gather, compare with what is known, calculate, and say what is to be posted.

use std::collections::HashMap;

use anyhow::Result;
use domain::calculation::Context;
use domain::columns::{self, ColumnSlice};
use domain::digest::{Digest, ordered_json};
use domain::id::RunId;
use domain::ledger::{self, Reason, Transfer};
use domain::money::{Micros, Total};
use domain::plugin::{Descriptor, Side};
use domain::receipt::{Receipt, Signature};
use domain::stacking::{self, Reduction};
use domain::statement::Revision;
use runtime::{Calculated, Failed, Key};
use store::quarantine::Quarantine;
use store::segment::{Scratch, Segments, gather};

use super::prepare::Prepared;

/// How often a calculation that ran into the wall clock is tried.
const TRIES: u32 = 3;

/// What became of one participant.
#[derive(Debug)]
pub struct Worked {
    pub figures: Figures,
    pub outcome: Outcome,
}

#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// The participant's place among the prepared.
    pub member: usize,
    /// Rows that were sent.
    pub rows: u64,
    /// Net amount of the rows of the period itself, where these terms look at it.
    pub net_amount: Total,
    /// What the statement has posted in the program's currency to balances that the participant is owed, after this run and
    /// before it.
    pub amount: Micros,
    pub before: Micros,
}

#[derive(Debug)]
pub enum Outcome {
    /// Code, context and rows are those of the newest revision.
    Unchanged,
    Revised(Box<Revision>),
    Held(Box<Quarantine>),
}

/// What every statement of a run shares.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub prepared: &'a Prepared,
    pub run: &'a RunId,
    pub key: &'a Key,
    /// The journal position that segments were sealed up to.
    pub as_of: u64,
}

impl Desk<'_> {
    /// Works out one participant's statement. What is wrong with it holds this statement and no other.
    ///
    /// # Errors
    /// Only what is no single statement's: the calculation ran into the wall clock, which is this machine's fault.
    pub fn work(&self, place: usize, segments: &Segments, scratch: &mut Scratch) -> Result<Worked> {
        let member = &self.prepared.participants[place];
        let posted = member.latest.as_ref().map_or(&[][..], |latest| &latest.posted);
        let before = owed(
            self.prepared.plugin.descriptor(),
            self.prepared.program.currency.code(),
            posted,
        );
        let mut figures = Figures {
            member: place,
            rows: 0,
            net_amount: Total::default(),
            amount: before,
            before,
        };
        let paid = match self.prepared.earlier.paid(&member.accounts, segments, scratch) {
            Ok(paid) => paid,
            Err(e) => return Ok(self.held(figures, format!("{e:#}"), String::new(), None, None)),
        };
        let gathered = match gather(
            segments,
            &self.prepared.resolved,
            &member.accounts,
            &self.prepared.spans,
            scratch,
        ) {
            Ok(gathered) => gathered,
            Err(e) => return Ok(self.held(figures, format!("{e}"), String::new(), None, None)),
        };
        figures.rows = gathered.rows() as u64;
        figures.net_amount = self.net_amount(&gathered.slices);
        let net = match Net::of(&gathered.slices, paid) {
            Ok(net) => net,
            Err(e) => return Ok(self.held(figures, e.to_string(), String::new(), None, None)),
        };
        let rows = net.rows(&gathered.slices);
        let context = match self.prepared.context(member, &gathered) {
            Ok(context) => context,
            Err(e) => return Ok(self.held(figures, format!("{e:#}"), String::new(), None, None)),
        };
        let context_json = ordered_json(&context)?;
        let (context_digest, rows_digest) = (Digest::of(&context_json), columns::digest(&rows));
        let component = self.prepared.terms.component;
        if member
            .latest
            .as_ref()
            .is_some_and(|latest| latest.same_input(component, context_digest, rows_digest))
        {
            return Ok(Worked {
                figures,
                outcome: Outcome::Unchanged,
            });
        }

        let calculated = match self.calculate(&context, &rows) {
            Ok(calculated) => calculated,
            Err(failed) if failed.failure.is_of_the_machine() => return Err(failed.into()),
            Err(failed) => {
                return Ok(self.held(
                    figures,
                    failed.to_string(),
                    failed.log,
                    Some(context_digest),
                    Some(rows_digest),
                ));
            }
        };
        let (number, reason) = match &member.latest {
            None => (1, Reason::Original),
            Some(latest) => (latest.number + 1, latest.reason(component, &self.prepared.terms.id)),
        };
        let reason = self.prepared.posting.reason(reason);
        let transfers = match ledger::difference(&calculated.outcome.transfers, posted, reason) {
            Ok(transfers) => transfers,
            Err(e) => {
                return Ok(self.held(
                    figures,
                    e.to_string(),
                    calculated.log,
                    Some(context_digest),
                    Some(rows_digest),
                ));
            }
        };
        let receipt = Receipt {
            program: self.prepared.program.code.clone(),
            account: member.participant.account.number.clone(),
            period: self.prepared.period.label.clone(),
            revision: number,
            component,
            context: context_digest,
            rows: rows_digest,
            row_count: figures.rows,
            output: Digest::of(&calculated.output),
            log: Digest::of(calculated.log.as_bytes()),
            api: runtime::API.to_owned(),
            engine: runtime::ENGINE.to_owned(),
            fuel: calculated.fuel,
            position: self.as_of,
            signature: Signature::default(),
        };
        figures.amount = Micros(
            before.0
                + owed(
                    self.prepared.plugin.descriptor(),
                    self.prepared.program.currency.code(),
                    &transfers,
                )
                .0,
        );
        let revision = Revision {
            run: self.run.clone(),
            program: self.prepared.program.id.clone(),
            account: member.participant.account.id.clone(),
            period: self.prepared.period.label.clone(),
            number,
            terms: self.prepared.terms.id.clone(),
            context: context_json,
            output: calculated.output,
            log: calculated.log,
            transfers,
            posting_period: self.prepared.posting.into.as_ref().map(|period| period.label.clone()),
            reduced_by: net.reduced_by,
            receipt: runtime::sign(receipt, self.key)?,
        };
        Ok(Worked {
            figures,
            outcome: Outcome::Revised(Box::new(revision)),
        })
    }

    /// What the machine could not do is tried again, and only then stops the run.
    fn calculate(&self, context: &Context, rows: &[ColumnSlice<'_>]) -> Result<Calculated, Failed> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.prepared.plugin.calculate(context, rows) {
                Err(failed) if failed.failure.is_of_the_machine() && tries < TRIES => continue,
                calculated => return calculated,
            }
        }
    }

    fn held(
        &self,
        figures: Figures,
        reason: String,
        log: String,
        context: Option<Digest>,
        rows: Option<Digest>,
    ) -> Worked {
        let quarantine = Quarantine {
            run: self.run.clone(),
            program: self.prepared.program.id.clone(),
            account: self.prepared.participants[figures.member]
                .participant
                .account
                .id
                .clone(),
            period: self.prepared.period.label.clone(),
            reason,
            log,
            component: self.prepared.terms.component,
            context,
            rows,
        };
        Worked {
            figures,
            outcome: Outcome::Held(Box::new(quarantine)),
        }
    }

    fn net_amount(&self, slices: &[ColumnSlice<'_>]) -> Total {
        let (start, end) = (self.prepared.period.start.number(), self.prepared.period.end.number());
        let own = |slice: &ColumnSlice<'_>| -> i128 {
            let before = slice.date.partition_point(|date| *date < start);
            let until = slice.date.partition_point(|date| *date <= end);
            let amounts = slice.net_amount.get(before..until).unwrap_or(&[]);
            amounts.iter().map(|amount| i128::from(*amount)).sum()
        };
        slices.iter().map(own).sum::<i128>().into()
    }
}

/// The net amounts of some rows after what earlier programs paid on them.
pub struct Net {
    /// By slice; empty where nothing comes before, so that the rows stay as they lie.
    amounts: Vec<Vec<i64>>,
    /// Those that took something off.
    pub reduced_by: Vec<Reduction>,
}

impl Net {
    /// `paid` is what each earlier statement pays by row.
    ///
    /// # Errors
    /// An amount that does not fit.
    pub fn of(rows: &[ColumnSlice<'_>], paid: Vec<(Reduction, HashMap<u64, Micros>)>) -> domain::Result<Self> {
        let mut net = Net {
            amounts: match paid.is_empty() {
                true => vec![],
                false => rows.iter().map(|slice| slice.net_amount.to_vec()).collect(),
            },
            reduced_by: vec![],
        };
        for (reduction, by_row) in paid {
            if let Some(amount) = stacking::take_off(rows, &by_row, &mut net.amounts)? {
                net.reduced_by.push(Reduction { amount, ..reduction });
            }
        }
        net.reduced_by.sort_by(|one, other| one.statement.cmp(&other.statement));
        Ok(net)
    }

    /// The rows with them.
    pub fn rows<'a>(&'a self, rows: &[ColumnSlice<'a>]) -> Vec<ColumnSlice<'a>> {
        match self.reduced_by.is_empty() {
            true => rows.to_vec(),
            false => stacking::with_net_amounts(rows, &self.amounts),
        }
    }
}

/// What these transfers leave on balances that the participant is owed.
pub fn owed(descriptor: &Descriptor, currency: &str, transfers: &[Transfer]) -> Micros {
    let is_owed = |code: &str| {
        i64::from(
            descriptor
                .balance(code)
                .is_some_and(|balance| balance.side == Side::Credit),
        )
    };
    let signed = |transfer: &Transfer| transfer.amount.0 * (is_owed(&transfer.credit) - is_owed(&transfer.debit));
    Micros(
        transfers
            .iter()
            .filter(|transfer| transfer.unit == currency)
            .map(signed)
            .sum(),
    )
}
