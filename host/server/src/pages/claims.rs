use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Html;
use domain::claim::Status;
use domain::id::ClaimId;
use portal::{ClaimLine, ClaimsPage};
use store::claim::read::ClaimFilter;

use super::filing::kinds;
use super::{frame, html, no_claims, no_program, unit};
use crate::claim::show::{Summary, page};
use crate::program;
use crate::serve::App;
use crate::serve::asked::Asked;
use crate::serve::refusal::Refusal;

/// Claims on one page.
const PAGE: u32 = 50;

/// The claims of a program, all or those in one state.
pub async fn claims(State(app): State<App>, Path(code): Path<String>, uri: Uri) -> Result<Html<String>, Refusal> {
    let asked = Asked::of(&uri)?;
    let mut snapshot = app.host.store.read().await?;
    let program = snapshot.program(&code).await?.ok_or_else(|| no_program(&code))?;
    let descriptor = program::descriptor(&mut snapshot, &program.id).await?;
    if descriptor.claims.is_none() {
        return Err(no_claims(&code));
    }
    let status = asked.get("status").map(str::parse::<Status>).transpose();
    let filter = ClaimFilter {
        program: Some(program.id.clone()),
        status: status.map_err(|e| Refusal::bad_request(e.to_string()).advise("Choose a status from the list."))?,
        ..ClaimFilter::default()
    };
    let after = asked.get("after").map(|id| ClaimId::from(id.to_owned()));
    let page = page(&mut snapshot, &filter, after.as_ref(), PAGE).await?;
    Ok(html(ClaimsPage {
        frame: frame(),
        code,
        title: program.title,
        unit: unit(program.currency),
        kinds: kinds(&descriptor).iter().map(|kind| kind.as_str().into()).collect(),
        statuses: Status::ALL.iter().map(Status::to_string).collect(),
        status: filter.status.map(|status| status.to_string()),
        claims: page.claims.into_iter().map(line).collect(),
        continued: after.is_some(),
        next: page.next.map(|id| id.to_string()),
    }))
}

pub fn line(claim: Summary) -> ClaimLine {
    ClaimLine {
        id: claim.id.to_string(),
        number: claim.number,
        kind: claim.kind.as_str().into(),
        account: claim.account,
        name: claim.name,
        submitted: claim.submitted.to_string(),
        status: claim.status.to_string(),
        claimed: claim.claimed.0,
        approved: claim.approved.0,
    }
}

#[cfg(test)]
mod tests {
    use crate::serve::story::Served;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_program_without_claims_says_how_one_is_filed() {
        let served = Served::with_fund().await;
        let page = served.get("/programs/fund/claims").await;
        assert_eq!(page.status, 200);
        page.shows(&[
            "Nothing was claimed yet.",
            "gtm claim submit fund ACCOUNT --file FILE",
            "File a claim<",
        ]);
        served
            .get("/programs/fund/claims?status=held")
            .await
            .shows(&["No claim of this program is in that state."]);
        served
            .get("/programs/volume/claims")
            .await
            .shows(&["program <code>volume</code> takes no claims"]);
        for (address, status) in [
            ("/programs/nothing/claims", 404),
            ("/programs/fund/claims?status=lost", 400),
            ("/programs/volume/claims", 404),
            ("/programs/volume/claims/new", 404),
            ("/claims/nothing", 404),
            ("/claims/nothing/files/1", 404),
        ] {
            let page = served.get(address).await;
            assert_eq!(page.status, status, "{address}");
            page.shows(&["What to do"]);
        }
    }
}
