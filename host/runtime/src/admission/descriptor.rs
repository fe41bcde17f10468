//! What a plugin says about itself must hold together before anybody relies on it.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::hash::Hash;

use domain::plugin::{CURRENCY_UNIT, ClaimHandling, Descriptor, SETTLED, Side};
use domain::proposal::placeholders;

use crate::terms::TermsSchema;

/// Refuses with a sentence that names the plugin and what is wrong.
pub(super) fn check(descriptor: &Descriptor) -> Result<(), String> {
    holds(descriptor).map_err(|wrong| format!("the descriptor of `{}` does not hold: {wrong}", descriptor.id))
}

fn holds(descriptor: &Descriptor) -> Result<(), String> {
    let id_parts: Vec<_> = descriptor.id.split('/').collect();
    if id_parts.len() != 2 || !id_parts.iter().all(|part| is_kebab(part)) {
        return Err("the id must be vendor and name in kebab-case, such as `gtm/rebate`".into());
    }
    if descriptor.title.trim().is_empty() || descriptor.vendor.trim().is_empty() {
        return Err("it needs a title and a vendor".into());
    }
    semver::Version::parse(&descriptor.version).map_err(|e| {
        format!(
            "the version `{}` is not a semantic version such as `1.0.0`: {e}",
            descriptor.version
        )
    })?;
    balances(descriptor)?;
    messages(descriptor)?;
    once("the column", descriptor.columns.iter().map(|column| column.as_str()))?;
    once(
        "the profile attribute",
        descriptor.profile_attributes.iter().map(String::as_str),
    )?;
    once(
        "the transaction attribute",
        descriptor.transaction_attributes.iter().map(String::as_str),
    )?;
    TermsSchema::new(&descriptor.terms_schema)?;
    descriptor
        .claims
        .as_ref()
        .map_or(Ok(()), |handling| claims(descriptor, handling))
}

fn claims(descriptor: &Descriptor, handling: &ClaimHandling) -> Result<(), String> {
    let schemas = [
        ("claim schema", Some(&handling.claim_schema)),
        ("request schema", handling.request_schema.as_ref()),
    ];
    for (name, schema) in schemas {
        if let Some(schema) = schema {
            TermsSchema::new(schema).map_err(|wrong| wrong.replacen("terms schema", name, 1))?;
        }
    }
    once(
        "the field of the line key",
        handling.line_key.iter().map(String::as_str),
    )?;
    for code in handling.balances() {
        match descriptor.balance(code) {
            None => return Err(format!("claims move the balance `{code}`, which is not declared")),
            Some(balance) if balance.unit != CURRENCY_UNIT => {
                return Err(format!(
                    "claims move the balance `{code}`, which is in {}: they are paid in the program's currency",
                    balance.unit
                ));
            }
            Some(_) => {}
        }
    }
    if let Some(balance) = handling.written_off.as_ref().and_then(|code| descriptor.balance(code))
        && balance.side != Side::Debit
    {
        return Err(format!(
            "the balance `{}` bears what is written off, which is an expense: declare it on the debit side",
            balance.code
        ));
    }
    once("the balance of claims", handling.balances())
}

fn balances(descriptor: &Descriptor) -> Result<(), String> {
    once(
        "the balance",
        descriptor.balances.iter().map(|balance| balance.code.as_str()),
    )?;
    for balance in &descriptor.balances {
        if balance.code == SETTLED {
            return Err(format!(
                "the balance `{SETTLED}` is the host's: give yours another code"
            ));
        }
        if !is_kebab(&balance.code) {
            return Err(format!("the balance `{}` is not in kebab-case", balance.code));
        }
        if balance.unit.is_empty() || balance.title.trim().is_empty() {
            return Err(format!("the balance `{}` needs a title and a unit", balance.code));
        }
    }
    Ok(())
}

fn messages(descriptor: &Descriptor) -> Result<(), String> {
    once(
        "the message",
        descriptor.messages.iter().map(|message| message.id.as_str()),
    )?;
    for message in &descriptor.messages {
        let places: BTreeSet<_> = placeholders(&message.text).collect();
        let braces = message.text.matches(['{', '}']).count();
        if !is_kebab(&message.id) || message.text.trim().is_empty() {
            return Err(format!(
                "the message `{}` needs an id in kebab-case and a text",
                message.id
            ));
        }
        if braces != placeholders(&message.text).count() * 2 {
            return Err(format!(
                "the message `{}` has a brace that is no place for a figure: write `{{0}}`, `{{1}}` …",
                message.id
            ));
        }
        if !places.iter().copied().eq(0..places.len()) {
            return Err(format!(
                "the message `{}` leaves out a figure: number the places from `{{0}}` without gaps",
                message.id
            ));
        }
    }
    Ok(())
}

