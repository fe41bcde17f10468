use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use domain::id::StatementId;
use portal::{Difference, Flash, Replay, ReplayFragment, Verdict};

use super::statement::page;
use super::{aside, html, is_htmx, moment, no_statement};
use crate::replay::{self, Replayed};
use crate::serve::App;
use crate::serve::refusal::Refusal;

/// Calculates every revision of a statement again. Answers with the whole page, or with the verdict alone where script runs.
pub async fn replay(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    let line = app
        .host
        .store
        .read()
        .await?
        .statement(&StatementId::from(id.clone()))
        .await?;
    let line = line.ok_or_else(|| no_statement(&id))?;
    let at = moment(app.host.store.clock().now());
    let verdict = match replayed(&app, &id).await {
        Ok(replayed) => {
            let revision = |of: &Replayed| (format!("Revision {}", of.revision), of.differences.clone());
            verdict(replayed.iter().map(revision))
        }
        Err(refusal) => refused(&app, &refusal, &portal::path::replay(&id)),
    };
    let replay = Replay { verdict, at };
    if is_htmx(&headers) {
        return Ok(html(ReplayFragment { replay }).into_response());
    }
    let mut page = page(&app, line, None).await?;
    page.frame.flash = Some(match &replay.verdict {
        Verdict::Identical => Flash::Done("the statement was calculated again, and every byte is the same".into()),
        Verdict::Differs(_) => {
            Flash::Refused("the statement was calculated again, and it is not what was recorded".into())
        }
        Verdict::Refused(_) => Flash::Refused("the statement could not be calculated again".into()),
    });
    page.replay = Some(replay);
    Ok(html(page).into_response())
}

async fn replayed(app: &App, id: &str) -> Result<Vec<Replayed>, Refusal> {
    let names = [id.to_owned()];
    Ok(aside(&app.host, async move |host| {
        replay::Replay::open(&host).await?.run(&names).await
    })
    .await?)
}

/// What differs, each with what it belongs to.
pub fn verdict(replayed: impl IntoIterator<Item = (String, Vec<String>)>) -> Verdict {
    let of = |(what, differences): (String, Vec<String>)| {
        differences.into_iter().map(move |found| Difference {
            what: what.clone(),
            place: "against its receipt".into(),
            recorded: "signed when it was posted".into(),
            found,
        })
    };
    let differences: Vec<Difference> = replayed.into_iter().flat_map(of).collect();
    match differences.is_empty() {
        true => Verdict::Identical,
        false => Verdict::Differs(differences),
    }
}

pub fn refused(app: &App, refusal: &Refusal, path: &str) -> Verdict {
    let reference = refusal
        .record(app, path)
        .map(|reference| format!("; the reference is `{reference}`"))
        .unwrap_or_default();
    Verdict::Refused(format!("{}{reference}", refusal.detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::story::Served;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_replay_answers_with_the_verdict_alone_where_script_runs() {
        let served = Served::new().await;
        let address = format!("/statements/{}/replay", served.paid);
        let fragment = served.post(&address, &[("hx-request", "true")]).await;
        assert_eq!(fragment.status, 200);
        fragment
            .shows(&["Differs.", "the receipt names the key", "2011-03-13 07:06:40 UTC"])
            .hides(&["<html"]);
        let whole = served.post(&address, &[]).await;
        whole.shows(&["<html", "Differs.", "Harbour &#38; Sons", "it is not what was recorded"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_replay_of_nothing_is_not_found() {
        let served = Served::new().await;
        let answer = served.post("/statements/0192f0c1/replay", &[]).await;
        assert_eq!(answer.status, 404);
        answer.shows(&["no statement has the id", "What to do"]);
        assert_eq!(
            served
                .get(&format!("/statements/{}/replay", served.paid))
                .await
                .header("allow"),
            "POST"
        );
    }

    #[test]
    fn a_revision_without_differences_is_identical() {
        let revision = |number: u32, differences: &[&str]| {
            let differences = differences.iter().map(|one| one.to_string()).collect();
            (format!("Revision {number}"), differences)
        };
        assert!(matches!(
            verdict([revision(1, &[]), revision(2, &[])]),
            Verdict::Identical
        ));
        let Verdict::Differs(found) = verdict([revision(1, &[]), revision(2, &["the component logs something else"])])
        else {
            panic!("a difference is a difference")
        };
        assert_eq!(
            (found.len(), &*found[0].what, &*found[0].found),
            (1, "Revision 2", "the component logs something else")
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_could_not_be_tried_is_a_verdict_too() {
        let served = Served::new().await;
        let busy = refused(&served.app, &store::Error::Busy.into(), "/");
        assert!(
            matches!(busy, Verdict::Refused(said) if said == "the database is busy with another change: try again")
        );
        let failed = refused(&served.app, &anyhow::anyhow!("secret").into(), "/");
        let Verdict::Refused(said) = failed else {
            panic!("it failed")
        };
        assert!(
            said.contains("it is not your doing: sorry; the reference is `") && !said.contains("secret"),
            "{said}"
        );
    }
}
