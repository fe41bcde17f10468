//! The years that earlier periods lie in: the host tells the one of the statement's period.

use gtm_sdk::{Context, Day, Period};

/// For each period the year of the program's calendar that it lies in. Labels begin with the year's four digits. A year ends where the
/// next one begins, and the first one begins a year before that where the program did not begin in an earlier one.
pub fn years(context: &Context, periods: &[Period]) -> Vec<Period> {
    let mut years: Vec<Period> = Vec::with_capacity(periods.len());
    let mut year = context.year.clone();
    for (number, period) in periods.iter().enumerate().rev() {
        if period.start < year.start {
            let end = year.start.saturating_sub(1);
            let name = named(period);
            let earlier = periods[..number].iter().any(|earlier| named(earlier) != name);
            let first = periods[..=number].iter().find(|earlier| named(earlier) == name);
            let start = match first {
                Some(first) if earlier => first.start,
                _ => period.start.min(Day::new(year.start).plus_months(-12).0),
            };
            year = Period {
                label: name.to_owned(),
                start,
                end,
            };
        }
        years.push(year.clone());
    }
    years.reverse();
    years
}

fn named(period: &Period) -> &str {
    period.label.get(..4).unwrap_or(&period.label)
}

#[cfg(test)]
mod tests {
    use gtm_sdk::Participant;

    use super::*;

    fn period(label: &str, start: &str, end: &str) -> Period {
        let day = |text: &str| text.parse::<Day>().unwrap().0;
        Period {
            label: label.into(),
            start: day(start),
            end: day(end),
        }
    }

    fn context(year: Period) -> Context {
        Context {
            program: String::new(),
            terms: String::new(),
            participant: Participant {
                account: "A-1".into(),
                attributes: vec![],
                enrolled_from: 0,
                enrolled_until: None,
                agreed: vec![],
            },
            period: year.clone(),
            year,
            gathered: vec![],
            currency: "GBP".into(),
            currency_digits: 2,
            opening_balances: vec![],
            products: vec![],
            end_customers: vec![],
            dictionaries: vec![],
        }
    }

    #[test]
    fn earlier_years_are_found_from_their_periods() {
        let periods = [
            period("2022-Q4", "2022-10-01", "2022-12-31"),
            period("2023-Q1", "2023-01-01", "2023-03-31"),
            period("2023-Q4", "2023-10-01", "2023-12-31"),
            period("2024-Q1", "2024-01-01", "2024-03-31"),
        ];
        let shown: Vec<_> = years(&context(period("2024", "2024-01-01", "2024-12-31")), &periods)
            .into_iter()
            .map(|year| format!("{} {} {}", year.label, Day(year.start), Day(year.end)))
            .collect();
        assert_eq!(
            shown,
            [
                "2022 2022-01-01 2022-12-31",
                "2023 2023-01-01 2023-12-31",
                "2023 2023-01-01 2023-12-31",
                "2024 2024-01-01 2024-12-31",
            ]
        );
    }
}
