//! What must hold for every plugin that rules on claims.

use domain::adjudication::{Claim, Decision};
use domain::calculation::Context;
use domain::decision;
use domain::money::Micros;

use super::Verdict;
use crate::case::Case;
use crate::claim::Asked;
use crate::hostile;
use crate::run::Prepared;
use crate::subject::{Failure, Subject};

/// Amounts that nobody should claim: the largest and the smallest number, 10^9 and 10^12 units, none, a micro.
const STRANGE: [i64; 7] = [
    i64::MAX,
    i64::MIN,
    1_000_000_000_000_000,
    1_000_000_000_000_000_000,
    0,
    -1_000_000,
    1,
];

pub(super) fn conform(
    subject: &impl Subject,
    case: &Case,
    prepared: &Prepared,
    asked: &Asked,
    check: &mut impl FnMut(&'static str, Verdict),
) {
    let trial = Trial {
        subject,
        prepared,
        asked,
    };
    check("same input, same answer", trial.repeats());
    check(
        "every line is ruled on, and nothing above what there is",
        trial.sound(&asked.claim),
    );
    check("a line alone is paid no more than it claims", trial.alone());
    check("strange amounts are refused or denied, never a trap", trial.strange());
    check(
        "hostile fields give problems or denials, never a trap",
        trial.hostile_fields(),
    );
    check("hostile terms give problems, never a trap", trial.hostile_terms(case));
}

struct Trial<'a, S> {
    subject: &'a S,
    prepared: &'a Prepared,
    asked: &'a Asked,
}

impl<S: Subject> Trial<'_, S> {
    fn ask(&self, claim: &Claim) -> Result<Decision, Failure> {
        self.subject
            .adjudicate(&self.prepared.context, &self.asked.evidence, claim)
    }

    fn repeats(&self) -> Verdict {
        if self.ask(&self.asked.claim) == self.ask(&self.asked.claim) {
            Verdict::Holds("asked twice".to_owned())
        } else {
            Verdict::Fails("it ruled otherwise when asked again".to_owned())
        }
    }

    /// An answer must hold; a problem is an answer too.
    fn sound(&self, claim: &Claim) -> Verdict {
        match self.ask(claim) {
            Err(Failure::Broken(reason)) => Verdict::Fails(reason),
            Err(Failure::Problems(problems)) if problems.is_empty() => {
                Verdict::Fails("the claim was refused without a problem".to_owned())
            }
            Err(Failure::Problems(_)) => Verdict::Holds("it says what is wrong with the claim".to_owned()),
            Ok(ruled) => {
                let (descriptor, context) = (&self.prepared.descriptor, &self.prepared.context);
                match decision::check(descriptor, context, &self.asked.evidence, claim, &ruled) {
                    Ok(()) => Verdict::Holds(format!("{} lines", ruled.lines.len())),
                    Err(error) => Verdict::Fails(error.to_string()),
                }
            }
        }
    }

    fn alone(&self) -> Verdict {
        for line in &self.asked.claim.lines {
            let claim = Claim {
                lines: vec![line.clone()],
                ..self.asked.claim.clone()
            };
            if let Verdict::Fails(how) = self.sound(&claim) {
                return Verdict::Fails(format!("line {} alone: {how}", line.number));
            }
        }
        Verdict::Holds(format!("{} lines, each alone", self.asked.claim.lines.len()))
    }

    fn strange(&self) -> Verdict {
        for amount in STRANGE {
            let mut claim = self.asked.claim.clone();
            for line in &mut claim.lines {
                line.claimed = Micros(amount);
            }
            if let Verdict::Fails(how) = self.sound(&claim) {
                return Verdict::Fails(format!("every line claims {}: {how}", Micros(amount)));
            }
        }
        Verdict::Holds(format!(
            "every line with {} amounts that nobody should claim",
            STRANGE.len()
        ))
    }

    fn hostile_fields(&self) -> Verdict {
        let mut tried = 0;
        for (place, line) in self.asked.claim.lines.iter().enumerate() {
            let Ok(fields) = serde_json::from_str(&line.fields) else {
                return Verdict::Fails(format!("the fields of line {} are not JSON", line.number));
            };
            for fields in hostile::mutations(&fields) {
                let mut claim = self.asked.claim.clone();
                claim.lines[place].fields = fields;
                tried += 1;
                if let Verdict::Fails(how) = self.sound(&claim) {
                    let shown: String = claim.lines[place].fields.chars().take(200).collect();
                    return Verdict::Fails(format!("line {}: {how}: {shown}", line.number));
                }
            }
        }
        Verdict::Holds(format!("{tried} changed lines"))
    }

    fn hostile_terms(&self, case: &Case) -> Verdict {
        let mutations = hostile::mutations(&case.terms);
        for terms in &mutations {
            let shown = || terms.chars().take(200).collect::<String>();
            match self.subject.plan(terms) {
                Err(Failure::Problems(problems)) if problems.is_empty() => {
                    return Verdict::Fails(format!("terms were refused without a problem: {}", shown()));
                }
                Err(Failure::Problems(_)) => continue,
                Err(Failure::Broken(reason)) => return Verdict::Fails(format!("`plan` broke: {reason}: {}", shown())),
                Ok(_) => {}
            }
            let context = Context {
                terms: terms.clone(),
                ..self.prepared.context.clone()
            };
            let ruled = self
                .subject
                .adjudicate(&context, &self.asked.evidence, &self.asked.claim);
            if let Err(Failure::Broken(reason)) = ruled {
                return Verdict::Fails(format!("the ruling broke: {reason}: {}", shown()));
            }
        }
        Verdict::Holds(format!("{} changed terms", mutations.len()))
    }
}
