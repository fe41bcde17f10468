//! The bindings are generated once and kept as a file, because generating them costs every cold build half a minute. This
//! test is what keeps the file equal to the contract.

use std::path::{Path, PathBuf};

use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What the WIT of this version gives: the types and traits of the world `program`, which has all that the others have, and for each
/// world the macro that exports it.
fn generated() -> String {
    let mut text = of_world("program");
    for world in ["calculator", "adjudicator"] {
        text.push_str(&export_macro(&of_world(world), world));
    }
    text
}

/// From its documentation to the name it is used by. Everything else is in `program` already, at the same place.
fn export_macro(text: &str, world: &str) -> String {
    let name = format!("pub use __export_{world}_impl as export_{world};\n");
    let start = text
        .find("/// Generates `#[unsafe(no_mangle)]`")
        .expect("the bindings have an export macro");
    let end = text.find(&name).expect("the export macro has a name") + name.len();
    text[start..end].to_owned()
}

fn of_world(world_name: &str) -> String {
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_path(repository().join("wit/0.1.0"))
        .expect("the contract parses");
    let world = resolve
        .select_world(&[package], Some(world_name))
        .expect("the contract has the world");
    let options = wit_bindgen_rust::Opts {
        format: true,
        pub_export_macro: true,
        export_macro_name: Some(format!("export_{world_name}")),
        additional_derive_attributes: vec!["PartialEq".to_owned()],
        ..Default::default()
    };
    let mut files = Files::default();
    wit_bindgen_core::WorldGenerator::generate(&mut options.build(), &mut resolve, world, &mut files)
        .expect("the bindings are generated");
    let (_, text) = files.iter().next().expect("one file is generated");
    String::from_utf8(text.to_vec()).expect("source is UTF-8")
}

#[test]
fn the_kept_bindings_are_what_the_contract_gives() {
    let kept = repository().join("sdk/src/bindings.rs");
    let generated = generated();
    if std::env::var_os("GTM_REGENERATE").is_some() {
        std::fs::write(&kept, &generated).expect("the bindings can be written");
    }
    assert!(
        std::fs::read_to_string(&kept).is_ok_and(|text| text == generated),
        "`sdk/src/bindings.rs` is not what `wit/0.1.0` gives: run `GTM_REGENERATE=1 cargo test -p gtm-sdk --test bindings` \
         and commit the file"
    );
}
