//! A bar for what takes longer than two seconds, on a terminal and nowhere else.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const QUIET_FOR: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    begun: Instant,
}

impl Progress {
    /// Of so many `unit`, such as `statements`.
    pub fn new(what: &str, length: u64, unit: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template(&format!(
            "{what} {{bar:30}} {{human_pos}}/{{human_len}} {unit}, {{eta}} left"
        ));
        bar.set_style(style.expect("the template is written here"));
        Self {
            bar,
            begun: Instant::now(),
        }
    }

    /// Where the length is known only on the way.
    pub fn reach_of(&self, position: u64, length: u64) {
        self.bar.set_length(length);
        self.reach(position);
    }

    pub fn reach(&self, position: u64) {
        if self.bar.is_hidden() && self.begun.elapsed() > QUIET_FOR {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(position);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
