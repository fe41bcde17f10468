use anyhow::Context;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Html;
use domain::id::StatementId;
use domain::ledger::Reason;
use domain::plugin::{Descriptor, Side};
use domain::program::Program;
use domain::{ledger, receipt};
use portal::{
    Flash, Lines, Marking, Milestone, Outcome, Period, Plugin, Receipt, Reduction, Revision, StatementPage, Step,
    Transfer,
};
use store::Snapshot;
use store::statement::{KeptRevision, StatementLine};

use super::lines::lines;
use super::program::figure;
use super::{frame, html, moment, no_statement, unit};
use crate::run::work::owed;
use crate::serve::App;
use crate::serve::asked::Asked;
use crate::serve::refusal::Refusal;
use crate::statement::explain;

/// One statement: the amount, how it came about, the lines it rests on, and its receipt.
pub async fn statement(State(app): State<App>, Path(id): Path<String>, uri: Uri) -> Result<Html<String>, Refusal> {
    let asked = Asked::of(&uri)?;
    let after = match asked.get("after") {
        None => None,
        Some(text) => Some(
            text.parse()
                .map_err(|_| Refusal::bad_request(format!("`{text}` is no position of the journal")))?,
        ),
    };
    let line = app
        .host
        .store
        .read()
        .await?
        .statement(&StatementId::from(id.clone()))
        .await?;
    Ok(html(page(&app, line.ok_or_else(|| no_statement(&id))?, after).await?))
}

/// The page, with the lines after a position of the journal.
pub async fn page(app: &App, line: StatementLine, after: Option<u64>) -> Result<StatementPage, Refusal> {
    let mut snapshot = app.host.store.read().await?;
    let program = snapshot
        .program_by_id(&line.statement.program)
        .await?
        .context("the statement's program is missing")?;
    let explained = explain(&mut snapshot, &line).await?;
    let kept = snapshot.revisions(&line.statement.id).await?;
    let newest = &kept.last().context("the statement has no revision")?.revision;
    let terms = snapshot
        .terms(&newest.terms)
        .await?
        .context("the statement's terms are missing")?;
    let revisions = revisions(&mut snapshot, &program, &explained.descriptor, &kept).await?;
    let mut held = snapshot.open_quarantine(&program.id).await?.into_iter();
    let held = held.rfind(|held| held.of.period == line.statement.period && held.account_number == line.account_number);
    drop(snapshot);

    let mut frame = frame();
    frame.flash = held.map(|held| {
        Flash::Refused(format!(
            "a later run could not work this statement out again: {}",
            held.of.reason
        ))
    });
    let period = program
        .calendar
        .period(&line.statement.period)
        .map_err(anyhow::Error::from)?;
    let amount = explained.summary.amount.0;
    let step = |step: crate::explain::Line| Step {
        rule: step.rule,
        words: step.words,
        amount: step.amount.map(|amount| amount.0),
    };
    let milestone = |goal: crate::explain::Goal| Milestone {
        words: goal.words,
        reached: figure(goal.measure, goal.reached),
        target: figure(goal.measure, goal.target),
        worth: goal.worth.map(|worth| worth.0),
    };
    let reduction = |off: crate::statement::Reduced| Reduction {
        program: off.program,
        period: off.period,
        amount: off.amount.0,
    };
    Ok(StatementPage {
        frame,
        id: line.statement.id.to_string(),
        program_code: program.code.clone(),
        program_title: program.title.clone(),
        account: line.account_number.clone(),
        name: line.account_name.clone(),
        period: self::period(&period),
        unit: unit(program.currency),
        outcome: if amount == 0 {
            Outcome::NothingDue
        } else {
            Outcome::Posted(amount)
        },
        made_at: moment(line.revised_at),
        milestones: explained.milestones.into_iter().map(milestone).collect(),
        steps: explained.steps.into_iter().map(step).collect(),
        lines: Lines {
            reductions: explained.reduced_by.into_iter().map(reduction).collect(),
            ..lines(app, newest, &terms, after).await?
        },
        transfers: kept
            .iter()
            .flat_map(|kept| transfers(&program, &explained.descriptor, kept))
            .collect(),
        revisions,
        log: newest.log.lines().map(str::to_owned).collect(),
        receipt: receipt(
            explained.receipt,
            Plugin {
                id: explained.plugin,
                version: explained.plugin_version,
            },
        ),
        replay: None,
    })
}

pub fn period(period: &domain::period::Period) -> Period {
    Period {
        label: period.label.clone(),
        start: period.start.to_string(),
        end: period.end.to_string(),
    }
}

async fn revisions(
    snapshot: &mut Snapshot,
    program: &Program,
    descriptor: &Descriptor,
    kept: &[KeptRevision],
) -> Result<Vec<Revision>, Refusal> {
    let mut revisions = Vec::with_capacity(kept.len());
    let mut amount = 0;
    for (
        place,
        KeptRevision {
            revision, posted_at, ..
        },
    ) in kept.iter().enumerate()
    {
        let run = snapshot
            .run(&revision.run)
            .await?
            .context("the run of a revision is missing")?;
        let difference = owed(descriptor, program.currency.code(), &revision.transfers).0;
        amount += difference;
        revisions.push(Revision {
            number: number(revision.number),
            made_at: moment(*posted_at),
            actor: run.actor.to_string(),
            reason: reason(place.checked_sub(1).map(|before| &kept[before].revision), revision).into(),
            amount,
            difference,
        });
    }
    Ok(revisions)
}

