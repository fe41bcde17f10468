//! Budgets, and which programs draw on them. See [`domain::budget`].

use chrono::{DateTime, Utc};
use domain::budget::{BUDGET, Budget, Used};
use domain::currency::Currency;
use domain::day::Day;
use domain::id::{BudgetId, ProgramId};
use domain::money::Micros;
use domain::program::Program;
use serde_json::json;

use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// A budget as somebody sets it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBudget {
    pub code: String,
    pub title: String,
    /// Code of the budget that it is a part of.
    pub parent: Option<String>,
    pub currency: Currency,
    pub start: Day,
    pub end: Day,
    pub amount: Micros,
}

/// An amount that a budget had from some moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetChange {
    /// From 1.
    pub number: i64,
    pub amount: Micros,
    pub reason: String,
    pub overridden: Option<String>,
    pub actor: String,
    pub at: DateTime<Utc>,
}

/// A budget with what of it is spoken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetLine {
    pub budget: Budget,
    pub used: Used,
    /// Code of the budget that it is a part of.
    pub parent: Option<String>,
    /// Codes of the programs whose funds draw on it.
    pub programs: Vec<String>,
}

#[derive(sqlx::FromRow)]
struct BudgetRow {
    id: String,
    code: String,
    title: String,
    parent: Option<String>,
    currency: String,
    start_day: i32,
    end_day: i32,
    amount_micros: i64,
}

#[derive(sqlx::FromRow)]
struct AttachedRow {
    budget: String,
    program: String,
    allocated_micros: i64,
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    number: i64,
    amount_micros: i64,
    reason: String,
    overridden: Option<String>,
    actor: String,
    changed_at: DateTime<Utc>,
}

impl Tx {
    /// Creates a budget, out of another one where it has a parent. What goes beyond that takes an override, see [`Tx::use_override`].
    ///
    /// # Errors
    /// [`Error::Conflict`] when the code is taken, the parent does not exist or an override is missing; [`Error::Refused`] when it does not
    /// fit into the parent.
    pub async fn create_budget(&mut self, new: &NewBudget, reason: &str, overridden: Option<&str>) -> Result<Budget> {
        let parent = match &new.parent {
            Some(code) => Some(self.hold_budget(code).await?),
            None => None,
        };
        let budget = Budget {
            id: self.ids.next(self.at),
            code: new.code.clone(),
            title: new.title.clone(),
            parent: parent.as_ref().map(|parent| parent.id.clone()),
            currency: new.currency,
            start: new.start,
            end: new.end,
            amount: new.amount,
        };
        budget.check()?;
        if let Some(parent) = &parent {
            parent.check_part(&budget)?;
            self.take_room(parent, budget.amount, overridden, &budget.code).await?;
        }
        let at = self.at;
        let created: Option<String> = on_engine!(self, |conn| {
            sqlx::query_scalar(
                "insert into budgets (id, code, title, parent, currency, start_day, end_day, amount_micros, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                 on conflict (code) do nothing
                 returning id",
            )
            .bind(budget.id.as_str())
            .bind(&*budget.code)
            .bind(&*budget.title)
            .bind(budget.parent.as_ref().map(BudgetId::as_str))
            .bind(budget.currency.code())
            .bind(budget.start.number())
            .bind(budget.end.number())
            .bind(budget.amount.0)
            .bind(at)
            .fetch_optional(conn)
            .await
        })?;
        if created.is_none() {
            return Err(Error::Conflict(format!(
                "budget `{}` exists already: choose another code",
                budget.code
            )));
        }
        self.add_budget_change(&budget, 1, reason, overridden).await?;
        self.note("create-budget", &*budget.code, json!(budget));
        Ok(budget)
    }

    /// Gives a budget another amount; never less than is spoken for, nor more than the budget above it has left unless that is
    /// overridden, see [`Tx::use_override`].
    pub async fn set_budget(
        &mut self,
        code: &str,
        amount: Micros,
        reason: &str,
        overridden: Option<&str>,
    ) -> Result<Budget> {
        // From the whole to the part, as everybody takes hold of budgets, so that nobody waits in a circle.
        let found = self.budget(code).await?;
        let parent = match found.and_then(|budget| budget.parent) {
            Some(id) => Some(self.hold_budget_by_id(&id).await?),
            None => None,
        };
        let mut budget = self.hold_budget(code).await?;
        if !amount.is_payable(budget.currency) {
            return Err(Error::Conflict(format!(
                "{amount} is not a whole number of the digits of {}",
                budget.currency
            )));
        }
        let used = self.budget_used(&budget).await?;
        budget.check_amount(&used, amount)?;
        if let Some(parent) = &parent {
            let more = amount.checked_sub(budget.amount)?;
            self.take_room(parent, more, overridden, code).await?;
        }
        let before = budget.amount;
        budget.amount = amount;
        on_engine!(self, |conn| {
            sqlx::query("update budgets set amount_micros = $1 where id = $2")
                .bind(amount.0)
                .bind(budget.id.as_str())
                .execute(conn)
                .await?;
        });
        let number = self
            .budget_changes(&budget)
            .await?
            .last()
            .map_or(1, |change| change.number + 1);
        self.add_budget_change(&budget, number, reason, overridden).await?;
        let details = json!({"before": before, "amount": amount, "reason": reason, "overridden": overridden});
        self.note("set-budget", code, details);
        Ok(budget)
    }

