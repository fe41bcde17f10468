//! What gathering costs a row, from the bytes of the segments to the digest of the receipt, without a database and without a plugin.
//! Times are of the processor where the system tells them, so that a busy machine disturbs less.
//!
//! `cargo bench -p store --bench segments [rows]`: two years of sales of 20,000 participants, 10 million rows unless told otherwise.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use domain::columns::digest;
use domain::currency::Currency;
use domain::day::Day;
use domain::digest::Digest;
use domain::period::Period;
use domain::plugin::{Column, Plan, ProductTest, Selector};
use domain::product::Product;
use domain::transaction::{DateBasis, RowKind};
use store::segment::{
    Corrections, Info, Opened, Resolved, Row, Scratch, Sealer, Segment, Segments, Spans, Unit, due, gather, units,
};

const PARTICIPANTS: u32 = 20_000;
const PRODUCTS: u64 = 1_000;
const DAYS: u64 = 730;
/// 2023-01-01.
const FIRST_DAY: i32 = 19_358;

fn main() {
    let rows = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .next()
        .unwrap_or(10_000_000);
    let currency: Currency = "GBP".parse().expect("a currency");

    let (mut segments, mut corrections, mut chance) = (Vec::new(), Vec::new(), Chance(1));
    let mut sealer = Sealer::after(0);
    let mut sealing = Duration::ZERO;
    for first in (0..rows).step_by(10_000) {
        let made: Vec<Row> = (first..rows.min(first + 10_000))
            .map(|number| sale(number, rows, currency, &mut chance))
            .collect();
        corrections.extend(made.iter().filter_map(|row| Some((row.position, row.corrects?))));
        let began = now();
        made.iter().for_each(|row| sealer.push(row).expect("rows in order"));
        if sealer.is_full() {
            segments.extend(sealer.take().expect("segments"));
        }
        sealing += since(began);
    }
    let began = now();
    segments.extend(sealer.take().expect("segments"));
    sealing += since(began);
    let corrections = Corrections::new(corrections);
    println!("{rows} rows, {PARTICIPANTS} participants");
    line("seal", sealing, rows);
    describe("sealed", &segments);
    println!("peak memory, contents included: {}", peak_memory());

    let quarter = Spans::of(&[period(365 + 90, 91)]);
    let year = Spans::of(&[period(365, 365)]);
    let all = Spans::of(&[period(0, DAYS as i32)]);
    let plain = Resolved::new(&plan(), &products(), currency).expect("a plan");
    let both = Plan {
        columns: vec![Column::Quantity, Column::NetAmount, Column::Product],
        ..plan()
    };
    let both = Resolved::new(&both, &products(), currency).expect("a plan");
    let without_services = Selector {
        include: vec![ProductTest::Category("goods".into())],
        ..everything()
    };
    let goods = Resolved::new(
        &Plan {
            selectors: vec![without_services],
            ..plan()
        },
        &products(),
        currency,
    )
    .expect("a plan");

    run("a quarter, before merging", &segments, &corrections, &plain, &quarter);
    let began = now();
    let segments = merged(segments, &corrections);
    line("merge", since(began), rows);
    describe("merged", &segments);
    for _ in 0..2 {
        run("a quarter", &segments, &corrections, &plain, &quarter);
        run("a year", &segments, &corrections, &plain, &year);
        run("two years", &segments, &corrections, &plain, &all);
        run(
            "two years, quantity and products too",
            &segments,
            &corrections,
            &both,
            &all,
        );
        run("two years, 97 of 100 products", &segments, &corrections, &goods, &all);
    }
}

/// As a run does it: unit by unit, each segment opened once, participant by participant.
fn run(title: &str, kept: &[Segment], corrections: &Corrections, wanted: &Resolved, spans: &Spans) {
    let needed: Vec<&Segment> = kept
        .iter()
        .filter(|segment| {
            segment
                .info
                .days_by(DateBasis::Transaction)
                .is_some_and(|days| spans.overlap(days))
        })
        .collect();
    let mut open: BTreeMap<Digest, Arc<Opened>> = BTreeMap::new();
    let mut scratch = Scratch::default();
    let (mut loading, mut checking, mut opening, mut gathering, mut hashing) = (
        Duration::ZERO,
        Duration::ZERO,
        Duration::ZERO,
        Duration::ZERO,
        Duration::ZERO,
    );
    let (mut rows, mut slices, mut statements) = (0, 0, 0);
    for unit in units(needed.iter().map(|segment| &segment.info)) {
        let needed: Vec<&&Segment> = needed.iter().filter(|segment| unit.needs(&segment.info)).collect();
        open.retain(|digest, _| needed.iter().any(|segment| segment.info.digest == *digest));
        for segment in &needed {
            open.entry(segment.info.digest).or_insert_with(|| {
                let began = now();
                let content = segment.content.clone();
                loading += since(began);
                let began = now();
                black_box(Digest::of(&content));
                checking += since(began);
                let began = now();
                let opened = Opened::open(segment.info.digest, content, corrections).expect("a sound segment");
                opening += since(began);
                Arc::new(opened)
            });
        }
        let segments = Segments::new(open.values().cloned());
        // The clock is read once a unit: for every participant it would be seen in the result.
        let accounts: Vec<u32> = (1..=PARTICIPANTS).filter(|account| unit.holds(*account)).collect();
        let began = now();
        for account in &accounts {
            let gathered = gather(&segments, wanted, &[*account], spans, &mut scratch).expect("rows");
            rows += gathered.rows();
            slices += gathered.slices.len();
            black_box(&gathered);
        }
        gathering += since(began);
        let began = now();
        for account in &accounts {
            black_box(digest(
                &gather(&segments, wanted, &[*account], spans, &mut scratch)
                    .expect("rows")
                    .slices,
            ));
            statements += 1;
        }
        hashing += since(began);
    }
    // The second time everything is widened already, so what is left of the second round is hashing and a warm gathering.
    println!("{title}: {rows} rows in {slices} slices for {statements} statements");
    line("  copy the contents", loading, rows as u64);
    line("  SHA-256 of them alone", checking, rows as u64);
    line("  verify and open", opening, rows as u64);
    line("  widen and gather", gathering, rows as u64);
    line("  gather again and digest", hashing, rows as u64);
}

