//! Reading what the host says about the statement.

use rust_decimal::Decimal;

use crate::bindings::gtm::program::types::Decimal as Wire;
use crate::{Context, Micros, Participant, Period, Problem, Window};

impl Context {
    /// The periods gathered for a window, in order of time; empty when the plan did not name it or there are none.
    pub fn periods_of(&self, window: Window) -> &[Period] {
        self.gathered
            .iter()
            .find(|gathered| gathered.window == window)
            .map_or(&[], |gathered| &gathered.periods)
    }

    /// What a balance held before this period's own transfers, on its own side; zero for a balance that is not declared.
    pub fn opening_balance(&self, code: &str) -> Micros {
        self.opening_balances
            .iter()
            .find(|balance| balance.code == code)
            .map_or(Micros::ZERO, |balance| Micros(balance.amount))
    }
}

impl Participant {
    /// A profile attribute. Absent when the profile does not have it, or it was not declared or granted.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
            .map(|attribute| &*attribute.value)
    }

    /// A figure agreed with this participant at enrolment, such as a stated baseline.
    pub fn agreed(&self, code: &str) -> Option<Decimal> {
        self.agreed
            .iter()
            .find(|figure| figure.code == code)
            .map(|figure| exact(figure.value))
    }

    /// The same as an amount or quantity that the terms rely on.
    ///
    /// Errors: none is agreed; it has more than six decimals.
    pub fn agreed_amount(&self, code: &str) -> Result<Micros, Problem> {
        match self.agreed(code) {
            Some(figure) => Micros::from_decimal(figure),
            None => Err(Problem::new(
                "agreed-missing",
                &format!("no figure `{code}` is agreed with the participant: enter one at its enrolment"),
            )),
        }
    }
}

impl Period {
    /// Both ends belong to the period.
    pub fn contains(&self, day: i32) -> bool {
        (self.start..=self.end).contains(&day)
    }

    /// How many days it has: 31 for January.
    pub fn days(&self) -> u32 {
        // A calendar day number has 32 bits, so the difference of two needs one more.
        u32::try_from(i64::from(self.end) - i64::from(self.start) + 1).unwrap_or(0)
    }
}

/// A decimal of the contract as one to calculate with. The host never sends a scale above 28.
pub fn exact(value: Wire) -> Decimal {
    Decimal::from_i128_with_scale(i128::from(value.coefficient), u32::from(value.scale))
}

/// A decimal as the contract carries it: 64 bits of coefficient. Trailing zeros go; digits that do not fit are rounded half to
/// even, which leaves at least 18 significant ones.
///
/// Errors: the value is 2^63 or more.
pub fn wire(value: Decimal) -> Result<Wire, Problem> {
    let mut value = value.normalize();
    loop {
        if let Ok(coefficient) = i64::try_from(value.mantissa()) {
            return Ok(Wire {
                coefficient,
                scale: value.scale() as u8,
            });
        }
        if value.scale() == 0 {
            return Err(Problem::new(
                "figure-too-large",
                &format!("the figure {value} is larger than the contract can carry"),
            ));
        }
        value = value.round_dp(value.scale() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_its_value_across_the_boundary() {
        for text in ["0.025", "-1.5", "100", "0", "9223372036854775807"] {
            let value: Decimal = text.parse().unwrap();
            assert_eq!(exact(wire(value).unwrap()), value);
        }
        let third = Decimal::ONE / Decimal::from(3);
        assert_eq!(exact(wire(third).unwrap()).to_string(), "0.3333333333333333333");
        assert!(wire(Decimal::MAX).is_err());
    }

    #[test]
    fn a_period_counts_both_its_ends() {
        let day = Period {
            label: "day".into(),
            start: 5,
            end: 5,
        };
        assert_eq!(day.days(), 1);
        assert!(day.contains(5) && !day.contains(6) && !day.contains(4));
    }
}
