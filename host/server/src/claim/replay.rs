//! `gtm claim replay`: a ruling given again on what was sent, and held against what was recorded, byte for byte; and the ledger held against
//! what the claim stands for.

use std::collections::HashMap;

use anyhow::{Context, Result};
use domain::adjudication::{Claim, Evidence};
use domain::calculation;
use domain::claim::Status;
use domain::digest::{Digest, canonical_json};
use domain::id::ClaimId;
use domain::money::Micros;
use runtime::Plugin;
use serde::Serialize;
use store::Error;
use store::claim::KeptClaim;
use store::claim::read::ClaimFilter;
use store::claim::ruling::KeptRuling;

use super::find;
use super::submit::stake_of;
use crate::host::Host;

/// What came of one ruling.
#[derive(Debug, Serialize)]
pub struct Replayed {
    pub claim: ClaimId,
    pub program: String,
    pub number: String,
    pub account: String,
    /// Number of the ruling.
    pub ruling: i64,
    pub identical: bool,
    /// What differs, and where: a sentence each.
    pub differences: Vec<String>,
}

/// By the component's digest, or the sentence that says what is wrong with it.
type Plugins = HashMap<Digest, std::result::Result<Plugin, String>>;

/// Every ruling on these claims; on all claims when none is named.
pub async fn replay(host: &Host, names: &[String]) -> Result<Vec<Replayed>> {
    let mut snapshot = host.store.read().await?;
    let mut claims = Vec::new();
    for name in names {
        claims.push(find(&mut snapshot, name).await?);
    }
    while names.is_empty() {
        let after = claims.last().map(|claim: &KeptClaim| claim.id.clone());
        let page = snapshot.claims(&ClaimFilter::default(), after.as_ref(), 500).await?;
        if page.is_empty() {
            break;
        }
        claims.extend(page);
    }
    drop(snapshot);
    let mut plugins = Plugins::new();
    let mut replayed = Vec::new();
    for claim in &claims {
        let mut snapshot = host.store.read().await?;
        let (asked, rulings) = (snapshot.asked(claim).await?, snapshot.rulings(&claim.id).await?);
        drop(snapshot);
        let newest = rulings.last().map(|ruling| ruling.number);
        for kept in &rulings {
            let mut differences = differences(host, &mut plugins, kept, &asked).await?;
            if Some(kept.number) == newest {
                differences.extend(in_the_ledger(host, &plugins, claim, kept).await?);
            }
            replayed.push(Replayed {
                claim: claim.id.clone(),
                program: claim.program_code.clone(),
                number: claim.number.clone(),
                account: claim.account_number.clone(),
                ruling: kept.number,
                identical: differences.is_empty(),
                differences,
            });
        }
    }
    Ok(replayed)
}

