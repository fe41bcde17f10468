//! What can be done with a claim where it stands, and by whom.

use domain::adjudication::ClaimKind;
use domain::claim::{Event, Outcome, Standing, Status};
use portal::{Act, Acts, path};
use store::claim::KeptClaim;

use crate::claim::show::{Happened, Shown};
use crate::serve::App;

/// What can be done by this actor with a claim where it stands.
pub fn acts(app: &App, kept: &KeptClaim, shown: &Shown) -> Acts {
    let standing: Standing = kept.standing;
    let can = |event: Event| standing.after(&kept.number, event).is_ok();
    let mut acts = Vec::new();
    let mut not_yours = None;
    let actor = app.host.actor.to_string();
    let by = |events: &[&str]| {
        let of = |happened: &&Happened| events.contains(&&*happened.event);
        shown
            .history
            .iter()
            .rfind(of)
            .is_some_and(|happened| happened.actor == actor)
    };
    if can(Event::Submit) {
        acts.push(Act::Submit);
    }
    for (event, act, own, what) in [
        (
            Event::Decide(Outcome::Denied),
            Act::Decide,
            by(&["submit", "hold"]),
            "submitted it, so that somebody else decides",
        ),
        (
            Event::Release,
            Act::Release,
            by(&["submit", "hold"]),
            "submitted it, so that somebody else says whether it is a duplicate",
        ),
        (
            Event::Uphold,
            Act::Answer,
            by(&["dispute"]),
            "disputes it, so that somebody else answers",
        ),
    ] {
        match (can(event), own) {
            (true, false) => acts.push(act),
            (true, true) => not_yours = Some(format!("`{actor}` {what}")),
            (false, _) => {}
        }
    }
    for (event, act) in [
        (Event::Dispute, Act::Dispute),
        (Event::Reopen, Act::Reopen),
        (Event::Withdraw, Act::Withdraw),
    ] {
        // A dispute is answered, which may begin a new round.
        if can(event) && !(act == Act::Reopen && standing.status == Status::Disputed) {
            acts.push(act);
        }
    }
    let is_open = standing.kind == ClaimKind::Request && matches!(standing.status, Status::Approved | Status::Adjusted);
    let query = [
        ("account", Some(&*kept.account_number)),
        ("request", Some(&*kept.number)),
    ];
    Acts {
        actor,
        can: acts,
        not_yours,
        claim_against: is_open.then(|| path::with_query(path::filing(&kept.program_code), &query)),
        refused: None,
        typed: vec![],
    }
}
