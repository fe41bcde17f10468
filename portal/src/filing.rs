use askama::Template;

use crate::{Choice, Control, Flash, Frame, Input, Unit, amount, path, sentence::Sentence};

/// The form by which a claim, a request or a deduction is filed: drawn from the plugin's schema, and shown again with what was typed.
#[derive(Clone, Debug, Template)]
#[template(path = "filing.html")]
pub struct FilingPage {
    pub frame: Frame,
    /// The program's code and title.
    pub code: String,
    pub title: String,
    pub unit: Unit,
    /// Who files it.
    pub actor: String,
    /// What is filed: `claim`, `request`, `deduction`.
    pub kind: String,
    /// What else can be.
    pub kinds: Vec<String>,
    /// The host's own: participant, day, request.
    pub head: Vec<Control>,
    /// What the plugin asks of the claim as a whole.
    pub fields: Vec<Control>,
    /// What a line is, as one sentence.
    pub line_about: Option<String>,
    pub lines: Vec<FilingLine>,
    /// Files that are here already.
    pub files: Vec<ProofFile>,
    /// What is wrong with the file that was chosen.
    pub file_wrong: Option<String>,
    /// Everything that is wrong, in the order of the form.
    pub problems: Vec<Wrong>,
}

/// One line of the claim.
#[derive(Clone, Debug)]
pub struct FilingLine {
    /// From 0, as in the names of its controls.
    pub place: usize,
    pub controls: Vec<Control>,
    /// Whether it was just added: it takes the focus.
    pub is_new: bool,
}

/// A file that was sent before, and is kept until newer ones need the room.
#[derive(Clone, Debug)]
pub struct ProofFile {
    pub place: usize,
    /// In hexadecimal digits; names it among those that are kept.
    pub sha256: String,
    /// `invoice`, `photo`.
    pub kind: String,
    pub name: String,
    pub media_type: String,
    /// In bytes.
    pub size: u64,
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// The id of the control to go to. None when no single one is at fault.
    pub id: Option<String>,
    /// The control's label, with its line.
    pub label: Option<String>,
    pub message: String,
}

/// What htmx does with the page of a refusal: its words are put into the form, in sight, and nothing else changes.
pub(crate) const REFUSED: &str = "select:'.refusal-detail, .refusal-advice, .refusal-reference' target:#refused swap:'innerHTML ignoreTitle show:top'";

impl FilingPage {
    fn program_address(&self) -> String {
        path::program(&self.code)
    }

    fn claims_address(&self) -> String {
        path::claims(&self.code)
    }

    fn address(&self) -> String {
        path::with_query(path::filing(&self.code), &[("kind", Some(&self.kind))])
    }

