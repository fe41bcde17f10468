//! What a plugin says about itself, and what it asks the host to gather. The words are those of the WIT contract, which
//! explains each.

use serde::{Deserialize, Serialize};

use crate::product::Product;
use crate::transaction::{DateBasis, RowKind};
use crate::{Error, Result};

/// A measure that a row may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Column {
    Quantity,
    NetAmount,
    GrossAmount,
    Cost,
    ListPrice,
    Product,
    EndCustomer,
}

impl Column {
    pub const ALL: [Column; 7] = [
        Column::Quantity,
        Column::NetAmount,
        Column::GrossAmount,
        Column::Cost,
        Column::ListPrice,
        Column::Product,
        Column::EndCustomer,
    ];

    pub fn as_str(self) -> &'static str {
        [
            "quantity",
            "net-amount",
            "gross-amount",
            "cost",
            "list-price",
            "product",
            "end-customer",
        ][self as usize]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProgramKind {
    Rebate,
    MarketDevelopment,
    Billback,
    Chargeback,
    Royalty,
    Loyalty,
    Incentive,
}

impl ProgramKind {
    pub fn as_str(self) -> &'static str {
        [
            "rebate",
            "market-development",
            "billback",
            "chargeback",
            "royalty",
            "loyalty",
            "incentive",
        ][self as usize]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Debit,
    Credit,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    pub code: String,
    pub title: String,
    /// `currency` for money in the program's currency, otherwise the unit itself.
    pub unit: String,
    pub side: Side,
}

/// The unit that stands for the program's currency.
pub const CURRENCY_UNIT: &str = "currency";
/// The balance that settlement fills; the host's alone.
pub const SETTLED: &str = "settled";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: String,
    pub text: String,
}

/// How requests and claims are written, and which balances they move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimHandling {
    /// JSON Schema 2020-12 of an object with the properties `fields` and `line`.
    pub claim_schema: String,
    pub request_schema: Option<String>,
    /// Fields of a line that together are its natural key.
    pub line_key: Vec<String>,
    pub from: String,
    pub committed: Option<String>,
    pub to: String,
    /// The expense that bears what is written off.
    pub written_off: Option<String>,
}

impl ClaimHandling {
    /// The balances that claims draw on and that must not be overdrawn: a fund and what is promised of it. An expense may be.
    pub fn funds<'a>(&'a self, descriptor: &'a Descriptor) -> Vec<&'a str> {
        [Some(&self.from), self.committed.as_ref()]
            .into_iter()
            .flatten()
            .filter(|code| {
                descriptor
                    .balance(code)
                    .is_some_and(|balance| balance.side == Side::Credit)
            })
            .map(|code| &**code)
            .collect()
    }

    /// The codes of the balances it names, `from`, `committed`, `to`, then `written-off`.
    pub fn balances(&self) -> impl Iterator<Item = &str> {
        [
            Some(&self.from),
            self.committed.as_ref(),
            Some(&self.to),
            self.written_off.as_ref(),
        ]
        .into_iter()
        .flatten()
        .map(String::as_str)
    }

    /// The codes of those whose holdings a claim's context tells, in their order.
    pub fn told(&self) -> impl Iterator<Item = &str> {
        [Some(&self.from), self.committed.as_ref(), Some(&self.to)]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    pub id: String,
    pub title: String,
    pub vendor: String,
    pub version: String,
    pub kind: ProgramKind,
    pub columns: Vec<Column>,
    pub profile_attributes: Vec<String>,
    pub transaction_attributes: Vec<String>,
    pub balances: Vec<Balance>,
    /// JSON Schema 2020-12, as the plugin wrote it.
    pub terms_schema: String,
    /// Present exactly when it rules on claims.
    pub claims: Option<ClaimHandling>,
    pub messages: Vec<Message>,
    pub order_independent: bool,
}

impl Descriptor {
    pub fn balance(&self, code: &str) -> Option<&Balance> {
        self.balances.iter().find(|balance| balance.code == code)
    }
}

/// What an administrator lets a plugin see; always part of what its descriptor asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub columns: Vec<Column>,
    pub profile_attributes: Vec<String>,
    pub transaction_attributes: Vec<String>,
}

impl Grant {
    /// Everything that the descriptor asks for.
    pub fn all_of(descriptor: &Descriptor) -> Self {
        Self {
            columns: descriptor.columns.clone(),
            profile_attributes: descriptor.profile_attributes.clone(),
            transaction_attributes: descriptor.transaction_attributes.clone(),
        }
    }

