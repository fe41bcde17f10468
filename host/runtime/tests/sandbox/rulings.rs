use domain::adjudication::{Evidence, Ruling};
use domain::digest::canonical_json;
use domain::money::Micros;
use runtime::{Engine, Limits, admit};

use crate::components;
use crate::statement::{claim, context};

/// The sound plugin with claims from `expense` to `payable`: it pays the first line and denies the second, for a reason.
const ADJUDICATOR: &str = r#"
(data (i32.const 1100) (i8 1))
(data (i32.const 1104) (i32 1360 17  0 0 0  0 0  3088 7  0 0 0  3104 7  0 0 0))
(data (i32.const 4096) (i32 0 0  4128 2  0 0))
(data (i32.const 4128) (i32 1 0) (i64 100000000 0) (i32 0 0  0 0))
(data (i32.const 4168) (i32 2 2) (i64 0 0) (i32 3200 1  0 0))
(func (export "gtm:program/adjudication@0.1.0#adjudicate") (param i32) (result i32)
  (call $write (i32.const 1) (i32.const 3072) (i32.const 6))
  (i32.const 4096))
"#;

#[test]
fn a_sound_plugin_rules_on_a_claim() {
    let engine = Engine::new(Limits::default(), None).unwrap();
    let plugin = admit(&engine, &components::from_text(ADJUDICATOR)).unwrap();
    assert!(plugin.calculates() && plugin.rules_on_claims());
    let claims = plugin.descriptor().claims.clone().unwrap();
    assert_eq!(
        (&*claims.from, claims.committed, &*claims.to),
        ("expense", None, "payable")
    );

    let adjudicated = plugin.adjudicate(&context(), &Evidence::default(), &claim()).unwrap();
    let ruled: Vec<_> = adjudicated
        .decision
        .lines
        .iter()
        .map(|line| (line.number, line.ruling, line.approved, line.reasons.len()))
        .collect();
    assert_eq!(
        ruled,
        [
            (1, Ruling::Accepted, Micros(100_000_000), 0),
            (2, Ruling::Denied, Micros::ZERO, 1)
        ]
    );
    assert_eq!(adjudicated.output, canonical_json(&adjudicated.decision).unwrap());
    assert_eq!(adjudicated.log, "info volume\n");
    assert!(adjudicated.fuel > 0);
    assert_eq!(
        plugin.adjudicate(&context(), &Evidence::default(), &claim()),
        Ok(adjudicated)
    );
}

#[test]
fn a_calculator_takes_no_claims() {
    let engine = Engine::new(Limits::default(), None).unwrap();
    let plugin = admit(&engine, &components::sound()).unwrap();
    assert!(plugin.calculates() && !plugin.rules_on_claims());
    assert_eq!(
        plugin
            .adjudicate(&context(), &Evidence::default(), &claim())
            .unwrap_err()
            .to_string(),
        "plugin `acme/simple` 1.0.0 takes no claims"
    );
}
