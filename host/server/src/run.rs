//! A run: from the facts of a period to statements, and from statements to the difference that the ledger records.
//!
//! Read, calculate, write: no transaction is open while a plugin works. A run that is broken off at any moment leaves whole
//! statements or none; the next one finishes, because a statement whose input has not changed is not posted again.

pub mod earlier;
pub mod prepare;
pub mod work;
pub mod overdraft;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anyhow::{Result, bail};
use domain::account::Account;
use domain::id::{AccountId, RunId};
use domain::money::{Micros, Total};
use domain::statement::Revision;
use runtime::Pool;
use serde::Serialize;
use std::num::NonZeroUsize;
use store::Store;
use store::quarantine::Quarantine;
use store::run::{NewRun, RunCounts, RunMode, RunStatus};
use store::segment::{Corrections, Info, Opened, Scratch, Segments, Unit, units};
use store::statement::Saved;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::host::Host;
use crate::progress::Progress;
use crate::seal;
use overdraft::overdrafts;
use prepare::{Prepared, prepare};
use work::{Desk, Figures, Outcome, Worked};

/// Statements posted in one transaction.
const POST_AT_ONCE: usize = 500;
/// Statements that a worker takes at a time where all accounts lie in few segments.
const WORK_AT_ONCE: usize = 256;

/// What a run did. Amounts are in the program's currency.
#[derive(Debug, Serialize)]
pub struct Report {
    pub run: RunId,
    pub program: String,
    pub period: String,
    pub mode: String,
    pub status: String,
    /// The journal position read up to.
    pub as_of: u64,
    pub participants: u64,
    /// Got a new revision.
    pub posted: u64,
    /// Had the same input as before.
    pub unchanged: u64,
    /// Could not be worked out, and is held in quarantine.
    pub held: Vec<Held>,
    pub transfers: u64,
    pub rows: u64,
    /// Participants whose statement holds an amount.
    pub paid: u64,
    pub amount: Total,
    /// What this run changed of it.
    pub difference: Total,
    /// Of the rows of the period, of everybody.
    pub net_amount: Total,
    pub currency: String,
    /// The open period that takes the difference, where the one that was run is locked.
    pub posting_period: Option<String>,
    /// Of a what-if: each statement that would change.
    pub changes: Vec<Change>,
}

#[derive(Debug, Serialize)]
pub struct Held {
    pub account: String,
    pub reason: String,
}

#[derive(Debug, Serialize)]
pub struct Change {
    pub account: String,
    pub before: Micros,
    pub after: Micros,
}

/// Works out a period of a program for all its participants, and posts what is due unless it is a what-if.
///
/// # Errors
/// When the program or its terms are not fit to run, or the database fails. What is wrong with one statement holds that one only.
pub async fn run(host: &Host, code: &str, period: &str, mode: RunMode, workers: NonZeroUsize) -> Result<Report> {
    // Terms and dates are read first, so that a mistake in the command line costs nothing.
    let prepared = prepare(host, code, period, mode).await?;
    let as_of = seal::seal(&host.store, &host.actor).await?;
    let corrections = Arc::new(seal::corrections(&host.store, as_of).await?);
    let infos = needed(&prepared, host.store.read().await?.segments().await?);

    let mut tx = host.store.begin(&host.actor).await?;
    let new = NewRun {
        program: prepared.program.id.clone(),
        period: period.into(),
        mode,
        as_of,
        workers: workers.get() as i64,
    };
    let run = tx.start_run(&new).await?.id;
    tx.commit().await?;

    let mut ledger = Writer::new(host, &run, mode, &prepared, as_of);
    let worked = tokio::task::block_in_place(|| {
        let desk = Desk {
            prepared: &prepared,
            run: &run,
            key: &host.key,
            as_of,
        };
        let loader = Loader {
            store: &host.store,
            corrections: &corrections,
            handle: Handle::current(),
        };
        let mut failure = None;
        let stopped = AtomicBool::new(false);
        let progress = Progress::new("calculating", prepared.participants.len() as u64, "statements");
        Pool::new(workers).run(
            // What is wrong with the machine is wrong for everybody, so nobody takes further work.
            loader
                .ahead(jobs(&prepared, infos, workers.get()), workers.get())
                .take_while(|_| !stopped.load(Relaxed)),
            |job| desk_work(&desk, &loader, &job, &stopped),
            |(statements, broken)| {
                let kept = loader.handle.block_on(ledger.take(statements));
                progress.reach(ledger.report.participants);
                if let Err(e) = kept.and(broken) {
                    stopped.store(true, Relaxed);
                    failure.get_or_insert(e);
                }
            },
        );
        failure.map_or(Ok(()), Err)
    });
    let counts = ledger.counts();
    let finished = match worked {
        Ok(()) => ledger.finish().await,
        Err(e) => {
            // What was worked out before is kept. Where that fails too, the first reason is the one to tell.
            let _ = ledger.post().await;
            Err(e)
        }
    };
    if let Err(e) = &finished {
        let mut tx = host.store.begin(&host.actor).await?;
        tx.fail_run(&run, counts, &format!("{e:#}")).await?;
        tx.commit().await?;
    }
    finished
}

