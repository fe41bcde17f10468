//! The golden cases, and what must hold for every plugin, tried on each of them natively.

use gtm_kit::Golden;
use gtm_loyalty::Loyalty;
use gtm_sdk::testing::Native;

fn golden() -> Golden<Native<Loyalty>> {
    Golden::read(Native::<Loyalty>::new(), concat!(env!("CARGO_MANIFEST_DIR"), "/cases"))
}

#[test]
fn every_golden_case_gives_its_figures() {
    golden().gives_its_figures();
}

#[test]
fn the_published_examples_are_all_there() {
    golden().includes(&["e26-", "e27-", "e28-", "e29-", "e30-"]);
}

#[test]
fn what_must_hold_for_every_plugin_holds_on_every_case() {
    golden().conforms(&[
        ("order does not matter where the plugin says so", 10),
        ("every sale returned takes everything back", 10),
        ("a threshold is met exactly", 2),
    ]);
}
