//! The golden cases, and what must hold for every plugin, tried on each of them natively.

use gtm_billback::Billback;
use gtm_kit::Golden;
use gtm_sdk::testing::Native;

fn golden() -> Golden<Native<Billback>> {
    Golden::read(
        Native::<Billback>::with_claims(),
        concat!(env!("CARGO_MANIFEST_DIR"), "/cases"),
    )
}

#[test]
fn every_golden_case_gives_its_figures() {
    golden().gives_its_figures();
}

#[test]
fn the_published_examples_are_all_there() {
    golden().includes(&["e13-order-of-four", "e13-order-of-ten"]);
}

#[test]
fn what_must_hold_for_every_plugin_holds_on_every_case() {
    golden().conforms(&[
        ("order does not matter where the plugin says so", 5),
        ("every sale returned takes everything back", 5),
        ("a line alone is paid no more than it claims", 3),
    ]);
}
