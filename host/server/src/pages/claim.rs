mod act;
mod acts;

pub use act::act;
use acts::acts;

use anyhow::Context as _;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, Uri};
use axum::response::{Html, IntoResponse, Response};
use domain::claim::Status;
use domain::id::ClaimId;
use portal::{
    ClaimEvent, ClaimFile, ClaimPage, ClaimedLine, ClaimedPart, Consent, DecisionReceipt, Flash, Moved, Replay,
    ReplayFragment, Verdict, Why, path,
};
use serde_json::Value;
use store::claim::KeptClaim;

use super::claims::line;
use super::filing::label;
use super::replay::{refused, verdict};
use super::{aside, frame, html, is_htmx, moment, no_claim, unit};
use crate::claim::replay as replays;
use crate::claim::show::{Elsewhere, Part, show};
use crate::serve::App;
use crate::serve::asked::Asked;
use crate::serve::refusal::Refusal;

/// One claim, with everything that explains it and what can be done with it.
pub async fn claim(State(app): State<App>, Path(id): Path<String>, uri: Uri) -> Result<Html<String>, Refusal> {
    let asked = Asked::of(&uri)?;
    let kept = find(&app, &id).await?;
    let mut page = page(&app, &kept).await?;
    page.frame.flash = asked.get("done").map(|act| done(&kept, act));
    Ok(html(page))
}

/// Gives every ruling again. Answers with the whole page, or with the verdict alone where script runs.
pub async fn replay(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    let kept = find(&app, &id).await?;
    let at = moment(app.host.store.clock().now());
    let names = [name(&kept)];
    let verdict = match aside(&app.host, async move |host| replays::replay(&host, &names).await).await {
        Ok(replayed) if replayed.is_empty() => Verdict::Refused("it was not ruled on yet".into()),
        Ok(replayed) => verdict(
            replayed
                .into_iter()
                .map(|of| (format!("Ruling {}", of.ruling), of.differences)),
        ),
        Err(e) => refused(&app, &e.into(), &path::claim_replay(&id)),
    };
    let replay = Replay { verdict, at };
    if is_htmx(&headers) {
        return Ok(html(ReplayFragment { replay }).into_response());
    }
    let mut page = page(&app, &kept).await?;
    page.frame.flash = Some(match &replay.verdict {
        Verdict::Identical => Flash::Done("every ruling was given again, and every byte is the same".into()),
        Verdict::Differs(_) => {
            Flash::Refused("the rulings were given again, and they are not what was recorded".into())
        }
        Verdict::Refused(_) => Flash::Refused("the rulings could not be given again".into()),
    });
    page.replay = Some(replay);
    Ok(html(page).into_response())
}

/// One of its files, to be kept and not to be shown: what it is, its claimant has said.
pub async fn file(State(app): State<App>, Path((id, number)): Path<(String, String)>) -> Result<Response, Refusal> {
    let kept = find(&app, &id).await?;
    let mut snapshot = app.host.store.read().await?;
    let files = snapshot.attachments(&kept.id).await?;
    let file = files.into_iter().find(|file| file.number.to_string() == number);
    let file = file.ok_or_else(|| {
        Refusal::not_found(format!("claim `{}` has no file {number}", kept.number)).advise("Choose one from its page.")
    })?;
    let content = snapshot.file(&file.file).await?;
    let content = content.context("the content of an attached file is missing")?;
    let headers = [
        (CONTENT_TYPE, file.media_type),
        (CONTENT_DISPOSITION, attachment(&file.name)),
    ];
    Ok((headers, content).into_response())
}

/// A name in any script, and one that every browser takes.
fn attachment(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' | ' ' => c,
            _ => '_',
        })
        .collect();
    format!(
        "attachment; filename=\"{plain}\"; filename*=UTF-8''{}",
        path::escaped(name)
    )
}

async fn find(app: &App, id: &str) -> Result<KeptClaim, Refusal> {
    let kept = app
        .host
        .store
        .read()
        .await?
        .claim(&ClaimId::from(id.to_owned()))
        .await?;
    kept.ok_or_else(|| no_claim(id))
}

