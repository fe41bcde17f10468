//! Grace days, the calculation day, time zones and locked periods, told with a clock that stands where the story wants it, on both
//! engines.

use std::num::NonZeroUsize;

use server::cli::{ChangeLock, Global};
use server::host::Host;
use server::replay::Replay;
use server::run::{Report, run};
use server::{period, statement};
use store::ledger::BalanceFilter;
use store::run::RunMode;
use store::{Clock, Ids};
use tests::{Engine, Gtm, component, on_both_engines};

on_both_engines! {
    a_period_is_posted_from_its_calculation_day_on_in_the_programs_time_zone
    late_facts_are_in_time_until_the_last_day_of_grace
    what_changes_in_a_locked_period_is_posted_into_the_open_one
    a_lock_names_who_and_why_and_another_may_take_it_away
}

const TERMS: &str = r#"{ "rules": [{ "measure": "net", "tiers": [{ "from": "0", "rate": "1 %" }] }] }"#;

/// A company with the accounts `north` and `south` and a program `volume` that pays 1 % by the quarter.
struct World {
    gtm: Gtm,
    runtime: tokio::runtime::Runtime,
}

impl World {
    fn new(engine: Engine, options: &str) -> Self {
        let gtm = Gtm::new(engine);
        let accounts = gtm.file("accounts.csv", "number,name,parent\nnorth,North,\nsouth,South,\n");
        gtm.run(&format!("import accounts {}", accounts.display()));
        gtm.run(&format!("plugin install {}", component("rebate").display()));
        let terms = gtm.file("terms.json", TERMS);
        gtm.run(&format!(
            "program create volume --plugin gtm/rebate --terms {} --start 2024-01-01 {options}",
            terms.display()
        ));
        gtm.run("program enrol volume north");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("threads");
        Self { gtm, runtime }
    }

    fn sell(&self, key: &str, account: &str, date: &str, net: u32) {
        let lines = format!("key,kind,account,date,currency,net_amount\n{key},sale,{account},{date},GBP,{net}\n");
        let file = self.gtm.file("sales.csv", &lines);
        self.gtm.run(&format!("import transactions {}", file.display()));
    }

    /// The host as it is at that time, with somebody at work.
    fn at(&self, time: &str, actor: &str) -> Host {
        let global = Global {
            database: self.gtm.database().to_owned(),
            actor: actor.parse().expect("an actor"),
            json: true,
            key: Some(self.gtm.key()),
            cache: Some(self.gtm.cache()),
            files: None,
        };
        let clock = Clock::Frozen(time.parse().expect("a time"));
        self.runtime
            .block_on(Host::open_with(&global, clock, Ids::random()))
            .unwrap_or_else(|e| panic!("{e:#}"))
    }

    fn run(&self, time: &str, period: &str, mode: RunMode) -> Result<Report, String> {
        let host = self.at(time, "user:ada");
        let ran = self
            .runtime
            .block_on(run(&host, "volume", period, mode, NonZeroUsize::MIN));
        self.runtime.block_on(host.store.close());
        ran.map_err(|e| format!("{e:#}"))
    }

    /// What a run that posts changed, and the open period that took it.
    fn posts(&self, time: &str, period: &str) -> (String, Option<String>) {
        let report = self
            .run(time, period, RunMode::Actual)
            .unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(report.status, "complete");
        (report.difference.to_string(), report.posting_period)
    }

    fn change_lock(&self, time: &str, actor: &str, period: &str, locked: bool, reason: &str) -> Result<(), String> {
        let of = ChangeLock {
            program: "volume".into(),
            period: period.into(),
            reason: reason.into(),
        };
        let host = self.at(time, actor);
        let changed = self.runtime.block_on(period::change(&host, &of, locked));
        self.runtime.block_on(host.store.close());
        let changed = changed.map_err(|e| format!("{e:#}"))?;
        assert_eq!(
            (changed.locked, &*changed.by, &*changed.reason),
            (locked, actor, reason)
        );
        Ok(())
    }

