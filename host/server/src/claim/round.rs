//! What happens around a decision: a claim is withdrawn, released from suspicion, disputed and answered, or begins a new round.

use anyhow::{Context as _, Result, bail, ensure};
use domain::adjudication::ClaimKind;
use domain::claim::{Event, Status, another};
use domain::id::ClaimId;
use domain::money::Micros;
use domain::plugin::Descriptor;
use store::claim::attachment::NewAttachment;
use store::claim::read::ClaimFilter;
use store::claim::{Happening, KeptClaim};
use store::{Snapshot, Tx};

use super::ground::{Asking, Ground};
use super::rule::{Books, Occasion, rule};
use super::submit::stake_of;
use super::{again, consent, find, proof, submitter};
use crate::host::Host;

/// Takes back what is not decided yet, or lets go of what is left of an approved request.
pub async fn withdraw(host: &Host, name: &str, words: &str) -> Result<ClaimId> {
    let mut snapshot = host.store.read().await?;
    let claim = find(&mut snapshot, name).await?;
    claim.standing.after(&claim.number, Event::Withdraw)?;
    let used = used(&mut snapshot, &claim).await?;
    ended(host, snapshot, &claim, Event::Withdraw, used, words).await
}

/// A person says that a held claim is a duplicate: it is denied.
pub async fn confirm_duplicate(host: &Host, name: &str, words: &str) -> Result<ClaimId> {
    let mut snapshot = host.store.read().await?;
    let claim = find(&mut snapshot, name).await?;
    claim.standing.after(&claim.number, Event::Confirm)?;
    another(&host.actor, &submitter(&mut snapshot, &claim).await?, &claim.number)?;
    ended(host, snapshot, &claim, Event::Confirm, Micros::ZERO, words).await
}

/// Ends a claim without a ruling; of a request what claims have used stays.
async fn ended(
    host: &Host,
    mut snapshot: Snapshot,
    claim: &KeptClaim,
    event: Event,
    used: Micros,
    words: &str,
) -> Result<ClaimId> {
    let program = snapshot
        .program_by_id(&claim.program)
        .await?
        .context("the claim's program is missing")?;
    let descriptor = descriptor_of(&mut snapshot, claim).await?;
    drop(snapshot);
    let today = host.today()?;
    let mut tries = 0;
    loop {
        let attempt = async {
            let mut tx = host.store.begin(&host.actor).await?;
            if let Some(descriptor) = &descriptor {
                let books = Books {
                    program: &program,
                    account: &claim.account,
                    descriptor,
                };
                books.hold(&mut tx).await?;
                ensure!(
                    self::used(&mut tx, claim).await? == used || event != Event::Withdraw,
                    "something was claimed against `{}` in the meantime: look at it again",
                    claim.number
                );
                let revision = moved(&mut tx, claim, event, used, words).await?;
                tx.restore_agreements(&claim.id, revision).await?;
                let to = claim.standing.after(&claim.number, event)?;
                let stake = stake_of(claim, to, used, Micros::ZERO);
                books.post(&mut tx, &claim.id, revision, stake, today).await?;
            } else {
                // Never ruled on, so nothing was moved.
                moved(&mut tx, claim, event, used, words).await?;
            }
            consent::withdraw(&mut tx, claim).await?;
            Ok(tx.commit().await?)
        };
        match attempt.await {
            Ok(()) => return Ok(claim.id.clone()),
            Err(e) => again(&mut tries, Some(e)).await?,
        }
    }
}

async fn moved(tx: &mut Tx, claim: &KeptClaim, event: Event, approved: Micros, words: &str) -> Result<i64> {
    let happening = Happening {
        approved,
        written_off: Micros::ZERO,
        ..Happening::to(claim, event, words)
    };
    Ok(tx.happen(claim, &happening).await?)
}

