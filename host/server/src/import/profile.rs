//! An import profile: which column of a file becomes which field, and how. `profiles/README.md` explains every key.

use std::collections::BTreeMap;
use std::path::Path;

use domain::schedule::TimeZone;
use regex::Regex;
use serde::Deserialize;

use super::field::Refusal;
use super::table::Header;
use super::{Error, Result};

/// A profile as it is written, checked as far as that is possible without the file it is meant for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What the profile is called in messages: its built-in name, or the path it was read from.
    #[serde(skip)]
    pub name: String,
    /// What a line of the file is.
    pub records: Records,
    /// Which system transactions come from, such as `erp`. Keys are unique within it.
    #[serde(default)]
    pub source: Option<String>,
    /// One character; a comma when nothing is said.
    #[serde(default = "comma")]
    pub delimiter: String,
    /// The zone whose days count, of times that carry an offset; without one, the day is the one that is written.
    #[serde(default)]
    pub time_zone: Option<TimeZone>,
    /// Formats of dates where a field names none.
    #[serde(default = "year_month_day")]
    pub dates: Vec<String>,
    /// `.` or `,`, where a field names none.
    #[serde(default = "point")]
    pub decimal: String,
    /// Columns that together name a transaction within its source.
    #[serde(default)]
    pub key: Vec<String>,
    #[serde(default)]
    pub repeats: Repeats,
    /// Fields that a line must have besides those that every line of its sort has.
    #[serde(default)]
    pub required: Vec<String>,
    pub fields: BTreeMap<String, Field>,
    #[serde(default)]
    pub attributes: BTreeMap<String, Field>,
    /// What becomes of columns that the profile does not name.
    #[serde(default)]
    pub other_columns: OtherColumns,
    /// Of transactions: accounts that are not known yet.
    #[serde(default)]
    pub accounts: Accounts,
    /// Of transactions: products that are not known yet.
    #[serde(default)]
    pub products: Products,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Records {
    Accounts,
    Contacts,
    Products,
    Rates,
    Transactions,
}

/// What two lines of one file with the same key are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeats {
    /// The same transaction, told twice.
    #[default]
    Duplicate,
    /// Two transactions: the second one's key ends in `#2`.
    Separate,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OtherColumns {
    #[default]
    Ignore,
    Attributes,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unknown {
    #[default]
    Refuse,
    Create,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    #[serde(default)]
    pub unknown: Unknown,
    pub name: Option<Field>,
    #[serde(default)]
    pub attributes: BTreeMap<String, Field>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Products {
    #[serde(default)]
    pub unknown: Unknown,
    pub name: Option<Field>,
    pub category: Option<Field>,
    #[serde(default)]
    pub attributes: BTreeMap<String, Field>,
}

/// Where one field comes from: a column, a constant, the product of two columns, or rules.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub column: Option<String>,
    pub constant: Option<String>,
    pub multiply: Option<[String; 2]>,
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// When no rule holds.
    pub otherwise: Option<String>,
    /// The file may come without the column.
    #[serde(default)]
    pub optional: bool,
    /// What people call the field, in refusals.
    pub called: Option<String>,
    pub strip_suffix: Option<String>,
    pub map: Option<BTreeMap<String, String>>,
    pub formats: Option<Vec<String>>,
    pub decimal: Option<String>,
}

/// `gives` is the field's value where the column passes the one test that the rule names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub column: String,
    pub begins: Option<String>,
    #[serde(default, deserialize_with = "regex")]
    pub matches: Option<Regex>,
    /// A number.
    pub below: Option<String>,
    pub gives: String,
}

const BUILT_IN: [(&str, &str); 6] = [
    ("accounts", include_str!("../../profiles/accounts.toml")),
    ("contacts", include_str!("../../profiles/contacts.toml")),
    ("products", include_str!("../../profiles/products.toml")),
    ("transactions", include_str!("../../profiles/transactions.toml")),
    ("exchange-rates", include_str!("../../profiles/exchange-rates.toml")),
    ("online-retail", include_str!("../../profiles/online-retail.toml")),
];

