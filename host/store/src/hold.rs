//! Holds: placed by somebody, kept for ever, lifted by somebody.

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use domain::hold::Hold;
use domain::id::{AccountId, ProgramId};
use serde_json::json;

use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// A hold, in force or lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub hold: Hold,
    pub account_number: Option<String>,
    pub program_code: Option<String>,
    pub at: DateTime<Utc>,
    pub lifted: Option<(Actor, DateTime<Utc>)>,
}

#[derive(sqlx::FromRow)]
struct HoldRow {
    number: i64,
    account: Option<String>,
    account_number: Option<String>,
    program: Option<String>,
    program_code: Option<String>,
    reason: String,
    actor: String,
    placed_at: DateTime<Utc>,
    lifted_by: Option<String>,
    lifted_at: Option<DateTime<Utc>>,
}

impl Tx {
    /// Keeps the account, the program, or the account in the program from being settled, and gives the hold's number.
    pub async fn place_hold(
        &mut self,
        account: Option<&AccountId>,
        program: Option<&ProgramId>,
        reason: &str,
    ) -> Result<i64> {
        let hold = Hold {
            number: self.advance("holds", 1).await? + 1,
            account: account.cloned(),
            program: program.cloned(),
            reason: reason.to_owned(),
            by: self.actor.clone(),
        };
        hold.check()?;
        let (at, actor) = (self.at, hold.by.to_string());
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into holds (number, account, program, reason, actor, placed_at) values ($1, $2, $3, $4, $5, $6)",
            )
            .bind(hold.number)
            .bind(account.map(AccountId::as_str))
            .bind(program.map(ProgramId::as_str))
            .bind(reason)
            .bind(&*actor)
            .bind(at)
            .execute(conn)
            .await?;
        });
        self.note("place-hold", hold.number.to_string(), json!(hold));
        Ok(hold.number)
    }

    /// # Errors
    /// [`Error::Conflict`] when there is none of that number, or it was lifted.
    pub async fn lift_hold(&mut self, number: i64) -> Result<()> {
        let (at, actor) = (self.at, self.actor.to_string());
        let lifted = on_engine!(self, |conn| {
            sqlx::query("update holds set lifted_by = $1, lifted_at = $2 where number = $3 and lifted_by is null")
                .bind(&*actor)
                .bind(at)
                .bind(number)
                .execute(conn)
                .await?
                .rows_affected()
        });
        if lifted == 0 {
            return Err(Error::Conflict(format!(
                "no hold {number} is in force: `gtm hold list` shows those that are"
            )));
        }
        self.note("lift-hold", number.to_string(), json!({}));
        Ok(())
    }
}

impl Snapshot {
    /// By number: all, or those in force.
    pub async fn holds(&mut self, lifted_too: bool) -> Result<Vec<Placed>> {
        let rows: Vec<HoldRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select holds.number, holds.account, accounts.number as account_number, holds.program, programs.code as program_code,
                        reason, actor, placed_at, lifted_by, lifted_at
                 from holds
                 left join accounts on accounts.id = holds.account
                 left join programs on programs.id = holds.program
                 where $1 or lifted_by is null
                 order by holds.number",
            )
            .bind(lifted_too)
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Placed::try_from).collect()
    }

    /// Those in force.
    pub async fn holds_in_force(&mut self) -> Result<Vec<Hold>> {
        Ok(self.holds(false).await?.into_iter().map(|placed| placed.hold).collect())
    }
}

impl TryFrom<HoldRow> for Placed {
    type Error = Error;

    fn try_from(row: HoldRow) -> Result<Self> {
        let lifted = match (row.lifted_by, row.lifted_at) {
            (Some(by), Some(at)) => Some((read(by.parse())?, at)),
            _ => None,
        };
        Ok(Placed {
            hold: Hold {
                number: row.number,
                account: row.account.map(AccountId::from),
                program: row.program.map(ProgramId::from),
                reason: row.reason,
                by: read(row.actor.parse())?,
            },
            account_number: row.account_number,
            program_code: row.program_code,
            at: row.placed_at,
            lifted,
        })
    }
}
