//! Terms held against the JSON Schema that the plugin brings.

use std::fmt;
use std::sync::Arc;

use domain::calculation::Problem;
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::failure::Failed;

/// Why there is no plan for some terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsound {
    /// What is wrong with the terms: every problem, with a JSON Pointer to its place.
    Problems(Vec<Problem>),
    /// The plugin gave no answer.
    Failed(Box<Failed>),
}

impl Unsound {
    pub(crate) fn of_text(error: &dyn fmt::Display) -> Self {
        Unsound::Problems(vec![Problem {
            code: "not-json".into(),
            message: error.to_string(),
            path: None,
            row: None,
        }])
    }
}

impl From<Box<Failed>> for Unsound {
    fn from(failed: Box<Failed>) -> Self {
        Unsound::Failed(failed)
    }
}

impl std::error::Error for Unsound {}

impl fmt::Display for Unsound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unsound::Failed(failed) => failed.fmt(f),
            Unsound::Problems(problems) => {
                f.write_str("the terms do not hold")?;
                for problem in problems {
                    let path = problem
                        .path
                        .as_deref()
                        .filter(|path| !path.is_empty())
                        .unwrap_or("the whole");
                    write!(f, "\n  {path}: {} ({})", problem.message, problem.code)?;
                }
                Ok(())
            }
        }
    }
}

/// A compiled schema.
#[derive(Clone)]
pub(crate) struct TermsSchema(Arc<Validator>);

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

impl TermsSchema {
    /// Refused with a sentence: not JSON, of another draft, a schema that does not compile, or one that refers to another document.
    pub fn new(text: &str) -> Result<Self, String> {
        let schema: Value = serde_json::from_str(text).map_err(|e| format!("the terms schema is not JSON: {e}"))?;
        match schema
            .get("$schema")
            .map(|draft| draft.as_str().unwrap_or_default().trim_end_matches('#'))
        {
            None | Some(DRAFT) => {}
            Some(other) => {
                return Err(format!(
                    "the terms schema is of the draft `{other}`: write it in `{DRAFT}`"
                ));
            }
        }
        // The linear engine for patterns: one that backtracks can be made to hang by terms.
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .build(&schema)
            .map(|validator| Self(Arc::new(validator)))
            .map_err(|e| format!("the terms schema does not compile: {e}, at `{}`", e.instance_path()))
    }

    pub fn check(&self, terms: &Value) -> Result<(), Unsound> {
        let mut problems: Vec<Problem> = self
            .0
            .iter_errors(terms)
            .map(|error| Problem {
                code: "schema".into(),
                message: error.to_string(),
                path: Some(error.instance_path().to_string()),
                row: None,
            })
            .collect();
        problems.sort_by(|a, b| a.path.cmp(&b.path));
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Unsound::Problems(problems))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_problem_names_its_place() {
        let schema = r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","required":["rate"],
            "properties":{"rate":{"type":"string"},"tiers":{"type":"array","items":{"type":"integer"}}},"additionalProperties":false}"#;
        let schema = TermsSchema::new(schema).unwrap();
        assert_eq!(schema.check(&json!({"rate": "0.025"})), Ok(()));
        assert_eq!(
            schema
                .check(&json!({"tiers": [1, "two"], "tears": []}))
                .unwrap_err()
                .to_string(),
            "the terms do not hold\n  the whole: Additional properties are not allowed ('tears' was unexpected) (schema)\n  the whole: \"rate\" is a required property (schema)\n  /tiers/1: \"two\" is not of type \"integer\" (schema)"
        );
    }

    #[test]
    fn a_schema_must_stand_on_its_own() {
        let refused = |text| TermsSchema::new(text).map(|_| ()).unwrap_err();
        assert_eq!(
            refused("{"),
            "the terms schema is not JSON: EOF while parsing an object at line 1 column 1"
        );
        assert_eq!(
            refused(r#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#),
            "the terms schema is of the draft `http://json-schema.org/draft-07/schema`: write it in `https://json-schema.org/draft/2020-12/schema`"
        );
        assert!(refused(r#"{"type":"money"}"#).starts_with("the terms schema does not compile: "));
        assert!(
            refused(r#"{"$ref":"https://example.com/terms.json"}"#).starts_with("the terms schema does not compile: ")
        );
        assert!(refused(r#"{"pattern":"(?=a)"}"#).starts_with("the terms schema does not compile: "));
    }
}
