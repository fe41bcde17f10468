//! The rows of a member, kept until all are there and put in order: what happened, one thing after the other.

use std::collections::BTreeMap;

use gtm_sdk::{Day, Micros, Problem, RowKind, Rows};

use crate::terms::{Measure, Terms};

/// A row, as far as these terms look at it. Columns that were not planned are zero.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub day: Day,
    pub position: u64,
    pub kind: RowKind,
    pub selectors: u32,
    /// The value of the attribute that says which purchase it belongs to.
    pub key: Option<usize>,
    pub quantity: Micros,
    pub net: Micros,
    pub gross: Micros,
}

impl Entry {
    pub fn measured(&self, measure: Measure) -> Micros {
        match measure {
            Measure::Net => self.net,
            Measure::Gross => self.gross,
            Measure::Quantity => self.quantity,
        }
    }

    fn comes_back(&self) -> bool {
        self.quantity < Micros::ZERO || self.net < Micros::ZERO || self.gross < Micros::ZERO
    }
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// Rows that were bought together.
    Purchase(Vec<Entry>),
    Return(Entry),
    /// Points used; negative points are use undone.
    Use(Entry),
    /// Points granted by hand; negative points are taken away.
    Grant(Entry),
}

impl Event {
    pub fn day(&self) -> Day {
        match self {
            Event::Purchase(rows) => rows[0].day,
            Event::Return(row) | Event::Use(row) | Event::Grant(row) => row.day,
        }
    }
}

#[derive(Debug, Default)]
pub struct Journal(Vec<Entry>);

impl Journal {
    /// Keeps some rows, in whatever order they come.
    pub fn push(&mut self, terms: &Terms, rows: &Rows<'_>) {
        self.0.extend(rows.iter().map(|row| Entry {
            day: Day::new(row.date()),
            position: row.position(),
            kind: row.kind(),
            selectors: row.selectors(),
            key: terms.purchase_by.and_then(|_| row.attribute(0)),
            quantity: row.quantity(),
            net: planned(rows.net_amount, || row.net_amount()),
            gross: planned(rows.gross_amount, || row.gross_amount()),
        }));
    }

    /// By day, then position. Rows of one purchase stand where its first row does.
    pub fn events(mut self) -> Vec<Event> {
        self.0.sort_unstable_by_key(|entry| (entry.day, entry.position));
        let mut events: Vec<Event> = Vec::new();
        let mut purchases: BTreeMap<(Day, usize), usize> = BTreeMap::new();
        for entry in self.0 {
            match entry.kind {
                RowKind::Redemption => events.push(Event::Use(entry)),
                RowKind::Adjustment => events.push(Event::Grant(entry)),
                _ if entry.comes_back() => events.push(Event::Return(entry)),
                _ => {
                    let known = entry.key.and_then(|key| purchases.get(&(entry.day, key)));
                    match known.and_then(|place| events.get_mut(*place)) {
                        Some(Event::Purchase(rows)) => rows.push(entry),
                        _ => {
                            if let Some(key) = entry.key {
                                purchases.insert((entry.day, key), events.len());
                            }
                            events.push(Event::Purchase(vec![entry]));
                        }
                    }
                }
            }
        }
        events
    }
}

/// The number of points of a row.
///
/// Errors: a fraction of a point.
pub fn points(entry: &Entry) -> Result<Micros, Problem> {
    if entry.quantity.0 % gtm_sdk::money::UNIT != 0 {
        let message = format!(
            "{} is no number of points: points are whole; correct the row",
            entry.quantity
        );
        return Err(Problem::new("points-fraction", &message).in_row(entry.position));
    }
    Ok(entry.quantity)
}

fn planned(column: &[i64], read: impl Fn() -> Micros) -> Micros {
    if column.is_empty() { Micros::ZERO } else { read() }
}
