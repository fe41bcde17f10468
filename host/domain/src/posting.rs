//! Postings: each transfer of money in the ledger as an entry of the general ledger, one account debited and one credited with the same
//! amount, by the posting profile of its program. What fixes an entry is decided once, when it enters the journal: its accounts, its
//! company, and its day. A closed accounting period takes no entry: what belongs to it goes to the first day of the next open one and is
//! marked with the period that it belongs to. Units that are no money, such as points, stay out of the general ledger.
//!
//! What is settled in a payee's currency is posted in the program's, as what it was worth: the liability is cleared in the currency in
//! which it was accrued, and `settled` takes the same amount. So every entry has one currency and balances by itself, cancelling posts the
//! same amounts back, and no clearing account between currencies is needed here. What leaves the bank, in the payee's currency, is posted
//! against the account of `settled` by whoever keeps the bank's books, and what the bank's rate makes of it is a gain or loss on exchange
//! there: the document states both amounts and the rate for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::day::Day;
use crate::id::TransferId;
use crate::ledger::{Cause, Reason};
use crate::money::{Micros, Total};
use crate::{Error, Result};

/// The accounts that balances post to where a profile says nothing else: balance, account, title.
pub const CHART: [(&str, &str, &str); 18] = [
    ("payable", "2100", "Accrued program liabilities"),
    ("settled", "2110", "Settled with payees, to be paid or set off"),
    ("accrued-open", "2120", "Accrued on goods not yet invoiced"),
    ("earned", "2130", "Earned and not yet payable"),
    ("holdback", "2140", "Held back"),
    ("reserve", "2150", "Reserve for returns"),
    ("fund", "2200", "Marketing funds granted"),
    ("committed", "2210", "Marketing funds committed"),
    ("deferred", "2400", "Deferred revenue, owed in points"),
    ("deducted", "1190", "Deductions by customers, against receivables"),
    ("recoupable", "1300", "Advances to be recouped"),
    ("draw", "1310", "Draws to be recovered"),
    ("revenue", "4900", "Revenue put off for points"),
    ("expense", "6100", "Program expense"),
    ("accrued", "6110", "Marketing funds accrued"),
    ("budget", "6120", "Marketing funds from the budget"),
    ("expired", "6190", "Marketing funds expired"),
    ("written-off", "6900", "Write-offs"),
];

/// The balance that bears what is written off: small differences that nobody argues about, and what somebody gives up.
pub const WRITTEN_OFF: &str = "written-off";

/// How a program's transfers are posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// The company whose books they go to.
    #[serde(default = "company")]
    pub company: String,
    /// The account of a balance, where it is not that of [`CHART`].
    #[serde(default)]
    pub accounts: BTreeMap<String, String>,
    /// Pairs of balances with accounts of their own; they count first. The way back posts to the same two, exchanged, unless it has a line.
    #[serde(default)]
    pub lines: Vec<ProfileLine>,
}

/// What leaves the balance `debit` for the balance `credit` debits the one account and credits the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ProfileLine {
    pub debit: String,
    pub credit: String,
    pub debit_account: String,
    pub credit_account: String,
}

fn company() -> String {
    "main".into()
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            company: company(),
            accounts: BTreeMap::new(),
            lines: Vec::new(),
        }
    }
}

impl Profile {
    /// Refuses a profile with a blank or with two lines for the same pair.
    pub fn check(&self) -> Result<()> {
        let lines = self
            .lines
            .iter()
            .flat_map(|line| [&line.debit, &line.credit, &line.debit_account, &line.credit_account]);
        let accounts = self.accounts.iter().flat_map(|(balance, account)| [balance, account]);
        if [&self.company]
            .into_iter()
            .chain(lines)
            .chain(accounts)
            .any(|text| text.trim().is_empty())
        {
            return Err(Error::new(
                "a posting profile has a blank name: give it a company, balances and accounts",
            ));
        }
        let mut seen = BTreeSet::new();
        match self.lines.iter().find(|line| !seen.insert((&line.debit, &line.credit))) {
            None => Ok(()),
            Some(twice) => Err(Error::new(format!(
                "the posting profile has two lines for {} → {}: keep one",
                twice.debit, twice.credit
            ))),
        }
    }

