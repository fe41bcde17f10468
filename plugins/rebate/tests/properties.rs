//! What must hold whatever the figures: the properties that practitioners expect of a rebate.

use gtm_rebate::Rebate;
use gtm_rebate::scale::{Scale, Volume};
use gtm_rebate::terms::Terms;
use gtm_sdk::growth::{self, GrowthTier, Reading};
use gtm_sdk::money::Exact;
use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::tier::{Benefit, Method, Table, Tier};
use gtm_sdk::{
    Context, Gathered, Micros, Outcome, Participant, Period, Problem, Product, Program, Rate, Rows, Window, terms,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const CENT: i64 = 10_000;
const UNIT: i64 = 1_000_000;

/// One row, by its day counted from the first of the year 2023.
#[derive(Debug, Clone, Copy)]
struct Line {
    day: i32,
    kind: u8,
    cents: i64,
    product: u32,
}

const YEAR: i32 = 19_358;

fn month(number: i32) -> Period {
    // Months of thirty days will do: the arithmetic asks only where a period begins and ends.
    Period {
        label: format!("2023-{:02}", number + 1),
        start: YEAR + 30 * number,
        end: YEAR + 30 * number + 29,
    }
}

fn context(period: Period, gathered: Vec<Gathered>) -> Context {
    Context {
        program: "test".into(),
        terms: String::new(),
        participant: Participant {
            account: "A-1".into(),
            attributes: vec![],
            enrolled_from: YEAR,
            enrolled_until: None,
            agreed: vec![],
        },
        period,
        year: Period {
            label: "2023".into(),
            start: YEAR,
            end: YEAR + 364,
        },
        gathered,
        currency: "GBP".into(),
        currency_digits: 2,
        opening_balances: vec![],
        products: ["CUP-1", "CUP-2", "PAN-1"]
            .map(|sku| Product {
                sku: sku.into(),
                category: String::new(),
                attributes: vec![],
            })
            .into(),
        end_customers: vec![],
        dictionaries: vec![],
    }
}

fn parsed(rule: &Value) -> Terms {
    let terms: Terms = terms::parse(&json!({ "rules": [rule] }).to_string()).unwrap();
    Rebate::plan(&terms).unwrap();
    terms
}

fn calculate(rule: &Value, context: Context, lines: &[Line]) -> Result<Outcome, Problem> {
    let mut rebate = Rebate::start(context, parsed(rule))?;
    let position: Vec<u64> = lines
        .iter()
        .map(|line| (line.day as u64) << 32 | line.cents.unsigned_abs() << 2 | u64::from(line.product))
        .collect();
    let date: Vec<i32> = lines.iter().map(|line| YEAR + line.day).collect();
    let kind: Vec<u8> = lines.iter().map(|line| line.kind).collect();
    let amount: Vec<i64> = lines.iter().map(|line| line.cents * CENT).collect();
    let product: Vec<u32> = lines.iter().map(|line| line.product).collect();
    rebate.push(&Rows {
        position: &position,
        date: &date,
        kind: &kind,
        net_amount: &amount,
        quantity: &amount,
        product: &product,
        ..Rows::default()
    })?;
    rebate.finish()
}

fn paid(rule: &Value, lines: &[Line]) -> i64 {
    total(&calculate(rule, context(month(0), vec![]), lines).unwrap())
}

fn total(outcome: &Outcome) -> i64 {
    outcome.transfers.iter().map(|transfer| transfer.amount).sum()
}

fn sale(cents: i64) -> Line {
    Line {
        day: 3,
        kind: 0,
        cents,
        product: 0,
    }
}

/// Tiers with rates that rise, as bounds in whole units and rates in hundredths of a percent.
fn rising() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((1i64..5_000, 0i64..400), 1..6).prop_map(|steps| {
        let (mut from, mut rate) = (0, 0);
        steps
            .into_iter()
            .map(|(step, rise)| {
                from += step;
                rate += rise;
                (from, rate)
            })
            .collect()
    })
}

fn tiers(table: &[(i64, i64)]) -> Value {
    table
        .iter()
        .map(|(from, rate)| json!({ "from": from.to_string(), "rate": format!("{}.{:02} %", rate / 100, rate % 100) }))
        .collect()
}

