//! A statement may take back what it put into a fund, but not what was promised or paid out of it since: such a statement is held.

use anyhow::Result;
use domain::id::AccountId;
use domain::ledger;
use domain::statement::Revision;
use store::Tx;
use store::ledger::holds;

use super::prepare::Prepared;

/// For each revision the sentence why it cannot be posted, where it would leave a fund below zero. Takes hold of the funds until the end of
/// the unit of work.
pub async fn overdrafts(tx: &mut Tx, prepared: &Prepared, revisions: &[Revision]) -> Result<Vec<Option<String>>> {
    let descriptor = prepared.plugin.descriptor();
    let funds = match &descriptor.claims {
        Some(claims) => claims.funds(descriptor),
        None => vec![],
    };
    if funds.is_empty() || revisions.is_empty() {
        return Ok(vec![None; revisions.len()]);
    }
    let accounts: Vec<&AccountId> = revisions.iter().map(|revision| &revision.account).collect();
    tx.hold_balances(&prepared.program.id, &accounts).await?;
    let held = tx.held_by(&prepared.program.id, &accounts).await?;
    let currency = prepared.program.currency.code();
    let overdraft = |revision: &Revision| {
        let holds = |code: &str| holds(&held, &revision.account, code, currency);
        let overdrawn = ledger::overdrawn(&funds, currency, holds, &revision.transfers)?;
        Ok(overdrawn.map(|(code, left)| {
            format!(
                "the statement takes back more of the balance `{code}` than the {left} {currency} that are left of it: withdraw a request, \
                 or put money into the fund, and run the period again"
            )
        }))
    };
    revisions.iter().map(overdraft).collect()
}