fn once<T: Display + Eq + Hash + Ord + Copy>(what: &str, names: impl Iterator<Item = T>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        if name.to_string().is_empty() {
            return Err(format!("{what} without a name"));
        }
        if !seen.insert(name) {
            return Err(format!("{what} `{name}` is there twice"));
        }
    }
    Ok(())
}

fn is_kebab(name: &str) -> bool {
    name.split('-').all(|word| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use domain::plugin::{Balance, Column, Message, ProgramKind};

    use super::*;

    fn descriptor() -> Descriptor {
        let balance = |code: &str, side| Balance {
            code: code.into(),
            title: code.into(),
            unit: "currency".into(),
            side,
        };
        Descriptor {
            id: "acme/rebate".into(),
            title: "Rebate".into(),
            vendor: "Acme".into(),
            version: "1.2.0".into(),
            kind: ProgramKind::Rebate,
            columns: vec![Column::NetAmount],
            profile_attributes: vec!["region".into()],
            transaction_attributes: vec![],
            balances: vec![balance("expense", Side::Debit), balance("payable", Side::Credit)],
            terms_schema: "{}".into(),
            claims: Some(ClaimHandling {
                claim_schema: "{}".into(),
                request_schema: None,
                line_key: vec![],
                from: "expense".into(),
                committed: None,
                to: "payable".into(),
                written_off: None,
            }),
            messages: vec![Message {
                id: "due".into(),
                text: "{0} at {1} is {2}".into(),
            }],
            order_independent: true,
        }
    }

    #[test]
    fn a_sound_descriptor_holds() {
        assert_eq!(check(&descriptor()), Ok(()));
    }

    #[test]
    fn each_thing_that_does_not_hold_is_named() {
        type Change = fn(&mut Descriptor);
        let cases: [(Change, &str); 15] = [
            (
                |d| d.version = "1".into(),
                "the version `1` is not a semantic version such as `1.0.0`: unexpected end of input while parsing major version number",
            ),
            (|d| d.vendor.clear(), "it needs a title and a vendor"),
            (
                |d| d.balances[1].code = "expense".into(),
                "the balance `expense` is there twice",
            ),
            (
                |d| d.balances[1].code = "settled".into(),
                "the balance `settled` is the host's: give yours another code",
            ),
            (
                |d| d.balances[1].code = "Payable".into(),
                "the balance `Payable` is not in kebab-case",
            ),
            (
                |d| d.messages[0].text = "{0} at {2}".into(),
                "the message `due` leaves out a figure: number the places from `{0}` without gaps",
            ),
            (
                |d| d.messages[0].text = "{0} at {rate}".into(),
                "the message `due` has a brace that is no place for a figure: write `{0}`, `{1}` …",
            ),
            (
                |d| d.columns.push(Column::NetAmount),
                "the column `net-amount` is there twice",
            ),
            (
                |d| d.profile_attributes.push(String::new()),
                "the profile attribute without a name",
            ),
            (
                |d| d.terms_schema = "[".into(),
                "the terms schema is not JSON: EOF while parsing a list at line 1 column 1",
            ),
            (
                |d| d.claims.as_mut().unwrap().claim_schema = "[".into(),
                "the claim schema is not JSON: EOF while parsing a list at line 1 column 1",
            ),
            (
                |d| d.claims.as_mut().unwrap().from = "fund".into(),
                "claims move the balance `fund`, which is not declared",
            ),
            (
                |d| d.claims.as_mut().unwrap().committed = Some("payable".into()),
                "the balance of claims `payable` is there twice",
            ),
            (
                |d| {
                    let lost = Balance {
                        code: "lost".into(),
                        ..d.balances[1].clone()
                    };
                    d.balances.push(lost);
                    d.claims.as_mut().unwrap().written_off = Some("lost".into());
                },
                "the balance `lost` bears what is written off, which is an expense: declare it on the debit side",
            ),
            (
                |d| d.balances[1].unit = "points".into(),
                "claims move the balance `payable`, which is in points: they are paid in the program's currency",
            ),
        ];
        for (change, expected) in cases {
            let mut descriptor = descriptor();
            change(&mut descriptor);
            assert_eq!(
                check(&descriptor),
                Err(format!("the descriptor of `acme/rebate` does not hold: {expected}"))
            );
        }
        let nameless = Descriptor {
            id: "rebate".into(),
            ..descriptor()
        };
        assert!(
            check(&nameless)
                .unwrap_err()
                .ends_with("the id must be vendor and name in kebab-case, such as `gtm/rebate`")
        );
    }
}
