use domain::fund::Kind;
use domain::id::AccountId;
use domain::ledger::Cause;
use domain::money::Micros;
use domain::program::Program;
use store::account_program::Enrolment;
use store::budget::NewBudget;
use store::fund::NewAllocation;
use store::ledger::{BalanceFilter, Posting};
use store::{Error, Tx};

use crate::company::{begin_quarter, transfer};
use crate::database::Database;

stories! {
    a_budget_is_shared_out_and_no_more_than_it
    a_budget_never_falls_below_what_is_spoken_for
    money_goes_into_a_fund_and_what_nobody_was_promised_comes_back
    many_who_want_the_last_money_of_a_budget_get_exactly_that
    a_programs_funds_draw_on_one_budget
    the_same_thing_is_not_posted_twice
}

fn money(text: &str) -> Micros {
    text.parse().unwrap()
}

fn budget(code: &str, parent: Option<&str>, amount: &str) -> NewBudget {
    NewBudget {
        code: code.into(),
        title: format!("budget {code}"),
        parent: parent.map(Into::into),
        currency: "GBP".parse().unwrap(),
        start: "2011-01-01".parse().unwrap(),
        end: "2011-12-31".parse().unwrap(),
        amount: money(amount),
    }
}

fn allocation(account: &AccountId, kind: Kind, amount: &str) -> NewAllocation {
    NewAllocation {
        account: account.clone(),
        kind,
        amount: money(amount),
        effective: "2011-02-01".parse().unwrap(),
        expires: Some("2011-06-30".parse().unwrap()),
        reason: "spring fair".into(),
        overridden: None,
    }
}

async fn enrol(tx: &mut Tx, program: &Program) {
    let part = |account: &str| Enrolment {
        account: account.into(),
        from: "2011-01-01".parse().unwrap(),
        until: None,
        agreed: [].into(),
        assessment: None,
    };
    tx.enrol(&program.id, &[part("a"), part("b")]).await.unwrap();
}

/// A budget, and some of it in a fund.
pub async fn put_into_a_fund(tx: &mut Tx, program: &Program, account: &AccountId) {
    enrol(tx, program).await;
    tx.create_budget(&budget("year", None, "1000"), "the plan", None)
        .await
        .unwrap();
    tx.attach_budget("year", program).await.unwrap();
    tx.allocate(program, "fund", &allocation(account, Kind::Allocation, "10"))
        .await
        .unwrap();
}

async fn a_budget_is_shared_out_and_no_more_than_it(db: Database) -> Database {
    let mut tx = db.begin().await;
    let year = tx
        .create_budget(&budget("year", None, "1000"), "the plan", None)
        .await
        .unwrap();
    let north = tx
        .create_budget(&budget("north", Some("year"), "600"), "the plan", None)
        .await
        .unwrap();
    assert_eq!(tx.budget("north").await.unwrap(), Some(north.clone()));
    let refused = tx
        .create_budget(&budget("south", Some("year"), "401"), "the plan", None)
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "budget `year` has 400 of 1000 GBP left, and 401 are to be taken out of it: raise the budget, take less, or say why it is right \
         all the same"
    );
    let over = tx
        .create_budget(&budget("south", Some("year"), "401"), "the plan", Some("the board"))
        .await;
    assert!(over.is_ok());
    let used = tx.budget_used(&year).await.unwrap();
    assert_eq!((used.children, year.left(&used).unwrap()), (money("1001"), money("-1")));
    let twice = tx
        .create_budget(&budget("north", None, "1"), "again", None)
        .await
        .unwrap_err();
    assert_eq!(twice.to_string(), "budget `north` exists already: choose another code");
    let lost = tx
        .create_budget(&budget("east", Some("nowhere"), "1"), "again", None)
        .await
        .unwrap_err();
    assert_eq!(
        lost.to_string(),
        "there is no budget `nowhere`: `gtm budget create nowhere` makes it"
    );
    let changes = tx.budget_changes(&north).await.unwrap();
    assert_eq!(
        (changes.len(), changes[0].amount, &*changes[0].actor),
        (1, money("600"), "user:ada")
    );
    let budgets = tx.budgets().await.unwrap();
    let listed: Vec<_> = budgets
        .iter()
        .map(|line| (&*line.budget.code, line.parent.as_deref(), line.used.children))
        .collect();
    assert_eq!(
        listed,
        [
            ("north", Some("year"), Micros::ZERO),
            ("south", Some("year"), Micros::ZERO),
            ("year", None, money("1001"))
        ]
    );
    db
}

