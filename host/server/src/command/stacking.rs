//! `gtm program stack`.

use anyhow::Result;

use super::End;
use crate::cli::Stack;
use crate::host::Host;
use crate::output::{Format, amount, print, table};
use crate::stacking::{self, Stacked};
use crate::statement::Reduced;

pub async fn command(host: &Host, of: &Stack, format: Format) -> Result<End> {
    print(format, &stacking::stack(host, of).await?, |stacked| show(stacked)).map(|()| End::Done)
}

fn show(stacked: &[Stacked]) -> String {
    if stacked.is_empty() {
        return "no program reduces another".into();
    }
    let list = |names: Vec<String>| match names.is_empty() {
        true => "nothing".to_owned(),
        false => names.join(", "),
    };
    let rows = stacked.iter().map(|one| {
        let reducers = one.stacking.reduces_by.iter().map(ToString::to_string).collect();
        [
            one.stacking.order.to_string(),
            one.program.clone(),
            one.kind.as_str().to_owned(),
            list(reducers),
            list(one.reduced_by.clone()),
            if one.stacking.excluded {
                "nobody"
            } else {
                "those after it"
            }
            .to_owned(),
        ]
    });
    table([">order", "program", "kind", "reduces by", "which is", "reduces"], rows)
}

/// What earlier programs took off the rows of a statement; nothing where none did.
pub fn reduced(reduced_by: &[Reduced], digits: u8) -> String {
    if reduced_by.is_empty() {
        return String::new();
    }
    let rows = reduced_by.iter().map(|reduced| {
        [
            format!("{}/{}/{}", reduced.program, reduced.period, reduced.account),
            reduced.revision.to_string(),
            amount(reduced.amount, digits),
        ]
    });
    format!(
        "\n\ntaken off the net amounts of its rows\n{}",
        table(["statement", ">revision", ">amount"], rows)
    )
}
