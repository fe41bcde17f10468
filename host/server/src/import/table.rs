//! A CSV file, plain or compressed by gzip, as a stream of lines.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::ByteRecord;
use flate2::bufread::MultiGzDecoder;

use super::field::Refusal;
use super::{Error, Result};

/// A line beyond this many bytes is not a line: most likely a quotation mark was left open.
const LONGEST_LINE: usize = 1 << 20;
/// Bytes in which the first line is looked for, to see how it ends.
const PEEKED: u64 = 1 << 16;

pub struct Table {
    pub header: Header,
    /// Bytes on the disk.
    pub size: u64,
    /// Bytes taken from the disk so far.
    pub taken: Arc<AtomicU64>,
    reader: csv::Reader<Box<dyn Read + Send>>,
    /// Lines end in carriage return and line feed, of which the reader has not taken the second when it hands a line out.
    carriage_returns: bool,
    path: String,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("path", &self.path)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

impl Table {
    /// Opens the file and reads its header.
    pub fn open(path: &Path, delimiter: u8) -> Result<Self> {
        let name = path.display().to_string();
        let fail = |e: &dyn std::fmt::Display| Error::File(format!("`{name}` cannot be read: {e}"));
        let file = File::open(path).map_err(|e| fail(&e))?;
        let size = file.metadata().map_err(|e| fail(&e))?.len();
        let taken = Arc::<AtomicU64>::default();
        let mut file = BufReader::with_capacity(
            1 << 16,
            Counted {
                file,
                taken: taken.clone(),
            },
        );
        // By its first bytes, because a name says nothing certain.
        let compressed = file.fill_buf().map_err(|e| fail(&e))?.starts_with(&[0x1f, 0x8b]);
        let mut bytes: Box<dyn Read + Send> = if compressed {
            Box::new(MultiGzDecoder::new(file))
        } else {
            Box::new(file)
        };
        let mut beginning = Vec::new();
        bytes
            .by_ref()
            .take(PEEKED)
            .read_to_end(&mut beginning)
            .map_err(|e| fail(&e))?;
        let carriage_returns = beginning
            .split(|byte| *byte == b'\n')
            .next()
            .is_some_and(|line| line.ends_with(b"\r"));
        // So that the last line ends like the others; an empty line more is nothing.
        let end: &[u8] = if carriage_returns { b"\r\n" } else { b"\n" };
        let bytes: Box<dyn Read + Send> = Box::new(std::io::Cursor::new(beginning).chain(bytes).chain(end));
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(true)
            .buffer_capacity(1 << 17)
            .from_reader(bytes);
        let header = reader.byte_headers().map_err(|e| fail(&e))?;
        let header = Header::new(header).map_err(|reason| Error::File(format!("`{name}`: {reason}")))?;
        Ok(Self {
            header,
            size,
            taken,
            reader,
            carriage_returns,
            path: name,
        })
    }

    /// Reads the next line into `record` and answers its number, from 1 with the header counted; nothing at the end. Empty
    /// lines and line breaks inside quotation marks count too, so that the number is the one that an editor shows.
    pub fn next(&mut self, record: &mut ByteRecord) -> Result<Option<u64>> {
        let more = self
            .reader
            .read_byte_record(record)
            .map_err(|e| Error::File(format!("`{}` cannot be read to its end: {e}", self.path)))?;
        if !more {
            return Ok(None);
        }
        // Counted back from where the reader stands now: it passes over empty lines before a record without saying so.
        let breaks = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        Ok(Some(
            self.reader.position().line() - u64::from(!self.carriage_returns) - breaks,
        ))
    }
}

/// The names of the columns.
#[derive(Clone, Debug)]
pub struct Header {
    names: Vec<String>,
}

impl Header {
    pub fn new(record: &ByteRecord) -> Result<Self, Refusal> {
        let names = record
            .iter()
            .map(|name| std::str::from_utf8(name).map(|name| name.trim().to_owned()));
        let names: Vec<String> = names
            .collect::<Result<_, _>>()
            .map_err(|_| "the header is not UTF-8: save the file as UTF-8".to_owned())?;
        if names.iter().all(String::is_empty) {
            return Err("it has no header: the first line names the columns".to_owned());
        }
        Ok(Self { names })
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|column| column == name)
    }

    pub fn index(&self, name: &str) -> Result<usize, Refusal> {
        let mut found = self
            .names
            .iter()
            .enumerate()
            .filter(|(_, column)| *column == name)
            .map(|(index, _)| index);
        match (found.next(), found.next()) {
            (Some(index), None) => Ok(index),
            (Some(_), Some(_)) => Err(format!("two columns are called `{name}`: rename one of them")),
            (None, _) => {
                let names: Vec<_> = self.names.iter().map(|name| format!("`{name}`")).collect();
                Err(format!(
                    "there is no column `{name}`: the header has {}",
                    names.join(", ")
                ))
            }
        }
    }

