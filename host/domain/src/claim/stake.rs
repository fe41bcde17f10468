//! What the ledger is to hold for a request or a claim, in full, by where it stands. The host posts the difference to what it posted before:
//! see [`crate::ledger::difference`].

use crate::adjudication::ClaimKind;
use crate::calculation::{Citations, Transfer};
use crate::claim::Status;
use crate::day::Day;
use crate::ledger::{self, Reason};
use crate::money::Micros;
use crate::plugin::ClaimHandling;
use crate::{Error, Result};

/// What a claim has to do with the balances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stake {
    pub kind: ClaimKind,
    /// Whether it draws on what an approved request committed.
    pub against_request: bool,
    pub status: Status,
    /// What the ruling would approve while it is in review, what was approved once it is decided; of a withdrawn request what claims have
    /// used of it. Never negative.
    pub approved: Micros,
    /// Given up besides, at the company's expense.
    pub written_off: Micros,
}

impl Stake {
    /// The transfers in full. Promised and decided are two legs, so that the way through `committed` shows in the ledger.
    ///
    /// # Errors
    /// When something is written off and no balance bears it.
    pub fn due(&self, handling: &ClaimHandling, unit: &str, effective: Day) -> Result<Vec<Transfer>> {
        let is_request = self.kind == ClaimKind::Request;
        let decided = match self.status {
            Status::Draft | Status::Held | Status::Denied => return Ok(vec![]),
            Status::Withdrawn if !is_request => return Ok(vec![]),
            Status::InReview => false,
            Status::Approved | Status::Adjusted | Status::Disputed | Status::Settled | Status::Withdrawn => true,
        };
        let mut due = Vec::new();
        let mut moves = |debit: &str, credit: &str, amount: Micros| {
            if amount != Micros::ZERO {
                due.push(Transfer {
                    amount,
                    basis: None,
                    citations: Citations::All,
                    credit: credit.to_owned(),
                    debit: debit.to_owned(),
                    effective,
                    expires: None,
                    rate: None,
                    rule: self.kind.as_str().to_owned(),
                    unit: unit.to_owned(),
                });
            }
        };
        if is_request {
            if let Some(committed) = &handling.committed {
                moves(&handling.from, committed, self.approved);
            }
            return Ok(due);
        }
        let source = handling.committed.as_ref().unwrap_or(&handling.from);
        if handling.committed.is_some() && !self.against_request {
            moves(&handling.from, source, self.approved);
        }
        if decided {
            moves(source, &handling.to, self.approved);
            match &handling.written_off {
                Some(written_off) => moves(written_off, &handling.to, self.written_off),
                None if self.written_off == Micros::ZERO => {}
                None => return Err(Error::new("there is no balance that bears what is written off")),
            }
        }
        Ok(due)
    }

    /// What is to be posted after `posted`, all on one day.
    pub fn difference(
        &self,
        handling: &ClaimHandling,
        unit: &str,
        effective: Day,
        posted: &[ledger::Transfer],
    ) -> Result<Vec<ledger::Transfer>> {
        let takes_back = matches!(self.status, Status::Withdrawn | Status::Denied)
            || self.status == Status::InReview && posted.iter().any(|transfer| transfer.credit == handling.to);
        let reason = if takes_back { Reason::Reversal } else { Reason::Original };
        let mut transfers = ledger::difference(&self.due(handling, unit, effective)?, posted, reason)?;
        for transfer in &mut transfers {
            transfer.effective = effective;
        }
        Ok(transfers)
    }
}

