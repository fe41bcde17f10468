//! The journal of the general ledger: transfers of money enter it once, by the posting profiles and the accounting periods as they are at that
//! moment. See [`domain::posting`].

use std::collections::{BTreeMap, BTreeSet};

use domain::day::Day;
use domain::id::{ProgramId, TransferId};
use domain::money::Total;
use domain::posting::{Entry, Kind, Month, Profile, posting_day};
use serde_json::json;
use sqlx::types::Json;

use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// Transfers that are no money, by unit: they stay out of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub unit: String,
    pub transfers: u64,
    pub amount: Total,
}

#[derive(sqlx::FromRow)]
struct PendingRow {
    id: String,
    program: String,
    code: String,
    debit: String,
    credit: String,
    effective_day: i32,
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    number: i64,
    posting_day: i32,
    period: String,
    original_period: Option<String>,
    company: String,
    code: String,
    account: String,
    entry_debit: String,
    entry_credit: String,
    amount_micros: i64,
    unit: String,
    debit: String,
    credit: String,
    cause: String,
    reason: String,
    transfer: String,
}

struct NewEntry {
    number: i64,
    transfer: TransferId,
    day: Day,
    original_period: Option<Month>,
    company: String,
    debit: String,
    credit: String,
}

impl Tx {
    /// Adds a version of a program's profile. It counts for transfers that enter the journal from now on.
    pub async fn set_posting_profile(&mut self, program: &ProgramId, profile: &Profile) -> Result<()> {
        profile.check()?;
        // Holds the journal, so that entries made at the same time know which version they are of.
        self.advance("entries", 0).await?;
        let (at, actor) = (self.at, self.actor.to_string());
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into posting_profiles (program, version, details, actor, recorded_at)
                 select $1, coalesce(max(version), 0) + 1, $2, $3, $4
                 from posting_profiles
                 where program = $1",
            )
            .bind(program.as_str())
            .bind(Json(profile))
            .bind(&*actor)
            .bind(at)
            .execute(conn)
            .await?;
        });
        self.note("set-posting-profile", program.as_str(), json!(profile));
        Ok(())
    }

    /// Enters every transfer of money that is not in the journal, in the order of the ledger, and says how many. What belongs to a closed
    /// period goes to the next open one, marked.
    ///
    /// # Errors
    /// [`Error::Conflict`] when profiles do not cover some transfers: a sentence that names program and balances. Nothing is entered then.
    pub async fn enter_transfers(&mut self) -> Result<usize> {
        // Whoever enters or closes waits for the end of this unit of work, so that a period that is closed takes nothing afterwards.
        self.advance("entries", 0).await?;
        let pending: Vec<PendingRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select transfers.id, transfers.program, programs.code, transfers.debit, transfers.credit, transfers.effective_day
                 from transfers
                 join programs on programs.id = transfers.program and programs.currency = transfers.unit
                 where not exists (select 1 from entries where entries.transfer = transfers.id)
                 order by transfers.posted_at, transfers.id",
            )
            .fetch_all(conn)
            .await
        })?;
        if pending.is_empty() {
            return Ok(0);
        }
        let (profiles, closed) = (self.posting_profiles().await?, self.closed_periods().await?);
        let usual = Profile::default();
        let first = self.advance("entries", pending.len()).await? + 1;
        let (mut entries, mut uncovered) = (Vec::with_capacity(pending.len()), BTreeSet::new());
        for (number, row) in (first..).zip(pending) {
            let profile = profiles.get(&row.program).unwrap_or(&usual);
            let Some((debit, credit)) = profile.accounts_of(&row.debit, &row.credit) else {
                uncovered.insert(format!("{} → {} of program `{}`", row.debit, row.credit, row.code));
                continue;
            };
            let (day, original_period) = posting_day(read(Day::new(row.effective_day))?, &closed)?;
            entries.push(NewEntry {
                number,
                transfer: row.id.into(),
                day,
                original_period,
                company: profile.company.clone(),
                debit: debit.to_owned(),
                credit: credit.to_owned(),
            });
        }
        if !uncovered.is_empty() {
            let pairs: Vec<String> = uncovered.into_iter().collect();
            return Err(Error::Conflict(format!(
                "no line of a posting profile covers {}: `gtm posting profile set` gives them accounts",
                pairs.join(", ")
            )));
        }
        insert_many!(
            self,
            "insert into entries (number, transfer, posting_day, period, original_period, company, debit, credit) ",
            8,
            entries,
            "",
            |values, entry| {
                let period = Month::of(entry.day).to_string();
                values
                    .push_bind(entry.number)
                    .push_bind(entry.transfer.as_str())
                    .push_bind(entry.day.number())
                    .push_bind(period);
                values
                    .push_bind(entry.original_period.as_ref().map(Month::as_str))
                    .push_bind(&*entry.company);
                values.push_bind(&*entry.debit).push_bind(&*entry.credit)
            }
        );
        self.note(
            "enter-transfers",
            first.to_string(),
            json!({ "first": first, "entries": entries.len() }),
        );
        Ok(entries.len())
    }

    /// Closes an accounting period, or opens it again. What is in the ledger already enters the journal first.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is closed, or open, already, and as [`Tx::enter_transfers`].
    pub async fn set_period_closed(&mut self, period: &Month, closed: bool) -> Result<()> {
        self.enter_transfers().await?;
        let state = if closed { "closed" } else { "open" };
        if self.closed_periods().await?.contains(period) == closed {
            return Err(Error::Conflict(format!(
                "accounting period {period} is {state} already"
            )));
        }
        let number = self.advance("accounting-periods", 1).await? + 1;
        let (at, actor) = (self.at, self.actor.to_string());
        on_engine!(self, |conn| {
            sqlx::query("insert into accounting_periods (number, period, state, actor, recorded_at) values ($1, $2, $3, $4, $5)")
                .bind(number)
                .bind(period.as_str())
                .bind(state)
                .bind(&*actor)
                .bind(at)
                .execute(conn)
                .await?;
        });
        let action = if closed { "close-period" } else { "open-period" };
        self.note(action, period.as_str(), json!({}));
        Ok(())
    }
}

