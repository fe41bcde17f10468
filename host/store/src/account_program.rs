//! Who takes part in which program, from when, with which figures agreed, and by which steps it came to that. [`step`] is what changes it.

pub mod step;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::account::Account;
use domain::account_program::{AccountProgram, Assessment, Status, Step};
use domain::actor::Actor;
use domain::day::Day;
use domain::id::{AccountId, ProgramId};
use domain::period::Period;
use rust_decimal::Decimal;
use sqlx::types::Json;

use crate::error::read;
use crate::{Error, Result, Snapshot};

pub use step::{Enrolled, Enrolment};

/// An account that takes part, with its newest stay or that of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    pub account: Account,
    pub enrolment: AccountProgram,
}

/// Where an account stands with a program, whether it takes part or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub account: Account,
    /// As kept: see [`Status::on`].
    pub status: Status,
    /// Of its newest stay; absent when it never took part.
    pub enrolled_from: Option<Day>,
    pub enrolled_until: Option<Day>,
    /// What the plugin said when it was last asked; absent when it never was.
    pub assessment: Option<Assessment>,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepTaken {
    pub account_number: String,
    /// From 1, for each account and program.
    pub sequence: i64,
    pub step: Step,
    /// Where it led.
    pub status: Status,
    /// From when and until when the account takes part by it, or would.
    pub from: Option<Day>,
    pub until: Option<Day>,
    pub agreed: BTreeMap<String, Decimal>,
    pub assessment: Option<Assessment>,
    /// What was said for it.
    pub because: Option<String>,
    pub actor: Actor,
    pub at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct ParticipantRow {
    id: String,
    program: String,
    enrolled_from: i32,
    enrolled_until: Option<i32>,
    agreed: Json<BTreeMap<String, Decimal>>,
    account: String,
    ordinal: i64,
    number: String,
    name: String,
    parent: Option<String>,
    attributes: Json<BTreeMap<String, String>>,
}

#[derive(sqlx::FromRow)]
struct PartRow {
    status: String,
    enrolled_from: Option<i32>,
    enrolled_until: Option<i32>,
    assessment: Option<Json<Assessment>>,
    account: String,
    ordinal: i64,
    number: String,
    name: String,
    parent: Option<String>,
    attributes: Json<BTreeMap<String, String>>,
}

#[derive(sqlx::FromRow)]
struct StepRow {
    number: String,
    sequence: i64,
    step: String,
    status: String,
    from_day: Option<i32>,
    until_day: Option<i32>,
    agreed: Json<BTreeMap<String, Decimal>>,
    assessment: Option<Json<Assessment>>,
    because: Option<String>,
    actor: String,
    at: DateTime<Utc>,
}

impl Snapshot {
    /// Everybody who takes part at some time, each once with its newest stay, by account number.
    pub async fn participants(&mut self, program: &ProgramId) -> Result<Vec<Participant>> {
        let rows: Vec<ParticipantRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select account_programs.id, program, enrolled_from, enrolled_until, agreed,
                        account, ordinal, number, name, parent, attributes
                 from account_programs
                 join accounts on accounts.id = account
                 where program = $1 and enrolled_from is not null
                 order by number",
            )
            .bind(program.as_str())
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Participant::try_from).collect()
    }

    /// Those who take part on at least one day of a period, with the stay that this is, by account number.
    pub async fn participants_in(&mut self, program: &ProgramId, period: &Period) -> Result<Vec<Participant>> {
        let rows: Vec<ParticipantRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select stays.id, program, enrolled_from, enrolled_until, agreed, account, ordinal, number, name, parent, attributes
                 from (select id, program, account, enrolled_from, enrolled_until, agreed
                       from account_programs
                       union all
                       select account_programs.id, program, account, earlier_stays.enrolled_from, earlier_stays.enrolled_until,
                              earlier_stays.agreed
                       from earlier_stays
                       join account_programs on account_programs.id = account_program) as stays
                 join accounts on accounts.id = account
                 where program = $1 and enrolled_from <= $2 and (enrolled_until is null or enrolled_until >= $3)
                 order by number",
            )
            .bind(program.as_str())
            .bind(period.end.number())
            .bind(period.start.number())
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Participant::try_from).collect()
    }

    /// With its newest stay.
    pub async fn participant(&mut self, program: &ProgramId, account: &AccountId) -> Result<Option<Participant>> {
        let row: Option<ParticipantRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select account_programs.id, program, enrolled_from, enrolled_until, agreed,
                        account, ordinal, number, name, parent, attributes
                 from account_programs
                 join accounts on accounts.id = account
                 where program = $1 and account = $2 and enrolled_from is not null",
            )
            .bind(program.as_str())
            .bind(account.as_str())
            .fetch_optional(conn)
            .await
        })?;
        row.map(Participant::try_from).transpose()
    }

    /// Everybody who was ever asked or enrolled, by account number.
    pub async fn parts(&mut self, program: &ProgramId) -> Result<Vec<Part>> {
        let rows: Vec<PartRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select status, enrolled_from, enrolled_until, assessment, account, ordinal, number, name, parent, attributes
                 from account_programs
                 join accounts on accounts.id = account
                 where program = $1
                 order by number",
            )
            .bind(program.as_str())
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Part::try_from).collect()
    }

    /// Every step taken in a program, or by one account in it, by account number and in order.
    pub async fn participation_steps(
        &mut self,
        program: &ProgramId,
        account: Option<&AccountId>,
    ) -> Result<Vec<StepTaken>> {
        let rows: Vec<StepRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select number, sequence, step, participation_steps.status, from_day, until_day, participation_steps.agreed,
                        participation_steps.assessment, because, actor, at
                 from participation_steps
                 join account_programs on account_programs.id = account_program
                 join accounts on accounts.id = account
                 where program = $1 and (cast($2 as text) is null or account = $2)
                 order by number, sequence",
            )
            .bind(program.as_str())
            .bind(account.map(AccountId::as_str))
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(StepTaken::try_from).collect()
    }
}

