use askama::Template;

use crate::claims::filings;
use crate::{Flash, Frame, Unit, path, sentence::Sentence};

/// What each participant's fund of a program holds.
#[derive(Clone, Debug, Template)]
#[template(path = "funds.html")]
pub struct FundsPage {
    pub frame: Frame,
    /// The program's code and title.
    pub code: String,
    pub title: String,
    pub unit: Unit,
    /// Code of the budget that they draw on.
    pub budget: Option<String>,
    /// Only those whose account number begins with this.
    pub account: Option<String>,
    pub funds: Vec<FundLine>,
    /// Over all funds of the program, whichever are listed.
    pub total: FundLine,
    /// Whether funds stand before these.
    pub continued: bool,
    /// The account number to ask for the next page with, in the query as `after`. None on the last page.
    pub next: Option<String>,
}

/// One participant's fund, in micros.
#[derive(Clone, Debug)]
pub struct FundLine {
    pub account: String,
    pub name: String,
    /// Put in from the budget.
    pub allocated: i64,
    /// Taken back or lapsed unused.
    pub returned: i64,
    /// Put in by statements, less what lapsed by them.
    pub accrued: i64,
    /// Promised to requests and claims that are not decided.
    pub committed: i64,
    /// Approved and not settled.
    pub payable: i64,
    pub settled: i64,
    /// What can still be claimed.
    pub available: i64,
}

/// One fund with every movement between it and the budget.
#[derive(Clone, Debug, Template)]
#[template(path = "fund.html")]
pub struct FundPage {
    pub frame: Frame,
    pub code: String,
    pub title: String,
    pub unit: Unit,
    /// What can be filed against it: `claim`, `request`.
    pub kinds: Vec<String>,
    pub fund: FundLine,
    /// Oldest first.
    pub movements: Vec<FundMovement>,
}

#[derive(Clone, Debug)]
pub struct FundMovement {
    /// The day from which it counts.
    pub effective: String,
    /// `allocation`, `release`, `expiry`.
    pub kind: String,
    /// In micros; below 0 out of the fund.
    pub amount: i64,
    /// The last day on which it can be claimed.
    pub expires: Option<String>,
    /// Whether that day has passed.
    pub is_past: bool,
    pub reason: String,
    /// Why it was right although the budget had not as much left.
    pub overridden: Option<String>,
    pub actor: String,
}

impl FundsPage {
    fn address(&self) -> String {
        path::funds(&self.code)
    }

    fn program_address(&self) -> String {
        path::program(&self.code)
    }

    fn fund_address(&self, fund: &FundLine) -> String {
        path::fund(&self.code, &fund.account)
    }

    fn first_address(&self) -> String {
        path::with_query(self.address(), &[("account", self.account.as_deref())])
    }

    fn next_address(&self) -> Option<String> {
        let query = [
            ("account", self.account.as_deref()),
            ("after", Some(self.next.as_deref()?)),
        ];
        Some(path::with_query(self.address(), &query))
    }

    /// Two funds: one with a claim in review, one that lapsed.
    pub fn sample() -> Self {
        let lapsed = FundLine {
            account: "12350".into(),
            name: "Maison Lefèvre".into(),
            allocated: 1_500_000_000,
            returned: 1_500_000_000,
            accrued: 0,
            committed: 0,
            payable: 0,
            settled: 0,
            available: 0,
        };
        FundsPage {
            frame: Frame {
                flash: None,
                notice: Some("served on this machine only".into()),
            },
            code: "fund-2024".into(),
            title: "Marketing fund 2024".into(),
            unit: Unit::new("GBP", 2),
            budget: Some("marketing-2024".into()),
            account: None,
            total: FundLine {
                account: String::new(),
                name: String::new(),
                allocated: 9_500_000_000,
                returned: 1_750_000_000,
                ..FundLine::sample()
            },
            funds: vec![FundLine::sample(), lapsed],
            continued: false,
            next: Some("12350".into()),
        }
    }
}

impl FundLine {
    fn sample() -> Self {
        FundLine {
            account: "12347".into(),
            name: "Harbour & Sons".into(),
            allocated: 8_000_000_000,
            returned: 250_000_000,
            accrued: 1_200_000_000,
            committed: 4_000_000_000,
            payable: 600_000_000,
            settled: 1_100_000_000,
            available: 3_250_000_000,
        }
    }
}

impl FundPage {
    fn program_address(&self) -> String {
        path::program(&self.code)
    }

    fn funds_address(&self) -> String {
        path::funds(&self.code)
    }

    /// Where something is filed for this participant: address and words.
    fn filings(&self) -> Vec<(String, &'static str)> {
        filings(&self.code, &self.kinds, Some(&self.fund.account))
    }

    /// Money put in twice, and some of it taken back.
    pub fn sample() -> Self {
        let FundsPage {
            frame,
            code,
            title,
            unit,
            ..
        } = FundsPage::sample();
        let movement = |effective: &str, kind: &str, amount: i64, expires: Option<&str>, reason: &str| FundMovement {
            effective: effective.into(),
            kind: kind.into(),
            amount,
            expires: expires.map(Into::into),
            is_past: false,
            reason: reason.into(),
            overridden: None,
            actor: "user:max".into(),
        };
        FundPage {
            frame,
            code,
            title,
            unit,
            kinds: ["claim", "request"].map(String::from).to_vec(),
            fund: FundLine::sample(),
            movements: vec![
                movement(
                    "2024-01-15",
                    "allocation",
                    5_000_000_000,
                    Some("2024-12-31"),
                    "spring fair",
                ),
                FundMovement {
                    overridden: Some("the fair was moved to a larger hall".into()),
                    ..movement("2024-03-01", "allocation", 3_000_000_000, None, "larger stand")
                },
                movement("2024-05-02", "release", -250_000_000, None, "the stand was cheaper"),
            ],
        }
    }
}
