//! Running a case and comparing.

use domain::adjudication::Decision;
use domain::calculation::{Context, Outcome};
use domain::columns::Columns;
use domain::money::Micros;
use domain::plugin::{Descriptor, Grant, Plan};
use domain::proposal;
use domain::{Result, decision};
use serde_json::Value;

use crate::case::{Case, ExpectedMilestone, ExpectedStep, ExpectedTransfer};
use crate::claim::{self, Asked};
use crate::gather::{canonical, gather};
use crate::subject::{Failure, Subject};

/// How a case went.
#[derive(Debug, Clone)]
pub struct Report {
    pub title: String,
    /// What differs from what the case expects, a sentence each. None: it passed.
    pub differences: Vec<String>,
    /// What came out, when something did.
    pub outcome: Option<Outcome>,
    /// The ruling, when the case has a claim.
    pub decision: Option<Decision>,
}

impl Report {
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Everything that a calculation of the case needs.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub descriptor: Descriptor,
    pub plan: Plan,
    pub context: Context,
    pub columns: Columns,
    /// The claim of the case, when it has one.
    pub asked: Option<Asked>,
}

/// What came out of a case.
enum Answer {
    Outcome(Outcome),
    Decision(Decision),
}

/// Rows pushed at a time, as a host does it.
pub const BATCH_ROWS: usize = 4096;

/// Runs one case: terms against the schema, plan, gathering, calculation, the host's checks, and the comparison with what the case
/// expects.
///
/// Errors: the case itself cannot be used, such as a row without a measure that the terms need. What the plugin does wrong is
/// a difference in the report.
pub fn run_case(subject: &impl Subject, case: &Case) -> Result<Report> {
    let mut report = Report {
        title: case.title.clone(),
        differences: Vec::new(),
        outcome: None,
        decision: None,
    };
    let answer = match prepare(subject, case)? {
        Err(failure) => Err(failure),
        Ok(prepared) => {
            let differences = &mut report.differences;
            match &prepared.asked {
                None => calculated(subject, case, &prepared, differences).map(Answer::Outcome),
                Some(asked) => ruled(subject, case, &prepared, asked, differences).map(Answer::Decision),
            }
        }
    };
    match (answer, &case.expect.problem) {
        (Ok(answer), expected) => {
            if let Some(code) = expected {
                report
                    .differences
                    .push(format!("the problem `{code}` was expected, but there was an answer"));
            }
            match answer {
                Answer::Outcome(outcome) => report.outcome = Some(outcome),
                Answer::Decision(decision) => report.decision = Some(decision),
            }
        }
        (Err(Failure::Problems(problems)), Some(code)) if problems.iter().any(|problem| problem.code == *code) => {}
        (Err(failure), Some(code)) => report
            .differences
            .push(format!("the problem `{code}` was expected, but: {failure}")),
        (Err(failure), None) => report.differences.push(failure.to_string()),
    }
    Ok(report)
}

fn calculated(
    subject: &impl Subject,
    case: &Case,
    prepared: &Prepared,
    differences: &mut Vec<String>,
) -> Result<Outcome, Failure> {
    let rows = prepared.columns.as_slice();
    let outcome = subject.calculate(&prepared.context, &rows, BATCH_ROWS)?;
    let checked = proposal::check(&prepared.descriptor, &prepared.context, &[rows], &outcome);
    differences.extend(checked.err().map(|error| error.to_string()));
    compare(&prepared.descriptor, case, &outcome, differences);
    Ok(outcome)
}

fn ruled(
    subject: &impl Subject,
    case: &Case,
    prepared: &Prepared,
    asked: &Asked,
    differences: &mut Vec<String>,
) -> Result<Decision, Failure> {
    let ruled = subject.adjudicate(&prepared.context, &asked.evidence, &asked.claim)?;
    let checked = decision::check(
        &prepared.descriptor,
        &prepared.context,
        &asked.evidence,
        &asked.claim,
        &ruled,
    );
    differences.extend(checked.err().map(|error| error.to_string()));
    match &case.expect.decision {
        Some(expected) => claim::compare(expected, &ruled, differences),
        None => differences.push("the case has a claim, and no `decision` under `expect`".to_owned()),
    }
    Ok(ruled)
}