    /// Everything posted for a statement: revision, amount, why and, where it is another than the statement's, into which period.
    fn posted(&self, name: &str) -> Vec<String> {
        let host = self.at("2024-12-31T12:00:00Z", "user:ada");
        let shown = self.runtime.block_on(statement::show(&host, name));
        let shown = shown.unwrap_or_else(|e| panic!("{e:#}"));
        self.runtime.block_on(host.store.close());
        let line = |revision: &statement::RevisionPosted| {
            let (number, into) = (revision.number, revision.posting_period.clone());
            let lines = revision.transfers.iter().map(move |transfer| {
                let into = into
                    .as_deref()
                    .map_or_else(String::new, |period| format!(" into {period}"));
                format!("{number} {} {}{into}", transfer.amount, transfer.reason)
            });
            lines.collect::<Vec<_>>()
        };
        shown.revisions.iter().flat_map(line).collect()
    }

    /// What the ledger holds as payable of what was posted into a period.
    fn payable(&self, period: &str) -> String {
        let host = self.at("2024-12-31T12:00:00Z", "user:ada");
        let lines = self.runtime.block_on(async {
            let mut snapshot = host.store.read().await?;
            let filter = BalanceFilter {
                period: Some(period.into()),
                ..BalanceFilter::default()
            };
            snapshot.balances(&filter).await
        });
        self.runtime.block_on(host.store.close());
        let lines = lines.unwrap_or_else(|e| panic!("{e}"));
        let payable = lines.into_iter().filter(|line| line.held.balance == "payable");
        payable
            .map(|line| line.held.amount)
            .sum::<domain::money::Micros>()
            .to_string()
    }

    /// Replays everything and says how many revisions there are.
    fn replay_all(&self) -> usize {
        let host = self.at("2024-12-31T12:00:00Z", "user:ada");
        let replayed = self
            .runtime
            .block_on(async { Replay::open(&host).await?.run(&[]).await });
        self.runtime.block_on(host.store.close());
        let replayed = replayed.unwrap_or_else(|e| panic!("{e:#}"));
        assert!(replayed.iter().all(|replayed| replayed.identical), "{replayed:#?}");
        replayed.len()
    }
}

fn a_period_is_posted_from_its_calculation_day_on_in_the_programs_time_zone(engine: Engine) {
    let world = World::new(engine, "--calculation-day 5 --time-zone America/New_York");
    world.sell("S-1", "north", "2024-02-10", 1_000);
    // In New York it is still the fourth.
    let early = "2024-04-05T03:59:59Z";
    assert_eq!(
        world.run(early, "2024-Q1", RunMode::Actual).unwrap_err(),
        "2024-Q1 is posted from 2024-04-05 on, and today is 2024-04-04: `--what-if` shows what it comes to so far"
    );
    let expected = world.run(early, "2024-Q1", RunMode::WhatIf).expect("a what-if");
    assert_eq!(
        (expected.amount.to_string(), world.payable("2024-Q1")),
        ("10".into(), "0".into())
    );
    assert_eq!(world.posts("2024-04-05T04:00:00Z", "2024-Q1"), ("10".into(), None));
    assert_eq!(world.posted("volume/2024-Q1/north"), ["1 10 original"]);
    // The next quarter has a day of its own.
    let refused = world
        .run("2024-06-30T12:00:00Z", "2024-Q2", RunMode::Actual)
        .unwrap_err();
    assert!(refused.starts_with("2024-Q2 is posted from 2024-07-05 on"), "{refused}");
}

fn late_facts_are_in_time_until_the_last_day_of_grace(engine: Engine) {
    let world = World::new(engine, "--grace-days 10");
    world.sell("S-1", "north", "2024-02-10", 1_000);
    assert_eq!(world.posts("2024-04-02T12:00:00Z", "2024-Q1"), ("10".into(), None));
    world.sell("S-2", "north", "2024-03-31", 200);
    assert_eq!(world.posts("2024-04-10T23:59:59Z", "2024-Q1"), ("2".into(), None));
    world.sell("S-3", "north", "2024-03-30", 300);
    assert_eq!(world.posts("2024-04-11T00:00:00Z", "2024-Q1"), ("3".into(), None));
    assert_eq!(
        world.posted("volume/2024-Q1/north"),
        ["1 10 original", "2 2 original", "3 3 prior-period"]
    );
    assert_eq!(world.replay_all(), 3);
}

