//! What a person typed into the form of a claim: read from what a browser sends, turned into the claim as a file would hold it, and shown
//! again with what is wrong beside each field.

use std::collections::BTreeMap;

use domain::adjudication::ClaimKind;
use portal::{Choice, Control, Input};
use serde_json::{Map, Value, json};

use super::schema::{Blank, Field, Kind};
use crate::pages::sent::Sent;

/// More are no form any more, but a file.
pub const MOST_LINES: usize = 200;

/// What was typed, by the place in the claim that it is for: a JSON Pointer such as `/fields/start`. In a line it begins there.
pub type Texts = BTreeMap<String, String>;

#[derive(Debug, Default)]
pub struct Typed {
    pub account: String,
    pub submitted: String,
    pub request: String,
    pub fields: Texts,
    pub lines: Vec<Texts>,
}

/// What is wrong, by the place in the claim.
pub type Problem = (String, String);

impl Typed {
    /// A form with one empty line.
    pub fn blank() -> Self {
        Typed {
            lines: vec![Texts::new()],
            ..Typed::default()
        }
    }

    pub fn of(sent: &Sent) -> Self {
        let lines = sent.given("lines").and_then(|count| count.parse().ok()).unwrap_or(1);
        let mut typed = Typed {
            account: sent.get("/account").to_owned(),
            submitted: sent.get("/submitted").to_owned(),
            request: sent.get("/request").to_owned(),
            fields: Texts::new(),
            lines: vec![Texts::new(); lines.clamp(1, MOST_LINES)],
        };
        for (name, text) in sent.texts() {
            if name == "/fields" || name.starts_with("/fields/") {
                typed.fields.insert(name.to_owned(), text.to_owned());
            } else if let Some((place, rest)) = name.strip_prefix("/lines/").and_then(|rest| rest.split_once('/'))
                && let Some(line) = place.parse().ok().and_then(|place: usize| typed.lines.get_mut(place))
            {
                line.insert(format!("/{rest}"), text.to_owned());
            }
        }
        typed
    }

    /// The claim as a file would hold it. What was typed wrongly stays as it was typed, so that the host says what is wrong with it.
    pub fn claim(&self, kind: ClaimKind, blank: &Blank) -> Value {
        let line = |texts: &Texts| {
            let claimed = texts.get("/claimed").map_or("", |text| text.trim());
            json!({"claimed": claimed, "fields": object(&blank.line, "/fields", texts)})
        };
        let mut claim = json!({
            "kind": kind.as_str(),
            "fields": object(&blank.fields, "/fields", &self.fields),
            "lines": self.lines.iter().map(line).collect::<Vec<_>>(),
        });
        for (name, text) in [("submitted", &self.submitted), ("request", &self.request)] {
            if !text.trim().is_empty() {
                claim[name] = json!(text.trim());
            }
        }
        claim
    }

    /// What the host would not see: JSON that is none, and what was typed into a field that the form has no more.
    pub fn problems(&self, blank: &Blank) -> Vec<Problem> {
        let mut problems = Vec::new();
        let parts = self.lines.iter().enumerate();
        let parts = parts.map(|(place, texts)| (format!("/lines/{place}"), &blank.line, texts));
        for (prefix, fields, texts) in std::iter::once((String::new(), &blank.fields, &self.fields)).chain(parts) {
            for (at, text) in texts
                .iter()
                .filter(|(at, text)| *at != "/claimed" && !text.trim().is_empty())
            {
                let wrong = match field_at(fields, "/fields", at).map(|field| &field.kind) {
                    Some(kind @ Kind::Json) => kind.complaint(text),
                    Some(_) => None,
                    None => Some(format!(
                        "the form was changed and has no such field any more; what was typed is `{text}`"
                    )),
                };
                problems.extend(wrong.map(|wrong| (format!("{prefix}{at}"), wrong)));
            }
        }
        problems
    }

