//! What the host gathers for some terms: kinds, columns, windows and the product selectors.
//!
//! Product logic is the host's: it marks each row with the selectors that want it, and the rules test bits.

use gtm_sdk::{Column, DateBasis, Plan, Problem, RowKind, Selector, Window};

use crate::terms::{
    Accumulate, Adjustments, Baseline, DatesBy, Measure, Orders, ProductTest, Products, Returns, RollUp, Rule, Sales,
    Split, Terms,
};
use crate::volume::{Counted, EVERY_ROW};

/// The most selectors that a row has bits for.
const SELECTORS: usize = 32;

/// The distinct sets of products that the rules name; none when every rule takes every product.
#[derive(Debug)]
pub struct Selection<'a>(Vec<&'a Products>);

impl<'a> Selection<'a> {
    pub fn of(terms: &'a Terms) -> Self {
        let mut sets: Vec<&Products> = Vec::new();
        for rule in &terms.rules {
            for set in [
                Some(&rule.products),
                rule.qualifier.as_ref().map(|qualifier| &qualifier.products),
            ]
            .into_iter()
            .flatten()
            {
                if !sets.contains(&set) {
                    sets.push(set);
                }
            }
        }
        if sets.iter().all(|set| **set == Products::default()) {
            sets.clear();
        }
        Selection(sets)
    }

    /// The bit of a set.
    pub fn bit(&self, products: &Products) -> u32 {
        match self.0.iter().position(|set| *set == products) {
            Some(number) => 1u32.checked_shl(number as u32).unwrap_or(0),
            None => EVERY_ROW,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
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
    let selection = Selection::of(terms);
    if selection.0.len() > SELECTORS {
        let message = format!(
            "the rules name {} different sets of products and a row has room for {SELECTORS}: make two programs of them",
            selection.0.len()
        );
        return Err(vec![Problem::new("too-many-selectors", &message).at("/rules")]);
    }
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
        dates_by: match terms.dates_by {
            DatesBy::Transaction => DateBasis::Transaction,
            DatesBy::Order => DateBasis::Order,
            DatesBy::Ship => DateBasis::Ship,
            DatesBy::Invoice => DateBasis::Invoice,
            DatesBy::Payment => DateBasis::Payment,
            DatesBy::Scan => DateBasis::Scan,
        },
        roll_up_levels: match terms.roll_up {
            RollUp::Own => Some(0),
            RollUp::Levels(levels) => Some(levels),
            RollUp::All => None,
        },
        windows,
        columns,
        agreed,
        selectors: selection
            .0
            .iter()
            .enumerate()
            .map(|(number, products)| selector(number, products))
            .collect(),
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

fn selector(number: usize, products: &Products) -> Selector {
    let tests = |tests: &[ProductTest]| tests.iter().map(product_test).collect();
    Selector {
        name: format!("products-{}", number + 1),
        include: tests(&products.include),
        exclude: tests(&products.exclude),
    }
}

fn product_test(test: &ProductTest) -> gtm_sdk::ProductTest {
    match test {
        ProductTest::Category(path) => gtm_sdk::ProductTest::Category(path.clone()),
        ProductTest::Sku(sku) => gtm_sdk::ProductTest::Sku(sku.clone()),
        ProductTest::Attribute { name, value } => gtm_sdk::ProductTest::Attribute((name.clone(), value.clone())),
    }
}

fn insert<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