/// The segments in which rows of these periods may stand.
fn needed(prepared: &Prepared, segments: Vec<Info>) -> Vec<Info> {
    let own = (prepared.plan.dates_by, &prepared.spans);
    let earlier = prepared.earlier.sources.iter();
    let wanted: Vec<_> = earlier
        .map(|source| (source.plan.dates_by, &source.spans))
        .chain([own])
        .collect();
    let may_stand_in = |segment: &Info| {
        wanted
            .iter()
            .any(|(basis, spans)| segment.days_by(*basis).is_some_and(|days| spans.overlap(days)))
    };
    segments.into_iter().filter(may_stand_in).collect()
}

/// Some participants, and the segments in which their rows stand.
struct Job {
    source: Arc<Source>,
    members: Vec<usize>,
}

/// What each segment holds, in the order in which they were asked for.
type Contents = store::Result<Vec<Vec<u8>>>;

/// Segments that are read while the jobs before are worked on, and opened by the first worker that needs them.
struct Source {
    infos: Vec<Info>,
    contents: OnceLock<Mutex<JoinHandle<Contents>>>,
    opened: OnceLock<std::result::Result<Segments, String>>,
}

/// Participants by the segments that they need. Where rows roll up, a participant's rows may stand anywhere, so all segments of the periods are
/// open at once; otherwise a worker holds those of its own share of the accounts.
fn jobs(prepared: &Prepared, infos: Vec<Info>, workers: usize) -> Vec<Job> {
    let shares = if prepared.participants.iter().all(|member| member.reads.len() == 1) {
        units(&infos)
    } else {
        vec![]
    };
    let shares = if shares.is_empty() { vec![Unit::WHOLE] } else { shares };
    let at_once = if shares.len() >= 2 * workers {
        usize::MAX
    } else {
        WORK_AT_ONCE
    };
    let mut of_share: Vec<Vec<usize>> = vec![Vec::new(); shares.len()];
    let whole = shares.len() == 1;
    for (place, member) in prepared.participants.iter().enumerate() {
        let share = if whole {
            0
        } else {
            shares.iter().position(|unit| unit.holds(member.reads[0])).unwrap_or(0)
        };
        of_share[share].push(place);
    }
    let mut jobs = Vec::new();
    for (unit, members) in shares.into_iter().zip(of_share) {
        let infos = infos.iter().filter(|info| unit.needs(info)).cloned().collect();
        let source = Arc::new(Source {
            infos,
            contents: OnceLock::new(),
            opened: OnceLock::new(),
        });
        jobs.extend(members.chunks(at_once.min(members.len().max(1))).map(|members| Job {
            source: source.clone(),
            members: members.to_vec(),
        }));
    }
    jobs
}

struct Loader<'a> {
    store: &'a Store,
    corrections: &'a Corrections,
    handle: Handle,
}

