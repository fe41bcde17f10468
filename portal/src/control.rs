use askama::Template;
use askama::filters::HtmlSafe;

use crate::path::escaped;
use crate::sentence::Sentence;

/// One thing that a person fills in, with its label, its help and what was wrong with it. A group holds others.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/control.html")]
pub struct Control {
    /// Under which it is sent: its place in the form as a JSON Pointer, `/lines/0/fields/invoice`.
    pub name: String,
    pub label: String,
    pub help: Option<String>,
    pub required: bool,
    /// Why what was typed does not hold, as one sentence.
    pub wrong: Option<String>,
    pub input: Input,
}

/// How it is filled in, with what was typed so far.
#[derive(Clone, Debug)]
pub enum Input {
    Text {
        value: String,
    },
    /// A text of several lines, or a value as JSON.
    Area {
        value: String,
        is_json: bool,
    },
    /// A decimal number.
    Amount {
        value: String,
    },
    Integer {
        value: String,
    },
    Day {
        value: String,
    },
    Choice {
        value: String,
        options: Vec<Choice>,
    },
    Group(Vec<Control>),
}

/// One of the values that can be chosen.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    /// What it means.
    pub help: Option<String>,
}

/// Drawn by a template of its own, which escapes everything.
impl HtmlSafe for Control {}

impl Control {
    /// Unique on its page, as its name is; a link to what is wrong points to it. What belongs to the control is told apart by two colons, so
    /// that it is no other control's: `help` may be the name of a field.
    pub fn id(&self) -> String {
        let parts: Vec<String> = self.name.trim_start_matches('/').split('/').map(escaped).collect();
        parts.join(":")
    }

    fn option_id(&self, option: &Choice) -> String {
        format!("{}::is:{}", self.id(), escaped(&option.value))
    }

    /// The ids of what describes it, apart by blanks; empty when nothing does.
    fn described_by(&self) -> String {
        let help = self.help.as_ref().map(|_| format!("{}::help", self.id()));
        let wrong = self.wrong.as_ref().map(|_| format!("{}::wrong", self.id()));
        [help, wrong].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// A browser's picker shows only what is a day; anything else stays visible as the text that was typed.
    fn is_pickable(value: &str) -> bool {
        let digits = |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
        let mut parts = value.split('-');
        let is_day = matches!(
            (parts.next(), parts.next(), parts.next(), parts.next()),
            (Some(year), Some(month), Some(day), None) if digits(year, 4) && digits(month, 2) && digits(day, 2)
        );
        value.is_empty() || is_day
    }

    fn is_wide(&self) -> bool {
        matches!(self.input, Input::Area { .. })
    }

    fn group(&self) -> Option<&[Control]> {
        match &self.input {
            Input::Group(controls) => Some(controls),
            _ => None,
        }
    }

    /// Few choices of which each has to be explained stand side by side; the others are a list.
    fn explained(&self) -> Option<(&str, &[Choice])> {
        match &self.input {
            Input::Choice { value, options } if options.len() <= 6 && options.iter().any(|one| one.help.is_some()) => {
                Some((value, options))
            }
            _ => None,
        }
    }
}
