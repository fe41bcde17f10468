use askama::Template;

use crate::{Flash, Frame, Unit, amount, path, sentence::Sentence};

/// Every program: the first page.
#[derive(Clone, Debug, Template)]
#[template(path = "programs.html")]
pub struct ProgramsPage {
    pub frame: Frame,
    /// In the order to show.
    pub programs: Vec<ProgramLine>,
    /// How much waits for the consent of whoever asks.
    pub waiting: u64,
}

/// One program in the list.
#[derive(Clone, Debug)]
pub struct ProgramLine {
    /// Names the program in its address.
    pub code: String,
    pub title: String,
    /// `rebate`, `royalty`.
    pub kind: String,
    pub unit: Unit,
    pub plugin: Plugin,
    /// How many accounts are enrolled.
    pub participants: u64,
    /// The label of the last period that was run, such as `2011-Q1`. None before the first run.
    pub latest_period: Option<String>,
    /// What has become payable or was paid over all periods, in micros; not what lies in a fund, is promised or is held back.
    pub paid: i64,
    /// Statements in quarantine, over all periods.
    pub held: u64,
}

/// The code that works out what is earned.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// `gtm/rebate`.
    pub id: String,
    pub version: String,
}

impl ProgramLine {
    fn address(&self) -> String {
        path::program(&self.code)
    }
}

impl ProgramsPage {
    /// Three programs: one paid, one with statements in quarantine, one that has not been run.
    pub fn sample() -> Self {
        let gbp = || Unit::new("GBP", 2);
        let plugin = || Plugin {
            id: "gtm/rebate".into(),
            version: "0.1.0".into(),
        };
        ProgramsPage {
            frame: Frame {
                flash: None,
                notice: Some("served on this machine only".into()),
            },
            waiting: 2,
            programs: vec![
                ProgramLine {
                    code: "volume-2011".into(),
                    title: "Volume rebate".into(),
                    kind: "rebate".into(),
                    unit: gbp(),
                    plugin: plugin(),
                    participants: 4_372,
                    latest_period: Some("2011-Q3".into()),
                    paid: 47_466_840_000,
                    held: 0,
                },
                ProgramLine {
                    code: "kitchen-growth".into(),
                    title: "Growth in kitchen and dining".into(),
                    kind: "rebate".into(),
                    unit: Unit::new("EUR", 2),
                    plugin: plugin(),
                    participants: 318,
                    latest_period: Some("2011-Q3".into()),
                    paid: 9_012_400_000,
                    held: 2,
                },
                ProgramLine {
                    code: "spring-launch".into(),
                    title: "Spring launch, fixed bonus".into(),
                    kind: "rebate".into(),
                    unit: gbp(),
                    plugin: plugin(),
                    participants: 26,
                    latest_period: None,
                    paid: 0,
                    held: 0,
                },
            ],
        }
    }
}