impl Snapshot {
    /// The newest version of each program's, by its id; those without one post by [`Profile::default`].
    pub async fn posting_profiles(&mut self) -> Result<BTreeMap<String, Profile>> {
        let rows: Vec<(String, Json<Profile>)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select program, details
                 from posting_profiles
                 where version = (select max(newest.version) from posting_profiles newest where newest.program = posting_profiles.program)",
            )
            .fetch_all(conn)
            .await
        })?;
        Ok(rows
            .into_iter()
            .map(|(program, profile)| (program, profile.0))
            .collect())
    }

    /// Accounting periods that are closed now.
    pub async fn closed_periods(&mut self) -> Result<BTreeSet<Month>> {
        let periods: Vec<String> = on_engine!(self, |conn| {
            sqlx::query_scalar(
                "select period
                 from accounting_periods
                 where state = 'closed' and number = (select max(newest.number) from accounting_periods newest where newest.period = accounting_periods.period)",
            )
            .fetch_all(conn)
            .await
        })?;
        periods.iter().map(|period| read(period.parse())).collect()
    }

    /// Entries posted on these days, both among them, up to the number, by number.
    pub async fn entries(&mut self, from: Day, to: Day, up_to: i64) -> Result<Vec<Entry>> {
        let rows: Vec<EntryRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select entries.number, posting_day, entries.period, original_period, company, programs.code, accounts.number as account,
                        entries.debit as entry_debit, entries.credit as entry_credit, amount_micros, unit, transfers.debit, transfers.credit,
                        cause, reason, transfer
                 from entries
                 join transfers on transfers.id = entries.transfer
                 join programs on programs.id = transfers.program
                 join accounts on accounts.id = transfers.account
                 where posting_day between $1 and $2 and entries.number <= $3
                 order by entries.number",
            )
            .bind(from.number())
            .bind(to.number())
            .bind(up_to)
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Entry::try_from).collect()
    }

    /// The number of the last entry; 0 while there is none.
    pub async fn last_entry(&mut self) -> Result<i64> {
        let last: Option<i64> = on_engine!(self, |conn| {
            sqlx::query_scalar("select max(number) from entries")
                .fetch_one(conn)
                .await
        })?;
        Ok(last.unwrap_or_default())
    }

    /// What counts from these days and is no money, by unit.
    pub async fn left_out(&mut self, from: Day, to: Day) -> Result<Vec<LeftOut>> {
        let rows: Vec<(String, i64, i64)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select transfers.unit, count(*), cast(sum(amount_micros) as bigint)
                 from transfers
                 join programs on programs.id = transfers.program
                 where transfers.unit <> programs.currency and effective_day between $1 and $2
                 group by transfers.unit
                 order by transfers.unit",
            )
            .bind(from.number())
            .bind(to.number())
            .fetch_all(conn)
            .await
        })?;
        let unit = |(unit, count, micros): (String, i64, i64)| LeftOut {
            unit,
            transfers: count.unsigned_abs(),
            amount: Total::from(i128::from(micros)),
        };
        Ok(rows.into_iter().map(unit).collect())
    }
}

impl TryFrom<EntryRow> for Entry {
    type Error = Error;

    fn try_from(row: EntryRow) -> Result<Self> {
        let (cause, reason) = (read(row.cause.parse())?, read(row.reason.parse())?);
        Ok(Entry {
            number: row.number,
            day: read(Day::new(row.posting_day))?,
            period: read(row.period.parse())?,
            original_period: row.original_period.map(|period| read(period.parse())).transpose()?,
            company: row.company,
            program: row.code,
            account: row.account,
            debit: row.entry_debit,
            credit: row.entry_credit,
            amount: domain::money::Micros(row.amount_micros),
            currency: read(row.unit.parse())?,
            kind: Kind::of(cause, reason, &row.debit, &row.credit),
            cause,
            reason,
            transfer: row.transfer.into(),
        })
    }
}
