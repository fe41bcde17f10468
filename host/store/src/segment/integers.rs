//! Whole numbers in as few bytes as they need. A value is `base + factor × stored`: prices in pennies and quantities in whole pieces
//! take two or four bytes instead of eight, which halves what is read from the database and hashed. `base` and `factor` are written in the
//! field's metadata; a column with the same value in all rows has the type null and no bytes.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, NullArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field};

/// Values that wait to be written. Empty as long as no row has one; then one for each row.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    values: Vec<i64>,
    /// Empty as long as every row has a value.
    valid: Vec<bool>,
}

impl Column {
    /// Adds the value of the next row, of which `rows` are there before it.
    pub fn push(&mut self, rows: usize, value: Option<i64>) {
        if value.is_none() && self.values.is_empty() {
            return;
        }
        if self.values.len() < rows {
            self.values.resize(rows, 0);
            self.valid.resize(rows, false);
        }
        if value.is_none() && self.valid.is_empty() {
            self.valid.resize(rows, true);
        }
        self.values.push(value.unwrap_or(0));
        if !self.valid.is_empty() {
            self.valid.push(value.is_some());
        }
    }

    /// 0 as long as no row has a value.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn get(&self, row: usize) -> Option<i64> {
        let value = *self.values.get(row)?;
        (self.valid.is_empty() || self.valid[row]).then_some(value)
    }

    /// Least and greatest value of some rows.
    pub fn range(&self, rows: &[u32]) -> Option<(i64, i64)> {
        if self.values.is_empty() {
            return None;
        }
        range(rows.iter().filter_map(|row| self.get(*row as usize)))
    }

    /// These rows in this order; nothing when none has a value.
    pub fn write(&self, name: &str, rows: &[u32]) -> Option<(Field, ArrayRef)> {
        if self.values.is_empty() {
            return None;
        }
        // They lie scattered, so they are collected before they are read three times.
        let values: Vec<Option<i64>> = rows.iter().map(|row| self.get(*row as usize)).collect();
        let (base, greatest) = range(values.iter().copied().flatten())?;
        let distance = |value: i64| value.wrapping_sub(base) as u64;
        let mut factor = 0;
        for value in values.iter().flatten() {
            factor = greatest_common_divisor(factor, distance(*value));
            if factor == 1 {
                break;
            }
        }
        let factor = factor.max(1);
        let stored = || {
            values
                .iter()
                .map(|value| value.map_or(0, |value| distance(value) / factor))
        };
        let holes = values.contains(&None);
        let nulls = holes.then(|| values.iter().map(Option::is_some).collect::<NullBuffer>());
        let array: ArrayRef = match distance(greatest) / factor {
            0 if !holes => Arc::new(NullArray::new(rows.len())),
            0..=0xff => Arc::new(UInt8Array::new(stored().map(|n| n as u8).collect(), nulls)),
            0x100..=0xffff => Arc::new(UInt16Array::new(stored().map(|n| n as u16).collect(), nulls)),
            0x1_0000..=0xffff_ffff => Arc::new(UInt32Array::new(stored().map(|n| n as u32).collect(), nulls)),
            _ => Arc::new(UInt64Array::new(stored().collect(), nulls)),
        };
        let metadata = [
            ("base".to_owned(), base.to_string()),
            ("factor".to_owned(), factor.to_string()),
        ];
        let nullable = holes || *array.data_type() == DataType::Null;
        Some((
            Field::new(name, array.data_type().clone(), nullable).with_metadata(metadata),
            array,
        ))
    }
}

/// A column as it was read, not widened yet.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    base: i64,
    factor: u64,
    codes: Codes,
    nulls: Option<NullBuffer>,
}

#[derive(Clone, Debug)]
enum Codes {
    Constant,
    U8(ScalarBuffer<u8>),
    U16(ScalarBuffer<u16>),
    U32(ScalarBuffer<u32>),
    U64(ScalarBuffer<u64>),
}

