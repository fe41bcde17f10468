//! Royalties: what a licensee owes the holder of a right for what it sold, and when that is paid.
//!
//! The crate holds the terms of a royalty agreement and their arithmetic. Each statement works the account out again from the first
//! period on, from the rows alone: escalators, reserves, advances, guarantees and balances carried forward need no memory. It
//! knows no products (the host's selectors mark the rows) and no earlier postings. Start with [`terms`], then [`earnings`] and
//! [`account`].

pub mod terms;
pub mod soundness;
pub mod gather;
pub mod ladder;
pub mod sales;
pub mod earnings;
pub mod account;
pub mod words;
mod statement;

use gtm_sdk::{
    CURRENCY, Column, Context, Description, Outcome, Participant, Plan, Problem, Program, ProgramKind, Rows, Side,
    Verdict, eligibility,
};

use earnings::Earnings;
use terms::Terms;
use words::Say;

/// One participant's royalty account, up to one period.
#[derive(Debug)]
pub struct Royalty {
    context: Context,
    terms: Terms,
    earnings: Earnings,
}

impl Program for Royalty {
    type Terms = Terms;
    const TERMS_SCHEMA: &str = include_str!("../terms.schema.json");

    fn describe() -> Description {
        Description::new("gtm/royalty", "Royalty", ProgramKind::Royalty)
            .version(env!("CARGO_PKG_VERSION"))
            .columns([Column::Quantity, Column::NetAmount, Column::ListPrice, Column::Product])
            .profile_attributes(eligibility::ATTRIBUTES)
            .transaction_attributes(gather::ATTRIBUTES)
            .balance("expense", "Royalty expense", CURRENCY, Side::Debit)
            .balance("earned", "Royalties earned and not yet payable", CURRENCY, Side::Credit)
            .balance("reserve", "Reserve for returns", CURRENCY, Side::Credit)
            .balance("recoupable", "Advances and costs to be recouped", CURRENCY, Side::Debit)
            .balance("payable", "Royalties payable", CURRENCY, Side::Credit)
            .messages(Say::ALL.iter().copied())
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
        let earnings = Earnings::begin(&terms, &context);
        Ok(Royalty {
            context,
            terms,
            earnings,
        })
    }

    fn push(&mut self, rows: &Rows<'_>) -> Result<(), Problem> {
        self.earnings.push(rows, &self.terms, &self.context)
    }

    fn finish(self) -> Result<Outcome, Problem> {
        let account = account::settle(&self.terms, &self.context, &self.earnings)?;
        statement::write(&self.terms, &self.context, &self.earnings, &account)
    }
}

// The sales that returns are matched to are kept until the end: a hundred thousand of them take about 16 MiB.
gtm_sdk::export_program!(Royalty, arena_bytes = 32 << 20);
