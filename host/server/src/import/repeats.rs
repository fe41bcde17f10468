//! Lines of one file that agree in all columns of their key, and are separate transactions all the same.
//!
//! They are numbered in the order of the file, so that the same file gives the same keys again. What was seen is forgotten
//! when its key has not come up for some time, at the earliest after [`REMEMBERED`] lines: memory stays the same however long the
//! file is. In exports, lines that repeat each other stand in the same document, a few lines apart; one that comes much
//! later is counted as a duplicate, which the report shows.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

pub const REMEMBERED: usize = 32_768;

/// How often keys have come up, by their hash: two keys that share one cost a number that was not needed, and no line.
type Counts = HashMap<u64, u32, BuildHasherDefault<DefaultHasher>>;

#[derive(Debug, Default)]
pub struct RepeatedKeys {
    /// Keys of the latest lines, at most [`REMEMBERED`] of them.
    latest: Counts,
    /// Those of as many lines before.
    before: Counts,
    lines: usize,
}

impl RepeatedKeys {
    /// How many lines with this key there are now, this one included.
    pub fn count(&mut self, key: &str) -> u32 {
        if self.lines == REMEMBERED {
            std::mem::swap(&mut self.latest, &mut self.before);
            self.latest.clear();
            self.lines = 0;
        }
        self.lines += 1;
        let hash = self.latest.hasher().hash_one(key);
        let before = &self.before;
        let times = self
            .latest
            .entry(hash)
            .or_insert_with(|| before.get(&hash).copied().unwrap_or(0));
        *times += 1;
        *times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_the_same_key_are_counted() {
        let mut keys = RepeatedKeys::default();
        assert_eq!(["a", "b", "a", "a", "b"].map(|key| keys.count(key)), [1, 1, 2, 3, 2]);
    }

    #[test]
    fn memory_ends_however_long_the_file_is() {
        let mut keys = RepeatedKeys::default();
        assert_eq!((keys.count("often"), keys.count("once")), (1, 1));
        for line in 0..4 * REMEMBERED {
            keys.count(&line.to_string());
            if line % REMEMBERED == 0 {
                keys.count("often");
            }
        }
        assert!(keys.latest.len() + keys.before.len() <= 2 * REMEMBERED);
        assert_eq!(keys.count("once"), 1, "forgotten");
        assert_eq!(keys.count("often"), 6, "still known, because it kept coming up");
    }
}