    /// In the words of the field where it has some.
    pub fn rephrased(&self, blank: &Blank, (path, message): Problem) -> Problem {
        let within = path.strip_prefix("/lines/").and_then(|rest| rest.split_once('/'));
        let (fields, texts, at) = match within {
            Some((place, rest)) => match place.parse().ok().and_then(|place: usize| self.lines.get(place)) {
                Some(texts) => (&blank.line, texts, format!("/{rest}")),
                None => return (path, message),
            },
            None => (&blank.fields, &self.fields, path.clone()),
        };
        let typed = texts.get(&at).map_or("", String::as_str);
        let complaint = match (&*at, field_at(fields, "/fields", &at)) {
            ("/claimed", _) => Kind::Amount.complaint(typed),
            (_, Some(field)) => field.kind.complaint(typed),
            (_, None) => None,
        };
        (path, complaint.unwrap_or(message))
    }
}

/// The place of a part within another.
fn within(at: &str, name: &str) -> String {
    match name {
        "" => at.to_owned(),
        _ => format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
    }
}

fn field_at<'a>(fields: &'a [Field], base: &str, at: &str) -> Option<&'a Field> {
    fields.iter().find_map(|field| {
        let place = within(base, &field.name);
        match &field.kind {
            _ if place == at => Some(field),
            Kind::Group(parts) => field_at(parts, &place, at),
            _ => None,
        }
    })
}

fn object(fields: &[Field], at: &str, texts: &Texts) -> Value {
    if let [whole] = fields
        && whole.name.is_empty()
    {
        return value(whole, at, texts).unwrap_or_else(|| json!({}));
    }
    let parts = fields.iter().filter_map(|field| {
        let value = value(field, &within(at, &field.name), texts)?;
        Some((field.name.clone(), value))
    });
    Value::Object(parts.collect::<Map<_, _>>())
}

/// Nothing for an empty field that may be left out.
fn value(field: &Field, at: &str, texts: &Texts) -> Option<Value> {
    if let Kind::Group(parts) = &field.kind {
        let group = object(parts, at, texts);
        let is_empty = parts.iter().all(|part| is_empty(part, &within(at, &part.name), texts));
        return (field.required || !is_empty).then_some(group);
    }
    let text = texts.get(at).map_or("", |text| text.trim());
    if text.is_empty() && !field.required {
        return None;
    }
    let as_typed = || Value::String(text.to_owned());
    Some(match &field.kind {
        Kind::Integer => text.parse::<i64>().map_or_else(|_| as_typed(), Value::from),
        Kind::Truth => text.parse::<bool>().map_or_else(|_| as_typed(), Value::from),
        Kind::Choice(choices) => choices
            .iter()
            .find(|choice| choice.text() == text)
            .map_or_else(as_typed, |choice| choice.value.clone()),
        Kind::Json => serde_json::from_str(text).unwrap_or_else(|_| as_typed()),
        Kind::Text { .. } | Kind::Amount | Kind::Day | Kind::Group(_) => as_typed(),
    })
}

fn is_empty(field: &Field, at: &str, texts: &Texts) -> bool {
    match &field.kind {
        Kind::Group(parts) => parts.iter().all(|part| is_empty(part, &within(at, &part.name), texts)),
        _ => texts.get(at).is_none_or(|text| text.trim().is_empty()),
    }
}

/// The controls of some fields. `prefix` is where they stand in the claim, `at` where they stand in that.
pub fn controls(fields: &[Field], prefix: &str, at: &str, texts: &Texts) -> Vec<Control> {
    let control = |field: &Field| {
        let at = within(at, &field.name);
        let value = texts.get(&at).cloned().unwrap_or_default();
        let plain = |value: &str| Choice {
            value: value.into(),
            label: if value == "true" { "yes" } else { "no" }.into(),
            help: None,
        };
        let input = match &field.kind {
            Kind::Text { is_long: false } => Input::Text { value },
            Kind::Text { is_long: true } => Input::Area { value, is_json: false },
            Kind::Json => Input::Area { value, is_json: true },
            Kind::Amount => Input::Amount { value },
            Kind::Integer => Input::Integer { value },
            Kind::Day => Input::Day { value },
            Kind::Truth => Input::Choice {
                value,
                options: ["true", "false"].map(plain).to_vec(),
            },
            Kind::Choice(choices) => Input::Choice {
                value,
                options: choices
                    .iter()
                    .map(|choice| Choice {
                        value: choice.text(),
                        label: super::schema::label(&choice.text()),
                        help: choice.help.clone(),
                    })
                    .collect(),
            },
            Kind::Group(parts) => Input::Group(controls(parts, prefix, &at, texts)),
        };
        Control {
            name: format!("{prefix}{at}"),
            label: field.label.clone(),
            help: help(field),
            required: field.required,
            wrong: None,
            input,
        }
    };
    fields.iter().map(control).collect()
}

