//! In which order programs reduce each other, and what earlier statements took off a later one's rows. See [`domain::stacking`].

use std::collections::HashMap;

use domain::id::{AccountId, ProgramId, StatementId, TermsId};
use domain::money::Micros;
use domain::stacking::{Reduction, Stacking};
use domain::statement::Revision;
use serde_json::json;
use sqlx::types::Json;

use crate::{Error, Result, Snapshot, Tx};

/// The newest revision of one statement of an earlier program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierRevision {
    pub statement: StatementId,
    pub number: i64,
    pub account: AccountId,
    pub terms: TermsId,
    /// Canonical JSON of the outcome.
    pub output: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct EarlierRow {
    statement: String,
    number: i64,
    account: String,
    terms: String,
    output: Vec<u8>,
}

impl Tx {
    /// Gives a program its place among the others, or takes it out of the stack.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the program does not exist.
    pub async fn stack(&mut self, program: &ProgramId, stacking: Option<&Stacking>) -> Result<()> {
        let code: Option<String> = on_engine!(self, |conn| {
            sqlx::query_scalar("update programs set code = code where id = $1 returning code")
                .bind(program.as_str())
                .fetch_optional(conn)
                .await
        })?;
        let code = code.ok_or_else(|| Error::Conflict(format!("program `{program}` does not exist")))?;
        match stacking {
            Some(stacking) => on_engine!(self, |conn| {
                sqlx::query(
                    "insert into stackings (program, stacking)
                     values ($1, $2)
                     on conflict (program) do update set stacking = excluded.stacking",
                )
                .bind(program.as_str())
                .bind(Json(stacking))
                .execute(conn)
                .await?;
            }),
            None => on_engine!(self, |conn| {
                sqlx::query("delete from stackings where program = $1")
                    .bind(program.as_str())
                    .execute(conn)
                    .await?;
            }),
        }
        self.note("stack", code, json!(stacking));
        Ok(())
    }

    pub(crate) async fn insert_reductions(&mut self, posted: &[(&StatementId, &Revision)]) -> Result<()> {
        let mut rows: Vec<(&StatementId, i64, &Reduction)> = Vec::new();
        for (statement, revision) in posted {
            rows.extend(
                revision
                    .reduced_by
                    .iter()
                    .map(|reduction| (*statement, revision.number, reduction)),
            );
        }
        insert_many!(
            self,
            "insert into reductions (statement, revision, earlier_statement, earlier_revision, amount_micros) ",
            5,
            rows,
            "",
            |values, row| {
                let (statement, revision, reduction) = row;
                values.push_bind(statement.as_str()).push_bind(*revision);
                values
                    .push_bind(reduction.statement.as_str())
                    .push_bind(reduction.revision)
                    .push_bind(reduction.amount.0)
            }
        );
        Ok(())
    }
}

impl Snapshot {
    /// Of every program that has a place.
    pub async fn stackings(&mut self) -> Result<HashMap<ProgramId, Stacking>> {
        let rows: Vec<(String, Json<Stacking>)> = on_engine!(self, |conn| {
            sqlx::query_as("select program, stacking from stackings")
                .fetch_all(conn)
                .await
        })?;
        Ok(rows
            .into_iter()
            .map(|(program, stacking)| (program.into(), stacking.0))
            .collect())
    }

    /// Whether a period of a program was run to its end, whether or not something is held.
    pub async fn was_run(&mut self, program: &ProgramId, period: &str) -> Result<bool> {
        let runs: i64 = on_engine!(self, |conn| {
            sqlx::query_scalar(
                "select count(*)
                 from runs
                 where program = $1 and period = $2 and mode = 'actual' and status in ('complete', 'held')",
            )
            .bind(program.as_str())
            .bind(period)
            .fetch_one(conn)
            .await
        })?;
        Ok(runs > 0)
    }

    /// The newest revision of every statement of a program in a period, with its answer.
    pub async fn earlier_revisions(&mut self, program: &ProgramId, period: &str) -> Result<Vec<EarlierRevision>> {
        let rows: Vec<EarlierRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select revisions.statement, revisions.number, statements.account, terms, output
                 from statements
                 join revisions on revisions.statement = statements.id and revisions.number = statements.revision
                 where statements.program = $1 and statements.period = $2
                 order by statements.id",
            )
            .bind(program.as_str())
            .bind(period)
            .fetch_all(conn)
            .await
        })?;
        let revision = |row: EarlierRow| EarlierRevision {
            statement: row.statement.into(),
            number: row.number,
            account: row.account.into(),
            terms: row.terms.into(),
            output: row.output,
        };
        Ok(rows.into_iter().map(revision).collect())
    }

    /// What reduced each revision of a statement, by its number.
    pub(crate) async fn reductions_of(&mut self, statement: &StatementId) -> Result<HashMap<i64, Vec<Reduction>>> {
        let rows: Vec<(i64, String, i64, i64)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select revision, earlier_statement, earlier_revision, amount_micros
                 from reductions
                 where statement = $1
                 order by revision, earlier_statement",
            )
            .bind(statement.as_str())
            .fetch_all(conn)
            .await
        })?;
        let mut reductions: HashMap<i64, Vec<Reduction>> = HashMap::new();
        for (revision, earlier, number, micros) in rows {
            reductions.entry(revision).or_default().push(Reduction {
                statement: earlier.into(),
                revision: number,
                amount: Micros(micros),
            });
        }
        Ok(reductions)
    }
}
