//! What every command stands on: the open database, the sandbox, the signing key, and who is acting.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};
use domain::actor::Actor;
use domain::day::Day;
use domain::digest::Digest;
use domain::plugin::Grant;
use domain::program::Terms;
use runtime::{Cache, Engine, Key, Limits, Plugin};
use store::file::Files;
use store::{Clock, Ids, Store};

use crate::cli::Global;

#[derive(Clone)]
pub struct Host {
    pub store: Store,
    pub engine: Engine,
    pub key: Arc<Key>,
    pub actor: Actor,
    /// Plugins that were loaded before, by the digest of their component: loading one takes longer than most of what it is asked.
    pub loaded: Arc<Mutex<HashMap<Digest, Plugin>>>,
}

impl Host {
    /// Opens what the global options name; makes the database and the key where they are missing.
    pub async fn open(global: &Global) -> Result<Self> {
        Self::open_with(global, Clock::System, Ids::random()).await
    }

    /// The same at another time, and with other ids.
    pub async fn open_with(global: &Global, clock: Clock, ids: Ids) -> Result<Self> {
        let key = Arc::new(Key::open(&key_path(global))?);
        let engine = open_engine(global, &key)?;
        let files = match &global.files {
            Some(folder) => Files::Folder(folder.as_path().into()),
            None => Files::Database,
        };
        let store = Store::open(&global.database, clock, ids).await?.with_files(files);
        if store.read().await?.signing_key(key.id()).await?.is_none() {
            let mut tx = store.begin(&global.actor).await?;
            tx.add_signing_key(key.public()).await?;
            tx.commit().await?;
        }
        Ok(Self {
            store,
            engine,
            key,
            actor: global.actor.clone(),
            loaded: Arc::default(),
        })
    }

    /// The day of the host's clock, in UTC.
    pub fn today(&self) -> Result<Day> {
        Ok(Day::from_date(self.store.clock().now().date_naive())?)
    }

    /// The plugin that some terms name, with what it may see. It is read from the database and compiled, or taken from the cache, once.
    pub async fn plugin_of(&self, terms: &Terms) -> Result<(Plugin, Grant)> {
        let mut snapshot = self.store.read().await?;
        let version = snapshot
            .plugin_version(&terms.plugin_version)
            .await?
            .context("the plugin version that the terms name is not installed")?;
        if let Some(plugin) = self.loaded().get(&terms.component) {
            return Ok((plugin.clone(), version.granted));
        }
        let component = snapshot
            .component(&terms.component)
            .await?
            .context("the component that the terms name is not kept")?;
        drop(snapshot);
        let plugin = Plugin::load(&self.engine, &component)?;
        ensure!(
            plugin.digest() == terms.component,
            "the component {} is kept with other contents by now",
            terms.component
        );
        self.loaded().insert(terms.component, plugin.clone());
        Ok((plugin, version.granted))
    }

    fn loaded(&self) -> MutexGuard<'_, HashMap<Digest, Plugin>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sandbox alone, for commands that need no database.
pub fn open_engine(global: &Global, key: &Arc<Key>) -> Result<Engine> {
    let folder = global.cache.clone().or_else(cache_folder);
    let cache = folder.map(|folder| Cache::new(folder, key.clone()));
    Ok(Engine::new(Limits::default(), cache)?)
}

pub fn key_path(global: &Global) -> PathBuf {
    match (&global.key, global.database.contains("://")) {
        (Some(path), _) => path.clone(),
        (None, true) => "gtm.key".into(),
        (None, false) => {
            Path::new(global.database.strip_prefix("sqlite:").unwrap_or(&global.database)).with_extension("key")
        }
    }
}

fn cache_folder() -> Option<PathBuf> {
    let caches = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))?;
    Some(caches.join("gtm"))
}
