//! Why nothing can be paid for an activity: every reason, whichever line it stands on.

use std::collections::BTreeSet;

use gtm_sdk::{ApprovedRequest, Claim, ClaimKind, Context, Day, Evidence, Problem, claim};

use crate::form::ActivityFields;
use crate::terms::{Activity, PreApproval, Terms};

/// The profile attribute that shares depend on.
pub const TIER: &str = "tier";

/// What a request or a claim is about, and what it is held against.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub terms: &'a Terms,
    pub context: &'a Context,
    pub evidence: &'a Evidence,
    pub claim: &'a Claim,
    pub fields: &'a ActivityFields,
    /// What the terms say about the activity, when they name it.
    pub activity: Option<&'a Activity>,
}

/// Every reason why nothing of it is paid, in the order in which somebody would check.
///
/// Errors: a request whose fields cannot be read.
pub fn of(asked: Asked<'_>) -> Result<Vec<Problem>, Problem> {
    let mut found = Vec::new();
    kind(asked, &mut found);
    activity(asked, &mut found);
    days(asked, &mut found);
    match asked.claim.kind {
        ClaimKind::Request => in_time_to_ask(asked, &mut found),
        ClaimKind::Claim | ClaimKind::Deduction => {
            in_time_to_claim(asked, &mut found);
            approval(asked, &mut found)?;
            proofs(asked, &mut found);
        }
    }
    Ok(found)
}

/// Text of somebody else, as a sentence can hold it.
pub fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

fn say(found: &mut Vec<Problem>, code: &str, message: String) {
    found.push(Problem::new(code, &message));
}

fn kind(Asked { claim, .. }: Asked<'_>, found: &mut Vec<Problem>) {
    if claim.kind == ClaimKind::Deduction {
        let message = "marketing funds are claimed and not deducted from invoices: submit a claim";
        say(found, "no-deductions", message.to_owned());
    }
}

fn activity(asked: Asked<'_>, found: &mut Vec<Problem>) {
    let name = shown(&asked.fields.activity);
    let Some(activity) = asked.activity else {
        let known: Vec<&str> = asked
            .terms
            .activities
            .iter()
            .map(|activity| &*activity.activity)
            .collect();
        let message = format!(
            "`{name}` is no activity of this program, which pays for: {}",
            known.join(", ")
        );
        return say(found, "activity-unknown", message);
    };
    let tier = asked.context.participant.attribute(TIER);
    if activity.share(tier).is_none() {
        let message = match tier {
            Some(tier) => format!("`{name}` is not open to the tier `{}`", shown(tier)),
            None => format!("`{name}` is open to some tiers only, and the participant has none"),
        };
        say(found, "tier", message);
    }
}

fn days(
    Asked {
        terms, context, fields, ..
    }: Asked<'_>,
    found: &mut Vec<Problem>,
) {
    let ActivityFields { start, end, .. } = *fields;
    if end < start {
        say(
            found,
            "activity-days",
            format!("the activity ends on {end} before it begins on {start}"),
        );
    }
    let participant = &context.participant;
    if start.0 < participant.enrolled_from || participant.enrolled_until.is_some_and(|until| end.0 > until) {
        let from = Day(participant.enrolled_from);
        let message = match participant.enrolled_until {
            Some(until) => format!(
                "the participant takes part from {from} to {}: the activity lies outside",
                Day(until)
            ),
            None => format!("the participant takes part from {from}: the activity begins before"),
        };
        say(found, "not-enrolled", message);
    }
    if let Some(windows) = terms.co_op().and_then(|co_op| co_op.windows)
        && !(windows.in_usage(start) && windows.in_usage(end))
    {
        let message = format!(
            "what is earned in {} months from {} pays for activities of the {} months after them: the activity is not among them",
            windows.earning_months, windows.from, windows.usage_months
        );
        say(found, "outside-usage", message);
    }
}

fn in_time_to_ask(
    Asked {
        terms, claim, fields, ..
    }: Asked<'_>,
    found: &mut Vec<Problem>,
) {
    let (submitted, days) = (Day(claim.submitted), terms.request_days);
    if submitted.plus(days) > fields.start {
        let message = match days {
            0 => format!(
                "the activity begins on {} and approval is asked for on {submitted}: ask before",
                fields.start
            ),
            _ => format!(
                "the activity begins on {} and approval is asked for on {submitted}: ask at least {days} days before",
                fields.start
            ),
        };
        say(found, "request-late", message);
    }
}

fn in_time_to_claim(
    Asked {
        terms, claim, fields, ..
    }: Asked<'_>,
    found: &mut Vec<Problem>,
) {
    let (submitted, end) = (Day(claim.submitted), fields.end);
    if submitted < end {
        say(
            found,
            "activity-not-over",
            format!("the activity ends on {end}: claim it when it is over"),
        );
    }
    let after_activity = terms.claim_days.map(|days| end.plus(days));
    let after_usage = terms
        .co_op()
        .and_then(|co_op| co_op.windows)
        .and_then(|windows| windows.claimable_until(end));
    if let Some(last) = after_activity
        .into_iter()
        .chain(after_usage)
        .min()
        .filter(|last| submitted > *last)
    {
        let message = format!("the activity could be claimed until {last}, and is claimed on {submitted}");
        say(found, "claim-late", message);
    }
}

/// A claim is held against the request that it refers to: another activity or other days are another request. When it was approved is not
/// told; it was made before that.
fn approval(asked: Asked<'_>, found: &mut Vec<Problem>) -> Result<(), Problem> {
    let fields = asked.fields;
    let Some(request) = &asked.evidence.request else {
        if asked
            .activity
            .is_some_and(|activity| activity.pre_approval == PreApproval::Required)
        {
            let message = format!(
                "`{}` is paid when it was approved before: the claim refers to no request",
                fields.activity
            );
            say(found, "no-approval", message);
        }
        return Ok(());
    };
    let ApprovedRequest { number, submitted, .. } = request;
    let approved: ActivityFields = claim::fields(&request.fields)?;
    if approved.activity != fields.activity {
        let message = format!(
            "request `{number}` is about `{}` and the claim about `{}`",
            shown(&approved.activity),
            shown(&fields.activity)
        );
        say(found, "other-activity", message);
    }
    if fields.start < approved.start || fields.end > approved.end {
        let message = format!(
            "request `{number}` was approved for {} to {}, and the activity lasted from {} to {}",
            approved.start, approved.end, fields.start, fields.end
        );
        say(found, "outside-request", message);
    }
    if fields.start.0 < *submitted {
        let message = format!(
            "the activity began on {}, before request `{number}` was made on {}",
            fields.start,
            Day(*submitted)
        );
        say(found, "before-approval", message);
    }
    Ok(())
}

fn proofs(asked: Asked<'_>, found: &mut Vec<Problem>) {
    let wanted: BTreeSet<&str> = asked
        .activity
        .iter()
        .flat_map(|activity| &activity.proofs)
        .map(|kind| &**kind)
        .collect();
    for kind in wanted.into_iter().filter(|kind| !asked.evidence.has_proof(kind)) {
        let message =
            format!("no proof of the kind `{kind}` is attached: attach a file whose name begins with `{kind}`");
        say(found, "proof-missing", message);
    }
}
