use askama::Template;

use crate::{
    Figure, Flash, Frame, Milestone, Outcome, Plugin, Receipt, Replay, ReplayFragment, Unit, Verdict, amount, path,
    sentence::Sentence,
};

/// One participant, one program, one period: the amount, how it came about, and the proof.
#[derive(Clone, Debug, Template)]
#[template(path = "statement.html")]
pub struct StatementPage {
    pub frame: Frame,
    pub id: String,
    pub program_code: String,
    pub program_title: String,
    pub account: String,
    pub name: String,
    pub period: Period,
    pub unit: Unit,
    /// `NotRun` does not occur here: without a run there is no statement.
    pub outcome: Outcome,
    /// When the last revision was made, such as `2011-04-02 09:14:55 UTC`.
    pub made_at: String,
    pub milestones: Vec<Milestone>,
    /// In the order of the explanation.
    pub steps: Vec<Step>,
    pub lines: Lines,
    pub transfers: Vec<Transfer>,
    /// Oldest first.
    pub revisions: Vec<Revision>,
    /// What the plugin wrote to its log.
    pub log: Vec<String>,
    pub receipt: Receipt,
    /// Set on the page that answers a replay where script does not run.
    pub replay: Option<Replay>,
}

/// A stretch of days with a name.
#[derive(Clone, Debug)]
pub struct Period {
    /// `2011-Q1`.
    pub label: String,
    /// The first day, `2011-01-01`.
    pub start: String,
    /// The last day, `2011-03-31`.
    pub end: String,
}

/// One step of the arithmetic.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which part of the terms it belongs to: `volume`.
    pub rule: String,
    /// The sentence with its figures in place: `4,000.00 at 1 % is 40.00`.
    pub words: String,
    /// What it adds to the amount, in micros; the page adds up. None for a step that only explains.
    pub amount: Option<i64>,
}

/// One page of the lines a statement rests on.
#[derive(Clone, Debug)]
pub struct Lines {
    /// Why they cannot be shown, as one sentence. None when they can.
    pub missing: Option<String>,
    /// In the order of date and journal position.
    pub lines: Vec<Line>,
    /// How many there are in all.
    pub count: u64,
    /// The net amounts of all of them, in micros.
    pub net: i64,
    /// What earlier programs take off these net amounts before this one sees them.
    pub reductions: Vec<Reduction>,
    /// True when this is not the first page.
    pub continued: bool,
    /// The key to ask for the next page with, in the query as `after`. None on the last page.
    pub next: Option<String>,
}

/// One line of the journal.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its place in the journal.
    pub position: u64,
    /// `2011-01-26`.
    pub date: String,
    /// `sale`, `return`.
    pub kind: String,
    /// The document or the key in the system it came from: `542237/3`.
    pub document: String,
    /// The stock code and its name. Empty when the line has no product.
    pub product: String,
    /// In micros of the product's unit of measure; negative on a return.
    pub quantity: i64,
    /// In micros.
    pub net: i64,
    /// Such as `corrects line 40,112`.
    pub note: Option<String>,
}

/// What the statement of an earlier program takes off.
#[derive(Clone, Debug)]
pub struct Reduction {
    /// The program's code.
    pub program: String,
    pub period: String,
    /// In micros.
    pub amount: i64,
}

/// One movement of money that was posted.
#[derive(Clone, Debug)]
pub struct Transfer {
    pub rule: String,
    /// The balance that gives.
    pub debit: String,
    /// The balance that receives.
    pub credit: String,
    /// In micros; what this posting added, which is the difference to what stood there before.
    pub amount: i64,
    pub marking: Marking,
    /// The revision that posted it, from 1.
    pub revision: u32,
    /// The day from which it counts.
    pub effective: String,
    /// When it was posted.
    pub posted_at: String,
}

/// Why a transfer was posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marking {
    /// By the first run of the period.
    Original,
    /// By a later run, because facts of the period changed after it was posted.
    PriorPeriod,
    /// By a later run, because the terms changed.
    Rate,
    /// What was posted before is taken back.
    Reversal,
}

/// One time the statement was worked out with a new result.
#[derive(Clone, Debug)]
pub struct Revision {
    /// From 1.
    pub number: u32,
    pub made_at: String,
    /// Who caused it: a user or an application.
    pub actor: String,
    /// `first run of the period`, `line 40,112 was corrected by line 48,213`.
    pub reason: String,
    /// The entitlement in full, in micros.
    pub amount: i64,
    /// What it added to the revision before, in micros.
    pub difference: i64,
}

impl Marking {
    fn words(self) -> &'static str {
        match self {
            Marking::Original => "original",
            Marking::PriorPeriod => "prior-period adjustment",
            Marking::Rate => "rate adjustment",
            Marking::Reversal => "reversal",
        }
    }
}

impl StatementPage {
    fn address(&self) -> String {
        path::statement(&self.id)
    }

    fn replay_address(&self) -> String {
        path::replay(&self.id)
    }

    fn program_address(&self) -> String {
        path::with_query(
            path::program(&self.program_code),
            &[("period", Some(&self.period.label))],
        )
    }

    fn next_lines_address(&self) -> Option<String> {
        let after = self.lines.next.as_deref()?;
        Some(path::with_query(self.address(), &[("after", Some(after))]))
    }

    /// Each step with its number and, where it adds something, the sum so far.
    fn running(&self) -> Vec<(usize, &Step, Option<i128>)> {
        let mut sum = 0;
        let mut running = Vec::with_capacity(self.steps.len());
        for (place, step) in self.steps.iter().enumerate() {
            sum += i128::from(step.amount.unwrap_or(0));
            running.push((place + 1, step, step.amount.map(|_| sum)));
        }
        running
    }

    /// The net amounts less what earlier programs pay on the lines.
    fn reduced_net(&self) -> i128 {
        let off = self.lines.reductions.iter().map(|off| i128::from(off.amount));
        i128::from(self.lines.net) - off.sum::<i128>()
    }

    fn posted(&self) -> i128 {
        self.transfers.iter().map(|transfer| i128::from(transfer.amount)).sum()
    }
}

impl Period {
    pub fn sample() -> Self {
        Period {
            label: "2011-Q1".into(),
            start: "2011-01-01".into(),
            end: "2011-03-31".into(),
        }
    }
}

mod sample;