    /// The account to debit and the one to credit for what leaves one balance for another; nothing when no line covers them.
    pub fn accounts_of(&self, debit: &str, credit: &str) -> Option<(&str, &str)> {
        let line = |from: &str, to: &str| self.lines.iter().find(|line| line.debit == from && line.credit == to);
        if let Some(line) = line(debit, credit) {
            return Some((&line.debit_account, &line.credit_account));
        }
        if let Some(back) = line(credit, debit) {
            return Some((&back.credit_account, &back.debit_account));
        }
        Some((self.account_of(debit)?, self.account_of(credit)?))
    }

    /// The account of a balance by itself; nothing where neither the profile nor [`CHART`] says it.
    pub fn account_of(&self, balance: &str) -> Option<&str> {
        let usual = || {
            CHART
                .iter()
                .find(|(code, _, _)| *code == balance)
                .map(|(_, account, _)| *account)
        };
        self.accounts.get(balance).map(|account| &**account).or_else(usual)
    }
}

/// What an entry is to an accountant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A statement's first posting: what is expected to be owed.
    Provision,
    /// What facts, terms or code changed of it later.
    TrueUp,
    /// Money put into a participant's fund, or taken out.
    Funding,
    /// What a request or a claim moved.
    Claim,
    WriteOff,
    Settlement,
    /// What was posted before is taken back.
    Reversal,
}

impl Kind {
    pub fn of(cause: Cause, reason: Reason, debit: &str, credit: &str) -> Kind {
        match (cause, reason) {
            (_, Reason::Reversal) => Kind::Reversal,
            _ if [debit, credit].contains(&WRITTEN_OFF) => Kind::WriteOff,
            (Cause::Statement, Reason::Original) => Kind::Provision,
            (Cause::Statement, _) => Kind::TrueUp,
            (Cause::Fund, _) => Kind::Funding,
            (Cause::Claim, _) => Kind::Claim,
            (Cause::Settlement, _) => Kind::Settlement,
        }
    }

    pub fn as_str(self) -> &'static str {
        [
            "provision",
            "true-up",
            "funding",
            "claim",
            "write-off",
            "settlement",
            "reversal",
        ][self as usize]
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An accounting period: a calendar month, written `2024-03`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month(String);

impl Month {
    pub fn of(day: Day) -> Month {
        Month(day.date().format("%Y-%m").to_string())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Month {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let first: Result<Day> = format!("{text}-01").parse();
        first
            .map(Month::of)
            .ok()
            .filter(|month| month.0 == text)
            .ok_or_else(|| {
                Error::new(format!(
                    "`{text}` is no accounting period: write a month such as `2024-03`"
                ))
            })
    }
}

impl TryFrom<String> for Month {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.0
    }
}

/// When something that counts from `effective` is posted, and the period that it belongs to where that is closed: on its day, or on the first
/// day of the first open month after it.
///
/// # Errors
/// When every month up to the last year that a day may lie in is closed.
pub fn posting_day(effective: Day, closed: &BTreeSet<Month>) -> Result<(Day, Option<Month>)> {
    let own = Month::of(effective);
    if !closed.contains(&own) {
        return Ok((effective, None));
    }
    let (mut year, mut month) = (effective.date().year(), effective.date().month());
    loop {
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        let day = Day::from_ymd(year, month, 1)?;
        if !closed.contains(&Month::of(day)) {
            return Ok((day, Some(own)));
        }
    }
}

/// An entry of the journal. It is never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// From 1, without gaps, in the order of the ledger.
    pub number: i64,
    pub day: Day,
    pub period: Month,
    /// The closed period that it belongs to.
    pub original_period: Option<Month>,
    pub company: String,
    /// The program's code.
    pub program: String,
    /// The participant's account number.
    pub account: String,
    /// Account of the general ledger.
    pub debit: String,
    pub credit: String,
    /// Above 0.
    pub amount: Micros,
    pub currency: Currency,
    pub kind: Kind,
    pub cause: Cause,
    pub reason: Reason,
    pub transfer: TransferId,
}

