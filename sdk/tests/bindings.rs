//! The bindings are generated once and kept as a file, because generating them costs every cold build half a minute. This
//! test is what keeps the file equal to the contract.

use std::path::{Path, PathBuf};

use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What the WIT of this version gives for the world `calculator`.
fn generated() -> String {
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_path(repository().join("wit/0.1.0"))
        .expect("the contract parses");
    let world = resolve
        .select_world(&[package], Some("calculator"))
        .expect("the contract has the world");
    let options = wit_bindgen_rust::Opts {
        format: true,
        pub_export_macro: true,
        export_macro_name: Some("export".to_owned()),
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
