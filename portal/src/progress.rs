use crate::Figure;

/// How far a participant is towards something, and what it is worth.
#[derive(Clone, Debug)]
pub struct Milestone {
    /// In words: `12,300.00 to the next tier, worth 307.50 more`.
    pub words: String,
    pub reached: Figure,
    /// In the same measure as `reached`.
    pub target: Figure,
    /// What reaching the target exactly would pay in addition, in micros of the program's unit. None when it cannot be said.
    pub worth: Option<i64>,
}

impl Milestone {
    /// What is missing, never less than nothing.
    pub(crate) fn to_go(&self) -> Figure {
        let missing = self.target.micros().saturating_sub(self.reached.micros()).max(0);
        match self.target {
            Figure::Money(_) => Figure::Money(missing),
            Figure::Quantity(_) => Figure::Quantity(missing),
            Figure::Rate(_) => Figure::Rate(missing),
        }
    }

    /// The part of the way that is done, between `0%` and `100%`, rounded down to two decimals so that only a target that
    /// is reached is full.
    pub(crate) fn share(&self) -> String {
        let (reached, target) = (i128::from(self.reached.micros()), i128::from(self.target.micros()));
        let hundredths = if reached >= target {
            10_000
        } else if target <= 0 || reached <= 0 {
            0
        } else {
            reached * 10_000 / target
        };
        format!("{}.{:02}%", hundredths / 100, hundredths % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_full_only_when_the_target_is_reached() {
        let share = |reached, target| {
            Milestone {
                words: String::new(),
                reached: Figure::Money(reached),
                target: Figure::Money(target),
                worth: None,
            }
            .share()
        };
        assert_eq!(share(7_700_000_000, 20_000_000_000), "38.50%");
        assert_eq!(share(i64::MAX - 1, i64::MAX), "99.99%");
        assert_eq!(share(20, 20), "100.00%");
        assert_eq!(share(30, 20), "100.00%");
        assert_eq!(share(-5, 20), "0.00%");
        assert_eq!(share(-30, -20), "0.00%");
    }
}