fn day(number: Option<i32>) -> Result<Option<Day>> {
    number.map(|number| read(Day::new(number))).transpose()
}

impl TryFrom<ParticipantRow> for Participant {
    type Error = Error;

    fn try_from(row: ParticipantRow) -> Result<Self> {
        let account = AccountId::from(row.account);
        Ok(Participant {
            enrolment: AccountProgram {
                id: row.id.into(),
                account: account.clone(),
                program: row.program.into(),
                enrolled_from: read(Day::new(row.enrolled_from))?,
                enrolled_until: day(row.enrolled_until)?,
                agreed: row.agreed.0,
            },
            account: Account {
                id: account,
                ordinal: row.ordinal,
                number: row.number,
                name: row.name,
                parent: row.parent.map(AccountId::from),
                attributes: row.attributes.0,
            },
        })
    }
}

impl TryFrom<PartRow> for Part {
    type Error = Error;

    fn try_from(row: PartRow) -> Result<Self> {
        Ok(Part {
            account: Account {
                id: row.account.into(),
                ordinal: row.ordinal,
                number: row.number,
                name: row.name,
                parent: row.parent.map(AccountId::from),
                attributes: row.attributes.0,
            },
            status: read(row.status.parse())?,
            enrolled_from: day(row.enrolled_from)?,
            enrolled_until: day(row.enrolled_until)?,
            assessment: row.assessment.map(|kept| kept.0),
        })
    }
}

impl TryFrom<StepRow> for StepTaken {
    type Error = Error;

    fn try_from(row: StepRow) -> Result<Self> {
        Ok(StepTaken {
            account_number: row.number,
            sequence: row.sequence,
            step: read(row.step.parse())?,
            status: read(row.status.parse())?,
            from: day(row.from_day)?,
            until: day(row.until_day)?,
            agreed: row.agreed.0,
            assessment: row.assessment.map(|kept| kept.0),
            because: row.because,
            actor: read(row.actor.parse())?,
            at: row.at,
        })
    }
}
