//! Whether terms are sound: every problem with its place, before anybody is paid by them.

use std::collections::BTreeSet;

use gtm_sdk::agreed;
use gtm_sdk::explanation::rule_name;
use gtm_sdk::{Decimal, Micros, Problem, Rate};

use crate::statement::{GUARANTEE, PAYMENT, RECOUPMENT, reserve_rule};
use crate::terms::{Base, Rates, Recoupable, Reserve, ReserveOf, Royalty, Terms, Tier};

/// The longest time over which terms may stretch, in periods: ten years of months.
const PERIODS: u32 = 120;

/// Everything that is wrong with the terms, in the order in which they are written.
pub fn problems(terms: &Terms) -> Vec<Problem> {
    let eligibility = terms.eligibility.problems().into_iter();
    let mut found: Vec<Problem> = eligibility.map(|problem| problem.within("/eligibility")).collect();
    if terms.royalties.is_empty() {
        found.push(Problem::new("no-royalties", "the terms have no royalty: give at least one").at("/royalties"));
    }
    check_names(terms, &mut found);
    for (number, royalty) in terms.royalties.iter().enumerate() {
        let place = format!("/royalties/{number}");
        let mut of_royalty = royalty
            .products
            .problems()
            .into_iter()
            .map(|problem| problem.within("/products"))
            .collect();
        check_royalty(royalty, terms, &mut of_royalty);
        found.extend(of_royalty.into_iter().map(|problem| problem.within(&place)));
    }
    for (list, items) in [("advances", &terms.advances), ("costs", &terms.costs)] {
        for (number, item) in items.iter().enumerate() {
            found.extend(agreed::check(
                item.amount,
                item.agreed.as_deref(),
                &format!("/{list}/{number}"),
            ));
        }
    }
    if let Some(guarantee) = &terms.guarantee {
        found.extend(agreed::check(
            guarantee.amount,
            guarantee.agreed.as_deref(),
            "/guarantee",
        ));
        check_periods(guarantee.periods, "/guarantee/periods", &mut found);
    }
    if terms.smallest_payment.is_some_and(|least| least < Micros::ZERO) {
        found.push(Problem::new("amount-negative", "`smallest-payment` cannot be below 0").at("/smallest-payment"));
    }
    check_payees(terms, &mut found);
    found
}

fn check_names(terms: &Terms, found: &mut Vec<Problem>) {
    let mut taken: BTreeSet<String> = [GUARANTEE, RECOUPMENT, PAYMENT].map(str::to_owned).into();
    let mut check = |name: &str, with: Option<String>, place: String| {
        found.extend(rule_name(name).map(|problem| problem.at(place.clone())));
        for name in [Some(name.to_owned()), with].into_iter().flatten() {
            if !taken.insert(name.clone()) {
                let message = format!("the name `{name}` is taken: give each royalty, advance and cost its own");
                found.push(Problem::new("rule-twice", &message).at(place.clone()));
            }
        }
    };
    for (number, royalty) in terms.royalties.iter().enumerate() {
        let reserve = royalty.reserve.as_ref().map(|_| reserve_rule(&royalty.rule));
        check(&royalty.rule, reserve, format!("/royalties/{number}/rule"));
    }
    for (list, items) in [("advances", &terms.advances), ("costs", &terms.costs)] {
        for (number, Recoupable { rule, .. }) in items.iter().enumerate() {
            check(rule, None, format!("/{list}/{number}/rule"));
        }
    }
}

fn check_royalty(royalty: &Royalty, terms: &Terms, found: &mut Vec<Problem>) {
    if let Some(deduct) = royalty.deduct {
        check_rate(deduct, "/deduct", found);
        if royalty.base == Base::Units {
            let message = "an amount for each unit has nothing to deduct from: lower the amount instead";
            found.push(Problem::new("deduct-units", message).at("/deduct"));
        }
    }
    if royalty.rates.is_empty() {
        found.push(Problem::new("no-rates", "the royalty has no rates: give at least one").at("/rates"));
    }
    for (number, rates) in royalty.rates.iter().enumerate() {
        check_rates(royalty, rates, &format!("/rates/{number}"), found);
    }
    let counted_together = |other: &&Royalty| other.group.is_some() && other.group == royalty.group;
    let group = || terms.royalties.iter().filter(counted_together);
    if let Some(other) = group().find(|other| other.escalates_on != royalty.escalates_on) {
        let message = format!(
            "royalty `{}` of the same group counts something else: let `escalates-on` be the same",
            other.rule
        );
        found.push(Problem::new("group-mixed", &message).at("/escalates-on"));
    }
    if let Some(other) = group().find(|other| other.escalates_over != royalty.escalates_over) {
        let message = format!(
            "royalty `{}` of the same group counts over another time: let `escalates-over` be the same",
            other.rule
        );
        found.push(Problem::new("group-mixed", &message).at("/escalates-over"));
    }
    if let Some(reserve) = &royalty.reserve {
        check_reserve(reserve, terms, found);
    }
}

