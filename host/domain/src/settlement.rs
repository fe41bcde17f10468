//! Settlement: what is payable to one payee in one currency becomes one document. Negative balances are netted against positive ones,
//! small sums wait, holds are kept; a document is never edited but cancelled by one that reverses it, line by line.
//!
//! What a program owes in another currency than the payee's is converted when the line is made, [`Payable::converted`], and nowhere
//! else: netting, thresholds, totals and payments are in the payee's currency, and the ledger moves what the program owed in its own. A
//! document that cancels another has its lines, with the same amounts and the same rates.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::day::Day;
use crate::exchange::{ExchangeRate, RateType};
use crate::id::ProgramId;
use crate::money::{Micros, Money};
use crate::payee::{Issuer, Party};
use crate::plugin::SETTLED;
use crate::{Error, Result};

/// The balance that settlement empties.
pub const PAYABLE: &str = "payable";

/// What one program owes the payee for one period; negative when the payee owes it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payable {
    pub program: ProgramId,
    /// The program's title, as the document shows it.
    pub title: String,
    /// The period's label; absent for what belongs to none, such as claims.
    pub period: Option<String>,
    /// In the program's currency until it is converted, then in the payee's, which is the document's.
    pub amount: Micros,
    /// What it was converted from; absent where both currencies are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owed: Option<Owed>,
}

/// What a program owes in its own currency, and the rate that made the amount of a line out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Not 0, and of the sign of the line's amount, which may come to 0.
    pub amount: Micros,
    pub by: ExchangeRate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// We owe a customer.
    CreditMemo,
    /// We owe a supplier, and write the note in its place.
    SelfBilled,
    /// The payee owes us.
    DebitMemo,
}

/// A settlement document. Its files are made from it alone, so that they can be made again byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// From 1, without gaps over all kinds.
    pub number: i64,
    pub kind: Kind,
    pub issued: Day,
    /// When it is paid at the latest.
    pub due: Day,
    pub currency: Currency,
    pub issuer: Issuer,
    pub payee: Party,
    /// Amounts run in the document's direction: above 0 to the payee on a credit memo, from the payee on a debit memo.
    pub lines: Vec<Payable>,
    /// The exact sum of the lines; above 0, in whole digits of the currency.
    pub total: Micros,
    pub reverses: Option<Reversed>,
}

/// The document that is cancelled by another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversed {
    pub number: i64,
    pub issued: Day,
    pub reason: String,
}

/// What a run of settlement goes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// By currency: a payee's sum below it waits; none where a currency is absent.
    pub thresholds: BTreeMap<String, Micros>,
    /// Ask for what payees owe us; otherwise it waits to be netted with what they earn next.
    pub debit_memos: bool,
    /// Days from the issue of a document until it is paid at the latest.
    pub due_days: u16,
    /// By which rates what is payable is converted to the payee's currency, of the day on which the document is issued. Absent: nothing
    /// of payees of another currency than the program's is settled, and settling says so.
    #[serde(default)]
    pub rate_type: Option<RateType>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            thresholds: BTreeMap::new(),
            debit_memos: false,
            due_days: 30,
            rate_type: None,
        }
    }
}

/// What is to be done about a payee's balances in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Document {
        kind: Kind,
        lines: Vec<Payable>,
        total: Micros,
    },
    /// Nothing yet, and the sentence why.
    Wait { total: Micros, why: String },
    /// Everything nets to nothing and nothing stands open.
    Nothing,
}

/// An amount that leaves one balance of the payee in a program and reaches another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement<'a> {
    pub program: &'a ProgramId,
    pub period: Option<&'a str>,
    pub debit: &'static str,
    pub credit: &'static str,
    /// Above 0, in the program's currency.
    pub amount: Micros,
    pub currency: Currency,
}

impl Payable {
    /// The line in the payee's currency: the one place where what is payable is converted, once, see [`ExchangeRate::settle`].
    ///
    /// # Errors
    /// When it does not fit.
    pub fn converted(self, by: ExchangeRate) -> Result<Payable> {
        Ok(Payable {
            amount: by.settle(self.amount)?,
            owed: Some(Owed {
                amount: self.amount,
                by,
            }),
            ..self
        })
    }

