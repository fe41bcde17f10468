use askama::Template;

use crate::{Flash, Frame, Unit, path, sentence::Sentence};

/// What waits for somebody's consent: first what whoever asks can decide now, then what others have to.
#[derive(Clone, Debug, Template)]
#[template(path = "approvals.html")]
pub struct ApprovalsPage {
    pub frame: Frame,
    /// Who asks.
    pub actor: String,
    pub mine: Vec<ApprovalLine>,
    pub others: Vec<ApprovalLine>,
    /// What was typed beside a vote that was refused: the approval's name and the words.
    pub typed: Option<(String, String)>,
}

#[derive(Clone, Debug)]
pub struct ApprovalLine {
    /// `A-7`.
    pub name: String,
    /// `claim`, `terms`, `settlement`.
    pub kind: String,
    /// What it is, for those who decide.
    pub title: String,
    /// Where it can be looked at.
    pub address: Option<String>,
    /// In micros of the unit; absent where it is no matter of an amount.
    pub amount: Option<(i64, Unit)>,
    /// Who asked.
    pub author: String,
    pub due: String,
    /// `in 3 days`, `today`, `2 days late`.
    pub due_words: String,
    pub overdue: bool,
    /// How many have approved, of how many.
    pub approved: u64,
    pub needed: u64,
    pub votes: Vec<Vote>,
}

/// What somebody said.
#[derive(Clone, Debug)]
pub struct Vote {
    pub approver: String,
    /// Whose authority it rests on, where it is somebody else's.
    pub on_behalf_of: Option<String>,
    /// `approved`, `rejected`.
    pub verdict: String,
    pub words: String,
}

impl ApprovalLine {
    fn vote_address(&self) -> String {
        path::vote(&self.name)
    }
}

impl ApprovalsPage {
    /// What was typed for this one, to be shown in its field again.
    fn words_for(&self, line: &ApprovalLine) -> &str {
        match &self.typed {
            Some((name, words)) if *name == line.name => words,
            _ => "",
        }
    }

    /// A claim that one more has to agree to, and terms that wait for somebody else.
    pub fn sample() -> Self {
        let claim = ApprovalLine {
            name: "A-7".into(),
            kind: "claim".into(),
            title: "claim C-2".into(),
            address: Some(path::claim("0192f0c1-0002-7000-8000-00000000000b")),
            amount: Some((4_000_000_000, Unit::new("GBP", 2))),
            author: "user:pia".into(),
            due: "2024-06-10".into(),
            due_words: "in 7 days".into(),
            overdue: false,
            approved: 1,
            needed: 2,
            votes: vec![Vote {
                approver: "user:bob".into(),
                on_behalf_of: Some("user:eve".into()),
                verdict: "approved".into(),
                words: "as agreed in spring".into(),
            }],
        };
        let terms = ApprovalLine {
            name: "A-5".into(),
            kind: "terms".into(),
            title: "terms 3 of program `volume-2011`".into(),
            address: None,
            amount: None,
            author: "user:max".into(),
            due: "2024-06-01".into(),
            due_words: "2 days late".into(),
            overdue: true,
            approved: 0,
            needed: 1,
            votes: vec![],
        };
        ApprovalsPage {
            frame: Frame {
                flash: None,
                notice: Some("served on this machine only".into()),
            },
            actor: "user:max".into(),
            mine: vec![claim],
            others: vec![terms],
            typed: None,
        }
    }
}
