//! Sixty-four claim the last money of one fund at the same moment.

use std::sync::Arc;

use server::claim::form::Form;
use server::claim::submit::{Submission, submit};
use server::cli::Global;
use server::host::Host;
use tests::{Engine, Gtm, on_both_engines};

use super::fund::{campaign, company, held, put, replay};
use crate::company::{each, micros, text};

on_both_engines! {
    exactly_what_is_there_is_promised_whoever_comes_first
}

/// Hosts that share the installation's database, as replicas do.
const HOSTS: usize = 4;
const CLIENTS: usize = 64;

fn exactly_what_is_there_is_promised_whoever_comes_first(engine: Engine) {
    let gtm = company(engine);
    put(&gtm, "fund", "north", &[("budget", "fund", "1000")]);
    // Together they ask for 64 × 30, and there is 1,000.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut hosts = Vec::new();
        for _ in 0..HOSTS {
            hosts.push(Arc::new(Host::open(&global(&gtm)).await.expect("a host")));
        }
        let mut clients = Vec::new();
        for client in 0..CLIENTS {
            let host = hosts[client % HOSTS].clone();
            clients.push(tokio::spawn(async move {
                let submission = Submission {
                    program: "fund",
                    account: "north",
                    form: Form::of(&campaign(&format!("INV-{client}"), "30")).expect("a form"),
                    files: vec![],
                    on: Some("2024-05-02".parse().expect("a day")),
                    retain_months: 24,
                };
                submit(&host, submission).await
            }));
        }
        for client in clients {
            client.await.expect("a client").expect("a claim");
        }
        for host in hosts {
            host.store.close().await;
        }
    });
    let page = gtm.run("claim list --limit 100");
    let approved: Vec<i64> = each(&page["claims"])
        .map(|claim| micros(text(claim, "approved")))
        .collect();
    // Thirty-three in full, one with what was left, nothing for the others.
    let with = |amount: i64| {
        approved
            .iter()
            .filter(|approved| **approved == amount * 1_000_000)
            .count()
    };
    assert_eq!((approved.len(), with(30), with(10), with(0)), (CLIENTS, 33, 1, 30));
    assert_eq!(held(&gtm), ["budget -1000", "committed 1000"]);
    let mut numbers: Vec<&str> = each(&page["claims"]).map(|claim| text(claim, "number")).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), CLIENTS);
    assert_eq!(replay(&gtm), CLIENTS);
}

fn global(gtm: &Gtm) -> Global {
    Global {
        database: gtm.database().to_owned(),
        actor: "user:pia".parse().expect("an actor"),
        json: true,
        key: Some(gtm.key()),
        cache: Some(gtm.cache()),
        files: None,
    }
}
