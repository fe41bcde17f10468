//! (c) Statements a second, and (b) lines a second from segments: the calls that a run makes, without and with the ledger.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use domain::columns;
use domain::id::RunId;
use runtime::Pool;
use server::cli::Global;
use server::host::Host;
use server::run::prepare::{Prepared, prepare};
use server::run::work::{Desk, Outcome};
use server::seal;
use store::run::RunMode;
use store::segment::{Corrections, Opened, Scratch, Segments, gather};
use tests::{Engine, Gtm};
use tokio::runtime::Runtime;

use crate::data::{self, Company};
use crate::measure::{best, run};
use crate::table::{Table, Target, figure};

const ROUNDS: usize = 5;
/// Statements that a thread takes at a time.
const CHUNK: usize = 50;

/// An installation opened in this process.
struct Open {
    runtime: Runtime,
    host: Host,
}

/// Segments by their digest, as they are kept.
type Contents = Vec<(domain::digest::Digest, Vec<u8>)>;

impl Open {
    fn new(gtm: &Gtm) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let global = Global {
            database: gtm.database().to_owned(),
            actor: "user:bench".parse()?,
            json: true,
            key: Some(gtm.key()),
            cache: Some(gtm.cache()),
            files: None,
        };
        let host = runtime.block_on(Host::open(&global))?;
        Ok(Self { runtime, host })
    }

    fn prepare(&self, code: &str) -> Result<Prepared> {
        self.runtime
            .block_on(prepare(&self.host, code, "2024", RunMode::Actual))
    }

    fn contents(&self) -> Result<(u64, Corrections, Contents)> {
        self.runtime.block_on(async {
            let as_of = seal::seal(&self.host.store, &self.host.actor).await?;
            let corrections = seal::corrections(&self.host.store, as_of).await?;
            let mut snapshot = self.host.store.read().await?;
            let mut contents = Vec::new();
            for info in snapshot.segments().await? {
                contents.push((info.digest, snapshot.segment(&info.digest).await?));
            }
            Ok((as_of, corrections, contents))
        })
    }

    fn run(&self, code: &str, mode: RunMode, workers: usize) -> Result<f64> {
        let begun = Instant::now();
        let workers = NonZeroUsize::new(workers).context("at least one")?;
        let report = self
            .runtime
            .block_on(server::run::run(&self.host, code, "2024", mode, workers))?;
        let seconds = begun.elapsed().as_secs_f64();
        ensure!(report.held.is_empty(), "a statement is held: {:?}", report.held.first());
        Ok(seconds)
    }
}

/// Participants with so many lines each.
pub fn measure(table: &mut Table, folder: &std::path::Path, participants: u64, lines_each: u64) -> Result<()> {
    let company = Company::make(
        folder,
        &format!("statements-{lines_each}"),
        participants,
        participants * lines_each,
    )?;
    let gtm = company.install(Engine::Sqlite);
    run(gtm
        .command(company.import().split_whitespace())
        .current_dir(gtm.folder()))?;
    data::create(&gtm, "volume", "year", "2024-01-01");
    for round in 0..ROUNDS {
        data::create(&gtm, &format!("one-{round}"), "year", "2024-01-01");
        data::create(&gtm, &format!("two-{round}"), "year", "2024-01-01");
    }
    let open = Open::new(&gtm)?;
    let prepared = open.prepare("volume")?;
    let (as_of, corrections, contents) = open.contents()?;
    let opened = contents
        .into_iter()
        .map(|(digest, content)| Opened::open(digest, content, &corrections).map(Arc::new));
    let segments = Segments::new(opened.collect::<Result<Vec<_>, _>>()?);
    let run = RunId::from("00000000-0000-7000-8000-000000000000".to_owned());
    let desk = Desk {
        prepared: &prepared,
        run: &run,
        key: &open.host.key,
        as_of,
    };

    let (mut one, mut two, mut posted_one, mut posted_two) = (vec![], vec![], vec![], vec![]);
    // Enough of them that a round is no shorter than some hundred milliseconds.
    let repeats = (10_000 / (participants * (1 + lines_each / 500))).max(1);
    for round in 0..ROUNDS {
        one.push(statements(&desk, &segments, 1, repeats)?);
        two.push(statements(&desk, &segments, 2, repeats)?);
        posted_one.push(open.run(&format!("one-{round}"), RunMode::Actual, 1)?);
        posted_two.push(open.run(&format!("two-{round}"), RunMode::Actual, 2)?);
    }
    let rate = |seconds: &[f64], times: u64| (participants * times) as f64 / best(seconds);
    let what = format!("{} lines each", figure(lines_each as f64));
    let small = lines_each == 1;
    let (one, two) = (rate(&one, repeats), rate(&two, repeats));
    let (posted_one, posted_two) = (rate(&posted_one, 1), rate(&posted_two, 1));
    let say = |rate: f64| format!("{} a second", figure(rate));
    table.alone(
        &format!("{what}, before the write, one thread"),
        say(one),
        one,
        small.then_some(Target::AtLeast(25_000.0)),
    );
    table.beside(
        &format!("{what}, before the write, two threads against one"),
        say(two),
        say(one),
        two / one,
        Some(Target::AtLeast(1.8)),
    );
    table.alone(
        &format!("{what}, posted, one worker"),
        say(posted_one),
        posted_one,
        small.then_some(Target::AtLeast(5_000.0)),
    );
    table.alone(
        &format!("{what}, posted, two workers"),
        say(posted_two),
        posted_two,
        None,
    );
    Ok(())
}

