//! Transfers between balances, and the difference between what is due and what was posted.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::calculation;
use crate::day::Day;
use crate::money::Micros;
use crate::{Error, Result};

/// Why a transfer was posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The statement's first posting, and what changed while the period was in time: see [`crate::schedule`].
    Original,
    /// Facts of the period changed or came late, or the period is locked.
    PriorPeriod,
    /// The terms or the plugin changed.
    RateAdjustment,
    /// What was posted before is taken back: a document cancelled, a claim withdrawn.
    Reversal,
}

impl Reason {
    pub const ALL: [Reason; 4] = [
        Reason::Original,
        Reason::PriorPeriod,
        Reason::RateAdjustment,
        Reason::Reversal,
    ];

    pub fn as_str(self) -> &'static str {
        ["original", "prior-period", "rate-adjustment", "reversal"][self as usize]
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Reason {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Reason::ALL
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or_else(|| Error::new(format!("`{text}` is no reason for a transfer")))
    }
}

/// What brings transfers about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A revision of a statement.
    Statement,
    /// Money put into a participant's fund, or taken out of it.
    Fund,
    /// A request or a claim: submitted, decided, withdrawn.
    Claim,
    /// A settlement document, or the one that cancels it.
    Settlement,
}

impl Cause {
    pub const ALL: [Cause; 4] = [Cause::Statement, Cause::Fund, Cause::Claim, Cause::Settlement];

    pub fn as_str(self) -> &'static str {
        ["statement", "fund", "claim", "settlement"][self as usize]
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Cause {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Cause::ALL
            .into_iter()
            .find(|cause| cause.as_str() == text)
            .ok_or_else(|| Error::new(format!("`{text}` brings no transfers about")))
    }
}

/// A transfer of the ledger, as posted: `amount` (above 0) in `unit` leaves the balance `debit` and reaches `credit`. Both are the balances of
/// one participant in one program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    pub rule: String,
    pub debit: String,
    pub credit: String,
    pub amount: Micros,
    pub unit: String,
    pub effective: Day,
    pub expires: Option<Day>,
    pub basis: Option<Decimal>,
    pub rate: Option<Decimal>,
    pub reason: Reason,
}

/// What is to be posted so that the ledger holds what is due: for each rule, pair of balances, unit and expiry, the amount due less the sum
/// of what was posted, in the order of the proposal and then of what has fallen away. Nothing where they agree.
///
/// # Errors
/// When a sum does not fit 64-bit micros.
pub fn difference(due: &[calculation::Transfer], posted: &[Transfer], reason: Reason) -> Result<Vec<Transfer>> {
    // One line a pair of balances, whichever way round it was posted; the sign says which way it runs now.
    type Line = (String, String, String, String, Option<Day>);
    fn line(rule: &str, debit: &str, credit: &str, unit: &str, expires: Option<Day>) -> (Line, i128) {
        let (from, to, sign) = if debit <= credit {
            (debit, credit, 1)
        } else {
            (credit, debit, -1)
        };
        (
            (
                rule.to_owned(),
                unit.to_owned(),
                from.to_owned(),
                to.to_owned(),
                expires,
            ),
            sign,
        )
    }
    struct Entry {
        transfer: Transfer,
        amount: i128,
    }
    let mut order: Vec<Line> = Vec::new();
    let mut lines: BTreeMap<Line, Entry> = BTreeMap::new();
    let mut add = |key: Line, amount: i128, transfer: Transfer| {
        lines
            .entry(key.clone())
            .or_insert_with(|| {
                order.push(key);
                Entry { transfer, amount: 0 }
            })
            .amount += amount;
    };
    for due in due {
        let (key, sign) = line(&due.rule, &due.debit, &due.credit, &due.unit, due.expires);
        let transfer = Transfer {
            rule: due.rule.clone(),
            debit: due.debit.clone(),
            credit: due.credit.clone(),
            amount: Micros::ZERO,
            unit: due.unit.clone(),
            effective: due.effective,
            expires: due.expires,
            basis: due.basis,
            rate: due.rate,
            reason,
        };
        add(key, sign * i128::from(due.amount.0), transfer);
    }
    for posted in posted {
        let (key, sign) = line(
            &posted.rule,
            &posted.debit,
            &posted.credit,
            &posted.unit,
            posted.expires,
        );
        add(
            key,
            -sign * i128::from(posted.amount.0),
            Transfer {
                basis: None,
                rate: None,
                reason,
                ..posted.clone()
            },
        );
    }
    let mut differences = Vec::new();
    for key in order {
        let entry = &lines[&key];
        if entry.amount == 0 {
            continue;
        }
        let (_, _, from, to, _) = &key;
        let (debit, credit) = if entry.amount > 0 { (from, to) } else { (to, from) };
        let amount = i64::try_from(entry.amount.unsigned_abs()).map_err(|_| {
            Error::new(format!(
                "the difference of rule `{}` is too large to keep in millionths",
                key.0
            ))
        })?;
        differences.push(Transfer {
            debit: debit.clone(),
            credit: credit.clone(),
            amount: Micros(amount),
            ..entry.transfer.clone()
        });
    }
    Ok(differences)
}

