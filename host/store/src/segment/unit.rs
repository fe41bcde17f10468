use super::info::{Info, bucket_of};

/// A share of the accounts: what one worker takes at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unit {
    pub bucket: u32,
    pub buckets: u32,
}

impl Unit {
    /// All accounts.
    pub const WHOLE: Unit = Unit { bucket: 0, buckets: 1 };

    pub fn holds(self, account: u32) -> bool {
        bucket_of(account, self.buckets) == self.bucket
    }

    /// Whether a segment may hold rows of these accounts.
    pub fn needs(self, segment: &Info) -> bool {
        let common = self.buckets.min(segment.buckets) - 1;
        self.bucket & common == segment.bucket & common
    }
}

/// The shares into which these segments divide the accounts: as many as the finest has buckets. Those that need the same coarse segment
/// follow each other, so that it is worth keeping the last ones open.
pub fn units<'a>(segments: impl IntoIterator<Item = &'a Info>) -> Vec<Unit> {
    let buckets = segments.into_iter().map(|segment| segment.buckets).max().unwrap_or(1);
    let mut units: Vec<_> = (0..buckets).map(|bucket| Unit { bucket, buckets }).collect();
    units.sort_by_key(|unit| unit.bucket.reverse_bits());
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_that_share_a_coarse_segment_follow_each_other() {
        let info = |buckets| Info {
            digest: domain::digest::Digest::of(b""),
            month: 0,
            bucket: 1,
            buckets,
            rows: 1,
            first_position: 1,
            last_position: 1,
            days: [None; 6],
        };
        let (coarse, fine) = (info(2), info(8));
        let units = units([&coarse, &fine]);
        assert_eq!(
            units.iter().map(|unit| unit.bucket).collect::<Vec<_>>(),
            [0, 4, 2, 6, 1, 5, 3, 7]
        );
        assert_eq!(
            units.iter().map(|unit| unit.needs(&coarse)).collect::<Vec<_>>(),
            [false, false, false, false, true, true, true, true]
        );
        assert_eq!(units.iter().filter(|unit| unit.needs(&fine)).count(), 1);
        assert!(Unit::WHOLE.needs(&coarse) && Unit::WHOLE.holds(7));
    }
}
