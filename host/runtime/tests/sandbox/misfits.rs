//! Components that the host must not run, or not for long.

use std::fs;

use wit_component::dummy_module;
use wit_parser::ManglingAndAbi;

use crate::components::{encode, folder, from_text, resolve};

/// The plugin in this folder of `tests/plugins`.
pub fn named(name: &str) -> Vec<u8> {
    from_text(&fs::read_to_string(folder(name).join("plugin.wat")).unwrap())
}

/// A component that has the shape of the world, and traps whatever it is asked.
pub fn dummy(wit: &[(String, String)], world: &str) -> Vec<u8> {
    let (resolve, world) = resolve(wit, world);
    encode(
        dummy_module(&resolve, world, ManglingAndAbi::Standard32),
        &resolve,
        world,
    )
}
