//! Rulings on claims as the plugin gave them, and what persons decided by them.

use chrono::{DateTime, Utc};
use domain::claim::verdict::Decided;
use domain::digest::{Digest, canonical_json, ordered_json};
use domain::id::{ClaimId, TermsId};
use domain::money::Micros;
use domain::receipt::DecisionReceipt;
use serde_json::json;

use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// A ruling with all that it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruled {
    pub terms: TermsId,
    /// Canonical JSON, each.
    pub context: Vec<u8>,
    pub evidence: Vec<u8>,
    /// The claim as it was sent.
    pub asked: Vec<u8>,
    pub output: Vec<u8>,
    /// What the plugin logged.
    pub log: String,
    /// Signed. Its revision is the ruling's number.
    pub receipt: DecisionReceipt,
}

/// A ruling as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRuling {
    /// From 1.
    pub number: i64,
    pub ruled: Ruled,
    pub at: DateTime<Utc>,
}

/// One line as somebody decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptDecision {
    /// Of what happened to the claim.
    pub revision: i64,
    pub line: u32,
    /// Number of the ruling that was confirmed.
    pub ruling: i64,
    pub approved: Micros,
    pub written_off: Micros,
    pub reason: Option<String>,
}

#[derive(sqlx::FromRow)]
struct RulingRow {
    number: i64,
    terms: String,
    context: Vec<u8>,
    evidence: Vec<u8>,
    asked: Vec<u8>,
    output: Vec<u8>,
    log: String,
    receipt: String,
    created_at: DateTime<Utc>,
}

impl Tx {
    /// Keeps a ruling; its number must be the next of the claim.
    pub async fn add_ruling(&mut self, claim: &ClaimId, ruled: &Ruled) -> Result<()> {
        let receipt = String::from_utf8_lossy(&ordered_json(&ruled.receipt)?).into_owned();
        let (at, number) = (self.at, ruled.receipt.revision);
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into claim_rulings (claim, number, terms, component, context, evidence, asked, output, log, receipt, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            )
            .bind(claim.as_str())
            .bind(number)
            .bind(ruled.terms.as_str())
            .bind(ruled.receipt.component.to_string())
            .bind(&*ruled.context)
            .bind(&*ruled.evidence)
            .bind(&*ruled.asked)
            .bind(&*ruled.output)
            .bind(&*ruled.log)
            .bind(&*receipt)
            .bind(at)
            .execute(conn)
            .await?;
        });
        let details = json!({"number": number, "receipt": Digest::of(receipt.as_bytes())});
        self.note("rule-claim", claim.as_str(), details);
        Ok(())
    }

    /// Keeps what was decided of each line, under the number of the decision among what happened to the claim.
    pub async fn add_decisions(
        &mut self,
        claim: &ClaimId,
        revision: i64,
        ruling: i64,
        decided: &[Decided],
    ) -> Result<()> {
        insert_many!(
            self,
            "insert into claim_decisions (claim, revision, line, ruling, approved_micros, written_off_micros, reason) ",
            7,
            decided,
            "",
            |values, line| {
                values
                    .push_bind(claim.as_str())
                    .push_bind(revision)
                    .push_bind(i64::from(line.number))
                    .push_bind(ruling);
                values
                    .push_bind(line.approved.0)
                    .push_bind(line.written_off.0)
                    .push_bind(line.reason.as_deref())
            }
        );
        let details = json!({"revision": revision, "ruling": ruling, "lines": Digest::of(&canonical_json(&decided)?)});
        self.note("decide-claim", claim.as_str(), details);
        Ok(())
    }
}

impl Snapshot {
    /// The rulings on a claim, from the first.
    pub async fn rulings(&mut self, claim: &ClaimId) -> Result<Vec<KeptRuling>> {
        let rows: Vec<RulingRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select number, terms, context, evidence, asked, output, log, receipt, created_at
                 from claim_rulings
                 where claim = $1
                 order by number",
            )
            .bind(claim.as_str())
            .fetch_all(conn)
            .await
        })?;
        let kept = |row: RulingRow| {
            Ok(KeptRuling {
                number: row.number,
                ruled: Ruled {
                    terms: row.terms.into(),
                    context: row.context,
                    evidence: row.evidence,
                    asked: row.asked,
                    output: row.output,
                    log: row.log,
                    receipt: read(serde_json::from_str(&row.receipt))?,
                },
                at: row.created_at,
            })
        };
        rows.into_iter().map(kept).collect()
    }

    /// Everything that was decided of a claim, by decision and line.
    pub async fn decisions(&mut self, claim: &ClaimId) -> Result<Vec<KeptDecision>> {
        let rows: Vec<(i64, i64, i64, i64, i64, Option<String>)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select revision, line, ruling, approved_micros, written_off_micros, reason
                 from claim_decisions
                 where claim = $1
                 order by revision, line",
            )
            .bind(claim.as_str())
            .fetch_all(conn)
            .await
        })?;
        let kept = |(revision, line, ruling, approved, written_off, reason)| {
            Ok::<_, Error>(KeptDecision {
                revision,
                line: read(u32::try_from(line))?,
                ruling,
                approved: Micros(approved),
                written_off: Micros(written_off),
                reason,
            })
        };
        rows.into_iter().map(kept).collect()
    }
}
