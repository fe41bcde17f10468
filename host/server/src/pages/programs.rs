use anyhow::Context;
use axum::extract::State;
use axum::response::Html;
use domain::plugin::SETTLED;
use domain::settlement::PAYABLE;
use portal::{ProgramLine, ProgramsPage};

use super::{frame, html, plugin, unit};
use crate::approval;
use crate::serve::App;
use crate::serve::refusal::Refusal;

/// Every program: the first page.
pub async fn programs(State(app): State<App>) -> Result<Html<String>, Refusal> {
    let mut snapshot = app.host.store.read().await?;
    let all = snapshot.programs().await?;
    let standings = snapshot.program_standings().await?;
    let versions = snapshot.plugin_versions().await?;
    let mut programs = Vec::with_capacity(all.len());
    for (program, standing) in all.into_iter().zip(standings) {
        let terms = snapshot.terms_of(&program.id).await?;
        let newest = terms
            .last()
            .with_context(|| format!("program `{}` has no terms", program.code))?;
        let version = versions.iter().find(|version| version.id == newest.plugin_version);
        let descriptor = &version
            .with_context(|| format!("the plugin of program `{}` is missing", program.code))?
            .descriptor;
        // What lies in a fund, is promised or is held back is nobody's yet. Where claims end elsewhere, they are paid there.
        let claimed = descriptor.claims.as_ref().map(|claims| &*claims.to);
        let is_paid = |balance: &str| [PAYABLE, SETTLED].contains(&balance) || claimed == Some(balance);
        let currency = program.currency.code();
        let paid = standing
            .amounts
            .iter()
            .filter(|held| held.unit == currency && is_paid(&held.balance));
        programs.push(ProgramLine {
            code: program.code,
            title: program.title,
            kind: descriptor.kind.as_str().into(),
            unit: unit(program.currency),
            plugin: plugin(descriptor),
            participants: standing.enrolled,
            latest_period: standing.periods.into_iter().next(),
            paid: paid.map(|held| held.amount).sum::<domain::money::Micros>().0,
            held: standing.held,
        });
    }
    drop(snapshot);
    Ok(html(ProgramsPage {
        frame: frame(),
        programs,
        waiting: approval::inbox(&app.host).await?.len() as u64,
    }))
}

#[cfg(test)]
mod tests {
    use crate::serve::story::Served;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_first_page_lists_programs_with_what_they_paid() {
        let served = Served::new().await;
        let first = served.get("/").await;
        assert_eq!((first.status, first.header("location")), (303, "/programs"));
        let page = served.get("/programs").await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (200, "text/html; charset=utf-8")
        );
        page.shows(&[
            "href=\"/programs/volume\"",
            "Volume rebate",
            "2011-Q1",
            ">107.50<",
            "1 held",
            "served on this machine only",
        ]);
    }
}
