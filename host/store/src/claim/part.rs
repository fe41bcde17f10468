//! The parts into which persons split the lines of deductions.

use domain::claim::Status;
use domain::claim::split::{Part, Treatment};
use domain::id::ClaimId;
use domain::money::Micros;
use serde_json::json;

use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// A part as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPart {
    /// Of what happened to the deduction: the decision.
    pub revision: i64,
    pub line: u32,
    /// From 1 in its line.
    pub number: u32,
    pub treatment: Treatment,
    pub amount: Micros,
    pub moved_to: Option<Moved>,
}

/// The deduction that a part became, or that a deduction was a part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub id: ClaimId,
    /// The program's code.
    pub program: String,
    pub number: String,
    pub status: Status,
}

#[derive(sqlx::FromRow)]
struct PartRow {
    revision: i64,
    line: i64,
    number: i64,
    treatment: String,
    amount_micros: i64,
    id: Option<String>,
    code: Option<String>,
    claim_number: Option<String>,
    status: Option<String>,
}

impl Tx {
    /// Keeps the parts of one line under the number of the decision; of each that is moved the deduction that it became.
    pub async fn add_claim_parts(
        &mut self,
        claim: &ClaimId,
        revision: i64,
        parts: &[(Part, Option<ClaimId>)],
    ) -> Result<()> {
        let of_lines = parts.chunk_by(|(one, _), (next, _)| one.line == next.line);
        let numbered: Vec<_> = of_lines.flat_map(|of_line| (1_i64..).zip(of_line)).collect();
        insert_many!(
            self,
            "insert into claim_parts (claim, revision, line, number, treatment, amount_micros, moved_to) ",
            7,
            numbered,
            "",
            |values, part| {
                let (number, (part, moved_to)) = part;
                values
                    .push_bind(claim.as_str())
                    .push_bind(revision)
                    .push_bind(i64::from(part.line))
                    .push_bind(*number);
                values
                    .push_bind(part.treatment.as_str())
                    .push_bind(part.amount.0)
                    .push_bind(moved_to.as_ref().map(ClaimId::as_str))
            }
        );
        let details = json!({"revision": revision, "parts": parts});
        self.note("split-claim", claim.as_str(), details);
        Ok(())
    }
}

impl Snapshot {
    /// The parts of every decision on a deduction, by decision, line and number.
    pub async fn claim_parts(&mut self, claim: &ClaimId) -> Result<Vec<KeptPart>> {
        let rows: Vec<PartRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select claim_parts.revision, claim_parts.line, claim_parts.number, treatment, amount_micros,
                        claims.id, programs.code, claims.number as claim_number, claims.status
                 from claim_parts
                 left join claims on claims.id = moved_to
                 left join programs on programs.id = claims.program
                 where claim = $1
                 order by claim_parts.revision, claim_parts.line, claim_parts.number",
            )
            .bind(claim.as_str())
            .fetch_all(conn)
            .await
        })?;
        let part = |row: PartRow| {
            let moved_to = match (row.id, row.code, row.claim_number, row.status) {
                (Some(id), Some(program), Some(number), Some(status)) => Some(Moved {
                    id: id.into(),
                    program,
                    number,
                    status: read(status.parse())?,
                }),
                _ => None,
            };
            Ok::<_, Error>(KeptPart {
                revision: row.revision,
                line: read(u32::try_from(row.line))?,
                number: read(u32::try_from(row.number))?,
                treatment: read(row.treatment.parse())?,
                amount: Micros(row.amount_micros),
                moved_to,
            })
        };
        rows.into_iter().map(part).collect()
    }

    /// The deduction that this one is a part of.
    pub async fn moved_from(&mut self, claim: &ClaimId) -> Result<Option<Moved>> {
        let row: Option<(String, String, String, String)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select distinct claims.id, programs.code, claims.number, claims.status
                 from claim_parts
                 join claims on claims.id = claim_parts.claim
                 join programs on programs.id = claims.program
                 where moved_to = $1",
            )
            .bind(claim.as_str())
            .fetch_optional(conn)
            .await
        })?;
        let moved = |(id, program, number, status): (String, String, String, String)| {
            Ok(Moved {
                id: id.into(),
                program,
                number,
                status: read(status.parse())?,
            })
        };
        row.map(moved).transpose()
    }
}
