//! Whether terms are sound: every problem with its place, before anybody is paid by them.

use std::collections::BTreeSet;

use gtm_sdk::cap::Prorate;
use gtm_sdk::explanation::rule_name;
use gtm_sdk::{Micros, Problem};

use crate::terms::{Accumulate, Measure, Orders, Overpaid, Rule, Split, Terms};

mod tiers;

/// What a rule is called while what is not yet invoiced is accrued.
pub fn open_rule(rule: &str) -> String {
    format!("{rule}-open")
}

/// Everything that is wrong with the terms, in the order in which they are written.
pub fn problems(terms: &Terms) -> Vec<Problem> {
    let mut found = Found::default();
    if terms.rules.is_empty() {
        found.add("no-rules", "the terms have no rule: give at least one", "/rules");
    }
    found.add_within("/eligibility", Some(terms.eligibility.problems()));
    let mut names = BTreeSet::new();
    for (number, rule) in terms.rules.iter().enumerate() {
        found.rule = format!("/rules/{number}");
        check_name(rule, &mut names, &mut found);
        found.add_within("/products", Some(rule.products.problems()));
        if let Some(qualifier) = &rule.qualifier {
            found.add_within("/qualifier/products", Some(qualifier.products.problems()));
        }
        tiers::check(rule, &mut found);
        check_amounts(rule, &mut found);
        check_net_of(&terms.rules[..number], rule, &mut found);
    }
    found.problems
}

#[derive(Default)]
struct Found {
    rule: String,
    problems: Vec<Problem>,
}

impl Found {
    fn add(&mut self, code: &str, message: &str, path: &str) {
        self.problems
            .push(Problem::new(code, message).at(format!("{}{path}", self.rule)));
    }

    /// Problems that the SDK found in a part of the rule.
    fn add_within(&mut self, path: &str, problems: Option<Vec<Problem>>) {
        let place = format!("{}{path}", self.rule);
        let problems = problems.into_iter().flatten().map(|mut problem| {
            // The SDK calls the end of a band `to`.
            problem.path = problem.path.map(|path| {
                path.strip_suffix("/to")
                    .map_or(path.clone(), |tier| format!("{tier}/until"))
            });
            problem.within(&place)
        });
        self.problems.extend(problems);
    }
}

fn check_name(rule: &Rule, names: &mut BTreeSet<String>, found: &mut Found) {
    let name = &rule.rule;
    if let Some(problem) = rule_name(name) {
        found.add_within("/rule", Some(vec![problem]));
    }
    let open = (rule.counts.orders == Orders::Accrue).then(|| open_rule(name));
    for name in [Some(name.clone()), open].into_iter().flatten() {
        if names.contains(&name) {
            found.add(
                "rule-twice",
                &format!("two rules are called `{name}`: give each its own name"),
                "/rule",
            );
        }
        names.insert(name);
    }
}

fn check_amounts(rule: &Rule, found: &mut Found) {
    for (path, amount) in [
        ("/minimum-purchase", rule.minimum_purchase),
        ("/smallest-payment", rule.smallest_payment),
        ("/cap/period", rule.cap.and_then(|cap| cap.period)),
        ("/cap/year", rule.cap.and_then(|cap| cap.year)),
    ] {
        if amount.is_some_and(|amount| amount < Micros::ZERO) {
            found.add(
                "amount-negative",
                &format!("`{}` cannot be below 0", path.rsplit('/').next().unwrap_or(path)),
                path,
            );
        }
    }
    if let Some(cap) = rule.cap {
        if cap.period.is_none() && cap.year.is_none() {
            found.add("cap-empty", "the cap limits nothing: give `period` or `year`", "/cap");
        }
        for (path, limit) in [("/cap/period", cap.period), ("/cap/year", cap.year)] {
            if let (Some(limit), Some(minimum), Prorate::No) = (limit, rule.minimum, cap.prorate)
                && minimum > limit
            {
                found.add(
                    "cap-below-minimum",
                    &format!("the guaranteed minimum of {minimum} lies above the cap of {limit}"),
                    path,
                );
            }
        }
    }
    if rule.minimum.is_some_and(|minimum| minimum > Micros::ZERO) && rule.minimum_purchase.is_some() {
        found.add(
            "minimum-purchase-guarantee",
            "a guaranteed `minimum` and a `minimum-purchase` contradict each other: leave one out",
            "/minimum-purchase",
        );
    }
    if rule.rounding.digits.is_some_and(|digits| digits > 6) {
        found.add(
            "rounding-digits",
            "amounts have at most six decimals",
            "/rounding/digits",
        );
    }
    if rule.overpaid == Overpaid::CarryForward && rule.accumulate == Accumulate::EachPeriod {
        found.add(
            "overpaid-alone",
            "where each period stands alone nothing can be overpaid: leave `overpaid` out, or let the rule accumulate",
            "/overpaid",
        );
    }
}

fn check_net_of(before: &[Rule], rule: &Rule, found: &mut Found) {
    for (number, name) in rule.net_of.iter().enumerate() {
        let path = format!("/net-of/{number}");
        match before.iter().find(|earlier| earlier.rule == *name) {
            None => found.add(
                "net-of",
                &format!("no rule before this one is called `{name}`: rules are worked out in their order"),
                &path,
            ),
            Some(earlier) if earlier.grants_units() => {
                found.add(
                    "net-of-units",
                    &format!("rule `{name}` grants units, which cannot be taken off a value"),
                    &path,
                );
            }
            Some(_) => {}
        }
        if rule.net_of[..number].contains(name) {
            found.add("net-of-twice", &format!("rule `{name}` is named twice"), &path);
        }
    }
    if rule.net_of.is_empty() {
        return;
    }
    if rule.measure == Measure::Quantity {
        found.add(
            "net-of-quantity",
            "an amount cannot be taken off a quantity: let the rule measure a value",
            "/net-of",
        );
    }
    if rule.accumulate != Accumulate::EachPeriod
        || rule.cap.is_some_and(|cap| cap.year.is_some())
        || rule.counts.orders == Orders::Accrue
    {
        found.add("net-of-periods", "what other rules pay is known for this period only: let the rule stand alone, without a cap for the year and without accruing orders", "/net-of");
    }
    if rule.split != Split::None {
        found.add(
            "net-of-split",
            "what other rules pay cannot be told apart by product or row: leave `split` out",
            "/split",
        );
    }
}
