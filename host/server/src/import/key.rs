//! The name of a transaction in its source.

use std::fmt::Write as _;

use super::field::Refusal;
use super::profile::{Profile, Repeats};
use super::repeats::RepeatedKeys;
use super::table::{Header, Line};

/// Makes the keys of one file, from one or more columns.
#[derive(Debug)]
pub struct Key {
    columns: Vec<usize>,
    names: String,
    repeated: Option<RepeatedKeys>,
}

impl Key {
    pub fn bind(profile: &Profile, header: &Header) -> Result<Self, Refusal> {
        Ok(Self {
            columns: profile
                .key
                .iter()
                .map(|name| header.index(name))
                .collect::<Result<_, _>>()?,
            names: profile.key.join(", column "),
            repeated: (profile.repeats == Repeats::Separate).then(RepeatedKeys::default),
        })
    }

    /// The columns with `|` between them, then `#2` for the second line with these columns. One column that is not numbered stands as it is;
    /// otherwise `|`, `#` and `\` in a column are written with a `\` before them, so that no two keys are alike by accident.
    pub fn next(&mut self, line: &Line<'_>) -> Result<String, Refusal> {
        let plain = self.columns.len() == 1 && self.repeated.is_none();
        let mut key = String::with_capacity(32);
        let mut empty = true;
        for (place, column) in self.columns.iter().enumerate() {
            let text = line.text(*column)?;
            empty &= text.is_empty();
            if place > 0 {
                key.push('|');
            }
            if plain || !text.contains(['|', '#', '\\']) {
                key.push_str(text);
            } else {
                for c in text.chars() {
                    if matches!(c, '|' | '#' | '\\') {
                        key.push('\\');
                    }
                    key.push(c);
                }
            }
        }
        if empty {
            return Err(format!("no key: column {} is empty", self.names));
        }
        if let Some(times) = self
            .repeated
            .as_mut()
            .map(|keys| keys.count(&key))
            .filter(|times| *times > 1)
        {
            // Writing to a string cannot fail.
            let _ = write!(key, "#{times}");
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use csv::ByteRecord;

    fn keys(key: &str, repeats: &str, lines: &[[&str; 2]]) -> Vec<Result<String, Refusal>> {
        let profile = format!(
            "records = 'transactions'\nsource = 'erp'\nkey = {key}\nrepeats = '{repeats}'\n[fields]\nkind = {{ constant = 'sale' }}\n\
             account = {{ column = 'A' }}\ndate = {{ column = 'A' }}\ncurrency = {{ constant = 'GBP' }}\n"
        );
        let profile = Profile::parse("test", &profile).expect("a sound profile");
        let header = Header::new(&ByteRecord::from(vec!["A", "B"])).expect("a sound header");
        let mut key = Key::bind(&profile, &header).expect("columns that are there");
        lines
            .iter()
            .map(|line| key.next(&Line::new(&ByteRecord::from(line.to_vec()))))
            .collect()
    }

    fn texts(keys: &[Result<String, Refusal>]) -> Vec<&str> {
        keys.iter()
            .map(|key| key.as_deref().unwrap_or_else(|reason| reason))
            .collect()
    }

    #[test]
    fn lines_that_repeat_each_other_are_numbered_where_they_are_separate() {
        let lines = [["1", "x"], ["1", "y"], ["1", "x"], ["1", "x"]];
        assert_eq!(
            texts(&keys("['A', 'B']", "separate", &lines)),
            ["1|x", "1|y", "1|x#2", "1|x#3"]
        );
        assert_eq!(
            texts(&keys("['A', 'B']", "duplicate", &lines)),
            ["1|x", "1|y", "1|x", "1|x"]
        );
    }

    #[test]
    fn no_two_keys_are_alike_by_accident() {
        let lines = [
            ["a|b", "c"],
            ["a", "b|c"],
            ["a", "b"],
            ["a", "b"],
            ["a", "b#2"],
            ["a\\", "b"],
        ];
        let keys = keys("['A', 'B']", "separate", &lines);
        assert_eq!(
            texts(&keys),
            [r"a\|b|c", r"a|b\|c", "a|b", "a|b#2", r"a|b\#2", r"a\\|b"]
        );
    }

    #[test]
    fn one_column_stands_as_it_is() {
        assert_eq!(
            texts(&keys("['A']", "duplicate", &[["INV#1|2", ""], ["", "x"]])),
            ["INV#1|2", "no key: column A is empty"]
        );
    }
}
