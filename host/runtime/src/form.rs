//! Claims held against the JSON Schema that the plugin brings for them.

use domain::adjudication::ClaimKind;
use domain::calculation::Problem;
use serde_json::{Map, Value};

use crate::plugin::Plugin;
use crate::terms::{TermsSchema, Unsound};

/// Problems that are listed; whoever has more begins with these.
const AT_MOST: usize = 20;

impl Plugin {
    /// Holds the fields of a request or a claim, and those of each of its lines, against the plugin's schema. Every problem has a JSON Pointer
    /// into an object with `fields` and the list `lines`, whose entries have `fields` in turn.
    pub fn check_claim(&self, kind: ClaimKind, fields: &Value, lines: &[&Value]) -> Result<(), Vec<Problem>> {
        let refused = |message: String| {
            vec![Problem {
                code: "kind".into(),
                message,
                path: Some("/kind".into()),
                row: None,
            }]
        };
        let Some(handling) = &self.descriptor().claims else {
            return Err(refused(format!("plugin `{}` takes no claims", self.descriptor().id)));
        };
        let schema = match (kind, &handling.request_schema) {
            (ClaimKind::Request, Some(schema)) => schema,
            (ClaimKind::Request, None) => {
                return Err(refused(format!(
                    "plugin `{}` takes no requests: file a claim",
                    self.descriptor().id
                )));
            }
            _ => &handling.claim_schema,
        };
        check(schema, fields, lines)
    }
}

fn check(schema: &str, fields: &Value, lines: &[&Value]) -> Result<(), Vec<Problem>> {
    let schema = TermsSchema::new(schema).map_err(|message| {
        vec![Problem {
            code: "schema".into(),
            message,
            path: None,
            row: None,
        }]
    })?;
    let mut problems: Vec<Problem> = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let form = [("fields", fields), ("line", *line)].map(|(name, value)| (name.to_owned(), value.clone()));
        let Err(Unsound::Problems(found)) = schema.check(&Value::Object(Map::from_iter(form))) else {
            continue;
        };
        for problem in found {
            let path = problem.path.as_deref().unwrap_or_default();
            let path = match path.strip_prefix("/line") {
                Some(rest) => format!("/lines/{place}/fields{rest}"),
                // What is wrong with the claim's own fields is the same for every line.
                None if place > 0 => continue,
                None => path.to_owned(),
            };
            // What the validator says of a form without fields is no sentence.
            let message = match problem.message.strip_prefix("False schema does not allow ") {
                Some(value) => format!("{value} is not allowed: there are no fields here"),
                None => problem.message,
            };
            problems.push(Problem {
                message,
                path: Some(path),
                code: problem.code,
                row: None,
            });
        }
        if problems.len() > AT_MOST {
            problems.truncate(AT_MOST);
            problems.push(Problem {
                code: "more".into(),
                message: "there are more: put these right first".into(),
                path: None,
                row: None,
            });
            break;
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SCHEMA: &str = r##"{"type":"object","properties":{"fields":{"type":"object","additionalProperties":false},
        "line":{"$ref":"#/$defs/Line"}},"$defs":{"Line":{"type":"object","required":["invoice"],
        "properties":{"invoice":{"type":"string","maxLength":5}},"additionalProperties":false}}}"##;

    #[test]
    fn every_problem_names_its_place_in_the_claim() {
        let (good, bad, worse) = (json!({"invoice": "A-1"}), json!({"invoice": 7}), json!({"total": "1"}));
        assert_eq!(check(SCHEMA, &json!({}), &[&good, &good]), Ok(()));
        let problems = check(SCHEMA, &json!({"note": "x"}), &[&good, &bad, &worse]).unwrap_err();
        let told: Vec<_> = problems
            .iter()
            .map(|problem| format!("{} {}", problem.path.as_deref().unwrap_or_default(), problem.message))
            .collect();
        assert_eq!(
            told,
            [
                "/fields \"x\" is not allowed: there are no fields here",
                "/lines/1/fields/invoice 7 is not of type \"string\"",
                "/lines/2/fields Additional properties are not allowed ('total' was unexpected)",
                "/lines/2/fields \"invoice\" is a required property",
            ]
        );
        let many: Vec<&Value> = std::iter::repeat_n(&bad, 100_000).collect();
        assert_eq!(check(SCHEMA, &json!({}), &many).unwrap_err().len(), 21);
    }
}
