//! What is done to a claim from its page, by the same functions as the commands. What is refused is said on the page, with what was typed.

use anyhow::{Context as _, Result, ensure};
use axum::extract::{Multipart, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::claim::RETENTION_MONTHS;
use domain::claim::verdict::Less;
use domain::money::Micros;
use portal::{Flash, path};
use store::claim::KeptClaim;
use store::claim::attachment::NewAttachment;

use super::{find, name, page};
use crate::claim::decide::{Choice, decide};
use crate::claim::show::show;
use crate::claim::submit::submit_draft;
use crate::claim::{proof, round};
use crate::host::Host;
use crate::pages::sent::Sent;
use crate::pages::{aside, html};
use crate::serve::App;
use crate::serve::refusal::{Refusal, sentence};

const ACTS: [&str; 10] = [
    "submit", "approve", "deny", "release", "confirm", "dispute", "uphold", "grant", "withdraw", "reopen",
];

/// Does it and leads back to the claim, or says on its page why it cannot be done.
pub async fn act(
    State(app): State<App>,
    Path((id, act)): Path<(String, String)>,
    form: Multipart,
) -> Result<Response, Refusal> {
    let Some(act) = ACTS.into_iter().find(|known| *known == act) else {
        return Err(
            Refusal::not_found(format!("nothing is called `{act}` that could be done to a claim"))
                .advise("Open the claim and press one of its buttons."),
        );
    };
    let kept = find(&app, &id).await?;
    let sent = Sent::of(form).await?;
    let seen = sent.given("ruling").map(str::parse).transpose().map_err(|_| {
        Refusal::bad_request("the form names no ruling by its number").advise("Open the claim again and decide there.")
    })?;
    let had_files = !sent.files.is_empty();
    let mut typed: Vec<(String, String)> = sent
        .texts()
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect();
    let claim = kept.clone();
    let done = aside(&app.host, async move |host| {
        perform(&host, &claim, act, seen, sent).await
    });
    match done.await {
        Ok(()) => Ok(Redirect::to(&path::with_query(path::claim(&id), &[("done", Some(act))])).into_response()),
        Err(e) => {
            let mut refused = sentence(e)?;
            // No browser fills them in again.
            if had_files {
                refused.push_str("; choose the files again");
            }
            // It may have been ruled on again, which is why it was refused.
            let now = find(&app, kept.id.as_str()).await?;
            // An amount that was typed for another ruling says nothing about this one.
            if seen.unwrap_or(kept.ruling) != now.ruling {
                typed.retain(|(name, _)| !name.starts_with("line-"));
            }
            let mut page = page(&app, &now).await?;
            page.frame.flash = Some(Flash::Refused(refused));
            page.acts.refused = Some(act.into());
            page.acts.typed = typed;
            Ok(html(page).into_response())
        }
    }
}

/// `seen` is the number of the ruling that the page showed.
async fn perform(host: &Host, claim: &KeptClaim, act: &str, seen: Option<i64>, sent: Sent) -> Result<()> {
    let id = &*name(claim);
    let reason = sent.given("reason").map(str::to_owned);
    let words = |name: &str| sent.given(name).unwrap_or_default().to_owned();
    match act {
        "submit" => {
            let files = files(&sent)?;
            submit_draft(host, id, files, None, RETENTION_MONTHS).await?
        }
        "approve" => {
            let less = paid_less(host, claim, &sent).await?;
            decide(host, id, &Choice::Approve { less, reason }, seen).await?
        }
        "deny" => {
            let reason = reason.unwrap_or_default();
            decide(host, id, &Choice::Deny { reason }, seen).await?
        }
        "release" => round::release(host, id, &words("release-words")).await?,
        "confirm" => round::confirm_duplicate(host, id, &words("release-words")).await?,
        "dispute" => {
            let line = sent.given("dispute-line").map(str::parse).transpose();
            let line = line.context("the line is chosen from the list")?;
            round::dispute(host, id, line, &words("dispute-words")).await?
        }
        "uphold" => round::uphold(host, id, &words("answer-words")).await?,
        "grant" => round::grant(host, id, &words("answer-words")).await?,
        "withdraw" => round::withdraw(host, id, &words("withdraw-words")).await?,
        _ => {
            let files = files(&sent)?;
            round::reopen(host, id, &words("reopen-words"), &files).await?
        }
    };
    Ok(())
}

/// The lines of which another amount was typed than the plugin ruled. A line that the form does not ask about is paid as ruled.
///
/// # Errors
/// An amount that was taken out, or is none.
async fn paid_less(host: &Host, claim: &KeptClaim, sent: &Sent) -> Result<Vec<Less>> {
    let shown = show(host, &claim.id).await?;
    let mut all = Vec::new();
    for line in &shown.lines {
        let number = line.number;
        let Some(typed) = sent.find(&format!("line-{number}")).map(str::trim) else {
            continue;
        };
        ensure!(
            !typed.is_empty(),
            "line {number}: nothing says how much to pay: write an amount, or 0 to pay nothing"
        );
        let amount: Micros = typed.parse().with_context(|| format!("line {number}"))?;
        if amount != line.ruled.unwrap_or(Micros::ZERO) {
            all.push(Less { line: number, amount });
        }
    }
    Ok(all)
}

fn files(sent: &Sent) -> Result<Vec<NewAttachment>> {
    proof::not_too_many(sent.files.len())?;
    let file = |(name, content): &(String, Vec<u8>)| proof::attachment(None, name, content.clone());
    sent.files.iter().map(file).collect()
}
