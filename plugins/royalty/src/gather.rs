//! What the host gathers for some terms: everything since the program began, with the columns and attributes that the rates look at.

use gtm_sdk::gathering::{MatchedBy, Selection};
use gtm_sdk::{Column, Plan, Problem, RowKind, Window};

use crate::terms::{Base, EscalatesOn, Royalty, Sales, Terms, When};

/// The attributes of a row that terms can name.
pub const ATTRIBUTES: [&str; 6] = ["format", "channel", "territory", "invoice", "order", "contract"];
pub const FORMAT: usize = 0;
pub const CHANNEL: usize = 1;
pub const TERRITORY: usize = 2;

/// Where the plan puts the attributes that the terms use.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    /// Of format, channel and territory.
    pub attributes: [Option<usize>; 3],
    /// Of the one that returns are matched by.
    pub matched: Option<usize>,
}

impl Places {
    pub fn of(terms: &Terms) -> Self {
        let used = attributes(terms);
        let place = |name: &str| used.iter().position(|used| *used == name);
        Places {
            attributes: [FORMAT, CHANNEL, TERRITORY].map(|attribute| place(ATTRIBUTES[attribute])),
            matched: terms.returns.matched_by.and_then(|by| place(by.attribute())),
        }
    }
}

/// What the host gathers. The terms are sound.
pub fn plan(terms: &Terms) -> Result<Plan, Vec<Problem>> {
    let selection = Selection::of(terms.royalties.iter().map(|royalty| &royalty.products));
    let selectors = selection
        .selectors()
        .map_err(|problem| vec![problem.at("/royalties")])?;
    let any = |holds: &dyn Fn(&Royalty) -> bool| terms.royalties.iter().any(holds);
    let priced = |when: &When| when.price_from.is_some() || when.price_below.is_some();
    let columns = [
        (
            Column::Quantity,
            any(&|royalty| royalty.base != Base::NetReceipts || counts(royalty, EscalatesOn::Units)),
        ),
        (
            Column::NetAmount,
            any(&|royalty| royalty.base == Base::NetReceipts || counts(royalty, EscalatesOn::Receipts)),
        ),
        (
            Column::ListPrice,
            any(&|royalty| royalty.base == Base::List || royalty.rates.iter().any(|rates| priced(&rates.when))),
        ),
        (Column::Product, terms.returns.matched_by.is_some()),
    ];
    let figures = terms
        .advances
        .iter()
        .chain(&terms.costs)
        .filter_map(|recoupable| recoupable.agreed.clone());
    let mut agreed: Vec<String> = Vec::new();
    for code in figures.chain(terms.guarantee.iter().filter_map(|guarantee| guarantee.agreed.clone())) {
        if !agreed.contains(&code) {
            agreed.push(code);
        }
    }
    Ok(Plan {
        dates_by: terms.dates_by.into(),
        roll_up_levels: terms.roll_up.levels(),
        windows: vec![Window::SinceStart],
        columns: columns
            .into_iter()
            .filter_map(|(column, used)| used.then_some(column))
            .collect(),
        attributes: attributes(terms).into_iter().map(str::to_owned).collect(),
        selectors,
        agreed,
        ..Plan::new(KINDS.into_iter().filter(|kind| any(&|royalty| takes(royalty, *kind))))
    })
}

const KINDS: [RowKind; 5] = [
    RowKind::Sale,
    RowKind::Return,
    RowKind::Adjustment,
    RowKind::Usage,
    RowKind::PointOfSale,
];

/// Whether rows of this kind earn the royalty.
pub fn takes(royalty: &Royalty, kind: RowKind) -> bool {
    match royalty.sales {
        Sales::Invoiced => matches!(kind, RowKind::Sale | RowKind::Return | RowKind::Adjustment),
        Sales::PointOfSale => matches!(kind, RowKind::PointOfSale | RowKind::Adjustment),
        Sales::Usage => matches!(kind, RowKind::Usage | RowKind::Adjustment),
    }
}

/// Whether any of its rates rises, or it is counted with others whose rates may.
pub fn escalates(royalty: &Royalty) -> bool {
    royalty.group.is_some() || royalty.rates.iter().any(|rates| rates.tiers.len() > 1)
}

fn counts(royalty: &Royalty, on: EscalatesOn) -> bool {
    escalates(royalty) && royalty.escalates_on == on
}

fn attributes(terms: &Terms) -> Vec<&'static str> {
    let whens = || {
        terms
            .royalties
            .iter()
            .flat_map(|royalty| &royalty.rates)
            .map(|rates| &rates.when)
    };
    let by = terms.returns.matched_by.map(MatchedBy::attribute);
    let used = |attribute: &&str| match *attribute {
        "format" => whens().any(|when| !when.formats.is_empty()),
        "channel" => whens().any(|when| !when.channels.is_empty()),
        "territory" => whens().any(|when| !when.territories.is_empty()),
        other => by == Some(other),
    };
    ATTRIBUTES.into_iter().filter(used).collect()
}
