//! Exchange rates, and what an amount comes to in another currency.
//!
//! Amounts are converted at two places only. The facts of a program, when the host gathers a participant's rows
//! ([`Rates::convert`]): each amount once, half to even, to the millionth. What is payable, at settlement ([`ExchangeRate::settle`]): once,
//! half to even, to the digits of the payee's currency. In between everything is in the program's currency.
//!
//! A rate holds in the direction in which it was stated: the way back is a rate of its own, because one over a rate is in general no
//! decimal, and what a bank quotes for it is another number. It holds for its day alone, or, where the name of its type begins with
//! `month-`, for the month of its day. Where no rate was stated, nothing is assumed: not the day before, not another type, not a
//! third currency in between.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::Datelike;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::day::Day;
use crate::money::{Micros, Money};
use crate::transaction::DateBasis;
use crate::{Error, Result};

/// What sort of rate it is, such as `spot` or `month-average`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RateType(String);

impl RateType {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether one rate holds for a whole month.
    pub fn is_monthly(&self) -> bool {
        self.0.starts_with("month-")
    }

    /// The sentence that no rate of this type was stated.
    pub fn missing(&self, from: Currency, to: Currency, day: Day) -> Error {
        let when = if self.is_monthly() { "for the month from" } else { "for" };
        let day = self.day_of(day);
        Error::new(format!(
            "there is no `{self}` rate from {from} to {to} {when} {day}: `gtm rate add {self} {from} {to} {day} RATE` records one"
        ))
    }

    /// The day under which the rate that holds on `day` stands: of a monthly type the first of the month.
    pub fn day_of(&self, day: Day) -> Day {
        if self.is_monthly() {
            day.plus(-(day.date().day0() as i32))
        } else {
            day
        }
    }
}

/// Units of one currency for one unit of another: above 0, exact, at most 18 digits. Never with zeros behind the last decimal, so that the
/// same rate is the same text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate(Decimal);

impl Rate {
    /// Digits of a rate. With those of an amount they fit the integers that the product is worked out in.
    pub const DIGITS: u32 = 18;

    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// `amount` × rate in whole units of so many millionths, rounded half to even; the amount in those millionths.
    fn times(self, amount: Micros, quantum_micros: i128) -> Result<Micros> {
        let product = i128::from(amount.0) * self.0.mantissa();
        let divisor = 10_i128.pow(self.0.scale()) * quantum_micros;
        i64::try_from(half_even(product, divisor) * quantum_micros)
            .map(Micros)
            .map_err(|_| Error::new(format!("{amount} × {self} is too large to keep in millionths")))
    }
}

/// The quotient as a whole number: the nearest, of two equally near the even one. The divisor is above 0.
fn half_even(dividend: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (dividend.div_euclid(divisor), dividend.rem_euclid(divisor));
    match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Equal => quotient + quotient.rem_euclid(2),
        std::cmp::Ordering::Greater => quotient + 1,
    }
}

/// A rate as somebody states it. Of a monthly type, the day is the first of the month.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExchangeRate {
    pub rate_type: RateType,
    pub from: Currency,
    pub to: Currency,
    pub day: Day,
    /// How much of `to` is one unit of `from`.
    pub rate: Rate,
    /// Who publishes it, such as `ecb`.
    pub source: String,
}

impl ExchangeRate {
    /// # Errors
    /// When both currencies are the same, or nobody is named as the source.
    pub fn new(
        rate_type: RateType,
        from: Currency,
        to: Currency,
        day: Day,
        rate: Rate,
        source: &str,
    ) -> Result<ExchangeRate> {
        if from == to {
            return Err(Error::new(format!(
                "a rate from {from} to {to} is no rate: name two currencies"
            )));
        }
        let source = source.trim();
        if source.is_empty() || source.chars().count() > 100 {
            return Err(Error::new(
                "name the source of the rate, such as `ecb`, in at most 100 characters",
            ));
        }
        Ok(ExchangeRate {
            day: rate_type.day_of(day),
            rate_type,
            from,
            to,
            rate,
            source: source.to_owned(),
        })
    }

    /// What is payable comes to in the payee's currency, rounded once, half to even, to the digits of that currency. Each line of a
    /// document is converted by itself, and its total is their sum, so that the parts sum to the whole. Below 0 where the payee owes it.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn settle(&self, payable: Micros) -> Result<Micros> {
        let quantum_micros = 10_i128.pow(6 - u32::from(self.to.digits()).min(6));
        self.rate.times(payable, quantum_micros)
    }
}

/// How a program converts facts in other currencies than its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Conversion {
    pub rate_type: RateType,
    /// By which of a row's dates.
    pub dates_by: DateBasis,
}

