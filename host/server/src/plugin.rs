//! `gtm plugin …`: from source to component, from component to an installed version.

pub mod build;
pub mod sandboxed;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use domain::adjudication::Decision;
use domain::calculation::Outcome;
use domain::digest::Digest;
use domain::plugin::{Column, Descriptor, Grant};
use gtm_kit::{Case, Check};
use runtime::{Engine, Plugin, admit};
use serde::Serialize;

use crate::explain::{self, Goal, Line};
use crate::host::Host;
use sandboxed::Sandboxed;

/// What a component is.
#[derive(Debug, Serialize)]
pub struct Inspected {
    pub digest: Digest,
    pub bytes: usize,
    #[serde(flatten)]
    pub descriptor: Descriptor,
}

/// How the golden cases and the conformance kit went.
#[derive(Debug, Serialize)]
pub struct Tested {
    pub cases: Vec<CaseTested>,
    pub conformance: Vec<CheckTested>,
    pub passed: usize,
    pub failed: usize,
}

#[derive(Debug, Serialize)]
pub struct CaseTested {
    pub file: String,
    pub title: String,
    /// Empty when it passed.
    pub differences: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct CheckTested {
    pub check: String,
    pub passed: bool,
    pub says: String,
}

/// One case, calculated or ruled on, and explained.
#[derive(Debug, Serialize)]
pub struct Calculated {
    pub title: String,
    pub outcome: Option<Outcome>,
    /// When the case has a claim.
    pub decision: Option<Decision>,
    pub steps: Vec<Line>,
    pub milestones: Vec<Goal>,
    pub differences: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Installed {
    pub id: String,
    pub version: String,
    pub title: String,
    pub kind: String,
    pub component: Digest,
    pub granted: Grant,
    pub retired: bool,
    pub installed_at: String,
    pub installed_by: String,
}

pub fn read_component(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read the component `{}`", path.display()))
}

/// Takes the component through admission.
pub fn inspect(engine: &Engine, path: &Path) -> Result<Inspected> {
    let bytes = read_component(path)?;
    let plugin = admitted(engine, path, &bytes)?;
    Ok(Inspected {
        digest: plugin.digest(),
        bytes: bytes.len(),
        descriptor: plugin.descriptor().clone(),
    })
}

/// Runs golden cases, then the conformance kit with them, all in the sandbox.
pub fn test(engine: &Engine, path: &Path, cases: &[PathBuf]) -> Result<Tested> {
    let bytes = read_component(path)?;
    let subject = Sandboxed(admitted(engine, path, &bytes)?);
    let mut read: Vec<(String, Case)> = Vec::new();
    for path in cases {
        match path.is_dir() {
            true => read.extend(Case::read_all(path)?),
            false => read.push((path.display().to_string(), Case::read(path)?)),
        }
    }
    if read.is_empty() {
        bail!("there are no cases to test with: name a file, or a folder with .json files");
    }
    let mut tested = Vec::new();
    for (file, case) in &read {
        let report = gtm_kit::run_case(&subject, case).with_context(|| format!("the case `{file}` cannot be used"))?;
        tested.push(CaseTested {
            file: file.clone(),
            title: report.title,
            differences: report.differences,
        });
    }
    let conformance: Vec<CheckTested> = {
        let cases: Vec<Case> = read.into_iter().map(|(_, case)| case).collect();
        gtm_kit::conform(&subject, &cases).iter().map(checked).collect()
    };
    let failed = tested.iter().filter(|case| !case.differences.is_empty()).count()
        + conformance.iter().filter(|check| !check.passed).count();
    Ok(Tested {
        passed: tested.len() + conformance.len() - failed,
        failed,
        cases: tested,
        conformance,
    })
}

fn checked(check: &Check) -> CheckTested {
    CheckTested {
        check: check.rule.to_owned(),
        passed: !check.failed(),
        says: check.to_string(),
    }
}

/// Calculates one case and explains the answer.
pub fn run(engine: &Engine, component: &Path, case: &Path) -> Result<Calculated> {
    let bytes = read_component(component)?;
    let subject = Sandboxed(admitted(engine, component, &bytes)?);
    let case = Case::read(case)?;
    let report = gtm_kit::run_case(&subject, &case)?;
    let descriptor = subject.0.descriptor();
    let steps = match (&report.outcome, &report.decision) {
        (Some(outcome), _) => explain::steps(descriptor, case.currency, &outcome.steps),
        (None, Some(decision)) => explain::steps(descriptor, case.currency, &decision.steps),
        (None, None) => Vec::new(),
    };
    let milestones = report.outcome.as_ref();
    let milestones = milestones.map(|outcome| explain::milestones(descriptor, case.currency, outcome));
    Ok(Calculated {
        title: report.title,
        outcome: report.outcome,
        decision: report.decision,
        steps,
        milestones: milestones.unwrap_or_default(),
        differences: report.differences,
    })
}

/// Admits a component and keeps it, with everything it asks for granted, or only these columns and attributes.
pub async fn install(host: &Host, path: &Path, grant: Option<&[String]>) -> Result<Installed> {
    let bytes = read_component(path)?;
    let plugin = admitted(&host.engine, path, &bytes)?;
    let descriptor = plugin.descriptor();
    let granted = match grant {
        None => Grant::all_of(descriptor),
        Some(names) => grant_of(descriptor, names)?,
    };
    let mut tx = host.store.begin(&host.actor).await?;
    let version = tx.install_plugin(descriptor, &granted, &bytes).await?;
    tx.commit().await?;
    Ok(installed(version))
}

pub async fn list(host: &Host) -> Result<Vec<Installed>> {
    Ok(host
        .store
        .read()
        .await?
        .plugin_versions()
        .await?
        .into_iter()
        .map(installed)
        .collect())
}

fn admitted(engine: &Engine, path: &Path, bytes: &[u8]) -> Result<Plugin> {
    admit(engine, bytes).with_context(|| format!("`{}` is not admitted", path.display()))
}

fn grant_of(descriptor: &Descriptor, names: &[String]) -> Result<Grant> {
    let mut grant = Grant::default();
    for name in names {
        let column = Column::ALL
            .into_iter()
            .find(|column| column.as_str() == name && descriptor.columns.contains(column));
        if let Some(column) = column {
            grant.columns.push(column);
        } else if descriptor.profile_attributes.contains(name) {
            grant.profile_attributes.push(name.clone());
        } else if descriptor.transaction_attributes.contains(name) {
            grant.transaction_attributes.push(name.clone());
        } else {
            bail!(
                "plugin `{}` does not ask for `{name}`: `gtm plugin inspect` shows what it asks for",
                descriptor.id
            );
        }
    }
    Ok(grant)
}

fn installed(version: store::plugin::PluginVersion) -> Installed {
    Installed {
        id: version.descriptor.id,
        version: version.descriptor.version,
        title: version.descriptor.title,
        kind: version.descriptor.kind.as_str().into(),
        component: version.component,
        granted: version.granted,
        retired: version.retired,
        installed_at: version.installed_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        installed_by: version.installed_by.to_string(),
    }
}
