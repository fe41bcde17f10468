//! A claim as it comes in: a JSON file, with further lines as CSV. Everything that is wrong with it is said, each with its place.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use domain::adjudication::{Claim, ClaimKind, ClaimLine, line_key};
use domain::calculation::Problem;
use domain::currency::Currency;
use domain::day::Day;
use domain::digest::canonical_json;
use domain::money::Micros;
use runtime::Plugin;
use serde_json::{Map, Value, json};

/// A longer one takes a plugin longer than a person waits for, and nobody reads it: it is several claims.
pub const MAX_LINES: usize = 10_000;
const MAX_BYTES: u64 = 16 << 20;
/// An index of the database keeps the natural key.
const MAX_KEY_BYTES: usize = 500;
const MAX_NUMBER: usize = 60;

/// What the file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    pub number: Option<String>,
    pub kind: ClaimKind,
    pub submitted: Option<Day>,
    pub request: Option<String>,
    pub currency: Option<Currency>,
    pub fields: Value,
    pub lines: Vec<FormLine>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FormLine {
    pub claimed: Micros,
    pub fields: Value,
}

impl Form {
    /// Reads the files.
    pub fn read(file: &Path, lines: Option<&Path>) -> Result<Self> {
        let mut form: Value =
            serde_json::from_str(&text(file)?).map_err(|e| anyhow::anyhow!("`{}` is not JSON: {e}", file.display()))?;
        if let Some(path) = lines {
            let further = csv_lines(&text(path)?).with_context(|| format!("the lines in `{}`", path.display()))?;
            let Some(form) = form.as_object_mut() else {
                bail!(
                    "`{}` holds no claim: write an object with `fields` and `lines`",
                    file.display()
                )
            };
            match form.entry("lines").or_insert_with(|| json!([])).as_array_mut() {
                Some(lines) => lines.extend(further),
                None => bail!("the claim does not hold\n  /lines: write a list"),
            }
        }
        Self::of(&form)
    }

    /// # Errors
    /// Every problem with its place, on a line each.
    pub fn of(form: &Value) -> Result<Self> {
        let mut problems = Problems::default();
        let Some(object) = form.as_object() else {
            bail!("the claim does not hold\n  the whole: write an object with `fields` and `lines`")
        };
        for name in object.keys() {
            if !["number", "kind", "submitted", "request", "currency", "fields", "lines"].contains(&&**name) {
                problems.add(
                    format!("/{name}"),
                    "is no part of a claim: its own fields stand under `fields`".into(),
                );
            }
        }
        let mut parse = |name: &str| match object.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                problems.add(format!("/{name}"), "write a text".into());
                None
            }
        };
        let [number, kind, submitted, request, currency] =
            ["number", "kind", "submitted", "request", "currency"].map(&mut parse);
        let kind = problems.parsed("/kind", kind).unwrap_or(ClaimKind::Claim);
        let submitted = problems.parsed("/submitted", submitted);
        let currency = problems.parsed("/currency", currency);
        if let Some(number) = &number
            && !is_number(number)
        {
            problems.add(
                "/number".into(),
                format!(
                    "write 1 to {MAX_NUMBER} characters without `/`, white space at the ends or control characters"
                ),
            );
        }
        let fields = object.get("fields").cloned().unwrap_or_else(|| json!({}));
        if !fields.is_object() {
            problems.add("/fields".into(), "write an object".into());
        }
        let lines = problems.lines(object.get("lines"));
        problems.ended()?;
        Ok(Form {
            number,
            kind,
            submitted,
            request,
            currency,
            fields,
            lines,
        })
    }

    /// The claim as the plugin is to be told it, held against the plugin's schema.
    ///
    /// # Errors
    /// Every problem with its place, on a line each.
    pub fn asked(&self, plugin: &Plugin, currency: Currency, number: &str, submitted: Day) -> Result<Claim> {
        let mut problems = Problems::default();
        if let Some(other) = self.currency.filter(|other| *other != currency) {
            problems.add(
                "/currency".into(),
                format!("the program pays in {currency}, not in {other}: file it in {currency}"),
            );
        }
        let lines: Vec<&Value> = self.lines.iter().map(|line| &line.fields).collect();
        if let Err(found) = plugin.check_claim(self.kind, &self.fields, &lines) {
            for Problem { path, message, .. } in found {
                problems.add(path.unwrap_or_default(), message);
            }
        }
        let names = plugin
            .descriptor()
            .claims
            .as_ref()
            .map_or(&[][..], |claims| &claims.line_key);
        let mut asked = Vec::with_capacity(self.lines.len());
        for (place, line) in self.lines.iter().enumerate() {
            let key = line_key(names, &line.fields);
            if key.as_ref().is_some_and(|key| key.len() > MAX_KEY_BYTES) {
                problems.add(
                    format!("/lines/{place}/fields"),
                    format!(
                        "what names the line ({}) has more than {MAX_KEY_BYTES} bytes",
                        names.join(", ")
                    ),
                );
            }
            asked.push(ClaimLine {
                number: u32::try_from(place + 1)?,
                claimed: line.claimed,
                key,
                fields: canonical(&line.fields)?,
            });
        }
        problems.ended()?;
        Micros::checked_sum(asked.iter().map(|line| line.claimed)).context("what all lines claim together")?;
        Ok(Claim {
            kind: self.kind,
            number: number.to_owned(),
            submitted,
            fields: canonical(&self.fields)?,
            lines: asked,
        })
    }
}

