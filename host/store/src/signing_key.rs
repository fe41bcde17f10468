//! The public keys that receipts are signed with. The private ones are kept elsewhere.

use chrono::{DateTime, Utc};
use domain::digest::Digest;
use serde_json::json;

use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// SHA-256 of the public key, in hexadecimal digits, as receipts name it.
    pub id: String,
    /// Ed25519, 32 bytes.
    pub public_key: Vec<u8>,
    pub created_at: DateTime<Utc>,
}

impl Tx {
    /// Keeps a public key and returns the id that receipts name it by. The same again changes nothing.
    pub async fn add_signing_key(&mut self, public_key: &[u8]) -> Result<String> {
        let id = Digest::of(public_key).to_string();
        let at = self.at;
        let added = on_engine!(self, |conn| {
            sqlx::query(
                "insert into signing_keys (id, public_key, created_at) values ($1, $2, $3) on conflict (id) do nothing",
            )
            .bind(&*id)
            .bind(public_key)
            .bind(at)
            .execute(conn)
            .await?
            .rows_affected()
        });
        if added > 0 {
            self.note("add-signing-key", &*id, json!({}));
        }
        Ok(id)
    }
}

impl Snapshot {
    /// # Errors
    /// [`Error::Corrupt`] when the key is not the one that has this id.
    pub async fn signing_key(&mut self, id: &str) -> Result<Option<SigningKey>> {
        let row: Option<(Vec<u8>, DateTime<Utc>)> = on_engine!(self, |conn| {
            sqlx::query_as("select public_key, created_at from signing_keys where id = $1")
                .bind(id)
                .fetch_optional(conn)
                .await
        })?;
        let Some((public_key, created_at)) = row else {
            return Ok(None);
        };
        let named: Digest = read(id.parse())?;
        if Digest::of(&public_key) != named {
            return Err(Error::corrupt(format!(
                "the signing key `{id}` was changed: its bytes give another id"
            )));
        }
        Ok(Some(SigningKey {
            id: id.to_owned(),
            public_key,
            created_at,
        }))
    }
}
