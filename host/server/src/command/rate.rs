//! `gtm rate …`, from the words that were typed to the words that are printed.

use anyhow::Result;

use super::{End, import_options, show};
use crate::cli::RateCommand;
use crate::host::Host;
use crate::import::{self, Profile};
use crate::output::{Format, count, print, table};
use crate::rate::{self, Listed, Stated};

pub async fn rate(host: &Host, of: RateCommand, format: Format) -> Result<End> {
    match of {
        RateCommand::Add(of) => print(format, &rate::add(host, &of).await?, stated)?,
        RateCommand::List(of) => print(format, &rate::list(host, &of).await?, |rates| listed(rates))?,
        RateCommand::Import(of) => {
            let profile = Profile::load(of.profile.as_deref().unwrap_or("exchange-rates"))?;
            let options = import_options(host, of.dry_run, &of.refused);
            let report = import::import_rates(&host.store, &profile, &of.file, &options).await?;
            drop(options);
            print(format, &report, show::imported)?;
            return Ok(if report.refused == 0 { End::Done } else { End::Held });
        }
    }
    Ok(End::Done)
}

fn stated(stated: &Stated) -> String {
    let rate = &stated.stated;
    let says = format!(
        "{}: 1 {} is {} {} on {}, says {}",
        rate.rate_type, rate.from, rate.rate, rate.to, rate.day, rate.source
    );
    match (&stated.corrects, stated.already) {
        (_, true) => format!("{says}; that counted before, so nothing was recorded"),
        (Some(before), _) => format!(
            "{says}; until now it was {}, says {}. The next run posts the difference",
            before.rate, before.source
        ),
        (None, _) => says,
    }
}

fn listed(rates: &[Listed]) -> String {
    let rows = rates.iter().map(|listed| {
        let rate = &listed.stated;
        [
            count(listed.number as u64),
            rate.rate_type.to_string(),
            rate.from.to_string(),
            rate.to.to_string(),
            rate.day.to_string(),
            rate.rate.to_string(),
            rate.source.clone(),
            listed.recorded_by.clone(),
            listed.recorded_at.clone(),
            if listed.counts { "" } else { "corrected" }.to_owned(),
        ]
    });
    table(
        [
            ">number", "type", "from", "to", "day", ">rate", "source", "by", "recorded", "",
        ],
        rows,
    )
}