impl Profile {
    /// A built-in profile by its name, or else the file at that path.
    pub fn load(name: &str) -> Result<Self> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
            return Self::parse(name, text);
        }
        if !Path::new(name).exists() {
            let names: Vec<_> = BUILT_IN.iter().map(|(name, _)| format!("`{name}`")).collect();
            return Err(Error::Profile(format!(
                "there is no profile `{name}`: name one of {}, or the path of a profile file",
                names.join(", ")
            )));
        }
        let text = std::fs::read_to_string(name)
            .map_err(|e| Error::Profile(format!("profile `{name}` cannot be read: {e}")))?;
        Self::parse(name, &text)
    }

    /// Reads the text of a profile that is called `name` in messages.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let refuse = |reason: String| Error::Profile(format!("profile `{name}`: {reason}"));
        let mut profile: Profile = toml::from_str(text).map_err(|e| {
            let line = e
                .span()
                .map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            refuse(format!("line {line}: {}", e.message().trim().replace('\n', ", ")))
        })?;
        profile.name = name.to_owned();
        profile.check().map_err(refuse)?;
        Ok(profile)
    }

    pub fn delimiter(&self) -> u8 {
        self.delimiter.bytes().next().unwrap_or(b',')
    }

    /// A field that every line has, bound to the columns of a file.
    pub fn bind(&self, name: &str, header: &Header) -> std::result::Result<super::field::Field, Refusal> {
        self.bind_optional(name, header)?
            .ok_or_else(|| format!("`fields.{name}` is missing"))
    }

    pub fn bind_optional(
        &self,
        name: &str,
        header: &Header,
    ) -> std::result::Result<Option<super::field::Field>, Refusal> {
        self.fields
            .get(name)
            .map(|field| super::field::Field::bind(name, field, self, header))
            .transpose()
    }

    /// Whether any part of the profile reads this column.
    pub fn names_column(&self, column: &str) -> bool {
        let fields = self.fields.values().chain(self.attributes.values());
        let made = self.accounts.name.iter().chain(self.accounts.attributes.values());
        let made = made
            .chain(&self.products.name)
            .chain(&self.products.category)
            .chain(self.products.attributes.values());
        self.key.iter().any(|name| name == column) || fields.chain(made).any(|field| field.reads(column))
    }

    fn check(&self) -> std::result::Result<(), String> {
        let (fields, always) = self.records.fields();
        for name in self.fields.keys().chain(&self.required) {
            if !fields.contains(&name.as_str()) {
                return Err(format!(
                    "`{name}` is not a field of {}: they have {}",
                    self.records.as_str(),
                    listed(fields)
                ));
            }
        }
        for name in always.iter().copied().chain(self.required.iter().map(String::as_str)) {
            if !self.fields.contains_key(name) {
                return Err(format!("`fields.{name}` is missing: say which column it is"));
            }
        }
        if self.delimiter.len() != 1 {
            return Err(format!(
                "`delimiter` is one character such as `,`, not `{}`",
                self.delimiter
            ));
        }
        let transactions = self.records == Records::Transactions;
        if transactions && (self.key.is_empty() || self.source.as_deref().is_none_or(|source| source.trim().is_empty()))
        {
            return Err("transactions need a `source` and the columns of their `key`".to_owned());
        }
        if !transactions && (!self.key.is_empty() || self.source.is_some()) {
            return Err(format!(
                "`key` and `source` are for transactions, not for {}",
                self.records.as_str()
            ));
        }
        if matches!(self.records, Records::Contacts | Records::Rates)
            && (!self.attributes.is_empty() || self.other_columns == OtherColumns::Attributes)
        {
            return Err(format!("{} have no attributes", self.records.as_str()));
        }
        let groups = [("fields", &self.fields), ("attributes", &self.attributes)];
        let created = [
            ("accounts.attributes", &self.accounts.attributes),
            ("products.attributes", &self.products.attributes),
        ];
        for (group, fields) in groups.into_iter().chain(created) {
            for (name, field) in fields {
                field
                    .check(&self.decimal, &self.dates)
                    .map_err(|reason| format!("`{group}.{name}`: {reason}"))?;
            }
        }
        for (name, field) in [
            ("accounts.name", &self.accounts.name),
            ("products.name", &self.products.name),
            ("products.category", &self.products.category),
        ] {
            field
                .as_ref()
                .map_or(Ok(()), |field| field.check(&self.decimal, &self.dates))
                .map_err(|reason| format!("`{name}`: {reason}"))?;
        }
        Ok(())
    }
}

