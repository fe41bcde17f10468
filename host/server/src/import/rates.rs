//! One line of a file as an exchange rate.

use std::collections::HashMap;

use domain::currency::Currency;
use domain::day::Day;
use domain::exchange::{ExchangeRate, Rate, RateType};

use super::field::{Field, Last, Refusal};
use super::profile::Profile;
use super::table::{Header, Line};

/// Reads lines as the profile says. It remembers the rates that it has met, which are few beside what they convert.
#[derive(Debug)]
pub struct RateReader {
    rate_type: Field,
    from: Field,
    to: Field,
    day: Field,
    rate: Field,
    source: Field,
    last_from: Last<Currency>,
    last_to: Last<Currency>,
    last_day: Last<Day>,
    met: HashMap<(RateType, Currency, Currency, Day), Rate>,
}

impl RateReader {
    pub fn bind(profile: &Profile, header: &Header) -> Result<Self, Refusal> {
        Ok(Self {
            rate_type: profile.bind("type", header)?,
            from: profile.bind("from", header)?,
            to: profile.bind("to", header)?,
            day: profile.bind("day", header)?,
            rate: profile.bind("rate", header)?,
            source: profile.bind("source", header)?,
            last_from: Last::default(),
            last_to: Last::default(),
            last_day: Last::default(),
            met: HashMap::new(),
        })
    }

    /// Refuses a line that contradicts one before it.
    pub fn read(&mut self, line: &Line<'_>) -> Result<ExchangeRate, Refusal> {
        let rate_type = self.rate_type.parsed(line)?;
        let (from, to) = (
            self.from.word(line, &mut self.last_from)?,
            self.to.word(line, &mut self.last_to)?,
        );
        let day = self
            .day
            .day(line, &mut self.last_day)?
            .ok_or_else(|| self.day.missing())?;
        let (rate, source) = (self.rate.parsed(line)?, self.source.needed(line)?);
        let stated = ExchangeRate::new(rate_type, from, to, day, rate, source).map_err(|e| e.to_string())?;
        let key = (stated.rate_type.clone(), from, to, stated.day);
        match self.met.insert(key.clone(), rate) {
            Some(before) if before != rate => {
                self.met.insert(key, before);
                Err(format!(
                    "a line before says {before}, and this one {rate}, for the `{}` rate from {from} to {to} on {}: keep one of them",
                    stated.rate_type, stated.day
                ))
            }
            _ => Ok(stated),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use csv::ByteRecord;

    #[test]
    fn a_line_is_a_rate_or_a_sentence() {
        let profile = Profile::load("exchange-rates").unwrap_or_else(|e| panic!("{e}"));
        let header = Header::new(&ByteRecord::from(vec!["type", "from", "to", "day", "rate", "source"]))
            .expect("a sound header");
        let mut reader = RateReader::bind(&profile, &header).unwrap_or_else(|e| panic!("{e}"));
        let mut read = |line: [&str; 6]| {
            let record = ByteRecord::from(line.to_vec());
            reader
                .read(&Line::new(&record))
                .map(|rate| format!("{} {} {}", rate.rate_type, rate.day, rate.rate))
        };
        assert_eq!(
            read(["spot", "USD", "GBP", "2024-01-17", "0.78810", "ecb"]),
            Ok("spot 2024-01-17 0.7881".into())
        );
        assert_eq!(
            read(["month-average", "USD", "GBP", "2024-01-31", "0.79", "ecb"]),
            Ok("month-average 2024-01-01 0.79".into())
        );
        assert_eq!(
            read(["spot", "USD", "GBP", "2024-01-17", "0.7881", "hmrc"]),
            Ok("spot 2024-01-17 0.7881".into())
        );
        for (line, refusal) in [
            (
                ["spot", "USD", "GBP", "2024-01-17", "0.79", "ecb"],
                "a line before says 0.7881, and this one 0.79, for the `spot` rate from USD to GBP on 2024-01-17: keep one of them",
            ),
            (
                ["spot", "USD", "USD", "2024-01-18", "1", "ecb"],
                "a rate from USD to USD is no rate: name two currencies",
            ),
            (
                ["spot", "USD", "GBP", "2024-01-18", "0", "ecb"],
                "rate: column rate: `0` is no exchange rate: it is above 0",
            ),
            (
                ["spot", "USD", "GBP", "2024-01-18", "0,79", "ecb"],
                "rate: column rate: `0,79` is no exchange rate: write digits with a point, such as `0.8571`",
            ),
            (
                ["Spot", "USD", "GBP", "2024-01-18", "0.79", "ecb"],
                "type: column type: `Spot` is no type of exchange rates: write small letters, digits and hyphens, at most 40, such as `spot` or `month-average`",
            ),
            (["spot", "USD", "GBP", "", "0.79", "ecb"], "no day: column day is empty"),
            (
                ["spot", "USD", "GBP", "2024-01-18", "0.79", ""],
                "no source: column source is empty",
            ),
        ] {
            assert_eq!(read(line), Err(refusal.into()));
        }
    }
}
