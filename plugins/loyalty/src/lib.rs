//! Loyalty: points that members earn by what they buy, use, and lose when they do not.
//!
//! The crate holds the terms of a loyalty program and their arithmetic. A statement answers for one period and is worked out from every
//! row since the program began, so that a lot of an earlier period becomes spendable, is used or expires in the period in which that
//! happens. Start with [`terms`], then [`history`].

pub mod terms;
pub mod soundness;
pub mod gather;
pub mod journal;
pub mod earning;
pub mod movements;
pub mod lots;
pub mod counted;
pub mod ladder;
pub mod liability;
pub mod history;
pub mod words;
mod statement;

use gtm_sdk::{
    CURRENCY, Column, Context, Description, Outcome, Participant, Plan, Problem, Program, ProgramKind, Rows, Side,
    Verdict, eligibility,
};

use history::History;
use journal::Journal;
use statement::POINTS;
use terms::Terms;
use words::Say;

/// One member's points for one period.
#[derive(Debug)]
pub struct Loyalty {
    context: Context,
    terms: Terms,
    journal: Journal,
}

impl Program for Loyalty {
    type Terms = Terms;
    const TERMS_SCHEMA: &str = include_str!("../terms.schema.json");

    fn describe() -> Description {
        Description::new("gtm/loyalty", "Loyalty", ProgramKind::Loyalty)
            .version(env!("CARGO_PKG_VERSION"))
            .columns([Column::Quantity, Column::NetAmount, Column::GrossAmount])
            .profile_attributes(eligibility::ATTRIBUTES)
            .transaction_attributes(["invoice", "order", "receipt"])
            .balance("issued", "Points issued", POINTS, Side::Debit)
            .balance("pending", "Points pending", POINTS, Side::Credit)
            .balance("points", "Points that can be spent", POINTS, Side::Credit)
            .balance("redeemed", "Points used", POINTS, Side::Credit)
            .balance("expired", "Points expired", POINTS, Side::Credit)
            .balance("revenue", "Revenue put off for points", CURRENCY, Side::Debit)
            .balance("deferred", "Owed in points", CURRENCY, Side::Credit)
            .messages(Say::ALL.iter().copied())
            .order_independent()
    }

    fn plan(terms: &Terms) -> Result<Plan, Vec<Problem>> {
        let problems = soundness::problems(terms);
        if problems.is_empty() {
            gather::plan(terms)
        } else {
            Err(problems)
        }
    }

    fn assess(terms: &Terms, participant: &Participant) -> Result<Verdict, Problem> {
        Ok(terms.eligibility.assess(participant))
    }

    fn start(context: Context, terms: Terms) -> Result<Self, Problem> {
        Ok(Loyalty {
            context,
            terms,
            journal: Journal::default(),
        })
    }

    fn push(&mut self, rows: &Rows<'_>) -> Result<(), Problem> {
        self.journal.push(&self.terms, rows);
        Ok(())
    }

    fn finish(self) -> Result<Outcome, Problem> {
        let history = History::told(&self.terms, &self.context, self.journal.events())?;
        statement::write(&self.terms, &self.context, history)
    }
}

// Rows are kept until all are there: about 200 bytes each with the lot that they become.
gtm_sdk::export_program!(Loyalty, arena_bytes = 40 << 20);
