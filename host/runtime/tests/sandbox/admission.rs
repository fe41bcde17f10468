use runtime::{Engine, Limits, admit};

use crate::components::{self, component, contract};
use crate::misfits::dummy;

fn refusal(bytes: &[u8]) -> String {
    let engine = Engine::new(Limits::default(), None).unwrap();
    admit(&engine, bytes).unwrap_err().to_string()
}

#[test]
fn what_is_no_component_is_told_apart() {
    let sound = components::sound();
    let noise: Vec<u8> = (0..1000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    assert_eq!(
        refusal(&noise),
        "this is not WebAssembly: the file does not begin with `\\0asm`"
    );
    assert_eq!(
        refusal(b""),
        "this is not WebAssembly: the file does not begin with `\\0asm`"
    );
    assert_eq!(
        refusal(b"\0asm\x07\0\0\0"),
        "this is WebAssembly of a version that is not known here"
    );
    assert_eq!(
        refusal(&wat::parse_str("(module)").unwrap()),
        "this is a core module, not a component: `gtm plugin build` makes the component from it"
    );
    for length in [9, 100, sound.len() / 2, sound.len() - 1] {
        assert_eq!(
            refusal(&sound[..length]),
            format!("the component is cut off after {length} bytes: copy or build it again")
        );
    }
    let mut broken = sound[..8].to_vec();
    broken.extend([0x7f, 1, 0]);
    assert!(
        refusal(&broken).starts_with("the component is not valid: "),
        "{}",
        refusal(&broken)
    );
}

#[test]
fn a_byte_that_was_changed_is_never_a_crash() {
    let sound = components::sound();
    let engine = Engine::new(Limits::default(), None).unwrap();
    for place in (8..sound.len()).step_by(29) {
        let mut changed = sound.clone();
        changed[place] ^= 0x15;
        match admit(&engine, &changed) {
            // A letter of a title, or a figure that is as good as another.
            Ok(plugin) => assert_ne!(plugin.digest(), domain::digest::Digest::of(&sound)),
            Err(refusal) => assert!(!refusal.to_string().is_empty()),
        }
    }
}

#[test]
fn a_component_that_is_too_large_is_refused_by_number() {
    let engine = Engine::new(
        Limits {
            component_bytes: 1000,
            ..Limits::default()
        },
        None,
    )
    .unwrap();
    let sound = components::sound();
    assert_eq!(
        admit(&engine, &sound).unwrap_err().to_string(),
        format!("the component has {} bytes; at most 1000 are admitted", sound.len())
    );
}

#[test]
fn an_import_that_the_world_does_not_have_is_shown() {
    let wit = contract(|name, text| match name {
        "world.wit" => {
            format!("{text}\nworld reads-files {{ include calculator; import wasi:cli/environment@0.2.0; }}\n")
        }
        _ => text,
    });
    let wasi =
        "package wasi:cli@0.2.0 { interface environment { get-environment: func() -> list<tuple<string, string>>; } }";
    let wit: Vec<_> = wit
        .into_iter()
        .map(|(name, text)| {
            if name == "world.wit" {
                (name, format!("{text}\n{wasi}\n"))
            } else {
                (name, text)
            }
        })
        .collect();
    assert_eq!(
        refusal(&dummy(&wit, "reads-files")),
        "the component does not fit the world `calculator` of `gtm:program@0.1.0`:\n+ import wasi:cli/environment@0.2.0"
    );
}

#[test]
fn another_world_is_shown_as_a_difference() {
    // What fits is asked what it is, and this one traps whatever it is asked.
    assert!(
        refusal(&dummy(&contract(|_, text| text), "adjudicator")).starts_with("asked what it is, the plugin trapped: ")
    );
    let wit = contract(|name, text| match name {
        "adjudication.wit" => text.replace("-> result<decision, problem>", "-> decision"),
        _ => text,
    });
    assert_eq!(
        refusal(&dummy(&wit, "adjudicator")),
        "the component does not fit the world `adjudicator` of `gtm:program@0.1.0`:\n  \
           export gtm:program/adjudication@0.1.0\n\
         -     adjudicate: func(context: context, evidence: evidence, claim: claim) -> result<decision, problem>\n\
         +     adjudicate: func(context: context, evidence: evidence, claim: claim) -> decision"
    );
    let wit = [(
        "root.wit".to_owned(),
        "package acme:greeter; world greeter { export greet: func() -> string; }".to_owned(),
    )];
    assert_eq!(
        refusal(&component(
            "(module (memory (export \"memory\") 1) (func (export \"greet\") (result i32) i32.const 0))",
            &wit,
            "greeter"
        )),
        "the component does not fit the world `calculator` of `gtm:program@0.1.0`:\n\
         + export greet: func() -> string\n\
         - export gtm:program/calculation@0.1.0\n\
         - export gtm:program/descriptor@0.1.0\n\
         - export gtm:program/eligibility@0.1.0"
    );
}

#[test]
fn a_function_or_a_type_that_differs_is_shown_with_both_sides() {
    let wit = contract(|name, text| match name {
        "eligibility.wit" => text.replace("-> result<verdict, problem>", "-> verdict"),
        "calculation.wit" => text.replace("finish: func() ->", "finish: func(early: bool) ->"),
        "types.wit" => text.replace("label: string,", "label: u32,"),
        _ => text,
    });
    assert_eq!(
        refusal(&dummy(&wit, "calculator")),
        "the component does not fit the world `calculator` of `gtm:program@0.1.0`:\n  \
           import gtm:program/types@0.1.0\n\
         -     record period { label: string, start: s32, end: s32 }\n\
         +     record period { label: u32, start: s32, end: s32 }\n  \
           export gtm:program/calculation@0.1.0\n\
         -     calculation.finish: func() -> result<outcome, problem>\n\
         +     calculation.finish: func(early: bool) -> result<outcome, problem>\n  \
           export gtm:program/eligibility@0.1.0\n\
         -     assess: func(terms: string, participant: participant) -> result<verdict, problem>\n\
         +     assess: func(terms: string, participant: participant) -> verdict"
    );
}

#[test]
fn another_version_of_the_contract_is_named() {
    let wit = contract(|_, text| text.replace("@0.1.0", "@0.2.0"));
    assert_eq!(
        refusal(&dummy(&wit, "calculator")),
        "the component is built for `gtm:program@0.2.0`, and this host runs `gtm:program@0.1.0`: build it with the SDK of that version"
    );
}
