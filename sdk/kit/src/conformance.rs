//! What must hold for every plugin, whatever it pays: tried on its golden cases, changed in ways whose effect is known.

mod claims;

use std::fmt;

use domain::calculation::{Context, Measure, Milestone, Outcome};
use domain::columns::Columns;
use domain::money::Micros;
use domain::proposal;
use domain::transaction::RowKind;

use crate::case::Case;
use crate::hostile;
use crate::run::{BATCH_ROWS, Prepared, prepare, run_case};
use crate::subject::{Failure, Subject};

/// One thing that must hold, tried on one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The title of the case.
    pub case: String,
    /// What must hold.
    pub rule: &'static str,
    pub verdict: Verdict,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds; how it was tried.
    Holds(String),
    /// It does not; what happened.
    Fails(String),
    /// The case gives nothing to try it on, and why.
    NotTried(String),
}

impl Check {
    pub fn failed(&self) -> bool {
        matches!(self.verdict, Verdict::Fails(_))
    }
}

/// A sentence: `holds: same input, same answer: asked twice (volume rebate)`.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, how) = match &self.verdict {
            Verdict::Holds(how) => ("holds", how),
            Verdict::Fails(how) => ("FAILS", how),
            Verdict::NotTried(why) => ("not tried", why),
        };
        write!(f, "{word}: {}: {how} ({})", self.rule, self.case)
    }
}

/// Tries every rule on every case. A case that expects a problem, or cannot be prepared, is only run.
pub fn conform(subject: &impl Subject, cases: &[Case]) -> Vec<Check> {
    let mut checks = Vec::new();
    for case in cases {
        let mut check = |rule, verdict| {
            checks.push(Check {
                case: case.title.clone(),
                rule,
                verdict,
            })
        };
        check("the case gives what it says", as_expected(subject, case));
        if case.expect.problem.is_some() {
            continue;
        }
        let Ok(Ok(prepared)) = prepare(subject, case) else {
            continue;
        };
        if let Some(asked) = &prepared.asked {
            claims::conform(subject, case, &prepared, asked, &mut check);
            continue;
        }
        let answer = match subject.calculate(&prepared.context, &prepared.columns.as_slice(), BATCH_ROWS) {
            Ok(answer) => answer,
            Err(failure) => {
                check("same input, same answer", Verdict::Fails(failure.to_string()));
                continue;
            }
        };
        let trial = Trial {
            subject,
            case,
            prepared: &prepared,
            answer: &answer,
        };
        check("same input, same answer", trial.repeats());
        check("batches do not matter", trial.batches());
        check("order does not matter where the plugin says so", trial.order());
        check("parts sum to the whole", trial.sums());
        check("nothing sold, nothing paid", trial.empty());
        check("every sale returned takes everything back", trial.returned());
        for verdict in trial.thresholds() {
            check("a threshold is met exactly", verdict);
        }
        check("huge amounts are refused or right, never a trap", trial.huge());
        check("hostile terms give problems, never a trap", trial.hostile());
    }
    checks
}

fn as_expected(subject: &impl Subject, case: &Case) -> Verdict {
    match run_case(subject, case) {
        Err(error) => Verdict::Fails(error.to_string()),
        Ok(report) if report.passed() => Verdict::Holds("every figure is as expected".to_owned()),
        Ok(report) => Verdict::Fails(report.differences.join("; ")),
    }
}

struct Trial<'a, S> {
    subject: &'a S,
    case: &'a Case,
    prepared: &'a Prepared,
    answer: &'a Outcome,
}

