//! The golden cases, and what must hold for every plugin, tried on each of them natively.

use std::collections::BTreeSet;
use std::path::Path;

use gtm_chargeback::Chargeback;
use gtm_chargeback::reason::{DENYING, DIFFERING};
use gtm_chargeback::words::Say;
use gtm_kit::conformance::Verdict;
use gtm_kit::{Case, conform, run_case};
use gtm_sdk::testing::Native;

fn cases() -> Vec<(String, Case)> {
    Case::read_all(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"))).unwrap()
}

#[test]
fn every_golden_case_gives_its_figures() {
    let plugin = Native::<Chargeback>::with_claims();
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
        "e14-margin-of-25-percent-325",
        "e15-margin-of-2-kept-1",
        "e16-cost-of-ten-5",
        "e17-drop-of-800-120000",
    ] {
        assert!(names.iter().any(|name| name == example), "no case for {example}");
    }
}

#[test]
fn every_reason_has_a_case_and_a_line_of_the_readme() {
    let given: BTreeSet<String> = cases()
        .into_iter()
        .flat_map(|(_, case)| case.expect.decision.into_iter().flatten())
        .flat_map(|line| line.reasons)
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
    let (_, case) = cases().into_iter().find(|(name, _)| name.starts_with("e16-")).unwrap();
    let decision = run_case(&Native::<Chargeback>::with_claims(), &case)
        .unwrap()
        .decision
        .unwrap();
    let books = decision
        .steps
        .iter()
        .find(|step| step.message == u32::from(Say::Books))
        .unwrap();
    let money = |micros: i64| domain::calculation::Figure::Money(domain::money::Micros(micros));
    assert_eq!(
        books.figures,
        [
            domain::calculation::Figure::Count(1),
            money(105_000_000),
            money(100_000_000),
            money(5_000_000)
        ]
    );
    assert_eq!(decision.lines[0].approved.0, 5_000_000);
}

#[test]
fn what_must_hold_for_every_plugin_holds_on_every_case() {
    let cases: Vec<Case> = cases().into_iter().map(|(_, case)| case).collect();
    let checks = conform(&Native::<Chargeback>::with_claims(), &cases);
    let failed: Vec<String> = checks
        .iter()
        .filter(|check| check.failed())
        .map(ToString::to_string)
        .collect();
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
    for (rule, least) in [
        ("order does not matter where the plugin says so", 20),
        ("every sale returned takes everything back", 5),
        ("a line alone is paid no more than it claims", 40),
    ] {
        let held = checks
            .iter()
            .filter(|check| check.rule == rule && matches!(check.verdict, Verdict::Holds(_)))
            .count();
        assert!(held >= least, "`{rule}` was tried {held} times only");
    }
}