    /// What it takes out of the program's balance, by the currency of its document.
    fn of_program(&self, currency: Currency) -> Money {
        match &self.owed {
            None => Money {
                amount: self.amount,
                currency,
            },
            Some(owed) => Money {
                amount: owed.amount,
                currency: owed.by.from,
            },
        }
    }

    fn is_nothing(&self) -> bool {
        self.amount == Micros::ZERO && self.owed.is_none()
    }
}

impl Policy {
    /// Decides about everything that is payable to one payee in one currency, to which it was converted before.
    ///
    /// # Errors
    /// When the sum does not fit, or is not a whole number of the currency's digits: nothing is rounded here.
    pub fn decide(&self, payables: Vec<Payable>, currency: Currency, self_billed: bool) -> Result<Decision> {
        let lines: Vec<Payable> = payables.into_iter().filter(|line| !line.is_nothing()).collect();
        let total = Micros::checked_sum(lines.iter().map(|line| line.amount))?;
        if let Some(line) = lines.iter().find(|line| !line.amount.is_payable(currency)) {
            return Err(Error::new(format!(
                "{} of program `{}` is not a whole number of the digits of {currency}: correct what was posted",
                line.amount, line.title
            )));
        }
        let threshold = self.thresholds.get(currency.code()).copied().unwrap_or_default();
        Ok(if lines.is_empty() {
            Decision::Nothing
        } else if total == Micros::ZERO {
            let why = match lines.iter().all(|line| line.amount == Micros::ZERO) {
                true => format!("what is owed comes to nothing in {currency}"),
                false => "what is owed either way nets to nothing".into(),
            };
            Decision::Wait { total, why }
        } else if total < Micros::ZERO && !self.debit_memos {
            Decision::Wait {
                total,
                why: "the payee owes it: it is netted with what comes next".into(),
            }
        } else if Micros(total.0.saturating_abs()) < threshold {
            Decision::Wait {
                total,
                why: format!("below the threshold of {threshold} {currency}"),
            }
        } else if total < Micros::ZERO {
            Decision::Document {
                kind: Kind::DebitMemo,
                lines: negated(lines)?,
                total: Micros::ZERO.checked_sub(total)?,
            }
        } else {
            let kind = if self_billed {
                Kind::SelfBilled
            } else {
                Kind::CreditMemo
            };
            Decision::Document { kind, lines, total }
        })
    }
}

impl Document {
    /// As people name it: `SD-000042`.
    pub fn label(&self) -> String {
        label(self.number)
    }

    /// Refuses a document whose lines do not give its total, or are not what their rates make of what is owed; asserted before it is
    /// kept and before it is written.
    pub fn check(&self) -> Result<()> {
        for line in &self.lines {
            if let Some(Owed { amount, by }) = &line.owed
                && (by.to != self.currency || by.settle(*amount)? != line.amount)
            {
                return Err(Error::new(format!(
                    "{} {} of `{}` on document {} do not come to {} {} at {}: it is not issued",
                    amount,
                    by.from,
                    line.title,
                    self.label(),
                    line.amount,
                    self.currency,
                    by.rate
                )));
            }
        }
        let sum = Micros::checked_sum(self.lines.iter().map(|line| line.amount))?;
        if sum != self.total || self.total <= Micros::ZERO || !self.total.is_payable(self.currency) {
            return Err(Error::new(format!(
                "document {} has lines of {sum} and a total of {}: it is not issued",
                self.label(),
                self.total
            )));
        }
        Ok(())
    }