/// Works all statements out so many times, and gives the seconds by the wall.
fn statements(desk: &Desk<'_>, segments: &Segments, threads: usize, repeats: u64) -> Result<f64> {
    let pool = Pool::new(NonZeroUsize::new(threads).context("at least one")?);
    let places: Vec<usize> = (0..repeats).flat_map(|_| 0..desk.prepared.participants.len()).collect();
    let mut problem = None;
    let begun = Instant::now();
    let chunk = |places: &[usize]| -> Result<()> {
        let mut scratch = Scratch::default();
        for place in places {
            let worked = desk.work(*place, segments, &mut scratch)?;
            ensure!(
                matches!(worked.outcome, Outcome::Revised(_)),
                "a statement was not worked out: {:?}",
                worked.outcome
            );
        }
        Ok(())
    };
    pool.run(places.chunks(CHUNK), chunk, |done| {
        problem = problem.take().or(done.err())
    });
    let seconds = begun.elapsed().as_secs_f64();
    problem.map_or(Ok(seconds), Err)
}

/// Lines a second from segments on one core, and where the time of a line goes.
pub fn lines(table: &mut Table, gtm: &Gtm, code: &str) -> Result<()> {
    let open = Open::new(gtm)?;
    let prepared = open.prepare(code)?;
    let run = RunId::from("00000000-0000-7000-8000-000000000000".to_owned());
    let (as_of, corrections, contents) = open.contents()?;
    drop(contents);
    let mut stages = Stages::default();
    let infos = open
        .runtime
        .block_on(async { open.host.store.read().await?.segments().await })?;
    let desk = Desk {
        prepared: &prepared,
        run: &run,
        key: &open.host.key,
        as_of,
    };
    let (mut rows, mut whole) = (0u64, Duration::ZERO);
    for unit in store::segment::units(&infos) {
        let began = Instant::now();
        let needed: Vec<_> = infos.iter().filter(|info| unit.needs(info)).collect();
        let digests: Vec<_> = needed.iter().map(|info| info.digest).collect();
        let contents = open
            .runtime
            .block_on(async { open.host.store.read().await?.segment_contents(&digests).await })?;
        let loaded = Instant::now();
        let mut opened = Vec::new();
        for (info, content) in needed.into_iter().zip(contents) {
            opened.push(Arc::new(Opened::open(info.digest, content, &corrections)?));
        }
        stages.load += loaded - began;
        stages.open += loaded.elapsed();
        let segments = Segments::new(opened);
        let mut scratch = Scratch::default();
        let places: Vec<usize> = (0..prepared.participants.len())
            .filter(|place| unit.holds(prepared.participants[*place].accounts[0]))
            .collect();
        for place in &places {
            rows += desk.work(*place, &segments, &mut scratch)?.figures.rows;
        }
        whole += began.elapsed();
        // Again piece by piece, from columns that are widened by now.
        for place in &places {
            let member = &prepared.participants[*place];
            let at = Instant::now();
            let gathered = gather(
                &segments,
                &prepared.resolved,
                &member.accounts,
                &prepared.spans,
                &mut scratch,
            )?;
            let gathered_at = Instant::now();
            black_box(columns::digest(&gathered.slices));
            let digested_at = Instant::now();
            let context = prepared.context(member, &gathered)?;
            let at_sandbox = Instant::now();
            black_box(prepared.plugin.calculate(&context, &gathered.slices)?);
            stages.gather += gathered_at - at;
            stages.digest += digested_at - gathered_at;
            stages.sandbox += at_sandbox.elapsed();
        }
    }
    let rate = rows as f64 / whole.as_secs_f64();
    table.alone(
        &format!(
            "{} lines from segments to signed statements, one core",
            figure(rows as f64)
        ),
        format!("{} a second", figure(rate)),
        rate,
        Some(Target::AtLeast(20e6)),
    );
    let per_row = |time: Duration| time.as_secs_f64() * 1e9 / rows as f64;
    let rest = whole.saturating_sub(stages.load + stages.open + stages.gather + stages.digest + stages.sandbox);
    for (what, time) in [
        ("read the segments from the database", stages.load),
        ("check their digest and open them", stages.open),
        ("gather", stages.gather),
        ("digest of the rows", stages.digest),
        ("sandbox", stages.sandbox),
        ("widen columns, context, receipt, signature", rest),
    ] {
        table.alone(
            &format!("  of it {what}"),
            format!("{:.1} ns a line", per_row(time)),
            per_row(time),
            None,
        );
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Stages {
    load: Duration,
    open: Duration,
    gather: Duration,
    digest: Duration,
    sandbox: Duration,
}
