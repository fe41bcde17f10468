//! The file of a golden case: what goes in and what must come out, in the words of the people who agreed it.

use std::collections::BTreeMap;
use std::path::Path;

use domain::calendar::Calendar;
use domain::currency::Currency;
use domain::day::Day;
use domain::money::Micros;
use domain::period::Period;
use domain::plugin::Window;
use domain::transaction::{OtherDates, RowKind};
use domain::{Error, Result};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use crate::claim::{Claim, Evidence, ExpectedLine};
use crate::with;

/// A golden case. The crate's front page explains each field by example.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// A sentence.
    pub title: String,
    /// Where the expected figures come from: a document, a contract, `worked out by hand`.
    pub source: String,
    pub terms: Value,
    #[serde(default)]
    pub participant: Participant,
    /// `month`, `quarter`, `year`, with `4-4-5 ` before it for a year of weeks.
    #[serde(default = "quarter")]
    pub calendar: Calendar,
    pub period: Named,
    /// The calendar's year of the period, unless given.
    pub year: Option<Period>,
    /// When the program began, for the window `since-start`. The day of enrolment, unless given.
    pub program_from: Option<Day>,
    /// The periods of a window, where they are not those of the calendar.
    #[serde(default)]
    pub gathered: BTreeMap<WindowName, Vec<Named>>,
    #[serde(default = "pounds")]
    pub currency: Currency,
    /// What balances held before, by code; zero unless given.
    #[serde(default)]
    pub opening_balances: BTreeMap<String, Micros>,
    #[serde(default)]
    pub products: Vec<Product>,
    #[serde(default)]
    pub rows: Vec<Row>,
    /// What is ruled on, instead of a calculation.
    pub claim: Option<Claim>,
    #[serde(default)]
    pub evidence: Evidence,
    /// The terms promise something although nothing was sold, such as a guarantee.
    #[serde(default)]
    pub pays_without_rows: bool,
    pub expect: Expect,
}

/// The one whose entitlement is worked out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Participant {
    pub account: String,
    pub attributes: BTreeMap<String, String>,
    pub enrolled_from: Day,
    pub enrolled_until: Option<Day>,
    pub agreed: BTreeMap<String, Decimal>,
}

impl Default for Participant {
    fn default() -> Self {
        Participant {
            account: "A-1".to_owned(),
            attributes: BTreeMap::new(),
            enrolled_from: Day::from_ymd(2000, 1, 1).expect("a day of the calendar"),
            enrolled_until: None,
            agreed: BTreeMap::new(),
        }
    }
}

/// A period by its name in the calendar, or with its days.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Named {
    Label(String),
    Days(Period),
}

impl Named {
    pub(crate) fn resolve(&self, calendar: Calendar) -> Result<Period> {
        match self {
            Named::Label(label) => calendar.period(label),
            Named::Days(period) if period.start > period.end => Err(Error::new(format!(
                "the period `{}` ends on {} before it begins on {}",
                period.label, period.end, period.start
            ))),
            Named::Days(period) => Ok(period.clone()),
        }
    }
}

/// A window of the plan as the key of a JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowName {
    PreviousPeriod,
    SamePeriodLastYear,
    YearToDate,
    SinceStart,
}

impl From<Window> for WindowName {
    fn from(window: Window) -> Self {
        match window {
            Window::PreviousPeriod => WindowName::PreviousPeriod,
            Window::SamePeriodLastYear => WindowName::SamePeriodLastYear,
            Window::YearToDate => WindowName::YearToDate,
            Window::SinceStart => WindowName::SinceStart,
        }
    }
}

/// A product that rows name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Product {
    pub sku: String,
    #[serde(default)]
    pub category: String,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

/// One line of the journal; its position is its place in the list, from 1. Amounts carry the sign of the fact: those of a return
/// are negative.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Row {
    pub date: Day,
    #[serde(default)]
    pub dates: OtherDates,
    #[serde(default = "sale")]
    pub kind: RowKind,
    pub product: Option<String>,
    pub end_customer: Option<String>,
    pub quantity: Option<Micros>,
    pub net_amount: Option<Micros>,
    pub gross_amount: Option<Micros>,
    pub cost: Option<Micros>,
    pub list_price: Option<Micros>,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

/// What must come out. What is left out is not compared, except that transfers are always compared: no list means none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expect {
    #[serde(default)]
    pub transfers: Vec<ExpectedTransfer>,
    pub steps: Option<Vec<ExpectedStep>>,
    pub milestones: Option<Vec<ExpectedMilestone>>,
    /// The ruling on each line of the claim, in order.
    pub decision: Option<Vec<ExpectedLine>>,
    /// The code of the problem that there must be instead, with the terms or with the calculation.
    pub problem: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectedTransfer {
    pub rule: String,
    pub amount: Micros,
    pub debit: Option<String>,
    pub credit: Option<String>,
}

/// A step by its rule and the sentence that a participant reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectedStep {
    pub rule: String,
    /// The id of the message.
    pub message: Option<String>,
    pub amount: Option<Micros>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectedMilestone {
    pub rule: String,
    pub reached: Micros,
    pub target: Micros,
    pub worth: Option<Micros>,
}

impl Case {
    /// Reads a case. An error names the field.
    pub fn parse(json: &str) -> Result<Case> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let case: Case = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            Error::new(format!("`{path}`: {}", error.into_inner()))
        })?;
        deserializer.end().map_err(|error| Error::new(error.to_string()))?;
        Ok(case)
    }

    /// Reads the file of a case. An error names file and field.
    pub fn read(file: &Path) -> Result<Case> {
        let json = std::fs::read_to_string(file)
            .map_err(|error| Error::new(format!("the case `{}` cannot be read: {error}", file.display())))?;
        Case::parse(&json).map_err(with(format_args!("the case `{}` cannot be read", file.display())))
    }

    /// Reads every `.json` file of a folder, in the order of their names.
    pub fn read_all(folder: &Path) -> Result<Vec<(String, Case)>> {
        let refuse =
            |error: std::io::Error| Error::new(format!("the cases in `{}` cannot be read: {error}", folder.display()));
        let entries = std::fs::read_dir(folder).map_err(refuse)?;
        let mut files = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(refuse)?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        files
            .into_iter()
            .map(|file| {
                let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                Case::read(&file).map(|case| (name, case))
            })
            .collect()
    }
}

fn quarter() -> Calendar {
    "quarter".parse().expect("a calendar")
}

fn pounds() -> Currency {
    "GBP".parse().expect("a currency")
}

fn sale() -> RowKind {
    RowKind::Sale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_a_case_is_named_with_its_place() {
        let case = r#"{"title": "t", "source": "s", "terms": {}, "period": "2011-Q1", "expect": {}, "rows": [
            {"date": "2011-01-05", "net-amount": "1.50"},
            {"date": "2011-01-06", "net-amount": "1.5000001"}
        ]}"#;
        assert_eq!(
            Case::parse(case).unwrap_err().to_string(),
            "`rows[1].net-amount`: `1.5000001` has more than six decimals at line 3 column 61"
        );
        let unknown = case.replace("title", "titel");
        assert!(
            Case::parse(&unknown)
                .unwrap_err()
                .to_string()
                .contains("unknown field `titel`")
        );
        assert!(Case::parse("{").is_err());
        assert!(
            Case::read(Path::new("nowhere.json"))
                .unwrap_err()
                .to_string()
                .starts_with("the case `nowhere.json` cannot be read")
        );
    }
}
