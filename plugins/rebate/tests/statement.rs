//! What a participant reads: the sentences of whole statements, with their figures.

use std::path::Path;

use domain::calculation::{Figure, Outcome};
use gtm_kit::{Case, Subject, run_case};
use gtm_rebate::Rebate;
use gtm_sdk::testing::Native;

fn outcome(case: &str) -> Outcome {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(case);
    run_case(&Native::<Rebate>::new(), &Case::read(&file).unwrap())
        .unwrap()
        .outcome
        .unwrap()
}

/// The steps, then the milestones, of a case.
fn told(case: &str) -> Vec<String> {
    let messages = Native::<Rebate>::new().describe().unwrap().messages;
    let outcome = outcome(case);
    let steps = outcome.steps.iter().map(|step| (step.message, &step.figures));
    let milestones = outcome
        .milestones
        .iter()
        .map(|milestone| (milestone.message, &milestone.figures));
    steps
        .chain(milestones)
        .map(|(message, figures)| sentence(&messages[message as usize].text, figures))
        .collect()
}

fn sentence(text: &str, figures: &[Figure]) -> String {
    let shown = figures.iter().map(|figure| match figure {
        Figure::Money(amount) | Figure::Quantity(amount) => amount.to_string(),
        Figure::Rate(rate) => format!("{} %", (rate * gtm_sdk::Decimal::ONE_HUNDRED).normalize()),
        Figure::Number(number) => number.to_string(),
        Figure::Count(count) => count.to_string(),
        Figure::Day(day) => day.to_string(),
        Figure::Text(text) => text.clone(),
    });
    shown.enumerate().fold(text.to_owned(), |text, (place, figure)| {
        text.replace(&format!("{{{place}}}"), &figure)
    })
}

#[test]
fn slices_can_be_followed_with_a_pocket_calculator() {
    assert_eq!(
        told("e1-stepped.json"),
        [
            "the volume that counts is 2000",
            "1000 of it between 0 and 1000 at 10 % is 100",
            "1000 of it between 1000 and 2500 at 25 % is 250",
        ]
    );
}

#[test]
fn a_final_settlement_says_what_was_due_before() {
    assert_eq!(
        told("e3-december.json"),
        [
            "the volume that counts is 20000",
            "with 7000 of the periods before, it is 27000 to date",
            "27000 at 4 % is 1080",
            "less 140 due for the periods before: 940",
        ]
    );
}

#[test]
fn a_prorated_cap_shows_its_days() {
    assert_eq!(
        told("e8-prorated-cap.json"),
        [
            "the volume that counts is 10000",
            "10000 at 2 % is 200",
            "of the cap of 100, 30 of 365 days of enrolment are 8.22",
            "not more than 8.22 for the year, of which 0 was due before: 8.22",
        ]
    );
}

#[test]
fn returns_and_the_next_tier_are_told() {
    assert_eq!(
        told("returns-deducted.json"),
        [
            "purchases of 5400.5 less returns of 500.5 are 4900",
            "4900 at 1 % is 49",
            "100 to the next tier, worth 76 more"
        ]
    );
}

#[test]
fn what_is_not_yet_invoiced_is_told_apart() {
    assert_eq!(
        told("e9-open-accrual.json"),
        [
            "the volume that counts is 800",
            "800 at 5 % is 40",
            "were the 200 received and not yet invoiced counted, 50 would be due: 10 more",
        ]
    );
}

#[test]
fn a_transfer_names_basis_rate_and_what_it_rests_on() {
    let outcome = outcome("include-exclude.json");
    let [transfer] = &outcome.transfers[..] else {
        panic!("one transfer: {outcome:?}")
    };
    assert_eq!(
        transfer.basis.map(|basis| basis.normalize().to_string()).as_deref(),
        Some("5200")
    );
    assert_eq!(
        transfer.rate.map(|rate| rate.normalize().to_string()).as_deref(),
        Some("0.025")
    );
    assert_eq!(transfer.citations, domain::calculation::Citations::Selected(1));
    assert_eq!(transfer.effective.to_string(), "2024-03-31");
}
