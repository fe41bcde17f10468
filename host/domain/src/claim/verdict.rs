//! What a person makes of a ruling: confirmed line by line, or paid with less for a reason, never with more.

use serde::{Deserialize, Serialize};

use crate::adjudication::{Claim, Consumption, Decision};
use crate::claim::Outcome;
use crate::claim::split::{Part, Treatment};
use crate::currency::Currency;
use crate::money::Micros;
use crate::{Error, Result};

/// A line that is to be paid with less than the plugin ruled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Less {
    pub line: u32,
    pub amount: Micros,
}

/// One line as it was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    pub number: u32,
    pub approved: Micros,
    pub written_off: Micros,
    /// Why a person decided otherwise than the plugin ruled.
    pub reason: Option<String>,
    /// As the plugin ruled; nothing where nothing is paid.
    pub consumed: Vec<Consumption>,
    /// Of a line that was split: they sum to what was claimed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// What was decided of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub outcome: Outcome,
    pub lines: Vec<Decided>,
    pub approved: Micros,
    pub written_off: Micros,
}

/// Confirms a ruling, with less on some lines for one reason.
///
/// # Errors
/// A line that the claim does not have, or that stands twice; more than was ruled; less than nothing; what cannot be paid; no reason.
pub fn confirm(
    claim: &Claim,
    ruled: &Decision,
    currency: Currency,
    less: &[Less],
    reason: Option<&str>,
) -> Result<Verdict> {
    for (place, Less { line, amount }) in less.iter().enumerate() {
        let Some(ruling) = ruled.lines.iter().find(|ruling| ruling.number == *line) else {
            return Err(Error::new(format!("claim `{}` has no line {line}", claim.number)));
        };
        let refused = |wrong: String| Err(Error::new(format!("line {line} of claim `{}`: {wrong}", claim.number)));
        if less[..place].iter().any(|other| other.line == *line) {
            return refused("it is decided twice: give it one amount".into());
        }
        if *amount < Micros::ZERO {
            return refused(format!("{amount} cannot be paid: give 0 or more"));
        }
        if *amount > ruling.approved {
            return refused(format!(
                "{amount} is more than the {} that the ruling approves: pay that, or less",
                ruling.approved
            ));
        }
        if !amount.is_payable(currency) {
            return refused(format!(
                "{amount} {currency} cannot be paid: round it to {} decimals",
                currency.digits()
            ));
        }
        if reason.is_none_or(|reason| reason.trim().is_empty()) {
            return refused("a reason must be given for paying less than was ruled".into());
        }
    }
    let decided = ruled.lines.iter().map(|ruling| {
        let less = less
            .iter()
            .find(|less| less.line == ruling.number && less.amount < ruling.approved);
        let approved = less.map_or(ruling.approved, |less| less.amount);
        let nothing = less.is_some() && approved == Micros::ZERO;
        Decided {
            number: ruling.number,
            approved,
            written_off: if nothing { Micros::ZERO } else { ruling.written_off },
            reason: less.and(reason).map(str::to_owned),
            consumed: if nothing { vec![] } else { ruling.consumed.clone() },
            parts: vec![],
        }
    });
    verdict(claim, decided.collect())
}

/// Denies every line.
pub fn deny(claim: &Claim, reason: &str) -> Result<Verdict> {
    if reason.trim().is_empty() {
        return Err(Error::new(format!(
            "a reason must be given for denying `{}`",
            claim.number
        )));
    }
    let decided = claim.lines.iter().map(|line| Decided {
        number: line.number,
        approved: Micros::ZERO,
        written_off: Micros::ZERO,
        reason: Some(reason.to_owned()),
        consumed: vec![],
        parts: vec![],
    });
    verdict(claim, decided.collect())
}

