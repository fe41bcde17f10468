//! Answers of the commands around settlement as people read them on a terminal.

use domain::currency::Currency;
use domain::money::Micros;
use domain::payee::{Address, BankAccount, Issuer, Payee};
use domain::posting::Month;
use domain::settlement::{Owed, Policy};

use crate::document;
use crate::hold;
use crate::journal::Exported;
use crate::output::{amount, count, table};
use crate::payee;
use crate::payment::{Answered, Listed, Made};
use crate::posting;
use crate::settlement::{Settled, Waiting};

fn money(sum: Micros, currency: Currency) -> String {
    format!("{} {currency}", amount(sum, currency.digits()))
}

fn address(address: Option<&Address>) -> String {
    let Some(address) = address else { return String::new() };
    let parts = [&address.street, &address.city, &address.postcode]
        .into_iter()
        .flatten();
    let parts: Vec<&str> = parts.map(|part| &**part).chain([address.country.as_str()]).collect();
    parts.join(", ")
}

fn bank(bank: Option<&BankAccount>) -> String {
    let Some(bank) = bank else { return String::new() };
    let bic = bank.bic.as_ref().map_or_else(String::new, |bic| format!(", {bic}"));
    format!("{}{bic} ({})", bank.iban.grouped(), bank.holder)
}

fn text(optional: Option<&String>) -> String {
    optional.cloned().unwrap_or_default()
}

fn payee_cells(payee: &Payee) -> [String; 5] {
    [
        address(payee.address.as_ref()),
        text(payee.tax_id.as_ref()),
        bank(payee.bank.as_ref()),
        if payee.self_billed {
            "self-billed".into()
        } else {
            "credit memo".into()
        },
        payee
            .currency
            .map_or_else(|| "as the program".into(), |currency| currency.to_string()),
    ]
}

pub fn payees(payees: &[payee::Listed]) -> String {
    let rows = payees.iter().map(|listed| {
        let [address, tax_id, bank, gets, currency] = payee_cells(&listed.payee);
        [
            listed.account.clone(),
            listed.name.clone(),
            address,
            tax_id,
            bank,
            gets,
            currency,
        ]
    });
    table(
        [
            "account",
            "name",
            "address",
            "tax id",
            "bank account",
            "gets",
            "currency",
        ],
        rows,
    )
}

pub fn payee(shown: &payee::Shown) -> String {
    let rows = shown.versions.iter().map(|version| {
        let [address, tax_id, bank, gets, currency] = payee_cells(&version.payee);
        [
            version.version.to_string(),
            address,
            tax_id,
            bank,
            gets,
            currency,
            version.by.clone(),
            version.at.clone(),
        ]
    });
    format!(
        "{} ({})\n\n{}",
        shown.now.account,
        shown.now.name,
        table(
            [
                ">version",
                "address",
                "tax id",
                "bank account",
                "gets",
                "currency",
                "by",
                "at"
            ],
            rows
        )
    )
}

pub fn issuer(issuer: &Issuer) -> String {
    let row = |name: &str, value: String| [name.to_owned(), value];
    table(
        ["", ""],
        [
            row("number", issuer.party.number.clone()),
            row("name", issuer.party.name.clone()),
            row("address", address(issuer.party.address.as_ref())),
            row("tax id", text(issuer.party.tax_id.as_ref())),
            row("bank account", bank(issuer.bank.as_ref())),
        ],
    )
}

pub fn policy(policy: &Policy) -> String {
    let thresholds: Vec<String> = policy
        .thresholds
        .iter()
        .map(|(currency, threshold)| format!("{threshold} {currency}"))
        .collect();
    let row = |name: &str, value: String| [name.to_owned(), value];
    let debit_memos = if policy.debit_memos {
        "issued"
    } else {
        "none: it is netted with what comes next"
    };
    table(
        ["", ""],
        [
            row(
                "smaller sums wait",
                if thresholds.is_empty() {
                    "none".into()
                } else {
                    thresholds.join(", ")
                },
            ),
            row("debit memos", debit_memos.into()),
            row("days to pay", policy.due_days.to_string()),
            row(
                "rates into payees' currencies",
                policy
                    .rate_type
                    .as_ref()
                    .map_or_else(|| "none: such payees are not settled".into(), ToString::to_string),
            ),
        ],
    )
}

