//! The threads on which plugins calculate, apart from those that answer requests.

use std::num::NonZeroUsize;
use std::sync::mpsc::sync_channel;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::engine::MAX_SANDBOXES;

/// A bound on how many jobs calculate at once, in all runs together. A process needs one.
#[derive(Debug)]
pub struct Pool {
    workers: usize,
    free: Mutex<usize>,
    freed: Condvar,
}

impl Pool {
    /// At most [`MAX_SANDBOXES`] workers are of use.
    pub fn new(workers: NonZeroUsize) -> Self {
        let workers = workers.get().min(MAX_SANDBOXES);
        Self {
            workers,
            free: Mutex::new(workers),
            freed: Condvar::new(),
        }
    }

    /// One worker for each processor of this machine.
    pub fn of_this_machine() -> Self {
        Self::new(thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }

    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Works through the jobs and hands each result to `sink`, on the caller's thread and in the order in which they are done.
    ///
    /// Jobs are taken from the iterator one at a time as workers become free, and workers wait while `sink` is behind, so memory
    /// does not grow with the number of jobs. A job is best a bucket of statements. Returns when all are done; a panic in `work`
    /// goes on in the caller. It blocks: call it from a thread that may.
    pub fn run<J, R: Send>(
        &self,
        jobs: impl IntoIterator<Item = J, IntoIter: Send>,
        work: impl Fn(J) -> R + Sync,
        mut sink: impl FnMut(R),
    ) {
        let jobs = Mutex::new(jobs.into_iter().fuse());
        let (results, done) = sync_channel(self.workers);
        thread::scope(|scope| {
            for worker in 0..self.workers {
                let (jobs, work, results) = (&jobs, &work, results.clone());
                let run = move || {
                    // The lock is free again before the job is worked on.
                    while let Some(job) = { locked(jobs).next() } {
                        let result = {
                            let _permit = self.permit();
                            work(job)
                        };
                        // The receiver is gone only when `sink` panicked, and then nobody waits for this.
                        if results.send(result).is_err() {
                            return;
                        }
                    }
                };
                thread::Builder::new()
                    .name(format!("calculate-{worker}"))
                    .spawn_scoped(scope, run)
                    .expect("the system can start a thread for each processor");
            }
            drop(results);
            // Moved in, so that the workers do not wait for a sink that panicked.
            for result in done {
                sink(result);
            }
        });
    }

    fn permit(&self) -> Permit<'_> {
        let mut free = self
            .freed
            .wait_while(locked(&self.free), |free| *free == 0)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Permit(self)
    }
}

struct Permit<'a>(&'a Pool);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *locked(&self.0.free) += 1;
        self.0.freed.notify_one();
    }
}

/// What these locks guard stays whole when a holder panics.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn pool(workers: usize) -> Pool {
        Pool::new(NonZeroUsize::new(workers).unwrap())
    }

    #[test]
    fn every_job_is_worked_on_once() {
        let mut squares = Vec::new();
        pool(3).run(0..1000_u64, |n| n * n, |square| squares.push(square));
        squares.sort_unstable();
        assert_eq!(squares, (0..1000).map(|n| n * n).collect::<Vec<_>>());
    }

    #[test]
    fn two_runs_together_use_no_more_workers_than_there_are() {
        let (pool, busy, most) = (pool(2), AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |_| {
            most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::yield_now();
            busy.fetch_sub(1, Ordering::SeqCst);
        };
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| pool.run(0..200, work, |()| {}));
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 2);
    }

    #[test]
    fn a_panic_in_a_job_goes_on_in_the_caller() {
        let run = || pool(2).run(0..10, |n| assert!(n != 5, "job 5"), |()| {});
        assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
        let pool = pool(1);
        let sink = || pool.run(0..10, |n| n, |n| assert!(n != 5, "result 5"));
        assert!(catch_unwind(AssertUnwindSafe(sink)).is_err());
        let mut after = 0;
        pool.run(0..10, |n| n, |_| after += 1);
        assert_eq!(after, 10);
    }
}
