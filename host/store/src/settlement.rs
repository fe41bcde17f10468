//! What is payable: the balance that settlement empties, for each participant, program and period. See [`domain::settlement`].

use std::collections::BTreeMap;

use domain::currency::Currency;
use domain::id::{AccountId, ProgramId};
use domain::money::Micros;
use domain::settlement::{PAYABLE, Payable};

use crate::error::read;
use crate::{Result, Snapshot};

/// Which; absent is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PayableFilter {
    pub account: Option<AccountId>,
    pub program: Option<ProgramId>,
}

/// What one program owes one participant for one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayableLine {
    pub account: AccountId,
    pub account_number: String,
    pub account_name: String,
    pub program_code: String,
    /// The program's.
    pub currency: Currency,
    pub payable: Payable,
}

#[derive(sqlx::FromRow)]
struct PayableRow {
    account: String,
    number: String,
    name: String,
    program: String,
    code: String,
    title: String,
    currency: String,
    period: Option<String>,
    micros: i64,
}

impl Snapshot {
    /// What is payable in the programs' own currencies, other than nothing, by account number, program and period. Points and goods are no
    /// money and not among it.
    pub async fn payables(&mut self, filter: &PayableFilter) -> Result<Vec<PayableLine>> {
        let rows: Vec<PayableRow> = on_engine!(self, |conn| {
            let mut query = sqlx::QueryBuilder::new(
                "select held.account, accounts.number, accounts.name, held.program, programs.code, programs.title, programs.currency,
                        held.period, cast(sum(held.micros) as bigint) as micros
                 from (",
            );
            for (union, side, sign) in [("", "credit", ""), (" union all ", "debit", "-")] {
                query.push(union);
                query
                    .push("select account, program, period, unit, ")
                    .push(sign)
                    .push("amount_micros as micros from transfers where ");
                query.push(side).push(" = ").push_bind(PAYABLE);
                if let Some(account) = &filter.account {
                    query.push(" and account = ").push_bind(account.as_str());
                }
                if let Some(program) = &filter.program {
                    query.push(" and program = ").push_bind(program.as_str());
                }
            }
            query.push(
                ") held
                 join programs on programs.id = held.program and programs.currency = held.unit
                 join accounts on accounts.id = held.account
                 group by held.account, accounts.number, accounts.name, held.program, programs.code, programs.title, programs.currency,
                          held.period
                 having sum(held.micros) <> 0
                 order by accounts.number, programs.code, coalesce(held.period, '')",
            );
            query.build_query_as().fetch_all(conn).await
        })?;
        let line = |row: PayableRow| {
            Ok(PayableLine {
                account: row.account.into(),
                account_number: row.number,
                account_name: row.name,
                program_code: row.code,
                currency: read(row.currency.parse())?,
                payable: Payable {
                    program: row.program.into(),
                    title: row.title,
                    period: row.period,
                    amount: Micros(row.micros),
                    owed: None,
                },
            })
        };
        rows.into_iter().map(line).collect()
    }

    /// Periods that are not finished, because statements of theirs are in quarantine, and how many.
    pub async fn unfinished_periods(&mut self) -> Result<BTreeMap<(ProgramId, String), u64>> {
        let rows: Vec<(String, String, i64)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select program, period, count(distinct account)
                 from quarantine
                 where resolved_by is null
                 group by program, period",
            )
            .fetch_all(conn)
            .await
        })?;
        let period = |(program, period, count): (String, String, i64)| ((program.into(), period), count.unsigned_abs());
        Ok(rows.into_iter().map(period).collect())
    }
}
