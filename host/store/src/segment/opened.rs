use std::ops::Range;
use std::sync::{Arc, OnceLock};

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, UInt32Type};
use arrow_array::{Array, DictionaryArray, RecordBatch, StringArray};
use arrow_buffer::{Buffer, ScalarBuffer};
use arrow_ipc::reader::StreamDecoder;
use arrow_schema::ArrowError;
use domain::columns::NO_VALUE;
use domain::digest::Digest;
use domain::plugin::Column;
use domain::transaction::DateBasis;
use domain::{Error, Result};

use super::corrections::Corrections;
use super::info::{Info, Segment};
use super::integers::Stored;
use super::row::{Field, Row};
use super::stage::{ACCOUNT, ATTRIBUTE, HEADER, Header, Stage};

/// A segment that was checked against its digest and is ready to be read. Columns are widened when they are first asked for.
#[derive(Debug)]
pub struct Opened {
    info: Info,
    pub(super) kinds: u8,
    /// Rising.
    accounts: ScalarBuffer<u32>,
    /// For each account the row after its last.
    ends: ScalarBuffer<i32>,
    stored: [Option<Stored>; Field::COUNT],
    attributes: Vec<StoredAttribute>,
    /// Rows that no longer stand, rising.
    superseded: Vec<u32>,
    wide: Wide,
}

#[derive(Debug)]
pub(super) struct StoredAttribute {
    pub name: String,
    values: DictionaryArray<UInt32Type>,
}

impl StoredAttribute {
    /// The row's place in the segment's own dictionary.
    pub fn code(&self, row: usize) -> Option<u32> {
        self.values.is_valid(row).then(|| self.values.keys().value(row))
    }

    pub fn text(&self, code: u32) -> &str {
        let values: &StringArray = self.values.values().as_string();
        values.value(code as usize)
    }
}

#[derive(Debug, Default)]
struct Wide {
    position: OnceLock<Vec<u64>>,
    dates: [OnceLock<Vec<i32>>; 6],
    kind: OnceLock<Vec<u8>>,
    currency: OnceLock<Vec<u32>>,
    product: OnceLock<Vec<u32>>,
    end_customer: OnceLock<Vec<u32>>,
    measures: [OnceLock<Vec<i64>>; 5],
}

impl Opened {
    /// Refuses content that is not what the digest names. Rows that do not stand by `corrections`, which must be those of the
    /// position that the run reads up to, are left out when rows are gathered.
    pub fn open(digest: Digest, content: Vec<u8>, corrections: &Corrections) -> Result<Self> {
        let found = Digest::of(&content);
        if found != digest {
            return Err(Error::new(format!(
                "segment `{digest}` is damaged, its content has the SHA-256 `{found}`: build the segments again from the journal"
            )));
        }
        let refuse = |why: String| {
            Error::new(format!(
                "the content of `{digest}` is no segment, {why}: build the segments again from the journal"
            ))
        };
        let batch = read_batch(content).map_err(|e| refuse(e.to_string()))?;
        let mut opened = Self::read(digest, &batch).map_err(refuse)?;
        opened.mark_superseded(corrections);
        Ok(opened)
    }

