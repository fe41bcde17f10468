//! Whether terms are sound: every problem with its place.

use std::collections::BTreeSet;

use gtm_sdk::bands::{Band, Bands, Ends};
use gtm_sdk::explanation::rule_name;
use gtm_sdk::{Micros, Problem};

use crate::terms::{Pays, Promotion, Step, Terms};

/// Everything that is wrong with the terms, in the order in which they are written.
pub fn problems(terms: &Terms) -> Vec<Problem> {
    let eligibility = terms.eligibility.problems().into_iter();
    let mut found: Vec<Problem> = eligibility.map(|problem| problem.within("/eligibility")).collect();
    if terms.promotions.is_empty() {
        found.push(Problem::new("no-promotions", "the terms have no promotion: give at least one").at("/promotions"));
    }
    let mut names = BTreeSet::new();
    for (number, promotion) in terms.promotions.iter().enumerate() {
        let path = format!("/promotions/{number}");
        let mut promotions = check(promotion);
        if !names.insert(&promotion.rule) {
            let message = format!("two promotions are called `{}`: give each its own name", promotion.rule);
            promotions.push(Problem::new("rule-twice", &message).at("/rule"));
        }
        found.extend(promotions.into_iter().map(|problem| problem.within(&path)));
    }
    let tolerance = terms.write_off.problems().into_iter();
    found.extend(tolerance.map(|problem| problem.within("/write-off")));
    found
}

fn check(promotion: &Promotion) -> Vec<Problem> {
    let mut found: Vec<Problem> = rule_name(&promotion.rule)
        .map(|problem| problem.at("/rule"))
        .into_iter()
        .collect();
    if promotion.end < promotion.start {
        let message = format!(
            "the promotion ends on {} before it begins on {}: let it end later",
            promotion.end, promotion.start
        );
        found.push(Problem::new("promotion-days", &message).at("/end"));
    }
    let products = promotion.products.problems().into_iter();
    found.extend(products.map(|problem| problem.within("/products")));
    match &promotion.pays {
        Pays::PerUnit(steps) => {
            if let Err(problems) = bands(steps) {
                let place = |mut problem: Problem| {
                    // The SDK calls the end of a band `to`.
                    problem.path = problem.path.map(|path| path.replace("/to", "/until"));
                    problem.within("/pays/per-unit")
                };
                found.extend(problems.into_iter().map(place));
            }
            for (number, step) in steps.iter().enumerate() {
                if step.amount < Micros::ZERO || step.from < Micros::ZERO {
                    let message = "neither a step nor its amount is below 0";
                    found.push(Problem::new("amount-negative", message).at(format!("/pays/per-unit/{number}")));
                }
            }
        }
        Pays::Percent(rate) => {
            found.extend(rate.no_part().map(|problem| problem.at("/pays/percent")));
        }
        Pays::LumpSum(amount) if *amount < Micros::ZERO => {
            found.push(Problem::new("amount-negative", "a lump sum cannot be below 0").at("/pays/lump-sum"));
        }
        Pays::LumpSum(_) => {}
    }
    if promotion.limit.is_some_and(|limit| limit < Micros::ZERO) {
        found.push(Problem::new("amount-negative", "`limit` cannot be below 0").at("/limit"));
    }
    found
}

/// The steps as bands of whole units: each begins one unit after the one before ends. The value is the place of the step.
///
/// Errors: gaps, overlaps, no step.
pub fn bands(steps: &[Step]) -> Result<Bands<usize>, Vec<Problem>> {
    let band = |(place, step): (usize, &Step)| Band {
        from: step.from,
        to: step.until,
        value: place,
    };
    let ends = Ends::UpperIncluded { step: Micros::whole(1) };
    Bands::new(steps.iter().enumerate().map(band).collect(), ends)
}
