use store::Error;

use crate::company::{begin_quarter, product};
use crate::database::{Database, ada, now};

stories! {
    every_writing_call_leaves_an_entry
    a_change_of_the_past_is_found_and_named
    an_entry_taken_away_is_found_and_named
}

async fn every_writing_call_leaves_an_entry(db: Database) -> Database {
    begin_quarter(&db).await;
    let mut read = db.store.read().await.unwrap();
    let entries = read.audit_after(0, 100).await.unwrap();
    let actions: Vec<&str> = entries.iter().map(|entry| &*entry.action).collect();
    let expected = [
        "add-accounts",
        "add-products",
        "begin-import",
        "install-plugin",
        "create-program",
        "add-terms",
        "start-run",
    ];
    assert_eq!(actions, expected);
    assert!(entries.iter().all(|entry| entry.actor == ada() && entry.at == now()));
    assert_eq!(entries[0].details, r#"{"first_ordinal":1,"new":2}"#);
    assert!(entries.windows(2).all(|pair| pair[1].previous == pair[0].digest));
    assert_eq!(read.audit_after(6, 100).await.unwrap(), entries[6..]);
    assert_eq!(read.verify_audit().await.unwrap(), 7);
    drop(read);
    db
}

async fn a_change_of_the_past_is_found_and_named(db: Database) -> Database {
    begin_quarter(&db).await;
    db.lift("audit").await;
    let changes = [
        ("actor = 'user:eve'", "actor = 'user:ada'"),
        ("action = 'nothing'", "action = 'create-program'"),
        ("subject = 'growth'", "subject = 'volume'"),
        ("sequence = 50", "sequence = 5"),
    ];
    for (change, back) in changes {
        db.meddle(&format!("update audit set {change} where sequence = 5"))
            .await
            .unwrap();
        let found = db.store.read().await.unwrap().verify_audit().await;
        assert!(
            matches!(&found, Err(Error::Corrupt { what }) if what.starts_with("audit entry 5 is ")),
            "{change}: {found:?}"
        );
        db.meddle(&format!("update audit set {back} where sequence in (5, 50)"))
            .await
            .unwrap();
        assert_eq!(db.store.read().await.unwrap().verify_audit().await.unwrap(), 7);
    }
    db.meddle("update audit set details = '{}' where sequence = 3")
        .await
        .unwrap();
    let found = db.store.read().await.unwrap().verify_audit().await;
    let sentence = "audit entry 3 is broken: its contents do not give its digest";
    assert!(
        matches!(&found, Err(Error::Corrupt { what }) if what == sentence),
        "{found:?}"
    );
    db
}

async fn an_entry_taken_away_is_found_and_named(db: Database) -> Database {
    begin_quarter(&db).await;
    db.lift("audit").await;
    db.meddle("delete from audit where sequence = 7").await.unwrap();
    let sentence = "audit entry 7 is missing: the log ends at 6";
    let found = db.store.read().await.unwrap().verify_audit().await;
    assert!(
        matches!(&found, Err(Error::Corrupt { what }) if what == sentence),
        "{found:?}"
    );
    // Nothing is written after a hole.
    let mut tx = db.begin().await;
    tx.add_products(&[product("jug")]).await.unwrap();
    assert!(matches!(tx.commit().await, Err(Error::Corrupt { what }) if what == "audit entry 7 is missing"));
    db.meddle("delete from audit where sequence = 2").await.unwrap();
    let found = db.store.read().await.unwrap().verify_audit().await;
    assert!(
        matches!(&found, Err(Error::Corrupt { what }) if what == "audit entry 2 is missing"),
        "{found:?}"
    );
    db
}
