//! How accounts are settled with, who issues documents, and by which policy. Every version is kept, and the newest counts.

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use domain::digest::{Digest, canonical_json};
use domain::id::AccountId;
use domain::payee::{Issuer, Payee};
use domain::settlement::Policy;
use serde_json::json;
use sqlx::types::Json;

use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// One version of how an account is settled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayeeVersion {
    /// From 1.
    pub version: i64,
    pub payee: Payee,
    pub by: Actor,
    pub at: DateTime<Utc>,
}

/// The newest version, with whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayeeLine {
    pub account: AccountId,
    pub account_number: String,
    pub account_name: String,
    pub payee: Payee,
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    version: i64,
    details: Json<Payee>,
    actor: String,
    recorded_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct LineRow {
    account: String,
    number: String,
    name: String,
    details: Json<Payee>,
}

impl Tx {
    /// Adds a version, unless it says what the newest says. Whether it did.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the account does not exist.
    pub async fn set_payee(&mut self, account: &AccountId, payee: &Payee) -> Result<bool> {
        // Holds the account, so that two versions do not get the same number.
        let held: Option<String> = on_engine!(self, |conn| {
            sqlx::query_scalar("update accounts set number = number where id = $1 returning number")
                .bind(account.as_str())
                .fetch_optional(conn)
                .await
        })?;
        let number = held.ok_or_else(|| Error::Conflict(format!("account `{account}` does not exist")))?;
        let newest = self.payee_versions(account).await?.pop();
        if newest.as_ref().is_some_and(|newest| newest.payee == *payee) {
            return Ok(false);
        }
        let version = newest.map_or(1, |newest| newest.version + 1);
        let (at, actor) = (self.at, self.actor.to_string());
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into payees (account, version, details, actor, recorded_at) values ($1, $2, $3, $4, $5)",
            )
            .bind(account.as_str())
            .bind(version)
            .bind(Json(payee))
            .bind(&*actor)
            .bind(at)
            .execute(conn)
            .await?;
        });
        // Bank accounts stay out of the log; the digest tells whether the version is the one that was recorded.
        let digest = Digest::of(&canonical_json(payee)?);
        self.note("set-payee", number, json!({ "version": version, "digest": digest }));
        Ok(true)
    }

    /// Adds a version of who issues documents. Documents that were issued keep theirs.
    pub async fn set_issuer(&mut self, issuer: &Issuer) -> Result<()> {
        let version = self.advance("issuers", 1).await? + 1;
        let (at, actor) = (self.at, self.actor.to_string());
        on_engine!(self, |conn| {
            sqlx::query("insert into issuers (version, details, actor, recorded_at) values ($1, $2, $3, $4)")
                .bind(version)
                .bind(Json(issuer))
                .bind(&*actor)
                .bind(at)
                .execute(conn)
                .await?;
        });
        let digest = Digest::of(&canonical_json(issuer)?);
        self.note(
            "set-issuer",
            &*issuer.party.number,
            json!({ "version": version, "digest": digest }),
        );
        Ok(())
    }

    /// Adds a version of what settlement goes by.
    pub async fn set_settlement_policy(&mut self, policy: &Policy) -> Result<()> {
        let version = self.advance("settlement-policies", 1).await? + 1;
        let (at, actor) = (self.at, self.actor.to_string());
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into settlement_policies (version, details, actor, recorded_at) values ($1, $2, $3, $4)",
            )
            .bind(version)
            .bind(Json(policy))
            .bind(&*actor)
            .bind(at)
            .execute(conn)
            .await?;
        });
        self.note("set-settlement-policy", version.to_string(), json!(policy));
        Ok(())
    }
}

impl Snapshot {
    /// Every version, from the first.
    pub async fn payee_versions(&mut self, account: &AccountId) -> Result<Vec<PayeeVersion>> {
        let rows: Vec<VersionRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select version, details, actor, recorded_at from payees where account = $1 order by version",
            )
            .bind(account.as_str())
            .fetch_all(conn)
            .await
        })?;
        let version = |row: VersionRow| {
            Ok(PayeeVersion {
                version: row.version,
                payee: row.details.0,
                by: read(row.actor.parse())?,
                at: row.recorded_at,
            })
        };
        rows.into_iter().map(version).collect()
    }

    /// How the account is settled with; when nobody said, without address, bank or anything else.
    pub async fn payee(&mut self, account: &AccountId) -> Result<Payee> {
        let details: Option<Json<Payee>> = on_engine!(self, |conn| {
            sqlx::query_scalar("select details from payees where account = $1 order by version desc limit 1")
                .bind(account.as_str())
                .fetch_optional(conn)
                .await
        })?;
        Ok(details.map(|details| details.0).unwrap_or_default())
    }

    /// Everybody of whom something was said, by account number.
    pub async fn payees(&mut self) -> Result<Vec<PayeeLine>> {
        let rows: Vec<LineRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select account, number, name, details
                 from payees
                 join accounts on accounts.id = account
                 where version = (select max(newest.version) from payees newest where newest.account = payees.account)
                 order by number",
            )
            .fetch_all(conn)
            .await
        })?;
        let line = |row: LineRow| PayeeLine {
            account: row.account.into(),
            account_number: row.number,
            account_name: row.name,
            payee: row.details.0,
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// Who issues documents; nobody, until somebody says.
    pub async fn issuer(&mut self) -> Result<Option<Issuer>> {
        let details: Option<Json<Issuer>> = on_engine!(self, |conn| {
            sqlx::query_scalar("select details from issuers order by version desc limit 1")
                .fetch_optional(conn)
                .await
        })?;
        Ok(details.map(|details| details.0))
    }

    /// What settlement goes by.
    pub async fn settlement_policy(&mut self) -> Result<Policy> {
        let details: Option<Json<Policy>> = on_engine!(self, |conn| {
            sqlx::query_scalar("select details from settlement_policies order by version desc limit 1")
                .fetch_optional(conn)
                .await
        })?;
        Ok(details.map(|details| details.0).unwrap_or_default())
    }
}
