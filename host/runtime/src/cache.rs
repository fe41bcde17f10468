//! Compiled code, kept between starts. Machine code is not checked by anything once it is loaded, so the cache trusts no file
//! that this host did not sign.

use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::digest::Digest;
use tracing::warn;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::key::{Key, draft_of, is_signed};

/// A folder of compiled components. A file that is missing, of another engine, broken or signed by somebody else is compiled again
/// and replaced.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    key: Arc<Key>,
}

const SIGNATURE_BYTES: usize = 64;

impl Cache {
    /// The folder is made when it is first written to.
    pub fn new(folder: impl Into<PathBuf>, key: Arc<Key>) -> Self {
        Self {
            folder: folder.into(),
            key,
        }
    }

    pub(crate) fn component(&self, engine: &Engine, digest: Digest, bytes: &[u8]) -> wasmtime::Result<Component> {
        let fingerprint = fingerprint(engine);
        let path = self
            .folder
            .join(format!("{digest}-{}.cwasm", &fingerprint.to_string()[..16]));
        if let Some(code) = self.trusted(&path, digest, fingerprint) {
            // Safe: the signature says that this host made exactly these bytes, from this component, for this engine.
            #[allow(unsafe_code)]
            let component = unsafe { Component::deserialize(engine, &code) };
            if component.is_ok() {
                return component;
            }
        }
        let component = Component::new(engine, bytes)?;
        // Without the file the next start is slower, and nothing else.
        if let Err(e) = component
            .serialize()
            .and_then(|code| Ok(self.keep(&path, digest, fingerprint, &code)?))
        {
            warn!("compiled code cannot be kept in `{}`: {e}", path.display());
        }
        Ok(component)
    }

    /// The code in this file, if this host put it there.
    fn trusted(&self, path: &Path, digest: Digest, fingerprint: Digest) -> Option<Vec<u8>> {
        let mut file = fs::read(path).ok()?;
        if file.len() < SIGNATURE_BYTES {
            return None;
        }
        let code = file.split_off(SIGNATURE_BYTES);
        is_signed(self.key.public(), &message(digest, fingerprint, &code), &file).then_some(code)
    }

    /// Readers see the old file or the whole new one.
    fn keep(&self, path: &Path, digest: Digest, fingerprint: Digest, code: &[u8]) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let draft = draft_of(path);
        let mut file = fs::File::create(&draft)?;
        file.write_all(&self.key.sign(&message(digest, fingerprint, code)))?;
        file.write_all(code)?;
        fs::rename(draft, path)
    }
}

/// What is signed: never to be mistaken for a receipt, which is JSON.
fn message(digest: Digest, fingerprint: Digest, code: &[u8]) -> Vec<u8> {
    format!("gtm compiled code\n{digest}\n{fingerprint}\n{}\n", Digest::of(code)).into_bytes()
}

/// Names everything that decides which code the engine makes.
fn fingerprint(engine: &Engine) -> Digest {
    #[derive(Default)]
    struct Collected(Vec<u8>);
    impl Hasher for Collected {
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut collected = Collected::default();
    crate::ENGINE.hash(&mut collected);
    engine.precompile_compatibility_hash().hash(&mut collected);
    Digest::of(&collected.0)
}
