//! `gtm approve …`: what needs somebody's consent, who may give it, and what waits for it.

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use domain::actor::Actor;
use domain::approval::{Approval, Authority, Delegation, Kind, Mandate, Rule, Status, Verdict};
use domain::day::Day;
use domain::money::Micros;
use serde::Serialize;
use store::Snapshot;
use store::approval::{KeptVote, NewApproval};

use crate::cli;
use crate::host::Host;
use crate::output::{amount, table};

/// An approval with what was said about it.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub name: String,
    #[serde(flatten)]
    pub of: Approval,
    /// Past its day and not decided.
    pub overdue: bool,
    pub votes: Vec<Vote>,
}

#[derive(Debug, Serialize)]
pub struct Vote {
    pub approver: Actor,
    /// Whose authority it rests on.
    pub on_behalf_of: Actor,
    pub verdict: Verdict,
    pub words: String,
    pub at: DateTime<Utc>,
}

/// Who may approve what.
#[derive(Debug, Serialize)]
pub struct Rules {
    pub rules: Vec<Rule>,
    pub authorities: Vec<Authority>,
    pub delegations: Vec<Delegation>,
}

/// The number in `A-7` or `7`.
pub fn number(name: &str) -> Result<i64> {
    let digits = name.strip_prefix("A-").unwrap_or(name);
    digits
        .parse()
        .ok()
        .with_context(|| format!("`{name}` names no approval: write its name, such as `A-7`"))
}

pub async fn vote(host: &Host, name: &str, verdict: Verdict, words: &str) -> Result<Shown> {
    let mut tx = host.store.begin(&host.actor).await?;
    let approval = tx.vote(number(name)?, verdict, words, host.today()?).await?;
    tx.commit().await?;
    of_one(host, approval).await
}

pub async fn show(host: &Host, name: &str) -> Result<Shown> {
    let number = number(name)?;
    let approval = host.store.read().await?.approval(number).await?;
    let approval =
        approval.with_context(|| format!("there is no approval A-{number}: `gtm approve list` shows them"))?;
    of_one(host, approval).await
}

/// Those that wait, or all.
pub async fn list(host: &Host, all: bool) -> Result<Vec<Shown>> {
    let mut snapshot = host.store.read().await?;
    let approvals = snapshot.approvals(!all).await?;
    shown(&mut snapshot, approvals, host.today()?).await
}

/// Those that the actor can approve now.
pub async fn inbox(host: &Host) -> Result<Vec<Shown>> {
    let today = host.today()?;
    let mut snapshot = host.store.read().await?;
    let (authorities, delegations) = (snapshot.authorities().await?, snapshot.delegations().await?);
    let open = snapshot.approvals(true).await?;
    let mut waiting = shown(&mut snapshot, open, today).await?;
    let mandate = Mandate {
        authorities: &authorities,
        delegations: &delegations,
        today,
    };
    waiting.retain(|shown| {
        let before: Vec<_> = shown.votes.iter().map(Vote::domain).collect();
        shown
            .of
            .vote(&before, &host.actor, Verdict::Approve, "", &mandate)
            .is_ok()
    });
    waiting.sort_by_key(|shown| (shown.of.due, shown.of.number));
    Ok(waiting)
}

/// Asks for leave to go beyond the limit of a budget or a program.
pub async fn ask(host: &Host, subject: &str, of: Micros, reason: &str) -> Result<Shown> {
    if reason.trim().is_empty() {
        bail!("say why it is right to go beyond the limit of `{subject}`: --reason TEXT");
    }
    let mut tx = host.store.begin(&host.actor).await?;
    let (budget, program) = (tx.budget(subject).await?, tx.program(subject).await?);
    if budget.is_none() && program.is_none() {
        bail!("there is neither a budget nor a program `{subject}`");
    }
    let unit = budget
        .map(|budget| budget.currency)
        .or(program.map(|program| program.currency));
    let new = NewApproval {
        kind: Kind::Override,
        subject,
        title: format!("go beyond the limit of `{subject}`: {reason}"),
        amount: Some(of),
        unit: unit.as_ref().map(|unit| unit.code()),
        author: &host.actor,
    };
    let asked = tx.ask_approval(&new, host.today()?).await?;
    let asked = asked.with_context(|| {
        format!("no rule demands approval for going beyond a limit by {of}: say why with --override, and it is done")
    })?;
    tx.commit().await?;
    of_one(host, asked).await
}

pub async fn set_rule(host: &Host, of: &cli::ApprovalRule) -> Result<Rules> {
    if of.four_eyes_above.is_some_and(|limit| limit < of.above) {
        bail!("four eyes would be needed from a lower amount than two: exchange --above and --four-eyes-above");
    }
    let rule = Rule {
        kind: of.kind,
        above: of.above,
        four_eyes_above: of.four_eyes_above,
        due_days: of.due_days,
    };
    let mut tx = host.store.begin(&host.actor).await?;
    tx.set_approval_rule(&rule).await?;
    tx.commit().await?;
    rules(host).await
}

pub async fn grant(host: &Host, approver: &Actor, kind: Kind, limit: Option<Micros>) -> Result<Rules> {
    if *approver == host.actor {
        bail!("{approver} cannot grant this to itself: somebody else must, with --as");
    }
    let authority = Authority {
        approver: approver.clone(),
        kind,
        limit,
    };
    let mut tx = host.store.begin(&host.actor).await?;
    tx.grant_authority(&authority).await?;
    tx.commit().await?;
    rules(host).await
}

