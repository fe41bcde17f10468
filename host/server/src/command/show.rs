//! Answers as people read them on a terminal.

use domain::money::Micros;

use crate::balance::Balances;
use crate::import::ImportReport;
use crate::output::{amount, count, table};
use crate::plugin::build::Built;
use crate::plugin::{Calculated, Inspected, Installed, Tested};
use crate::program::{Held, Listed, Shown};
use crate::replay::Replayed;
use crate::run::Report;
use crate::statement::{Explained, Page};

/// Long lists are cut here; the JSON has all.
const AT_MOST: usize = 20;

pub fn built(built: &Built) -> String {
    format!(
        "{}  {} bytes  sha256 {}",
        built.component.display(),
        count(built.bytes as u64),
        built.digest
    )
}

pub fn inspected(inspected: &Inspected) -> String {
    let descriptor = &inspected.descriptor;
    let names = |names: &[String]| {
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    };
    let balances = descriptor
        .balances
        .iter()
        .map(|balance| format!("{} ({})", balance.code, balance.unit))
        .collect::<Vec<_>>();
    let columns = descriptor
        .columns
        .iter()
        .map(|column| column.as_str().to_owned())
        .collect::<Vec<_>>();
    format!(
        "{} {} by {}: {}\nwould be admitted\n\n{}",
        descriptor.id,
        descriptor.version,
        descriptor.vendor,
        descriptor.title,
        table(
            ["", ""],
            [
                ["kind".into(), descriptor.kind.as_str().into()],
                ["sha256".into(), inspected.digest.to_string()],
                ["bytes".into(), count(inspected.bytes as u64)],
                ["columns".into(), names(&columns)],
                ["profile attributes".into(), names(&descriptor.profile_attributes)],
                [
                    "transaction attributes".into(),
                    names(&descriptor.transaction_attributes)
                ],
                ["balances".into(), names(&balances)],
                [
                    "order of rows".into(),
                    if descriptor.order_independent {
                        "does not matter"
                    } else {
                        "matters"
                    }
                    .into()
                ],
            ]
        )
    )
}

pub fn tested(tested: &Tested) -> String {
    let mut text = String::new();
    for case in &tested.cases {
        text += &format!(
            "{}  {}: {}\n",
            if case.differences.is_empty() {
                "ok    "
            } else {
                "FAILED"
            },
            case.file,
            case.title
        );
        case.differences
            .iter()
            .for_each(|difference| text += &format!("          {difference}\n"));
    }
    for check in &tested.conformance {
        text += &format!("{}  {}\n", if check.passed { "ok    " } else { "FAILED" }, check.says);
    }
    text + &format!("\n{} passed, {} failed", tested.passed, tested.failed)
}

pub fn calculated(calculated: &Calculated) -> String {
    let mut text = format!("{}\n\n", calculated.title);
    let rows = calculated.steps.iter().map(|step| {
        [
            step.rule.clone(),
            step.words.clone(),
            step.amount.map_or_else(String::new, |sum| amount(sum, 2)),
        ]
    });
    text += &table(["rule", "step", ">adds"], rows);
    for goal in &calculated.milestones {
        text += &format!("\n  {}", goal.words);
    }
    for transfer in calculated.outcome.iter().flat_map(|outcome| &outcome.transfers) {
        text += &format!(
            "\n\n{} {} from {} to {}",
            amount(transfer.amount, 2),
            transfer.unit,
            transfer.debit,
            transfer.credit
        );
    }
    for line in calculated.decision.iter().flat_map(|decision| &decision.lines) {
        text += &format!(
            "\n\nline {} is {} with {}",
            line.number,
            line.ruling.as_str(),
            amount(line.approved, 2)
        );
        for reason in &line.reasons {
            text += &format!("\n  {} ({})", reason.message, reason.code);
        }
    }
    for difference in &calculated.differences {
        text += &format!("\ndiffers from what the case expects: {difference}");
    }
    text
}