impl Stored {
    /// Nothing when the field was not written by [`Column::write`].
    pub fn read(field: &Field, array: &dyn Array) -> Option<Self> {
        let codes = match array.data_type() {
            DataType::Null => Codes::Constant,
            DataType::UInt8 => Codes::U8(array.as_primitive::<UInt8Type>().values().clone()),
            DataType::UInt16 => Codes::U16(array.as_primitive::<UInt16Type>().values().clone()),
            DataType::UInt32 => Codes::U32(array.as_primitive::<UInt32Type>().values().clone()),
            DataType::UInt64 => Codes::U64(array.as_primitive::<UInt64Type>().values().clone()),
            _ => return None,
        };
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0).cloned();
        Some(Self {
            base: field.metadata().get("base")?.parse().ok()?,
            factor: field.metadata().get("factor")?.parse().ok()?,
            codes,
            nulls,
        })
    }

    /// The one value of all rows, when that is known without reading them.
    pub fn constant(&self) -> Option<i64> {
        matches!(self.codes, Codes::Constant).then_some(self.base)
    }

    /// Whether one of these rows has no value.
    pub fn has_holes_between(&self, rows: Range<usize>) -> bool {
        self.nulls
            .as_ref()
            .is_some_and(|nulls| nulls.slice(rows.start, rows.len()).null_count() > 0)
    }

    pub fn is_hole(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    pub fn get(&self, row: usize) -> Option<i64> {
        let code = match &self.codes {
            Codes::Constant => 0,
            Codes::U8(codes) => codes[row].into(),
            Codes::U16(codes) => codes[row].into(),
            Codes::U32(codes) => codes[row].into(),
            Codes::U64(codes) => codes[row],
        };
        (!self.is_hole(row)).then(|| self.value(code))
    }

    /// Every row's value, `missing` where it has none.
    pub fn widen<T: Copy>(&self, rows: usize, missing: T, narrow: impl Fn(i64) -> T) -> Vec<T> {
        let mut values: Vec<T> = match &self.codes {
            Codes::Constant => vec![narrow(self.base); rows],
            Codes::U8(codes) => self.widen_codes(codes, narrow),
            Codes::U16(codes) => self.widen_codes(codes, narrow),
            Codes::U32(codes) => self.widen_codes(codes, narrow),
            Codes::U64(codes) => self.widen_codes(codes, narrow),
        };
        if let Some(nulls) = &self.nulls {
            for (row, value) in values.iter_mut().enumerate() {
                if nulls.is_null(row) {
                    *value = missing;
                }
            }
        }
        values
    }

    fn widen_codes<C: Copy + Into<u64>, T>(&self, codes: &[C], narrow: impl Fn(i64) -> T) -> Vec<T> {
        if self.factor == 1 {
            // Without the multiplication this becomes vector instructions.
            return codes
                .iter()
                .map(|code| narrow(self.base.wrapping_add((*code).into() as i64)))
                .collect();
        }
        codes.iter().map(|code| narrow(self.value((*code).into()))).collect()
    }

    fn value(&self, code: u64) -> i64 {
        self.base.wrapping_add(self.factor.wrapping_mul(code) as i64)
    }
}

fn range(values: impl Iterator<Item = i64>) -> Option<(i64, i64)> {
    values.fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((least, greatest)) => Some((least.min(value), greatest.max(value))),
    })
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(values: &[Option<i64>]) -> Option<(Field, ArrayRef)> {
        let mut column = Column::default();
        for (row, value) in values.iter().enumerate() {
            column.push(row, *value);
        }
        column.write("c", &(0..values.len() as u32).collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(values in prop::collection::vec(prop::option::of(prop_oneof![any::<i64>(), -100..100i64, (-5..5i64).prop_map(|n| n * 1_000_000), Just(7)]), 0..40)) {
            match written(&values) {
                None => prop_assert!(values.iter().all(Option::is_none)),
                Some((field, array)) => {
                    let stored = Stored::read(&field, &array).unwrap();
                    prop_assert_eq!((0..values.len()).map(|row| stored.get(row)).collect::<Vec<_>>(), values.clone());
                    prop_assert_eq!(stored.widen(values.len(), -1, |n| n), values.iter().map(|n| n.unwrap_or(-1)).collect::<Vec<_>>());
                    prop_assert_eq!(stored.has_holes_between(0..values.len()), values.contains(&None));
                }
            }
        }
    }

    #[test]
    fn pennies_take_two_bytes_and_a_constant_none() {
        let types = |values: &[Option<i64>]| written(values).unwrap().1.data_type().clone();
        assert_eq!(types(&[Some(-5_000_000), Some(12_340_000), Some(0)]), DataType::UInt16);
        assert_eq!(types(&[Some(7), Some(7)]), DataType::Null);
        assert_eq!(types(&[Some(7), None]), DataType::UInt8);
        assert_eq!(types(&[Some(i64::MIN), Some(i64::MAX), Some(0)]), DataType::UInt64);
    }
}
