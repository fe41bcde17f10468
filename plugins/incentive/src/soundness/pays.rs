//! Whether what a component pays is sound: tiers, sections, pools and gates.

use std::collections::BTreeSet;

use gtm_sdk::{Decimal, Micros, Problem};

use super::{check_attainment, check_rate, not_below_zero};
use crate::terms::{Accumulate, Component, Measure, Pays, Pool, Sections, Tier};

pub fn check(component: &Component, found: &mut Vec<Problem>) {
    match &component.pays {
        Pays::Tiers(tiers) => check_tiers(component, tiers, found),
        Pays::Sections(sections) => check_sections(component, sections, found),
        Pays::Pool(pool) => check_pool(component, pool, found),
    }
    if component.method.is_some() && !matches!(component.pays, Pays::Tiers(_)) {
        let message = "only tiers are read by a method: leave it out";
        found.push(Problem::new("method-alone", message).at("/method"));
    }
    check_gates(component, found);
}

fn check_tiers(component: &Component, tiers: &[Tier], found: &mut Vec<Problem>) {
    let Some(first) = tiers.first() else {
        let message = "the component has no tier: give at least one";
        found.push(Problem::new("no-tiers", message).at("/pays/tiers"));
        return;
    };
    let begins_above = first.from.is_none_or(|from| from > Micros::ZERO)
        && first.attainment.is_none_or(|at| at.fraction() > Decimal::ZERO);
    if component.method.is_none() && (tiers.len() > 1 || (begins_above && first.fixed.is_none())) {
        let message = "whether a tier pays on its own slice or on everything must be stated: give `method`";
        found.push(Problem::new("method-missing", message).at("/method"));
    }
    for (number, tier) in tiers.iter().enumerate() {
        let place = format!("/pays/tiers/{number}");
        check_tier(component, tier, &place, found);
        let Some(before) = number.checked_sub(1).map(|before| tiers[before]) else {
            continue;
        };
        let ascends = match (before.from, tier.from, before.attainment, tier.attainment) {
            (Some(before), Some(from), None, None) => before < from,
            (None, None, Some(before), Some(at)) => before < at,
            _ => {
                let message = "the tiers begin in two ways: let all of them begin at `from`, or all at `attainment`";
                found.push(Problem::new("tier-mixed", message).at(place));
                continue;
            }
        };
        if !ascends {
            let message =
                "the tier begins where the one before it does, or below: write them from the lowest to the highest";
            found.push(Problem::new("tier-order", message).at(place));
        }
    }
}

fn check_tier(component: &Component, tier: &Tier, place: &str, found: &mut Vec<Problem>) {
    if tier.from.is_some() == tier.attainment.is_some() {
        found.push(Problem::new("tier-begins", "give one of `from` and `attainment`").at(place));
    }
    not_below_zero(tier.from, &format!("{place}/from"), found);
    if let Some(attainment) = tier.attainment {
        check_attainment(attainment, &format!("{place}/attainment"), found);
        if component.quota.is_none() {
            let message = "there is no quota to attain: give `quota`, or let the tier begin at `from`";
            found.push(Problem::new("quota-needed", message).at(format!("{place}/attainment")));
        }
    }
    let ways = [tier.rate.is_some(), tier.per_unit.is_some(), tier.fixed.is_some()];
    if ways.iter().filter(|given| **given).count() != 1 {
        found.push(Problem::new("tier-pays", "give one of `rate`, `per-unit` and `fixed`").at(place));
    }
    if let Some(rate) = tier.rate {
        check_rate(rate, &format!("{place}/rate"), found);
        check_money(component, &format!("{place}/rate"), found);
    }
    let counted = matches!(component.measure, Measure::Units | Measure::Deals);
    if tier.per_unit.is_some() && !counted {
        let message = "an amount for each unit needs a measure that is counted: take `units` or `deals`";
        found.push(Problem::new("tier-measure", message).at(format!("{place}/per-unit")));
    }
    not_below_zero(tier.per_unit, &format!("{place}/per-unit"), found);
    not_below_zero(tier.fixed, &format!("{place}/fixed"), found);
    let at_nothing = tier.from.is_some_and(|from| from <= Micros::ZERO)
        || tier.attainment.is_some_and(|at| at.fraction() <= Decimal::ZERO);
    if tier.fixed.is_some() && at_nothing {
        let message = "an amount for reaching nothing is a draw, not an incentive: let the tier begin above 0";
        found.push(Problem::new("fixed-at-nothing", message).at(place));
    }
}

