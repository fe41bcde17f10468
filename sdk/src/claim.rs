//! Ruling on claims: the second trait of a program, and how a ruling is put together.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{
    Claim, ClaimLine, Consumption, Context, Decision, Evidence, LineDecision, Micros, Problem, Program, Ruling, terms,
};

/// A program that rules on claims. Exported with `export_program!(MyProgram, world = program)`, or `world = adjudicator` when it calculates
/// nothing.
///
/// ```
/// use gtm_sdk::*;
///
/// /// Pays half of what is claimed, and at most 100.
/// struct Half;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Terms {}
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Form {
///     fields: NoFields,
///     line: NoFields,
/// }
///
/// #[derive(Deserialize, JsonSchema)]
/// struct NoFields {}
///
/// impl Program for Half {
///     type Terms = Terms;
///     const TERMS_SCHEMA: &str = "{}";
///
///     fn describe() -> Description {
///         Description::new("example/half", "Half", ProgramKind::MarketDevelopment)
///             .balance("expense", "Expense", CURRENCY, Side::Debit)
///             .balance("payable", "Payable", CURRENCY, Side::Credit)
///             .claims(ClaimHandling::new(Self::CLAIM_SCHEMA, "expense", "payable"))
///     }
///
///     fn plan(_: &Terms) -> Result<Plan, Vec<Problem>> {
///         Ok(Plan::new([]))
///     }
/// }
///
/// impl Adjudicate for Half {
///     type Form = Form;
///     const CLAIM_SCHEMA: &str = "{}"; // include_str!("../claim.schema.json") in a real plugin
///
///     fn adjudicate(_: &Context, _: Terms, _: &Evidence, claim: &Claim) -> Result<Decision, Problem> {
///         let mut decision = Decision::default();
///         for line in &claim.lines {
///             let cap = Problem::new("cap", "at most 100 is paid");
///             let (approved, reasons) = match line.claimed {
///                 ..=0 => (Micros::ZERO, vec![Problem::new("nothing-claimed", "nothing is claimed")]),
///                 claimed => (Micros((claimed / 2).min(100_000_000)), vec![cap]),
///             };
///             decision.lines.push(line.ruled(approved, reasons));
///         }
///         Ok(decision)
///     }
/// }
///
/// export_program!(Half, world = adjudicator);
/// # fn main() {}
/// ```
pub trait Adjudicate: Program {
    /// The form of a claim: a struct of `fields`, those of the claim itself, and `line`, those of each line. The restrictions of
    /// [`Program::Terms`] hold for it too. A part is read by [`fields`].
    type Form: JsonSchema;

    /// The JSON Schema of the form, kept as a file like that of the terms: see
    /// [`testing::claim_schema_is_kept`](crate::testing::claim_schema_is_kept).
    const CLAIM_SCHEMA: &str;

    /// Rules on a request or a claim: one decision for each of its lines, in their order. A problem fails the ruling as a whole; a line that
    /// cannot be paid is denied with all its reasons instead.
    fn adjudicate(
        context: &Context,
        terms: Self::Terms,
        evidence: &Evidence,
        claim: &Claim,
    ) -> Result<Decision, Problem>;
}

/// Reads the fields of a claim, a line or a request. A problem carries the place within them; it may become a reason of its line, so that
/// its message, which quotes what was written, is cut off after 500 characters.
pub fn fields<T: DeserializeOwned>(json: &str) -> Result<T, Problem> {
    terms::parse(json).map_err(|problem| {
        let message = problem.message.replacen("the terms cannot", "the fields cannot", 1);
        Problem {
            code: "fields".to_owned(),
            message: message.chars().take(500).collect(),
            ..problem
        }
    })
}

impl Claim {
    /// The number of an earlier line of the claim that has the same key. A line without a key repeats none.
    ///
    /// ```
    /// use gtm_sdk::{Claim, ClaimKind, ClaimLine};
    ///
    /// let line = |number, key: &str| ClaimLine { number, claimed: 0, key: Some(key.to_owned()), fields: "{}".to_owned() };
    /// let claim = Claim {
    ///     kind: ClaimKind::Claim,
    ///     number: "C-1".to_owned(),
    ///     submitted: 19_800,
    ///     fields: "{}".to_owned(),
    ///     lines: vec![line(1, "INV-1"), line(2, "INV-2"), line(3, "INV-1")],
    /// };
    /// assert_eq!(claim.lines.iter().map(|line| claim.repeated(line)).collect::<Vec<_>>(), [None, None, Some(1)]);
    /// ```
    pub fn repeated(&self, line: &ClaimLine) -> Option<u32> {
        let key = line.key.as_ref()?;
        let mut earlier = self.lines.iter().take_while(|other| other.number != line.number);
        let same = earlier.find(|other| other.key.as_ref() == Some(key))?;
        Some(same.number)
    }
}

impl ClaimLine {
    /// The ruling that follows from an amount: accepted when it is what is claimed and nothing is to be said, denied when it is zero, otherwise
    /// adjusted. More than is claimed is never approved, and nothing below zero.
    pub fn ruled(&self, approved: Micros, reasons: Vec<Problem>) -> LineDecision {
        let approved = approved.0.clamp(0, self.claimed.max(0));
        let ruling = match approved {
            0 => Ruling::Denied,
            _ if approved == self.claimed => Ruling::Accepted,
            _ => Ruling::Adjusted,
        };
        LineDecision {
            number: self.number,
            ruling,
            approved,
            written_off: 0,
            reasons,
            consumed: Vec::new(),
        }
    }
}

impl LineDecision {
    /// Gives up some of what is not approved of the line: the participant keeps it at the company's expense. It says why in a reason. A denied
    /// line is adjusted by it; never more is given up than is left of what is claimed.
    pub fn writing_off(mut self, line: &ClaimLine, amount: Micros, reason: Problem) -> Self {
        let left = line.claimed.saturating_sub(self.approved).max(0);
        self.written_off = amount.0.clamp(0, left);
        if self.written_off > 0 {
            self.ruling = Ruling::Adjusted;
            self.reasons.push(reason);
        }
        self
    }

    /// Uses up some of an agreement. A denied line uses nothing, and neither does a quantity of zero.
    pub fn consuming(mut self, agreement: &str, quantity: Micros) -> Self {
        if self.ruling != Ruling::Denied && quantity > Micros::ZERO {
            self.consumed.push(Consumption {
                agreement: agreement.to_owned(),
                quantity: quantity.0,
            });
        }
        self
    }
}

impl Evidence {
    /// Whether the line was claimed before: the number of the claim and of its line.
    pub fn claimed_before(&self, line: &ClaimLine) -> Option<(&str, u32)> {
        let key = line.key.as_ref()?;
        let before = self.claimed_before.iter().find(|before| before.key == *key)?;
        Some((&before.claim, before.number))
    }

    /// Whether a proof of this kind is attached.
    pub fn has_proof(&self, kind: &str) -> bool {
        self.proofs.iter().any(|proof| proof.kind == kind)
    }
}

impl Default for Decision {
    /// Nothing is ruled on yet.
    fn default() -> Self {
        Decision {
            lines: Vec::new(),
            steps: Vec::new(),
        }
    }
}
