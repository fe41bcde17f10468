//! Money put into participants' funds and taken out of them, and what each fund holds. See [`domain::fund`].

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::budget::BUDGET;
use domain::day::Day;
use domain::fund::{Allocation, Kind};
use domain::id::{AccountId, ProgramId};
use domain::ledger::{self, Cause};
use domain::money::Micros;
use domain::program::Program;
use serde_json::json;

use crate::error::read;
use crate::ledger::{Amount, Posting, holds};
use crate::{Error, Result, Snapshot, Tx};

/// A movement between a program's budget and a participant's fund, as somebody orders it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAllocation {
    pub account: AccountId,
    pub kind: Kind,
    /// Above 0, whichever way it runs.
    pub amount: Micros,
    pub effective: Day,
    pub expires: Option<Day>,
    pub reason: String,
    pub overridden: Option<String>,
}

/// A movement as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAllocation {
    pub of: Allocation,
    pub actor: String,
    pub at: DateTime<Utc>,
}

/// What moved on one participant's balances in a program, by what brought it about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundLine {
    pub account: AccountId,
    pub account_number: String,
    pub account_name: String,
    /// By cause, what reached each balance less what left it; 0 is left out.
    pub moved: Vec<(Cause, Amount)>,
}

/// What moved between a program's budget and one participant's fund, each way by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FromBudget {
    pub put_in: Micros,
    /// Taken back or lapsed.
    pub returned: Micros,
}

#[derive(sqlx::FromRow)]
struct AllocationRow {
    id: String,
    program: String,
    account: String,
    kind: String,
    amount_micros: i64,
    effective_day: i32,
    expires_day: Option<i32>,
    reason: String,
    overridden: Option<String>,
    actor: String,
    made_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct MovedRow {
    account: String,
    number: String,
    name: String,
    cause: String,
    balance: String,
    unit: String,
    moved_micros: i64,
}

impl Tx {
    /// Moves money between a program's budget and a participant's fund. `fund` is the code of the balance that the program's claims draw
    /// on. What goes beyond the budget takes an override of the program, see [`Tx::use_override`].
    ///
    /// # Errors
    /// [`Error::Refused`] when the budget has not as much left and nobody said why it is right all the same; [`Error::Conflict`] when the
    /// program has no budget, the day lies outside the budget's, or the fund holds less than is taken out.
    pub async fn allocate(&mut self, program: &Program, fund: &str, new: &NewAllocation) -> Result<Allocation> {
        let unit = program.currency.code();
        if new.amount <= Micros::ZERO || !new.amount.is_payable(program.currency) {
            return Err(Error::Conflict(format!(
                "{} {unit} cannot be moved: an amount above 0 in whole digits of the currency",
                new.amount
            )));
        }
        let Some(budget) = self.budget_of(&program.id).await? else {
            return Err(Error::Conflict(format!(
                "program `{0}` draws on no budget: `gtm budget attach BUDGET {0}` names one",
                program.code
            )));
        };
        let budget = self.hold_budget(&budget.code).await?;
        let allocation = Allocation {
            id: self.ids.next(self.at),
            program: program.id.clone(),
            account: new.account.clone(),
            kind: new.kind,
            amount: new.amount,
            effective: new.effective,
            expires: new.expires,
            reason: new.reason.clone(),
            overridden: new.overridden.clone(),
        };
        if new.kind == Kind::Allocation {
            if new.effective < budget.start || new.effective > budget.end {
                return Err(Error::Conflict(format!(
                    "budget `{}` runs from {} to {}, and {} is not among these days",
                    budget.code, budget.start, budget.end, new.effective
                )));
            }
            let used = self.budget_used(&budget).await?;
            let beyond = budget.check_room(&used, new.amount, new.overridden.as_deref())?;
            self.use_override(&program.code, beyond, allocation.id.as_str()).await?;
        }
        let transfers = [allocation.transfer(fund, unit)];
        self.hold_balances(&program.id, &[&new.account]).await?;
        let held = self.held_by(&program.id, &[&new.account]).await?;
        let holds = |code: &str| holds(&held, &new.account, code, unit);
        if let Some((_, left)) = ledger::overdrawn(&[fund], unit, holds, &transfers)? {
            return Err(Error::Conflict(format!(
                "the fund holds {left} {unit}, and {} are to be taken out of it: what was promised or paid stays",
                new.amount
            )));
        }
        self.insert_allocation(&allocation).await?;
        self.post_transfers(&[Posting {
            cause: Cause::Fund,
            subject: allocation.id.as_str(),
            revision: 1,
            program: &program.id,
            account: &new.account,
            period: None,
            posting_period: None,
            transfers: &transfers,
        }])
        .await?;
        self.note("move-fund", allocation.id.as_str(), json!(allocation));
        Ok(allocation)
    }

