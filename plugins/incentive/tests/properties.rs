//! What must hold whatever the figures: the account closes, shares sum, nothing is taken back that was not paid.

use std::fmt::Write;

use gtm_incentive::Incentive;
use gtm_incentive::account::{Account, standing};
use gtm_incentive::credit::Credits;
use gtm_incentive::terms::Terms;
use gtm_sdk::{
    AttributeColumn, Context, Dictionary, Gathered, Outcome, Participant, Period, Program, Rows, Transfer, Window,
    terms,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const UNIT: i64 = 1_000_000;
const CENT: i64 = 10_000;
const YEAR: i32 = 19_358;
const ROLES: [&str; 3] = ["hunter", "farmer", "closer"];

/// A sale, or what comes back of the one on the same contract. The amount is in cents.
#[derive(Debug, Clone, Copy)]
struct Line {
    month: i32,
    day: i32,
    amount: i64,
    contract: u32,
    role: u32,
}

fn month(number: i32) -> Period {
    // Months of thirty days will do: the arithmetic asks only where a period begins and ends.
    Period {
        label: format!("2023-{:02}", number + 1),
        start: YEAR + 30 * number,
        end: YEAR + 30 * number + 29,
    }
}

fn context(account: &str, terms: &Value, number: i32) -> Context {
    let plan = Incentive::plan(&parsed(terms)).unwrap();
    let gathered = |window: Window| Gathered {
        window,
        periods: (0..number).map(month).collect(),
    };
    let dictionary = |name: &String| Dictionary {
        name: name.clone(),
        values: match &**name {
            "role" => ROLES.map(str::to_owned).to_vec(),
            _ => (0..100).map(|number| number.to_string()).collect(),
        },
    };
    Context {
        program: "test".into(),
        terms: String::new(),
        participant: Participant {
            account: account.into(),
            attributes: vec![],
            enrolled_from: YEAR,
            enrolled_until: None,
            agreed: vec![],
        },
        period: month(number),
        year: Period {
            label: "2023".into(),
            start: YEAR,
            end: YEAR + 364,
        },
        gathered: plan.windows.iter().copied().map(gathered).collect(),
        currency: "GBP".into(),
        currency_digits: 2,
        opening_balances: vec![],
        products: vec![],
        end_customers: vec![],
        dictionaries: plan.attributes.iter().map(dictionary).collect(),
    }
}

/// The rows that the plan of the terms would have the host send for a month, in the order of the lines.
fn with_rows<T>(terms: &Value, lines: &[Line], until: i32, then: impl FnOnce(&Rows<'_>) -> T) -> T {
    let plan = Incentive::plan(&parsed(terms)).unwrap();
    let sent = |line: &&Line| line.month == until || (line.month < until && !plan.windows.is_empty());
    let numbered: Vec<(u64, Line)> = (1..).zip(lines.iter().filter(sent).copied()).collect();
    let position: Vec<u64> = numbered.iter().map(|(position, _)| *position).collect();
    let lines: Vec<Line> = numbered.into_iter().map(|(_, line)| line).collect();
    let date: Vec<i32> = lines.iter().map(|line| YEAR + 30 * line.month + line.day).collect();
    let kind: Vec<u8> = lines.iter().map(|line| u8::from(line.amount < 0)).collect();
    let net: Vec<i64> = lines.iter().map(|line| line.amount * CENT).collect();
    let column = |name: &String| AttributeColumn {
        name: name.clone(),
        codes: lines
            .iter()
            .map(|line| if name == "role" { line.role } else { line.contract })
            .collect(),
    };
    let attributes: Vec<AttributeColumn> = plan.attributes.iter().map(column).collect();
    then(&Rows {
        position: &position,
        date: &date,
        kind: &kind,
        net_amount: &net,
        attributes: &attributes,
        ..Rows::default()
    })
}

fn parsed(terms: &Value) -> Terms {
    terms::parse(&terms.to_string()).unwrap()
}

fn answer(terms: &Value, account: &str, number: i32, lines: &[Line]) -> Outcome {
    let mut incentive = Incentive::start(context(account, terms, number), parsed(terms)).unwrap();
    with_rows(terms, lines, number, |rows| incentive.push(rows)).unwrap();
    incentive.finish().unwrap()
}

fn account(terms: &Value, number: i32, lines: &[Line]) -> Account {
    let (parsed, context) = (parsed(terms), context("A-1", terms, number));
    let mut credits = Credits::begin(&parsed, &context).unwrap();
    with_rows(terms, lines, number, |rows| credits.push(rows, &parsed, &context)).unwrap();
    standing(&parsed, &context, &mut credits).unwrap().account
}

/// Everything that an answer says.
fn told(outcome: &Outcome) -> String {
    let mut told = String::new();
    write!(
        told,
        "{:?}{:?}{:?}",
        outcome.transfers, outcome.steps, outcome.milestones
    )
    .unwrap();
    told
}

/// What the transfers of a statement add to a balance that is owed to the participant.
fn moved(outcome: &Outcome, balance: &str) -> i64 {
    let signed = |transfer: &Transfer| match (transfer.debit == balance, transfer.credit == balance) {
        (true, _) => -transfer.amount,
        (_, true) => transfer.amount,
        _ => 0,
    };
    outcome.transfers.iter().map(signed).sum()
}

fn ascending() -> Value {
    json!([
        { "attainment": "0 %", "rate": "3 %" }, { "attainment": "66.666667 %", "rate": "5 %" }, { "attainment": "100 %", "rate": "7.5 %" },
    ])
}

fn commission(method: &str) -> Value {
    json!({ "rule": "commission", "measure": "net", "quota": { "amount": "10000" }, "method": method, "pays": { "tiers": ascending() } })
}

/// Everything at once: accelerators, a draw, a holdback, a clawback, a cap.
fn plan_with_everything(takes_back: Value) -> Value {
    json!({
        "components": [
            commission("retroactive"),
            { "rule": "spif", "measure": "deals", "pays": { "tiers": [{ "from": "0", "per-unit": "25" }] }, "cap": { "period": "60" } },
        ],
        "cap": { "period": "900", "year": "4000" },
        "clawback": { "matched-by": "contract", "takes-back": takes_back, "within-days": 120 },
        "draw": { "amount": "300", "kind": "recoverable", "periods": 7 },
        "holdback": { "rate": "30 %", "after": 2 },
    })
}

fn takes_back() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!("full")),
        (1u32..8).prop_map(|months| json!({ "pro-rata": months })),
        Just(
            json!({ "stepped": [{ "before-months": 1, "share": "100 %" }, { "before-months": 3, "share": "33.3 %" }] })
        ),
    ]
}

