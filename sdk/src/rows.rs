//! Rows as columns: what a calculation reads, without building a row.

use crate::{AttributeColumn, Batch, Micros, RowKind};

/// Some rows, borrowed: one slice for each column, all of the same length except those that the plan does not name, which are
/// empty. Rows are ordered by date, then position. Read them one by one with [`iter`](Rows::iter), or take the slices where a
/// loop has to be tight:
///
/// ```
/// use gtm_sdk::{RowKind, Rows, Sum};
///
/// let rows = Rows {
///     position: &[1, 2, 3],
///     date: &[14_975, 14_975, 14_976],
///     kind: &[0, 0, 1],
///     net_amount: &[20_000_000, 5_500_000, -5_500_000],
///     ..Rows::default()
/// };
/// let returned: Sum = rows.iter().filter(|row| row.is(RowKind::Return)).map(|row| row.net_amount()).sum();
/// assert_eq!(returned.micros()?.to_string(), "-5.5");
/// assert_eq!(Sum::of(rows.net_amount).micros()?.to_string(), "20");
/// # Ok::<(), gtm_sdk::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Rows<'a> {
    /// Place in the journal; unique.
    pub position: &'a [u64],
    /// Days since 1970-01-01, by the date that the plan names.
    pub date: &'a [i32],
    /// The number of a [`RowKind`].
    pub kind: &'a [u8],
    /// Bit n is set when selector n of the plan wants the row.
    pub selectors: &'a [u32],
    /// Index into the context's products.
    pub product: &'a [u32],
    /// Micros of the product's unit of measure. A return is negative.
    pub quantity: &'a [i64],
    /// Micros of the program's currency, as are the three below. A return is negative.
    pub net_amount: &'a [i64],
    pub gross_amount: &'a [i64],
    /// For the whole row.
    pub cost: &'a [i64],
    /// Of one unit.
    pub list_price: &'a [i64],
    /// Index into the context's end customers.
    pub end_customer: &'a [u32],
    /// In the order of the plan's attributes.
    pub attributes: &'a [AttributeColumn],
}

impl<'a> Rows<'a> {
    pub fn len(&self) -> usize {
        self.position.len()
    }

    pub fn is_empty(&self) -> bool {
        self.position.is_empty()
    }

    /// The rows one by one. Nothing is allocated or copied.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        (0..self.len()).map(|index| Row { rows: self, index })
    }
}

impl<'a> From<&'a Batch> for Rows<'a> {
    fn from(batch: &'a Batch) -> Self {
        Rows {
            position: &batch.position,
            date: &batch.date,
            kind: &batch.kind,
            selectors: &batch.selectors,
            product: &batch.product,
            quantity: &batch.quantity,
            net_amount: &batch.net_amount,
            gross_amount: &batch.gross_amount,
            cost: &batch.cost,
            list_price: &batch.list_price,
            end_customer: &batch.end_customer,
            attributes: &batch.attributes,
        }
    }
}

/// One row: a place in the columns. Reading a measure that the plan does not name panics with the name of the column.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    rows: &'a Rows<'a>,
    index: usize,
}

