use domain::money::Micros;
use store::account_program::Enrolment;
use store::ledger::Amount;
use store::quarantine::Quarantine;
use store::standing::{ParticipantFilter, PeriodTotals};

use crate::company::{Quarter, account, begin_quarter, transfer};
use crate::database::Database;

stories! {
    programs_say_how_far_they_got
    participants_of_a_period_are_listed_page_by_page
    participants_are_found_by_the_beginning_of_their_number
    totals_cover_the_whole_period
}

/// Accounts `a` (paid), `a%` (left before the quarter), `a1` (in quarantine), `b` (nothing due, and joins only next year) and `c`
/// (not run).
async fn quarter_with_every_outcome(db: &Database) -> Quarter {
    let quarter = begin_quarter(db).await;
    let mut tx = db.begin().await;
    tx.add_accounts(&["a%", "a1", "c"].map(|number| account(number, None)))
        .await
        .unwrap();
    let enrolment = |number: &str, from: &str, until: Option<&str>| Enrolment {
        account: number.into(),
        from: from.parse().unwrap(),
        until: until.map(|day| day.parse().unwrap()),
        agreed: [].into(),
        assessment: None,
    };
    let list = [
        enrolment("a", "2011-01-01", None),
        enrolment("a%", "2010-01-01", Some("2010-12-31")),
        enrolment("a1", "2011-03-31", None),
        enrolment("b", "2012-01-01", None),
        enrolment("c", "2010-01-01", Some("2011-01-01")),
    ];
    assert_eq!(tx.enrol(&quarter.program.id, &list).await.unwrap().new, 5);
    let mut points = transfer("loyalty", 3);
    points.unit = "points".into();
    let revisions = [
        quarter.revision(
            &quarter.a,
            1,
            vec![transfer("volume", 5), transfer("growth", -2), points],
        ),
        quarter.revision(&quarter.b, 1, vec![]),
    ];
    tx.save_revisions(&revisions).await.unwrap();
    let held = Quarantine {
        run: quarter.run.id.clone(),
        program: quarter.program.id.clone(),
        account: tx.account("a1").await.unwrap().unwrap().id,
        period: "2011-Q1".into(),
        reason: "plugin `rebate` 1.0.0 ran out of fuel".into(),
        log: String::new(),
        component: quarter.terms.component,
        context: None,
        rows: None,
    };
    tx.quarantine(std::slice::from_ref(&held)).await.unwrap();
    tx.quarantine(&[Quarantine {
        reason: "the same again".into(),
        ..held
    }])
    .await
    .unwrap();
    tx.commit().await.unwrap();
    quarter
}

fn units(balance: &str, unit: &str, units: i64) -> Amount {
    Amount {
        balance: balance.into(),
        unit: unit.into(),
        amount: Micros(units * 1_000_000),
    }
}

async fn programs_say_how_far_they_got(db: Database) -> Database {
    let quarter = quarter_with_every_outcome(&db).await;
    let mut read = db.store.read().await.unwrap();
    let standings = read.program_standings().await.unwrap();
    assert_eq!((standings.len(), &standings[0].program), (1, &quarter.program.id));
    assert_eq!(
        (standings[0].enrolled, standings[0].held, &*standings[0].periods),
        (5, 1, &["2011-Q1".to_owned()][..])
    );
    let amounts = [
        units("expense", "GBP", -3),
        units("expense", "points", -3),
        units("payable", "GBP", 3),
        units("payable", "points", 3),
    ];
    assert_eq!(standings[0].amounts, amounts);
    drop(read);
    db
}

async fn participants_of_a_period_are_listed_page_by_page(db: Database) -> Database {
    let quarter = quarter_with_every_outcome(&db).await;
    let period = quarter.program.calendar.period("2011-Q1").unwrap();
    let filter = ParticipantFilter {
        program: &quarter.program.id,
        period: &period,
        begins_with: "",
    };
    let mut read = db.store.read().await.unwrap();
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = read.participant_standings(filter, &after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.account_number.clone();
        seen.extend(page);
    }
    let shown: Vec<_> = seen
        .iter()
        .map(|one| {
            (
                &*one.account_number,
                one.statement.is_some(),
                one.output.is_some(),
                one.held.as_deref(),
            )
        })
        .collect();
    // Of two reasons the newer one; with the clock frozen, the later id.
    assert_eq!(
        shown,
        [
            ("a", true, true, None),
            ("a1", false, false, Some("the same again")),
            ("b", true, true, None),
            ("c", false, false, None)
        ]
    );
    assert_eq!(seen[0].amounts.len(), 4);
    assert_eq!(&*seen[0].account_name, "company a");
    drop(read);
    db
}

async fn participants_are_found_by_the_beginning_of_their_number(db: Database) -> Database {
    let quarter = quarter_with_every_outcome(&db).await;
    // A year in which all of them take part.
    let mut period = quarter.program.calendar.period("2011-Q1").unwrap();
    (period.start, period.end) = ("2010-01-01".parse().unwrap(), "2012-12-31".parse().unwrap());
    let mut read = db.store.read().await.unwrap();
    for (begins_with, expected) in [
        ("a", &["a", "a%", "a1"][..]),
        ("a%", &["a%"]),
        ("%", &[]),
        ("A", &[]),
        ("a1x", &[]),
    ] {
        let filter = ParticipantFilter {
            program: &quarter.program.id,
            period: &period,
            begins_with,
        };
        let page = read.participant_standings(filter, "", 9).await.unwrap();
        let numbers: std::collections::BTreeSet<_> = page.iter().map(|one| &*one.account_number).collect();
        assert_eq!(numbers, expected.iter().copied().collect(), "{begins_with}");
    }
    drop(read);
    db
}

async fn totals_cover_the_whole_period(db: Database) -> Database {
    let quarter = quarter_with_every_outcome(&db).await;
    let mut read = db.store.read().await.unwrap();
    let program = &quarter.program.id;
    let totals = read
        .period_totals(program, "2011-Q1", &["payable"], "GBP")
        .await
        .unwrap();
    assert_eq!(
        totals,
        PeriodTotals {
            statements: 2,
            paid: 1,
            held: 1,
            amount: Micros(3_000_000)
        }
    );
    let totals = read
        .period_totals(program, "2011-Q1", &["payable", "expense"], "GBP")
        .await
        .unwrap();
    assert_eq!((totals.paid, totals.amount), (0, Micros::ZERO));
    assert_eq!(
        read.period_totals(program, "2011-Q2", &["payable"], "GBP")
            .await
            .unwrap(),
        PeriodTotals::default()
    );
    drop(read);
    db
}
