//! `gtm settle`: what is payable becomes documents, one for each payee and currency.
//!
//! What might be settled is read first. Then each payee's balances are taken hold of, read again and settled, all in one unit of work, so
//! that a document is there with its number and its transfers or not at all, and two who settle at once issue one document. Settling
//! twice finds nothing left.
//!
//! A payee who is settled in another currency than a program's gets its lines converted by the stated rate of the settlement's day, see
//! [`domain::settlement`]. Where a rate is missing nothing of the payee is settled in that currency: what is owed either way belongs
//! together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Result;
use chrono::{DateTime, Utc};
use domain::approval;
use domain::currency::Currency;
use domain::day::Day;
use domain::exchange::{ExchangeRate, RateType};
use domain::hold::held;
use domain::id::{AccountId, ProgramId};
use domain::money::Micros;
use domain::payee::{Issuer, Party, Payee};
use domain::settlement::{Decision, Document, Kind, Payable, Policy};
use serde::Serialize;
use store::Snapshot;
use store::approval::NewApproval;
use store::settlement::{PayableFilter, PayableLine};

use crate::cli;
use crate::document::{self, Summary};
use crate::hold::program_id;
use crate::host::Host;
use crate::payee;

/// What a run of settlement did, or would do.
#[derive(Debug, Default, Serialize)]
pub struct Settled {
    /// Nothing was issued; what stands below would be.
    pub dry_run: bool,
    pub documents: Vec<Summary>,
    pub waiting: Vec<Waiting>,
    /// Payees of whom something must be put right first.
    pub stopped: Vec<Waiting>,
}

/// What is payable and not settled, and why.
#[derive(Debug, Serialize)]
pub struct Waiting {
    pub account: String,
    pub name: String,
    /// Absent where it is about everything that is payable to the account in the currency.
    pub program: Option<String>,
    pub period: Option<String>,
    /// Below 0 what the payee owes.
    pub amount: Micros,
    pub currency: Currency,
    pub why: String,
}

/// A payee and a currency in which something is payable.
struct Candidate {
    account: AccountId,
    number: String,
    name: String,
    currency: Currency,
    programs: BTreeSet<ProgramId>,
}

/// Settles what is payable, payee by payee. The files of what was issued are written when all of it is issued; [`document::files`] writes
/// them again when the process ended in between.
pub async fn settle(host: &Host, of: &cli::Settle) -> Result<Settled> {
    let mut snapshot = host.store.read().await?;
    let issuer = payee::issuer(&mut snapshot).await?;
    let program = match &of.program {
        None => None,
        Some(code) => Some(program_id(&mut snapshot, code).await?),
    };
    let candidates = candidates(&mut snapshot, program).await?;
    drop(snapshot);
    let mut settled = Settled {
        dry_run: of.dry_run,
        ..Settled::default()
    };
    let mut issued = Vec::new();
    for candidate in &candidates {
        if of.dry_run {
            let mut snapshot = host.store.read().await?;
            if let Some(document) = decide(
                &mut snapshot,
                candidate,
                &issuer,
                host.store.clock().now(),
                &mut settled,
            )
            .await?
            {
                settled.documents.push(Summary::proposed(&document));
            }
            continue;
        }
        let mut tx = host.store.begin(&host.actor).await?;
        // In the order of their ids, so that two who settle at once never wait for each other.
        for program in &candidate.programs {
            tx.hold_balances(program, &[&candidate.account]).await?;
        }
        let at = tx.at();
        if let Some(document) = decide(&mut tx, candidate, &issuer, at, &mut settled).await? {
            let kept = tx.issue_document(&candidate.account, document).await?;
            let approval = NewApproval {
                kind: approval::Kind::Settlement,
                subject: kept.id.as_str(),
                title: format!("{} to {}", kept.document.label(), kept.document.payee.name),
                amount: Some(kept.document.total),
                unit: Some(kept.document.currency.code()),
                author: &host.actor,
            };
            tx.ask_approval(&approval, kept.document.issued).await?;
            tx.commit().await?;
            issued.push(kept);
        }
    }
    if let Some(folder) = &of.folder {
        document::write_files(&issued, folder)?;
    }
    settled.documents.extend(issued.iter().map(Summary::of));
    Ok(settled)
}

