//! What must hold whatever the figures: the properties that members and auditors expect of points.

use gtm_loyalty::Loyalty;
use gtm_sdk::{
    Context, Gathered, Micros, Outcome, Participant, Period, Problem, Program, RowKind, Rows, Window, terms,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const UNIT: i64 = 1_000_000;
const YEAR: i32 = 19_723;

/// One row, by its day counted from the first of January 2024.
#[derive(Debug, Clone, Copy)]
struct Line {
    day: i32,
    kind: RowKind,
    /// Hundredths of a unit of money, or points.
    amount: i64,
}

fn context(start: i32, end: i32, before: Vec<Period>) -> Context {
    let period = |start: i32, end: i32| Period {
        label: format!("{start}"),
        start: YEAR + start,
        end: YEAR + end,
    };
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
        period: period(start, end),
        year: period(0, 365),
        gathered: vec![Gathered {
            window: Window::SinceStart,
            periods: before,
        }],
        currency: "GBP".into(),
        currency_digits: 2,
        opening_balances: vec![],
        products: vec![],
        end_customers: vec![],
        dictionaries: vec![],
    }
}

/// What the rows until `end` move in the days from `start` to `end`.
fn calculate(given: &Value, start: i32, end: i32, lines: &[Line]) -> Result<Outcome, Problem> {
    let parsed = terms::parse(&given.to_string())?;
    Loyalty::plan(&parsed).map_err(|mut problems| problems.remove(0))?;
    let mut loyalty = Loyalty::start(context(start, end, vec![]), parsed)?;
    let mut lines: Vec<(usize, &Line)> = lines.iter().enumerate().filter(|(_, line)| line.day <= end).collect();
    lines.sort_by_key(|(place, line)| (line.day, *place));
    let points = |line: &Line| matches!(line.kind, RowKind::Redemption | RowKind::Adjustment);
    let column = |value: &dyn Fn(&Line) -> i64| lines.iter().map(|(_, line)| value(line)).collect::<Vec<i64>>();
    let quantity = column(&|line| {
        if points(line) {
            line.amount * UNIT
        } else {
            line.amount.signum() * UNIT
        }
    });
    let net = column(&|line| if points(line) { 0 } else { line.amount * UNIT / 100 });
    loyalty.push(&Rows {
        position: &lines.iter().map(|(place, _)| *place as u64 + 1).collect::<Vec<_>>(),
        date: &lines.iter().map(|(_, line)| YEAR + line.day).collect::<Vec<_>>(),
        kind: &lines.iter().map(|(_, line)| line.kind as u8).collect::<Vec<_>>(),
        selectors: &vec![0; lines.len()],
        quantity: &quantity,
        net_amount: &net,
        ..Rows::default()
    })?;
    loyalty.finish()
}

/// What each balance changed by, each on its own side.
fn balances(outcomes: &[Outcome]) -> BTreeMap<String, i64> {
    let mut balances = BTreeMap::new();
    for transfer in outcomes.iter().flat_map(|outcome| &outcome.transfers) {
        for (code, amount) in [(&transfer.debit, -transfer.amount), (&transfer.credit, transfer.amount)] {
            *balances.entry(code.clone()).or_insert(0) += amount;
        }
    }
    balances.retain(|_, amount| *amount != 0);
    balances
}

fn program() -> impl Strategy<Value = Value> {
    let expiry = prop::sample::select(vec![
        Value::Null,
        json!({ "after": { "days": 90 } }),
        json!({ "after": { "months": 2 }, "until": "end-of-month" }),
        json!({ "after": { "inactive-months": 3 } }),
    ]);
    let negative = prop::sample::select(vec!["never", "allowed"]);
    let window = prop::sample::select(vec![
        json!("calendar-year"),
        json!("anniversary"),
        json!({ "rolling-months": 3 }),
    ]);
    let downgrade = prop::sample::select(vec!["one-down", "balance-based", "none"]);
    (0u32..40, expiry, negative, window, downgrade).prop_map(|(pending, expiry, negative, window, downgrade)| {
        json!({
            "earn": [
                { "measure": "net", "per": "10", "points": "3" },
                { "rule": "bonus", "measure": "net", "per": "7", "points": "1", "steps": "part", "counts-for": "spending" },
            ],
            "campaigns": [{ "campaign": "spring", "start": "2024-03-01", "end": "2024-04-30", "multiplier": "1.5" }],
            "tiers": { "by": "points", "window": window, "downgrade": downgrade, "tiers": [
                { "tier": "silver", "from": "100", "multiplier": "1.5" }, { "tier": "gold", "from": "400", "multiplier": "2" },
            ] },
            "pending-days": pending, "expiry": expiry, "negative-balance": negative,
        })
    })
}

