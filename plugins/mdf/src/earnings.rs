//! What each earning period earned, and what became of it: lots that are used the oldest first.

use gtm_sdk::{Day, Micros, Problem};

use crate::accrual::Sales;
use crate::terms::{CoOp, Windows};
use crate::windows::Earning;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its earning period is not over.
    Open,
    /// Put into the fund at the end of its earning period.
    Released,
    /// Paid as a rebate at the end of its earning period, because it is too little.
    Converted,
}

/// What one earning period earned.
#[derive(Debug, Clone, Copy)]
pub struct Lot {
    pub earning: Earning,
    /// What was accrued in it, less what came back before and was not made up for. Below zero only while it is open, or when more came
    /// back than was earned: that is carried into the next one.
    pub earned: Micros,
    /// What it is worth at its end: never below zero.
    pub amount: Micros,
    pub fate: Fate,
}

/// The lots up to the period that is calculated, in order of time. A period of the program's calendar belongs to the earning period that it
/// ends in.
///
/// Errors: an amount beyond all bounds.
pub fn lots(co_op: &CoOp, windows: &Windows, sales: &Sales, digits: u8) -> Result<Vec<Lot>, Problem> {
    let today = Day::new(sales.periods[sales.current()].end);
    let mut lots: Vec<Lot> = Vec::new();
    let mut carried = Micros::ZERO;
    let mut place = 0;
    for earning in windows.earnings(today) {
        let mut earned = carried;
        while let Some(period) = sales.periods.get(place).filter(|period| period.end <= earning.end.0) {
            if period.end >= earning.start.0 {
                earned = earned.plus(sales.accrued(co_op, place, digits)?.co_op)?;
            }
            place += 1;
        }
        let amount = earned.max(Micros::ZERO);
        let fate = if today < earning.end {
            Fate::Open
        } else if amount > Micros::ZERO && windows.converts_below.is_some_and(|threshold| amount < threshold) {
            Fate::Converted
        } else {
            Fate::Released
        };
        carried = earned.minus(amount)?;
        lots.push(Lot {
            earning,
            earned,
            amount,
            fate,
        });
    }
    Ok(lots)
}

/// What the fund holds when a period begins, by the lots that were released before it. Claims use the oldest lot first, and what was put in
/// by hand last.
#[derive(Debug)]
pub struct Holding {
    /// Lots that can still be claimed, with what is left of each, the oldest first.
    pub left: Vec<(Lot, Micros)>,
    /// What is left of the lots that can no longer be claimed.
    pub lapsed: Micros,
    /// Until when the last of them could be claimed.
    pub claimable_until: Option<Day>,
}

/// `holds` is the fund's balance when the period began, and `granted` what was put in by hand.
///
/// Errors: an amount beyond all bounds.
pub fn holding(lots: &[Lot], begins: Day, holds: Micros, granted: Micros) -> Result<Holding, Problem> {
    let released = lots
        .iter()
        .filter(|lot| lot.fate == Fate::Released && lot.earning.end < begins);
    let mut rest = holds.minus(granted)?.max(Micros::ZERO);
    let mut holding = Holding {
        left: Vec::new(),
        lapsed: Micros::ZERO,
        claimable_until: None,
    };
    // What is left belongs to the newest lots, since the oldest are used first.
    for lot in released.rev() {
        let left = rest.min(lot.amount);
        rest = rest.minus(left)?;
        if lot.earning.claimable_until >= begins {
            holding.left.push((*lot, left));
        } else {
            holding.lapsed = holding.lapsed.plus(left)?;
            holding.claimable_until = holding.claimable_until.max(Some(lot.earning.claimable_until));
        }
    }
    holding.left.reverse();
    Ok(holding)
}
