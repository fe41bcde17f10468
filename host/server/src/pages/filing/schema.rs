//! A plugin's JSON Schema as fields that a person can fill in. What cannot be drawn is filled in as JSON, so that no form is without a field
//! for something that it asks.

use anyhow::{Context, Result};
use domain::day::Day;
use domain::money::Micros;
use regex::Regex;
use serde_json::{Map, Value};

/// How deep objects may lie in each other before they are filled in as JSON.
const DEEPEST: usize = 4;

/// The form of a claim.
#[derive(Debug, PartialEq)]
pub struct Blank {
    /// Of the claim as a whole.
    pub fields: Vec<Field>,
    /// Of each of its lines, besides what is claimed.
    pub line: Vec<Field>,
    /// What a line is.
    pub line_about: Option<String>,
}

#[derive(Debug, PartialEq)]
pub struct Field {
    /// As the schema has it.
    pub name: String,
    pub label: String,
    pub help: Option<String>,
    pub required: bool,
    pub kind: Kind,
}

#[derive(Debug, PartialEq)]
pub enum Kind {
    Text { is_long: bool },
    Amount,
    Integer,
    Day,
    Truth,
    Choice(Vec<Chosen>),
    Group(Vec<Field>),
    Json,
}

/// One of the values that a field may have.
#[derive(Debug, PartialEq)]
pub struct Chosen {
    pub value: Value,
    pub help: Option<String>,
}

