//! A ruling: the plugin is asked, what it answered is kept with its receipt, and what follows is posted.

use anyhow::{Context as _, Result, bail};
use domain::adjudication::Decision;
use domain::claim::stake::Stake;
use domain::claim::{Event, Status};
use domain::day::Day;
use domain::digest::{Digest, canonical_json};
use domain::id::{AccountId, ClaimId};
use domain::ledger::{self, Cause};
use domain::money::Micros;
use domain::plugin::{ClaimHandling, Descriptor};
use domain::program::Program;
use domain::receipt::{DecisionReceipt, Signature};
use store::Tx;
use store::claim::ruling::Ruled;
use store::claim::{Happening, KeptClaim};
use store::ledger::{Posting, holds};

use super::consent::{self, Proposal};
use super::ground::{Ground, Question};
use super::submit::stake_of;
use super::submitter;
use crate::host::Host;

/// How often a ruling that ran into the wall clock is tried.
const TRIES: u32 = 3;

/// What the plugin made of a question.
pub struct Answer {
    pub question: Question,
    pub decision: Decision,
    /// What would be approved, and written off.
    pub approved: Micros,
    pub written_off: Micros,
    pub ruled: Ruled,
}

/// Asks the plugin. `number` is that of the ruling among those on the claim.
pub async fn rule(host: &Host, ground: &Ground, question: Question, number: i64) -> Result<Answer> {
    let plugin = ground.plugin.clone();
    let (answered, question) = tokio::task::spawn_blocking(move || {
        let mut tries = 0;
        let answered = loop {
            tries += 1;
            match plugin.adjudicate(&question.context, &question.evidence, &question.asked) {
                Err(failed) if failed.failure.is_of_the_machine() && tries < TRIES => continue,
                answered => break answered,
            }
        };
        (answered, question)
    })
    .await?;
    let answered = answered?;
    let context = canonical_json(&question.context)?;
    let evidence = canonical_json(&question.evidence)?;
    let asked = canonical_json(&question.asked)?;
    let receipt = DecisionReceipt {
        account: question.context.participant.account.clone(),
        api: runtime::API.to_owned(),
        asked: Digest::of(&asked),
        claim: question.asked.number.clone(),
        component: ground.terms.component,
        context: Digest::of(&context),
        engine: runtime::ENGINE.to_owned(),
        evidence: Digest::of(&evidence),
        fuel: answered.fuel,
        log: Digest::of(answered.log.as_bytes()),
        output: Digest::of(&answered.output),
        program: ground.program.code.clone(),
        revision: number,
        signature: Signature::default(),
    };
    let lines = &answered.decision.lines;
    Ok(Answer {
        approved: Micros::checked_sum(lines.iter().map(|line| line.approved))?,
        written_off: Micros::checked_sum(lines.iter().map(|line| line.written_off))?,
        ruled: Ruled {
            terms: ground.terms.id.clone(),
            context,
            evidence,
            asked,
            output: answered.output,
            log: answered.log,
            receipt: runtime::sign(receipt, &host.key)?,
        },
        decision: answered.decision,
        question,
    })
}

/// What made a claim be ruled on, and when what it moves counts.
pub struct Occasion<'a> {
    pub event: Event,
    pub words: &'a str,
    /// When what it moves counts.
    pub effective: Day,
    pub today: Day,
}

/// Whose balances a claim moves, and by which of a plugin's.
#[derive(Clone, Copy)]
pub struct Books<'a> {
    pub program: &'a Program,
    pub account: &'a AccountId,
    pub descriptor: &'a Descriptor,
}

impl<'a> Books<'a> {
    fn handling(&self) -> Result<&'a ClaimHandling> {
        self.descriptor.claims.as_ref().context("the plugin takes no claims")
    }

    /// Takes hold of the participant's balances until the end of the unit of work.
    pub async fn hold(&self, tx: &mut Tx) -> Result<()> {
        Ok(tx.hold_balances(&self.program.id, &[self.account]).await?)
    }

    /// Keeps a ruling with what it would approve, and asks for the consent that deciding on it needs. The balances must be held. Answers the
    /// claim's revision.
    ///
    /// # Errors
    /// As [`Books::post`] does.
    pub async fn propose(&self, tx: &mut Tx, claim: &KeptClaim, answer: &Answer, by: Occasion<'_>) -> Result<i64> {
        let ruling = answer.ruled.receipt.revision;
        tx.add_ruling(&claim.id, &answer.ruled).await?;
        let happening = Happening {
            approved: answer.approved,
            written_off: answer.written_off,
            ruling,
            ..Happening::to(claim, by.event, by.words)
        };
        let revision = tx.happen(claim, &happening).await?;
        let stake = stake_of(claim, Status::InReview, answer.approved, answer.written_off);
        self.post(tx, &claim.id, revision, stake, by.effective).await?;
        let proposal = Proposal {
            claim,
            ruling,
            amount: answer.approved.checked_add(answer.written_off)?,
            currency: self.program.currency,
        };
        let author = submitter(tx, claim).await?;
        consent::ask(tx, proposal, &author, by.today).await?;
        Ok(revision)
    }

    /// Posts what is to be posted so that the ledger holds what the claim stands for now. The balances must be held.
    ///
    /// # Errors
    /// A sentence when that would leave a fund below zero.
    pub async fn post(&self, tx: &mut Tx, claim: &ClaimId, revision: i64, stake: Stake, effective: Day) -> Result<()> {
        let posted = tx.claim_transfers(claim).await?;
        let posted: Vec<_> = posted.into_iter().map(|moved| moved.transfer).collect();
        let currency = self.program.currency.code();
        let transfers = stake.difference(self.handling()?, currency, effective, &posted)?;
        if transfers.is_empty() {
            return Ok(());
        }
        let held = tx.held_by(&self.program.id, &[self.account]).await?;
        let holds = |code: &str| holds(&held, self.account, code, currency);
        let funds = self.handling()?.funds(self.descriptor);
        if let Some((code, left)) = ledger::overdrawn(&funds, currency, holds, &transfers)? {
            bail!(
                "the balance `{code}` holds {left} {currency}, which is not enough: put money into the fund, or ask for less"
            );
        }
        tx.post_transfers(&[Posting {
            cause: Cause::Claim,
            subject: claim.as_str(),
            revision,
            program: &self.program.id,
            account: self.account,
            period: None,
            posting_period: None,
            transfers: &transfers,
        }])
        .await?;
        Ok(())
    }
}