    fn read(digest: Digest, batch: &RecordBatch) -> Result<Self, String> {
        let schema = batch.schema();
        let header = schema.metadata().get(HEADER).ok_or("it has no header")?;
        let header: Header = serde_json::from_str(header).map_err(|e| e.to_string())?;
        let rows = batch.num_rows();
        if rows != header.rows as usize || !header.buckets.is_power_of_two() {
            return Err("its header does not fit its rows".into());
        }
        let directory = batch
            .column_by_name(ACCOUNT)
            .and_then(|column| column.as_any().downcast_ref::<arrow_array::RunArray<Int32Type>>());
        let directory = directory.ok_or("it has no directory of accounts")?;
        let accounts = directory
            .values()
            .as_primitive_opt::<UInt32Type>()
            .ok_or("its directory names no accounts")?
            .values()
            .clone();
        let ends = directory.run_ends().inner().clone();
        if accounts.len() != ends.len()
            || ends.last().is_some_and(|end| *end as usize != rows)
            || !ends.is_sorted()
            || !accounts.is_sorted()
        {
            return Err("its directory does not fit its rows".into());
        }
        let mut stored = [const { None }; Field::COUNT];
        let mut attributes = Vec::new();
        for (described, array) in schema.fields().iter().zip(batch.columns()).skip(1) {
            let name = described.name();
            if let Some(name) = name.strip_prefix(ATTRIBUTE) {
                let values = array
                    .as_dictionary_opt::<UInt32Type>()
                    .filter(|values| values.values().as_string_opt::<i32>().is_some());
                let values = values
                    .ok_or_else(|| format!("its attribute `{name}` is no dictionary"))?
                    .clone();
                attributes.push(StoredAttribute {
                    name: name.to_owned(),
                    values,
                });
            } else if let Some(field) = Field::ALL.into_iter().find(|field| field.name() == name) {
                let column =
                    Stored::read(described, array).ok_or_else(|| format!("its column `{name}` cannot be read"))?;
                stored[field as usize] = Some(column);
            } else {
                return Err(format!("its column `{name}` is not known"));
            }
        }
        if rows > 0
            && [Field::Position, Field::Date, Field::Kind, Field::Currency]
                .iter()
                .any(|field| stored[*field as usize].is_none())
        {
            return Err("it lacks a column that every row has".into());
        }
        let Header {
            month,
            bucket,
            buckets,
            rows,
            first_position,
            last_position,
            days,
            kinds,
        } = header;
        let info = Info {
            digest,
            month,
            bucket,
            buckets,
            rows,
            first_position,
            last_position,
            days,
        };
        Ok(Self {
            info,
            kinds,
            accounts,
            ends,
            stored,
            attributes,
            superseded: Vec::new(),
            wide: Wide::default(),
        })
    }

    fn mark_superseded(&mut self, corrections: &Corrections) {
        let (first, last) = (self.info.first_position, self.info.last_position);
        let gone = corrections.between(first, last);
        if gone.is_empty() {
            return;
        }
        let positions = self.positions();
        // Looking a position up in a list costs more than reading the row, so a bit for each position is better where that is little.
        let superseded = if last - first <= 64 * positions.len() as u64 {
            let mut bits = vec![false; (last - first) as usize + 1];
            gone.iter()
                .for_each(|position| bits[(position - first) as usize] = true);
            rows_where(positions, |position| bits[(position - first) as usize])
        } else {
            rows_where(positions, |position| gone.binary_search(&position).is_ok())
        };
        self.superseded = superseded;
    }

    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Each account, by ordinal, with its rows.
    pub fn accounts(&self) -> impl Iterator<Item = (u32, Range<usize>)> {
        (0..self.accounts.len()).map(|place| (self.accounts[place], self.rows_at(place)))
    }

    /// The account's rows, ordered by date and position; superseded ones among them. `near` is where the account that was asked for
    /// before stands: whoever takes one after the other finds the next beside it.
    pub(super) fn rows_of(&self, account: u32, near: &mut usize) -> Range<usize> {
        const STEPS: usize = 8;
        let beside = self
            .accounts
            .get(*near..)
            .unwrap_or(&[])
            .iter()
            .take(STEPS)
            .position(|one| *one >= account);
        let place = match beside {
            Some(steps) if steps > 0 || self.accounts[*near] == account => *near + steps,
            _ => self.accounts.partition_point(|one| *one < account),
        };
        *near = place;
        if self.accounts.get(place) == Some(&account) {
            self.rows_at(place)
        } else {
            0..0
        }
    }

    fn rows_at(&self, place: usize) -> Range<usize> {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        start as usize..self.ends[place] as usize
    }

    /// Those of these rows that no longer stand.
    pub(super) fn superseded(&self, rows: Range<usize>) -> &[u32] {
        if self.superseded.is_empty() {
            return &[];
        }
        let start = self.superseded.partition_point(|row| (*row as usize) < rows.start);
        let end = self.superseded.partition_point(|row| (*row as usize) < rows.end);
        &self.superseded[start..end]
    }

    pub(super) fn value(&self, field: Field, row: usize) -> Option<i64> {
        self.stored[field as usize].as_ref()?.get(row)
    }

