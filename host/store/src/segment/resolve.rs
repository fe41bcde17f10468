use domain::columns::NO_VALUE;
use std::sync::Arc;

use domain::currency::Currency;
use domain::period::Period;
use domain::plugin::{Column, Plan};
use domain::product::Product;
use domain::transaction::{DateBasis, RowKind};
use domain::{Error, Result};

use super::convert::Converter;
use super::row::currency_number;

/// A plan as gathering needs it, worked out once for a run: which selectors want which product, by its ordinal.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// Selector bits by product ordinal; [`UNKNOWN`] where there is no such product.
    bits: Vec<u64>,
    bits_without_product: u32,
    pub(super) selects: bool,
    pub(super) kinds: u8,
    pub(super) dates_by: DateBasis,
    /// In the order of [`Column::ALL`].
    pub(super) columns: Vec<Column>,
    pub(super) attributes: Vec<String>,
    pub(super) currency: Currency,
    pub(super) currency_number: u32,
    pub(super) converter: Option<Arc<Converter>>,
}

const UNKNOWN: u64 = u64::MAX;

impl Resolved {
    /// With every product that a row may name. Rows must be in the program's currency, unless it converts.
    pub fn new<'a>(plan: &Plan, products: impl IntoIterator<Item = &'a Product>, currency: Currency) -> Result<Self> {
        plan.check()?;
        let selects = !plan.selectors.is_empty();
        let mut bits = Vec::new();
        if selects {
            for product in products {
                let refuse = || {
                    Error::new(format!(
                        "product `{}` has the ordinal {}, which no segment can hold",
                        product.sku, product.ordinal
                    ))
                };
                let ordinal = u32::try_from(product.ordinal)
                    .ok()
                    .filter(|ordinal| *ordinal != NO_VALUE)
                    .ok_or_else(refuse)? as usize;
                if bits.len() <= ordinal {
                    bits.resize(ordinal + 1, UNKNOWN);
                }
                bits[ordinal] = plan.selector_bits(Some(product)).into();
            }
        }
        Ok(Self {
            bits,
            bits_without_product: plan.selector_bits(None),
            selects,
            kinds: plan.kinds.iter().fold(0, |kinds, kind| kinds | 1 << *kind as u8),
            dates_by: plan.dates_by,
            columns: Column::ALL
                .into_iter()
                .filter(|column| plan.columns.contains(column))
                .collect(),
            attributes: plan.attributes.clone(),
            currency,
            currency_number: currency_number(currency),
            converter: None,
        })
    }

    /// Takes rows in other currencies as well, and converts them.
    pub fn converting(self, converter: Arc<Converter>) -> Self {
        Self {
            converter: Some(converter),
            ..self
        }
    }

    pub(super) fn wants(&self, column: Column) -> bool {
        self.columns.contains(&column)
    }

    pub(super) fn wants_kind(&self, kind: u8) -> bool {
        kind < RowKind::ALL.len() as u8 && self.kinds >> kind & 1 == 1
    }

    /// Which selectors want a row with this product, [`NO_VALUE`] for none; nothing when the product is not known.
    pub(super) fn bits(&self, product: u32) -> Option<u32> {
        match self.bits.get(product as usize) {
            Some(&UNKNOWN) => None,
            Some(bits) => Some(*bits as u32),
            None if product == NO_VALUE => Some(self.bits_without_product),
            None => None,
        }
    }
}

/// Days in which rows are gathered: periods, joined where they overlap or follow each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans(Vec<(i32, i32)>);

impl Spans {
    pub fn of<'a>(periods: impl IntoIterator<Item = &'a Period>) -> Self {
        let mut spans: Vec<_> = periods
            .into_iter()
            .map(|period| (period.start.number(), period.end.number()))
            .collect();
        spans.sort_unstable();
        spans.dedup_by(|next, one| {
            let joined = next.0 <= one.1 + 1;
            if joined {
                one.1 = one.1.max(next.1);
            }
            joined
        });
        Self(spans)
    }

    pub fn contain(&self, day: i32) -> bool {
        self.cover((day, day))
    }

    /// Whether every day from the first to the last is in them.
    pub fn cover(&self, days: (i32, i32)) -> bool {
        self.0.iter().any(|span| span.0 <= days.0 && days.1 <= span.1)
    }

    /// Whether some day from the first to the last is in them.
    pub fn overlap(&self, days: (i32, i32)) -> bool {
        self.0.iter().any(|span| span.0 <= days.1 && days.0 <= span.1)
    }

    /// First and last day of each, in order of time.
    pub fn iter(&self) -> impl Iterator<Item = (i32, i32)> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::day::Day;

    #[test]
    fn periods_that_touch_become_one_span() {
        let period = |start, end| Period {
            label: String::new(),
            start: Day::new(start).unwrap(),
            end: Day::new(end).unwrap(),
        };
        let spans = Spans::of(&[period(20, 29), period(0, 9), period(10, 14), period(5, 12)]);
        assert_eq!(spans, Spans(vec![(0, 14), (20, 29)]));
        assert!(
            spans.cover((0, 14))
                && !spans.cover((14, 20))
                && spans.overlap((14, 20))
                && !spans.overlap((15, 19))
                && spans.contain(29)
        );
    }
}
