//! Whether terms are sound: every problem with its place.

use std::collections::BTreeSet;

use gtm_sdk::explanation::rule_name;
use gtm_sdk::{Micros, Problem};

use crate::terms::{Authorised, Claims, NewPrice, PriceChange, Terms};

/// Everything that is wrong with the terms, in the order in which they are written.
pub fn problems(terms: &Terms) -> Vec<Problem> {
    let eligibility = terms.eligibility.problems().into_iter();
    let mut found: Vec<Problem> = eligibility.map(|problem| problem.within("/eligibility")).collect();
    if terms.claims.is_none() && terms.price_changes.is_empty() {
        let message = "the terms neither take claims nor protect stock: give `claims`, `price-changes` or both";
        found.push(Problem::new("no-terms", message).at(""));
    }
    if let Some(claims) = &terms.claims {
        found.extend(of_claims(claims).into_iter().map(|problem| problem.within("/claims")));
    }
    let mut names = BTreeSet::new();
    for (number, change) in terms.price_changes.iter().enumerate() {
        let mut changes = of_change(change);
        if !names.insert(&change.rule) {
            let message = format!("two price changes are called `{}`: give each its own name", change.rule);
            changes.push(Problem::new("rule-twice", &message).at("/rule"));
        }
        let path = format!("/price-changes/{number}");
        found.extend(changes.into_iter().map(|problem| problem.within(&path)));
    }
    found
}

fn of_claims(claims: &Claims) -> Vec<Problem> {
    let margin = match claims.authorised {
        Authorised::Agreement => None,
        Authorised::MarginPercent(rate) => rate.no_part().map(|problem| problem.at("/authorised/margin-percent")),
        Authorised::MarginAmount(amount) => {
            not_negative("margin-amount", amount).map(|problem| problem.at("/authorised/margin-amount"))
        }
    };
    let tolerance = claims.tolerance.problems().into_iter();
    margin
        .into_iter()
        .chain(tolerance.map(|problem| problem.within("/tolerance")))
        .collect()
}

fn of_change(change: &PriceChange) -> Vec<Problem> {
    let mut found: Vec<Problem> = rule_name(&change.rule)
        .map(|problem| problem.at("/rule"))
        .into_iter()
        .collect();
    if change.prices.is_empty() {
        found.push(Problem::new("no-prices", "the change has no price: give at least one").at("/prices"));
    }
    for (number, price) in change.prices.iter().enumerate() {
        let path = format!("/prices/{number}");
        found.extend(of_price(price).into_iter().map(|problem| problem.within(&path)));
    }
    if change.reported_within_days > 366 {
        let message = "stock that is reported more than 366 days later says nothing about the day: give fewer days";
        found.push(Problem::new("days", message).at("/reported-within-days"));
    }
    if change
        .bought_within_days
        .is_some_and(|days| !(1..=3660).contains(&days))
    {
        let message = "give from 1 to 3660 days, or leave `bought-within-days` out to protect all that is on hand";
        found.push(Problem::new("days", message).at("/bought-within-days"));
    }
    let limit = change.limit.and_then(|limit| not_negative("limit", limit));
    found.extend(limit.map(|problem| problem.at("/limit")));
    found
}

fn of_price(price: &NewPrice) -> Vec<Problem> {
    let products = price.products.problems().into_iter();
    let mut found: Vec<Problem> = products.map(|problem| problem.within("/products")).collect();
    for (name, amount) in [("old", price.old), ("new", price.new)] {
        found.extend(not_negative(name, amount).map(|problem| problem.at(format!("/{name}"))));
    }
    if price.old == price.new {
        let message = format!("the price stays {}: give another one, or take it away", price.old);
        found.push(Problem::new("price-same", &message).at("/new"));
    }
    found
}

fn not_negative(name: &str, amount: Micros) -> Option<Problem> {
    (amount < Micros::ZERO).then(|| Problem::new("amount-negative", &format!("`{name}` cannot be below 0")))
}
