//! What a ruling stands on: the program with its terms and its plugin, and everything that the plugin is told besides the claim. It is gathered
//! before the plugin runs, and once more before the ruling is kept: what is not the same any more is ruled on again.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};
use domain::adjudication::{ApprovedRequest, Claim, ClaimKind, Evidence, Proof};
use domain::calculation::{self, AgreedFigure, Attribute, Context, Gathered, OpeningBalance};
use domain::claim::{Status, stake};
use domain::day::Day;
use domain::id::{AccountId, ClaimId};
use domain::ledger::Transfer;
use domain::money::Micros;
use domain::period::Period;
use domain::plugin::{ClaimHandling, Grant, Plan, Side};
use domain::program::{Program, Terms};
use runtime::Plugin;
use serde_json::Value;
use store::Snapshot;
use store::claim::KeptClaim;

use crate::host::Host;
use crate::run::prepare::{gather_windows, terms_in_force};

/// A program on one day.
pub struct Ground {
    pub program: Program,
    pub terms: Terms,
    pub plugin: Plugin,
    granted: Grant,
    plan: Plan,
    period: Period,
    year: Period,
    gathered: Vec<Gathered>,
}

/// All that a ruling rests on, besides terms and code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub context: Context,
    pub evidence: Evidence,
    pub asked: Claim,
}

/// Whose claim it is, and what of it is kept already.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    pub account: &'a AccountId,
    pub asked: &'a Claim,
    /// The claim itself, once it is written.
    pub kept: Option<&'a KeptClaim>,
    pub request: Option<&'a ClaimId>,
    pub proofs: &'a [Proof],
}

impl Ground {
    /// # Errors
    /// A sentence that names the program, when it does not run yet on that day, has no terms in force or takes no claims. How long after its
    /// end something may be claimed is the terms' business.
    pub async fn of(host: &Host, program: &Program, day: Day) -> Result<Self> {
        let code = &program.code;
        ensure!(
            program.start <= day,
            "program `{code}` does not run on {day}: it begins on {}",
            program.start
        );
        let period = program.calendar.containing(day)?;
        let terms = terms_in_force(&mut host.store.read().await?, program, period.end).await?;
        let (plugin, granted) = host.plugin_of(&terms).await?;
        ensure!(
            plugin.descriptor().claims.is_some(),
            "program `{code}` takes no claims: plugin `{}` pays without them",
            plugin.descriptor().id
        );
        let plan = plugin.plan(&serde_json::from_str(&terms.json)?)?;
        granted.allows(plugin.descriptor(), &plan)?;
        Ok(Self {
            gathered: gather_windows(program, &period, &plan)?,
            year: program.calendar.year_of(&period)?,
            program: program.clone(),
            terms,
            plugin,
            granted,
            plan,
            period,
        })
    }

    pub fn handling(&self) -> Result<&ClaimHandling> {
        self.plugin
            .descriptor()
            .claims
            .as_ref()
            .context("the plugin takes no claims")
    }

    /// Gathers what the plugin is told. What the claim itself has moved and used counts as if it had not.
    ///
    /// # Errors
    /// A sentence when the account takes no part on the day, its request is not approved, or the terms have changed since.
    pub async fn question(&self, snapshot: &mut Snapshot, asking: Asking<'_>) -> Result<Question> {
        let terms = terms_in_force(snapshot, &self.program, self.period.end).await?;
        ensure!(
            terms.id == self.terms.id,
            "program `{}` was given new terms in the meantime: do it again",
            self.program.code
        );
        let own: Vec<Transfer> = match asking.kept {
            None => vec![],
            Some(kept) => {
                let moved = snapshot.claim_transfers(&kept.id).await?;
                moved.into_iter().map(|moved| moved.transfer).collect()
            }
        };
        Ok(Question {
            context: self.context(snapshot, asking, &own).await?,
            evidence: self.evidence(snapshot, asking).await?,
            asked: asking.asked.clone(),
        })
    }

    async fn context(&self, snapshot: &mut Snapshot, asking: Asking<'_>, own: &[Transfer]) -> Result<Context> {
        let (program, submitted) = (&self.program, asking.asked.submitted);
        let account = snapshot
            .account_by_id(asking.account)
            .await?
            .context("the claim's account is missing")?;
        let participant = snapshot.participant(&program.id, asking.account).await?;
        let enrolment = participant
            .with_context(|| {
                format!(
                    "account `{}` takes no part in program `{}`: enrol it first",
                    account.number, program.code
                )
            })?
            .enrolment;
        ensure!(
            enrolment.enrolled_from <= submitted,
            "account `{}` takes no part in program `{}` on {submitted}: it is enrolled from {}",
            account.number,
            program.code,
            enrolment.enrolled_from
        );
        if let Some(code) = self
            .plan
            .agreed
            .iter()
            .find(|code| !enrolment.agreed.contains_key(*code))
        {
            bail!(
                "account `{}` has no agreed figure `{code}`, which the terms of `{}` need: enrol it again with --agreed {code}=NUMBER",
                account.number,
                program.code
            );
        }
        let attribute = |(name, value): (&String, &String)| Attribute {
            name: name.clone(),
            value: value.clone(),
        };
        let agreed = |(code, value): (&String, &_)| AgreedFigure {
            code: code.clone(),
            value: *value,
        };
        Ok(Context {
            program: program.code.clone(),
            terms: self.terms.json.clone(),
            participant: calculation::Participant {
                attributes: account
                    .attributes
                    .iter()
                    .filter(|(name, _)| self.granted.profile_attributes.contains(name))
                    .map(attribute)
                    .collect(),
                account: account.number,
                enrolled_from: enrolment.enrolled_from,
                enrolled_until: enrolment.enrolled_until,
                agreed: enrolment.agreed.iter().map(agreed).collect(),
            },
            period: self.period.clone(),
            year: self.year.clone(),
            gathered: self.gathered.clone(),
            currency: program.currency,
            opening_balances: self.balances(snapshot, asking.account, own).await?,
            products: vec![],
            end_customers: vec![],
            dictionaries: vec![],
        })
    }

