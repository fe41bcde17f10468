//! The golden cases, and what must hold for every plugin, tried on each of them natively.

use std::path::Path;

use domain::calculation::Figure;
use domain::money::Micros;
use gtm_kit::conformance::Verdict;
use gtm_kit::{Case, conform, run_case};
use gtm_mdf::Mdf;
use gtm_mdf::words::Say;
use gtm_sdk::testing::Native;

fn cases() -> Vec<(String, Case)> {
    Case::read_all(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"))).unwrap()
}

#[test]
fn every_golden_case_gives_its_figures() {
    let plugin = Native::<Mdf>::with_claims();
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
    for example in [
        "e10-accrued",
        "e10-reimbursed",
        "e10-capped",
        "e11-claim",
        "e12-available",
    ] {
        assert!(
            names.iter().any(|name| name.starts_with(example)),
            "no case for {example}"
        );
    }
}

/// E12 gives two figures: the claim is cut to the available one, and the ruling tells both.
#[test]
fn the_ruling_tells_what_the_fund_holds_and_what_of_it_is_available() {
    let (_, case) = cases()
        .into_iter()
        .find(|(name, _)| name.starts_with("e12-available"))
        .unwrap();
    let report = run_case(&Native::<Mdf>::with_claims(), &case).unwrap();
    let steps = report.decision.unwrap().steps;
    let fund = steps.iter().find(|step| step.message == u32::from(Say::Fund)).unwrap();
    let money = |units: i64| Figure::Money(Micros(units * 1_000_000));
    assert_eq!(fund.figures, [money(7_000), money(3_500), money(3_500)]);
}

#[test]
fn what_must_hold_for_every_plugin_holds_on_every_case() {
    let cases: Vec<Case> = cases().into_iter().map(|(_, case)| case).collect();
    let checks = conform(&Native::<Mdf>::with_claims(), &cases);
    let failed: Vec<String> = checks
        .iter()
        .filter(|check| check.failed())
        .map(ToString::to_string)
        .collect();
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
    for (rule, least) in [
        ("order does not matter where the plugin says so", 10),
        ("every sale returned takes everything back", 8),
        ("a threshold is met exactly", 2),
        ("a line alone is paid no more than it claims", 20),
        ("strange amounts are refused or denied, never a trap", 20),
    ] {
        let held = checks
            .iter()
            .filter(|check| check.rule == rule && matches!(check.verdict, Verdict::Holds(_)))
            .count();
        assert!(held >= least, "`{rule}` was tried {held} times only");
    }
}
