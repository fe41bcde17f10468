//! The terms of a program: parsed from JSON into the plugin's own type, and described by a JSON Schema of the same type.

use std::borrow::Cow;
use std::fmt;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer};
use serde_path_to_error::{Path, Segment};

use crate::Problem;

/// A rate, exact. Terms write it as a percentage or as a fraction, always as a text: `"2.5 %"` and `"0.025"` are the same.
///
/// ```
/// use gtm_sdk::{Decimal, Rate};
///
/// let rate: Rate = "2.5 %".parse()?;
/// assert_eq!(rate.fraction(), "0.025".parse::<Decimal>().unwrap());
/// assert_eq!(rate, "0.0250".parse()?);
/// assert_eq!("2,5%".parse::<Rate>().unwrap_err().message, "`2,5%` is no rate: write `\"2.5 %\"` or `\"0.025\"`");
/// # Ok::<(), gtm_sdk::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(Decimal);

impl Rate {
    pub const ZERO: Rate = Rate(Decimal::ZERO);

    /// Errors: more than 18 digits, which is where products with amounts would stop being exact.
    pub fn from_fraction(fraction: Decimal) -> Result<Self, Problem> {
        const TOO_LARGE: u128 = 10u128.pow(18);
        let fraction = fraction.normalize();
        if fraction.mantissa().unsigned_abs() >= TOO_LARGE {
            return Err(Problem::new(
                "rate-digits",
                &format!("the rate {fraction} has more than 18 digits: round it"),
            ));
        }
        Ok(Rate(fraction))
    }

    /// 0.025 for 2.5 %.
    pub fn fraction(self) -> Decimal {
        self.0
    }

    pub fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    /// Why it is no part of a whole, where it is none.
    pub fn no_part(self) -> Option<Problem> {
        let is_part = !self.is_negative() && self.0 <= Decimal::ONE && self.0.scale() <= 8;
        (!is_part).then(|| {
            let message = format!("{self} is no part: give a rate from 0 % to 100 % with up to six decimals");
            Problem::new("rate-bounds", &message)
        })
    }

    /// `units` × 10^-`scale`; below 10^18.
    pub(crate) fn parts(self) -> (i64, u32) {
        (self.0.mantissa() as i64, self.0.scale())
    }
}

impl std::str::FromStr for Rate {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let (digits, percent) = match text.strip_suffix('%') {
            Some(rest) => (rest.strip_suffix(' ').unwrap_or(rest), true),
            None => (text, false),
        };
        let plain = digits.strip_prefix('-').unwrap_or(digits);
        let value = Some(digits)
            .filter(|_| {
                plain.starts_with(|c: char| c.is_ascii_digit()) && plain.chars().all(|c| c.is_ascii_digit() || c == '.')
            })
            .and_then(|digits| Decimal::from_str_exact(digits).ok())
            .and_then(|mut value| {
                let scale = value.scale() + if percent { 2 } else { 0 };
                value.set_scale(scale).is_ok().then_some(value)
            });
        match value {
            Some(value) => Rate::from_fraction(value),
            None => Err(Problem::new(
                "rate",
                &format!("`{text}` is no rate: write `\"2.5 %\"` or `\"0.025\"`"),
            )),
        }
    }
}

/// As a percentage: `2.5 %`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", (self.0 * Decimal::ONE_HUNDRED).normalize())
    }
}

impl JsonSchema for Rate {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Rate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "title": "Rate",
            "description": "A percentage such as `2.5 %`, or a fraction such as `0.025`.",
            "pattern": r"^-?\d{1,15}(\.\d{1,15})?( ?%)?$",
        })
    }
}

from_text!(Rate, "a rate such as \"2.5 %\"");

/// Parses the terms. A problem carries the place as a JSON Pointer.
pub fn parse<T: DeserializeOwned>(json: &str) -> Result<T, Problem> {
    // Keeping track of the place takes longer than reading, and a statement's terms are sound: only what is refused is read again for it.
    serde_json_wasm::from_str(json).or_else(|_| parse_traced(json))
}

#[cold]
fn parse_traced<T: DeserializeOwned>(json: &str) -> Result<T, Problem> {
    match serde_json_wasm::from_str::<Traced<T>>(json) {
        Ok(Traced(terms)) => Ok(terms),
        Err(error) => {
            let error = error.to_string();
            let (path, reason) = error.split_once('\n').unwrap_or(("", &error));
            Err(Problem::new("terms", &format!("the terms cannot be read: {reason}")).at(path))
        }
    }
}

/// Terms whose parse errors begin with the place and a line break.
struct Traced<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Traced<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_path_to_error::deserialize(deserializer)
            .map(Traced)
            .map_err(|error| de::Error::custom(format_args!("{}\n{}", pointer(error.path()), error.inner())))
    }
}

fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { variant } => pointer.push_str(&format!("/{variant}")),
            Segment::Unknown => {}
        }
    }
    pointer
}

/// The JSON Schema of a type, draft 2020-12, laid out for reading. What [`Program::TERMS_SCHEMA`](crate::Program::TERMS_SCHEMA)
/// holds; a test keeps the two equal, see [`testing::schema_is_kept`](crate::testing::schema_is_kept).
#[cfg(not(target_arch = "wasm32"))]
pub fn schema<T: JsonSchema>() -> String {
    let schema = schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>();
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}

/// Reads a type from the text that its `FromStr` takes.
macro_rules! from_text {
    ($type:ident, $expected:literal) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse()
                            .map_err(|problem: $crate::Problem| E::custom(problem.message))
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}
pub(crate) use from_text;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its shape is read")]
    struct Terms {
        tiers: Vec<Tier>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "only its shape is read")]
    struct Tier {
        rate: Rate,
    }

    #[test]
    fn a_problem_in_the_terms_names_its_place() {
        let problem = parse::<Terms>(r#"{"tiers":[{"rate":"1 %"},{"rate":"lots"}]}"#).unwrap_err();
        assert_eq!(problem.path.as_deref(), Some("/tiers/1/rate"));
        assert_eq!(
            problem.message,
            "the terms cannot be read: `lots` is no rate: write `\"2.5 %\"` or `\"0.025\"`"
        );
        assert_eq!(
            parse::<Terms>(r#"{"tiers":[{}]}"#).unwrap_err().path.as_deref(),
            Some("/tiers/0")
        );
    }

    #[test]
    fn hostile_terms_are_refused() {
        let deep = "[".repeat(100_000);
        for terms in [
            "",
            "{",
            "null",
            "1e999",
            r#"{"tiers":[{"rate":0.5}]}"#,
            r#"{"tiers":"\ud800"}"#,
            &deep,
        ] {
            assert!(parse::<Terms>(terms).is_err(), "{}", &terms[..terms.len().min(30)]);
        }
    }

    #[test]
    fn the_schema_is_json_that_names_its_draft() {
        let schema: serde_json::Value = serde_json::from_str(&schema::<Terms>()).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["$defs"]["Tier"]["properties"]["rate"]["type"], "string");
    }
}