    /// Those that the handling names, then those of the plan, each on its own side, as if the claim had moved nothing yet.
    async fn balances(
        &self,
        snapshot: &mut Snapshot,
        account: &AccountId,
        own: &[Transfer],
    ) -> Result<Vec<OpeningBalance>> {
        let descriptor = self.plugin.descriptor();
        let told: Vec<&str> = self.handling()?.told().collect();
        let others = self.plan.balances.iter().map(String::as_str);
        let others = others.filter(|code| !told.contains(code));
        let held = snapshot.held_by(&self.program.id, &[account]).await?;
        let held = held.get(account).map_or(&[][..], |held| held);
        let balance = |code: &str| -> Result<OpeningBalance> {
            let holds = held.iter().filter(|held| held.balance == code).map(|held| held.amount);
            let before = Micros::checked_sum(holds)?.checked_sub(stake::holds(own, code)?)?;
            let on_debit_side = descriptor
                .balance(code)
                .is_some_and(|balance| balance.side == Side::Debit);
            Ok(OpeningBalance {
                code: code.to_owned(),
                amount: if on_debit_side {
                    Micros::ZERO.checked_sub(before)?
                } else {
                    before
                },
            })
        };
        told.iter().copied().chain(others).map(balance).collect()
    }

    async fn evidence(&self, snapshot: &mut Snapshot, asking: Asking<'_>) -> Result<Evidence> {
        let this = asking.kept.map(|kept| &kept.id);
        let keys: BTreeSet<&str> = asking
            .asked
            .lines
            .iter()
            .filter_map(|line| line.key.as_deref())
            .collect();
        let keys: Vec<&str> = keys.into_iter().collect();
        let skus = skus(asking.asked)?;
        let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
        let mut evidence = Evidence {
            claimed_before: snapshot
                .claimed_before(&self.program.id, asking.account, asking.asked.kind, &keys, this)
                .await?,
            proofs: asking.proofs.to_vec(),
            ..Evidence::default()
        };
        if let Some(id) = asking.request {
            evidence.request = Some(request(snapshot, id, this).await?);
        }
        if self.plan.agreements {
            let kept = snapshot
                .agreements(&self.program.id, Some(asking.account), Some(&skus), this)
                .await?;
            evidence.agreements = kept.into_iter().map(|kept| kept.agreement).collect();
        }
        if self.plan.inventory {
            let account = snapshot.account_by_id(asking.account).await?;
            let ordinal = account.context("the claim's account is missing")?.ordinal;
            evidence.inventory = snapshot.reported_stock(ordinal, &skus).await?;
        }
        Ok(evidence)
    }
}

/// The request that a claim draws on, with what is left of it for this claim.
async fn request(snapshot: &mut Snapshot, id: &ClaimId, this: Option<&ClaimId>) -> Result<ApprovedRequest> {
    let request = snapshot
        .claim(id)
        .await?
        .context("the request that the claim draws on is missing")?;
    if !matches!(request.standing.status, Status::Approved | Status::Adjusted) {
        bail!(
            "request `{}` is {}: only an approved one can be claimed against",
            request.number,
            request.standing.status
        );
    }
    let used = snapshot.used_of_request(id, this).await?;
    Ok(ApprovedRequest {
        number: request.number,
        submitted: request.submitted,
        approved: request.approved,
        remaining: request.approved.checked_sub(used)?,
        fields: request.fields,
    })
}

/// The products that the lines name.
fn skus(asked: &Claim) -> Result<BTreeSet<String>> {
    let mut skus = BTreeSet::new();
    for line in &asked.lines {
        let fields: Value = serde_json::from_str(&line.fields)?;
        skus.extend(fields.get("sku").and_then(Value::as_str).map(str::to_owned));
    }
    Ok(skus)
}

/// The request of that number, for a claim that is to draw on it.
///
/// # Errors
/// There is none, it is no request, or somebody else's.
pub async fn request_named(
    snapshot: &mut Snapshot,
    program: &Program,
    account: &AccountId,
    kind: ClaimKind,
    number: &str,
) -> Result<ClaimId> {
    ensure!(
        kind != ClaimKind::Request,
        "a request draws on no other: leave out --request"
    );
    let filter = store::claim::read::ClaimFilter {
        program: Some(program.id.clone()),
        number: Some(number.to_owned()),
        kind: Some(ClaimKind::Request),
        account: Some(account.clone()),
        ..Default::default()
    };
    let found = snapshot.claims(&filter, None, 1).await?.pop();
    let found = found.with_context(|| {
        format!(
            "this participant has no request `{number}` in program `{}`: `gtm claim list --kind request` shows them",
            program.code
        )
    })?;
    Ok(found.id)
}