/// Sales, each on a contract of its own, some of which come back, in part, whole or beyond it, in the same month or later.
fn lines() -> impl Strategy<Value = Vec<Line>> {
    let sale = (
        0i32..6,
        0i32..30,
        1i64..900_000,
        0u32..3,
        prop::option::of((0i32..4, 1i64..1_200_000)),
    );
    prop::collection::vec(sale, 0..20).prop_map(|sales| {
        let mut lines = Vec::new();
        for (contract, (month, day, amount, role, back)) in (0..).zip(sales) {
            let sale = Line {
                month,
                day,
                amount,
                contract,
                role,
            };
            lines.push(sale);
            lines.extend(back.map(|(later, back)| Line {
                month: month + later,
                day: 29,
                amount: -back,
                ..sale
            }));
        }
        lines
    })
}

fn sold(lines: &[Line]) -> Vec<Line> {
    lines.iter().copied().filter(|line| line.amount > 0).collect()
}

fn in_one_month(lines: &[Line]) -> Vec<Line> {
    lines.iter().map(|line| Line { month: 0, ..*line }).collect()
}

fn one(component: Value) -> Value {
    json!({ "components": [component] })
}

fn sale(amount: i64) -> Line {
    Line {
        month: 0,
        day: 0,
        amount,
        contract: 0,
        role: 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_account_closes_in_every_period(lines in lines(), takes_back in takes_back()) {
        let terms = plan_with_everything(takes_back);
        let (mut earned, mut held, mut owed, mut paid) = (0, 0, 0, 0);
        for number in 0..10 {
            let account = account(&terms, number, &lines);
            prop_assert_eq!(account.opening.0, earned, "what was carried forward opens the next period");
            let outcome = answer(&terms, "A-1", number, &lines);
            earned += moved(&outcome, "earned");
            held += moved(&outcome, "holdback");
            owed -= moved(&outcome, "draw");
            paid += moved(&outcome, "payable");
            prop_assert_eq!(account.closing.0, earned);
            prop_assert_eq!(account.draw.owed.0, owed);
            prop_assert!(held >= 0 && owed >= 0 && earned <= 0 && account.paid.0 >= 0);
            let steps: i64 = outcome.steps.iter().filter_map(|step| step.amount).sum();
            prop_assert_eq!(steps, outcome.transfers.iter().map(|transfer| transfer.amount).sum::<i64>());
        }
        prop_assert!(paid <= 4_000 * UNIT + 7 * 300 * UNIT, "no more than the cap of the year and the draws: {}", paid);
    }

    #[test]
    fn nothing_is_taken_back_that_was_not_paid(lines in lines(), takes_back in takes_back()) {
        let terms = plan_with_everything(takes_back);
        let mut left = [0, 0];
        for number in 0..10 {
            let account = account(&terms, number, &lines);
            for (left, worked) in left.iter_mut().zip(&account.components) {
                prop_assert!(worked.clawback.0 >= 0 && worked.clawback.0 <= *left, "{:?}", worked);
                *left += worked.due.0 - worked.clawback.0;
            }
        }
    }

    #[test]
    fn returning_everything_in_full_takes_back_exactly_what_was_paid(lines in lines()) {
        let sold = sold(&lines);
        let returned = sold.iter().rev().map(|line| Line { month: 8, day: 29, amount: -line.amount, ..*line });
        let all: Vec<Line> = sold.iter().copied().chain(returned).collect();
        let mut terms = one(commission("marginal"));
        terms["clawback"] = json!({ "matched-by": "contract", "takes-back": "full", "without-sale": "problem" });
        let expense: i64 = (0..9).map(|number| moved(&answer(&terms, "A-1", number, &all), "expense")).sum();
        prop_assert_eq!(expense, 0);
        prop_assert!(answer(&terms, "A-1", 0, &in_one_month(&all)).transfers.is_empty());
    }

    #[test]
    fn what_is_held_back_is_released_in_full(lines in lines()) {
        let mut terms = one(commission("retroactive"));
        terms["holdback"] = json!({ "rate": "33 %", "after": 3 });
        let held: i64 = (0..13).map(|number| moved(&answer(&terms, "A-1", number, &lines), "holdback")).sum();
        prop_assert_eq!(held, 0);
    }

    #[test]
    fn the_order_of_rows_and_asking_again_change_nothing(lines in lines(), takes_back in takes_back()) {
        let terms = plan_with_everything(takes_back);
        let (context, parsed) = (context("A-1", &terms, 5), parsed(&terms));
        let answers = with_rows(&terms, &lines, 5, |rows| {
            let places: Vec<usize> = (0..rows.len()).collect();
            let backwards: Vec<usize> = places.iter().rev().copied().collect();
            [places.clone(), places, backwards].map(|order| {
                let mut incentive = Incentive::start(context.clone(), parsed.clone()).unwrap();
                for place in order {
                    let code = |column: &AttributeColumn| AttributeColumn {
                        name: column.name.clone(),
                        codes: vec![column.codes[place]],
                    };
                    let attributes: Vec<AttributeColumn> = rows.attributes.iter().map(code).collect();
                    let row = Rows {
                        position: &rows.position[place..=place],
                        date: &rows.date[place..=place],
                        kind: &rows.kind[place..=place],
                        net_amount: &rows.net_amount[place..=place],
                        attributes: &attributes,
                        ..Rows::default()
                    };
                    incentive.push(&row).unwrap();
                }
                told(&incentive.finish().unwrap())
            })
        });
        prop_assert_eq!(&answers[0], &told(&answer(&terms, "A-1", 5, &lines)), "in one batch or one by one");
        prop_assert_eq!(&answers[0], &answers[1], "asked again");
        prop_assert_eq!(&answers[0], &answers[2], "backwards");
    }

    #[test]
    fn rising_rates_pay_no_less_in_retrospect_and_never_less_for_more(amount in 0i64..3_000_000, more in 0i64..500_000) {
        let paid = |method: &str, amount| moved(&answer(&one(commission(method)), "A-1", 0, &[sale(amount)]), "payable");
        prop_assert!(paid("retroactive", amount) >= paid("marginal", amount));
        for method in ["marginal", "retroactive"] {
            prop_assert!(paid(method, amount + more) >= paid(method, amount));
        }
    }

    /// The quota is met exactly, missed by a millionth and passed by one, whatever it is.
    #[test]
    fn the_quota_is_met_exactly(quota in 1i64..10_000_000_000, percent in 1i64..250_000_000) {
        let text = |micros: i64| format!("{}.{:06}", micros / UNIT, micros % UNIT);
        let quota = quota * CENT;
        let mut component = commission("retroactive");
        component["quota"]["amount"] = json!(text(quota));
        component["pays"]["tiers"] = json!([{ "attainment": format!("{} %", text(percent)), "fixed": "1" }]);
        // The least credit that is at least that share of the quota, by integers alone.
        let least = (i128::from(quota) * i128::from(percent) + 99_999_999) / 100_000_000;
        let terms = one(component);
        let paid = |credit: i128| {
            let mut incentive = Incentive::start(context("A-1", &terms, 0), parsed(&terms)).unwrap();
            let net = [i64::try_from(credit).unwrap()];
            let row = Rows { position: &[1], date: &[YEAR], kind: &[0], net_amount: &net, ..Rows::default() };
            incentive.push(&row).unwrap();
            moved(&incentive.finish().unwrap(), "payable")
        };
        prop_assert_eq!([paid(least - 1), paid(least), paid(least + 1)], [0, UNIT, UNIT]);
    }

    #[test]
    fn the_shares_of_a_sale_sum_to_it(amount in 1i64..90_000_000, first in 1i64..5_000, second in 1i64..4_000) {
        let percent = |hundredths: i64| format!("{}.{:02} %", hundredths / 100, hundredths % 100);
        let shares = [first, second, 10_000 - first - second];
        let roles: Vec<Value> = ROLES.iter().zip(shares)
            .map(|(role, share)| json!({ "role": role, "share": percent(share) }))
            .collect();
        let mut terms = one(commission("marginal"));
        terms["crediting"] = json!({ "roles": roles });
        let credited: i64 = (0..3)
            .map(|role| account(&terms, 0, &[Line { role, ..sale(amount) }]).components[0].reckoned.credited.0)
            .sum();
        prop_assert_eq!(credited, amount * CENT);

        let members: Vec<Value> = shares.iter().enumerate()
            .map(|(number, share)| json!({ "account": format!("A-{number}"), "share": percent(*share) }))
            .collect();
        let pool = json!({ "rule": "pool", "measure": "net", "quota": { "amount": "7000" },
            "pays": { "pool": { "amount": "1234.56", "members": members } } });
        let own = |number| {
            let outcome = answer(&one(pool.clone()), &format!("A-{number}"), 0, &[sale(amount)]);
            (outcome.steps.iter().filter_map(|step| (step.rule == "pool").then_some(step.amount?)).sum::<i64>(), outcome)
        };
        let parts: Vec<(i64, Outcome)> = (0..3).map(own).collect();
        let whole = parts[0].1.steps.iter().filter(|step| step.rule == "pool").find_map(|step| step.amount);
        prop_assert_eq!(parts.iter().map(|(part, _)| part).sum::<i64>(), whole.unwrap_or_default());
    }

    /// A quota of the year that is trued up every month pays what one year's statement would.
    #[test]
    fn the_months_of_a_year_sum_to_the_year(lines in lines()) {
        let mut component = commission("retroactive");
        component["accumulate"] = json!("year-to-date");
        let terms = one(component.clone());
        let months: i64 = (0..10).map(|number| moved(&answer(&terms, "A-1", number, &lines), "expense")).sum();
        let year = moved(&answer(&terms, "A-1", 0, &in_one_month(&lines)), "expense");
        prop_assert_eq!(months, year);
    }
}

#[test]
fn the_draw_of_the_published_example_is_owed_and_recovered() {
    let terms = json!({
        "components": [{ "rule": "commission", "measure": "net", "pays": { "tiers": [{ "from": "0", "rate": "10 %" }] } }],
        "draw": { "amount": "2000", "kind": "recoverable" },
    });
    let gross = [2_750, 3_000, 1_500, 2_375, 3_000, 2_750];
    let lines: Vec<Line> = (0..)
        .zip(gross)
        .map(|(month, gross)| Line {
            month,
            ..sale(gross * 1_000)
        })
        .collect();
    let months: Vec<(String, String)> = (0..6)
        .map(|number| account(&terms, number, &lines))
        .map(|account| (account.paid.to_string(), account.draw.owed.to_string()))
        .collect();
    let expected = [
        ("2750", "0"),
        ("3000", "0"),
        ("2000", "500"),
        ("2000", "125"),
        ("2875", "0"),
        ("2750", "0"),
    ];
    assert_eq!(months, expected.map(|(paid, owed)| (paid.to_owned(), owed.to_owned())));
}
