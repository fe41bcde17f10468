//! What a statement costs in a fresh sandbox, without the database: `cargo bench -p runtime`. Medians of rounds of processor time,
//! which other work on the machine inflates less than wall time; trust ratios to about a tenth. Two threads are timed by the wall,
//! so that line needs two idle cores.

#![allow(clippy::float_arithmetic, reason = "times, not amounts")]

#[path = "../tests/sandbox/components.rs"]
mod components;
#[path = "../tests/sandbox/statement.rs"]
#[expect(dead_code, reason = "only the tests rule on claims")]
mod statement;

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::digest::{Digest, canonical_json};
use domain::receipt::{Receipt, Signature};
use runtime::{Cache, Engine, Key, Limits, Plugin, Pool, admit, sign};
use statement::{context, rows};

const ROUNDS: usize = 9;

fn main() {
    let folder = tempfile::tempdir().expect("a folder for the key");
    let key = Arc::new(Key::open(&folder.path().join("host.pk8")).expect("a key"));
    let engine = Engine::new(Limits::default(), Some(Cache::new(folder.path(), key.clone()))).expect("an engine");
    let bytes = components::sound();
    let plugin = admit(&engine, &bytes).expect("the sound plugin is admitted");

    println!(
        "load from the cache       {:>10.1} µs",
        micros(20, || drop(black_box(Plugin::load(&engine, &bytes))))
    );
    let context = context();
    for count in [0, 1, 100, 10_000] {
        let rows = rows(count);
        let slices = [rows.as_slice()];
        let times = (200_000 / (count + 40)).max(400);
        let per_statement = micros(times, || drop(black_box(plugin.calculate(&context, &slices))));
        println!(
            "statement of {count:>6} rows  {per_statement:>10.2} µs  {:>10.0} a second",
            1e6 / per_statement
        );
    }

    let rows = rows(1);
    let slices = [rows.as_slice()];
    let outcome = plugin.calculate(&context, &slices).expect("an answer").outcome;
    let canonical = micros(3000, || drop(black_box(canonical_json(&outcome))));
    println!("  of it canonical outcome {canonical:>10.2} µs");
    let all_in = |_: usize| {
        let calculated = plugin.calculate(&context, &slices).expect("an answer");
        let receipt = Receipt {
            program: context.program.clone(),
            account: context.participant.account.clone(),
            period: context.period.label.clone(),
            revision: 1,
            component: plugin.digest(),
            context: Digest::of(&canonical_json(&context).expect("a context is JSON")),
            rows: domain::columns::digest(&slices),
            row_count: 1,
            output: Digest::of(&calculated.output),
            log: Digest::of(calculated.log.as_bytes()),
            api: runtime::API.into(),
            engine: runtime::ENGINE.into(),
            fuel: calculated.fuel,
            position: 101,
            signature: Signature::default(),
        };
        sign(receipt, &key).expect("a signature")
    };
    let one = micros(3000, || drop(black_box(all_in(0))));
    println!("with hashes and receipt   {one:>10.2} µs  {:>10.0} a second", 1e6 / one);
    let canonical = micros(3000, || drop(black_box(canonical_json(&context))));
    println!("  of it canonical context {canonical:>10.2} µs");
    let signing = all_in(0);
    println!(
        "  of it signing           {:>10.2} µs",
        micros(3000, || drop(black_box(sign(signing.clone(), &key))))
    );

    let statements = |workers: usize| {
        let pool = Pool::new(NonZeroUsize::new(workers).expect("at least one"));
        let bucket = |_| (0..500).for_each(|n| drop(black_box(all_in(n))));
        let begun = Instant::now();
        pool.run(0..20, bucket, |()| {});
        10_000.0 / begun.elapsed().as_secs_f64()
    };
    let (mut ones, mut twos) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        ones.push(statements(1));
        twos.push(statements(2));
    }
    let (one, two) = (median(ones), median(twos));
    println!(
        "one thread {one:.0} a second, two threads {two:.0}: {:.2} times",
        two / one
    );
}

/// Median over rounds of the time of one call.
fn micros(times: usize, mut call: impl FnMut()) -> f64 {
    let rounds = (0..ROUNDS).map(|_| {
        let begun = processor_time();
        (0..times).for_each(|_| call());
        processor_time() - begun
    });
    median(
        rounds
            .map(|round: Duration| round.as_secs_f64() * 1e6 / times as f64)
            .collect(),
    )
}

/// What this thread has used so far.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts the time of a thread");
    let nanoseconds = stat.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.expect("the first figure is nanoseconds on a processor"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