    /// What it moves, in each program's currency: out of `payable` what it pays, back into it what it nets or asks for.
    pub fn movements(&self) -> Vec<Movement<'_>> {
        let to_payee = self.kind != Kind::DebitMemo;
        let lines = self.lines.iter();
        let movements = lines.map(|line| {
            let Money { amount, currency } = line.of_program(self.currency);
            let (debit, credit) = if (amount > Micros::ZERO) == to_payee {
                (PAYABLE, SETTLED)
            } else {
                (SETTLED, PAYABLE)
            };
            Movement {
                program: &line.program,
                period: line.period.as_deref(),
                debit,
                credit,
                amount: Micros(amount.0.saturating_abs()),
                currency,
            }
        });
        movements.collect()
    }

    /// The document that takes every line of this one back.
    ///
    /// # Errors
    /// When this one takes another back already.
    pub fn reversed(&self, number: i64, issued: Day, self_billed: bool, reason: &str) -> Result<Document> {
        if let Some(reversed) = &self.reverses {
            return Err(Error::new(format!(
                "document {} cancels {} and is not cancelled itself: settle again instead",
                self.label(),
                label(reversed.number)
            )));
        }
        if reason.trim().is_empty() {
            return Err(Error::new(format!("say why document {} is cancelled", self.label())));
        }
        let kind = match (self.kind, self_billed) {
            (Kind::CreditMemo | Kind::SelfBilled, _) => Kind::DebitMemo,
            (Kind::DebitMemo, true) => Kind::SelfBilled,
            (Kind::DebitMemo, false) => Kind::CreditMemo,
        };
        Ok(Document {
            number,
            kind,
            issued,
            due: issued,
            reverses: Some(Reversed {
                number: self.number,
                issued: self.issued,
                reason: reason.to_owned(),
            }),
            ..self.clone()
        })
    }
}

/// The name of the document with this number.
pub fn label(number: i64) -> String {
    format!("SD-{number:06}")
}

/// The number in a document's name. The number alone is let through, as people type it.
pub fn number_of(name: &str) -> Result<i64> {
    let digits = name.strip_prefix("SD-").unwrap_or(name);
    digits
        .parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| Error::new(format!("`{name}` is no document: write its name such as `SD-000042`")))
}

