//! Statements and their revisions. A revision and its transfers are kept together or not at all; the same revision twice is kept
//! once.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::digest::{Digest, ordered_json};
use domain::id::{AccountId, ProgramId, StatementId, TermsId};
use domain::ledger::{Cause, Transfer};
use domain::statement::{Latest, Revision, Statement};
use serde_json::json;

use crate::bulk::list;
use crate::error::read;
use crate::ledger::{Amount, Posting};
use crate::{Error, Result, Snapshot, Tx};

/// What became of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    Posted(StatementId),
    /// This run posted it before: nothing to do.
    Already(StatementId),
    /// Another revision took its number since the run read it: work the statement out again.
    Stale,
}

/// Which statements to list; absent is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementFilter {
    pub program: Option<ProgramId>,
    pub period: Option<String>,
    pub account: Option<AccountId>,
}

/// Where a page of statements ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementKey {
    pub period: String,
    pub account_number: String,
    pub id: StatementId,
}

/// A statement as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    pub statement: Statement,
    pub program_code: String,
    pub account_number: String,
    pub account_name: String,
    /// Rows that the newest revision rests on.
    pub row_count: u64,
    /// When the newest revision was posted.
    pub revised_at: DateTime<Utc>,
    /// What its balances hold, from all revisions together.
    pub amounts: Vec<Amount>,
}

/// A revision as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRevision {
    pub statement: StatementId,
    pub revision: Revision,
    pub posted_at: DateTime<Utc>,
}

/// A revision that is posted, and its statement.
type Kept<'a> = (&'a StatementId, &'a Revision);

