//! Whether what holds for the whole plan is sound: clawback, draw, holdback, and the quotas against the target.

use std::collections::BTreeSet;

use gtm_sdk::{Decimal, Micros, Problem, Sum, agreed};

use super::{check_attainment, check_rate, not_below_zero};
use crate::terms::{Clawback, QuotaPlan, TakesBack, Terms};

/// The longest time over which terms may stretch: ten years of months.
const PERIODS: u32 = 120;

/// The longest term of a contract, in months: a hundred years.
const MONTHS: u32 = 1_200;

pub fn check(terms: &Terms, found: &mut Vec<Problem>) {
    if let Some(clawback) = &terms.clawback {
        check_clawback(clawback, found);
    }
    if let Some(draw) = &terms.draw {
        found.extend(agreed::check(draw.amount, draw.agreed.as_deref(), "/draw"));
        if let Some(periods) = draw.periods {
            within(periods, PERIODS, "periods", "/draw/periods", found);
        }
    }
    if let Some(holdback) = terms.holdback {
        check_rate(holdback.rate, "/holdback/rate", found);
        within(holdback.after, PERIODS, "periods", "/holdback/after", found);
    }
    if let Some(target) = &terms.on_target {
        found.extend(agreed::check(target.amount, target.agreed.as_deref(), "/on-target"));
    }
    if let Some(plan) = &terms.quota_plan {
        check_quota_plan(plan, found);
    }
}

fn check_clawback(clawback: &Clawback, found: &mut Vec<Problem>) {
    if clawback.within_days.is_some_and(|days| days > 36_500) {
        let message = "a window of more than 36500 days cannot be meant: leave `within-days` out";
        found.push(Problem::new("window", message).at("/clawback/within-days"));
    }
    match &clawback.takes_back {
        TakesBack::Full => {}
        TakesBack::ProRata(term) => within(*term, MONTHS, "months", "/clawback/takes-back/pro-rata", found),
        TakesBack::Stepped(steps) => {
            let place = "/clawback/takes-back/stepped";
            if steps.is_empty() {
                found.push(Problem::new("no-steps", "nothing is ever taken back: give at least one step").at(place));
            }
            let mut before = 0;
            for (number, step) in steps.iter().enumerate() {
                let place = format!("{place}/{number}");
                check_rate(step.share, &format!("{place}/share"), found);
                within(
                    step.before_months,
                    MONTHS,
                    "months",
                    &format!("{place}/before-months"),
                    found,
                );
                if number == 0 && step.share.fraction() != Decimal::ONE {
                    let message = "a sale undone at once was never one: let the first step take back 100 %";
                    found.push(Problem::new("step-first", message).at(format!("{place}/share")));
                }
                if number > 0 && step.before_months <= before {
                    let message = format!(
                        "the step ends before {} months and the one before it before {before}: write them from the first to the last",
                        step.before_months
                    );
                    found.push(Problem::new("step-order", &message).at(format!("{place}/before-months")));
                }
                before = step.before_months;
            }
        }
    }
}

fn within(number: u32, most: u32, of: &str, place: &str, found: &mut Vec<Problem>) {
    if !(1..=most).contains(&number) {
        let message = format!("{number} {of} cannot be meant: give a number from 1 to {most}");
        found.push(Problem::new(of, &message).at(place));
    }
}

/// The quotas together must cover the target by more than all of it, since some are missed, and not by so much that none is met.
fn check_quota_plan(plan: &QuotaPlan, found: &mut Vec<Problem>) {
    let place = "/quota-plan";
    check_attainment(plan.coverage_from, "/quota-plan/coverage-from", found);
    check_attainment(plan.coverage_until, "/quota-plan/coverage-until", found);
    if plan.coverage_from > plan.coverage_until {
        let message = "the coverage ends before it begins: let `coverage-until` be `coverage-from` or more";
        found.push(Problem::new("coverage-order", message).at("/quota-plan/coverage-until"));
    }
    if plan.target <= Micros::ZERO {
        found.push(Problem::new("target", "the target must be above 0").at("/quota-plan/target"));
    }
    let mut accounts = BTreeSet::new();
    for (number, planned) in plan.quotas.iter().enumerate() {
        let place = format!("{place}/quotas/{number}");
        not_below_zero(Some(planned.quota), &format!("{place}/quota"), found);
        if !accounts.insert(&planned.account) {
            let message = format!("`{}` is listed twice: give it one quota", planned.account);
            found.push(Problem::new("quota-twice", &message).at(format!("{place}/account")));
        }
    }
    let Ok(sum) = plan.quotas.iter().map(|planned| planned.quota).sum::<Sum>().micros() else {
        let message = "the quotas sum to more than an amount can be";
        found.push(Problem::new("quota-coverage", message).at("/quota-plan/quotas"));
        return;
    };
    let covers = |rate: gtm_sdk::Rate| plan.target.decimal().checked_mul(rate.fraction());
    let (Some(least), Some(most)) = (covers(plan.coverage_from), covers(plan.coverage_until)) else {
        found.push(Problem::new("target", "the target is larger than can be calculated with").at("/quota-plan/target"));
        return;
    };
    if sum.decimal() < least || sum.decimal() > most {
        let message = format!(
            "the quotas sum to {sum}, and a target of {} wants {} to {}: change the quotas, or the coverage",
            plan.target,
            least.normalize(),
            most.normalize()
        );
        found.push(Problem::new("quota-coverage", &message).at("/quota-plan/quotas"));
    }
}
