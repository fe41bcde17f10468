//! Who takes part in a program: eligible, invited, enrolled, gone. Whether an account may join is the plugin's word, by the terms and by the
//! profile attributes that it was granted; it is asked outside of any transaction, and its verdict is kept with the step.

pub mod assess;

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result, bail};
use domain::account::Account;
use domain::account_program::{Assessment, Status, Step};
use domain::day::Day;
use domain::program::Program;
use rust_decimal::Decimal;
use serde::Serialize;
use store::Snapshot;
use store::account_program::{Enrolled, Enrolment, Part, StepTaken};

use crate::cli;
use crate::host::Host;
use assess::Assessor;

/// What became of enrolments or invitations.
#[derive(Debug, Serialize)]
pub struct Joined {
    pub new: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// Of all accounts those that were left out, each with every reason.
    pub refused: Vec<Candidate>,
}

/// An account that does not take part.
#[derive(Debug, Serialize)]
pub struct Candidate {
    pub account: String,
    pub name: String,
    /// Absent when it was never asked.
    pub status: Option<Status>,
    pub reasons: Vec<String>,
}

/// Everybody who does not take part today.
#[derive(Debug, Serialize)]
pub struct Overview {
    pub program: String,
    pub day: Day,
    pub terms_version: i64,
    /// How many take part.
    pub taking_part: usize,
    pub eligible: Vec<Candidate>,
    pub not_eligible: Vec<Candidate>,
}

/// Where a step has led one account.
#[derive(Debug, Serialize)]
pub struct Standing {
    pub program: String,
    pub account: String,
    pub status: Status,
    pub from: Option<Day>,
    pub until: Option<Day>,
}

/// A step as the history shows it.
#[derive(Debug, Serialize)]
pub struct Taken {
    pub account: String,
    pub step: Step,
    pub status: Status,
    pub from: Option<Day>,
    pub until: Option<Day>,
    pub agreed: BTreeMap<String, Decimal>,
    /// Absent when the plugin was not asked.
    pub eligible: Option<bool>,
    pub reasons: Vec<String>,
    /// Why it was let in although it is not eligible.
    pub overridden: Option<String>,
    pub because: Option<String>,
    pub by: String,
    pub at: String,
}

/// Enrols accounts from a day on, by default the program's first.
///
/// # Errors
/// When one of the accounts that were named may not take part, and nobody said why it is let in all the same: then nobody is enrolled.
pub async fn enrol(host: &Host, of: &cli::Enrol) -> Result<Joined> {
    let (program, enrolments, refused) = offers(host, of, "enrolled").await?;
    let mut tx = host.store.begin(&host.actor).await?;
    let enrolled = tx.enrol(&program.id, &enrolments).await?;
    all_or_nobody(&enrolled, "enrolled")?;
    tx.commit().await?;
    Ok(joined(&enrolled, refused))
}

/// Offers accounts a part, by default from the program's first day on.
///
/// # Errors
/// As [`enrol`].
pub async fn invite(host: &Host, of: &cli::Enrol) -> Result<Joined> {
    let (program, offers, refused) = offers(host, of, "invited").await?;
    let mut tx = host.store.begin(&host.actor).await?;
    let invited = tx.invite(&program.id, &offers).await?;
    all_or_nobody(&invited, "invited")?;
    tx.commit().await?;
    Ok(joined(&invited, refused))
}

/// An invited account joins, with the dates and figures it was offered.
///
/// # Errors
/// When it has no invitation, or may not take part any more and was not invited in spite of that.
pub async fn accept(host: &Host, code: &str, number: &str) -> Result<Standing> {
    let mut snapshot = host.store.read().await?;
    let (program, account) = find(&mut snapshot, code, number).await?;
    let steps = snapshot.participation_steps(&program.id, Some(&account.id)).await?;
    drop(snapshot);
    Step::Accept.lead(number, steps.last().map(|step| step.status))?;
    let offer = steps
        .into_iter()
        .rfind(|step| step.step == Step::Invite)
        .with_context(|| format!("the invitation of account `{number}` is not kept"))?;
    let invited = offer.assessment.and_then(|assessment| assessment.overridden);
    let from = offer.from.unwrap_or(program.start);
    let assessor = Assessor::open(host, &program, from).await?;
    let mut enrolment = Enrolment {
        account: number.to_owned(),
        from,
        until: offer.until,
        agreed: offer.agreed,
        assessment: None,
    };
    let assessment = assessor.assess(&account, &enrolment, invited)?;
    if !assessment.admits() {
        bail!(
            "account `{number}` may not take part any more: {}; `gtm program enrol {code} {number} --override REASON` lets it in all the same",
            assessment.verdict.reasons.join("; ")
        );
    }
    enrolment.assessment = Some(assessment);
    let mut tx = host.store.begin(&host.actor).await?;
    tx.accept_invitation(&program.id, &enrolment).await?;
    tx.commit().await?;
    Ok(Standing {
        program: program.code,
        account: enrolment.account,
        status: Status::Enrolled,
        from: Some(from),
        until: enrolment.until,
    })
}

