//! Chance that can be repeated.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A source of numbers that follow from the seed and the part alone.
#[derive(Debug)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    pub fn new(seed: u64, part: u64) -> Self {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream(part);
        Self(numbers)
    }

    /// From `low` up to and with `high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.0.next_u64() % (high - low + 1).unsigned_abs()) as i64
    }

    /// True in so many of a thousand cases.
    pub fn in_thousand(&mut self, cases: i64) -> bool {
        self.between(1, 1_000) <= cases
    }

    pub fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.between(0, choices.len() as i64 - 1) as usize]
    }

    /// Each by its weight.
    pub fn weighted<'a, T>(&mut self, choices: &'a [T], weight: impl Fn(&T) -> i64) -> &'a T {
        let total: i64 = choices.iter().map(&weight).sum();
        let mut rest = self.between(1, total);
        choices
            .iter()
            .find(|choice| {
                rest -= weight(choice);
                rest <= 0
            })
            .unwrap_or(&choices[0])
    }
}