impl<S: Subject> Trial<'_, S> {
    fn calculate(&self, columns: &Columns, batch_rows: usize) -> Result<Outcome, Failure> {
        self.subject
            .calculate(&self.prepared.context, &columns.as_slice(), batch_rows)
    }

    fn repeats(&self) -> Verdict {
        if self.subject.describe().as_ref() != Ok(&self.prepared.descriptor) {
            return Verdict::Fails("`describe` gave another answer the second time".to_owned());
        }
        if self.subject.plan(&self.prepared.context.terms).as_ref() != Ok(&self.prepared.plan) {
            return Verdict::Fails("`plan` gave another answer the second time".to_owned());
        }
        self.same(&self.prepared.columns, BATCH_ROWS, "asked twice")
    }

    fn batches(&self) -> Verdict {
        for batch_rows in [1, 2, 7] {
            let verdict = self.same(&self.prepared.columns, batch_rows, "");
            if let Verdict::Fails(how) = verdict {
                return Verdict::Fails(format!("pushed {batch_rows} rows at a time: {how}"));
            }
        }
        Verdict::Holds("pushed 1, 2 and 7 rows at a time".to_owned())
    }

    fn order(&self) -> Verdict {
        if !self.prepared.descriptor.order_independent {
            return Verdict::NotTried("the plugin does not say that it is `order-independent`".to_owned());
        }
        let columns = &self.prepared.columns;
        let backwards: Vec<usize> = (0..columns.len()).rev().collect();
        // Every third row, then every third from the second on, and so on.
        let dealt: Vec<usize> = (0..3).flat_map(|first| (first..columns.len()).step_by(3)).collect();
        for (order, name) in [(backwards, "backwards"), (dealt, "dealt out in threes")] {
            if let Verdict::Fails(how) = self.same(&picked(columns, &order), BATCH_ROWS, "") {
                return Verdict::Fails(format!("rows {name}: {how}"));
            }
        }
        Verdict::Holds("rows backwards and dealt out in threes".to_owned())
    }

    fn same(&self, columns: &Columns, batch_rows: usize, how: &str) -> Verdict {
        match self.calculate(columns, batch_rows) {
            Ok(answer) if answer == *self.answer => Verdict::Holds(how.to_owned()),
            Ok(answer) => Verdict::Fails(difference(self.answer, &answer)),
            Err(failure) => Verdict::Fails(failure.to_string()),
        }
    }

    fn sums(&self) -> Verdict {
        let rows = self.prepared.columns.as_slice();
        match proposal::check(&self.prepared.descriptor, &self.prepared.context, &[rows], self.answer) {
            Ok(()) => Verdict::Holds(format!(
                "{} transfers, {} steps",
                self.answer.transfers.len(),
                self.answer.steps.len()
            )),
            Err(error) => Verdict::Fails(error.to_string()),
        }
    }

    fn empty(&self) -> Verdict {
        if self.case.pays_without_rows {
            return Verdict::NotTried("the terms promise something although nothing was sold".to_owned());
        }
        match self.calculate(&self.without_period(), BATCH_ROWS) {
            Ok(answer) if answer.transfers.is_empty() => Verdict::Holds("without the rows of the period".to_owned()),
            Ok(answer) => Verdict::Fails(format!("without rows in the period it pays {}", paid(&answer))),
            Err(failure) => Verdict::Fails(failure.to_string()),
        }
    }

    fn returned(&self) -> Verdict {
        if !self.prepared.plan.kinds.contains(&RowKind::Return) {
            return Verdict::NotTried("these terms leave returns out".to_owned());
        }
        let columns = &self.prepared.columns;
        let sales: Vec<usize> = self
            .of_period()
            .filter(|row| columns.kind[*row] == RowKind::Sale as u8)
            .collect();
        if sales.is_empty() {
            return Verdict::NotTried("there are no sales in the period".to_owned());
        }
        let outside = self.outside_period();
        let (kept, count) = (outside.len(), sales.len());
        let mut rows = picked(columns, &[outside, sales.clone(), sales].concat());
        let next = columns.position.iter().max().copied().unwrap_or(0) + 1;
        for (number, row) in (kept + count..rows.len()).enumerate() {
            rows.position[row] = next + number as u64;
            rows.kind[row] = RowKind::Return as u8;
            for measure in [
                &mut rows.quantity,
                &mut rows.net_amount,
                &mut rows.gross_amount,
                &mut rows.cost,
            ] {
                if let Some(amount) = measure.get_mut(row) {
                    *amount = -*amount;
                }
            }
        }
        let rows = in_order(&rows);
        let nothing = self.calculate(&self.without_period(), BATCH_ROWS);
        match (self.calculate(&rows, BATCH_ROWS), nothing) {
            (Ok(answer), Ok(nothing)) if amounts(&answer) == amounts(&nothing) => {
                Verdict::Holds(format!("{count} sales and {count} returns"))
            }
            (Ok(answer), Ok(_)) => Verdict::Fails(format!("{count} sales, all returned, still pay {}", paid(&answer))),
            (Err(failure), _) | (_, Err(failure)) => Verdict::Fails(failure.to_string()),
        }
    }

    /// Each milestone is a threshold: a micro less than what is missing must leave it to be reached, exactly that and a micro
    /// more must not, and exactly that must pay what the milestone says it is worth.
    fn thresholds(&self) -> Vec<Verdict> {
        if self.answer.milestones.is_empty() {
            return vec![Verdict::NotTried("the answer names no milestone".to_owned())];
        }
        self.answer
            .milestones
            .iter()
            .map(|milestone| self.threshold(milestone))
            .collect()
    }

    fn threshold(&self, milestone: &Milestone) -> Verdict {
        let missing = milestone.target.0.saturating_sub(milestone.reached.0);
        let name = format!("rule `{}` at {}", milestone.rule, milestone.target);
        let Some(pattern) = self.of_period().last() else {
            return Verdict::NotTried(format!("{name}: there is no row in the period to add to"));
        };
        if missing <= 0 || milestone.measure == Measure::Rate {
            return Verdict::NotTried(format!("{name}: it is reached, or a rate"));
        }
        let mut ahead = [None, None, None];
        let due = |outcome: &Outcome| -> i128 {
            let of_rule = outcome
                .transfers
                .iter()
                .filter(|transfer| transfer.rule == milestone.rule);
            of_rule.map(|transfer| i128::from(transfer.amount.0)).sum()
        };
        let mut at_target = 0;
        for (place, offset) in [-1, 0, 1].into_iter().enumerate() {
            let rows = self.with_more(pattern, milestone.measure, missing.saturating_add(offset));
            match self.calculate(&rows, BATCH_ROWS) {
                Ok(answer) => {
                    let mut same = answer
                        .milestones
                        .iter()
                        .filter(|other| other.rule == milestone.rule && other.target == milestone.target);
                    ahead[place] = same.next().map(|other| other.reached);
                    if offset == 0 {
                        at_target = due(&answer);
                    }
                }
                Err(failure) => return Verdict::Fails(format!("{name}: {failure}")),
            }
        }
        match ahead {
            [Some(below), None, None] if below == Micros(milestone.target.0 - 1) => {}
            [Some(below), ..] if below == milestone.reached => {
                return Verdict::NotTried(format!("{name}: a larger row does not bring it nearer"));
            }
            [below, exact, above] => {
                let told = |reached: Option<Micros>| {
                    reached.map_or("passed".to_owned(), |reached| format!("ahead, at {reached}"))
                };
                return Verdict::Fails(format!(
                    "{name}: a micro before it is {}, exactly at it {}, a micro after it {}",
                    told(below),
                    told(exact),
                    told(above)
                ));
            }
        }
        let gained = at_target - due(self.answer);
        match milestone.worth {
            Some(worth) if i128::from(worth.0) != gained => {
                let gained = i64::try_from(gained)
                    .map_or_else(|_| "too much to show".to_owned(), |gained| Micros(gained).to_string());
                Verdict::Fails(format!(
                    "{name}: it says it is worth {worth}, and reaching it pays {gained} more"
                ))
            }
            _ => Verdict::Holds(format!("{name}: a micro before, exactly, a micro after")),
        }
    }

    fn huge(&self) -> Verdict {
        let mut rows = self.prepared.columns.clone();
        for huge in [i64::MAX, i64::MIN, i64::MIN + 1] {
            for measure in [
                &mut rows.quantity,
                &mut rows.net_amount,
                &mut rows.gross_amount,
                &mut rows.cost,
                &mut rows.list_price,
            ] {
                measure.fill(huge);
            }
            match self.calculate(&rows, BATCH_ROWS) {
                Err(Failure::Broken(reason)) => {
                    return Verdict::Fails(format!("every measure at {huge} micros: {reason}"));
                }
                Err(Failure::Problems(_)) => {}
                Ok(answer) => {
                    let slice = rows.as_slice();
                    if let Err(error) =
                        proposal::check(&self.prepared.descriptor, &self.prepared.context, &[slice], &answer)
                    {
                        return Verdict::Fails(format!("every measure at {huge} micros: {error}"));
                    }
                }
            }
        }
        Verdict::Holds("every measure at the largest and the smallest number".to_owned())
    }

    fn hostile(&self) -> Verdict {
        let mutations = hostile::mutations(&self.case.terms);
        let mut accepted = 0;
        for terms in &mutations {
            let shown = || terms.chars().take(200).collect::<String>();
            match self.subject.plan(terms) {
                Err(Failure::Problems(problems)) if problems.is_empty() => {
                    return Verdict::Fails(format!("terms were refused without a problem: {}", shown()));
                }
                Err(Failure::Problems(_)) => continue,
                Err(Failure::Broken(reason)) => return Verdict::Fails(format!("`plan` broke: {reason}: {}", shown())),
                Ok(_) => accepted += 1,
            }
            let context = Context {
                terms: terms.clone(),
                ..self.prepared.context.clone()
            };
            let answer = self
                .subject
                .calculate(&context, &self.prepared.columns.as_slice(), BATCH_ROWS);
            // Other terms may want other columns than were gathered: such a panic is the kit's doing, not the plugin's.
            let same_columns = self.subject.plan(terms).is_ok_and(|plan| {
                plan.columns == self.prepared.plan.columns && plan.attributes == self.prepared.plan.attributes
            });
            if let (Err(Failure::Broken(reason)), true) = (answer, same_columns) {
                return Verdict::Fails(format!("the calculation broke: {reason}: {}", shown()));
            }
        }
        Verdict::Holds(format!(
            "{} changed terms, of which {accepted} were still sound",
            mutations.len()
        ))
    }

    fn of_period(&self) -> impl Iterator<Item = usize> {
        let (start, end) = (
            self.prepared.context.period.start.number(),
            self.prepared.context.period.end.number(),
        );
        let columns = &self.prepared.columns;
        (0..columns.len()).filter(move |row| (start..=end).contains(&columns.date[*row]))
    }

    fn outside_period(&self) -> Vec<usize> {
        let inside: Vec<usize> = self.of_period().collect();
        (0..self.prepared.columns.len())
            .filter(|row| !inside.contains(row))
            .collect()
    }

    fn without_period(&self) -> Columns {
        picked(&self.prepared.columns, &self.outside_period())
    }

    /// The rows and one more at the end of the period, like the row `pattern`, that adds to one measure alone.
    fn with_more(&self, pattern: usize, measure: Measure, micros: i64) -> Columns {
        let columns = &self.prepared.columns;
        let mut places: Vec<usize> = (0..columns.len()).collect();
        places.push(pattern);
        let mut rows = picked(columns, &places);
        let last = columns.len();
        rows.position[last] = columns.position.iter().max().copied().unwrap_or(0) + 1;
        rows.kind[last] = RowKind::Sale as u8;
        let money = if measure == Measure::Money { micros } else { 0 };
        let quantity = if measure == Measure::Quantity { micros } else { 0 };
        for (column, value) in [
            (&mut rows.quantity, quantity),
            (&mut rows.net_amount, money),
            (&mut rows.gross_amount, money),
            (&mut rows.cost, 0),
        ] {
            if let Some(amount) = column.get_mut(last) {
                *amount = value;
            }
        }
        in_order(&rows)
    }
}