impl Loader<'_> {
    /// The jobs in their order. When one is taken, the segments of so many after it begin to be read.
    fn ahead(&self, jobs: Vec<Job>, count: usize) -> impl Iterator<Item = Job> {
        let mut rest = VecDeque::from(jobs);
        std::iter::from_fn(move || {
            rest.iter().take(1 + count).for_each(|job| {
                self.read(&job.source);
            });
            rest.pop_front()
        })
    }

    fn read<'s>(&self, source: &'s Source) -> &'s Mutex<JoinHandle<store::Result<Vec<Vec<u8>>>>> {
        source.contents.get_or_init(|| {
            let store = self.store.clone();
            let digests: Vec<_> = source.infos.iter().map(|info| info.digest).collect();
            let contents = async move { store.read().await?.segment_contents(&digests).await };
            Mutex::new(self.handle.spawn(contents))
        })
    }

    fn open(&self, source: &Source) -> Result<Segments> {
        // Only whoever opens them asks for the contents, and once.
        let mut reading = self.read(source).lock().unwrap_or_else(PoisonError::into_inner);
        let contents = self.handle.block_on(&mut *reading)??;
        let open = |(info, content): (&Info, _)| Opened::open(info.digest, content, self.corrections).map(Arc::new);
        let opened = source.infos.iter().zip(contents).map(open);
        Ok(Segments::new(opened.collect::<domain::Result<Vec<_>>>()?))
    }
}

/// The statements of a job, up to the first that this machine could not work out, with the reason.
fn desk_work(desk: &Desk<'_>, loader: &Loader<'_>, job: &Job, stopped: &AtomicBool) -> (Vec<Worked>, Result<()>) {
    let mut worked = Vec::with_capacity(job.members.len());
    let mut work = || -> Result<()> {
        let opened = job
            .source
            .opened
            .get_or_init(|| loader.open(&job.source).map_err(|e| format!("{e:#}")));
        let segments = opened.as_ref().map_err(|sentence| anyhow::anyhow!("{sentence}"))?;
        let mut scratch = Scratch::default();
        for place in job.members.iter().take_while(|_| !stopped.load(Relaxed)) {
            worked.push(desk.work(*place, segments, &mut scratch)?);
        }
        Ok(())
    };
    let broken = work();
    if broken.is_err() {
        stopped.store(true, Relaxed);
    }
    (worked, broken)
}

/// Keeps what was worked out, some hundreds of statements in a transaction, and counts.
struct Writer<'a> {
    host: &'a Host,
    prepared: &'a Prepared,
    mode: RunMode,
    report: Report,
    before: Total,
    /// What is to be posted next, not counted yet.
    revised: Vec<(Figures, Revision)>,
    held: Vec<Quarantine>,
    /// Whose newest revision is what it would be now.
    unchanged: Vec<AccountId>,
}

impl<'a> Writer<'a> {
    fn new(host: &'a Host, run: &RunId, mode: RunMode, prepared: &'a Prepared, as_of: u64) -> Self {
        let report = Report {
            run: run.clone(),
            program: prepared.program.code.clone(),
            period: prepared.period.label.clone(),
            mode: mode.as_str().into(),
            status: String::new(),
            as_of,
            participants: 0,
            posted: 0,
            unchanged: 0,
            held: vec![],
            transfers: 0,
            rows: 0,
            paid: 0,
            amount: Total::default(),
            difference: Total::default(),
            net_amount: Total::default(),
            currency: prepared.program.currency.to_string(),
            posting_period: prepared.posting.into.as_ref().map(|period| period.label.clone()),
            changes: vec![],
        };
        Self {
            host,
            prepared,
            mode,
            report,
            before: Total::default(),
            revised: vec![],
            held: vec![],
            unchanged: vec![],
        }
    }

    async fn take(&mut self, statements: Vec<Worked>) -> Result<()> {
        for Worked { figures, outcome } in statements {
            match outcome {
                Outcome::Unchanged => {
                    self.report.unchanged += 1;
                    let account = self.tally(figures, figures.amount).id.clone();
                    self.unchanged.push(account);
                }
                Outcome::Held(held) => self.hold(figures, *held),
                Outcome::Revised(revision) if self.mode == RunMode::WhatIf => self.tally_posted(figures, &revision),
                // Whether it can be posted is known only then.
                Outcome::Revised(revision) => self.revised.push((figures, *revision)),
            }
        }
        if self.revised.len() + self.held.len() >= POST_AT_ONCE {
            self.post().await
        } else {
            Ok(())
        }
    }

