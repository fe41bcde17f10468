//! The sales that returns are matched to: what each earned, and how much of it was taken back.

use std::collections::BTreeMap;

use gtm_sdk::money::Exact;
use gtm_sdk::{Micros, Problem};

/// What a return and its sale have in common: the royalty, the value of the attribute, the product.
pub type Key = (usize, usize, usize);

/// Sales by their key, in the order in which they were made.
#[derive(Debug, Default)]
pub struct Sales(BTreeMap<Key, Vec<Sale>>);

#[derive(Debug)]
struct Sale {
    /// Number of its period.
    period: usize,
    /// Where it was counted.
    counted_in: i32,
    base: Micros,
    earned: Exact,
    returned: Micros,
    taken_back: Exact,
}

/// What a return took back of one sale. Both are positive.
#[derive(Debug, Clone, Copy)]
pub struct TakenBack {
    /// Number of the sale's period.
    pub period: usize,
    /// Where the sale was counted.
    pub counted_in: i32,
    pub base: Micros,
    pub earned: Exact,
}

impl Sales {
    pub fn sold(&mut self, key: Key, period: usize, counted_in: i32, base: Micros, earned: Exact) {
        self.0.entry(key).or_default().push(Sale {
            period,
            counted_in,
            base,
            earned,
            returned: Micros::ZERO,
            taken_back: Exact::ZERO,
        });
    }

    /// Takes back so much, the earliest sale first, each at what it earned; a sale that comes back whole gives back exactly that.
    /// What the parts lack to `base` has no sale.
    pub fn take_back(&mut self, key: Key, base: Micros) -> Result<Vec<TakenBack>, Problem> {
        let (mut left, mut parts) = (base, Vec::new());
        for sale in self.0.get_mut(&key).into_iter().flatten() {
            let part = left.min(sale.base.minus(sale.returned)?);
            if part == Micros::ZERO {
                continue;
            }
            sale.returned = sale.returned.plus(part)?;
            let to_date = sale.earned.part(sale.returned, sale.base)?;
            parts.push(TakenBack {
                period: sale.period,
                counted_in: sale.counted_in,
                base: part,
                earned: to_date.minus(sale.taken_back)?,
            });
            sale.taken_back = to_date;
            left = left.minus(part)?;
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_takes_back_what_its_sale_earned_and_never_more() {
        let mut sales = Sales::default();
        let units = |units| Micros::whole(units);
        sales.sold((0, 0, 0), 0, 0, units(3), Exact::from(units(1)));
        sales.sold((0, 0, 0), 1, 0, units(2), Exact::from(units(4)));
        let shown = |parts: Vec<TakenBack>| -> Vec<String> {
            parts
                .iter()
                .map(|part| format!("{} of {}: {}", part.base, part.period, part.earned.decimal().unwrap()))
                .collect()
        };
        assert_eq!(
            shown(sales.take_back((0, 0, 0), units(1)).unwrap()),
            ["1 of 0: 0.333333"]
        );
        assert_eq!(
            shown(sales.take_back((0, 0, 0), units(3)).unwrap()),
            ["2 of 0: 0.666667", "1 of 1: 2"]
        );
        assert_eq!(shown(sales.take_back((0, 0, 0), units(9)).unwrap()), ["1 of 1: 2"]);
        assert!(sales.take_back((0, 0, 0), units(1)).unwrap().is_empty());
        assert!(sales.take_back((1, 0, 0), units(1)).unwrap().is_empty());
    }
}
