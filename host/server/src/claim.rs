//! `gtm claim …`: requests, claims and deductions, from the file that comes in to what the ledger holds for it. Start at [`submit`], then
//! [`ground`] for what a ruling stands on, [`rule`] for the ruling, and [`decide`].

pub mod form;
pub mod proof;
pub mod ground;
pub mod rule;
pub mod submit;
pub mod consent;
pub mod decide;
pub mod split;
pub mod round;
pub mod show;
pub mod replay;
pub mod text;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::actor::Actor;
use domain::id::{ClaimId, ProgramId};
use store::Snapshot;
use store::claim::KeptClaim;
use store::claim::read::ClaimFilter;

use crate::cli::claim as cli;
use crate::command::End;
use crate::host::Host;
use crate::output::{Format, print};
use form::Form;
use submit::Submission;

/// Does what the command line says and prints the answer.
pub async fn command(host: &Host, of: cli::Claim, format: Format) -> Result<End> {
    let done = match of {
        cli::Claim::List(of) => {
            let page = show::list(host, &of).await?;
            return print(format, &page, text::list).map(|()| End::Done);
        }
        cli::Claim::Replay(of) => {
            let replayed = replay::replay(host, &of.claims).await?;
            print(format, &replayed, |replayed| text::replayed(replayed))?;
            return Ok(match replayed.iter().all(|replayed| replayed.identical) {
                true => End::Done,
                false => End::Differs,
            });
        }
        cli::Claim::Show(of) => find(&mut host.store.read().await?, &of.claim).await?.id,
        cli::Claim::New(of) => {
            let submission = submission(&of.program, &of.account, &of.contents)?;
            submit::draft(host, submission).await?
        }
        cli::Claim::Submit(of) => submitted(host, of).await?,
        cli::Claim::Decide(of) => {
            let choice = match of.deny {
                true => decide::Choice::Deny {
                    reason: of.reason.unwrap_or_default(),
                },
                false => decide::Choice::Approve {
                    less: of.line.iter().map(|line| decide::less(line)).collect::<Result<_>>()?,
                    reason: of.reason,
                },
            };
            decide::decide(host, &of.claim, &choice, None).await?
        }
        cli::Claim::Split(of) => {
            let choice = decide::Choice::Split {
                parts: of.part.iter().map(|part| split::part(part)).collect::<Result<_>>()?,
                reason: of.reason,
            };
            decide::decide(host, &of.claim, &choice, None).await?
        }
        cli::Claim::Withdraw(of) => round::withdraw(host, &of.claim, &of.words).await?,
        cli::Claim::Reopen(of) => round::reopen(host, &of.of.claim, &of.of.words, &proof::read(&of.attach)?).await?,
        cli::Claim::Dispute(of) => round::dispute(host, &of.claim, of.line, &of.words).await?,
        cli::Claim::Answer(of) if of.uphold => round::uphold(host, &of.claim, &of.words).await?,
        cli::Claim::Answer(of) => round::grant(host, &of.claim, &of.words).await?,
        cli::Claim::Release(of) if of.confirm => round::confirm_duplicate(host, &of.of.claim, &of.of.words).await?,
        cli::Claim::Release(of) => round::release(host, &of.of.claim, &of.of.words).await?,
    };
    let shown = show::show(host, &done).await?;
    print(format, &shown, text::claim)?;
    Ok(match shown.summary.status {
        domain::claim::Status::Held => End::Held,
        _ => End::Done,
    })
}

async fn submitted(host: &Host, of: cli::Submit) -> Result<ClaimId> {
    let files = proof::read(&of.sent.attach)?;
    let (Some(account), Some(file)) = (of.account, of.file) else {
        return submit::submit_draft(host, &of.program, files, of.sent.on, of.sent.retain_months).await;
    };
    let mut form = Form::read(&file, of.lines.as_deref())?;
    form.kind = of.kind.unwrap_or(form.kind);
    form.request = of.request.or(form.request);
    let submission = Submission {
        program: &of.program,
        account: &account,
        form,
        files,
        on: of.sent.on,
        retain_months: of.sent.retain_months,
    };
    submit::submit(host, submission).await
}

fn submission<'a>(program: &'a str, account: &'a str, of: &cli::Contents) -> Result<Submission<'a>> {
    let mut form = Form::read(&of.file, of.lines.as_deref())?;
    form.kind = of.kind.unwrap_or(form.kind);
    form.request = of.request.clone().or(form.request);
    Ok(Submission {
        program,
        account,
        form,
        files: proof::read(&of.sent.attach)?,
        on: of.sent.on,
        retain_months: of.sent.retain_months,
    })
}

/// Finds a claim by its number, by PROGRAM/NUMBER, or by its id.
pub async fn find(snapshot: &mut Snapshot, name: &str) -> Result<KeptClaim> {
    let (program, number) = match name.split_once('/') {
        None => (None, name),
        Some((code, number)) => {
            let program = snapshot.program(code).await?;
            (
                Some(program.with_context(|| format!("there is no program `{code}`"))?.id),
                number,
            )
        }
    };
    let mut found = numbered(snapshot, program.as_ref(), number).await?;
    if found.is_empty() && program.is_none() {
        found.extend(snapshot.claim(&ClaimId::from(name.to_owned())).await?);
    }
    match (found.pop(), found.len()) {
        (Some(claim), 0) => Ok(claim),
        (Some(_), others) => bail!("{} programs have a claim `{name}`: write PROGRAM/{name}", others + 1),
        (None, _) => bail!("there is no claim `{name}`: `gtm claim list` shows them"),
    }
}

/// The claims of this number: one in each program at most.
pub async fn numbered(snapshot: &mut Snapshot, program: Option<&ProgramId>, number: &str) -> Result<Vec<KeptClaim>> {
    let filter = ClaimFilter {
        program: program.cloned(),
        number: Some(number.to_owned()),
        ..ClaimFilter::default()
    };
    Ok(snapshot.claims(&filter, None, 100).await?)
}

/// Who submitted a claim.
async fn submitter(snapshot: &mut Snapshot, claim: &KeptClaim) -> Result<Actor> {
    let history = snapshot.claim_history(&claim.id).await?;
    let submitted = history
        .into_iter()
        .find(|happened| happened.event == "submit" || happened.event == "hold");
    Ok(submitted.context("the claim was not submitted")?.actor)
}

/// How often a change is tried that others get in the way of. Whenever one is lost another was kept, so that this is a great many.
const TRIES: u32 = 500;

/// Before the next try: waits a moment where somebody else is writing, and gives up on what trying again does not help.
async fn again(tries: &mut u32, failed: Option<anyhow::Error>) -> Result<()> {
    *tries += 1;
    match failed {
        Some(e) if !matches!(e.downcast_ref(), Some(store::Error::Busy)) => Err(e),
        _ if *tries >= TRIES => bail!("too many others change the same balances at this moment: try again"),
        Some(_) => {
            tokio::time::sleep(Duration::from_millis(u64::from(10 * (*tries).min(20)))).await;
            Ok(())
        }
        None => Ok(()),
    }
}
