use std::collections::BTreeMap;

use domain::Result;
use domain::digest::Digest;

use super::corrections::Corrections;
use super::info::{Info, Segment, buckets_for};
use super::opened::Opened;
use super::stage::Stage;
use super::unit::Unit;

/// In how many segments of a month an account's rows may be before small ones are merged.
const MOST_LAYERS: usize = 4;
/// When the rows outside the big segments are this part of a month, everything is merged.
const SHARE: u64 = 4;

/// Segments of one month that are better kept as fewer. For each of [`Merge::units`] open its [sources](Merge::sources) and let
/// [`Merge::unit`] make one segment of them; then put those made in the place of what the merge [replaces](Merge::replaces), all at once and
/// deleting first: where nothing came late, the new segment is the old one again, with the same digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    pub month: i32,
    /// How many buckets the new segments divide the accounts into.
    pub buckets: u32,
    segments: Vec<Info>,
}

impl Merge {
    /// Of the segments of one month.
    fn of(month: i32, segments: Vec<Info>) -> Self {
        let rows = segments.iter().map(|segment| segment.rows as usize).sum();
        Self {
            month,
            buckets: buckets_for(rows),
            segments,
        }
    }

    pub fn units(&self) -> impl Iterator<Item = Unit> {
        let buckets = self.buckets;
        (0..buckets).map(move |bucket| Unit { bucket, buckets })
    }

    /// What holds rows of a unit; the same coarse segment may be a source of many.
    pub fn sources(&self, unit: Unit) -> impl Iterator<Item = &Info> {
        self.segments.iter().filter(move |segment| unit.needs(segment))
    }

    /// The digests of the segments that are no longer needed.
    pub fn replaces(&self) -> impl Iterator<Item = Digest> {
        self.segments.iter().map(|segment| segment.digest)
    }

    /// One segment of its sources' rows, or none when no row is left. Rows that do not stand are left out.
    pub fn unit<'a>(
        &self,
        unit: Unit,
        sources: impl IntoIterator<Item = &'a Opened>,
        corrections: &Corrections,
    ) -> Result<Option<Segment>> {
        let mut stage = Stage::default();
        for segment in sources {
            for (account, rows) in segment.accounts().filter(|(account, _)| unit.holds(*account)) {
                rows.for_each(|row| stage.push_sealed(account, segment, row));
            }
        }
        Ok(stage.segments(self.month, unit.buckets, corrections)?.pop())
    }
}

/// What is worth merging, so that an account's rows of a month lie in few segments and rewriting them stays rare: all segments of a
/// month when a quarter of its rows lies outside the big ones; the small ones among themselves when an account may have rows in more
/// than four.
pub fn due(segments: &[Info]) -> Vec<Merge> {
    let mut months: BTreeMap<i32, Vec<&Info>> = BTreeMap::new();
    for segment in segments {
        months.entry(segment.month).or_default().push(segment);
    }
    months
        .into_iter()
        .filter_map(|(month, segments)| Some(Merge::of(month, due_in_month(&segments)?)))
        .collect()
}

fn due_in_month(segments: &[&Info]) -> Option<Vec<Info>> {
    let mut big: Vec<&Info> = Vec::new();
    let mut layers = 0;
    for unit in super::unit::units(segments.iter().copied()) {
        let of_unit = || segments.iter().copied().filter(|segment| unit.needs(segment));
        layers = layers.max(of_unit().count());
        big.extend(of_unit().max_by_key(|segment| (segment.rows, segment.digest)));
    }
    let is_big = |segment: &Info| big.iter().any(|one| one.digest == segment.digest);
    let small: Vec<&Info> = segments.iter().copied().filter(|segment| !is_big(segment)).collect();
    let rows = |segments: &[&Info]| segments.iter().map(|segment| u64::from(segment.rows)).sum::<u64>();
    if small.is_empty() {
        None
    } else if rows(&small) * SHARE >= rows(segments) {
        Some(segments.iter().copied().cloned().collect())
    } else if layers > MOST_LAYERS && small.len() > 1 {
        Some(small.into_iter().cloned().collect())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(bucket: u32, buckets: u32, rows: u32, first_position: u64) -> Info {
        let digest = Digest::of(format!("{bucket} {buckets} {rows} {first_position}").as_bytes());
        Info {
            digest,
            month: 500,
            bucket,
            buckets,
            rows,
            first_position,
            last_position: first_position,
            days: [None; 6],
        }
    }

    #[test]
    fn a_month_in_good_order_is_left_alone() {
        assert_eq!(due(&[]), []);
        assert_eq!(
            due(&[info(0, 2, 30_000, 1), info(1, 2, 30_000, 2), info(0, 1, 100, 3)]),
            []
        );
    }

    #[test]
    fn many_small_segments_are_merged_among_themselves() {
        let big = [info(0, 2, 30_000, 1), info(1, 2, 30_000, 2)];
        let small: Vec<_> = (3..7).map(|position| info(0, 1, 100, position)).collect();
        let merges = due(&[&big[..], &small].concat());
        assert_eq!(
            merges,
            [Merge {
                month: 500,
                buckets: 1,
                segments: small
            }]
        );
    }

    #[test]
    fn a_large_share_of_late_rows_is_merged_into_the_month() {
        let all = [info(0, 2, 30_000, 1), info(1, 2, 30_000, 2), info(0, 1, 25_000, 3)];
        let merges = due(&all);
        assert_eq!(
            merges,
            [Merge {
                month: 500,
                buckets: 4,
                segments: all.to_vec()
            }]
        );
        assert_eq!(
            merges[0]
                .sources(Unit { bucket: 2, buckets: 4 })
                .map(|info| info.first_position)
                .collect::<Vec<_>>(),
            [1, 3]
        );
        assert_eq!(merges[0].replaces().count(), 3);
    }
}
