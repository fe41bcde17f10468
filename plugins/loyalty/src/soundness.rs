//! Whether terms are sound: every problem with its place, before anybody earns by them.

use std::collections::BTreeSet;

use gtm_sdk::explanation::rule_name;
use gtm_sdk::money::UNIT;
use gtm_sdk::{Micros, Problem, Rate};

use crate::terms::{After, By, CountsFor, Expiry, Liability, Terms, TierWindow, Tiers};

/// The rules that every program has besides those that earn.
pub const RESERVED: [&str; 8] = [
    "released",
    "redeemed",
    "expired",
    "adjusted",
    "balance",
    "tier",
    "deferred",
    "recognised",
];

/// The longest window or expiry, in months: a hundred years.
const MONTHS: u32 = 1_200;

/// The largest multiplier, and the most points for a step.
const LARGEST: Micros = Micros::whole(1_000_000);

/// Everything that is wrong with the terms, in the order in which they are written.
pub fn problems(terms: &Terms) -> Vec<Problem> {
    let eligibility = terms.eligibility.problems().into_iter();
    let mut found: Vec<Problem> = eligibility.map(|problem| problem.within("/eligibility")).collect();
    check_earning(terms, &mut found);
    check_campaigns(terms, &mut found);
    if let Some(tiers) = &terms.tiers {
        check_tiers(terms, tiers, &mut found);
    }
    if terms.pending_days > 3_650 {
        found.push(
            Problem::new(
                "pending-days",
                "points cannot be pending for more than 3650 days: give fewer",
            )
            .at("/pending-days"),
        );
    }
    if let Some(expiry) = terms.expiry {
        check_expiry(terms.pending_days, expiry, &mut found);
    }
    if let Some(liability) = &terms.liability {
        check_liability(liability, &mut found);
    }
    found
}

fn check_earning(terms: &Terms, found: &mut Vec<Problem>) {
    if terms.earn.is_empty() {
        found.push(Problem::new("no-rules", "nothing earns points: give at least one rule").at("/earn"));
    }
    let mut names = BTreeSet::new();
    for (number, rule) in terms.earn.iter().enumerate() {
        let path = format!("/earn/{number}");
        found.extend(rule_name(&rule.rule).map(|problem| problem.at(format!("{path}/rule"))));
        if RESERVED.contains(&&*rule.rule) {
            let message = format!(
                "`{}` is the name of a rule that every program has: give another",
                rule.rule
            );
            found.push(Problem::new("rule-reserved", &message).at(format!("{path}/rule")));
        }
        if !names.insert(&rule.rule) {
            let message = format!("two rules are called `{}`: give each its own name", rule.rule);
            found.push(Problem::new("rule-twice", &message).at(format!("{path}/rule")));
        }
        let products = rule.products.problems().into_iter();
        found.extend(products.map(|problem| problem.within(&format!("{path}/products"))));
        above_zero("per", rule.per, &path, found);
        multiplies("points", rule.points, &path, found);
        if rule.counts_for == CountsFor::Tier && terms.tiers.is_none() {
            let message = "there are no tiers to count for: give `tiers`, or let the points be spent";
            found.push(Problem::new("counts-for", message).at(format!("{path}/counts-for")));
        }
    }
}

fn check_campaigns(terms: &Terms, found: &mut Vec<Problem>) {
    for (number, campaign) in terms.campaigns.iter().enumerate() {
        let path = format!("/campaigns/{number}");
        if campaign.end < campaign.start {
            let message = format!(
                "the campaign ends on {} before it begins on {}: let it end later",
                campaign.end, campaign.start
            );
            found.push(Problem::new("campaign-days", &message).at(format!("{path}/end")));
        }
        multiplies("multiplier", campaign.multiplier, &path, found);
        for (place, name) in campaign.rules.iter().enumerate() {
            if !terms.earn.iter().any(|rule| rule.rule == *name) {
                let message = format!("no rule is called `{name}`: name one of `earn`");
                found.push(Problem::new("campaign-rule", &message).at(format!("{path}/rules/{place}")));
            }
        }
    }
}

fn check_tiers(terms: &Terms, tiers: &Tiers, found: &mut Vec<Problem>) {
    if let TierWindow::RollingMonths(months) = tiers.window
        && !(1..=MONTHS).contains(&months)
    {
        let message = format!("a window of {months} months cannot be counted: give 1 to {MONTHS}");
        found.push(Problem::new("window-months", &message).at("/tiers/window"));
    }
    if terms.earn.iter().all(|rule| rule.counts_for == CountsFor::Spending) {
        let message = "no rule counts for the tier: let one, or leave `tiers` out";
        found.push(Problem::new("tiers-unreachable", message).at("/tiers"));
    }
    if tiers.tiers.is_empty() {
        found.push(Problem::new("tier-none", "there is no tier: give at least one").at("/tiers/tiers"));
    }
    let mut names = BTreeSet::new();
    for (number, tier) in tiers.tiers.iter().enumerate() {
        let path = format!("/tiers/tiers/{number}");
        if tier.tier.is_empty() || tier.tier.len() > 60 || !names.insert(&tier.tier) {
            let message = "a tier has a name of its own of up to 60 letters";
            found.push(Problem::new("tier-name", message).at(format!("{path}/tier")));
        }
        check_rules(tiers, number, &path, found);
        if let Some(multiplier) = tier.multiplier {
            multiplies("multiplier", multiplier, &path, found);
        }
        if let Some(per) = tier.per {
            above_zero("per", per, &path, found);
        }
    }
}

