//! Keeps the column segments up with the journal. They are derived: whatever is lost here is made again.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use domain::actor::Actor;
use domain::digest::Digest;
use store::segment::{Corrections, Opened, Sealer, due};
use store::{Error, Store};

/// Rows read from the journal at a time: few megabytes.
const READ_AT_ONCE: i64 = 10_000;

/// Seals every row that stands in the journal, merges what has become small, and gives the position sealed up to.
pub async fn seal(store: &Store, actor: &Actor) -> Result<u64> {
    let position = loop {
        match seal_rest(store, actor).await {
            Ok(position) => break position,
            // Somebody else sealed the same rows: go on after theirs.
            Err(Error::Stale(_)) => continue,
            Err(e) => return Err(e.into()),
        }
    };
    match merge(store, actor).await {
        // Somebody else merges.
        Ok(()) | Err(Error::Stale(_)) => Ok(position),
        Err(e) => Err(e.into()),
    }
}

/// Throws all segments away and makes them anew.
pub async fn rebuild(store: &Store, actor: &Actor) -> Result<u64> {
    let mut tx = store.begin(actor).await?;
    tx.delete_segments().await?;
    tx.commit().await?;
    seal(store, actor).await
}

/// Reads every segment: how many are what their digests name, and a sentence for each that is not.
pub async fn verify(store: &Store) -> Result<(usize, Vec<String>)> {
    let (mut sound, mut broken) = (0, Vec::new());
    let mut snapshot = store.read().await?;
    for info in snapshot.segments().await? {
        let content = snapshot.segment(&info.digest).await?;
        match Opened::open(info.digest, content, &Corrections::default()) {
            Ok(_) => sound += 1,
            Err(e) => broken.push(e.to_string()),
        }
    }
    Ok((sound, broken))
}

async fn seal_rest(store: &Store, actor: &Actor) -> store::Result<u64> {
    let mut sealed = store.read().await?.sealed_position().await?;
    let mut read = sealed;
    let mut sealer = Sealer::after(sealed);
    loop {
        let rows = store.read().await?.rows_after(read, READ_AT_ONCE).await?;
        for row in &rows {
            sealer.push(row)?;
            read = row.position;
        }
        let at_end = rows.is_empty();
        if sealer.is_full() || at_end && !sealer.is_empty() {
            let (segments, position) = (sealer.take()?, sealer.position());
            let mut tx = store.begin(actor).await?;
            tx.keep_segments(&segments, sealed, position).await?;
            tx.commit().await?;
            sealed = position;
        }
        if at_end {
            return Ok(sealed);
        }
    }
}

async fn merge(store: &Store, actor: &Actor) -> store::Result<()> {
    let merges = due(&store.read().await?.segments().await?);
    if merges.is_empty() {
        return Ok(());
    }
    let corrections = corrections(store, store.read().await?.sealed_position().await?).await?;
    for merge in merges {
        let mut opened: HashMap<Digest, Arc<Opened>> = HashMap::new();
        let mut merged = Vec::new();
        for unit in merge.units() {
            let mut sources = Vec::new();
            for info in merge.sources(unit) {
                let segment = match opened.get(&info.digest) {
                    Some(segment) => segment.clone(),
                    None => {
                        let content = store.read().await?.segment(&info.digest).await?;
                        let segment = Arc::new(Opened::open(info.digest, content, &corrections)?);
                        opened.insert(info.digest, segment.clone());
                        segment
                    }
                };
                sources.push(segment);
            }
            merged.extend(merge.unit(unit, sources.iter().map(Arc::as_ref), &corrections)?);
        }
        let mut tx = store.begin(actor).await?;
        tx.replace_segments(&merge.replaces().collect::<Vec<_>>(), &merged)
            .await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Which rows no longer stand, as of a position.
pub async fn corrections(store: &Store, as_of: u64) -> store::Result<Corrections> {
    Ok(Corrections::new(store.read().await?.corrections(as_of).await?))
}
