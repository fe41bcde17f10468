//! What must hold whatever the figures: of promotions, and of deductions.

use gtm_billback::Billback;
use gtm_sdk::{
    Adjudicate, Claim, ClaimKind, ClaimLine, Context, Evidence, OpeningBalance, Participant, Period, Program, Rows,
    terms,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const UNIT: i64 = 1_000_000;
const CENT: i64 = 10_000;

fn context(open: i64) -> Context {
    let period = Period {
        label: "2024-Q1".into(),
        start: 19_723,
        end: 19_813,
    };
    Context {
        program: "test".into(),
        terms: String::new(),
        participant: Participant {
            account: "A-1".into(),
            attributes: vec![],
            enrolled_from: 19_723,
            enrolled_until: None,
            agreed: vec![],
        },
        period: period.clone(),
        year: period,
        gathered: vec![],
        currency: "GBP".into(),
        currency_digits: 2,
        opening_balances: vec![OpeningBalance {
            code: "payable".into(),
            amount: open,
        }],
        products: vec![],
        end_customers: vec![],
        dictionaries: vec![],
    }
}

fn promotions(pays: Value) -> Value {
    json!({ "promotions": [{ "rule": "spring", "start": "2024-01-01", "end": "2024-03-31", "pays": pays }] })
}

/// What lines of these quantities, each worth so many units of money, are paid in micros.
fn paid(terms: &Value, quantities: &[i64]) -> i64 {
    let parsed = terms::parse(&terms.to_string()).unwrap();
    let mut billback = Billback::start(context(0), parsed).unwrap();
    let measured: Vec<i64> = quantities.iter().map(|quantity| quantity * UNIT).collect();
    billback
        .push(&Rows {
            position: &(1..=quantities.len() as u64).collect::<Vec<_>>(),
            date: &vec![19_730; quantities.len()],
            kind: &quantities
                .iter()
                .map(|quantity| u8::from(*quantity < 0))
                .collect::<Vec<_>>(),
            selectors: &vec![0; quantities.len()],
            quantity: &measured,
            net_amount: &measured,
            ..Rows::default()
        })
        .unwrap();
    let outcome = billback.finish().unwrap();
    outcome.transfers.iter().map(|transfer| transfer.amount).sum()
}

proptest! {
    #[test]
    fn returning_every_line_takes_everything_back(quantities in prop::collection::vec(1i64..40, 0..20)) {
        let returned = quantities.iter().map(|quantity| -quantity);
        let rows: Vec<i64> = quantities.iter().copied().chain(returned).collect();
        for pays in [json!({ "percent": "3.3 %" }), json!({ "per-unit": [{ "from": "1", "until": "5", "amount": "0.37" }, { "from": "6", "amount": "0.5" }] })] {
            prop_assert_eq!(paid(&promotions(pays), &rows), 0);
        }
    }

    /// Each line is read by its own quantity, so that lines pay together what they pay alone.
    #[test]
    fn lines_are_not_added_up(quantities in prop::collection::vec(1i64..40, 0..20)) {
        let terms = promotions(json!({ "per-unit": [{ "from": "1", "until": "5", "amount": "50" }, { "from": "6", "until": "15", "amount": "100" }] }));
        let alone: i64 = quantities.iter().map(|quantity| paid(&terms, &[*quantity])).sum();
        prop_assert_eq!(paid(&terms, &quantities), alone);
    }

    #[test]
    fn a_limit_is_never_exceeded(quantities in prop::collection::vec(1i64..40, 0..20), limit in 0i64..500) {
        let mut terms = promotions(json!({ "percent": "50 %" }));
        let free = paid(&terms, &quantities);
        terms["promotions"][0]["limit"] = json!(limit.to_string());
        prop_assert_eq!(paid(&terms, &quantities), free.min(limit * UNIT));
    }

    /// Never more is approved than is open or deducted, and whatever is not approved has its reason.
    #[test]
    fn a_deduction_never_takes_more_than_is_open(
        cents in prop::collection::vec(-500i64..50_000, 1..12), open in -10_000i64..200_000,
    ) {
        let terms = promotions(json!({ "percent": "5 %" }));
        let line = |(place, cents): (usize, &i64)| ClaimLine {
            number: place as u32 + 1,
            claimed: cents * CENT,
            key: Some(format!("INV-{place}")),
            fields: json!({ "invoice": format!("INV-{place}"), "reason": "price" }).to_string(),
        };
        let claim = Claim {
            kind: ClaimKind::Deduction,
            number: "D-1".into(),
            submitted: 19_800,
            fields: "{}".into(),
            lines: cents.iter().enumerate().map(line).collect(),
        };
        let evidence = Evidence { request: None, agreements: vec![], inventory: vec![], claimed_before: vec![], proofs: vec![] };
        let parsed = terms::parse(&terms.to_string()).unwrap();
        let decision = Billback::adjudicate(&context(open * CENT), parsed, &evidence, &claim).unwrap();
        let approved: i64 = decision.lines.iter().map(|line| line.approved).sum();
        prop_assert!(approved <= (open * CENT).max(0));
        for (line, asked) in decision.lines.iter().zip(&claim.lines) {
            prop_assert!(line.approved <= asked.claimed.max(0));
            prop_assert_eq!(line.reasons.is_empty(), line.approved == asked.claimed && asked.claimed > 0);
        }
    }
}
