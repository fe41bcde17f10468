use askama::Template;

use crate::{Figure, Flash, Frame, Period, Plugin, Unit, amount, path, sentence::Sentence};

/// One program, and what each of its participants earned in one period.
#[derive(Clone, Debug, Template)]
#[template(path = "program.html")]
pub struct ProgramPage {
    pub frame: Frame,
    pub code: String,
    pub title: String,
    /// `rebate`, `royalty`.
    pub kind: String,
    pub unit: Unit,
    pub plugin: Plugin,
    /// `month`, `quarter`, `year`, `4-4-5`.
    pub calendar: String,
    /// Which version of the terms is in force in the chosen period, such as `version 2, from 2011-01-01`.
    pub terms: String,
    /// How many accounts are enrolled.
    pub enrolled: u64,
    /// Whether claims are filed.
    pub takes_claims: bool,
    /// Whether claims draw on participants' funds.
    pub keeps_funds: bool,
    /// Labels of all periods that can be shown, newest first.
    pub periods: Vec<String>,
    /// The one that is shown. None when there is nothing to show yet.
    pub period: Option<Period>,
    /// What was searched for, to be shown in the field again. None when all participants are listed.
    pub account: Option<String>,
    /// One page of participants, in the order of their account numbers.
    pub participants: Vec<ParticipantLine>,
    /// Over the whole period, not over this page or search alone.
    pub totals: Totals,
    /// True when this is not the first page of the list.
    pub continued: bool,
    /// The key to ask for the next page with, in the query as `after`. None on the last page.
    pub next: Option<String>,
}

/// What one participant earned in the chosen period.
#[derive(Clone, Debug)]
pub struct ParticipantLine {
    pub account: String,
    pub name: String,
    /// The id of the statement. None while there is none.
    pub statement: Option<String>,
    /// The figure it was worked out from, such as the net volume.
    pub basis: Option<Figure>,
    pub outcome: Outcome,
}

/// How a statement came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Worked out and posted: the entitlement in full, in micros; negative when it runs the other way.
    Posted(i64),
    /// Worked out, and there is nothing to post.
    NothingDue,
    /// In quarantine: why, as one sentence. Nothing was posted.
    Held(String),
    /// The period was not run for this participant.
    NotRun,
}

/// Sums over a whole period.
#[derive(Clone, Debug)]
pub struct Totals {
    /// Participants with a statement that paid something.
    pub paid: u64,
    pub nothing_due: u64,
    /// Statements in quarantine.
    pub held: u64,
    /// None when the participants' figures cannot be added.
    pub basis: Option<Figure>,
    /// In micros.
    pub earned: i64,
}

impl ParticipantLine {
    fn address(&self) -> Option<String> {
        self.statement.as_deref().map(path::statement)
    }
}

impl ProgramPage {
    fn address(&self) -> String {
        path::program(&self.code)
    }

    fn claims_address(&self) -> String {
        path::claims(&self.code)
    }

    fn funds_address(&self) -> String {
        path::funds(&self.code)
    }

    fn label(&self) -> Option<&str> {
        self.period.as_ref().map(|period| period.label.as_str())
    }

    fn is_shown(&self, label: &str) -> bool {
        self.label() == Some(label)
    }

    fn first_address(&self) -> String {
        path::with_query(
            self.address(),
            &[("period", self.label()), ("account", self.account.as_deref())],
        )
    }

    fn next_address(&self) -> Option<String> {
        let after = self.next.as_deref()?;
        let query = [
            ("period", self.label()),
            ("account", self.account.as_deref()),
            ("after", Some(after)),
        ];
        Some(path::with_query(self.address(), &query))
    }

    fn all_address(&self) -> String {
        path::with_query(self.address(), &[("period", self.label())])
    }

    /// A quarter with every outcome in it, and more participants than one page holds.
    pub fn sample() -> Self {
        let line = |account: &str, name: &str, statement: Option<&str>, basis: Option<i64>, outcome: Outcome| {
            ParticipantLine {
                account: account.into(),
                name: name.into(),
                statement: statement.map(Into::into),
                basis: basis.map(Figure::Money),
                outcome,
            }
        };
        let reason = "plugin `gtm/rebate` 0.1.0 rule `volume` ran out of fuel after 1,048,576 rows";
        ProgramPage {
            frame: Frame {
                flash: None,
                notice: Some("served on this machine only".into()),
            },
            code: "volume-2011".into(),
            title: "Volume rebate".into(),
            kind: "rebate".into(),
            unit: Unit::new("GBP", 2),
            plugin: Plugin {
                id: "gtm/rebate".into(),
                version: "0.1.0".into(),
            },
            calendar: "quarter".into(),
            terms: "version 2, from 2011-01-01".into(),
            enrolled: 4_372,
            takes_claims: true,
            keeps_funds: true,
            periods: ["2011-Q3", "2011-Q2", "2011-Q1", "2010-Q4"].map(String::from).to_vec(),
            period: Some(Period::sample()),
            account: None,
            participants: vec![
                line("12346", "Aldwych Gifts Ltd", None, None, Outcome::NotRun),
                line(
                    "12347",
                    "Harbour & Sons",
                    Some("0192f0c1-0001-7000-8000-000000000001"),
                    Some(7_700_000_000),
                    Outcome::Posted(107_500_000),
                ),
                line(
                    "12348",
                    "Nordlys Interiør AS",
                    Some("0192f0c1-0001-7000-8000-000000000002"),
                    Some(227_440_000),
                    Outcome::NothingDue,
                ),
                line(
                    "12350",
                    "Maison Lefèvre",
                    Some("0192f0c1-0001-7000-8000-000000000003"),
                    None,
                    Outcome::Held(reason.into()),
                ),
                line(
                    "12352",
                    "Fjord & Field",
                    Some("0192f0c1-0001-7000-8000-000000000004"),
                    Some(31_906_820_000),
                    Outcome::Posted(891_270_000),
                ),
                line(
                    "12353",
                    "Quayside Returns",
                    Some("0192f0c1-0001-7000-8000-000000000005"),
                    Some(-1_165_300_000),
                    Outcome::Posted(-12_500_000),
                ),
            ],
            totals: Totals {
                paid: 304,
                nothing_due: 512,
                held: 1,
                basis: Some(Figure::Money(1_482_329_520_000)),
                earned: 12_185_960_000,
            },
            continued: false,
            next: Some("12353".into()),
        }
    }
}
