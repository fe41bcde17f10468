//! Budgets: what a company sets aside for its programs, shared out to smaller budgets and to the funds of participants.

use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::day::Day;
use crate::id::BudgetId;
use crate::money::Micros;
use crate::{Error, Result};

/// The balance of a participant that what is put into its fund comes from. What it stands below zero is what the program's budget gave.
pub const BUDGET: &str = "budget";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    pub id: BudgetId,
    /// As people write it; unique; kebab-case.
    pub code: String,
    pub title: String,
    /// The budget that this one is a part of.
    pub parent: Option<BudgetId>,
    pub currency: Currency,
    /// Money is put into funds from the first day to the last.
    pub start: Day,
    pub end: Day,
    /// Never below 0.
    pub amount: Micros,
}

/// What of a budget is spoken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Used {
    /// The amounts of the budgets below it.
    pub children: Micros,
    /// Put into funds, less what came back.
    pub allocated: Micros,
}

impl Budget {
    /// Below zero where somebody overrode the limit.
    ///
    /// # Errors
    /// When a sum does not fit.
    pub fn left(&self, used: &Used) -> Result<Micros> {
        self.amount.checked_sub(used.children)?.checked_sub(used.allocated)
    }

    /// Refuses to take more out of it than is left, unless somebody stated why it is right all the same. Says how much of it goes beyond
    /// the limit; 0 where nothing does.
    pub fn check_room(&self, used: &Used, more: Micros, overridden: Option<&str>) -> Result<Micros> {
        let left = self.left(used)?;
        let overridden = overridden.is_some_and(|reason| !reason.trim().is_empty());
        if more <= Micros::ZERO || more <= left {
            return Ok(Micros::ZERO);
        }
        if overridden {
            // What stands below zero already was overridden before.
            return more.checked_sub(left.max(Micros::ZERO));
        }
        Err(Error::new(format!(
            "budget `{}` has {left} of {} {} left, and {more} are to be taken out of it: raise the budget, take less, or say why it is \
             right all the same",
            self.code, self.amount, self.currency
        )))
    }

    /// Refuses an amount below what is spoken for already; nothing overrides that.
    pub fn check_amount(&self, used: &Used, amount: Micros) -> Result<()> {
        let spoken_for = used.children.checked_add(used.allocated)?;
        if amount < Micros::ZERO {
            return Err(Error::new(format!(
                "budget `{}` cannot be {amount}: an amount of 0 or more",
                self.code
            )));
        }
        if amount < spoken_for {
            return Err(Error::new(format!(
                "budget `{}` cannot be lowered to {amount}: {spoken_for} {} are spoken for, {} by the budgets below it and {} in funds",
                self.code, self.currency, used.children, used.allocated
            )));
        }
        Ok(())
    }

    /// Refuses a part in another currency, or of other days.
    pub fn check_part(&self, part: &Budget) -> Result<()> {
        if part.currency != self.currency {
            return Err(Error::new(format!(
                "budget `{}` is in {}, and `{}` above it in {}: a part has the currency of the whole",
                part.code, part.currency, self.code, self.currency
            )));
        }
        if part.start < self.start || part.end > self.end {
            return Err(Error::new(format!(
                "budget `{}` runs from {} to {}, and `{}` above it from {} to {}: a part lies within the whole",
                part.code, part.start, part.end, self.code, self.start, self.end
            )));
        }
        Ok(())
    }

    /// Refuses a budget that ends before it begins, or is less than nothing.
    pub fn check(&self) -> Result<()> {
        if self.end < self.start {
            return Err(Error::new(format!(
                "budget `{}` would end on {}, before it begins on {}: exchange the dates",
                self.code, self.end, self.start
            )));
        }
        if !self.amount.is_payable(self.currency) {
            return Err(Error::new(format!(
                "{} is not a whole number of the digits of {}",
                self.amount, self.currency
            )));
        }
        self.check_amount(&Used::default(), self.amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(code: &str, amount: &str) -> Budget {
        Budget {
            id: String::from(code).into(),
            code: code.into(),
            title: code.into(),
            parent: None,
            currency: "GBP".parse().unwrap(),
            start: "2011-01-01".parse().unwrap(),
            end: "2011-12-31".parse().unwrap(),
            amount: amount.parse().unwrap(),
        }
    }

    fn used(children: &str, allocated: &str) -> Used {
        Used {
            children: children.parse().unwrap(),
            allocated: allocated.parse().unwrap(),
        }
    }

    #[test]
    fn no_more_is_taken_out_than_is_left_unless_somebody_says_why() {
        let (year, used) = (budget("year", "1000"), used("300", "500"));
        let more = |text: &str| -> Micros { text.parse().unwrap() };
        assert_eq!(year.check_room(&used, more("200"), None), Ok(Micros::ZERO));
        assert_eq!(
            year.check_room(&used, more("200.01"), Some(" "))
                .unwrap_err()
                .to_string(),
            "budget `year` has 200 of 1000 GBP left, and 200.01 are to be taken out of it: raise the budget, take less, or say why it \
             is right all the same"
        );
        // Leave is needed for what goes beyond the limit, and for no more.
        let agreed = Some("the board agreed");
        assert_eq!(year.check_room(&used, more("200"), agreed), Ok(Micros::ZERO));
        assert_eq!(year.check_room(&used, more("200.01"), agreed), Ok(more("0.01")));
        assert_eq!(
            year.check_room(&self::used("900", "500"), more("7"), agreed),
            Ok(more("7"))
        );
        // What comes back is welcome also where the limit was overridden before.
        assert_eq!(
            year.check_room(&self::used("900", "500"), more("-1"), None),
            Ok(Micros::ZERO)
        );
    }

    #[test]
    fn a_budget_is_never_below_what_is_spoken_for() {
        let (year, used) = (budget("year", "1000"), used("300", "500"));
        assert_eq!(year.check_amount(&used, "800".parse().unwrap()), Ok(()));
        assert_eq!(
            year.check_amount(&used, "799.99".parse().unwrap())
                .unwrap_err()
                .to_string(),
            "budget `year` cannot be lowered to 799.99: 800 GBP are spoken for, 300 by the budgets below it and 500 in funds"
        );
        assert!(budget("odd", "0.001").check().is_err());
        assert!(budget("negative", "-1").check().is_err());
    }

    #[test]
    fn a_part_has_the_currency_and_lies_within_the_days_of_the_whole() {
        let year = budget("year", "1000");
        let part = |currency: &str, end: &str| Budget {
            currency: currency.parse().unwrap(),
            end: end.parse().unwrap(),
            ..budget("part", "10")
        };
        assert_eq!(year.check_part(&part("GBP", "2011-06-30")), Ok(()));
        assert!(
            year.check_part(&part("EUR", "2011-06-30"))
                .unwrap_err()
                .to_string()
                .contains("is in EUR, and `year` above it in GBP")
        );
        assert!(
            year.check_part(&part("GBP", "2012-01-01"))
                .unwrap_err()
                .to_string()
                .contains("a part lies within the whole")
        );
    }
}