    fn heading(&self) -> &'static str {
        match &*self.kind {
            "request" => "Ask for approval",
            "deduction" => "Report a deduction",
            _ => "File a claim",
        }
    }

    /// The other kinds, each with its address.
    fn others(&self) -> Vec<(String, &str)> {
        let others = self.kinds.iter().filter(|kind| **kind != self.kind);
        let other = |kind: &'_ String| path::with_query(path::filing(&self.code), &[("kind", Some(kind))]);
        others.map(|kind| (other(kind), &**kind)).collect()
    }

    /// A claim that came back: an invoice without a number, and an amount that is none.
    pub fn sample() -> Self {
        let text = |name: &str, label: &str, value: &str, help: Option<&str>| Control {
            name: name.into(),
            label: label.into(),
            help: help.map(Into::into),
            required: true,
            wrong: None,
            input: Input::Text { value: value.into() },
        };
        let day = |name: &str, label: &str, value: &str| Control {
            input: Input::Day { value: value.into() },
            ..text(name, label, "", None)
        };
        let optional = |control: Control| Control {
            required: false,
            ..control
        };
        let amount = |name: &str, label: &str, value: &str, wrong: Option<&str>| Control {
            input: Input::Amount { value: value.into() },
            wrong: wrong.map(Into::into),
            ..text(name, label, "", None)
        };
        let no_amount = "`2.500,00` is not an amount: write digits with at most six decimals, such as `-1234.5`";
        let line = |place: usize, invoice: &str, claimed: &str, wrong: Option<&str>| {
            let name = |of: &str| format!("/lines/{place}/{of}");
            FilingLine {
                place,
                controls: vec![
                    amount(&name("claimed"), "Claimed, GBP", claimed, wrong),
                    text(
                        &name("fields/supplier"),
                        "Supplier",
                        "Printers Ltd",
                        Some("Who issued the invoice."),
                    ),
                    Control {
                        wrong: invoice.is_empty().then(|| "fill this in".into()),
                        ..text(
                            &name("fields/invoice"),
                            "Invoice",
                            invoice,
                            Some("Its number. An invoice is paid once."),
                        )
                    },
                    amount(&name("fields/cost"), "Cost", "5000", None),
                ],
                is_new: place == 1,
            }
        };
        let option = |value: &str, help: &str| Choice {
            value: value.into(),
            label: value.into(),
            help: Some(help.into()),
        };
        FilingPage {
            frame: Frame {
                flash: None,
                notice: Some("served on this machine only".into()),
            },
            code: "fund-2024".into(),
            title: "Marketing fund 2024".into(),
            unit: Unit::new("GBP", 2),
            actor: "user:pia".into(),
            kind: "claim".into(),
            kinds: ["claim", "deduction", "request"].map(String::from).to_vec(),
            head: vec![
                text("/account", "Participant", "12347", Some("Its account number.")),
                optional(day("/submitted", "Submitted on", "2024-06-03")),
                optional(text("/request", "Draws on request", "C-1", None)),
            ],
            fields: vec![
                text(
                    "/fields/activity",
                    "Activity",
                    "campaign",
                    Some("One of the activities that the terms name."),
                ),
                day("/fields/start", "Start", "2024-04-08"),
                day("/fields/end", "End", "12.4.2024"),
                Control {
                    input: Input::Group(vec![
                        optional(text("/fields/place/city", "City", "Leeds", None)),
                        optional(text("/fields/place/country", "Country", "GB", None)),
                    ]),
                    ..optional(text("/fields/place", "Place", "", Some("Where it took place.")))
                },
                Control {
                    input: Input::Choice {
                        value: "Print".into(),
                        options: vec![
                            option("Print", "Newspapers and leaflets."),
                            option("Online", "Anything on a screen."),
                        ],
                    },
                    ..text("/fields/medium", "Medium", "", None)
                },
                Control {
                    input: Input::Choice {
                        value: String::new(),
                        options: vec![
                            Choice {
                                help: None,
                                ..option("true", "")
                            },
                            Choice {
                                help: None,
                                ..option("false", "")
                            },
                        ],
                    },
                    ..optional(text("/fields/shared", "Shared", "", None))
                },
                optional(Control {
                    input: Input::Area {
                        value: r#"{"seats": 40}"#.into(),
                        is_json: true,
                    },
                    ..text("/fields/extras", "Extras", "", None)
                }),
            ],
            line_about: Some("One invoice that the participant paid.".into()),
            lines: vec![line(0, "", "2.500,00", Some(no_amount)), line(1, "INV-2", "2500", None)],
            files: vec![ProofFile {
                place: 0,
                sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
                kind: "invoice".into(),
                name: "invoice-17.pdf".into(),
                media_type: "application/pdf".into(),
                size: 48_213,
            }],
            file_wrong: None,
            problems: vec![
                Wrong {
                    id: Some("lines:0:claimed".into()),
                    label: Some("Line 1, Claimed".into()),
                    message: no_amount.into(),
                },
                Wrong {
                    id: Some("lines:0:fields:invoice".into()),
                    label: Some("Line 1, Invoice".into()),
                    message: "fill this in".into(),
                },
            ],
        }
    }
}