fn help(field: &Field) -> Option<String> {
    match (&field.kind, &field.help) {
        (Kind::Json, None) => Some("As JSON.".into()),
        (Kind::Json, Some(help)) => Some(format!("{help} As JSON.")),
        (_, help) => help.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank() -> Blank {
        let schema = json!({
            "type": "object",
            "properties": {
                "fields": {
                    "type": "object",
                    "required": ["start", "place"],
                    "properties": {
                        "start": {"type": "string", "format": "date"},
                        "seats": {"type": "integer"},
                        "shared": {"type": "boolean"},
                        "place": {"type": "object", "properties": {"city": {"type": "string"}}},
                        "guest": {"type": ["object", "null"], "properties": {"a/b": {"type": "string"}}},
                        "extras": {},
                    },
                },
                "line": {"type": "object", "required": ["lot", "pieces"],
                         "properties": {"lot": {"type": "string"}, "pieces": {"enum": [1, 2]}}},
            },
        });
        Blank::of(&schema.to_string()).unwrap()
    }

    fn texts(of: &[(&str, &str)]) -> Texts {
        of.iter()
            .map(|(at, text)| ((*at).to_owned(), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn what_is_typed_becomes_the_claim_that_a_file_would_hold() {
        let typed = Typed {
            submitted: " 2024-05-02 ".into(),
            fields: texts(&[
                ("/fields/start", "2024-04-08"),
                ("/fields/seats", "40"),
                ("/fields/shared", "false"),
                ("/fields/guest/a~1b", "x"),
                ("/fields/extras", "[1, 2]"),
            ]),
            lines: vec![
                texts(&[("/claimed", " 100.50"), ("/fields/pieces", "2")]),
                texts(&[("/fields/lot", "7"), ("/fields/pieces", "3")]),
            ],
            ..Typed::default()
        };
        assert_eq!(
            typed.claim(ClaimKind::Claim, &blank()),
            json!({
                "kind": "claim",
                "submitted": "2024-05-02",
                "fields": {
                    "start": "2024-04-08", "seats": 40, "shared": false, "place": {}, "guest": {"a/b": "x"}, "extras": [1, 2]
                },
                "lines": [
                    {"claimed": "100.50", "fields": {"lot": "", "pieces": 2}},
                    {"claimed": "", "fields": {"lot": "7", "pieces": "3"}},
                ],
            })
        );
        assert_eq!(typed.problems(&blank()), []);
    }

    #[test]
    fn nothing_that_was_typed_is_left_out_in_silence() {
        let typed = Typed {
            fields: texts(&[("/fields/extras", "{"), ("/fields/colour", "red")]),
            lines: vec![texts(&[("/fields/lot/x", "7")])],
            ..Typed::default()
        };
        let problems = typed.problems(&blank());
        let places: Vec<&str> = problems.iter().map(|(path, _)| &**path).collect();
        assert_eq!(places, ["/fields/colour", "/fields/extras", "/lines/0/fields/lot/x"]);
        assert!(problems[0].1.contains("what was typed is `red`"), "{problems:?}");
    }

    #[test]
    fn what_the_host_says_is_put_into_the_words_of_the_field() {
        let typed = Typed {
            fields: texts(&[("/fields/seats", "many")]),
            lines: vec![texts(&[])],
            ..Typed::default()
        };
        let said = |path: &str| typed.rephrased(&blank(), (path.into(), "\"\" is not it".into())).1;
        assert_eq!(said("/fields/seats"), "`many` is no whole number: write digits");
        assert_eq!(said("/fields/start"), "fill this in");
        assert_eq!(said("/lines/0/claimed"), "fill this in");
        assert_eq!(said("/lines/0/fields/pieces"), "choose one of them");
        assert_eq!(said("/lines/7/fields/pieces"), "\"\" is not it");
        assert_eq!(said("/lines"), "\"\" is not it");
    }
}
