use askama::Template;

use crate::{Flash, Frame, sentence::Sentence};

/// The page for what could not be done. It says what happened and what to do about it.
#[derive(Clone, Debug, Template)]
#[template(path = "refusal.html")]
pub struct RefusalPage {
    pub frame: Frame,
    /// The HTTP status: 404.
    pub status: u16,
    /// `There is no such statement`.
    pub title: String,
    /// What exactly, as a sentence for the person who asked.
    pub detail: String,
    /// What to do now, one sentence each.
    pub advice: Vec<String>,
    /// Under which the details stand in the log of the server. None when nothing was logged.
    pub reference: Option<String>,
}

impl RefusalPage {
    pub fn sample() -> Self {
        RefusalPage {
            frame: Frame {
                flash: None,
                notice: Some("served on this machine only".into()),
            },
            status: 404,
            title: "There is no such statement".into(),
            detail: "no statement has the id `0192f0c1-0001-7000-8000-00000000ffff`".into(),
            advice: vec![
                "Check the address: an id has 36 characters.".into(),
                "Open the program and find the participant by its account number.".into(),
            ],
            reference: Some("0192f0c1-77aa".into()),
        }
    }
}