    /// The field as it is kept; absent when no row has a value.
    pub(super) fn stored(&self, field: Field) -> Option<&Stored> {
        self.stored[field as usize].as_ref()
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&StoredAttribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn attributes_of(&self, row: usize) -> impl Iterator<Item = (&str, &str)> {
        self.attributes
            .iter()
            .filter_map(move |attribute| Some((&*attribute.name, attribute.text(attribute.code(row)?))))
    }

    pub(super) fn positions(&self) -> &[u64] {
        self.wide
            .position
            .get_or_init(|| self.widen(Field::Position, 0, |n| n as u64))
    }

    /// [`i32::MIN`] where the row has no such date.
    pub(super) fn dates(&self, basis: DateBasis) -> &[i32] {
        self.wide.dates[basis as usize].get_or_init(|| self.widen(Field::of_date(basis), i32::MIN, |n| n as i32))
    }

    pub(super) fn kinds(&self) -> &[u8] {
        self.wide
            .kind
            .get_or_init(|| self.widen(Field::Kind, u8::MAX, |n| n as u8))
    }

    pub(super) fn currencies(&self) -> &[u32] {
        self.wide
            .currency
            .get_or_init(|| self.widen(Field::Currency, 0, |n| n as u32))
    }

    /// [`NO_VALUE`] where the row has none; so are the end customers.
    pub(super) fn products(&self) -> &[u32] {
        self.wide
            .product
            .get_or_init(|| self.widen(Field::Product, NO_VALUE, |n| n as u32))
    }

    pub(super) fn end_customers(&self) -> &[u32] {
        self.wide
            .end_customer
            .get_or_init(|| self.widen(Field::EndCustomer, NO_VALUE, |n| n as u32))
    }

    /// 0 where the row has none.
    pub(super) fn measures(&self, column: Column) -> &[i64] {
        let field = Field::of_column(column);
        self.wide.measures[field as usize - Field::Quantity as usize].get_or_init(|| self.widen(field, 0, |n| n))
    }

    fn widen<T: Copy>(&self, field: Field, missing: T, narrow: impl Fn(i64) -> T) -> Vec<T> {
        let rows = self.info.rows as usize;
        match &self.stored[field as usize] {
            None => vec![missing; rows],
            Some(stored) => stored.widen(rows, missing, narrow),
        }
    }
}

fn read_batch(content: Vec<u8>) -> Result<RecordBatch, ArrowError> {
    let incomplete = || ArrowError::IpcError("it ends too early".into());
    let mut buffer = Buffer::from_vec(content);
    let mut decoder = StreamDecoder::new();
    let batch = decoder.decode(&mut buffer)?.ok_or_else(incomplete)?;
    if decoder.decode(&mut buffer)?.is_some() {
        return Err(ArrowError::IpcError("it has more than one batch".into()));
    }
    decoder.finish()?;
    Ok(batch)
}

fn rows_where(positions: &[u64], holds: impl Fn(u64) -> bool) -> Vec<u32> {
    (0..)
        .zip(positions)
        .filter(|(_, position)| holds(**position))
        .map(|(row, _)| row)
        .collect()
}

/// Opened segments from which rows are gathered: those that a [`super::Unit`] needs, or all.
#[derive(Clone, Debug, Default)]
pub struct Segments {
    opened: Vec<Arc<Opened>>,
}

impl Segments {
    pub fn new(opened: impl IntoIterator<Item = Arc<Opened>>) -> Self {
        let mut opened: Vec<_> = opened.into_iter().collect();
        opened.sort_by_key(|segment| (segment.info.month, segment.info.first_position, segment.info.bucket));
        Self { opened }
    }

    /// For a replay: what gathering from sealed segments would have found, from rows of the journal up to a position, in any order.
    /// They may be all rows or only those of the accounts asked for, as long as `corrections` are all up to that position.
    pub fn from_rows<'a>(rows: impl IntoIterator<Item = &'a Row>, corrections: &Corrections) -> Result<Self> {
        let mut stage = Stage::default();
        rows.into_iter().for_each(|row| stage.push(row));
        let made = stage.segments(0, 1, corrections)?;
        let opened = made
            .into_iter()
            .map(|Segment { info, content }| Opened::open(info.digest, content, corrections).map(Arc::new));
        Ok(Self::new(opened.collect::<Result<Vec<_>>>()?))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Opened> {
        self.opened.iter().map(|segment| &**segment)
    }

    pub fn len(&self) -> usize {
        self.opened.len()
    }

    pub fn is_empty(&self) -> bool {
        self.opened.is_empty()
    }

    pub(super) fn get(&self, place: u32) -> &Opened {
        &self.opened[place as usize]
    }
}
