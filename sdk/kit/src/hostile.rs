//! Terms as somebody careless or malicious might write them.

use serde_json::{Map, Value, json};

/// Terms that are wrong in one place each, and some that are no terms at all, as JSON texts.
pub fn mutations(terms: &Value) -> Vec<String> {
    let mut mutations = nonsense();
    let mut places = Vec::new();
    walk(terms, &mut Vec::new(), &mut places);
    for place in places {
        for poison in poisons() {
            let mut changed = terms.clone();
            if let Some(value) = at(&mut changed, &place) {
                *value = poison;
            }
            mutations.push(changed.to_string());
        }
        mutations.extend(structural(terms, &place));
    }
    let sound = terms.to_string();
    mutations.retain(|text| *text != sound);
    mutations
}

/// The way from the top to a value: names and indexes.
type Place = Vec<String>;

fn walk(value: &Value, way: &mut Place, places: &mut Vec<Place>) {
    places.push(way.clone());
    let mut into = |key: String, value: &Value| {
        way.push(key);
        walk(value, way, places);
        way.pop();
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| into(key.clone(), value)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| into(index.to_string(), value)),
        _ => {}
    }
}

fn at<'a>(value: &'a mut Value, place: &[String]) -> Option<&'a mut Value> {
    place.iter().try_fold(value, |value, key| match value {
        Value::Object(fields) => fields.get_mut(key),
        Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    })
}

fn poisons() -> Vec<Value> {
    let texts = [
        "",
        " ",
        "lots",
        "-1",
        "0",
        "0.0000001",
        "1e99",
        "NaN",
        "99999999999999999999999999999999999999999",
        "9223372036854.775807",
        "-9223372036854.775808",
        "9999999999999",
        "-0",
        "1,000",
        "100000000 %",
        "-100 %",
        "\u{0}",
        "٣",
        "💰",
    ];
    let mut poisons = vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!([]),
        json!({}),
        json!([[[[{"a": []}]]]]),
        json!("x".repeat(10_000)),
    ];
    poisons.extend(texts.map(Value::from));
    poisons
}

/// The value left out, an unknown neighbour, a list turned round, repeated or made very long.
fn structural(terms: &Value, place: &[String]) -> Vec<String> {
    let mut changed = Vec::new();
    let mut with = |change: &dyn Fn(&mut Value)| {
        let mut copy = terms.clone();
        if let Some(value) = at(&mut copy, place) {
            change(value);
            changed.push(copy.to_string());
        }
    };
    with(&|value| {
        if let Value::Object(fields) = value {
            fields.insert("no-such-field".to_owned(), Value::Null);
        }
    });
    with(&|value| {
        if let Value::Array(items) = value {
            items.reverse();
        }
    });
    with(&|value| {
        if let Value::Array(items) = value {
            items.extend(items.clone());
        }
    });
    with(&|value| {
        if let Value::Array(items) = value
            && let Some(first) = items.first().cloned()
        {
            items.resize(1_000, first);
        }
    });
    if let Some((last, parents)) = place.split_last() {
        let mut copy = terms.clone();
        match at(&mut copy, parents) {
            Some(Value::Object(fields)) => drop(fields.remove(last)),
            Some(Value::Array(items)) => drop(last.parse::<usize>().map(|index| items.remove(index))),
            _ => {}
        }
        changed.push(copy.to_string());
    }
    changed
}

fn nonsense() -> Vec<String> {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(20_000), close.repeat(20_000));
    let mut texts: Vec<String> = [
        "",
        " ",
        "{",
        "}",
        "null",
        "true",
        "0",
        "\"",
        "[",
        "{\"a\":",
        "\u{feff}{}",
        "{}{}",
        "1e999999",
        "-",
    ]
    .map(str::to_owned)
    .into();
    texts.push(deep("[", "]"));
    texts.push(deep("{\"a\":", "}"));
    texts.push(Value::Object((0..5_000).map(|n| (n.to_string(), Value::Null)).collect::<Map<_, _>>()).to_string());
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_the_terms_is_poisoned() {
        let terms = json!({"tiers": [{"from": "0", "pays": "1 %"}]});
        let mutations = mutations(&terms);
        // The top, the list, its item and two texts.
        assert!(mutations.len() > 5 * poisons().len());
        assert!(mutations.contains(&json!({"tiers": [{"from": "0", "pays": "NaN"}]}).to_string()));
        assert!(mutations.contains(&json!({"tiers": [{"pays": "1 %"}]}).to_string()));
        assert!(mutations.contains(&json!({"tiers": []}).to_string()));
        assert!(!mutations.contains(&terms.to_string()));
    }
}