fn purchases() -> impl Strategy<Value = Vec<Line>> {
    let line = (0i32..360, 1i64..100_000).prop_map(|(day, amount)| Line {
        day,
        kind: RowKind::Sale,
        amount,
    });
    prop::collection::vec(line, 0..12)
}

/// Purchases, returns, uses and grants in random order.
fn history() -> impl Strategy<Value = Vec<Line>> {
    let kinds = vec![
        RowKind::Sale,
        RowKind::Sale,
        RowKind::Return,
        RowKind::Redemption,
        RowKind::Adjustment,
    ];
    let line = (0i32..360, prop::sample::select(kinds), 1i64..50_000, any::<bool>());
    prop::collection::vec(line, 0..30).prop_map(|lines| {
        let line = |(day, kind, amount, back): (i32, RowKind, i64, bool)| Line {
            day,
            kind,
            amount: match kind {
                RowKind::Return => -amount,
                RowKind::Redemption => 1 + amount % 100,
                RowKind::Adjustment if back => -(1 + amount % 50),
                RowKind::Adjustment => 1 + amount % 100,
                _ => amount,
            },
        };
        lines.into_iter().map(line).collect()
    })
}

proptest! {
    /// issued = pending + points + redeemed + expired, in every period of a random history, and no balance but `points` is below zero.
    #[test]
    fn what_was_earned_is_pending_spendable_used_or_expired(program in program(), lines in history(), end in 30i32..400) {
        // Where points may not be used ahead, a history that does so is held: there is nothing to add up.
        if let Ok(outcome) = calculate(&program, 0, end, &lines) {
            let held = balances(&[outcome]);
            let of = |code: &str| held.get(code).copied().unwrap_or(0);
            prop_assert_eq!(-of("issued"), of("pending") + of("points") + of("redeemed") + of("expired"));
            for code in ["pending", "redeemed", "expired"] {
                prop_assert!(of(code) >= 0, "{} holds {}", code, of(code));
            }
            prop_assert!(held.values().all(|amount| amount % UNIT == 0), "points are whole");
            prop_assert!(program["negative-balance"] == "allowed" || of("points") >= 0, "{:?}", held);
        }
    }

    /// Monthly statements move together what one statement over all of them moves.
    #[test]
    fn a_history_moves_the_same_however_it_is_cut(program in program(), lines in history(), cut in 1i32..120) {
        let whole = calculate(&program, 0, 399, &lines);
        prop_assume!(whole.is_ok());
        let parts: Vec<Outcome> = (0..400).step_by(cut as usize)
            .map(|start| calculate(&program, start, (start + cut - 1).min(399), &lines).unwrap())
            .collect();
        prop_assert_eq!(balances(&parts), balances(&[whole.unwrap()]));
    }

    #[test]
    fn returning_everything_brings_every_balance_back(program in program(), lines in purchases(), later in 0i32..200) {
        let returned = lines.iter().map(|line| Line { day: line.day + later, kind: RowKind::Return, amount: -line.amount });
        let rows: Vec<Line> = lines.iter().copied().chain(returned).collect();
        let outcome = calculate(&program, 0, 700, &rows).unwrap();
        prop_assert_eq!(balances(&[outcome]), BTreeMap::new());
    }

    #[test]
    fn each_statement_says_what_it_moves(program in program(), lines in history(), start in 0i32..300) {
        if let Ok(outcome) = calculate(&program, start, start + 60, &lines) {
            let said: i64 = outcome.steps.iter().filter_map(|step| step.amount).sum();
            let moved: i64 = outcome.transfers.iter().map(|transfer| transfer.amount).sum();
            prop_assert_eq!(said, moved);
            for transfer in &outcome.transfers {
                prop_assert!((YEAR + start..=YEAR + start + 60).contains(&transfer.effective));
                prop_assert!(transfer.expires.is_none_or(|expires| expires >= transfer.effective));
            }
        }
    }

    #[test]
    fn spending_more_never_earns_less(cents in 1i64..500_000, more in 0i64..100_000) {
        let terms = json!({ "earn": [{ "measure": "net", "per": "10", "points": "3" }] });
        let earned = |amount| balances(&[calculate(&terms, 0, 30, &[Line { day: 3, kind: RowKind::Sale, amount }]).unwrap()])
            .get("points").copied().unwrap_or(0);
        prop_assert!(earned(cents + more) >= earned(cents));
    }

    /// One cent below a tier, exactly at it, one above.
    #[test]
    fn a_tier_is_met_exactly_and_not_a_penny_before(from in 1i64..5_000) {
        let terms = json!({
            "earn": [{ "measure": "net", "per": "1", "points": "1" }],
            "tiers": { "by": "net", "window": "calendar-year", "tiers": [{ "tier": "silver", "from": from.to_string(), "multiplier": "10" }] },
        });
        let second = |cents: i64| {
            let lines = [Line { day: 1, kind: RowKind::Sale, amount: cents }, Line { day: 2, kind: RowKind::Sale, amount: 100 }];
            let all = balances(&[calculate(&terms, 0, 30, &lines).unwrap()])["points"];
            all / UNIT - cents / 100
        };
        prop_assert_eq!([second(from * 100 - 1), second(from * 100), second(from * 100 + 1)], [1, 10, 10]);
    }
}