/// What the commands call it. The id alone would not do: a claim may be numbered with what is another's id.
fn name(claim: &KeptClaim) -> String {
    format!("{}/{}", claim.program_code, claim.number)
}

/// What came of an act, by where the claim stands now.
fn done(claim: &KeptClaim, act: &str) -> Flash {
    let number = &claim.number;
    Flash::Done(match (act, claim.standing.status) {
        ("approve", Status::InReview) => {
            format!("your consent to `{number}` is kept; it is approved when another has agreed, too")
        }
        (_, Status::InReview) => format!("`{number}` was ruled on and is in review"),
        (_, Status::Draft) => format!("`{number}` is written down as a draft"),
        (_, Status::Held) => format!("`{number}` is held as a suspected duplicate until somebody else looks at it"),
        (_, status) => format!("`{number}` is {status}"),
    })
}

async fn page(app: &App, kept: &KeptClaim) -> Result<ClaimPage, Refusal> {
    let shown = show(&app.host, &kept.id).await?;
    let mut snapshot = app.host.store.read().await?;
    let program = snapshot.program_by_id(&kept.program).await?;
    let program = program.context("the claim's program is missing")?;
    let held = shown.history.last().filter(|_| shown.summary.status == Status::Held);
    let newest = shown.rulings.last();
    let lines = shown.lines.iter().map(|line| ClaimedLine {
        number: line.number,
        fields: pairs(&line.fields),
        claimed: line.claimed.0,
        ruled: line.ruled.map(|ruled| ruled.0),
        approved: line.approved.map(|approved| approved.0),
        reasons: line
            .reasons
            .iter()
            .map(|reason| Why {
                code: reason.code.clone(),
                message: reason.message.clone(),
            })
            .collect(),
        reason: line.reason.clone(),
        parts: line.parts.iter().map(part).collect(),
    });
    let transfers = shown.transfers.iter().map(|posted| Moved {
        at: posted.at.clone(),
        debit: posted.transfer.debit.clone(),
        credit: posted.transfer.credit.clone(),
        amount: posted.transfer.amount.0,
        effective: posted.transfer.effective.to_string(),
        reason: posted.transfer.reason.as_str().into(),
        revision: posted.revision,
    });
    let history = shown.history.iter().map(|happened| ClaimEvent {
        at: happened.at.clone(),
        actor: happened.actor.clone(),
        event: happened.event.clone(),
        status: happened.to.to_string(),
        line: happened.line,
        words: happened.words.clone(),
    });
    let files = shown.attachments.iter().map(|file| ClaimFile {
        number: file.number,
        kind: file.kind.clone(),
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        size: file.size,
        sha256: file.digest.to_string(),
    });
    let consent = shown.approval.as_ref().map(|approval| Consent {
        name: approval.label(),
        status: approval.status.as_str().into(),
        needed: approval.needed,
        due: approval.due.to_string(),
    });
    let request = shown.request.clone().zip(kept.request.as_ref().map(ClaimId::to_string));
    Ok(ClaimPage {
        frame: frame(),
        code: program.code.clone(),
        title: program.title,
        unit: unit(program.currency),
        fields: pairs(&shown.fields),
        request,
        moved_from: shown.moved_from.as_ref().map(elsewhere),
        written_off: shown.summary.written_off.0,
        remaining: shown.remaining.map(|remaining| remaining.0),
        settlement: shown.summary.settlement.clone(),
        held: held.map(|happened| happened.words.clone()),
        consent,
        retained_until: shown.retained_until.to_string(),
        ruling: newest.map_or(0, |ruled| ruled.number),
        lines: lines.collect(),
        steps: newest.map_or(vec![], |ruled| {
            ruled.steps.iter().map(|step| step.words.clone()).collect()
        }),
        transfers: transfers.collect(),
        history: history.collect(),
        files: files.collect(),
        receipt: newest.map(|ruled| receipt(&ruled.receipt)),
        replay: None,
        acts: acts(app, kept, &shown),
        claim: line(shown.summary),
    })
}

