use askama::Template;

use crate::{
    ClaimLine, Control, DecisionReceipt, Flash, Frame, Input, Replay, ReplayFragment, Unit, Verdict, amount, path,
    sentence::Sentence,
};

/// One claim with everything that explains it, and what can be done with it.
#[derive(Clone, Debug, Template)]
#[template(path = "claim.html")]
pub struct ClaimPage {
    pub frame: Frame,
    /// The program's code and title.
    pub code: String,
    pub title: String,
    pub unit: Unit,
    pub claim: ClaimLine,
    /// What was filled in for the claim as a whole: label and value.
    pub fields: Vec<(String, String)>,
    /// Number and id of the request that it draws on.
    pub request: Option<(String, String)>,
    /// Name and id of the deduction in another program that it is a part of.
    pub moved_from: Option<(String, String)>,
    /// Given up at the company's expense: what would be while it is in review, and what was once it is decided. 0 for nothing.
    pub written_off: i64,
    /// Of an approved request: what no claim has used yet.
    pub remaining: Option<i64>,
    /// Name of the document that settled it.
    pub settlement: Option<String>,
    /// Why it is held.
    pub held: Option<String>,
    pub consent: Option<Consent>,
    /// The last day on which it and its files are kept.
    pub retained_until: String,
    /// Number of the newest ruling; 0 before the first.
    pub ruling: i64,
    pub lines: Vec<ClaimedLine>,
    /// How the newest ruling came about, a sentence each.
    pub steps: Vec<String>,
    /// Oldest first.
    pub transfers: Vec<Moved>,
    pub history: Vec<ClaimEvent>,
    pub files: Vec<ClaimFile>,
    /// What proves the newest ruling. None before the first.
    pub receipt: Option<DecisionReceipt>,
    /// Set on the page that answers a replay where script does not run.
    pub replay: Option<Replay>,
    pub acts: Acts,
}

/// One line: what was asked for, what the plugin said, and what was decided.
#[derive(Clone, Debug)]
pub struct ClaimedLine {
    pub number: u32,
    /// What was filled in: label and value.
    pub fields: Vec<(String, String)>,
    pub claimed: i64,
    /// By the newest ruling; none before the first.
    pub ruled: Option<i64>,
    /// As decided; none before that.
    pub approved: Option<i64>,
    /// Every reason of the plugin's.
    pub reasons: Vec<Why>,
    /// Why a person paid less than was ruled.
    pub reason: Option<String>,
    /// Those into which a person split it; they sum to what was claimed.
    pub parts: Vec<ClaimedPart>,
}

/// A part of a deduction's line.
#[derive(Clone, Debug)]
pub struct ClaimedPart {
    /// `matched`, `charged-back`, `written-off`, `moved`.
    pub treatment: String,
    /// In micros.
    pub amount: i64,
    /// Name and id of the deduction in another program that it became.
    pub moved_to: Option<(String, String)>,
}

/// A reason with its code.
#[derive(Clone, Debug)]
pub struct Why {
    pub code: String,
    pub message: String,
}

/// What moved in the ledger.
#[derive(Clone, Debug)]
pub struct Moved {
    pub at: String,
    /// The balance that gives.
    pub debit: String,
    /// The balance that receives.
    pub credit: String,
    pub amount: i64,
    /// The day from which it counts.
    pub effective: String,
    /// `original`, `reversal`.
    pub reason: String,
    /// Which of what happened brought it about, from 1.
    pub revision: i64,
}

#[derive(Clone, Debug)]
pub struct ClaimEvent {
    pub at: String,
    pub actor: String,
    /// `submit`, `decide`.
    pub event: String,
    /// What the claim was afterwards.
    pub status: String,
    /// The line that it was about.
    pub line: Option<u32>,
    /// May be empty.
    pub words: String,
}

#[derive(Clone, Debug)]
pub struct ClaimFile {
    /// From 1.
    pub number: i64,
    /// `invoice`, `photo`.
    pub kind: String,
    pub name: String,
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// In hexadecimal digits.
    pub sha256: String,
}

/// Whose consent the newest ruling needs.
#[derive(Clone, Debug)]
pub struct Consent {
    /// `A-7`.
    pub name: String,
    /// `open`, `approved`, `rejected`.
    pub status: String,
    pub needed: i64,
    pub due: String,
}