/// Terms to plan to rows. The outer error is about the case, the inner one the plugin's answer.
pub fn prepare(subject: &impl Subject, case: &Case) -> Result<Result<Prepared, Failure>> {
    let descriptor = match subject.describe() {
        Ok(descriptor) => descriptor,
        Err(failure) => return Ok(Err(failure)),
    };
    if let Err(failure) = valid(&descriptor, &case.terms) {
        return Ok(Err(failure));
    }
    let plan = match subject.plan(&canonical(&case.terms)?) {
        Ok(plan) => plan,
        Err(failure) => return Ok(Err(failure)),
    };
    if let Err(error) = plan
        .check()
        .and_then(|()| Grant::all_of(&descriptor).allows(&descriptor, &plan))
    {
        return Ok(Err(Failure::Broken(error.to_string())));
    }
    let (mut context, columns) = gather(&descriptor, &plan, case)?;
    let asked = match &case.claim {
        None => None,
        Some(asked) => Some(claim::gather(&descriptor, &plan, case, asked, &mut context)?),
    };
    Ok(Ok(Prepared {
        descriptor,
        plan,
        context,
        columns,
        asked,
    }))
}

/// Holds terms against the schema, as a host does before the plugin sees them. The problems have the code `schema`.
fn valid(descriptor: &Descriptor, terms: &Value) -> Result<(), Failure> {
    let broken = |reason: String| Failure::Broken(format!("the schema of the terms is unusable: {reason}"));
    let schema: Value = serde_json::from_str(&descriptor.terms_schema).map_err(|error| broken(error.to_string()))?;
    let validator = jsonschema::draft202012::new(&schema).map_err(|error| broken(error.to_string()))?;
    let problems: Vec<_> = validator
        .iter_errors(terms)
        .map(|error| domain::calculation::Problem {
            code: "schema".to_owned(),
            message: error.to_string(),
            path: Some(error.instance_path().to_string()),
            row: None,
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Failure::Problems(problems))
    }
}

fn compare(descriptor: &Descriptor, case: &Case, outcome: &Outcome, differences: &mut Vec<String>) {
    let expect = &case.expect;
    let mut left: Vec<_> = outcome.transfers.iter().collect();
    for expected in &expect.transfers {
        let matches = |transfer: &&domain::calculation::Transfer| {
            transfer.rule == expected.rule
                && transfer.amount == expected.amount
                && expected.debit.as_ref().is_none_or(|code| transfer.debit == *code)
                && expected.credit.as_ref().is_none_or(|code| transfer.credit == *code)
        };
        match left.iter().position(matches) {
            Some(place) => drop(left.remove(place)),
            None => differences.push(format!("no transfer of {}", told(expected))),
        }
    }
    for transfer in left {
        let ExpectedTransfer {
            rule,
            amount,
            debit,
            credit,
        } = ExpectedTransfer {
            rule: transfer.rule.clone(),
            amount: transfer.amount,
            debit: Some(transfer.debit.clone()),
            credit: Some(transfer.credit.clone()),
        };
        differences.push(format!(
            "not expected: {}",
            told(&ExpectedTransfer {
                rule,
                amount,
                debit,
                credit
            })
        ));
    }
    if let Some(expected) = &expect.steps {
        let message = |place: u32| {
            descriptor
                .messages
                .get(place as usize)
                .map(|message| message.id.clone())
        };
        let came: Vec<_> = outcome
            .steps
            .iter()
            .map(|step| ExpectedStep {
                rule: step.rule.clone(),
                message: message(step.message),
                amount: step.amount,
            })
            .collect();
        let same = |expected: &ExpectedStep, came: &ExpectedStep| {
            expected.rule == came.rule
                && expected.amount == came.amount
                && (expected.message.is_none() || expected.message == came.message)
        };
        list("step", expected, &came, same, differences);
    }
    if let Some(expected) = &expect.milestones {
        let came: Vec<_> = outcome
            .milestones
            .iter()
            .map(|milestone| ExpectedMilestone {
                rule: milestone.rule.clone(),
                reached: milestone.reached,
                target: milestone.target,
                worth: milestone.worth,
            })
            .collect();
        list(
            "milestone",
            expected,
            &came,
            |expected, came| expected == came,
            differences,
        );
    }
}

fn list<T: std::fmt::Debug>(
    name: &str,
    expected: &[T],
    came: &[T],
    same: impl Fn(&T, &T) -> bool,
    differences: &mut Vec<String>,
) {
    if expected.len() != came.len() {
        differences.push(format!(
            "{} {name}s were expected and {} came: {came:?}",
            expected.len(),
            came.len()
        ));
    }
    for (place, (expected, came)) in expected.iter().zip(came).enumerate() {
        if !same(expected, came) {
            differences.push(format!(
                "{name} {}: {expected:?} was expected and {came:?} came",
                place + 1
            ));
        }
    }
}

fn told(transfer: &ExpectedTransfer) -> String {
    let end = |word: &str, code: &Option<String>| {
        code.as_ref()
            .map(|code| format!(" {word} `{code}`"))
            .unwrap_or_default()
    };
    format!(
        "{} by rule `{}`{}{}",
        Micros(transfer.amount.0),
        transfer.rule,
        end("from", &transfer.debit),
        end("to", &transfer.credit)
    )
}
