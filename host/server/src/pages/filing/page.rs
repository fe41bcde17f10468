//! The form as a page: each message beside its control, and all of them in the order of the form.

use std::collections::BTreeMap;

use domain::adjudication::ClaimKind;
use domain::digest::Digest;
use portal::{Control, FilingLine, FilingPage, Input, ProofFile, Wrong};
use store::claim::attachment::NewAttachment;

use super::Filing;
use super::typed::{Texts, Typed, controls};
use crate::pages::{frame, unit};
use crate::serve::App;

impl Filing {
    pub fn page(self, app: &App) -> FilingPage {
        let (typed, blank) = (&self.typed, &self.blank);
        let unit = unit(self.program.currency);
        let mut head = head(typed, self.kind);
        let mut fields = controls(&blank.fields, "", "/fields", &typed.fields);
        let line = |(place, texts): (usize, &Texts)| {
            let prefix = format!("/lines/{place}");
            let mut line = vec![Control {
                name: format!("{prefix}/claimed"),
                label: format!("Claimed, {}", unit.code),
                help: None,
                required: true,
                wrong: None,
                input: Input::Amount {
                    value: texts.get("/claimed").cloned().unwrap_or_default(),
                },
            }];
            line.extend(controls(&blank.line, &prefix, "/fields", texts));
            FilingLine {
                place,
                controls: line,
                is_new: self.new_line == Some(place),
            }
        };
        let mut lines: Vec<FilingLine> = typed.lines.iter().enumerate().map(line).collect();

        let mut placed: Placed = Placed::new();
        let mut problems = Vec::new();
        let parts = lines.iter().map(|line| &line.controls);
        let names: Vec<String> = [&head, &fields]
            .into_iter()
            .chain(parts)
            .flat_map(|part| names(part))
            .collect();
        for (path, message) in self.problems {
            match nearest(&names, &path) {
                Some(name) => placed.entry(name.to_owned()).or_default().push(message),
                None => problems.push(Wrong {
                    id: None,
                    label: line_label(&path),
                    message,
                }),
            }
        }
        let mut told = Vec::new();
        tell(&mut head, &placed, None, &mut told);
        tell(&mut fields, &placed, None, &mut told);
        for line in &mut lines {
            let label = format!("Line {}", line.place + 1);
            tell(&mut line.controls, &placed, Some(&label), &mut told);
        }
        let file_wrong = (!self.file_wrong.is_empty()).then(|| self.file_wrong.join("; "));
        told.extend(file_wrong.clone().map(|message| Wrong {
            id: Some("files:new".into()),
            label: Some("Files".into()),
            message,
        }));
        told.extend(problems);
        let file = |(place, file): (usize, NewAttachment)| ProofFile {
            place,
            sha256: Digest::of(&file.content).to_string(),
            kind: file.kind,
            name: file.name,
            media_type: file.media_type,
            size: file.content.len() as u64,
        };
        FilingPage {
            frame: frame(),
            code: self.program.code,
            title: self.program.title,
            unit,
            actor: app.host.actor.to_string(),
            kind: self.kind.as_str().into(),
            kinds: self.kinds.iter().map(|kind| kind.as_str().into()).collect(),
            head,
            fields,
            line_about: blank.line_about.clone(),
            lines,
            files: self.files.into_iter().enumerate().map(file).collect(),
            file_wrong,
            problems: told,
        }
    }
}

/// Messages by the name of the control that they stand beside.
type Placed = BTreeMap<String, Vec<String>>;

/// What the host asks of every claim.
fn head(typed: &Typed, kind: ClaimKind) -> Vec<Control> {
    let control = |name: &str, label: &str, help: &str, required: bool, input: Input| Control {
        name: name.into(),
        label: label.into(),
        help: Some(help.into()),
        required,
        wrong: None,
        input,
    };
    let text = |value: &str| Input::Text { value: value.into() };
    let day = Input::Day {
        value: typed.submitted.clone(),
    };
    let mut head = vec![
        control(
            "/account",
            "Participant",
            "Its account number.",
            true,
            text(&typed.account),
        ),
        control(
            "/submitted",
            "Submitted on",
            "Today, where nothing else is said.",
            false,
            day,
        ),
    ];
    if kind != ClaimKind::Request {
        let help = "The number of an approved request of the participant, such as `C-7`.";
        head.push(control(
            "/request",
            "Draws on request",
            help,
            false,
            text(&typed.request),
        ));
    }
    head
}

fn names(controls: &[Control]) -> Vec<String> {
    let of = |control: &Control| {
        let mut all = vec![control.name.clone()];
        if let Input::Group(parts) = &control.input {
            all.extend(names(parts));
        }
        all
    };
    controls.iter().flat_map(of).collect()
}

/// The control of that place, or the one that it lies in.
fn nearest<'a>(names: &'a [String], path: &str) -> Option<&'a str> {
    let mut path = path;
    loop {
        if let Some(name) = names.iter().find(|name| *name == path) {
            return Some(name);
        }
        path = path.rsplit_once('/')?.0;
    }
}

fn line_label(path: &str) -> Option<String> {
    let place: usize = path.strip_prefix("/lines/")?.split('/').next()?.parse().ok()?;
    Some(format!("Line {}", place + 1))
}

/// Puts messages beside their controls, and lists them in the order of the form.
fn tell(controls: &mut [Control], placed: &Placed, line: Option<&str>, told: &mut Vec<Wrong>) {
    for control in controls {
        if let Some(messages) = placed.get(&control.name) {
            let message = messages.join("; ");
            told.push(Wrong {
                id: Some(control.id()),
                label: Some(match line {
                    Some(line) => format!("{line}, {}", control.label),
                    None => control.label.clone(),
                }),
                message: message.clone(),
            });
            control.wrong = Some(message);
        }
        if let Input::Group(parts) = &mut control.input {
            tell(parts, placed, line, told);
        }
    }
}
