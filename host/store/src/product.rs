//! What is sold.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::id::ProductId;
use domain::product::{NewProduct, Product};
use serde_json::json;
use sqlx::types::Json;

use crate::account::Added;
use crate::bulk::list;
use crate::{Result, Snapshot, Tx};

#[derive(sqlx::FromRow)]
struct ProductRow {
    id: String,
    ordinal: i64,
    sku: String,
    name: String,
    category: String,
    attributes: Json<BTreeMap<String, String>>,
}

impl Tx {
    /// Adds those whose sku is not there yet.
    pub async fn add_products(&mut self, products: &[NewProduct]) -> Result<Added> {
        // Holds the counter, so that nobody adds the same skus in between.
        self.advance("products", 0).await?;
        let skus: Vec<&str> = products.iter().map(|product| &*product.sku).collect();
        let known = self.product_ordinals(&skus).await?;
        let mut added = Added::default();
        let mut seen = HashSet::new();
        let mut new: Vec<(ProductId, &NewProduct)> = Vec::new();
        for (place, product) in products.iter().enumerate() {
            if product.sku.trim().is_empty() {
                added.refused.push((place, "a product needs a sku".to_owned()));
            } else if known.contains_key(&product.sku) || !seen.insert(&*product.sku) {
                added.existing += 1;
            } else {
                new.push((self.ids.next(self.at), product));
            }
        }
        added.new = new.len();
        if new.is_empty() {
            return Ok(added);
        }
        let last = self.advance("products", new.len()).await?;
        let rows: Vec<_> = (last + 1..).zip(new).collect();
        let at = self.at;
        insert_many!(
            self,
            "insert into products (id, ordinal, sku, name, category, attributes, created_at) ",
            7,
            rows,
            "",
            |values, row| {
                let (ordinal, (id, product)) = row;
                values
                    .push_bind(id.as_str())
                    .push_bind(*ordinal)
                    .push_bind(&*product.sku)
                    .push_bind(&*product.name);
                values
                    .push_bind(&*product.category)
                    .push_bind(Json(&product.attributes))
                    .push_bind(at)
            }
        );
        self.note(
            "add-products",
            "products",
            json!({"new": added.new, "first_ordinal": last + 1}),
        );
        Ok(added)
    }
}

impl Snapshot {
    pub async fn product(&mut self, sku: &str) -> Result<Option<Product>> {
        let row: Option<ProductRow> = on_engine!(self, |conn| {
            sqlx::query_as("select id, ordinal, sku, name, category, attributes from products where sku = $1")
                .bind(sku)
                .fetch_optional(conn)
                .await
        })?;
        Ok(row.map(Product::from))
    }

    /// All of them, by ordinal.
    pub async fn products(&mut self) -> Result<Vec<Product>> {
        let rows: Vec<ProductRow> = on_engine!(self, |conn| {
            sqlx::query_as("select id, ordinal, sku, name, category, attributes from products order by ordinal")
                .fetch_all(conn)
                .await
        })?;
        Ok(rows.into_iter().map(Product::from).collect())
    }

    /// Those with these ordinals, by ordinal.
    pub async fn products_of(&mut self, ordinals: &[i64]) -> Result<Vec<Product>> {
        let ordinals = list(ordinals);
        let rows: Vec<ProductRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, ordinal, sku, name, category, attributes
                 from products
                 where ordinal in (select cast(value as bigint) from json_each($1))
                 order by ordinal",
            )
            .bind(&*ordinals)
            .fetch_all(conn)
            .await
        })?;
        Ok(rows.into_iter().map(Product::from).collect())
    }

    /// The ordinals of those skus that exist.
    pub async fn product_ordinals(&mut self, skus: &[&str]) -> Result<HashMap<String, i64>> {
        let skus = list(skus);
        let rows: Vec<(String, i64)> = on_engine!(self, |conn| {
            sqlx::query_as("select sku, ordinal from products where sku in (select value from json_each($1))")
                .bind(&*skus)
                .fetch_all(conn)
                .await
        })?;
        Ok(rows.into_iter().collect())
    }
}

impl From<ProductRow> for Product {
    fn from(row: ProductRow) -> Self {
        Product {
            id: row.id.into(),
            ordinal: row.ordinal,
            sku: row.sku,
            name: row.name,
            category: row.category,
            attributes: row.attributes.0,
        }
    }
}
