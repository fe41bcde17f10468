//! How a program cuts time into periods.
//!
//! Two kinds of year: the calendar year, and the 4-4-5 year of retail, in weeks from Sunday to Saturday, which ends on the Saturday
//! nearest to 31 January and is named by the year it begins in (the rule of the US National Retail Federation). A year of 53
//! weeks gives the extra week to its last period. "The same period last year" is the period of the same number, whatever its length.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::period::Period;
use crate::{Error, Result};

/// Written `month`, `quarter`, `year`, `4-4-5 month`, `4-4-5 quarter`, `4-4-5 year`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Calendar {
    pub weeks: bool,
    pub unit: Unit,
}

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    Month,
    Quarter,
    Year,
}

impl Unit {
    fn per_year(self) -> i32 {
        match self {
            Unit::Month => 12,
            Unit::Quarter => 4,
            Unit::Year => 1,
        }
    }
}

impl Calendar {
    /// The period of that name, such as `2011-Q1`.
    pub fn period(self, label: &str) -> Result<Period> {
        let refuse = || {
            Error::new(format!(
                "`{label}` is not a period of the calendar `{self}`: write one like `{}`",
                self.label(2011, 1)
            ))
        };
        let (year, rest) = label.split_at_checked(4).ok_or_else(refuse)?;
        let year: i32 = year.parse().map_err(|_| refuse())?;
        let number: i32 = match (self.unit, self.weeks) {
            (Unit::Year, _) if rest.is_empty() => 1,
            (Unit::Quarter, _) => rest
                .strip_prefix("-Q")
                .and_then(|n| n.parse().ok())
                .ok_or_else(refuse)?,
            (Unit::Month, false) => rest.strip_prefix('-').and_then(|n| n.parse().ok()).ok_or_else(refuse)?,
            (Unit::Month, true) => rest
                .strip_prefix("-P")
                .and_then(|n| n.parse().ok())
                .ok_or_else(refuse)?,
            _ => return Err(refuse()),
        };
        if !(1..=self.unit.per_year()).contains(&number) || self.label(year, number) != label {
            return Err(refuse());
        }
        self.nth(year, number)
    }

    /// The period that the day lies in.
    pub fn containing(self, day: Day) -> Result<Period> {
        let first = day.date().year() - i32::from(self.weeks);
        for year in [first, first + 1] {
            for number in 1..=self.unit.per_year() {
                let period = self.nth(year, number)?;
                if period.contains(day) {
                    return Ok(period);
                }
            }
        }
        Err(Error::new(format!("{day} lies in no period of the calendar `{self}`")))
    }

    /// The year of this calendar that the period lies in.
    pub fn year_of(self, period: &Period) -> Result<Period> {
        Calendar {
            unit: Unit::Year,
            ..self
        }
        .containing(period.start)
    }

    pub fn previous(self, period: &Period) -> Result<Period> {
        self.containing(period.start.plus(-1))
    }

    pub fn next(self, period: &Period) -> Result<Period> {
        self.containing(period.end.plus(1))
    }

    /// The period of the same number a year earlier.
    pub fn same_last_year(self, period: &Period) -> Result<Period> {
        let year: i32 = period.label[..4]
            .parse()
            .map_err(|_| Error::new(format!("`{}` names no year", period.label)))?;
        self.period(&format!("{:04}{}", year - 1, &period.label[4..]))
    }

    /// The periods before this one, from the one that `day` lies in, in order of time.
    pub fn earlier_since(self, day: Day, period: &Period) -> Result<Vec<Period>> {
        let mut earlier = Vec::new();
        let mut current = self.containing(day)?;
        while current.start < period.start {
            let next = self.next(&current)?;
            earlier.push(std::mem::replace(&mut current, next));
        }
        Ok(earlier)
    }

    fn label(self, year: i32, number: i32) -> String {
        match (self.unit, self.weeks) {
            (Unit::Year, _) => format!("{year:04}"),
            (Unit::Quarter, _) => format!("{year:04}-Q{number}"),
            (Unit::Month, false) => format!("{year:04}-{number:02}"),
            (Unit::Month, true) => format!("{year:04}-P{number:02}"),
        }
    }

