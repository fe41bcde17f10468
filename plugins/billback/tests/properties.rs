//! What must hold whatever the figures: of promotions, and of deductions.

use gtm_billback::Billback;
use gtm_sdk::{
    Adjudicate, Claim, ClaimKind, ClaimLine, Context, Decision, Evidence, OpeningBalance, Participant, Period, Program,
    Rows, terms,
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

/// The ruling on a deduction with a line of each of these amounts, where so much credit is open; all in micros.
fn deducted(terms: &Value, claimed: &[i64], open: i64) -> Decision {
    let line = |(place, claimed): (usize, &i64)| ClaimLine {
        number: place as u32 + 1,
        claimed: *claimed,
        key: Some(format!("INV-{place}")),
        fields: json!({ "invoice": format!("INV-{place}"), "reason": "price" }).to_string(),
    };
    let claim = Claim {
        kind: ClaimKind::Deduction,
        number: "D-1".into(),
        submitted: 19_800,
        fields: "{}".into(),
        lines: claimed.iter().enumerate().map(line).collect(),
    };
    let evidence = Evidence {
        request: None,
        agreements: vec![],
        inventory: vec![],
        claimed_before: vec![],
        proofs: vec![],
    };
    let parsed = terms::parse(&terms.to_string()).unwrap();
    Billback::adjudicate(&context(open), parsed, &evidence, &claim).unwrap()
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

    /// Where steps and rates rise, a line of more pays no less.
    #[test]
    fn buying_more_never_pays_less(quantity in 1i64..40, more in 0i64..20) {
        for pays in [json!({ "percent": "3.3 %" }), json!({ "per-unit": [{ "from": "1", "until": "5", "amount": "0.37" }, { "from": "6", "amount": "0.5" }] })] {
            let terms = promotions(pays);
            prop_assert!(paid(&terms, &[quantity + more]) >= paid(&terms, &[quantity]));
        }
    }

    /// Never more is approved than is open or deducted, no more is written off than is tolerated, and that once; whatever is not approved has
    /// its reason.
    #[test]
    fn a_deduction_never_takes_more_than_is_open(
        cents in prop::collection::vec(-500i64..50_000, 1..12), open in -10_000i64..200_000, tolerance in 0i64..20_000,
    ) {
        let mut terms = promotions(json!({ "percent": "5 %" }));
        terms["write-off"] = json!({ "amount": gtm_sdk::Micros(tolerance * CENT).to_string() });
        let claimed: Vec<i64> = cents.iter().map(|cents| cents * CENT).collect();
        let decision = deducted(&terms, &claimed, open * CENT);
        let approved: i64 = decision.lines.iter().map(|line| line.approved).sum();
        prop_assert!(approved <= (open * CENT).max(0));
        for (line, claimed) in decision.lines.iter().zip(&claimed) {
            prop_assert!(line.approved + line.written_off <= *claimed.max(&0));
            prop_assert!(line.written_off <= tolerance * CENT);
            prop_assert!(line.written_off == 0 || line.approved > 0);
            prop_assert_eq!(line.reasons.is_empty(), line.approved == *claimed && *claimed > 0);
        }
        prop_assert!(decision.lines.iter().filter(|line| line.written_off > 0).count() <= 1);
    }

    /// A penny less than the tolerance, the tolerance, a penny more.
    #[test]
    fn a_tolerance_is_met_exactly(open in 1i64..100_000, tolerance in 2i64..1_000) {
        let mut terms = promotions(json!({ "percent": "5 %" }));
        terms["write-off"] = json!({ "amount": gtm_sdk::Micros(tolerance * CENT).to_string() });
        let written_off = |cents: i64| deducted(&terms, &[(open + cents) * CENT], open * CENT).lines[0].written_off / CENT;
        prop_assert_eq!(
            [written_off(tolerance - 1), written_off(tolerance), written_off(tolerance + 1)],
            [tolerance - 1, tolerance, 0]
        );
    }
}