/// What claims have used of an approved request; 0 of anything else.
async fn used(snapshot: &mut Snapshot, claim: &KeptClaim) -> Result<Micros> {
    if claim.standing.kind != ClaimKind::Request || claim.standing.outcome.is_none() {
        return Ok(Micros::ZERO);
    }
    let filter = ClaimFilter {
        request: Some(claim.id.clone()),
        status: Some(Status::InReview),
        ..ClaimFilter::default()
    };
    if let Some(other) = snapshot.claims(&filter, None, 1).await?.first() {
        bail!(
            "claim `{}` against request `{}` is in review: decide or withdraw it first",
            other.number,
            claim.number
        );
    }
    Ok(snapshot.used_of_request(&claim.id, None).await?)
}

/// What the plugin that ruled last says of itself; nothing before the first ruling.
async fn descriptor_of(snapshot: &mut Snapshot, claim: &KeptClaim) -> Result<Option<Descriptor>> {
    let Some(latest) = snapshot.rulings(&claim.id).await?.pop() else {
        return Ok(None);
    };
    let terms = snapshot
        .terms(&latest.ruled.terms)
        .await?
        .context("the ruling's terms are missing")?;
    let version = snapshot.plugin_version(&terms.plugin_version).await?;
    Ok(Some(
        version.context("the ruling's plugin version is missing")?.descriptor,
    ))
}

/// A person says that a held claim is no duplicate: it is ruled on.
pub async fn release(host: &Host, name: &str, words: &str) -> Result<ClaimId> {
    round(host, name, Event::Release, words, &[]).await
}

/// Begins a new round: what was decided is taken back, and the claim is ruled on again.
pub async fn reopen(host: &Host, name: &str, words: &str, files: &[NewAttachment]) -> Result<ClaimId> {
    round(host, name, Event::Reopen, words, files).await
}

async fn round(host: &Host, name: &str, event: Event, words: &str, files: &[NewAttachment]) -> Result<ClaimId> {
    let mut tries = 0;
    loop {
        match ruled(host, name, event, words, files).await {
            Ok(Some(id)) => return Ok(id),
            Ok(None) => again(&mut tries, None).await?,
            Err(e) => again(&mut tries, Some(e)).await?,
        }
    }
}

/// Nothing when what the ruling rests on was changed by somebody else in between.
async fn ruled(host: &Host, name: &str, event: Event, words: &str, files: &[NewAttachment]) -> Result<Option<ClaimId>> {
    let mut snapshot = host.store.read().await?;
    let claim = find(&mut snapshot, name).await?;
    claim.standing.after(&claim.number, event)?;
    if event == Event::Release {
        another(&host.actor, &submitter(&mut snapshot, &claim).await?, &claim.number)?;
    }
    if event == Event::Reopen && claim.standing.kind == ClaimKind::Request {
        let used = used(&mut snapshot, &claim).await?;
        ensure!(
            used == Micros::ZERO,
            "{used} of request `{}` was claimed already: make a new request for more",
            claim.number
        );
    }
    if event == Event::Reopen {
        let parts = snapshot.claim_parts(&claim.id).await?;
        let mut moved = parts.iter().filter_map(|part| part.moved_to.as_ref());
        if let Some(there) = moved.find(|there| there.status != Status::Withdrawn) {
            let first = match there.status {
                Status::Draft | Status::Held | Status::InReview => "withdraw that first",
                _ => "reopen and withdraw that first",
            };
            bail!(
                "a part of `{}` was moved to `{}/{}`, which is {}: {first}",
                claim.number,
                there.program,
                there.number,
                there.status
            );
        }
    }
    let program = snapshot
        .program_by_id(&claim.program)
        .await?
        .context("the claim's program is missing")?;
    let asked = snapshot.asked(&claim).await?;
    let proofs = proof::proofs(&snapshot.attachments(&claim.id).await?, files);
    drop(snapshot);
    let ground = Ground::of(host, &program, claim.submitted).await?;
    let asking = Asking {
        account: &claim.account,
        asked: &asked,
        kept: Some(&claim),
        request: claim.request.as_ref(),
        proofs: &proofs,
    };
    let question = ground.question(&mut host.store.read().await?, asking).await?;
    let answer = rule(host, &ground, question.clone(), claim.ruling + 1).await?;

    let books = Books {
        program: &program,
        account: &claim.account,
        descriptor: ground.plugin.descriptor(),
    };
    let mut tx = host.store.begin(&host.actor).await?;
    books.hold(&mut tx).await?;
    if ground.question(&mut tx, asking).await? != question {
        return Ok(None);
    }
    tx.attach(&claim.id, files).await?;
    let today = host.today()?;
    let by = Occasion {
        event,
        words,
        effective: today,
        today,
    };
    let revision = books.propose(&mut tx, &claim, &answer, by).await?;
    tx.restore_agreements(&claim.id, revision).await?;
    tx.commit().await?;
    Ok(Some(claim.id))
}