impl Chosen {
    /// As it is sent.
    pub fn text(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

impl Blank {
    /// Reads the schema of an object with the properties `fields` and `line`.
    pub fn of(schema: &str) -> Result<Self> {
        let root: Value = serde_json::from_str(schema).context("the plugin's claim schema is not JSON")?;
        let part = |name: &str| {
            let part = &root["properties"][name];
            let kind = kind(&root, part, 0);
            (kind, description(&root, part))
        };
        let whole = |name: &str, (kind, help): (Kind, Option<String>)| match kind {
            Kind::Group(fields) => fields,
            // It stands in the form under the name of the part itself.
            kind => vec![Field {
                name: String::new(),
                label: label(name),
                help,
                required: true,
                kind,
            }],
        };
        let line = part("line");
        let line_about = line.1.clone();
        Ok(Blank {
            fields: whole("fields", part("fields")),
            line: whole("line", line),
            line_about,
        })
    }
}

/// `end-customer` is `End customer`.
pub fn label(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

/// Those that must be filled in come first, in the order of the schema's `required`, which is the one they were written in.
fn fields(root: &Value, object: &Map<String, Value>, depth: usize) -> Vec<Field> {
    let Some(Value::Object(properties)) = object.get("properties") else {
        return vec![];
    };
    let required: Vec<&str> = object
        .get("required")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let place = |name: &str| required.iter().position(|required| *required == name);
    let mut fields: Vec<Field> = properties
        .iter()
        .map(|(name, schema)| Field {
            label: title(root, schema).unwrap_or_else(|| label(name)),
            help: description(root, schema),
            required: place(name).is_some(),
            kind: kind(root, schema, depth),
            name: name.clone(),
        })
        .collect();
    fields.sort_by_key(|field| place(&field.name).unwrap_or(usize::MAX));
    fields
}

fn kind(root: &Value, schema: &Value, depth: usize) -> Kind {
    let Value::Object(object) = plain(root, schema) else {
        return Kind::Json;
    };
    if let Some(choices) = choices(root, object) {
        return Kind::Choice(choices);
    }
    match type_of(object) {
        Some("string") => text(object),
        Some("integer") => Kind::Integer,
        Some("boolean") => Kind::Truth,
        Some("object") if is_plain_object(object) && depth < DEEPEST => Kind::Group(fields(root, object, depth + 1)),
        _ => Kind::Json,
    }
}

/// A pattern is tried on what it might be meant for, because JSON Schema has no word for an amount that is written as a text.
fn text(object: &Map<String, Value>) -> Kind {
    if object.get("format").and_then(Value::as_str) == Some("date") {
        return Kind::Day;
    }
    let pattern = object.get("pattern").and_then(Value::as_str);
    if let Some(pattern) = pattern.and_then(|pattern| Regex::new(pattern).ok()) {
        let takes = |text: &str| pattern.is_match(text);
        if takes("2024-03-31") && !takes("31 March") && !takes("2024") {
            return Kind::Day;
        }
        if takes("1234.5") && takes("7") && !takes("seven") && !takes("2024-03-31") {
            return Kind::Amount;
        }
    }
    let longest = object.get("maxLength").and_then(Value::as_u64);
    Kind::Text {
        is_long: longest.is_some_and(|longest| longest > 200),
    }
}

/// An object whose properties are all named.
fn is_plain_object(object: &Map<String, Value>) -> bool {
    const MORE: [&str; 7] = [
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "patternProperties",
        "propertyNames",
    ];
    let closed = match object.get("additionalProperties") {
        None => object.contains_key("properties"),
        Some(others) => *others == Value::Bool(false),
    };
    closed && !MORE.iter().any(|word| object.contains_key(*word))
}

/// The values of an enumeration, however it is written.
fn choices(root: &Value, object: &Map<String, Value>) -> Option<Vec<Chosen>> {
    let chosen = |value: &Value, help: Option<String>| Chosen {
        value: value.clone(),
        help,
    };
    if let Some(Value::Array(values)) = object.get("enum") {
        let values = values.iter().filter(|value| !value.is_null());
        return Some(values.map(|value| chosen(value, None)).collect());
    }
    if let Some(value) = object.get("const") {
        return Some(vec![chosen(value, None)]);
    }
    let Some(Value::Array(several)) = object.get("oneOf").or(object.get("anyOf")) else {
        return None;
    };
    let mut all = Vec::new();
    for one in several {
        let help = description(root, one);
        match plain(root, one) {
            Value::Object(one) if one.contains_key("const") || one.contains_key("enum") => {
                let values = choices(root, one)?;
                all.extend(values.into_iter().map(|of| Chosen {
                    help: help.clone(),
                    ..of
                }));
            }
            one if is_null(one) => {}
            _ => return None,
        }
    }
    Some(all)
}

/// The schema behind references, and without the possibility of `null`, which is the same as leaving a field out.
fn plain<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    // A schema may refer to itself for ever.
    for _ in 0..16 {
        schema = match next(root, schema) {
            Some(next) => next,
            None => break,
        };
    }
    schema
}

fn next<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    if let Some(Value::String(to)) = schema.get("$ref") {
        return root.pointer(to.strip_prefix('#')?);
    }
    for word in ["anyOf", "oneOf", "allOf"] {
        let Some(Value::Array(several)) = schema.get(word) else {
            continue;
        };
        let mut others = several.iter().filter(|one| !is_null(one));
        if let (Some(only), None) = (others.next(), others.next())
            && !schema.as_object()?.contains_key("properties")
        {
            return Some(only);
        }
    }
    None
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

/// The one type besides `null`.
fn type_of(object: &Map<String, Value>) -> Option<&str> {
    match object.get("type")? {
        Value::String(one) => Some(one),
        Value::Array(several) => {
            let mut others = several.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            let first = others.next();
            first.filter(|_| others.next().is_none())
        }
        _ => None,
    }
}

/// What the SDK says of every amount and every day. It stands in a schema where the property says nothing of itself, and the control shows it
/// already.
const OF_THE_TYPE: [&str; 2] = [
    "A number with at most six decimals, such as `1234.50`.",
    "A calendar day such as `2024-03-31`.",
];

/// What a property says of itself, else what its type does.
fn description(root: &Value, schema: &Value) -> Option<String> {
    let of = |schema: &Value| schema.get("description").and_then(Value::as_str).map(one_line);
    let said = of(schema).or_else(|| of(plain(root, schema)))?;
    (!OF_THE_TYPE.contains(&&*said)).then_some(said)
}

/// The title of a property. Those of amounts and days are the SDK's, say what kind of text they are, and would name every field alike.
fn title(root: &Value, schema: &Value) -> Option<String> {
    let title = schema.get("title").and_then(Value::as_str)?;
    let is_of_the_type =
        matches!(kind(root, schema, DEEPEST), Kind::Amount | Kind::Day) && ["Amount", "Day"].contains(&title);
    (!is_of_the_type).then(|| one_line(title))
}

/// Documentation comments are broken into lines where the source is.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Kind {
    /// What is wrong with what was typed, in the words of the field. The schema decides whether something is wrong at all.
    pub fn complaint(&self, typed: &str) -> Option<String> {
        let typed = typed.trim();
        if typed.is_empty() && !matches!(self, Kind::Group(_)) {
            return Some(
                match self {
                    Kind::Choice(_) | Kind::Truth => "choose one of them",
                    _ => "fill this in",
                }
                .into(),
            );
        }
        match self {
            Kind::Amount => typed.parse::<Micros>().err().map(|e| e.to_string()),
            Kind::Day => typed.parse::<Day>().err().map(|e| e.to_string()),
            Kind::Integer => typed
                .parse::<i64>()
                .err()
                .map(|_| format!("`{typed}` is no whole number: write digits")),
            Kind::Choice(_) | Kind::Truth => Some(format!("`{typed}` is none of the choices")),
            Kind::Json => serde_json::from_str::<Value>(typed)
                .err()
                .map(|e| format!("it is not JSON: {e}")),
            Kind::Text { .. } | Kind::Group(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn drawn(line: Value) -> Vec<Field> {
        let schema = json!({
            "type": "object",
            "properties": {"fields": {"$ref": "#/$defs/None"}, "line": line},
            "$defs": {
                "None": {"type": "object", "additionalProperties": false},
                "Reason": {"oneOf": [
                    {"type": "string", "const": "price", "description": "By a\npromotion."},
                    {"type": "string", "const": "quantity"},
                ]},
                "Tree": {"type": "object", "properties": {"below": {"$ref": "#/$defs/Tree"}}},
                "Loop": {"$ref": "#/$defs/Loop"},
            },
        });
        let blank = Blank::of(&schema.to_string()).unwrap();
        assert_eq!(blank.fields, []);
        blank.line
    }

    fn kind_of(schema: Value) -> Kind {
        let mut fields = drawn(json!({"type": "object", "properties": {"it": schema}}));
        fields.pop().unwrap().kind
    }

    #[test]
    fn every_kind_of_property_is_drawn_as_what_it_is() {
        let chosen = |value: Value, help: Option<&str>| Chosen {
            value,
            help: help.map(Into::into),
        };
        let reasons = || {
            Kind::Choice(vec![
                chosen(json!("price"), Some("By a promotion.")),
                chosen(json!("quantity"), None),
            ])
        };
        let text = Kind::Text { is_long: false };
        for (schema, kind) in [
            (json!({"type": "string"}), text),
            (
                json!({"type": ["string", "null"], "maxLength": 1000}),
                Kind::Text { is_long: true },
            ),
            (
                json!({"type": "string", "pattern": r"^-?\d{1,13}(\.\d{1,6})?$"}),
                Kind::Amount,
            ),
            (json!({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}), Kind::Day),
            (json!({"type": "string", "format": "date"}), Kind::Day),
            (
                json!({"type": "string", "pattern": "^[A-Z]+$"}),
                Kind::Text { is_long: false },
            ),
            (
                json!({"type": "integer", "format": "uint32", "minimum": 0}),
                Kind::Integer,
            ),
            (json!({"type": ["boolean", "null"]}), Kind::Truth),
            (json!({"$ref": "#/$defs/Reason"}), reasons()),
            (
                json!({"anyOf": [{"$ref": "#/$defs/Reason"}, {"type": "null"}]}),
                reasons(),
            ),
            (
                json!({"enum": [1, "a", null]}),
                Kind::Choice(vec![chosen(json!(1), None), chosen(json!("a"), None)]),
            ),
            // What is not drawn.
            (json!({"type": "number"}), Kind::Json),
            (json!(true), Kind::Json),
            (json!({}), Kind::Json),
            (json!({"type": "array", "items": {"type": "string"}}), Kind::Json),
            (
                json!({"type": "object", "additionalProperties": {"type": "string"}}),
                Kind::Json,
            ),
            (json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}), Kind::Json),
            (json!({"type": ["string", "integer"]}), Kind::Json),
            (json!({"$ref": "#/$defs/Loop"}), Kind::Json),
            (json!({"$ref": "elsewhere.json"}), Kind::Json),
        ] {
            assert_eq!(kind_of(schema.clone()), kind, "{schema}");
        }
    }

    #[test]
    fn objects_lie_in_each_other_and_end_where_they_would_not() {
        let place = json!({"type": "object", "title": "Where", "properties": {"city": {"type": "string"}}, "required": ["city"]});
        let Kind::Group(city) = kind_of(place) else {
            panic!("an object is a group")
        };
        assert_eq!((&*city[0].label, city[0].required), ("City", true));
        let mut kind = kind_of(json!({"$ref": "#/$defs/Tree"}));
        let mut depth = 0;
        while let Kind::Group(mut fields) = kind {
            kind = fields.pop().unwrap().kind;
            depth += 1;
        }
        assert_eq!((kind, depth), (Kind::Json, DEEPEST - 1));
    }

    #[test]
    fn fields_are_named_and_ordered_for_people() {
        let fields = drawn(json!({
            "type": "object",
            "required": ["sku", "book-price"],
            "properties": {
                "book-price": {"type": "string", "title": "Amount", "pattern": r"^\d+(\.\d+)?$", "description": "The list\n price."},
                "lot": {"type": "string", "title": "Batch"},
                "sku": {"type": "string"},
            },
        }));
        let told: Vec<_> = fields
            .iter()
            .map(|field| (&*field.label, field.help.as_deref(), field.required))
            .collect();
        assert_eq!(
            told,
            [
                ("Sku", None, true),
                ("Book price", Some("The list price."), true),
                ("Batch", None, false)
            ]
        );
    }

    #[test]
    fn a_complaint_is_in_the_words_of_the_field() {
        for (kind, typed, complaint) in [
            (
                Kind::Amount,
                "2.500,00",
                "`2.500,00` is not an amount: write digits with at most six decimals, such as `-1234.5`",
            ),
            (Kind::Integer, "x", "`x` is no whole number: write digits"),
            (Kind::Choice(vec![]), "x", "`x` is none of the choices"),
            (Kind::Truth, "", "choose one of them"),
            (Kind::Day, " ", "fill this in"),
        ] {
            assert_eq!(kind.complaint(typed).as_deref(), Some(complaint));
        }
        assert_eq!(Kind::Text { is_long: false }.complaint("x"), None);
        assert_eq!(Kind::Amount.complaint("100.50"), None);
        assert!(Kind::Json.complaint("{").unwrap().starts_with("it is not JSON: "));
        assert!(Kind::Day.complaint("31.3.2024").is_some());
    }
}
