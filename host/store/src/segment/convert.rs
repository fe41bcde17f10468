//! The one place where the facts of a program are converted into its currency: when a participant's rows are gathered, before
//! anybody looks at them. Each amount is rounded once, half to even, to the millionth: see [`domain::exchange`].

use std::collections::BTreeMap;

use domain::columns::Columns;
use domain::currency::Currency;
use domain::day::Day;
use domain::exchange::{Conversion, Converted, DayRate, Rates};
use domain::money::Micros;
use domain::plugin::Column;
use domain::{Error, Result};

use super::gather::Run;
use super::opened::Segments;
use super::resolve::Resolved;
use super::row::{Field, Row, currency_code};

/// How rows in other currencies are converted, with the rates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converter {
    pub conversion: Conversion,
    pub rates: Rates,
}

impl Converter {
    /// As a statement was converted before: by the rates that are part of its context and no others.
    pub fn again(converted: &Converted, into: Currency) -> Self {
        let conversion = Conversion {
            rate_type: converted.rate_type.clone(),
            dates_by: converted.dates_by,
        };
        Self {
            rates: Rates::new(converted.rate_type.clone(), into, converted.rates.iter().copied()),
            conversion,
        }
    }

    /// The rate of a row that is in another currency.
    pub fn rate_of(&self, row: &Row) -> Result<DayRate> {
        let day = Field::of_date(self.conversion.dates_by).value(row);
        let day = day.ok_or_else(|| Error::new(format!("row {} has no date to convert it by", row.position)))?;
        self.rates.on(Day::new(day as i32)?, row.currency)
    }
}

const AMOUNTS: [Column; 4] = [Column::NetAmount, Column::GrossAmount, Column::Cost, Column::ListPrice];

