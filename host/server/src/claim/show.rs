//! One claim with everything that explains it, and lists of them.

use anyhow::{Context, Result, ensure};
use chrono::SecondsFormat;
use domain::adjudication::{Claim, ClaimKind, Consumption, Decision, Ruling};
use domain::approval::Approval;
use domain::calculation::Problem;
use domain::claim::split::Treatment;
use domain::claim::{Outcome, Status};
use domain::currency::Currency;
use domain::day::Day;
use domain::digest::Digest;
use domain::id::ClaimId;
use domain::ledger::Transfer;
use domain::money::Micros;
use domain::receipt::DecisionReceipt;
use serde::Serialize;
use serde_json::Value;
use store::Snapshot;
use store::claim::KeptClaim;
use store::claim::part::{KeptPart, Moved};
use store::claim::read::ClaimFilter;
use store::claim::ruling::{KeptDecision, KeptRuling};

use super::{consent, find};
use crate::cli::claim as cli;
use crate::explain::{self, Line as Step};
use crate::host::Host;

/// A claim as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub id: ClaimId,
    pub program: String,
    pub number: String,
    pub kind: ClaimKind,
    pub account: String,
    pub name: String,
    pub status: Status,
    pub outcome: Option<Outcome>,
    pub submitted: Day,
    pub claimed: Micros,
    pub approved: Micros,
    pub written_off: Micros,
    pub currency: String,
    /// The document that settled it.
    pub settlement: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Page {
    pub claims: Vec<Summary>,
    /// Id of the claim after which the next page begins; absent on the last page.
    pub next: Option<ClaimId>,
}

#[derive(Debug, Serialize)]
pub struct Shown {
    #[serde(flatten)]
    pub summary: Summary,
    /// Number of the request that it draws on.
    pub request: Option<String>,
    /// The deduction in another program that this one is a part of.
    pub moved_from: Option<Elsewhere>,
    /// Of an approved request: what no claim has used yet.
    pub remaining: Option<Micros>,
    /// Whose consent the newest ruling waits for, or has.
    pub approval: Option<Approval>,
    pub retained_until: Day,
    pub revision: i64,
    pub fields: Value,
    pub lines: Vec<Line>,
    pub rulings: Vec<Ruled>,
    pub history: Vec<Happened>,
    pub attachments: Vec<Attached>,
    pub transfers: Vec<Posted>,
}

/// One line with the newest ruling on it, and with what was decided.
#[derive(Debug, Serialize)]
pub struct Line {
    pub number: u32,
    pub claimed: Micros,
    pub key: Option<String>,
    pub fields: Value,
    pub ruling: Option<Ruling>,
    /// By the newest ruling.
    pub ruled: Option<Micros>,
    /// By the newest ruling too.
    pub rules_to_write_off: Option<Micros>,
    /// As decided; absent before that.
    pub approved: Option<Micros>,
    pub written_off: Option<Micros>,
    pub reasons: Vec<Problem>,
    pub consumed: Vec<Consumption>,
    /// Why a person decided otherwise than the plugin ruled.
    pub reason: Option<String>,
    /// Those into which a person split it; they sum to what was claimed.
    pub parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
pub struct Part {
    pub treatment: Treatment,
    pub amount: Micros,
    /// The deduction that a moved one became.
    pub moved_to: Option<Elsewhere>,
}

/// A deduction in another program.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Elsewhere {
    /// PROGRAM/NUMBER.
    pub name: String,
    #[serde(skip)]
    pub id: ClaimId,
}

#[derive(Debug, Serialize)]
pub struct Ruled {
    pub number: i64,
    pub at: String,
    pub plugin: String,
    pub plugin_version: String,
    pub terms_version: i64,
    pub approved: Micros,
    pub decision: Decision,
    pub steps: Vec<Step>,
    pub log: String,
    pub receipt: DecisionReceipt,
}

#[derive(Debug, Serialize)]
pub struct Happened {
    pub revision: i64,
    pub at: String,
    pub actor: String,
    pub event: String,
    pub from: Option<Status>,
    pub to: Status,
    pub line: Option<u32>,
    pub words: String,
}