/// The first of these balances that the transfers would leave below zero, with what it holds before them in the unit. A balance that
/// they do not touch is not looked at, so that one that was below zero for another reason does not stop everything.
///
/// # Errors
/// When a sum does not fit 64-bit micros.
pub fn overdrawn<'a>(
    guarded: &[&'a str],
    unit: &str,
    held: impl Fn(&str) -> Micros,
    transfers: &[Transfer],
) -> Result<Option<(&'a str, Micros)>> {
    for code in guarded {
        let moved = transfers
            .iter()
            .filter(|transfer| transfer.unit == unit)
            .map(|transfer| {
                let reaches = i128::from(transfer.credit == *code) - i128::from(transfer.debit == *code);
                reaches * i128::from(transfer.amount.0)
            });
        let moved: i128 = moved.sum();
        let before = held(code);
        if moved < 0 && i128::from(before.0) + moved < 0 {
            return Ok(Some((code, before)));
        }
        if i64::try_from(i128::from(before.0) + moved).is_err() {
            return Err(Error::new(format!(
                "what the balance `{code}` would hold is too large to keep in millionths"
            )));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn due(rule: &str, debit: &str, credit: &str, amount: i64) -> calculation::Transfer {
        calculation::Transfer {
            rule: rule.into(),
            debit: debit.into(),
            credit: credit.into(),
            amount: Micros(amount),
            unit: "GBP".into(),
            effective: "2011-03-31".parse().unwrap(),
            expires: None,
            basis: None,
            rate: None,
            citations: calculation::Citations::All,
        }
    }

    #[test]
    fn what_was_posted_is_not_posted_again() {
        let first = difference(&[due("volume", "expense", "payable", 100)], &[], Reason::Original).unwrap();
        assert_eq!(
            (first.len(), first[0].amount, &*first[0].debit),
            (1, Micros(100), "expense")
        );
        assert_eq!(
            difference(&[due("volume", "expense", "payable", 100)], &first, Reason::PriorPeriod).unwrap(),
            []
        );
    }

    #[test]
    fn less_than_before_runs_back_and_a_rule_that_fell_away_is_taken_back() {
        let first = difference(
            &[
                due("volume", "expense", "payable", 100),
                due("growth", "expense", "payable", 7),
            ],
            &[],
            Reason::Original,
        )
        .unwrap();
        let second = difference(&[due("volume", "expense", "payable", 60)], &first, Reason::PriorPeriod).unwrap();
        let seen: Vec<_> = second
            .iter()
            .map(|t| (&*t.rule, &*t.debit, &*t.credit, t.amount.0, t.reason))
            .collect();
        assert_eq!(
            seen,
            [
                ("volume", "payable", "expense", 40, Reason::PriorPeriod),
                ("growth", "payable", "expense", 7, Reason::PriorPeriod)
            ]
        );
    }

    #[test]
    fn a_fund_is_not_overdrawn_and_may_be_emptied() {
        let out = |amount| {
            let due = [due("claim", "fund", "payable", amount)];
            difference(&due, &[], Reason::Original).unwrap()
        };
        let found =
            |held: i64, transfers: &[Transfer]| overdrawn(&["fund"], "GBP", |_| Micros(held), transfers).unwrap();
        assert_eq!(found(100, &out(100)), None);
        assert_eq!(found(100, &out(101)), Some(("fund", Micros(100))));
        // What flows in may meet a fund that is below zero already.
        assert_eq!(found(-5, &out(-3)), None);
        assert_eq!(found(i64::MAX, &out(1)), None);
        assert!(overdrawn(&["fund"], "GBP", |_| Micros(i64::MAX), &out(-1)).is_err());
        // Another unit is another balance.
        assert_eq!(overdrawn(&["fund"], "EUR", |_| Micros(0), &out(9)).unwrap(), None);
    }

    proptest! {
        #[test]
        fn after_posting_the_difference_the_ledger_holds_what_is_due(
            before in prop::collection::vec((0..3_usize, 0..2_usize, any::<i32>()), 0..8),
            now in prop::collection::vec((0..3_usize, 0..2_usize, any::<i32>()), 0..8),
        ) {
            let make = |parts: &[(usize, usize, i32)]| -> Vec<_> {
                let mut seen = std::collections::BTreeMap::new();
                for (rule, way, amount) in parts { seen.insert((*rule, *way), *amount); }
                seen.into_iter().filter(|(_, amount)| *amount != 0).map(|((rule, way), amount)| {
                    let (debit, credit) = [("expense", "payable"), ("payable", "expense")][way];
                    due(["a", "b", "c"][rule], debit, credit, i64::from(amount))
                }).collect()
            };
            let (before, now) = (make(&before), make(&now));
            let mut ledger = difference(&before, &[], Reason::Original).unwrap();
            ledger.extend(difference(&now, &ledger, Reason::PriorPeriod).unwrap());
            prop_assert!(ledger.iter().all(|transfer| transfer.amount.0 > 0));
            prop_assert_eq!(difference(&now, &ledger, Reason::PriorPeriod).unwrap(), vec![]);
        }
    }
}