    async fn insert_allocation(&mut self, allocation: &Allocation) -> Result<()> {
        let (at, actor) = (self.at, self.actor.to_string());
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into allocations (id, program, account, kind, amount_micros, effective_day, expires_day, reason, overridden,
                                          actor, made_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            )
            .bind(allocation.id.as_str())
            .bind(allocation.program.as_str())
            .bind(allocation.account.as_str())
            .bind(allocation.kind.as_str())
            .bind(allocation.amount.0)
            .bind(allocation.effective.number())
            .bind(allocation.expires.map(Day::number))
            .bind(&*allocation.reason)
            .bind(allocation.overridden.as_deref())
            .bind(&*actor)
            .bind(at)
            .execute(conn)
            .await?;
        });
        Ok(())
    }
}

impl Snapshot {
    /// Those of one participant in one program, in the order in which they were made.
    pub async fn allocations(&mut self, program: &ProgramId, account: &AccountId) -> Result<Vec<KeptAllocation>> {
        let rows: Vec<AllocationRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, program, account, kind, amount_micros, effective_day, expires_day, reason, overridden, actor, made_at
                 from allocations
                 where program = $1 and account = $2
                 order by made_at, id",
            )
            .bind(program.as_str())
            .bind(account.as_str())
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(KeptAllocation::try_from).collect()
    }

    /// By participant, for those of a program whose fund anything was put into.
    pub async fn moved_from_budget(&mut self, program: &ProgramId) -> Result<HashMap<AccountId, FromBudget>> {
        let rows: Vec<(String, i64, i64)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select account,
                        cast(sum(case when kind = 'allocation' then amount_micros else 0 end) as bigint),
                        cast(sum(case when kind = 'allocation' then 0 else amount_micros end) as bigint)
                 from allocations
                 where program = $1
                 group by account",
            )
            .bind(program.as_str())
            .fetch_all(conn)
            .await
        })?;
        let moved = |(account, put_in, returned): (String, i64, i64)| {
            let moved = FromBudget {
                put_in: Micros(put_in),
                returned: Micros(returned),
            };
            (AccountId::from(account), moved)
        };
        Ok(rows.into_iter().map(moved).collect())
    }

    /// What moved on the balances of a program's participants, or of one, by account number.
    pub async fn fund_lines(&mut self, program: &ProgramId, account: Option<&AccountId>) -> Result<Vec<FundLine>> {
        let rows: Vec<MovedRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select account, number, name, cause, balance, unit, cast(sum(micros) as bigint) as moved_micros
                 from (select account, cause, credit as balance, unit, amount_micros as micros
                       from transfers
                       where program = $1 and (cast($2 as text) is null or account = $2)
                       union all
                       select account, cause, debit as balance, unit, -amount_micros as micros
                       from transfers
                       where program = $1 and (cast($2 as text) is null or account = $2)) moved
                 join accounts on accounts.id = account
                 group by account, number, name, cause, balance, unit
                 having sum(micros) <> 0
                 order by number, cause, balance, unit",
            )
            .bind(program.as_str())
            .bind(account.map(AccountId::as_str))
            .fetch_all(conn)
            .await
        })?;
        let mut lines: BTreeMap<String, FundLine> = BTreeMap::new();
        for row in rows {
            let line = lines.entry(row.number.clone()).or_insert_with(|| FundLine {
                account: row.account.into(),
                account_number: row.number,
                account_name: row.name,
                moved: vec![],
            });
            let amount = Amount {
                balance: row.balance,
                unit: row.unit,
                amount: Micros(row.moved_micros),
            };
            line.moved.push((read(row.cause.parse())?, amount));
        }
        Ok(lines.into_values().collect())
    }
}

impl FundLine {
    /// What the balance holds in the unit, whatever brought it about.
    pub fn holds(&self, balance: &str, unit: &str) -> Result<Micros> {
        self.sum(|_, amount| amount.balance == balance && amount.unit == unit)
    }

    /// What reached the balance by one cause, less what left it by that.
    pub fn moved_by(&self, cause: Cause, balance: &str, unit: &str) -> Result<Micros> {
        self.sum(|of, amount| of == cause && amount.balance == balance && amount.unit == unit)
    }

    /// Put in from the budget, less what went back.
    pub fn allocated(&self, unit: &str) -> Result<Micros> {
        Ok(Micros::ZERO.checked_sub(self.holds(BUDGET, unit)?)?)
    }

    fn sum(&self, of: impl Fn(Cause, &Amount) -> bool) -> Result<Micros> {
        let parts = self
            .moved
            .iter()
            .filter(|(cause, amount)| of(*cause, amount))
            .map(|(_, amount)| amount.amount);
        Ok(Micros::checked_sum(parts)?)
    }
}

impl TryFrom<AllocationRow> for KeptAllocation {
    type Error = Error;

    fn try_from(row: AllocationRow) -> Result<Self> {
        Ok(KeptAllocation {
            of: Allocation {
                id: row.id.into(),
                program: row.program.into(),
                account: row.account.into(),
                kind: read(row.kind.parse())?,
                amount: Micros(row.amount_micros),
                effective: read(Day::new(row.effective_day))?,
                expires: row.expires_day.map(|day| read(Day::new(day))).transpose()?,
                reason: row.reason,
                overridden: row.overridden,
            },
            actor: row.actor,
            at: row.made_at,
        })
    }
}
