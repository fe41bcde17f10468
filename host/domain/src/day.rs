//! A calendar day as the number that the journal, the segments and the contract carry.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Days since 1970-01-01. Between the years 1900 and 2999, so that a slip of the pen is refused where it comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(i32);

const UNIX_EPOCH_FROM_CE: i32 = 719_163;

impl Day {
    pub fn new(days_since_1970: i32) -> Result<Self> {
        let date = days_since_1970
            .checked_add(UNIX_EPOCH_FROM_CE)
            .and_then(NaiveDate::from_num_days_from_ce_opt);
        date.ok_or_else(|| Error::new(format!("day {days_since_1970} since 1970 is not a day of the calendar")))
            .and_then(Self::from_date)
    }

    pub fn from_ymd(year: i32, month: u32, day: u32) -> Result<Self> {
        NaiveDate::from_ymd_opt(year, month, day)
            .ok_or_else(|| Error::new(format!("{year}-{month:02}-{day:02} is not a day of the calendar")))
            .and_then(Self::from_date)
    }

    pub fn from_date(date: NaiveDate) -> Result<Self> {
        match date.year() {
            1900..3000 => Ok(Self(date.num_days_from_ce() - UNIX_EPOCH_FROM_CE)),
            _ => Err(Error::new(format!("{date} lies outside the years 1900 to 2999"))),
        }
    }

    pub fn number(self) -> i32 {
        self.0
    }

    pub fn date(self) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(self.0 + UNIX_EPOCH_FROM_CE).expect("a day is checked when it is made")
    }

    /// The day this many days later, or earlier when negative; held within the years that a day may lie in.
    pub fn plus(self, days: i32) -> Day {
        Day(self.0.saturating_add(days).clamp(-25_567, 376_199))
    }

    /// Months since January 1970, which is the month that a segment holds.
    pub fn month_number(self) -> i32 {
        let date = self.date();
        (date.year() - 1970) * 12 + date.month0() as i32
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date())
    }
}

impl FromStr for Day {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map_err(|_| {
                Error::new(format!(
                    "`{text}` is not a date: write year-month-day, such as `2011-03-31`"
                ))
            })
            .and_then(Self::from_date)
    }
}

impl TryFrom<String> for Day {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_number_since_1970() {
        let day: Day = "2011-03-31".parse().unwrap();
        assert_eq!(
            (day.number(), day.month_number(), day.to_string()),
            (15_064, 494, "2011-03-31".into())
        );
        assert_eq!("1970-01-01".parse::<Day>().unwrap().number(), 0);
        assert_eq!(
            (
                "1900-01-01".parse::<Day>().unwrap().number(),
                "2999-12-31".parse::<Day>().unwrap().number()
            ),
            (-25_567, 376_199)
        );
    }

    #[test]
    fn days_that_nobody_means_are_refused() {
        for text in ["0000-01-01", "9999-12-31", "2011-02-29", "31/03/2011", ""] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
        assert_eq!(
            "0000-01-01".parse::<Day>().unwrap_err().to_string(),
            "0000-01-01 lies outside the years 1900 to 2999"
        );
        assert!(Day::new(i32::MAX).is_err() && Day::new(i32::MIN).is_err() && Day::new(376_200).is_err());
    }
}