    /// Lets a program's funds draw on the budget.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the currencies differ, or the program's funds hold money of another budget.
    pub async fn attach_budget(&mut self, code: &str, program: &Program) -> Result<Budget> {
        let budget = self.hold_budget(code).await?;
        if budget.currency != program.currency {
            return Err(Error::Conflict(format!(
                "budget `{code}` is in {}, and program `{}` pays in {}: take a budget in {}",
                budget.currency, program.code, program.currency, program.currency
            )));
        }
        if let Some(before) = self.budget_of(&program.id).await?
            && before.id != budget.id
        {
            let used = self.allocated_by(&[&program.id], program.currency.code()).await?;
            if used != Micros::ZERO {
                return Err(Error::Conflict(format!(
                    "program `{}` has {used} {} of budget `{}` in its funds: take that back first",
                    program.code, program.currency, before.code
                )));
            }
        }
        let at = self.at;
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into budget_programs (program, budget, attached_at)
                 values ($1, $2, $3)
                 on conflict (program) do update set budget = excluded.budget, attached_at = excluded.attached_at",
            )
            .bind(program.id.as_str())
            .bind(budget.id.as_str())
            .bind(at)
            .execute(conn)
            .await?;
        });
        self.note("attach-budget", code, json!({"program": program.code}));
        Ok(budget)
    }

    /// The budget, held until the end of the unit of work: whoever else wants to take something out of it waits.
    pub async fn hold_budget(&mut self, code: &str) -> Result<Budget> {
        on_engine!(self, |conn| {
            sqlx::query("update budgets set code = code where code = $1")
                .bind(code)
                .execute(conn)
                .await?;
        });
        self.budget(code).await?.ok_or_else(|| {
            Error::Conflict(format!(
                "there is no budget `{code}`: `gtm budget create {code}` makes it"
            ))
        })
    }

    /// Takes so much more out of a budget for a part of it, with an override for what goes beyond it.
    async fn take_room(&mut self, whole: &Budget, more: Micros, overridden: Option<&str>, part: &str) -> Result<()> {
        let used = self.budget_used(whole).await?;
        let beyond = whole.check_room(&used, more, overridden)?;
        self.use_override(&whole.code, beyond, &format!("budget {part}")).await
    }

    async fn hold_budget_by_id(&mut self, id: &BudgetId) -> Result<Budget> {
        let code: Option<String> = on_engine!(self, |conn| {
            sqlx::query_scalar("select code from budgets where id = $1")
                .bind(id.as_str())
                .fetch_optional(conn)
                .await
        })?;
        let code = code.ok_or_else(|| Error::corrupt(format!("budget `{id}` is named and not kept")))?;
        self.hold_budget(&code).await
    }

    async fn add_budget_change(
        &mut self,
        budget: &Budget,
        number: i64,
        reason: &str,
        overridden: Option<&str>,
    ) -> Result<()> {
        let (at, actor) = (self.at, self.actor.to_string());
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into budget_changes (budget, number, amount_micros, reason, overridden, actor, changed_at)
                 values ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(budget.id.as_str())
            .bind(number)
            .bind(budget.amount.0)
            .bind(reason)
            .bind(overridden)
            .bind(&*actor)
            .bind(at)
            .execute(conn)
            .await?;
        });
        Ok(())
    }
}

