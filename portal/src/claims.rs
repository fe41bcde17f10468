use askama::Template;

use crate::{Flash, Frame, Unit, path, sentence::Sentence};

/// The claims of a program, in the order in which they were written.
#[derive(Clone, Debug, Template)]
#[template(path = "claims.html")]
pub struct ClaimsPage {
    pub frame: Frame,
    /// The program's code and title.
    pub code: String,
    pub title: String,
    pub unit: Unit,
    /// What can be filed: `claim`, `deduction`, `request`.
    pub kinds: Vec<String>,
    /// Every state that a claim can be in.
    pub statuses: Vec<String>,
    /// Only those in this state.
    pub status: Option<String>,
    pub claims: Vec<ClaimLine>,
    /// Whether claims stand before these.
    pub continued: bool,
    /// The key to ask for the next page with, in the query as `after`. None on the last page.
    pub next: Option<String>,
}

/// One claim in the list.
#[derive(Clone, Debug)]
pub struct ClaimLine {
    pub id: String,
    /// `C-7`.
    pub number: String,
    /// `request`, `claim`, `deduction`.
    pub kind: String,
    pub account: String,
    pub name: String,
    pub submitted: String,
    /// `in-review`, `adjusted`.
    pub status: String,
    /// In micros, as is what follows.
    pub claimed: i64,
    /// What would be approved while it is in review, and what was once it is decided.
    pub approved: i64,
}

impl ClaimLine {
    pub(crate) fn address(&self) -> String {
        path::claim(&self.id)
    }

    pub(crate) fn kind_title(&self) -> &'static str {
        match &*self.kind {
            "request" => "Request",
            "deduction" => "Deduction",
            _ => "Claim",
        }
    }

    /// `in review`.
    pub(crate) fn status_words(&self) -> String {
        words(&self.status)
    }

    /// The class of the mark that shows its state.
    pub(crate) fn tag(&self) -> &'static str {
        match &*self.status {
            "approved" | "settled" => "tag tag-posted",
            "held" | "in-review" | "adjusted" | "disputed" => "tag tag-held",
            "denied" => "tag tag-bad",
            _ => "tag",
        }
    }

    /// A claim that waits to be decided.
    pub fn sample() -> Self {
        ClaimLine {
            id: "0192f0c1-0002-7000-8000-00000000000b".into(),
            number: "C-2".into(),
            kind: "claim".into(),
            account: "12347".into(),
            name: "Harbour & Sons".into(),
            submitted: "2024-06-03".into(),
            status: "in-review".into(),
            claimed: 5_500_000_000,
            approved: 4_000_000_000,
        }
    }
}

/// A name of the contract as people write it: `in-review` is `in review`.
pub(crate) fn words(name: &str) -> String {
    name.replace('-', " ")
}

/// What can be filed, for one participant or for any: address and words.
pub(crate) fn filings(code: &str, kinds: &[String], account: Option<&str>) -> Vec<(String, &'static str)> {
    let filing = |kind: &String| {
        let words = match &**kind {
            "request" => "Ask for approval first",
            "deduction" => "Report a deduction",
            _ => "File a claim",
        };
        let query = [("kind", Some(&**kind)), ("account", account)];
        (path::with_query(path::filing(code), &query), words)
    };
    kinds.iter().map(filing).collect()
}

impl ClaimsPage {
    fn address(&self) -> String {
        path::claims(&self.code)
    }

    fn program_address(&self) -> String {
        path::program(&self.code)
    }

    /// What can be filed: address and words.
    fn filings(&self) -> Vec<(String, &'static str)> {
        filings(&self.code, &self.kinds, None)
    }

    fn is_chosen(&self, status: &str) -> bool {
        self.status.as_deref() == Some(status)
    }

    fn first_address(&self) -> String {
        path::with_query(self.address(), &[("status", self.status.as_deref())])
    }

    fn next_address(&self) -> Option<String> {
        let query = [
            ("status", self.status.as_deref()),
            ("after", Some(self.next.as_deref()?)),
        ];
        Some(path::with_query(self.address(), &query))
    }

    /// A request, a claim against it, and one that was denied.
    pub fn sample() -> Self {
        let request = ClaimLine {
            id: "0192f0c1-0002-7000-8000-00000000000a".into(),
            number: "C-1".into(),
            kind: "request".into(),
            status: "approved".into(),
            claimed: 4_000_000_000,
            submitted: "2024-04-01".into(),
            ..ClaimLine::sample()
        };
        let denied = ClaimLine {
            id: "0192f0c1-0002-7000-8000-00000000000c".into(),
            number: "C-3".into(),
            account: "12350".into(),
            name: "Maison Lefèvre".into(),
            status: "denied".into(),
            claimed: 700_000_000,
            approved: 0,
            ..ClaimLine::sample()
        };
        ClaimsPage {
            frame: Frame {
                flash: None,
                notice: Some("served on this machine only".into()),
            },
            code: "fund-2024".into(),
            title: "Marketing fund 2024".into(),
            unit: Unit::new("GBP", 2),
            kinds: ["claim", "deduction", "request"].map(String::from).to_vec(),
            statuses: ["draft", "in-review", "approved", "denied"].map(String::from).to_vec(),
            status: None,
            claims: vec![request, ClaimLine::sample(), denied],
            continued: false,
            next: Some("0192f0c1-0002-7000-8000-00000000000c".into()),
        }
    }
}
