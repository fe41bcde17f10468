//! Whether terms are sound: every problem with its place, before anybody is paid by them.

use std::collections::BTreeSet;

use gtm_sdk::cap::Cap;
use gtm_sdk::explanation::rule_name;
use gtm_sdk::{Decimal, Micros, Problem, Rate, agreed};

use crate::account::clawback_rule;
use crate::statement::{DRAW, HOLDBACK, PAYMENT};
use crate::terms::{Component, Crediting, Quota, RoleCounts, Terms};

mod pays;
mod plan;

/// Everything that is wrong with the terms, in the order in which they are written.
pub fn problems(terms: &Terms) -> Vec<Problem> {
    let eligibility = terms.eligibility.problems().into_iter();
    let mut found: Vec<Problem> = eligibility.map(|problem| problem.within("/eligibility")).collect();
    if terms.components.is_empty() {
        found.push(Problem::new("no-components", "the terms have no component: give at least one").at("/components"));
    }
    check_names(terms, &mut found);
    for (number, component) in terms.components.iter().enumerate() {
        let mut of_component = Vec::new();
        check_component(component, terms, &mut of_component);
        let place = format!("/components/{number}");
        found.extend(of_component.into_iter().map(|problem| problem.within(&place)));
    }
    if let Some(crediting) = &terms.crediting {
        check_crediting(crediting, &mut found);
    }
    check_cap(terms.cap, &mut found);
    plan::check(terms, &mut found);
    found
}

fn check_names(terms: &Terms, found: &mut Vec<Problem>) {
    let mut taken: BTreeSet<String> = [HOLDBACK, DRAW, PAYMENT].map(str::to_owned).into();
    for (number, component) in terms.components.iter().enumerate() {
        let place = format!("/components/{number}/rule");
        found.extend(rule_name(&component.rule).map(|problem| problem.at(place.clone())));
        let clawback = terms.clawback.as_ref().map(|_| clawback_rule(component));
        for name in [Some(component.rule.clone()), clawback].into_iter().flatten() {
            if !taken.insert(name.clone()) {
                let message = format!("the name `{name}` is taken: give each component its own");
                found.push(Problem::new("rule-twice", &message).at(place.clone()));
            }
        }
    }
}

fn check_component(component: &Component, terms: &Terms, found: &mut Vec<Problem>) {
    let products = component.products.problems().into_iter();
    found.extend(products.map(|problem| problem.within("/products")));
    let when = &component.when;
    if let (Some(from), Some(until)) = (when.from, when.until)
        && from > until
    {
        let message = "the component ends before it begins: let `until` be `from` or later";
        found.push(Problem::new("days-order", message).at("/when/until"));
    }
    not_below_zero(when.at_least, "/when/at-least", found);
    if let Some(quota) = &component.quota {
        check_quota(quota, terms, found);
    }
    pays::check(component, found);
    check_cap(component.cap, found);
}

fn check_quota(quota: &Quota, terms: &Terms, found: &mut Vec<Problem>) {
    if quota.amount.is_some() || quota.agreed.is_some() {
        found.extend(agreed::check(quota.amount, quota.agreed.as_deref(), "/quota"));
    } else if terms.quota_plan.is_none() {
        let message = "the quota has no figure: give `amount` or `agreed`, or list the quotas in `quota-plan`";
        found.push(Problem::new("quota-missing", message).at("/quota"));
    }
}

fn check_cap(cap: Option<Cap>, found: &mut Vec<Problem>) {
    let Some(cap) = cap else { return };
    not_below_zero(cap.period, "/cap/period", found);
    not_below_zero(cap.year, "/cap/year", found);
    if cap.period.is_none() && cap.year.is_none() {
        let message = "the cap limits nothing: give `period` or `year`";
        found.push(Problem::new("cap-empty", message).at("/cap"));
    }
}

fn check_crediting(crediting: &Crediting, found: &mut Vec<Problem>) {
    let roles = match crediting {
        Crediting::Agreed(code) if code.is_empty() => {
            let message = "the figure has no code: name the one that is agreed with each participant";
            found.push(Problem::new("agreed-code", message).at("/crediting/agreed"));
            return;
        }
        Crediting::Agreed(_) => return,
        Crediting::Roles(roles) => roles,
    };
    let mut names = BTreeSet::new();
    let mut sum = Decimal::ZERO;
    for (number, role) in roles.iter().enumerate() {
        let place = format!("/crediting/roles/{number}");
        if !names.insert(&role.role) {
            let message = format!("the role `{}` is named twice: give it one share", role.role);
            found.push(Problem::new("role-twice", &message).at(format!("{place}/role")));
        }
        check_rate(role.share, &format!("{place}/share"), found);
        if role.counts == RoleCounts::Split {
            sum += role.share.fraction().min(Decimal::ONE);
        }
    }
    if sum != Decimal::ONE {
        let message = format!(
            "the shares of those who split a sale sum to {} %: let them sum to 100 %, or let what goes beyond it be an `overlay`",
            (sum * Decimal::ONE_HUNDRED).normalize()
        );
        found.push(Problem::new("role-shares", &message).at("/crediting/roles"));
    }
}

fn not_below_zero(amount: Option<Micros>, place: &str, found: &mut Vec<Problem>) {
    if amount.is_some_and(|amount| amount < Micros::ZERO) {
        let message = format!("`{}` cannot be below 0", place.rsplit('/').next().unwrap_or(place));
        found.push(Problem::new("amount-negative", &message).at(place));
    }
}

/// A tenth of a thousandth of a percent is finer than any contract, and keeps every product exact.
fn check_rate(rate: Rate, place: &str, found: &mut Vec<Problem>) {
    rate_within(rate, Decimal::ONE, "100 %", place, found);
}

/// A share of a quota, which may be exceeded.
fn check_attainment(rate: Rate, place: &str, found: &mut Vec<Problem>) {
    rate_within(rate, Decimal::ONE_HUNDRED, "10000 %", place, found);
}

fn rate_within(rate: Rate, most: Decimal, told: &str, place: &str, found: &mut Vec<Problem>) {
    if rate.is_negative() || rate.fraction() > most {
        let message = format!("a rate of {rate} cannot be meant: give one from 0 % to {told}");
        found.push(Problem::new("rate-bounds", &message).at(place));
    } else if rate.fraction().scale() > 8 {
        let message = format!("the rate {rate} has more than six decimals: round it");
        found.push(Problem::new("rate-digits", &message).at(place));
    }
}
