//! `gtm rate …`: exchange rates, which are stated and corrected and never changed.

use anyhow::Result;
use domain::exchange::ExchangeRate;
use serde::Serialize;
use store::exchange::{Corrected, RateFilter, RecordedRate};

use crate::cli::{AddRate, ListRates};
use crate::host::Host;

/// A rate as lists show it.
#[derive(Debug, Serialize)]
pub struct Listed {
    pub number: i64,
    #[serde(flatten)]
    pub stated: ExchangeRate,
    pub recorded_by: String,
    pub recorded_at: String,
    /// Whether it is the one that counts for its type, currencies and day.
    pub counts: bool,
}

/// What became of a rate that was stated by hand.
#[derive(Debug, Serialize)]
pub struct Stated {
    #[serde(flatten)]
    pub stated: ExchangeRate,
    /// It counted before, so that nothing was recorded.
    pub already: bool,
    /// The one that counted until now.
    pub corrects: Option<ExchangeRate>,
}

pub async fn add(host: &Host, of: &AddRate) -> Result<Stated> {
    let stated = ExchangeRate::new(of.rate_type.clone(), of.from, of.to, of.day, of.rate, &of.source)?;
    let mut tx = host.store.begin(&host.actor).await?;
    let corrected = tx.correct_rate(&stated).await?;
    tx.commit().await?;
    Ok(Stated {
        stated,
        already: corrected == Corrected::Already,
        corrects: match corrected {
            Corrected::Of(before) => Some(before),
            Corrected::First | Corrected::Already => None,
        },
    })
}

pub async fn list(host: &Host, of: &ListRates) -> Result<Vec<Listed>> {
    let filter = RateFilter {
        rate_type: of.rate_type.clone(),
        from: of.from,
        to: of.to,
        since: of.since,
        until: of.until,
        corrected: of.corrected,
    };
    let rates = host.store.read().await?.rates(&filter).await?;
    Ok(rates.into_iter().map(listed).collect())
}

fn listed(recorded: RecordedRate) -> Listed {
    Listed {
        number: recorded.number,
        stated: recorded.stated,
        recorded_by: recorded.actor.to_string(),
        recorded_at: recorded
            .recorded_at
            .to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        counts: recorded.counts,
    }
}
