//! The spelling of amounts: `-12,300.00` on the page, `-12300.00` for machines.
//!
//! Everything is integer arithmetic on micros. Nothing is rounded: a figure with more decimals than its unit usually has is
//! shown with all of them. The minus is the ASCII one, because a spreadsheet reads what is copied from the page.

use std::fmt;

use askama::filters::HtmlSafe;

/// One unit in micros.
const MICROS: u128 = 1_000_000;

/// What amounts are counted in: a currency, or a unit of the program's own such as points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// `GBP`, `points`.
    pub code: String,
    /// How many decimals are usual: 2 for GBP, 0 for JPY and for points, 3 for KWD.
    pub digits: u8,
}

impl Unit {
    pub fn new(code: impl Into<String>, digits: u8) -> Self {
        Unit {
            code: code.into(),
            digits,
        }
    }

    /// As people read it, without the code: `-12,300.00`.
    pub fn text(&self, micros: i64) -> String {
        grouped(&plain(micros.into(), self.digits))
    }

    /// As a machine reads it, and as it can be typed again: `-12300.00`.
    pub fn plain(&self, micros: i64) -> String {
        plain(micros.into(), self.digits)
    }

    /// As an element of the page that carries the plain number beside the readable one.
    pub fn amount(&self, micros: i64) -> Amount {
        self.total(micros.into())
    }

    /// The same for a sum, which may be larger than any single amount.
    pub fn total(&self, micros: i128) -> Amount {
        let plain = plain(micros, self.digits);
        Amount {
            text: grouped(&plain),
            plain,
        }
    }

    /// The same without the element, for the text of a picture.
    pub(crate) fn figure_text(&self, figure: Figure) -> String {
        self.figure(figure).text
    }

    /// A figure that may be money of this unit, a quantity or a rate.
    pub fn figure(&self, figure: Figure) -> Amount {
        match figure {
            Figure::Money(micros) => self.amount(micros),
            Figure::Quantity(micros) => {
                let plain = plain(micros.into(), 0);
                Amount {
                    text: grouped(&plain),
                    plain,
                }
            }
            Figure::Rate(micros) => Amount {
                text: percent(micros),
                plain: plain(micros.into(), 0),
            },
        }
    }
}

/// A measured value, in micros of its measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Micros of the program's unit.
    Money(i64),
    /// Micros of a product's unit of measure: three pieces are 3,000,000.
    Quantity(i64),
    /// A fraction in micros: 2.5 % is 25,000.
    Rate(i64),
}

impl Figure {
    /// The micros, whatever they measure.
    pub fn micros(self) -> i64 {
        match self {
            Figure::Money(micros) | Figure::Quantity(micros) | Figure::Rate(micros) => micros,
        }
    }
}

/// A number on the page: right-aligned with its like, chosen whole by one click, and readable by machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    plain: String,
    text: String,
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = if self.plain.starts_with('-') {
            "amount negative"
        } else {
            "amount"
        };
        write!(
            f,
            r#"<data class="{class}" value="{}">{}</data>"#,
            self.plain, self.text
        )
    }
}

/// Both parts are made of digits, separators and signs by this module alone.
impl HtmlSafe for Amount {}

/// A number of things: `4,372`.
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// The size of a file from bytes, in whole kilobytes above the first: `812 bytes`, `47 kB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..1_000 => format!("{bytes} bytes"),
        _ => format!("{} kB", grouped(&bytes.div_ceil(1_000).to_string())),
    }
}

/// A quantity from micros: `1,200`, `0.25`.
pub fn quantity(micros: i64) -> String {
    grouped(&plain(micros.into(), 0))
}

/// A fraction in micros as a percentage: 25,000 is `2.5 %`.
pub fn percent(micros: i64) -> String {
    format!("{} %", grouped(&plain(i128::from(micros) * 100, 0)))
}

/// At least `digits` decimals, and as many more as it takes to be exact.
fn plain(micros: i128, digits: u8) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let whole = micros.unsigned_abs() / MICROS;
    let mut decimals = format!("{:06}", micros.unsigned_abs() % MICROS);
    while decimals.len() > usize::from(digits) && decimals.ends_with('0') {
        decimals.pop();
    }
    if decimals.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{decimals}")
    }
}

/// Puts commas between the thousands of a plain number.
fn grouped(plain: &str) -> String {
    let (sign, number) = plain.strip_prefix('-').map_or(("", plain), |number| ("-", number));
    let (whole, decimals) = number
        .split_once('.')
        .map_or((number, None), |(whole, decimals)| (whole, Some(decimals)));
    let mut text = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(decimals) = decimals {
        text.push('.');
        text.push_str(decimals);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_thousands_and_the_digits_of_their_currency() {
        let cases = [
            (2, 0, "0.00"),
            (2, 10_000, "0.01"),
            (2, -10_000, "-0.01"),
            (2, 999_990_000, "999.99"),
            (2, 1_000_000_000, "1,000.00"),
            (2, -12_300_000_000, "-12,300.00"),
            (2, 19_275_960_000, "19,275.96"),
            (0, 1_482_329_000_000, "1,482,329"),
            (3, 1_500_000, "1.500"),
            (2, i64::MAX, "9,223,372,036,854.775807"),
            (2, i64::MIN, "-9,223,372,036,854.775808"),
        ];
        for (digits, micros, text) in cases {
            assert_eq!(Unit::new("XXX", digits).text(micros), text);
        }
    }

    #[test]
    fn more_decimals_than_usual_are_shown_and_not_rounded() {
        assert_eq!(Unit::new("GBP", 2).text(1_234_567), "1.234567");
        assert_eq!(Unit::new("JPY", 0).text(500_000), "0.5");
        assert_eq!(Unit::new("GBP", 2).text(1_250_000), "1.25");
    }

    #[test]
    fn rates_and_quantities_have_no_needless_zeros() {
        assert_eq!(percent(25_000), "2.5 %");
        assert_eq!(percent(10_000), "1 %");
        assert_eq!(percent(1_250_000), "125 %");
        assert_eq!(percent(-1), "-0.0001 %");
        assert_eq!(quantity(1_200_000_000), "1,200");
        assert_eq!(quantity(250_000), "0.25");
        assert_eq!(count(1_406_829), "1,406,829");
        assert_eq!(
            [1, 812, 1_000, 48_213].map(size),
            ["1 byte", "812 bytes", "1 kB", "49 kB"]
        );
    }

    #[test]
    fn an_amount_carries_the_plain_number_for_machines() {
        let amount = Unit::new("GBP", 2).amount(-12_300_000_000);
        assert_eq!(
            amount.to_string(),
            r#"<data class="amount negative" value="-12300.00">-12,300.00</data>"#
        );
    }
}
