//! One field of a line: where it is found, how its text is read, and what is said when it cannot be.

use std::collections::HashMap;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate};
use domain::day::Day;
use domain::money::{MICROS_PER_UNIT, Micros};
use domain::schedule::TimeZone;
use regex::Regex;

use super::profile;
use super::table::{Header, Line};

/// Why a line is refused: a sentence for the person who corrects it.
pub type Refusal = String;

/// A field of a profile, bound to the columns of one file.
#[derive(Debug)]
pub struct Field {
    /// What people call it.
    called: String,
    source: Source,
    rules: Vec<Rule>,
    otherwise: Option<String>,
    strip_suffix: Option<String>,
    map: Option<HashMap<String, String>>,
    formats: Vec<String>,
    time_zone: Option<TimeZone>,
    decimal_comma: bool,
}

#[derive(Debug)]
enum Source {
    Column(Column),
    Constant(String),
    Product(Column, Column),
    Absent,
}

#[derive(Clone, Debug)]
struct Column {
    index: usize,
    name: String,
}

#[derive(Debug)]
struct Rule {
    column: Column,
    test: Test,
    gives: String,
}

#[derive(Debug)]
enum Test {
    Begins(String),
    Matches(Regex),
    Below(Micros),
}

/// The value that was read last, which lines in a row tend to share.
#[derive(Debug)]
pub struct Last<T> {
    text: String,
    value: Option<T>,
}

impl<T> Default for Last<T> {
    fn default() -> Self {
        Self {
            text: String::new(),
            value: None,
        }
    }
}

impl<T: Copy> Last<T> {
    fn or_read(&mut self, text: &str, read: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
        if let Some(value) = self.value
            && self.text == text
        {
            return Ok(value);
        }
        let value = read()?;
        text.clone_into(&mut self.text);
        self.value = Some(value);
        Ok(value)
    }
}

impl Field {
    /// Finds the columns of `field` in the file's header. Fails with a sentence when one is not there.
    pub fn bind(
        name: &str,
        field: &profile::Field,
        profile: &profile::Profile,
        header: &Header,
    ) -> Result<Self, Refusal> {
        let column = |name: &str| {
            header.index(name).map(|index| Column {
                index,
                name: name.to_owned(),
            })
        };
        let source = match field {
            profile::Field {
                column: Some(name),
                optional: true,
                ..
            } if !header.has(name) => Source::Absent,
            profile::Field { column: Some(name), .. } => Source::Column(column(name)?),
            profile::Field {
                constant: Some(text), ..
            } => Source::Constant(text.clone()),
            profile::Field {
                multiply: Some([one, other]),
                ..
            } => Source::Product(column(one)?, column(other)?),
            _ => Source::Absent,
        };
        let mut rules = Vec::with_capacity(field.rules.len());
        for rule in &field.rules {
            let test = match (&rule.begins, &rule.matches, &rule.below) {
                (Some(text), _, _) => Test::Begins(text.clone()),
                (_, Some(regex), _) => Test::Matches(regex.clone()),
                (_, _, Some(bound)) => Test::Below(bound.parse().map_err(|e: domain::Error| e.to_string())?),
                _ => continue,
            };
            rules.push(Rule {
                column: column(&rule.column)?,
                test,
                gives: rule.gives.clone(),
            });
        }
        Ok(Field {
            called: field.called.clone().unwrap_or_else(|| name.replace('_', " ")),
            source,
            rules,
            otherwise: field.otherwise.clone(),
            strip_suffix: field.strip_suffix.clone(),
            map: field
                .map
                .as_ref()
                .map(|map| map.iter().map(|(from, to)| (from.clone(), to.clone())).collect()),
            formats: field.formats.clone().unwrap_or_else(|| profile.dates.clone()),
            time_zone: profile.time_zone,
            decimal_comma: field.decimal.as_ref().unwrap_or(&profile.decimal) == ",",
        })
    }

