//! The golden cases, and what must hold for every plugin, tried on each of them natively.

use std::path::Path;

use gtm_incentive::Incentive;
use gtm_kit::conformance::Verdict;
use gtm_kit::{Case, conform, run_case};
use gtm_sdk::testing::Native;

fn cases() -> Vec<(String, Case)> {
    Case::read_all(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"))).unwrap()
}

#[test]
fn every_golden_case_gives_its_figures() {
    let plugin = Native::<Incentive>::new();
    let mut wrong = Vec::new();
    for (name, case) in cases() {
        match run_case(&plugin, &case) {
            Ok(report) => wrong.extend(
                report
                    .differences
                    .into_iter()
                    .map(|difference| format!("{name}: {difference}")),
            ),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_published_examples_are_all_there() {
    let names: Vec<String> = cases().into_iter().map(|(name, _)| name).collect();
    for example in ["e31-", "e32-", "e33-", "e34-", "e35-", "e36-"] {
        assert!(
            names.iter().any(|name| name.starts_with(example)),
            "no case for {example}"
        );
    }
}

#[test]
fn what_must_hold_for_every_plugin_holds_on_every_case() {
    let cases: Vec<Case> = cases().into_iter().map(|(_, case)| case).collect();
    let checks = conform(&Native::<Incentive>::new(), &cases);
    let failed: Vec<String> = checks
        .iter()
        .filter(|check| check.failed())
        .map(ToString::to_string)
        .collect();
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
    for (rule, least) in [
        ("a threshold is met exactly", 3),
        ("every sale returned takes everything back", 20),
    ] {
        let held = checks
            .iter()
            .filter(|check| check.rule == rule && matches!(check.verdict, Verdict::Holds(_)))
            .count();
        assert!(held >= least, "`{rule}` was tried {held} times only");
    }
}