/// What one balance holds of these transfers: what reached it less what left it.
///
/// # Errors
/// When it does not fit 64-bit micros.
pub fn holds(transfers: &[ledger::Transfer], balance: &str) -> Result<Micros> {
    let reached = |transfer: &ledger::Transfer| {
        let times = i128::from(transfer.credit == balance) - i128::from(transfer.debit == balance);
        times * i128::from(transfer.amount.0)
    };
    let sum: i128 = transfers.iter().map(reached).sum();
    i64::try_from(sum).map(Micros).map_err(|_| {
        Error::new(format!(
            "what the balance `{balance}` holds is too large to keep in millionths"
        ))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn handling(committed: bool) -> ClaimHandling {
        ClaimHandling {
            claim_schema: "{}".into(),
            request_schema: None,
            line_key: vec![],
            from: "fund".into(),
            committed: committed.then(|| "committed".into()),
            to: "payable".into(),
            written_off: Some("lost".into()),
        }
    }

    fn stake(kind: ClaimKind, status: Status, approved: i64, written_off: i64) -> Stake {
        Stake {
            kind,
            against_request: false,
            status,
            approved: Micros(approved),
            written_off: Micros(written_off),
        }
    }

    fn day() -> Day {
        "2024-03-15".parse().unwrap()
    }

    fn told(transfers: &[ledger::Transfer]) -> Vec<String> {
        let line = |t: &ledger::Transfer| format!("{} → {} {} {}", t.debit, t.credit, t.amount.0, t.reason);
        transfers.iter().map(line).collect()
    }

    /// Goes through these states and says what each posts.
    fn posted(handling: &ClaimHandling, way: &[Stake]) -> Vec<Vec<String>> {
        let mut ledger = Vec::new();
        let mut seen = Vec::new();
        for stake in way {
            let transfers = stake.difference(handling, "GBP", day(), &ledger).unwrap();
            seen.push(told(&transfers));
            ledger.extend(transfers);
        }
        seen
    }

    #[test]
    fn what_would_be_approved_is_committed_then_paid_and_the_rest_goes_back() {
        use Status::*;
        let claim = |status, approved, written_off| stake(ClaimKind::Claim, status, approved, written_off);
        assert_eq!(
            posted(
                &handling(true),
                &[claim(InReview, 100, 5), claim(Adjusted, 60, 5), claim(Settled, 60, 5)]
            ),
            [
                vec!["fund → committed 100 original"],
                vec![
                    "committed → fund 40 original",
                    "committed → payable 60 original",
                    "lost → payable 5 original"
                ],
                vec![],
            ]
        );
        assert_eq!(
            posted(&handling(true), &[claim(InReview, 100, 0), claim(Withdrawn, 0, 0)]),
            [
                vec!["fund → committed 100 original"],
                vec!["committed → fund 100 reversal"]
            ]
        );
        // A new round.
        assert_eq!(
            posted(
                &handling(true),
                &[
                    claim(InReview, 100, 0),
                    claim(Approved, 100, 0),
                    claim(InReview, 90, 0),
                    claim(Denied, 0, 0)
                ]
            )[2..],
            [
                vec!["committed → fund 10 reversal", "payable → committed 100 reversal"],
                vec!["committed → fund 90 reversal"]
            ]
        );
    }

    #[test]
    fn without_a_balance_for_promises_nothing_moves_before_the_decision() {
        use Status::*;
        let deduction = |status, approved| stake(ClaimKind::Deduction, status, approved, 0);
        assert_eq!(
            posted(&handling(false), &[deduction(InReview, 100), deduction(Approved, 100)]),
            [vec![], vec!["fund → payable 100 original"]]
        );
    }

    #[test]
    fn a_claim_against_a_request_draws_on_what_that_committed() {
        use Status::*;
        let request = |status, approved| stake(ClaimKind::Request, status, approved, 0);
        assert_eq!(
            posted(
                &handling(true),
                &[request(InReview, 100), request(Approved, 100), request(Withdrawn, 70)]
            ),
            [
                vec!["fund → committed 100 original"],
                vec![],
                vec!["committed → fund 30 reversal"]
            ]
        );
        let claim = |status, approved| Stake {
            against_request: true,
            ..stake(ClaimKind::Claim, status, approved, 0)
        };
        assert_eq!(
            posted(&handling(true), &[claim(InReview, 70), claim(Approved, 70)]),
            [vec![], vec!["committed → payable 70 original"]]
        );
        assert_eq!(
            posted(&handling(false), &[claim(InReview, 70), claim(Approved, 70)]),
            [vec![], vec!["fund → payable 70 original"]]
        );
    }

    fn any_stake() -> impl Strategy<Value = Stake> {
        let status = prop::sample::select(&Status::ALL[..]);
        (status, 0..1_000_i64, 0..100_i64)
            .prop_map(|(status, approved, written_off)| stake(ClaimKind::Claim, status, approved, written_off))
    }

    proptest! {
        #[test]
        fn whatever_the_way_the_ledger_holds_what_the_last_state_says(
            way in prop::collection::vec(any_stake(), 1..8),
            committed in any::<bool>(),
        ) {
            let handling = handling(committed);
            let mut ledger = Vec::new();
            for stake in &way {
                ledger.extend(stake.difference(&handling, "GBP", day(), &ledger).unwrap());
            }
            let fresh = way.last().unwrap().difference(&handling, "GBP", day(), &[]).unwrap();
            for balance in ["fund", "committed", "payable", "lost"] {
                prop_assert_eq!(holds(&ledger, balance), holds(&fresh, balance), "{}", balance);
            }
        }
    }
}
