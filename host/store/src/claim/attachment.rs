//! Files that claimants attach, their contents kept by [`crate::file`]. They are never unpacked or opened here.

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use domain::digest::Digest;
use domain::id::ClaimId;
use serde_json::json;

use crate::error::read;
use crate::{Result, Snapshot, Tx};

/// A file about to be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttachment {
    /// Such as `invoice`: see [`domain::adjudication::Proof`].
    pub kind: String,
    /// Without folders: see [`domain::claim::file_name`].
    pub name: String,
    /// What the content was found to be.
    pub media_type: String,
    pub content: Vec<u8>,
}

/// A file that is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// From 1.
    pub number: i64,
    pub file: Digest,
    pub kind: String,
    pub name: String,
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    pub actor: Actor,
    pub at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct AttachmentRow {
    number: i64,
    file: String,
    kind: String,
    name: String,
    media_type: String,
    size: i64,
    actor: String,
    attached_at: DateTime<Utc>,
}

impl Tx {
    /// Attaches files after those that are attached already.
    pub async fn attach(&mut self, claim: &ClaimId, files: &[NewAttachment]) -> Result<()> {
        let (at, actor) = (self.at, self.actor.to_string());
        let before = self.attachments(claim).await?.len() as i64;
        for (number, new) in (before + 1..).zip(files) {
            let digest = self.keep_file(&new.content).await?;
            let file = digest.to_string();
            let size = new.content.len() as i64;
            on_engine!(self, |conn| {
                sqlx::query(
                    "insert into claim_attachments (claim, number, file, kind, name, media_type, size, actor, attached_at)
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                )
                .bind(claim.as_str())
                .bind(number)
                .bind(&*file)
                .bind(&*new.kind)
                .bind(&*new.name)
                .bind(&*new.media_type)
                .bind(size)
                .bind(&*actor)
                .bind(at)
                .execute(conn)
                .await?;
            });
            let details =
                json!({"file": digest, "kind": new.kind, "name": new.name, "media_type": new.media_type, "size": size});
            self.note("attach", claim.as_str(), details);
        }
        Ok(())
    }
}

impl Snapshot {
    /// The files of a claim in the order in which they were attached.
    pub async fn attachments(&mut self, claim: &ClaimId) -> Result<Vec<Attachment>> {
        let rows: Vec<AttachmentRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select number, file, kind, name, media_type, size, actor, attached_at
                 from claim_attachments
                 where claim = $1
                 order by number",
            )
            .bind(claim.as_str())
            .fetch_all(conn)
            .await
        })?;
        let attachment = |row: AttachmentRow| {
            Ok(Attachment {
                number: row.number,
                file: read(row.file.parse())?,
                kind: row.kind,
                name: row.name,
                media_type: row.media_type,
                size: row.size as u64,
                actor: read(row.actor.parse())?,
                at: row.attached_at,
            })
        };
        rows.into_iter().map(attachment).collect()
    }
}
