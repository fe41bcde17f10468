//! What is sold, and the categories it stands in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::ProductId;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    pub id: ProductId,
    /// A small number that stands for the product in the journal and the segments.
    pub ordinal: i64,
    /// Unique.
    pub sku: String,
    pub name: String,
    /// Such as `goods/kitchen/cups`; empty when it is in no category.
    pub category: String,
    pub attributes: BTreeMap<String, String>,
}

/// A product as it comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewProduct {
    pub sku: String,
    pub name: String,
    #[serde(default)]
    pub category: String,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}
