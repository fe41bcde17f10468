//! Where programs stand, for whoever looks at them: what was run, who takes part, and what each earned in a period.

use std::collections::HashMap;

use domain::id::{ProgramId, StatementId};
use domain::money::Micros;
use domain::period::Period;

use crate::bulk::list;
use crate::ledger::Amount;
use crate::{Result, Snapshot};

/// How far a program got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramStanding {
    pub program: ProgramId,
    /// Accounts that take part at some time.
    pub enrolled: u64,
    /// Labels of the periods that were run, what-ifs left out; the newest first.
    pub periods: Vec<String>,
    /// Statements in quarantine, over all periods.
    pub held: u64,
    /// What its balances hold, over all participants and periods.
    pub amounts: Vec<Amount>,
}

/// Which participants of a period to list.
#[derive(Clone, Copy, Debug)]
pub struct ParticipantFilter<'a> {
    pub program: &'a ProgramId,
    pub period: &'a Period,
    /// How the account's number begins; empty is all.
    pub begins_with: &'a str,
}

/// One participant in one period. A participant is listed when it takes part in the period, or has a statement for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantStanding {
    pub account_number: String,
    pub account_name: String,
    pub statement: Option<StatementId>,
    /// Canonical JSON of the newest revision's outcome.
    pub output: Option<Vec<u8>>,
    /// What the statement's balances hold.
    pub amounts: Vec<Amount>,
    /// Why the statement is in quarantine.
    pub held: Option<String>,
}

/// The statements of one period in figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeriodTotals {
    pub statements: u64,
    /// Those with an amount.
    pub paid: u64,
    /// Participants whose statement is in quarantine.
    pub held: u64,
    /// What the given balances hold together.
    pub amount: Micros,
}

#[derive(sqlx::FromRow)]
struct ParticipantRow {
    number: String,
    name: String,
    statement: Option<String>,
    output: Option<Vec<u8>>,
    held: Option<String>,
}

impl Snapshot {
    /// All programs, by code.
    pub async fn program_standings(&mut self) -> Result<Vec<ProgramStanding>> {
        let (counts, periods, amounts) = on_engine!(self, |conn| {
            let counts: Vec<(String, i64, i64)> = sqlx::query_as(
                "select programs.id,
                        (select count(*)
                         from account_programs
                         where account_programs.program = programs.id and enrolled_from is not null),
                        (select count(*)
                         from (select distinct period, account
                               from quarantine
                               where quarantine.program = programs.id and resolved_by is null) as open_entries)
                 from programs
                 order by code",
            )
            .fetch_all(&mut *conn)
            .await?;
            let periods: Vec<(String, String)> = sqlx::query_as(
                "select distinct program, period from runs where mode = 'actual' order by program, period desc",
            )
            .fetch_all(&mut *conn)
            .await?;
            let amounts: Vec<(String, String, String, i64)> = sqlx::query_as(
                "select program, balance, unit, cast(sum(micros) as bigint)
                 from (select program, credit as balance, unit, amount_micros as micros
                       from transfers
                       union all
                       select program, debit, unit, -amount_micros
                       from transfers) as entries
                 group by program, balance, unit
                 having sum(micros) <> 0
                 order by program, balance, unit",
            )
            .fetch_all(conn)
            .await?;
            (counts, periods, amounts)
        });
        let mut periods_of: HashMap<String, Vec<String>> = HashMap::new();
        for (program, period) in periods {
            periods_of.entry(program).or_default().push(period);
        }
        let mut amounts_of: HashMap<String, Vec<Amount>> = HashMap::new();
        for (program, balance, unit, micros) in amounts {
            amounts_of.entry(program).or_default().push(Amount {
                balance,
                unit,
                amount: Micros(micros),
            });
        }
        let standing = |(program, enrolled, held): (String, i64, i64)| ProgramStanding {
            enrolled: enrolled as u64,
            held: held as u64,
            periods: periods_of.remove(&program).unwrap_or_default(),
            amounts: amounts_of.remove(&program).unwrap_or_default(),
            program: program.into(),
        };
        Ok(counts.into_iter().map(standing).collect())
    }