/// The rates that a statement's rows were converted by: part of its context, so that its digest covers them and a replay converts by
/// them, whatever was recorded since. Fields in the order of their names: see [`crate::digest::ordered_json`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Converted {
    pub dates_by: DateBasis,
    pub rate_type: RateType,
    /// Each that was used, once: by currency, then day.
    pub rates: Vec<DayRate>,
}

/// A rate into the currency at hand. Fields in the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRate {
    pub day: Day,
    pub from: Currency,
    pub rate: Rate,
}

/// The rates of one type into one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    rate_type: RateType,
    into: Currency,
    /// By the code of the currency that they lead from.
    rates: BTreeMap<(&'static str, Day), Rate>,
}

impl Rates {
    /// Of two for the same currency and day, the later in the list counts.
    pub fn new(rate_type: RateType, into: Currency, rates: impl IntoIterator<Item = DayRate>) -> Rates {
        let rates = rates
            .into_iter()
            .map(|DayRate { day, from, rate }| ((from.code(), rate_type.day_of(day)), rate))
            .collect();
        Rates { rate_type, into, rates }
    }

    /// The currency that they lead into.
    pub fn currency(&self) -> Currency {
        self.into
    }

    /// The rate that holds on that day.
    ///
    /// # Errors
    /// When none was stated: a sentence that names type, currencies and day.
    pub fn on(&self, day: Day, from: Currency) -> Result<DayRate> {
        let Rates { rate_type, into, rates } = self;
        let day = rate_type.day_of(day);
        let found = rates.get(&(from.code(), day));
        found
            .map(|rate| DayRate { day, from, rate: *rate })
            .ok_or_else(|| rate_type.missing(from, *into, day))
    }

    /// What one amount of a fact comes to, rounded once, half to even, to the millionth.
    ///
    /// # Errors
    /// When no rate was stated, or the amount does not fit.
    pub fn convert(&self, amount: Money, day: Day) -> Result<Micros> {
        if amount.currency == self.into {
            return Ok(amount.amount);
        }
        self.on(day, amount.currency)?.rate.convert(amount.amount)
    }
}

impl Rate {
    /// `amount` × rate, rounded once, half to even, to the millionth.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn convert(self, amount: Micros) -> Result<Micros> {
        self.times(amount, 1)
    }
}

impl FromStr for Rate {
    type Err = Error;

    /// Reads digits with an optional point: no sign, no exponent, no separators.
    fn from_str(text: &str) -> Result<Self> {
        let refuse = |why: &str| Error::new(format!("`{text}` is no exchange rate: {why}"));
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && text.starts_with(|c: char| c.is_ascii_digit())
            && text.ends_with(|c: char| c.is_ascii_digit());
        let decimal = match plain {
            true => Decimal::from_str_exact(text).map_err(|_| refuse("it takes at most 18 digits"))?,
            false => return Err(refuse("write digits with a point, such as `0.8571`")),
        };
        let decimal = decimal.normalize();
        if decimal.is_zero() {
            return Err(refuse("it is above 0"));
        }
        if decimal.mantissa() >= 10_i128.pow(Rate::DIGITS) {
            return Err(refuse("it takes at most 18 digits"));
        }
        Ok(Rate(decimal))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Rate {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.to_string()
    }
}

impl FromStr for RateType {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let fits = (1..=40).contains(&name.len())
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && !name.ends_with('-');
        match fits {
            true => Ok(RateType(name.to_owned())),
            false => Err(Error::new(format!(
                "`{name}` is no type of exchange rates: write small letters, digits and hyphens, at most 40, such as `spot` or `month-average`"
            ))),
        }
    }
}

impl fmt::Display for RateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RateType {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}