impl Snapshot {
    /// By its code.
    pub async fn budget(&mut self, code: &str) -> Result<Option<Budget>> {
        let row: Option<BudgetRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, code, title, parent, currency, start_day, end_day, amount_micros from budgets where code = $1",
            )
            .bind(code)
            .fetch_optional(conn)
            .await
        })?;
        row.map(Budget::try_from).transpose()
    }

    /// All of them, by code, with what of each is spoken for.
    pub async fn budgets(&mut self) -> Result<Vec<BudgetLine>> {
        let (rows, attached): (Vec<BudgetRow>, Vec<AttachedRow>) = on_engine!(self, |conn| {
            let rows = sqlx::query_as(
                "select id, code, title, parent, currency, start_day, end_day, amount_micros from budgets order by code",
            )
            .fetch_all(&mut *conn)
            .await?;
            let attached = sqlx::query_as(
                "select budgets.id as budget, programs.code as program,
                        cast(coalesce(sum(case when debit = $1 then moved.amount_micros else -moved.amount_micros end), 0) as bigint)
                            as allocated_micros
                 from budget_programs attached
                 join budgets on budgets.id = attached.budget
                 join programs on programs.id = attached.program
                 left join transfers moved
                     on moved.program = programs.id and moved.unit = budgets.currency and (debit = $1 or credit = $1)
                 group by budgets.id, programs.code
                 order by budgets.id, programs.code",
            )
            .bind(BUDGET)
            .fetch_all(conn)
            .await?;
            (rows, attached)
        });
        let budgets: Vec<Budget> = rows.into_iter().map(Budget::try_from).collect::<Result<_>>()?;
        let line = |budget: &Budget| {
            let children = budgets.iter().filter(|part| part.parent.as_ref() == Some(&budget.id));
            let attached = || attached.iter().filter(|row| row.budget == budget.id.as_str());
            let parent = budgets.iter().find(|whole| Some(&whole.id) == budget.parent.as_ref());
            Ok(BudgetLine {
                parent: parent.map(|whole| whole.code.clone()),
                used: Used {
                    children: Micros::checked_sum(children.map(|part| part.amount))?,
                    allocated: Micros::checked_sum(attached().map(|row| Micros(row.allocated_micros)))?,
                },
                programs: attached().map(|row| row.program.clone()).collect(),
                budget: budget.clone(),
            })
        };
        budgets.iter().map(line).collect()
    }

    /// Every amount that it had, from the first.
    pub async fn budget_changes(&mut self, budget: &Budget) -> Result<Vec<BudgetChange>> {
        let rows: Vec<ChangeRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select number, amount_micros, reason, overridden, actor, changed_at
                 from budget_changes
                 where budget = $1
                 order by number",
            )
            .bind(budget.id.as_str())
            .fetch_all(conn)
            .await
        })?;
        let change = |row: ChangeRow| BudgetChange {
            number: row.number,
            amount: Micros(row.amount_micros),
            reason: row.reason,
            overridden: row.overridden,
            actor: row.actor,
            at: row.changed_at,
        };
        Ok(rows.into_iter().map(change).collect())
    }

    /// The one that a program's funds draw on.
    pub async fn budget_of(&mut self, program: &ProgramId) -> Result<Option<Budget>> {
        let row: Option<BudgetRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, code, title, parent, currency, start_day, end_day, amount_micros
                 from budget_programs
                 join budgets on budgets.id = budget
                 where program = $1",
            )
            .bind(program.as_str())
            .fetch_optional(conn)
            .await
        })?;
        row.map(Budget::try_from).transpose()
    }

    /// What of it is spoken for.
    pub async fn budget_used(&mut self, budget: &Budget) -> Result<Used> {
        let (children, programs): (i64, Vec<String>) = on_engine!(self, |conn| {
            let children = sqlx::query_scalar(
                "select cast(coalesce(sum(amount_micros), 0) as bigint) from budgets where parent = $1",
            )
            .bind(budget.id.as_str())
            .fetch_one(&mut *conn)
            .await?;
            let programs = sqlx::query_scalar("select program from budget_programs where budget = $1 order by program")
                .bind(budget.id.as_str())
                .fetch_all(conn)
                .await?;
            (children, programs)
        });
        let programs: Vec<ProgramId> = programs.into_iter().map(ProgramId::from).collect();
        let programs: Vec<&ProgramId> = programs.iter().collect();
        Ok(Used {
            children: Micros(children),
            allocated: self.allocated_by(&programs, budget.currency.code()).await?,
        })
    }

    /// What left the balance `budget` of all participants of these programs, less what came back.
    pub async fn allocated_by(&mut self, programs: &[&ProgramId], unit: &str) -> Result<Micros> {
        let programs = crate::bulk::list(programs.iter().map(|program| program.as_str()));
        let micros: i64 = on_engine!(self, |conn| {
            sqlx::query_scalar(
                "select cast(coalesce(sum(case when debit = $1 then amount_micros else -amount_micros end), 0) as bigint)
                 from transfers
                 where program in (select value from json_each($2)) and unit = $3 and (debit = $1 or credit = $1)",
            )
            .bind(BUDGET)
            .bind(&*programs)
            .bind(unit)
            .fetch_one(conn)
            .await
        })?;
        Ok(Micros(micros))
    }
}

impl TryFrom<BudgetRow> for Budget {
    type Error = Error;

    fn try_from(row: BudgetRow) -> Result<Self> {
        Ok(Budget {
            id: row.id.into(),
            code: row.code,
            title: row.title,
            parent: row.parent.map(BudgetId::from),
            currency: read(row.currency.parse())?,
            start: read(Day::new(row.start_day))?,
            end: read(Day::new(row.end_day))?,
            amount: Micros(row.amount_micros),
        })
    }
}
