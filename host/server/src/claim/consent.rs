//! A claim of an amount that a rule names is decided with the consent that the rule demands: see [`domain::approval`]. What is consented to
//! is one ruling. Whenever a claim is ruled on, consent is asked for, and what still waits about an earlier ruling is withdrawn.

use anyhow::{Context as _, Result, bail};
use domain::actor::Actor;
use domain::adjudication::ClaimKind;
use domain::approval::{Approval, Kind, Status, Verdict};
use domain::currency::Currency;
use domain::day::Day;
use domain::id::ClaimId;
use domain::money::Micros;
use store::approval::NewApproval;
use store::claim::KeptClaim;
use store::{Snapshot, Tx};

/// One ruling on a claim, and what it would cost: what would be approved, and what would be written off.
#[derive(Clone, Copy)]
pub struct Proposal<'a> {
    pub claim: &'a KeptClaim,
    pub ruling: i64,
    pub amount: Micros,
    pub currency: Currency,
}

impl Proposal<'_> {
    fn kind(&self) -> Kind {
        kind(self.claim)
    }

    fn subject(&self) -> String {
        subject(&self.claim.id, self.ruling)
    }
}

fn kind(claim: &KeptClaim) -> Kind {
    match claim.standing.kind {
        ClaimKind::Request => Kind::Request,
        ClaimKind::Claim | ClaimKind::Deduction => Kind::Claim,
    }
}

fn subject(claim: &ClaimId, ruling: i64) -> String {
    format!("{claim}:{ruling}")
}

/// The claim that an approval is about; nothing when it is about something else.
pub fn claim_of(approval: &Approval) -> Option<ClaimId> {
    let (claim, _ruling) = approval.subject.split_once(':')?;
    matches!(approval.kind, Kind::Claim | Kind::Request).then(|| claim.to_owned().into())
}

/// Asks for consent where a rule demands it, instead of any that still waits about the claim; whoever submitted the claim is the author.
pub async fn ask(tx: &mut Tx, of: Proposal<'_>, author: &Actor, today: Day) -> Result<Option<Approval>> {
    withdraw(tx, of.claim).await?;
    let new = NewApproval {
        kind: of.kind(),
        subject: &of.subject(),
        title: format!("{} {}", of.claim.standing.kind.as_str(), of.claim.number),
        amount: Some(of.amount),
        unit: Some(of.currency.code()),
        author,
    };
    Ok(tx.ask_approval(&new, today).await?)
}

/// Nobody's consent is needed any more: the claim ends, or is ruled on again.
pub async fn withdraw(tx: &mut Tx, claim: &KeptClaim) -> Result<()> {
    let subjects: Vec<String> = (1..=claim.ruling).map(|ruling| subject(&claim.id, ruling)).collect();
    Ok(tx.withdraw_approvals(kind(claim), &subjects).await?)
}

/// Takes a decision as its actor's verdict, where consent is needed, and says whether the claim can be decided now.
///
/// # Errors
/// When the actor has no authority, or somebody rejected it before.
pub async fn given(
    tx: &mut Tx,
    of: Proposal<'_>,
    verdict: Verdict,
    words: &str,
    author: &Actor,
    today: Day,
) -> Result<bool> {
    let covers = |approval: &Approval| approval.amount.is_some_and(|amount| amount >= of.amount);
    let asked = tx.approval_of(of.kind(), &of.subject()).await?;
    // Also where more is decided than was asked for: what was rejected is not asked for again by asking for more.
    if let Some(rejected) = asked.as_ref().filter(|asked| asked.status == Status::Rejected)
        && verdict == Verdict::Approve
    {
        bail!("{} was rejected: deny the claim, or have it reopened", rejected.label());
    }
    let asked = match (asked.filter(covers), verdict) {
        (None, Verdict::Approve) => ask(tx, of, author, today).await?,
        (asked, _) => asked,
    };
    let Some(approval) = asked else { return Ok(true) };
    match approval.status {
        Status::Open => {
            let voted = tx.vote(approval.number, verdict, words, today).await?;
            Ok(voted.status != Status::Open)
        }
        _ => Ok(true),
    }
}

/// The newest that was asked for about a claim.
pub async fn about(snapshot: &mut Snapshot, claim: &KeptClaim) -> Result<Option<Approval>> {
    let Some(ruling) = snapshot.rulings(&claim.id).await?.last().map(|kept| kept.number) else {
        return Ok(None);
    };
    let of = Proposal {
        claim,
        ruling,
        amount: claim.approved.checked_add(claim.written_off)?,
        currency: snapshot
            .program_by_id(&claim.program)
            .await?
            .context("the claim's program is missing")?
            .currency,
    };
    Ok(snapshot.approval_of(of.kind(), &of.subject()).await?)
}
