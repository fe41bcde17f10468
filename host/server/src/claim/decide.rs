//! A person confirms the plugin's ruling, pays lines with less, splits a deduction, or denies. It is somebody else than the one who submitted.

use anyhow::{Context as _, Result, bail, ensure};
use domain::approval;
use domain::claim::split::{Part, split};
use domain::claim::verdict::{Less, Verdict, confirm, deny};
use domain::claim::{Event, another};
use domain::day::Day;
use domain::digest::Digest;
use domain::id::{AgreementId, ClaimId};
use domain::money::Micros;
use store::Tx;
use store::agreement::Use;
use store::claim::{Happening, KeptClaim};

use super::consent::{Proposal, given};
use super::ground::{Asking, Ground};
use super::rule::{Books, Occasion, rule};
use super::split::Drafts;
use super::submit::stake_of;
use super::{again, find, proof, submitter};
use crate::host::Host;

/// What somebody decides.
#[derive(Clone, Debug)]
pub enum Choice {
    /// As the plugin ruled, with less on some lines.
    Approve {
        less: Vec<Less>,
        reason: Option<String>,
    },
    /// Each line of a deduction in parts.
    Split {
        parts: Vec<Part>,
        reason: String,
    },
    Deny {
        reason: String,
    },
}

/// Reads `N=AMOUNT`.
pub fn less(text: &str) -> Result<Less> {
    let refuse = || format!("`{text}` is no line with an amount: write N=AMOUNT, such as 2=99.50");
    let (line, amount) = text.split_once('=').with_context(refuse)?;
    Ok(Less {
        line: line.trim().parse().ok().with_context(refuse)?,
        amount: amount.trim().parse::<Micros>()?,
    })
}

/// Decides. `seen` is the number of the ruling that whoever decides has before them, where they were shown one.
///
/// # Errors
/// Anything that the rules refuse; another ruling than the one that was seen.
pub async fn decide(host: &Host, name: &str, choice: &Choice, seen: Option<i64>) -> Result<ClaimId> {
    let mut tries = 0;
    loop {
        match decided(host, name, choice, seen).await {
            Ok(Some(id)) => return Ok(id),
            Ok(None) => again(&mut tries, None).await?,
            Err(e) => again(&mut tries, Some(e)).await?,
        }
    }
}

