//! Command lines in one process, on SQLite and on PostgreSQL at the same time. The two hosts stay open and share the key, the seed of their
//! ids and the time, so that they have to answer the same to the letter and to write the same audit log.

use std::path::Path;
use std::thread;

use chrono::{DateTime, Utc};
use clap::Parser;
use serde_json::Value;
use server::cli::{Cli, Global};
use server::command::on;
use server::host::Host;
use server::output::{Format, kept};
use store::audit::Audited;
use store::{Clock, Ids};
use tests::{Engine, Gtm, component};
use tokio::runtime::{Builder, Runtime};

/// What came of a command line: its answer, or the sentence that refuses it, and what it wrote into the audit log.
#[derive(Debug, PartialEq)]
pub struct Done {
    pub answer: Result<Value, String>,
    pub written: Vec<Audited>,
}

impl Done {
    pub fn wrote(&self, action: &str) -> bool {
        self.written.iter().any(|entry| entry.action == action)
    }
}

/// Of a thread that does a whole command: what the binary's own has.
pub const STACK: usize = 8 << 20;

pub struct Desks {
    pub sqlite: Desk,
    pub postgres: Desk,
    pub runtime: Runtime,
}

impl Desks {
    pub fn open(seed: u64, at: DateTime<Utc>) -> Self {
        let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let sqlite = Gtm::new(Engine::Sqlite);
        let folder = sqlite.folder().to_owned();
        let open = async |gtm: Gtm| {
            let global = Global {
                database: gtm.database().to_owned(),
                actor: "user:admin".parse().expect("an actor"),
                json: true,
                key: Some(gtm.key()),
                cache: Some(gtm.cache()),
                files: None,
            };
            let host = Host::open_with(&global, Clock::Frozen(at), Ids::seeded(seed)).await;
            let host = host.expect("the database");
            let out = gtm.folder().join("out").display().to_string();
            std::fs::create_dir(&out).expect("a folder");
            let folders = [format!("{}/", folder.display()), out + "/"];
            Desk {
                gtm,
                host,
                folders,
                audited: 0,
            }
        };
        Self {
            postgres: runtime.block_on(open(Gtm::new(Engine::Postgres))),
            sqlite: runtime.block_on(open(sqlite)),
            runtime,
        }
    }

    /// The folder `IN` of command lines: where the files lie that both read. What they write goes into `OUT`, a folder for each.
    pub fn folder(&self) -> &Path {
        self.sqlite.gtm.folder()
    }

    /// # Panics
    /// When it is refused.
    pub fn install(&self, plugin: &str) {
        for desk in [&self.sqlite, &self.postgres] {
            let component = component(plugin);
            let installed = server::plugin::install(&desk.host, &component, None);
            self.runtime
                .block_on(installed)
                .unwrap_or_else(|e| panic!("{plugin}: {e:#}"));
        }
    }

    /// Does what the line says on both.
    ///
    /// # Panics
    /// When they do not answer, or do not write, the same.
    pub fn run(&mut self, at: DateTime<Utc>, line: &str) -> Done {
        let Desks {
            sqlite,
            postgres,
            runtime,
        } = self;
        let (sqlite, postgres) = thread::scope(|scope| {
            let second = thread::Builder::new().stack_size(STACK);
            let postgres = second.spawn_scoped(scope, || runtime.block_on(postgres.run(at, line)));
            let postgres = postgres.expect("a thread");
            (
                runtime.block_on(sqlite.run(at, line)),
                postgres.join().expect("an answer"),
            )
        });
        assert_eq!(sqlite, postgres, "SQLite and PostgreSQL differ over: gtm {line}");
        sqlite
    }

    /// Rows of both databases, read behind the host's back: a line each. The engines sort texts differently, so they are sorted here.
    ///
    /// # Panics
    /// When they differ.
    pub fn query(&self, sql: &str) -> Vec<String> {
        let rows = |desk: &Desk| {
            let mut rows: Vec<String> = desk.gtm.query(sql).lines().map(str::to_owned).collect();
            rows.sort_unstable();
            rows
        };
        let (sqlite, postgres) = thread::scope(|scope| {
            let postgres = scope.spawn(|| rows(&self.postgres));
            (rows(&self.sqlite), postgres.join().expect("rows"))
        });
        for (sqlite, postgres) in sqlite.iter().zip(&postgres) {
            assert_eq!(sqlite, postgres, "SQLite and PostgreSQL hold different rows");
        }
        assert_eq!(
            sqlite.len(),
            postgres.len(),
            "SQLite and PostgreSQL hold different rows"
        );
        sqlite
    }

    pub fn close(self) {
        self.runtime.block_on(self.sqlite.host.store.close());
        self.runtime.block_on(self.postgres.host.store.close());
    }
}

/// One installation.
pub struct Desk {
    gtm: Gtm,
    pub host: Host,
    /// What `IN/` and `OUT/` stand for.
    folders: [String; 2],
    /// Entries of the audit log that were looked at.
    audited: i64,
}

impl Desk {
    async fn run(&mut self, at: DateTime<Utc>, line: &str) -> Done {
        let [input, output] = &self.folders;
        let named = line.replace("IN/", input).replace("OUT/", output);
        let cli = Cli::try_parse_from(["gtm"].into_iter().chain(named.split_whitespace()));
        let cli = cli.unwrap_or_else(|e| panic!("gtm {line}: {e}"));
        self.host.store = self.host.store.clone().with_clock(Clock::Frozen(at));
        self.host.actor = cli.global.actor;
        let (ended, printed) = kept(on(&self.host, cli.command, Format::Json)).await;
        let answer = match ended {
            Ok(_) => {
                let printed = String::from_utf8(printed).expect("text").replace(output, "OUT/");
                Ok(serde_json::from_str(&printed).unwrap_or_else(|e| panic!("gtm {line}: {e}")))
            }
            Err(e) => Err(format!("{e:#}").replace(output, "OUT/")),
        };
        let mut snapshot = self.host.store.read().await.expect("the database");
        let written = snapshot.audit_after(self.audited, i64::from(i32::MAX)).await;
        let written = written.expect("the audit log");
        self.audited += written.len() as i64;
        Done { answer, written }
    }
}
