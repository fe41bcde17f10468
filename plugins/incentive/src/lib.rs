//! Incentives: commissions and SPIFs, what sellers and partner staff earn for what they sell, and when it is paid.
//!
//! The crate holds the terms of an incentive plan and their arithmetic. Where something is carried from period to period – a draw, a
//! holdback, a clawback – each statement works the account out again from the first period on, from the rows alone, so that it needs no
//! memory. It knows no products (the host's selectors mark the rows) and no earlier postings. Start with [`terms`], then [`credit`],
//! [`reckon`] and [`account`].

pub mod terms;
pub mod soundness;
pub mod gather;
pub mod credit;
pub mod clawback;
pub mod year;
pub mod quota;
pub mod pay;
pub mod reckon;
pub mod account;
pub mod words;
mod statement;

use gtm_sdk::{
    CURRENCY, Column, Context, Description, Outcome, Participant, Plan, Problem, Program, ProgramKind, Rows, Side,
    Verdict, eligibility,
};

use credit::Credits;
use terms::Terms;
use words::Say;

/// One participant's incentive account, up to one period.
#[derive(Debug)]
pub struct Incentive {
    context: Context,
    terms: Terms,
    credits: Credits,
}

impl Program for Incentive {
    type Terms = Terms;
    const TERMS_SCHEMA: &str = include_str!("../terms.schema.json");

    fn describe() -> Description {
        Description::new("gtm/incentive", "Incentive", ProgramKind::Incentive)
            .version(env!("CARGO_PKG_VERSION"))
            .columns([Column::NetAmount, Column::GrossAmount, Column::Cost, Column::Quantity])
            .profile_attributes(eligibility::ATTRIBUTES)
            .transaction_attributes(gather::ATTRIBUTES)
            .balance("expense", "Incentive expense", CURRENCY, Side::Debit)
            .balance(
                "earned",
                "Incentives earned and not yet payable",
                CURRENCY,
                Side::Credit,
            )
            .balance("holdback", "Incentives held back", CURRENCY, Side::Credit)
            .balance("draw", "Draws to be recovered", CURRENCY, Side::Debit)
            .balance("payable", "Incentives payable", CURRENCY, Side::Credit)
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
        let credits = Credits::begin(&terms, &context)?;
        Ok(Incentive {
            context,
            terms,
            credits,
        })
    }

    fn push(&mut self, rows: &Rows<'_>) -> Result<(), Problem> {
        self.credits.push(rows, &self.terms, &self.context)
    }

    fn finish(mut self) -> Result<Outcome, Problem> {
        let standing = account::standing(&self.terms, &self.context, &mut self.credits)?;
        statement::write(&self.terms, &self.context, &standing)
    }
}

// Where the terms claw back, sales are kept until the end: a hundred thousand of them take about 16 MiB for each component.
gtm_sdk::export_program!(Incentive, arena_bytes = 48 << 20);
