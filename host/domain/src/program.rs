//! A go-to-market program: its master definition, and the versions of its terms.

use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::currency::Currency;
use crate::day::Day;
use crate::digest::Digest;
use crate::id::{PluginVersionId, ProgramId, TermsId};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    pub id: ProgramId,
    /// As people write it; unique; kebab-case.
    pub code: String,
    pub title: String,
    pub currency: Currency,
    pub calendar: Calendar,
    pub start: Day,
    pub end: Option<Day>,
}

/// One version of a program's terms, with the very code that calculates by it. Never changed: a new version with its own date
/// takes over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub id: TermsId,
    pub program: ProgramId,
    /// From 1.
    pub version: i64,
    /// In force for periods that end on this day or later, until a version with a later day takes over.
    pub valid_from: Day,
    /// Canonical JSON.
    pub json: String,
    pub plugin_version: PluginVersionId,
    /// SHA-256 of the component.
    pub component: Digest,
}

impl Terms {
    /// The terms in force on a day: of those already valid the one with the latest `valid_from`, then the latest version.
    pub fn in_force(versions: &[Terms], day: Day) -> Option<&Terms> {
        versions
            .iter()
            .filter(|terms| terms.valid_from <= day)
            .max_by_key(|terms| (terms.valid_from, terms.version))
    }
}
