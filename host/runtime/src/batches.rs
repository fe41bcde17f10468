//! Rows as a plugin gets them: always the same batches, wherever the caller's slices were cut. So the fuel of a statement does not
//! depend on how its rows happened to be stored.

use domain::columns::{AttributeColumn, ColumnSlice, Columns};

/// A batch of this size keeps a sandbox at some hundred kilobytes, whatever the number of rows.
pub(crate) const BATCH_ROWS: usize = 4096;

/// Refuses slices that do not fit each other: a column with another number of rows than its slice, or one that only some have.
pub(crate) fn check(slices: &[ColumnSlice<'_>]) -> Result<(), String> {
    let mut slices = slices.iter().filter(|slice| !slice.is_empty());
    let Some(first) = slices.next() else { return Ok(()) };
    let shape = shape(first)?;
    for slice in slices {
        if self::shape(slice)? != shape || !names(slice).eq(names(first)) {
            return Err("the slices of rows do not have the same columns".into());
        }
    }
    Ok(())
}

fn names<'s>(slice: &'s ColumnSlice<'_>) -> impl Iterator<Item = &'s str> {
    slice.attributes.iter().map(|(name, _)| *name)
}

/// Which columns are there.
fn shape(slice: &ColumnSlice<'_>) -> Result<u16, String> {
    let rows = slice.len();
    let columns = [
        ("date", slice.date.len()),
        ("kind", slice.kind.len()),
        ("selectors", slice.selectors.len()),
        ("product", slice.product.len()),
        ("quantity", slice.quantity.len()),
        ("net-amount", slice.net_amount.len()),
        ("gross-amount", slice.gross_amount.len()),
        ("cost", slice.cost.len()),
        ("list-price", slice.list_price.len()),
        ("end-customer", slice.end_customer.len()),
    ];
    let mut shape = 0;
    for (place, (name, length)) in columns.into_iter().enumerate() {
        if length == rows {
            shape |= 1 << place;
        } else if length != 0 {
            return Err(format!("the column `{name}` has {length} entries for {rows} rows"));
        }
    }
    match slice.attributes.iter().find(|(_, codes)| codes.len() != rows) {
        Some((name, codes)) => Err(format!(
            "the attribute `{name}` has {} entries for {rows} rows",
            codes.len()
        )),
        None => Ok(shape),
    }
}

/// Batch after batch: borrowed where it lies within one slice, put together where it does not.
pub(crate) struct Batches<'s, 'a> {
    slices: &'s [ColumnSlice<'a>],
    /// Rows of every batch but the last.
    size: usize,
    /// Rows of the first slice that are already gone.
    start: usize,
    joined: Columns,
}

impl<'s, 'a> Batches<'s, 'a> {
    pub fn new(slices: &'s [ColumnSlice<'a>], size: usize) -> Self {
        Self {
            slices,
            size: size.max(1),
            start: 0,
            joined: Columns::default(),
        }
    }

    pub fn next(&mut self) -> Option<ColumnSlice<'_>> {
        self.skip_finished();
        let first = self.slices.first()?;
        let end = (self.start + self.size).min(first.len());
        if end - self.start == self.size || self.slices.iter().skip(1).all(ColumnSlice::is_empty) {
            let batch = first.rows(self.start, end);
            self.start = end;
            return Some(batch);
        }
        clear(&mut self.joined);
        while self.joined.len() < self.size {
            self.skip_finished();
            let Some(slice) = self.slices.first() else { break };
            let end = (self.start + self.size - self.joined.len()).min(slice.len());
            append(&mut self.joined, &slice.rows(self.start, end));
            self.start = end;
        }
        Some(self.joined.as_slice())
    }

    fn skip_finished(&mut self) {
        while self.slices.first().is_some_and(|slice| self.start == slice.len()) {
            self.slices = &self.slices[1..];
            self.start = 0;
        }
    }
}

macro_rules! for_each_column {
    ($macro:ident) => {
        $macro!(position date kind selectors product quantity net_amount gross_amount cost list_price end_customer)
    };
}

fn clear(columns: &mut Columns) {
    macro_rules! clear {
        ($($name:ident)*) => {$( columns.$name.clear(); )*};
    }
    for_each_column!(clear);
    columns.attributes.iter_mut().for_each(|column| column.codes.clear());
}

fn append(columns: &mut Columns, rows: &ColumnSlice<'_>) {
    macro_rules! append {
        ($($name:ident)*) => {$( columns.$name.extend_from_slice(rows.$name); )*};
    }
    for_each_column!(append);
    if columns.attributes.is_empty() {
        columns
            .attributes
            .extend(rows.attributes.iter().map(|(name, _)| AttributeColumn {
                name: (*name).to_owned(),
                codes: vec![],
            }));
    }
    for (column, (_, codes)) in columns.attributes.iter_mut().zip(&rows.attributes) {
        column.codes.extend_from_slice(codes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(rows: usize) -> Columns {
        Columns {
            position: (0..rows as u64).collect(),
            date: vec![1; rows],
            kind: vec![0; rows],
            selectors: vec![0; rows],
            quantity: (0..rows as i64).collect(),
            attributes: vec![AttributeColumn {
                name: "region".into(),
                codes: (0..rows as u32).collect(),
            }],
            ..Columns::default()
        }
    }

    fn batches(slices: &[ColumnSlice<'_>]) -> Vec<Columns> {
        let mut batches = Batches::new(slices, BATCH_ROWS);
        let mut all = Vec::new();
        while let Some(batch) = batches.next() {
            let mut copy = Columns::default();
            append(&mut copy, &batch);
            all.push(copy);
        }
        all
    }

    #[test]
    fn batches_are_the_same_wherever_the_slices_are_cut() {
        let columns = columns(10_000);
        let whole = columns.as_slice();
        let expected = batches(std::slice::from_ref(&whole));
        assert_eq!(
            expected.iter().map(Columns::len).collect::<Vec<_>>(),
            [4096, 4096, 1808]
        );
        assert_eq!(expected[1].position[0], 4096);
        for cuts in [&[1][..], &[4096], &[4095, 4097], &[100, 100, 9000], &[0, 5000, 10_000]] {
            let ends = cuts.iter().copied().chain([10_000]);
            let slices: Vec<_> = [0]
                .into_iter()
                .chain(cuts.iter().copied())
                .zip(ends)
                .map(|(start, end)| whole.rows(start, end))
                .collect();
            assert_eq!(batches(&slices), expected, "cut at {cuts:?}");
        }
        assert_eq!(batches(&[]), []);
        assert_eq!(batches(&[whole.rows(0, 0)]), []);
    }

    #[test]
    fn slices_that_do_not_fit_each_other_are_refused() {
        let (long, mut short) = (columns(3), columns(2));
        assert_eq!(check(&[long.as_slice(), short.as_slice()]), Ok(()));
        short.cost = vec![1, 2];
        assert_eq!(
            check(&[long.as_slice(), short.as_slice()]),
            Err("the slices of rows do not have the same columns".into())
        );
        short.cost.pop();
        assert_eq!(
            check(&[short.as_slice()]),
            Err("the column `cost` has 1 entries for 2 rows".into())
        );
    }
}
