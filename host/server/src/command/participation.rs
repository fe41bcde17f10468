//! `gtm program eligible`, `enrol`, `invite`, `accept`, `decline`, `opt-out` and `history`.

use anyhow::Result;
use domain::account_program::Status;
use domain::day::Day;

use super::End;
use crate::account_program::{self, Candidate, Joined, Overview, Standing, Taken};
use crate::cli::Participation;
use crate::host::Host;
use crate::output::{Format, count, print, table};

/// Long lists are cut here; the JSON has all.
const AT_MOST: usize = 20;

pub async fn command(host: &Host, of: Participation, format: Format) -> Result<End> {
    match of {
        Participation::Eligible { program } => {
            print(format, &account_program::eligible(host, &program).await?, overview)
        }
        Participation::Enrol(of) => print(format, &account_program::enrol(host, &of).await?, |of| {
            joined(of, "enrolled")
        }),
        Participation::Invite(of) => print(format, &account_program::invite(host, &of).await?, |of| {
            joined(of, "invited")
        }),
        Participation::Accept { program, account } => print(
            format,
            &account_program::accept(host, &program, &account).await?,
            standing,
        ),
        Participation::Decline(of) => print(format, &account_program::decline(host, &of).await?, standing),
        Participation::OptOut { of, until } => {
            print(format, &account_program::opt_out(host, &of, until).await?, standing)
        }
        Participation::History { program, account } => print(
            format,
            &account_program::history(host, &program, account.as_deref()).await?,
            |taken| history(taken),
        ),
    }
    .map(|()| End::Done)
}

fn joined(joined: &Joined, done: &str) -> String {
    let mut text = format!(
        "{} {done}, {} changed, {} as before",
        joined.new, joined.changed, joined.unchanged
    );
    if !joined.refused.is_empty() {
        text += &format!(
            "\n\n{} left out:\n{}",
            joined.refused.len(),
            candidates(&joined.refused)
        );
    }
    text
}

fn overview(overview: &Overview) -> String {
    let mut text = format!(
        "program `{}` on {}, by version {} of its terms: {} take part, {} more may, {} may not",
        overview.program,
        overview.day,
        overview.terms_version,
        count(overview.taking_part as u64),
        count(overview.eligible.len() as u64),
        count(overview.not_eligible.len() as u64)
    );
    for (heading, list) in [
        ("may take part", &overview.eligible),
        ("may not", &overview.not_eligible),
    ] {
        if !list.is_empty() {
            text += &format!("\n\n{heading}:\n{}", candidates(list));
        }
    }
    text
}

fn candidates(candidates: &[Candidate]) -> String {
    let rows = candidates.iter().take(AT_MOST).map(|candidate| {
        [
            candidate.account.clone(),
            candidate.name.clone(),
            candidate
                .status
                .map_or("never asked".to_owned(), |status| status.to_string()),
            candidate.reasons.join("; "),
        ]
    });
    let mut text = table(["account", "name", "stands", "because"], rows);
    if candidates.len() > AT_MOST {
        text += &format!("\n… and {} more: --json lists all", candidates.len() - AT_MOST);
    }
    text
}

fn standing(standing: &Standing) -> String {
    let Standing { program, account, .. } = standing;
    let day = |day: Option<Day>, otherwise: &str| day.map_or(otherwise.to_owned(), |day| day.to_string());
    match standing.status {
        Status::Enrolled => format!(
            "account `{account}` takes part in `{program}` from {} until {}",
            day(standing.from, "its first day"),
            day(standing.until, "it ends")
        ),
        Status::OptedOut => format!(
            "account `{account}` opts out of `{program}`; {} is its last day",
            day(standing.until, "today")
        ),
        status => format!("account `{account}` is {status} in `{program}`"),
    }
}

fn history(taken: &[Taken]) -> String {
    if taken.is_empty() {
        return "no step was taken yet".into();
    }
    let day = |day: Option<Day>| day.map_or_else(String::new, |day| day.to_string());
    let rows = taken.iter().map(|taken| {
        let verdict = match (taken.eligible, &taken.overridden) {
            (None, _) => "",
            (Some(true), _) => "eligible",
            (Some(false), None) => "not eligible",
            (Some(false), Some(_)) => "overridden",
        };
        let said = taken
            .overridden
            .iter()
            .chain(&taken.because)
            .chain(&taken.reasons)
            .map(String::as_str);
        [
            taken.account.clone(),
            taken.at[..16].replace('T', " "),
            taken.by.clone(),
            taken.step.to_string(),
            taken.status.to_string(),
            day(taken.from),
            day(taken.until),
            verdict.to_owned(),
            said.collect::<Vec<_>>().join("; "),
        ]
    });
    table(
        [
            "account", "at", "by", "step", "stands", "from", "until", "verdict", "because",
        ],
        rows,
    )
}
