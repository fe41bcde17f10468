//! One account's part in one program: its dates, and the figures agreed with it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::id::{AccountId, AccountProgramId, ProgramId};
use crate::period::Period;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountProgram {
    pub id: AccountProgramId,
    pub account: AccountId,
    pub program: ProgramId,
    pub enrolled_from: Day,
    pub enrolled_until: Option<Day>,
    /// By code, such as `baseline`.
    pub agreed: BTreeMap<String, Decimal>,
}

impl AccountProgram {
    /// Whether the account takes part on at least one day of the period.
    pub fn takes_part_in(&self, period: &Period) -> bool {
        self.enrolled_from <= period.end && self.enrolled_until.is_none_or(|until| period.start <= until)
    }
}
