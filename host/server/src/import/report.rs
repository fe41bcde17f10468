//! What became of the lines of a file.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Serialize;

/// Every line is counted once: accepted, duplicate or refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    pub lines: u64,
    pub accepted: u64,
    /// Were there already.
    pub duplicates: u64,
    pub refused: u64,
    /// Only where transactions name accounts that the profile creates.
    pub accounts_created: u64,
    pub products_created: u64,
    /// Why lines were refused, the most frequent first; at most [`REASONS`], the rest only counts in `refused`.
    pub reasons: Vec<Reason>,
    /// Where the refused lines are; absent when there are none, and in a dry run.
    pub refused_file: Option<PathBuf>,
    /// Nothing was written: these are the counts that an import would have.
    pub dry_run: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    pub reason: String,
    pub lines: u64,
}

/// How many different reasons a report tells.
pub const REASONS: usize = 20;

/// Counts reasons in memory that does not grow with the number of lines.
#[derive(Debug, Default)]
pub struct ReasonCounts {
    counts: HashMap<String, u64>,
}

impl ReasonCounts {
    const KEPT: usize = 50 * REASONS;

    pub fn count(&mut self, reason: &str) {
        if let Some(count) = self.counts.get_mut(reason) {
            *count += 1;
        } else if self.counts.len() < Self::KEPT {
            self.counts.insert(reason.to_owned(), 1);
        }
    }

    pub fn most_frequent(self) -> Vec<Reason> {
        let mut reasons: Vec<_> = self
            .counts
            .into_iter()
            .map(|(reason, lines)| Reason { reason, lines })
            .collect();
        reasons.sort_unstable_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.reason.cmp(&b.reason)));
        reasons.truncate(REASONS);
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_reasons_come_first() {
        let mut counts = ReasonCounts::default();
        for number in 0..5_000 {
            counts.count("no customer");
            counts.count(&format!("`{number}` is not a date"));
        }
        let reasons = counts.most_frequent();
        assert_eq!(
            reasons[0],
            Reason {
                reason: "no customer".into(),
                lines: 5_000
            }
        );
        assert_eq!(reasons.len(), REASONS);
    }
}