pub fn settled(settled: &Settled) -> String {
    let mut said = match (settled.documents.len(), settled.dry_run) {
        (0, _) => "nothing to settle".to_owned(),
        (_, false) => summaries(&settled.documents),
        (_, true) => format!(
            "{}\n\nnothing was issued: this was a dry run",
            summaries(&settled.documents)
        ),
    };
    for (title, lines) in [("waiting", &settled.waiting), ("to be put right", &settled.stopped)] {
        if !lines.is_empty() {
            said += &format!("\n\n{title}:\n{}", waiting(lines));
        }
    }
    said
}

fn waiting(lines: &[Waiting]) -> String {
    let rows = lines.iter().map(|line| {
        [
            line.account.clone(),
            text(line.program.as_ref()),
            text(line.period.as_ref()),
            money(line.amount, line.currency),
            line.why.clone(),
        ]
    });
    table(["account", "program", "period", ">amount", "because"], rows)
}

pub fn documents(page: &document::Page) -> String {
    let more = page
        .next
        .as_ref()
        .map_or_else(String::new, |next| format!("\n\nmore: --after {next}"));
    summaries(&page.documents) + &more
}

pub fn summaries(documents: &[document::Summary]) -> String {
    let rows = documents.iter().map(|summary| {
        let about = match (&summary.cancels, &summary.cancelled_by) {
            (Some(other), _) => format!("cancels {other}"),
            (None, Some(other)) => format!("cancelled by {other}"),
            (None, None) => String::new(),
        };
        [
            text(summary.document.as_ref()),
            summary.kind.to_string(),
            summary.account.clone(),
            summary.name.clone(),
            summary.issued.to_string(),
            summary.due.to_string(),
            summary.lines.to_string(),
            money(summary.total, summary.currency),
            about,
        ]
    });
    table(
        [
            "document", "kind", "account", "name", "issued", "due", ">lines", ">total", "",
        ],
        rows,
    )
}

pub fn document(shown: &document::Shown) -> String {
    let contents = &shown.contents;
    let lines = contents.lines.iter().map(|line| {
        [
            line.title.clone(),
            text(line.period.as_ref()),
            money(line.amount, contents.currency),
            line.owed.as_ref().map_or_else(String::new, |owed| {
                let Owed { amount, by } = owed;
                let (rate, rate_type, day, source) = (by.rate, &by.rate_type, by.day, &by.source);
                format!("{} at {rate} ({rate_type}, {day}, {source})", money(*amount, by.from))
            }),
        ]
    });
    let mut said = format!(
        "{}\n\n{}",
        summaries(std::slice::from_ref(&shown.summary)),
        table(["program", "period", ">amount", "converted from"], lines)
    );
    if let Some(reversed) = &contents.reverses {
        said += &format!("\n\nbecause: {}", reversed.reason);
    }
    if let Some(approval) = &shown.not_approved {
        said += &format!("\n\nnot to be paid: it is not approved, see `gtm approve show {approval}`");
    }
    if !shown.payments.is_empty() {
        let payments = shown.payments.iter().map(|payment| {
            [
                payment.payment.clone(),
                payment.status.to_string(),
                text(payment.reason.as_ref()),
            ]
        });
        said += &format!("\n\n{}", table(["payment", "status", "the bank said"], payments));
    }
    said + &format!("\n\nissued by {} at {}\nsha256 {}", shown.by, shown.at, shown.digest)
}

pub fn files(files: &[std::path::PathBuf]) -> String {
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    files.join("\n")
}