/// Nothing when what the ruling rests on was changed by somebody else in between.
async fn decided(host: &Host, name: &str, choice: &Choice, seen: Option<i64>) -> Result<Option<ClaimId>> {
    let mut snapshot = host.store.read().await?;
    let claim = find(&mut snapshot, name).await?;
    // Whether it can be decided at all; how is known at the end.
    claim
        .standing
        .after(&claim.number, Event::Decide(domain::claim::Outcome::Denied))?;
    let author = submitter(&mut snapshot, &claim).await?;
    let today = host.today()?;
    another(&host.actor, &author, &claim.number)?;
    let program = snapshot
        .program_by_id(&claim.program)
        .await?
        .context("the claim's program is missing")?;
    let rulings = snapshot.rulings(&claim.id).await?;
    let latest = rulings.last().context("the claim was not ruled on")?;
    ensure!(
        seen.is_none_or(|seen| seen == latest.number),
        "`{}` was ruled on again since this page was opened: look at it and decide once more",
        claim.number
    );
    let ruled: domain::adjudication::Decision =
        serde_json::from_slice(&latest.ruled.output).context("the ruling that was kept cannot be read")?;
    let asked = snapshot.asked(&claim).await?;
    let proofs = proof::proofs(&snapshot.attachments(&claim.id).await?, &[]);
    drop(snapshot);
    let ground = Ground::of(host, &program, claim.submitted).await?;
    let books = Books {
        program: &program,
        account: &claim.account,
        descriptor: ground.plugin.descriptor(),
    };

    let proposal = |verdict: &Verdict| {
        Ok::<_, domain::Error>(Proposal {
            claim: &claim,
            ruling: latest.number,
            amount: verdict.approved.checked_add(verdict.written_off)?,
            currency: program.currency,
        })
    };

    let words = match choice {
        Choice::Deny { reason } => {
            let verdict = deny(&asked, reason)?;
            let mut tx = host.store.begin(&host.actor).await?;
            books.hold(&mut tx).await?;
            given(
                &mut tx,
                proposal(&verdict)?,
                approval::Verdict::Reject,
                reason,
                &author,
                today,
            )
            .await?;
            let of = Decided {
                verdict,
                ruling: latest.number,
                words: reason,
                drafts: Drafts::default(),
                today,
            };
            kept(&mut tx, &books, &claim, &of).await?;
            tx.commit().await?;
            return Ok(Some(claim.id));
        }
        Choice::Approve { reason, .. } => reason.as_deref().unwrap_or(""),
        Choice::Split { reason, .. } => reason,
    };
    let asking = Asking {
        account: &claim.account,
        asked: &asked,
        kept: Some(&claim),
        request: claim.request.as_ref(),
        proofs: &proofs,
    };
    let question = ground.question(&mut host.store.read().await?, asking).await?;
    let same_ground = ground.terms.component == latest.ruled.receipt.component
        && Digest::of(&domain::digest::canonical_json(&question.context)?) == latest.ruled.receipt.context
        && Digest::of(&domain::digest::canonical_json(&question.evidence)?) == latest.ruled.receipt.evidence;
    let newer = match same_ground {
        true => None,
        false => Some(rule(host, &ground, question.clone(), latest.number + 1).await?),
    };
    let (verdict, drafts) = match choice {
        Choice::Split { parts, reason } => {
            let writes_off = ground.handling()?.written_off.is_some();
            let verdict = split(
                &asked,
                &ruled,
                program.currency,
                &program.code,
                writes_off,
                parts,
                reason,
            )?;
            (
                verdict,
                Drafts::of(host, &claim, &asked, program.currency, parts).await?,
            )
        }
        Choice::Approve { less, reason } => (
            confirm(&asked, &ruled, program.currency, less, reason.as_deref())?,
            Drafts::default(),
        ),
        Choice::Deny { reason } => (deny(&asked, reason)?, Drafts::default()),
    };

    let mut tx = host.store.begin(&host.actor).await?;
    books.hold(&mut tx).await?;
    if ground.question(&mut tx, asking).await? != question {
        return Ok(None);
    }
    match newer {
        Some(newer) if newer.decision.lines != ruled.lines => {
            let by = Occasion {
                event: Event::Rule,
                words: "what the ruling rested on had changed",
                effective: today,
                today,
            };
            books.propose(&mut tx, &claim, &newer, by).await?;
            tx.commit().await?;
            bail!(
                "what the ruling on `{}` rests on has changed since, and it was ruled on again: {} {} would be approved by now; look at it \
                 and decide once more",
                claim.number,
                newer.approved,
                program.currency
            );
        }
        newer => {
            let consent = given(
                &mut tx,
                proposal(&verdict)?,
                approval::Verdict::Approve,
                words,
                &author,
                today,
            );
            // Where somebody else must agree too, only this one's word is kept.
            if consent.await? {
                let number = newer
                    .as_ref()
                    .map_or(latest.number, |newer| newer.ruled.receipt.revision);
                if let Some(newer) = &newer {
                    tx.add_ruling(&claim.id, &newer.ruled).await?;
                }
                let of = Decided {
                    verdict,
                    ruling: number,
                    words,
                    drafts,
                    today,
                };
                kept(&mut tx, &books, &claim, &of).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(Some(claim.id))
}

/// All that is kept of a decision.
struct Decided<'a> {
    verdict: Verdict,
    /// Number of the ruling that it rests on.
    ruling: i64,
    words: &'a str,
    /// What the parts of a split deduction become elsewhere.
    drafts: Drafts,
    today: Day,
}

async fn kept(tx: &mut Tx, books: &Books<'_>, claim: &KeptClaim, of: &Decided<'_>) -> Result<()> {
    let Decided { verdict, ruling, .. } = of;
    let happening = Happening {
        approved: verdict.approved,
        written_off: verdict.written_off,
        ruling: *ruling,
        ..Happening::to(claim, Event::Decide(verdict.outcome), of.words)
    };
    let revision = tx.happen(claim, &happening).await?;
    tx.add_decisions(&claim.id, revision, *ruling, &verdict.lines).await?;
    of.drafts.keep(tx, claim, revision, &verdict.lines).await?;
    let uses = uses(tx, claim, verdict).await?;
    tx.use_agreements(&claim.id, revision, &uses).await?;
    let stake = stake_of(claim, verdict.outcome.status(), verdict.approved, verdict.written_off);
    books.post(tx, &claim.id, revision, stake, of.today).await
}

/// What the lines use of agreements. A request promises and uses nothing yet.
async fn uses(tx: &mut Tx, claim: &KeptClaim, verdict: &Verdict) -> Result<Vec<Use>> {
    let consumes = verdict.lines.iter().any(|line| !line.consumed.is_empty());
    if !consumes || claim.standing.kind == domain::adjudication::ClaimKind::Request {
        return Ok(vec![]);
    }
    let agreements = tx.agreements(&claim.program, Some(&claim.account), None, None).await?;
    let mut uses: Vec<Use> = Vec::new();
    for line in &verdict.lines {
        for consumed in &line.consumed {
            let agreement = agreements
                .iter()
                .find(|kept| kept.agreement.number == consumed.agreement)
                .with_context(|| format!("the agreement `{}` that the ruling uses is missing", consumed.agreement))?;
            let id: &AgreementId = &agreement.id;
            // A ruling may use the same agreement for one line in parts.
            match uses
                .iter_mut()
                .find(|used| used.agreement == *id && used.line == line.number)
            {
                Some(used) => used.quantity = used.quantity.checked_add(consumed.quantity)?,
                None => uses.push(Use {
                    agreement: id.clone(),
                    line: line.number,
                    quantity: consumed.quantity,
                }),
            }
        }
    }
    Ok(uses)
}
