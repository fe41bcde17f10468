//! `gtm replay`: a statement calculated again from the journal as it stood, and held against what was recorded, byte for byte.

use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, Result, anyhow};
use domain::calculation::Context;
use domain::columns;
use domain::digest::{Digest, canonical_json};
use domain::id::{StatementId, TermsId};
use domain::ledger::{self, Reason, Transfer};
use domain::money::Micros;
use domain::plugin::Plan;
use domain::stacking::Reduction;
use domain::statement::{Revision, read_outcome};
use runtime::Plugin;
use serde::Serialize;
use store::Error;
use store::segment::{Info, Opened, Scratch, Spans};
use store::statement::{KeptRevision, StatementFilter};

use crate::host::Host;
use crate::progress::Progress;
use crate::recorded::Records;
use crate::run::earlier::Source;
use crate::run::work::Net;

/// What came of one revision.
#[derive(Debug, Serialize)]
pub struct Replayed {
    pub statement: StatementId,
    pub program: String,
    pub period: String,
    pub account: String,
    pub revision: i64,
    pub identical: bool,
    /// What differs, and where: a sentence each.
    pub differences: Vec<String>,
}

/// Replays statements one after the other, keeping what they share.
pub struct Replay<'a> {
    host: &'a Host,
    /// By the component's digest, or the sentence that says what is wrong with it.
    plugins: HashMap<Digest, std::result::Result<Plugin, String>>,
    /// By terms; the code that makes it is part of them.
    plans: HashMap<TermsId, Plan>,
    records: Records<'a>,
    segments: Vec<Info>,
    /// Those that were read and found whole.
    sound_segments: HashSet<Digest>,
}

impl<'a> Replay<'a> {
    pub async fn open(host: &'a Host) -> Result<Self> {
        Ok(Self {
            host,
            plugins: HashMap::new(),
            plans: HashMap::new(),
            records: Records::open(&host.store).await?,
            segments: host.store.read().await?.segments().await?,
            sound_segments: HashSet::new(),
        })
    }

    /// Every revision of these statements; of all statements when none is named.
    pub async fn run(&mut self, names: &[String]) -> Result<Vec<Replayed>> {
        let mut snapshot = self.host.store.read().await?;
        let mut lines = Vec::new();
        for name in names {
            lines.push(crate::statement::find(&mut snapshot, name).await?);
        }
        while names.is_empty() {
            let after = lines.last().map(|line: &store::statement::StatementLine| line.key());
            let page = snapshot
                .statements(&StatementFilter::default(), after.as_ref(), 500)
                .await?;
            if page.is_empty() {
                break;
            }
            lines.extend(page);
        }
        drop(snapshot);
        let progress = Progress::new("replaying", lines.len() as u64, "statements");
        let mut replayed = Vec::new();
        for (n, line) in lines.iter().enumerate() {
            let revisions = self.host.store.read().await?.revisions(&line.statement.id).await?;
            let mut posted = Vec::new();
            for kept in &revisions {
                let differences = self.differences(kept, &posted).await?;
                posted.extend(kept.revision.transfers.iter().cloned());
                replayed.push(Replayed {
                    statement: line.statement.id.clone(),
                    program: line.program_code.clone(),
                    period: line.statement.period.clone(),
                    account: line.account_number.clone(),
                    revision: kept.revision.number,
                    identical: differences.is_empty(),
                    differences,
                });
            }
            progress.reach(n as u64 + 1);
        }
        Ok(replayed)
    }

    /// What differs between the record and the calculation. `posted`: the transfers of the revisions before.
    async fn differences(&mut self, kept: &KeptRevision, posted: &[Transfer]) -> Result<Vec<String>> {
        let revision = &kept.revision;
        let receipt = &revision.receipt;
        let mut found = Vec::new();
        match self
            .host
            .store
            .read()
            .await?
            .signing_key(&receipt.signature.key)
            .await?
        {
            Some(key) => found.extend(runtime::verify(receipt, &key.public_key).err().map(|e| e.to_string())),
            None => found.push(format!(
                "the receipt names the key {}, which this host never had",
                receipt.signature.key
            )),
        }
        let mut hold = |what: &str, bytes: &[u8], recorded: Digest| {
            let digest = Digest::of(bytes);
            if digest != recorded {
                found.push(format!(
                    "the {what} that was kept has the digest {digest}; the receipt says {recorded}"
                ));
            }
        };
        hold("context", &revision.context, receipt.context);
        hold("output", &revision.output, receipt.output);
        hold("log", revision.log.as_bytes(), receipt.log);
        if !found.is_empty() {
            return Ok(found);
        }
        let plugin = match self.plugin(receipt.component).await? {
            Ok(plugin) => plugin,
            Err(sentence) => return Ok(vec![sentence]),
        };
        match self.calculate(revision, &plugin, posted).await {
            Ok(differences) => Ok(differences),
            Err(e) => Ok(vec![format!("{e:#}")]),
        }
    }

    async fn plugin(&mut self, digest: Digest) -> Result<std::result::Result<Plugin, String>> {
        if let Some(plugin) = self.plugins.get(&digest) {
            return Ok(plugin.clone());
        }
        let plugin = match self.host.store.read().await?.component(&digest).await {
            Ok(Some(component)) => Plugin::load(&self.host.engine, &component).map_err(|e| e.to_string()),
            Ok(None) => Err(format!("the component {digest} is not kept")),
            Err(Error::Corrupt { what }) => Err(what),
            Err(e) => return Err(e.into()),
        };
        self.plugins.insert(digest, plugin.clone());
        Ok(plugin)
    }

