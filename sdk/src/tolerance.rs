//! How far what is claimed may lie from what is right before anybody argues about it.
//!
//! ```
//! use gtm_sdk::tolerance::Tolerance;
//! use gtm_sdk::{Micros, terms};
//!
//! let tolerance: Tolerance = terms::parse(r#"{ "amount": "1", "percent": "0.5 %" }"#)?;
//! // Half a per cent of 100 is less than 1, and both must hold.
//! assert!(tolerance.covers("100.50".parse()?, "100".parse()?)?);
//! assert!(!tolerance.covers("100.51".parse()?, "100".parse()?)?);
//! assert!(!Tolerance::default().covers("100.01".parse()?, "100".parse()?)?);
//! # Ok::<(), gtm_sdk::Problem>(())
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use crate::money::Exact;
use crate::{Micros, Problem, Rate};

/// How far a claimed amount may lie from the computed one. The smaller one holds where both are given; without either
/// the two must agree.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tolerance {
    pub amount: Option<Micros>,
    /// Of the computed amount.
    pub percent: Option<Rate>,
}

impl Tolerance {
    /// Whether the difference, more or less, is no larger than the tolerance. One that is met exactly covers it.
    ///
    /// Errors: an amount beyond all bounds.
    pub fn covers(&self, claimed: Micros, computed: Micros) -> Result<bool, Problem> {
        let difference = Exact::from(claimed).minus(computed.into())?;
        let size = if difference.is_negative() {
            Exact::ZERO.minus(difference)?
        } else {
            difference
        };
        let limits = [
            self.amount.map(Exact::from),
            self.percent.map(|percent| computed.times(percent)),
        ];
        if limits == [None, None] {
            return Ok(size.is_zero());
        }
        for limit in limits.into_iter().flatten() {
            if limit.minus(size)?.is_negative() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What cannot be meant, each with its place, `/amount` or `/percent`.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.amount.is_some_and(|amount| amount < Micros::ZERO) {
            problems.push(Problem::new("amount-negative", "`amount` cannot be below 0").at("/amount"));
        }
        let percent = self.percent.and_then(Rate::no_part);
        problems.extend(percent.map(|problem| problem.at("/percent")));
        problems
    }
}
