//! The lines of documents as CSV, for spreadsheets and other systems.

use domain::settlement::{Document, Owed, label};

use crate::digits;

/// The last six are of lines that were converted: what the program owes in its own currency, and the rate.
const HEADINGS: [&str; 18] = [
    "document",
    "kind",
    "issued",
    "due",
    "payee",
    "name",
    "line",
    "program",
    "period",
    "amount",
    "currency",
    "reverses",
    "owed",
    "owed_currency",
    "rate",
    "rate_type",
    "rate_day",
    "rate_source",
];

/// One row for each line of the document. A text that a spreadsheet would take for a formula is preceded by `'`.
pub fn write(document: &Document) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    for (number, line) in (1..).zip(&document.lines) {
        let owed = |of: fn(&Owed) -> String| line.owed.as_ref().map_or_else(String::new, of);
        rows.push([
            document.label(),
            document.kind.to_string(),
            document.issued.to_string(),
            document.due.to_string(),
            harmless(&document.payee.number),
            harmless(&document.payee.name),
            number.to_string(),
            harmless(&line.title),
            line.period.clone().unwrap_or_default(),
            digits(line.amount, document.currency),
            document.currency.to_string(),
            document
                .reverses
                .as_ref()
                .map_or_else(String::new, |reversed| label(reversed.number)),
            owed(|owed| digits(owed.amount, owed.by.from)),
            owed(|owed| owed.by.from.to_string()),
            owed(|owed| owed.by.rate.to_string()),
            owed(|owed| owed.by.rate_type.to_string()),
            owed(|owed| owed.by.day.to_string()),
            owed(|owed| harmless(&owed.by.source)),
        ]);
    }
    for row in rows {
        writer.write_record(&row).expect("writing to memory cannot fail");
    }
    writer.into_inner().expect("writing to memory cannot fail")
}

pub(crate) fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
