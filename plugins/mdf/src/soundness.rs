//! Whether terms are sound: every problem with its place, before anybody earns or asks by them.

use std::collections::BTreeSet;

use gtm_sdk::explanation::rule_name;
use gtm_sdk::{Day, Micros, Problem, Rate};

use crate::terms::{Activity, Basis, CoOp, Limit, Terms, Windows};

/// The most days and months that terms can name.
const DAYS: u32 = 3_650;
const MONTHS: u32 = 60;

/// 1970-01-01 and 2199-12-31, between which the first earning period begins.
const FIRST: Day = Day(0);
const LAST: Day = Day(84_005);

/// Everything that is wrong with the terms, in the order in which they are written.
pub fn problems(terms: &Terms) -> Vec<Problem> {
    let eligibility = terms.eligibility.problems().into_iter();
    let mut found: Vec<Problem> = eligibility.map(|problem| problem.within("/eligibility")).collect();
    if let Some(co_op) = terms.co_op() {
        check_co_op(co_op, &mut found);
    }
    if terms.activities.is_empty() {
        let message = "the fund pays for nothing: give at least one activity";
        found.push(Problem::new("no-activities", message).at("/activities"));
    }
    let mut names = BTreeSet::new();
    for (number, activity) in terms.activities.iter().enumerate() {
        let path = format!("/activities/{number}");
        let mut problems = check_activity(activity);
        if !names.insert(&activity.activity) {
            let message = format!(
                "two activities are called `{}`: give each its own name",
                activity.activity
            );
            problems.push(Problem::new("activity-twice", &message).at("/activity"));
        }
        found.extend(problems.into_iter().map(|problem| problem.within(&path)));
    }
    days("request-days", terms.request_days, "", &mut found);
    days("claim-days", terms.claim_days.unwrap_or(0), "", &mut found);
    if let Some(limit) = &terms.limit {
        check_limit(limit, &mut found);
    }
    found
}

fn check_co_op(co_op: &CoOp, found: &mut Vec<Problem>) {
    let path = "/fund/co-op";
    if co_op.accrues.is_empty() {
        let message = "nothing accrues: give at least one rate";
        found.push(Problem::new("no-accrual", message).at(format!("{path}/accrues")));
    }
    for (number, accrual) in co_op.accrues.iter().enumerate() {
        let path = format!("{path}/accrues/{number}");
        let products = accrual.products.problems().into_iter();
        found.extend(products.map(|problem| problem.within(&format!("{path}/products"))));
        rate("rate", accrual.rate, &path, found);
    }
    if let Some(at_most) = co_op.at_most {
        let path = format!("{path}/at-most");
        if at_most.amount.is_none() && at_most.of_last_year.is_none() {
            let message = "`at-most` bounds nothing: give `amount`, `of-last-year` or both";
            found.push(Problem::new("at-most-empty", message).at(path.clone()));
        }
        not_negative("amount", at_most.amount, &path, found);
        if let Some(share) = at_most.of_last_year {
            rate("of-last-year", share, &path, found);
        }
    }
    if let Some(share) = co_op.rebate {
        rate("rebate", share, path, found);
    }
    if let Some(windows) = &co_op.windows {
        check_windows(windows, path, found);
        // A statement with windows is worked out from every period since the beginning, and each would need its own last year.
        let last_year = "the sales of last year cannot be looked at for every earning period: leave `windows` out";
        if co_op.on == Basis::SamePeriodLastYear {
            found.push(Problem::new("last-year-windows", last_year).at(format!("{path}/on")));
        }
        if co_op.at_most.is_some_and(|most| most.of_last_year.is_some()) {
            found.push(Problem::new("last-year-windows", last_year).at(format!("{path}/at-most/of-last-year")));
        }
    }
}

fn check_windows(windows: &Windows, path: &str, found: &mut Vec<Problem>) {
    let path = format!("{path}/windows");
    if windows.from < FIRST || windows.from > LAST {
        let message = format!(
            "the first earning period begins on {}: let it begin from {FIRST} to {LAST}",
            windows.from
        );
        found.push(Problem::new("windows-from", &message).at(format!("{path}/from")));
    }
    for (name, months) in [
        ("earning-months", windows.earning_months),
        ("usage-months", windows.usage_months),
    ] {
        if !(1..=MONTHS).contains(&months) {
            let message = format!("`{name}` is {months}: give 1 to {MONTHS} months");
            found.push(Problem::new("window-months", &message).at(format!("{path}/{name}")));
        }
    }
    days("claim-days", windows.claim_days, &path, found);
    not_negative("converts-below", windows.converts_below, &path, found);
}

