//! Writing a claim down and submitting it: it is held against its form, ruled on, and what would be approved is committed. One that seems to
//! be a duplicate is held instead.

use anyhow::{Context as _, Result, bail, ensure};
use domain::account::Account;
use domain::adjudication::Claim;
use domain::claim::stake::Stake;
use domain::claim::{Event, Status, content_digest, retained_until};
use domain::day::Day;
use domain::digest::Digest;
use domain::id::{AccountId, ClaimId, ProgramId};
use domain::money::Micros;
use domain::program::Program;
use store::claim::attachment::NewAttachment;
use store::claim::{Happening, KeptClaim, NewClaim};
use store::{Snapshot, Tx};

use super::form::Form;
use super::ground::{Asking, Ground, request_named};
use super::rule::{Books, Occasion, rule};
use super::{again, find, proof};
use crate::host::Host;

/// A claim as it comes in.
pub struct Submission<'a> {
    pub program: &'a str,
    pub account: &'a str,
    pub form: Form,
    pub files: Vec<NewAttachment>,
    /// Absent: the form's, else today.
    pub on: Option<Day>,
    pub retain_months: u32,
}

/// One that holds by its form, with what it needs to be written.
pub struct Ready {
    program: Program,
    account: AccountId,
    pub new: NewClaim,
    files: Vec<NewAttachment>,
    ground: Ground,
}

/// Writes a claim down as a draft.
pub async fn draft(host: &Host, submission: Submission<'_>) -> Result<ClaimId> {
    let ready = numbered(host, submission).await?;
    let mut tx = host.store.begin(&host.actor).await?;
    let id = tx.add_claim(&ready.new).await?;
    tx.attach(&id, &ready.files).await?;
    tx.commit().await?;
    Ok(id)
}

/// Writes a claim down and submits it. Nothing is kept of one that is refused.
pub async fn submit(host: &Host, submission: Submission<'_>) -> Result<ClaimId> {
    let ready = numbered(host, submission).await?;
    let mut tries = 0;
    loop {
        match sent(host, &ready, None).await {
            Ok(Some(id)) => return Ok(id),
            Ok(None) => again(&mut tries, None).await?,
            Err(e) => again(&mut tries, Some(e)).await?,
        }
    }
}

/// Submits a draft, with further files. It is kept for no shorter than it was to be as a draft.
pub async fn submit_draft(
    host: &Host,
    name: &str,
    files: Vec<NewAttachment>,
    on: Option<Day>,
    retain_months: u32,
) -> Result<ClaimId> {
    let mut snapshot = host.store.read().await?;
    let claim = find(&mut snapshot, name).await?;
    claim.standing.after(&claim.number, Event::Submit)?;
    let program = snapshot
        .program_by_id(&claim.program)
        .await?
        .context("the claim's program is missing")?;
    let submitted = match on {
        Some(day) => day,
        // A part of another deduction was deducted when that was.
        None if snapshot.moved_from(&claim.id).await?.is_some() => claim.submitted,
        None => host.today()?,
    };
    check_day(host, submitted)?;
    let asked = Claim {
        submitted,
        ..snapshot.asked(&claim).await?
    };
    drop(snapshot);
    let ready = Ready {
        ground: Ground::of(host, &program, submitted).await?,
        program,
        account: claim.account.clone(),
        new: NewClaim {
            program: claim.program.clone(),
            account: claim.account.clone(),
            request: claim.request.clone(),
            asked,
            content: claim.content,
            retained_until: retained_until(submitted, retain_months)?.max(claim.retained_until),
        },
        files,
    };
    let mut tries = 0;
    loop {
        match sent(host, &ready, Some(&claim)).await {
            Ok(Some(id)) => return Ok(id),
            Ok(None) => again(&mut tries, None).await?,
            Err(e) => again(&mut tries, Some(e)).await?,
        }
    }
}

/// One that holds, with a number of its own.
async fn numbered(host: &Host, submission: Submission<'_>) -> Result<Ready> {
    let given = submission.form.number.is_some();
    let mut ready = ready(host, submission).await?;
    if !given {
        ready.new.asked.number = take_number(host, &ready.program.id).await?;
    }
    Ok(ready)
}

/// A number that no claim of the program has. It stays unused when the claim is refused later.
async fn take_number(host: &Host, program: &ProgramId) -> Result<String> {
    let mut tries = 0;
    loop {
        let taken = async {
            let mut tx = host.store.begin(&host.actor).await?;
            let number = free_number(&mut tx, program).await?;
            tx.commit().await?;
            Ok(number)
        };
        match taken.await {
            Ok(number) => return Ok(number),
            Err(e) => again(&mut tries, Some(e)).await?,
        }
    }
}

/// Holds the submission against its form and everything that is known beforehand. Without a number in the form it has [`NO_NUMBER`] yet.
pub async fn ready(host: &Host, submission: Submission<'_>) -> Result<Ready> {
    let Submission { form, files, .. } = submission;
    let mut snapshot = host.store.read().await?;
    let code = submission.program;
    let program = snapshot
        .program(code)
        .await?
        .with_context(|| format!("there is no program `{code}`: `gtm program list` shows them"))?;
    let account = claimant(&mut snapshot, submission.account).await?;
    let submitted = submission.on.or(form.submitted).map_or_else(|| host.today(), Ok)?;
    check_day(host, submitted)?;
    let request = match &form.request {
        None => None,
        Some(number) => Some(request_named(&mut snapshot, &program, &account.id, form.kind, number).await?),
    };
    drop(snapshot);
    let ground = Ground::of(host, &program, submitted).await?;
    let number = form.number.as_deref().unwrap_or(NO_NUMBER);
    let asked = form.asked(&ground.plugin, program.currency, number, submitted)?;
    Ok(Ready {
        new: NewClaim {
            program: program.id.clone(),
            account: account.id.clone(),
            request,
            content: content_digest(&asked)?,
            asked,
            retained_until: retained_until(submitted, submission.retain_months)?,
        },
        program,
        account: account.id,
        files,
        ground,
    })
}