impl From<RateType> for String {
    fn from(rate_type: RateType) -> Self {
        rate_type.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn rates(rate_type: &str, into: &str, rates: &[(&str, &str, &str)]) -> Rates {
        let rates = rates.iter().map(|(from, on, rate)| DayRate {
            day: day(on),
            from: currency(from),
            rate: rate.parse().unwrap(),
        });
        Rates::new(rate_type.parse().unwrap(), currency(into), rates)
    }

    fn stated(into: &str, rate: Rate) -> ExchangeRate {
        let (spot, pounds) = ("spot".parse().unwrap(), currency("GBP"));
        ExchangeRate::new(spot, pounds, currency(into), day("2024-04-10"), rate, "ecb").unwrap()
    }

    fn money(amount: &str, code: &str) -> Money {
        Money {
            amount: amount.parse().unwrap(),
            currency: currency(code),
        }
    }

    #[test]
    fn a_fact_is_rounded_once_to_the_millionth_and_half_to_even() {
        let spot = rates(
            "spot",
            "GBP",
            &[("USD", "2024-01-17", "0.5"), ("EUR", "2024-01-17", "0.8571")],
        );
        let convert = |amount: &str, code: &str| {
            spot.convert(money(amount, code), day("2024-01-17"))
                .unwrap()
                .to_string()
        };
        assert_eq!(
            convert("0.000001", "USD"),
            "0",
            "half a millionth goes to the even side"
        );
        assert_eq!(convert("0.000003", "USD"), "0.000002");
        assert_eq!(convert("-0.000003", "USD"), "-0.000002");
        assert_eq!(convert("-0.000001", "USD"), "0");
        assert_eq!(convert("1234.56", "EUR"), "1058.141376");
        assert_eq!(convert("1234.56", "GBP"), "1234.56", "its own currency needs no rate");
    }

    #[test]
    fn a_settlement_is_rounded_once_to_the_digits_of_the_currency() {
        let settle = |into: &str, rate: &str, amount: &str| {
            let spot = stated(into, rate.parse().unwrap());
            spot.settle(amount.parse().unwrap()).unwrap().to_string()
        };
        assert_eq!(settle("EUR", "1.1667", "100"), "116.67");
        assert_eq!(
            settle("EUR", "1.16675", "100"),
            "116.68",
            "116.675 goes to the even cent"
        );
        assert_eq!(settle("EUR", "1.16665", "100"), "116.66", "116.665 as well");
        assert_eq!(settle("JPY", "189.5", "1"), "190");
        assert_eq!(settle("JPY", "190.5", "1"), "190");
        assert_eq!(settle("JPY", "189.5", "-1"), "-190");
        assert_eq!(settle("KWD", "0.3895125", "12.34"), "4.807");
        assert_eq!(settle("KWD", "0.3895", "1"), "0.39");
        // A quarter of a penny at nearly two is a little less than half a cent.
        assert_eq!(settle("EUR", "1.9999", "0.0025"), "0");
    }

    #[test]
    fn a_rate_that_was_not_stated_is_named_and_not_made_up() {
        let spot = rates("spot", "GBP", &[("USD", "2024-01-17", "0.7881")]);
        let refused = |code: &str, on: &str| spot.convert(money("1", code), day(on)).unwrap_err().to_string();
        assert_eq!(
            refused("USD", "2024-01-18"),
            "there is no `spot` rate from USD to GBP for 2024-01-18: `gtm rate add spot USD GBP 2024-01-18 RATE` records one"
        );
        assert!(refused("EUR", "2024-01-17").starts_with("there is no `spot` rate from EUR to GBP for 2024-01-17"));
        // The way back is a rate of its own.
        let back = rates("spot", "USD", &[]);
        assert_eq!(
            back.convert(money("1", "GBP"), day("2024-01-17"))
                .unwrap_err()
                .to_string(),
            "there is no `spot` rate from GBP to USD for 2024-01-17: `gtm rate add spot GBP USD 2024-01-17 RATE` records one"
        );
    }

    #[test]
    fn a_monthly_rate_holds_for_its_month() {
        let average = rates("month-average", "GBP", &[("USD", "2024-02-29", "0.79")]);
        let convert = |on: &str| {
            average
                .convert(money("100", "USD"), day(on))
                .map(|amount| amount.to_string())
        };
        assert_eq!(
            (convert("2024-02-01"), convert("2024-02-29")),
            (Ok("79".into()), Ok("79".into()))
        );
        assert_eq!(
            convert("2024-03-15").unwrap_err().to_string(),
            "there is no `month-average` rate from USD to GBP for the month from 2024-03-01: `gtm rate add month-average USD GBP 2024-03-01 RATE` records one"
        );
        let stated = ExchangeRate::new(
            "month-average".parse().unwrap(),
            currency("USD"),
            currency("GBP"),
            day("2024-02-29"),
            "0.79".parse().unwrap(),
            "ecb",
        );
        assert_eq!(stated.unwrap().day, day("2024-02-01"));
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in [
            "",
            "0",
            "0.000",
            "-1",
            "+1",
            "1e3",
            "1_000",
            "1,5",
            ".5",
            "1.",
            "1.2.3",
            "NaN",
            "٣",
            "1234567890.123456789",
            "0.1234567890123456789",
            "99999999999999999999999999999999",
        ] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
        let rate = |text: &str| text.parse::<Rate>().map(|rate| rate.to_string());
        assert_eq!(
            (rate("1.1000"), rate("0016250"), rate("0.00006100")),
            (Ok("1.1".into()), Ok("16250".into()), Ok("0.000061".into()))
        );
        assert_eq!(
            "0".parse::<Rate>().unwrap_err().to_string(),
            "`0` is no exchange rate: it is above 0"
        );
        for name in ["", "Spot", "-spot", "spot-", "month average", "1st"] {
            assert!(name.parse::<RateType>().is_err(), "{name}");
        }
        let same = ExchangeRate::new(
            "spot".parse().unwrap(),
            currency("GBP"),
            currency("GBP"),
            day("2024-01-17"),
            "1".parse().unwrap(),
            "ecb",
        );
        assert_eq!(
            same.unwrap_err().to_string(),
            "a rate from GBP to GBP is no rate: name two currencies"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_and_never_wraps() {
        let rate: Rate = "999999999999999999".parse().unwrap();
        assert_eq!(
            rate.convert(Micros(i64::MAX)).unwrap_err().to_string(),
            "9223372036854.775807 × 999999999999999999 is too large to keep in millionths"
        );
        assert_eq!(rate.convert(Micros(0)), Ok(Micros(0)));
        let least: Rate = "0.000000000000000000000000001".parse().unwrap();
        assert_eq!(least.convert(Micros(i64::MIN)), Ok(Micros(0)));
    }

    /// A rate of up to 18 digits, up to 12 of them decimals.
    fn any_rate() -> impl Strategy<Value = Rate> {
        (1..1_000_000_000_000_i64, 0..=12_u32).prop_map(|(digits, scale)| Rate(Decimal::new(digits, scale).normalize()))
    }

    proptest! {
        /// Property 14 of currency conversion: converting row by row and converting the sum differ by at most half a millionth a row.
        #[test]
        fn converting_rows_or_their_sum_differs_by_at_most_half_a_millionth_a_row(
            rate in any_rate(),
            amounts in prop::collection::vec(-1_000_000_000_000_i64..1_000_000_000_000, 0..200),
        ) {
            let scaled = 10_i128.pow(rate.0.scale());
            let Ok(converted) = amounts.iter().map(|amount| rate.convert(Micros(*amount))).collect::<Result<Vec<_>>>() else {
                return Ok(());
            };
            let converted: i128 = converted.iter().map(|amount| i128::from(amount.0)).sum();
            let exact: i128 = amounts.iter().map(|amount| i128::from(*amount) * rate.0.mantissa()).sum();
            prop_assert!(2 * (converted * scaled - exact).abs() <= amounts.len() as i128 * scaled);
        }

        #[test]
        fn converting_by_a_whole_number_is_exact(
            rate in 1..1_000_000_i64,
            amounts in prop::collection::vec(-1_000_000_000_i64..1_000_000_000, 0..200),
        ) {
            let whole: Rate = rate.to_string().parse().unwrap();
            let converted: i64 = amounts.iter().map(|amount| whole.convert(Micros(*amount)).unwrap().0).sum();
            prop_assert_eq!(converted, amounts.iter().sum::<i64>() * rate);
        }

        /// What was sold and came back at the same rate comes to nothing.
        #[test]
        fn a_return_takes_back_what_the_sale_gave(rate in any_rate(), amount in -1_000_000_000_000_i64..1_000_000_000_000) {
            let (sold, returned) = (rate.convert(Micros(amount)), rate.convert(Micros(-amount)));
            if let (Ok(sold), Ok(returned)) = (sold, returned) {
                prop_assert_eq!(sold.0, -returned.0);
            }
        }

        #[test]
        fn what_is_settled_is_payable_and_within_half_a_digit(
            rate in any_rate(),
            amount in -1_000_000_000_000_i64..1_000_000_000_000,
            into in prop::sample::select(&["JPY", "EUR", "KWD"][..]),
        ) {
            let stated = stated(into, rate);
            if let Ok(settled) = stated.settle(Micros(amount)) {
                prop_assert!(settled.is_payable(stated.to));
                let scaled = 10_i128.pow(rate.0.scale());
                let off = (i128::from(settled.0) * scaled - i128::from(amount) * rate.0.mantissa()).abs();
                prop_assert!(2 * off <= scaled * 10_i128.pow(6 - u32::from(stated.to.digits())));
            }
        }

        #[test]
        fn a_rate_is_written_and_read_back(rate in any_rate()) {
            prop_assert_eq!(rate.to_string().parse(), Ok(rate));
        }

        #[test]
        fn no_text_makes_the_reader_of_rates_panic(text in "\\PC{0,40}") {
            let _ = (text.parse::<Rate>(), text.parse::<RateType>());
        }
    }
}
