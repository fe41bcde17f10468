//! Random journals, sealed in random batches and merged or not, give the rows that a plain filter over the journal gives, whichever way
//! they are gathered.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::calculation::Dictionary;
use domain::columns::{AttributeColumn, Columns, NO_VALUE, digest};
use domain::currency::Currency;
use domain::day::Day;
use domain::digest::Digest;
use domain::period::Period;
use domain::plugin::{Column, Plan, ProductTest, Selector};
use domain::product::Product;
use domain::transaction::{DateBasis, RowKind};
use proptest::prelude::*;

use super::*;

const BASES: [DateBasis; 6] = [
    DateBasis::Transaction,
    DateBasis::Order,
    DateBasis::Ship,
    DateBasis::Invoice,
    DateBasis::Payment,
    DateBasis::Scan,
];

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn row(position: u64, account: u32, date: i32) -> Row {
    Row {
        position,
        account,
        kind: RowKind::Sale,
        date,
        order_date: None,
        ship_date: None,
        invoice_date: None,
        payment_date: None,
        scan_date: None,
        product: Some(1),
        end_customer: None,
        currency: currency("GBP"),
        quantity: Some(1_000_000),
        net_amount: Some(12_340_000),
        gross_amount: None,
        cost: None,
        list_price: None,
        corrects: None,
        attributes: BTreeMap::new(),
    }
}

fn plan() -> Plan {
    Plan {
        kinds: vec![RowKind::Sale, RowKind::Return],
        dates_by: DateBasis::Transaction,
        windows: vec![],
        roll_up_levels: Some(0),
        columns: vec![Column::Quantity, Column::NetAmount],
        attributes: vec![],
        selectors: vec![],
        agreed: vec![],
        balances: vec![],
        agreements: false,
        inventory: false,
    }
}

fn product(ordinal: i64) -> Product {
    let category = if ordinal % 3 == 0 { "goods/kitchen" } else { "services" };
    Product {
        id: format!("product-{ordinal}").into(),
        ordinal,
        sku: ordinal.to_string(),
        name: String::new(),
        category: category.into(),
        attributes: BTreeMap::new(),
    }
}

fn products() -> Vec<Product> {
    (1..=8).map(product).collect()
}

fn span(first: i32, last: i32) -> Spans {
    Spans::of(&[Period {
        label: String::new(),
        start: Day::new(first).unwrap(),
        end: Day::new(last).unwrap(),
    }])
}

fn sealed(rows: &[Row], batch: usize) -> Vec<Segment> {
    let mut sealer = Sealer::holding(batch, 0);
    let mut segments = Vec::new();
    for row in rows {
        sealer.push(row).unwrap();
        if sealer.is_full() {
            segments.extend(sealer.take().unwrap());
        }
    }
    segments.extend(sealer.take().unwrap());
    segments
}

fn corrections(rows: &[Row]) -> Corrections {
    Corrections::new(rows.iter().filter_map(|row| Some((row.position, row.corrects?))))
}

fn open(segments: &[Segment], corrections: &Corrections) -> Vec<Arc<Opened>> {
    let open =
        |segment: &Segment| Arc::new(Opened::open(segment.info.digest, segment.content.clone(), corrections).unwrap());
    segments.iter().map(open).collect()
}

/// Whatever is due, or everything of each month into `buckets`.
fn merged(mut segments: Vec<Segment>, corrections: &Corrections) -> Vec<Segment> {
    for merge in due(&segments.iter().map(|segment| segment.info.clone()).collect::<Vec<_>>()) {
        let mut made = Vec::new();
        for unit in merge.units() {
            let sources: Vec<_> = merge
                .sources(unit)
                .map(|info| segments.iter().find(|segment| segment.info == *info).unwrap().clone())
                .collect();
            let sources = open(&sources, &Corrections::default());
            made.extend(
                merge
                    .unit(unit, sources.iter().map(|source| &**source), corrections)
                    .unwrap(),
            );
        }
        let gone: Vec<Digest> = merge.replaces().collect();
        segments.retain(|segment| !gone.contains(&segment.info.digest));
        segments.extend(made);
    }
    segments
}

/// What a plugin would see, or the sentence.
#[derive(Debug, PartialEq)]
struct Seen {
    rows: usize,
    digest: Digest,
    products: Vec<u32>,
    end_customers: Vec<u32>,
    dictionaries: Vec<Dictionary>,
}

