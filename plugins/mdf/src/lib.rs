//! Market development funds and co-op: money that partners spend on marketing together with the company.
//!
//! The crate holds the terms of a fund, what is accrued to it and what of it expires, and how requests for approval and claims for what was
//! done are ruled on. It knows nothing of budgets of the company: the host puts discretionary money in. Start with [`terms`]; then
//! [`statement`] for what comes in, and [`ruling`] for what goes out.

pub mod terms;
pub mod soundness;
pub mod windows;
pub mod accrual;
pub mod earnings;
pub mod statement;
pub mod form;
pub mod refusals;
pub mod ceilings;
pub mod ruling;
pub mod words;

use gtm_sdk::{
    Adjudicate, CURRENCY, Claim, ClaimHandling, Column, Context, Decision, Description, Evidence, Outcome, Participant,
    Plan, Problem, Program, ProgramKind, RowKind, Rows, Side, Verdict, Window, eligibility,
};

use accrual::{Sales, selection};
use form::{ClaimForm, KEY};
use refusals::TIER;
use terms::{Basis, CoOp, Terms};
use words::Say;

/// The JSON Schema of a request.
pub const REQUEST_SCHEMA: &str = include_str!("../request.schema.json");

/// One participant's fund for one period.
#[derive(Debug)]
pub struct Mdf {
    context: Context,
    /// What is accrued and on which sales; nothing for a fund that is discretionary.
    accruing: Option<(CoOp, Sales)>,
}

impl Program for Mdf {
    type Terms = Terms;
    const TERMS_SCHEMA: &str = include_str!("../terms.schema.json");

    fn describe() -> Description {
        let handling = ClaimHandling {
            request_schema: Some(REQUEST_SCHEMA.to_owned()),
            line_key: KEY.map(str::to_owned).into(),
            committed: Some("committed".to_owned()),
            ..ClaimHandling::new(Self::CLAIM_SCHEMA, "fund", "payable")
        };
        Description::new(
            "gtm/mdf",
            "Market development funds and co-op",
            ProgramKind::MarketDevelopment,
        )
        .version(env!("CARGO_PKG_VERSION"))
        .columns([Column::NetAmount])
        .profile_attributes(eligibility::ATTRIBUTES)
        .balance("accrued", "Co-op accrued", CURRENCY, Side::Debit)
        .balance("budget", "Put in from the budget", CURRENCY, Side::Debit)
        .balance("expense", "Rebate instead of co-op", CURRENCY, Side::Debit)
        .balance("earned", "Earned, not usable yet", CURRENCY, Side::Credit)
        .balance("fund", "Available", CURRENCY, Side::Credit)
        .balance("committed", "Promised to requests and claims", CURRENCY, Side::Credit)
        .balance("payable", "Payable", CURRENCY, Side::Credit)
        .balance("expired", "Expired", CURRENCY, Side::Credit)
        .claims(handling)
        .messages(Say::ALL.iter().copied())
        .order_independent()
    }

    fn plan(terms: &Terms) -> Result<Plan, Vec<Problem>> {
        let problems = soundness::problems(terms);
        if !problems.is_empty() {
            return Err(problems);
        }
        let share = terms.limit.as_ref().and_then(|limit| limit.share.as_ref());
        let agreed = share.map(|share| share.figure.clone()).into_iter().collect();
        let mut balances = Vec::new();
        if terms.co_op().is_some() {
            balances.push("fund");
        }
        if terms.co_op().is_some_and(|co_op| co_op.windows.is_some()) || terms.limit.is_some() {
            balances.push("budget");
        }
        if terms.limit.is_some() {
            balances.extend(["accrued", "earned", "expired"]);
        }
        let plan = Plan {
            agreed,
            balances: balances.into_iter().map(str::to_owned).collect(),
            ..Plan::new([])
        };
        let Some(co_op) = terms.co_op() else { return Ok(plan) };
        let selectors = selection(co_op)
            .selectors()
            .map_err(|problem| vec![problem.at("/fund/co-op/accrues")])?;
        let last_year =
            co_op.on == Basis::SamePeriodLastYear || co_op.at_most.is_some_and(|most| most.of_last_year.is_some());
        let windows = [
            (Window::SamePeriodLastYear, last_year),
            (Window::SinceStart, co_op.windows.is_some()),
        ];
        Ok(Plan {
            kinds: vec![RowKind::Sale, RowKind::Return],
            dates_by: co_op.dates_by.into(),
            roll_up_levels: co_op.roll_up.levels(),
            windows: windows
                .into_iter()
                .filter_map(|(window, used)| used.then_some(window))
                .collect(),
            columns: vec![Column::NetAmount],
            selectors,
            ..plan
        })
    }

    /// By the profile, and by whether there is anything to be paid for.
    fn assess(terms: &Terms, participant: &Participant) -> Result<Verdict, Problem> {
        let verdict = terms.eligibility.assess(participant);
        let tier = participant.attribute(TIER);
        if terms.activities.iter().any(|activity| activity.share(tier).is_some()) {
            return Ok(verdict);
        }
        let nothing = match tier {
            Some(tier) => format!(
                "no activity of the program is open to the tier `{}`",
                refusals::shown(tier)
            ),
            None => "the activities of the program are open to some tiers only, and there is none".to_owned(),
        };
        let mut reasons = if verdict.eligible { vec![] } else { verdict.reasons };
        reasons.push(nothing);
        Ok(Verdict {
            eligible: false,
            reasons,
        })
    }

    fn start(context: Context, terms: Terms) -> Result<Self, Problem> {
        let accruing = terms
            .co_op()
            .map(|co_op| (co_op.clone(), Sales::begin(co_op, &context)));
        Ok(Mdf { context, accruing })
    }

    fn push(&mut self, rows: &Rows<'_>) -> Result<(), Problem> {
        if let Some((_, sales)) = &mut self.accruing {
            sales.push(rows);
        }
        Ok(())
    }

    fn finish(self) -> Result<Outcome, Problem> {
        match &self.accruing {
            Some((co_op, sales)) => statement::write(co_op, &self.context, sales),
            None => Ok(Outcome::default()),
        }
    }
}

impl Adjudicate for Mdf {
    type Form = ClaimForm;
    const CLAIM_SCHEMA: &str = include_str!("../claim.schema.json");

    fn adjudicate(context: &Context, terms: Terms, evidence: &Evidence, claim: &Claim) -> Result<Decision, Problem> {
        ruling::rule(context, &terms, evidence, claim)
    }
}

gtm_sdk::export_program!(Mdf, world = program);
