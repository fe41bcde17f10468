//! The part of terms that says which rows are gathered: by which date, of which accounts, of which products.
//!
//! Product logic is the host's: a plan hands it one selector for each distinct set of products, the host marks each row with those that
//! want it, and the plugin tests bits.
//!
//! ```
//! use gtm_sdk::gathering::{ProductTest, Products, Selection};
//!
//! let cups = Products { include: vec![ProductTest::Category("goods/cups".into())], exclude: vec![] };
//! let everything = Products::default();
//! let selection = Selection::of([&cups, &everything, &cups]);
//! assert_eq!((selection.bit(&cups), selection.bit(&everything)), (0b01, 0b10));
//! assert_eq!(selection.selectors().unwrap().len(), 2);
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{DateBasis, Problem, Selector};

/// By which of its dates a row belongs to a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DatesBy {
    /// The date of the transaction itself.
    #[default]
    Transaction,
    Order,
    Ship,
    Invoice,
    /// Only what is paid for belongs to a period.
    Payment,
    Scan,
}

impl From<DatesBy> for DateBasis {
    fn from(dates_by: DatesBy) -> DateBasis {
        match dates_by {
            DatesBy::Transaction => DateBasis::Transaction,
            DatesBy::Order => DateBasis::Order,
            DatesBy::Ship => DateBasis::Ship,
            DatesBy::Invoice => DateBasis::Invoice,
            DatesBy::Payment => DateBasis::Payment,
            DatesBy::Scan => DateBasis::Scan,
        }
    }
}

/// How far the accounts below a participant count as its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RollUp {
    /// Only the participant's own rows.
    #[default]
    Own,
    /// So many levels of accounts below it.
    Levels(u32),
    /// All accounts below it.
    All,
}

impl RollUp {
    /// What a plan says for it.
    pub fn levels(self) -> Option<u32> {
        match self {
            RollUp::Own => Some(0),
            RollUp::Levels(levels) => Some(levels),
            RollUp::All => None,
        }
    }
}

/// The attribute that a return and its sale have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MatchedBy {
    Invoice,
    Order,
    Contract,
}

impl MatchedBy {
    /// The name that a plan asks for.
    pub fn attribute(self) -> &'static str {
        match self {
            MatchedBy::Invoice => "invoice",
            MatchedBy::Order => "order",
            MatchedBy::Contract => "contract",
        }
    }
}

/// A set of products. A product belongs to it when `include` is empty or one of its tests holds, and no test of `exclude` does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Products {
    #[serde(default)]
    pub include: Vec<ProductTest>,
    #[serde(default)]
    pub exclude: Vec<ProductTest>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ProductTest {
    /// A category path such as `goods/kitchen`, with all below it.
    Category(String),
    /// One product.
    Sku(String),
    /// A product attribute with this value.
    Attribute { name: String, value: String },
}

impl Products {
    /// Tests that cannot be meant, each with its place relative to the set, such as `/include/0`.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (list, tests) in [("include", &self.include), ("exclude", &self.exclude)] {
            for (number, test) in tests.iter().enumerate() {
                let problem = match test {
                    ProductTest::Category(category) if category.split('/').any(str::is_empty) => {
                        let message = format!("`{category}` is no category path: write one like `goods/kitchen`");
                        Problem::new("category", &message)
                    }
                    ProductTest::Sku(name) | ProductTest::Attribute { name, .. } if name.is_empty() => Problem::new(
                        "product-test",
                        "the name is empty: name a product or an attribute, or take the test away",
                    ),
                    _ => continue,
                };
                problems.push(problem.at(format!("/{list}/{number}")));
            }
        }
        problems
    }
}

/// Stands for every row, where the plan has no selectors.
pub const EVERY_ROW: u32 = u32::MAX;

/// The most selectors that a row has bits for.
const SELECTORS: usize = 32;

/// The distinct sets of products that some terms name; none when all of them take every product.
#[derive(Debug)]
pub struct Selection<'a>(Vec<&'a Products>);

impl<'a> Selection<'a> {
    pub fn of(sets: impl IntoIterator<Item = &'a Products>) -> Self {
        let mut distinct: Vec<&Products> = Vec::new();
        for set in sets {
            if !distinct.contains(&set) {
                distinct.push(set);
            }
        }
        if distinct.iter().all(|set| **set == Products::default()) {
            distinct.clear();
        }
        Selection(distinct)
    }

    /// The bit of a set in a row's selectors; [`EVERY_ROW`] when there are no selectors.
    pub fn bit(&self, products: &Products) -> u32 {
        match self.0.iter().position(|set| *set == products) {
            Some(number) => 1u32.checked_shl(number as u32).unwrap_or(0),
            None => EVERY_ROW,
        }
    }

    /// The selectors of the plan. Errors: more sets than a row has bits; put the place of the rules on it.
    pub fn selectors(&self) -> Result<Vec<Selector>, Problem> {
        if self.0.len() > SELECTORS {
            let message = format!(
                "the rules name {} different sets of products and a row has room for {SELECTORS}: make two programs of them",
                self.0.len()
            );
            return Err(Problem::new("too-many-selectors", &message));
        }
        let tests = |tests: &[ProductTest]| tests.iter().map(product_test).collect();
        let selector = |(number, products): (usize, &&Products)| Selector {
            name: format!("products-{}", number + 1),
            include: tests(&products.include),
            exclude: tests(&products.exclude),
        };
        Ok(self.0.iter().enumerate().map(selector).collect())
    }
}

fn product_test(test: &ProductTest) -> crate::ProductTest {
    match test {
        ProductTest::Category(path) => crate::ProductTest::Category(path.clone()),
        ProductTest::Sku(sku) => crate::ProductTest::Sku(sku.clone()),
        ProductTest::Attribute { name, value } => crate::ProductTest::Attribute((name.clone(), value.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sku(name: &str) -> Products {
        Products {
            include: vec![ProductTest::Sku(name.to_owned())],
            exclude: vec![],
        }
    }

    #[test]
    fn terms_that_take_every_product_need_no_selector() {
        let everything = Products::default();
        let selection = Selection::of([&everything, &everything]);
        assert!(selection.selectors().unwrap().is_empty());
        assert_eq!(selection.bit(&everything), EVERY_ROW);
    }

    #[test]
    fn more_sets_than_a_row_has_bits_are_refused() {
        let sets: Vec<Products> = (0..33).map(|number| sku(&number.to_string())).collect();
        assert_eq!(Selection::of(&sets[..32]).selectors().unwrap().len(), 32);
        assert_eq!(Selection::of(&sets).selectors().unwrap_err().code, "too-many-selectors");
    }

    #[test]
    fn a_test_that_cannot_be_meant_is_named_with_its_place() {
        let mut products = sku("");
        products.exclude.push(ProductTest::Category("goods//cups".to_owned()));
        let problems = products.problems();
        let places: Vec<_> = problems
            .iter()
            .map(|problem| problem.path.as_deref().unwrap())
            .collect();
        assert_eq!(places, ["/include/0", "/exclude/0"]);
    }
}
