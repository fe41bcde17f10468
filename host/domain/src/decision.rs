//! A ruling is a proposal too. Here the host holds it against the claim and the evidence before it moves anything.

use std::collections::BTreeMap;

use crate::adjudication::{Claim, ClaimLine, Decision, Evidence, LineDecision, Ruling};
use crate::calculation::Context;
use crate::money::Micros;
use crate::plugin::{Descriptor, Side};
use crate::proposal::says_what_is_declared;
use crate::{Error, Result};

/// Refuses the decision with a sentence that names plugin, version, claim and line: a line forgotten or ruled on out of order, an amount that
/// is negative, not payable or above what is claimed, a ruling that its amount contradicts, a denial without a reason, a write-off
/// without a balance for it, or an agreement consumed that was not sent or has not as much left.
pub fn check(
    descriptor: &Descriptor,
    context: &Context,
    evidence: &Evidence,
    claim: &Claim,
    decision: &Decision,
) -> Result<()> {
    let plugin = format!("plugin `{}` {}", descriptor.id, descriptor.version);
    let about = format!("{plugin}, claim `{}`", claim.number);
    every_line_is_ruled_on(claim, decision).map_err(|e| Error::new(format!("{about}: {e}")))?;
    for (line, ruled) in claim.lines.iter().zip(&decision.lines) {
        check_line(descriptor, context, line, ruled)
            .map_err(|e| Error::new(format!("{about}, line {}: {e}", line.number)))?;
    }
    funds_last(descriptor, context, evidence, decision).map_err(|e| Error::new(format!("{about}: {e}")))?;
    agreements_last(evidence, decision).map_err(|e| Error::new(format!("{about}, {e}")))?;
    let said = decision
        .steps
        .iter()
        .map(|step| (&*step.rule, step.message, &step.figures[..]));
    says_what_is_declared(descriptor, said).map_err(|e| Error::new(format!("{plugin}, {e}")))
}

fn every_line_is_ruled_on(claim: &Claim, decision: &Decision) -> Result<()> {
    for (place, line) in claim.lines.iter().enumerate() {
        match decision.lines.get(place) {
            Some(ruled) if ruled.number == line.number => {}
            Some(ruled) => {
                return Err(Error::new(format!(
                    "it rules on line {} where line {} is due: one ruling for each line, in their order",
                    ruled.number, line.number
                )));
            }
            None => return Err(Error::new(format!("it does not rule on line {}", line.number))),
        }
    }
    match decision.lines.get(claim.lines.len()) {
        None => Ok(()),
        Some(more) => Err(Error::new(format!(
            "it rules on line {}, which the claim does not have",
            more.number
        ))),
    }
}

fn check_line(descriptor: &Descriptor, context: &Context, line: &ClaimLine, ruled: &LineDecision) -> Result<()> {
    let (claimed, approved, written_off) = (line.claimed, ruled.approved, ruled.written_off);
    for (what, amount) in [("approves", approved), ("writes off", written_off)] {
        if amount < Micros::ZERO {
            return Err(Error::new(format!("it {what} {amount}, which is less than nothing")));
        }
        if !amount.is_payable(context.currency) {
            return Err(Error::new(format!(
                "it {what} {amount} {}, which cannot be paid: round it to {} decimals",
                context.currency,
                context.currency.digits()
            )));
        }
    }
    let together = approved.checked_add(written_off)?;
    if together > Micros::ZERO && together > claimed {
        return Err(Error::new(match written_off {
            Micros::ZERO => format!("it approves {approved}, and {claimed} is claimed"),
            _ => format!("it approves {approved} and writes off {written_off}, and {claimed} is claimed"),
        }));
    }
    let writes_off = descriptor
        .claims
        .as_ref()
        .is_some_and(|claims| claims.written_off.is_some());
    if written_off > Micros::ZERO && !writes_off {
        return Err(Error::new(format!(
            "it writes off {written_off}, and its descriptor names no balance `written-off`"
        )));
    }
    match ruled.ruling {
        Ruling::Accepted if approved != claimed => {
            return Err(Error::new(format!(
                "it is accepted with {approved}, and {claimed} is claimed: that is adjusted"
            )));
        }
        Ruling::Adjusted if approved == claimed => {
            return Err(Error::new("it is adjusted to what is claimed: that is accepted"));
        }
        Ruling::Denied if approved != Micros::ZERO => {
            return Err(Error::new(format!("it is denied and approves {approved}")));
        }
        Ruling::Denied if written_off != Micros::ZERO => {
            return Err(Error::new(format!(
                "it is denied and writes off {written_off}: that is adjusted"
            )));
        }
        Ruling::Denied if !ruled.consumed.is_empty() => {
            return Err(Error::new("it is denied and uses up an agreement"));
        }
        _ => {}
    }
    if ruled.ruling != Ruling::Accepted && ruled.reasons.is_empty() {
        return Err(Error::new("it is not paid as claimed, and no reason is given"));
    }
    Ok(())
}

