//! Time and chance as parameters: a test freezes the one and seeds the other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use uuid::{Builder, ContextV7, Timestamp, Uuid};

/// What time it is, in whole microseconds, which both engines keep.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    Frozen(DateTime<Utc>),
}

impl Clock {
    pub fn now(&self) -> DateTime<Utc> {
        let now = match self {
            Clock::System => Utc::now(),
            Clock::Frozen(at) => *at,
        };
        // Fails only centuries from now.
        now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now)
    }
}

/// Where new ids come from: UUIDs of version 7, which rise with time.
#[derive(Clone, Debug)]
pub enum Ids {
    Random(Arc<Mutex<ContextV7>>),
    /// The same ids in the same order, at the same times.
    Seeded {
        seed: u64,
        count: Arc<AtomicU64>,
    },
}

impl Ids {
    pub fn random() -> Self {
        Ids::Random(Arc::new(Mutex::new(ContextV7::new())))
    }

    pub fn seeded(seed: u64) -> Self {
        Ids::Seeded {
            seed,
            count: Arc::default(),
        }
    }

    pub fn next<T: From<Uuid>>(&self, at: DateTime<Utc>) -> T {
        let uuid = match self {
            Ids::Random(context) => {
                let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
                Uuid::new_v7(Timestamp::from_unix(
                    context.as_ref(),
                    seconds,
                    at.timestamp_subsec_nanos(),
                ))
            }
            Ids::Seeded { seed, count } => {
                let count = count.fetch_add(1, Ordering::Relaxed);
                let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
                let mut bytes = [0; 10];
                // Four bits of the first and two of the third byte are overwritten by version and variant.
                bytes[3..7].copy_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
                bytes[7..].copy_from_slice(&seed.to_be_bytes()[5..]);
                Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
            }
        };
        uuid.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_gives_whole_microseconds() {
        assert_eq!(Clock::System.now().timestamp_subsec_nanos() % 1_000, 0);
    }

    #[test]
    fn ids_rise_and_a_seed_repeats_them() {
        let at = Clock::System.now();
        for ids in [Ids::random(), Ids::seeded(7)] {
            let made: Vec<Uuid> = (0..1_000).map(|_| ids.next(at)).collect();
            assert!(made.is_sorted_by(|a, b| a < b));
        }
        let (a, b, other) = (Ids::seeded(7), Ids::seeded(7), Ids::seeded(8));
        let first: Uuid = a.next(at);
        assert_eq!(first, b.next::<Uuid>(at));
        assert_ne!(first, other.next::<Uuid>(at));
    }
}
