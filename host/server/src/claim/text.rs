//! Claims as the commands print them for people.

use std::fmt::Write as _;

use domain::approval::Status;
use domain::money::Micros;
use serde_json::Value;

use super::replay::Replayed;
use super::show::{Line, Page, Shown, Summary};
use crate::output::{amount, table};

pub fn list(page: &Page) -> String {
    let rows = page.claims.iter().map(row);
    let mut text = table(
        [
            "program",
            "claim",
            "kind",
            "account",
            "name",
            "submitted",
            "status",
            ">claimed",
            ">approved",
        ],
        rows,
    );
    if let Some(next) = &page.next {
        let _ = write!(text, "\n\nthere are more: --after {next}");
    }
    text
}

fn row(claim: &Summary) -> [String; 9] {
    [
        claim.program.clone(),
        claim.number.clone(),
        claim.kind.as_str().into(),
        claim.account.clone(),
        claim.name.clone(),
        claim.submitted.to_string(),
        claim.status.to_string(),
        format!("{} {}", amount(claim.claimed, 2), claim.currency),
        amount(claim.approved, 2),
    ]
}

pub fn claim(shown: &Shown) -> String {
    let mut text = table(
        [
            "program",
            "claim",
            "kind",
            "account",
            "name",
            "submitted",
            "status",
            ">claimed",
            ">approved",
        ],
        [row(&shown.summary)],
    );
    if let Some(request) = &shown.request {
        let _ = write!(text, "\n\nit draws on request {request}");
    }
    if let Some(whole) = &shown.moved_from {
        let _ = write!(text, "\n\nit is a part of deduction {}", whole.name);
    }
    if let Some(remaining) = shown.remaining {
        let _ = write!(text, "\n\n{} of it is left to be claimed", amount(remaining, 2));
    }
    if let Some(document) = &shown.summary.settlement {
        let _ = write!(text, "\n\nit is settled by document {document}");
    }
    if let Some(approval) = &shown.approval {
        let name = approval.label();
        let _ = write!(text, "\n\napproval {name} is {}", approval.status.as_str());
        if approval.status == Status::Open {
            let _ = write!(
                text,
                ": `gtm approve show {name}` says who has agreed, of {}",
                approval.needed
            );
        }
    }
    let _ = write!(text, "\n\nkept until {}", shown.retained_until);
    if !fields(&shown.fields).is_empty() {
        let _ = write!(text, "\n{}", fields(&shown.fields));
    }
    let lines = shown.lines.iter().map(|line| {
        [
            line.number.to_string(),
            fields(&line.fields),
            amount(line.claimed, 2),
            line.ruling.map_or("", |ruling| ruling.as_str()).into(),
            or_empty(line.ruled),
            or_empty(line.approved),
            or_empty(
                line.written_off
                    .or(line.rules_to_write_off)
                    .filter(|amount| amount.0 > 0),
            ),
        ]
    });
    let _ = write!(
        text,
        "\n\n{}",
        table(
            [
                ">line",
                "of",
                ">claimed",
                "ruling",
                ">ruled",
                ">decided",
                ">written off"
            ],
            lines
        )
    );
    shown.lines.iter().for_each(|line| reasons(&mut text, line));
    for ruling in &shown.rulings {
        let _ = write!(
            text,
            "\n\nruling {} of {}, {} {} by terms {}: {} would be approved",
            ruling.number,
            ruling.at,
            ruling.plugin,
            ruling.plugin_version,
            ruling.terms_version,
            amount(ruling.approved, 2)
        );
        for step in &ruling.steps {
            let _ = write!(text, "\n  {}", step.words);
        }
    }
    let history = shown.history.iter().map(|happened| {
        [
            happened.revision.to_string(),
            happened.at.clone(),
            happened.actor.clone(),
            happened.event.clone(),
            happened.to.to_string(),
            match happened.line {
                Some(line) => format!("line {line}: {}", happened.words),
                None => happened.words.clone(),
            },
        ]
    });
    let _ = write!(
        text,
        "\n\n{}",
        table([">", "at", "by", "what", "then", "words"], history)
    );
    if !shown.attachments.is_empty() {
        let files = shown.attachments.iter().map(|file| {
            [
                file.kind.clone(),
                file.name.clone(),
                file.media_type.clone(),
                file.size.to_string(),
                file.digest.to_string()[..12].to_owned(),
            ]
        });
        let _ = write!(
            text,
            "\n\n{}",
            table(["proof", "file", "type", ">bytes", "sha256"], files)
        );
    }
    if !shown.transfers.is_empty() {
        let transfers = shown.transfers.iter().map(|posted| {
            [
                posted.revision.to_string(),
                posted.transfer.effective.to_string(),
                posted.transfer.debit.clone(),
                posted.transfer.credit.clone(),
                amount(posted.transfer.amount, 2),
                posted.transfer.reason.to_string(),
            ]
        });
        let _ = write!(
            text,
            "\n\n{}",
            table([">", "effective", "from", "to", ">amount", "why"], transfers)
        );
    }
    text
}

fn reasons(text: &mut String, line: &Line) {
    for reason in &line.reasons {
        let _ = write!(text, "\n  line {}: {} ({})", line.number, reason.message, reason.code);
    }
    for consumed in &line.consumed {
        let _ = write!(
            text,
            "\n  line {}: it uses {} of agreement {}",
            line.number,
            amount(consumed.quantity, 0),
            consumed.agreement
        );
    }
    for part in &line.parts {
        let to = part
            .moved_to
            .as_ref()
            .map_or(String::new(), |there| format!(" to {}", there.name));
        let _ = write!(
            text,
            "\n  line {}: {} {}{to}",
            line.number,
            amount(part.amount, 2),
            part.treatment.as_str().replace('-', " ")
        );
    }
    if let Some(reason) = &line.reason {
        let _ = write!(text, "\n  line {}: decided otherwise: {reason}", line.number);
    }
}

fn or_empty(of: Option<Micros>) -> String {
    of.map_or(String::new(), |of| amount(of, 2))
}

/// `invoice INV-1, reason price`.
fn fields(fields: &Value) -> String {
    let field = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{name} {text}"),
        other => format!("{name} {other}"),
    };
    let fields = fields.as_object().into_iter().flatten().map(field);
    fields.collect::<Vec<_>>().join(", ")
}

pub fn replayed(replayed: &[Replayed]) -> String {
    let different = replayed.iter().filter(|replayed| !replayed.identical);
    let mut text = String::new();
    for one in different {
        let _ = writeln!(text, "{}/{}, ruling {}:", one.program, one.number, one.ruling);
        for difference in &one.differences {
            let _ = writeln!(text, "  {difference}");
        }
    }
    let identical = replayed.iter().filter(|replayed| replayed.identical).count();
    let _ = write!(text, "{identical} of {} rulings are identical", replayed.len());
    text
}