/// A participant does not agree with what was adjusted or denied.
pub async fn dispute(host: &Host, name: &str, line: Option<u32>, words: &str) -> Result<ClaimId> {
    let mut snapshot = host.store.read().await?;
    let claim = find(&mut snapshot, name).await?;
    claim.standing.after(&claim.number, Event::Dispute)?;
    ensure!(!words.trim().is_empty(), "a dispute says what is wrong");
    if let Some(line) = line {
        let asked = snapshot.asked(&claim).await?;
        let Some(of) = asked.lines.iter().find(|of| of.number == line) else {
            bail!("claim `{}` has no line {line}", claim.number)
        };
        let decisions = snapshot.decisions(&claim.id).await?;
        let decided = decisions.iter().rfind(|decided| decided.line == line);
        ensure!(
            decided.is_none_or(|decided| decided.approved < of.claimed),
            "line {line} of claim `{}` was paid as claimed: there is nothing to dispute",
            claim.number
        );
    }
    drop(snapshot);
    happened(host, &claim, Event::Dispute, line, words).await
}

/// Somebody else answers a dispute: it stays as it was decided.
pub async fn uphold(host: &Host, name: &str, words: &str) -> Result<ClaimId> {
    let claim = answered(host, name, Event::Uphold, words).await?;
    happened(host, &claim, Event::Uphold, None, words).await
}

/// Somebody else answers a dispute: a new round begins.
pub async fn grant(host: &Host, name: &str, words: &str) -> Result<ClaimId> {
    answered(host, name, Event::Reopen, words).await?;
    reopen(host, name, words, &[]).await
}

async fn answered(host: &Host, name: &str, event: Event, words: &str) -> Result<KeptClaim> {
    let mut snapshot = host.store.read().await?;
    let claim = find(&mut snapshot, name).await?;
    ensure!(
        claim.standing.status == Status::Disputed,
        "claim `{}` is {}, not disputed: there is nothing to answer",
        claim.number,
        claim.standing.status
    );
    claim.standing.after(&claim.number, event)?;
    ensure!(!words.trim().is_empty(), "a dispute is answered with words");
    let history = snapshot.claim_history(&claim.id).await?;
    let disputed = history
        .iter()
        .rfind(|happened| happened.event == Event::Dispute.as_str());
    ensure!(
        disputed.is_none_or(|happened| happened.actor != host.actor),
        "{} disputed `{}` and cannot answer it: somebody else must",
        host.actor,
        claim.number
    );
    Ok(claim)
}

async fn happened(host: &Host, claim: &KeptClaim, event: Event, line: Option<u32>, words: &str) -> Result<ClaimId> {
    let mut tries = 0;
    loop {
        let attempt = async {
            let mut tx = host.store.begin(&host.actor).await?;
            let happening = Happening {
                line,
                ..Happening::to(claim, event, words)
            };
            tx.happen(claim, &happening).await?;
            Ok(tx.commit().await?)
        };
        match attempt.await {
            Ok(()) => return Ok(claim.id.clone()),
            Err(e) => again(&mut tries, Some(e)).await?,
        }
    }
}