proptest! {
    /// Points or purchases, whichever comes first: what follows is multiplied, and nothing before.
    #[test]
    fn a_tier_is_reached_by_whichever_of_its_rules_is_met_first(
        units in prop::collection::vec(1i64..300, 1..15), points in 1i64..1_500, purchases in 1i64..10,
    ) {
        let terms = json!({
            "earn": [{ "measure": "net", "per": "1", "points": "1" }],
            "tiers": { "by": "points", "window": "calendar-year", "tiers": [
                { "tier": "silver", "from": points.to_string(), "or": [{ "by": "purchases", "from": purchases.to_string() }], "multiplier": "10" },
            ] },
        });
        let sale = |(day, units): (usize, &i64)| Line { day: day as i32, kind: RowKind::Sale, amount: units * 100 };
        let lines: Vec<Line> = units.iter().enumerate().map(sale).collect();
        let (mut before, mut expected) = (0, 0);
        for (bought, units) in units.iter().enumerate() {
            let silver = before >= points || bought as i64 >= purchases;
            expected += units * if silver { 10 } else { 1 };
            before += units;
        }
        prop_assert_eq!(balances(&[calculate(&terms, 0, 30, &lines).unwrap()])["points"], expected * UNIT);
    }
}

#[test]
fn a_late_correction_is_in_the_answer_and_an_earlier_date_gives_the_earlier_one() {
    let terms = json!({ "earn": [{ "measure": "net", "per": "1", "points": "1" }] });
    let sale = |day, amount| Line {
        day,
        kind: RowKind::Sale,
        amount,
    };
    let known_then = [sale(3, 10_000)];
    let known_now = [sale(3, 10_000), sale(4, 5_000)];
    let earned = |lines: &[Line]| Micros(balances(&[calculate(&terms, 0, 30, lines).unwrap()])["points"]);
    assert_eq!(
        (earned(&known_then), earned(&known_now)),
        (Micros::whole(100), Micros::whole(150))
    );
    assert_eq!(earned(&known_then), Micros::whole(100));
}
