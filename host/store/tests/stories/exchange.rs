use domain::currency::Currency;
use domain::exchange::{Conversion, ExchangeRate};
use domain::money::{Micros, Money};
use domain::transaction::DateBasis;
use store::Error;
use store::exchange::{Corrected, RateFilter};

use crate::company::new_program;
use crate::database::{Database, ada, now};

stories! {
    rates_are_recorded_once_and_corrected_by_another
    rates_are_listed_by_what_is_asked_for
    a_program_states_once_by_which_rates_it_converts
}

/// A rate from dollars to pounds.
pub fn usd(day: &str, rate: &str) -> ExchangeRate {
    stated("spot", "USD", day, rate, "ecb")
}

pub fn by_spot() -> Conversion {
    Conversion {
        rate_type: "spot".parse().unwrap(),
        dates_by: DateBasis::Invoice,
    }
}

fn stated(rate_type: &str, from: &str, day: &str, rate: &str, source: &str) -> ExchangeRate {
    let (from, to) = (from.parse().unwrap(), "GBP".parse().unwrap());
    let (day, rate) = (day.parse().unwrap(), rate.parse().unwrap());
    ExchangeRate::new(rate_type.parse().unwrap(), from, to, day, rate, source).unwrap()
}

fn gbp() -> Currency {
    "GBP".parse().unwrap()
}

async fn rates_are_recorded_once_and_corrected_by_another(db: Database) -> Database {
    let file = [
        usd("2011-01-05", "0.64"),
        usd("2011-01-06", "0.65"),
        usd("2011-01-05", "0.64"),
    ];
    let mut tx = db.begin().await;
    let added = tx.add_rates(&file).await.unwrap();
    assert_eq!((added.new, added.existing, added.refused.len()), (2, 1, 0));
    assert_eq!(tx.add_rates(&[]).await.unwrap().new, 0);
    tx.commit().await.unwrap();

    let mut tx = db.begin().await;
    let corrected = tx.correct_rate(&usd("2011-01-05", "0.66")).await.unwrap();
    assert_eq!(corrected, Corrected::Of(usd("2011-01-05", "0.64")));
    assert_eq!(
        tx.correct_rate(&usd("2011-01-05", "0.660")).await.unwrap(),
        Corrected::Already
    );
    assert_eq!(
        tx.correct_rate(&usd("2011-01-07", "0.67")).await.unwrap(),
        Corrected::First
    );
    // The same file again adds nothing, and does not take the correction back.
    let again = tx.add_rates(&file).await.unwrap();
    assert_eq!((again.new, again.existing), (0, 3));
    tx.commit().await.unwrap();

    let mut snapshot = db.store.read().await.unwrap();
    let (spot, dollar) = ("spot".parse().unwrap(), "USD".parse().unwrap());
    let counts = snapshot
        .rate(&spot, dollar, gbp(), "2011-01-05".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(counts, Some(usd("2011-01-05", "0.66")));
    let rates = snapshot.rates_into(&"spot".parse().unwrap(), gbp()).await.unwrap();
    let hundred = |day: &str| {
        let (amount, currency) = (Micros(100_000_000), "USD".parse().unwrap());
        rates
            .convert(Money { amount, currency }, day.parse().unwrap())
            .map(|amount| amount.to_string())
    };
    assert_eq!(
        (hundred("2011-01-05"), hundred("2011-01-06")),
        (Ok("66".into()), Ok("65".into()))
    );
    assert!(hundred("2011-01-08").is_err());

    // By hand one may go back to what was said first.
    drop(snapshot);
    let mut tx = db.begin().await;
    assert_eq!(
        tx.correct_rate(&usd("2011-01-05", "0.64")).await.unwrap(),
        Corrected::Of(usd("2011-01-05", "0.66"))
    );
    let all = RateFilter {
        until: Some("2011-01-05".parse().unwrap()),
        corrected: true,
        ..RateFilter::default()
    };
    let kept = tx.rates(&all).await.unwrap();
    let said: Vec<_> = kept
        .iter()
        .map(|kept| (kept.stated.rate.to_string(), kept.counts))
        .collect();
    assert_eq!(
        said,
        [("0.64".into(), false), ("0.66".into(), false), ("0.64".into(), true)]
    );
    assert_eq!((&kept[0].actor, kept[0].recorded_at), (&ada(), now()));
    assert!(kept.is_sorted_by_key(|kept| kept.number));
    db
}

async fn rates_are_listed_by_what_is_asked_for(db: Database) -> Database {
    let mut tx = db.begin().await;
    let rates = [
        stated("spot", "USD", "2011-01-05", "0.64", "ecb"),
        stated("spot", "EUR", "2011-01-05", "0.85", "ecb"),
        stated("month-average", "USD", "2011-01-31", "0.63", "hmrc"),
    ];
    assert_eq!(tx.add_rates(&rates).await.unwrap().new, 3);
    let mut list = async |filter: RateFilter| -> Vec<String> {
        let found = tx.rates(&filter).await.unwrap();
        let line = |stated: &ExchangeRate| format!("{} {} {}", stated.rate_type, stated.from, stated.day);
        found.iter().map(|found| line(&found.stated)).collect()
    };
    let spot = Some("spot".parse().unwrap());
    let all = [
        "month-average USD 2011-01-01",
        "spot EUR 2011-01-05",
        "spot USD 2011-01-05",
    ];
    assert_eq!(list(RateFilter::default()).await, all);
    let filter = RateFilter {
        rate_type: spot,
        ..RateFilter::default()
    };
    assert_eq!(list(filter).await, all[1..]);
    let filter = RateFilter {
        from: Some("USD".parse().unwrap()),
        to: Some(gbp()),
        since: Some("2011-01-02".parse().unwrap()),
        ..RateFilter::default()
    };
    assert_eq!(list(filter).await, all[2..]);
    let filter = RateFilter {
        to: Some("EUR".parse().unwrap()),
        ..RateFilter::default()
    };
    assert_eq!(list(filter).await, Vec::<String>::new());
    db
}

async fn a_program_states_once_by_which_rates_it_converts(db: Database) -> Database {
    let mut tx = db.begin().await;
    let program = tx.create_program(&new_program("volume")).await.unwrap().id;
    assert_eq!(tx.conversion_of(&program).await.unwrap(), None);
    tx.state_conversion(&program, &by_spot()).await.unwrap();
    tx.state_conversion(&program, &by_spot()).await.unwrap();
    assert_eq!(tx.conversion_of(&program).await.unwrap(), Some(by_spot()));
    let other = Conversion {
        dates_by: DateBasis::Payment,
        ..by_spot()
    };
    let refused = tx.state_conversion(&program, &other).await;
    assert!(
        matches!(refused, Err(Error::Conflict(sentence)) if sentence == "the program converts by `spot` rates already: set up another program to convert by others")
    );
    db
}