fn check_money(component: &Component, place: &str, found: &mut Vec<Problem>) {
    if matches!(component.measure, Measure::Units | Measure::Deals) {
        let message = "a rate is a share of money, and units or deals are none: give an amount for each";
        found.push(Problem::new("tier-measure", message).at(place));
    }
}

fn check_sections(component: &Component, sections: &Sections, found: &mut Vec<Problem>) {
    if sections.table.is_empty() {
        let message = "the component has no section: give at least one";
        found.push(Problem::new("no-sections", message).at("/pays/sections/table"));
    }
    check_money(component, "/pays/sections", found);
    let mut end = None;
    for (number, section) in sections.table.iter().enumerate() {
        let place = format!("/pays/sections/table/{number}");
        not_below_zero(Some(section.from), &format!("{place}/from"), found);
        check_rate(section.rate, &format!("{place}/rate"), found);
        if section.until < section.from {
            let message = format!(
                "the section ends at {} and begins at {}: let it end where it begins, or later",
                section.until, section.from
            );
            found.push(Problem::new("section-empty", &message).at(format!("{place}/until")));
        }
        if let Some(end) = end.filter(|end| section.from <= *end) {
            let message = format!(
                "the section begins at {} and the one before it ends with {end}, which belongs to it: begin later, if only by a cent",
                section.from
            );
            found.push(Problem::new("section-overlap", &message).at(format!("{place}/from")));
        }
        end = Some(section.until);
    }
}

fn check_pool(component: &Component, pool: &Pool, found: &mut Vec<Problem>) {
    not_below_zero(Some(pool.amount), "/pays/pool/amount", found);
    if component.quota.is_none() {
        let message = "a pool is paid by the attainment of the team: give its `quota`";
        found.push(Problem::new("quota-needed", message).at("/pays/pool"));
    }
    if let Some(most) = pool.at_most {
        check_attainment(most, "/pays/pool/at-most", found);
    }
    if component.accumulate == Accumulate::YearToDate {
        let message = "a pool is for one period: leave `accumulate` out";
        found.push(Problem::new("pool-accumulates", message).at("/accumulate"));
    }
    let mut accounts = BTreeSet::new();
    let mut sum = Decimal::ZERO;
    for (number, member) in pool.members.iter().enumerate() {
        let place = format!("/pays/pool/members/{number}");
        if !accounts.insert(&member.account) {
            let message = format!("`{}` is named twice: give it one share", member.account);
            found.push(Problem::new("member-twice", &message).at(format!("{place}/account")));
        }
        check_rate(member.share, &format!("{place}/share"), found);
        sum += member.share.fraction().min(Decimal::ONE);
    }
    if sum != Decimal::ONE {
        let message = format!(
            "the shares sum to {} %: let them sum to 100 %",
            (sum * Decimal::ONE_HUNDRED).normalize()
        );
        found.push(Problem::new("member-shares", &message).at("/pays/pool/members"));
    }
}

fn check_gates(component: &Component, found: &mut Vec<Problem>) {
    let gates = component.gates;
    if let Some(attainment) = gates.attainment {
        check_attainment(attainment, "/gates/attainment", found);
    }
    for (given, place) in [
        (gates.attainment.is_some(), "/gates/attainment"),
        (gates.year_to_date.is_some(), "/gates/year-to-date"),
    ] {
        if given && component.quota.is_none() {
            let message = "a gate looks at the quota, and there is none: give `quota`";
            found.push(Problem::new("quota-needed", message).at(place));
        }
    }
    if gates.year_to_date.is_some() && component.accumulate == Accumulate::YearToDate {
        let message = "the component accumulates the year, and its quota is the year's: leave the gate out";
        found.push(Problem::new("gate-accumulates", message).at("/gates/year-to-date"));
    }
}
