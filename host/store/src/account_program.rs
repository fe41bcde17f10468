//! Who takes part in which program, from when, and with which figures agreed.

use std::collections::{BTreeMap, HashMap};

use domain::account::Account;
use domain::account_program::AccountProgram;
use domain::day::Day;
use domain::id::{AccountId, AccountProgramId, ProgramId};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::types::Json;

use crate::bulk::list;
use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// One account's part as somebody agrees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The account's number.
    pub account: String,
    pub from: Day,
    pub until: Option<Day>,
    pub agreed: BTreeMap<String, Decimal>,
}

/// What became of a list of enrolments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enrolled {
    pub new: usize,
    /// Took part already, with other dates or figures; those of the list count now.
    pub changed: usize,
    pub unchanged: usize,
    /// Place in the list, and why.
    pub refused: Vec<(usize, String)>,
}

/// An account that takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    pub account: Account,
    pub enrolment: AccountProgram,
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

impl Tx {
    /// Enrols accounts, or changes the dates and figures of those enrolled before.
    pub async fn enrol(&mut self, program: &ProgramId, enrolments: &[Enrolment]) -> Result<Enrolled> {
        let held: Option<String> = on_engine!(self, |conn| {
            sqlx::query_scalar("update programs set code = code where id = $1 returning code")
                .bind(program.as_str())
                .fetch_optional(conn)
                .await
        })?;
        let code = held.ok_or_else(|| Error::Conflict(format!("program `{program}` does not exist")))?;
        let mut ids = self
            .account_ids(enrolments.iter().map(|enrolment| &*enrolment.account))
            .await?;
        let accounts = list(ids.values().map(AccountId::as_str));
        let rows: Vec<ParticipantRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select account_programs.id, program, enrolled_from, enrolled_until, agreed,
                        account, ordinal, number, name, parent, attributes
                 from account_programs
                 join accounts on accounts.id = account
                 where program = $1 and account in (select value from json_each($2))",
            )
            .bind(program.as_str())
            .bind(&*accounts)
            .fetch_all(conn)
            .await
        })?;
        let present = rows
            .into_iter()
            .map(Participant::try_from)
            .map(|p| p.map(|p| (p.account.number.clone(), p.enrolment)));
        let present: HashMap<String, AccountProgram> = present.collect::<Result<_>>()?;

        let mut enrolled = Enrolled::default();
        let mut new: Vec<(AccountProgramId, AccountId, &Enrolment)> = Vec::new();
        let mut changed: Vec<(AccountProgramId, &Enrolment)> = Vec::new();
        for (place, enrolment) in enrolments.iter().enumerate() {
            let Enrolment {
                account,
                from,
                until,
                agreed,
            } = enrolment;
            if until.is_some_and(|until| until < *from) {
                enrolled.refused.push((
                    place,
                    format!("account `{account}` would leave before it joins: exchange the dates"),
                ));
            } else if let Some(part) = present.get(account) {
                if (part.enrolled_from, part.enrolled_until, &part.agreed) == (*from, *until, agreed) {
                    enrolled.unchanged += 1;
                } else {
                    changed.push((part.id.clone(), enrolment));
                }
            } else if let Some(id) = ids.remove(account) {
                new.push((self.ids.next(self.at), id, enrolment));
            } else if new.iter().any(|(_, _, other)| other.account == *account) {
                enrolled
                    .refused
                    .push((place, format!("account `{account}` stands twice in the list")));
            } else {
                enrolled
                    .refused
                    .push((place, format!("account `{account}` does not exist: add it first")));
            }
        }
        (enrolled.new, enrolled.changed) = (new.len(), changed.len());
        let at = self.at;
        insert_many!(
            self,
            "insert into account_programs (id, program, account, enrolled_from, enrolled_until, agreed, created_at) ",
            7,
            new,
            "",
            |values, row| {
                let (id, account, enrolment) = row;
                values
                    .push_bind(id.as_str())
                    .push_bind(program.as_str())
                    .push_bind(account.as_str());
                values
                    .push_bind(enrolment.from.number())
                    .push_bind(enrolment.until.map(Day::number));
                values.push_bind(Json(&enrolment.agreed)).push_bind(at)
            }
        );
        for (id, enrolment) in &changed {
            on_engine!(self, |conn| {
                sqlx::query(
                    "update account_programs set enrolled_from = $1, enrolled_until = $2, agreed = $3 where id = $4",
                )
                .bind(enrolment.from.number())
                .bind(enrolment.until.map(Day::number))
                .bind(Json(&enrolment.agreed))
                .bind(id.as_str())
                .execute(conn)
                .await?;
            });
        }
        let noted: Vec<_> = new
            .iter()
            .map(|(_, _, enrolment)| *enrolment)
            .chain(changed.iter().map(|(_, enrolment)| *enrolment))
            .collect();
        if !noted.is_empty() {
            let noted: Vec<_> = noted
                .into_iter()
                .map(|e| json!({"account": e.account, "from": e.from, "until": e.until, "agreed": e.agreed}))
                .collect();
            self.note(
                "enrol",
                code,
                json!({"new": new.len(), "changed": changed.len(), "enrolments": noted}),
            );
        }
        Ok(enrolled)
    }
}

impl Snapshot {
    /// Everybody who takes part at some time, by account number.
    pub async fn participants(&mut self, program: &ProgramId) -> Result<Vec<Participant>> {
        let rows: Vec<ParticipantRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select account_programs.id, program, enrolled_from, enrolled_until, agreed,
                        account, ordinal, number, name, parent, attributes
                 from account_programs
                 join accounts on accounts.id = account
                 where program = $1
                 order by number",
            )
            .bind(program.as_str())
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Participant::try_from).collect()
    }

    pub async fn participant(&mut self, program: &ProgramId, account: &AccountId) -> Result<Option<Participant>> {
        let row: Option<ParticipantRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select account_programs.id, program, enrolled_from, enrolled_until, agreed,
                        account, ordinal, number, name, parent, attributes
                 from account_programs
                 join accounts on accounts.id = account
                 where program = $1 and account = $2",
            )
            .bind(program.as_str())
            .bind(account.as_str())
            .fetch_optional(conn)
            .await
        })?;
        row.map(Participant::try_from).transpose()
    }
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
                enrolled_until: row.enrolled_until.map(|day| read(Day::new(day))).transpose()?,
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
