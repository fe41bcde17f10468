//! The golden cases, and what must hold for every plugin, tried on each of them natively.

use gtm_incentive::Incentive;
use gtm_kit::Golden;
use gtm_sdk::testing::Native;

fn golden() -> Golden<Native<Incentive>> {
    Golden::read(
        Native::<Incentive>::new(),
        concat!(env!("CARGO_MANIFEST_DIR"), "/cases"),
    )
}

#[test]
fn every_golden_case_gives_its_figures() {
    golden().gives_its_figures();
}

#[test]
fn the_published_examples_are_all_there() {
    golden().includes(&["e31-", "e32-", "e33-", "e34-", "e35-", "e36-"]);
}

#[test]
fn what_must_hold_for_every_plugin_holds_on_every_case() {
    golden().conforms(&[
        ("a threshold is met exactly", 3),
        ("every sale returned takes everything back", 20),
    ]);
}