/// A claim against a request draws on what is left of it; any other on the balance that pays, where that holds something and is no expense.
/// What is written off draws on neither.
fn funds_last(descriptor: &Descriptor, context: &Context, evidence: &Evidence, decision: &Decision) -> Result<()> {
    let Some(claims) = &descriptor.claims else {
        return Err(Error::new("its descriptor does not say how claims are handled"));
    };
    let drawn = Micros::checked_sum(decision.lines.iter().map(|line| line.approved))?;
    if let Some(request) = &evidence.request {
        return match drawn > request.remaining {
            false => Ok(()),
            true => Err(Error::new(format!(
                "it approves {drawn} in all, and request `{}` has {} left",
                request.number, request.remaining
            ))),
        };
    }
    let is_fund = descriptor
        .balance(&claims.from)
        .is_some_and(|balance| balance.side == Side::Credit);
    let held = context
        .opening_balances
        .iter()
        .find(|balance| balance.code == claims.from)
        .map_or(Micros::ZERO, |balance| balance.amount);
    match is_fund && drawn > Micros::ZERO && drawn > held {
        false => Ok(()),
        true => Err(Error::new(format!(
            "it approves {drawn} in all, and the balance `{}` holds {held}",
            claims.from
        ))),
    }
}

fn agreements_last(evidence: &Evidence, decision: &Decision) -> Result<()> {
    let mut left: BTreeMap<&str, Micros> = evidence
        .agreements
        .iter()
        .map(|agreement| (&*agreement.number, agreement.remaining))
        .collect();
    for line in &decision.lines {
        for consumed in &line.consumed {
            let (number, quantity) = (&*consumed.agreement, consumed.quantity);
            let Some(remaining) = left.get_mut(number) else {
                return Err(Error::new(format!(
                    "line {}: it uses agreement `{number}`, which the plugin was not given",
                    line.number
                )));
            };
            if quantity <= Micros::ZERO || quantity > *remaining {
                return Err(Error::new(format!(
                    "line {}: it uses {quantity} of agreement `{number}`, which has {remaining} left",
                    line.number
                )));
            }
            *remaining = remaining.checked_sub(quantity)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adjudication::{Agreement, ApprovedRequest, ClaimKind, Consumption};
    use crate::calculation::{OpeningBalance, Participant, Problem};
    use crate::day::Day;
    use crate::period::Period;
    use crate::plugin::{Balance, CURRENCY_UNIT, ClaimHandling, ProgramKind};

    fn day() -> Day {
        "2011-02-01".parse().unwrap()
    }

    fn micros(text: &str) -> Micros {
        text.parse().unwrap()
    }

    fn descriptor() -> Descriptor {
        let balance = |code: &str, side| Balance {
            code: code.into(),
            title: code.into(),
            unit: CURRENCY_UNIT.into(),
            side,
        };
        Descriptor {
            id: "acme/fund".into(),
            title: "Fund".into(),
            vendor: "Acme".into(),
            version: "1.0.0".into(),
            kind: ProgramKind::MarketDevelopment,
            columns: vec![],
            profile_attributes: vec![],
            transaction_attributes: vec![],
            balances: vec![
                balance("fund", Side::Credit),
                balance("payable", Side::Credit),
                balance("lost", Side::Debit),
            ],
            terms_schema: "{}".into(),
            claims: Some(ClaimHandling {
                claim_schema: "{}".into(),
                request_schema: None,
                line_key: vec![],
                from: "fund".into(),
                committed: None,
                to: "payable".into(),
                written_off: Some("lost".into()),
            }),
            messages: vec![],
            order_independent: true,
        }
    }

    fn context() -> Context {
        let period = Period {
            label: "2011-02".into(),
            start: day(),
            end: day(),
        };
        Context {
            converted: None,
            program: "fund".into(),
            terms: "{}".into(),
            participant: Participant {
                account: "12346".into(),
                attributes: vec![],
                enrolled_from: day(),
                enrolled_until: None,
                agreed: vec![],
            },
            year: period.clone(),
            period,
            gathered: vec![],
            currency: "GBP".parse().unwrap(),
            opening_balances: vec![OpeningBalance {
                code: "fund".into(),
                amount: micros("150"),
            }],
            products: vec![],
            end_customers: vec![],
            dictionaries: vec![],
        }
    }

    fn evidence() -> Evidence {
        Evidence {
            agreements: vec![Agreement {
                number: "SPA-1".into(),
                end_customer: None,
                sku: "22086".into(),
                price: micros("8"),
                reference_price: None,
                unit: "EA".into(),
                start: day(),
                end: day(),
                authorised: micros("10"),
                remaining: micros("4"),
            }],
            ..Evidence::default()
        }
    }

    fn claim() -> Claim {
        let line = |number, claimed| ClaimLine {
            number,
            claimed: micros(claimed),
            key: None,
            fields: "{}".into(),
        };
        Claim {
            kind: ClaimKind::Claim,
            number: "C-7".into(),
            submitted: day(),
            fields: "{}".into(),
            lines: vec![line(1, "100"), line(2, "80")],
        }
    }

    fn ruled(number: u32, ruling: Ruling, approved: &str) -> LineDecision {
        let reason = Problem {
            code: "cap".into(),
            message: "the cap is reached".into(),
            path: None,
            row: None,
        };
        LineDecision {
            number,
            ruling,
            approved: micros(approved),
            written_off: Micros::ZERO,
            reasons: if ruling == Ruling::Accepted {
                vec![]
            } else {
                vec![reason]
            },
            consumed: vec![],
        }
    }

    fn sound() -> Decision {
        Decision {
            lines: vec![ruled(1, Ruling::Accepted, "100"), ruled(2, Ruling::Adjusted, "50")],
            steps: vec![],
        }
    }

    fn checked(evidence: &Evidence, decision: &Decision) -> Result<()> {
        check(&descriptor(), &context(), evidence, &claim(), decision)
    }

    #[test]
    fn a_sound_decision_holds() {
        assert_eq!(checked(&evidence(), &sound()), Ok(()));
        // The fund of 150 is used up, and what is written off does not come out of it.
        let mut decision = sound();
        decision.lines[1].written_off = micros("30");
        assert_eq!(checked(&evidence(), &decision), Ok(()));
    }

    #[test]
    fn each_thing_that_does_not_hold_is_named() {
        type Change = fn(&mut Decision);
        let uses = |decision: &mut Decision, agreement: &str, quantity: &str| {
            decision.lines[0].consumed.push(Consumption {
                agreement: agreement.into(),
                quantity: micros(quantity),
            });
        };
        let cases: [(Change, &str); 15] = [
            (|d| d.lines.truncate(1), "claim `C-7`: it does not rule on line 2"),
            (
                |d| d.lines.reverse(),
                "claim `C-7`: it rules on line 2 where line 1 is due: one ruling for each line, in their order",
            ),
            (
                |d| d.lines.push(ruled(3, Ruling::Denied, "0")),
                "claim `C-7`: it rules on line 3, which the claim does not have",
            ),
            (
                |d| d.lines[0].approved = micros("100.01"),
                "claim `C-7`, line 1: it approves 100.01, and 100 is claimed",
            ),
            (
                |d| d.lines[0].approved = micros("99"),
                "claim `C-7`, line 1: it is accepted with 99, and 100 is claimed: that is adjusted",
            ),
            (
                |d| d.lines[1].approved = micros("-1"),
                "claim `C-7`, line 2: it approves -1, which is less than nothing",
            ),
            (
                |d| d.lines[1].approved = micros("0.001"),
                "claim `C-7`, line 2: it approves 0.001 GBP, which cannot be paid: round it to 2 decimals",
            ),
            (
                |d| d.lines[1].ruling = Ruling::Denied,
                "claim `C-7`, line 2: it is denied and approves 50",
            ),
            (
                |d| d.lines[1].reasons.clear(),
                "claim `C-7`, line 2: it is not paid as claimed, and no reason is given",
            ),
            (
                |d| d.lines[1].written_off = micros("31"),
                "claim `C-7`, line 2: it approves 50 and writes off 31, and 80 is claimed",
            ),
            (
                |d| {
                    d.lines[1] = ruled(2, Ruling::Denied, "0");
                    d.lines[1].written_off = micros("5");
                },
                "claim `C-7`, line 2: it is denied and writes off 5: that is adjusted",
            ),
            (
                |d| d.lines[1].approved = micros("50.01"),
                "claim `C-7`: it approves 150.01 in all, and the balance `fund` holds 150",
            ),
            (
                |d| d.lines[1].ruling = Ruling::Accepted,
                "claim `C-7`, line 2: it is accepted with 50, and 80 is claimed: that is adjusted",
            ),
            (
                |d| d.lines[0].written_off = micros("-5"),
                "claim `C-7`, line 1: it writes off -5, which is less than nothing",
            ),
            (
                |d| {
                    d.lines[1].approved = micros("80");
                    d.lines[1].reasons.clear();
                },
                "claim `C-7`, line 2: it is adjusted to what is claimed: that is accepted",
            ),
        ];
        for (change, expected) in cases {
            let mut decision = sound();
            change(&mut decision);
            let found = checked(&evidence(), &decision).unwrap_err().to_string();
            assert_eq!(found, format!("plugin `acme/fund` 1.0.0, {expected}"));
        }
        for (agreement, quantity, expected) in [
            ("SPA-1", "4", None),
            (
                "SPA-1",
                "4.000001",
                Some("it uses 4.000001 of agreement `SPA-1`, which has 4 left"),
            ),
            ("SPA-1", "0", Some("it uses 0 of agreement `SPA-1`, which has 4 left")),
            (
                "SPA-2",
                "1",
                Some("it uses agreement `SPA-2`, which the plugin was not given"),
            ),
        ] {
            let mut decision = sound();
            uses(&mut decision, agreement, quantity);
            let found = checked(&evidence(), &decision).err().map(|error| error.to_string());
            let expected = expected.map(|wrong| format!("plugin `acme/fund` 1.0.0, claim `C-7`, line 1: {wrong}"));
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_claim_against_a_request_draws_on_what_is_left_of_it() {
        let mut evidence = evidence();
        let request = |remaining| ApprovedRequest {
            number: "R-1".into(),
            submitted: day(),
            approved: micros("200"),
            remaining: micros(remaining),
            fields: "{}".into(),
        };
        evidence.request = Some(request("150"));
        assert_eq!(checked(&evidence, &sound()), Ok(()));
        evidence.request = Some(request("149.99"));
        assert_eq!(
            checked(&evidence, &sound()).unwrap_err().to_string(),
            "plugin `acme/fund` 1.0.0, claim `C-7`: it approves 150 in all, and request `R-1` has 149.99 left"
        );
    }
}