    /// The text of the field, without the white space around it. Nothing when it is empty.
    pub fn text<'a>(&'a self, line: &Line<'a>) -> Result<Option<&'a str>, Refusal> {
        for rule in &self.rules {
            if rule.holds(line, self.decimal_comma)? {
                return Ok(Some(rule.gives.as_str()).filter(|text| !text.is_empty()));
            }
        }
        if let Some(otherwise) = &self.otherwise {
            return Ok(Some(otherwise.as_str()).filter(|text| !text.is_empty()));
        }
        let mut text = match &self.source {
            Source::Column(column) => line.text(column.index)?,
            Source::Constant(text) => text,
            Source::Product(..) | Source::Absent => return Ok(None),
        };
        if let Some(suffix) = &self.strip_suffix {
            text = text.strip_suffix(suffix.as_str()).unwrap_or(text);
        }
        if let Some(map) = &self.map
            && !text.is_empty()
        {
            text = map
                .get(text)
                .ok_or_else(|| self.refuse(&format!("`{text}` is not in the code list of the profile")))?;
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// Fails when the field is empty.
    pub fn needed<'a>(&'a self, line: &Line<'a>) -> Result<&'a str, Refusal> {
        self.text(line)?.ok_or_else(|| self.missing())
    }

    /// An exact amount; what has more than six decimals is refused.
    pub fn amount(&self, line: &Line<'_>) -> Result<Option<Micros>, Refusal> {
        if let Source::Product(one, other) = &self.source
            && self.rules.is_empty()
        {
            let (left, right) = (self.factor(line, one)?, self.factor(line, other)?);
            let (Some(left), Some(right)) = (left, right) else {
                return Ok(None);
            };
            return product(left, right).map(Some).map_err(|reason| {
                format!(
                    "{}: column {} times column {} {reason}",
                    self.called, one.name, other.name
                )
            });
        }
        let Some(text) = self.text(line)? else { return Ok(None) };
        number(text, self.decimal_comma)
            .map(Some)
            .map_err(|reason| self.refuse(&reason))
    }

    /// A day in one of the field's formats.
    pub fn day(&self, line: &Line<'_>, last: &mut Last<Day>) -> Result<Option<Day>, Refusal> {
        let Some(text) = self.text(line)? else { return Ok(None) };
        last.or_read(text, || {
            let day = self.formats.iter().find_map(|format| self.day_written(text, format));
            let day = day.ok_or_else(|| {
                self.refuse(&format!(
                    "`{text}` is not a date written as {}",
                    self.formats.join(" or ")
                ))
            })?;
            day.map_err(|e| self.refuse(&e.to_string()))
        })
        .map(Some)
    }

    /// A time with an offset falls on the day that it was in the zone of the profile; anything else on the day that is written.
    fn day_written(&self, text: &str, format: &str) -> Option<domain::Result<Day>> {
        if let Some(zone) = self.time_zone
            && let Ok(time) = DateTime::parse_from_str(text, format)
        {
            return Some(zone.day_at(time.to_utc()));
        }
        NaiveDate::parse_from_str(text, format).ok().map(Day::from_date)
    }

    /// What the domain makes of the text, such as a currency. Fails when the field is empty.
    pub fn word<T>(&self, line: &Line<'_>, last: &mut Last<T>) -> Result<T, Refusal>
    where
        T: Copy + FromStr<Err = domain::Error>,
    {
        let text = self.needed(line)?;
        last.or_read(text, || {
            text.parse().map_err(|e: domain::Error| self.refuse(&e.to_string()))
        })
    }

    /// What the domain makes of the text, where lines in a row tend to differ. Fails when the field is empty.
    pub fn parsed<T: FromStr<Err = domain::Error>>(&self, line: &Line<'_>) -> Result<T, Refusal> {
        self.needed(line)?
            .parse()
            .map_err(|e: domain::Error| self.refuse(&e.to_string()))
    }

    /// The sentence that refuses a line in which the field is empty.
    pub fn missing(&self) -> Refusal {
        match &self.source {
            Source::Column(column) => format!("no {}: column {} is empty", self.called, column.name),
            Source::Product(one, other) => format!(
                "no {}: column {} or column {} is empty",
                self.called, one.name, other.name
            ),
            Source::Constant(_) => format!("no {}: its constant is empty", self.called),
            Source::Absent => format!("no {}: no column of this file gives it", self.called),
        }
    }

    fn factor(&self, line: &Line<'_>, column: &Column) -> Result<Option<Micros>, Refusal> {
        match line.text(column.index)? {
            "" => Ok(None),
            text => number(text, self.decimal_comma)
                .map(Some)
                .map_err(|reason| format!("column {}: {reason}", column.name)),
        }
    }

    fn refuse(&self, reason: &str) -> Refusal {
        match &self.source {
            Source::Column(column) => format!("{}: column {}: {reason}", self.called, column.name),
            _ => format!("{}: {reason}", self.called),
        }
    }
}

impl Rule {
    fn holds(&self, line: &Line<'_>, decimal_comma: bool) -> Result<bool, Refusal> {
        let text = line.text(self.column.index)?;
        Ok(match &self.test {
            Test::Begins(start) => text.starts_with(start.as_str()),
            Test::Matches(regex) => regex.is_match(text),
            Test::Below(_) if text.is_empty() => false,
            // Most lines are told by their sign alone.
            Test::Below(Micros(0)) if text.starts_with(|c: char| c.is_ascii_digit()) => false,
            Test::Below(bound) => {
                number(text, decimal_comma).map_err(|reason| format!("column {}: {reason}", self.column.name))? < *bound
            }
        })
    }
}

/// The text of a field that a profile may leave out.
pub fn optional_text<'a>(field: Option<&'a Field>, line: &Line<'a>) -> Result<Option<&'a str>, Refusal> {
    field.map_or(Ok(None), |field| field.text(line))
}

/// Reads digits with an optional sign and decimals, after the point or the comma, whichever the profile says.
fn number(text: &str, decimal_comma: bool) -> Result<Micros, Refusal> {
    if !decimal_comma {
        return text.parse().map_err(|e: domain::Error| e.to_string());
    }
    if text.contains('.') {
        return Err(format!(
            "`{text}` is not an amount: write digits with a decimal comma, such as `-1234,5`"
        ));
    }
    text.replacen(',', ".", 1).parse::<Micros>().map_err(|e| e.to_string())
}

/// The exact product, or why there is none.
fn product(left: Micros, right: Micros) -> Result<Micros, &'static str> {
    let (units, parts) = (i128::from(MICROS_PER_UNIT), i128::from(left.0) * i128::from(right.0));
    if parts % units != 0 {
        return Err("has more than six decimals");
    }
    i64::try_from(parts / units)
        .map(Micros)
        .map_err(|_| "is too large to keep in millionths")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::profile::Profile;
    use csv::ByteRecord;
    use proptest::prelude::*;

    /// The field `quantity = {text}` of a file whose columns are A and B.
    fn field(text: &str) -> Field {
        let profile = format!(
            "records = 'transactions'\nsource = 'erp'\nkey = ['A']\n[fields]\nkind = {{ constant = 'sale' }}\naccount = {{ column = 'A' }}\n\
             date = {{ column = 'A' }}\ncurrency = {{ constant = 'GBP' }}\nquantity = {text}\n"
        );
        let profile = Profile::parse("test", &profile).expect("a sound profile");
        let header = Header::new(&ByteRecord::from(vec!["A", "B"])).expect("a sound header");
        Field::bind("quantity", &profile.fields["quantity"], &profile, &header).expect("columns that are there")
    }

    fn read<T>(values: [&str; 2], read: impl FnOnce(&Line<'_>) -> T) -> T {
        let record = ByteRecord::from(values.to_vec());
        read(&Line::new(&record))
    }

    #[test]
    fn a_product_of_two_columns_is_exact_or_refused() {
        let field = field("{ multiply = ['A', 'B'] }");
        let amount = |a, b| read([a, b], |line| field.amount(line));
        assert_eq!(amount("-6", "2.551"), Ok(Some(Micros(-15_306_000))));
        assert_eq!(amount("", "2.55"), Ok(None));
        assert_eq!(
            amount("0.0001", "0.001"),
            Err("quantity: column A times column B has more than six decimals".into())
        );
        assert_eq!(
            amount("9000000000000", "2"),
            Err("quantity: column A times column B is too large to keep in millionths".into())
        );
        assert!(
            amount("six", "2")
                .unwrap_err()
                .starts_with("column A: `six` is not an amount")
        );
    }

    #[test]
    fn a_decimal_comma_is_read_where_the_profile_says_so() {
        let comma = field("{ column = 'A', decimal = ',' }");
        assert_eq!(
            read(["-1234,5", ""], |line| comma.amount(line)),
            Ok(Some(Micros(-1_234_500_000)))
        );
        assert!(
            read(["1.234,50", ""], |line| comma.amount(line))
                .unwrap_err()
                .contains("decimal comma")
        );
        let point = field("{ column = 'A' }");
        assert!(read(["1,5", ""], |line| point.amount(line)).is_err());
        assert_eq!(read(["  ", ""], |line| point.amount(line)), Ok(None));
    }

    #[test]
    fn the_first_rule_that_holds_decides() {
        let field = field(
            "{ rules = [{ column = 'A', begins = 'C', gives = 'return' }, { column = 'B', below = '0', gives = 'return' }, \
             { column = 'A', matches = '^[0-9]{5}$', gives = 'order' }], otherwise = 'sale' }",
        );
        for (a, b, expected) in [
            ("C1", "5", "return"),
            ("1", "-5", "return"),
            ("12345", "5", "order"),
            ("1", "5", "sale"),
            ("1", "", "sale"),
        ] {
            assert_eq!(
                read([a, b], |line| field.text(line).map(|text| text.map(str::to_owned))),
                Ok(Some(expected.into())),
                "{a} {b}"
            );
        }
    }

    #[test]
    fn a_code_that_the_list_does_not_have_is_refused() {
        let field = field("{ column = 'A', called = 'country', strip_suffix = '.', map = { UK = 'GB', None = '' } }");
        let text = |a| read([a, ""], |line| field.text(line).map(|text| text.map(str::to_owned)));
        assert_eq!(text("UK."), Ok(Some("GB".into())));
        assert_eq!(text("None"), Ok(None));
        assert_eq!(
            text("Utopia"),
            Err("country: column A: `Utopia` is not in the code list of the profile".into())
        );
        assert_eq!(field.missing(), "no country: column A is empty");
    }

    #[test]
    fn dates_are_tried_in_the_order_of_their_formats() {
        let field = field("{ column = 'A', called = 'date', formats = ['%d.%m.%Y', '%Y-%m-%d %H:%M'] }");
        let day = |a| read([a, ""], |line| field.day(line, &mut Last::default()));
        assert_eq!(day("31.03.2011").unwrap(), Some("2011-03-31".parse().unwrap()));
        assert_eq!(day("2011-03-31 08:26").unwrap(), Some("2011-03-31".parse().unwrap()));
        assert_eq!(
            day("2011-02-29 08:26").unwrap_err(),
            "date: column A: `2011-02-29 08:26` is not a date written as %d.%m.%Y or %Y-%m-%d %H:%M"
        );
        assert!(
            day("01.01.0001")
                .unwrap_err()
                .contains("outside the years 1900 to 2999")
        );
    }

    proptest! {
        #[test]
        fn a_product_equals_that_of_decimals(left in -1_000_000_000_i64..1_000_000_000, right in -1_000_000_000_i64..1_000_000_000) {
            let exact = Micros(left).to_decimal() * Micros(right).to_decimal();
            prop_assert_eq!(product(Micros(left), Micros(right)).ok(), Micros::from_decimal(exact).ok());
        }
    }
}
