//! A person splits a deduction: each line into parts that sum to what was deducted, each treated in its own way.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::verdict::{Decided, Verdict, confirm, verdict};
use crate::adjudication::{Claim, ClaimKind, Decision};
use crate::currency::Currency;
use crate::money::Micros;
use crate::{Error, Result};

/// What becomes of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Treatment {
    /// Matched to the credit that is open in the program.
    Matched,
    /// Denied: the participant owes it again.
    ChargedBack,
    /// Given up, at the company's expense.
    WrittenOff,
    /// It belongs to another program, where it becomes a deduction of its own.
    Moved,
}

impl Treatment {
    pub const ALL: [Treatment; 4] = [
        Treatment::Matched,
        Treatment::ChargedBack,
        Treatment::WrittenOff,
        Treatment::Moved,
    ];

    pub fn as_str(self) -> &'static str {
        ["matched", "charged-back", "written-off", "moved"][self as usize]
    }
}

impl fmt::Display for Treatment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Treatment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Treatment::ALL
            .into_iter()
            .find(|treatment| treatment.as_str() == text)
            .ok_or_else(|| {
                let all = Treatment::ALL.map(Treatment::as_str).join(", ");
                Error::new(format!("`{text}` is nothing that becomes of a part: write {all}"))
            })
    }
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Part {
    pub line: u32,
    pub treatment: Treatment,
    /// In the program's currency, above 0.
    pub amount: Micros,
    /// Of one that is moved: the code of the other program.
    pub program: Option<String>,
}

/// Decides a deduction by its parts. Lines without parts are decided as the plugin ruled.
///
/// # Errors
/// What is no deduction; no part, no reason; a line that the deduction does not have; parts that do not sum to their line; a part that cannot
/// be paid; more matched than the ruling matched; something written off where `writes_off` is false; a part moved to nowhere, or to where it is.
pub fn split(
    claim: &Claim,
    ruled: &Decision,
    currency: Currency,
    program: &str,
    writes_off: bool,
    parts: &[Part],
    reason: &str,
) -> Result<Verdict> {
    let number = &claim.number;
    if claim.kind != ClaimKind::Deduction {
        return Err(Error::new(format!(
            "`{number}` is a {}, and only a deduction is split: pay its lines with less by `gtm claim decide --line`",
            claim.kind.as_str()
        )));
    }
    if parts.is_empty() {
        return Err(Error::new(format!(
            "deduction `{number}` has no parts: give them with --part N=TREATMENT:AMOUNT"
        )));
    }
    if reason.trim().is_empty() {
        return Err(Error::new(format!("a reason must be given for splitting `{number}`")));
    }
    for part in parts {
        check(part, currency, program, writes_off)
            .map_err(|wrong| Error::new(format!("line {} of deduction `{number}`: {wrong}", part.line)))?;
    }
    let mut lines = confirm(claim, ruled, currency, &[], None)?.lines;
    for part in parts {
        if !lines.iter().any(|line| line.number == part.line) {
            return Err(Error::new(format!("deduction `{number}` has no line {}", part.line)));
        }
    }
    for (line, asked) in lines.iter_mut().zip(&claim.lines) {
        let of_line: Vec<Part> = parts.iter().filter(|part| part.line == line.number).cloned().collect();
        if !of_line.is_empty() {
            *line = decided(line, asked.claimed, of_line, reason)
                .map_err(|wrong| Error::new(format!("line {} of deduction `{number}`: {wrong}", line.number)))?;
        }
    }
    verdict(claim, lines)
}

