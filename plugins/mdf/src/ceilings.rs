//! What there is to pay with: what is left of the approved request, of the activity's cap, of the limit and of the fund. The lines of a claim
//! share it in their order.

use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::{ClaimKind, Context, Figure, Micros, Problem, Step, Sum};

use crate::refusals::{Asked, TIER};
use crate::terms::{Limit, Share};
use crate::words::Say;

/// One thing that bounds what is paid.
#[derive(Debug)]
struct Ceiling {
    code: &'static str,
    left: Micros,
    /// What it is left of, as it ends a sentence.
    of: String,
}

#[derive(Debug)]
pub struct Ceilings {
    share: Option<Share>,
    digits: u8,
    ceilings: Vec<Ceiling>,
    /// What there is, for the explanation.
    pub steps: Vec<Step>,
}

impl Ceilings {
    /// A claim against a request draws on what that committed: limit and fund were held against the request. Any other draws on the fund.
    ///
    /// Errors: a figure that is not agreed; an amount beyond all bounds.
    pub fn of(asked: Asked<'_>) -> Result<Self, Problem> {
        let Asked { context, activity, .. } = asked;
        let share = activity.and_then(|activity| activity.share(context.participant.attribute(TIER)));
        let mut ceilings = Ceilings {
            share,
            digits: context.currency_digits,
            ceilings: Vec::new(),
            steps: Vec::new(),
        };
        let request = asked
            .evidence
            .request
            .as_ref()
            .filter(|_| asked.claim.kind != ClaimKind::Request);
        if let Some(request) = request {
            let (approved, left) = (Micros(request.approved), Micros(request.remaining).max(Micros::ZERO));
            let of = format!(
                "the {approved} that request `{}` was approved with: what is spent beyond is the participant's own",
                request.number
            );
            ceilings.add("request-used-up", left, of);
            let figures = vec![
                Figure::text(&request.number),
                Figure::money(approved),
                Figure::money(left),
            ];
            ceilings.note(Say::Request, figures);
        }
        if let Some(cap) = share.and_then(|share| share.cap) {
            let of = format!("the {cap} that is paid for one `{}`", asked.fields.activity);
            ceilings.add("activity-cap", cap, of);
            ceilings.note(Say::Cap, vec![Figure::money(cap)]);
        }
        if request.is_none() {
            if let Some(limit) = &asked.terms.limit {
                ceilings.limit(limit, context)?;
            }
            ceilings.fund(context)?;
        }
        Ok(ceilings)
    }

    fn limit(&mut self, limit: &Limit, context: &Context) -> Result<(), Problem> {
        let mut most = limit.amount;
        if let Some(share) = &limit.share {
            let figure = context.participant.agreed_amount(&share.figure)?.max(Micros::ZERO);
            let part = round(figure.times(share.rate), self.digits, Rounding::Down)?;
            most = Some(most.map_or(part, |most| most.min(part)));
        }
        let Some(most) = most else { return Ok(()) };
        let spent = spent(context)?;
        let left = most.minus(spent)?.max(Micros::ZERO);
        self.add("limit", left, format!("the {most} that is paid in all"));
        self.note(Say::Limit, [most, spent, left].map(Figure::money).into());
        Ok(())
    }

    fn fund(&mut self, context: &Context) -> Result<(), Problem> {
        let (available, promised) = (context.opening_balance("fund"), context.opening_balance("committed"));
        let holds = available.plus(promised)?;
        self.note(Say::Fund, [holds, promised, available].map(Figure::money).into());
        let available = available.max(Micros::ZERO);
        self.add(
            "fund",
            available,
            format!("the {available} that is available in the fund"),
        );
        Ok(())
    }

    /// The most of a line that can be paid, and every ceiling below what it claims, each with its figure.
    ///
    /// Errors: an amount beyond all bounds.
    pub fn over(&mut self, number: u32, claimed: Micros, cost: Micros) -> Result<(Micros, Vec<Problem>), Problem> {
        let mut most = claimed;
        let mut binding = Vec::new();
        if let Some(Share { participation, .. }) = self.share.filter(|_| cost > Micros::ZERO) {
            let part = round(cost.times(participation), self.digits, Rounding::Down)?;
            let figures = vec![
                Figure::Count(number.into()),
                Figure::rate(participation),
                Figure::money(cost),
                Figure::money(part),
            ];
            self.note(Say::Share, figures);
            if part < claimed {
                let message = format!("{claimed} is claimed, and {participation} of the cost of {cost} is {part}");
                binding.push(Problem::new("participation", &message).at("/cost"));
                most = most.min(part);
            }
        }
        for ceiling in self.ceilings.iter().filter(|ceiling| ceiling.left < claimed) {
            most = most.min(ceiling.left);
            let message = format!("{claimed} is claimed, and {} is left of {}", ceiling.left, ceiling.of);
            binding.push(Problem::new(ceiling.code, &message));
        }
        let payable = round(most, self.digits, Rounding::Down)?;
        if payable < most && binding.is_empty() {
            let message = format!(
                "{claimed} is claimed, and {payable} of it can be paid: an amount has {} decimals",
                self.digits
            );
            binding.push(Problem::new("decimals", &message));
        }
        Ok((payable, binding))
    }

    /// Uses what was approved.
    pub fn take(&mut self, approved: Micros) -> Result<(), Problem> {
        for ceiling in &mut self.ceilings {
            ceiling.left = ceiling.left.minus(approved)?;
        }
        Ok(())
    }

    pub fn note(&mut self, say: Say, figures: Vec<Figure>) {
        self.steps.push(Step {
            rule: "ruling".to_owned(),
            message: say.into(),
            figures,
            amount: None,
        });
    }

    fn add(&mut self, code: &'static str, left: Micros, of: String) {
        self.ceilings.push(Ceiling { code, left, of });
    }
}

/// What was paid out of the fund or is promised: what came in, less what is still there or expired. Every transfer of a fund keeps these
/// balances in step, so that nothing has to be looked up.
///
/// Errors: the sum lies beyond all bounds.
fn spent(context: &Context) -> Result<Micros, Problem> {
    let mut spent = Sum::ZERO;
    for came_in in ["accrued", "budget"] {
        spent.add(context.opening_balance(came_in));
    }
    for still_there in ["earned", "fund", "expired"] {
        spent.subtract(context.opening_balance(still_there));
    }
    Ok(spent.micros()?.max(Micros::ZERO))
}
