//! The golden cases of a plugin, as the plugin's own tests hold them.

use std::path::Path;

use crate::conformance::{Verdict, conform};
use crate::{Case, Report, Subject, run_case};

/// A plugin with the cases of its folder. What does not hold panics with everything that is wrong, each with the name of its case.
///
/// ```no_run
/// # fn check(plugin: impl gtm_kit::Subject) {
/// let golden = gtm_kit::Golden::read(plugin, concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
/// golden.gives_its_figures();
/// golden.includes(&["e1-", "e2-"]);
/// golden.conforms(&[("a threshold is met exactly", 3)]);
/// # }
/// ```
#[derive(Debug)]
pub struct Golden<S> {
    plugin: S,
    cases: Vec<(String, Case)>,
}

impl<S: Subject> Golden<S> {
    /// Panics if a file of the folder is no case.
    #[track_caller]
    pub fn read(plugin: S, folder: impl AsRef<Path>) -> Self {
        let cases = Case::read_all(folder.as_ref()).unwrap_or_else(|error| panic!("{error}"));
        Golden { plugin, cases }
    }

    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().map(|(_, case)| case)
    }

    /// What comes out of the first case whose name begins so.
    #[track_caller]
    pub fn report(&self, name: &str) -> Report {
        let case = self.cases.iter().find(|(found, _)| found.starts_with(name));
        let (name, case) = case.unwrap_or_else(|| panic!("no case for {name}"));
        run_case(&self.plugin, case).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Every case gives what it says.
    #[track_caller]
    pub fn gives_its_figures(&self) {
        let mut wrong = Vec::new();
        for (name, case) in &self.cases {
            match run_case(&self.plugin, case) {
                Ok(report) => wrong.extend(
                    report
                        .differences
                        .iter()
                        .map(|difference| format!("{name}: {difference}")),
                ),
                Err(error) => wrong.push(format!("{name}: {error}")),
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }

    /// There is a case for each of these beginnings of a name.
    #[track_caller]
    pub fn includes(&self, examples: &[&str]) {
        for example in examples {
            let found = self.cases.iter().any(|(name, _)| name.starts_with(example));
            assert!(found, "no case for {example}");
        }
    }

    /// What must hold for every plugin holds on every case, and the cases give enough to try: each of these rules held at least as many times.
    /// A rule that is never tried holds of everything.
    #[track_caller]
    pub fn conforms(&self, at_least: &[(&str, usize)]) {
        let cases: Vec<Case> = self.cases().cloned().collect();
        let checks = conform(&self.plugin, &cases);
        let broken: Vec<String> = checks
            .iter()
            .filter(|check| check.failed())
            .map(ToString::to_string)
            .collect();
        assert!(broken.is_empty(), "\n{}", broken.join("\n"));
        for &(rule, least) in at_least {
            let holds = |verdict: &Verdict| matches!(verdict, Verdict::Holds(_));
            let held = checks
                .iter()
                .filter(|check| check.rule == rule && holds(&check.verdict))
                .count();
            assert!(held >= least, "`{rule}` was tried {held} times only, not {least}");
        }
    }
}
