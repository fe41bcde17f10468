//! Imports: which file came in, when, through which profile, and what became of its lines.

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use domain::digest::Digest;
use domain::id::ImportId;
use serde_json::json;

use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewImport {
    pub file_name: String,
    /// SHA-256 of the file.
    pub file_digest: Digest,
    /// Name of the profile that reads it.
    pub profile: String,
    /// The system that the lines come from.
    pub source: String,
}

/// What became of the lines of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportCounts {
    pub accepted: i64,
    pub duplicates: i64,
    pub refused: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub id: ImportId,
    pub of: NewImport,
    /// Zero until it is finished.
    pub counts: ImportCounts,
    pub actor: Actor,
    pub started_at: DateTime<Utc>,
    /// Absent while it runs, and when it was broken off.
    pub finished_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct ImportRow {
    id: String,
    file_name: String,
    file_digest: String,
    profile: String,
    source: String,
    accepted: i64,
    duplicates: i64,
    refused: i64,
    actor: String,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl Tx {
    /// Opens an import, for [`Tx::append`] to name.
    pub async fn begin_import(&mut self, import: &NewImport) -> Result<ImportId> {
        let id: ImportId = self.ids.next(self.at);
        let ordinal = self.advance("imports", 1).await? + 1;
        let (actor, at, digest) = (self.actor.to_string(), self.at, import.file_digest.to_string());
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into imports (id, ordinal, file_name, file_digest, profile, source, accepted, duplicates, refused,
                                      actor, started_at)
                 values ($1, $2, $3, $4, $5, $6, 0, 0, 0, $7, $8)",
            )
            .bind(id.as_str())
            .bind(ordinal)
            .bind(&*import.file_name)
            .bind(&*digest)
            .bind(&*import.profile)
            .bind(&*import.source)
            .bind(&*actor)
            .bind(at)
            .execute(conn)
            .await
            .map(|_| ())
        })?;
        let details =
            json!({"file": import.file_name, "digest": digest, "profile": import.profile, "source": import.source});
        self.note("begin-import", id.as_str(), details);
        Ok(id)
    }

    /// Says what became of the lines.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it was finished before.
    pub async fn finish_import(&mut self, id: &ImportId, counts: ImportCounts) -> Result<()> {
        let at = self.at;
        let finished: Option<String> = on_engine!(self, |conn| {
            sqlx::query_scalar(
                "update imports
                 set accepted = $1, duplicates = $2, refused = $3, finished_at = $4
                 where id = $5 and finished_at is null
                 returning id",
            )
            .bind(counts.accepted)
            .bind(counts.duplicates)
            .bind(counts.refused)
            .bind(at)
            .bind(id.as_str())
            .fetch_optional(conn)
            .await
        })?;
        if finished.is_none() {
            return Err(Error::Conflict(format!("import `{id}` does not exist, or is finished")));
        }
        let details = json!({"accepted": counts.accepted, "duplicates": counts.duplicates, "refused": counts.refused});
        self.note("finish-import", id.as_str(), details);
        Ok(())
    }
}

impl Snapshot {
    /// The newest first.
    pub async fn imports(&mut self, limit: i64) -> Result<Vec<Import>> {
        let rows: Vec<ImportRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, file_name, file_digest, profile, source, accepted, duplicates, refused, actor, started_at, finished_at
                 from imports
                 order by ordinal desc
                 limit $1",
            )
            .bind(limit)
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Import::try_from).collect()
    }
}

impl TryFrom<ImportRow> for Import {
    type Error = Error;

    fn try_from(row: ImportRow) -> Result<Self> {
        Ok(Import {
            id: row.id.into(),
            of: NewImport {
                file_name: row.file_name,
                file_digest: read(row.file_digest.parse())?,
                profile: row.profile,
                source: row.source,
            },
            counts: ImportCounts {
                accepted: row.accepted,
                duplicates: row.duplicates,
                refused: row.refused,
            },
            actor: read(row.actor.parse())?,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}
