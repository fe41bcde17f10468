//! Rows as columns: what a calculation reads. Only lists of numbers cross into a sandbox in one move, so rows are never built.

use crate::digest::Digest;

/// Columns that own their numbers. Those that are not empty have one entry for each row. Rows are ordered by date, then position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    pub position: Vec<u64>,
    /// Days since 1970, by the date that the plan names.
    pub date: Vec<i32>,
    /// Numbers of [`crate::transaction::RowKind`].
    pub kind: Vec<u8>,
    /// Bit n is set when selector n of the plan wants the row.
    pub selectors: Vec<u32>,
    /// Place in the context's products.
    pub product: Vec<u32>,
    /// Micros, as are the four columns below.
    pub quantity: Vec<i64>,
    pub net_amount: Vec<i64>,
    pub gross_amount: Vec<i64>,
    pub cost: Vec<i64>,
    pub list_price: Vec<i64>,
    /// Place in the context's end customers.
    pub end_customer: Vec<u32>,
    /// In the order of the plan.
    pub attributes: Vec<AttributeColumn>,
}

/// For each row the place of its value in the context's dictionary of that name; [`NO_VALUE`] where it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeColumn {
    pub name: String,
    pub codes: Vec<u32>,
}

pub const NO_VALUE: u32 = u32::MAX;

impl Columns {
    pub fn len(&self) -> usize {
        self.position.len()
    }

    pub fn is_empty(&self) -> bool {
        self.position.is_empty()
    }

    pub fn as_slice(&self) -> ColumnSlice<'_> {
        ColumnSlice {
            position: &self.position,
            date: &self.date,
            kind: &self.kind,
            selectors: &self.selectors,
            product: &self.product,
            quantity: &self.quantity,
            net_amount: &self.net_amount,
            gross_amount: &self.gross_amount,
            cost: &self.cost,
            list_price: &self.list_price,
            end_customer: &self.end_customer,
            attributes: self
                .attributes
                .iter()
                .map(|column| (&*column.name, &*column.codes))
                .collect(),
        }
    }
}

/// Columns borrowed from a segment or from [`Columns`].
#[derive(Clone, Debug, Default)]
pub struct ColumnSlice<'a> {
    pub position: &'a [u64],
    pub date: &'a [i32],
    pub kind: &'a [u8],
    pub selectors: &'a [u32],
    pub product: &'a [u32],
    pub quantity: &'a [i64],
    pub net_amount: &'a [i64],
    pub gross_amount: &'a [i64],
    pub cost: &'a [i64],
    pub list_price: &'a [i64],
    pub end_customer: &'a [u32],
    pub attributes: Vec<(&'a str, &'a [u32])>,
}

impl<'a> ColumnSlice<'a> {
    pub fn len(&self) -> usize {
        self.position.len()
    }

    pub fn is_empty(&self) -> bool {
        self.position.is_empty()
    }

    /// The rows from `start` up to `end`, of every column that is there.
    pub fn rows(&self, start: usize, end: usize) -> ColumnSlice<'a> {
        fn cut<T>(column: &[T], start: usize, end: usize) -> &[T] {
            if column.is_empty() { column } else { &column[start..end] }
        }
        ColumnSlice {
            position: cut(self.position, start, end),
            date: cut(self.date, start, end),
            kind: cut(self.kind, start, end),
            selectors: cut(self.selectors, start, end),
            product: cut(self.product, start, end),
            quantity: cut(self.quantity, start, end),
            net_amount: cut(self.net_amount, start, end),
            gross_amount: cut(self.gross_amount, start, end),
            cost: cut(self.cost, start, end),
            list_price: cut(self.list_price, start, end),
            end_customer: cut(self.end_customer, start, end),
            attributes: self
                .attributes
                .iter()
                .map(|(name, codes)| (*name, cut(codes, start, end)))
                .collect(),
        }
    }
}

/// Names the rows, however they are cut into slices: the number of rows, then column after column its name and its numbers in
/// little-endian order. An empty column counts as absent.
pub fn digest(slices: &[ColumnSlice<'_>]) -> Digest {
    let count = slices.iter().map(|slice| slice.len() as u64).sum::<u64>().to_le_bytes();
    let mut parts: Vec<&[u8]> = vec![&count];
    macro_rules! column {
        ($($name:ident)*) => {$(
            if slices.iter().any(|slice| !slice.$name.is_empty()) {
                parts.push(concat!(stringify!($name), "\n").as_bytes());
                parts.extend(slices.iter().map(|slice| little_endian(slice.$name)));
            }
        )*};
    }
    column!(position date kind selectors product quantity net_amount gross_amount cost list_price end_customer);
    let attributes = slices
        .iter()
        .find(|slice| !slice.is_empty())
        .map_or(&[][..], |slice| &slice.attributes);
    for (place, (name, _)) in attributes.iter().enumerate() {
        parts.extend([b"attribute ", name.as_bytes(), b"\n"]);
        parts.extend(
            slices
                .iter()
                .filter(|slice| !slice.is_empty())
                .map(|slice| little_endian(slice.attributes[place].1)),
        );
    }
    Digest::of_parts(parts)
}

#[cfg(not(target_endian = "little"))]
compile_error!("the digest of rows reads integers as little-endian bytes in place");

/// The numbers of a column as they lie in memory.
fn little_endian<T: bytemuck::NoUninit>(numbers: &[T]) -> &[u8] {
    bytemuck::cast_slice(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_does_not_depend_on_where_the_rows_are_cut() {
        let columns = Columns {
            position: (1..=100).collect(),
            date: (0..100).collect(),
            kind: vec![0; 100],
            selectors: vec![1; 100],
            quantity: (0..100).map(|n| n * 1_000_000).collect(),
            attributes: vec![AttributeColumn {
                name: "region".into(),
                codes: vec![NO_VALUE; 100],
            }],
            ..Columns::default()
        };
        let whole = columns.as_slice();
        let cut = [whole.rows(0, 0), whole.rows(0, 7), whole.rows(7, 7), whole.rows(7, 100)];
        assert_eq!(digest(&cut), digest(std::slice::from_ref(&whole)));
        let mut changed = columns.clone();
        changed.quantity[50] += 1;
        assert_ne!(digest(&[changed.as_slice()]), digest(&[whole]));
    }
}
