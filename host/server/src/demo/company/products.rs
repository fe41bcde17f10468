//! What is sold: a tree of categories with list prices and costs.

use std::collections::BTreeMap;

use domain::money::Micros;
use domain::product::NewProduct;

use super::Size;
use super::chance::Chance;

/// A product and how it sells.
#[derive(Debug)]
pub struct Article {
    pub product: NewProduct,
    /// Cents, of one unit, in 2024.
    pub list_price: i64,
    /// Cents, of one unit.
    pub cost: i64,
    /// The most that one line asks for.
    pub most: i64,
    /// How often it sells beside the others.
    pub weight: i64,
}

/// One line of the catalogue: it comes in several series.
struct Family {
    category: &'static str,
    code: &'static str,
    name: &'static str,
    unit: &'static str,
    /// Cents.
    prices: [i64; 2],
    most: i64,
    weight: i64,
}

const SERIES: [&str; 10] = [
    "Alba", "Brio", "Corda", "Duna", "Elva", "Fjord", "Gala", "Halo", "Isla", "Juno",
];

#[rustfmt::skip]
const CATALOGUE: [Family; 20] = [
    Family { category: "goods/machines/espresso", code: "ESP", name: "Espresso machine", unit: "each", prices: [180_000, 690_000], most: 3, weight: 2 },
    Family { category: "goods/machines/filter", code: "FIL", name: "Filter brewer", unit: "each", prices: [24_900, 89_000], most: 5, weight: 4 },
    Family { category: "goods/machines/grinder", code: "GRI", name: "Grinder", unit: "each", prices: [32_000, 145_000], most: 4, weight: 4 },
    Family { category: "goods/machines/kettle", code: "KET", name: "Kettle", unit: "each", prices: [4_900, 14_900], most: 12, weight: 6 },
    Family { category: "goods/coffee/blend", code: "BLE", name: "Coffee blend", unit: "kg", prices: [1_290, 2_190], most: 120, weight: 30 },
    Family { category: "goods/coffee/single-origin", code: "ORI", name: "Single origin", unit: "kg", prices: [1_990, 4_490], most: 60, weight: 20 },
    Family { category: "goods/coffee/decaf", code: "DEC", name: "Decaf", unit: "kg", prices: [1_690, 2_690], most: 40, weight: 10 },
    Family { category: "goods/coffee/capsules", code: "CAP", name: "Capsules", unit: "box", prices: [2_490, 3_990], most: 80, weight: 16 },
    Family { category: "goods/cups/porcelain", code: "POR", name: "Cup", unit: "each", prices: [390, 1_290], most: 144, weight: 14 },
    Family { category: "goods/cups/glass", code: "GLA", name: "Glass", unit: "each", prices: [290, 990], most: 144, weight: 12 },
    Family { category: "goods/cups/paper", code: "PAP", name: "Paper cups", unit: "box", prices: [3_900, 7_900], most: 30, weight: 18 },
    Family { category: "goods/accessories/filters", code: "PFI", name: "Filter papers", unit: "box", prices: [590, 1_490], most: 60, weight: 18 },
    Family { category: "goods/accessories/tampers", code: "TAM", name: "Tamper", unit: "each", prices: [1_990, 6_900], most: 6, weight: 4 },
    Family { category: "goods/accessories/pitchers", code: "PIT", name: "Milk pitcher", unit: "each", prices: [1_490, 3_990], most: 12, weight: 6 },
    Family { category: "goods/accessories/scales", code: "SCA", name: "Scale", unit: "each", prices: [3_900, 18_900], most: 4, weight: 3 },
    Family { category: "goods/care/cleaner", code: "CLE", name: "Cleaner", unit: "pack", prices: [890, 2_490], most: 48, weight: 12 },
    Family { category: "goods/care/descaler", code: "DES", name: "Descaler", unit: "pack", prices: [990, 1_990], most: 48, weight: 10 },
    Family { category: "goods/care/water", code: "WAT", name: "Water filter", unit: "each", prices: [3_490, 11_900], most: 12, weight: 8 },
    Family { category: "goods/parts", code: "PAR", name: "Spare parts kit", unit: "each", prices: [1_990, 24_900], most: 6, weight: 5 },
    Family { category: "charges/freight", code: "FRE", name: "Freight", unit: "each", prices: [1_500, 9_500], most: 1, weight: 6 },
];

pub fn articles(chance: &mut Chance, size: Size) -> Vec<Article> {
    let series = match size {
        Size::Full => &SERIES[..],
        Size::Small => &SERIES[..3],
    };
    let mut articles = Vec::with_capacity(CATALOGUE.len() * series.len());
    for family in &CATALOGUE {
        for (place, name) in series.iter().enumerate() {
            // Prices end in ten cents; cost is two fifths to three fifths of the list.
            let list_price = chance.between(family.prices[0] / 10, family.prices[1] / 10) * 10;
            let cost = list_price * chance.between(40, 60) / 100;
            let attributes = [
                ("list_price", euros(list_price)),
                ("cost", euros(cost)),
                ("unit", family.unit.to_owned()),
            ];
            let product = NewProduct {
                sku: format!("{}-{:03}", family.code, (place + 1) * 10),
                name: format!("{} {name}", family.name),
                category: family.category.to_owned(),
                attributes: attributes
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect::<BTreeMap<_, _>>(),
            };
            let weight = family.weight * chance.between(2, 9);
            articles.push(Article {
                product,
                list_price,
                cost,
                most: family.most,
                weight,
            });
        }
    }
    articles
}

/// Cents as people write them in a file.
pub fn euros(cents: i64) -> String {
    Micros(cents * 10_000).to_string()
}
