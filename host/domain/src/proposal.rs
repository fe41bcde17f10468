//! A plugin's answer is a proposal. Here the host holds it against what the plugin declared and what it was given.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::calculation::{Citations, Context, Figure, Outcome, Transfer};
use crate::columns::ColumnSlice;
use crate::money::Micros;
use crate::plugin::{CURRENCY_UNIT, Descriptor, SETTLED};
use crate::{Error, Result};

/// Refuses the proposal with a sentence that names plugin, version and rule: a balance not declared, two balances of different units,
/// an amount of zero or not payable in the currency, an effective day outside the period, a citation of a row that was not sent, a
/// message that does not exist, or steps that do not sum to the transfers of their rule.
pub fn check(descriptor: &Descriptor, context: &Context, rows: &[ColumnSlice<'_>], outcome: &Outcome) -> Result<()> {
    let plugin = format!("plugin `{}` {}", descriptor.id, descriptor.version);
    // Only made when a transfer cites rows one by one; looking through the rows for each would take the square of their number.
    let sent = LazyCell::new(|| {
        rows.iter()
            .flat_map(|slice| slice.position)
            .copied()
            .collect::<HashSet<u64>>()
    });
    for transfer in &outcome.transfers {
        check_transfer(descriptor, context, &sent, transfer)
            .map_err(|e| Error::new(format!("{plugin}, rule `{}`: {e}", transfer.rule)))?;
    }
    let messages = outcome
        .steps
        .iter()
        .map(|step| (&*step.rule, step.message, &step.figures[..]))
        .chain(
            outcome
                .milestones
                .iter()
                .map(|milestone| (&*milestone.rule, milestone.message, &milestone.figures[..])),
        );
    says_what_is_declared(descriptor, messages).map_err(|e| Error::new(format!("{plugin}, {e}")))?;
    steps_sum_to_transfers(outcome).map_err(|e| Error::new(format!("{plugin}, {e}")))
}

/// Refuses a sentence that is not declared, or lacks a figure. Each is its rule, its place and its figures.
pub(crate) fn says_what_is_declared<'a>(
    descriptor: &Descriptor,
    said: impl Iterator<Item = (&'a str, u32, &'a [Figure])>,
) -> Result<()> {
    for (rule, message, figures) in said {
        let text = descriptor
            .messages
            .get(message as usize)
            .map(|message| &*message.text)
            .ok_or_else(|| {
                Error::new(format!(
                    "rule `{rule}`: message {message} does not exist; {} are declared",
                    descriptor.messages.len()
                ))
            })?;
        if let Some(missing) = placeholders(text).find(|place| *place >= figures.len()) {
            return Err(Error::new(format!(
                "rule `{rule}`: message {message} shows figure {{{missing}}}, but {} were given",
                figures.len()
            )));
        }
    }
    Ok(())
}

/// The places named by `{0}`, `{1}` … in a message.
pub fn placeholders(text: &str) -> impl Iterator<Item = usize> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}')?.0.parse().ok())
}

fn check_transfer(
    descriptor: &Descriptor,
    context: &Context,
    sent: &LazyCell<HashSet<u64>, impl FnOnce() -> HashSet<u64>>,
    transfer: &Transfer,
) -> Result<()> {
    if transfer.rule.is_empty() {
        return Err(Error::new("a transfer names no rule"));
    }
    let unit_of = |code: &str| {
        if code == SETTLED {
            return Err(Error::new(format!("the balance `{SETTLED}` is the host's")));
        }
        let balance = descriptor
            .balance(code)
            .ok_or_else(|| Error::new(format!("the balance `{code}` is not declared")))?;
        Ok(if balance.unit == CURRENCY_UNIT {
            context.currency.code()
        } else {
            &balance.unit
        })
    };
    let (debit, credit) = (unit_of(&transfer.debit)?, unit_of(&transfer.credit)?);
    if transfer.debit == transfer.credit {
        return Err(Error::new(format!(
            "the transfer runs from `{}` to itself",
            transfer.debit
        )));
    }
    if debit != credit || debit != transfer.unit {
        return Err(Error::new(format!(
            "a transfer in `{}` from `{}` (in `{debit}`) to `{}` (in `{credit}`) mixes units",
            transfer.unit, transfer.debit, transfer.credit
        )));
    }
    if transfer.amount == Micros::ZERO {
        return Err(Error::new("an amount of 0 is no transfer: leave it out"));
    }
    if transfer.unit == context.currency.code() && !transfer.amount.is_payable(context.currency) {
        return Err(Error::new(format!(
            "{} {} cannot be paid: round it to {} decimals",
            transfer.amount,
            transfer.unit,
            context.currency.digits()
        )));
    }
    if !context.period.contains(transfer.effective) {
        return Err(Error::new(format!(
            "the effective day {} lies outside the period {}",
            transfer.effective, context.period.label
        )));
    }
    if transfer.expires.is_some_and(|expires| expires < transfer.effective) {
        return Err(Error::new("it expires before it counts"));
    }
    if let Citations::Positions(positions) = &transfer.citations {
        if let Some(unseen) = positions.iter().find(|position| !sent.contains(position)) {
            return Err(Error::new(format!(
                "it cites row {unseen}, which the plugin was not given"
            )));
        }
        if positions.iter().collect::<BTreeSet<_>>().len() != positions.len() {
            return Err(Error::new("it cites a row twice"));
        }
    }
    Ok(())
}

fn steps_sum_to_transfers(outcome: &Outcome) -> Result<()> {
    let mut rules: BTreeMap<&str, (i128, i128)> = BTreeMap::new();
    for transfer in &outcome.transfers {
        rules.entry(&transfer.rule).or_default().0 += i128::from(transfer.amount.0);
    }
    for step in &outcome.steps {
        rules.entry(&step.rule).or_default().1 += i128::from(step.amount.map_or(0, |amount| amount.0));
    }
    match rules.into_iter().find(|(_, (transfers, steps))| transfers != steps) {
        None => Ok(()),
        Some((rule, (transfers, steps))) => {
            let show = |micros: i128| {
                i64::try_from(micros).map_or_else(
                    |_| "an amount beyond all bounds".into(),
                    |micros| Micros(micros).to_string(),
                )
            };
            Err(Error::new(format!(
                "rule `{rule}`: its transfers sum to {} and its steps to {}",
                show(transfers),
                show(steps)
            )))
        }
    }
}