fn what_changes_in_a_locked_period_is_posted_into_the_open_one(engine: Engine) {
    let world = World::new(engine, "--grace-days 90");
    world.sell("S-1", "north", "2024-02-10", 1_000);
    world.posts("2024-04-02T12:00:00Z", "2024-Q1");
    let locked = world.change_lock(
        "2024-04-20T12:00:00Z",
        "user:ada",
        "2024-Q1",
        true,
        "the quarter is reported",
    );
    locked.unwrap_or_else(|e| panic!("{e}"));

    world.sell("S-2", "north", "2024-03-31", 200);
    world.sell("S-3", "south", "2024-03-31", 500);
    world.gtm.run("program enrol volume south");
    world.sell("S-4", "north", "2024-04-10", 4_000);
    assert_eq!(
        world.posts("2024-05-02T12:00:00Z", "2024-Q1"),
        ("7".into(), Some("2024-Q2".into())),
        "both what came late and the statement that is new"
    );
    assert_eq!(
        world.posted("volume/2024-Q1/north"),
        ["1 10 original", "2 2 prior-period into 2024-Q2"]
    );
    assert_eq!(world.posted("volume/2024-Q1/south"), ["1 5 prior-period into 2024-Q2"]);
    assert_eq!(
        (world.payable("2024-Q1"), world.payable("2024-Q2")),
        ("10".into(), "7".into())
    );
    // The open quarter's own statements do not count it again.
    assert_eq!(world.posts("2024-07-02T12:00:00Z", "2024-Q2"), ("40".into(), None));
    assert_eq!(
        (world.payable("2024-Q1"), world.payable("2024-Q2")),
        ("10".into(), "47".into())
    );
    assert_eq!(
        world.posts("2024-07-02T12:00:00Z", "2024-Q1"),
        ("0".into(), Some("2024-Q3".into()))
    );

    // Other terms change the past as well.
    let terms = world.gtm.file("better.json", &TERMS.replace("1 %", "2 %"));
    world.gtm.run(&format!(
        "program create volume --plugin gtm/rebate --terms {} --new-terms",
        terms.display()
    ));
    assert_eq!(
        world.posts("2024-07-03T12:00:00Z", "2024-Q1"),
        ("17".into(), Some("2024-Q3".into()))
    );
    assert_eq!(
        world.posted("volume/2024-Q1/north")[2..],
        ["3 12 prior-period into 2024-Q3"]
    );
    assert_eq!(
        (world.payable("2024-Q1"), world.payable("2024-Q3")),
        ("10".into(), "17".into())
    );
    assert_eq!(world.replay_all(), 7);
}

fn a_lock_names_who_and_why_and_another_may_take_it_away(engine: Engine) {
    let world = World::new(engine, "");
    world.sell("S-1", "north", "2024-02-10", 1_000);
    let lock =
        |time: &str, actor: &str, locked, reason: &str| world.change_lock(time, actor, "2024-Q1", locked, reason);
    assert_eq!(
        lock("2024-03-31T23:59:59Z", "user:ada", true, "the quarter is reported").unwrap_err(),
        "2024-Q1 ends on 2024-03-31, and today is 2024-03-31: a period is locked when it is over"
    );
    let april = "2024-04-20T12:00:00Z";
    assert_eq!(
        lock(april, "user:ada", true, " ").unwrap_err(),
        "say why 2024-Q1 is locked: --reason TEXT"
    );
    assert_eq!(
        lock(april, "user:ada", false, "a mistake").unwrap_err(),
        "2024-Q1 of program `volume` is not locked"
    );
    assert_eq!(lock(april, "user:ada", true, "the quarter is reported"), Ok(()));
    assert_eq!(
        lock(april, "user:eve", true, "again").unwrap_err(),
        "2024-Q1 of program `volume` is locked already, by user:ada on 2024-04-20: the quarter is reported"
    );
    assert_eq!(
        world.gtm.run("program show volume")["locked"],
        serde_json::json!(["2024-Q1"])
    );
    assert_eq!(lock(april, "user:eve", false, "a claim came late"), Ok(()));
    assert_eq!(world.gtm.run("program show volume")["locked"], serde_json::json!([]));
    assert_eq!(world.posts(april, "2024-Q1"), ("10".into(), None));
}
