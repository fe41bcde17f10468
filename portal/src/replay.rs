use askama::Template;

use crate::sentence::Sentence;

/// What came of calculating a statement a second time from the journal.
#[derive(Clone, Debug)]
pub struct Replay {
    pub verdict: Verdict,
    /// When, such as `2026-11-21 14:03:07 UTC`.
    pub at: String,
}

#[derive(Clone, Debug)]
pub enum Verdict {
    /// Every digest and every byte is the same.
    Identical,
    /// Something is not the same: each difference, in the order to read. Never empty.
    Differs(Vec<Difference>),
    /// It could not be tried: why, and what to do, as one sentence.
    Refused(String),
}

/// One thing that is not as the receipt says.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What differs: `rows`, `component`, `output`.
    pub what: String,
    /// Where: `segment 2011-01/3, row 417`, `transfer 1, amount`.
    pub place: String,
    pub recorded: String,
    pub found: String,
}

/// The answer to a replay for a page that is already there: put into the element `replay-result`.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/replay.html")]
pub struct ReplayFragment {
    pub replay: Replay,
}

impl ReplayFragment {
    pub fn sample() -> Self {
        ReplayFragment {
            replay: Replay {
                verdict: Verdict::Identical,
                at: "2026-11-21 14:03:07 UTC".into(),
            },
        }
    }

    /// A journal in which somebody changed a byte.
    pub fn sample_that_differs() -> Self {
        let difference = |what: &str, place: &str, recorded: &str, found: &str| Difference {
            what: what.into(),
            place: place.into(),
            recorded: recorded.into(),
            found: found.into(),
        };
        ReplayFragment {
            replay: Replay {
                verdict: Verdict::Differs(vec![
                    difference(
                        "rows",
                        "journal position 48,213, net amount",
                        "sha256 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
                        "sha256 fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13",
                    ),
                    difference("output", "transfer 1 `volume`, amount", "107.50", "107.75"),
                ]),
                at: "2026-11-21 14:03:07 UTC".into(),
            },
        }
    }
}
