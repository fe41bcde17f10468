//! What is printed: a figure of ours, the peer's, their ratio, and what is to be reached.

/// One part of the benchmarks.
#[derive(Debug)]
pub struct Table {
    title: String,
    rows: Vec<[String; 6]>,
}

/// What the ratio, or the figure itself where there is no peer, is held against.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    fn reached(self, value: f64) -> bool {
        match self {
            Target::AtMost(bound) => value <= bound,
            Target::AtLeast(bound) => value >= bound,
        }
    }

    fn text(self) -> String {
        match self {
            Target::AtMost(bound) => format!("≤ {}", figure(bound)),
            Target::AtLeast(bound) => format!("≥ {}", figure(bound)),
        }
    }
}

impl Table {
    pub fn new(title: impl Into<String>) -> Self {
        let heads = ["", "gtm", "peer", "ratio", "target", "reached"];
        Self {
            title: title.into(),
            rows: vec![heads.map(str::to_owned)],
        }
    }

    /// A figure beside a peer's, and a ratio of the two that says how good it is.
    pub fn beside(&mut self, what: &str, ours: String, peer: String, ratio: f64, target: Option<Target>) {
        self.push(what, ours, peer, format!("{ratio:.2}"), ratio, target);
    }

    /// A figure without a peer.
    pub fn alone(&mut self, what: &str, ours: String, value: f64, target: Option<Target>) {
        self.push(what, ours, String::new(), String::new(), value, target);
    }

    fn push(&mut self, what: &str, ours: String, peer: String, ratio: String, value: f64, target: Option<Target>) {
        let reached = target.map(|target| if target.reached(value) { "yes" } else { "NO" });
        let target = target.map(Target::text).unwrap_or_default();
        self.rows.push([
            what.to_owned(),
            ours,
            peer,
            ratio,
            target,
            reached.unwrap_or_default().to_owned(),
        ]);
    }

    pub fn print(&self) {
        let width = |column: usize| {
            self.rows
                .iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..6).map(width).collect();
        println!("\n{}\n", self.title);
        for row in &self.rows {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                if column == 0 {
                    format!("{cell:<width$}")
                } else {
                    format!("{cell:>width$}")
                }
            });
            println!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
    }
}

/// A number as people read it: 1,234,567 or 1.23.
pub fn figure(value: f64) -> String {
    if value < 1_000.0 {
        let text = format!("{value:.2}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let digits = format!("{value:.0}");
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

pub fn seconds(value: f64) -> String {
    format!("{value:.3} s")
}

pub fn mebibytes(kib: u64) -> String {
    format!("{} MiB", kib / 1024)
}
