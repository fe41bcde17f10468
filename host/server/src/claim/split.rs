//! A deduction is decided in parts. What belongs to another program is written down there as a draft, in the same unit of work: whoever
//! submits it there has it ruled on by that program's terms. Its proofs stay with the whole.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use domain::adjudication::{Claim, ClaimKind};
use domain::claim::RETENTION_MONTHS;
use domain::claim::split::Part;
use domain::claim::verdict::Decided;
use domain::currency::Currency;
use domain::id::ClaimId;
use store::Tx;
use store::claim::{KeptClaim, NewClaim};

use super::form::{Form, FormLine};
use super::submit::{Submission, free_number, ready};
use crate::host::Host;

/// Reads `N=TREATMENT:AMOUNT` or `N=moved:AMOUNT:PROGRAM`.
pub fn part(text: &str) -> Result<Part> {
    let refuse =
        || format!("`{text}` is no part: write N=TREATMENT:AMOUNT, such as 1=matched:80, or N=moved:AMOUNT:PROGRAM");
    let (line, rest) = text.split_once('=').with_context(refuse)?;
    let (treatment, rest) = rest.split_once(':').with_context(refuse)?;
    let (amount, program) = match rest.split_once(':') {
        Some((amount, program)) => (amount, Some(program.trim().to_owned())),
        None => (rest, None),
    };
    Ok(Part {
        line: line.trim().parse().ok().with_context(refuse)?,
        treatment: treatment.trim().parse()?,
        amount: amount.trim().parse()?,
        program,
    })
}

/// The deductions that the moved parts become: one in each other program, with a line for each part.
#[derive(Default)]
pub struct Drafts(Vec<(String, NewClaim)>);

impl Drafts {
    /// Holds the parts against the forms of the programs that they go to. They keep the fields that they were deducted with.
    pub async fn of(host: &Host, claim: &KeptClaim, asked: &Claim, currency: Currency, parts: &[Part]) -> Result<Self> {
        let mut drafts: Vec<(String, NewClaim)> = Vec::new();
        let moved = || parts.iter().filter_map(|part| Some((part.program.as_ref()?, part)));
        for (code, _) in moved() {
            if drafts.iter().any(|(known, _)| known == code) {
                continue;
            }
            let lines = moved().filter(|(other, _)| *other == code).map(|(_, part)| {
                let line = asked.lines.iter().find(|line| line.number == part.line);
                let line = line.context("a part is of no line of the deduction")?;
                Ok(FormLine {
                    claimed: part.amount,
                    fields: serde_json::from_str(&line.fields)?,
                })
            });
            let submission = Submission {
                program: code,
                account: &claim.account_number,
                form: Form {
                    number: None,
                    kind: ClaimKind::Deduction,
                    submitted: Some(claim.submitted),
                    request: None,
                    currency: Some(currency),
                    fields: serde_json::from_str(&asked.fields)?,
                    lines: lines.collect::<Result<_>>()?,
                },
                files: vec![],
                on: None,
                retain_months: RETENTION_MONTHS,
            };
            let ready = ready(host, submission).await;
            let ready = ready.with_context(|| format!("what is moved to program `{code}` cannot be deducted there"))?;
            // Kept as long as the whole is.
            let retained_until = ready.new.retained_until.max(claim.retained_until);
            drafts.push((
                code.clone(),
                NewClaim {
                    retained_until,
                    ..ready.new
                },
            ));
        }
        Ok(Drafts(drafts))
    }

    /// Writes them down, and keeps all parts of the decision with what became of them.
    pub async fn keep(&self, tx: &mut Tx, claim: &KeptClaim, revision: i64, lines: &[Decided]) -> Result<()> {
        let mut became: BTreeMap<&str, ClaimId> = BTreeMap::new();
        for (code, new) in &self.0 {
            let mut new = new.clone();
            new.asked.number = free_number(tx, &new.program).await?;
            became.insert(code, tx.add_claim(&new).await?);
        }
        let there = |part: &Part| part.program.as_deref().and_then(|code| became.get(code)).cloned();
        let parts = lines.iter().flat_map(|line| &line.parts);
        let parts: Vec<_> = parts.map(|part| (part.clone(), there(part))).collect();
        match parts.is_empty() {
            true => Ok(()),
            false => Ok(tx.add_claim_parts(&claim.id, revision, &parts).await?),
        }
    }
}
