//! What must hold whatever the figures: of claims, and of price protection.

use gtm_chargeback::Chargeback;
use gtm_sdk::{
    Adjudicate, Agreement, Claim, ClaimKind, ClaimLine, Context, Decision, Evidence, Participant, Period, Program,
    Rows, Ruling, Stock, terms,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const UNIT: i64 = 1_000_000;
const CENT: i64 = 10_000;
/// 2024-01-01.
const START: i32 = 19_723;

fn context(start: i32, end: i32, earlier: Vec<Period>) -> Context {
    let period = |label: &str| Period {
        label: label.into(),
        start,
        end,
    };
    Context {
        program: "test".into(),
        terms: String::new(),
        participant: Participant {
            account: "A-1".into(),
            attributes: vec![],
            enrolled_from: START,
            enrolled_until: None,
            agreed: vec![],
        },
        period: period("period"),
        year: period("2024"),
        gathered: vec![gtm_sdk::Gathered {
            window: gtm_sdk::Window::SinceStart,
            periods: earlier,
        }],
        currency: "GBP".into(),
        currency_digits: 2,
        opening_balances: vec![],
        products: vec![],
        end_customers: vec![],
        dictionaries: vec![],
    }
}

/// A line of so many thousandths of a unit, claimed with so many cents. An own invoice line each.
fn line(place: usize, thousandths: i64, cents: i64) -> ClaimLine {
    let fields = json!({
        "agreement": "SPA-1", "end-customer": "E-7", "invoice": "INV-1", "invoice-line": place.to_string(), "sku": "A", "lot": "",
        "shipped": "2024-02-10", "quantity": gtm_sdk::Micros(thousandths * 1_000).to_string(), "unit": "EA",
    });
    ClaimLine {
        number: place as u32 + 1,
        claimed: cents * CENT,
        key: Some(place.to_string()),
        fields: fields.to_string(),
    }
}

fn ruled(terms: Value, lines: Vec<ClaimLine>, remaining: i64, on_hand: i64) -> Decision {
    let claim = Claim {
        kind: ClaimKind::Claim,
        number: "C-1".into(),
        submitted: START + 80,
        fields: "{}".into(),
        lines,
    };
    let agreement = Agreement {
        number: "SPA-1".into(),
        end_customer: None,
        sku: "A".into(),
        price: 8 * UNIT,
        reference_price: Some(10 * UNIT),
        unit: "EA".into(),
        start: START,
        end: START + 90,
        authorised: remaining,
        remaining,
    };
    let stock = Stock {
        sku: "A".into(),
        day: START + 30,
        quantity: on_hand,
    };
    let evidence = Evidence {
        request: None,
        agreements: vec![agreement],
        inventory: vec![stock],
        claimed_before: vec![],
        proofs: vec![],
    };
    let parsed = terms::parse(&terms.to_string()).unwrap();
    Chargeback::adjudicate(&context(START, START + 90, vec![]), parsed, &evidence, &claim).unwrap()
}

fn consumed(decision: &Decision) -> i64 {
    let consumed = decision.lines.iter().flat_map(|line| &line.consumed);
    consumed.map(|consumed| consumed.quantity).sum()
}

/// Quantity in thousandths and claimed cents: mostly what is right, sometimes not.
fn any_lines() -> impl Strategy<Value = Vec<(i64, i64)>> {
    let right = (1i64..60_000).prop_map(|thousandths| (thousandths, (thousandths + 2) / 5));
    let any = (-5_000i64..60_000, -500i64..20_000);
    prop::collection::vec(prop_oneof![3 => right, 1 => any], 1..10)
}

proptest! {
    /// Whatever the order, no more is used than remains and was on hand; nothing is approved above what is claimed or computed; and what is
    /// not paid as claimed has its reason.
    #[test]
    fn nothing_is_approved_beyond_what_there_is(
        lines in any_lines().prop_shuffle(), remaining in 0i64..200_000, on_hand in 0i64..200_000, denies in any::<bool>(),
    ) {
        let terms = json!({ "claims": {
            "checks-inventory": true, "tolerance": { "amount": "0.05" }, "differences": if denies { "denied" } else { "adjusted" },
        } });
        let asked: Vec<ClaimLine> = lines.iter().enumerate().map(|(place, line_)| line(place, line_.0, line_.1)).collect();
        let decision = ruled(terms.clone(), asked.clone(), remaining * 1_000, on_hand * 1_000);
        prop_assert!(consumed(&decision) <= remaining.min(on_hand) * 1_000);
        for (line, asked) in decision.lines.iter().zip(&asked) {
            prop_assert!(line.approved <= asked.claimed.max(0));
            prop_assert_eq!(line.approved % CENT, 0);
            let used: i64 = line.consumed.iter().map(|consumed| consumed.quantity).sum();
            prop_assert!(line.approved <= used * 2 + 5 * CENT + CENT);
            prop_assert_eq!(line.ruling == Ruling::Denied, line.approved == 0);
            prop_assert!(line.ruling == Ruling::Accepted || !line.reasons.is_empty());
            prop_assert!(!denies || line.ruling == Ruling::Denied || line.reasons.is_empty());
        }
        let again = ruled(terms, asked, remaining * 1_000, on_hand * 1_000);
        prop_assert_eq!(format!("{decision:?}"), format!("{again:?}"));
    }

    /// Lines that claim rightly use the agreement up together, in whichever order they stand.
    #[test]
    fn the_order_of_right_lines_changes_nothing_together(quantities in prop::collection::vec(1i64..60, 1..10), remaining in 0i64..200) {
        let asked = |quantities: &[i64]| -> Vec<ClaimLine> {
            let lines = quantities.iter().enumerate();
            lines.map(|(place, units)| line(place, units * 1_000, units * 200)).collect()
        };
        let backwards: Vec<i64> = quantities.iter().rev().copied().collect();
        let all: i64 = quantities.iter().sum();
        for order in [&quantities, &backwards] {
            let decision = ruled(json!({ "claims": {} }), asked(order), remaining * UNIT, 0);
            prop_assert_eq!(consumed(&decision), all.min(remaining) * UNIT);
            let approved: i64 = decision.lines.iter().map(|line| line.approved).sum();
            prop_assert_eq!(approved, all.min(remaining) * 2 * UNIT);
        }
    }

    /// A micro before the tolerance, the tolerance, a micro after it.
    #[test]
    fn a_tolerance_is_met_exactly(units in 1i64..1_000, cents in 0i64..500, above in any::<bool>()) {
        let terms = json!({ "claims": { "tolerance": { "amount": gtm_sdk::Micros(cents * CENT).to_string() } } });
        let sign = if above { 1 } else { -1 };
        let differs = |offset: i64| {
            let mut line = line(0, units * 1_000, 0);
            line.claimed = units * 2 * UNIT + sign * (cents * CENT + offset);
            let decision = ruled(terms.clone(), vec![line], i64::MAX, 0);
            decision.lines[0].reasons.iter().any(|reason| reason.code == "amount-differs")
        };
        prop_assume!(above || units * 2 * UNIT > cents * CENT + 1);
        prop_assert!(cents == 0 || !differs(-1));
        prop_assert!(!differs(0));
        prop_assert!(differs(1));
    }
}

/// What happened to one product on one day.
#[derive(Debug, Clone, Copy)]
struct Moved {
    day: i32,
    kind: u8,
    units: i64,
}

const SALE: u8 = 0;
const POINT_OF_SALE: u8 = 5;
const INVENTORY: u8 = 7;

fn change(old: &str, new: &str) -> Value {
    // The change comes on 2024-02-10.
    json!({ "price-changes": [{ "rule": "february", "day": "2024-02-10", "prices": [{ "old": old, "new": new }] }] })
}

/// What a period pays, in micros.
fn paid(terms: &Value, context: Context, rows: &[Moved]) -> i64 {
    let end = context.period.end;
    let rows: Vec<&Moved> = rows.iter().filter(|row| row.day <= end).collect();
    let mut chargeback = Chargeback::start(context, terms::parse(&terms.to_string()).unwrap()).unwrap();
    chargeback
        .push(&Rows {
            position: &(1..=rows.len() as u64).collect::<Vec<_>>(),
            date: &rows.iter().map(|row| row.day).collect::<Vec<_>>(),
            kind: &rows.iter().map(|row| row.kind).collect::<Vec<_>>(),
            selectors: &vec![0; rows.len()],
            product: &vec![0; rows.len()],
            quantity: &rows.iter().map(|row| row.units * UNIT).collect::<Vec<_>>(),
            ..Rows::default()
        })
        .unwrap();
    let outcome = chargeback.finish().unwrap();
    let steps: i64 = outcome.steps.iter().filter_map(|step| step.amount).sum();
    let transfers: i64 = outcome.transfers.iter().map(|transfer| transfer.amount).sum();
    assert_eq!(steps, transfers);
    transfers
}

fn quarter() -> Context {
    context(START, START + 90, vec![])
}

/// A stock that is never below 0: what was bought and sold on each of 71 days, and how much was there at the end of each.
fn history() -> impl Strategy<Value = (Vec<Moved>, Vec<i64>)> {
    prop::collection::vec((0i64..40, 0i64..40), 71).prop_map(|days| {
        let (mut rows, mut stock, mut on_hand) = (Vec::new(), Vec::new(), 500i64);
        for (day, (bought, sold)) in days.into_iter().enumerate() {
            let (day, sold) = (START + day as i32, sold.min(on_hand + bought));
            rows.push(Moved {
                day,
                kind: SALE,
                units: bought,
            });
            rows.push(Moved {
                day,
                kind: POINT_OF_SALE,
                units: sold,
            });
            on_hand += bought - sold;
            stock.push(on_hand);
        }
        (rows, stock)
    })
}

proptest! {
    /// Whenever in its thirty days the stock is reported, and in whatever order the rows come, the same units are protected.
    #[test]
    fn any_report_works_back_to_the_same_stock((rows, stock) in history(), after in 0usize..31, forwards in any::<bool>()) {
        let mut rows = rows;
        rows.push(Moved { day: START + 40 + after as i32, kind: INVENTORY, units: stock[40 + after] });
        if !forwards {
            rows.reverse();
        }
        prop_assert_eq!(paid(&change("12.50", "9"), quarter(), &rows), stock[40] * 3_500_000);
    }

    /// More on hand is protected with no less, whatever the limit.
    #[test]
    fn more_stock_is_never_paid_less(on_hand in 0i64..1_000, more in 0i64..500, limit in 0i64..5_000) {
        let mut terms = change("12.50", "9");
        terms["price-changes"][0]["limit"] = json!(limit.to_string());
        let protected = |units| paid(&terms, quarter(), &[Moved { day: START + 40, kind: INVENTORY, units }]);
        prop_assert!(protected(on_hand + more) >= protected(on_hand));
    }

    /// A rise takes what the same drop would have paid.
    #[test]
    fn a_rise_is_a_drop_the_other_way(on_hand in 0i64..1_000, old in 0i64..10_000, new in 0i64..10_000) {
        let report = [Moved { day: START + 40, kind: INVENTORY, units: on_hand }];
        let (old, new) = (gtm_sdk::Micros(old * 1_000).to_string(), gtm_sdk::Micros(new * 1_000).to_string());
        let drop = paid(&change(&old, &new), quarter(), &report);
        prop_assert_eq!(drop, -paid(&change(&new, &old), quarter(), &report));
    }

    /// One quarter pays what its months pay together, and never more than the limit.
    #[test]
    fn months_pay_together_what_the_quarter_pays((rows, stock) in history(), after in 0usize..31, limit in 0i64..5_000) {
        let mut rows = rows;
        rows.push(Moved { day: START + 40 + after as i32, kind: INVENTORY, units: stock[40 + after] });
        let mut terms = change("12.505", "9");
        terms["price-changes"][0]["limit"] = json!(limit.to_string());
        let whole = paid(&terms, quarter(), &rows);
        prop_assert!(whole <= limit * UNIT);
        let months = [(START, START + 30), (START + 31, START + 59), (START + 60, START + 90)];
        let mut earlier = Vec::new();
        let mut sum = 0;
        for (start, end) in months {
            sum += paid(&terms, context(start, end, earlier.clone()), &rows);
            earlier.push(Period { label: "month".into(), start, end });
        }
        prop_assert_eq!(sum, whole);
    }
}
