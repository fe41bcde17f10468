//! The golden cases, and what must hold for every plugin, tried on each of them natively.

use domain::calculation::Figure;
use domain::money::Micros;
use gtm_kit::Golden;
use gtm_mdf::Mdf;
use gtm_mdf::words::Say;
use gtm_sdk::testing::Native;

fn golden() -> Golden<Native<Mdf>> {
    Golden::read(
        Native::<Mdf>::with_claims(),
        concat!(env!("CARGO_MANIFEST_DIR"), "/cases"),
    )
}

#[test]
fn every_golden_case_gives_its_figures() {
    golden().gives_its_figures();
}

#[test]
fn the_published_examples_are_all_there() {
    golden().includes(&[
        "e10-accrued",
        "e10-reimbursed",
        "e10-capped",
        "e11-claim",
        "e12-available",
    ]);
}

/// E12 gives two figures: the claim is cut to the available one, and the ruling tells both.
#[test]
fn the_ruling_tells_what_the_fund_holds_and_what_of_it_is_available() {
    let steps = golden().report("e12-available").decision.unwrap().steps;
    let fund = steps.iter().find(|step| step.message == u32::from(Say::Fund)).unwrap();
    let money = |units: i64| Figure::Money(Micros(units * 1_000_000));
    assert_eq!(fund.figures, [money(7_000), money(3_500), money(3_500)]);
}

#[test]
fn what_must_hold_for_every_plugin_holds_on_every_case() {
    golden().conforms(&[
        ("order does not matter where the plugin says so", 10),
        ("every sale returned takes everything back", 8),
        ("a threshold is met exactly", 2),
        ("a line alone is paid no more than it claims", 20),
        ("strange amounts are refused or denied, never a trap", 20),
    ]);
}
