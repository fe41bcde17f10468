//! Chargeback: what a distributor is owed for goods that it sold below its cost, and for stock that lost its price.
//!
//! The crate holds the terms, the ruling on claims against special price agreements (ship-and-debit, contract chargeback, margin
//! maintenance), and price protection, which is worked out from recorded stock without a claim. Start with [`terms`]; a claim goes through
//! [`claim`], [`line`] and [`prices`], a price change through [`price_change`].

pub mod terms;
pub mod soundness;
pub mod reason;
pub mod claim;
pub mod line;
pub mod prices;
pub mod price_change;
pub mod words;

use gtm_sdk::gathering::{Products, Selection};
use gtm_sdk::{
    Adjudicate, CURRENCY, Claim, ClaimHandling, Column, Context, Decision, Description, Evidence, Outcome, Participant,
    Plan, Problem, Program, ProgramKind, RowKind, Rows, Side, Verdict, Window, eligibility,
};

use price_change::Counted;
use terms::{Form, PriceChange, Terms};
use words::Say;

/// One distributor's price protection for one period.
#[derive(Debug)]
pub struct Chargeback {
    context: Context,
    changes: Vec<PriceChange>,
    counted: Vec<Counted>,
}

fn selection(changes: &[PriceChange]) -> Selection<'_> {
    let prices = changes.iter().flat_map(|change| &change.prices);
    Selection::of(prices.map(|price| &price.products).collect::<Vec<&Products>>())
}

impl Program for Chargeback {
    type Terms = Terms;
    const TERMS_SCHEMA: &str = include_str!("../terms.schema.json");

    fn describe() -> Description {
        let key = ["invoice", "invoice-line", "sku", "lot"];
        let handling = ClaimHandling {
            line_key: key.map(str::to_owned).into(),
            ..ClaimHandling::new(Self::CLAIM_SCHEMA, "expense", "payable")
        };
        Description::new("gtm/chargeback", "Chargeback", ProgramKind::Chargeback)
            .version(env!("CARGO_PKG_VERSION"))
            .columns([Column::Product, Column::Quantity])
            .profile_attributes(eligibility::ATTRIBUTES)
            .balance("expense", "Chargebacks and price protection", CURRENCY, Side::Debit)
            .balance("payable", "Owed to the distributor", CURRENCY, Side::Credit)
            .claims(handling)
            .messages(Say::ALL.iter().copied())
            .order_independent()
    }

    fn plan(terms: &Terms) -> Result<Plan, Vec<Problem>> {
        let problems = soundness::problems(terms);
        if !problems.is_empty() {
            return Err(problems);
        }
        let claims = Plan {
            agreements: terms.claims.is_some(),
            inventory: terms.claims.as_ref().is_some_and(|claims| claims.checks_inventory),
            ..Plan::new([])
        };
        if terms.price_changes.is_empty() {
            return Ok(claims);
        }
        let selectors = selection(&terms.price_changes)
            .selectors()
            .map_err(|problem| vec![problem.at("/price-changes")])?;
        let kinds = [RowKind::Sale, RowKind::Return, RowKind::PointOfSale, RowKind::Inventory];
        Ok(Plan {
            kinds: kinds.into(),
            windows: vec![Window::SinceStart],
            columns: vec![Column::Product, Column::Quantity],
            selectors,
            ..claims
        })
    }

    fn assess(terms: &Terms, participant: &Participant) -> Result<Verdict, Problem> {
        Ok(terms.eligibility.assess(participant))
    }

    fn start(context: Context, terms: Terms) -> Result<Self, Problem> {
        let selection = selection(&terms.price_changes);
        let counted = |change: &PriceChange| {
            let bits = change.prices.iter().map(|price| selection.bit(&price.products));
            Counted::new(bits.collect())
        };
        Ok(Chargeback {
            context,
            counted: terms.price_changes.iter().map(counted).collect(),
            changes: terms.price_changes,
        })
    }

    fn push(&mut self, rows: &Rows<'_>) -> Result<(), Problem> {
        for row in rows.iter() {
            for (change, counted) in self.changes.iter().zip(&mut self.counted) {
                counted.count(change, &row);
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Outcome, Problem> {
        let mut outcome = Outcome::default();
        for (change, counted) in self.changes.iter().zip(&self.counted) {
            counted.pay(change, &self.context, &mut outcome)?;
        }
        Ok(outcome)
    }
}

impl Adjudicate for Chargeback {
    type Form = Form;
    const CLAIM_SCHEMA: &str = include_str!("../claim.schema.json");

    fn adjudicate(context: &Context, terms: Terms, evidence: &Evidence, claim: &Claim) -> Result<Decision, Problem> {
        claim::rule(context, &terms, evidence, claim)
    }
}

gtm_sdk::export_program!(Chargeback, world = program);