async fn candidates(snapshot: &mut Snapshot, program: Option<ProgramId>) -> Result<Vec<Candidate>> {
    let filter = PayableFilter { account: None, program };
    let payees = snapshot.payees().await?.into_iter();
    let payees: HashMap<AccountId, Payee> = payees.map(|line| (line.account, line.payee)).collect();
    let unknown = Payee::default();
    let mut candidates: BTreeMap<(String, &'static str), Candidate> = BTreeMap::new();
    for line in snapshot.payables(&filter).await? {
        let currency = settled_in(&line, payees.get(&line.account).unwrap_or(&unknown));
        candidates
            .entry((line.account_number.clone(), currency.code()))
            .or_insert_with(|| Candidate {
                account: line.account,
                number: line.account_number,
                name: line.account_name,
                currency,
                programs: BTreeSet::new(),
            })
            .programs
            .insert(line.payable.program);
    }
    Ok(candidates.into_values().collect())
}

/// The currency that what a program owes is settled in: the payee's where it has one, else the program's own.
fn settled_in(line: &PayableLine, payee: &Payee) -> Currency {
    payee.currency.unwrap_or(line.currency)
}

/// Reads what is payable to the candidate and decides. What waits or must be put right is noted; a document has no number yet.
async fn decide(
    snapshot: &mut Snapshot,
    candidate: &Candidate,
    issuer: &Issuer,
    at: DateTime<Utc>,
    settled: &mut Settled,
) -> Result<Option<Document>> {
    let payee = snapshot.payee(&candidate.account).await?;
    let policy = snapshot.settlement_policy().await?;
    let waiting = |amount: Micros, why: String| Waiting {
        account: candidate.number.clone(),
        name: candidate.name.clone(),
        program: None,
        period: None,
        amount,
        currency: candidate.currency,
        why,
    };
    let waiting_line = |line: PayableLine, why: String| Waiting {
        program: Some(line.program_code),
        period: line.payable.period,
        currency: line.currency,
        ..waiting(line.payable.amount, why)
    };
    let mut lines: Vec<PayableLine> = Vec::new();
    for (line, why) in settleable(snapshot, candidate, &payee).await? {
        match why {
            None => lines.push(line),
            Some(why) => settled.waiting.push(waiting_line(line, why)),
        }
    }
    let rates = rates(
        snapshot,
        &lines,
        candidate.currency,
        &policy,
        Day::from_date(at.date_naive())?,
    )
    .await?;
    if rates.values().any(Result::is_err) {
        for line in lines {
            let why = match rates.get(line.currency.code()) {
                Some(Err(missing)) => missing.clone(),
                _ => format!(
                    "it is settled with what waits for an exchange rate to {}",
                    candidate.currency
                ),
            };
            settled.stopped.push(waiting_line(line, why));
        }
        return Ok(None);
    }
    let mut payables: Vec<Payable> = Vec::with_capacity(lines.len());
    for line in lines {
        payables.push(match rates.get(line.currency.code()) {
            Some(Ok(rate)) => line.payable.converted(rate.clone())?,
            _ => line.payable,
        });
    }
    let sum = Micros::checked_sum(payables.iter().map(|line| line.amount))?;
    match policy.decide(payables, candidate.currency, payee.self_billed) {
        Ok(Decision::Document { kind, lines, total }) => {
            let written = draft(candidate, payee, issuer, &policy, at, (kind, lines, total))?;
            Ok(Some(written))
        }
        Ok(Decision::Wait { total, why }) => {
            settled.waiting.push(waiting(total, why));
            Ok(None)
        }
        Ok(Decision::Nothing) => Ok(None),
        Err(refused) => {
            settled.stopped.push(waiting(sum, refused.to_string()));
            Ok(None)
        }
    }
}

/// By the code of each other currency among the lines, the rate that leads from it on that day, or the sentence why there is none.
async fn rates(
    snapshot: &mut Snapshot,
    lines: &[PayableLine],
    into: Currency,
    policy: &Policy,
    day: Day,
) -> Result<BTreeMap<&'static str, Result<ExchangeRate, String>>> {
    let mut rates = BTreeMap::new();
    for from in lines.iter().map(|line| line.currency).filter(|from| *from != into) {
        if rates.contains_key(from.code()) {
            continue;
        }
        let rate = match &policy.rate_type {
            None => Err(format!(
                "it is converted to {into}, and nobody said by which rates: `gtm settlement-policy set --rate-type TYPE` does"
            )),
            Some(rate_type) => {
                let rate = snapshot.rate(rate_type, from, into, day).await?;
                rate.ok_or_else(|| rate_type.missing(from, into, day).to_string())
            }
        };
        rates.insert(from.code(), rate);
    }
    Ok(rates)
}