    /// A page of participants, by account number.
    pub async fn participant_standings(
        &mut self,
        filter: ParticipantFilter<'_>,
        after: &str,
        limit: i64,
    ) -> Result<Vec<ParticipantStanding>> {
        let ParticipantFilter {
            program,
            period,
            begins_with,
        } = filter;
        let rows: Vec<ParticipantRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select accounts.number, accounts.name, statements.id as statement, revisions.output,
                        (select reason
                         from quarantine
                         where quarantine.program = $1 and quarantine.period = $2 and quarantine.account = accounts.id
                           and resolved_by is null
                         order by held_at desc, quarantine.id desc
                         limit 1) as held
                 from account_programs
                 join accounts on accounts.id = account_programs.account
                 left join statements on statements.program = $1 and statements.period = $2 and statements.account = accounts.id
                 left join revisions on revisions.statement = statements.id and revisions.number = statements.revision
                 where account_programs.program = $1
                   and (statements.id is not null
                        or enrolled_from <= $3 and (enrolled_until is null or enrolled_until >= $4)
                        or exists (select 1
                                   from earlier_stays
                                   where earlier_stays.account_program = account_programs.id
                                     and earlier_stays.enrolled_from <= $3 and earlier_stays.enrolled_until >= $4))
                   and substr(accounts.number, 1, length($5)) = $5
                   and accounts.number > $6
                 order by accounts.number
                 limit $7",
            )
            .bind(program.as_str())
            .bind(&*period.label)
            .bind(period.end.number())
            .bind(period.start.number())
            .bind(begins_with)
            .bind(after)
            .bind(limit)
            .fetch_all(conn)
            .await
        })?;
        let statements: Vec<&str> = rows.iter().filter_map(|row| row.statement.as_deref()).collect();
        let mut amounts = self.amounts_of(&statements).await?;
        let standing = |row: ParticipantRow| ParticipantStanding {
            account_number: row.number,
            account_name: row.name,
            amounts: row
                .statement
                .as_ref()
                .and_then(|id| amounts.remove(id))
                .unwrap_or_default(),
            statement: row.statement.map(StatementId::from),
            output: row.output,
            held: row.held,
        };
        Ok(rows.into_iter().map(standing).collect())
    }

    /// What the statements of a period come to: on these balances, in this unit.
    pub async fn period_totals(
        &mut self,
        program: &ProgramId,
        period: &str,
        balances: &[&str],
        unit: &str,
    ) -> Result<PeriodTotals> {
        let balances = list(balances);
        let (statements, paid, amount, held): (i64, i64, i64, i64) = on_engine!(self, |conn| {
            let (statements, paid, amount) = sqlx::query_as(
                "select count(*), count(case when micros <> 0 then 1 end), cast(coalesce(sum(micros), 0) as bigint)
                 from (select statements.id,
                              sum(case when credit in (select value from json_each($3)) then amount_micros else 0 end
                                  - case when debit in (select value from json_each($3)) then amount_micros else 0 end) as micros
                       from statements
                       left join transfers on transfers.statement = statements.id and transfers.unit = $4
                       where statements.program = $1 and statements.period = $2
                       group by statements.id) as sums",
            )
            .bind(program.as_str())
            .bind(period)
            .bind(&*balances)
            .bind(unit)
            .fetch_one(&mut *conn)
            .await?;
            let held = sqlx::query_scalar(
                "select count(distinct account) from quarantine where program = $1 and period = $2 and resolved_by is null",
            )
            .bind(program.as_str())
            .bind(period)
            .fetch_one(conn)
            .await?;
            (statements, paid, amount, held)
        });
        Ok(PeriodTotals {
            statements: statements as u64,
            paid: paid as u64,
            held: held as u64,
            amount: Micros(amount),
        })
    }
}