/// What can be done with a claim where it stands.
#[derive(Clone, Debug)]
pub struct Acts {
    /// Who would do it.
    pub actor: String,
    pub can: Vec<Act>,
    /// Why the actor cannot decide it, where somebody else can.
    pub not_yours: Option<String>,
    /// Address of the form by which a request is claimed against.
    pub claim_against: Option<String>,
    /// The one that was refused, as its address calls it: its panel is open.
    pub refused: Option<String>,
    /// What was typed and refused: name and text of each control.
    pub typed: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Submit a draft.
    Submit,
    /// Approve, pay less, or deny.
    Decide,
    /// Look at one that is held as a suspected duplicate.
    Release,
    Dispute,
    /// Answer a dispute.
    Answer,
    Withdraw,
    Reopen,
}

impl ClaimedLine {
    /// What the control that says how much to pay is called.
    fn pay_name(&self) -> String {
        format!("line-{}", self.number)
    }
}

impl ClaimPage {
    fn program_address(&self) -> String {
        path::program(&self.code)
    }

    fn claims_address(&self) -> String {
        path::claims(&self.code)
    }

    fn act_address(&self, act: &str) -> String {
        path::claim_act(&self.claim.id, act)
    }

    fn replay_address(&self) -> String {
        path::claim_replay(&self.claim.id)
    }

    fn file_address(&self, file: &ClaimFile) -> String {
        path::claim_file(&self.claim.id, file.number)
    }

    fn can(&self, act: Act) -> bool {
        self.acts.can.contains(&act)
    }

    fn can_anything(&self) -> bool {
        !self.acts.can.is_empty() || self.acts.not_yours.is_some()
    }

    fn is_refused(&self, act: &str) -> bool {
        self.acts.refused.as_deref() == Some(act)
    }

    /// What somebody says of an act, with what they typed before.
    fn words(&self, name: &str, label: &str, required: bool, help: Option<&str>) -> Control {
        Control {
            name: name.into(),
            label: label.into(),
            help: help.map(str::to_owned),
            required,
            wrong: None,
            input: Input::Area {
                value: self.typed(name).into(),
                is_json: false,
            },
        }
    }

    fn typed(&self, name: &str) -> &str {
        let typed = self.acts.typed.iter().find(|(typed, _)| typed == name);
        typed.map_or("", |(_, text)| text)
    }

    /// How much to pay: what was typed, else as ruled.
    fn pay(&self, line: &ClaimedLine) -> String {
        let typed = self.acts.typed.iter().find(|(typed, _)| *typed == line.pay_name());
        match typed {
            Some((_, text)) => text.clone(),
            None => self.unit.plain(line.ruled.unwrap_or(0)),
        }
    }

    fn ruled(&self) -> i128 {
        self.lines.iter().map(|line| i128::from(line.ruled.unwrap_or(0))).sum()
    }

    /// A claim of which one line would be paid with less, open to be decided.
    pub fn sample() -> Self {
        let field = |label: &str, value: &str| (label.to_owned(), value.to_owned());
        let line = |number: u32, invoice: &str, claimed: i64, ruled: i64, reasons: Vec<Why>| ClaimedLine {
            number,
            fields: vec![
                field("Supplier", "Printers Ltd"),
                field("Invoice", invoice),
                field("Cost", "6000"),
            ],
            claimed,
            ruled: Some(ruled),
            approved: None,
            reasons,
            reason: None,
            parts: vec![],
        };
        let over = Why {
            code: "over-request".into(),
            message: "2500 is claimed, and 1000 is left of the request".into(),
        };
        let event = |at: &str, actor: &str, event: &str, status: &str, words: &str| ClaimEvent {
            at: at.into(),
            actor: actor.into(),
            event: event.into(),
            status: status.into(),
            line: None,
            words: words.into(),
        };
        ClaimPage {
            frame: Frame {
                flash: None,
                notice: Some("served on this machine only".into()),
            },
            code: "fund-2024".into(),
            title: "Marketing fund 2024".into(),
            unit: Unit::new("GBP", 2),
            claim: ClaimLine::sample(),
            fields: vec![
                field("Activity", "campaign"),
                field("Start", "2024-04-08"),
                field("End", "2024-04-12"),
            ],
            request: Some(("C-1".into(), "0192f0c1-0002-7000-8000-00000000000a".into())),
            moved_from: None,
            written_off: 0,
            remaining: None,
            settlement: None,
            held: None,
            consent: Some(Consent {
                name: "A-7".into(),
                status: "open".into(),
                needed: 2,
                due: "2024-06-10".into(),
            }),
            retained_until: "2026-06-03".into(),
            ruling: 1,
            lines: vec![
                line(1, "INV-1", 3_000_000_000, 3_000_000_000, vec![]),
                line(2, "INV-2", 2_500_000_000, 1_000_000_000, vec![over]),
            ],
            steps: vec![
                "Line 1: 50 % of 6,000.00 is 3,000.00".into(),
                "Line 2: 1,000.00 is left of request `C-1`".into(),
            ],
            transfers: vec![Moved {
                at: "2024-06-03 09:14:55 UTC".into(),
                debit: "fund".into(),
                credit: "committed".into(),
                amount: 4_000_000_000,
                effective: "2024-06-03".into(),
                reason: "original".into(),
                revision: 2,
            }],
            history: vec![
                event("2024-06-02 16:01:12 UTC", "user:pia", "draft", "draft", ""),
                event("2024-06-03 09:14:55 UTC", "user:pia", "submit", "in-review", ""),
            ],
            files: vec![ClaimFile {
                number: 1,
                kind: "invoice".into(),
                name: "invoice-17.pdf".into(),
                media_type: "application/pdf".into(),
                size: 48_213,
                sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            }],
            receipt: Some(DecisionReceipt::sample()),
            replay: None,
            acts: Acts {
                actor: "user:max".into(),
                can: vec![Act::Decide, Act::Withdraw],
                not_yours: None,
                claim_against: None,
                refused: None,
                typed: vec![],
            },
        }
    }

