//! Rebates: what participants earn on what they buy, sell on or use.
//!
//! The crate holds the terms of a rebate and their arithmetic. It knows no products (the host's selectors mark the rows), no earlier
//! postings (the host posts the difference) and no other program. Start with [`terms`], then [`reckon`].

pub mod terms;
pub mod soundness;
pub mod scale;
pub mod volume;
pub mod gather;
pub mod reckon;
pub mod due;
pub mod words;
mod statement;

use gtm_sdk::{
    CURRENCY, Column, Context, Description, Micros, Outcome, Participant, Plan, Problem, Program, ProgramKind, Rows,
    Side, Sum, Verdict, eligibility,
};

use reckon::Reading;
use terms::Terms;
use volume::Volumes;
use words::Say;

/// One participant's rebates for one period.
#[derive(Debug)]
pub struct Rebate {
    context: Context,
    terms: Terms,
    volumes: Volumes,
    readings: Vec<Reading>,
}

impl Program for Rebate {
    type Terms = Terms;
    const TERMS_SCHEMA: &str = include_str!("../terms.schema.json");

    fn describe() -> Description {
        Description::new("gtm/rebate", "Rebate", ProgramKind::Rebate)
            .version(env!("CARGO_PKG_VERSION"))
            .columns([
                Column::Quantity,
                Column::NetAmount,
                Column::GrossAmount,
                Column::Cost,
                Column::Product,
            ])
            .profile_attributes(eligibility::ATTRIBUTES)
            .balance("expense", "Rebate expense", CURRENCY, Side::Debit)
            .balance("payable", "Rebate payable", CURRENCY, Side::Credit)
            .balance(
                "accrued-open",
                "Accrued on goods not yet invoiced",
                CURRENCY,
                Side::Credit,
            )
            .balance("goods-granted", "Free goods granted", statement::UNITS, Side::Debit)
            .balance(
                "free-goods",
                "Free goods to be delivered",
                statement::UNITS,
                Side::Credit,
            )
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
        let earlier = context
            .gathered
            .iter()
            .flat_map(|gathered| gathered.periods.iter().cloned());
        let mut volumes = Volumes::over(context.period.clone(), earlier);
        let readings = Reading::of(&terms, &context, &mut volumes);
        Ok(Rebate {
            context,
            terms,
            volumes,
            readings,
        })
    }

    fn push(&mut self, rows: &Rows<'_>) -> Result<(), Problem> {
        self.volumes.push(rows)
    }

    fn finish(self) -> Result<Outcome, Problem> {
        let mut outcome = Outcome::default();
        let mut paid: Vec<(&str, Micros)> = Vec::with_capacity(self.terms.rules.len());
        for (rule, reading) in self.terms.rules.iter().zip(&self.readings) {
            let net_of = paid
                .iter()
                .filter(|(name, _)| rule.net_of.iter().any(|named| named == name));
            let net_of = net_of.map(|(_, amount)| *amount).sum::<Sum>().micros()?;
            let reckoned = reckon::reckon(rule, reading, &self.volumes, &self.context, net_of)?;
            statement::write(rule, reading, &self.volumes, &self.context, &reckoned, &mut outcome)?;
            paid.push((&rule.rule, reckoned.due.amount));
        }
        Ok(outcome)
    }
}

gtm_sdk::export_program!(Rebate);