/// An invited account stays away.
pub async fn decline(host: &Host, of: &cli::participation::Answer) -> Result<Standing> {
    let (program, account) = find(&mut host.store.read().await?, &of.program, &of.account).await?;
    let mut tx = host.store.begin(&host.actor).await?;
    tx.decline_invitation(&program.id, &account.number, of.because.as_deref())
        .await?;
    tx.commit().await?;
    Ok(Standing {
        program: program.code,
        account: account.number,
        status: Status::Declined,
        from: None,
        until: None,
    })
}

/// A participant leaves; today is its last day unless another is named.
pub async fn opt_out(host: &Host, of: &cli::participation::Answer, until: Option<Day>) -> Result<Standing> {
    let (program, account) = find(&mut host.store.read().await?, &of.program, &of.account).await?;
    let last = until.map_or_else(|| host.today(), Ok)?;
    let mut tx = host.store.begin(&host.actor).await?;
    tx.opt_out(&program.id, &account.number, last, of.because.as_deref())
        .await?;
    let stay = tx.participant(&program.id, &account.id).await?;
    tx.commit().await?;
    Ok(Standing {
        program: program.code,
        account: account.number,
        status: Status::OptedOut,
        from: stay.map(|stay| stay.enrolment.enrolled_from),
        until: Some(last),
    })
}

/// Who may take part today and does not, and who may not and why.
pub async fn eligible(host: &Host, code: &str) -> Result<Overview> {
    let mut snapshot = host.store.read().await?;
    let program = program(&mut snapshot, code).await?;
    let parts = by_number(snapshot.parts(&program.id).await?);
    let accounts = snapshot.accounts().await?;
    drop(snapshot);
    let day = host.today()?;
    let from = day.max(program.start);
    let assessor = Assessor::open(host, &program, from).await?;
    let mut overview = Overview {
        program: program.code.clone(),
        day,
        terms_version: assessor.terms.version,
        taking_part: 0,
        eligible: vec![],
        not_eligible: vec![],
    };
    for account in by_account_number(accounts) {
        let status = parts
            .get(&account.number)
            .map(|part| part.status.on(day, part.enrolled_until));
        if status == Some(Status::Enrolled) {
            overview.taking_part += 1;
            continue;
        }
        let would = Enrolment {
            account: account.number.clone(),
            from,
            until: None,
            agreed: BTreeMap::new(),
            assessment: None,
        };
        let verdict = assessor.assess(&account, &would, None)?.verdict;
        let list = match verdict.eligible {
            true => &mut overview.eligible,
            false => &mut overview.not_eligible,
        };
        list.push(Candidate {
            account: account.number,
            name: account.name,
            status,
            reasons: verdict.reasons,
        });
    }
    Ok(overview)
}

/// Every step that was taken in a program, or by one account in it.
pub async fn history(host: &Host, code: &str, account: Option<&str>) -> Result<Vec<Taken>> {
    let mut snapshot = host.store.read().await?;
    let program = program(&mut snapshot, code).await?;
    let account = match account {
        Some(number) => Some(find(&mut snapshot, code, number).await?.1.id),
        None => None,
    };
    let steps = snapshot.participation_steps(&program.id, account.as_ref()).await?;
    Ok(steps.into_iter().map(taken).collect())
}