async fn a_budget_never_falls_below_what_is_spoken_for(db: Database) -> Database {
    let mut tx = db.begin().await;
    let year = tx
        .create_budget(&budget("year", None, "1000"), "the plan", None)
        .await
        .unwrap();
    tx.create_budget(&budget("north", Some("year"), "600"), "the plan", None)
        .await
        .unwrap();
    let refused = tx
        .set_budget("year", money("599.99"), "less", Some("the board"))
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "budget `year` cannot be lowered to 599.99: 600 GBP are spoken for, 600 by the budgets below it and 0 in funds"
    );
    tx.set_budget("year", money("700"), "less", None).await.unwrap();
    let refused = tx.set_budget("north", money("700.01"), "more", None).await.unwrap_err();
    assert!(refused.to_string().starts_with("budget `year` has 100 of 700 GBP left"));
    tx.set_budget("north", money("700"), "more", None).await.unwrap();
    let amounts: Vec<_> = tx
        .budget_changes(&year)
        .await
        .unwrap()
        .iter()
        .map(|change| change.amount)
        .collect();
    assert_eq!(amounts, [money("1000"), money("700")]);
    db
}

async fn money_goes_into_a_fund_and_what_nobody_was_promised_comes_back(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let program = &quarter.program;
    let mut tx = db.begin().await;
    let early = tx
        .allocate(program, "fund", &allocation(&quarter.a, Kind::Allocation, "10"))
        .await
        .unwrap_err();
    assert_eq!(
        early.to_string(),
        "program `volume` draws on no budget: `gtm budget attach BUDGET volume` names one"
    );
    let year = tx
        .create_budget(&budget("year", None, "1000"), "the plan", None)
        .await
        .unwrap();
    tx.attach_budget("year", program).await.unwrap();
    let stranger = tx
        .allocate(program, "fund", &allocation(&quarter.a, Kind::Allocation, "10"))
        .await
        .unwrap_err();
    assert!(stranger.to_string().contains("takes no part in program"));
    enrol(&mut tx, program).await;
    tx.allocate(program, "fund", &allocation(&quarter.a, Kind::Allocation, "300"))
        .await
        .unwrap();
    tx.allocate(program, "fund", &allocation(&quarter.b, Kind::Allocation, "600"))
        .await
        .unwrap();
    let refused = tx
        .allocate(program, "fund", &allocation(&quarter.a, Kind::Allocation, "100.01"))
        .await
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("budget `year` has 100 of 1000 GBP left")
    );
    let late = NewAllocation {
        effective: "2012-01-01".parse().unwrap(),
        ..allocation(&quarter.a, Kind::Allocation, "1")
    };
    let late = tx.allocate(program, "fund", &late).await.unwrap_err();
    assert!(late.to_string().contains("2012-01-01 is not among these days"));

    let mut promised = transfer("request", 1);
    (promised.debit, promised.credit, promised.amount) = ("fund".into(), "committed".into(), money("250"));
    tx.post_transfers(&[Posting {
        cause: Cause::Claim,
        subject: "claim-1",
        revision: 1,
        program: &program.id,
        account: &quarter.a,
        period: None,
        posting_period: None,
        transfers: &[promised],
    }])
    .await
    .unwrap();
    let refused = tx
        .allocate(program, "fund", &allocation(&quarter.a, Kind::Release, "50.01"))
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the fund holds 50 GBP, and 50.01 are to be taken out of it: what was promised or paid stays"
    );
    tx.allocate(program, "fund", &allocation(&quarter.a, Kind::Release, "20"))
        .await
        .unwrap();
    tx.allocate(program, "fund", &allocation(&quarter.a, Kind::Expiry, "30"))
        .await
        .unwrap();
    let used = tx.budget_used(&year).await.unwrap();
    assert_eq!(used.allocated, money("850"));
    let budgets = tx.budgets().await.unwrap();
    let listed: Vec<_> = budgets.iter().filter(|line| line.budget == year).collect();
    assert_eq!((listed.len(), listed[0].used), (1, used));
    assert!(listed[0].programs.contains(&program.code), "{:?}", listed[0].programs);
    let of_one = tx.fund_lines(&program.id, Some(&quarter.a)).await.unwrap();
    assert!(of_one.iter().map(|line| &line.account).eq([&quarter.a]));
    let lines = tx.fund_lines(&program.id, None).await.unwrap();
    let line = &lines[0];
    let of = |code| line.holds(code, "GBP").unwrap();
    assert_eq!(
        (line.allocated("GBP").unwrap(), of("fund"), of("committed")),
        (money("250"), money("0"), money("250"))
    );
    assert_eq!(line.moved_by(Cause::Fund, "fund", "GBP").unwrap(), money("250"));
    let moved = tx.moved_from_budget(&program.id).await.unwrap();
    let moved = moved[&quarter.a];
    assert_eq!((moved.put_in, moved.returned), (money("300"), money("50")));
    let kinds: Vec<_> = tx
        .allocations(&program.id, &quarter.a)
        .await
        .unwrap()
        .iter()
        .map(|kept| (kept.of.kind, kept.of.signed()))
        .collect();
    assert_eq!(
        kinds,
        [
            (Kind::Allocation, money("300")),
            (Kind::Release, money("-20")),
            (Kind::Expiry, money("-30"))
        ]
    );
    let all = tx.balances(&BalanceFilter::default()).await.unwrap();
    assert_eq!(
        Micros::checked_sum(all.iter().map(|line| line.held.amount)),
        Ok(Micros::ZERO)
    );
    db
}

