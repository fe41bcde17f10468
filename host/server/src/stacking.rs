//! `gtm program stack`: in which order programs are worked out, and what each takes off the base of those after it.

use anyhow::{Context, Result, bail, ensure};
use domain::plugin::ProgramKind;
use domain::program::Program;
use domain::stacking::{Reducer, Stacking};
use serde::Serialize;
use store::Snapshot;

use crate::cli;
use crate::host::Host;

/// A program with its place.
#[derive(Debug, Serialize)]
pub struct Stacked {
    pub program: String,
    pub kind: ProgramKind,
    #[serde(flatten)]
    pub stacking: Stacking,
    /// Codes of the programs that reduce it by that, in their order.
    pub reduced_by: Vec<String>,
}

/// A program that has a place, as the others see it.
pub struct Placed {
    pub program: Program,
    pub kind: ProgramKind,
    pub stacking: Stacking,
}

/// Gives a program its place, or takes it out, and says how all of them stand then.
pub async fn stack(host: &Host, of: &cli::Stack) -> Result<Vec<Stacked>> {
    if let Some(code) = &of.program {
        let stacking = of.order.map(|order| Stacking {
            order,
            reduces_by: of.reduces_by.clone(),
            excluded: of.excluded,
        });
        let program = check(&mut host.store.read().await?, code, stacking.as_ref()).await?;
        let mut tx = host.store.begin(&host.actor).await?;
        tx.stack(&program.id, stacking.as_ref()).await?;
        tx.commit().await?;
    }
    let placed = placed(&mut host.store.read().await?).await?;
    let stacked = |one: &Placed| Stacked {
        program: one.program.code.clone(),
        kind: one.kind,
        stacking: one.stacking.clone(),
        reduced_by: before(&placed, one).map(|other| other.program.code.clone()).collect(),
    };
    Ok(placed.iter().map(stacked).collect())
}

/// Every program that has a place, in order.
pub async fn placed(snapshot: &mut Snapshot) -> Result<Vec<Placed>> {
    let mut stackings = snapshot.stackings().await?;
    let mut placed = Vec::with_capacity(stackings.len());
    for program in snapshot.programs().await? {
        if let Some(stacking) = stackings.remove(&program.id) {
            placed.push(Placed {
                kind: kind(snapshot, &program).await?,
                program,
                stacking,
            });
        }
    }
    placed.sort_by_key(|one| one.stacking.order);
    Ok(placed)
}

/// Those that reduce a program, in their order.
pub fn before<'a>(placed: &'a [Placed], one: &'a Placed) -> impl Iterator<Item = &'a Placed> {
    placed.iter().filter(move |other| {
        one.stacking
            .is_reduced_by(&other.stacking, &other.program.code, other.kind)
    })
}

/// Programs stack where their periods and their money are the same.
pub fn fit(one: &Program, other: &Program) -> Result<()> {
    ensure!(
        one.calendar == other.calendar,
        "program `{}` pays by the `{}` and `{}`, which reduces it, by the `{}`: only programs with the same periods stack",
        one.code,
        one.calendar,
        other.code,
        other.calendar
    );
    ensure!(
        one.currency == other.currency,
        "program `{}` pays in {} and `{}`, which reduces it, in {}: only programs in the same currency stack",
        one.code,
        one.currency,
        other.code,
        other.currency
    );
    Ok(())
}

async fn check(snapshot: &mut Snapshot, code: &str, stacking: Option<&Stacking>) -> Result<Program> {
    let program = snapshot
        .program(code)
        .await?
        .with_context(|| format!("there is no program `{code}`: `gtm program list` shows them"))?;
    for reducer in stacking.iter().flat_map(|stacking| &stacking.reduces_by) {
        if let Reducer::Program(named) = reducer {
            if named == code {
                bail!("program `{code}` cannot be reduced by itself: name others");
            }
            let other = snapshot.program(named).await?;
            let other = other.with_context(|| format!("there is no program `{named}` to reduce `{code}` by"))?;
            fit(&program, &other)?;
        }
    }
    if let Some(stacking) = stacking {
        let one = Placed {
            kind: kind(snapshot, &program).await?,
            program: program.clone(),
            stacking: stacking.clone(),
        };
        for other in placed(snapshot)
            .await?
            .iter()
            .filter(|other| other.program.id != program.id)
        {
            if one
                .stacking
                .is_reduced_by(&other.stacking, &other.program.code, other.kind)
            {
                fit(&program, &other.program)?;
            }
            if other.stacking.is_reduced_by(&one.stacking, code, one.kind) {
                fit(&other.program, &program)?;
            }
        }
    }
    Ok(program)
}

async fn kind(snapshot: &mut Snapshot, program: &Program) -> Result<ProgramKind> {
    let terms = snapshot.terms_of(&program.id).await?.pop();
    let terms = terms.with_context(|| format!("program `{}` has no terms", program.code))?;
    let version = snapshot.plugin_version(&terms.plugin_version).await?;
    Ok(version
        .context("the program's plugin version is missing")?
        .descriptor
        .kind)
}
