//! Funds: what a participant may claim from. Money is put in from a budget, taken back by whoever put it there, and lapses when nobody
//! used it in time.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::id::{AccountId, AllocationId, ProgramId};
use crate::ledger::{Reason, Transfer};
use crate::money::Micros;
use crate::{Error, Result};

use crate::budget::BUDGET;

/// Why money moves between a budget and a fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Put into the fund.
    Allocation,
    /// Taken back before its time.
    Release,
    /// Not used in time.
    Expiry,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Allocation, Kind::Release, Kind::Expiry];

    pub fn as_str(self) -> &'static str {
        ["allocation", "release", "expiry"][self as usize]
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| Error::new(format!("`{text}` moves nothing between a budget and a fund")))
    }
}

/// One movement between a program's budget and a participant's fund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    pub id: AllocationId,
    pub program: ProgramId,
    pub account: AccountId,
    pub kind: Kind,
    /// Above 0, whichever way it runs.
    pub amount: Micros,
    pub effective: Day,
    /// The last day on which what was put in can be claimed.
    pub expires: Option<Day>,
    pub reason: String,
    /// Why it was right although the budget had not as much left.
    pub overridden: Option<String>,
}

impl Allocation {
    /// Above 0 into the fund, below 0 out of it.
    pub fn signed(&self) -> Micros {
        match self.kind {
            Kind::Allocation => self.amount,
            Kind::Release | Kind::Expiry => Micros(-self.amount.0),
        }
    }

    /// What it moves; `fund` is the code of the balance that the program's claims draw on.
    pub fn transfer(&self, fund: &str, unit: &str) -> Transfer {
        let (debit, credit, reason) = match self.kind {
            Kind::Allocation => (BUDGET, fund, Reason::Original),
            Kind::Release | Kind::Expiry => (fund, BUDGET, Reason::Reversal),
        };
        Transfer {
            rule: self.kind.as_str().into(),
            debit: debit.into(),
            credit: credit.into(),
            amount: self.amount,
            unit: unit.into(),
            effective: self.effective,
            expires: self.expires,
            basis: None,
            rate: None,
            reason,
        }
    }
}

/// What of a fund has lapsed on a day. What is claimed uses up what lapses first, so what is left lies in what lapses last: it is more
/// than can still be claimed by exactly what nobody used in time.
///
/// `accrued` is what statements put into the fund; when that lapses is the plugin's affair.
///
/// # Errors
/// When a sum does not fit.
pub fn lapsed(allocations: &[Allocation], accrued: Micros, available: Micros, on: Day) -> Result<Micros> {
    let usable = allocations
        .iter()
        .filter(|allocation| allocation.kind == Kind::Allocation && allocation.expires.is_none_or(|last| on <= last))
        .map(|allocation| allocation.amount);
    let usable = Micros::checked_sum(usable)?.checked_add(accrued.max(Micros::ZERO))?;
    Ok(available.checked_sub(usable)?.max(Micros::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn put_in(amount: i64, expires: Option<&str>) -> Allocation {
        Allocation {
            id: String::from("a").into(),
            program: String::from("p").into(),
            account: String::from("1").into(),
            kind: Kind::Allocation,
            amount: Micros(amount),
            effective: "2011-01-01".parse().unwrap(),
            expires: expires.map(|day| day.parse().unwrap()),
            reason: "spring".into(),
            overridden: None,
        }
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn what_lapses_first_is_used_first() {
        let lots = [put_in(100, Some("2011-03-31")), put_in(50, Some("2011-12-31"))];
        let lapsed = |available, on| lapsed(&lots, Micros::ZERO, Micros(available), day(on)).unwrap();
        assert_eq!(lapsed(150, "2011-03-31"), Micros(0), "the last day still counts");
        assert_eq!(lapsed(150, "2011-04-01"), Micros(100));
        assert_eq!(lapsed(80, "2011-04-01"), Micros(30), "70 were used of the first");
        assert_eq!(lapsed(50, "2011-04-01"), Micros(0));
        assert_eq!(lapsed(50, "2012-01-01"), Micros(50));
    }

    #[test]
    fn what_statements_put_in_lapses_by_statements_only() {
        let lots = [put_in(100, Some("2011-03-31"))];
        let found = lapsed(&lots, Micros(40), Micros(140), day("2011-04-01")).unwrap();
        assert_eq!(found, Micros(100));
    }

    proptest! {
        #[test]
        fn never_more_lapses_than_was_put_in_and_has_ended(
            lots in prop::collection::vec((1..1000_i64, any::<bool>()), 0..6),
            used in 0..100_u64,
        ) {
            let lots: Vec<_> = lots.iter().map(|(amount, ended)| {
                put_in(*amount, Some(if *ended { "2011-03-31" } else { "2011-12-31" }))
            }).collect();
            let all: i64 = lots.iter().map(|lot| lot.amount.0).sum();
            let ended: i64 = lots.iter().filter(|lot| lot.expires == Some(day("2011-03-31"))).map(|lot| lot.amount.0).sum();
            let available = all * (100 - used as i64) / 100;
            let gone = lapsed(&lots, Micros::ZERO, Micros(available), day("2011-06-01")).unwrap().0;
            prop_assert!(gone <= ended && gone <= available);
            // What is left afterwards is all usable.
            prop_assert!(available - gone <= all - ended);
        }
    }
}
