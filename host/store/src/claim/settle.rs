//! Claims that a settlement document pays.

use domain::claim::Event;
use domain::id::{AccountId, ProgramId};
use serde_json::json;

use super::read::ClaimFilter;
use super::{Happening, KeptClaim};
use crate::{Result, Tx};

/// Claims handled at a time.
const PAGE: i64 = 500;

impl Tx {
    /// Marks a participant's claims of which something was approved or written off, and that no document has paid yet, as settled by this one,
    /// and says how many. A disputed one stays disputed, and ends settled when the dispute is answered.
    pub async fn settle_claims(&mut self, program: &ProgramId, account: &AccountId, document: &str) -> Result<u64> {
        let filter = ClaimFilter {
            program: Some(program.clone()),
            account: Some(account.clone()),
            ..ClaimFilter::default()
        };
        self.each_claim(&filter, document, Event::Settle, |claim| {
            !claim.standing.settled
                && (claim.approved.0 > 0 || claim.written_off.0 > 0)
                && claim.standing.outcome.is_some()
        })
        .await
    }

    /// Takes back what a document settled, because it is cancelled: the claims stand as they were decided. Says how many.
    pub async fn unsettle_claims(&mut self, document: &str) -> Result<u64> {
        let filter = ClaimFilter {
            settlement: Some(document.to_owned()),
            ..ClaimFilter::default()
        };
        self.each_claim(&filter, document, Event::Unsettle, |_| true).await
    }

    async fn each_claim(
        &mut self,
        filter: &ClaimFilter,
        document: &str,
        event: Event,
        concerned: impl Fn(&KeptClaim) -> bool,
    ) -> Result<u64> {
        let (mut after, mut done) = (None, 0);
        loop {
            let page = self.claims(filter, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(done) };
            after = Some(last.id.clone());
            for claim in &page {
                if !concerned(claim) || claim.standing.after(&claim.number, event).is_err() {
                    continue;
                }
                let words = format!("by document {document}");
                self.happen(claim, &Happening::to(claim, event, &words)).await?;
                let paid_by = (event == Event::Settle).then_some(document);
                on_engine!(self, |conn| {
                    sqlx::query("update claims set settlement = $1 where id = $2")
                        .bind(paid_by)
                        .bind(claim.id.as_str())
                        .execute(conn)
                        .await?;
                });
                self.note(event.as_str(), claim.id.as_str(), json!({"document": document}));
                done += 1;
            }
        }
    }
}