#[derive(Debug, Serialize)]
pub struct Attached {
    pub number: i64,
    pub kind: String,
    pub name: String,
    pub media_type: String,
    pub size: u64,
    pub digest: Digest,
    pub at: String,
    pub actor: String,
}

#[derive(Debug, Serialize)]
pub struct Posted {
    pub revision: i64,
    pub at: String,
    #[serde(flatten)]
    pub transfer: Transfer,
}

pub async fn list(host: &Host, of: &cli::List) -> Result<Page> {
    ensure!(
        (1..=1000).contains(&of.limit),
        "a page holds 1 to 1000 claims, not {}",
        of.limit
    );
    let mut snapshot = host.store.read().await?;
    let mut filter = ClaimFilter {
        status: of.status,
        kind: of.kind,
        ..ClaimFilter::default()
    };
    if let Some(code) = &of.program {
        let program = snapshot.program(code).await?;
        filter.program = Some(program.with_context(|| format!("there is no program `{code}`"))?.id);
    }
    if let Some(number) = &of.account {
        let account = snapshot.account(number).await?;
        filter.account = Some(account.with_context(|| format!("there is no account `{number}`"))?.id);
    }
    let after = match &of.after {
        Some(name) => Some(find(&mut snapshot, name).await?.id),
        None => None,
    };
    page(&mut snapshot, &filter, after.as_ref(), of.limit).await
}

/// A page of claims, one more being read to tell whether there is another.
pub async fn page(snapshot: &mut Snapshot, filter: &ClaimFilter, after: Option<&ClaimId>, limit: u32) -> Result<Page> {
    let mut claims = snapshot.claims(filter, after, i64::from(limit) + 1).await?;
    let more = claims.len() > limit as usize;
    claims.truncate(limit as usize);
    let programs = snapshot.programs().await?;
    let summarised = claims.iter().map(|claim| {
        let program = programs.iter().find(|program| program.id == claim.program);
        Ok(summary(
            claim,
            program.context("a claim's program is missing")?.currency,
        ))
    });
    Ok(Page {
        claims: summarised.collect::<Result<_>>()?,
        next: more.then(|| claims.last().map(|claim| claim.id.clone())).flatten(),
    })
}

fn summary(claim: &KeptClaim, currency: Currency) -> Summary {
    Summary {
        id: claim.id.clone(),
        program: claim.program_code.clone(),
        number: claim.number.clone(),
        kind: claim.standing.kind,
        account: claim.account_number.clone(),
        name: claim.account_name.clone(),
        status: claim.standing.status,
        outcome: claim.standing.outcome,
        submitted: claim.submitted,
        claimed: claim.claimed,
        approved: claim.approved,
        written_off: claim.written_off,
        currency: currency.to_string(),
        settlement: claim.settlement.clone(),
    }
}

pub async fn show(host: &Host, id: &ClaimId) -> Result<Shown> {
    let mut snapshot = host.store.read().await?;
    let claim = snapshot.claim(id).await?.context("the claim is missing")?;
    let program = snapshot
        .program_by_id(&claim.program)
        .await?
        .context("the claim's program is missing")?;
    let asked = snapshot.asked(&claim).await?;
    let mut rulings = Vec::new();
    for kept in snapshot.rulings(id).await? {
        rulings.push(ruled(&mut snapshot, program.currency, &kept).await?);
    }
    let decisions = snapshot.decisions(id).await?;
    let parts = snapshot.claim_parts(id).await?;
    let moved_from = snapshot.moved_from(id).await?.map(elsewhere);
    let request = match &claim.request {
        Some(request) => snapshot.claim(request).await?.map(|request| request.number),
        None => None,
    };
    let remaining = match (claim.standing.kind, claim.standing.status) {
        (ClaimKind::Request, Status::Approved | Status::Adjusted) => {
            Some(claim.approved.checked_sub(snapshot.used_of_request(id, None).await?)?)
        }
        _ => None,
    };
    let history = snapshot.claim_history(id).await?.into_iter().map(|happened| Happened {
        revision: happened.revision,
        at: moment(happened.at),
        actor: happened.actor.to_string(),
        event: happened.event,
        from: happened.from,
        to: happened.to,
        line: happened.line,
        words: happened.words,
    });
    let history = history.collect();
    let attachments = snapshot.attachments(id).await?.into_iter().map(|file| Attached {
        number: file.number,
        kind: file.kind,
        name: file.name,
        media_type: file.media_type,
        size: file.size,
        digest: file.file,
        at: moment(file.at),
        actor: file.actor.to_string(),
    });
    let attachments = attachments.collect();
    let transfers = snapshot.claim_transfers(id).await?.into_iter().map(|moved| Posted {
        revision: moved.revision,
        at: moment(moved.at),
        transfer: moved.transfer,
    });
    Ok(Shown {
        summary: summary(&claim, program.currency),
        request,
        moved_from,
        remaining,
        approval: consent::about(&mut snapshot, &claim).await?,
        retained_until: claim.retained_until,
        revision: claim.revision,
        fields: serde_json::from_str(&claim.fields)?,
        lines: lines(&claim, &asked, rulings.last(), &decisions, &parts)?,
        rulings,
        history,
        attachments,
        transfers: transfers.collect(),
    })
}

