//! Codes: a participant's rows number products, end customers and attributes in the order in which they first appear.

use std::collections::HashMap;

use domain::calculation::Dictionary;
use domain::columns::{AttributeColumn, NO_VALUE};

use super::Rows;
use crate::segment::opened::Opened;

/// Codes of one attribute in a dictionary of these rows alone, because each segment has its own.
pub(super) fn encode(rows: &Rows<'_>, column: &mut AttributeColumn) -> Dictionary {
    let AttributeColumn { name, codes } = column;
    codes.clear();
    let mut places: HashMap<&str, u32> = HashMap::new();
    let mut values = Vec::new();
    // Neighbours often have the same value.
    let mut last: Option<(*const Opened, u32, u32)> = None;
    rows.each(|segment, row| {
        let Some((attribute, code)) = segment
            .attribute(name)
            .and_then(|attribute| Some((attribute, attribute.code(row)?)))
        else {
            codes.push(NO_VALUE);
            return;
        };
        let place = match last {
            Some((of, known, place)) if std::ptr::eq(of, segment) && known == code => place,
            _ => {
                let text = attribute.text(code);
                *places.entry(text).or_insert_with(|| {
                    values.push(text.to_owned());
                    values.len() as u32 - 1
                })
            }
        };
        last = Some((segment, code, place));
        codes.push(place);
    });
    Dictionary {
        name: name.clone(),
        values,
    }
}

/// Places of ordinals in a list of those that appear, forgotten at once when the next participant begins.
#[derive(Debug, Default)]
pub(super) struct Places {
    generation: u32,
    /// By ordinal: the generation that knows it, and its place.
    known: Vec<(u32, u32)>,
}

impl Places {
    pub fn begin(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        if self.generation == 0 {
            self.known.clear();
            self.generation = 1;
        }
    }

    pub fn place(&mut self, ordinal: u32, list: &mut Vec<u32>) -> u32 {
        if self.known.len() <= ordinal as usize {
            self.known.resize(ordinal as usize + 1, (0, 0));
        }
        let known = &mut self.known[ordinal as usize];
        if known.0 != self.generation {
            *known = (self.generation, list.len() as u32);
            list.push(ordinal);
        }
        known.1
    }
}
