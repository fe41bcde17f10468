//! The host's own key: with it the host recognises what it made itself, and others can check its receipts.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use domain::digest::Digest;

/// An Ed25519 key pair.
pub struct Key {
    pair: Ed25519KeyPair,
    id: String,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the host's key `{path}` cannot be {verb}: {cause}")]
    File {
        path: PathBuf,
        verb: &'static str,
        cause: std::io::Error,
    },
    #[error(
        "the host's key `{path}` can be read by others than its owner: run `chmod 600 {path}`, or make a new key if others may have seen it"
    )]
    Open { path: PathBuf },
    #[error(
        "the file `{path}` does not hold an Ed25519 key in PKCS#8: restore it from a backup, or remove it to have a new one made"
    )]
    Broken { path: PathBuf },
    #[error("no key could be made: the system gives no random numbers")]
    Random,
}

impl Key {
    /// Reads the key in this file; makes the file, readable by its owner alone, when there is none.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        let failed = |verb| {
            move |cause| KeyError::File {
                path: path.to_owned(),
                verb,
                cause,
            }
        };
        if !path.try_exists().map_err(failed("found"))? {
            create(path)?;
        }
        if fs::metadata(path).map_err(failed("read"))?.permissions().mode() & 0o077 != 0 {
            return Err(KeyError::Open { path: path.to_owned() });
        }
        let pkcs8 = fs::read(path).map_err(failed("read"))?;
        let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| KeyError::Broken { path: path.to_owned() })?;
        let id = Digest::of(pair.public_key().as_ref()).to_string();
        Ok(Self { pair, id })
    }

    /// SHA-256 of the public key, in hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The 32 bytes that others need to check what this key signed.
    pub fn public(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.pair
            .sign(message)
            .as_ref()
            .try_into()
            .expect("an Ed25519 signature has 64 bytes")
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// Whether the owner of this public key signed the message.
pub(crate) fn is_signed(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public_key)
        .verify(message, signature)
        .is_ok()
}

/// The file appears whole or not at all, and the key of another process that was faster stays.
fn create(path: &Path) -> Result<(), KeyError> {
    let failed = |cause| KeyError::File {
        path: path.to_owned(),
        verb: "created",
        cause,
    };
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::Random)?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let draft = draft_of(path);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .map_err(failed)?;
    file.write_all(pkcs8.as_ref())
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft).map_err(failed)?;
    match linked {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(failed(e)),
        _ => Ok(()),
    }
}

/// A name beside the file that no other writer uses at the same time.
pub(crate) fn draft_of(path: &Path) -> PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    path.with_extension(format!(
        "{}-{}.new",
        std::process::id(),
        NUMBER.fetch_add(1, Ordering::Relaxed)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/host.pk8");
        let made = Key::open(&path).unwrap();
        let read = Key::open(&path).unwrap();
        assert_eq!((made.id(), made.public()), (read.id(), read.public()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "no draft stays behind"
        );
        assert!(is_signed(read.public(), b"12.34", &made.sign(b"12.34")));
        assert!(!is_signed(read.public(), b"12.35", &made.sign(b"12.34")));
    }

    #[test]
    fn a_key_that_others_can_read_or_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host.pk8");
        Key::open(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let name = path.display();
        assert_eq!(
            Key::open(&path).unwrap_err().to_string(),
            format!(
                "the host's key `{name}` can be read by others than its owner: run `chmod 600 {name}`, or make a new key if others may have seen it"
            )
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, b"not a key").unwrap();
        assert_eq!(
            Key::open(&path).unwrap_err().to_string(),
            format!(
                "the file `{name}` does not hold an Ed25519 key in PKCS#8: restore it from a backup, or remove it to have a new one made"
            )
        );
    }
}