fn lines(
    claim: &KeptClaim,
    asked: &Claim,
    newest: Option<&Ruled>,
    decisions: &[KeptDecision],
    parts: &[KeptPart],
) -> Result<Vec<Line>> {
    // In a new round nothing is decided yet.
    let decided = claim.standing.outcome.is_some();
    let line = |line: &domain::adjudication::ClaimLine| {
        let ruled = newest.and_then(|newest| newest.decision.lines.iter().find(|ruled| ruled.number == line.number));
        let decision = decisions
            .iter()
            .rfind(|decision| decided && decision.line == line.number);
        Ok(Line {
            number: line.number,
            claimed: line.claimed,
            key: line.key.clone(),
            fields: serde_json::from_str(&line.fields)?,
            ruling: ruled.map(|ruled| ruled.ruling),
            ruled: ruled.map(|ruled| ruled.approved),
            rules_to_write_off: ruled.map(|ruled| ruled.written_off),
            approved: decision.map(|decision| decision.approved),
            written_off: decision.map(|decision| decision.written_off),
            reasons: ruled.map_or(vec![], |ruled| ruled.reasons.clone()),
            consumed: ruled.map_or(vec![], |ruled| ruled.consumed.clone()),
            reason: decision.and_then(|decision| decision.reason.clone()),
            parts: decision.map_or(vec![], |decision| {
                let of_it = |part: &&KeptPart| (part.revision, part.line) == (decision.revision, line.number);
                parts.iter().filter(of_it).map(shown).collect()
            }),
        })
    };
    asked.lines.iter().map(line).collect()
}

fn shown(part: &KeptPart) -> Part {
    Part {
        treatment: part.treatment,
        amount: part.amount,
        moved_to: part.moved_to.clone().map(elsewhere),
    }
}

fn elsewhere(moved: Moved) -> Elsewhere {
    Elsewhere {
        name: format!("{}/{}", moved.program, moved.number),
        id: moved.id,
    }
}

async fn ruled(snapshot: &mut Snapshot, currency: Currency, kept: &KeptRuling) -> Result<Ruled> {
    let terms = snapshot
        .terms(&kept.ruled.terms)
        .await?
        .context("the ruling's terms are missing")?;
    let version = snapshot.plugin_version(&terms.plugin_version).await?;
    let descriptor = version.context("the ruling's plugin version is missing")?.descriptor;
    let decision: Decision =
        serde_json::from_slice(&kept.ruled.output).context("the ruling that was kept cannot be read")?;
    Ok(Ruled {
        number: kept.number,
        at: moment(kept.at),
        terms_version: terms.version,
        approved: Micros::checked_sum(decision.lines.iter().map(|line| line.approved))?,
        steps: explain::steps(&descriptor, currency, &decision.steps),
        plugin: descriptor.id,
        plugin_version: descriptor.version,
        decision,
        log: kept.ruled.log.clone(),
        receipt: kept.ruled.receipt.clone(),
    })
}

fn moment(at: chrono::DateTime<chrono::Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
