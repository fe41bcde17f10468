//! Days as people write them in terms and claims.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::Problem;

/// A calendar day, written `2011-03-31`. The number is the contract's: days since 1970-01-01.
///
/// ```
/// use gtm_sdk::Day;
///
/// let day: Day = "2011-03-31".parse()?;
/// assert_eq!((day.0, day.to_string()), (15_064, "2011-03-31".to_owned()));
/// assert_eq!(day.plus(1).to_string(), "2011-04-01");
/// assert!("2011-02-29".parse::<Day>().is_err());
/// # Ok::<(), gtm_sdk::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// So many days later. What lies beyond the numbers stays at the last of them.
    pub fn plus(self, days: u32) -> Day {
        Day(self.0.saturating_add(i32::try_from(days).unwrap_or(i32::MAX)))
    }

    /// 1900-01-01 and 2999-12-31: the days that the host knows.
    pub const FIRST: Day = Day(-25_567);
    pub const LAST: Day = Day(376_199);

    /// The day of a row or a period, held within the days that the host knows. So are those below.
    pub fn new(number: i32) -> Day {
        Day(number.clamp(Day::FIRST.0, Day::LAST.0))
    }

    /// So many days later, or earlier when negative.
    pub fn plus_days(self, days: i32) -> Day {
        Day::new(self.0.saturating_add(days))
    }

    /// So many months later, or earlier when negative: the same day of the month, or the last one where the month is shorter.
    ///
    /// ```
    /// use gtm_sdk::Day;
    ///
    /// let day: Day = "2024-01-31".parse()?;
    /// assert_eq!(day.plus_months(1).to_string(), "2024-02-29");
    /// assert_eq!(day.plus_months(-2).end_of_year().to_string(), "2023-12-31");
    /// # Ok::<(), gtm_sdk::Problem>(())
    /// ```
    pub fn plus_months(self, months: i32) -> Day {
        let (year, month, day) = self.date();
        let months = (year * 12 + month - 1 + i64::from(months)).clamp(1900 * 12, 2999 * 12 + 11);
        let first = Day::at(months / 12, months % 12 + 1, 1);
        // The day counts from 1, and the month has no more than it has.
        first.plus_days(day as i32 - 1).min(first.end_of_month())
    }

    /// The last day of its month.
    pub fn end_of_month(self) -> Day {
        let (year, month, _) = self.date();
        let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        Day::at(year, month, 0)
    }

    /// The first of January of its year.
    pub fn start_of_year(self) -> Day {
        Day::at(self.date().0, 1, 1)
    }

    /// The last day of December of its year.
    pub fn end_of_year(self) -> Day {
        Day::at(self.date().0, 12, 31)
    }

    pub fn year(self) -> i32 {
        self.date().0 as i32
    }

    /// The day before the first of a month is its day 0.
    fn at(year: i64, month: i64, day: i64) -> Day {
        let last = i64::from(Day::LAST.0);
        Day::new(Day::number(year, month, day).clamp(-last, last) as i32)
    }

    /// Year, month and day of the proleptic Gregorian calendar, after Howard Hinnant's `civil_from_days`.
    fn date(self) -> (i64, i64, i64) {
        let days = i64::from(self.0) + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        (year + era * 400 + i64::from(month <= 2), month, day)
    }

    /// The reverse. A date that is none gives the number of another.
    fn number(year: i64, month: i64, day: i64) -> i64 {
        let year = if month <= 2 { year - 1 } else { year };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let shifted = if month > 2 { month - 3 } else { month + 9 };
        let of_year = (153 * shifted + 2) / 5 + day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let refuse = || {
            Problem::new(
                "day",
                &format!("`{text}` is no day of the calendar: write it like `2011-03-31`"),
            )
        };
        let bytes = text.as_bytes();
        let digits = |range: std::ops::Range<usize>| -> Option<i64> {
            let part = bytes.get(range)?;
            part.iter().try_fold(0, |number, byte| {
                byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
            })
        };
        let dashed = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
        let (Some(year), Some(month), Some(day), true) = (digits(0..4), digits(5..7), digits(8..10), dashed) else {
            return Err(refuse());
        };
        let found = i32::try_from(Day::number(year, month.clamp(1, 12), day)).map(Day);
        match found {
            Ok(found) if found.date() == (year, month, day) => Ok(found),
            _ => Err(refuse()),
        }
    }
}

from_text!(Day, "a day such as \"2011-03-31\"");

impl JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "title": "Day",
            "description": "A calendar day such as `2024-03-31`.",
            "pattern": r"^\d{4}-\d{2}-\d{2}$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_and_read_back() {
        for number in (-719_000..2_932_000).step_by(97) {
            assert_eq!(Day(number).to_string().parse::<Day>(), Ok(Day(number)));
        }
        assert_eq!("1970-01-01".parse(), Ok(Day(0)));
        assert_eq!("2012-02-29".parse::<Day>().unwrap().plus(1).to_string(), "2012-03-01");
    }

    #[test]
    fn months_are_counted_and_cut_to_their_length() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        assert_eq!((day("1900-01-01"), day("2999-12-31")), (Day::FIRST, Day::LAST));
        assert_eq!(day("2024-03-31").plus_months(-1), day("2024-02-29"));
        assert_eq!(day("2024-02-29").plus_months(12), day("2025-02-28"));
        assert_eq!(day("2023-11-15").plus_months(14), day("2025-01-15"));
        assert_eq!(day("2024-12-31").plus_months(2), day("2025-02-28"));
        assert_eq!(day("2024-12-01").end_of_month(), day("2024-12-31"));
        assert_eq!(day("2024-07-04").start_of_year(), day("2024-01-01"));
        assert_eq!(day("2999-06-30").plus_months(i32::MAX), day("2999-12-30"));
        assert_eq!(day("1900-06-30").plus_days(i32::MIN), Day::FIRST);
        assert_eq!(
            (day("2999-12-05").end_of_month(), day("2999-01-01").end_of_year()),
            (Day::LAST, Day::LAST)
        );
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2011-13-01",
            "2011-00-01",
            "2011-01-00",
            "2011-2-03",
            "2011-02-30",
            "20110-1-01",
            "二〇一一",
            "2011-01-0١",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