fn number(revision: i64) -> u32 {
    u32::try_from(revision).unwrap_or(u32::MAX)
}

/// What the two receipts say has changed.
fn reason(before: Option<&domain::statement::Revision>, revision: &domain::statement::Revision) -> &'static str {
    match before {
        None => "first run of the period",
        Some(before) if before.terms != revision.terms => "the terms were changed",
        Some(before) if before.receipt.component != revision.receipt.component => "the plugin was changed",
        Some(before) if before.reduced_by != revision.reduced_by => {
            "what earlier programs pay on its lines was changed"
        }
        Some(before) if before.receipt.rows != revision.receipt.rows => {
            "lines of the period came late or were corrected"
        }
        Some(_) => "what is known of the participant, its balances or its products was changed",
    }
}

/// What a revision posted in the program's currency. A posting that takes back is shown in the direction of what it takes back,
/// as a negative amount.
fn transfers(program: &Program, descriptor: &Descriptor, kept: &KeptRevision) -> Vec<Transfer> {
    let is_owed = |code: &str| {
        descriptor
            .balance(code)
            .is_some_and(|balance| balance.side == Side::Credit)
    };
    let shown = |transfer: &ledger::Transfer| {
        let takes_back = is_owed(&transfer.debit) && !is_owed(&transfer.credit);
        let (debit, credit, amount) = match takes_back {
            false => (&transfer.debit, &transfer.credit, transfer.amount.0),
            true => (&transfer.credit, &transfer.debit, -transfer.amount.0),
        };
        Transfer {
            rule: transfer.rule.clone(),
            debit: debit.clone(),
            credit: credit.clone(),
            amount,
            marking: match transfer.reason {
                Reason::Original => Marking::Original,
                Reason::PriorPeriod => Marking::PriorPeriod,
                Reason::RateAdjustment => Marking::Rate,
                Reason::Reversal => Marking::Reversal,
            },
            revision: number(kept.revision.number),
            effective: transfer.effective.to_string(),
            posted_at: moment(kept.posted_at),
        }
    };
    kept.revision
        .transfers
        .iter()
        .filter(|transfer| transfer.unit == program.currency.code())
        .map(shown)
        .collect()
}

fn receipt(receipt: receipt::Receipt, plugin: Plugin) -> Receipt {
    Receipt {
        plugin,
        component: receipt.component.to_string(),
        context: receipt.context.to_string(),
        rows: receipt.rows.to_string(),
        output: receipt.output.to_string(),
        log: receipt.log.to_string(),
        api: receipt.api,
        engine: receipt.engine,
        fuel: receipt.fuel,
        position: receipt.position,
        key: receipt.signature.key,
        signature: receipt.signature.value,
    }
}

#[cfg(test)]
mod tests {
    use crate::serve::story::Served;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_statement_shows_the_amount_its_steps_and_its_receipt() {
        let served = Served::new().await;
        let page = served.get(&format!("/statements/{}", served.paid)).await;
        assert_eq!(page.status, 200);
        page.shows(&[
            "Harbour &#38; Sons",
            "2011-01-01 to 2011-03-31",
            ">107.50<",
            "From 1,000.00 on: 6,700.00 at 2.5 %",
            "12,300.00 to the next tier",
            "38.50%",
            "prior-period adjustment",
            "first run of the period",
            "lines of the period came late or were corrected",
            "user:ada",
            "gtm:program@0.1.0",
            "info: worked out",
            &format!("action=\"/statements/{}/replay#receipt\"", served.paid),
        ]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_posting_that_takes_back_is_a_negative_amount() {
        let served = Served::new().await;
        let page = served.get(&format!("/statements/{}", served.paid)).await;
        // 120.00 first, and 12.50 less after a return came late.
        page.shows(&[">120.00<", ">-12.50<", "expense → payable"])
            .hides(&["payable → expense"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_statement_whose_component_cannot_be_loaded_still_opens() {
        let served = Served::new().await;
        let page = served.get(&format!("/statements/{}", served.paid)).await;
        page.shows(&["a replay says what else differs"])
            .hides(&["No line of this participant"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_does_not_exist_is_refused_with_advice() {
        let served = Served::new().await;
        let page = served.get("/statements/0192f0c1").await;
        assert_eq!(page.status, 404);
        page.shows(&[
            "no statement has the id <code>0192f0c1</code>",
            "What to do",
            "an id has 36 characters",
        ]);
        let page = served.get(&format!("/statements/{}?after=x", served.paid)).await;
        assert_eq!(page.status, 400);
        page.shows(&["<code>x</code> is no position of the journal"]);
    }
}
