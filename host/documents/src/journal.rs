//! Entries of the journal of the general ledger, as accounting systems take them: two lines for each entry, a debit and a credit.

use domain::posting::{Balanced, Line};
use domain::{Error, Result};
use serde::Serialize;

use crate::digits;

const HEADINGS: [&str; 16] = [
    "entry",
    "line",
    "posting_date",
    "period",
    "original_period",
    "company",
    "program",
    "participant",
    "account",
    "debit",
    "credit",
    "currency",
    "posting",
    "cause",
    "reason",
    "transfer",
];

/// What an export holds, before its lines.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Header<'a> {
    pub from: String,
    pub to: String,
    /// Number of the last entry that there was.
    pub up_to: i64,
    /// Debit and credit are the same in each.
    pub totals: &'a [Balanced],
}

/// One row for each line. Amounts have at least the currency's digits; the side that a line is not on is blank.
pub fn csv(lines: &[Line<'_>]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADINGS).expect("writing to memory cannot fail");
    for line in lines {
        writer.write_record(cells(line)).expect("writing to memory cannot fail");
    }
    writer.into_inner().expect("writing to memory cannot fail")
}

/// The header, and each line as an object by the headings of [`csv`].
pub fn json(header: &Header<'_>, lines: &[Line<'_>]) -> Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Export<'a> {
        #[serde(flatten)]
        header: &'a Header<'a>,
        lines: Vec<serde_json::Map<String, serde_json::Value>>,
    }
    let object = |line: &Line<'_>| {
        let cells = HEADINGS.iter().zip(cells(line));
        cells
            .map(|(heading, cell)| ((*heading).to_owned(), cell.into()))
            .collect()
    };
    let export = Export {
        header,
        lines: lines.iter().map(object).collect(),
    };
    let mut json =
        serde_json::to_vec_pretty(&export).map_err(|e| Error::new(format!("the journal cannot be written: {e}")))?;
    json.push(b'\n');
    Ok(json)
}

fn cells(line: &Line<'_>) -> [String; 16] {
    let entry = line.entry;
    let side = |amount: domain::money::Micros| match amount.0 {
        0 => String::new(),
        _ => digits(amount, entry.currency),
    };
    [
        entry.number.to_string(),
        line.number.to_string(),
        entry.day.to_string(),
        entry.period.to_string(),
        entry
            .original_period
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        entry.company.clone(),
        entry.program.clone(),
        crate::table::harmless(&entry.account),
        line.account.to_owned(),
        side(line.debit),
        side(line.credit),
        entry.currency.to_string(),
        entry.kind.to_string(),
        entry.cause.to_string(),
        entry.reason.to_string(),
        entry.transfer.to_string(),
    ]
}