impl Field {
    fn reads(&self, column: &str) -> bool {
        self.column.as_deref() == Some(column)
            || self.multiply.iter().flatten().any(|name| name == column)
            || self.rules.iter().any(|rule| rule.column == column)
    }

    fn check(&self, decimal: &str, dates: &[String]) -> std::result::Result<(), String> {
        let sources = [self.column.is_some(), self.constant.is_some(), self.multiply.is_some()];
        match sources.into_iter().filter(|given| *given).count() {
            0 if self.rules.is_empty() => {
                return Err("name a `column`, a `constant`, two columns to `multiply`, or `rules`".to_owned());
            }
            0 | 1 => {}
            _ => return Err("`column`, `constant` and `multiply` exclude each other".to_owned()),
        }
        if self.otherwise.is_some() && self.rules.is_empty() {
            return Err("`otherwise` says what holds when no rule does, and there are no `rules`".to_owned());
        }
        let decimal = self.decimal.as_deref().unwrap_or(decimal);
        if decimal != "." && decimal != "," {
            return Err(format!("`decimal` is `.` or `,`, not `{decimal}`"));
        }
        let dates = self.formats.as_deref().unwrap_or(dates);
        if dates.is_empty() {
            return Err("a date has at least one format, such as `%Y-%m-%d`".to_owned());
        }
        for format in dates {
            if chrono::format::StrftimeItems::new(format).any(|item| item == chrono::format::Item::Error) {
                return Err(format!("`{format}` is not a date format: write one such as `%d.%m.%Y`"));
            }
        }
        for rule in &self.rules {
            let tests = [rule.begins.is_some(), rule.matches.is_some(), rule.below.is_some()];
            if tests.into_iter().filter(|given| *given).count() != 1 {
                return Err(format!(
                    "the rule for column `{}` takes one of `begins`, `matches`, `below`",
                    rule.column
                ));
            }
            if let Some(bound) = &rule.below {
                bound
                    .parse::<domain::money::Micros>()
                    .map_err(|e| format!("`below`: {e}"))?;
            }
        }
        Ok(())
    }
}

impl Records {
    pub fn as_str(self) -> &'static str {
        match self {
            Records::Accounts => "accounts",
            Records::Contacts => "contacts",
            Records::Products => "products",
            Records::Rates => "rates",
            Records::Transactions => "transactions",
        }
    }

    /// All fields, and those that no line does without.
    fn fields(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Records::Accounts => (&["number", "name", "parent"], &["number"]),
            Records::Contacts => (&["account", "name", "email", "role"], &["account", "name", "email"]),
            Records::Products => (&["sku", "name", "category"], &["sku"]),
            Records::Rates => (
                &["type", "from", "to", "day", "rate", "source"],
                &["type", "from", "to", "day", "rate", "source"],
            ),
            Records::Transactions => (
                &[
                    "kind",
                    "account",
                    "product",
                    "end_customer",
                    "date",
                    "order_date",
                    "ship_date",
                    "invoice_date",
                    "payment_date",
                    "scan_date",
                    "currency",
                    "quantity",
                    "net_amount",
                    "gross_amount",
                    "cost",
                    "list_price",
                    "corrects",
                ],
                &["kind", "account", "date", "currency"],
            ),
        }
    }
}

