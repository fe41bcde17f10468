//! Stacking: programs that are worked out one after the other, each on what those before it have left. Their order, and what is taken off by
//! what, is the host's data: no plugin knows of another program.
//!
//! What an earlier program pays on a row is its transfers shared out over the rows that they rest on. That is taken off the row's net
//! amount before the later program sees it.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::calculation::{Citations, Outcome, Transfer};
use crate::columns::ColumnSlice;
use crate::currency::Currency;
use crate::id::StatementId;
use crate::money::Micros;
use crate::period::Period;
use crate::plugin::{Column, Descriptor, ProgramKind, Side};
use crate::{Error, Result};

/// A program's place among the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stacking {
    /// Programs are worked out from the lowest to the highest. Those of one place do not see each other.
    pub order: i64,
    /// What is taken off its base; nothing when empty, which is the gross base.
    pub reduces_by: Vec<Reducer>,
    /// What it pays is taken off nobody's base.
    pub excluded: bool,
}

impl Stacking {
    /// Whether what another program pays is taken off this one's base.
    pub fn is_reduced_by(&self, other: &Stacking, code: &str, kind: ProgramKind) -> bool {
        let names = |reducer: &Reducer| match reducer {
            Reducer::All => true,
            Reducer::Kind(of) => *of == kind,
            Reducer::Program(of) => of == code,
        };
        other.order < self.order && !other.excluded && self.reduces_by.iter().any(names)
    }
}

/// Which of the programs before it reduce a program: written `all`, `kind:rebate`, or as a program's code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Reducer {
    All,
    Kind(ProgramKind),
    Program(String),
}

impl fmt::Display for Reducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reducer::All => f.write_str("all"),
            Reducer::Kind(kind) => write!(f, "kind:{}", kind.as_str()),
            Reducer::Program(code) => f.write_str(code),
        }
    }
}

