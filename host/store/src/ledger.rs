//! The ledger: transfers as posted, and what the balances hold. See [`domain::ledger`].

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::day::Day;
use domain::id::{AccountId, ProgramId, StatementId, TransferId};
use domain::ledger::{Cause, Transfer};
use domain::money::Micros;
use serde_json::json;

use crate::bulk::list;
use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// A transfer with its place in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    pub id: TransferId,
    pub statement: StatementId,
    pub revision: i64,
    /// From 1, within the revision.
    pub line: i64,
    pub transfer: Transfer,
    /// The open period that took it, where the statement's own was locked.
    pub posting_period: Option<String>,
    pub at: DateTime<Utc>,
}

/// What one balance holds in one unit: what reached it less what left it. 0 is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// The balance's code, such as `payable`.
    pub balance: String,
    pub unit: String,
    pub amount: Micros,
}

/// Which balances; absent is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BalanceFilter {
    pub program: Option<ProgramId>,
    /// Label of the period that they were posted into.
    pub period: Option<String>,
    pub account: Option<AccountId>,
    pub unit: Option<String>,
    /// Only what counts from an earlier day.
    pub before: Option<Day>,
}

/// Transfers of one participant in one program that no statement brought about.
#[derive(Clone, Copy, Debug)]
pub struct Posting<'a> {
    pub cause: Cause,
    /// Id of the allocation, claim or document.
    pub subject: &'a str,
    /// From 1: which of the things that happened to the subject this is. The same one is not posted twice.
    pub revision: i64,
    pub program: &'a ProgramId,
    pub account: &'a AccountId,
    /// Label of the period that it belongs to; absent for what belongs to none.
    pub period: Option<&'a str>,
    /// Label of the period that it is posted in, where that is another.
    pub posting_period: Option<&'a str>,
    pub transfers: &'a [Transfer],
}

/// One participant's balance in one program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceLine {
    pub program: ProgramId,
    pub program_code: String,
    pub account: AccountId,
    pub account_number: String,
    pub account_name: String,
    pub held: Amount,
}

/// A transfer about to be posted.
pub(crate) struct NewTransfer<'a> {
    pub id: TransferId,
    /// From 1, within the posting.
    pub line: i64,
    pub posting: &'a Posting<'a>,
    pub transfer: &'a Transfer,
}