async fn many_who_want_the_last_money_of_a_budget_get_exactly_that(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    enrol(&mut tx, &quarter.program).await;
    tx.create_budget(&budget("year", None, "100"), "the plan", None)
        .await
        .unwrap();
    tx.attach_budget("year", &quarter.program).await.unwrap();
    tx.commit().await.unwrap();
    let wanting: Vec<_> = (0..32)
        .map(|n| {
            let (store, program) = (db.store.clone(), quarter.program.clone());
            let account = if n % 2 == 0 { &quarter.a } else { &quarter.b };
            let new = allocation(account, Kind::Allocation, "7");
            tokio::spawn(async move {
                let mut tx = store.begin(&crate::database::ada()).await?;
                tx.allocate(&program, "fund", &new).await?;
                tx.commit().await
            })
        })
        .collect();
    let mut given = 0;
    for wanting in wanting {
        match wanting.await.unwrap() {
            Ok(()) => given += 1,
            Err(Error::Refused(why)) => assert!(why.to_string().starts_with("budget `year` has 2 of 100 GBP left")),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(given, 14);
    let mut read = db.store.read().await.unwrap();
    let allocated = read.allocated_by(&[&quarter.program.id], "GBP").await.unwrap();
    assert_eq!(allocated, money("98"));
    db
}

async fn a_programs_funds_draw_on_one_budget(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let program = &quarter.program;
    let mut tx = db.begin().await;
    enrol(&mut tx, program).await;
    for code in ["one", "two"] {
        tx.create_budget(&budget(code, None, "100"), "the plan", None)
            .await
            .unwrap();
    }
    let euros = NewBudget {
        currency: "EUR".parse().unwrap(),
        ..budget("euros", None, "100")
    };
    tx.create_budget(&euros, "the plan", None).await.unwrap();
    let refused = tx.attach_budget("euros", program).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "budget `euros` is in EUR, and program `volume` pays in GBP: take a budget in GBP"
    );
    tx.attach_budget("one", program).await.unwrap();
    tx.attach_budget("two", program).await.unwrap();
    assert_eq!(tx.budget_of(&program.id).await.unwrap().unwrap().code, "two");
    assert_eq!(tx.hold_budget("two").await.unwrap().amount, money("100"));
    tx.allocate(program, "fund", &allocation(&quarter.a, Kind::Allocation, "10"))
        .await
        .unwrap();
    let refused = tx.attach_budget("one", program).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "program `volume` has 10 GBP of budget `two` in its funds: take that back first"
    );
    db
}

async fn the_same_thing_is_not_posted_twice(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    enrol(&mut tx, &quarter.program).await;
    let accounts = [&quarter.b, &quarter.a];
    tx.hold_balances(&quarter.program.id, &accounts).await.unwrap();
    let posting = |transfers| Posting {
        cause: Cause::Settlement,
        subject: "document-1",
        revision: 1,
        program: &quarter.program.id,
        account: &quarter.a,
        period: Some("2011-Q1"),
        posting_period: None,
        transfers,
    };
    let transfers = [transfer("settlement", -5)];
    tx.post_transfers(&[posting(&transfers)]).await.unwrap();
    let held = tx.held_by(&quarter.program.id, &accounts).await.unwrap();
    assert_eq!(
        held[&quarter.a]
            .iter()
            .map(|held| (&*held.balance, held.amount))
            .collect::<Vec<_>>(),
        [("expense", money("5")), ("payable", money("-5"))]
    );
    // A statement of the period knows nothing of it.
    assert_eq!(tx.latest(&quarter.program.id, "2011-Q1").await.unwrap().len(), 0);
    let twice = tx.post_transfers(&[posting(&transfers)]).await.unwrap_err();
    assert_eq!(
        twice.to_string(),
        "what is to be posted was posted before: read again and decide again"
    );
    db
}