    /// Gathers the rows from the journal as they stood, runs the component, and compares.
    async fn calculate(&mut self, revision: &Revision, plugin: &Plugin, posted: &[Transfer]) -> Result<Vec<String>> {
        let receipt = &revision.receipt;
        let context: Context =
            serde_json::from_slice(&revision.context).context("the context that was kept cannot be read")?;
        let plan = match self.plans.get(&revision.terms) {
            Some(plan) => plan.clone(),
            None => {
                let plan = plugin.plan(&serde_json::from_str(&context.terms)?)?;
                self.plans.insert(revision.terms.clone(), plan.clone());
                plan
            }
        };
        let recorded = self.records.of(revision, &context, &plan).await?;
        let mut scratch = Scratch::default();
        let gathered = recorded.gather(&mut scratch)?;
        let mut differences = self
            .unsound_segments(&recorded.accounts, &recorded.spans, plan.dates_by)
            .await?;
        let net = Net::of(&gathered.slices, self.paid(revision).await?)?;
        let rows = net.rows(&gathered.slices);
        let rows_digest = columns::digest(&rows);
        if rows_digest != receipt.rows {
            differences.push(format!(
                "the rows in the journal have the digest {rows_digest}; the receipt says {}",
                receipt.rows
            ));
            return Ok(differences);
        }
        if net.reduced_by != revision.reduced_by {
            differences.push("what was kept of the earlier programs is not what they take off these rows".into());
        }
        let calculated = plugin.calculate(&context, &rows)?;
        if canonical_json(&context)? != revision.context {
            differences.push("the context that was kept is not in canonical form".into());
        }
        if calculated.output != revision.output {
            differences.push(format!(
                "the component answers with the digest {}; the receipt says {}",
                Digest::of(&calculated.output),
                receipt.output
            ));
        }
        // Why it was posted is the run's word, not the calculation's.
        let reason = revision
            .transfers
            .first()
            .map_or(Reason::Original, |transfer| transfer.reason);
        if ledger::difference(&calculated.outcome.transfers, posted, reason)? != revision.transfers {
            differences.push(
                "the ledger does not hold the transfers that this calculation posts after those before it".into(),
            );
        }
        if calculated.log != revision.log {
            differences.push("the component logs something else".into());
        }
        if calculated.fuel != receipt.fuel {
            differences.push(format!(
                "the component took {} units of fuel; the receipt says {}",
                calculated.fuel, receipt.fuel
            ));
        }
        Ok(differences)
    }

    /// What the statements that the revision was reduced by pay on each of their rows, worked out again from their recorded answers and from
    /// the journal as it stood.
    async fn paid(&mut self, revision: &Revision) -> Result<Vec<(Reduction, HashMap<u64, Micros>)>> {
        let mut paid = Vec::new();
        for reduction in &revision.reduced_by {
            let kept = self.host.store.read().await?.revisions(&reduction.statement).await?;
            let earlier = kept.into_iter().find(|kept| kept.revision.number == reduction.revision);
            let earlier = earlier
                .context("the statement that this one was reduced by is missing")?
                .revision;
            let terms = self.host.store.read().await?.terms(&earlier.terms).await?;
            let terms = terms.context("the terms of the statement that this one was reduced by are missing")?;
            let plugin = self
                .plugin(terms.component)
                .await?
                .map_err(|sentence| anyhow!(sentence))?;
            let plan = match self.plans.get(&terms.id) {
                Some(plan) => plan.clone(),
                None => plugin.plan(&serde_json::from_str(&terms.json)?)?,
            };
            self.plans.insert(terms.id.clone(), plan.clone());
            let program = self.records.program(&earlier.program)?;
            let period = program.calendar.period(&earlier.period)?;
            let source = Source::new(program, &period, &plan, plugin.descriptor(), &self.records.products)?;
            let recorded = self
                .records
                .earlier(&earlier, &source, revision.receipt.position)
                .await?;
            let mut scratch = Scratch::default();
            let rows = recorded.gather(&mut scratch)?;
            let head = Reduction {
                amount: Micros::ZERO,
                ..reduction.clone()
            };
            paid.push((head, source.paid(&rows.slices, &read_outcome(&earlier.output)?)?));
        }
        Ok(paid)
    }

    /// Segments with these rows whose contents are not what their digest names.
    async fn unsound_segments(
        &mut self,
        accounts: &[u32],
        spans: &Spans,
        basis: domain::transaction::DateBasis,
    ) -> Result<Vec<String>> {
        let mut unsound = Vec::new();
        let mut snapshot = self.host.store.read().await?;
        for info in &self.segments {
            let concerns = accounts.iter().any(|account| info.holds(*account))
                && info.days_by(basis).is_some_and(|days| spans.overlap(days));
            if !concerns || self.sound_segments.contains(&info.digest) {
                continue;
            }
            let content = snapshot.segment(&info.digest).await?;
            match Opened::open(info.digest, content, &Default::default()) {
                Ok(_) => drop(self.sound_segments.insert(info.digest)),
                Err(e) => unsound.push(e.to_string()),
            }
        }
        Ok(unsound)
    }
}
