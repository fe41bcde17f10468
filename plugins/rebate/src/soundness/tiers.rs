//! The tiers of a rule: their bounds, what they pay, and how they are read.

use gtm_sdk::bands::{Band, Bands, Ends};
use gtm_sdk::growth::{self, GrowthTier, Reading};
use gtm_sdk::tier::Method;
use gtm_sdk::{Micros, Rate};

use super::Found;
use crate::terms::{Accumulate, Baseline, Bound, Bounds, Free, Measure, Orders, Rule, Split, Tier};

pub fn check(rule: &Rule, found: &mut Found) {
    check_bounds(rule, found);
    for (number, tier) in rule.tiers.iter().enumerate() {
        check_tier(rule, tier, &format!("/tiers/{number}"), found);
    }
    check_growth(rule, found);
    check_slices(rule, found);
}

/// The tiers lie one above the other, and each ends where the next begins.
fn check_bounds(rule: &Rule, found: &mut Found) {
    let ends = match rule.bounds {
        Bounds::HalfOpen => Ends::UpperExcluded,
        Bounds::Inclusive(step) => Ends::UpperIncluded { step },
    };
    if matches!(rule.bounds, Bounds::Inclusive(step) if step <= Micros::ZERO) {
        found.add(
            "bounds-step",
            "the step from one tier to the next must be above 0, such as `\"1\"` for whole units",
            "/bounds/inclusive",
        );
        return;
    }
    let amounts: Vec<Micros> = rule.tiers.iter().filter_map(|tier| tier.from.amount()).collect();
    if amounts.len() == rule.tiers.len() {
        if rule.growth.is_none() && amounts.first().is_some_and(|from| *from < Micros::ZERO) {
            found.add("bound-negative", "a tier cannot begin below 0", "/tiers/0/from");
        }
        let falling = (1..amounts.len()).filter(|number| amounts[*number] <= amounts[number - 1]);
        let falling: Vec<usize> = falling.collect();
        for number in &falling {
            let (from, before) = (amounts[*number], amounts[number - 1]);
            let message = format!(
                "the tier begins at {from} and the one before it at {before}: write them from the lowest to the highest"
            );
            found.add("tier-order", &message, &format!("/tiers/{number}/from"));
        }
        if falling.is_empty() {
            let bands = rule
                .tiers
                .iter()
                .zip(&amounts)
                .enumerate()
                .map(|(number, (tier, from))| {
                    let next = amounts
                        .get(number + 1)
                        .copied()
                        .filter(|_| rule.bounds == Bounds::HalfOpen);
                    Band {
                        from: *from,
                        to: tier.until.or(next),
                        value: (),
                    }
                });
            found.add_within("/tiers", Bands::new(bands.collect(), ends).err());
        }
    } else if rule.growth.is_none() {
        let number = rule
            .tiers
            .iter()
            .position(|tier| tier.from.amount().is_none())
            .unwrap_or_default();
        let message = "growth needs a baseline: give `growth`, or let the tier begin at an amount or quantity";
        found.add("bound-growth", message, &format!("/tiers/{number}/from"));
    } else {
        check_growth_bounds(rule, found);
    }
}

fn check_growth_bounds(rule: &Rule, found: &mut Found) {
    let tiers: Vec<GrowthTier> = rule
        .tiers
        .iter()
        .filter_map(|tier| {
            Some(GrowthTier {
                from: tier.from.growth()?,
                pays: tier.rate.unwrap_or(Rate::ZERO),
            })
        })
        .collect();
    if tiers.len() < rule.tiers.len() {
        found.add(
            "bound-mixed",
            "some tiers begin at an amount and some at a percentage: write all alike",
            "/tiers",
        );
        return;
    }
    found.add_within("/tiers", growth::check(&tiers).err());
    if rule.bounds != Bounds::HalfOpen {
        found.add(
            "bounds-growth",
            "growth in percent has no whole steps: leave `bounds` out",
            "/bounds",
        );
    }
    for (number, tier) in rule.tiers.iter().enumerate() {
        if tier.until.is_some() {
            found.add(
                "until-growth",
                "a tier of growth in percent ends where the next begins: leave `until` out",
                &format!("/tiers/{number}/until"),
            );
        }
    }
}

fn check_tier(rule: &Rule, tier: &Tier, path: &str, found: &mut Found) {
    let kind = |tier: &Tier| {
        [
            tier.rate.is_some(),
            tier.per_unit.is_some(),
            tier.fixed.is_some(),
            tier.free.is_some(),
        ]
    };
    match kind(tier).into_iter().filter(|given| *given).count() {
        1 => {}
        0 => found.add("tier-pays", "the tier pays nothing: give `rate`, `per-unit`, `fixed` or `free`", path),
        _ => found.add("tier-pays", "the tier pays in two ways: give one of `rate`, `per-unit`, `fixed` and `free`, and the other in a rule of its own", path),
    }
    if rule.tiers.first().is_some_and(|first| kind(first) != kind(tier)) {
        found.add(
            "tier-mixed",
            "the tiers of a rule all pay in the same way: give this one in a rule of its own",
            path,
        );
    }
    if let Some(rate) = tier.rate {
        if rate.is_negative() || rate.fraction() > gtm_sdk::Decimal::ONE {
            found.add(
                "rate-bounds",
                &format!("a rate of {rate} cannot be meant: give one from 0 % to 100 %"),
                &format!("{path}/rate"),
            );
        }
        if rule.measure == Measure::Quantity {
            found.add(
                "rate-of-quantity",
                "a rate is a share of a value, and the rule measures quantity: give `per-unit`",
                &format!("{path}/rate"),
            );
        }
        check_digits(rate, &format!("{path}/rate"), found);
    }
    if let Bound::Above(rate) = tier.from {
        check_digits(rate, &format!("{path}/from"), found);
    }
    for (name, amount) in [("per-unit", tier.per_unit), ("fixed", tier.fixed)] {
        if amount.is_some_and(|amount| amount < Micros::ZERO) {
            found.add(
                "amount-negative",
                &format!("`{name}` cannot be below 0"),
                &format!("{path}/{name}"),
            );
        }
    }
    if tier.per_unit.is_some() && rule.measure != Measure::Quantity {
        found.add(
            "per-unit-of-value",
            "an amount for each unit needs the measure `quantity`",
            &format!("{path}/per-unit"),
        );
    }
    if let Some(free) = tier.free {
        check_free(rule, free, &format!("{path}/free"), found);
    }
}