fn negated(lines: Vec<Payable>) -> Result<Vec<Payable>> {
    let line = |line: Payable| {
        let owed = |owed: Owed| -> Result<Owed> {
            Ok(Owed {
                amount: Micros::ZERO.checked_sub(owed.amount)?,
                ..owed
            })
        };
        Ok(Payable {
            amount: Micros::ZERO.checked_sub(line.amount)?,
            owed: line.owed.map(owed).transpose()?,
            ..line
        })
    };
    lines.into_iter().map(line).collect()
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::CreditMemo => "credit-memo",
            Kind::SelfBilled => "self-billed",
            Kind::DebitMemo => "debit-memo",
        }
    }

    /// As it is printed over a document.
    pub fn title(self) -> &'static str {
        match self {
            Kind::CreditMemo => "Credit memo",
            Kind::SelfBilled => "Self-billed credit note",
            Kind::DebitMemo => "Debit memo",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [Kind::CreditMemo, Kind::SelfBilled, Kind::DebitMemo]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| Error::new(format!("`{text}` is no kind of settlement document")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Rate;
    use proptest::prelude::*;

    fn payable(program: &str, amount: i64) -> Payable {
        Payable {
            program: ProgramId::from(program.to_owned()),
            title: program.into(),
            period: Some("2024-Q1".into()),
            amount: Micros(amount),
            owed: None,
        }
    }

    fn gbp() -> Currency {
        "GBP".parse().unwrap()
    }

    fn document(kind: Kind, lines: Vec<Payable>) -> Document {
        let party = |name: &str| Party {
            number: name.into(),
            name: name.into(),
            address: None,
            tax_id: None,
        };
        Document {
            number: 7,
            kind,
            issued: "2024-04-10".parse().unwrap(),
            due: "2024-05-10".parse().unwrap(),
            currency: gbp(),
            issuer: Issuer {
                party: party("us"),
                bank: None,
            },
            payee: party("north"),
            total: lines.iter().map(|line| line.amount).sum(),
            lines,
            reverses: None,
        }
    }

    #[test]
    fn what_is_owed_back_is_netted_and_small_sums_wait() {
        let policy = Policy {
            thresholds: [("GBP".into(), Micros(25_000_000))].into(),
            ..Policy::default()
        };
        let lines = vec![
            payable("volume", 100_000_000),
            payable("growth", -30_000_000),
            payable("none", 0),
        ];
        let Decision::Document { kind, lines, total } = policy.decide(lines, gbp(), false).unwrap() else {
            panic!("it waits");
        };
        assert_eq!((kind, lines.len(), total), (Kind::CreditMemo, 2, Micros(70_000_000)));
        let waits = |amount| match policy.decide(vec![payable("volume", amount)], gbp(), true).unwrap() {
            Decision::Wait { why, .. } => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(waits(24_990_000), "below the threshold of 25 GBP");
        assert_eq!(
            waits(-90_000_000),
            "the payee owes it: it is netted with what comes next"
        );
        let asks = Policy {
            debit_memos: true,
            ..policy
        };
        let Decision::Document { kind, total, .. } =
            asks.decide(vec![payable("volume", -90_000_000)], gbp(), true).unwrap()
        else {
            panic!("it waits");
        };
        assert_eq!((kind, total), (Kind::DebitMemo, Micros(90_000_000)));
    }

    #[test]
    fn a_fraction_of_a_penny_stops_the_payee_and_is_not_rounded() {
        let refused = Policy::default()
            .decide(vec![payable("volume", 5_000)], gbp(), false)
            .unwrap_err();
        assert!(
            refused
                .to_string()
                .starts_with("0.005 of program `volume` is not a whole number"),
            "{refused}"
        );
    }

    #[test]
    fn a_cancelled_document_is_taken_back_line_by_line_and_once() {
        let first = document(
            Kind::SelfBilled,
            vec![payable("volume", 100_000_000), payable("growth", -30_000_000)],
        );
        first.check().unwrap();
        let back = first
            .reversed(8, first.issued.plus(3), true, "paid to the wrong branch")
            .unwrap();
        back.check().unwrap();
        assert_eq!(
            (back.kind, back.total, &*back.label()),
            (Kind::DebitMemo, first.total, "SD-000008")
        );
        for (one, other) in first.movements().iter().zip(back.movements()) {
            assert_eq!(
                (one.debit, one.credit, one.amount),
                (other.credit, other.debit, other.amount)
            );
        }
        assert_eq!(
            back.reversed(9, first.issued, true, "again").unwrap_err().to_string(),
            "document SD-000008 cancels SD-000007 and is not cancelled itself: settle again instead"
        );
        assert!(first.reversed(8, first.issued, true, " ").is_err());
    }

    /// Of dollars to pounds.
    fn dollars(rate: Rate) -> ExchangeRate {
        let spot = "spot".parse().unwrap();
        ExchangeRate::new(
            spot,
            "USD".parse().unwrap(),
            gbp(),
            "2024-04-10".parse().unwrap(),
            rate,
            "ecb",
        )
        .unwrap()
    }

    #[test]
    fn what_programs_owe_in_other_currencies_is_netted_and_waits_in_the_payees() {
        let policy = Policy {
            thresholds: [("GBP".into(), Micros(25_000_000))].into(),
            ..Policy::default()
        };
        let by = dollars("0.8".parse().unwrap());
        let owed = |amount: i64| payable("abroad", amount).converted(by.clone()).unwrap();
        let Decision::Document { kind, lines, total } = policy
            .decide(vec![payable("volume", 100_000_000), owed(-50_010_000)], gbp(), false)
            .unwrap()
        else {
            panic!("it waits");
        };
        // 50.01 × 0.8 = 40.008.
        assert_eq!(total, Micros(59_990_000));
        let document = document(kind, lines);
        document.check().unwrap();
        let moved: Vec<_> = document
            .movements()
            .iter()
            .map(|moved| (moved.debit, moved.amount, moved.currency.code()))
            .collect();
        assert_eq!(
            moved,
            [
                (PAYABLE, Micros(100_000_000), "GBP"),
                (SETTLED, Micros(50_010_000), "USD")
            ]
        );
        // 31 dollars are 24.80 pounds.
        assert!(matches!(
            policy.decide(vec![owed(31_000_000)], gbp(), false),
            Ok(Decision::Wait {
                total: Micros(24_800_000),
                ..
            })
        ));
        // What comes to nothing is settled along with the rest.
        let few = vec![payable("volume", 100_000_000), owed(1_000)];
        let Decision::Document { lines, total, .. } = policy.decide(few, gbp(), false).unwrap() else {
            panic!("it waits");
        };
        assert_eq!((lines.len(), total), (2, Micros(100_000_000)));
    }

    #[test]
    fn a_line_that_is_not_what_its_rate_makes_of_it_is_not_issued() {
        let owed = payable("abroad", 10_000_000)
            .converted(dollars("0.8".parse().unwrap()))
            .unwrap();
        let mut document = document(Kind::CreditMemo, vec![owed]);
        document.check().unwrap();
        document.lines[0].amount = Micros(8_010_000);
        document.total = Micros(8_010_000);
        assert_eq!(
            document.check().unwrap_err().to_string(),
            "10 USD of `abroad` on document SD-000007 do not come to 8.01 GBP at 0.8: it is not issued"
        );
    }

    #[test]
    fn a_document_without_other_currencies_is_kept_as_before_there_were_any() {
        let document = document(Kind::CreditMemo, vec![payable("volume", 100_000_000)]);
        let json = serde_json::to_string(&document).unwrap();
        assert!(!json.contains("owed"), "{json}");
        assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), document);
    }

    /// What movements leave on the balance `payable`, by currency.
    fn left_by<'a>(movements: impl IntoIterator<Item = Movement<'a>>) -> BTreeMap<&'static str, i64> {
        let mut left = BTreeMap::new();
        for moved in movements {
            let sign = if moved.credit == PAYABLE { 1 } else { -1 };
            *left.entry(moved.currency.code()).or_default() += sign * moved.amount.0;
        }
        left
    }

    proptest! {
        /// To the millionth, in the currency of each program, whatever the rates and whoever owes whom.
        #[test]
        fn a_cancel_takes_back_what_the_document_moved_at_the_rates_of_the_document(
            lines in prop::collection::vec((-9_000_000_000_i64..9_000_000_000, 1..4_000_000_i64, any::<bool>()), 1..12),
        ) {
            let line = |(amount, rate, abroad): (i64, i64, bool)| match abroad {
                true => payable("abroad", amount).converted(dollars(format!("{}.{:06}", rate / 1_000_000, rate % 1_000_000).parse().unwrap())),
                false => Ok(payable("volume", amount / 10_000 * 10_000)),
            };
            let payables: Vec<Payable> = lines.into_iter().map(|of| line(of).unwrap()).collect();
            let mut owed: BTreeMap<&str, i64> = BTreeMap::new();
            for line in &payables {
                let Money { amount, currency } = line.of_program(gbp());
                *owed.entry(currency.code()).or_default() += amount.0;
            }
            owed.retain(|_, amount| *amount != 0);
            let policy = Policy { debit_memos: true, ..Policy::default() };
            if let Decision::Document { kind, lines, .. } = policy.decide(payables, gbp(), false).unwrap() {
                let document = document(kind, lines);
                document.check().unwrap();
                let mut settled = left_by(document.movements());
                settled.retain(|_, amount| *amount != 0);
                settled.values_mut().for_each(|amount| *amount = -*amount);
                prop_assert_eq!(settled, owed);
                let back = document.reversed(8, document.issued.plus(40), false, "mistake").unwrap();
                back.check().unwrap();
                prop_assert_eq!(&back.lines, &document.lines);
                let left = left_by(document.movements().into_iter().chain(back.movements()));
                prop_assert!(left.values().all(|amount| *amount == 0), "{left:?}");
            }
        }

        /// Whatever is decided, settling moves exactly what was payable, or nothing.
        #[test]
        fn settling_empties_what_it_settles_exactly(amounts in prop::collection::vec(-9_000_000_i64..9_000_000, 0..12), asks in any::<bool>()) {
            let payables: Vec<_> = amounts.iter().map(|pence| payable("volume", pence * 10_000)).collect();
            let before: i64 = payables.iter().map(|line| line.amount.0).sum();
            let policy = Policy { debit_memos: asks, ..Policy::default() };
            if let Decision::Document { kind, lines, total } = policy.decide(payables, gbp(), false).unwrap() {
                let document = document(kind, lines);
                prop_assert_eq!(document.total, total);
                document.check().unwrap();
                let moved: i64 = document
                    .movements()
                    .iter()
                    .map(|movement| if movement.debit == PAYABLE { movement.amount.0 } else { -movement.amount.0 })
                    .sum();
                prop_assert_eq!(moved, before);
            }
        }
    }
}
