use domain::digest::Digest;
use domain::transaction::DateBasis;
use serde::{Deserialize, Serialize};

/// What is known of a segment without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// SHA-256 of the content, by which it is known.
    pub digest: Digest,
    /// Months since January 1970.
    pub month: i32,
    /// It holds the accounts whose [`bucket_of`] among `buckets` is this.
    pub bucket: u32,
    /// A power of two.
    pub buckets: u32,
    pub rows: u32,
    pub first_position: u64,
    pub last_position: u64,
    /// First and last day by each [`DateBasis`], in its order; absent where no row has such a date.
    pub days: [Option<(i32, i32)>; 6],
}

/// A segment as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub info: Info,
    /// An Arrow IPC stream of one record batch.
    pub content: Vec<u8>,
}

impl Info {
    /// Whether the account's rows of that month are in here.
    pub fn holds(&self, account: u32) -> bool {
        bucket_of(account, self.buckets) == self.bucket
    }

    /// First and last day by that date.
    pub fn days_by(&self, basis: DateBasis) -> Option<(i32, i32)> {
        self.days[basis as usize]
    }
}

/// In which of so many buckets (a power of two) an account's rows are. Of twice as many it is in the same one or in the one that lies
/// `buckets` further.
pub fn bucket_of(account: u32, buckets: u32) -> u32 {
    debug_assert!(buckets.is_power_of_two());
    // The upper half of a product with the golden ratio: even for ordinals that follow each other.
    let hash = (u64::from(account).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32;
    hash & (buckets - 1)
}

/// How many rows a segment is to hold: enough that opening it costs nothing beside its rows, few enough that a worker holds many.
pub(super) const TARGET_ROWS: usize = 32_768;

pub(super) fn buckets_for(rows: usize) -> u32 {
    rows.div_ceil(TARGET_ROWS).max(1).next_power_of_two().min(1 << 20) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_filled_evenly_and_split_in_two() {
        let mut filled = [0; 16];
        for account in 1..=16_000 {
            let bucket = bucket_of(account, 16);
            filled[bucket as usize] += 1;
            assert_eq!(bucket_of(account, 8), bucket & 7);
        }
        assert!(filled.iter().all(|count| (900..1100).contains(count)), "{filled:?}");
    }

    #[test]
    fn a_month_is_split_so_that_a_segment_holds_tens_of_thousands() {
        assert_eq!([0, 1, 32_768, 32_769, 416_000].map(buckets_for), [1, 1, 1, 2, 16]);
    }
}
