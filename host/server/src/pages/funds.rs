use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Html;
use domain::money::Micros;
use domain::plugin::Descriptor;
use domain::program::Program;
use portal::{FundLine, FundMovement, FundPage, FundsPage};

use super::filing::kinds;
use super::{frame, html, no_program, unit};
use crate::fund::{self, Fund};
use crate::program;
use crate::serve::App;
use crate::serve::asked::Asked;
use crate::serve::refusal::Refusal;

/// Funds on one page.
const PAGE: usize = 50;

/// The funds of a program, all or those of some accounts, and what they hold together.
pub async fn funds(State(app): State<App>, Path(code): Path<String>, uri: Uri) -> Result<Html<String>, Refusal> {
    let asked = Asked::of(&uri)?;
    let (program, _) = funded(&app, &code).await?;
    let list = fund::list(&app.host, &code).await?;
    let total = total(&list.funds)?;
    let account = asked.get("account").map(str::to_owned);
    let after = asked.get("after").unwrap_or_default();
    let begins_with = account.as_deref().unwrap_or_default();
    let mut found: Vec<Fund> = list
        .funds
        .into_iter()
        .filter(|fund| fund.account.starts_with(begins_with) && *fund.account > *after)
        .take(PAGE + 1)
        .collect();
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| more).map(|last| last.account.clone());
    Ok(html(FundsPage {
        frame: frame(),
        title: program.title,
        unit: unit(program.currency),
        budget: list.budget,
        account,
        funds: found.into_iter().map(line).collect(),
        total,
        continued: !after.is_empty(),
        next,
        code,
    }))
}

/// One participant's fund, with every movement between it and the budget.
pub async fn fund(
    State(app): State<App>,
    Path((code, account)): Path<(String, String)>,
) -> Result<Html<String>, Refusal> {
    let (program, descriptor) = funded(&app, &code).await?;
    let is_known = app.host.store.read().await?.account(&account).await?.is_some();
    if !is_known {
        return Err(Refusal::not_found(format!("there is no account `{account}`")).advise("Choose one from the funds."));
    }
    let shown = fund::show(&app.host, &code, &account).await?;
    let today = app.host.today()?;
    let movements = shown.movements.into_iter().map(|movement| FundMovement {
        effective: movement.effective.to_string(),
        kind: movement.kind.as_str().into(),
        amount: movement.amount.0,
        is_past: movement.expires.is_some_and(|day| day < today),
        expires: movement.expires.map(|day| day.to_string()),
        reason: movement.reason,
        overridden: movement.overridden,
        actor: movement.actor,
    });
    Ok(html(FundPage {
        frame: frame(),
        code,
        title: program.title,
        unit: unit(program.currency),
        kinds: kinds(&descriptor).iter().map(|kind| kind.as_str().into()).collect(),
        fund: line(shown.fund),
        movements: movements.collect(),
    }))
}

async fn funded(app: &App, code: &str) -> Result<(Program, Descriptor), Refusal> {
    let mut snapshot = app.host.store.read().await?;
    let program = snapshot.program(code).await?.ok_or_else(|| no_program(code))?;
    let descriptor = program::descriptor(&mut snapshot, &program.id).await?;
    match fund::drawn_on(&descriptor) {
        Some(_) => Ok((program, descriptor)),
        None => Err(
            Refusal::not_found(format!("program `{code}` keeps no funds: its plugin pays without them"))
                .advise("Open the program to see what it pays by its statements."),
        ),
    }
}

fn line(fund: Fund) -> FundLine {
    FundLine {
        account: fund.account,
        name: fund.name,
        allocated: fund.put_in.0,
        returned: fund.returned.0,
        accrued: fund.accrued.0,
        committed: fund.committed.0,
        payable: fund.payable.0,
        settled: fund.settled.0,
        available: fund.available.0,
    }
}

fn total(funds: &[Fund]) -> anyhow::Result<FundLine> {
    let sum = |of: fn(&Fund) -> Micros| Micros::checked_sum(funds.iter().map(of)).map(|sum| sum.0);
    Ok(FundLine {
        account: String::new(),
        name: String::new(),
        allocated: sum(|fund| fund.put_in)?,
        returned: sum(|fund| fund.returned)?,
        accrued: sum(|fund| fund.accrued)?,
        committed: sum(|fund| fund.committed)?,
        payable: sum(|fund| fund.payable)?,
        settled: sum(|fund| fund.settled)?,
        available: sum(|fund| fund.available)?,
    })
}

#[cfg(test)]
mod tests {
    use crate::serve::story::Served;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_program_without_funds_says_so() {
        let served = Served::new().await;
        for address in ["/programs/volume/funds", "/programs/volume/funds/a"] {
            let page = served.get(address).await;
            assert_eq!(page.status, 404);
            page.shows(&["program <code>volume</code> keeps no funds", "What to do"]);
        }
        served
            .get("/programs/volume")
            .await
            .hides(&["href=\"/programs/volume/funds\"", "href=\"/programs/volume/claims\""]);
        assert_eq!(served.get("/programs/nothing/funds").await.status, 404);
    }
}
