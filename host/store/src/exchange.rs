//! Exchange rates as they were stated, and which programs convert by them. See [`domain::exchange`].

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use domain::currency::Currency;
use domain::day::Day;
use domain::digest::{Digest, canonical_json};
use domain::exchange::{Conversion, DayRate, ExchangeRate, RateType, Rates};
use domain::id::ProgramId;
use serde_json::json;

use crate::account::Added;
use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// A rate as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedRate {
    /// From 1, rising: of those for the same type, currencies and day the highest counts.
    pub number: i64,
    pub stated: ExchangeRate,
    pub actor: Actor,
    pub recorded_at: DateTime<Utc>,
    /// Whether it is the one that counts.
    pub counts: bool,
}

/// Which rates; absent is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateFilter {
    pub rate_type: Option<RateType>,
    pub from: Option<Currency>,
    pub to: Option<Currency>,
    /// From this day on.
    pub since: Option<Day>,
    /// Up to this day.
    pub until: Option<Day>,
    /// Those as well that were corrected.
    pub corrected: bool,
}

#[derive(sqlx::FromRow)]
struct RateRow {
    number: i64,
    rate_type: String,
    from_currency: String,
    to_currency: String,
    day: i32,
    rate: String,
    source: String,
    actor: String,
    recorded_at: DateTime<Utc>,
    newest: i64,
}

impl Tx {
    /// Records rates in their order. One that was recorded before, just as it stands, is there already, whether it counts or was
    /// corrected since: the same file twice changes nothing.
    pub async fn add_rates(&mut self, rates: &[ExchangeRate]) -> Result<Added> {
        let (Some(first), Some(last)) = (
            rates.iter().map(|rate| rate.day).min(),
            rates.iter().map(|rate| rate.day).max(),
        ) else {
            return Ok(Added::default());
        };
        // Taken before reading, so that two files with the same rates come one after the other.
        let before = self.advance("exchange-rates", rates.len()).await?;
        let filter = RateFilter {
            since: Some(first),
            until: Some(last),
            corrected: true,
            ..RateFilter::default()
        };
        let known = self.rates(&filter).await?;
        let mut known: HashSet<&ExchangeRate> = known.iter().map(|known| &known.stated).collect();
        let new: Vec<&ExchangeRate> = rates.iter().filter(|rate| known.insert(rate)).collect();
        let added = Added {
            new: new.len(),
            existing: rates.len() - new.len(),
            refused: vec![],
        };
        self.insert_rates(before, &new).await?;
        Ok(added)
    }

    /// Records a rate that counts from now on, unless it does already. Gives the one that it corrects.
    pub async fn correct_rate(&mut self, rate: &ExchangeRate) -> Result<Corrected> {
        let before = self.advance("exchange-rates", 1).await?;
        let counted = self.rate(&rate.rate_type, rate.from, rate.to, rate.day).await?;
        if counted.as_ref() == Some(rate) {
            return Ok(Corrected::Already);
        }
        self.insert_rates(before, &[rate]).await?;
        Ok(counted.map_or(Corrected::First, Corrected::Of))
    }

    async fn insert_rates(&mut self, before: i64, rates: &[&ExchangeRate]) -> Result<()> {
        if rates.is_empty() {
            return Ok(());
        }
        let (at, actor) = (self.at, self.actor.to_string());
        let rows: Vec<(i64, &&ExchangeRate)> = (before + 1..).zip(rates).collect();
        insert_many!(
            self,
            "insert into exchange_rates (number, rate_type, from_currency, to_currency, day, rate, source, actor, recorded_at) ",
            9,
            rows,
            "",
            |values, row| {
                let (number, rate) = row;
                values.push_bind(*number).push_bind(rate.rate_type.as_str());
                values
                    .push_bind(rate.from.code())
                    .push_bind(rate.to.code())
                    .push_bind(rate.day.number());
                values
                    .push_bind(rate.rate.to_string())
                    .push_bind(&*rate.source)
                    .push_bind(&*actor)
                    .push_bind(at)
            }
        );
        let (first, last) = (before + 1, before + rates.len() as i64);
        let details = match rates {
            [only] => json!(only),
            many => json!({ "rates": many.len(), "last": last, "digest": Digest::of(&canonical_json(&many)?) }),
        };
        self.note("record-rates", first.to_string(), details);
        Ok(())
    }

