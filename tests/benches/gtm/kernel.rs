//! (a) The rebate plugin in the sandbox, metered, against the same code compiled natively, on the same columns.

use std::hint::black_box;

use anyhow::{Context as _, Result, ensure};
use domain::calculation;
use domain::columns::Columns;
use domain::digest::canonical_json;
use domain::period::Period;
use gtm_rebate::Rebate;
use gtm_rebate::terms::Terms;
use gtm_sdk::{Program, Rows};
use runtime::{Engine, Limits, admit};

use crate::data;
use crate::measure::{best, seconds_of};
use crate::table::{Table, Target};

const ROWS: usize = 100_000;
const ROUNDS: usize = 301;
/// As the host sends them.
const BATCH: usize = 4096;

pub fn measure() -> Result<Table> {
    let engine = Engine::new(Limits::default(), None)?;
    let component = std::fs::read(tests::component("rebate"))?;
    let plugin = admit(&engine, &component).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
    let json = data::terms();
    plugin.plan(&json).map_err(|unsound| anyhow::anyhow!("{unsound}"))?;
    let terms_text = String::from_utf8(canonical_json(&json)?)?;
    let terms: Terms = serde_json::from_str(&terms_text)?;
    let context = context(&terms_text)?;
    let (columns, none) = (columns(), Columns::default());

    // The same answer, before anything is timed.
    let sandboxed = plugin.calculate(&context, &[columns.as_slice()])?;
    let mine: Vec<i64> = native(&context, &terms, &columns)?
        .transfers
        .iter()
        .map(|transfer| transfer.amount)
        .collect();
    let theirs: Vec<i64> = sandboxed
        .outcome
        .transfers
        .iter()
        .map(|transfer| transfer.amount.0)
        .collect();
    ensure!(
        mine == theirs && !mine.is_empty(),
        "native pays {mine:?} and the sandbox {theirs:?}"
    );

    // Interleaved, and the best of many short rounds, so that other work on the machine disturbs all four alike and little.
    let mut times = [const { vec![] }; 4];
    for _ in 0..ROUNDS {
        times[0].push(seconds_of(|| {
            drop(black_box(plugin.calculate(&context, &[none.as_slice()])))
        }));
        times[1].push(seconds_of(|| {
            drop(black_box(plugin.calculate(&context, &[columns.as_slice()])))
        }));
        times[2].push(seconds_of(|| drop(black_box(native(&context, &terms, &none)))));
        times[3].push(seconds_of(|| drop(black_box(native(&context, &terms, &columns)))));
    }
    let [empty, full, native_empty, native_full] = times.map(|times| best(&times));
    let per_row = |full: f64, empty: f64| (full - empty) * 1e9 / ROWS as f64;
    let (inside, outside) = (per_row(full, empty), per_row(native_full, native_empty));
    let mut table = Table::new(format!(
        "(a) plugin kernel: rebate, marginal tiers, {ROWS} rows, metered, per row without the set-up of the statement"
    ));
    let ns = |value: f64| format!("{value:.2} ns");
    table.beside(
        "sandbox against native",
        ns(inside),
        ns(outside),
        inside / outside,
        Some(Target::AtMost(1.8)),
    );
    table.alone(
        "a statement in a fresh sandbox, before its rows",
        format!("{:.1} µs", empty * 1e6),
        empty * 1e6,
        None,
    );
    table.alone(
        "size of the component",
        format!("{} bytes", component.len()),
        component.len() as f64,
        None,
    );
    Ok(table)
}

fn native(context: &calculation::Context, terms: &Terms, columns: &Columns) -> Result<gtm_sdk::Outcome> {
    let fail = |problem: gtm_sdk::Problem| anyhow::anyhow!("{}", problem.message);
    let period = |period: &Period| gtm_sdk::Period {
        label: period.label.clone(),
        start: period.start.number(),
        end: period.end.number(),
    };
    let told = gtm_sdk::Context {
        program: context.program.clone(),
        terms: context.terms.clone(),
        participant: gtm_sdk::Participant {
            account: context.participant.account.clone(),
            attributes: vec![],
            enrolled_from: context.participant.enrolled_from.number(),
            enrolled_until: None,
            agreed: vec![],
        },
        period: period(&context.period),
        year: period(&context.year),
        gathered: vec![],
        currency: context.currency.code().to_owned(),
        currency_digits: context.currency.digits(),
        opening_balances: vec![],
        products: vec![],
        end_customers: vec![],
        dictionaries: vec![],
    };
    let mut rebate = Rebate::start(told, terms.clone()).map_err(fail)?;
    for start in (0..columns.len()).step_by(BATCH) {
        let rows = start..columns.len().min(start + BATCH);
        rebate
            .push(&Rows {
                position: &columns.position[rows.clone()],
                date: &columns.date[rows.clone()],
                kind: &columns.kind[rows.clone()],
                selectors: &columns.selectors[rows.clone()],
                net_amount: &columns.net_amount[rows],
                ..Rows::default()
            })
            .map_err(fail)?;
    }
    rebate.finish().map_err(fail)
}

fn context(terms: &str) -> Result<calculation::Context> {
    let period = |label: &str, start: &str, end: &str| -> Result<Period> {
        Ok(Period {
            label: label.into(),
            start: start.parse()?,
            end: end.parse()?,
        })
    };
    Ok(calculation::Context {
        converted: None,
        program: "volume".into(),
        terms: terms.into(),
        participant: calculation::Participant {
            account: "20000".into(),
            attributes: vec![],
            enrolled_from: "2024-01-01".parse()?,
            enrolled_until: None,
            agreed: vec![],
        },
        period: period("2024", "2024-01-01", "2024-12-31")?,
        year: period("2024", "2024-01-01", "2024-12-31")?,
        gathered: vec![],
        currency: "GBP".parse().context("a currency")?,
        opening_balances: vec![],
        products: vec![],
        end_customers: vec![],
        dictionaries: vec![],
    })
}

/// A year of sales with returns, nine in ten of them goods.
fn columns() -> Columns {
    let first = 19_723;
    Columns {
        position: (1..=ROWS as u64).collect(),
        date: (0..ROWS).map(|row| first + (row * 366 / ROWS) as i32).collect(),
        kind: (0..ROWS).map(|row| u8::from(row % 20 == 7)).collect(),
        selectors: (0..ROWS).map(|row| u32::from(row % 10 != 3)).collect(),
        net_amount: (0..ROWS as i64)
            .map(|row| (row * 7919 % 50_000 + 50) * if row % 20 == 7 { -10_000 } else { 10_000 })
            .collect(),
        ..Columns::default()
    }
}