fn canonical(fields: &Value) -> Result<String> {
    Ok(String::from_utf8(canonical_json(fields)?)?)
}

fn is_number(number: &str) -> bool {
    (1..=MAX_NUMBER).contains(&number.chars().count())
        && number.trim() == number
        && !number.contains('/')
        && !number.chars().any(char::is_control)
}

fn text(path: &Path) -> Result<String> {
    let size = std::fs::metadata(path)
        .with_context(|| format!("cannot read `{}`", path.display()))?
        .len();
    ensure!(
        size <= MAX_BYTES,
        "`{}` has {size} bytes: a claim has at most {MAX_BYTES}, so split it",
        path.display()
    );
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("`{}` is not text in UTF-8", path.display()))
}

/// Lines as the JSON has them; an empty cell is no field.
fn csv_lines(text: &str) -> Result<Vec<Value>> {
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let columns = reader.headers()?.clone();
    ensure!(
        columns.iter().any(|column| column == "claimed"),
        "there is no column `claimed`"
    );
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record?;
        let mut fields = Map::new();
        let mut claimed = Value::Null;
        for (column, cell) in columns.iter().zip(&record).filter(|(_, cell)| !cell.is_empty()) {
            match column {
                "claimed" => claimed = json!(cell),
                column => drop(fields.insert(column.to_owned(), json!(cell))),
            }
        }
        lines.push(json!({"claimed": claimed, "fields": fields}));
    }
    Ok(lines)
}

/// Everything that is wrong with what was typed: what [`Form::of`] says of it, and what the plugin's schema does.
pub fn problems(form: &Value, plugin: &Plugin) -> Problems {
    let mut problems = match Form::of(form) {
        Ok(_) => Problems::default(),
        Err(e) => e
            .downcast()
            .unwrap_or_else(|e| Problems(vec![(String::new(), e.to_string())])),
    };
    let kind = form
        .get("kind")
        .and_then(Value::as_str)
        .and_then(|kind| kind.parse().ok());
    let none = json!({});
    let lines = form
        .get("lines")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let lines: Vec<&Value> = lines.iter().map(|line| line.get("fields").unwrap_or(&none)).collect();
    let fields = form.get("fields").unwrap_or(&none);
    if let Err(found) = plugin.check_claim(kind.unwrap_or(ClaimKind::Claim), fields, &lines) {
        for Problem { path, message, .. } in found {
            problems.add(path.unwrap_or_default(), message);
        }
    }
    problems
}

/// What is wrong, each with its place: a JSON Pointer into what came in.
#[derive(Debug, Default)]
pub struct Problems(pub Vec<(String, String)>);

const AT_MOST: usize = 20;

impl Problems {
    fn add(&mut self, path: String, wrong: String) {
        self.0.push((path, wrong));
    }

    fn parsed<T: std::str::FromStr<Err = domain::Error>>(&mut self, path: &str, text: Option<String>) -> Option<T> {
        match text?.parse() {
            Ok(value) => Some(value),
            Err(e) => {
                self.add(path.into(), e.to_string());
                None
            }
        }
    }