/// The rows at these places, in this order.
fn picked(columns: &Columns, places: &[usize]) -> Columns {
    fn pick<T: Copy>(column: &[T], places: &[usize]) -> Vec<T> {
        if column.is_empty() {
            Vec::new()
        } else {
            places.iter().map(|place| column[*place]).collect()
        }
    }
    Columns {
        position: pick(&columns.position, places),
        date: pick(&columns.date, places),
        kind: pick(&columns.kind, places),
        selectors: pick(&columns.selectors, places),
        product: pick(&columns.product, places),
        quantity: pick(&columns.quantity, places),
        net_amount: pick(&columns.net_amount, places),
        gross_amount: pick(&columns.gross_amount, places),
        cost: pick(&columns.cost, places),
        list_price: pick(&columns.list_price, places),
        end_customer: pick(&columns.end_customer, places),
        attributes: columns
            .attributes
            .iter()
            .map(|column| domain::columns::AttributeColumn {
                name: column.name.clone(),
                codes: pick(&column.codes, places),
            })
            .collect(),
    }
}

/// By date, then position, as a host sends them.
fn in_order(columns: &Columns) -> Columns {
    let mut places: Vec<usize> = (0..columns.len()).collect();
    places.sort_by_key(|place| (columns.date[*place], columns.position[*place]));
    picked(columns, &places)
}

