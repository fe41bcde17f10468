//! Amounts that terms state for every participant, or that are agreed with each.

use crate::rounding::{Rounding, round};
use crate::{Context, Micros, Problem};

/// The amount that the terms state or, by its code, that is agreed with the participant, rounded to the currency.
///
/// ```
/// # use gtm_sdk::{AgreedFigure, Context, Participant, Period};
/// use gtm_sdk::Micros;
/// use gtm_sdk::agreed::stated;
///
/// # let year = Period { label: "2011".into(), start: 14_975, end: 15_339 };
/// # let quota = AgreedFigure { code: "quota".into(), value: gtm_sdk::context::wire(90_000.into())? };
/// # let participant = Participant {
/// #     account: "A-1".into(), attributes: vec![], enrolled_from: 0, enrolled_until: None, agreed: vec![quota],
/// # };
/// # let context = Context {
/// #     program: String::new(), terms: String::new(), participant, period: year.clone(), year, gathered: vec![],
/// #     currency: "GBP".into(), currency_digits: 2, opening_balances: vec![], products: vec![], end_customers: vec![],
/// #     dictionaries: vec![],
/// # };
/// assert_eq!(stated(Some(Micros::whole(5)), None, &context)?, Micros::whole(5));
/// assert_eq!(stated(None, Some("quota"), &context)?, Micros::whole(90_000)); // at the enrolment of this participant
/// # Ok::<(), gtm_sdk::Problem>(())
/// ```
///
/// Errors: none is agreed, or a negative one.
pub fn stated(amount: Option<Micros>, agreed: Option<&str>, context: &Context) -> Result<Micros, Problem> {
    round(
        figure(amount, agreed, context)?,
        context.currency_digits,
        Rounding::HalfUp,
    )
}

/// The same as it was written, for what is no money, such as a number of units.
pub fn figure(amount: Option<Micros>, agreed: Option<&str>, context: &Context) -> Result<Micros, Problem> {
    let figure = match agreed {
        Some(code) => context.participant.agreed_amount(code)?,
        None => amount.unwrap_or_default(),
    };
    if figure < Micros::ZERO {
        let message = format!(
            "the figure `{}` agreed with the participant is {figure}: agree one of 0 or more",
            agreed.unwrap_or_default()
        );
        return Err(Problem::new("agreed-negative", &message));
    }
    Ok(figure)
}

/// What is wrong with terms that give an amount in one of these two ways: it must be one of them, 0 or more, and the code a name.
///
/// ```
/// use gtm_sdk::Micros;
/// use gtm_sdk::agreed::check;
///
/// assert!(check(None, Some("quota"), "/quota").is_none());
/// assert_eq!(check(Some(Micros::whole(1)), Some("quota"), "/quota").unwrap().code, "amount-or-agreed");
/// ```
pub fn check(amount: Option<Micros>, agreed: Option<&str>, place: &str) -> Option<Problem> {
    match (amount, agreed) {
        (Some(amount), None) if amount < Micros::ZERO => {
            Some(Problem::new("amount-negative", "`amount` cannot be below 0").at(format!("{place}/amount")))
        }
        (None, Some("")) => {
            let message = "the figure has no code: name the one that is agreed with each participant";
            Some(Problem::new("agreed-code", message).at(format!("{place}/agreed")))
        }
        (Some(_), None) | (None, Some(_)) => None,
        _ => Some(Problem::new("amount-or-agreed", "give one of `amount` and `agreed`").at(place)),
    }
}
