//! Who may take part, by the profile alone: the part of terms that every kind of program shares.
//!
//! ```
//! use gtm_sdk::eligibility::Eligibility;
//! use gtm_sdk::{Attribute, Participant, terms};
//!
//! let rule: Eligibility = terms::parse(r#"{ "tier": ["gold", "platinum"], "country": ["GB"] }"#)?;
//! let attribute = |name: &str, value: &str| Attribute { name: name.into(), value: value.into() };
//! let participant = Participant {
//!     account: "A-1".into(),
//!     attributes: vec![attribute("tier", "silver"), attribute("country", "GB")],
//!     enrolled_from: 0,
//!     enrolled_until: None,
//!     agreed: vec![],
//! };
//! let verdict = rule.assess(&participant);
//! assert!(!verdict.eligible);
//! assert_eq!(verdict.reasons, ["`tier` is silver, and takes gold or platinum"]);
//! # Ok::<(), gtm_sdk::Problem>(())
//! ```

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Participant, Problem, Verdict};

/// The profile attributes that eligibility goes by: those by which a company classifies its accounts. A plugin with [`Eligibility`] in its
/// terms declares them all, and its administrator grants what it may see.
pub const ATTRIBUTES: [&str; 10] = [
    "channel",
    "country",
    "industry",
    "lifecycle",
    "region",
    "segment",
    "size",
    "status",
    "tier",
    "type",
];

/// For each profile attribute that matters, the values that may take part: `{ "tier": ["gold", "platinum"] }`. A participant needs one of the
/// values of every attribute named; everybody may take part where none is. Case matters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Eligibility(BTreeMap<String, Vec<String>>);

impl Eligibility {
    /// The verdict with its reasons: of who may take part what lets it in, of who may not everything that keeps it out.
    pub fn assess(&self, participant: &Participant) -> Verdict {
        let (mut met, mut missed) = (Vec::new(), Vec::new());
        for (name, values) in &self.0 {
            match participant.attribute(name) {
                Some(value) if values.iter().any(|wanted| wanted == value) => met.push(format!("`{name}` is {value}")),
                Some(value) => missed.push(format!("`{name}` is {value}, and takes {}", either(values))),
                None => missed.push(format!(
                    "the profile shows no `{name}`, and it takes {}",
                    either(values)
                )),
            }
        }
        match missed.is_empty() {
            true => Verdict {
                eligible: true,
                reasons: met,
            },
            false => Verdict {
                eligible: false,
                reasons: missed,
            },
        }
    }

    /// What cannot be meant, each with its place relative to the rule, such as `/tier`.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, values) in &self.0 {
            let place = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            if !ATTRIBUTES.contains(&&**name) {
                let message = format!(
                    "eligibility does not go by `{name}`: name one of {}",
                    ATTRIBUTES.join(", ")
                );
                problems.push(Problem::new("eligibility-attribute", &message).at(&*place));
            }
            if values.is_empty() {
                let message = format!("nobody could have a `{name}` of no value: name the values, or leave it out");
                problems.push(Problem::new("eligibility-values", &message).at(place));
            }
        }
        problems
    }
}

/// `gold, silver or bronze`.
fn either(values: &[String]) -> String {
    match values {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => values.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attribute, terms};

    fn rule(json: &str) -> Eligibility {
        terms::parse(json).unwrap()
    }

    fn assess(rule: &str, profile: &[(&str, &str)]) -> (bool, Vec<String>) {
        let attribute = |(name, value): &(&str, &str)| Attribute {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        };
        let verdict = self::rule(rule).assess(&Participant {
            account: "A-1".to_owned(),
            attributes: profile.iter().map(attribute).collect(),
            enrolled_from: 0,
            enrolled_until: None,
            agreed: vec![],
        });
        (verdict.eligible, verdict.reasons)
    }

    #[test]
    fn who_may_take_part_is_told_by_what_and_who_may_not_everything_that_is_missing() {
        let gold = r#"{ "tier": ["gold", "silver", "bronze"], "country": ["GB"] }"#;
        assert_eq!(assess("{}", &[]), (true, vec![]));
        for (profile, eligible, reasons) in [
            (
                &[("tier", "gold"), ("country", "GB"), ("size", "large")][..],
                true,
                &["`country` is GB", "`tier` is gold"][..],
            ),
            (
                &[("tier", "none"), ("country", "GB")],
                false,
                &["`tier` is none, and takes gold, silver or bronze"],
            ),
            (
                &[("tier", "Gold")],
                false,
                &[
                    "the profile shows no `country`, and it takes GB",
                    "`tier` is Gold, and takes gold, silver or bronze",
                ],
            ),
        ] {
            let reasons = reasons.iter().map(|reason| (*reason).to_owned()).collect();
            assert_eq!(assess(gold, profile), (eligible, reasons), "{profile:?}");
        }
    }

    #[test]
    fn a_rule_that_cannot_be_meant_is_refused_with_its_place() {
        let found = rule(r#"{ "shoe/size": ["9"], "tier": [] }"#).problems();
        let found: Vec<_> = found.iter().map(|p| (&*p.code, p.path.as_deref().unwrap())).collect();
        assert_eq!(
            found,
            [
                ("eligibility-attribute", "/shoe~1size"),
                ("eligibility-values", "/tier")
            ]
        );
    }
}
