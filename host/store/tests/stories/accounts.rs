use domain::account::NewContact;
use domain::id::AccountId;
use store::account::Added;

use crate::company::account;
use crate::database::Database;

stories! {
    accounts_are_added_once_and_parents_may_stand_after_their_children
    an_account_without_its_parent_is_refused
    the_accounts_below_are_found_level_by_level
    accounts_are_found_by_what_names_them
    a_contact_is_kept_once_an_address
    what_is_not_committed_is_not_kept
}

async fn accounts_are_added_once_and_parents_may_stand_after_their_children(db: Database) -> Database {
    let mut tx = db.begin().await;
    let list = [
        account("branch", Some("head")),
        account("head", None),
        account("branch", None),
    ];
    assert_eq!(
        tx.add_accounts(&list).await.unwrap(),
        Added {
            new: 2,
            existing: 1,
            refused: vec![]
        }
    );
    assert_eq!(
        tx.add_accounts(&list).await.unwrap(),
        Added {
            new: 0,
            existing: 3,
            refused: vec![]
        }
    );
    tx.commit().await.unwrap();
    let mut read = db.store.read().await.unwrap();
    let (head, branch) = (
        read.account("head").await.unwrap().unwrap(),
        read.account("branch").await.unwrap().unwrap(),
    );
    assert_eq!(branch.parent, Some(head.id));
    assert_eq!(
        (&*branch.name, branch.attributes["region"].as_str()),
        ("company branch", "north")
    );
    db
}

async fn an_account_without_its_parent_is_refused(db: Database) -> Database {
    let mut tx = db.begin().await;
    let list = [
        account("lost", Some("nobody")),
        account("egg", Some("hen")),
        account("hen", Some("egg")),
        account(" ", None),
        account("good", None),
    ];
    let added = tx.add_accounts(&list).await.unwrap();
    assert_eq!((added.new, added.refused.len()), (1, 4));
    assert_eq!(
        added.refused[0],
        (
            0,
            "the parent `nobody` of account `lost` does not exist, or is below it".to_owned()
        )
    );
    assert_eq!(added.refused[3].1, "an account needs a number");
    db
}

async fn the_accounts_below_are_found_level_by_level(db: Database) -> Database {
    let mut tx = db.begin().await;
    let list = [
        account("1", None),
        account("2", Some("1")),
        account("3", Some("2")),
        account("4", Some("1")),
        account("5", None),
    ];
    tx.add_accounts(&list).await.unwrap();
    let top = tx.account("1").await.unwrap().unwrap().id;
    for (levels, below) in [(Some(0), vec![1]), (Some(1), vec![1, 2, 4]), (None, vec![1, 2, 3, 4])] {
        let ordinals = tx.accounts_below(&top, levels).await.unwrap();
        let mut numbers: Vec<i64> = tx
            .accounts_of(&ordinals)
            .await
            .unwrap()
            .iter()
            .map(|account| account.number.parse().unwrap())
            .collect();
        numbers.sort_unstable();
        assert_eq!(numbers, below, "{levels:?}");
    }
    db
}

async fn accounts_are_found_by_what_names_them(db: Database) -> Database {
    let mut tx = db.begin().await;
    // Numbers are in the order of their bytes, whatever the server's language.
    tx.add_accounts(&["b", "B", "a-1", "a1"].map(|number| account(number, None)))
        .await
        .unwrap();
    let numbers =
        |page: Vec<domain::account::Account>| page.into_iter().map(|account| account.number).collect::<Vec<_>>();
    assert_eq!(numbers(tx.accounts_after("", 2).await.unwrap()), ["B", "a-1"]);
    assert_eq!(numbers(tx.accounts_after("a-1", 9).await.unwrap()), ["a1", "b"]);
    let all = tx.accounts().await.unwrap();
    assert_eq!(
        all.iter().map(|account| account.ordinal).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    let ordinals = tx.account_ordinals(&["b", "a1", "c"]).await.unwrap();
    assert_eq!((ordinals.len(), ordinals["a1"]), (2, 4));
    assert_eq!(tx.account_by_id(&all[1].id).await.unwrap().as_ref(), Some(&all[1]));
    assert_eq!(
        tx.account_by_id(&AccountId::from("nobody".to_owned())).await.unwrap(),
        None
    );
    db
}

async fn a_contact_is_kept_once_an_address(db: Database) -> Database {
    let mut tx = db.begin().await;
    tx.add_accounts(&[account("a", None)]).await.unwrap();
    let contact = |account: &str, name: &str| NewContact {
        account: account.into(),
        name: name.into(),
        email: "eve@a.example".into(),
        role: "buyer".into(),
    };
    let added = tx
        .add_contacts(&[contact("a", "Eve"), contact("a", "Eve again"), contact("b", "Bob")])
        .await
        .unwrap();
    assert_eq!((added.new, added.existing), (1, 1));
    assert_eq!(
        added.refused,
        [(2, "account `b` does not exist: add it first".to_owned())]
    );
    let id = tx.account("a").await.unwrap().unwrap().id;
    assert_eq!(tx.contacts_of(&id).await.unwrap(), [contact("a", "Eve")]);
    db
}

async fn what_is_not_committed_is_not_kept(db: Database) -> Database {
    let mut tx = db.begin().await;
    tx.add_accounts(&[account("a", None)]).await.unwrap();
    drop(tx);
    let mut read = db.store.read().await.unwrap();
    assert_eq!(read.accounts().await.unwrap(), []);
    assert_eq!(read.verify_audit().await.unwrap(), 0);
    db
}
