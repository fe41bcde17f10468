use std::collections::BTreeMap;
use std::fs;

use domain::adjudication::Evidence;
use runtime::{Engine, Failure, Limits, Scaled, admit};

use crate::statement::{claim, context, rows};
use crate::{components, misfits};

/// What the host says of a component that it was asked to admit, and then to calculate a statement of three rows with or to rule on a claim.
fn verdict(engine: &Engine, component: &[u8]) -> String {
    let plugin = match admit(engine, component) {
        Ok(plugin) => plugin,
        Err(refusal) => return refusal.to_string(),
    };
    if plugin.rules_on_claims() {
        return match plugin.adjudicate(&context(), &Evidence::default(), &claim()) {
            Ok(adjudicated) => format!("a ruling: {}", String::from_utf8(adjudicated.output).unwrap()),
            Err(failed) => failed.to_string(),
        };
    }
    match plugin.calculate(&context(), &[rows(3).as_slice()]) {
        Ok(calculated) => format!("an answer: {}", String::from_utf8(calculated.output).unwrap()),
        Err(failed) => failed.to_string(),
    }
}

#[test]
fn every_plugin_that_misbehaves_is_stopped_with_its_message() {
    let engine = Engine::new(Limits::default(), None).unwrap();
    let (mut expected, mut found) = (BTreeMap::new(), BTreeMap::new());
    for entry in fs::read_dir(components::folder("")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            found.insert(name.clone(), verdict(&engine, &misfits::named(&name)));
            expected.insert(
                name,
                fs::read_to_string(path.join("error.txt"))
                    .unwrap_or_default()
                    .trim_end()
                    .to_owned(),
            );
        }
    }
    assert!(found.len() > 20, "the folder of misbehaving plugins is not there");
    assert!(found == expected, "expected {expected:#?}\nfound {found:#?}");
}

#[test]
fn what_a_plugin_logged_and_used_before_it_failed_is_kept() {
    let engine = Engine::new(Limits::default(), None).unwrap();
    let plugin = admit(&engine, &misfits::named("log-flood")).unwrap();
    let failed = plugin.calculate(&context(), &[]).unwrap_err();
    assert_eq!(
        failed.failure,
        Failure::LimitExceeded {
            what: "bytes of log",
            limit: 65_536
        }
    );
    assert!(failed.log.starts_with("debug volume\ndebug volume\n") && failed.log.len() <= 65_536);
    assert!(failed.fuel > 0 && !failed.failure.is_of_the_machine());
}

#[test]
fn the_wall_clock_stops_what_fuel_lets_through_and_it_is_no_result() {
    let plenty = Scaled {
        base: u64::MAX,
        per_row: 0,
    };
    let limits = Limits {
        fuel: plenty,
        wall_ms: Scaled { base: 30, per_row: 0 },
        ..Limits::default()
    };
    let plugin = admit(&Engine::new(limits, None).unwrap(), &misfits::named("endless-loop")).unwrap();
    let failed = plugin.calculate(&context(), &[rows(1).as_slice()]).unwrap_err();
    assert_eq!(
        failed.to_string(),
        "plugin `acme/simple` 1.0.0 was stopped after 30 ms of wall time: the machine is overloaded, so try again"
    );
    assert!(failed.failure.is_of_the_machine());
}

#[test]
fn a_failure_leaves_the_next_statement_untouched() {
    let engine = Engine::new(Limits::default(), None).unwrap();
    let (sound, broken) = (components::sound(), misfits::named("panic"));
    let (sound, broken) = (admit(&engine, &sound).unwrap(), admit(&engine, &broken).unwrap());
    let rows = rows(50);
    let before = sound.calculate(&context(), &[rows.as_slice()]).unwrap();
    for _ in 0..200 {
        assert!(broken.calculate(&context(), &[rows.as_slice()]).is_err());
    }
    assert_eq!(sound.calculate(&context(), &[rows.as_slice()]).unwrap(), before);
}
