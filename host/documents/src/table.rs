//! The lines of documents as CSV, for spreadsheets and other systems.

use domain::settlement::{Document, label};

use crate::digits;

const HEADINGS: [&str; 12] = [
    "document", "kind", "issued", "due", "payee", "name", "line", "program", "period", "amount", "currency", "reverses",
];

/// One row for each line of the document. A text that a spreadsheet would take for a formula is preceded by `'`.
pub fn write(document: &Document) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    for (number, line) in (1..).zip(&document.lines) {
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
