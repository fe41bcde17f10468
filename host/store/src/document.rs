//! Settlement documents: numbered without gaps, kept to the byte, and posted in the same unit of work. See [`domain::settlement`].

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use domain::digest::{Digest, canonical_json};
use domain::id::{AccountId, DocumentId};
use domain::ledger::{Cause, Reason, Transfer};
use domain::settlement::{Document, label};
use serde_json::json;

use crate::error::read;
use crate::ledger::Posting;
use crate::{Error, Result, Snapshot, Tx};

/// The rule that transfers of documents name.
pub const RULE: &str = "settlement";

/// A document as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    pub id: DocumentId,
    pub account: AccountId,
    pub document: Document,
    /// SHA-256 of the document's canonical JSON.
    pub digest: Digest,
    /// Number of the document that cancels it.
    pub cancelled_by: Option<i64>,
    pub by: Actor,
    pub at: DateTime<Utc>,
}

/// Which; absent is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentFilter {
    pub account: Option<AccountId>,
    /// Code of the currency.
    pub currency: Option<String>,
    /// Only documents with a higher number.
    pub after: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct DocumentRow {
    id: String,
    account: String,
    json: String,
    digest: String,
    cancelled_by: Option<i64>,
    actor: String,
    issued_at: DateTime<Utc>,
}

impl Tx {
    /// Issues a document: gives it the next number, whatever number it comes with, keeps it and posts what it moves. The caller holds the
    /// balances and has read in this unit of work what it settles.
    ///
    /// # Errors
    /// [`Error::Refused`] when its lines do not give its total, [`Error::Conflict`] when it reverses one that was cancelled before.
    pub async fn issue_document(&mut self, account: &AccountId, document: Document) -> Result<Issued> {
        let number = self.advance("documents", 1).await? + 1;
        let document = Document { number, ..document };
        document.check()?;
        let json = canonical_json(&document)?;
        let issued = Issued {
            id: self.ids.next(self.at),
            account: account.clone(),
            digest: Digest::of(&json),
            document,
            cancelled_by: None,
            by: self.actor.clone(),
            at: self.at,
        };
        let json = String::from_utf8_lossy(&json);
        let (digest, actor) = (issued.digest.to_string(), issued.by.to_string());
        let document = &issued.document;
        let reverses = document.reverses.as_ref().map(|reversed| reversed.number);
        let kept: Result<_, Error> = on_engine!(self, |conn| {
            sqlx::query(
                "insert into documents (number, id, account, kind, currency, total_micros, reverses, json, digest, actor, issued_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            )
            .bind(number)
            .bind(issued.id.as_str())
            .bind(account.as_str())
            .bind(document.kind.as_str())
            .bind(document.currency.code())
            .bind(document.total.0)
            .bind(reverses)
            .bind(&*json)
            .bind(&*digest)
            .bind(&*actor)
            .bind(issued.at)
            .execute(conn)
            .await
            .map(|_| ())
            .map_err(Error::from)
        });
        kept.map_err(|e| match (&e, reverses) {
            (Error::Database(sqlx::Error::Database(database)), Some(reversed)) if database.is_unique_violation() => {
                Error::Conflict(format!("document {} was cancelled already", label(reversed)))
            }
            _ => e,
        })?;
        let details = json!({
            "id": issued.id, "account": account, "kind": document.kind, "currency": document.currency, "total": document.total,
            "reverses": reverses, "digest": issued.digest,
        });
        self.note("issue-document", issued.document.label(), details);
        self.post_document(&issued).await?;
        self.claims_follow(&issued).await?;
        Ok(issued)
    }

    /// Claims are settled by the document that pays them, which is its lines without a period, and no longer by one that is reversed.
    async fn claims_follow(&mut self, issued: &Issued) -> Result<()> {
        let document = &issued.document;
        if let Some(reversed) = &document.reverses {
            self.unsettle_claims(&label(reversed.number)).await?;
            return Ok(());
        }
        for line in document.lines.iter().filter(|line| line.period.is_none()) {
            self.settle_claims(&line.program, &issued.account, &document.label())
                .await?;
        }
        Ok(())
    }

    /// One posting for each line, by the number of the line: what the line settles of its program and period, in the program's currency.
    async fn post_document(&mut self, issued: &Issued) -> Result<()> {
        let document = &issued.document;
        let movements = document.movements();
        let transfers: Vec<[Transfer; 1]> = movements
            .iter()
            .map(|movement| {
                [Transfer {
                    rule: RULE.into(),
                    debit: movement.debit.into(),
                    credit: movement.credit.into(),
                    amount: movement.amount,
                    unit: movement.currency.code().into(),
                    effective: document.issued,
                    expires: None,
                    basis: None,
                    rate: None,
                    reason: match document.reverses {
                        None => Reason::Original,
                        Some(_) => Reason::Reversal,
                    },
                }]
            })
            .collect();
        let postings: Vec<Posting<'_>> = (1..)
            .zip(movements.iter().zip(&transfers))
            .map(|(line, (movement, transfers))| Posting {
                cause: Cause::Settlement,
                subject: issued.id.as_str(),
                revision: line,
                program: movement.program,
                account: &issued.account,
                period: movement.period,
                posting_period: None,
                transfers,
            })
            .collect();
        self.post_transfers(&postings).await
    }
}

impl Snapshot {
    pub async fn document(&mut self, number: i64) -> Result<Option<Issued>> {
        let row: Option<DocumentRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select documents.id, documents.account, documents.json, documents.digest, cancelling.number as cancelled_by,
                        documents.actor, documents.issued_at
                 from documents
                 left join documents cancelling on cancelling.reverses = documents.number
                 where documents.number = $1",
            )
            .bind(number)
            .fetch_optional(conn)
            .await
        })?;
        row.map(Issued::try_from).transpose()
    }

    /// By number, at most so many.
    pub async fn documents(&mut self, filter: &DocumentFilter, limit: u32) -> Result<Vec<Issued>> {
        let rows: Vec<DocumentRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select documents.id, documents.account, documents.json, documents.digest, cancelling.number as cancelled_by,
                        documents.actor, documents.issued_at
                 from documents
                 left join documents cancelling on cancelling.reverses = documents.number
                 where (cast($1 as text) is null or documents.account = $1)
                     and (cast($2 as text) is null or documents.currency = $2)
                     and documents.number > $3
                 order by documents.number
                 limit $4",
            )
            .bind(filter.account.as_ref().map(AccountId::as_str))
            .bind(filter.currency.as_deref())
            .bind(filter.after.unwrap_or_default())
            .bind(i64::from(limit))
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Issued::try_from).collect()
    }
}

impl TryFrom<DocumentRow> for Issued {
    type Error = Error;

    /// # Errors
    /// [`Error::Corrupt`] when the document is not what was issued.
    fn try_from(row: DocumentRow) -> Result<Self> {
        let digest: Digest = read(row.digest.parse())?;
        if Digest::of(row.json.as_bytes()) != digest {
            return Err(Error::corrupt(format!(
                "the document with the id `{}` was changed since it was issued: its digest does not fit",
                row.id
            )));
        }
        Ok(Issued {
            id: row.id.into(),
            account: row.account.into(),
            document: read(serde_json::from_str(&row.json))?,
            digest,
            cancelled_by: row.cancelled_by,
            by: read(row.actor.parse())?,
            at: row.issued_at,
        })
    }
}