    /// Refuses a plan that needs a column or attribute that was not declared, or not granted.
    pub fn allows(&self, descriptor: &Descriptor, plan: &Plan) -> Result<()> {
        for column in &plan.columns {
            let name = column.as_str();
            if !descriptor.columns.contains(column) {
                return Err(Error::new(format!(
                    "plugin `{}` plans the column `{name}`, which its descriptor does not declare",
                    descriptor.id
                )));
            }
            if !self.columns.contains(column) {
                return Err(Error::new(format!(
                    "these terms need the column `{name}`, which plugin `{}` was not granted: grant it or change the terms",
                    descriptor.id
                )));
            }
        }
        if let Some(code) = plan.balances.iter().find(|code| descriptor.balance(code).is_none()) {
            return Err(Error::new(format!(
                "plugin `{}` plans the balance `{code}`, which its descriptor does not declare",
                descriptor.id
            )));
        }
        for name in &plan.attributes {
            if !descriptor.transaction_attributes.contains(name) {
                return Err(Error::new(format!(
                    "plugin `{}` plans the transaction attribute `{name}`, which its descriptor does not declare",
                    descriptor.id
                )));
            }
            if !self.transaction_attributes.contains(name) {
                return Err(Error::new(format!(
                    "these terms need the transaction attribute `{name}`, which plugin `{}` was not granted: grant it or change the terms",
                    descriptor.id
                )));
            }
        }
        Ok(())
    }
}

/// Rows to gather besides those of the period that is calculated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Window {
    PreviousPeriod,
    SamePeriodLastYear,
    YearToDate,
    SinceStart,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProductTest {
    /// The category path or any below it.
    Category(String),
    Sku(String),
    Attribute(String, String),
}

impl ProductTest {
    fn holds(&self, product: &Product) -> bool {
        match self {
            ProductTest::Category(path) => product
                .category
                .strip_prefix(path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            ProductTest::Sku(sku) => product.sku == *sku,
            ProductTest::Attribute(name, value) => product.attributes.get(name) == Some(value),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    pub name: String,
    pub include: Vec<ProductTest>,
    pub exclude: Vec<ProductTest>,
}

impl Selector {
    /// A row without a product belongs only to a selector without tests.
    pub fn wants(&self, product: Option<&Product>) -> bool {
        match product {
            None => self.include.is_empty() && self.exclude.is_empty(),
            Some(product) => {
                (self.include.is_empty() || self.include.iter().any(|test| test.holds(product)))
                    && !self.exclude.iter().any(|test| test.holds(product))
            }
        }
    }
}

/// What to gather before the calculation with some terms is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub kinds: Vec<RowKind>,
    pub dates_by: DateBasis,
    pub windows: Vec<Window>,
    /// 0: own rows only; absent: all accounts below.
    pub roll_up_levels: Option<u32>,
    pub columns: Vec<Column>,
    pub attributes: Vec<String>,
    pub selectors: Vec<Selector>,
    /// Codes of figures that must be agreed with each participant.
    pub agreed: Vec<String>,
    /// Codes of the balances whose opening amount is needed.
    pub balances: Vec<String>,
    /// Whether claims come with special price agreements.
    pub agreements: bool,
    /// Whether claims come with reported stock.
    pub inventory: bool,
}

pub const MAX_SELECTORS: usize = 32;

impl Plan {
    /// Which selectors want a row with this product, as bits; 0 also where there are no selectors. See [`Plan::sends`].
    pub fn selector_bits(&self, product: Option<&Product>) -> u32 {
        self.selectors
            .iter()
            .enumerate()
            .filter(|(_, selector)| selector.wants(product))
            .fold(0, |bits, (n, _)| bits | 1 << n)
    }

    /// Whether a row with these selector bits is sent.
    pub fn sends(&self, selector_bits: u32) -> bool {
        self.selectors.is_empty() || selector_bits != 0
    }

    /// What is wrong with the plan whatever the terms: the plugin's mistake.
    pub fn check(&self) -> Result<()> {
        if self.selectors.len() > MAX_SELECTORS {
            return Err(Error::new(format!(
                "the plan has {} selectors; at most {MAX_SELECTORS} fit a row's mask",
                self.selectors.len()
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(sku: &str, category: &str) -> Product {
        Product {
            id: String::from(sku).into(),
            ordinal: 1,
            sku: sku.into(),
            name: sku.into(),
            category: category.into(),
            attributes: [("brand".into(), "acme".into())].into(),
        }
    }

    #[test]
    fn a_selector_takes_a_category_and_all_below_it_but_not_its_namesake() {
        let kitchen = Selector {
            name: "kitchen".into(),
            include: vec![ProductTest::Category("goods/kitchen".into())],
            exclude: vec![ProductTest::Sku("22".into())],
        };
        assert!(kitchen.wants(Some(&product("21", "goods/kitchen/cups"))));
        assert!(!kitchen.wants(Some(&product("21", "goods/kitchenette"))));
        assert!(!kitchen.wants(Some(&product("22", "goods/kitchen"))));
        assert!(!kitchen.wants(None));
    }

    #[test]
    fn a_row_no_selector_wants_is_not_sent() {
        let mut plan = Plan {
            kinds: vec![RowKind::Sale],
            dates_by: DateBasis::Transaction,
            windows: vec![],
            roll_up_levels: Some(0),
            columns: vec![],
            attributes: vec![],
            selectors: vec![Selector {
                name: "acme".into(),
                include: vec![ProductTest::Attribute("brand".into(), "acme".into())],
                exclude: vec![],
            }],
            agreed: vec![],
            balances: vec![],
            agreements: false,
            inventory: false,
        };
        assert_eq!(plan.selector_bits(Some(&product("1", ""))), 1);
        assert!(!plan.sends(plan.selector_bits(None)));
        plan.selectors.clear();
        assert!(plan.sends(plan.selector_bits(None)));
    }
}