    fn nth(self, year: i32, number: i32) -> Result<Period> {
        let (start, end) = if self.weeks {
            self.weeks_of(year, number)?
        } else {
            self.months_of(year, number)?
        };
        Ok(Period {
            label: self.label(year, number),
            start,
            end,
        })
    }

    fn months_of(self, year: i32, number: i32) -> Result<(Day, Day)> {
        let months = 12 / self.unit.per_year();
        let first_of = |month: i32| Day::from_ymd(year + month / 12, (month % 12 + 1) as u32, 1);
        Ok((first_of((number - 1) * months)?, first_of(number * months)?.plus(-1)))
    }

    fn weeks_of(self, year: i32, number: i32) -> Result<(Day, Day)> {
        let (start, end) = (year_end(year)?.plus(1), year_end(year + 1)?);
        let weeks_before = |period: i32| match self.unit {
            Unit::Month => (period / 3) * 13 + [0, 4, 8][(period % 3) as usize],
            Unit::Quarter => period * 13,
            Unit::Year => period * 52,
        };
        let last = number == self.unit.per_year();
        Ok((
            start.plus(weeks_before(number - 1) * 7),
            if last {
                end
            } else {
                start.plus(weeks_before(number) * 7 - 1)
            },
        ))
    }
}

/// The Saturday nearest to 31 January.
fn year_end(year: i32) -> Result<Day> {
    let january = NaiveDate::from_ymd_opt(year, 1, 31).ok_or_else(|| Error::new(format!("{year} is not a year")))?;
    let after_saturday = january.weekday().days_since(chrono::Weekday::Sat) as i32;
    let days = if after_saturday <= 3 {
        -after_saturday
    } else {
        7 - after_saturday
    };
    Ok(Day::from_date(january)?.plus(days))
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Month => "month",
            Unit::Quarter => "quarter",
            Unit::Year => "year",
        };
        write!(f, "{}{unit}", if self.weeks { "4-4-5 " } else { "" })
    }
}

impl FromStr for Calendar {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (weeks, unit) = text.strip_prefix("4-4-5 ").map_or((false, text), |unit| (true, unit));
        let unit = match unit {
            "month" => Unit::Month,
            "quarter" => Unit::Quarter,
            "year" => Unit::Year,
            _ => {
                return Err(Error::new(format!(
                    "`{text}` is not a calendar: write `month`, `quarter` or `year`, with `4-4-5 ` before it for a year of weeks"
                )));
            }
        };
        Ok(Calendar { weeks, unit })
    }
}