    fn lines(&mut self, lines: Option<&Value>) -> Vec<FormLine> {
        let lines = match lines {
            Some(Value::Array(lines)) if !lines.is_empty() => lines,
            Some(Value::Array(_)) | None => {
                self.add("/lines".into(), "a claim has at least one line".into());
                return vec![];
            }
            Some(_) => {
                self.add("/lines".into(), "write a list".into());
                return vec![];
            }
        };
        if lines.len() > MAX_LINES {
            self.add(
                "/lines".into(),
                format!(
                    "there are {} lines, and a claim has at most {MAX_LINES}: split it into several claims",
                    lines.len()
                ),
            );
            return vec![];
        }
        let mut read = Vec::with_capacity(lines.len());
        for (place, line) in lines.iter().enumerate() {
            let at = format!("/lines/{place}");
            let Some(object) = line.as_object() else {
                self.add(at, "write an object with `claimed` and `fields`".into());
                continue;
            };
            for name in object.keys().filter(|name| !["claimed", "fields"].contains(&&***name)) {
                self.add(
                    format!("{at}/{name}"),
                    "is no part of a line: its own fields stand under `fields`".into(),
                );
            }
            let claimed = match object.get("claimed") {
                Some(Value::String(amount)) => self.parsed(&format!("{at}/claimed"), Some(amount.clone())),
                _ => {
                    self.add(
                        format!("{at}/claimed"),
                        "write the amount as a text, such as \"100.50\"".into(),
                    );
                    None
                }
            };
            let fields = object.get("fields").cloned().unwrap_or_else(|| json!({}));
            if !fields.is_object() {
                self.add(format!("{at}/fields"), "write an object".into());
            }
            if let Some(claimed) = claimed {
                read.push(FormLine { claimed, fields });
            }
        }
        read
    }

    fn ended(self) -> Result<()> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(self.into()),
        }
    }
}

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the claim does not hold")?;
        for (path, wrong) in self.0.iter().take(AT_MOST) {
            let path = if path.is_empty() { "the whole" } else { path };
            write!(f, "\n  {path}: {wrong}")?;
        }
        match self.0.len().checked_sub(AT_MOST) {
            Some(more @ 1..) => write!(f, "\n  and {more} more"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_said_with_its_place() {
        let form = json!({
            "kind": "wish", "submitted": "0000-01-01", "currency": "XXX", "total": "1", "number": "a/b", "fields": [],
            "lines": [{"claimed": 1}, {"claimed": "1000000000000000"}, {"claimed": "1e3", "fields": 7, "sku": "A"}, []],
        });
        let said = Form::of(&form).unwrap_err().to_string();
        let told: Vec<&str> = said.lines().map(str::trim).collect();
        assert_eq!(
            told,
            [
                "the claim does not hold",
                "/total: is no part of a claim: its own fields stand under `fields`",
                "/kind: `wish` is no kind of claim: write request, claim or deduction",
                "/submitted: 0000-01-01 lies outside the years 1900 to 2999",
                "/currency: `XXX` is not a currency that money is paid in: write an ISO 4217 code such as `GBP`",
                "/number: write 1 to 60 characters without `/`, white space at the ends or control characters",
                "/fields: write an object",
                "/lines/0/claimed: write the amount as a text, such as \"100.50\"",
                "/lines/1/claimed: `1000000000000000` is too large to keep in millionths",
                "/lines/2/sku: is no part of a line: its own fields stand under `fields`",
                "/lines/2/claimed: `1e3` is not an amount: write digits with at most six decimals, such as `-1234.5`",
                "/lines/2/fields: write an object",
                "/lines/3: write an object with `claimed` and `fields`",
            ]
        );
        assert!(Form::of(&json!([])).is_err());
        assert!(Form::of(&json!({"lines": []})).is_err());
    }

    #[test]
    fn lines_come_as_csv_too() {
        let lines = csv_lines("\u{feff}claimed,invoice,note\n100.50,INV-1,\n,INV-2,\"für März\"\n").unwrap();
        assert_eq!(
            lines,
            [
                json!({"claimed": "100.50", "fields": {"invoice": "INV-1"}}),
                json!({"claimed": null, "fields": {"invoice": "INV-2", "note": "für März"}}),
            ]
        );
        assert_eq!(
            csv_lines("invoice\nA\n").unwrap_err().to_string(),
            "there is no column `claimed`"
        );
    }
}
