use anyhow::Context;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Html;
use domain::calculation::Measure;
use domain::money::Micros;
use domain::period::Period;
use domain::plugin::Descriptor;
use domain::program::{Program, Terms};
use domain::statement::read_outcome;
use portal::{Figure, Outcome, ParticipantLine, ProgramPage, Totals};
use store::Snapshot;
use store::standing::{ParticipantFilter, ParticipantStanding, ProgramStanding};

use super::{frame, html, no_program, owed_balances, plugin, statement, unit};
use crate::fund;
use crate::serve::App;
use crate::serve::asked::Asked;
use crate::serve::refusal::Refusal;

/// Participants on one page.
const PAGE: usize = 50;

/// One program, and what each participant earned in one period: the newest that was run, unless another is asked for.
pub async fn program(State(app): State<App>, Path(code): Path<String>, uri: Uri) -> Result<Html<String>, Refusal> {
    let asked = Asked::of(&uri)?;
    let mut snapshot = app.host.store.read().await?;
    let program = snapshot.program(&code).await?.ok_or_else(|| no_program(&code))?;
    let standing = standing_of(&mut snapshot, &program).await?;
    let label = asked.get("period").or(standing.periods.first().map(|label| &**label));
    let period = match label {
        Some(label) => Some(program.calendar.period(label).map_err(|e| {
            Refusal::bad_request(e.to_string()).advise("Choose a period from the list on the program's page.")
        })?),
        None => None,
    };
    let versions = snapshot.approved_terms_of(&program.id).await?;
    let in_force = period
        .as_ref()
        .and_then(|period| Terms::in_force(&versions, period.end));
    let terms = in_force
        .or(versions.last())
        .with_context(|| format!("program `{code}` has no terms"))?;
    let version = snapshot.plugin_version(&terms.plugin_version).await?;
    let descriptor = version
        .with_context(|| format!("the plugin of program `{code}` is missing"))?
        .descriptor;

    let account = asked.get("account").map(str::to_owned);
    let after = asked.get("after");
    let mut page = ProgramPage {
        frame: frame(),
        code,
        title: program.title.clone(),
        kind: descriptor.kind.as_str().into(),
        unit: unit(program.currency),
        plugin: plugin(&descriptor),
        calendar: program.calendar.to_string(),
        terms: format!("version {}, from {}", terms.version, terms.valid_from),
        enrolled: standing.enrolled,
        takes_claims: descriptor.claims.is_some(),
        keeps_funds: fund::drawn_on(&descriptor).is_some(),
        periods: standing.periods,
        period: None,
        account,
        participants: Vec::new(),
        totals: Totals {
            paid: 0,
            nothing_due: 0,
            held: 0,
            basis: None,
            earned: 0,
        },
        continued: after.is_some(),
        next: None,
    };
    if let Some(period) = period {
        if !page.periods.contains(&period.label) {
            page.periods.push(period.label.clone());
            page.periods.sort_unstable_by(|a, b| b.cmp(a));
        }
        let filter = ParticipantFilter {
            program: &program.id,
            period: &period,
            begins_with: page.account.as_deref().unwrap_or_default(),
        };
        let mut found = snapshot
            .participant_standings(filter, after.unwrap_or_default(), PAGE as i64 + 1)
            .await?;
        if found.len() > PAGE {
            found.truncate(PAGE);
            page.next = found.last().map(|last| last.account_number.clone());
        }
        page.totals = totals(&mut snapshot, &program, &period, &descriptor).await?;
        let line = |standing| line(&program, &descriptor, standing);
        page.participants = found
            .into_iter()
            .map(line)
            .collect::<domain::Result<_>>()
            .map_err(anyhow::Error::from)?;
        page.period = Some(statement::period(&period));
    }
    Ok(html(page))
}

async fn standing_of(snapshot: &mut Snapshot, program: &Program) -> Result<ProgramStanding, Refusal> {
    let standing = snapshot
        .program_standings()
        .await?
        .into_iter()
        .find(|standing| standing.program == program.id);
    Ok(standing.with_context(|| format!("program `{}` has no standing", program.code))?)
}

