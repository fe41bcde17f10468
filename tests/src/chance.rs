//! Numbers that nobody chose, and that are the same at every run.

/// The same numbers at every run of the test (xorshift64).
#[derive(Debug)]
pub struct Chance(pub u64);

impl Chance {
    /// By any number: xorshift stays at 0, and begins poorly with a small one.
    pub fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 32) as usize * limit) >> 32
    }
}