impl TryFrom<String> for Calendar {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Calendar> for String {
    fn from(calendar: Calendar) -> Self {
        calendar.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn days(calendar: &str, label: &str) -> (String, String) {
        let period = calendar.parse::<Calendar>().unwrap().period(label).unwrap();
        (period.start.to_string(), period.end.to_string())
    }

    #[test]
    fn calendar_periods_end_with_their_month() {
        assert_eq!(days("quarter", "2011-Q1"), ("2011-01-01".into(), "2011-03-31".into()));
        assert_eq!(days("month", "2012-02"), ("2012-02-01".into(), "2012-02-29".into()));
        assert_eq!(days("year", "2011"), ("2011-01-01".into(), "2011-12-31".into()));
    }

    #[test]
    fn the_retail_year_2023_has_53_weeks_and_its_last_period_takes_the_extra_one() {
        assert_eq!(days("4-4-5 year", "2023"), ("2023-01-29".into(), "2024-02-03".into()));
        assert_eq!(
            days("4-4-5 month", "2023-P01"),
            ("2023-01-29".into(), "2023-02-25".into())
        );
        assert_eq!(
            days("4-4-5 month", "2023-P12"),
            ("2023-12-24".into(), "2024-02-03".into())
        );
        assert_eq!(
            days("4-4-5 quarter", "2024-Q1"),
            ("2024-02-04".into(), "2024-05-04".into())
        );
    }

    #[test]
    fn the_retail_years_of_53_weeks_are_those_of_the_published_calendars() {
        let years: Calendar = "4-4-5 year".parse().unwrap();
        let weeks = |year: i32| years.period(&year.to_string()).unwrap().days() / 7;
        let long: Vec<i32> = (1994..2036).filter(|year| weeks(*year) == 53).collect();
        assert_eq!(long, [1995, 2000, 2006, 2012, 2017, 2023, 2028, 2034]);
        assert!((1994..2036).all(|year| matches!(weeks(year), 52 | 53)));
        for (year, start, end) in [
            ("2012", "2012-01-29", "2013-02-02"),
            ("2016", "2016-01-31", "2017-01-28"),
            ("2017", "2017-01-29", "2018-02-03"),
            ("2018", "2018-02-04", "2019-02-02"),
        ] {
            assert_eq!(days("4-4-5 year", year), (start.into(), end.into()));
        }
    }

    #[test]
    fn every_period_of_a_year_of_53_weeks_stands_in_the_table() {
        let months: [(&str, &str, i32); 12] = [
            ("2017-01-29", "2017-02-25", 4),
            ("2017-02-26", "2017-03-25", 4),
            ("2017-03-26", "2017-04-29", 5),
            ("2017-04-30", "2017-05-27", 4),
            ("2017-05-28", "2017-06-24", 4),
            ("2017-06-25", "2017-07-29", 5),
            ("2017-07-30", "2017-08-26", 4),
            ("2017-08-27", "2017-09-23", 4),
            ("2017-09-24", "2017-10-28", 5),
            ("2017-10-29", "2017-11-25", 4),
            ("2017-11-26", "2017-12-23", 4),
            ("2017-12-24", "2018-02-03", 6),
        ];
        let calendar: Calendar = "4-4-5 month".parse().unwrap();
        for (number, (start, end, weeks)) in (1..).zip(months) {
            let period = calendar.period(&format!("2017-P{number:02}")).unwrap();
            assert_eq!(
                (&*period.start.to_string(), &*period.end.to_string(), period.days()),
                (start, end, weeks * 7)
            );
        }
        let last = calendar.period("2017-P12").unwrap();
        assert_eq!(calendar.same_last_year(&last).unwrap().days(), 5 * 7);
        assert_eq!(calendar.next(&last).unwrap().label, "2018-P01");
    }

    #[test]
    fn neighbours_are_found_across_the_year() {
        let quarters: Calendar = "quarter".parse().unwrap();
        let first = quarters.period("2011-Q1").unwrap();
        assert_eq!(quarters.previous(&first).unwrap().label, "2010-Q4");
        assert_eq!(quarters.same_last_year(&first).unwrap().label, "2010-Q1");
        let third = quarters.period("2011-Q3").unwrap();
        let earlier = quarters.earlier_since("2010-12-05".parse().unwrap(), &third).unwrap();
        assert_eq!(
            earlier.iter().map(|p| &*p.label).collect::<Vec<_>>(),
            ["2010-Q4", "2011-Q1", "2011-Q2"]
        );
    }

    #[test]
    fn a_label_of_another_calendar_is_refused() {
        let quarters: Calendar = "quarter".parse().unwrap();
        assert_eq!(
            quarters.period("2011-03").unwrap_err().to_string(),
            "`2011-03` is not a period of the calendar `quarter`: write one like `2011-Q1`"
        );
        for label in ["2011-Q5", "2011-Q0", "2011-Q01", "2011", "", "Q1", "äöü11-Q1"] {
            assert!(quarters.period(label).is_err(), "{label}");
        }
    }

    proptest! {
        #[test]
        fn every_day_lies_in_exactly_one_period(number in -20_000..350_000_i32, weeks: bool, unit in prop::sample::select(&[Unit::Month, Unit::Quarter, Unit::Year][..])) {
            let (calendar, day) = (Calendar { weeks, unit }, Day::new(number).unwrap());
            let period = calendar.containing(day).unwrap();
            prop_assert!(period.contains(day));
            prop_assert_eq!(&calendar.period(&period.label).unwrap(), &period);
            prop_assert_eq!(calendar.next(&period).unwrap().start, period.end.plus(1));
            prop_assert_eq!(calendar.previous(&calendar.next(&period).unwrap()).unwrap(), period);
        }
    }
}
