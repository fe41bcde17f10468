//! The form by which a claim is filed, drawn from the plugin's schema. Each button sends the whole form: one files the claim, the others
//! change the form and give it back with everything that was typed, so that it works without script.

mod page;
mod schema;
mod typed;

use axum::extract::{Multipart, Path, State};
use axum::http::Uri;
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::adjudication::ClaimKind;
use domain::claim::RETENTION_MONTHS;
use domain::digest::Digest;
use domain::plugin::Descriptor;
use domain::program::Program;
use portal::path;
use store::Snapshot;
use store::claim::attachment::NewAttachment;

use super::sent::Sent;
use super::{aside, html, no_claims, no_program};
use crate::claim::form::{Form, Problems, problems};
use crate::claim::ground::{Ground, request_named};
use crate::claim::proof;
use crate::claim::submit::{Submission, claimant, draft, submit};
use crate::program;
use crate::serve::App;
use crate::serve::asked::Asked;
use crate::serve::refusal::{Refusal, sentence};
pub use schema::label;

use schema::Blank;
use typed::{MOST_LINES, Problem, Texts, Typed};

/// What is to be filed, and by which form.
struct Filing {
    program: Program,
    kinds: Vec<ClaimKind>,
    kind: ClaimKind,
    blank: Blank,
    typed: Typed,
    /// Files that are here, as they would be attached.
    files: Vec<NewAttachment>,
    file_wrong: Vec<String>,
    problems: Vec<Problem>,
    /// The line that was just added.
    new_line: Option<usize>,
}

/// The empty form, with who claims where the address says it.
pub async fn form(State(app): State<App>, Path(code): Path<String>, uri: Uri) -> Result<Html<String>, Refusal> {
    let asked = Asked::of(&uri)?;
    let mut filing = Filing::open(&app, &code, &asked).await?;
    filing.typed.account = asked.get("account").unwrap_or_default().to_owned();
    filing.typed.request = asked.get("request").unwrap_or_default().to_owned();
    Ok(html(filing.page(&app)))
}

/// The form as it was filled in: filed, or given back.
pub async fn filed(
    State(app): State<App>,
    Path(code): Path<String>,
    uri: Uri,
    form: Multipart,
) -> Result<Response, Refusal> {
    let mut filing = Filing::open(&app, &code, &Asked::of(&uri)?).await?;
    let sent = Sent::of(form).await?;
    filing.typed = Typed::of(&sent);
    filing.take_files(&app, &sent);
    let is_draft = match sent.get("do") {
        "add-line" if filing.typed.lines.len() < MOST_LINES => {
            filing.new_line = Some(filing.typed.lines.len());
            filing.typed.lines.push(Texts::new());
            return Ok(html(filing.page(&app)).into_response());
        }
        "add-line" => {
            let code = &filing.program.code;
            filing.problems.push((
                String::new(),
                format!("the form takes at most {MOST_LINES} lines: submit a file by `gtm claim submit {code} ACCOUNT --file FILE`"),
            ));
            return Ok(html(filing.page(&app)).into_response());
        }
        "attach" => return Ok(html(filing.page(&app)).into_response()),
        "submit" => false,
        "draft" => true,
        other => {
            let place = other
                .strip_prefix("remove-")
                .and_then(|place| place.parse::<usize>().ok());
            let place = place.filter(|place| *place < filing.typed.lines.len());
            let place = place.ok_or_else(|| {
                Refusal::bad_request(format!("the form has no button `{other}`"))
                    .advise("Open the form again and press one of its buttons.")
            })?;
            filing.typed.lines.remove(place);
            if filing.typed.lines.is_empty() {
                filing.typed.lines.push(Texts::new());
            }
            return Ok(html(filing.page(&app)).into_response());
        }
    };
    filing.check(&app).await?;
    if !filing.problems.is_empty() || !filing.file_wrong.is_empty() {
        return Ok(html(filing.page(&app)).into_response());
    }
    let done = if is_draft { "draft" } else { "submit" };
    match filing.file(&app, is_draft).await {
        Ok(id) => {
            let address = path::with_query(path::claim(&id), &[("done", Some(done))]);
            Ok(Redirect::to(&address).into_response())
        }
        Err(e) => {
            filing.problems = match e.downcast::<Problems>() {
                Ok(problems) => problems.0,
                Err(e) => vec![(String::new(), sentence(e)?)],
            };
            Ok(html(filing.page(&app)).into_response())
        }
    }
}