    /// One that was paid with less and disputed, with everything that is open then; and a request's own facts beside it.
    pub fn sample_decided() -> Self {
        let mut page = ClaimPage::sample();
        page.claim.status = "disputed".into();
        page.lines[0].approved = Some(3_000_000_000);
        page.lines[1].approved = Some(900_000_000);
        page.lines[1].reason = Some("the stand was shared".into());
        page.consent = None;
        page.settlement = Some("SD-000042".into());
        page.remaining = Some(100_000_000);
        page.replay = Some(ReplayFragment::sample().replay);
        page.acts.can = vec![Act::Answer, Act::Reopen];
        page.history.push(ClaimEvent {
            at: "2024-06-05 11:00:00 UTC".into(),
            actor: "user:pia".into(),
            event: "dispute".into(),
            status: "disputed".into(),
            line: Some(2),
            words: "the stand was ours alone".into(),
        });
        page
    }

    /// A deduction that is a part of another, of which a person split one line again.
    pub fn sample_split() -> Self {
        let mut page = ClaimPage::sample();
        let part = |treatment: &str, amount: i64| ClaimedPart {
            treatment: treatment.into(),
            amount,
            moved_to: None,
        };
        page.claim.kind = "deduction".into();
        page.claim.status = "adjusted".into();
        page.claim.approved = 3_900_000_000;
        page.written_off = 50_000_000;
        page.moved_from = Some(("phones/C-7".into(), "0192f0c1-0002-7000-8000-00000000000d".into()));
        page.request = None;
        page.consent = None;
        page.lines[0].approved = Some(3_000_000_000);
        page.lines[1].approved = Some(900_000_000);
        page.lines[1].reason = Some("two promotions on one invoice".into());
        page.lines[1].parts = vec![
            part("matched", 900_000_000),
            part("charged-back", 350_000_000),
            part("written-off", 50_000_000),
            ClaimedPart {
                moved_to: Some(("displays/C-9".into(), "0192f0c1-0002-7000-8000-00000000000e".into())),
                ..part("moved", 1_200_000_000)
            },
        ];
        let posted = |debit: &str, amount: i64| Moved {
            debit: debit.into(),
            credit: "deducted".into(),
            amount,
            revision: 3,
            ..page.transfers[0].clone()
        };
        page.transfers = vec![posted("payable", 3_900_000_000), posted("written-off", 50_000_000)];
        page.acts.can = vec![Act::Dispute, Act::Reopen];
        page
    }

    /// One that is held, looked at by whoever submitted it.
    pub fn sample_held() -> Self {
        let mut page = ClaimPage::sample();
        page.claim.status = "held".into();
        page.claim.approved = 0;
        page.held = Some("line 1 has the same supplier and invoice as line 1 of claim `C-1`".into());
        page.consent = None;
        page.transfers.clear();
        page.steps.clear();
        page.receipt = None;
        for line in &mut page.lines {
            line.ruled = None;
            line.reasons.clear();
        }
        page.acts = Acts {
            actor: "user:pia".into(),
            can: vec![Act::Withdraw],
            not_yours: Some("`user:pia` submitted it, so that somebody else looks at it".into()),
            claim_against: None,
            refused: None,
            typed: vec![],
        };
        page
    }
}
