//! Time and memory, of this thread and of other programs.

use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// How often a program that runs is asked for its peak of memory.
const LOOK: Duration = Duration::from_millis(5);

/// A program that was run to its end.
#[derive(Clone, Debug)]
pub struct Done {
    /// By the wall.
    pub seconds: f64,
    pub peak_kib: u64,
    pub printed: Vec<u8>,
}

/// Runs a program. Exit code 3 of `gtm` (something is held, or lines were refused) counts as done.
pub fn run(command: &mut Command) -> Result<Done> {
    let begun = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child.with_context(|| format!("{} cannot be started", command.get_program().display()))?;
    let (peak_kib, ended) = (AtomicU64::new(0), AtomicBool::new(false));
    let status = format!("/proc/{}/status", child.id());
    let (output, seconds) = thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                // The peak only rises, so the last look before the end is nearly right.
                peak_kib.fetch_max(high_water(&status).unwrap_or(0), Ordering::Relaxed);
                thread::sleep(LOOK);
            }
        });
        let output = child.wait_with_output();
        let seconds = begun.elapsed().as_secs_f64();
        ended.store(true, Ordering::Relaxed);
        (output, seconds)
    });
    let output = output?;
    ensure!(
        done(output.status),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(Done {
        seconds,
        peak_kib: peak_kib.into_inner(),
        printed: output.stdout,
    })
}

fn done(status: ExitStatus) -> bool {
    matches!(status.code(), Some(0 | 3))
}

/// The most memory that a process ever held, in KiB.
fn high_water(status: &str) -> Option<u64> {
    let status = std::fs::read_to_string(status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// The most memory that this process ever held, in KiB.
pub fn own_peak_kib() -> u64 {
    high_water("/proc/self/status").unwrap_or(0)
}

pub fn seconds_of(mut work: impl FnMut()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64()
}

/// Of times by the wall: what the machine can do when nobody disturbs it.
pub fn best(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}