impl FromStr for Reducer {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.strip_prefix("kind:") {
            Some(kind) => serde_json::from_value(kind.into()).map(Reducer::Kind).map_err(|_| {
                Error::new(format!(
                    "`{kind}` is no kind of program: write one such as kind:rebate or kind:billback"
                ))
            }),
            None if text == "all" => Ok(Reducer::All),
            None if text.trim().is_empty() => Err(Error::new(
                "nothing is named: write `all`, `kind:KIND` or a program's code",
            )),
            None => Ok(Reducer::Program(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Reducer {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Reducer> for String {
    fn from(reducer: Reducer) -> Self {
        reducer.to_string()
    }
}

/// The revision of an earlier program's statement that a revision was reduced by, and how much it took off in all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reduction {
    pub statement: StatementId,
    pub revision: i64,
    pub amount: Micros,
}

/// By which measure a program's payments are shared out over its rows: the first of these that it reads.
pub fn basis(columns: &[Column]) -> Option<Column> {
    [Column::NetAmount, Column::GrossAmount, Column::Cost, Column::Quantity]
        .into_iter()
        .find(|column| columns.contains(column))
}

/// What a statement pays on each of its rows, by journal position: what each transfer leaves on balances that the participant is owed, shared
/// out over the rows that it rests on by their measure `basis`, to the millionth, by the method of the largest remainder. As in any
/// split of what was earned, what was returned has no part in it while anything was sold. A transfer that rests on no row, such as a guarantee
/// in a period without sales, is paid on none.
///
/// `rows` are those of the statement, in order; the ones of earlier periods count only where they are cited one by one.
///
/// # Errors
/// A row that is cited is not among the rows; a sum that does not fit.
pub fn paid_by_row(
    descriptor: &Descriptor,
    currency: Currency,
    period: &Period,
    rows: &[ColumnSlice<'_>],
    basis: Column,
    outcome: &Outcome,
) -> Result<HashMap<u64, Micros>> {
    let rows: Vec<Weighed> = rows.iter().flat_map(|slice| weighed(slice, basis)).collect();
    let places: HashMap<u64, usize> = rows
        .iter()
        .enumerate()
        .map(|(place, row)| (row.position, place))
        .collect();
    let (start, end) = (period.start.number(), period.end.number());
    let mut paid: HashMap<u64, Micros> = HashMap::new();
    for transfer in &outcome.transfers {
        let amount = owed(descriptor, currency, transfer);
        if amount == Micros::ZERO {
            continue;
        }
        let of_period = || rows.iter().filter(move |row| start <= row.date && row.date <= end);
        let rests_on: Vec<&Weighed> = match &transfer.citations {
            Citations::All => of_period().collect(),
            Citations::Selected(bits) => of_period().filter(|row| row.selectors & bits != 0).collect(),
            Citations::Positions(positions) => positions
                .iter()
                .map(|position| {
                    let missing = || {
                        Error::new(format!(
                            "rule `{}` rests on row {position} of the journal, which has been corrected since",
                            transfer.rule
                        ))
                    };
                    places.get(position).map(|place| &rows[*place]).ok_or_else(missing)
                })
                .collect::<Result<_>>()?,
        };
        for (position, part) in share_out(amount, &rests_on)? {
            let sum = paid.entry(position).or_default();
            *sum = sum.checked_add(part)?;
        }
    }
    Ok(paid)
}

/// Takes what was paid on rows off their net amounts, and says how much that was in all; nothing when none of these rows was paid on.
/// `net_amounts` begin as those of `rows`.
///
/// # Errors
/// A net amount, or the sum, that does not fit.
pub fn take_off(
    rows: &[ColumnSlice<'_>],
    paid: &HashMap<u64, Micros>,
    net_amounts: &mut [Vec<i64>],
) -> Result<Option<Micros>> {
    let mut taken = None;
    for (slice, amounts) in rows.iter().zip(net_amounts) {
        for (position, amount) in slice.position.iter().zip(amounts) {
            if let Some(paid) = paid.get(position).filter(|paid| **paid != Micros::ZERO) {
                *amount = Micros(*amount).checked_sub(*paid)?.0;
                taken = Some(taken.unwrap_or(Micros::ZERO).checked_add(*paid)?);
            }
        }
    }
    Ok(taken)
}

/// The same rows with other net amounts.
pub fn with_net_amounts<'a>(rows: &[ColumnSlice<'a>], net_amounts: &'a [Vec<i64>]) -> Vec<ColumnSlice<'a>> {
    let slice = |(slice, net_amount): (&ColumnSlice<'a>, &'a Vec<i64>)| ColumnSlice {
        net_amount,
        ..slice.clone()
    };
    rows.iter().zip(net_amounts).map(slice).collect()
}

/// What a transfer leaves on balances that the participant is owed, in the currency.
fn owed(descriptor: &Descriptor, currency: Currency, transfer: &Transfer) -> Micros {
    let is_owed = |code: &str| {
        let balance = descriptor.balance(code);
        i64::from(balance.is_some_and(|balance| balance.side == Side::Credit))
    };
    match transfer.unit == currency.code() {
        true => Micros(transfer.amount.0 * (is_owed(&transfer.credit) - is_owed(&transfer.debit))),
        false => Micros::ZERO,
    }
}

#[derive(Debug)]
struct Weighed {
    position: u64,
    date: i32,
    selectors: u32,
    weight: i64,
}

fn weighed(slice: &ColumnSlice<'_>, basis: Column) -> impl Iterator<Item = Weighed> {
    let weights = match basis {
        Column::GrossAmount => slice.gross_amount,
        Column::Cost => slice.cost,
        Column::Quantity => slice.quantity,
        _ => slice.net_amount,
    };
    let rows = slice.position.iter().zip(slice.date).zip(slice.selectors).zip(weights);
    rows.map(|(((position, date), selectors), weight)| Weighed {
        position: *position,
        date: *date,
        selectors: *selectors,
        weight: *weight,
    })
}

/// Parts that sum to the whole, whatever its sign, over the rows above zero; where there are none, over those below.
fn share_out(whole: Micros, rows: &[&Weighed]) -> Result<Vec<(u64, Micros)>> {
    let sign = if rows.iter().any(|row| row.weight > 0) { 1 } else { -1 };
    let mut parts: Vec<(u64, i128, i128)> = Vec::with_capacity(rows.len());
    let weighed = || {
        let weight = move |row: &&Weighed| (row.position, i128::from(row.weight) * sign);
        rows.iter().map(weight).filter(|(_, weight)| *weight > 0)
    };
    let total: i128 = weighed().map(|(_, weight)| weight).sum();
    let mut left = i128::from(whole.0);
    for (position, weight) in weighed() {
        let exact = i128::from(whole.0) * weight;
        let (part, remainder) = (exact.div_euclid(total), exact.rem_euclid(total));
        left -= part;
        parts.push((position, part, remainder));
    }
    // Fewer millionths are left than there are parts, since each lost less than one; the earlier first among equals.
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|place| (std::cmp::Reverse(parts[*place].2), *place));
    for place in order.into_iter().take(left.max(0) as usize) {
        parts[place].1 += 1;
    }
    let part = |(position, part, _): (u64, i128, i128)| {
        let part =
            i64::try_from(part).map_err(|_| Error::new("a part of what was paid is too large to keep in millionths"));
        Ok((position, Micros(part?)))
    };
    parts.into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::columns::Columns;
    use crate::day::Day;
    use crate::plugin::Balance;

    fn descriptor() -> Descriptor {
        let balance = |code: &str, side| Balance {
            code: code.into(),
            title: code.into(),
            unit: "currency".into(),
            side,
        };
        Descriptor {
            id: "gtm/rebate".into(),
            title: "Rebate".into(),
            vendor: "gtm".into(),
            version: "1.0.0".into(),
            kind: ProgramKind::Rebate,
            columns: vec![],
            profile_attributes: vec![],
            transaction_attributes: vec![],
            balances: vec![
                balance("expense", Side::Debit),
                balance("payable", Side::Credit),
                balance("reserve", Side::Credit),
            ],
            terms_schema: "{}".into(),
            claims: None,
            messages: vec![],
            order_independent: true,
        }
    }

    fn day(number: i32) -> Day {
        Day::new(number).unwrap()
    }

    /// Rows at positions 1, 2 … on the days 10, 11 …, of the selectors 0, 1, 0, 1 …, with these net amounts.
    fn rows(net_amounts: &[i64]) -> Columns {
        let count = net_amounts.len();
        Columns {
            position: (1..=count as u64).collect(),
            date: (10..).take(count).collect(),
            kind: vec![0; count],
            selectors: (0..count).map(|place| 1 << (place % 2)).collect(),
            net_amount: net_amounts.to_vec(),
            ..Columns::default()
        }
    }

    fn transfer(debit: &str, credit: &str, amount: i64, citations: Citations) -> Transfer {
        Transfer {
            amount: Micros(amount),
            basis: None,
            citations,
            credit: credit.into(),
            debit: debit.into(),
            effective: day(10),
            expires: None,
            rate: None,
            rule: "volume".into(),
            unit: "GBP".into(),
        }
    }

    /// What is paid on each row, in the order of the rows; the period is the days 11 to 20.
    fn paid(net_amounts: &[i64], transfers: Vec<Transfer>) -> Result<Vec<i64>> {
        let columns = rows(net_amounts);
        let period = Period {
            label: "2011-Q1".into(),
            start: day(11),
            end: day(20),
        };
        let outcome = Outcome {
            transfers,
            ..Outcome::default()
        };
        let slices = [columns.as_slice()];
        let paid = paid_by_row(
            &descriptor(),
            "GBP".parse().unwrap(),
            &period,
            &slices,
            Column::NetAmount,
            &outcome,
        )?;
        Ok(columns
            .position
            .iter()
            .map(|position| paid.get(position).map_or(0, |paid| paid.0))
            .collect())
    }

    fn due(amount: i64, citations: Citations) -> Vec<Transfer> {
        vec![transfer("expense", "payable", amount, citations)]
    }

    #[test]
    fn what_is_paid_is_shared_out_over_the_rows_it_rests_on() {
        for (net_amounts, citations, expected) in [
            // The first row lies before the period.
            (&[500, 300, 100][..], Citations::All, &[0, 75, 25][..]),
            (&[500, 300, 100, 200], Citations::Selected(0b10), &[0, 60, 0, 40]),
            (&[500, 300, 100], Citations::Positions(vec![1, 3]), &[83, 0, 17]),
            // Millionths that are left over go to those that lost most, the earlier first.
            (&[0, 1, 1, 1], Citations::All, &[0, 34, 33, 33]),
            // What came back has no part, unless nothing was sold.
            (&[0, 300, -200, 100], Citations::All, &[0, 75, 0, 25]),
            (&[0, -300, -100], Citations::All, &[0, 75, 25]),
            // It rests on nothing.
            (&[500], Citations::All, &[0]),
            (&[0, 0], Citations::All, &[0, 0]),
        ] {
            assert_eq!(
                paid(net_amounts, due(100, citations.clone())).unwrap(),
                expected,
                "{net_amounts:?} {citations:?}"
            );
        }
    }

    #[test]
    fn only_what_the_participant_is_owed_in_the_currency_counts() {
        let all = || Citations::All;
        let points = Transfer {
            unit: "points".into(),
            ..transfer("expense", "payable", 100, all())
        };
        let within = transfer("payable", "reserve", 30, all());
        let back = transfer("payable", "expense", 40, all());
        let first = transfer("expense", "payable", 100, all());
        assert_eq!(paid(&[0, 1], vec![first, points, within, back]).unwrap(), [0, 60]);
    }

    #[test]
    fn a_row_that_was_corrected_since_is_not_passed_over() {
        let refused = paid(&[1, 2], due(100, Citations::Positions(vec![2, 7]))).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "rule `volume` rests on row 7 of the journal, which has been corrected since"
        );
    }

    #[test]
    fn the_later_program_sees_what_is_left() {
        let columns = rows(&[500, 300, 100]);
        let slice = columns.as_slice();
        let slices = [slice.rows(0, 1), slice.rows(1, 3)];
        let mut net_amounts: Vec<Vec<i64>> = slices.iter().map(|slice| slice.net_amount.to_vec()).collect();
        let paid = [(2, Micros(75)), (3, Micros(25)), (9, Micros(1))].into();
        assert_eq!(take_off(&slices, &paid, &mut net_amounts), Ok(Some(Micros(100))));
        assert_eq!(take_off(&slices, &[(9, Micros(1))].into(), &mut net_amounts), Ok(None));
        let left = with_net_amounts(&slices, &net_amounts);
        assert_eq!((left[0].net_amount, left[1].net_amount), (&[500][..], &[225, 75][..]));
        assert_eq!(left[1].position, slices[1].position);
    }

    #[test]
    fn order_kind_and_exclusion_decide_what_reduces_what() {
        let stacking = |order, reduces_by: &[&str], excluded| Stacking {
            order,
            reduces_by: reduces_by.iter().map(|reducer| reducer.parse().unwrap()).collect(),
            excluded,
        };
        let plain = |order| stacking(order, &[], false);
        for (mine, other, expected) in [
            (stacking(2, &["all"], false), plain(1), true),
            (stacking(2, &["all"], false), plain(2), false),
            (stacking(2, &["all"], false), plain(3), false),
            (stacking(2, &["all"], false), stacking(1, &[], true), false),
            (stacking(2, &[], false), plain(1), false),
            (stacking(2, &["kind:rebate"], false), plain(1), true),
            (stacking(2, &["kind:billback"], false), plain(1), false),
            (stacking(2, &["other", "deal"], true), plain(1), true),
            (stacking(2, &["other"], false), plain(1), false),
        ] {
            assert_eq!(
                mine.is_reduced_by(&other, "deal", ProgramKind::Rebate),
                expected,
                "{mine:?} by {other:?}"
            );
        }
        for text in ["all", "kind:market-development", "deal-1"] {
            assert_eq!(text.parse::<Reducer>().unwrap().to_string(), text);
        }
        assert!("kind:gift".parse::<Reducer>().is_err() && "".parse::<Reducer>().is_err());
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_what_is_paid(
            amount in any::<i32>(), net_amounts in prop::collection::vec(-1_000_000i64..1_000_000, 2..11),
        ) {
            prop_assume!(amount != 0 && net_amounts[1..].iter().any(|amount| *amount != 0));
            let amount = i64::from(amount);
            let parts = paid(&net_amounts, due(amount, Citations::All)).unwrap();
            prop_assert_eq!(parts.iter().sum::<i64>(), amount);
            prop_assert!(parts.iter().all(|part| part.signum() * amount.signum() >= 0));
        }
    }
}
