//! What the host gathers for some terms: kinds, columns, windows and the product selectors.
//!
//! Product logic is the host's: it marks each row with the selectors that want it, and the rules test bits.

use gtm_sdk::gathering::Selection;
use gtm_sdk::{Column, Plan, Problem, RowKind, Window};

use crate::terms::{Accumulate, Adjustments, Baseline, Measure, Orders, Returns, Rule, Sales, Split, Terms};
use crate::volume::Counted;

/// The distinct sets of products that the rules name.
pub fn selection(terms: &Terms) -> Selection<'_> {
    Selection::of(terms.rules.iter().flat_map(|rule| {
        let qualifier = rule.qualifier.as_ref().map(|qualifier| &qualifier.products);
        [Some(&rule.products), qualifier].into_iter().flatten()
    }))
}

/// What one rule counts.
#[derive(Debug, Clone, Copy)]
pub struct RuleCounts {
    pub paid: Counted,
    pub qualifier: Counted,
    /// The same of what is not yet invoiced, where that is accrued.
    pub open: Option<(Counted, Counted)>,
}

impl RuleCounts {
    pub fn of(rule: &Rule, selection: &Selection<'_>) -> Self {
        let kinds = kinds(rule);
        let paid = Counted {
            measure: rule.measure,
            kinds,
            selectors: selection.bit(&rule.products),
        };
        let qualifier = match &rule.qualifier {
            Some(qualifier) => Counted {
                measure: qualifier.measure,
                kinds,
                selectors: selection.bit(&qualifier.products),
            },
            None => paid,
        };
        let open = |counted| Counted {
            kinds: bit(RowKind::Order),
            ..counted
        };
        RuleCounts {
            paid,
            qualifier,
            open: (rule.counts.orders == Orders::Accrue).then(|| (open(paid), open(qualifier))),
        }
    }
}

/// What the host gathers. The terms are sound.
pub fn plan(terms: &Terms) -> Result<Plan, Vec<Problem>> {
    let selection = selection(terms);
    let selectors = selection.selectors().map_err(|problem| vec![problem.at("/rules")])?;
    let counts: Vec<RuleCounts> = terms
        .rules
        .iter()
        .map(|rule| RuleCounts::of(rule, &selection))
        .collect();
    let mut kinds = counts.iter().fold(0, |kinds, count| kinds | count.paid.kinds);
    if counts.iter().any(|count| count.open.is_some()) {
        kinds |= bit(RowKind::Order);
    }
    let mut columns = Vec::new();
    for column in counts
        .iter()
        .flat_map(|count| [count.paid.measure, count.qualifier.measure])
        .map(column)
    {
        insert(&mut columns, column);
    }
    if terms.rules.iter().any(|rule| rule.split == Split::Products) {
        columns.push(Column::Product);
    }
    let mut windows = Vec::new();
    let mut agreed = Vec::new();
    for rule in &terms.rules {
        for window in windows_of(rule) {
            insert(&mut windows, window);
        }
        if let Some(Baseline::Agreed(code)) = rule.growth.as_ref().map(|growth| &growth.baseline) {
            insert(&mut agreed, code.clone());
        }
    }
    Ok(Plan {
        dates_by: terms.dates_by.into(),
        roll_up_levels: terms.roll_up.levels(),
        windows,
        columns,
        agreed,
        selectors,
        ..Plan::new(KINDS.into_iter().filter(|kind| kinds & bit(*kind) != 0))
    })
}

/// The window whose periods come before the current one in the arithmetic of the rule.
pub fn earlier(rule: &Rule) -> Option<Window> {
    match rule.accumulate {
        Accumulate::SinceStart => Some(Window::SinceStart),
        Accumulate::YearToDate => Some(Window::YearToDate),
        Accumulate::EachPeriod => rule.cap.and_then(|cap| cap.year).map(|_| Window::YearToDate),
    }
}

/// The window whose volume is the baseline.
pub fn baseline(rule: &Rule) -> Option<Window> {
    match rule.growth.as_ref()?.baseline {
        Baseline::PreviousPeriod => Some(Window::PreviousPeriod),
        Baseline::SamePeriodLastYear => Some(Window::SamePeriodLastYear),
        Baseline::Agreed(_) => None,
    }
}

fn windows_of(rule: &Rule) -> impl Iterator<Item = Window> {
    [earlier(rule), baseline(rule)].into_iter().flatten()
}

const KINDS: [RowKind; 6] = [
    RowKind::Sale,
    RowKind::Return,
    RowKind::Order,
    RowKind::Adjustment,
    RowKind::Usage,
    RowKind::PointOfSale,
];

fn bit(kind: RowKind) -> u32 {
    1 << kind as u32
}

/// The kinds that count towards what is payable.
fn kinds(rule: &Rule) -> u32 {
    let counts = rule.counts;
    let mut kinds = match counts.sales {
        // Only these have returns of their own kind; what is sold on or used comes back as a negative row of the same kind.
        Sales::Invoiced if counts.returns == Returns::Deduct => bit(RowKind::Sale) | bit(RowKind::Return),
        Sales::Invoiced => bit(RowKind::Sale),
        Sales::PointOfSale => bit(RowKind::PointOfSale),
        Sales::Usage => bit(RowKind::Usage),
    };
    if counts.adjustments == Adjustments::Count {
        kinds |= bit(RowKind::Adjustment);
    }
    if counts.orders == Orders::Pay {
        kinds |= bit(RowKind::Order);
    }
    kinds
}

fn column(measure: Measure) -> Column {
    match measure {
        Measure::Net => Column::NetAmount,
        Measure::Gross => Column::GrossAmount,
        Measure::Cost => Column::Cost,
        Measure::Quantity => Column::Quantity,
    }
}

fn insert<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
