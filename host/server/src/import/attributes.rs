//! Attributes: named texts of an account, a product or a transaction, in whatever columns a file has for them.

use std::collections::BTreeMap;

use super::field::{Field, Refusal};
use super::profile::{self, OtherColumns, Profile};
use super::rows;
use super::table::{Header, Line};

/// The attributes of a line: those that the profile names, and where it says so every column that it does not name.
pub fn attributes(profile: &Profile, header: &Header) -> Result<Vec<(String, Field)>, Refusal> {
    let mut attributes = bind_all(&profile.attributes, profile, header)?;
    if profile.other_columns == OtherColumns::Attributes {
        let ours = [rows::LINE, rows::REASON, ""];
        for name in header
            .names()
            .iter()
            .filter(|name| !ours.contains(&name.as_str()) && !profile.names_column(name))
        {
            let field = profile::Field {
                column: Some(name.clone()),
                ..profile::Field::default()
            };
            attributes.push((name.clone(), Field::bind(name, &field, profile, header)?));
        }
    }
    Ok(attributes)
}

pub fn bind_all(
    fields: &BTreeMap<String, profile::Field>,
    profile: &Profile,
    header: &Header,
) -> Result<Vec<(String, Field)>, Refusal> {
    fields
        .iter()
        .map(|(name, field)| Ok((name.clone(), Field::bind(name, field, profile, header)?)))
        .collect()
}

/// The attributes that are not empty in this line.
pub fn texts(fields: &[(String, Field)], line: &Line<'_>) -> Result<BTreeMap<String, String>, Refusal> {
    let mut texts = BTreeMap::new();
    for (name, field) in fields {
        if let Some(text) = field.text(line)? {
            texts.insert(name.clone(), text.to_owned());
        }
    }
    Ok(texts)
}