/// A tenth of a thousandth of a percent is finer than any contract, and keeps every product exact.
fn check_digits(rate: Rate, path: &str, found: &mut Found) {
    if rate.fraction().scale() > 8 {
        found.add(
            "rate-digits",
            &format!("the rate {rate} has more than six decimals: round it"),
            path,
        );
    }
}

fn check_free(rule: &Rule, free: Free, path: &str, found: &mut Found) {
    if free.units <= Micros::ZERO || free.per <= Micros::ZERO {
        found.add(
            "free-units",
            "free goods are so many units for every so many: both must be above 0",
            path,
        );
    }
    if free.worth.is_some_and(|worth| worth < Micros::ZERO) {
        found.add(
            "amount-negative",
            "the worth of a free unit cannot be below 0",
            &format!("{path}/worth"),
        );
    }
    if rule.tiers.iter().any(|tier| {
        tier.free
            .is_some_and(|other| other.worth.is_some() != free.worth.is_some())
    }) {
        found.add(
            "tier-mixed",
            "either all tiers give units or all give their worth",
            path,
        );
    }
    if rule.measure != Measure::Quantity {
        found.add("free-of-value", "free goods need the measure `quantity`", path);
    }
    if free.worth.is_none() && (rule.split != Split::None || rule.counts.orders == Orders::Accrue) {
        found.add(
            "free-units-money",
            "units that are granted cannot be split or accrued: give their `worth`",
            path,
        );
    }
}

fn check_growth(rule: &Rule, found: &mut Found) {
    let Some(growth) = &rule.growth else { return };
    if rule.method != Method::Retrospective {
        found.add(
            "growth-method",
            "growth says in `pays-on` how the tiers are read: leave `method` out",
            "/method",
        );
    }
    let lowest = rule.tiers.first().and_then(|tier| tier.from.amount());
    if growth.pays_on == Reading::Excess && lowest.is_some_and(|from| from < Micros::ZERO) {
        found.add(
            "growth-negative",
            "what is paid on would lie below zero: begin the lowest tier at 0 or above",
            "/tiers/0/from",
        );
    }
    if growth.pays_on != Reading::WholeVolume && rule.tiers.iter().any(|tier| tier.free.is_some()) {
        found.add(
            "growth-free",
            "free goods for growth are given on the whole volume: let `pays-on` be `whole-volume`",
            "/growth/pays-on",
        );
    }
    let agreed = matches!(growth.baseline, Baseline::Agreed(_));
    if matches!(&growth.baseline, Baseline::Agreed(code) if code.is_empty()) {
        found.add(
            "baseline-code",
            "the baseline has no code: name the figure that is agreed with each participant",
            "/growth/baseline/agreed",
        );
    }
    if !agreed && rule.accumulate != Accumulate::EachPeriod {
        found.add("growth-accumulates", "volume to date cannot be measured by one earlier period: take an agreed baseline, or let each period stand alone", "/accumulate");
    }
    if !agreed && rule.cap.is_some_and(|cap| cap.year.is_some()) {
        found.add("growth-year-cap", "a cap for the year works out the earlier periods again, whose baselines are not gathered: take an agreed baseline, or cap each period", "/cap/year");
    }
    if rule.minimum.is_some_and(|minimum| minimum < Micros::ZERO) {
        found.add(
            "growth-minimum",
            "growth below zero pays nothing: leave the negative `minimum` out",
            "/minimum",
        );
    }
}

/// Where slices of the volume are paid on, what decides the tier must be what is paid on.
fn check_slices(rule: &Rule, found: &mut Found) {
    let by_slices = match &rule.growth {
        Some(growth) => growth.pays_on != Reading::WholeVolume,
        None => matches!(rule.method, Method::Marginal | Method::Rolling),
    };
    let fixed = rule.tiers.iter().all(|tier| tier.fixed.is_some());
    if by_slices && !fixed && rule.qualifier.is_some() {
        found.add("qualifier-slices", "slices are cut from what is paid on: leave `qualifier` out, or let the tier reached pay on the whole volume", "/qualifier");
    }
    if rule.qualifier.is_some() && rule.tiers.last().is_some_and(|last| last.until.is_some()) {
        found.add(
            "qualifier-until",
            "the last tier cannot end what is paid on where something else decides the tier: leave its `until` out",
            &format!("/tiers/{}/until", rule.tiers.len() - 1),
        );
    }
    if rule.growth.is_none()
        && rule.method != Method::Retrospective
        && rule.tiers.iter().any(|tier| tier.free.is_some())
    {
        found.add(
            "free-slices",
            "free goods are given on the whole volume: let `method` be `retrospective`",
            "/method",
        );
    }
}
