//! Who did what, and when: a chain of entries, each with a digest over its contents and the digest before it, so that a change of the
//! past shows.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::actor::Actor;
use domain::digest::{Digest, canonical_json};
use serde_json::{Value, json};

use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// One thing done, before it has its place in the chain.
#[derive(Debug)]
pub(crate) struct Entry {
    action: &'static str,
    subject: String,
    details: Value,
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// From 1, without gaps.
    pub sequence: i64,
    pub at: DateTime<Utc>,
    pub actor: Actor,
    /// Such as `append` or `create-program`.
    pub action: String,
    /// What it was done to.
    pub subject: String,
    /// Canonical JSON.
    pub details: String,
    pub previous: Digest,
    pub digest: Digest,
}

#[derive(sqlx::FromRow)]
struct AuditRow {
    sequence: i64,
    at: DateTime<Utc>,
    actor: String,
    action: String,
    subject: String,
    details: String,
    previous: String,
    digest: String,
}

/// Entries read at a time, so that memory does not grow with the log.
const PAGE: i64 = 1_000;

impl Tx {
    /// Notes what this unit of work did; it enters the log when the work is committed.
    pub(crate) fn note(&mut self, action: &'static str, subject: impl Into<String>, details: Value) {
        self.entries.push(Entry {
            action,
            subject: subject.into(),
            details,
        });
    }

    pub(crate) async fn write_entries(&mut self) -> Result<()> {
        let entries = std::mem::take(&mut self.entries);
        if entries.is_empty() {
            return Ok(());
        }
        let last = self.advance("audit", entries.len()).await?;
        let mut previous = match last {
            0 => beginning(),
            last => self.audit_digest(last).await?,
        };
        let (at, actor) = (self.at, self.actor.to_string());
        let mut rows = Vec::with_capacity(entries.len());
        for (sequence, entry) in (last + 1..).zip(entries) {
            let details = String::from_utf8_lossy(&canonical_json(&entry.details)?).into_owned();
            let digest = digest_of(
                sequence,
                at,
                &actor,
                entry.action,
                &entry.subject,
                &entry.details,
                previous,
            )?;
            rows.push((
                sequence,
                entry.action,
                entry.subject,
                details,
                previous.to_string(),
                digest.to_string(),
            ));
            previous = digest;
        }
        insert_many!(
            self,
            "insert into audit (sequence, at, actor, action, subject, details, previous, digest) ",
            8,
            rows,
            "",
            |values, row| {
                values
                    .push_bind(row.0)
                    .push_bind(at)
                    .push_bind(&*actor)
                    .push_bind(row.1);
                values
                    .push_bind(&*row.2)
                    .push_bind(&*row.3)
                    .push_bind(&*row.4)
                    .push_bind(&*row.5)
            }
        );
        Ok(())
    }

    async fn audit_digest(&mut self, sequence: i64) -> Result<Digest> {
        let digest: Option<String> = on_engine!(self, |conn| {
            sqlx::query_scalar("select digest from audit where sequence = $1")
                .bind(sequence)
                .fetch_optional(conn)
                .await
        })?;
        let digest = digest.ok_or_else(|| Error::corrupt(format!("audit entry {sequence} is missing")))?;
        read(digest.parse())
    }
}

impl Snapshot {
    /// Entries after a sequence number (0: from the first), in order.
    pub async fn audit_after(&mut self, sequence: i64, limit: i64) -> Result<Vec<Audited>> {
        let rows: Vec<AuditRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select sequence, at, actor, action, subject, details, previous, digest
                 from audit
                 where sequence > $1
                 order by sequence
                 limit $2",
            )
            .bind(sequence)
            .bind(limit)
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Audited::try_from).collect()
    }

    /// Follows the chain from its beginning and says how many entries it has.
    ///
    /// # Errors
    /// [`Error::Corrupt`] names the first entry that was changed, removed or put in.
    pub async fn verify_audit(&mut self) -> Result<u64> {
        let (mut last, mut previous) = (0, beginning());
        loop {
            let page = self.audit_after(last, PAGE).await?;
            for entry in &page {
                let sequence = entry.sequence;
                if sequence != last + 1 {
                    return Err(Error::corrupt(format!("audit entry {} is missing", last + 1)));
                }
                let broken = |why: &str| Error::corrupt(format!("audit entry {sequence} is broken: {why}"));
                if entry.previous != previous {
                    return Err(broken("it does not follow from the entry before it"));
                }
                let details: Value =
                    serde_json::from_str(&entry.details).map_err(|_| broken("its details are no JSON"))?;
                let actor = entry.actor.to_string();
                let found = digest_of(
                    sequence,
                    entry.at,
                    &actor,
                    &entry.action,
                    &entry.subject,
                    &details,
                    previous,
                )?;
                if found != entry.digest {
                    return Err(broken("its contents do not give its digest"));
                }
                (last, previous) = (sequence, entry.digest);
            }
            if (page.len() as i64) < PAGE {
                break;
            }
        }
        let count: i64 = on_engine!(self, |conn| {
            sqlx::query_scalar("select value from counters where name = 'audit'")
                .fetch_one(conn)
                .await
        })?;
        match u64::try_from(last) {
            Ok(entries) if last == count => Ok(entries),
            _ => Err(Error::corrupt(format!(
                "audit entry {} is missing: the log ends at {last}",
                last + 1
            ))),
        }
    }
}

/// What stands before the first entry: the digest of nothing.
fn beginning() -> Digest {
    Digest::of(b"")
}

fn digest_of(
    sequence: i64,
    at: DateTime<Utc>,
    actor: &str,
    action: &str,
    subject: &str,
    details: &Value,
    previous: Digest,
) -> Result<Digest> {
    let entry = json!({
        "sequence": sequence,
        "at": at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "actor": actor,
        "action": action,
        "subject": subject,
        "details": details,
        "previous": previous,
    });
    Ok(Digest::of(&canonical_json(&entry)?))
}

impl TryFrom<AuditRow> for Audited {
    type Error = Error;

    fn try_from(row: AuditRow) -> Result<Self> {
        let broken = |e: domain::Error| Error::corrupt(format!("audit entry {} is broken: {e}", row.sequence));
        Ok(Audited {
            sequence: row.sequence,
            at: row.at,
            actor: row.actor.parse().map_err(broken)?,
            action: row.action,
            subject: row.subject,
            details: row.details,
            previous: row.previous.parse().map_err(broken)?,
            digest: row.digest.parse().map_err(broken)?,
        })
    }
}