#[derive(sqlx::FromRow)]
pub(crate) struct TransferRow {
    id: String,
    pub statement: String,
    pub revision: i64,
    line: i64,
    rule: String,
    debit: String,
    credit: String,
    amount_micros: i64,
    unit: String,
    effective_day: i32,
    expires_day: Option<i32>,
    basis: Option<String>,
    rate: Option<String>,
    reason: String,
    posting_period: Option<String>,
    pub posted_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct BalanceRow {
    program: String,
    code: String,
    account: String,
    number: String,
    name: String,
    balance: String,
    unit: String,
    held_micros: i64,
}

impl Tx {
    /// Posts what no statement brought about.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the same thing that happened to the subject was posted before.
    pub async fn post_transfers(&mut self, postings: &[Posting<'_>]) -> Result<()> {
        let conflict = |e: Error| match &e {
            Error::Database(sqlx::Error::Database(database)) if database.is_unique_violation() => {
                Error::Conflict("what is to be posted was posted before: read again and decide again".into())
            }
            _ => e,
        };
        self.insert_transfers(postings).await.map_err(conflict)?;
        for posting in postings {
            let details = json!({
                "cause": posting.cause, "revision": posting.revision, "program": posting.program, "account": posting.account,
                "period": posting.period, "transfers": posting.transfers,
            });
            self.note("post-transfers", posting.subject, details);
        }
        Ok(())
    }

    /// Takes hold of these participants' balances in a program until the end of the unit of work: whoever else wants to decide by them
    /// waits, so that what is read of them afterwards still holds when something is posted.
    pub async fn hold_balances(&mut self, program: &ProgramId, accounts: &[&AccountId]) -> Result<()> {
        // In one order, so that two who want the same ones never wait for each other.
        let mut accounts: Vec<&str> = accounts.iter().map(|account| account.as_str()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        for account in accounts {
            let held: Option<String> = on_engine!(self, |conn| {
                sqlx::query_scalar(
                    "update account_programs set program = program where program = $1 and account = $2 returning id",
                )
                .bind(program.as_str())
                .bind(account)
                .fetch_optional(conn)
                .await
            })?;
            if held.is_none() {
                return Err(Error::Conflict(format!(
                    "account `{account}` takes no part in program `{program}`: enrol it first"
                )));
            }
        }
        Ok(())
    }

    pub(crate) async fn insert_transfers(&mut self, postings: &[Posting<'_>]) -> Result<()> {
        let mut rows = Vec::with_capacity(postings.len());
        for posting in postings {
            for (line, transfer) in (1_i64..).zip(posting.transfers) {
                rows.push(NewTransfer {
                    id: self.ids.next(self.at),
                    line,
                    posting,
                    transfer,
                });
            }
        }
        let at = self.at;
        insert_many!(
            self,
            "insert into transfers (id, cause, statement, subject, revision, line, program, account, period, rule, debit, credit,
                                    amount_micros, unit, effective_day, expires_day, basis, rate, reason, posting_period, posted_at) ",
            21,
            rows,
            "",
            |values, row| {
                let NewTransfer { id, line, posting, transfer } = row;
                let (statement, subject) = match posting.cause {
                    Cause::Statement => (Some(posting.subject), None),
                    _ => (None, Some(posting.subject)),
                };
                values.push_bind(id.as_str()).push_bind(posting.cause.as_str()).push_bind(statement).push_bind(subject);
                values.push_bind(posting.revision).push_bind(*line);
                values.push_bind(posting.program.as_str()).push_bind(posting.account.as_str()).push_bind(posting.period);
                values.push_bind(&*transfer.rule).push_bind(&*transfer.debit).push_bind(&*transfer.credit);
                values.push_bind(transfer.amount.0).push_bind(&*transfer.unit).push_bind(transfer.effective.number());
                values.push_bind(transfer.expires.map(Day::number)).push_bind(transfer.basis.map(|basis| basis.to_string()));
                values.push_bind(transfer.rate.map(|rate| rate.to_string())).push_bind(transfer.reason.as_str());
                values.push_bind(posting.posting_period).push_bind(at)
            }
        );
        Ok(())
    }
}

impl Snapshot {
    /// Everything posted for a statement, in the order it was posted.
    pub async fn transfers_of(&mut self, statement: &StatementId) -> Result<Vec<Posted>> {
        let rows: Vec<TransferRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, statement, revision, line, rule, debit, credit, amount_micros, unit, effective_day, expires_day,
                        basis, rate, reason, posting_period, posted_at
                 from transfers
                 where statement = $1
                 order by revision, line",
            )
            .bind(statement.as_str())
            .fetch_all(conn)
            .await
        })?;
        let posted = |row: TransferRow| {
            Ok(Posted {
                id: row.id.clone().into(),
                statement: row.statement.clone().into(),
                revision: row.revision,
                line: row.line,
                at: row.posted_at,
                posting_period: row.posting_period.clone(),
                transfer: row.read()?,
            })
        };
        rows.into_iter().map(posted).collect()
    }