fn seen(
    segments: &Segments,
    wanted: &Resolved,
    accounts: &[u32],
    spans: &Spans,
    scratch: &mut Scratch,
) -> Result<Seen, String> {
    let gathered = gather(segments, wanted, accounts, spans, scratch).map_err(|e| e.to_string())?;
    assert!(gathered.slices.iter().all(|slice| !slice.is_empty()));
    Ok(Seen {
        rows: gathered.rows(),
        digest: digest(&gathered.slices),
        products: gathered.products,
        end_customers: gathered.end_customers,
        dictionaries: gathered.dictionaries,
    })
}

/// The same by the words of the contract, row by row.
fn expected(rows: &[Row], plan: &Plan, accounts: &[u32], spans: &Spans) -> Result<Seen, String> {
    let gone = corrections(rows);
    let products = products();
    let date = |row: &Row| match plan.dates_by {
        DateBasis::Transaction => Some(row.date),
        DateBasis::Order => row.order_date,
        DateBasis::Ship => row.ship_date,
        DateBasis::Invoice => row.invoice_date,
        DateBasis::Payment => row.payment_date,
        DateBasis::Scan => row.scan_date,
    };
    let bits = |row: &Row| plan.selector_bits(row.product.map(|ordinal| &products[ordinal as usize - 1]));
    let mut sent: Vec<&Row> = rows
        .iter()
        .filter(|row| {
            accounts.contains(&row.account) && plan.kinds.contains(&row.kind) && !gone.supersede(row.position)
        })
        .filter(|row| date(row).is_some_and(|day| spans.contain(day)) && plan.sends(bits(row)))
        .collect();
    sent.sort_by_key(|row| (date(row), row.position));

    fn place<T: PartialEq + Clone>(value: &T, list: &mut Vec<T>) -> u32 {
        list.iter().position(|known| known == value).unwrap_or_else(|| {
            list.push(value.clone());
            list.len() - 1
        }) as u32
    }
    let mut columns = Columns {
        attributes: plan
            .attributes
            .iter()
            .map(|name| AttributeColumn {
                name: name.clone(),
                codes: vec![],
            })
            .collect(),
        ..Columns::default()
    };
    let (mut used, mut customers, mut values) = (Vec::new(), Vec::new(), vec![Vec::new(); plan.attributes.len()]);
    for row in sent {
        if row.currency.code() != "GBP" {
            return Err(format!(
                "the row at journal position {} is in {}",
                row.position, row.currency
            ));
        }
        columns.position.push(row.position);
        columns.date.push(date(row).unwrap());
        columns.kind.push(row.kind as u8);
        columns.selectors.push(bits(row));
        for column in Column::ALL.into_iter().filter(|column| plan.columns.contains(column)) {
            let lacks = || {
                format!(
                    "the row at journal position {} has no `{}`",
                    row.position,
                    column.as_str()
                )
            };
            match column {
                Column::Quantity => columns.quantity.push(row.quantity.ok_or_else(lacks)?),
                Column::NetAmount => columns.net_amount.push(row.net_amount.ok_or_else(lacks)?),
                Column::GrossAmount => columns.gross_amount.push(row.gross_amount.ok_or_else(lacks)?),
                Column::Cost => columns.cost.push(row.cost.ok_or_else(lacks)?),
                Column::ListPrice => columns.list_price.push(row.list_price.ok_or_else(lacks)?),
                Column::Product => columns.product.push(place(&row.product.ok_or_else(lacks)?, &mut used)),
                Column::EndCustomer => columns
                    .end_customer
                    .push(place(&row.end_customer.ok_or_else(lacks)?, &mut customers)),
            }
        }
        for (at, name) in plan.attributes.iter().enumerate() {
            columns.attributes[at].codes.push(
                row.attributes
                    .get(name)
                    .map_or(NO_VALUE, |value| place(value, &mut values[at])),
            );
        }
    }
    let dictionaries = plan
        .attributes
        .iter()
        .cloned()
        .zip(values)
        .map(|(name, values)| Dictionary { name, values })
        .collect();
    Ok(Seen {
        rows: columns.len(),
        digest: digest(&[columns.as_slice()]),
        products: used,
        end_customers: customers,
        dictionaries,
    })
}

/// How much a journal deviates from plain own sales in one currency: the common case is to be met often, too.
#[derive(Clone, Debug)]
struct Mess {
    late: bool,
    holes: bool,
    currencies: bool,
    corrections: bool,
}