/// Turns the amounts of the copied rows that are in another currency into the program's, and gives the rates that it took; nothing when
/// all are in the program's. A row without the date by which it is to be converted, or without a rate, is an error that names it.
pub(super) fn convert(
    segments: &Segments,
    wanted: &Resolved,
    runs: &[Run],
    columns: &mut Columns,
) -> Result<Option<Converted>> {
    let Some(Converter { conversion, rates }) = wanted.converter.as_deref() else {
        return Ok(None);
    };
    if !AMOUNTS.iter().any(|column| wanted.wants(*column)) {
        return Ok(None);
    }
    let mut used: BTreeMap<(&'static str, Day), DayRate> = BTreeMap::new();
    // Rows stand in the order of their days, so neighbours often share a rate.
    let mut last: Option<((u32, i32), DayRate)> = None;
    let rows = runs
        .iter()
        .flat_map(|run| run.rows().map(|row| (segments.get(run.segment), row)));
    for (place, (segment, row)) in rows.enumerate() {
        let number = segment.currencies()[row];
        if number == wanted.currency_number {
            continue;
        }
        let named = |e: Error| {
            let (position, code) = (segment.positions()[row], currency_code(number));
            Error::new(format!("the row at journal position {position} is in {code}: {e}"))
        };
        let day = segment.dates(conversion.dates_by)[row];
        let rate = match last {
            Some((key, rate)) if key == (number, day) => rate,
            _ if day == i32::MIN => {
                let date = conversion.dates_by;
                return Err(named(Error::new(format!(
                    "it has no {date} date, by which the program converts, so correct the row"
                ))));
            }
            _ => {
                let from: Currency = currency_code(number).parse()?;
                let rate = Day::new(day).and_then(|day| rates.on(day, from)).map_err(named)?;
                used.insert((from.code(), rate.day), rate);
                last = Some(((number, day), rate));
                rate
            }
        };
        for amounts in [
            &mut columns.net_amount,
            &mut columns.gross_amount,
            &mut columns.cost,
            &mut columns.list_price,
        ] {
            if let Some(amount) = amounts.get_mut(place) {
                *amount = rate.rate.convert(Micros(*amount)).map_err(named)?.0;
            }
        }
    }
    let converted = Converted {
        dates_by: conversion.dates_by,
        rate_type: conversion.rate_type.clone(),
        rates: used.into_values().collect(),
    };
    Ok(Some(converted).filter(|converted| !converted.rates.is_empty()))
}

/// Whether rows in that currency can be sent at all.
pub(super) fn takes(wanted: &Resolved, number: u32) -> bool {
    number == wanted.currency_number || wanted.converter.is_some()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::plugin::{Plan, Window};
    use domain::transaction::{DateBasis, RowKind};

    use super::super::{Corrections, Gathered, Scratch, Spans, gather};
    use super::*;

    fn row(position: u64, date: i32, currency: &str, net: i64) -> Row {
        Row {
            position,
            account: 1,
            kind: RowKind::Sale,
            date,
            order_date: None,
            ship_date: None,
            invoice_date: (position != 4).then_some(date + 1),
            payment_date: None,
            scan_date: None,
            product: None,
            end_customer: None,
            currency: currency.parse().unwrap(),
            quantity: Some(7_000_000),
            net_amount: Some(net),
            gross_amount: None,
            cost: Some(-net),
            list_price: None,
            corrects: None,
            attributes: [].into(),
        }
    }

    fn plan(columns: &[Column]) -> Plan {
        Plan {
            kinds: vec![RowKind::Sale],
            dates_by: DateBasis::Transaction,
            windows: Vec::<Window>::new(),
            roll_up_levels: Some(0),
            columns: columns.to_vec(),
            attributes: vec![],
            selectors: vec![],
            agreed: vec![],
            balances: vec![],
            agreements: false,
            inventory: false,
        }
    }

    fn converter(dates_by: DateBasis, rates: &[(&str, i32, &str)]) -> Converter {
        let (rate_type, into) = ("spot".parse().unwrap(), "GBP".parse().unwrap());
        let conversion = Conversion { rate_type, dates_by };
        let rates = rates.iter().map(|(from, day, rate)| DayRate {
            day: Day::new(*day).unwrap(),
            from: from.parse().unwrap(),
            rate: rate.parse().unwrap(),
        });
        Converter {
            rates: Rates::new(conversion.rate_type.clone(), into, rates),
            conversion,
        }
    }

    fn gathered<T>(
        rows: &[Row],
        columns: &[Column],
        converter: Option<Converter>,
        look: impl FnOnce(&Gathered<'_>) -> T,
    ) -> Result<T> {
        let segments = Segments::from_rows(rows, &Corrections::default())?;
        let mut wanted = Resolved::new(&plan(columns), &[], "GBP".parse()?)?;
        if let Some(converter) = converter {
            wanted = wanted.converting(Arc::new(converter));
        }
        let spans = Spans::of(&[domain::period::Period {
            label: String::new(),
            start: Day::new(15_000)?,
            end: Day::new(15_100)?,
        }]);
        Ok(look(&gather(
            &segments,
            &wanted,
            &[1],
            &spans,
            &mut Scratch::default(),
        )?))
    }

    #[test]
    fn amounts_are_converted_and_the_rates_that_were_used_are_named() {
        let rows = [
            row(1, 15_001, "GBP", 100),
            row(2, 15_002, "USD", 1_000_001),
            row(3, 15_002, "USD", 3),
            row(5, 15_003, "EUR", 10),
            row(6, 15_004, "GBP", 7),
        ];
        let rates = [
            ("USD", 15_002, "0.5"),
            ("EUR", 15_003, "2"),
            ("EUR", 15_004, "3"),
            ("USD", 15_009, "9"),
        ];
        let by = |basis| Some(converter(basis, &rates));
        let columns = [Column::Quantity, Column::NetAmount, Column::Cost];
        gathered(&rows, &columns, by(DateBasis::Transaction), |gathered| {
            let column = |of: fn(&domain::columns::ColumnSlice<'_>) -> Vec<i64>| -> Vec<i64> {
                gathered.slices.iter().flat_map(of).collect()
            };
            assert_eq!(column(|slice| slice.net_amount.to_vec()), [100, 500_000, 2, 20, 7]);
            assert_eq!(column(|slice| slice.cost.to_vec()), [-100, -500_000, -2, -20, -7]);
            assert_eq!(
                column(|slice| slice.quantity.to_vec()),
                [7_000_000; 5],
                "a quantity has no currency"
            );
            let converted = gathered.converted.as_ref().unwrap();
            let used: Vec<_> = converted
                .rates
                .iter()
                .map(|rate| (rate.from.code(), rate.day.number(), rate.rate.to_string()))
                .collect();
            assert_eq!(
                used,
                [("EUR", 15_003, "2".to_owned()), ("USD", 15_002, "0.5".to_owned())]
            );
            // A replay has these rates and no others.
            let again = Converter::again(converted, "GBP".parse().unwrap());
            let same = gathered_digest(&rows, &columns, again).unwrap();
            assert_eq!(domain::columns::digest(&gathered.slices), same);
        })
        .unwrap();

        let early = [rows[0].clone(), row(5, 15_003, "EUR", 10)];
        let net = gathered(&early, &columns, by(DateBasis::Invoice), |gathered| {
            gathered
                .slices
                .iter()
                .flat_map(|slice| slice.net_amount)
                .copied()
                .collect::<Vec<_>>()
        });
        assert_eq!(net, Ok(vec![100, 30]), "by the day of the invoice, which is the next");
    }

    fn gathered_digest(rows: &[Row], columns: &[Column], converter: Converter) -> Result<domain::digest::Digest> {
        gathered(rows, columns, Some(converter), |gathered| {
            domain::columns::digest(&gathered.slices)
        })
    }

    #[test]
    fn rows_in_the_programs_currency_name_no_rate() {
        let rows = [row(1, 15_001, "GBP", 100)];
        let converted = gathered(
            &rows,
            &[Column::NetAmount],
            Some(converter(DateBasis::Transaction, &[])),
            |gathered| gathered.converted.clone(),
        );
        assert_eq!(converted, Ok(None));
        // Nor where no amount is asked for.
        let rows = [row(1, 15_001, "USD", 100)];
        let converted = gathered(
            &rows,
            &[Column::Quantity],
            Some(converter(DateBasis::Transaction, &[])),
            |gathered| (gathered.rows(), gathered.converted.clone()),
        );
        assert_eq!(converted, Ok((1, None)));
    }

    #[test]
    fn a_row_that_cannot_be_converted_is_named() {
        let refusal = |rows: &[Row], converter: Option<Converter>| {
            gathered(rows, &[Column::NetAmount], converter, |_| ())
                .unwrap_err()
                .to_string()
        };
        let usd = [row(3, 15_002, "USD", 3)];
        assert_eq!(
            refusal(&usd, None),
            "the row at journal position 3 is in USD and the program in GBP: correct the row or move it to a program in USD"
        );
        assert_eq!(
            refusal(
                &usd,
                Some(converter(
                    DateBasis::Transaction,
                    &[("USD", 15_001, "0.5"), ("EUR", 15_002, "1")]
                ))
            ),
            "the row at journal position 3 is in USD: there is no `spot` rate from USD to GBP for 2011-01-28: \
             `gtm rate add spot USD GBP 2011-01-28 RATE` records one"
        );
        assert_eq!(
            refusal(
                &[row(4, 15_002, "USD", 3)],
                Some(converter(DateBasis::Invoice, &[("USD", 15_003, "0.5")]))
            ),
            "the row at journal position 4 is in USD: it has no invoice date, by which the program converts, so correct the row"
        );
        assert_eq!(
            refusal(
                &[row(5, 15_002, "USD", i64::MAX)],
                Some(converter(DateBasis::Transaction, &[("USD", 15_002, "2")]))
            ),
            "the row at journal position 5 is in USD: 9223372036854.775807 × 2 is too large to keep in millionths"
        );
    }
}