fn check_rates(royalty: &Royalty, rates: &Rates, place: &str, found: &mut Vec<Problem>) {
    if rates.tiers.is_empty() {
        found.push(Problem::new("no-tiers", "the rates have no tier: give one from 0").at(format!("{place}/tiers")));
    }
    let when = &rates.when;
    if let (Some(from), Some(below)) = (when.price_from, when.price_below)
        && from >= below
    {
        let message = format!("no price is at least {from} and below {below}: let the band end above its beginning");
        found.push(Problem::new("price-band", &message).at(format!("{place}/when/price-below")));
    }
    if let (Some(from), Some(until)) = (when.from, when.until)
        && from > until
    {
        let message = "the rates end before they begin: let `until` be `from` or later";
        found.push(Problem::new("days-order", message).at(format!("{place}/when/until")));
    }
    for (number, tier) in rates.tiers.iter().enumerate() {
        let place = format!("{place}/tiers/{number}");
        let before = number.checked_sub(1).map(|before| rates.tiers[before].from);
        if before.is_none() && tier.from != Micros::ZERO {
            let message = format!(
                "the first tier begins at {}: begin at 0, with `0 %` where nothing is owed",
                tier.from
            );
            found.push(Problem::new("tier-first", &message).at(format!("{place}/from")));
        }
        if let Some(before) = before.filter(|before| tier.from <= *before) {
            let message = format!(
                "the tier begins at {} and the one before it at {before}: write them from the lowest to the highest",
                tier.from
            );
            found.push(Problem::new("tier-order", &message).at(format!("{place}/from")));
        }
        check_tier(royalty, tier, &place, found);
    }
}

fn check_tier(royalty: &Royalty, tier: &Tier, place: &str, found: &mut Vec<Problem>) {
    let units = royalty.base == Base::Units;
    if units != tier.per_unit.is_some() || units == tier.rate.is_some() {
        let message = if units {
            "the base is units: give `per-unit` alone"
        } else {
            "the base is a value: give `rate` alone"
        };
        found.push(Problem::new("tier-pays", message).at(place));
    }
    if let Some(rate) = tier.rate {
        check_rate(rate, &format!("{place}/rate"), found);
    }
    if tier.per_unit.is_some_and(|amount| amount < Micros::ZERO) {
        found.push(Problem::new("amount-negative", "`per-unit` cannot be below 0").at(format!("{place}/per-unit")));
    }
}

/// A tenth of a thousandth of a percent is finer than any contract, and keeps every product exact.
fn check_rate(rate: Rate, place: &str, found: &mut Vec<Problem>) {
    if rate.is_negative() || rate.fraction() > Decimal::ONE {
        let message = format!("a rate of {rate} cannot be meant: give one from 0 % to 100 %");
        found.push(Problem::new("rate-bounds", &message).at(place));
    } else if rate.fraction().scale() > 8 {
        let message = format!("the rate {rate} has more than six decimals: round it");
        found.push(Problem::new("rate-digits", &message).at(place));
    }
}

fn check_reserve(reserve: &Reserve, terms: &Terms, found: &mut Vec<Problem>) {
    if reserve.rates.is_empty() {
        found.push(Problem::new("no-rates", "the reserve has no rate: give at least one").at("/reserve/rates"));
    }
    for (number, rate) in reserve.rates.iter().enumerate() {
        check_rate(*rate, &format!("/reserve/rates/{number}"), found);
    }
    check_periods(reserve.after, "/reserve/after", found);
    check_periods(reserve.parts, "/reserve/parts", found);
    if reserve.of == ReserveOf::Sales && terms.returns.matched_by.is_none() {
        let message = "a reserve on sales must know which returns belong to them: give `returns.matched-by`, or let it be of `earnings`";
        found.push(Problem::new("reserve-unmatched", message).at("/reserve/of"));
    }
}

fn check_periods(periods: u32, place: &str, found: &mut Vec<Problem>) {
    if !(1..=PERIODS).contains(&periods) {
        let message = format!("{periods} periods cannot be meant: give a number from 1 to {PERIODS}");
        found.push(Problem::new("periods", &message).at(place));
    }
}

fn check_payees(terms: &Terms, found: &mut Vec<Problem>) {
    let mut accounts = BTreeSet::new();
    let mut sum = Decimal::ZERO;
    for (number, payee) in terms.payees.iter().enumerate() {
        if !accounts.insert(&payee.account) {
            let message = format!("`{}` is named twice: give it one share", payee.account);
            found.push(Problem::new("payee-twice", &message).at(format!("/payees/{number}/account")));
        }
        check_rate(payee.share, &format!("/payees/{number}/share"), found);
        sum += payee.share.fraction().min(Decimal::ONE);
    }
    if !terms.payees.is_empty() && sum != Decimal::ONE {
        let message = format!(
            "the shares sum to {} %: let them sum to 100 %",
            (sum * Decimal::ONE_HUNDRED).normalize()
        );
        found.push(Problem::new("payee-shares", &message).at("/payees"));
    }
}