fn listed(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn comma() -> String {
    ",".to_owned()
}

fn point() -> String {
    ".".to_owned()
}

fn year_month_day() -> Vec<String> {
    vec!["%Y-%m-%d".to_owned()]
}

fn regex<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Regex>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Regex::new(&text).map(Some).map_err(|e| {
        let reason = e.to_string();
        let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        serde::de::Error::custom(format!("`{text}` is not a regular expression: {last}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Profile::parse("mine.toml", text)
            .expect_err("a profile that is wrong")
            .to_string()
    }

    const TRANSACTIONS: &str = "records = 'transactions'\nsource = 'erp'\nkey = ['No']\n[fields]\nkind = { constant = 'sale' }\n\
        account = { column = 'Customer' }\ndate = { column = 'Date' }\ncurrency = { constant = 'GBP' }\n";

    #[test]
    fn every_built_in_profile_is_sound() {
        for (name, _) in BUILT_IN {
            Profile::load(name).unwrap_or_else(|e| panic!("{e}"));
        }
    }

    #[test]
    fn a_key_that_does_not_exist_is_named() {
        assert_eq!(
            refusal(&format!("{TRANSACTIONS}quantity = {{ colum = 'Qty' }}\n")),
            "profile `mine.toml`: line 9: unknown field `colum`, expected one of `column`, `constant`, `multiply`, `rules`, \
             `otherwise`, `optional`, `called`, `strip_suffix`, `map`, `formats`, `decimal`"
        );
        assert!(
            refusal(&format!("{TRANSACTIONS}qty = {{ column = 'Qty' }}\n"))
                .contains("`qty` is not a field of transactions: they have `kind`, `account`")
        );
        assert!(refusal(&format!("colour = 'red'\n{TRANSACTIONS}")).contains("unknown field `colour`"));
    }

    #[test]
    fn what_cannot_work_is_refused_before_any_line_is_read() {
        for (line, reason) in [
            (
                "quantity = { column = 'Qty', constant = '1' }",
                "`fields.quantity`: `column`, `constant` and `multiply` exclude each other",
            ),
            (
                "quantity = { }",
                "`fields.quantity`: name a `column`, a `constant`, two columns to `multiply`, or `rules`",
            ),
            (
                "quantity = { column = 'Qty', decimal = ';' }",
                "`fields.quantity`: `decimal` is `.` or `,`, not `;`",
            ),
            (
                "ship_date = { column = 'S', formats = ['%Q'] }",
                "`fields.ship_date`: `%Q` is not a date format: write one such as `%d.%m.%Y`",
            ),
            (
                "product = { rules = [{ column = 'S', gives = 'x' }] }",
                "`fields.product`: the rule for column `S` takes one of `begins`, `matches`, `below`",
            ),
            (
                "product = { rules = [{ column = 'S', below = 'x', gives = 'x' }] }",
                "`fields.product`: `below`: `x` is not an amount",
            ),
            (
                "product = { rules = [{ column = 'S', matches = '(', gives = 'x' }] }",
                "`(` is not a regular expression: unclosed group",
            ),
        ] {
            let refusal = refusal(&format!("{TRANSACTIONS}{line}\n"));
            assert!(refusal.contains(reason), "{refusal}");
        }
        assert!(
            refusal("records = 'accounts'\n[fields]\n").contains("`fields.number` is missing: say which column it is")
        );
        assert!(
            refusal("records = 'accounts'\nkey = ['A']\n[fields]\nnumber = { column = 'A' }\n")
                .contains("are for transactions, not for accounts")
        );
    }

    #[test]
    fn a_profile_that_is_nowhere_is_refused_with_those_that_exist() {
        let refusal = Profile::load("no-such.toml").expect_err("no such file").to_string();
        assert!(
            refusal.starts_with("there is no profile `no-such.toml`: name one of `accounts`, "),
            "{refusal}"
        );
    }
}