/// What can be filed with a plugin.
pub fn kinds(descriptor: &Descriptor) -> Vec<ClaimKind> {
    match &descriptor.claims {
        None => vec![],
        Some(handling) if handling.request_schema.is_none() => vec![ClaimKind::Claim, ClaimKind::Deduction],
        Some(_) => vec![ClaimKind::Claim, ClaimKind::Request, ClaimKind::Deduction],
    }
}

impl Filing {
    async fn open(app: &App, code: &str, asked: &Asked) -> Result<Self, Refusal> {
        let mut snapshot = app.host.store.read().await?;
        let program = snapshot.program(code).await?.ok_or_else(|| no_program(code))?;
        let descriptor = program::descriptor(&mut snapshot, &program.id).await?;
        let kind = asked.get("kind").map_or(Ok(ClaimKind::Claim), str::parse);
        let kind = kind.map_err(|e: domain::Error| Refusal::bad_request(e.to_string()))?;
        let handling = descriptor.claims.as_ref().ok_or_else(|| no_claims(code))?;
        let schema = match (kind, &handling.request_schema) {
            (ClaimKind::Request, Some(schema)) => schema,
            (ClaimKind::Request, None) => {
                return Err(
                    Refusal::not_found(format!("plugin `{}` takes no requests", descriptor.id)).advise("File a claim."),
                );
            }
            _ => &handling.claim_schema,
        };
        Ok(Filing {
            blank: Blank::of(schema)?,
            kinds: kinds(&descriptor),
            program,
            kind,
            typed: Typed::blank(),
            files: vec![],
            file_wrong: vec![],
            problems: vec![],
            new_line: None,
        })
    }

    /// Files that were sent before, and those that come with the form. What cannot be attached is said, and not kept.
    fn take_files(&mut self, app: &App, sent: &Sent) {
        let kept = (0..proof::MAX_FILES).map_while(|place| {
            let of = |part: &str| sent.given(&format!("/files/{place}/{part}"));
            Some((
                of("sha256")?,
                of("name").unwrap_or_default(),
                of("kind"),
                of("leave-out").is_some(),
            ))
        });
        for (sha256, name, kind, leave_out) in kept {
            if leave_out {
                continue;
            }
            let content = sha256.parse().ok().and_then(|digest: Digest| app.uploads.get(&digest));
            match content {
                Some(content) => self.take_file(app, kind, name, content.to_vec()),
                None => self
                    .file_wrong
                    .push(format!("`{name}` was not kept for so long: choose it again")),
            }
        }
        for (name, content) in &sent.files {
            self.take_file(app, sent.given("files-kind"), name, content.clone());
        }
    }

    /// A file whose kind was mistyped is kept as what its name says it is, because no browser would send it again.
    fn take_file(&mut self, app: &App, kind: Option<&str>, name: &str, content: Vec<u8>) {
        let taken = proof::not_too_many(self.files.len() + 1).and_then(|()| proof::attachment(None, name, content));
        let mut file = match taken {
            Ok(file) => file,
            Err(e) => return self.file_wrong.push(e.to_string()),
        };
        match kind.map(str::to_lowercase) {
            Some(kind) if proof::is_kind(&kind) => file.kind = kind,
            // What a name says may be a word of any script.
            Some(kind) if kind != file.kind => self.file_wrong.push(format!(
                "`{kind}` is no word for what `{}` proves: it is `{}` by its name; write letters, digits and `-`, such as `invoice`",
                file.name, file.kind
            )),
            _ => {}
        }
        app.uploads.keep(&file.content);
        self.files.push(file);
    }

    /// Everything that can be said before it is filed.
    async fn check(&mut self, app: &App) -> Result<(), Refusal> {
        let mut snapshot = app.host.store.read().await?;
        self.problems = self.typed.problems(&self.blank);
        self.check_who(&mut snapshot).await?;
        drop(snapshot);
        let claim = self.typed.claim(self.kind, &self.blank);
        let (program, day) = (self.program.clone(), self.typed.submitted.trim().parse());
        let today = app.host.today()?;
        let found = aside(&app.host, async move |host| {
            let ground = Ground::of(&host, &program, day.unwrap_or(today)).await?;
            Ok(problems(&claim, &ground.plugin).0)
        });
        match found.await {
            Ok(found) => {
                for problem in found {
                    let problem = self.typed.rephrased(&self.blank, problem);
                    if !self.problems.contains(&problem) {
                        self.problems.push(problem);
                    }
                }
            }
            Err(e) => self.problems.push((String::new(), sentence(e)?)),
        }
        Ok(())
    }