fn merged(mut segments: Vec<Segment>, corrections: &Corrections) -> Vec<Segment> {
    for merge in due(&segments
        .iter()
        .map(|segment| segment.info.clone())
        .collect::<Vec<Info>>())
    {
        let mut made = Vec::new();
        for unit in merge.units() {
            let open = |info: &Info| {
                let segment = segments
                    .iter()
                    .find(|segment| segment.info == *info)
                    .expect("a kept segment");
                Opened::open(info.digest, segment.content.clone(), corrections).expect("a sound segment")
            };
            let sources: Vec<Opened> = merge.sources(unit).map(open).collect();
            made.extend(merge.unit(unit, &sources, corrections).expect("a segment"));
        }
        let gone: Vec<Digest> = merge.replaces().collect();
        segments.retain(|segment| !gone.contains(&segment.info.digest));
        segments.extend(made);
    }
    segments
}

/// In order of time, one in a hundred four weeks late, one in two hundred a correction of an earlier row, one in twenty a return.
fn sale(number: u64, rows: u64, currency: Currency, chance: &mut Chance) -> Row {
    let day = FIRST_DAY + (number * DAYS / rows) as i32;
    let late = chance.below(100) == 0;
    let back = chance.below(20) == 0;
    let corrects = chance.below(200) == 0 && number > 1000;
    let pieces = (1 + chance.below(48)) as i64 * if back { -1 } else { 1 };
    let pennies = (50 + chance.below(5_000)) as i64;
    Row {
        position: number + 1,
        account: 1 + chance.below(PARTICIPANTS.into()) as u32,
        kind: if back { RowKind::Return } else { RowKind::Sale },
        date: if late { (day - 28).max(FIRST_DAY) } else { day },
        order_date: None,
        ship_date: None,
        invoice_date: None,
        payment_date: None,
        scan_date: None,
        product: Some(1 + chance.below(PRODUCTS) as u32),
        end_customer: None,
        currency,
        quantity: Some(pieces * 1_000_000),
        net_amount: Some(pieces * pennies * 10_000),
        gross_amount: None,
        cost: None,
        list_price: None,
        corrects: corrects.then(|| number - chance.below(1000)),
        attributes: BTreeMap::new(),
    }
}

fn products() -> Vec<Product> {
    (1..=PRODUCTS as i64)
        .map(|ordinal| Product {
            id: ordinal.to_string().into(),
            ordinal,
            sku: ordinal.to_string(),
            name: String::new(),
            category: if ordinal % 100 < 3 { "services" } else { "goods" }.into(),
            attributes: BTreeMap::new(),
        })
        .collect()
}

fn everything() -> Selector {
    Selector {
        name: "all".into(),
        include: vec![],
        exclude: vec![],
    }
}

fn plan() -> Plan {
    Plan {
        kinds: vec![RowKind::Sale, RowKind::Return],
        dates_by: DateBasis::Transaction,
        windows: vec![],
        roll_up_levels: Some(0),
        columns: vec![Column::NetAmount],
        attributes: vec![],
        selectors: vec![everything()],
        agreed: vec![],
        balances: vec![],
        agreements: false,
        inventory: false,
    }
}

fn period(from: i32, days: i32) -> Period {
    let day = |day| Day::new(day).expect("a day of this century");
    Period {
        label: String::new(),
        start: day(FIRST_DAY + from),
        end: day(FIRST_DAY + from + days - 1),
    }
}

/// The same numbers on every machine (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

fn describe(title: &str, segments: &[Segment]) {
    let bytes: u64 = segments.iter().map(|segment| segment.content.len() as u64).sum();
    let rows: u64 = segments.iter().map(|segment| u64::from(segment.info.rows)).sum();
    let whole = segments
        .iter()
        .filter(|segment| Unit::WHOLE.buckets == segment.info.buckets)
        .count();
    println!(
        "{title}: {} segments, {whole} of them for all accounts, {}.{} bytes a row",
        segments.len(),
        bytes / rows,
        bytes * 10 / rows % 10
    );
}

/// Time that this thread has run.
fn now() -> Duration {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let on_processor = told.and_then(|told| told.split_whitespace().next()?.parse().ok());
    on_processor.map_or_else(|| BEGAN.elapsed(), Duration::from_nanos)
}

fn since(began: Duration) -> Duration {
    now().saturating_sub(began)
}

fn line(title: &str, time: Duration, rows: u64) {
    let tenths = time.as_nanos() as u64 * 10 / rows.max(1);
    println!("{title:<28}{:>6}.{} ns a row", tenths / 10, tenths % 10);
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .map_or("unknown".into(), |peak| peak.trim().to_owned())
}
