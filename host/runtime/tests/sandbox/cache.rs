use std::fs;
use std::path::Path;
use std::sync::Arc;

use runtime::{Cache, Engine, Key, Limits, Plugin, admit};

use crate::components;
use crate::statement::{context, rows};

fn engine(folder: &Path, key: &str) -> Engine {
    let key = Arc::new(Key::open(&folder.join(key)).unwrap());
    Engine::new(Limits::default(), Some(Cache::new(folder.join("code"), key))).unwrap()
}

/// The one file of the cache.
fn cached(folder: &Path) -> (std::path::PathBuf, Vec<u8>) {
    let files: Vec<_> = fs::read_dir(folder.join("code"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    (files[0].clone(), fs::read(&files[0]).unwrap())
}

#[test]
fn code_that_this_host_made_is_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let component = components::sound();
    let admitted = admit(&engine(folder.path(), "host.pk8"), &component).unwrap();
    let (path, made) = cached(folder.path());
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    let loaded = Plugin::load(&engine(folder.path(), "host.pk8"), &component).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written);
    assert_eq!(cached(folder.path()).1, made);
    let rows = rows(10);
    let calculate = |plugin: &Plugin| plugin.calculate(&context(), &[rows.as_slice()]).unwrap();
    assert_eq!(calculate(&loaded), calculate(&admitted));
}

#[test]
fn code_that_was_changed_or_that_somebody_else_made_is_compiled_again() {
    let folder = tempfile::tempdir().unwrap();
    let component = components::sound();
    let load = |key| Plugin::load(&engine(folder.path(), key), &component).unwrap();
    load("host.pk8");
    let (path, made) = cached(folder.path());
    for place in [0, 63, 64, made.len() / 2, made.len() - 1] {
        let mut changed = made.clone();
        changed[place] ^= 1;
        fs::write(&path, changed).unwrap();
        load("host.pk8");
        assert!(cached(folder.path()).1 == made, "byte {place}");
    }
    for broken in [&b""[..], &made[..10], &made[..made.len() - 1]] {
        fs::write(&path, broken).unwrap();
        load("host.pk8");
        assert!(cached(folder.path()).1 == made);
    }
    load("other.pk8");
    let (_, of_other) = cached(folder.path());
    assert!(
        of_other[..64] != made[..64],
        "signed again with the key of the host that runs"
    );
}
