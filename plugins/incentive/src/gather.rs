//! What the host gathers for some terms: which rows, which earlier periods, with which columns and attributes.

use gtm_sdk::cap::Cap;
use gtm_sdk::gathering::{MatchedBy, Selection};
use gtm_sdk::{Column, Context, Period, Plan, Problem, RowKind, Window};

use crate::terms::{Accumulate, Component, Crediting, Measure, Sales, Terms};

/// The attributes of a row that terms can name.
pub const ATTRIBUTES: [&str; 5] = ["deal-type", "role", "invoice", "order", "contract"];

/// Where the plan puts the attributes that the terms use.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    pub deal_type: Option<usize>,
    pub role: Option<usize>,
    /// Of the one that a sale and what comes back of it have in common.
    pub matched: Option<usize>,
}

impl Places {
    pub fn of(terms: &Terms) -> Self {
        let used = attributes(terms);
        let place = |name: &str| used.iter().position(|used| *used == name);
        Places {
            deal_type: place("deal-type"),
            role: place("role"),
            matched: terms
                .clawback
                .as_ref()
                .and_then(|clawback| place(clawback.matched_by.attribute())),
        }
    }
}

/// What the host gathers. The terms are sound.
pub fn plan(terms: &Terms) -> Result<Plan, Vec<Problem>> {
    let selection = Selection::of(terms.components.iter().map(|component| &component.products));
    let selectors = selection
        .selectors()
        .map_err(|problem| vec![problem.at("/components")])?;
    let any = |holds: &dyn Fn(&Component) -> bool| terms.components.iter().any(holds);
    let columns = [
        (
            Column::NetAmount,
            any(&|component| matches!(component.measure, Measure::Net | Measure::Margin | Measure::Deals)),
        ),
        (
            Column::GrossAmount,
            any(&|component| component.measure == Measure::Gross),
        ),
        (Column::Cost, any(&|component| component.measure == Measure::Margin)),
        (Column::Quantity, any(&|component| component.measure == Measure::Units)),
    ];
    Ok(Plan {
        dates_by: terms.dates_by.into(),
        roll_up_levels: terms.roll_up.levels(),
        windows: window(terms).into_iter().collect(),
        columns: columns
            .into_iter()
            .filter_map(|(column, used)| used.then_some(column))
            .collect(),
        attributes: attributes(terms).into_iter().map(str::to_owned).collect(),
        selectors,
        agreed: agreed(terms),
        ..Plan::new(
            KINDS
                .into_iter()
                .filter(|kind| any(&|component| takes(component, *kind))),
        )
    })
}

/// Which earlier periods the terms rest on. What is owed or held back is worked out again from the first period of the program on, so
/// that it needs no memory.
fn window(terms: &Terms) -> Option<Window> {
    let any = |holds: &dyn Fn(&Component) -> bool| terms.components.iter().any(holds);
    let of_year = |cap: &Option<Cap>| cap.is_some_and(|cap| cap.year.is_some());
    if terms.clawback.is_some()
        || terms.draw.is_some()
        || terms.holdback.is_some()
        || any(&|component| component.accumulate == Accumulate::YearToDate)
    {
        return Some(Window::SinceStart);
    }
    let year = terms.on_target.is_some()
        || of_year(&terms.cap)
        || any(&|component| component.gates.year_to_date.is_some() || of_year(&component.cap));
    year.then_some(Window::YearToDate)
}

/// The periods in order of time; the last one is that of the statement.
pub fn periods(terms: &Terms, context: &Context) -> Vec<Period> {
    let mut periods = window(terms).map_or(Vec::new(), |window| context.periods_of(window).to_vec());
    periods.push(context.period.clone());
    periods
}

const KINDS: [RowKind; 6] = [
    RowKind::Sale,
    RowKind::Return,
    RowKind::Order,
    RowKind::Adjustment,
    RowKind::Usage,
    RowKind::PointOfSale,
];

/// Whether the component looks at rows of this kind. What is put right by hand is no deal.
pub fn takes(component: &Component, kind: RowKind) -> bool {
    match kind {
        RowKind::Adjustment => component.measure != Measure::Deals,
        RowKind::Return => matches!(component.sales, Sales::Invoiced | Sales::Orders),
        RowKind::Sale => component.sales == Sales::Invoiced,
        RowKind::Order => component.sales == Sales::Orders,
        RowKind::PointOfSale => component.sales == Sales::PointOfSale,
        RowKind::Usage => component.sales == Sales::Usage,
        RowKind::Redemption | RowKind::Inventory => false,
    }
}

fn attributes(terms: &Terms) -> Vec<&'static str> {
    let by = terms.clawback.as_ref().map(|clawback| clawback.matched_by);
    let matched = by.map(MatchedBy::attribute);
    let used = |attribute: &&str| match *attribute {
        "deal-type" => terms
            .components
            .iter()
            .any(|component| !component.when.deal_types.is_empty()),
        "role" => matches!(terms.crediting, Some(Crediting::Roles(_))),
        other => matched == Some(other),
    };
    ATTRIBUTES.into_iter().filter(used).collect()
}

/// The codes of the figures that must be agreed with each participant, each once.
fn agreed(terms: &Terms) -> Vec<String> {
    let quotas = terms
        .components
        .iter()
        .filter_map(|component| component.quota.as_ref()?.agreed.as_ref());
    let share = match &terms.crediting {
        Some(Crediting::Agreed(code)) => Some(code),
        _ => None,
    };
    let draw = terms.draw.iter().filter_map(|draw| draw.agreed.as_ref());
    let on_target = terms.on_target.iter().filter_map(|target| target.agreed.as_ref());
    let mut agreed: Vec<String> = Vec::new();
    for code in quotas.chain(share).chain(draw).chain(on_target) {
        if !agreed.contains(code) {
            agreed.push(code.clone());
        }
    }
    agreed
}