    async fn check_who(&mut self, snapshot: &mut Snapshot) -> Result<(), Refusal> {
        let number = self.typed.account.trim();
        if number.is_empty() {
            self.problems.push(("/account".into(), "fill this in".into()));
            return Ok(());
        }
        let account = match claimant(snapshot, number).await {
            Ok(account) => account,
            Err(e) => {
                self.problems.push(("/account".into(), sentence(e)?));
                return Ok(());
            }
        };
        let request = self.typed.request.trim();
        if !request.is_empty()
            && let Err(e) = request_named(snapshot, &self.program, &account.id, self.kind, request).await
        {
            self.problems.push(("/request".into(), sentence(e)?));
        }
        Ok(())
    }

    /// Gives the claim's id.
    async fn file(&self, app: &App, is_draft: bool) -> anyhow::Result<String> {
        let form = Form::of(&self.typed.claim(self.kind, &self.blank))?;
        let (program, account) = (self.program.code.clone(), self.typed.account.trim().to_owned());
        let files = self.files.clone();
        let id = aside(&app.host, async move |host| {
            let submission = Submission {
                program: &program,
                account: &account,
                form,
                files,
                on: None,
                retain_months: RETENTION_MONTHS,
            };
            match is_draft {
                true => draft(&host, submission).await,
                false => submit(&host, submission).await,
            }
        });
        Ok(id.await?.to_string())
    }
}

#[cfg(test)]
mod tests {
    use crate::serve::story::Served;

    const NEW: &str = "/programs/fund/claims/new";
    const PDF: &[u8] = b"%PDF-1.7\n1 0 obj";

