//! A deduction is decided in parts. What belongs to another program is written down there as a draft, in the same unit of work: whoever
//! submits it there has it ruled on by that program's terms.

use anyhow::{Context as _, Result};
use domain::adjudication::{Claim, ClaimKind};
use domain::claim::RETENTION_MONTHS;
use domain::claim::split::{Part, Treatment};
use domain::currency::Currency;
use domain::id::ClaimId;
use store::Tx;
use store::claim::{KeptClaim, NewClaim};

use super::form::{Form, FormLine};
use super::submit::{Submission, ready};
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
            drafts.push((code.clone(), ready.new));
        }
        Ok(Drafts(drafts))
    }

    /// Writes them down.
    pub async fn write(&self, tx: &mut Tx) -> Result<Written> {
        let mut written = Vec::new();
        for (code, new) in &self.0 {
            written.push((code.clone(), tx.add_claim(new).await?));
        }
        Ok(Written(written))
    }
}

/// By the program that each is in.
pub struct Written(Vec<(String, ClaimId)>);

impl Written {
    /// Keeps the parts of a line under the number of the decision.
    pub async fn keep(&self, tx: &mut Tx, claim: &KeptClaim, revision: i64, parts: &[Part]) -> Result<()> {
        let became = |part: &Part| {
            let there = |(code, _): &&(String, ClaimId)| Some(code) == part.program.as_ref();
            let draft = self.0.iter().find(there).filter(|_| part.treatment == Treatment::Moved);
            draft.map(|(_, id)| id.clone())
        };
        let parts: Vec<_> = parts.iter().map(|part| (part.clone(), became(part))).collect();
        Ok(tx.add_claim_parts(&claim.id, revision, &parts).await?)
    }
}
