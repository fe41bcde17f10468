use std::collections::HashMap;

/// Which rows no longer stand, as of some position of the journal.
///
/// A row that corrects another replaces it. Rows that correct the same one, directly or through one another, are a family: of a
/// family only the last in the journal stands, with its own values, date and account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corrections {
    /// Rising.
    superseded: Vec<u64>,
}

impl Corrections {
    /// Of every row up to that position that corrects one: its own position, and that of the row it replaces. In any order.
    pub fn new(pairs: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_unstable();
        let mut family: HashMap<u64, u64> = HashMap::new();
        let mut stands: HashMap<u64, u64> = HashMap::new();
        let mut superseded = Vec::with_capacity(pairs.len());
        for (position, corrects) in pairs {
            let first = *family.get(&corrects).unwrap_or(&corrects);
            family.insert(position, first);
            superseded.push(stands.insert(first, position).unwrap_or(first));
        }
        superseded.sort_unstable();
        Self { superseded }
    }

    pub fn supersede(&self, position: u64) -> bool {
        self.superseded.binary_search(&position).is_ok()
    }

    pub fn is_empty(&self) -> bool {
        self.superseded.is_empty()
    }

    /// The superseded positions from `first` up to and with `last`, rising.
    pub fn between(&self, first: u64, last: u64) -> &[u64] {
        let start = self.superseded.partition_point(|position| *position < first);
        let end = self.superseded.partition_point(|position| *position <= last);
        &self.superseded[start..end.max(start)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_family_only_the_last_row_stands() {
        // 5 replaces 1, 7 replaces 5, 9 replaces 1 again; 8 replaces 2.
        let corrections = Corrections::new([(9, 1), (5, 1), (8, 2), (7, 5)]);
        assert_eq!(corrections.between(0, 100), [1, 2, 5, 7]);
        assert_eq!(corrections.between(2, 5), [2, 5]);
        assert!(corrections.supersede(7) && !corrections.supersede(9));
        assert_eq!(corrections.between(10, 3), [0; 0]);
    }
}
