//! The golden cases, and what must hold for every plugin, tried on each of them natively.

use gtm_kit::Golden;
use gtm_rebate::Rebate;
use gtm_sdk::testing::Native;

fn golden() -> Golden<Native<Rebate>> {
    Golden::read(Native::<Rebate>::new(), concat!(env!("CARGO_MANIFEST_DIR"), "/cases"))
}

#[test]
fn every_golden_case_gives_its_figures() {
    golden().gives_its_figures();
}

#[test]
fn the_published_examples_are_all_there() {
    golden().includes(&["e1-", "e2-", "e3-", "e4-", "e5-", "e6-", "e6b-", "e7-", "e8-", "e9-"]);
}

#[test]
fn what_must_hold_for_every_plugin_holds_on_every_case() {
    golden().conforms(&[
        ("order does not matter where the plugin says so", 10),
        ("a threshold is met exactly", 10),
        ("every sale returned takes everything back", 10),
    ]);
}