    /// States by which rates a program converts.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it converts by others already: what was worked out by them stands.
    pub async fn state_conversion(&mut self, program: &ProgramId, conversion: &Conversion) -> Result<()> {
        let at = self.at;
        let stated: Option<String> = on_engine!(self, |conn| {
            sqlx::query_scalar(
                "insert into program_conversions (program, rate_type, dates_by, created_at)
                 values ($1, $2, $3, $4)
                 on conflict (program) do nothing
                 returning program",
            )
            .bind(program.as_str())
            .bind(conversion.rate_type.as_str())
            .bind(conversion.dates_by.as_str())
            .bind(at)
            .fetch_optional(conn)
            .await
        })?;
        if stated.is_some() {
            self.note("state-conversion", program.as_str(), json!(conversion));
            return Ok(());
        }
        match self.conversion_of(program).await? {
            Some(before) if before == *conversion => Ok(()),
            before => Err(Error::Conflict(format!(
                "the program converts by `{}` rates already: set up another program to convert by others",
                before.map_or_else(String::new, |before| before.rate_type.to_string())
            ))),
        }
    }
}

/// What became of a rate that was stated by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Corrected {
    /// Nothing was stated before for its type, currencies and day.
    First,
    /// It counts in place of this one.
    Of(ExchangeRate),
    /// It counted before.
    Already,
}

impl Snapshot {
    /// By type, currencies, day and number.
    pub async fn rates(&mut self, filter: &RateFilter) -> Result<Vec<RecordedRate>> {
        let rows: Vec<RateRow> = on_engine!(self, |conn| {
            let mut query = sqlx::QueryBuilder::new(
                "select number, rate_type, from_currency, to_currency, day, rate, source, actor, recorded_at, newest
                 from (select exchange_rates.*,
                              max(number) over (partition by rate_type, from_currency, to_currency, day) as newest
                       from exchange_rates) stated
                 where 1 = 1",
            );
            if let Some(rate_type) = &filter.rate_type {
                query.push(" and rate_type = ").push_bind(rate_type.as_str());
            }
            if let Some(from) = filter.from {
                query.push(" and from_currency = ").push_bind(from.code());
            }
            if let Some(to) = filter.to {
                query.push(" and to_currency = ").push_bind(to.code());
            }
            if let Some(since) = filter.since {
                query.push(" and day >= ").push_bind(since.number());
            }
            if let Some(until) = filter.until {
                query.push(" and day <= ").push_bind(until.number());
            }
            if !filter.corrected {
                query.push(" and number = newest");
            }
            query.push(" order by rate_type, from_currency, to_currency, day, number");
            query.build_query_as().fetch_all(conn).await
        })?;
        rows.into_iter().map(RecordedRate::try_from).collect()
    }

    /// The one that counts for a day.
    pub async fn rate(
        &mut self,
        rate_type: &RateType,
        from: Currency,
        to: Currency,
        day: Day,
    ) -> Result<Option<ExchangeRate>> {
        let day = Some(rate_type.day_of(day));
        let filter = RateFilter {
            rate_type: Some(rate_type.clone()),
            from: Some(from),
            to: Some(to),
            since: day,
            until: day,
            corrected: false,
        };
        Ok(self.rates(&filter).await?.pop().map(|recorded| recorded.stated))
    }

    /// The rates of one type into one currency that count.
    pub async fn rates_into(&mut self, rate_type: &RateType, into: Currency) -> Result<Rates> {
        let filter = RateFilter {
            rate_type: Some(rate_type.clone()),
            to: Some(into),
            ..RateFilter::default()
        };
        let rates = self.rates(&filter).await?;
        let day_rate = |recorded: RecordedRate| DayRate {
            day: recorded.stated.day,
            from: recorded.stated.from,
            rate: recorded.stated.rate,
        };
        Ok(Rates::new(rate_type.clone(), into, rates.into_iter().map(day_rate)))
    }

    /// How the program converts; nothing where it takes facts in its own currency only.
    pub async fn conversion_of(&mut self, program: &ProgramId) -> Result<Option<Conversion>> {
        let row: Option<(String, String)> = on_engine!(self, |conn| {
            sqlx::query_as("select rate_type, dates_by from program_conversions where program = $1")
                .bind(program.as_str())
                .fetch_optional(conn)
                .await
        })?;
        row.map(|(rate_type, dates_by)| {
            Ok(Conversion {
                rate_type: read(rate_type.parse())?,
                dates_by: read(dates_by.parse())?,
            })
        })
        .transpose()
    }
}

impl TryFrom<RateRow> for RecordedRate {
    type Error = Error;

    fn try_from(row: RateRow) -> Result<Self> {
        Ok(RecordedRate {
            counts: row.number == row.newest,
            number: row.number,
            stated: ExchangeRate {
                rate_type: read(row.rate_type.parse())?,
                from: read(row.from_currency.parse())?,
                to: read(row.to_currency.parse())?,
                day: read(Day::new(row.day))?,
                rate: read(row.rate.parse())?,
                source: row.source,
            },
            actor: read(row.actor.parse())?,
            recorded_at: row.recorded_at,
        })
    }
}
