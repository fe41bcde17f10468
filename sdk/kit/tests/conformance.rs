//! The kit tried on a program that keeps every promise, and on ones that each break one.

use std::cell::Cell;

use gtm_kit::{Case, Check, Failure, Subject, Verdict, conform, run_case};
use gtm_sdk::explanation::Rule;
use gtm_sdk::rounding::Rounding;
use gtm_sdk::testing::Native;
use gtm_sdk::tier::{Method, Table, Tier};
use gtm_sdk::{
    CURRENCY, Column, Context, Description, Deserialize, Figure, JsonSchema, Measure, Milestone, Outcome, Plan,
    Problem, Program, ProgramKind, RowKind, Rows, Side, Sum, Transfer,
};

gtm_sdk::messages! {
    enum Say {
        Slice = "slice": "tier {0}: {1}",
        Rounded = "rounded": "rounded from {0} to {1}",
        Ahead = "ahead": "{0} to the next tier",
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Terms {
    method: Method,
    tiers: Vec<Tier>,
}

/// A volume rebate in sixty lines.
struct Volume {
    context: Context,
    method: Method,
    table: Table,
    volume: Sum,
}

impl Program for Volume {
    type Terms = Terms;
    const TERMS_SCHEMA: &str = "{}";

    fn describe() -> Description {
        Description::new("example/volume", "Volume rebate", ProgramKind::Rebate)
            .columns([Column::NetAmount])
            .balance("expense", "Rebate expense", CURRENCY, Side::Debit)
            .balance("payable", "Rebate payable", CURRENCY, Side::Credit)
            .messages(Say::ALL.iter().copied())
            .order_independent()
    }

    fn plan(terms: &Terms) -> Result<Plan, Vec<Problem>> {
        let within = |problems: Vec<Problem>| {
            problems
                .into_iter()
                .map(|problem| problem.within("/tiers"))
                .collect::<Vec<_>>()
        };
        Table::new(terms.tiers.clone()).map_err(within)?;
        Ok(Plan {
            columns: vec![Column::NetAmount],
            ..Plan::new([RowKind::Sale, RowKind::Return])
        })
    }

    fn start(context: Context, terms: Terms) -> Result<Self, Problem> {
        let table = Table::new(terms.tiers).map_err(|mut problems| problems.remove(0))?;
        Ok(Volume {
            context,
            method: terms.method,
            table,
            volume: Sum::ZERO,
        })
    }

    fn push(&mut self, rows: &Rows<'_>) -> Result<(), Problem> {
        rows.iter().for_each(|row| self.volume.add(row.net_amount()));
        Ok(())
    }

    fn finish(self) -> Result<Outcome, Problem> {
        let volume = self.volume.micros()?;
        let digits = self.context.currency_digits;
        let mut outcome = Outcome::default();
        let mut rule = Rule::new("volume");
        for slice in self.table.slices(self.method, volume) {
            rule.step(
                Say::Slice,
                [Figure::Count(slice.tier as u64 + 1), Figure::money(slice.on)],
                slice.earned,
            )?;
        }
        let due = rule.round(Say::Rounded, digits, Rounding::HalfUp)?;
        if let Some(next) = self.table.next(self.method, volume)? {
            let at_target = self.table.earned(self.method, next.target)?;
            let worth = gtm_sdk::rounding::round(at_target, digits, Rounding::HalfUp)?.minus(due)?;
            outcome.milestones.push(Milestone {
                rule: "volume".to_owned(),
                message: Say::Ahead.into(),
                figures: vec![Figure::money(next.missing)],
                measure: Measure::Money,
                reached: volume.0,
                target: next.target.0,
                worth: Some(worth.0),
            });
        }
        rule.pay(
            Transfer::new(&self.context, "expense", "payable").with_basis(volume),
            &mut outcome,
        );
        Ok(outcome)
    }
}

fn case(method: &str, amount: &str) -> Case {
    Case::parse(
        &r#"{
            "title": "METHOD", "source": "Dynamics 365 documentation, calculation methods for deal lines",
            "terms": { "method": "METHOD", "tiers": [
                { "from": "0", "pays": { "percent": "10 %" } }, { "from": "1000", "pays": { "percent": "25 %" } },
                { "from": "2500", "pays": { "percent": "30 %" } }
            ] },
            "period": "2011-Q1",
            "rows": [
                { "date": "2010-12-31", "net-amount": "100000" },
                { "date": "2011-01-05", "net-amount": "2500.00" },
                { "date": "2011-03-31", "kind": "return", "net-amount": "-500.00" },
                { "date": "2011-03-31", "kind": "order", "net-amount": "77.00" }
            ],
            "expect": { "transfers": [{ "rule": "volume", "amount": "AMOUNT", "debit": "expense", "credit": "payable" }] }
        }"#
        .replace("METHOD", method)
        .replace("AMOUNT", amount),
    )
    .unwrap()
}

fn volume() -> Native<Volume> {
    Native::new()
}

fn failures(checks: &[Check]) -> Vec<String> {
    checks
        .iter()
        .filter(|check| check.failed())
        .map(Check::to_string)
        .collect()
}

#[test]
fn the_four_methods_give_their_published_figures() {
    for (method, amount) in [
        ("marginal", "350"),
        ("retrospective", "500"),
        ("rolling", "600"),
        ("total", "700"),
    ] {
        let report = run_case(&volume(), &case(method, amount)).unwrap();
        assert!(report.passed(), "{method}: {:?}", report.differences);
    }
}

#[test]
fn a_wrong_figure_is_told_in_a_sentence() {
    let report = run_case(&volume(), &case("marginal", "350.01")).unwrap();
    assert_eq!(
        report.differences,
        [
            "no transfer of 350.01 by rule `volume` from `expense` to `payable`",
            "not expected: 350 by rule `volume` from `expense` to `payable`",
        ]
    );
}

#[test]
fn a_problem_can_be_what_a_case_expects() {
    let mut unsound = case("marginal", "1");
    unsound.terms["tiers"][1]["from"] = "0".into();
    assert_eq!(
        run_case(&volume(), &unsound).unwrap().differences,
        [
            "`tier-order`: tier 2 begins at 0 and tier 1 at 0: give the tiers in ascending order, each beginning once (at `/tiers/1/from`)"
        ]
    );
    unsound.expect.problem = Some("tier-order".to_owned());
    assert!(run_case(&volume(), &unsound).unwrap().passed());
}

#[test]
fn a_row_without_what_the_terms_need_is_named() {
    let mut lacking = case("marginal", "350");
    lacking.rows[2].net_amount = None;
    assert_eq!(
        run_case(&volume(), &lacking).unwrap_err().to_string(),
        "row 3 has no `net-amount`, which these terms need: add it to the row"
    );
}

#[test]
fn a_sound_program_keeps_every_promise() {
    let cases = [
        case("marginal", "350"),
        case("retrospective", "500"),
        case("rolling", "600"),
        case("total", "700"),
    ];
    let checks = conform(&volume(), &cases);
    assert_eq!(failures(&checks), Vec::<String>::new());
    let held = checks
        .iter()
        .filter(|check| matches!(check.verdict, Verdict::Holds(_)))
        .count();
    assert_eq!((held, checks.len()), (40, 40), "{checks:#?}");
}

/// The volume rebate with one thing wrong.
struct Broken {
    inner: Native<Volume>,
    fault: Fault,
    calls: Cell<i64>,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Changes,
    CountsBatches,
    FirstRow,
    PaysAlways,
    StepsDisagree,
    WorthIsWrong,
    TrapsOnTerms,
}

impl Subject for Broken {
    fn describe(&self) -> Result<domain::plugin::Descriptor, Failure> {
        self.inner.describe()
    }

    fn plan(&self, terms: &str) -> Result<domain::plugin::Plan, Failure> {
        let plan = self.inner.plan(terms);
        if self.fault == Fault::TrapsOnTerms && plan.is_err() {
            return Err(Failure::Broken("unreachable".to_owned()));
        }
        plan
    }

    fn calculate(
        &self,
        context: &domain::calculation::Context,
        rows: &domain::columns::ColumnSlice<'_>,
        batch_rows: usize,
    ) -> Result<domain::calculation::Outcome, Failure> {
        let mut outcome = self.inner.calculate(context, rows, batch_rows)?;
        self.calls.set(self.calls.get() + 1);
        let add = |outcome: &mut domain::calculation::Outcome, units: i64| {
            let micros = units * 1_000_000;
            if let Some(transfer) = outcome.transfers.first_mut() {
                transfer.amount.0 += micros;
                outcome.steps[0].amount = outcome.steps[0]
                    .amount
                    .map(|amount| domain::money::Micros(amount.0 + micros));
            }
        };
        match self.fault {
            Fault::Changes => add(&mut outcome, self.calls.get()),
            Fault::CountsBatches => add(&mut outcome, rows.len().div_ceil(batch_rows) as i64),
            Fault::FirstRow => add(
                &mut outcome,
                rows.position.first().map_or(0, |position| *position as i64),
            ),
            Fault::PaysAlways if outcome.transfers.is_empty() => {
                let context = self.inner.calculate(context, &one_row(), batch_rows)?;
                outcome.transfers = context.transfers;
                outcome.steps = context.steps;
            }
            Fault::StepsDisagree => outcome.steps.truncate(1),
            Fault::WorthIsWrong => outcome.milestones.iter_mut().for_each(|milestone| {
                milestone.worth = milestone.worth.map(|worth| domain::money::Micros(worth.0 + 10_000));
            }),
            Fault::PaysAlways | Fault::TrapsOnTerms => {}
        }
        Ok(outcome)
    }

    fn adjudicate(
        &self,
        context: &domain::calculation::Context,
        evidence: &domain::adjudication::Evidence,
        claim: &domain::adjudication::Claim,
    ) -> Result<domain::adjudication::Decision, Failure> {
        self.inner.adjudicate(context, evidence, claim)
    }
}

fn one_row() -> domain::columns::ColumnSlice<'static> {
    domain::columns::ColumnSlice {
        position: &[1],
        date: &[14_975],
        kind: &[0],
        selectors: &[0],
        net_amount: &[1_000_000_000],
        ..Default::default()
    }
}

#[test]
fn each_broken_promise_is_found_by_its_name() {
    for (fault, rule) in [
        (Fault::Changes, "same input, same answer"),
        (Fault::CountsBatches, "batches do not matter"),
        (Fault::FirstRow, "order does not matter where the plugin says so"),
        (Fault::PaysAlways, "nothing sold, nothing paid"),
        (Fault::StepsDisagree, "parts sum to the whole"),
        (Fault::WorthIsWrong, "a threshold is met exactly"),
        (Fault::TrapsOnTerms, "hostile terms give problems, never a trap"),
    ] {
        let subject = Broken {
            inner: volume(),
            fault,
            calls: Cell::new(0),
        };
        let checks = conform(&subject, &[case("marginal", "350")]);
        assert!(
            checks.iter().any(|check| check.failed() && check.rule == rule),
            "`{rule}` was not found: {checks:#?}"
        );
    }
}