fn journal() -> impl Strategy<Value = Vec<Row>> {
    let mess = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.2), any::<bool>());
    let mess = mess.prop_map(|(late, holes, currencies, corrections)| Mess {
        late,
        holes,
        currencies,
        corrections,
    });
    let facts = (1..3u64, 1..6u32, 0..90i32, 0..12u8, 0..8u32, -500..500i64, any::<u32>());
    (mess, prop::collection::vec(facts, 0..120)).prop_map(|(mess, facts)| {
        let mut rows: Vec<Row> = Vec::new();
        for (number, (gap, account, day, kind, product, amount, chance)) in facts.into_iter().enumerate() {
            let bit = |n: u32| chance >> n & 1 == 1;
            let hole = |n: u32| mess.holes && chance >> n & 15 == 0;
            let day = 15_000 + if mess.late { day } else { number as i32 / 2 };
            let near = |n: u32| bit(n).then(|| day + (chance >> n & 31) as i32 - 10);
            let position = rows.last().map_or(0, |row| row.position) + gap;
            let corrects = (mess.corrections && chance % 5 == 0 && !rows.is_empty())
                .then(|| rows[chance as usize / 5 % rows.len()].position);
            let mut attributes = BTreeMap::new();
            if bit(3) {
                attributes.insert(
                    "region".to_owned(),
                    ["north", "south", ""][product as usize % 3].to_owned(),
                );
            }
            if bit(4) && bit(5) {
                attributes.insert("till".to_owned(), format!("{}", amount % 5));
            }
            rows.push(Row {
                kind: RowKind::ALL[usize::from(kind % 8) * usize::from(mess.late)],
                order_date: near(6),
                ship_date: Some(day + 3),
                invoice_date: near(8),
                payment_date: (!hole(9)).then_some(day + 30),
                scan_date: None,
                product: (product != 0 && !hole(10)).then_some(product.clamp(1, 6)),
                end_customer: (!hole(11)).then_some(1 + chance % 3),
                currency: currency(if mess.currencies && account == 1 { "EUR" } else { "GBP" }),
                quantity: (!hole(12)).then_some(i64::from(kind) * 1_000_000),
                net_amount: (!hole(13)).then_some(amount * if bit(14) { 10_000 } else { 1 }),
                gross_amount: bit(15).then_some(amount << 40),
                cost: None,
                list_price: Some(i64::MAX - amount.abs()),
                corrects,
                attributes,
                ..row(position, account, day)
            });
        }
        rows
    })
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let selector = |name: &str, include, exclude| Selector {
        name: name.into(),
        include,
        exclude,
    };
    let kitchen = selector("kitchen", vec![ProductTest::Category("goods".into())], vec![]);
    let others = selector("others", vec![], vec![ProductTest::Sku("3".into())]);
    let all = selector("all", vec![], vec![]);
    let kinds = prop_oneof![
        Just(RowKind::ALL.to_vec()),
        prop::sample::subsequence(RowKind::ALL.to_vec(), 1..=8)
    ];
    let bases = prop_oneof![Just(DateBasis::Transaction), prop::sample::select(&BASES[..])];
    let columns = prop_oneof![
        Just(vec![Column::Quantity, Column::NetAmount]),
        Just(vec![Column::ListPrice]),
        prop::sample::subsequence(Column::ALL.to_vec(), 0..=7)
    ];
    let attributes = prop::sample::subsequence(
        vec!["till".to_owned(), "region".to_owned(), "nowhere".to_owned()],
        0..=3,
    );
    let selectors = prop::sample::subsequence(vec![kitchen, others, all], 0..=3);
    (kinds, bases, columns, attributes, selectors).prop_map(|(kinds, dates_by, columns, attributes, selectors)| Plan {
        kinds,
        dates_by,
        columns,
        attributes,
        selectors,
        ..plan()
    })
}

