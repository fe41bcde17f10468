//! The golden cases, and what must hold for every plugin, tried on each of them natively.

use gtm_kit::Golden;
use gtm_royalty::Royalty;
use gtm_sdk::testing::Native;

fn golden() -> Golden<Native<Royalty>> {
    Golden::read(Native::<Royalty>::new(), concat!(env!("CARGO_MANIFEST_DIR"), "/cases"))
}

#[test]
fn every_golden_case_gives_its_figures() {
    golden().gives_its_figures();
}

#[test]
fn the_published_examples_are_all_there() {
    golden().includes(&["e18-", "e19-", "e20-", "e21-", "e22-", "e23-", "e24-", "e25-"]);
}

#[test]
fn what_must_hold_for_every_plugin_holds_on_every_case() {
    golden().conforms(&[
        ("a threshold is met exactly", 3),
        ("every sale returned takes everything back", 20),
    ]);
}
