//! What is due, split over what it was earned on.

use gtm_sdk::apportion::apportion;
use gtm_sdk::{Context, Micros, Problem};

use crate::reckon::Reckoned;
use crate::volume::Shares;

/// A part of what is due.
pub struct Share<'a> {
    pub of: Of<'a>,
    pub volume: Micros,
    pub amount: Micros,
}

/// What a part was earned on: a product by its sku, or a row by its position.
pub enum Of<'a> {
    Product(&'a str),
    Row(u64),
}

/// The parts, ordered by sku or position, so that the order of rows does not matter; none where nothing is due, or nothing was
/// bought that could have a part. What was returned more than bought has no part in what is earned.
pub fn split<'a>(shares: &Shares, context: &'a Context, reckoned: &Reckoned) -> Result<Vec<Share<'a>>, Problem> {
    if reckoned.due.amount == Micros::ZERO {
        return Ok(Vec::new());
    }
    let mut volumes: Vec<(Of<'a>, Micros)> = Vec::new();
    match shares.by_product() {
        Some(products) => {
            let mut products: Vec<_> = context.products.iter().zip(products).collect();
            products.sort_by_key(|(product, _)| &product.sku);
            for (product, volume) in products {
                volumes.push((Of::Product(&product.sku), volume.micros()?));
            }
        }
        None => {
            let mut rows = shares.by_row().to_vec();
            rows.sort_unstable();
            volumes.extend(rows.into_iter().map(|(position, volume)| (Of::Row(position), volume)));
        }
    }
    volumes.retain(|(_, volume)| *volume > Micros::ZERO);
    if volumes.is_empty() {
        return Ok(Vec::new());
    }
    let weights: Vec<Micros> = volumes.iter().map(|(_, volume)| *volume).collect();
    let amounts = apportion(reckoned.due.amount, &weights, reckoned.digits)?;
    Ok(volumes
        .into_iter()
        .zip(amounts)
        .map(|((of, volume), amount)| Share { of, volume, amount })
        .collect())
}