/// What is to be written for a command, and of all accounts those that are left out.
async fn offers(host: &Host, of: &cli::Enrol, done: &str) -> Result<(Program, Vec<Enrolment>, Vec<Candidate>)> {
    let agreed = of.agreed.iter().map(|figure| agreed_figure(figure));
    let agreed = agreed.collect::<Result<BTreeMap<_, _>>>()?;
    let mut snapshot = host.store.read().await?;
    let program = snapshot
        .program(&of.program)
        .await?
        .with_context(|| format!("there is no program `{}`", of.program))?;
    let parts = by_number(snapshot.parts(&program.id).await?);
    let accounts = by_account_number(snapshot.accounts().await?);
    drop(snapshot);

    let from = of.from.unwrap_or(program.start);
    let assessor = Assessor::open(host, &program, from).await?;
    let numbers: Vec<&str> = match of.all {
        true => accounts.iter().map(|account| &*account.number).collect(),
        false => of.accounts.iter().map(String::as_str).collect(),
    };
    let known: HashMap<&str, &Account> = accounts.iter().map(|account| (&*account.number, account)).collect();
    let (mut enrolments, mut refused) = (Vec::new(), Vec::new());
    for number in numbers {
        let mut enrolment = Enrolment {
            account: number.to_owned(),
            from,
            until: of.until,
            agreed: agreed.clone(),
            assessment: None,
        };
        let status = parts.get(number).map(|part| part.status.on(from, part.enrolled_until));
        // Whoever is there already is not asked for again: its dates and figures may change whatever its profile says by now.
        let Some(account) = known.get(number).filter(|_| status != Some(Status::Enrolled)) else {
            if !of.all {
                enrolments.push(enrolment);
            }
            continue;
        };
        let candidate = |reasons| Candidate {
            account: account.number.clone(),
            name: account.name.clone(),
            status,
            reasons,
        };
        if let Some(status) = status.filter(|_| of.all) {
            refused.push(candidate(vec![was_asked(status).to_owned()]));
            continue;
        }
        let assessment = assessor.assess(account, &enrolment, of.override_reason.clone())?;
        match assessment.admits() {
            true => {
                enrolment.assessment = Some(assessment);
                enrolments.push(enrolment);
            }
            false => refused.push(candidate(assessment.verdict.reasons)),
        }
    }
    if !of.all && !refused.is_empty() {
        let of_each = refused
            .iter()
            .map(|refused| format!("account `{}`: {}", refused.account, refused.reasons.join("; ")));
        bail!(
            "nobody was {done}, because {} of the accounts may not take part: {}; --override REASON lets them in all the same",
            refused.len(),
            of_each.collect::<Vec<_>>().join("; ")
        );
    }
    Ok((program, enrolments, refused))
}

/// Why an account that has answered, or is to answer, is not among all those to be asked.
fn was_asked(status: Status) -> &'static str {
    match status {
        Status::Invited => "it is invited, and has not answered yet",
        Status::Declined => "it has declined: name it to ask it again",
        Status::OptedOut => "it has opted out: name it to ask it again",
        Status::Left => "it has left: name it to ask it again",
        Status::Enrolled => "it takes part",
    }
}

fn all_or_nobody(of: &Enrolled, done: &str) -> Result<()> {
    match of.refused.first() {
        None => Ok(()),
        Some((_, reason)) => bail!(
            "nobody was {done}, because of {} of the accounts: {reason}",
            of.refused.len()
        ),
    }
}

fn joined(of: &Enrolled, refused: Vec<Candidate>) -> Joined {
    Joined {
        new: of.new,
        changed: of.changed,
        unchanged: of.unchanged,
        refused,
    }
}

async fn program(snapshot: &mut Snapshot, code: &str) -> Result<Program> {
    let found = snapshot.program(code).await?;
    found.with_context(|| format!("there is no program `{code}`: `gtm program list` shows them"))
}

async fn find(snapshot: &mut Snapshot, code: &str, number: &str) -> Result<(Program, Account)> {
    let program = program(snapshot, code).await?;
    let account = snapshot.account(number).await?;
    Ok((
        program,
        account.with_context(|| format!("there is no account `{number}`"))?,
    ))
}

fn by_number(parts: Vec<Part>) -> HashMap<String, Part> {
    parts
        .into_iter()
        .map(|part| (part.account.number.clone(), part))
        .collect()
}

fn by_account_number(mut accounts: Vec<Account>) -> Vec<Account> {
    accounts.sort_by(|one, other| one.number.cmp(&other.number));
    accounts
}

fn taken(step: StepTaken) -> Taken {
    let (verdict, overridden) = match step.assessment {
        Some(Assessment {
            verdict, overridden, ..
        }) => (Some(verdict), overridden),
        None => (None, None),
    };
    Taken {
        account: step.account_number,
        step: step.step,
        status: step.status,
        from: step.from,
        until: step.until,
        agreed: step.agreed,
        eligible: verdict.as_ref().map(|verdict| verdict.eligible),
        reasons: verdict.map(|verdict| verdict.reasons).unwrap_or_default(),
        overridden,
        because: step.because,
        by: step.actor.to_string(),
        at: step.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
    }
}

fn agreed_figure(text: &str) -> Result<(String, Decimal)> {
    let (code, value) = text
        .split_once('=')
        .with_context(|| format!("`{text}` is no agreed figure: write CODE=NUMBER, such as baseline=120000"))?;
    let value = value
        .parse()
        .ok()
        .with_context(|| format!("`{value}` is not a number, for the agreed figure `{code}`"))?;
    Ok((code.to_owned(), value))
}