async fn totals(
    snapshot: &mut Snapshot,
    program: &Program,
    period: &Period,
    descriptor: &Descriptor,
) -> Result<Totals, Refusal> {
    let owed = owed_balances(descriptor);
    let totals = snapshot
        .period_totals(&program.id, &period.label, &owed, program.currency.code())
        .await?;
    Ok(Totals {
        paid: totals.paid,
        nothing_due: totals.statements - totals.paid,
        held: totals.held,
        // Each statement may rest on another measure.
        basis: None,
        earned: totals.amount.0,
    })
}

fn line(program: &Program, descriptor: &Descriptor, standing: ParticipantStanding) -> domain::Result<ParticipantLine> {
    let owed = owed_balances(descriptor);
    let held = standing
        .amounts
        .iter()
        .filter(|held| held.unit == program.currency.code() && owed.contains(&&*held.balance));
    let amount = Micros::checked_sum(held.map(|held| held.amount))?;
    let basis = match &standing.output {
        Some(output) => basis(output)?,
        None => None,
    };
    let outcome = match (standing.held, &standing.statement) {
        (Some(reason), _) => Outcome::Held(reason),
        (None, None) => Outcome::NotRun,
        (None, Some(_)) if amount == Micros::ZERO => Outcome::NothingDue,
        (None, Some(_)) => Outcome::Posted(amount.0),
    };
    Ok(ParticipantLine {
        account: standing.account_number,
        name: standing.account_name,
        statement: standing.statement.map(|id| id.to_string()),
        basis,
        outcome,
    })
}

/// How far the participant got by its first milestone. At the top tier there is none: then what the first transfer was worked out
/// from, which has no measure and is shown as a plain number.
fn basis(output: &[u8]) -> domain::Result<Option<Figure>> {
    let outcome = read_outcome(output)?;
    if let Some(milestone) = outcome.milestones.first() {
        return Ok(Some(figure(milestone.measure, milestone.reached)));
    }
    let basis = outcome.transfers.first().and_then(|transfer| transfer.basis);
    // A basis finer than a millionth is a figure of the plugin's, not of the page's.
    Ok(basis
        .and_then(|basis| Micros::from_decimal(basis).ok())
        .map(|basis| Figure::Quantity(basis.0)))
}

pub fn figure(measure: Measure, micros: Micros) -> Figure {
    match measure {
        Measure::Money => Figure::Money(micros.0),
        Measure::Quantity => Figure::Quantity(micros.0),
        Measure::Rate => Figure::Rate(micros.0),
    }
}

#[cfg(test)]
mod tests {
    use crate::serve::story::Served;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_program_shows_what_each_participant_earned_in_the_newest_period() {
        let served = Served::new().await;
        let page = served.get("/programs/volume").await;
        assert_eq!(page.status, 200);
        page.shows(&[
            "2011-01-01 to 2011-03-31",
            &format!("href=\"/statements/{}\"", served.paid),
            "Harbour &#38; Sons",
            ">7,700.00<",
            ">107.50<",
            "nothing due",
            "in quarantine",
            "ran out of fuel",
            "not run",
            "version 1, from 2011-01-01",
        ]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn participants_are_found_by_the_beginning_of_their_number() {
        let served = Served::new().await;
        let page = served.get("/programs/volume?period=2011-Q1&account=n").await;
        page.shows(&["n000", "n049", "after=n049"]).hides(&["n050", "Harbour"]);
        let next = served.get("/programs/volume?period=2011-Q1&account=n&after=n049").await;
        next.shows(&["n050", "n059", "First participants"])
            .hides(&["n049", "Next participants"]);
        let nobody = served.get("/programs/volume?period=2011-Q1&account=%25").await;
        nobody.shows(&["No participant has such an account number"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_period_that_was_not_run_shows_who_would_take_part() {
        let served = Served::new().await;
        let page = served.get("/programs/volume?period=2011-Q2").await;
        page.shows(&["2011-04-01 to 2011-06-30", "not run"]).hides(&["107.50"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_does_not_exist_is_refused_with_advice() {
        let served = Served::new().await;
        let page = served.get("/programs/spring%3Cb%3E").await;
        assert_eq!(page.status, 404);
        page.shows(&["There is no such thing here", "What to do", "Choose one from the list"])
            .hides(&["<b>"]);
        let page = served.get("/programs/volume?period=2011-13").await;
        assert_eq!(page.status, 400);
        page.shows(&["is not a period of the calendar", "What to do"]);
    }
}
