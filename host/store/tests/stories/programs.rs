use domain::digest::Digest;
use domain::id::{PluginVersionId, ProgramId, TermsId};
use domain::plugin::{Column, Grant};
use domain::program::Terms;
use rust_decimal::Decimal;
use store::Error;
use store::account_program::{Enrolled, Enrolment};
use store::program::NewTerms;

use crate::company::{COMPONENT, account, descriptor, launch, new_program};
use crate::database::{Database, ada, now};

stories! {
    a_program_has_a_code_of_its_own
    terms_follow_each_other_and_none_is_changed
    a_plugin_version_is_one_component
    a_retired_plugin_gets_no_new_terms
    a_changed_component_is_found_and_named
    accounts_are_enrolled_with_dates_and_figures
    a_signing_key_is_found_by_its_digest
}

async fn a_program_has_a_code_of_its_own(db: Database) -> Database {
    let mut tx = db.begin().await;
    let program = tx.create_program(&new_program("volume")).await.unwrap();
    let again = tx.create_program(&new_program("volume")).await;
    assert!(
        matches!(again, Err(Error::Conflict(sentence)) if sentence == "program `volume` exists already: choose another code")
    );
    let growth = tx.create_program(&new_program("growth")).await.unwrap();
    assert_eq!(tx.program("volume").await.unwrap().as_ref(), Some(&program));
    assert_eq!(tx.program_by_id(&growth.id).await.unwrap().as_ref(), Some(&growth));
    assert_eq!(tx.programs().await.unwrap(), [growth, program]);
    assert_eq!(tx.program("none").await.unwrap(), None);
    db
}

async fn terms_follow_each_other_and_none_is_changed(db: Database) -> Database {
    let mut tx = db.begin().await;
    let (program, first) = launch(&mut tx, "volume").await;
    let next = NewTerms {
        valid_from: "2011-04-01".parse().unwrap(),
        json: r#"{"tiers":[["1000","0.01"]]}"#.into(),
        plugin_version: first.plugin_version.clone(),
    };
    let second = tx.add_terms(&program.id, &next).await.unwrap();
    assert_eq!(
        (first.version, second.version, second.component),
        (1, 2, Digest::of(COMPONENT))
    );
    let versions = tx.terms_of(&program.id).await.unwrap();
    assert_eq!(versions, [first.clone(), second.clone()]);
    assert_eq!(Terms::in_force(&versions, "2011-03-31".parse().unwrap()), Some(&first));
    assert_eq!(tx.terms(&second.id).await.unwrap(), Some(second));
    assert_eq!(tx.terms(&TermsId::from("none".to_owned())).await.unwrap(), None);
    let nowhere = tx.add_terms(&ProgramId::from("none".to_owned()), &next).await;
    assert!(matches!(nowhere, Err(Error::Conflict(sentence)) if sentence == "program `none` does not exist"));
    db
}

async fn a_plugin_version_is_one_component(db: Database) -> Database {
    let mut tx = db.begin().await;
    let (described, granted) = (descriptor("1.0.0"), Grant::all_of(&descriptor("1.0.0")));
    let installed = tx.install_plugin(&described, &granted, COMPONENT).await.unwrap();
    assert_eq!(
        (installed.component, &installed.installed_by, installed.installed_at),
        (Digest::of(COMPONENT), &ada(), now())
    );
    assert_eq!(
        tx.install_plugin(&described, &granted, COMPONENT).await.unwrap(),
        installed
    );
    for (granted, component) in [(granted.clone(), &b"another"[..]), (Grant::default(), COMPONENT)] {
        let other = tx.install_plugin(&described, &granted, component).await;
        assert!(
            matches!(other, Err(Error::Conflict(sentence)) if sentence.starts_with("plugin `rebate` 1.0.0 is installed already"))
        );
    }
    // A newer version may have the same component.
    let newer = tx
        .install_plugin(&descriptor("1.1.0"), &granted, COMPONENT)
        .await
        .unwrap();
    assert_eq!(tx.plugin_version(&newer.id).await.unwrap().as_ref(), Some(&newer));
    assert_eq!(
        tx.plugin_version_named("rebate", "1.0.0").await.unwrap().as_ref(),
        Some(&installed)
    );
    assert_eq!(installed.granted.columns, [Column::NetAmount]);
    assert_eq!(tx.plugin_versions().await.unwrap(), [installed, newer]);
    db
}

