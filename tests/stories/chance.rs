//! Random operations over everything, on both engines at once: import, return, correct, redeem, run, request, claim, deduct, decide, dispute,
//! reopen, withdraw, allocate, release, expire, settle, cancel, order, answer, approve, hold, lock, close, export. After each the two engines
//! have answered the same and written the same audit log; every so often the books are checked, and so they are at the end, where rebates and
//! redemptions are worked out once more from the lines alone and everything is replayed.
//!
//! Two thousand operations in the suite, because each costs some ten milliseconds on each engine in a development build.
//! `GTM_OPERATIONS=10000` does as many, `GTM_SEED` takes another sequence. One that fails prints both, with what was done last.

mod closing;
mod company;
mod desk;
mod filing;
mod invariants;
mod operations;
mod sales;

use std::collections::BTreeMap;
use std::env;
use std::panic::resume_unwind;
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};

use closing::close;
use company::found;
use desk::{Desks, Done, STACK};
use invariants::check;
use operations::Operations;

const OPERATIONS: usize = 2_000;
const SEED: u64 = 3;
/// The sequence takes these days, however long it is.
const DAYS: i64 = 700;
/// How often the books are checked on the way.
const CHECKS: usize = 40;

/// How many of each kind have to do something at least, of 2,000 operations and of more: otherwise the sequence shows nothing. Some depend on the
/// days that pass, which are always the same.
#[rustfmt::skip]
const AT_LEAST: [(&str, usize); 32] = [
    ("sell", 250), ("return", 50), ("correct", 60), ("misprint", 10), ("again", 5), ("redeem", 50), ("run", 120), ("submit", 160),
    ("draft", 5), ("decide", 60), ("deny", 20), ("dispute", 25), ("answer", 10), ("reopen", 15), ("withdraw", 20), ("release", 5),
    ("agree", 10), ("allocate", 20), ("take-back", 6), ("lapse", 1), ("budget", 7), ("settle", 18), ("cancel", 4), ("order", 10),
    ("bank", 10), ("vote", 12), ("hold", 3), ("lift", 3), ("policy", 6), ("month", 5), ("lock", 7), ("export", 1),
];

#[test]
fn random_operations_leave_both_engines_whole_and_the_same() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse().expect("a number"));
    let (operations, seed) = (
        number("GTM_OPERATIONS").unwrap_or(OPERATIONS as u64) as usize,
        number("GTM_SEED").unwrap_or(SEED),
    );
    let whole = thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || play(operations, seed));
    let played = whole.expect("a thread").join();
    played.unwrap_or_else(|panic| resume_unwind(panic));
}

fn play(count: usize, seed: u64) {
    let start: DateTime<Utc> = "2024-03-01T08:00:00Z".parse().expect("a time");
    let mut desks = Desks::open(seed, start);
    found(&mut desks, start);
    let mut operations = Operations::new(seed, desks.folder().to_owned());
    let mut tail = Tail {
        seed,
        count,
        lines: vec![],
    };
    let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
    let step = TimeDelta::days(DAYS) / i32::try_from(count).expect("not as many");
    let mut at = start;
    for number in 0..count {
        at += step;
        let next = operations.next(number, at, &desks.sqlite.host);
        let (kind, line) = desks.runtime.block_on(next);
        tail.lines.push(format!("{at}: gtm {line}"));
        let done = desks.run(at, &line);
        let counts = counts.entry(kind).or_default();
        match &done.answer {
            Ok(_) if operations.learn(kind, &line, &done, at) => counts.did += 1,
            Ok(_) => counts.nothing += 1,
            Err(sentence) => {
                assert!(
                    changed_nothing(&done),
                    "it was refused and wrote {:#?}: {sentence}",
                    done.written
                );
                counts.refused += 1;
            }
        }
        if number % (count / CHECKS).max(1) == 0 {
            check(&desks);
        }
    }
    check(&desks);
    close(&mut desks, at, &operations.sales);
    for (kind, least) in AT_LEAST {
        let did = counts.get(kind).map_or(0, |counts| counts.did);
        assert!(
            did >= least * count.min(OPERATIONS) / OPERATIONS,
            "`{kind}` did something {did} times only: {counts:#?}"
        );
    }
    for (kind, counts) in &counts {
        println!("{kind}: {counts:?}");
    }
    desks.close();
}

/// Of one kind of operation: how many did something, found nothing to do, were refused.
#[derive(Debug, Default)]
struct Counts {
    did: usize,
    nothing: usize,
    refused: usize,
}

/// Who is refused has changed nothing. One refusal keeps a newer ruling, and says so.
fn changed_nothing(done: &Done) -> bool {
    let ruled_again = done
        .answer
        .as_ref()
        .is_err_and(|sentence| sentence.contains("it was ruled on again"));
    done.written.is_empty() || ruled_again && done.wrote("rule-claim")
}

/// Prints how to come to the same place again, when something did not hold.
struct Tail {
    seed: u64,
    count: usize,
    lines: Vec<String>,
}

impl Drop for Tail {
    fn drop(&mut self) {
        if thread::panicking() {
            let last = self.lines.len().saturating_sub(30);
            eprintln!(
                "GTM_SEED={} GTM_OPERATIONS={}, operation {}, after",
                self.seed,
                self.count,
                self.lines.len()
            );
            eprintln!("{}", self.lines[last..].join("\n"));
        }
    }
}
