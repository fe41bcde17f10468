//! Rows on their way into segments: as columns already, because that is a fifth of what they take as rows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow_array::types::{Int32Type, UInt32Type};
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, RunArray, StringArray, UInt32Array};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, Field as ArrowField, Schema};
use domain::digest::Digest;
use domain::{Error, Result};
use serde::{Deserialize, Serialize};

use super::corrections::Corrections;
use super::info::{Info, Segment, bucket_of};
use super::integers::Column;
use super::opened::Opened;
use super::row::{Field, Row};

pub(super) const ACCOUNT: &str = "account";
pub(super) const ATTRIBUTE: &str = "attribute:";
/// Under which key of the schema's metadata the [`Header`] stands.
pub(super) const HEADER: &str = "segment";

/// What is written into the content besides the columns: [`Info`] without the digest, which cannot know itself.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    pub month: i32,
    pub bucket: u32,
    pub buckets: u32,
    pub rows: u32,
    pub first_position: u64,
    pub last_position: u64,
    pub days: [Option<(i32, i32)>; 6],
    /// Bit n is set when a row has the kind n.
    pub kinds: u8,
}

#[derive(Debug, Default)]
pub(super) struct Stage {
    accounts: Vec<u32>,
    fields: [Column; Field::COUNT],
    attributes: BTreeMap<String, Attribute>,
}

#[derive(Debug, Default)]
struct Attribute {
    codes: Column,
    values: Vec<String>,
    places: HashMap<String, i64>,
}

impl Attribute {
    fn push(&mut self, rows: usize, value: &str) {
        let place = match self.places.get(value) {
            Some(place) => *place,
            None => {
                let place = self.values.len() as i64;
                self.values.push(value.to_owned());
                self.places.insert(value.to_owned(), place);
                place
            }
        };
        self.codes.push(rows, Some(place));
    }

    /// The same in the narrowest dictionary: of the values that these rows have, in order of first appearance.
    fn write(&self, rows: &[u32]) -> Result<Option<ArrayRef>, ArrowError> {
        let mut places: HashMap<i64, u32> = HashMap::new();
        let mut values = Vec::new();
        let keys: UInt32Array = rows
            .iter()
            .map(|row| {
                self.codes.get(*row as usize).map(|code| {
                    *places.entry(code).or_insert_with(|| {
                        values.push(self.values[code as usize].as_str());
                        values.len() as u32 - 1
                    })
                })
            })
            .collect();
        if values.is_empty() {
            return Ok(None);
        }
        Ok(Some(Arc::new(DictionaryArray::<UInt32Type>::try_new(
            keys,
            Arc::new(StringArray::from(values)),
        )?)))
    }
}

impl Stage {
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    pub fn push(&mut self, row: &Row) {
        let rows = self.len();
        for field in Field::ALL {
            self.fields[field as usize].push(rows, field.value(row));
        }
        for (name, value) in &row.attributes {
            match self.attributes.get_mut(name) {
                Some(attribute) => attribute.push(rows, value),
                None => self.attributes.entry(name.clone()).or_default().push(rows, value),
            }
        }
        self.accounts.push(row.account);
        self.leave_holes(rows);
    }

    /// Adds a row of a segment that was made before.
    pub fn push_sealed(&mut self, account: u32, segment: &Opened, row: usize) {
        let rows = self.len();
        for field in Field::ALL {
            self.fields[field as usize].push(rows, segment.value(field, row));
        }
        for (name, value) in segment.attributes_of(row) {
            match self.attributes.get_mut(name) {
                Some(attribute) => attribute.push(rows, value),
                None => self.attributes.entry(name.to_owned()).or_default().push(rows, value),
            }
        }
        self.accounts.push(account);
        self.leave_holes(rows);
    }

    /// Attributes that the row at this place did not have.
    fn leave_holes(&mut self, row: usize) {
        for attribute in self.attributes.values_mut() {
            if attribute.codes.len() == row {
                attribute.codes.push(row, None);
            }
        }
    }