pub fn plugins(plugins: &[Installed]) -> String {
    let rows = plugins.iter().map(|plugin| {
        let columns = plugin
            .granted
            .columns
            .iter()
            .map(|column| column.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let sha = plugin.component.to_string()[..12].to_owned();
        [
            plugin.id.clone(),
            plugin.version.clone(),
            plugin.kind.clone(),
            plugin.title.clone(),
            sha,
            columns,
            plugin.installed_by.clone(),
        ]
    });
    table(["plugin", "version", "kind", "title", "sha256", "granted", "by"], rows)
}

pub fn imported(report: &ImportReport) -> String {
    let mut text = table(
        [
            ">lines",
            ">accepted",
            ">duplicates",
            ">refused",
            ">new accounts",
            ">new products",
        ],
        [[
            report.lines,
            report.accepted,
            report.duplicates,
            report.refused,
            report.accounts_created,
            report.products_created,
        ]
        .map(count)],
    );
    if report.dry_run {
        text += "\nnothing was written: this was a dry run";
    }
    if !report.reasons.is_empty() {
        text += "\n\n";
        text += &table(
            [">lines", "refused because"],
            report
                .reasons
                .iter()
                .map(|reason| [count(reason.lines), reason.reason.clone()]),
        );
    }
    if let Some(file) = &report.refused_file {
        text += &format!(
            "\n\nthe refused lines are in {}: put them right there and import that file",
            file.display()
        );
    }
    text
}

pub fn programs(programs: &[Listed]) -> String {
    let rows = programs.iter().map(|listed| {
        [
            listed.program.code.clone(),
            listed.program.title.clone(),
            listed.kind.as_str().into(),
            format!("{} {}", listed.plugin, listed.plugin_version),
            listed.program.currency.to_string(),
            listed.program.calendar.to_string(),
            listed.program.start.to_string(),
            count(listed.participants as u64),
        ]
    });
    table(
        [
            "program",
            "title",
            "kind",
            "plugin",
            "currency",
            "period",
            "from",
            ">participants",
        ],
        rows,
    )
}

pub fn program(shown: &Shown) -> String {
    let mut text = programs(std::slice::from_ref(&shown.listed));
    if let Some(conversion) = &shown.listed.conversion {
        let (rates, date) = (&conversion.rate_type, conversion.dates_by);
        text += &format!("\n\nfacts in other currencies are converted by `{rates}` rates of their {date} date");
    }
    let schedule = &shown.listed.schedule;
    text += &format!(
        "\n\nits day is that of {}; late facts are in time {} after a period's end, which is posted {}",
        schedule.time_zone,
        match schedule.grace_days {
            0 => "for no day".to_owned(),
            1 => "for 1 day".to_owned(),
            days => format!("for {days} days"),
        },
        match schedule.calculation_day {
            None => "on any day".to_owned(),
            Some(day) => format!("from the {day}. day after it on"),
        }
    );
    if !shown.locked.is_empty() {
        text += &format!("\n\nlocked periods: {}", shown.locked.join(", "));
    }
    for terms in &shown.terms {
        let waits = match &terms.not_approved {
            Some(approval) => format!(", not approved (see `gtm approve show {approval}`)"),
            None => String::new(),
        };
        text += &format!(
            "\n\nterms {}, valid from {}{waits}:\n{:#}",
            terms.version, terms.valid_from, terms.terms
        );
    }
    let accounts: Vec<&str> = shown.accounts.iter().take(AT_MOST).map(|number| &**number).collect();
    let more = if shown.accounts.len() > AT_MOST { ", …" } else { "" };
    text += &format!("\n\nparticipants: {}{more}", accounts.join(", "));
    if !shown.held.is_empty() {
        text += &format!("\n\nin quarantine:\n{}", held(&shown.held));
    }
    text
}

pub fn run(report: &Report) -> String {
    let mut text = table(
        [
            "program",
            "period",
            "status",
            ">participants",
            ">paid",
            ">amount",
            ">changed by",
            ">on net sales of",
            ">rows",
        ],
        [[
            report.program.clone(),
            report.period.clone(),
            if report.mode == "what-if" {
                format!("what-if, {}", report.status)
            } else {
                report.status.clone()
            },
            count(report.participants),
            count(report.paid),
            format!("{} {}", amount(report.amount, 2), report.currency),
            amount(report.difference, 2),
            amount(report.net_amount, 2),
            count(report.rows),
        ]],
    );
    text += &format!(
        "\n\n{} statements worked out, {} as before, {} transfers",
        count(report.posted),
        count(report.unchanged),
        count(report.transfers)
    );
    if let Some(period) = &report.posting_period {
        text += &format!(", posted into {period}, because {} is locked", report.period);
    }
    if report.mode == "what-if" {
        text += "; nothing was posted, because this was a what-if";
    }
    if !report.changes.is_empty() {
        let rows = report.changes.iter().take(AT_MOST).map(|change| {
            [
                change.account.clone(),
                amount(change.before, 2),
                amount(change.after, 2),
            ]
        });
        text += &format!("\n\n{}", table(["account", ">posted so far", ">would be"], rows));
        if report.changes.len() > AT_MOST {
            text += &format!("\n… and {} more: --json lists all", report.changes.len() - AT_MOST);
        }
    }
    if !report.held.is_empty() {
        let rows = report
            .held
            .iter()
            .take(AT_MOST)
            .map(|held| [held.account.clone(), held.reason.clone()]);
        text += &format!(
            "\n\n{} in quarantine, so the run is not complete:\n{}",
            report.held.len(),
            table(["account", "reason"], rows)
        );
        text += "\nput right what the reasons name and run the period again";
    }
    text
}

pub fn statements(page: &Page) -> String {
    let rows = page.statements.iter().map(|line| {
        let sum = format!("{} {}", amount(line.amount, 2), line.currency);
        [
            line.program.clone(),
            line.period.clone(),
            line.account.clone(),
            line.name.clone(),
            line.revision.to_string(),
            count(line.rows),
            sum,
            line.id.to_string(),
        ]
    });
    let mut text = table(
        [
            "program",
            "period",
            "account",
            "name",
            ">revision",
            ">rows",
            ">amount",
            "id",
        ],
        rows,
    );
    if let Some(next) = &page.next {
        text += &format!("\n\nmore: --after {next}");
    }
    text
}

pub fn held(held: &[Held]) -> String {
    match held.is_empty() {
        true => "nothing is in quarantine".into(),
        false => table(
            ["period", "account", "reason"],
            held.iter()
                .map(|held| [held.period.clone(), held.account.clone(), held.reason.clone()]),
        ),
    }
}

pub fn explained(explained: &Explained) -> String {
    let summary = &explained.summary;
    let digits = summary
        .currency
        .parse::<domain::currency::Currency>()
        .map_or(2, |currency| currency.digits());
    let sum = |micros: Micros| amount(micros, digits);
    let mut text = format!(
        "{} {}: {} {} for account {} ({})\nrevision {}, by {} {}, terms {}, on {} rows\n\n",
        summary.program,
        summary.period,
        sum(summary.amount),
        summary.currency,
        summary.account,
        summary.name,
        summary.revision,
        explained.plugin,
        explained.plugin_version,
        explained.terms_version,
        count(summary.rows),
    );
    let steps = explained.steps.iter().map(|step| {
        [
            step.rule.clone(),
            step.words.clone(),
            step.amount.map_or_else(String::new, sum),
        ]
    });
    text += &table(["rule", "step", ">adds"], steps);
    for goal in &explained.milestones {
        text += &format!("\n  {}", goal.words);
    }
    for rate in explained.converted.iter().flat_map(|converted| &converted.rates) {
        text += &format!(
            "\n  1 {} is {} {} on {}",
            rate.from, rate.rate, summary.currency, rate.day
        );
    }
    text += &super::stacking::reduced(&explained.reduced_by, digits);
    let posted = explained.revisions.iter().flat_map(|revision| {
        let row = |transfer: &domain::ledger::Transfer| {
            let way = format!("{} → {}", transfer.debit, transfer.credit);
            [
                revision.number.to_string(),
                transfer.rule.clone(),
                way,
                format!("{} {}", sum(transfer.amount), transfer.unit),
                match &revision.posting_period {
                    Some(period) => format!("{}, in {period}", transfer.reason),
                    None => transfer.reason.to_string(),
                },
            ]
        };
        revision.transfers.iter().map(row).collect::<Vec<_>>()
    });
    text += &format!(
        "\n\n{}",
        table([">revision", "rule", "posted", ">amount", "as"], posted)
    );
    let receipt = &explained.receipt;
    let line = |name: &str, value: String| [name.to_owned(), value];
    text += "\n\nreceipt\n";
    text += &table(
        ["", ""],
        [
            line("component", receipt.component.to_string()),
            line("context", receipt.context.to_string()),
            line(
                "rows",
                format!(
                    "{} ({} rows, journal up to {})",
                    receipt.rows,
                    count(receipt.row_count),
                    receipt.position
                ),
            ),
            line("output", receipt.output.to_string()),
            line("log", receipt.log.to_string()),
            line(
                "engine",
                format!(
                    "{}, {}, {} units of fuel",
                    receipt.engine,
                    receipt.api,
                    count(receipt.fuel)
                ),
            ),
            line("key", receipt.signature.key.clone()),
        ],
    );
    text + &format!(
        "\n\ngtm replay {}/{}/{} calculates it again",
        summary.program, summary.period, summary.account
    )
}

pub fn replayed(replayed: &[Replayed]) -> String {
    let different: Vec<&Replayed> = replayed.iter().filter(|replayed| !replayed.identical).collect();
    let mut text = String::new();
    for replayed in different.iter().take(AT_MOST) {
        text += &format!(
            "{}/{}/{} revision {} differs:\n",
            replayed.program, replayed.period, replayed.account, replayed.revision
        );
        replayed
            .differences
            .iter()
            .for_each(|difference| text += &format!("  {difference}\n"));
    }
    text + &format!(
        "{} of {} replayed byte for byte the same",
        count((replayed.len() - different.len()) as u64),
        count(replayed.len() as u64)
    )
}

pub fn balances(balances: &Balances) -> String {
    let rows = balances.balances.iter().map(|held| {
        [
            held.program.clone(),
            held.account.clone().unwrap_or_else(|| "all".into()),
            held.code.clone(),
            format!("{} {}", amount(held.amount, 2), held.unit),
        ]
    });
    table(["program", "account", "balance", ">holds"], rows)
}
