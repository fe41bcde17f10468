//! Accounts and products that transactions name before anybody has added them.

use std::collections::{BTreeMap, HashSet};

use domain::account::NewAccount;
use domain::product::NewProduct;

use super::attributes::{bind_all, texts};
use super::field::{Field, Refusal, optional_text};
use super::profile::{Profile, Unknown};
use super::table::{Header, Line};

/// What some lines name for the first time, described as the profile says.
#[derive(Debug, Default)]
pub struct Newcomers {
    pub accounts: Vec<NewAccount>,
    pub products: Vec<NewProduct>,
}

/// Describes each account that lines name, once.
#[derive(Debug)]
pub struct AccountMaker {
    name: Option<Field>,
    attributes: Vec<(String, Field)>,
    met: HashSet<String>,
}

impl AccountMaker {
    pub fn bind(profile: &Profile, header: &Header) -> Result<Option<Self>, Refusal> {
        let made = &profile.accounts;
        if made.unknown == Unknown::Refuse {
            return Ok(None);
        }
        let name = made
            .name
            .as_ref()
            .map(|field| Field::bind("account name", field, profile, header))
            .transpose()?;
        Ok(Some(Self {
            name,
            attributes: bind_all(&made.attributes, profile, header)?,
            met: HashSet::new(),
        }))
    }

    /// `described`: whether the line's columns say more about the account than its number.
    pub fn describe(&mut self, number: &str, line: &Line<'_>, described: bool) -> Result<Option<NewAccount>, Refusal> {
        if self.met.contains(number) {
            return Ok(None);
        }
        let name = match &self.name {
            Some(field) if described => field.text(line)?.unwrap_or(number),
            _ => number,
        };
        let attributes = if described {
            texts(&self.attributes, line)?
        } else {
            BTreeMap::new()
        };
        let account = NewAccount {
            number: number.to_owned(),
            name: name.to_owned(),
            parent: None,
            attributes,
        };
        self.met.insert(number.to_owned());
        Ok(Some(account))
    }
}

/// Describes each product that lines name, once.
#[derive(Debug)]
pub struct ProductMaker {
    name: Option<Field>,
    category: Option<Field>,
    attributes: Vec<(String, Field)>,
    met: HashSet<String>,
}

impl ProductMaker {
    pub fn bind(profile: &Profile, header: &Header) -> Result<Option<Self>, Refusal> {
        let made = &profile.products;
        if made.unknown == Unknown::Refuse {
            return Ok(None);
        }
        let bind = |name, field: &Option<_>| {
            field
                .as_ref()
                .map(|field| Field::bind(name, field, profile, header))
                .transpose()
        };
        Ok(Some(Self {
            name: bind("product name", &made.name)?,
            category: bind("category", &made.category)?,
            attributes: bind_all(&made.attributes, profile, header)?,
            met: HashSet::new(),
        }))
    }

    pub fn describe(&mut self, sku: &str, line: &Line<'_>) -> Result<Option<NewProduct>, Refusal> {
        if self.met.contains(sku) {
            return Ok(None);
        }
        let product = NewProduct {
            sku: sku.to_owned(),
            name: optional_text(self.name.as_ref(), line)?.unwrap_or(sku).to_owned(),
            category: optional_text(self.category.as_ref(), line)?
                .unwrap_or_default()
                .to_owned(),
            attributes: texts(&self.attributes, line)?,
        };
        self.met.insert(sku.to_owned());
        Ok(Some(product))
    }
}