fn part(part: &Part) -> ClaimedPart {
    ClaimedPart {
        treatment: part.treatment.as_str().into(),
        amount: part.amount.0,
        moved_to: part.moved_to.as_ref().map(elsewhere),
    }
}

/// Name and id.
fn elsewhere(there: &Elsewhere) -> (String, String) {
    (there.name.clone(), there.id.to_string())
}

/// Label and value of everything that was filled in.
fn pairs(fields: &Value) -> Vec<(String, String)> {
    let Value::Object(fields) = fields else {
        return vec![];
    };
    let pair = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (label(name), value)
    };
    fields.iter().filter(|(_, value)| !value.is_null()).map(pair).collect()
}

fn receipt(receipt: &domain::receipt::DecisionReceipt) -> DecisionReceipt {
    DecisionReceipt {
        component: receipt.component.to_string(),
        context: receipt.context.to_string(),
        evidence: receipt.evidence.to_string(),
        claim: receipt.asked.to_string(),
        output: receipt.output.to_string(),
        log: receipt.log.to_string(),
        api: receipt.api.clone(),
        engine: receipt.engine.clone(),
        fuel: receipt.fuel,
        ruling: receipt.revision,
        key: receipt.signature.key.clone(),
        signature: receipt.signature.value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use domain::adjudication::ClaimKind;
    use domain::claim::split::Treatment;
    use serde_json::json;

    use super::*;
    use crate::claim::decide::{Choice, decide};
    use crate::claim::form::Form;
    use crate::claim::submit::{Submission, draft};
    use crate::serve::story::{Answer, Served};

    const PHOTO: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF";

    /// Files a claim for one invoice, and gives the address of its page.
    async fn filed(served: &Served, kind: ClaimKind, invoice: &str, amount: &str) -> String {
        let typed = [
            ("/account", "a"),
            ("/fields/activity", "campaign"),
            ("/fields/start", "2011-02-07"),
            ("/fields/end", "2011-02-11"),
            ("/lines/0/claimed", amount),
            ("/lines/0/fields/supplier", "Printers Ltd"),
            ("/lines/0/fields/invoice", invoice),
            ("/lines/0/fields/cost", amount),
            ("do", "submit"),
        ];
        let files = [("files", "Beleg für März.jpg", PHOTO)];
        let form = format!("/programs/fund/claims/new?kind={}", kind.as_str());
        let answer = served.fill(&form, &typed, &files).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.header("location").split('?').next().unwrap().to_owned()
    }

    async fn does(served: &Served, claim: &str, act: &str, typed: &[(&str, &str)]) -> Answer {
        served.fill(&format!("{claim}/{act}"), typed, &[]).await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_claim_goes_from_its_form_to_the_fund_by_the_consent_of_others() {
        let served = Served::with_fund().await;
        let claim = filed(&served, ClaimKind::Claim, "INV-1", "600").await;
        let page = served.get(&format!("{claim}?done=submit")).await;
        page.shows(&[
            "<code>C-1</code> was ruled on and is in review",
            "Would be approved",
            ">600.00<",
            "fund → committed",
            "<code>user:ada</code> submitted it, so that somebody else decides",
            "It needs the consent of one approver by 2011-03-20",
            "Printers Ltd",
            "image/jpeg",
            "Withdraw it",
        ])
        .hides(&["<h3>Decide"]);
        let file = served.get(&format!("{claim}/files/1")).await;
        assert_eq!(
            (file.header("content-type"), file.header("content-disposition")),
            (
                "image/jpeg",
                "attachment; filename=\"Beleg f_r M_rz.jpg\"; filename*=UTF-8''Beleg%20f%C3%BCr%20M%C3%A4rz.jpg"
            )
        );
        assert_eq!(file.header("x-content-type-options"), "nosniff");

        // Whoever asked does not decide, nor whoever has no authority; what they typed stays.
        let refused = does(&served, &claim, "approve", &[]).await;
        refused.shows(&[
            "role=\"alert\"",
            "user:ada submitted <code>C-1</code> and cannot decide it",
        ]);
        let bob = served.acting_as("user:bob");
        let typed = [("line-1", "500"), ("reason", "the stand was <shared>")];
        let refused = does(&bob, &claim, "approve", &typed).await;
        refused.shows(&["role=\"alert\"", "value=\"500\"", "the stand was &#60;shared&#62;"]);
        assert!(refused.body.contains("user:bob"), "{}", refused.body);
        bob.get("/approvals")
            .await
            .shows(&["Nothing waits for you", "A-1", "in 7 days", "600.00"]);

        let eve = served.acting_as("user:eve");
        eve.get("/programs").await.shows(&["1 approval waits for you"]);
        eve.get("/approvals")
            .await
            .shows(&["Approve A-1", &format!("href=\"{claim}\"")]);
        let more = does(&eve, &claim, "approve", &[("line-1", "600.01"), ("reason", "more")]).await;
        more.shows(&["role=\"alert\"", "value=\"600.01\""]);
        let silent = does(&eve, &claim, "approve", &[("line-1", "500")]).await;
        silent.shows(&["role=\"alert\""]);
        let none = does(&eve, &claim, "approve", &[("line-1", "much")]).await;
        none.shows(&["line 1: <code>much</code> is not an amount"]);
        // What is taken out is not what was ruled.
        let emptied = does(&eve, &claim, "approve", &[("line-1", " "), ("reason", "less")]).await;
        emptied.shows(&["role=\"alert\"", "line 1: nothing says how much to pay"]);
        let decided = does(&eve, &claim, "approve", &typed).await;
        assert_eq!(decided.status, 303, "{}", decided.body);
        let page = eve.get(decided.header("location")).await;
        page.shows(&[
            "<code>C-1</code> is adjusted",
            ">500.00<",
            "the stand was &#60;shared&#62;",
            "said whoever decided",
            "Dispute it",
            "Reopen it",
        ]);
        let again = does(&eve, &claim, "deny", &[("reason", "no")]).await;
        again.shows(&["role=\"alert\"", "cannot be decided"]);

        let funds = served.get("/programs/fund/funds").await;
        funds.shows(&["Harbour &#38; Sons", ">1,000.00<", ">500.00<", "marketing"]);
        let fund = served.get("/programs/fund/funds/a").await;
        fund.shows(&["spring fair", "2011-06-30", ">500.00<"]);
        served
            .get("/programs/fund")
            .await
            .shows(&["href=\"/programs/fund/claims\"", "href=\"/programs/fund/funds\""]);
        // What lies in the fund was not paid.
        let programs = served.get("/programs").await;
        programs.shows(&[">500.00<"]).hides(&[">1,000.00<"]);

        let replay = served.post(&format!("{claim}/replay"), &[("hx-request", "true")]).await;
        replay.shows(&["Identical."]).hides(&["<html"]);
        let whole = served.post(&format!("{claim}/replay"), &[]).await;
        whole.shows(&["<html", "Identical.", "every byte is the same"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn duplicates_disputes_and_new_rounds_have_their_buttons() {
        let served = Served::with_fund().await;
        let max = served.acting_as("user:max");
        let claim = filed(&served, ClaimKind::Claim, "INV-1", "100").await;
        let twice = filed(&served, ClaimKind::Claim, "INV-1", "90").await;
        let held = served.get(&twice).await;
        held.shows(&[
            "held as a suspected duplicate",
            "INV",
            "somebody else says whether it is a duplicate",
        ]);
        max.get(&twice).await.shows(&["Is it a duplicate?"]);
        served
            .post(&format!("{twice}/replay"), &[("hx-request", "true")])
            .await
            .shows(&["Not replayed.", "it was not ruled on yet"]);
        does(&max, &twice, "confirm", &[("release-words", "the same invoice")]).await;
        max.get(&twice).await.shows(&["tag-bad", "the same invoice"]);
        let listed = served.get("/programs/fund/claims?status=denied").await;
        listed.shows(&["C-2"]).hides(&["C-1<"]);

        let denied = does(&max, &claim, "deny", &[("reason", "no photo")]).await;
        assert_eq!(denied.status, 303, "{}", denied.body);
        let wordless = does(&served, &claim, "dispute", &[("dispute-line", "1")]).await;
        wordless.shows(&[
            "role=\"alert\"",
            "a dispute says what is wrong<",
            "<details class=\"panel\" open>",
            "<option value=\"1\" selected>",
        ]);
        let words = [("dispute-line", "1"), ("dispute-words", "there is one")];
        assert_eq!(does(&served, &claim, "dispute", &words).await.status, 303);
        served
            .get(&claim)
            .await
            .shows(&["disputes it, so that somebody else answers", "line 1: "]);
        max.get(&claim).await.shows(&["Answer the dispute"]);
        let answer = does(&max, &claim, "grant", &[("answer-words", "so there is")]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        max.get(&claim).await.shows(&["Would be approved", "<h3>Decide"]);
        assert_eq!(does(&served, &claim, "withdraw", &[]).await.status, 303);
        let gone = served.get(&claim).await;
        gone.shows(&["withdrawn"]).hides(&["What can be done"]);
        assert_eq!(does(&served, &claim, "explode", &[]).await.status, 404);
        let other = served.get(&format!("{claim}/files/7")).await;
        assert_eq!(other.status, 404);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn consent_is_given_in_the_inbox() {
        let served = Served::with_fund().await;
        let claim = filed(&served, ClaimKind::Claim, "INV-1", "600").await;
        let bob = served.acting_as("user:bob");
        let refused = bob.say("/approvals/A-1", "verdict=approve&words=fine").await;
        refused.shows(&["role=\"alert\"", "user:bob"]);
        let eve = served.acting_as("user:eve");
        let silent = eve.say("/approvals/A-1", "verdict=reject&words=").await;
        silent.shows(&["role=\"alert\"", "Reject A-1"]);
        let given = eve.say("/approvals/A-1", "verdict=approve&words=fine").await;
        assert_eq!((given.status, given.header("location")), (303, "/approvals?done=A-1"));
        eve.get("/approvals?done=A-1")
            .await
            .shows(&["A-1 is approved", "Nothing waits for you"]);
        // With the consent given, anybody but the claimant may decide.
        let decided = does(&bob, &claim, "approve", &[]).await;
        assert_eq!(decided.status, 303, "{}", decided.body);
        assert_eq!(eve.say("/approvals/A-9", "verdict=approve").await.status, 404);
        assert_eq!(eve.get("/approvals?done=x").await.status, 404);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_decision_is_about_the_ruling_that_its_page_showed() {
        let served = Served::with_fund().await;
        let claim = filed(&served, ClaimKind::Claim, "INV-1", "100").await;
        let max = served.acting_as("user:max");
        max.get(&claim).await.shows(&["name=\"ruling\" value=\"1\""]);
        assert_eq!(does(&max, &claim, "approve", &[("ruling", "1")]).await.status, 303);
        assert_eq!(does(&max, &claim, "reopen", &[]).await.status, 303);
        // A page that was opened before, with an amount of its own.
        for act in ["approve", "deny"] {
            let typed = [("ruling", "1"), ("line-1", "99"), ("reason", "as agreed")];
            let stale = does(&max, &claim, act, &typed).await;
            stale
                .shows(&[
                    "<code>C-1</code> was ruled on again since this page was opened",
                    "name=\"ruling\" value=\"2\"",
                    "value=\"100.00\"",
                    "as agreed</textarea>",
                ])
                .hides(&["value=\"99\""]);
        }
        let typed = [("ruling", "2"), ("line-1", "99"), ("reason", "as agreed")];
        assert_eq!(does(&max, &claim, "approve", &typed).await.status, 303);
        max.get(&claim).await.shows(&["adjusted", ">99.00<"]);
        assert_eq!(does(&max, &claim, "deny", &[("ruling", "the last")]).await.status, 400);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_button_acts_on_the_claim_of_its_page_whatever_others_are_called() {
        let served = Served::with_fund().await;
        let claim = filed(&served, ClaimKind::Claim, "INV-1", "100").await;
        let form = json!({
            "number": claim.rsplit('/').next(),
            "fields": { "activity": "campaign", "start": "2011-02-07", "end": "2011-02-11" },
            "lines": [{ "claimed": "7", "fields": { "supplier": "Printers Ltd", "invoice": "INV-2", "cost": "7" } }],
        });
        let submission = Submission {
            program: "fund",
            account: "b",
            form: Form::of(&form).unwrap(),
            files: vec![],
            on: None,
            retain_months: 24,
        };
        let twin = draft(&served.app.host, submission).await.unwrap();
        let max = served.acting_as("user:max");
        served
            .post(&format!("{claim}/replay"), &[("hx-request", "true")])
            .await
            .shows(&["Identical."]);
        assert_eq!(does(&max, &claim, "deny", &[("reason", "no photo")]).await.status, 303);
        max.get(&claim).await.shows(&["tag-bad", "no photo"]);
        // A draft is still one; and what was chosen with a refused act has to be chosen again.
        let program = [&b"\x7fELF\x02\x01\x01"[..], &[0; 60]].concat();
        let address = format!("{}/submit", path::claim(twin.as_str()));
        let refused = served.fill(&address, &[], &[("files", "tool.pdf", &program)]).await;
        refused.shows(&["Submit the draft", "which is not taken", "; choose the files again"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_split_deduction_shows_its_parts_and_what_became_of_them() {
        let served = Served::with_fund().await;
        served.add_fund("displays").await;
        let claim = filed(&served, ClaimKind::Deduction, "INV-1", "100").await;
        let max = served.acting_as("user:max");
        max.get(&claim)
            .await
            .shows(&["<code>gtm claim split fund/C-1</code> decides it in parts"]);
        let part = |treatment, amount: &str, program: Option<&str>| domain::claim::split::Part {
            line: 1,
            treatment,
            amount: amount.parse().unwrap(),
            program: program.map(str::to_owned),
        };
        let choice = Choice::Split {
            parts: vec![
                part(Treatment::ChargedBack, "40", None),
                part(Treatment::Moved, "60", Some("displays")),
            ],
            reason: "two promotions".into(),
        };
        decide(&max.app.host, "fund/C-1", &choice, None).await.unwrap();

        let full = served.get(&format!("/api/v1{claim}")).await.json();
        let parts = &full["lines"][0]["parts"];
        let there = &parts[1]["moved_to"];
        assert_eq!(
            (&full["written_off"]["amount"], full.get("moved_from"), &parts[0]),
            (
                &json!("0.00"),
                None,
                &json!({ "treatment": "charged-back", "amount": { "amount": "40.00", "currency": "GBP" } })
            )
        );
        let (name, address) = (there["name"].as_str().unwrap(), there["href"].as_str().unwrap());
        let page = address.strip_prefix("/api/v1").unwrap();
        served
            .get(&claim)
            .await
            .shows(&[
                "charged back",
                ">40.00<",
                &format!("moved to <a href=\"{page}\">{name}</a>"),
                ">60.00<",
            ])
            .hides(&["Written off"]);
        served
            .get(page)
            .await
            .shows(&["Part of", &format!("href=\"{claim}\">deduction fund/C-1</a>")]);
        assert_eq!(
            served.get(address).await.json()["moved_from"],
            json!({ "name": "fund/C-1", "href": format!("/api/v1{claim}") })
        );
    }

    #[test]
    fn a_file_is_named_in_any_script() {
        assert_eq!(
            attachment("a\"b\r\n;c.pdf"),
            "attachment; filename=\"a_b___c.pdf\"; filename*=UTF-8''a%22b%0D%0A%3Bc.pdf"
        );
    }
}
