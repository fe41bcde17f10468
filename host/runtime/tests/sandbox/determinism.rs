use std::num::NonZeroUsize;

use runtime::{Engine, Limits, Pool, admit};

use crate::statement::{context, rows};
use crate::{components, misfits};

#[test]
fn the_same_rows_give_the_same_bytes_and_fuel() {
    let component = components::sound();
    let plugin = admit(&Engine::new(Limits::default(), None).unwrap(), &component).unwrap();
    let rows = rows(10_000);
    let whole = rows.as_slice();
    let first = plugin.calculate(&context(), std::slice::from_ref(&whole)).unwrap();
    assert_eq!(
        plugin.calculate(&context(), std::slice::from_ref(&whole)).unwrap(),
        first,
        "a second time"
    );

    for cuts in [&[1][..], &[4096, 8192], &[5000], &[10, 10, 4000, 4200, 9999]] {
        let ends = cuts.iter().copied().chain([10_000]);
        let starts = [0].into_iter().chain(cuts.iter().copied());
        let slices: Vec<_> = starts.zip(ends).map(|(start, end)| whole.rows(start, end)).collect();
        assert_eq!(plugin.calculate(&context(), &slices).unwrap(), first, "cut at {cuts:?}");
    }

    let other = admit(&Engine::new(Limits::default(), None).unwrap(), &component).unwrap();
    assert_eq!(
        other.calculate(&context(), std::slice::from_ref(&whole)).unwrap(),
        first,
        "another engine"
    );

    let mut answers = Vec::new();
    let work = |_| plugin.calculate(&context(), std::slice::from_ref(&whole));
    Pool::new(NonZeroUsize::new(4).unwrap()).run(0..40, work, |answer| answers.push(answer.unwrap()));
    assert!(
        answers.len() == 40 && answers.iter().all(|answer| *answer == first),
        "on other threads"
    );
}

#[test]
fn a_failure_takes_the_same_fuel_every_time() {
    let engine = Engine::new(Limits::default(), None).unwrap();
    for name in ["panic", "memory-hog", "log-flood", "endless-recursion"] {
        let plugin = admit(&engine, &misfits::named(name)).unwrap();
        let rows = rows(5000);
        let fail = || plugin.calculate(&context(), &[rows.as_slice()]).unwrap_err();
        assert_eq!(fail(), fail(), "{name}");
    }
}