async fn differences(host: &Host, plugins: &mut Plugins, kept: &KeptRuling, lines: &Claim) -> Result<Vec<String>> {
    let (ruled, receipt) = (&kept.ruled, &kept.ruled.receipt);
    let mut found = Vec::new();
    let key = host.store.read().await?.signing_key(&receipt.signature.key).await?;
    match key {
        Some(key) => found.extend(runtime::verify(receipt, &key.public_key).err().map(|e| e.to_string())),
        None => found.push(format!(
            "the receipt names the key {}, which this host never had",
            receipt.signature.key
        )),
    }
    for (what, bytes, recorded) in [
        ("context", &*ruled.context, receipt.context),
        ("evidence", &*ruled.evidence, receipt.evidence),
        ("claim", &*ruled.asked, receipt.asked),
        ("output", &*ruled.output, receipt.output),
        ("log", ruled.log.as_bytes(), receipt.log),
    ] {
        let digest = Digest::of(bytes);
        if digest != recorded {
            found.push(format!(
                "the {what} that was kept has the digest {digest}; the receipt says {recorded}"
            ));
        }
    }
    if receipt.revision != kept.number {
        found.push(format!(
            "it is kept as ruling {}; the receipt says {}",
            kept.number, receipt.revision
        ));
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let plugin = match plugin(host, plugins, receipt.component).await? {
        Ok(plugin) => plugin,
        Err(sentence) => return Ok(vec![sentence]),
    };
    Ok(compare(kept, &plugin, lines).unwrap_or_else(|e| vec![format!("{e:#}")]))
}

fn compare(kept: &KeptRuling, plugin: &Plugin, lines: &Claim) -> Result<Vec<String>> {
    let (ruled, receipt) = (&kept.ruled, &kept.ruled.receipt);
    let context: calculation::Context =
        serde_json::from_slice(&ruled.context).context("the context that was kept cannot be read")?;
    let evidence: Evidence =
        serde_json::from_slice(&ruled.evidence).context("the evidence that was kept cannot be read")?;
    let asked: Claim = serde_json::from_slice(&ruled.asked).context("the claim that was kept cannot be read")?;
    let mut differences = Vec::new();
    if asked != *lines {
        differences.push("the claim and its lines as they stand are not those that were ruled on".into());
    }
    for (what, canonical, bytes) in [
        ("context", canonical_json(&context)?, &ruled.context),
        ("evidence", canonical_json(&evidence)?, &ruled.evidence),
        ("claim", canonical_json(&asked)?, &ruled.asked),
    ] {
        if canonical != *bytes {
            differences.push(format!("the {what} that was kept is not in canonical form"));
        }
    }
    let again = plugin.adjudicate(&context, &evidence, &asked)?;
    if again.output != ruled.output {
        differences.push(format!(
            "the component answers with the digest {}; the receipt says {}",
            Digest::of(&again.output),
            receipt.output
        ));
    }
    if again.log != ruled.log {
        differences.push("the component logs something else".into());
    }
    if again.fuel != receipt.fuel {
        differences.push(format!(
            "the component took {} units of fuel; the receipt says {}",
            again.fuel, receipt.fuel
        ));
    }
    Ok(differences)
}

/// Whether everything that was posted for the claim comes to what it stands for now.
async fn in_the_ledger(
    host: &Host,
    plugins: &Plugins,
    claim: &KeptClaim,
    newest: &KeptRuling,
) -> Result<Option<String>> {
    let Some(Ok(plugin)) = plugins.get(&newest.ruled.receipt.component) else {
        return Ok(None);
    };
    let handling = plugin
        .descriptor()
        .claims
        .as_ref()
        .context("the plugin takes no claims")?;
    let mut snapshot = host.store.read().await?;
    let program = snapshot
        .program_by_id(&claim.program)
        .await?
        .context("the claim's program is missing")?;
    let posted = snapshot.claim_transfers(&claim.id).await?;
    let posted: Vec<_> = posted.into_iter().map(|moved| moved.transfer).collect();
    let (approved, written_off) = match claim.standing.status {
        // What was decided, not what is remembered of it.
        Status::Approved | Status::Adjusted | Status::Disputed | Status::Settled => {
            let decisions = snapshot.decisions(&claim.id).await?;
            let last = decisions.last().map(|decision| decision.revision);
            let last = || decisions.iter().filter(|decision| Some(decision.revision) == last);
            (
                Micros::checked_sum(last().map(|decision| decision.approved))?,
                Micros::checked_sum(last().map(|decision| decision.written_off))?,
            )
        }
        _ => (claim.approved, claim.written_off),
    };
    let stake = stake_of(claim, claim.standing.status, approved, written_off);
    let missing = stake.difference(handling, program.currency.code(), claim.submitted, &posted)?;
    let as_kept = (approved, written_off) == (claim.approved, claim.written_off);
    Ok((!missing.is_empty() || !as_kept)
        .then(|| "the ledger does not hold what was ruled and decided of this claim".to_owned()))
}

async fn plugin(host: &Host, plugins: &mut Plugins, digest: Digest) -> Result<std::result::Result<Plugin, String>> {
    if let Some(plugin) = plugins.get(&digest) {
        return Ok(plugin.clone());
    }
    let plugin = match host.store.read().await?.component(&digest).await {
        Ok(Some(component)) => Plugin::load(&host.engine, &component).map_err(|e| e.to_string()),
        Ok(None) => Err(format!("the component {digest} is not kept")),
        Err(Error::Corrupt { what }) => Err(what),
        Err(e) => return Err(e.into()),
    };
    plugins.insert(digest, plugin.clone());
    Ok(plugin)
}