#[derive(sqlx::FromRow)]
struct LineRow {
    id: String,
    program: String,
    account: String,
    period: String,
    revision: i64,
    code: String,
    account_number: String,
    name: String,
    row_count: i64,
    created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct RevisionRow {
    statement: String,
    number: i64,
    run: String,
    program: String,
    account: String,
    period: String,
    terms: String,
    context: Vec<u8>,
    output: Vec<u8>,
    log: String,
    receipt: String,
    created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct LatestRow {
    statement: String,
    account: String,
    number: i64,
    component: String,
    context_digest: String,
    rows_digest: String,
    terms: String,
}

impl Tx {
    /// Posts revisions with their transfers, and lets go of what earlier runs held back of these statements. One outcome for each, in
    /// order; a revision whose number is not the next of its statement is not kept.
    pub async fn save_revisions(&mut self, revisions: &[Revision]) -> Result<Vec<Saved>> {
        let mut outcomes = vec![Saved::Stale; revisions.len()];
        let mut groups: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (place, revision) in revisions.iter().enumerate() {
            groups
                .entry((revision.program.as_str(), &revision.period))
                .or_default()
                .push(place);
        }
        let mut posted: Vec<Kept<'_>> = Vec::with_capacity(revisions.len());
        let mut claimed = Vec::with_capacity(revisions.len());
        for ((program, period), places) in groups {
            let (program, numbers) = (
                ProgramId::from(program.to_owned()),
                self.statement_ids(program, period, revisions, &places).await?,
            );
            claimed.extend(
                self.claim(&program, period, revisions, &places, &numbers, &mut outcomes)
                    .await?,
            );
        }
        for (place, id) in &claimed {
            posted.push((id, &revisions[*place]));
        }
        self.insert_revisions(&posted).await?;
        let postings: Vec<Posting<'_>> = posted.iter().map(|(id, revision)| posting(id, revision)).collect();
        self.insert_transfers(&postings).await?;
        self.insert_reductions(&posted).await?;

        let mut by_run: BTreeMap<(&str, &str, &str), Vec<Kept<'_>>> = BTreeMap::new();
        for (id, revision) in &posted {
            let key = (revision.run.as_str(), revision.program.as_str(), &*revision.period);
            by_run.entry(key).or_default().push((id, revision));
        }
        for ((run, program, period), kept) in by_run {
            let accounts: Vec<&AccountId> = kept.iter().map(|(_, revision)| &revision.account).collect();
            self.resolve_quarantine(&kept[0].1.run, &kept[0].1.program, period, &accounts)
                .await?;
            let receipts: Vec<_> = kept
                .iter()
                .map(|(id, revision)| (id, revision.number, &revision.receipt))
                .collect();
            let transfers: usize = kept.iter().map(|(_, revision)| revision.transfers.len()).sum();
            let details = json!({
                "program": program, "period": period, "statements": kept.len(), "transfers": transfers,
                "receipts": Digest::of(&ordered_json(&receipts)?),
            });
            self.note("post-statements", run, details);
        }
        Ok(outcomes)
    }

    /// The id and newest revision of each account's statement, made where there was none.
    async fn statement_ids(
        &mut self,
        program: &str,
        period: &str,
        revisions: &[Revision],
        places: &[usize],
    ) -> Result<HashMap<String, (StatementId, i64)>> {
        let at = self.at;
        // Two that post the same statements take them in the same order, so neither waits for what the other holds.
        let mut first: Vec<&Revision> = places
            .iter()
            .map(|place| &revisions[*place])
            .filter(|revision| revision.number == 1)
            .collect();
        first.sort_unstable_by_key(|revision| &revision.account);
        first.dedup_by_key(|revision| &revision.account);
        let new: Vec<(StatementId, &Revision)> = first
            .into_iter()
            .map(|revision| (self.ids.next(at), revision))
            .collect();
        insert_many!(
            self,
            "insert into statements (id, program, period, account, revision, created_at) ",
            6,
            new,
            " on conflict (program, period, account) do nothing",
            |values, row| {
                values.push_bind(row.0.as_str()).push_bind(program).push_bind(period);
                values.push_bind(row.1.account.as_str()).push_bind(0_i64).push_bind(at)
            }
        );
        let accounts = list(places.iter().map(|place| revisions[*place].account.as_str()));
        let rows: Vec<(String, String, i64)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select account, id, revision
                 from statements
                 where program = $1 and period = $2 and account in (select value from json_each($3))",
            )
            .bind(program)
            .bind(period)
            .bind(&*accounts)
            .fetch_all(conn)
            .await
        })?;
        Ok(rows
            .into_iter()
            .map(|(account, id, revision)| (account, (id.into(), revision)))
            .collect())
    }

    /// Takes the next number of those statements whose newest revision is still the one before, and says which.
    async fn claim(
        &mut self,
        program: &ProgramId,
        period: &str,
        revisions: &[Revision],
        places: &[usize],
        statements: &HashMap<String, (StatementId, i64)>,
        outcomes: &mut [Saved],
    ) -> Result<Vec<(usize, StatementId)>> {
        let mut wanted: BTreeMap<i64, HashMap<&str, usize>> = BTreeMap::new();
        let mut repeated = Vec::new();
        for place in places {
            let revision = &revisions[*place];
            let Some((id, newest)) = statements.get(revision.account.as_str()) else {
                continue;
            };
            if revision.number <= *newest {
                repeated.push((*place, id));
            } else if revision.number == newest + 1 {
                let same = wanted.entry(revision.number).or_default().insert(id.as_str(), *place);
                if same.is_some() {
                    let account = &revision.account;
                    return Err(Error::Conflict(format!(
                        "account `{account}` stands twice in what is to be posted"
                    )));
                }
            }
        }
        let mut claimed = Vec::with_capacity(places.len());
        for (number, mut statements) in wanted {
            let ids = list(statements.keys());
            // One that was claimed by somebody else in between no longer has the number before.
            let taken: Vec<String> = on_engine!(self, |conn| {
                sqlx::query_scalar(
                    "update statements
                     set revision = $1
                     where id in (select value from json_each($2)) and revision = $1 - 1
                     returning id",
                )
                .bind(number)
                .bind(&*ids)
                .fetch_all(conn)
                .await
            })?;
            for id in taken {
                if let Some(place) = statements.remove(&*id) {
                    outcomes[place] = Saved::Posted(id.clone().into());
                    claimed.push((place, id.into()));
                }
            }
        }
        claimed.sort_unstable();
        if !repeated.is_empty() {
            let ids = list(repeated.iter().map(|(_, id)| id.as_str()));
            let rows: Vec<(String, i64, String)> = on_engine!(self, |conn| {
                sqlx::query_as(
                    "select statement, number, run from revisions where statement in (select value from json_each($1))",
                )
                .bind(&*ids)
                .fetch_all(conn)
                .await
            })?;
            let by_whom: HashMap<(&str, i64), &str> = rows
                .iter()
                .map(|(id, number, run)| ((&**id, *number), &**run))
                .collect();
            for (place, id) in repeated {
                let revision = &revisions[place];
                debug_assert!(revision.program == *program && revision.period == period);
                if by_whom.get(&(id.as_str(), revision.number)) == Some(&revision.run.as_str()) {
                    outcomes[place] = Saved::Already(id.clone());
                }
            }
        }
        Ok(claimed)
    }

    async fn insert_revisions(&mut self, posted: &[Kept<'_>]) -> Result<()> {
        let at = self.at;
        let mut rows = Vec::with_capacity(posted.len());
        for (id, revision) in posted {
            let receipt = String::from_utf8_lossy(&ordered_json(&revision.receipt)?).into_owned();
            rows.push((*id, *revision, receipt));
        }
        insert_many!(
            self,
            "insert into revisions (statement, number, run, terms, component, context_digest, rows_digest, row_count, context, output,
                                    log, receipt, created_at) ",
            13,
            rows,
            "",
            |values, row| {
                let (id, revision, receipt) = row;
                let Revision { receipt: made, .. } = revision;
                values.push_bind(id.as_str()).push_bind(revision.number).push_bind(revision.run.as_str());
                values.push_bind(revision.terms.as_str()).push_bind(made.component.to_string());
                values.push_bind(made.context.to_string()).push_bind(made.rows.to_string()).push_bind(made.row_count as i64);
                values.push_bind(&*revision.context).push_bind(&*revision.output).push_bind(&*revision.log);
                values.push_bind(&**receipt).push_bind(at)
            }
        );
        Ok(())
    }
}