fn check(part: &Part, currency: Currency, program: &str, writes_off: bool) -> Result<()> {
    let Part { treatment, amount, .. } = part;
    if *amount <= Micros::ZERO {
        return Err(Error::new(format!("{amount} is no part of it: give an amount above 0")));
    }
    let posted = matches!(treatment, Treatment::Matched | Treatment::WrittenOff);
    if posted && !amount.is_payable(currency) {
        return Err(Error::new(format!(
            "{amount} {currency} cannot be {treatment}: round it to {} decimals",
            currency.digits()
        )));
    }
    match (treatment, &part.program) {
        (Treatment::WrittenOff, _) if !writes_off => Err(Error::new(
            "the plugin names no balance that bears what is written off: charge it back",
        )),
        (Treatment::Moved, None) => Err(Error::new("say where it is moved to: --part N=moved:AMOUNT:PROGRAM")),
        (Treatment::Moved, Some(to)) if to == program => Err(Error::new(format!(
            "it is in program `{program}` already: match it, or charge it back"
        ))),
        (Treatment::Moved, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => Err(Error::new(format!(
            "what is {treatment} goes to no other program: leave that out"
        ))),
    }
}

/// One line by its parts.
fn decided(ruled: &Decided, claimed: Micros, parts: Vec<Part>, reason: &str) -> Result<Decided> {
    let of = |treatment: Treatment| {
        let same = parts.iter().filter(|part| part.treatment == treatment);
        Micros::checked_sum(same.map(|part| part.amount))
    };
    let sum = Micros::checked_sum(parts.iter().map(|part| part.amount))?;
    if sum != claimed {
        return Err(Error::new(format!(
            "its parts sum to {sum}, and {claimed} was deducted: let them sum to that"
        )));
    }
    for (place, part) in parts.iter().enumerate() {
        if let Some(to) = &part.program
            && parts[..place].iter().any(|other| other.program.as_ref() == Some(to))
        {
            return Err(Error::new(format!("it is moved to `{to}` twice: give one part")));
        }
    }
    let (approved, written_off) = (of(Treatment::Matched)?, of(Treatment::WrittenOff)?);
    if approved > ruled.approved {
        return Err(Error::new(format!(
            "{approved} is more than the {} that the ruling matches to open credit: match that, or less",
            ruled.approved
        )));
    }
    Ok(Decided {
        number: ruled.number,
        approved,
        written_off,
        reason: Some(reason.to_owned()),
        consumed: if approved == Micros::ZERO {
            vec![]
        } else {
            ruled.consumed.clone()
        },
        parts,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::adjudication::{ClaimLine, LineDecision, Ruling};
    use crate::claim::Outcome;

    fn micros(text: &str) -> Micros {
        text.parse().unwrap()
    }

    fn deduction(claimed: &[Micros]) -> Claim {
        let line = |(place, claimed): (usize, &Micros)| ClaimLine {
            number: place as u32 + 1,
            claimed: *claimed,
            key: None,
            fields: "{}".into(),
        };
        Claim {
            kind: ClaimKind::Deduction,
            number: "C-7".into(),
            submitted: "2024-03-15".parse().unwrap(),
            fields: "{}".into(),
            lines: claimed.iter().enumerate().map(line).collect(),
        }
    }

    fn matching(approved: &[Micros]) -> Decision {
        let line = |(place, approved): (usize, &Micros)| LineDecision {
            number: place as u32 + 1,
            ruling: Ruling::Adjusted,
            approved: *approved,
            written_off: Micros::ZERO,
            reasons: vec![],
            consumed: vec![],
        };
        Decision {
            lines: approved.iter().enumerate().map(line).collect(),
            steps: vec![],
        }
    }

    fn part(line: u32, treatment: Treatment, amount: &str) -> Part {
        Part {
            line,
            treatment,
            amount: micros(amount),
            program: (treatment == Treatment::Moved).then(|| "other".into()),
        }
    }

    fn splits(parts: &[Part], reason: &str) -> Result<Verdict> {
        let (claim, ruled) = (
            deduction(&[micros("100"), micros("40")]),
            matching(&[micros("80"), micros("40")]),
        );
        split(&claim, &ruled, "GBP".parse().unwrap(), "phones", true, parts, reason)
    }

    use Treatment::*;

    #[test]
    fn each_part_goes_its_own_way_and_other_lines_stay_as_ruled() {
        let parts = [
            part(1, Matched, "75"),
            part(1, ChargedBack, "12"),
            part(1, WrittenOff, "3"),
            part(1, Moved, "10"),
        ];
        let verdict = splits(&parts, "as the customer wrote").unwrap();
        assert_eq!((verdict.approved, verdict.written_off), (micros("115"), micros("3")));
        assert_eq!(verdict.outcome, Outcome::Adjusted);
        assert_eq!(verdict.lines[0].parts, parts);
        assert_eq!(
            (verdict.lines[1].approved, verdict.lines[1].parts.len()),
            (micros("40"), 0)
        );
        // What belongs elsewhere is not denied, and what is only charged back is.
        let moved = splits(&[part(1, Moved, "100"), part(2, ChargedBack, "40")], "x").unwrap();
        assert_eq!(moved.outcome, Outcome::Adjusted);
        let denied = splits(&[part(1, ChargedBack, "100"), part(2, ChargedBack, "40")], "x").unwrap();
        assert_eq!(denied.outcome, Outcome::Denied);
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_line() {
        let to = |line, treatment, amount, program: Option<&str>| Part {
            program: program.map(str::to_owned),
            ..part(line, treatment, amount)
        };
        for (parts, sentence) in [
            (
                &[part(1, Matched, "75"), part(1, ChargedBack, "24.99")][..],
                "line 1 of deduction `C-7`: its parts sum to 99.99, and 100 was deducted: let them sum to that",
            ),
            (
                &[part(1, Matched, "80.01"), part(1, ChargedBack, "19.99")],
                "line 1 of deduction `C-7`: 80.01 is more than the 80 that the ruling matches to open credit: match that, or less",
            ),
            (
                &[part(1, WrittenOff, "0.001")],
                "line 1 of deduction `C-7`: 0.001 GBP cannot be written-off: round it to 2 decimals",
            ),
            (
                &[part(1, Matched, "0")],
                "line 1 of deduction `C-7`: 0 is no part of it: give an amount above 0",
            ),
            (&[part(3, ChargedBack, "1")], "deduction `C-7` has no line 3"),
            (
                &[to(1, Moved, "100", None)],
                "line 1 of deduction `C-7`: say where it is moved to: --part N=moved:AMOUNT:PROGRAM",
            ),
            (
                &[to(1, Moved, "100", Some("phones"))],
                "line 1 of deduction `C-7`: it is in program `phones` already: match it, or charge it back",
            ),
            (
                &[to(1, Matched, "100", Some("other"))],
                "line 1 of deduction `C-7`: what is matched goes to no other program: leave that out",
            ),
            (
                &[],
                "deduction `C-7` has no parts: give them with --part N=TREATMENT:AMOUNT",
            ),
        ] {
            assert_eq!(splits(parts, "x").unwrap_err().to_string(), sentence);
        }
        let whole = [part(1, ChargedBack, "100")];
        assert_eq!(
            splits(&whole, " ").unwrap_err().to_string(),
            "a reason must be given for splitting `C-7`"
        );
        let mut claim = deduction(&[micros("100")]);
        let given_up = [part(1, WrittenOff, "100")];
        let pounds: Currency = "GBP".parse().unwrap();
        let ruled = matching(&[micros("80")]);
        assert_eq!(
            split(&claim, &ruled, pounds, "phones", false, &given_up, "x")
                .unwrap_err()
                .to_string(),
            "line 1 of deduction `C-7`: the plugin names no balance that bears what is written off: charge it back"
        );
        claim.kind = ClaimKind::Claim;
        assert!(split(&claim, &ruled, pounds, "phones", true, &whole, "x").is_err());
    }

    proptest! {
        /// Whatever the parts: they are the whole line, or the split is refused.
        #[test]
        fn the_parts_of_a_line_sum_to_what_was_deducted(
            cents in prop::collection::vec((prop::sample::select(&Treatment::ALL[..]), 1..5_000_i64), 1..8),
            off in prop::sample::select(vec![0_i64, 0, -1, 1]),
            matched in 0..20_000_i64,
        ) {
            let sum: i64 = cents.iter().map(|(_, cents)| cents).sum();
            let of = |treatment: Treatment| -> i64 {
                cents.iter().filter(|(of, _)| *of == treatment).map(|(_, cents)| cents).sum()
            };
            let pence = |cents: i64| Micros(cents * 10_000);
            // Each that is moved goes to a program of its own.
            let parts: Vec<Part> = cents.iter().zip(1..).map(|((treatment, cents), place)| Part {
                amount: pence(*cents),
                program: (*treatment == Moved).then(|| format!("displays-{place}")),
                ..part(1, *treatment, "1")
            }).collect();
            let (claim, ruled) = (deduction(&[pence(sum + off)]), matching(&[pence(matched)]));
            let verdict = split(&claim, &ruled, "GBP".parse().unwrap(), "phones", true, &parts, "x");
            prop_assert_eq!(verdict.is_ok(), off == 0 && of(Matched) <= matched);
            if let Ok(verdict) = verdict {
                prop_assert_eq!(verdict.approved, pence(of(Matched)));
                prop_assert_eq!(verdict.written_off, pence(of(WrittenOff)));
                let parts = Micros::checked_sum(verdict.lines[0].parts.iter().map(|part| part.amount)).unwrap();
                prop_assert_eq!(parts, claim.lines[0].claimed);
            }
        }
    }
}
