//! What a plugin may use up. Limits that a big account would reach in honest work grow with its rows.

use std::time::Duration;

/// A limit that grows with the rows of the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scaled {
    pub base: u64,
    pub per_row: u64,
}

impl Scaled {
    pub fn of(self, rows: u64) -> u64 {
        self.base.saturating_add(self.per_row.saturating_mul(rows))
    }
}

/// The limits of one engine. A failure prints the one that was reached.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Size of a component, in bytes.
    pub component_bytes: u64,
    /// Memory of one sandbox, in bytes; at most [`Limits::MEMORY_BYTES`].
    pub memory_bytes: u64,
    /// Units of fuel: about one for each instruction, the same number on every machine.
    pub fuel: Scaled,
    /// Log of one statement, in bytes.
    pub log_bytes: Scaled,
    /// What a plugin may hand over in one call, in bytes as they lie in its memory, strings included.
    pub answer_bytes: Scaled,
    pub transfers: Scaled,
    pub milestones: Scaled,
    pub steps: Scaled,
    /// Any one string of an answer, in bytes. The schemas of a descriptor are held by `answer_bytes` alone.
    pub string_bytes: u64,
    /// Wall time, in milliseconds: the backstop for what fuel does not see. Reaching it is the machine's failure, not the plugin's.
    pub wall_ms: Scaled,
}

impl Limits {
    /// What the engine reserves for each sandbox.
    pub const MEMORY_BYTES: u64 = 64 << 20;

    /// Reasons for the ruling on one line.
    pub const REASONS: u64 = 100;

    pub(crate) fn wall(&self, rows: u64) -> Duration {
        Duration::from_millis(self.wall_ms.of(rows))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: 16 << 20,
            memory_bytes: Self::MEMORY_BYTES,
            fuel: Scaled {
                base: 200_000_000,
                per_row: 20_000,
            },
            log_bytes: Scaled {
                base: 64 << 10,
                per_row: 16,
            },
            answer_bytes: Scaled {
                base: 4 << 20,
                per_row: 256,
            },
            transfers: Scaled {
                base: 1_000,
                per_row: 1,
            },
            milestones: Scaled {
                base: 1_000,
                per_row: 0,
            },
            steps: Scaled {
                base: 10_000,
                per_row: 2,
            },
            string_bytes: 4 << 10,
            wall_ms: Scaled {
                base: 30_000,
                per_row: 1,
            },
        }
    }
}
