//! Lines as they stood in the file, kept until it is known whether they are accepted; and the file of those that were not.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Writer};

use super::field::Refusal;
use super::table::Header;
use super::{Error, Result};

/// Columns that the file of refused lines begins with. An import passes over them, so that the corrected file can be imported as
/// it is.
pub const LINE: &str = "refused_line";
pub const REASON: &str = "refused_reason";

/// The lines of one batch, in one piece of memory.
#[derive(Debug, Default)]
pub struct Rows {
    bytes: Vec<u8>,
    /// Where each field ends in `bytes`.
    ends: Vec<usize>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    /// Number of the line in the file.
    line: u64,
    /// Where its last field ends in `ends`.
    last: usize,
}

impl Rows {
    pub fn push(&mut self, line: u64, record: &ByteRecord) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(record.as_slice());
        let mut end = start;
        self.ends.extend(record.iter().map(|field| {
            end += field.len();
            end
        }));
        self.rows.push(Row {
            line,
            last: self.ends.len(),
        });
    }

    /// Takes over a row of another batch.
    pub fn push_from(&mut self, other: &Rows, row: usize) {
        let mut end = self.bytes.len();
        for field in other.fields(row) {
            self.bytes.extend_from_slice(field);
            end += field.len();
            self.ends.push(end);
        }
        self.rows.push(Row {
            line: other.line(row),
            last: self.ends.len(),
        });
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn line(&self, row: usize) -> u64 {
        self.rows[row].line
    }

    pub fn fields(&self, row: usize) -> impl Iterator<Item = &[u8]> {
        let first = row.checked_sub(1).map_or(0, |before| self.rows[before].last);
        (first..self.rows[row].last).map(|field| {
            let start = field.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.bytes[start..self.ends[field]]
        })
    }
}

/// Where refused lines go: number of the line, reason, and the line as it stood.
#[derive(Debug)]
pub struct RefusedFile {
    writer: Writer<BufWriter<File>>,
    path: PathBuf,
    count: u64,
}

impl RefusedFile {
    /// Takes the place of a file of that name.
    pub fn create(path: &Path, delimiter: u8, header: &Header) -> Result<Self> {
        let file =
            File::create(path).map_err(|e| Error::File(format!("`{}` cannot be written: {e}", path.display())))?;
        let writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .from_writer(BufWriter::new(file));
        let mut refused = Self {
            writer,
            path: path.to_owned(),
            count: 0,
        };
        refused.write(
            [LINE, REASON]
                .into_iter()
                .chain(header.names().iter().map(String::as_str))
                .map(str::as_bytes),
        )?;
        Ok(refused)
    }

    pub fn add(&mut self, rows: &Rows, row: usize, reason: &Refusal) -> Result<()> {
        self.count += 1;
        let line = rows.line(row).to_string();
        self.write([line.as_bytes(), reason.as_bytes()].into_iter().chain(rows.fields(row)))
    }

    /// The path, if any line was refused; without one the file is taken away again.
    pub fn finish(mut self) -> Result<Option<PathBuf>> {
        let done = self.writer.flush().and_then(|()| {
            if self.count == 0 {
                std::fs::remove_file(&self.path)
            } else {
                Ok(())
            }
        });
        done.map_err(|e| Error::File(format!("`{}` cannot be written: {e}", self.path.display())))?;
        Ok((self.count > 0).then_some(self.path))
    }

    fn write<'a>(&mut self, fields: impl Iterator<Item = &'a [u8]>) -> Result<()> {
        self.writer
            .write_record(fields)
            .map_err(|e| Error::File(format!("`{}` cannot be written: {e}", self.path.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_every_byte_of_every_field() {
        let (one, two) = (
            ByteRecord::from(vec![&b"a"[..], b"", b"\xff,\"\n"]),
            ByteRecord::from(vec![&b"b"[..]]),
        );
        let mut rows = Rows::default();
        rows.push(2, &one);
        rows.push(4, &ByteRecord::new());
        rows.push(5, &two);
        for (row, record) in [(0, &one), (1, &ByteRecord::new()), (2, &two)] {
            assert!(rows.fields(row).eq(record.iter()), "row {row}");
        }
        assert_eq!((rows.line(1), rows.len()), (4, 3));
        let mut taken = Rows::default();
        taken.push_from(&rows, 2);
        taken.push_from(&rows, 0);
        assert!(taken.fields(0).eq(two.iter()) && taken.fields(1).eq(one.iter()) && taken.line(1) == 2);
    }
}
