//! A made-up quarter, served without a socket, for the tests of pages and API. Its statements were posted through the store, so that
//! no test of the web needs a component.

mod fund;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::AsHeaderName;
use axum::http::{HeaderMap, Request};
use chrono::DateTime;
use domain::account::NewAccount;
use domain::calculation::{Figure, Measure, Milestone, Outcome, Step};
use domain::digest::{Digest, canonical_json};
use domain::id::AccountId;
use domain::ledger::{Reason, Transfer};
use domain::money::Micros;
use domain::plugin::{Balance, CURRENCY_UNIT, Column, Descriptor, Grant, Message, ProgramKind, Side};
use domain::program::{Program, Terms};
use domain::receipt::{Receipt, Signature};
use domain::statement::Revision;
use runtime::{Cache, Engine, Key, Limits};
use rust_decimal::Decimal;
use store::account_program::Enrolment;
use store::program::{NewProgram, NewTerms};
use store::quarantine::Quarantine;
use store::run::{NewRun, Run, RunMode};
use store::statement::Saved;
use store::{Clock, Ids, Store, Tx};
use tempfile::TempDir;
use tower::ServiceExt;

use super::{App, router};
use crate::host::Host;
use crate::{cli, payee, settlement};

const ADDRESS: &str = "127.0.0.1:8080";

/// The program `volume` in 2011-Q1: account `a` was paid 120.00 and then 12.50 less, `b` is due nothing, `c` is in quarantine, and
/// `n000` to `n059` were not run.
pub struct Served {
    pub app: App,
    /// The id of the statement of `a`.
    pub paid: String,
    router: Router,
    folder: Arc<TempDir>,
}