pub async fn revoke(host: &Host, approver: &Actor, kind: Kind) -> Result<Rules> {
    let mut tx = host.store.begin(&host.actor).await?;
    tx.revoke_authority(approver, kind).await?;
    tx.commit().await?;
    rules(host).await
}

/// The actor lets somebody stand in.
pub async fn delegate(host: &Host, of: &cli::Delegate) -> Result<Rules> {
    if of.to == host.actor {
        bail!("{} stands in for itself already: name somebody else", of.to);
    }
    let delegation = Delegation {
        from: host.actor.clone(),
        to: of.to.clone(),
        start: of.from,
        end: of.until,
    };
    let mut tx = host.store.begin(&host.actor).await?;
    tx.delegate(&delegation).await?;
    tx.commit().await?;
    rules(host).await
}

pub async fn rules(host: &Host) -> Result<Rules> {
    let mut snapshot = host.store.read().await?;
    Ok(Rules {
        rules: snapshot.approval_rules().await?,
        authorities: snapshot.authorities().await?,
        delegations: snapshot.delegations().await?,
    })
}

async fn of_one(host: &Host, approval: Approval) -> Result<Shown> {
    let mut snapshot = host.store.read().await?;
    let mut shown = shown(&mut snapshot, vec![approval], host.today()?).await?;
    shown.pop().context("the approval is missing")
}

async fn shown(snapshot: &mut Snapshot, approvals: Vec<Approval>, today: Day) -> Result<Vec<Shown>> {
    let ids: Vec<_> = approvals.iter().map(|approval| &approval.id).collect();
    let mut votes = snapshot.approval_votes(&ids).await?;
    let shown = |approval: Approval| Shown {
        name: approval.label(),
        overdue: approval.status == Status::Open && approval.due < today,
        votes: votes.remove(&approval.id).into_iter().flatten().map(Vote::of).collect(),
        of: approval,
    };
    Ok(approvals.into_iter().map(shown).collect())
}

impl Vote {
    fn of(kept: KeptVote) -> Self {
        Self {
            approver: kept.of.approver,
            on_behalf_of: kept.of.on_behalf_of,
            verdict: kept.of.verdict,
            words: kept.of.words,
            at: kept.at,
        }
    }

    fn domain(&self) -> domain::approval::Vote {
        domain::approval::Vote {
            approver: self.approver.clone(),
            on_behalf_of: self.on_behalf_of.clone(),
            verdict: self.verdict,
            words: self.words.clone(),
        }
    }
}

pub fn lines(approvals: &[Shown]) -> String {
    if approvals.is_empty() {
        return "nothing waits for approval".into();
    }
    let row = |shown: &Shown| {
        let of = &shown.of;
        let money = of.amount.map(|of| amount(of, 2)).unwrap_or_default();
        let approved = shown
            .votes
            .iter()
            .filter(|vote| vote.verdict == Verdict::Approve)
            .count();
        [
            shown.name.clone(),
            of.kind.to_string(),
            of.title.clone(),
            money,
            of.unit.clone().unwrap_or_default(),
            of.author.to_string(),
            format!("{}{}", of.due, if shown.overdue { " (overdue)" } else { "" }),
            format!("{approved} of {}", of.needed),
            of.status.as_str().to_owned(),
        ]
    };
    table(
        [
            "",
            "kind",
            "what",
            ">amount",
            "",
            "asked by",
            "due",
            "approved by",
            "status",
        ],
        approvals.iter().map(row),
    )
}

pub fn text(shown: &Shown) -> String {
    let row = |vote: &Vote| {
        let behalf = match vote.on_behalf_of == vote.approver {
            true => String::new(),
            false => format!("for {}", vote.on_behalf_of),
        };
        let verdict = match vote.verdict {
            Verdict::Approve => "approved",
            Verdict::Reject => "rejected",
        };
        [
            vote.at.format("%Y-%m-%d %H:%M").to_string(),
            vote.approver.to_string(),
            behalf,
            verdict.to_owned(),
            vote.words.clone(),
        ]
    };
    let line = lines(std::slice::from_ref(shown));
    match shown.votes.is_empty() {
        true => line,
        false => format!(
            "{line}\n\n{}",
            table(["at", "who", "", "said", "words"], shown.votes.iter().map(row))
        ),
    }
}

pub fn rules_text(rules: &Rules) -> String {
    if rules.rules.is_empty() {
        return "nothing needs approval: `gtm approve rule KIND` states what does".into();
    }
    let money = |of: Micros| amount(of, 2);
    let rule = |rule: &Rule| {
        [
            rule.kind.to_string(),
            money(rule.above),
            rule.four_eyes_above.map(money).unwrap_or_default(),
            rule.due_days.to_string(),
        ]
    };
    let authority = |authority: &Authority| {
        [
            authority.approver.to_string(),
            authority.kind.to_string(),
            authority.limit.map_or("any amount".into(), money),
        ]
    };
    let delegation = |delegation: &Delegation| {
        [
            delegation.to.to_string(),
            delegation.from.to_string(),
            delegation.start.to_string(),
            delegation.end.to_string(),
        ]
    };
    let mut parts = vec![
        table(
            ["kind", ">needs approval above", ">four eyes above", ">days"],
            rules.rules.iter().map(rule),
        ),
        table(
            ["who", "may approve", ">up to"],
            rules.authorities.iter().map(authority),
        ),
    ];
    if !rules.delegations.is_empty() {
        parts.push(table(
            ["stands in", "for", "from", "to"],
            rules.delegations.iter().map(delegation),
        ));
    }
    parts.join("\n\n")
}