    async fn post(&mut self) -> Result<()> {
        if self.mode == RunMode::WhatIf || self.revised.is_empty() && self.held.is_empty() {
            return Ok(());
        }
        let mut tx = self.host.store.begin(&self.host.actor).await?;
        let (program, period) = (&self.prepared.program, &self.prepared.period.label);
        let lock = tx.period_lock(&program.id, period).await?;
        if lock.is_some_and(|lock| lock.locked) != self.prepared.posting.into.is_some() {
            bail!(
                "{period} of program `{}` was locked or unlocked at the same time: run it again",
                program.code
            );
        }
        let (figures, mut revisions): (Vec<_>, Vec<_>) = std::mem::take(&mut self.revised).into_iter().unzip();
        let overdrafts = overdrafts(&mut tx, self.prepared, &revisions).await?;
        let mut kept = overdrafts.iter().map(Option::is_none);
        for ((figures, revision), overdraft) in figures.into_iter().zip(&revisions).zip(&overdrafts) {
            match overdraft {
                None => self.tally_posted(figures, revision),
                Some(reason) => self.hold(figures, held_back(revision, reason)),
            }
        }
        revisions.retain(|_| kept.next() == Some(true));
        let held = std::mem::take(&mut self.held);
        let saved = tx.save_revisions(&revisions).await?;
        tx.quarantine(&held).await?;
        tx.commit().await?;
        match saved.iter().filter(|saved| **saved == Saved::Stale).count() {
            0 => Ok(()),
            stale => bail!(
                "another run revised {stale} of these statements at the same time: run the period again, and it goes on from there"
            ),
        }
    }

    fn tally(&mut self, figures: Figures, amount: Micros) -> &'a Account {
        let participant = &self.prepared.participants[figures.member].participant.account;
        self.report.participants += 1;
        self.report.rows += figures.rows;
        self.report.paid += u64::from(amount != Micros::ZERO);
        self.report.net_amount += figures.net_amount;
        self.report.amount += amount;
        self.before += figures.before;
        if self.mode == RunMode::WhatIf && amount != figures.before {
            self.report.changes.push(Change {
                account: participant.number.clone(),
                before: figures.before,
                after: amount,
            });
        }
        participant
    }

    fn tally_posted(&mut self, figures: Figures, revision: &Revision) {
        self.tally(figures, figures.amount);
        self.report.posted += 1;
        self.report.transfers += revision.transfers.len() as u64;
    }

    /// What was posted before stays as it is.
    fn hold(&mut self, figures: Figures, held: Quarantine) {
        let account = self.tally(figures, figures.before).number.clone();
        self.report.held.push(Held {
            account,
            reason: held.reason.clone(),
        });
        self.held.push(held);
    }

    fn counts(&self) -> RunCounts {
        let count = |number: u64| number as i64;
        RunCounts {
            participants: count(self.report.participants),
            posted: count(self.report.posted),
            unchanged: count(self.report.unchanged),
            ineligible: 0,
            quarantined: count(self.report.held.len() as u64),
            rows: count(self.report.rows),
        }
    }

    async fn finish(mut self) -> Result<Report> {
        self.post().await?;
        self.report.difference = self.report.amount - self.before;
        self.report.held.sort_by(|a, b| a.account.cmp(&b.account));
        self.report.changes.sort_by(|a, b| a.account.cmp(&b.account));
        let counts = self.counts();
        let mut tx = self.host.store.begin(&self.host.actor).await?;
        if self.mode == RunMode::Actual {
            // What was held while its facts were wrong, and has them back as they were when it was posted.
            let unchanged: Vec<&AccountId> = self.unchanged.iter().collect();
            tx.resolve_quarantine(
                &self.report.run,
                &self.prepared.program.id,
                &self.prepared.period.label,
                &unchanged,
            )
            .await?;
        }
        let status = tx.finish_run(&self.report.run, counts).await?;
        tx.commit().await?;
        self.report.status = match (self.mode, self.report.held.is_empty()) {
            (RunMode::WhatIf, false) => RunStatus::Held.as_str().into(),
            _ => status.as_str().into(),
        };
        Ok(self.report)
    }
}

/// A revision that was worked out and cannot be posted.
fn held_back(revision: &Revision, reason: &str) -> Quarantine {
    Quarantine {
        run: revision.run.clone(),
        program: revision.program.clone(),
        account: revision.account.clone(),
        period: revision.period.clone(),
        reason: reason.to_owned(),
        log: revision.log.clone(),
        component: revision.receipt.component,
        context: Some(revision.receipt.context),
        rows: Some(revision.receipt.rows),
    }
}
