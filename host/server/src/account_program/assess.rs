//! Asking a plugin whether an account may take part.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use domain::account::Account;
use domain::account_program::Assessment;
use domain::calculation::{AgreedFigure, Attribute, Participant};
use domain::day::Day;
use domain::plugin::Grant;
use domain::program::{Program, Terms};
use runtime::Plugin;
use rust_decimal::Decimal;
use store::account_program::Enrolment;

use crate::host::Host;
use crate::run::prepare::terms_in_force;

/// A program's plugin with the approved terms that decide who may join: those in force when somebody begins to take part, or today when
/// that is later.
pub struct Assessor {
    pub terms: Terms,
    plugin: Plugin,
    granted: Grant,
}

impl Assessor {
    pub async fn open(host: &Host, program: &Program, from: Day) -> Result<Self> {
        let mut snapshot = host.store.read().await?;
        // Before the first terms hold, they are what there is to go by.
        let versions = snapshot.terms_of(&program.id).await?;
        let first = versions.first().map_or(from, |terms| terms.valid_from);
        let day = host.today()?.max(from).max(first);
        let terms = terms_in_force(&mut snapshot, program, day).await?;
        drop(snapshot);
        let (plugin, granted) = host.plugin_of(&terms).await?;
        Ok(Self { terms, plugin, granted })
    }

    /// `override_reason` is what counts against a verdict that keeps the account out.
    ///
    /// # Errors
    /// When the plugin gives no verdict.
    pub fn assess(
        &self,
        account: &Account,
        enrolment: &Enrolment,
        override_reason: Option<String>,
    ) -> Result<Assessment> {
        let participant = participant(
            account,
            &self.granted,
            enrolment.from,
            enrolment.until,
            &enrolment.agreed,
        );
        let verdict = self
            .plugin
            .assess(&self.terms.json, &participant)
            .with_context(|| format!("account `{}` could not be assessed", account.number))?;
        Ok(Assessment {
            overridden: override_reason.filter(|_| !verdict.eligible),
            terms: self.terms.id.clone(),
            verdict,
        })
    }
}

/// An account as a plugin is told about it: with the profile attributes that it was granted, and no others.
pub fn participant(
    account: &Account,
    granted: &Grant,
    enrolled_from: Day,
    enrolled_until: Option<Day>,
    agreed: &BTreeMap<String, Decimal>,
) -> Participant {
    let attributes = account
        .attributes
        .iter()
        .filter(|(name, _)| granted.profile_attributes.contains(name));
    let agreed = agreed.iter().map(|(code, value)| AgreedFigure {
        code: code.clone(),
        value: *value,
    });
    Participant {
        account: account.number.clone(),
        agreed: agreed.collect(),
        attributes: attributes
            .map(|(name, value)| Attribute {
                name: name.clone(),
                value: value.clone(),
            })
            .collect(),
        enrolled_from,
        enrolled_until,
    }
}