async fn a_retired_plugin_gets_no_new_terms(db: Database) -> Database {
    let mut tx = db.begin().await;
    let (program, terms) = launch(&mut tx, "volume").await;
    tx.retire_plugin(&terms.plugin_version).await.unwrap();
    let next = |plugin_version: &PluginVersionId| NewTerms {
        valid_from: terms.valid_from,
        json: "{}".into(),
        plugin_version: plugin_version.clone(),
    };
    let refused = tx.add_terms(&program.id, &next(&terms.plugin_version)).await;
    assert!(
        matches!(refused, Err(Error::Conflict(sentence)) if sentence == "plugin `rebate` 1.0.0 is retired: choose a newer version")
    );
    let unknown = tx
        .add_terms(&program.id, &next(&PluginVersionId::from("none".to_owned())))
        .await;
    assert!(
        matches!(unknown, Err(Error::Conflict(sentence)) if sentence == "plugin version `none` does not exist: install it first")
    );
    assert!(matches!(
        tx.retire_plugin(&terms.plugin_version).await,
        Err(Error::Conflict(_))
    ));
    assert!(tx.plugin_version(&terms.plugin_version).await.unwrap().unwrap().retired);
    db
}

async fn a_changed_component_is_found_and_named(db: Database) -> Database {
    let mut tx = db.begin().await;
    let (_, terms) = launch(&mut tx, "volume").await;
    assert_eq!(
        tx.component(&terms.component).await.unwrap().as_deref(),
        Some(COMPONENT)
    );
    assert_eq!(tx.component(&Digest::of(b"none")).await.unwrap(), None);
    tx.commit().await.unwrap();
    db.meddle(&format!("update plugin_components set content = {}", db.bytes("other")))
        .await
        .unwrap();
    let found = db.store.read().await.unwrap().component(&terms.component).await;
    assert!(
        matches!(found, Err(Error::Corrupt { what }) if what.starts_with(&format!("the component `{}` was changed", terms.component)))
    );
    db
}

async fn accounts_are_enrolled_with_dates_and_figures(db: Database) -> Database {
    let mut tx = db.begin().await;
    tx.add_accounts(&[account("b", None), account("a", None)])
        .await
        .unwrap();
    let program = tx.create_program(&new_program("volume")).await.unwrap();
    let enrolment = |account: &str, until: Option<&str>, baseline: &str| Enrolment {
        account: account.into(),
        from: "2011-01-01".parse().unwrap(),
        until: until.map(|day| day.parse().unwrap()),
        agreed: [("baseline".to_owned(), baseline.parse::<Decimal>().unwrap())].into(),
        assessment: None,
    };
    let list = [
        enrolment("b", None, "1000.50"),
        enrolment("a", Some("2011-12-31"), "7"),
        enrolment("c", None, "7"),
    ];
    let enrolled = tx.enrol(&program.id, &list).await.unwrap();
    assert_eq!(
        enrolled.refused,
        [(2, "account `c` does not exist: add it first".to_owned())]
    );
    assert_eq!(enrolled.new, 2);
    let everybody = tx.participants(&program.id).await.unwrap();
    let seen: Vec<_> = everybody
        .iter()
        .map(|part| (&*part.account.number, part.enrolment.agreed["baseline"].to_string()))
        .collect();
    assert_eq!(seen, [("a", "7".to_owned()), ("b", "1000.50".to_owned())]);

    let list = [
        enrolment("b", None, "2000"),
        enrolment("a", Some("2011-12-31"), "7"),
        enrolment("a", Some("2010-12-31"), "7"),
    ];
    let enrolled = tx.enrol(&program.id, &list).await.unwrap();
    let refused = vec![(
        2,
        "account `a` would leave before it joins: exchange the dates".to_owned(),
    )];
    assert_eq!(
        enrolled,
        Enrolled {
            new: 0,
            changed: 1,
            unchanged: 1,
            refused
        }
    );
    let b = tx
        .participant(&program.id, &everybody[1].account.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (b.enrolment.agreed["baseline"], &b.enrolment.id),
        (Decimal::from(2000), &everybody[1].enrolment.id)
    );
    db
}

async fn a_signing_key_is_found_by_its_digest(db: Database) -> Database {
    let mut tx = db.begin().await;
    let id = tx.add_signing_key(&[7; 32]).await.unwrap();
    assert_eq!(tx.add_signing_key(&[7; 32]).await.unwrap(), id);
    assert_eq!(id, Digest::of(&[7; 32]).to_string());
    assert_eq!(tx.signing_key(&id).await.unwrap().unwrap().public_key, [7; 32]);
    assert_eq!(tx.signing_key("none").await.unwrap(), None);
    tx.commit().await.unwrap();
    db.meddle(&format!("update signing_keys set public_key = {}", db.bytes("other")))
        .await
        .unwrap();
    assert!(matches!(
        db.store.read().await.unwrap().signing_key(&id).await,
        Err(Error::Corrupt { .. })
    ));
    db
}
