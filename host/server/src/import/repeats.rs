//! Lines of one file that agree in all columns of their key, and are separate transactions all the same.
//!
//! They are numbered in the order of the file, so that the same file gives the same keys again. What was seen is forgotten
//! when its key has not come up for [`WINDOW`] lines: memory stays the same however long the file is. In exports, lines that repeat
//! each other stand in the same document, a few lines apart; one that comes later than the window is counted as a duplicate,
//! which the report shows.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

pub const WINDOW: usize = 65_536;

/// How often each key has come up lately.
#[derive(Debug, Default)]
pub struct RepeatedKeys {
    /// By the hash of the key: two keys that share one cost a number that was not needed, and no line.
    seen: HashMap<u64, Seen, BuildHasherDefault<DefaultHasher>>,
    /// The hash of each of the last lines; a line's place is its number modulo the window.
    lately: Vec<u64>,
    lines: usize,
}

#[derive(Debug)]
struct Seen {
    times: u32,
    last: usize,
}

impl RepeatedKeys {
    /// How many lines with this key there are now, this one included.
    pub fn count(&mut self, key: &str) -> u32 {
        let hash = self.seen.hasher().hash_one(key);
        let (line, place) = (self.lines, self.lines % WINDOW);
        self.lines += 1;
        if let Some(forgotten) = self.lately.get(place)
            && self.seen.get(forgotten).is_some_and(|seen| seen.last + WINDOW <= line)
        {
            self.seen.remove(forgotten);
        }
        match self.lately.get_mut(place) {
            Some(slot) => *slot = hash,
            None => self.lately.push(hash),
        }
        let seen = self.seen.entry(hash).or_insert(Seen { times: 0, last: line });
        seen.times += 1;
        seen.last = line;
        seen.times
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
    fn memory_ends_at_the_window() {
        let mut keys = RepeatedKeys::default();
        assert_eq!(keys.count("often"), 1);
        assert_eq!(keys.count("once"), 1);
        for line in 0..3 * WINDOW {
            keys.count(&line.to_string());
            if line % (WINDOW / 2) == 0 {
                keys.count("often");
            }
        }
        assert!(keys.seen.len() <= WINDOW && keys.lately.len() == WINDOW);
        assert_eq!(keys.count("once"), 1, "forgotten");
        assert_eq!(keys.count("often"), 8, "still known, because it kept coming up");
    }
}