/// Whichever rule is looked at, a higher tier asks for more.
fn check_rules(tiers: &Tiers, number: usize, path: &str, found: &mut Vec<Problem>) {
    let rules: Vec<_> = tiers.rules(&tiers.tiers[number]).collect();
    for (place, rule) in rules.iter().enumerate() {
        let path = match place.checked_sub(1) {
            None => path.to_owned(),
            Some(other) => format!("{path}/or/{other}"),
        };
        let mut below = tiers.tiers[..number].iter().flat_map(|tier| tiers.rules(tier));
        let least = if place == 0 { Micros::ZERO } else { Micros(1) };
        if rule.from < least || below.any(|other| other.by == rule.by && rule.from <= other.from) {
            let message = "give the tiers in ascending order, none below 0 and each beginning once; another rule that is enough begins above 0";
            found.push(Problem::new("tier-order", message).at(format!("{path}/from")));
        }
        if matches!(rule.by, By::Points | By::Purchases) && rule.from.0 % UNIT != 0 {
            let message = format!("{} is no number of points or purchases: they are whole", rule.from);
            found.push(Problem::new("points-fraction", &message).at(format!("{path}/from")));
        }
        if rules[..place].iter().any(|other| other.by == rule.by) {
            let message = "the tier counts by this already, and the lower number is enough: leave the other out";
            found.push(Problem::new("tier-rule-twice", message).at(format!("{path}/by")));
        }
    }
}

/// A lot must not expire while it is pending; a month has at least 28 days.
fn check_expiry(pending_days: u32, expiry: Expiry, found: &mut Vec<Problem>) {
    let (count, most, days) = match expiry.after {
        After::Days(days) => (days, MONTHS * 30, u64::from(days)),
        After::Months(months) | After::InactiveMonths(months) => (months, MONTHS, u64::from(months) * 28),
        After::Years(years) => (years, MONTHS / 12, u64::from(years) * 365),
    };
    if !(1..=most).contains(&count) {
        let message = format!("points cannot expire after {count}: give 1 to {most}");
        found.push(Problem::new("expiry", &message).at("/expiry/after"));
    } else if days <= u64::from(pending_days) {
        let message =
            "the points would expire before they can be spent: let them expire later, or be pending for fewer days";
        found.push(Problem::new("expiry-pending", message).at("/expiry/after"));
    }
}

fn check_liability(liability: &Liability, found: &mut Vec<Problem>) {
    let value = liability.value_per_point;
    if value <= Micros::ZERO || value > LARGEST {
        let message = format!("a point cannot be worth {value}: give an amount above 0 and up to {LARGEST}");
        found.push(Problem::new("value-per-point", &message).at("/liability/value-per-point"));
    }
    if liability.expected_use.is_empty() {
        let message = "nothing says how many points are expected to be used: give at least one rate";
        found.push(Problem::new("no-estimate", message).at("/liability/expected-use"));
    }
    for (number, estimate) in liability.expected_use.iter().enumerate() {
        let path = format!("/liability/expected-use/{number}");
        let whole = Rate::from_fraction(1.into()).ok();
        if estimate.rate <= Rate::ZERO || Some(estimate.rate) > whole || estimate.rate.fraction().scale() > 6 {
            let message = format!(
                "{} cannot be expected: give a rate above 0 % and up to 100 %, of at most six decimals as a fraction",
                estimate.rate
            );
            found.push(Problem::new("rate-bounds", &message).at(format!("{path}/rate")));
        }
        let before = number.checked_sub(1).map(|before| liability.expected_use[before].from);
        if before.is_some_and(|before| estimate.from <= before) {
            let message = "give the rates in the order of their days, one for each day";
            found.push(Problem::new("estimate-order", message).at(format!("{path}/from")));
        }
    }
}

fn above_zero(name: &str, value: Micros, path: &str, found: &mut Vec<Problem>) {
    if value <= Micros::ZERO {
        let message = format!("`{name}` is {value}: give a number above 0");
        found.push(Problem::new("above-zero", &message).at(format!("{path}/{name}")));
    }
}

fn multiplies(name: &str, value: Micros, path: &str, found: &mut Vec<Problem>) {
    if value <= Micros::ZERO || value > LARGEST {
        let message = format!("`{name}` is {value}: give a number above 0 and up to {LARGEST}");
        found.push(Problem::new("multiplier", &message).at(format!("{path}/{name}")));
    }
}