/// What is payable to the candidate, each with the sentence why it waits, where it does.
async fn settleable(
    snapshot: &mut Snapshot,
    candidate: &Candidate,
    payee: &Payee,
) -> Result<Vec<(PayableLine, Option<String>)>> {
    let filter = PayableFilter {
        account: Some(candidate.account.clone()),
        program: None,
    };
    let lines = snapshot.payables(&filter).await?;
    let holds = snapshot.holds_in_force().await?;
    let unfinished = snapshot.unfinished_periods().await?;
    let why = |line: &PayableLine| {
        let Payable { program, period, .. } = &line.payable;
        if let Some(hold) = held(&holds, program, &candidate.account) {
            return Some(hold.sentence());
        }
        let count = unfinished.get(&(program.clone(), period.clone()?))?;
        let (statements, are) = if *count == 1 {
            ("statement", "is")
        } else {
            ("statements", "are")
        };
        Some(format!(
            "{count} {statements} of the period {are} in quarantine: `gtm statement list --held --program {}` shows why",
            line.program_code
        ))
    };
    let mut lines: Vec<_> = lines
        .into_iter()
        // Others may have become payable since; the balances of their programs are not held.
        .filter(|line| {
            candidate.programs.contains(&line.payable.program) && settled_in(line, payee) == candidate.currency
        })
        .map(|line| {
            let why = why(&line);
            (line, why)
        })
        .collect();
    with_what_is_owed_back(&mut lines);
    Ok(lines)
}

/// Where something that the payee owes a program waits, what the program owes the payee waits with it: paid alone it would leave less than
/// nothing payable.
fn with_what_is_owed_back(lines: &mut [(PayableLine, Option<String>)]) {
    let waits = |(line, why): &(PayableLine, Option<String>)| why.is_some() && line.payable.amount < Micros::ZERO;
    let owed: BTreeMap<ProgramId, (Micros, Option<String>)> = lines
        .iter()
        .filter(|line| waits(line))
        .map(|(line, _)| {
            (
                line.payable.program.clone(),
                (line.payable.amount, line.payable.period.clone()),
            )
        })
        .collect();
    for (line, why) in lines.iter_mut().filter(|(_, why)| why.is_none()) {
        if let Some((amount, period)) = owed.get(&line.payable.program) {
            let of = period.as_ref().map_or(String::new(), |period| format!(" of {period}"));
            *why = Some(format!(
                "it is settled with {amount} {}{of}, which waits",
                line.currency
            ));
        }
    }
}

fn draft(
    candidate: &Candidate,
    payee: Payee,
    issuer: &Issuer,
    policy: &Policy,
    at: DateTime<Utc>,
    (kind, lines, total): (Kind, Vec<Payable>, Micros),
) -> Result<Document> {
    let issued = Day::from_date(at.date_naive())?;
    Ok(Document {
        number: 0,
        kind,
        issued,
        due: issued.plus(policy.due_days.into()),
        currency: candidate.currency,
        issuer: issuer.clone(),
        payee: Party {
            number: candidate.number.clone(),
            name: candidate.name.clone(),
            address: payee.address,
            tax_id: payee.tax_id,
        },
        lines,
        total,
        reverses: None,
    })
}

/// Changes what is named of what settlement goes by, and leaves the rest.
pub async fn set_policy(
    host: &Host,
    thresholds: &[(Currency, Micros)],
    debit_memos: Option<bool>,
    due_days: Option<u16>,
    rate_type: Option<RateType>,
) -> Result<Policy> {
    let mut tx = host.store.begin(&host.actor).await?;
    let mut policy = tx.settlement_policy().await?;
    for (currency, threshold) in thresholds {
        match *threshold {
            Micros::ZERO => policy.thresholds.remove(currency.code()),
            threshold => policy.thresholds.insert(currency.code().to_owned(), threshold),
        };
    }
    policy.debit_memos = debit_memos.unwrap_or(policy.debit_memos);
    policy.due_days = due_days.unwrap_or(policy.due_days);
    policy.rate_type = rate_type.or(policy.rate_type);
    tx.set_settlement_policy(&policy).await?;
    tx.commit().await?;
    Ok(policy)
}
