//! Makes components in memory: from `tests/plugins`, and from worlds that are not quite the contract.

use std::fs;
use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, SourceMap, WorldId};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder of the plugin of this name.
pub fn folder(name: &str) -> PathBuf {
    repository().join("tests/plugins").join(name)
}

/// `base.wat` with the functions and data of `plugin` in place of its own.
pub fn from_text(plugin: &str) -> Vec<u8> {
    let base = fs::read_to_string(folder("base.wat")).unwrap();
    let mut sections = base.split(";;; ");
    let mut module = sections.next().unwrap().to_owned();
    for section in sections {
        let (name, function) = section.split_once('\n').unwrap();
        if !plugin.contains(&format!("(func ${name} ")) {
            module.push_str(function);
        }
    }
    component(
        &format!("(module\n{module}\n{plugin}\n)"),
        &contract(|_, text| text),
        if plugin.contains("gtm:program/adjudication") {
            "program"
        } else {
            "calculator"
        },
    )
}

/// The sound plugin that the others are made from.
pub fn sound() -> Vec<u8> {
    from_text("")
}

/// A core module as a component of one of these worlds.
pub fn component(module: &str, wit: &[(String, String)], world: &str) -> Vec<u8> {
    let (resolve, world) = resolve(wit, world);
    encode(wat::parse_str(module).unwrap(), &resolve, world)
}

/// The files of the contract, changed.
pub fn contract(change: impl Fn(&str, String) -> String) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(repository().join("wit/0.1.0"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let text = change(&name, fs::read_to_string(&path).unwrap());
            (name, text)
        })
        .collect();
    files.sort();
    files
}

/// A world of these files.
pub fn resolve(wit: &[(String, String)], world: &str) -> (Resolve, WorldId) {
    let mut sources = SourceMap::default();
    for (name, text) in wit {
        sources.push_str(name, text.clone());
    }
    let mut resolve = Resolve::default();
    let package = resolve
        .push_group(sources.parse().map_err(|(_, e)| e.to_string()).unwrap())
        .unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    (resolve, world)
}

/// A core module with the exports of the world as a component.
pub fn encode(mut module: Vec<u8>, resolve: &Resolve, world: WorldId) -> Vec<u8> {
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .unwrap()
        .encode()
        .unwrap()
}