fn rule(table: &[(i64, i64)], method: &str) -> Value {
    json!({ "measure": "net", "tiers": tiers(table), "method": method })
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (0i32..30, prop::sample::select(vec![0u8, 1, 3]), 1i64..900_000, 0u32..3);
    prop::collection::vec(line, 0..40).prop_map(|lines| {
        lines
            .into_iter()
            .map(|(day, kind, cents, product)| Line {
                day,
                kind,
                cents: if kind == 1 { -cents } else { cents },
                product,
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn the_whole_volume_at_rising_rates_earns_no_less_than_its_slices(table in rising(), cents in 0i64..3_000_000) {
        let (whole, slices) = (paid(&rule(&table, "retrospective"), &[sale(cents)]), paid(&rule(&table, "marginal"), &[sale(cents)]));
        prop_assert!(whole >= slices, "{whole} against {slices}");
    }

    #[test]
    fn more_volume_never_earns_less_at_rising_rates(table in rising(), cents in -10_000i64..3_000_000, more in 0i64..500_000) {
        for method in ["retrospective", "marginal", "rolling", "total"] {
            let rule = rule(&table, method);
            prop_assert!(paid(&rule, &[sale(cents + more)]) >= paid(&rule, &[sale(cents)]), "{}", method);
        }
    }

    /// Months that are trued up pay together what one run over all of them pays.
    #[test]
    fn an_accumulating_rule_pays_the_same_however_the_year_is_cut(
        table in rising(), months in prop::collection::vec(prop::collection::vec(-200_000i64..600_000, 0..6), 1..7), marginal: bool,
    ) {
        let mut rule = rule(&table, if marginal { "marginal" } else { "retrospective" });
        rule["accumulate"] = json!("since-start");
        let rows: Vec<Line> = months.iter().enumerate().flat_map(|(month, amounts)| {
            amounts.iter().map(move |cents| Line { day: 30 * month as i32 + 4, kind: u8::from(*cents < 0), cents: *cents, product: 0 })
        }).collect();
        let mut sum = 0;
        for number in 0..months.len() as i32 {
            let gathered = Gathered { window: Window::SinceStart, periods: (0..number).map(month).collect() };
            let known: Vec<Line> = rows.iter().copied().filter(|line| line.day < 30 * (number + 1)).collect();
            sum += total(&calculate(&rule, context(month(number), vec![gathered]), &known).unwrap());
        }
        let all = Period { label: "all".into(), start: YEAR, end: YEAR + 30 * months.len() as i32 - 1 };
        let once = total(&calculate(&rule, context(all, vec![Gathered { window: Window::SinceStart, periods: vec![] }]), &rows).unwrap());
        prop_assert_eq!(sum, once);
    }

    #[test]
    fn a_yearly_cap_is_never_exceeded_and_is_paid_out_when_more_is_earned(
        months in prop::collection::vec(0i64..900_000, 1..8), cap in 1i64..5_000,
    ) {
        let rule = json!({ "measure": "net", "tiers": [{ "from": "0", "rate": "3 %" }], "cap": { "year": cap.to_string() } });
        let rows: Vec<Line> = months.iter().enumerate().map(|(month, cents)| Line { day: 30 * month as i32, kind: 0, cents: *cents, product: 0 }).collect();
        let (mut sum, mut uncapped) = (0, 0);
        for number in 0..months.len() as i32 {
            let gathered = Gathered { window: Window::YearToDate, periods: (0..number).map(month).collect() };
            sum += total(&calculate(&rule, context(month(number), vec![gathered]), &rows[..=number as usize]).unwrap());
            uncapped += round(Micros(months[number as usize] * CENT).times("3 %".parse::<Rate>().unwrap()), 2, Rounding::HalfUp).unwrap().0;
        }
        prop_assert_eq!(sum, uncapped.min(cap * UNIT));
    }

    #[test]
    fn neither_the_order_of_rows_nor_asking_twice_changes_the_answer(
        table in rising(), lines in lines(), split in prop::sample::select(vec!["none", "products", "rows"]), seed in any::<prop::sample::Index>(),
    ) {
        let mut rule = rule(&table, "marginal");
        rule["split"] = json!(split);
        let mut shuffled = lines.clone();
        if !shuffled.is_empty() {
            let places = shuffled.len();
            shuffled.rotate_left(seed.index(places));
            shuffled.reverse();
        }
        let answer = |lines: &[Line]| format!("{:?}", calculate(&rule, context(month(0), vec![]), lines).unwrap());
        prop_assert_eq!(answer(&lines), answer(&lines));
        prop_assert_eq!(answer(&lines), answer(&shuffled));
    }

    #[test]
    fn returning_every_line_brings_every_balance_back(table in rising(), lines in lines(), method in prop::sample::select(vec!["retrospective", "marginal", "rolling", "total"])) {
        let returned = lines.iter().map(|line| Line { kind: 1, cents: -line.cents, ..*line });
        let rows: Vec<Line> = lines.iter().copied().chain(returned).collect();
        for minimum in [None, Some("-1000")] {
            let mut rule = rule(&table, method);
            if let Some(minimum) = minimum {
                rule["minimum"] = json!(minimum);
            }
            prop_assert_eq!(paid(&rule, &rows), 0);
        }
    }

    #[test]
    fn the_parts_of_a_split_sum_to_the_whole_and_steps_to_the_transfers(
        lines in lines(), fixed in 1i64..1_000_000, split in prop::sample::select(vec!["products", "rows"]),
    ) {
        let amount = Micros(fixed * CENT).to_string();
        let one = json!({ "measure": "net", "tiers": [{ "from": "0", "fixed": amount }] });
        let mut parts = one.clone();
        parts["split"] = json!(split);
        let outcome = calculate(&parts, context(month(0), vec![]), &lines).unwrap();
        prop_assert_eq!(total(&outcome), paid(&one, &lines));
        prop_assert_eq!(outcome.steps.iter().filter_map(|step| step.amount).sum::<i64>(), total(&outcome));
        prop_assert!(outcome.transfers.iter().all(|transfer| transfer.amount % CENT == 0));
    }

    /// At each threshold: one minor unit below, exactly, one above.
    #[test]
    fn a_threshold_is_met_exactly_and_not_a_penny_before(table in rising(), place in any::<prop::sample::Index>()) {
        let (from, rate) = table[place.index(table.len())];
        let before = table.iter().rev().find(|(lower, _)| *lower < from).map_or(0, |(_, rate)| *rate);
        let expected = |cents: i64, rate: i64| round(Micros(cents * CENT).times(Rate::from_fraction(gtm_sdk::Decimal::new(rate, 4)).unwrap()), 2, Rounding::HalfUp).unwrap().0;
        let rule = rule(&table, "retrospective");
        let at = from * 100;
        prop_assert_eq!(paid(&rule, &[sale(at - 1)]), expected(at - 1, before));
        prop_assert_eq!(paid(&rule, &[sale(at)]), expected(at, rate));
        prop_assert_eq!(paid(&rule, &[sale(at + 1)]), expected(at + 1, rate));
    }

    /// Reaching the next tier exactly pays what the milestone said it was worth.
    #[test]
    fn a_milestone_is_worth_what_it_says(table in rising(), cents in 0i64..3_000_000, marginal: bool) {
        let rule = rule(&table, if marginal { "marginal" } else { "retrospective" });
        let now = calculate(&rule, context(month(0), vec![]), &[sale(cents)]).unwrap();
        for milestone in &now.milestones {
            prop_assert_eq!(milestone.reached, cents * CENT);
            let there = paid(&rule, &[sale(milestone.target / CENT)]);
            prop_assert_eq!(milestone.worth, Some(there - total(&now)));
        }
        prop_assert_eq!(now.milestones.is_empty(), table.iter().all(|(from, _)| from * 100 <= cents));
    }

    /// The SDK's table reads plain tiers in the same four ways.
    #[test]
    fn plain_tiers_earn_what_the_sdk_says(table in rising(), cents in -10_000i64..3_000_000) {
        let sdk = Table::new(table.iter().map(|(from, rate)| Tier {
            from: Micros(from * UNIT),
            pays: Benefit::Percent(Rate::from_fraction(gtm_sdk::Decimal::new(*rate, 4)).unwrap()),
        }).collect()).unwrap();
        for (name, method) in [("marginal", Method::Marginal), ("retrospective", Method::Retrospective), ("rolling", Method::Rolling), ("total", Method::Total)] {
            let ours = earned(&rule(&table, name), None, cents * CENT);
            prop_assert_eq!(ours, sdk.earned(method, Micros(cents * CENT)).unwrap(), "{}", name);
        }
    }

    /// So does its growth table, in three.
    #[test]
    fn growth_earns_what_the_sdk_says(table in rising(), cents in -10_000i64..3_000_000, baseline in -100i64..2_000_000) {
        let percent = |hundredths: i64| format!("{}.{:02} %", hundredths / 100, hundredths % 100);
        let sdk: Vec<GrowthTier> = table.iter().map(|(from, rate)| GrowthTier { from: percent(*from).parse().unwrap(), pays: percent(*rate).parse().unwrap() }).collect();
        let ours: Value = table.iter().map(|(from, rate)| json!({ "from": percent(*from), "rate": percent(*rate) })).collect();
        for (name, reading) in [("whole-volume", Reading::WholeVolume), ("excess", Reading::Excess), ("bands", Reading::Bands)] {
            for (without, sdk_without) in [("pay-nothing", growth::WithoutBaseline::PaysNothing), ("highest-tier", growth::WithoutBaseline::PaysHighestTier)] {
                let rule = json!({ "measure": "net", "tiers": ours, "growth": { "baseline": { "agreed": "b" }, "pays-on": name, "without-baseline": without } });
                let expected = growth::earned(&sdk, reading, sdk_without, Micros(cents * CENT), Micros(baseline * CENT)).unwrap();
                prop_assert_eq!(earned(&rule, Some(baseline * CENT), cents * CENT), expected, "{} {}", name, without);
            }
        }
    }

    /// A sum that does not fit 64 bits on the way is still right, and one that does not fit at the end is refused.
    #[test]
    fn huge_amounts_are_right_or_refused(amounts in prop::collection::vec(any::<i64>(), 1..50)) {
        let rule = json!({ "measure": "net", "tiers": [{ "from": "0", "rate": "1 %" }] });
        let mut rebate = Rebate::start(context(month(0), vec![]), parsed(&rule)).unwrap();
        let count = amounts.len();
        let position: Vec<u64> = (1..=count as u64).collect();
        rebate.push(&Rows { position: &position, date: &vec![YEAR; count], kind: &vec![0; count], net_amount: &amounts, ..Rows::default() }).unwrap();
        let sum: i128 = amounts.iter().copied().map(i128::from).sum();
        match (i64::try_from(sum), rebate.finish()) {
            (Ok(sum), Ok(outcome)) => {
                let expected = round(Micros(sum.max(0)).times("1 %".parse::<Rate>().unwrap()), 2, Rounding::HalfUp).unwrap();
                prop_assert_eq!(total(&outcome), expected.0);
            }
            (Err(_), Err(problem)) => prop_assert_eq!(problem.code, "amount-too-large"),
            (sum, outcome) => prop_assert!(false, "{sum:?} gave {outcome:?}"),
        }
    }
}

fn earned(rule: &Value, baseline: Option<i64>, volume: i64) -> Exact {
    let terms = parsed(rule);
    let volume = Volume {
        qualifier: Micros(volume),
        paid: Micros(volume),
    };
    let parts = Scale::of(&terms.rules[0], baseline.map(Micros))
        .unwrap()
        .earned(volume)
        .unwrap();
    parts
        .iter()
        .try_fold(Exact::ZERO, |sum, part| sum.plus(part.amount))
        .unwrap()
}

#[test]
fn a_baseline_that_was_never_agreed_stops_the_statement() {
    let rule = json!({ "measure": "net", "tiers": [{ "from": "0 %", "rate": "1 %" }],
        "growth": { "baseline": { "agreed": "baseline-2023" }, "pays-on": "excess", "without-baseline": "pay-nothing" } });
    let problem = calculate(&rule, context(month(0), vec![]), &[sale(100)]).unwrap_err();
    assert_eq!(problem.code, "agreed-missing");
    assert!(problem.message.contains("`baseline-2023`"));
}

#[test]
fn a_row_outside_the_periods_and_a_missing_column_are_problems() {
    let rule = json!({ "measure": "net", "tiers": [{ "from": "0", "rate": "1 %" }] });
    let problem = calculate(&rule, context(month(0), vec![]), &[Line { day: 31, ..sale(100) }]).unwrap_err();
    assert_eq!((&*problem.code, problem.row.is_some()), ("row-outside-periods", true));
    let mut rebate = Rebate::start(context(month(0), vec![]), parsed(&rule)).unwrap();
    let problem = rebate
        .push(&Rows {
            position: &[1],
            date: &[YEAR],
            kind: &[0],
            ..Rows::default()
        })
        .unwrap_err();
    assert_eq!(
        problem.message,
        "the rows have no column `net-amount`: grant it to the plugin"
    );
}