fn check_activity(activity: &Activity) -> Vec<Problem> {
    let mut found = Vec::new();
    if rule_name(&activity.activity).is_some() {
        let message = format!(
            "`{}` is no name for an activity: write up to 60 small letters, digits and hyphens",
            activity.activity
        );
        found.push(Problem::new("activity-name", &message).at("/activity"));
    }
    if let Some(share) = activity.participation {
        rate("participation", share, "", &mut found);
    } else if activity.tiers.is_empty() {
        let message = "nobody is paid for the activity: give `participation`, or `tiers` with their own";
        found.push(Problem::new("no-share", message).at("/participation"));
    }
    not_negative("cap", activity.cap, "", &mut found);
    let mut names = BTreeSet::new();
    for (number, share) in activity.tiers.iter().enumerate() {
        let path = format!("/tiers/{number}");
        if share.tier.is_empty() {
            let message = "the tier has no name: write it as the profile has it";
            found.push(Problem::new("tier-name", message).at(format!("{path}/tier")));
        }
        if !names.insert(&share.tier) {
            let message = format!("the tier `{}` is there twice: give it once", share.tier);
            found.push(Problem::new("tier-twice", &message).at(format!("{path}/tier")));
        }
        match share.participation {
            Some(participation) => rate("participation", participation, &path, &mut found),
            None if activity.participation.is_none() => {
                let message = "the tier is paid no share: give its `participation`, or one for the activity";
                found.push(Problem::new("no-share", message).at(format!("{path}/participation")));
            }
            None => {}
        }
        not_negative("cap", share.cap, &path, &mut found);
    }
    for (number, kind) in activity.proofs.iter().enumerate() {
        // The host takes the kind of a file from the beginning of its name.
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if kind.is_empty() || kind.len() > 60 || !kind.chars().all(plain) {
            let message = format!(
                "`{kind}` is no kind of proof: write up to 60 small letters, digits and `_`, such as `invoice`"
            );
            found.push(Problem::new("proof-kind", &message).at(format!("/proofs/{number}")));
        }
    }
    found
}

fn check_limit(limit: &Limit, found: &mut Vec<Problem>) {
    if limit.amount.is_none() && limit.share.is_none() {
        let message = "`limit` bounds nothing: give `amount`, `share` or both";
        found.push(Problem::new("limit-empty", message).at("/limit"));
    }
    not_negative("amount", limit.amount, "/limit", found);
    if let Some(share) = &limit.share {
        if rule_name(&share.figure).is_some() {
            let message = format!(
                "`{}` is no code of a figure: write it like `purchases-last-year`",
                share.figure
            );
            found.push(Problem::new("figure-code", &message).at("/limit/share/figure"));
        }
        rate("rate", share.rate, "/limit/share", found);
    }
}

fn days(name: &str, days: u32, path: &str, found: &mut Vec<Problem>) {
    if days > DAYS {
        let message = format!("`{name}` is {days}: give no more than {DAYS} days");
        found.push(Problem::new("days", &message).at(format!("{path}/{name}")));
    }
}

/// Above 0 %, at most 100 %, and not so fine that a threshold could not be divided by it.
fn rate(name: &str, rate: Rate, path: &str, found: &mut Vec<Problem>) {
    let whole = Rate::from_fraction(1.into()).unwrap_or(Rate::ZERO);
    if rate <= Rate::ZERO || rate > whole || rate.fraction().scale() > 6 {
        let message = format!("`{name}` is {rate}: give a rate above 0 % and up to 100 %, with at most four decimals");
        found.push(Problem::new("rate-bounds", &message).at(format!("{path}/{name}")));
    }
}

fn not_negative(name: &str, amount: Option<Micros>, path: &str, found: &mut Vec<Problem>) {
    if amount.is_some_and(|amount| amount < Micros::ZERO) {
        let message = format!("`{name}` cannot be below 0");
        found.push(Problem::new("amount-negative", &message).at(format!("{path}/{name}")));
    }
}
