use domain::calculation::{Citations, Figure};
use domain::money::Micros;
use domain::plugin::{Column, Grant};
use runtime::{Engine, Limits, admit};
use serde_json::json;

use crate::components;
use crate::statement::{context, rows};

#[test]
fn a_sound_plugin_is_admitted_and_calculates() {
    let engine = Engine::new(Limits::default(), None).unwrap();
    let plugin = admit(&engine, &components::sound()).unwrap();
    let descriptor = plugin.descriptor();
    assert_eq!((&*descriptor.id, &*descriptor.version), ("acme/simple", "1.0.0"));
    assert_eq!(
        descriptor
            .balances
            .iter()
            .map(|balance| &*balance.code)
            .collect::<Vec<_>>(),
        ["expense", "payable"]
    );

    let plan = plugin.plan(&json!({})).unwrap();
    assert_eq!(
        (plan.columns.as_slice(), plan.roll_up_levels),
        (&[Column::NetAmount][..], Some(0))
    );
    assert_eq!(Grant::all_of(descriptor).allows(descriptor, &plan), Ok(()));
    assert_eq!(
        plugin.plan(&json!([])).unwrap_err().to_string(),
        "the terms do not hold\n  the whole: [] is not of type \"object\" (schema)"
    );
    assert!(plugin.assess("{}", &context().participant).unwrap().eligible);

    let rows = rows(100);
    let calculated = plugin.calculate(&context(), &[rows.as_slice()]).unwrap();
    let transfer = &calculated.outcome.transfers[0];
    assert_eq!(transfer.amount, "50.5".parse::<Micros>().unwrap());
    assert_eq!(
        (transfer.effective.to_string(), &transfer.citations),
        ("2011-03-31".into(), &Citations::All)
    );
    assert_eq!(
        calculated.outcome.steps[0].figures,
        [Figure::Money("5050".parse().unwrap())]
    );
    assert_eq!(calculated.log, "info volume\n");
    assert_eq!(
        calculated.output,
        domain::digest::canonical_json(&calculated.outcome).unwrap()
    );
    assert!(calculated.fuel > 1000 && calculated.fuel < 3000, "{}", calculated.fuel);
}

#[test]
fn an_empty_statement_has_an_answer() {
    let engine = Engine::new(Limits::default(), None).unwrap();
    let plugin = admit(&engine, &components::sound()).unwrap();
    let calculated = plugin.calculate(&context(), &[]).unwrap();
    assert_eq!(
        (calculated.outcome.transfers.len(), calculated.outcome.steps.len()),
        (0, 0)
    );
}