    /// One segment for each bucket that has rows, without the rows that no longer stand.
    pub fn segments(&self, month: i32, buckets: u32, corrections: &Corrections) -> Result<Vec<Segment>> {
        let mut order: Vec<(u32, u32, i64, i64, u32)> = (0..self.len())
            .filter(|row| !corrections.supersede(self.required(Field::Position, *row) as u64))
            .map(|row| {
                let account = self.accounts[row];
                let (date, position) = (self.required(Field::Date, row), self.required(Field::Position, row));
                (bucket_of(account, buckets), account, date, position, row as u32)
            })
            .collect();
        order.sort_unstable();
        order
            .chunk_by(|one, next| one.0 == next.0)
            .map(|rows| {
                let bucket = rows[0].0;
                let rows: Vec<u32> = rows.iter().map(|row| row.4).collect();
                self.segment(month, bucket, buckets, &rows)
                    .map_err(|e| Error::new(format!("the rows of month {month} cannot be written as a segment: {e}")))
            })
            .collect()
    }

    fn required(&self, field: Field, row: usize) -> i64 {
        self.fields[field as usize].get(row).unwrap_or(0)
    }

    fn segment(&self, month: i32, bucket: u32, buckets: u32, rows: &[u32]) -> Result<Segment, ArrowError> {
        let range = |field: Field| self.fields[field as usize].range(rows);
        let (first_position, last_position) = range(Field::Position).unwrap_or((0, 0));
        let days = std::array::from_fn(|basis| {
            range(Field::ALL[Field::Date as usize + basis]).map(|(first, last)| (first as i32, last as i32))
        });
        let header = Header {
            month,
            bucket,
            buckets,
            rows: u32::try_from(rows.len())
                .map_err(|_| ArrowError::InvalidArgumentError("they are too many".into()))?,
            first_position: first_position as u64,
            last_position: last_position as u64,
            days,
            kinds: rows
                .iter()
                .fold(0, |kinds, row| kinds | 1 << self.required(Field::Kind, *row as usize)),
        };
        let content = self.content(&header, rows)?;
        let Header {
            rows,
            first_position,
            last_position,
            days,
            ..
        } = header;
        let info = Info {
            digest: Digest::of(&content),
            month,
            bucket,
            buckets,
            rows,
            first_position,
            last_position,
            days,
        };
        Ok(Segment { info, content })
    }

    fn content(&self, header: &Header, rows: &[u32]) -> Result<Vec<u8>, ArrowError> {
        let accounts = self.directory(rows)?;
        let mut fields = vec![ArrowField::new(
            ACCOUNT,
            arrow_array::Array::data_type(&accounts).clone(),
            false,
        )];
        let mut arrays: Vec<ArrayRef> = vec![accounts];
        for field in Field::ALL {
            if let Some((field, array)) = self.fields[field as usize].write(field.name(), rows) {
                fields.push(field);
                arrays.push(array);
            }
        }
        for (name, attribute) in &self.attributes {
            if let Some(array) = attribute.write(rows)? {
                fields.push(ArrowField::new(
                    format!("{ATTRIBUTE}{name}"),
                    array.data_type().clone(),
                    true,
                ));
                arrays.push(array);
            }
        }
        let header = serde_json::to_string(header).map_err(|e| ArrowError::ExternalError(Box::new(e)))?;
        let schema = Arc::new(Schema::new(fields).with_metadata([(HEADER.to_owned(), header)]));
        let batch = RecordBatch::try_new(schema.clone(), arrays)?;
        let mut writer = StreamWriter::try_new(Vec::new(), &schema)?;
        writer.write(&batch)?;
        writer.into_inner()
    }

    /// The accounts of rows that are ordered by account: each with the row after its last.
    fn directory(&self, rows: &[u32]) -> Result<ArrayRef, ArrowError> {
        let (mut ends, mut accounts) = (Vec::new(), Vec::new());
        for run in rows.chunk_by(|one, next| self.accounts[*one as usize] == self.accounts[*next as usize]) {
            let end = ends.last().unwrap_or(&0) + run.len();
            accounts.push(self.accounts[run[0] as usize]);
            ends.push(end);
        }
        let ends = ends
            .into_iter()
            .map(|end| i32::try_from(end).map_err(|_| ArrowError::InvalidArgumentError("they are too many".into())));
        let ends = Int32Array::from(ends.collect::<Result<Vec<_>, _>>()?);
        Ok(Arc::new(RunArray::<Int32Type>::try_new(
            &ends,
            &UInt32Array::from(accounts),
        )?))
    }
}
