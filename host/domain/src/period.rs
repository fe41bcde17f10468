//! A stretch of days with a name.

use serde::{Deserialize, Serialize};

use crate::day::Day;

/// Both ends belong to it. Fields in the order of their names: see [`crate::digest::ordered_json`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    pub end: Day,
    /// Its name in the program's calendar, such as `2011-Q1`.
    pub label: String,
    pub start: Day,
}

impl Period {
    pub fn contains(&self, day: Day) -> bool {
        self.start <= day && day <= self.end
    }

    /// Both ends counted.
    pub fn days(&self) -> i32 {
        self.end.number() - self.start.number() + 1
    }
}