pub fn batch(made: &Made) -> String {
    let mut said = match (&made.batch, &made.file) {
        (Some(batch), Some(file)) => format!(
            "{batch}: {} payments of {} in {}",
            count(made.payments as u64),
            money(made.sum, made.currency),
            file.display()
        ),
        _ => format!("nothing to pay in {}", made.currency),
    };
    if !made.left_out.is_empty() {
        let rows = made.left_out.iter().map(|left_out| {
            [
                left_out.document.clone(),
                left_out.account.clone(),
                money(left_out.amount, made.currency),
                left_out.why.clone(),
            ]
        });
        said += &format!(
            "\n\nnot paid:\n{}",
            table(["document", "account", ">amount", "because"], rows)
        );
    }
    said
}

pub fn payments(payments: &[Listed]) -> String {
    let rows = payments.iter().map(|payment| {
        [
            payment.batch.clone(),
            payment.payment.clone(),
            payment.account.clone(),
            payment.name.clone(),
            money(payment.amount, payment.currency),
            payment.status.to_string(),
            text(payment.reason.as_ref()),
            payment.since.clone(),
        ]
    });
    table(
        [
            "batch",
            "payment",
            "account",
            "name",
            ">amount",
            "status",
            "the bank said",
            "since",
        ],
        rows,
    )
}

pub fn answered(answered: &Answered) -> String {
    let rows = answered.payments.iter().map(|became| {
        let after = if became.before == became.after {
            "as before".into()
        } else {
            became.after.to_string()
        };
        [became.payment.clone(), became.before.to_string(), after]
    });
    format!("{}\n\n{}", answered.batch, table(["payment", "was", "is"], rows))
}

pub fn holds(holds: &[hold::Listed]) -> String {
    let rows = holds.iter().map(|hold| {
        [
            hold.hold.to_string(),
            hold.account.clone().unwrap_or_else(|| "all".into()),
            hold.program.clone().unwrap_or_else(|| "all".into()),
            hold.reason.clone(),
            hold.by.clone(),
            hold.at.clone(),
            hold.lifted_by
                .as_ref()
                .map_or_else(String::new, |by| format!("lifted by {by}")),
        ]
    });
    match holds.is_empty() {
        true => "nothing is held".into(),
        false => table([">hold", "account", "program", "because", "by", "since", ""], rows),
    }
}

pub fn posting_profile(shown: &posting::Shown) -> String {
    let balances = shown.balances.iter().map(|balance| {
        [
            balance.balance.clone(),
            balance.title.clone(),
            balance
                .account
                .clone()
                .unwrap_or_else(|| "none: an export stops at it".into()),
            text(balance.account_title.as_ref()),
        ]
    });
    let mut said = format!(
        "program {}, company {}\n\n{}",
        shown.program,
        shown.company,
        table(["balance", "title", "account", "in the chart"], balances)
    );
    if !shown.lines.is_empty() {
        let lines = shown.lines.iter().map(|line| {
            [
                format!("{} → {}", line.debit, line.credit),
                line.debit_account.clone(),
                line.credit_account.clone(),
            ]
        });
        said += &format!("\n\n{}", table(["from → to", "debit", "credit"], lines));
    }
    said
}

pub fn exported(exported: &Exported) -> String {
    let totals = exported.totals.iter().map(|sum| {
        let digits = sum.currency.digits();
        [
            sum.company.clone(),
            sum.period.to_string(),
            count(sum.entries as u64),
            format!("{} {}", amount(sum.debit, digits), sum.currency),
            format!("{} {}", amount(sum.credit, digits), sum.currency),
        ]
    });
    let mut said = format!(
        "{} entries from {} to {}, up to entry {}, in {}\n\n{}",
        count(exported.entries as u64),
        exported.from,
        exported.to,
        exported.up_to,
        exported.file.display(),
        table(["company", "period", ">entries", ">debit", ">credit"], totals)
    );
    for left_out in &exported.left_out {
        said += &format!(
            "\n{} transfers of {} {} are no money and not in it",
            count(left_out.transfers),
            amount(left_out.amount, 0),
            left_out.unit
        );
    }
    said
}

pub fn closed(closed: &[Month]) -> String {
    let months: Vec<&str> = closed.iter().map(Month::as_str).collect();
    match months.is_empty() {
        true => "no accounting period is closed".into(),
        false => format!("closed: {}", months.join(", ")),
    }
}