impl Row<'_> {
    #[inline(always)]
    pub fn position(&self) -> u64 {
        read(self.rows.position, self.index, "position")
    }

    /// Days since 1970-01-01.
    #[inline(always)]
    pub fn date(&self) -> i32 {
        read(self.rows.date, self.index, "date")
    }

    /// Whether the row is of this kind.
    #[inline(always)]
    pub fn is(&self, kind: RowKind) -> bool {
        read(self.rows.kind, self.index, "kind") == kind as u8
    }

    pub fn kind(&self) -> RowKind {
        match read(self.rows.kind, self.index, "kind") {
            0 => RowKind::Sale,
            1 => RowKind::Return,
            2 => RowKind::Order,
            3 => RowKind::Adjustment,
            4 => RowKind::Usage,
            5 => RowKind::PointOfSale,
            6 => RowKind::Redemption,
            7 => RowKind::Inventory,
            other => panic!("the host sent a row of kind {other}, which this version of the contract does not have"),
        }
    }

    /// Which selectors of the plan want the row, as bits; 0 when the plan has none.
    #[inline(always)]
    pub fn selectors(&self) -> u32 {
        read(self.rows.selectors, self.index, "selectors")
    }

    /// Whether selector `number` of the plan, from 0, wants the row.
    #[inline(always)]
    pub fn selected_by(&self, number: u32) -> bool {
        self.selectors() & (1 << number) != 0
    }

    /// Index into the context's products.
    #[inline(always)]
    pub fn product(&self) -> usize {
        read(self.rows.product, self.index, "product") as usize
    }

    /// In the product's unit of measure; negative for a return.
    #[inline(always)]
    pub fn quantity(&self) -> Micros {
        Micros(read(self.rows.quantity, self.index, "quantity"))
    }

    /// After discounts, without tax; negative for a return.
    #[inline(always)]
    pub fn net_amount(&self) -> Micros {
        Micros(read(self.rows.net_amount, self.index, "net-amount"))
    }

    /// Before discounts; negative for a return.
    #[inline(always)]
    pub fn gross_amount(&self) -> Micros {
        Micros(read(self.rows.gross_amount, self.index, "gross-amount"))
    }

    /// What the goods cost the seller, for the whole row; negative for a return.
    #[inline(always)]
    pub fn cost(&self) -> Micros {
        Micros(read(self.rows.cost, self.index, "cost"))
    }

    /// The list price of one unit.
    #[inline(always)]
    pub fn list_price(&self) -> Micros {
        Micros(read(self.rows.list_price, self.index, "list-price"))
    }

    /// Index into the context's end customers.
    #[inline(always)]
    pub fn end_customer(&self) -> usize {
        read(self.rows.end_customer, self.index, "end-customer") as usize
    }

    /// The value of the plan's attribute `number`, from 0, as an index into its dictionary; absent where the row has none.
    pub fn attribute(&self, number: usize) -> Option<usize> {
        let codes = self.rows.attributes.get(number).map_or(&[][..], |column| &column.codes);
        let code = read(codes, self.index, "attributes");
        (code != u32::MAX).then_some(code as usize)
    }
}

#[inline(always)]
fn read<T: Copy>(column: &[T], index: usize, name: &str) -> T {
    match column.get(index) {
        Some(value) => *value,
        None => missing(name),
    }
}

#[cold]
#[inline(never)]
fn missing(name: &str) -> ! {
    panic!("the rows have no column `{name}`: name it in the plan")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "the rows have no column `quantity`: name it in the plan")]
    fn a_column_that_was_not_planned_is_named() {
        let rows = Rows {
            position: &[1],
            ..Rows::default()
        };
        rows.iter().for_each(|row| assert_eq!(row.quantity(), Micros::ZERO));
    }

    #[test]
    fn a_row_reads_what_stands_in_its_columns() {
        let region = [AttributeColumn {
            name: "region".into(),
            codes: vec![3, u32::MAX],
        }];
        let rows = Rows {
            position: &[7, 9],
            date: &[100, 101],
            kind: &[5, 1],
            selectors: &[0b10, 0],
            quantity: &[1_500_000, -1],
            attributes: &region,
            ..Rows::default()
        };
        let [first, second] = rows.iter().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(
            (first.position(), first.date(), first.kind()),
            (7, 100, RowKind::PointOfSale)
        );
        assert!(first.selected_by(1) && !first.selected_by(0) && !second.selected_by(1));
        assert_eq!((first.attribute(0), second.attribute(0)), (Some(3), None));
        assert_eq!(
            (first.quantity().to_string(), second.quantity()),
            ("1.5".to_owned(), Micros(-1))
        );
    }
}