/// One side of an entry, as it is exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    pub entry: &'a Entry,
    /// 1 is the debit, 2 the credit.
    pub number: u8,
    /// Account of the general ledger.
    pub account: &'a str,
    pub debit: Micros,
    pub credit: Micros,
}

impl Entry {
    pub fn lines(&self) -> [Line<'_>; 2] {
        let line = |number, account, debit, credit| Line {
            entry: self,
            number,
            account,
            debit,
            credit,
        };
        [
            line(1, &self.debit, self.amount, Micros::ZERO),
            line(2, &self.credit, Micros::ZERO, self.amount),
        ]
    }
}

/// What the lines of one company, period and currency come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Balanced {
    pub company: String,
    pub period: Month,
    pub currency: Currency,
    pub entries: usize,
    pub debit: Total,
    pub credit: Total,
}

/// The sums of the lines for each company, period and currency.
///
/// # Errors
/// When debit and credit differ in one of them: such an export is not written.
pub fn balance(lines: &[Line<'_>]) -> Result<Vec<Balanced>> {
    let mut sums: BTreeMap<(&str, &Month, &str), Balanced> = BTreeMap::new();
    for line in lines {
        let Entry {
            company,
            period,
            currency,
            ..
        } = line.entry;
        let sum = sums
            .entry((company, period, currency.code()))
            .or_insert_with(|| Balanced {
                company: company.clone(),
                period: period.clone(),
                currency: *currency,
                entries: 0,
                debit: Total::default(),
                credit: Total::default(),
            });
        sum.entries += usize::from(line.number == 1);
        sum.debit += line.debit;
        sum.credit += line.credit;
    }
    match sums.values().find(|sum| sum.debit != sum.credit) {
        None => Ok(sums.into_values().collect()),
        Some(sum) => Err(Error::new(format!(
            "the entries of company `{}` in {} debit {} and credit {} {}: nothing is exported",
            sum.company, sum.period, sum.debit, sum.credit, sum.currency
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_program_without_a_profile_posts_by_the_chart() {
        let profile = Profile::default();
        assert_eq!(profile.accounts_of("expense", "payable"), Some(("6100", "2100")));
        assert_eq!(profile.accounts_of("payable", "expense"), Some(("2100", "6100")));
        assert_eq!(profile.accounts_of("payable", "settled"), Some(("2100", "2110")));
        assert_eq!(profile.accounts_of("expense", "tips"), None);
    }

    #[test]
    fn a_line_counts_before_the_accounts_and_its_way_back_is_its_own_accounts_exchanged() {
        let profile: Profile = serde_json::from_str(
            r#"{"company": "de01", "accounts": {"payable": "3100"},
                "lines": [{"debit": "expense", "credit": "payable", "debit-account": "7000", "credit-account": "3900"}]}"#,
        )
        .unwrap();
        profile.check().unwrap();
        assert_eq!(profile.accounts_of("expense", "payable"), Some(("7000", "3900")));
        assert_eq!(profile.accounts_of("payable", "expense"), Some(("3900", "7000")));
        assert_eq!(profile.accounts_of("payable", "settled"), Some(("3100", "2110")));
        let twice = Profile {
            lines: vec![profile.lines[0].clone(), profile.lines[0].clone()],
            ..profile
        };
        assert_eq!(
            twice.check().unwrap_err().to_string(),
            "the posting profile has two lines for expense → payable: keep one"
        );
        assert!(serde_json::from_str::<Profile>(r#"{"acounts": {}}"#).is_err());
    }

    #[test]
    fn an_accountant_sees_what_an_entry_is() {
        let kind = |cause, reason, credit| Kind::of(cause, reason, "expense", credit);
        let claim = |reason| Kind::of(Cause::Claim, reason, WRITTEN_OFF, "deducted");
        assert_eq!(kind(Cause::Statement, Reason::Original, "payable"), Kind::Provision);
        assert_eq!(kind(Cause::Statement, Reason::PriorPeriod, "payable"), Kind::TrueUp);
        assert_eq!(claim(Reason::Original), Kind::WriteOff);
        assert_eq!(claim(Reason::Reversal), Kind::Reversal);
        assert_eq!(kind(Cause::Settlement, Reason::Reversal, "payable"), Kind::Reversal);
    }

    #[test]
    fn a_closed_month_takes_nothing_and_the_next_open_one_says_whose_it_is() {
        let closed: BTreeSet<Month> = ["2024-11", "2024-12"].map(|month| month.parse().unwrap()).into();
        assert_eq!(posting_day(day("2024-10-31"), &closed), Ok((day("2024-10-31"), None)));
        assert_eq!(
            posting_day(day("2024-11-30"), &closed),
            Ok((day("2025-01-01"), Some("2024-11".parse().unwrap())))
        );
        for text in ["2024-13", "2024", "2024-3", "", "2024-03-01"] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }

    fn entry(number: i64, amount: i64, month: u32, company: usize, currency: usize) -> Entry {
        let day = Day::from_ymd(2024, month, 15).unwrap();
        Entry {
            number,
            day,
            period: Month::of(day),
            original_period: None,
            company: ["de01", "uk01"][company].into(),
            program: "volume".into(),
            account: "north".into(),
            debit: "6100".into(),
            credit: "2100".into(),
            amount: Micros(amount),
            currency: ["GBP", "EUR"][currency].parse().unwrap(),
            kind: Kind::Provision,
            cause: Cause::Statement,
            reason: Reason::Original,
            transfer: format!("t-{number}").into(),
        }
    }

    #[test]
    fn lines_that_do_not_balance_are_refused() {
        let entry = entry(1, 5_000_000, 3, 0, 0);
        let lines = entry.lines();
        assert!(balance(&lines).is_ok());
        assert_eq!(
            balance(&lines[..1]).unwrap_err().to_string(),
            "the entries of company `de01` in 2024-03 debit 5 and credit 0 GBP: nothing is exported"
        );
    }

    proptest! {
        #[test]
        fn whatever_is_posted_balances_per_company_period_and_currency(
            parts in prop::collection::vec((1..i64::MAX, 1..=12_u32, 0..2_usize, 0..2_usize), 0..40),
            closed in prop::collection::btree_set(1..=12_u32, 0..12),
        ) {
            let closed: BTreeSet<Month> = closed.into_iter().map(|month| Month::of(Day::from_ymd(2024, month, 1).unwrap())).collect();
            let entries: Vec<Entry> = (1..).zip(&parts).map(|(number, (amount, month, company, currency))| {
                let entry = entry(number, *amount, *month, *company, *currency);
                let (day, original_period) = posting_day(entry.day, &closed).unwrap();
                Entry { day, period: Month::of(day), original_period, ..entry }
            }).collect();
            let lines: Vec<Line<'_>> = entries.iter().flat_map(Entry::lines).collect();
            let balanced = balance(&lines).unwrap();
            prop_assert_eq!(balanced.iter().map(|sum| sum.entries).sum::<usize>(), entries.len());
            prop_assert!(balanced.iter().all(|sum| !closed.contains(&sum.period)));
            let posted: i128 = parts.iter().map(|(amount, ..)| i128::from(*amount)).sum();
            let debited: i128 = lines.iter().map(|line| i128::from(line.debit.0)).sum();
            let credited: i128 = lines.iter().map(|line| i128::from(line.credit.0)).sum();
            prop_assert_eq!((debited, credited), (posted, posted));
        }
    }
}