    /// What the balances hold, by program, account number, balance and unit. Over everything posted, the balances of a unit
    /// sum to zero.
    pub async fn balances(&mut self, filter: &BalanceFilter) -> Result<Vec<BalanceLine>> {
        let rows: Vec<BalanceRow> = on_engine!(self, |conn| {
            let mut query = sqlx::QueryBuilder::new(
                "select held.program, programs.code, held.account, accounts.number, accounts.name, balance, held.unit,
                        cast(sum(held.micros) as bigint) as held_micros
                 from (",
            );
            for side in [
                "select program, account, credit as balance, unit, amount_micros as micros from transfers where 1 = 1",
                " union all select program, account, debit as balance, unit, -amount_micros as micros from transfers where 1 = 1",
            ] {
                query.push(side);
                if let Some(program) = &filter.program {
                    query.push(" and program = ").push_bind(program.as_str());
                }
                if let Some(period) = &filter.period {
                    query
                        .push(" and (period = ")
                        .push_bind(&**period)
                        .push(" and posting_period is null or posting_period = ")
                        .push_bind(&**period)
                        .push(")");
                }
                if let Some(account) = &filter.account {
                    query.push(" and account = ").push_bind(account.as_str());
                }
                if let Some(unit) = &filter.unit {
                    query.push(" and unit = ").push_bind(&**unit);
                }
                if let Some(before) = filter.before {
                    query.push(" and effective_day < ").push_bind(before.number());
                }
            }
            query.push(
                ") held
                 join programs on programs.id = held.program
                 join accounts on accounts.id = held.account
                 group by held.program, programs.code, held.account, accounts.number, accounts.name, balance, held.unit
                 having sum(held.micros) <> 0
                 order by programs.code, accounts.number, balance, held.unit",
            );
            query.build_query_as().fetch_all(conn).await
        })?;
        let line = |row: BalanceRow| BalanceLine {
            program: row.program.into(),
            program_code: row.code,
            account: row.account.into(),
            account_number: row.number,
            account_name: row.name,
            held: Amount {
                balance: row.balance,
                unit: row.unit,
                amount: Micros(row.held_micros),
            },
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// What the balances of each of these participants hold in a program, by balance and unit.
    pub async fn held_by(
        &mut self,
        program: &ProgramId,
        accounts: &[&AccountId],
    ) -> Result<HashMap<AccountId, Vec<Amount>>> {
        let accounts = list(accounts.iter().map(|account| account.as_str()));
        let rows: Vec<(String, String, String, i64)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select account, balance, unit, cast(sum(micros) as bigint)
                 from (select account, credit as balance, unit, amount_micros as micros
                       from transfers
                       where program = $1 and account in (select value from json_each($2))
                       union all
                       select account, debit as balance, unit, -amount_micros as micros
                       from transfers
                       where program = $1 and account in (select value from json_each($2))) held
                 group by account, balance, unit
                 having sum(micros) <> 0
                 order by account, balance, unit",
            )
            .bind(program.as_str())
            .bind(&*accounts)
            .fetch_all(conn)
            .await
        })?;
        let mut held: HashMap<AccountId, Vec<Amount>> = HashMap::new();
        for (account, balance, unit, micros) in rows {
            held.entry(account.into()).or_default().push(Amount {
                balance,
                unit,
                amount: Micros(micros),
            });
        }
        Ok(held)
    }

    /// What the balances of each of these statements hold.
    pub(crate) async fn amounts_of(&mut self, statements: &[&str]) -> Result<HashMap<String, Vec<Amount>>> {
        let statements = list(statements);
        let rows: Vec<(String, String, String, i64)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select statement, balance, unit, cast(sum(micros) as bigint)
                 from (select statement, credit as balance, unit, amount_micros as micros
                       from transfers
                       where statement in (select value from json_each($1))
                       union all
                       select statement, debit as balance, unit, -amount_micros as micros
                       from transfers
                       where statement in (select value from json_each($1))) held
                 group by statement, balance, unit
                 having sum(micros) <> 0
                 order by statement, balance, unit",
            )
            .bind(&*statements)
            .fetch_all(conn)
            .await
        })?;
        let mut amounts: HashMap<String, Vec<Amount>> = HashMap::with_capacity(statements.len());
        for (statement, balance, unit, micros) in rows {
            amounts.entry(statement).or_default().push(Amount {
                balance,
                unit,
                amount: Micros(micros),
            });
        }
        Ok(amounts)
    }

    /// Those of the statements of a period.
    pub(crate) async fn transfers_in(&mut self, program: &ProgramId, period: &str) -> Result<Vec<TransferRow>> {
        Ok(on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, statement, revision, line, rule, debit, credit, amount_micros, unit, effective_day, expires_day,
                        basis, rate, reason, posting_period, posted_at
                 from transfers
                 where program = $1 and period = $2 and cause = 'statement'
                 order by statement, revision, line",
            )
            .bind(program.as_str())
            .bind(period)
            .fetch_all(conn)
            .await
        })?)
    }
}

/// What one balance holds, of what [`Snapshot::held_by`] answers; 0 where nothing is said of it.
pub fn holds(held: &HashMap<AccountId, Vec<Amount>>, account: &AccountId, balance: &str, unit: &str) -> Micros {
    held.get(account)
        .into_iter()
        .flatten()
        .find(|amount| amount.balance == balance && amount.unit == unit)
        .map_or(Micros::ZERO, |amount| amount.amount)
}

impl TransferRow {
    pub(crate) fn read(self) -> Result<Transfer> {
        Ok(Transfer {
            rule: self.rule,
            debit: self.debit,
            credit: self.credit,
            amount: Micros(self.amount_micros),
            unit: self.unit,
            effective: read(Day::new(self.effective_day))?,
            expires: self.expires_day.map(|day| read(Day::new(day))).transpose()?,
            basis: self.basis.map(|basis| read(basis.parse())).transpose()?,
            rate: self.rate.map(|rate| read(rate.parse())).transpose()?,
            reason: read(self.reason.parse())?,
        })
    }
}