/// The account of that number.
pub async fn claimant(snapshot: &mut Snapshot, number: &str) -> Result<Account> {
    let account = snapshot.account(number).await?;
    account.with_context(|| format!("there is no account `{number}`"))
}

fn check_day(host: &Host, submitted: Day) -> Result<()> {
    let today = host.today()?;
    ensure!(
        submitted <= today,
        "{submitted} lies in the future: a claim is submitted today, {today}, or was before"
    );
    Ok(())
}

/// Of one that has none yet: no claim is given it.
const NO_NUMBER: &str = "C-0";

/// A number that no claim of the program has.
pub async fn free_number(tx: &mut Tx, program: &ProgramId) -> Result<String> {
    loop {
        let number = tx.next_claim_number().await?;
        if super::numbered(tx, Some(program), &number).await?.is_empty() {
            return Ok(number);
        }
    }
}

/// Rules and writes; nothing when what the ruling rests on was changed by somebody else in between.
async fn sent(host: &Host, ready: &Ready, draft: Option<&KeptClaim>) -> Result<Option<ClaimId>> {
    let Ready {
        program,
        account,
        new,
        files,
        ground,
    } = ready;
    let mut snapshot = host.store.read().await?;
    let attached = match draft {
        Some(draft) => snapshot.attachments(&draft.id).await?,
        None => vec![],
    };
    let proofs = proof::proofs(&attached, files);
    let asking = Asking {
        account,
        asked: &new.asked,
        kept: draft,
        request: new.request.as_ref(),
        proofs: &proofs,
    };
    let question = ground.question(&mut snapshot, asking).await?;
    let suspicion = suspicion(&mut snapshot, ground, asking, new.content).await?;
    drop(snapshot);
    // What may be a duplicate is not ruled on before a person has looked at it.
    let answer = match &suspicion {
        Some(_) => None,
        None => Some(rule(host, ground, question.clone(), 1).await?),
    };

    let books = Books {
        program,
        account,
        descriptor: ground.plugin.descriptor(),
    };
    let mut tx = host.store.begin(&host.actor).await?;
    books.hold(&mut tx).await?;
    let unchanged = ground.question(&mut tx, asking).await? == question
        && self::suspicion(&mut tx, ground, asking, new.content).await? == suspicion;
    if !unchanged {
        return Ok(None);
    }
    let id = written(&mut tx, new, draft).await?;
    tx.attach(&id, files).await?;
    let claim = tx.claim(&id).await?.context("the claim that was written is missing")?;
    match (&answer, &suspicion) {
        (Some(answer), _) => {
            let by = Occasion {
                event: Event::Submit,
                words: "",
                effective: new.asked.submitted,
                today: host.today()?,
            };
            books.propose(&mut tx, &claim, answer, by).await?;
        }
        (None, Some(reason)) => drop(tx.happen(&claim, &Happening::to(&claim, Event::Hold, reason)).await?),
        (None, None) => bail!("the claim was not ruled on"),
    }
    tx.commit().await?;
    Ok(Some(id))
}

async fn written(tx: &mut Tx, new: &NewClaim, draft: Option<&KeptClaim>) -> Result<ClaimId> {
    match draft {
        None => Ok(tx.add_claim(new).await?),
        Some(draft) => {
            if draft.submitted != new.asked.submitted || draft.retained_until != new.retained_until {
                tx.date_claim(draft, new.asked.submitted, new.retained_until).await?;
            }
            Ok(draft.id.clone())
        }
    }
}

/// Why it may be a duplicate, with the number of the other claim.
async fn suspicion(
    snapshot: &mut Snapshot,
    ground: &Ground,
    asking: Asking<'_>,
    content: Digest,
) -> Result<Option<String>> {
    let this = asking.kept.map(|kept| &kept.id);
    let program = &ground.program.id;
    if let Some(other) = snapshot.same_content(program, asking.account, content, this).await? {
        return Ok(Some(format!("it asks for the same as claim `{other}`, line by line")));
    }
    let lines = &asking.asked.lines;
    let keys: Vec<&str> = lines.iter().filter_map(|line| line.key.as_deref()).collect();
    let before = snapshot
        .claimed_before(program, asking.account, asking.asked.kind, &keys, this)
        .await?;
    if let Some(before) = before.first() {
        let line = lines.iter().find(|line| line.key.as_deref() == Some(&before.key));
        let names = ground.handling()?.line_key.join(" and ");
        return Ok(Some(format!(
            "line {} has the same {names} as line {} of claim `{}`",
            line.map_or(0, |line| line.number),
            before.number,
            before.claim
        )));
    }
    Ok(None)
}

/// What a claim that is not decided stands for.
pub fn stake_of(claim: &KeptClaim, status: Status, approved: Micros, written_off: Micros) -> Stake {
    Stake {
        kind: claim.standing.kind,
        against_request: claim.request.is_some(),
        status,
        approved,
        written_off,
    }
}
