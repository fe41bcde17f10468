//! What must hold whatever the figures: of statements over the years, and of requests and claims in any order.

use std::collections::BTreeMap;

use gtm_mdf::Mdf;
use gtm_sdk::{
    Adjudicate, ApprovedRequest, Claim, ClaimKind, ClaimLine, Context, Day, Decision, Evidence, Gathered,
    OpeningBalance, Outcome, Participant, Period, Program, Rows, Window, terms,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const UNIT: i64 = 1_000_000;
const CENT: i64 = 10_000;

/// The months since 2024-01.
fn month(number: i32) -> Period {
    let first = "2024-01-01".parse::<Day>().unwrap().plus_months(number);
    Period {
        label: format!("month-{number}"),
        start: first.0,
        end: first.end_of_month().0,
    }
}

type Balances = BTreeMap<String, i64>;

fn context(number: i32, balances: &Balances) -> Context {
    let opening = |code: &&str| OpeningBalance {
        code: (*code).to_owned(),
        amount: balances.get(*code).copied().unwrap_or(0),
    };
    Context {
        program: "test".into(),
        terms: String::new(),
        participant: Participant {
            account: "A-1".into(),
            attributes: vec![],
            enrolled_from: month(0).start,
            enrolled_until: None,
            agreed: vec![],
        },
        period: month(number),
        year: month(number),
        gathered: vec![Gathered {
            window: Window::SinceStart,
            periods: (0..number).map(month).collect(),
        }],
        currency: "GBP".into(),
        currency_digits: 2,
        opening_balances: ["fund", "committed", "budget", "accrued", "earned", "expired"]
            .iter()
            .map(opening)
            .collect(),
        products: vec![],
        end_customers: vec![],
        dictionaries: vec![],
    }
}

/// The statement of a month, of sales in cents by month.
fn statement(terms: &Value, number: i32, sales: &[(i32, i64)], balances: &Balances) -> Outcome {
    let parsed = terms::parse(&terms.to_string()).unwrap();
    Mdf::plan(&parsed).unwrap();
    let mut mdf = Mdf::start(context(number, balances), parsed).unwrap();
    let mut sales: Vec<(i32, i64)> = sales.iter().copied().filter(|(month, _)| *month <= number).collect();
    sales.sort_by_key(|(month, _)| *month);
    mdf.push(&Rows {
        position: &(1..=sales.len() as u64).collect::<Vec<_>>(),
        date: &sales
            .iter()
            .map(|(number, _)| month(*number).start + 9)
            .collect::<Vec<_>>(),
        kind: &sales.iter().map(|(_, cents)| u8::from(*cents < 0)).collect::<Vec<_>>(),
        selectors: &vec![0; sales.len()],
        net_amount: &sales.iter().map(|(_, cents)| cents * CENT).collect::<Vec<_>>(),
        ..Rows::default()
    })
    .unwrap();
    mdf.finish().unwrap()
}

/// Moves what a statement says. Each balance counts on its own side: what is accrued, put in and spent grows by what leaves it.
fn post(outcome: &Outcome, balances: &mut Balances) {
    for transfer in &outcome.transfers {
        let given = ["accrued", "budget", "expense"].contains(&&*transfer.debit);
        *balances.entry(transfer.debit.clone()).or_default() += if given { transfer.amount } else { -transfer.amount };
        *balances.entry(transfer.credit.clone()).or_default() += transfer.amount;
    }
}

fn held(balances: &Balances, code: &str) -> i64 {
    balances.get(code).copied().unwrap_or(0)
}

fn plain() -> Value {
    json!({ "fund": { "co-op": { "accrues": [{ "rate": "3.3 %" }, { "rate": "0.75 %" }] } }, "activities": [{ "activity": "campaign", "participation": "50 %" }] })
}

/// Programs with windows of all kinds.
fn windowed() -> impl Strategy<Value = Value> {
    (1u32..7, 1u32..9, 0u32..100, prop::option::of(0i64..2_000), 0i64..3).prop_map(
        |(earning, usage, days, converts, rebate)| {
            let mut terms = plain();
            let co_op = &mut terms["fund"]["co-op"];
            co_op["windows"] = json!({
                "from": "2024-01-01", "earning-months": earning, "usage-months": usage, "claim-days": days,
                "converts-below": converts.map(|units| units.to_string()),
            });
            if rebate > 0 {
                co_op["rebate"] = json!(format!("{} %", 20 * rebate));
            }
            terms
        },
    )
}

fn sales() -> impl Strategy<Value = Vec<(i32, i64)>> {
    prop::collection::vec((0i32..14, 1i64..3_000_000), 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Month after month: what was given is somewhere, nothing falls below zero, what expires is never what can still be claimed, and a
    /// statement that is run again says the same.
    #[test]
    fn what_is_accrued_waits_is_usable_paid_or_expired(
        terms in windowed(), sales in sales(), spent in prop::collection::vec(0i64..=100, 30), granted in prop::option::of((0usize..30, 1i64..500)),
    ) {
        let mut balances = Balances::new();
        let mut released: Vec<(i64, i32, i32)> = Vec::new();
        for (number, percent) in spent.iter().enumerate() {
            let began = balances.clone();
            let outcome = statement(&terms, number as i32, &sales, &began);
            prop_assert_eq!(format!("{outcome:?}"), format!("{:?}", statement(&terms, number as i32, &sales, &began)));
            post(&outcome, &mut balances);
            let (given, expired) = (held(&balances, "accrued") + held(&balances, "expense") + held(&balances, "budget"), held(&balances, "expired"));
            prop_assert_eq!(given, ["earned", "fund", "payable", "expired"].iter().map(|code| held(&balances, code)).sum::<i64>());
            for code in ["accrued", "earned", "fund", "payable", "expired"] {
                prop_assert!(held(&balances, code) >= 0, "{} holds {}", code, held(&balances, code));
            }
            let begins = month(number as i32).start;
            let claimable: i64 = released.iter().filter(|(_, _, until)| *until >= begins).map(|(amount, ..)| amount).sum();
            let left = held(&began, "fund") - (expired - held(&began, "expired"));
            // The oldest are used first and what was put in last, so that what can still be claimed is left as far as it was there.
            prop_assert!(left >= held(&began, "fund").min(claimable));
            prop_assert!(left <= claimable + held(&began, "budget"), "{} is left of {}", left, claimable);
            released.extend(outcome.transfers.iter().filter(|transfer| transfer.rule == "released").map(|transfer| {
                (transfer.amount, transfer.effective, transfer.expires.expect("what is released expires"))
            }));
            if let Some((_, units)) = granted.filter(|(at, _)| *at == number) {
                *balances.entry("budget".into()).or_default() += units * UNIT;
                *balances.entry("fund".into()).or_default() += units * UNIT;
            }
            let paid = held(&balances, "fund") / CENT * percent / 100 * CENT;
            *balances.entry("fund".into()).or_default() -= paid;
            *balances.entry("payable".into()).or_default() += paid;
        }
    }

    #[test]
    fn returning_every_line_takes_everything_back(terms in windowed(), sales in sales(), number in 0i32..16) {
        let returned = sales.iter().map(|(month, cents)| (*month, -cents));
        let rows: Vec<(i32, i64)> = sales.iter().copied().chain(returned).collect();
        prop_assert!(statement(&terms, number, &rows, &Balances::new()).transfers.is_empty());
        prop_assert!(statement(&plain(), number, &rows, &Balances::new()).transfers.is_empty());
    }

    #[test]
    fn selling_more_never_accrues_less_and_never_more_than_the_most(cents in 1i64..10_000_000, more in 0i64..1_000_000, most in 0i64..5_000) {
        let mut terms = plain();
        let accrued = |terms: &Value, cents| {
            let mut balances = Balances::new();
            post(&statement(terms, 0, &[(0, cents)], &Balances::new()), &mut balances);
            held(&balances, "fund")
        };
        let (less, free) = (accrued(&terms, cents), accrued(&terms, cents + more));
        prop_assert!(free >= less);
        terms["fund"]["co-op"]["at-most"] = json!({ "amount": most.to_string() });
        prop_assert_eq!(accrued(&terms, cents + more), free.min(most * UNIT));
    }

    #[test]
    fn rebate_and_co_op_sum_to_what_is_accrued(cents in -3_000_000i64..3_000_000, share in 1u32..10_000) {
        let whole = statement(&plain(), 0, &[(0, cents)], &Balances::new());
        let mut terms = plain();
        terms["fund"]["co-op"]["rebate"] = json!(format!("{}.{:02} %", share / 100, share % 100));
        let parts = statement(&terms, 0, &[(0, cents)], &Balances::new());
        let sum = |outcome: &Outcome| outcome.transfers.iter().map(|transfer| transfer.amount).sum::<i64>();
        prop_assert_eq!(sum(&parts), sum(&whole));
    }

    /// A micro of sales below what the milestone says, exactly that, a micro above.
    #[test]
    fn the_threshold_is_met_exactly_and_not_a_micro_before(threshold in 2i64..5_000, hundredths in 1u32..2_000) {
        let rate = format!("{}.{:02} %", hundredths / 100, hundredths % 100);
        let terms = json!({ "fund": { "co-op": { "accrues": [{ "rate": rate }], "windows": {
            "from": "2024-01-01", "earning-months": 1, "usage-months": 1, "claim-days": 0, "converts-below": threshold.to_string() } } },
            "activities": [{ "activity": "campaign", "participation": "50 %" }] });
        let at = |micros: i64| {
            let parsed = terms::parse(&terms.to_string()).unwrap();
            let mut mdf = Mdf::start(context(0, &Balances::new()), parsed).unwrap();
            let (date, net) = ([month(0).start], [micros]);
            mdf.push(&Rows { position: &[1], date: &date, kind: &[0], selectors: &[0], net_amount: &net, ..Rows::default() }).unwrap();
            mdf.finish().unwrap()
        };
        let target = at(UNIT).milestones[0].target;
        let converted = |micros| at(micros).transfers.iter().any(|transfer| transfer.rule == "converted");
        prop_assert_eq!([converted(target - 1), converted(target), converted(target + 1)], [true, false, false]);
    }
}

/// What a participant does with the fund.
#[derive(Debug, Clone)]
enum Act {
    /// Asks for approval, with the cost of each line and what of it is asked for.
    Request(Vec<(i64, i64)>),
    /// Claims against one of the requests made so far.
    Claim(usize, Vec<(i64, i64)>),
    /// Claims what needs no approval.
    Alone(Vec<(i64, i64)>),
    /// Gives up what is left of a request.
    Cancel(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let lines = || prop::collection::vec((-10_000i64..900_000, -10_000i64..900_000), 1..4);
    let act = prop_oneof![
        lines().prop_map(Act::Request),
        (0usize..4, lines()).prop_map(|(request, lines)| Act::Claim(request, lines)),
        lines().prop_map(Act::Alone),
        (0usize..4).prop_map(Act::Cancel),
    ];
    prop::collection::vec(act, 1..14)
}

fn activity(name: &str) -> String {
    json!({ "activity": name, "start": "2024-01-10", "end": "2024-01-12" }).to_string()
}

fn ruled(
    terms: &Value,
    balances: &Balances,
    kind: ClaimKind,
    name: &str,
    request: Option<ApprovedRequest>,
    lines: &[(i64, i64)],
) -> (Claim, Decision) {
    let line = |(place, (cost, claimed)): (usize, &(i64, i64))| {
        let mut fields = json!({ "cost": gtm_sdk::Micros(cost * CENT).to_string() });
        if kind != ClaimKind::Request {
            fields["supplier"] = json!("Printers Ltd");
            fields["invoice"] = json!(place.to_string());
        }
        ClaimLine {
            number: place as u32 + 1,
            claimed: claimed * CENT,
            key: None,
            fields: fields.to_string(),
        }
    };
    let claim = Claim {
        kind,
        number: "C-1".into(),
        submitted: month(0).start + if kind == ClaimKind::Request { 0 } else { 20 },
        fields: activity(name),
        lines: lines.iter().enumerate().map(line).collect(),
    };
    let evidence = Evidence {
        request,
        agreements: vec![],
        inventory: vec![],
        claimed_before: vec![],
        proofs: vec![],
    };
    let parsed = terms::parse(&terms.to_string()).unwrap();
    let decision = Mdf::adjudicate(&context(0, balances), parsed, &evidence, &claim).unwrap();
    (claim, decision)
}

proptest! {
    /// Whatever is asked for and claimed, in any order: the fund, the limit, each request and each cap are never exceeded, no line is paid
    /// more than it claims or its share, and every line that is not paid as claimed has a reason.
    #[test]
    fn no_order_of_requests_and_claims_exceeds_what_there_is(
        acts in acts(), budget in 0i64..20_000, limit in 0i64..20_000, cap in 0i64..6_000,
    ) {
        let terms = json!({ "fund": "discretionary", "limit": { "amount": limit.to_string() }, "activities": [
            { "activity": "fair", "participation": "50 %", "cap": cap.to_string() },
            { "activity": "ads", "participation": "70 %", "cap": cap.to_string(), "pre-approval": "not-needed" },
        ] });
        let mut balances = Balances::from([("budget".to_owned(), budget * UNIT), ("fund".to_owned(), budget * UNIT)]);
        let mut requests: Vec<ApprovedRequest> = Vec::new();
        for act in acts {
            let (name, kind, request, lines) = match &act {
                Act::Request(lines) => ("fair", ClaimKind::Request, None, lines),
                Act::Claim(number, lines) if *number < requests.len() => ("fair", ClaimKind::Claim, Some(*number), lines),
                Act::Alone(lines) => ("ads", ClaimKind::Claim, None, lines),
                Act::Cancel(number) => {
                    if let Some(request) = requests.get_mut(*number) {
                        *balances.entry("committed".into()).or_default() -= request.remaining;
                        *balances.entry("fund".into()).or_default() += request.remaining;
                        request.remaining = 0;
                    }
                    continue;
                }
                Act::Claim(..) => continue,
            };
            let (claim, decision) = ruled(&terms, &balances, kind, name, request.map(|number| requests[number].clone()), lines);
            let approved: i64 = decision.lines.iter().map(|line| line.approved).sum();
            let percent = if name == "fair" { 50 } else { 70 };
            for ((ruled, asked), (cost, _)) in decision.lines.iter().zip(&claim.lines).zip(lines) {
                prop_assert!((0..=asked.claimed.max(0)).contains(&ruled.approved));
                prop_assert!(ruled.approved <= cost.max(&0) * CENT * percent / 100);
                prop_assert_eq!(ruled.reasons.is_empty(), ruled.approved == asked.claimed && asked.claimed > 0);
            }
            prop_assert!(approved <= cap * UNIT);
            let (from, to) = match (kind, request) {
                (ClaimKind::Request, _) => ("fund", "committed"),
                (_, Some(_)) => ("committed", "payable"),
                (_, None) => ("fund", "payable"),
            };
            *balances.entry(from.into()).or_default() -= approved;
            *balances.entry(to.into()).or_default() += approved;
            match (kind, request) {
                (ClaimKind::Request, _) => requests.push(ApprovedRequest {
                    number: format!("R-{}", requests.len()), submitted: claim.submitted, approved, remaining: approved, fields: claim.fields,
                }),
                (_, Some(number)) => requests[number].remaining -= approved,
                _ => {}
            }
            for code in ["fund", "committed"] {
                prop_assert!(held(&balances, code) >= 0, "{} holds {}", code, held(&balances, code));
            }
            prop_assert!(held(&balances, "committed") + held(&balances, "payable") <= limit * UNIT);
            prop_assert!(requests.iter().all(|request| request.remaining >= 0));
        }
    }
}

#[test]
fn a_late_correction_is_in_the_answer_and_an_earlier_date_gives_the_earlier_one() {
    let (then, now) = ([(0, 100_000)], [(0, 100_000), (0, 50_000)]);
    let accrued = |sales: &[(i32, i64)]| statement(&plain(), 0, sales, &Balances::new()).transfers[0].amount;
    assert_eq!(
        [accrued(&then), accrued(&now), accrued(&then)],
        [40_500_000, 60_750_000, 40_500_000]
    );
}
