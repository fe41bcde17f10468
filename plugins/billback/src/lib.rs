//! Billback: promotions that are paid for after the goods were bought or sold on, and the deductions that customers take for them.
//!
//! The crate holds the terms of trade promotions, what they pay for a period, and how a deduction is matched to the credit that is open.
//! Start with [`terms`], then [`promotion`] and [`deduction`].

pub mod terms;
pub mod soundness;
pub mod promotion;
pub mod deduction;
pub mod words;

use gtm_sdk::gathering::{Products, Selection};
use gtm_sdk::{
    Adjudicate, CURRENCY, Claim, ClaimHandling, Column, Context, Decision, Description, Evidence, Outcome, Participant,
    Plan, Problem, Program, ProgramKind, RowKind, Rows, Side, Verdict, eligibility,
};

use promotion::Counted;
use terms::{Counts, Form, Pays, Terms};
use words::Say;

/// One customer's promotions for one period.
#[derive(Debug)]
pub struct Billback {
    context: Context,
    terms: Terms,
    counted: Vec<Counted>,
}

fn selection(terms: &Terms) -> Selection<'_> {
    let sets = terms.promotions.iter().map(|promotion| &promotion.products);
    Selection::of(sets.collect::<Vec<&Products>>())
}

impl Program for Billback {
    type Terms = Terms;
    const TERMS_SCHEMA: &str = include_str!("../terms.schema.json");

    fn describe() -> Description {
        let handling = ClaimHandling {
            line_key: vec!["invoice".to_owned()],
            written_off: Some("written-off".to_owned()),
            ..ClaimHandling::new(Self::CLAIM_SCHEMA, "payable", "deducted")
        };
        Description::new("gtm/billback", "Billback", ProgramKind::Billback)
            .version(env!("CARGO_PKG_VERSION"))
            .columns([Column::Quantity, Column::NetAmount])
            .profile_attributes(eligibility::ATTRIBUTES)
            .balance("expense", "Promotion expense", CURRENCY, Side::Debit)
            .balance("payable", "Open credit", CURRENCY, Side::Credit)
            .balance("deducted", "Taken by deduction", CURRENCY, Side::Credit)
            .balance("written-off", "Small differences written off", CURRENCY, Side::Debit)
            .claims(handling)
            .messages(Say::ALL.iter().copied())
            .order_independent()
    }

    fn plan(terms: &Terms) -> Result<Plan, Vec<Problem>> {
        let problems = soundness::problems(terms);
        if !problems.is_empty() {
            return Err(problems);
        }
        let selectors = selection(terms)
            .selectors()
            .map_err(|problem| vec![problem.at("/promotions")])?;
        let counts = |counts| terms.promotions.iter().any(|promotion| promotion.counts == counts);
        let mut kinds = Vec::new();
        if counts(Counts::Invoiced) {
            kinds.extend([RowKind::Sale, RowKind::Return]);
        }
        if counts(Counts::PointOfSale) {
            kinds.push(RowKind::PointOfSale);
        }
        let pays = |test: fn(&Pays) -> bool| terms.promotions.iter().any(|promotion| test(&promotion.pays));
        let mut columns = Vec::new();
        if pays(|pays| matches!(pays, Pays::PerUnit(_))) {
            columns.push(Column::Quantity);
        }
        if pays(|pays| matches!(pays, Pays::Percent(_))) {
            columns.push(Column::NetAmount);
        }
        Ok(Plan {
            dates_by: terms.dates_by.into(),
            roll_up_levels: terms.roll_up.levels(),
            columns,
            selectors,
            ..Plan::new(kinds)
        })
    }

    fn assess(terms: &Terms, participant: &Participant) -> Result<Verdict, Problem> {
        Ok(terms.eligibility.assess(participant))
    }

    fn start(context: Context, terms: Terms) -> Result<Self, Problem> {
        let selection = selection(&terms);
        let counted = terms
            .promotions
            .iter()
            .map(|promotion| Counted::new(promotion, selection.bit(&promotion.products)))
            .collect::<Result<_, _>>()?;
        Ok(Billback {
            context,
            counted,
            terms,
        })
    }

    fn push(&mut self, rows: &Rows<'_>) -> Result<(), Problem> {
        for row in rows.iter() {
            for (promotion, counted) in self.terms.promotions.iter().zip(&mut self.counted) {
                counted.count(promotion, &row)?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Outcome, Problem> {
        let mut outcome = Outcome::default();
        for (promotion, counted) in self.terms.promotions.iter().zip(&self.counted) {
            counted.pay(promotion, &self.context, &mut outcome)?;
        }
        Ok(outcome)
    }
}

impl Adjudicate for Billback {
    type Form = Form;
    const CLAIM_SCHEMA: &str = include_str!("../claim.schema.json");

    fn adjudicate(context: &Context, terms: Terms, evidence: &Evidence, claim: &Claim) -> Result<Decision, Problem> {
        deduction::rule(context, terms.write_off, evidence, claim)
    }
}

gtm_sdk::export_program!(Billback, world = program);
