use domain::money::Micros;
use domain::payee::{Address, BankAccount, Issuer, Party, Payee};
use domain::settlement::Policy;
use store::Error;

use crate::company::open_for_business;
use crate::database::{Database, ada, now};

stories! {
    a_payee_is_changed_by_a_new_version_and_the_old_one_stays
    issuer_and_policy_are_those_said_last
    a_hold_is_in_force_until_it_is_lifted_once
}

pub fn bank(iban: &str) -> BankAccount {
    BankAccount {
        holder: "Company".into(),
        iban: iban.parse().unwrap(),
        bic: None,
    }
}

pub fn payee(iban: &str) -> Payee {
    Payee {
        address: Some(Address {
            street: None,
            city: Some("Leeds".into()),
            postcode: None,
            country: "GB".parse().unwrap(),
        }),
        bank: Some(bank(iban)),
        ..Payee::default()
    }
}

pub fn issuer() -> Issuer {
    Issuer {
        party: Party {
            number: "acme".into(),
            name: "Acme Programs plc".into(),
            address: None,
            tax_id: None,
        },
        bank: Some(bank("GB33BUKB20201555555555")),
    }
}

async fn a_payee_is_changed_by_a_new_version_and_the_old_one_stays(db: Database) -> Database {
    let mut tx = db.begin().await;
    open_for_business(&mut tx).await;
    let a = tx.account("a").await.unwrap().unwrap().id;
    assert_eq!(tx.payee(&a).await.unwrap(), Payee::default());
    let (first, second) = (payee("GB33BUKB20201555555555"), payee("DE89370400440532013000"));
    assert!(tx.set_payee(&a, &first).await.unwrap());
    assert!(!tx.set_payee(&a, &first).await.unwrap(), "the same again is no version");
    assert!(tx.set_payee(&a, &second).await.unwrap());
    assert_eq!(tx.payee(&a).await.unwrap(), second);
    let versions = tx.payee_versions(&a).await.unwrap();
    let seen: Vec<_> = versions
        .iter()
        .map(|version| (version.version, &version.payee, &version.by, version.at))
        .collect();
    assert_eq!(seen, [(1, &first, &ada(), now()), (2, &second, &ada(), now())]);
    let listed = tx.payees().await.unwrap();
    assert_eq!(
        (listed.len(), &*listed[0].account_number, &listed[0].payee),
        (1, "a", &second)
    );
    let nobody = tx.set_payee(&"none".to_owned().into(), &first).await;
    assert!(matches!(nobody, Err(Error::Conflict(said)) if said == "account `none` does not exist"));
    db
}

async fn issuer_and_policy_are_those_said_last(db: Database) -> Database {
    let mut tx = db.begin().await;
    assert_eq!(
        (tx.issuer().await.unwrap(), tx.settlement_policy().await.unwrap()),
        (None, Policy::default())
    );
    let renamed = Issuer { bank: None, ..issuer() };
    let policy = Policy {
        thresholds: [("GBP".into(), Micros(25_000_000))].into(),
        debit_memos: true,
        due_days: 14,
        rate_type: Some("spot".parse().unwrap()),
    };
    tx.set_issuer(&issuer()).await.unwrap();
    tx.set_issuer(&renamed).await.unwrap();
    tx.set_settlement_policy(&Policy::default()).await.unwrap();
    tx.set_settlement_policy(&policy).await.unwrap();
    assert_eq!(
        (tx.issuer().await.unwrap(), tx.settlement_policy().await.unwrap()),
        (Some(renamed), policy)
    );
    db
}

async fn a_hold_is_in_force_until_it_is_lifted_once(db: Database) -> Database {
    let mut tx = db.begin().await;
    open_for_business(&mut tx).await;
    let a = tx.account("a").await.unwrap().unwrap().id;
    let program = tx
        .create_program(&crate::company::new_program("volume"))
        .await
        .unwrap()
        .id;
    let first = tx.place_hold(Some(&a), None, "the address is disputed").await.unwrap();
    let second = tx.place_hold(Some(&a), Some(&program), "an audit").await.unwrap();
    assert_eq!((first, second, tx.holds_in_force().await.unwrap().len()), (1, 2, 2));
    tx.lift_hold(first).await.unwrap();
    let again = tx.lift_hold(first).await;
    assert!(
        matches!(again, Err(Error::Conflict(said)) if said == "no hold 1 is in force: `gtm hold list` shows those that are")
    );
    let [only] = &tx.holds_in_force().await.unwrap()[..] else {
        panic!("one is in force")
    };
    assert_eq!(
        (only.number, &only.program, &*only.reason),
        (2, &Some(program), "an audit")
    );
    let all = tx.holds(true).await.unwrap();
    let seen: Vec<_> = all
        .iter()
        .map(|placed| {
            (
                placed.account_number.as_deref(),
                placed.program_code.as_deref(),
                placed.lifted.is_some(),
            )
        })
        .collect();
    assert_eq!(seen, [(Some("a"), None, true), (Some("a"), Some("volume"), false)]);
    assert!(matches!(
        tx.place_hold(None, None, "everything").await,
        Err(Error::Refused(_))
    ));
    db
}