/// A file of a form: under which name it is sent, what it is called, and what is in it.
pub type Chosen<'a> = (&'a str, &'a str, &'a [u8]);

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Served {
    pub async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let clock = Clock::Frozen(DateTime::from_timestamp_micros(1_300_000_000_123_456).unwrap());
        let store = Store::open(
            folder.path().join("gtm.sqlite").to_str().unwrap(),
            clock,
            Ids::seeded(1),
        )
        .await
        .unwrap();
        let key = Arc::new(Key::open(&folder.path().join("gtm.key")).unwrap());
        // Every page of a claim may ask the plugin: it is compiled once.
        let cache = Cache::new(folder.path().join("cache"), key.clone());
        let host = Host {
            engine: Engine::new(Limits::default(), Some(cache)).unwrap(),
            key,
            actor: "user:ada".parse().unwrap(),
            loaded: Arc::default(),
            store,
        };
        let mut tx = host.store.begin(&host.actor).await.unwrap();
        let paid = Quarter::begin(&mut tx).await.run(&mut tx).await;
        tx.commit().await.unwrap();
        let app = App::new(host);
        let address: SocketAddr = ADDRESS.parse().unwrap();
        Self {
            router: router(app.clone(), address),
            app,
            paid,
            folder: Arc::new(folder),
        }
    }

    /// The same host, served by somebody else.
    pub fn acting_as(&self, actor: &str) -> Self {
        let mut app = self.app.clone();
        app.host.actor = actor.parse().unwrap();
        Self {
            router: router(app.clone(), ADDRESS.parse().unwrap()),
            app,
            paid: self.paid.clone(),
            folder: self.folder.clone(),
        }
    }

    /// Sends a form as a browser does when files may go with it.
    pub async fn fill(&self, address: &str, texts: &[(&str, &str)], files: &[Chosen<'_>]) -> Answer {
        let mut body = Vec::new();
        for (name, text) in texts {
            let part = format!("--cut\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
            body.extend(part.into_bytes());
        }
        for (name, file, content) in files {
            let head = format!("--cut\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n");
            body.extend([head.as_bytes(), content, b"\r\n"].concat());
        }
        body.extend(b"--cut--\r\n");
        let headers = [("content-type", "multipart/form-data; boundary=cut")];
        self.send("POST", address, &headers, body).await
    }

    /// Sends a form without files.
    pub async fn say(&self, address: &str, body: &str) -> Answer {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", address, &headers, body.to_owned().into_bytes()).await
    }

    /// Lets `c` out of quarantine and settles: what is payable to `a` becomes the document SD-000001, with its files in the folder.
    pub async fn settle(&self, folder: &Path) {
        let host = &self.app.host;
        let mut tx = host.store.begin(&host.actor).await.unwrap();
        let program = tx.program("volume").await.unwrap().unwrap();
        let run = NewRun {
            program: program.id.clone(),
            period: "2011-Q1".into(),
            mode: RunMode::Actual,
            as_of: 0,
            workers: 1,
        };
        let run = tx.start_run(&run).await.unwrap().id;
        let c = tx.account("c").await.unwrap().unwrap().id;
        tx.resolve_quarantine(&run, &program.id, "2011-Q1", &[&c])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let issuer = cli::SetIssuer {
            number: None,
            name: Some("Acme".into()),
            details: cli::Details::default(),
        };
        payee::set_issuer(host, &issuer).await.unwrap();
        let of = cli::Settle {
            program: None,
            dry_run: false,
            folder: Some(folder.to_owned()),
        };
        assert_eq!(settlement::settle(host, &of).await.unwrap().documents.len(), 1);
    }

    pub async fn get(&self, address: &str) -> Answer {
        self.get_with(address, &[]).await
    }

    pub async fn get_with(&self, address: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", address, headers).await
    }

    pub async fn post(&self, address: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("POST", address, headers).await
    }

    /// Asks by the name of this machine, unless the headers name another.
    pub async fn ask(&self, method: &str, address: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(method, address, headers, vec![]).await
    }

    async fn send(&self, method: &str, address: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = Request::builder().method(method).uri(address);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", ADDRESS);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(Body::from(body)).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}

impl Answer {
    /// The value of a header; empty when there is none.
    pub fn header(&self, name: impl AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    pub fn shows(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(self.body.contains(text), "`{text}` is missing in:\n{}", self.body);
        }
        self
    }

    pub fn hides(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(!self.body.contains(text), "`{text}` is in:\n{}", self.body);
        }
        self
    }
}

struct Quarter {
    program: Program,
    terms: Terms,
    run: Run,
}

impl Quarter {
    async fn begin(tx: &mut Tx) -> Self {
        let account = |number: &str, name: &str| NewAccount {
            number: number.into(),
            name: name.into(),
            parent: None,
            attributes: [].into(),
        };
        let mut accounts = vec![
            account("a", "Harbour & Sons"),
            account("b", "company b"),
            account("c", "company c"),
        ];
        accounts.extend((0..60).map(|n| account(&format!("n{n:03}"), "company n")));
        tx.add_accounts(&accounts).await.unwrap();
        let descriptor = descriptor();
        let plugin = tx
            .install_plugin(&descriptor, &Grant::all_of(&descriptor), b"no component")
            .await
            .unwrap();
        let start = "2011-01-01".parse().unwrap();
        let new = NewProgram {
            code: "volume".into(),
            title: "Volume rebate".into(),
            currency: "GBP".parse().unwrap(),
            calendar: "quarter".parse().unwrap(),
            start,
            end: None,
        };
        let program = tx.create_program(&new).await.unwrap();
        let terms = NewTerms {
            valid_from: start,
            json: "{}".into(),
            plugin_version: plugin.id,
        };
        let terms = tx.add_terms(&program.id, &terms).await.unwrap();
        let enrolment = |account: &NewAccount| Enrolment {
            account: account.number.clone(),
            from: start,
            until: None,
            agreed: [].into(),
            assessment: None,
        };
        let enrolments: Vec<Enrolment> = accounts.iter().map(enrolment).collect();
        tx.enrol(&program.id, &enrolments).await.unwrap();
        let run = tx.start_run(&new_run(&program)).await.unwrap();
        Self { program, terms, run }
    }

    /// Posts and holds, and gives the id of the statement that is paid.
    async fn run(mut self, tx: &mut Tx) -> String {
        let mut ids = Vec::new();
        for number in ["a", "b", "c"] {
            ids.push(tx.account(number).await.unwrap().unwrap().id);
        }
        let first = [
            self.revision(&ids[0], 1, vec![transfer(120_000_000, Reason::Original)]),
            self.revision(&ids[1], 1, vec![]),
        ];
        let saved = tx.save_revisions(&first).await.unwrap();
        let held = Quarantine {
            run: self.run.id.clone(),
            program: self.program.id.clone(),
            account: ids[2].clone(),
            period: "2011-Q1".into(),
            reason: "plugin `rebate` 1.0.0 ran out of fuel".into(),
            log: String::new(),
            component: self.terms.component,
            context: None,
            rows: None,
        };
        tx.quarantine(&[held]).await.unwrap();
        self.run = tx.start_run(&new_run(&self.program)).await.unwrap();
        let mut second = self.revision(&ids[0], 2, vec![transfer(-12_500_000, Reason::PriorPeriod)]);
        second.receipt.rows = Digest::of(b"other rows");
        tx.save_revisions(&[second]).await.unwrap();
        match &saved[..] {
            [Saved::Posted(id), Saved::Posted(_)] => id.to_string(),
            other => panic!("{other:?}"),
        }
    }

    fn revision(&self, account: &AccountId, number: i64, transfers: Vec<Transfer>) -> Revision {
        let (context, log) = (b"{}".to_vec(), "info: worked out".to_owned());
        let output = canonical_json(&if transfers.is_empty() {
            Outcome::default()
        } else {
            outcome()
        })
        .unwrap();
        Revision {
            run: self.run.id.clone(),
            program: self.program.id.clone(),
            account: account.clone(),
            period: "2011-Q1".into(),
            number,
            terms: self.terms.id.clone(),
            transfers,
            posting_period: None,
            reduced_by: vec![],
            receipt: Receipt {
                program: self.program.code.clone(),
                account: account.to_string(),
                period: "2011-Q1".into(),
                revision: number,
                component: self.terms.component,
                context: Digest::of(&context),
                rows: Digest::of(b"rows"),
                row_count: 2,
                output: Digest::of(&output),
                log: Digest::of(log.as_bytes()),
                api: "gtm:program@0.1.0".into(),
                engine: "wasmtime 48".into(),
                fuel: 1_234,
                position: 2,
                signature: Signature::default(),
            },
            context,
            output,
            log,
        }
    }
}

fn new_run(program: &Program) -> NewRun {
    NewRun {
        program: program.id.clone(),
        period: "2011-Q1".into(),
        mode: RunMode::Actual,
        as_of: 2,
        workers: 1,
    }
}

fn transfer(micros: i64, reason: Reason) -> Transfer {
    let (debit, credit) = if micros > 0 {
        ("expense", "payable")
    } else {
        ("payable", "expense")
    };
    Transfer {
        rule: "volume".into(),
        debit: debit.into(),
        credit: credit.into(),
        amount: Micros(micros.abs()),
        unit: "GBP".into(),
        effective: "2011-03-31".parse().unwrap(),
        expires: None,
        basis: None,
        rate: None,
        reason,
    }
}

fn descriptor() -> Descriptor {
    let balance = |code: &str, side| Balance {
        code: code.into(),
        title: code.into(),
        unit: CURRENCY_UNIT.into(),
        side,
    };
    let message = |id: &str, text: &str| Message {
        id: id.into(),
        text: text.into(),
    };
    Descriptor {
        id: "rebate".into(),
        title: "Rebate".into(),
        vendor: "acme".into(),
        version: "1.0.0".into(),
        kind: ProgramKind::Rebate,
        columns: vec![Column::NetAmount],
        profile_attributes: vec![],
        transaction_attributes: vec![],
        balances: vec![balance("expense", Side::Debit), balance("payable", Side::Credit)],
        terms_schema: "{}".into(),
        claims: None,
        messages: vec![
            message("net", "Net sales are {0}"),
            message("tier", "From {0} on: {1} at {2}"),
            message("next", "{0} to the next tier"),
        ],
        order_independent: true,
    }
}

fn outcome() -> Outcome {
    let money = |units: i64| Micros(units * 1_000_000);
    let step = |message, figures, amount| Step {
        rule: "volume".into(),
        message,
        figures,
        amount,
    };
    let rate = Figure::Rate(Decimal::new(25, 3));
    Outcome {
        transfers: vec![],
        milestones: vec![Milestone {
            rule: "volume".into(),
            message: 2,
            figures: vec![Figure::Money(money(12_300))],
            measure: Measure::Money,
            reached: money(7_700),
            target: money(20_000),
            worth: Some(Micros(307_500_000)),
        }],
        steps: vec![
            step(0, vec![Figure::Money(money(7_700))], None),
            step(
                1,
                vec![Figure::Money(money(1_000)), Figure::Money(money(6_700)), rate],
                Some(Micros(107_500_000)),
            ),
        ],
    }
}