fn posting<'a>(statement: &'a StatementId, revision: &'a Revision) -> Posting<'a> {
    Posting {
        cause: Cause::Statement,
        subject: statement.as_str(),
        revision: revision.number,
        program: &revision.program,
        account: &revision.account,
        period: Some(&revision.period),
        posting_period: revision.posting_period.as_deref(),
        transfers: &revision.transfers,
    }
}

impl Snapshot {
    /// The newest revision of every statement of a program in a period, with all that was posted for it.
    pub async fn latest(&mut self, program: &ProgramId, period: &str) -> Result<HashMap<AccountId, Latest>> {
        let rows: Vec<LatestRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select revisions.statement, statements.account, revisions.number, component, context_digest, rows_digest, terms
                 from statements
                 join revisions on revisions.statement = statements.id and revisions.number = statements.revision
                 where statements.program = $1 and statements.period = $2",
            )
            .bind(program.as_str())
            .bind(period)
            .fetch_all(&mut *conn)
            .await
        })?;
        let mut posted: HashMap<String, Vec<Transfer>> = HashMap::with_capacity(rows.len());
        for transfer in self.transfers_in(program, period).await? {
            posted
                .entry(transfer.statement.clone())
                .or_default()
                .push(transfer.read()?);
        }
        let latest = |row: LatestRow| {
            let latest = Latest {
                number: row.number,
                component: read(row.component.parse())?,
                context: read(row.context_digest.parse())?,
                rows: read(row.rows_digest.parse())?,
                terms: TermsId::from(row.terms),
                posted: posted.remove(&row.statement).unwrap_or_default(),
                statement: row.statement.into(),
            };
            Ok((AccountId::from(row.account), latest))
        };
        rows.into_iter().map(latest).collect()
    }

    /// A page of statements by period, account number and id.
    pub async fn statements(
        &mut self,
        filter: &StatementFilter,
        after: Option<&StatementKey>,
        limit: i64,
    ) -> Result<Vec<StatementLine>> {
        let rows: Vec<LineRow> = on_engine!(self, |conn| {
            let mut query = sqlx::QueryBuilder::new(
                "select statements.id, statements.program, statements.account, statements.period, statements.revision,
                        programs.code, accounts.number as account_number, accounts.name, revisions.row_count, revisions.created_at
                 from statements
                 join programs on programs.id = statements.program
                 join accounts on accounts.id = statements.account
                 join revisions on revisions.statement = statements.id and revisions.number = statements.revision
                 where 1 = 1",
            );
            if let Some(program) = &filter.program {
                query.push(" and statements.program = ").push_bind(program.as_str());
            }
            if let Some(period) = &filter.period {
                query.push(" and statements.period = ").push_bind(&**period);
            }
            if let Some(account) = &filter.account {
                query.push(" and statements.account = ").push_bind(account.as_str());
            }
            if let Some(after) = after {
                query
                    .push(" and (statements.period, accounts.number, statements.id) > (")
                    .push_bind(&*after.period);
                query
                    .push(", ")
                    .push_bind(&*after.account_number)
                    .push(", ")
                    .push_bind(after.id.as_str())
                    .push(")");
            }
            query
                .push(" order by statements.period, accounts.number, statements.id limit ")
                .push_bind(limit);
            query.build_query_as().fetch_all(conn).await
        })?;
        self.with_amounts(rows).await
    }

    pub async fn statement(&mut self, id: &StatementId) -> Result<Option<StatementLine>> {
        let rows: Vec<LineRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select statements.id, statements.program, statements.account, statements.period, statements.revision,
                        programs.code, accounts.number as account_number, accounts.name, revisions.row_count, revisions.created_at
                 from statements
                 join programs on programs.id = statements.program
                 join accounts on accounts.id = statements.account
                 join revisions on revisions.statement = statements.id and revisions.number = statements.revision
                 where statements.id = $1",
            )
            .bind(id.as_str())
            .fetch_all(conn)
            .await
        })?;
        Ok(self.with_amounts(rows).await?.pop())
    }

    /// Every revision of a statement, from the first, each with its own transfers.
    pub async fn revisions(&mut self, id: &StatementId) -> Result<Vec<KeptRevision>> {
        let rows: Vec<RevisionRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select statement, number, run, program, account, period, terms, context, output, log, receipt, revisions.created_at
                 from revisions
                 join statements on statements.id = statement
                 where statement = $1
                 order by number",
            )
            .bind(id.as_str())
            .fetch_all(conn)
            .await
        })?;
        let mut transfers: HashMap<i64, Vec<Transfer>> = HashMap::new();
        let mut posting_periods: HashMap<i64, String> = HashMap::new();
        for posted in self.transfers_of(id).await? {
            if let Some(period) = posted.posting_period {
                posting_periods.insert(posted.revision, period);
            }
            transfers.entry(posted.revision).or_default().push(posted.transfer);
        }
        let mut reductions = self.reductions_of(id).await?;
        let kept = |row: RevisionRow| {
            Ok(KeptRevision {
                statement: row.statement.into(),
                revision: Revision {
                    run: row.run.into(),
                    program: row.program.into(),
                    account: row.account.into(),
                    period: row.period,
                    number: row.number,
                    terms: row.terms.into(),
                    context: row.context,
                    output: row.output,
                    log: row.log,
                    transfers: transfers.remove(&row.number).unwrap_or_default(),
                    posting_period: posting_periods.remove(&row.number),
                    reduced_by: reductions.remove(&row.number).unwrap_or_default(),
                    receipt: read(serde_json::from_str(&row.receipt))?,
                },
                posted_at: row.created_at,
            })
        };
        rows.into_iter().map(kept).collect()
    }

    async fn with_amounts(&mut self, rows: Vec<LineRow>) -> Result<Vec<StatementLine>> {
        let ids: Vec<&str> = rows.iter().map(|row| &*row.id).collect();
        let mut amounts = self.amounts_of(&ids).await?;
        let line = |row: LineRow| StatementLine {
            amounts: amounts.remove(&row.id).unwrap_or_default(),
            statement: Statement {
                id: row.id.into(),
                program: row.program.into(),
                account: row.account.into(),
                period: row.period,
                revision: row.revision,
            },
            program_code: row.code,
            account_number: row.account_number,
            account_name: row.name,
            row_count: row.row_count as u64,
            revised_at: row.created_at,
        };
        Ok(rows.into_iter().map(line).collect())
    }
}

impl StatementLine {
    /// Where a page that ends with this line goes on.
    pub fn key(&self) -> StatementKey {
        StatementKey {
            period: self.statement.period.clone(),
            account_number: self.account_number.clone(),
            id: self.statement.id.clone(),
        }
    }
}
