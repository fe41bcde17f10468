//! The golden cases, and what must hold for every plugin, tried on each of them natively.

use std::collections::BTreeSet;

use domain::calculation::Figure;
use domain::money::Micros;
use gtm_chargeback::Chargeback;
use gtm_chargeback::reason::{DENYING, DIFFERING};
use gtm_chargeback::words::Say;
use gtm_kit::Golden;
use gtm_sdk::testing::Native;

fn golden() -> Golden<Native<Chargeback>> {
    Golden::read(
        Native::<Chargeback>::with_claims(),
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
        "e14-margin-of-25-percent-325",
        "e15-margin-of-2-kept-1",
        "e16-cost-of-ten-5",
        "e17-drop-of-800-120000",
    ]);
}

#[test]
fn every_reason_has_a_case_and_a_line_of_the_readme() {
    let given: BTreeSet<String> = golden()
        .cases()
        .flat_map(|case| case.expect.decision.iter().flatten())
        .flat_map(|line| line.reasons.clone())
        .collect();
    let declared: BTreeSet<String> = DENYING
        .iter()
        .chain(&DIFFERING)
        .map(|code| (*code).to_owned())
        .collect();
    assert_eq!(given, declared);
    let readme = include_str!("../README.md");
    let missing: Vec<&String> = declared
        .iter()
        .filter(|code| !readme.contains(&format!("| `{code}` |")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The cost of 105.00 leaves inventory; the distributor's ledger shows 100.00 of it as cost of goods sold and 5.00 as receivable, and the
/// host pays just that.
#[test]
fn the_books_of_e16_show_what_is_claimed() {
    let decision = golden().report("e16-").decision.unwrap();
    let books = decision
        .steps
        .iter()
        .find(|step| step.message == u32::from(Say::Books))
        .unwrap();
    let money = |units: i64| Figure::Money(Micros(units * 1_000_000));
    assert_eq!(books.figures, [Figure::Count(1), money(105), money(100), money(5)]);
    assert_eq!(decision.lines[0].approved.0, 5_000_000);
}

#[test]
fn what_must_hold_for_every_plugin_holds_on_every_case() {
    golden().conforms(&[
        ("order does not matter where the plugin says so", 20),
        ("every sale returned takes everything back", 5),
        ("a line alone is paid no more than it claims", 40),
    ]);
}
