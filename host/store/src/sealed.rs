//! Segments as they are kept: derived from the journal, so they may be deleted and made again. See [`crate::segment`].

use std::collections::HashMap;

use domain::digest::Digest;
use serde_json::json;
use sqlx::types::Json;

use crate::bulk::list;
use crate::error::read;
use crate::segment::{Info, Segment};
use crate::{Error, Result, Snapshot, Tx};

#[derive(sqlx::FromRow)]
struct SegmentRow {
    digest: String,
    month: i32,
    bucket: i32,
    buckets: i32,
    row_count: i64,
    first_position: i64,
    last_position: i64,
    days: Json<[Option<(i32, i32)>; 6]>,
}

impl Tx {
    /// Keeps segments made of the journal's rows after `after` and up to `position`.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody else sealed meanwhile.
    pub async fn keep_segments(&mut self, segments: &[Segment], after: u64, position: u64) -> Result<()> {
        let sealed = self.advance("sealed", 0).await? as u64;
        if sealed != after || position < after {
            return Err(Error::Stale(format!(
                "the journal is sealed up to position {sealed} by now, not {after}: seal from there"
            )));
        }
        self.insert_segments(segments).await?;
        self.advance("sealed", (position - after) as usize).await?;
        self.note(
            "keep-segments",
            "segments",
            json!({"new": segments.len(), "after": after, "position": position}),
        );
        Ok(())
    }

    /// Keeps segments in the place of others that hold the same rows.
    ///
    /// # Errors
    /// [`Error::Stale`] when one of the others is gone.
    pub async fn replace_segments(&mut self, old: &[Digest], new: &[Segment]) -> Result<()> {
        self.advance("sealed", 0).await?;
        let digests = list(old);
        let deleted = on_engine!(self, |conn| {
            sqlx::query("delete from segments where digest in (select value from json_each($1))")
                .bind(&*digests)
                .execute(conn)
                .await?
                .rows_affected()
        });
        if deleted != old.len() as u64 {
            return Err(Error::Stale(
                "a segment that was to be merged is gone: list them again".to_owned(),
            ));
        }
        self.insert_segments(new).await?;
        self.note(
            "replace-segments",
            "segments",
            json!({"old": old.len(), "new": new.len()}),
        );
        Ok(())
    }

    /// Deletes all segments, so that the journal is sealed again from its beginning.
    pub async fn delete_segments(&mut self) -> Result<()> {
        let sealed = self.advance("sealed", 0).await?;
        on_engine!(self, |conn| {
            sqlx::query("delete from segments").execute(&mut *conn).await?;
            sqlx::query("update counters set value = 0 where name = 'sealed'")
                .execute(conn)
                .await?;
        });
        self.note("delete-segments", "segments", json!({"position": sealed}));
        Ok(())
    }

    async fn insert_segments(&mut self, segments: &[Segment]) -> Result<()> {
        let at = self.at;
        for Segment { info, content } in segments {
            let digest = info.digest.to_string();
            // Contents are large, so each goes by itself.
            on_engine!(self, |conn| {
                sqlx::query(
                    "insert into segments (digest, month, bucket, buckets, row_count, first_position, last_position, days, content,
                                           sealed_at)
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                )
                .bind(&*digest)
                .bind(info.month)
                .bind(info.bucket as i32)
                .bind(info.buckets as i32)
                .bind(i64::from(info.rows))
                .bind(info.first_position as i64)
                .bind(info.last_position as i64)
                .bind(Json(info.days))
                .bind(&**content)
                .bind(at)
                .execute(conn)
                .await?;
            });
        }
        Ok(())
    }
}

impl Snapshot {
    /// Up to which position of the journal segments are kept; 0 when none are.
    pub async fn sealed_position(&mut self) -> Result<u64> {
        let position: i64 = on_engine!(self, |conn| {
            sqlx::query_scalar("select value from counters where name = 'sealed'")
                .fetch_one(conn)
                .await
        })?;
        Ok(position as u64)
    }

    /// What is known of each, by month, bucket and position.
    pub async fn segments(&mut self) -> Result<Vec<Info>> {
        let rows: Vec<SegmentRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select digest, month, bucket, buckets, row_count, first_position, last_position, days
                 from segments
                 order by month, buckets, bucket, first_position, digest",
            )
            .fetch_all(conn)
            .await
        })?;
        let info = |row: SegmentRow| {
            Ok(Info {
                digest: read(row.digest.parse())?,
                month: row.month,
                bucket: read(row.bucket.try_into())?,
                buckets: read(row.buckets.try_into())?,
                rows: read(row.row_count.try_into())?,
                first_position: row.first_position as u64,
                last_position: row.last_position as u64,
                days: row.days.0,
            })
        };
        rows.into_iter().map(info).collect()
    }

    /// The contents of one, as they are kept: [`crate::segment::Opened::open`] holds them against the digest.
    ///
    /// # Errors
    /// [`Error::Stale`] when it was merged or deleted meanwhile.
    pub async fn segment(&mut self, digest: &Digest) -> Result<Vec<u8>> {
        let name = digest.to_string();
        let content: Option<Vec<u8>> = on_engine!(self, |conn| {
            sqlx::query_scalar("select content from segments where digest = $1")
                .bind(&*name)
                .fetch_optional(conn)
                .await
        })?;
        content.ok_or_else(|| Error::Stale(format!("the segment `{digest}` is gone: list them again")))
    }

    /// The contents of some, in the order of their digests as they are asked for: one question for many, because each waits for SQLite's
    /// thread.
    ///
    /// # Errors
    /// As [`Snapshot::segment`].
    pub async fn segment_contents(&mut self, digests: &[Digest]) -> Result<Vec<Vec<u8>>> {
        let names = list(digests);
        let rows: Vec<(String, Vec<u8>)> = on_engine!(self, |conn| {
            sqlx::query_as("select digest, content from segments where digest in (select value from json_each($1))")
                .bind(&*names)
                .fetch_all(conn)
                .await
        })?;
        let mut contents: HashMap<String, Vec<u8>> = rows.into_iter().collect();
        let content = |digest: &Digest| {
            let content = contents.remove(&digest.to_string());
            content.ok_or_else(|| Error::Stale(format!("the segment `{digest}` is gone: list them again")))
        };
        digests.iter().map(content).collect()
    }
}
