//! What the host gathers for some terms.

use gtm_sdk::gathering::{EVERY_ROW, Products, Selection};
use gtm_sdk::{Column, Plan, Problem, RowKind, Window};

use crate::terms::{By, Measure, Sales, Terms};

/// The distinct sets of products that the rules name, and everything: points are used and granted without a product.
fn selection<'a>(terms: &'a Terms, everything: &'a Products) -> Selection<'a> {
    Selection::of(std::iter::once(everything).chain(terms.earn.iter().map(|rule| &rule.products)))
}

/// For each rule the bit of its products.
pub fn bits(terms: &Terms) -> Vec<u32> {
    let everything = Products::default();
    let selection = selection(terms, &everything);
    terms.earn.iter().map(|rule| selection.bit(&rule.products)).collect()
}

/// Whether a rule with this bit wants a row with these selectors.
pub fn wants(bit: u32, selectors: u32) -> bool {
    bit == EVERY_ROW || selectors & bit != 0
}

/// What the host gathers. The terms are sound.
pub fn plan(terms: &Terms) -> Result<Plan, Vec<Problem>> {
    let everything = Products::default();
    let selectors = selection(terms, &everything)
        .selectors()
        .map_err(|problem| vec![problem.at("/earn")])?;
    let mut kinds = match terms.sales {
        Sales::Invoiced => vec![RowKind::Sale, RowKind::Return],
        Sales::PointOfSale => vec![RowKind::PointOfSale],
    };
    kinds.extend([RowKind::Adjustment, RowKind::Redemption]);
    let counts = |by| terms.tiers.as_ref().is_some_and(|tiers| tiers.count(by));
    let measured = |measure| terms.earn.iter().any(|rule| rule.measure == measure);
    // Points that are used or granted come as a quantity.
    let mut columns = vec![Column::Quantity];
    if measured(Measure::Net) || counts(By::Net) || terms.liability.is_some() {
        columns.push(Column::NetAmount);
    }
    if measured(Measure::Gross) || counts(By::Gross) {
        columns.push(Column::GrossAmount);
    }
    Ok(Plan {
        dates_by: terms.dates_by.into(),
        roll_up_levels: terms.roll_up.levels(),
        windows: vec![Window::SinceStart],
        columns,
        attributes: terms.purchase_by.iter().map(|by| by.attribute().to_owned()).collect(),
        selectors,
        ..Plan::new(kinds)
    })
}