    /// Whether the line can be read by this header at all.
    pub fn check(&self, record: &ByteRecord) -> Result<(), Refusal> {
        if record.len() != self.names.len() {
            return Err(format!(
                "the line has {} fields where the header has {}",
                record.len(),
                self.names.len()
            ));
        }
        if record.as_slice().len() > LONGEST_LINE {
            return Err("the line is longer than a mebibyte: is a quotation mark left open?".to_owned());
        }
        if record.as_slice().contains(&0) {
            return Err("the line has a zero byte in it".to_owned());
        }
        // Fields one by one: two broken halves of a character must not make a whole.
        if !record.as_slice().is_ascii()
            && let Some(broken) = record.iter().position(|field| std::str::from_utf8(field).is_err())
        {
            return Err(format!("column {} is not UTF-8", self.names[broken]));
        }
        Ok(())
    }
}

/// One line, after [`Header::check`].
#[derive(Debug)]
pub struct Line<'a> {
    record: &'a ByteRecord,
}

impl<'a> Line<'a> {
    pub fn new(record: &'a ByteRecord) -> Self {
        Self { record }
    }

    /// The column's text without the white space around it; empty where the line is too short.
    pub fn text(&self, index: usize) -> Result<&'a str, Refusal> {
        let bytes = self.record.get(index).unwrap_or_default().trim_ascii();
        std::str::from_utf8(bytes).map_err(|_| "the line is not UTF-8".to_owned())
    }
}

struct Counted {
    file: File,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.taken.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn lines(bytes: &[u8]) -> Vec<(u64, Result<Vec<String>, Refusal>)> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), bytes).expect("a file that can be written");
        let mut table = Table::open(file.path(), b',').expect("a table");
        let (mut record, mut lines) = (ByteRecord::new(), Vec::new());
        while let Some(number) = table.next(&mut record).expect("a readable line") {
            let texts = table.header.check(&record).and_then(|()| {
                (0..record.len())
                    .map(|index| Line::new(&record).text(index).map(str::to_owned))
                    .collect::<Result<Vec<_>, _>>()
            });
            lines.push((number, texts));
        }
        lines
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_first_name() {
        assert_eq!(
            lines(b"\xef\xbb\xbfA,B\n1,2\n"),
            [(2, Ok(vec!["1".into(), "2".into()]))]
        );
    }

    #[test]
    fn quotation_marks_commas_and_line_breaks_belong_to_a_field() {
        let expected = [
            (2, Ok(vec!["a \"b\", c\nd".into(), "2".into()])),
            (4, Ok(vec!["3".into(), "4".into()])),
        ];
        assert_eq!(lines(b"A,B\r\n\"a \"\"b\"\", c\nd\",2\r\n3, 4 \r\n"), expected);
    }

    #[test]
    fn line_numbers_are_those_of_an_editor() {
        for end in ["\n", "\r\n"] {
            let text = format!("A,B{end}1,2{end}{end}{end}\"3{end}3\",4{end}5,6");
            let numbers: Vec<_> = lines(text.as_bytes()).into_iter().map(|(number, _)| number).collect();
            assert_eq!(numbers, [2, 5, 7], "{text:?}");
        }
    }

    #[test]
    fn a_line_that_is_broken_is_refused_and_the_next_is_read() {
        let read = lines(b"A,B\n1\n\xff,2\n\xc3,\xa9\n3,4\n");
        let reasons: Vec<_> = read
            .iter()
            .map(|(number, line)| (*number, line.as_ref().err().map(String::as_str)))
            .collect();
        assert_eq!(
            reasons,
            [
                (2, Some("the line has 1 fields where the header has 2")),
                (3, Some("column A is not UTF-8")),
                (4, Some("column A is not UTF-8")),
                (5, None)
            ]
        );
    }

    #[test]
    fn a_compressed_file_reads_like_a_plain_one() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(b"A,B\n1,2\n").expect("memory that can be written");
        assert_eq!(
            lines(&packed.finish().expect("memory that can be written")),
            [(2, Ok(vec!["1".into(), "2".into()]))]
        );
    }

    #[test]
    fn a_header_says_what_it_has() {
        let header = Header::new(&ByteRecord::from(vec!["A", "B", "B"])).expect("a sound header");
        assert_eq!(
            header.index("C").unwrap_err(),
            "there is no column `C`: the header has `A`, `B`, `B`"
        );
        assert_eq!(
            header.index("B").unwrap_err(),
            "two columns are called `B`: rename one of them"
        );
        assert!(Header::new(&ByteRecord::from(vec![""])).is_err());
    }
}