/// What an answer moves, without the reasons for it.
#[derive(Debug, PartialEq, Eq)]
struct Moved<'a> {
    rule: &'a str,
    debit: &'a str,
    credit: &'a str,
    unit: &'a str,
    amount: i64,
}

fn amounts(outcome: &Outcome) -> Vec<Moved<'_>> {
    outcome
        .transfers
        .iter()
        .map(|transfer| Moved {
            rule: &transfer.rule,
            debit: &transfer.debit,
            credit: &transfer.credit,
            unit: &transfer.unit,
            amount: transfer.amount.0,
        })
        .collect()
}

fn paid(outcome: &Outcome) -> String {
    let told = |transfer: &domain::calculation::Transfer| {
        format!("{} {} by rule `{}`", transfer.amount, transfer.unit, transfer.rule)
    };
    match &outcome.transfers[..] {
        [] => "nothing".to_owned(),
        transfers => transfers.iter().map(told).collect::<Vec<_>>().join(", "),
    }
}

fn difference(first: &Outcome, second: &Outcome) -> String {
    if first.transfers != second.transfers {
        format!("it pays {} and then {}", paid(first), paid(second))
    } else if first.steps != second.steps {
        "the amounts are the same and the steps differ".to_owned()
    } else {
        "the amounts and steps are the same and the milestones differ".to_owned()
    }
}
