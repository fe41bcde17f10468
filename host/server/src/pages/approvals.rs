use axum::Form;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::approval::{Status, Verdict};
use domain::currency::Currency;
use domain::day::Day;
use portal::{ApprovalLine, ApprovalsPage, Flash, Unit, path};
use serde::Deserialize;

use super::{frame, html, unit};
use crate::approval::{self, Shown};
use crate::claim::consent;
use crate::serve::App;
use crate::serve::asked::Asked;
use crate::serve::refusal::{Refusal, sentence};

/// What waits for whoever serves, and what waits for others.
pub async fn approvals(State(app): State<App>, uri: Uri) -> Result<Html<String>, Refusal> {
    let asked = Asked::of(&uri)?;
    let mut page = page(&app).await?;
    if let Some(name) = asked.get("done") {
        let shown = find(&app, name).await?;
        page.frame.flash = Some(Flash::Done(match shown.of.status {
            Status::Open => format!("your word on {} is kept; it waits for another's", shown.name),
            status => format!("{} is {}", shown.name, status.as_str()),
        }));
    }
    Ok(html(page))
}

#[derive(Debug, Deserialize)]
pub struct Said {
    verdict: Verdict,
    #[serde(default)]
    words: String,
}

/// Votes, and leads back to what still waits.
pub async fn vote(
    State(app): State<App>,
    Path(name): Path<String>,
    Form(said): Form<Said>,
) -> Result<Response, Refusal> {
    let name = find(&app, &name).await?.name;
    match approval::vote(&app.host, &name, said.verdict, said.words.trim()).await {
        Ok(shown) => {
            let address = path::with_query(path::APPROVALS.into(), &[("done", Some(&shown.name))]);
            Ok(Redirect::to(&address).into_response())
        }
        Err(e) => {
            let refused = sentence(e)?;
            let mut page = page(&app).await?;
            page.frame.flash = Some(Flash::Refused(refused));
            page.typed = Some((name, said.words));
            Ok(html(page).into_response())
        }
    }
}

async fn find(app: &App, name: &str) -> Result<Shown, Refusal> {
    let shown = approval::show(&app.host, name).await;
    match shown {
        Ok(shown) => Ok(shown),
        Err(e) => Err(Refusal::not_found(sentence(e)?).advise("Choose one from the list of approvals.")),
    }
}

async fn page(app: &App) -> Result<ApprovalsPage, Refusal> {
    let mine = approval::inbox(&app.host).await?;
    let mut others = approval::list(&app.host, false).await?;
    others.retain(|shown| mine.iter().all(|own| own.of.number != shown.of.number));
    others.sort_by_key(|shown| (shown.of.due, shown.of.number));
    let today = app.host.today()?;
    let lines = |list: Vec<Shown>| list.into_iter().map(|shown| line(shown, today)).collect();
    Ok(ApprovalsPage {
        frame: frame(),
        actor: app.host.actor.to_string(),
        mine: lines(mine),
        others: lines(others),
        typed: None,
    })
}

fn line(shown: Shown, today: Day) -> ApprovalLine {
    let of = shown.of;
    let votes = shown.votes.into_iter().map(|vote| portal::Vote {
        on_behalf_of: (vote.on_behalf_of != vote.approver).then(|| vote.on_behalf_of.to_string()),
        approver: vote.approver.to_string(),
        verdict: match vote.verdict {
            Verdict::Approve => "approved",
            Verdict::Reject => "rejected",
        }
        .into(),
        words: vote.words,
    });
    let votes: Vec<portal::Vote> = votes.collect();
    let claim = consent::claim_of(&of);
    ApprovalLine {
        name: shown.name,
        kind: of.kind.to_string(),
        title: of.title,
        address: claim.map(|id| path::claim(id.as_str())),
        amount: of
            .amount
            .map(|amount| (amount.0, unit_of(of.unit.as_deref().unwrap_or_default()))),
        author: of.author.to_string(),
        due: of.due.to_string(),
        due_words: due(of.due.number() - today.number()),
        overdue: shown.overdue,
        approved: votes.iter().filter(|vote| vote.verdict == "approved").count() as u64,
        needed: u64::try_from(of.needed).unwrap_or_default(),
        votes,
    }
}

/// A currency, or a unit of a program's own.
fn unit_of(code: &str) -> Unit {
    match code.parse::<Currency>() {
        Ok(currency) => unit(currency),
        Err(_) => Unit::new(code, 0),
    }
}

fn due(days: i32) -> String {
    match days {
        0 => "today".into(),
        1 => "tomorrow".into(),
        2.. => format!("in {days} days"),
        -1 => "1 day late".into(),
        _ => format!("{} days late", -days),
    }
}

#[cfg(test)]
mod tests {
    use super::due;

    #[test]
    fn a_due_day_is_told_from_today() {
        let told = [-3, -1, 0, 1, 2].map(due);
        assert_eq!(told, ["3 days late", "1 day late", "today", "tomorrow", "in 2 days"]);
    }
}