pub(super) fn verdict(claim: &Claim, lines: Vec<Decided>) -> Result<Verdict> {
    let approved = Micros::checked_sum(lines.iter().map(|line| line.approved))?;
    let written_off = Micros::checked_sum(lines.iter().map(|line| line.written_off))?;
    let as_claimed = claim
        .lines
        .iter()
        .zip(&lines)
        .all(|(line, decided)| line.claimed == decided.approved);
    // What belongs to another program is not denied in this one.
    let moved = |line: &Decided| line.parts.iter().any(|part| part.treatment == Treatment::Moved);
    let something = approved.0 > 0 || written_off.0 > 0 || lines.iter().any(moved);
    let outcome = match (something, as_claimed) {
        (true, true) => Outcome::Approved,
        (true, false) => Outcome::Adjusted,
        (false, _) => Outcome::Denied,
    };
    Ok(Verdict {
        outcome,
        lines,
        approved,
        written_off,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adjudication::{ClaimKind, ClaimLine, LineDecision, Ruling};

    fn micros(text: &str) -> Micros {
        text.parse().unwrap()
    }

    fn claim() -> Claim {
        let line = |number, claimed: &str| ClaimLine {
            number,
            claimed: micros(claimed),
            key: None,
            fields: "{}".into(),
        };
        Claim {
            kind: ClaimKind::Claim,
            number: "C-7".into(),
            submitted: "2024-03-15".parse().unwrap(),
            fields: "{}".into(),
            lines: vec![line(1, "100"), line(2, "80")],
        }
    }

    fn ruled(first: &str, second: &str) -> Decision {
        let line = |number, approved: &str| LineDecision {
            number,
            ruling: Ruling::Adjusted,
            approved: micros(approved),
            written_off: Micros::ZERO,
            reasons: vec![],
            consumed: vec![Consumption {
                agreement: "SPA-1".into(),
                quantity: micros("3"),
            }],
        };
        Decision {
            lines: vec![line(1, first), line(2, second)],
            steps: vec![],
        }
    }

    fn confirmed(less: &[(u32, &str)], reason: Option<&str>) -> Result<Verdict> {
        let less: Vec<Less> = less
            .iter()
            .map(|(line, amount)| Less {
                line: *line,
                amount: micros(amount),
            })
            .collect();
        confirm(&claim(), &ruled("100", "50"), "GBP".parse().unwrap(), &less, reason)
    }

    #[test]
    fn a_ruling_is_confirmed_or_paid_with_less() {
        let verdict = confirmed(&[], None).unwrap();
        assert_eq!((verdict.outcome, verdict.approved), (Outcome::Adjusted, micros("150")));
        let verdict = confirmed(&[(2, "0"), (1, "99.99")], Some("not on the invoice")).unwrap();
        assert_eq!(
            (verdict.outcome, verdict.approved),
            (Outcome::Adjusted, micros("99.99"))
        );
        // What is not paid uses nothing up.
        assert_eq!(
            verdict.lines.iter().map(|line| line.consumed.len()).collect::<Vec<_>>(),
            [1, 0]
        );
        assert_eq!(verdict.lines[1].reason.as_deref(), Some("not on the invoice"));
        let verdict = confirm(&claim(), &ruled("100", "80"), "GBP".parse().unwrap(), &[], None).unwrap();
        assert_eq!(verdict.outcome, Outcome::Approved);
        let verdict = confirm(&claim(), &ruled("0", "0"), "GBP".parse().unwrap(), &[], None).unwrap();
        assert_eq!(verdict.outcome, Outcome::Denied);
        let verdict = deny(&claim(), "fraud").unwrap();
        assert_eq!((verdict.outcome, verdict.approved), (Outcome::Denied, Micros::ZERO));
        assert!(deny(&claim(), " ").is_err());
    }

    #[test]
    fn never_more_than_was_ruled_and_never_without_a_reason() {
        for (less, reason, sentence) in [
            (
                &[(2, "50.01")][..],
                Some("x"),
                "line 2 of claim `C-7`: 50.01 is more than the 50 that the ruling approves: pay that, or less",
            ),
            (
                &[(2, "-1")],
                Some("x"),
                "line 2 of claim `C-7`: -1 cannot be paid: give 0 or more",
            ),
            (
                &[(2, "0.001")],
                Some("x"),
                "line 2 of claim `C-7`: 0.001 GBP cannot be paid: round it to 2 decimals",
            ),
            (
                &[(2, "1")],
                None,
                "line 2 of claim `C-7`: a reason must be given for paying less than was ruled",
            ),
            (&[(3, "1")], Some("x"), "claim `C-7` has no line 3"),
            (
                &[(1, "1"), (1, "2")],
                Some("x"),
                "line 1 of claim `C-7`: it is decided twice: give it one amount",
            ),
        ] {
            assert_eq!(confirmed(less, reason).unwrap_err().to_string(), sentence);
        }
    }
}
