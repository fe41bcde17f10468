//! What a command says: one value, printed as aligned tables for people or as JSON for programs.

use std::cell::RefCell;
use std::fmt::Display;
use std::io::Write;

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// How the commands speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
}

tokio::task_local! {
    /// Where the answers of a task go instead of the standard output.
    static KEPT: RefCell<Vec<u8>>;
}

/// Does some work and gives what it printed with what came of it: for the stories that do thousands of commands in one process.
pub async fn kept<T>(work: impl Future<Output = T>) -> (T, Vec<u8>) {
    let work = async {
        let done = work.await;
        (done, KEPT.with(RefCell::take))
    };
    KEPT.scope(RefCell::default(), work).await
}

/// Prints the value itself as JSON, or what `text` makes of it.
pub fn print<T: Serialize>(format: Format, value: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
    let mut answer = match format {
        Format::Json => serde_json::to_vec_pretty(value)?,
        Format::Text => text(value).trim_end().into(),
    };
    answer.push(b'\n');
    let printed = KEPT.try_with(|kept| kept.borrow_mut().extend_from_slice(&answer));
    if printed.is_err() {
        std::io::stdout().lock().write_all(&answer)?;
    }
    Ok(())
}

/// A table without lines; headings that begin with `>` have their column aligned to the right, as figures are.
pub fn table<const N: usize>(headings: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(headings.map(|heading| heading.trim_start_matches('>')));
    for row in rows {
        table.add_row(row);
    }
    for (n, heading) in headings.iter().enumerate() {
        if let Some(column) = table.column_mut(n) {
            column.set_padding((0, 2));
            if heading.starts_with('>') {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    table.trim_fmt()
}

/// A whole number with thousands separated: `1,482,329`.
pub fn count(number: u64) -> String {
    with_thousands(&number.to_string())
}

fn with_thousands(digits: &str) -> String {
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount or a total with at least the given decimals and thousands separated: `1,482,329.52`.
pub fn amount(amount: impl Display, digits: u8) -> String {
    let text = amount.to_string();
    let (sign, text) = text.strip_prefix('-').map_or(("", &*text), |rest| ("-", rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = with_thousands(whole);
    match fraction.len().max(usize::from(digits)) {
        0 => format!("{sign}{whole}"),
        width => format!("{sign}{whole}.{fraction:0<width$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::money::Micros;

    #[test]
    fn amounts_are_shown_with_the_digits_of_the_currency_and_never_fewer_than_they_have() {
        assert_eq!(amount(Micros(1_482_329_520_000), 2), "1,482,329.52");
        assert_eq!(amount(Micros(-1_500_000), 2), "-1.50");
        assert_eq!(amount(Micros(-1_500), 2), "-0.0015");
        assert_eq!(amount(Micros(5_000_000), 0), "5");
        assert_eq!(count(1_000), "1,000");
    }
}