/// Whether two answers agree; of a refusal the reference gives only how the sentence begins.
fn agree(found: &Result<Seen, String>, expected: &Result<Seen, String>) -> bool {
    match (found, expected) {
        (Err(found), Err(expected)) => found.starts_with(expected.as_str()),
        _ => found == expected,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn however_rows_are_sealed_the_same_are_gathered(
        rows in journal(),
        plan in any_plan(),
        batch in 1..80usize,
        accounts in prop::sample::subsequence(vec![1, 2, 3, 4, 5, 6], 1..=3),
        merge in 0..3,
        first in 14_990..15_060i32,
        days in 1..100i32,
        second in 0..40i32,
    ) {
        let gone = corrections(&rows);
        let mut segments = sealed(&rows, batch);
        for _ in 0..merge {
            segments = merged(segments, &gone);
        }
        let sealed = Segments::new(open(&segments, &gone));
        let journal = Segments::from_rows(&rows, &gone).unwrap();
        let own: Vec<&Row> = rows.iter().filter(|row| accounts.contains(&row.account)).collect();
        let own = Segments::from_rows(own, &gone).unwrap();
        let wanted = Resolved::new(&plan, &products(), currency("GBP")).unwrap();
        let period = |first, last| Period { label: String::new(), start: Day::new(first).unwrap(), end: Day::new(last).unwrap() };
        let spans = Spans::of(&[period(first, first + days), period(first + days + second, first + days + second + 10)]);
        let mut scratch = Scratch::default();
        for accounts in [&accounts[..], &accounts[..1]] {
            let expected = expected(&rows, &plan, accounts, &spans);
            for segments in [&sealed, &journal, &own] {
                let found = seen(segments, &wanted, accounts, &spans, &mut scratch);
                prop_assert!(agree(&found, &expected), "{found:?} is not {expected:?}");
            }
        }
    }

    #[test]
    fn a_changed_byte_is_found_and_named(rows in journal(), byte in any::<prop::sample::Index>(), flip in 1..=255u8) {
        for Segment { info, mut content } in sealed(&rows, 50) {
            *byte.get_mut(&mut content) ^= flip;
            let refusal = Opened::open(info.digest, content, &Corrections::default()).unwrap_err().to_string();
            prop_assert!(refusal.starts_with(&format!("segment `{}` is damaged", info.digest)), "{refusal}");
        }
    }

    #[test]
    fn content_that_was_never_whole_is_refused_even_under_its_own_digest(rows in journal(), cut in any::<prop::sample::Index>()) {
        for Segment { mut content, .. } in sealed(&rows, 50) {
            // The stream's end mark of 8 bytes may be missing without loss.
            content.truncate(cut.index(content.len() - 8));
            let digest = Digest::of(&content);
            let refusal = Opened::open(digest, content, &Corrections::default()).unwrap_err().to_string();
            prop_assert!(refusal.starts_with(&format!("the content of `{digest}` is no segment")), "{refusal}");
        }
    }
}

#[test]
fn rows_of_one_account_and_month_are_lent_not_copied() {
    let rows: Vec<Row> = (1..=90).map(|n| row(n, 1 + n as u32 % 3, 15_000 + n as i32)).collect();
    let segments = Segments::new(open(&sealed(&rows, 1_000), &Corrections::default()));
    let wanted = Resolved::new(&plan(), &products(), currency("GBP")).unwrap();
    let mut scratch = Scratch::default();
    let gathered = gather(&segments, &wanted, &[2], &span(15_000, 15_200), &mut scratch).unwrap();
    assert_eq!((gathered.rows(), gathered.slices.len(), segments.len()), (30, 4, 4));
    for (slice, segment) in gathered.slices.iter().zip(segments.iter()) {
        assert!(
            segment
                .measures(Column::NetAmount)
                .as_ptr_range()
                .contains(&slice.net_amount.as_ptr())
        );
    }
}

#[test]
fn nothing_sealed_gives_no_rows() {
    assert_eq!(sealed(&[], 10), []);
    let wanted = Resolved::new(&plan(), &[], currency("GBP")).unwrap();
    for segments in [
        Segments::new([]),
        Segments::from_rows(&[], &Corrections::default()).unwrap(),
    ] {
        assert_eq!(
            gather(&segments, &wanted, &[1], &span(0, 100), &mut Scratch::default())
                .unwrap()
                .rows(),
            0
        );
    }
}

#[test]
fn the_same_rows_make_the_same_content() {
    let rows: Vec<Row> = (1..=50).map(|n| row(n, 1 + n as u32 % 7, 15_000)).collect();
    let segments = sealed(&rows, 1_000);
    assert_eq!(segments, sealed(&rows, 1_000));
    let info = &segments[0].info;
    assert_eq!(
        (
            info.month,
            info.buckets,
            info.rows,
            info.first_position,
            info.last_position
        ),
        (492, 1, 50, 1, 50)
    );
    assert_eq!(info.days_by(DateBasis::Transaction), Some((15_000, 15_000)));
    assert_eq!(info.days_by(DateBasis::Ship), None);
    assert_eq!(open(&segments, &Corrections::default())[0].info(), info);
}

#[test]
fn rows_out_of_order_are_not_sealed() {
    let mut sealer = Sealer::after(7);
    assert_eq!(
        sealer.push(&row(7, 1, 15_000)).unwrap_err().to_string(),
        "the row at journal position 7 comes after 7: rows are sealed in the order of the journal"
    );
}

#[test]
fn a_row_that_cannot_be_calculated_with_is_named() {
    let refusal = |row: Row| {
        let segments = Segments::from_rows(&[row], &Corrections::default()).unwrap();
        let wanted = Resolved::new(&plan(), &products(), currency("GBP")).unwrap();
        gather(&segments, &wanted, &[1], &span(15_000, 15_000), &mut Scratch::default())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refusal(Row {
            net_amount: None,
            ..row(5, 1, 15_000)
        }),
        "the row at journal position 5 has no `net-amount`, which the terms need: correct the row or change the terms"
    );
    assert_eq!(
        refusal(Row {
            currency: currency("EUR"),
            ..row(5, 1, 15_000)
        }),
        "the row at journal position 5 is in EUR and the program in GBP: correct the row or move it to a program in EUR"
    );
}

#[test]
fn a_late_correction_hides_the_row_it_replaces_and_merging_drops_it() {
    let mut rows: Vec<Row> = (1..=20).map(|n| row(n, 1, 15_010 + n as i32)).collect();
    rows.push(Row {
        corrects: Some(3),
        net_amount: Some(0),
        ..row(21, 2, 15_013)
    });
    let gone = corrections(&rows);
    let segments = sealed(&rows, 20);
    assert_eq!(
        segments.iter().map(|segment| segment.info.rows).collect::<Vec<_>>(),
        [20, 1]
    );
    let wanted = Resolved::new(&plan(), &products(), currency("GBP")).unwrap();
    let count = |segments: &[Segment], account| {
        let segments = Segments::new(open(segments, &gone));
        gather(
            &segments,
            &wanted,
            &[account],
            &span(15_000, 15_100),
            &mut Scratch::default(),
        )
        .unwrap()
        .rows()
    };
    assert_eq!((count(&segments, 1), count(&segments, 2)), (19, 1));
    let late = (0..4).map(|n| {
        rows.iter()
            .map(|row| Row {
                position: row.position + 30 + 30 * n,
                corrects: None,
                ..row.clone()
            })
            .collect::<Vec<_>>()
    });
    let all: Vec<Row> = rows.iter().cloned().chain(late.flatten()).collect();
    let merged = merged(sealed(&all, 20), &gone);
    assert_eq!(
        merged.iter().map(|segment| segment.info.rows).collect::<Vec<_>>(),
        [104]
    );
    assert_eq!((count(&merged, 1), count(&merged, 2)), (99, 5));
}

#[test]
fn a_month_of_many_buckets_is_merged_with_its_late_rows() {
    let sale = |n: u64| row(n, 1 + (n * 7 % 90) as u32, 15_010 + (n % 20) as i32);
    let rows: Vec<Row> = (1..=70_000).map(sale).collect();
    let none = Corrections::default();
    let before = sealed(&rows, 40_000);
    let after = merged(before.clone(), &none);
    let buckets = |segments: &[Segment]| {
        let mut buckets: Vec<_> = segments
            .iter()
            .map(|segment| (segment.info.buckets, segment.info.bucket))
            .collect();
        buckets.sort();
        buckets
    };
    assert_eq!(buckets(&before), [(1, 0), (2, 0), (2, 1)]);
    assert_eq!(buckets(&after), [(4, 0), (4, 1), (4, 2), (4, 3)]);
    assert_eq!(after.iter().map(|segment| segment.info.rows).sum::<u32>(), 70_000);

    let (before, after) = (Segments::new(open(&before, &none)), Segments::new(open(&after, &none)));
    let wanted = Resolved::new(&plan(), &products(), currency("GBP")).unwrap();
    let (spans, mut scratch) = (span(15_000, 15_100), Scratch::default());
    let all: Vec<u32> = (1..=90).collect();
    for accounts in [&all[..], &[1], &[45], &[90]] {
        let merged = seen(&after, &wanted, accounts, &spans, &mut scratch).unwrap();
        assert_eq!(
            merged.rows,
            rows.iter().filter(|row| accounts.contains(&row.account)).count()
        );
        assert_eq!(seen(&before, &wanted, accounts, &spans, &mut scratch).unwrap(), merged);
    }
}