    #[tokio::test(flavor = "multi_thread")]
    async fn the_form_is_drawn_from_the_plugins_schema() {
        let served = Served::with_fund().await;
        let page = served.get(&format!("{NEW}?account=a&request=C-1")).await;
        assert_eq!(page.status, 200);
        page.shows(&[
            "<h1>File a claim",
            "name=\"/account\" type=\"text\" autocomplete=\"off\" value=\"a\"",
            "name=\"/request\" type=\"text\" autocomplete=\"off\" value=\"C-1\"",
            "One of the activities that the terms name.",
            "name=\"/fields/start\" type=\"date\"",
            "<textarea class=\"form-control\" id=\"fields:description\"",
            "Claimed, GBP",
            "name=\"/lines/0/fields/cost\" type=\"text\" inputmode=\"decimal\"",
            "Supplier</label>",
            "href=\"/programs/fund/claims/new?kind=request\"",
            "user:ada",
        ]);
        let request = served.get(&format!("{NEW}?kind=request")).await;
        request
            .shows(&["Ask for approval", "name=\"/lines/0/fields/cost\""])
            .hides(&["Supplier</label>", "Draws on request"]);
        assert_eq!(served.get(&format!("{NEW}?kind=wish")).await.status, 400);

        // Every button but two changes the form, and nothing that was typed is lost.
        let typed = [
            ("lines", "1"),
            ("/account", "a"),
            ("/fields/activity", "cam<paign"),
            ("/lines/0/claimed", "2.500,00"),
            ("/lines/0/fields/supplier", "Printers Ltd"),
        ];
        let page = served
            .fill(NEW, &[&typed[..], &[("do", "add-line")]].concat(), &[])
            .await;
        page.shows(&[
            "cam&#60;paign",
            "value=\"2.500,00\"",
            "Remove line 2",
            "name=\"/lines/1/claimed\"",
        ])
        .hides(&["It was not filed"]);
        let two = [("lines", "2"), ("/lines/1/claimed", "7"), ("do", "remove-0")];
        let page = served.fill(NEW, &two, &[]).await;
        page.shows(&["name=\"/lines/0/claimed\" type=\"text\" inputmode=\"decimal\" autocomplete=\"off\" value=\"7\""])
            .hides(&["/lines/1/"]);
        assert_eq!(served.fill(NEW, &[("do", "win")], &[]).await.status, 400);
        assert_eq!(served.say(NEW, "do=submit").await.status, 400);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_wrong_stands_beside_its_field_and_files_are_kept_meanwhile() {
        let served = Served::with_fund().await;
        let typed = [
            ("lines", "2"),
            ("/account", "nobody"),
            ("/submitted", "2011-02-30"),
            ("/fields/activity", "campaign"),
            ("/fields/start", "2011-02-07"),
            ("/fields/end", ""),
            ("/lines/0/claimed", "2.500,00"),
            ("/lines/0/fields/supplier", "Printers Ltd"),
            ("/lines/0/fields/invoice", ""),
            ("/lines/0/fields/cost", "100"),
            ("/lines/1/claimed", "5"),
            ("/lines/1/fields/supplier", "Printers Ltd"),
            ("/lines/1/fields/invoice", "INV-2"),
            ("/lines/1/fields/cost", "five"),
            ("/lines/1/fields/colour", "red"),
            ("do", "submit"),
        ];
        let program = [&b"\x7fELF\x02\x01\x01"[..], &[0; 60]].concat();
        let files = [("files", "../../invoice-7.pdf", PDF), ("files", "tool.pdf", &program)];
        let page = served.fill(NEW, &typed, &files).await;
        assert_eq!(page.status, 200);
        page.shows(&[
            "things are to be put right",
            "href=\"#account\">Participant: <span class=\"sentence\">there is no account <code>nobody</code>",
            "id=\"account::wrong\"",
            "href=\"#submitted\"",
            "href=\"#fields:end\">End: <span class=\"sentence\">fill this in",
            "href=\"#lines:0:claimed\">Line 1, Claimed, GBP: <span class=\"sentence\"><code>2.500,00</code> is not an amount",
            "href=\"#lines:0:fields:invoice\">Line 1, Invoice: <span class=\"sentence\">fill this in",
            "href=\"#lines:1:fields:cost\">Line 2, Cost: <span class=\"sentence\"><code>five</code> is not an amount",
            "what was typed is <code>red</code>",
            "<code>tool.pdf</code> is of the type application/x-executable by its content, which is not taken",
            "value=\"five\"",
            // The good file is kept, by its name alone.
            "invoice-7.pdf<input type=\"hidden\" name=\"/files/0/sha256\"",
            "application/pdf",
        ])
        .hides(&["../"]);
        assert!(
            served
                .get("/programs/fund/claims")
                .await
                .body
                .contains("Nothing was claimed yet.")
        );

        let digest = page.body.split("name=\"/files/0/sha256\" value=\"").nth(1).unwrap();
        let kept = [
            ("/files/0/sha256", &digest[..64]),
            ("/files/0/name", "invoice-7.pdf"),
            ("/files/0/kind", "photo"),
        ];
        let right = [
            ("lines", "1"),
            ("/account", "a"),
            ("/fields/activity", "campaign"),
            ("/fields/start", "2011-02-07"),
            ("/fields/end", "2011-02-11"),
            ("/lines/0/claimed", "100"),
            ("/lines/0/fields/supplier", "Printers Ltd"),
            ("/lines/0/fields/invoice", "INV-1"),
            ("/lines/0/fields/cost", "100"),
            ("do", "draft"),
        ];
        let answer = served.fill(NEW, &[&right[..], &kept].concat(), &[]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let page = served.get(answer.header("location")).await;
        page.shows(&[
            "<code>C-1</code> is written down as a draft",
            "invoice-7.pdf",
            ">photo<",
            "Submit the draft",
        ]);
        // What is refused as a whole is told above the form.
        let stranger = right.map(|(name, text)| match name {
            "/account" => (name, "c"),
            "do" => (name, "submit"),
            _ => (name, text),
        });
        let page = served.fill(NEW, &stranger, &[]).await;
        page.shows(&["account <code>c</code> takes no part in program <code>fund</code>"]);
        // A kind that was mistyped takes no file away; and what a name says of itself in any script is none of those.
        let attach = [("files-kind", "Invoice?"), ("do", "attach")];
        let page = served.fill(NEW, &attach, &[("files", "Foto für März.pdf", PDF)]).await;
        page.shows(&[
            "<code>invoice?</code> is no word for what <code>Foto für März.pdf</code> proves: it is <code>foto für märz</code> by its name",
            "Foto für März.pdf<input type=\"hidden\" name=\"/files/0/sha256\"",
            "name=\"/files/0/kind\" type=\"text\" autocomplete=\"off\" value=\"foto für märz\"",
        ]);
        let digest = page.body.split("name=\"/files/0/sha256\" value=\"").nth(1).unwrap();
        let mut kept = [
            ("/files/0/sha256", &digest[..64]),
            ("/files/0/name", "Foto für März.pdf"),
            ("/files/0/kind", "foto für märz"),
            ("do", "attach"),
        ];
        let kept_on = ["Foto für März.pdf<input"];
        served
            .fill(NEW, &kept, &[])
            .await
            .shows(&kept_on)
            .hides(&["is no word for"]);
        kept[2].1 = "a photo";
        served
            .fill(NEW, &kept, &[])
            .await
            .shows(&kept_on)
            .shows(&["<code>a photo</code> is no word for"]);
        let gone = [("/files/0/sha256", &*"0".repeat(64)), ("/files/0/name", "x.pdf")];
        let page = served.fill(NEW, &[&right[..], &gone].concat(), &[]).await;
        page.shows(&["<code>x.pdf</code> was not kept for so long: choose it again"]);
    }
}
