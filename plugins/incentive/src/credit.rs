//! What is credited to the participant: the one loop that every row goes through.

use gtm_sdk::apportion::apportion;
use gtm_sdk::gathering::{EVERY_ROW, Selection};
use gtm_sdk::rounding::{Rounding, round};
use gtm_sdk::{Context, Decimal, Micros, Period, Problem, Rate, Row, RowKind, Rows, Sum};

use crate::gather::{self, Places};
use crate::terms::{Component, Crediting, Measure, RoleCounts, Terms};

#[derive(Debug)]
pub struct Credits {
    /// In order of time; the last one is that of the statement.
    pub periods: Vec<Period>,
    /// For each component of the terms.
    pub components: Vec<Credited>,
    places: Places,
    share: Share,
    /// Number of the period that the row before lay in: rows come in order of time.
    recent: usize,
}

/// What one component credits.
#[derive(Debug)]
pub struct Credited {
    /// By period. Rows that wait to be matched are not in it yet.
    pub periods: Vec<Sum>,
    /// Where the terms claw back: the sales, and what comes back.
    pub sales: Vec<Line>,
    pub back: Vec<Line>,
    selectors: u32,
}

/// The key of a row that lacks the attribute.
pub const WITHOUT_KEY: u32 = u32::MAX;

/// A row that is matched with others. There may be very many.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// Number of its period.
    pub period: u32,
    /// Place of its value in the dictionary of the attribute that they have in common.
    pub key: u32,
    pub date: i32,
    pub position: u64,
    /// In the component's measure. What comes back is negative, except where the sale was made at a loss.
    pub credit: Micros,
    /// Whether the row itself is eligible.
    pub eligible: bool,
}

/// How a row's measure becomes the participant's credit.
#[derive(Debug)]
enum Share {
    Whole,
    /// The same share of every row.
    Fixed(Rate),
    /// By role: its weight among those who split the sale, or the rate of its overlay.
    Roles(Vec<(String, RoleShare)>, Vec<Micros>),
}

#[derive(Debug, Clone, Copy)]
enum RoleShare {
    Split(usize),
    Overlay(Rate),
}

impl Credits {
    /// Errors: a share that is not agreed, or none from 0 to 1.
    pub fn begin(terms: &Terms, context: &Context) -> Result<Self, Problem> {
        let periods = gather::periods(terms, context);
        let selection = Selection::of(terms.components.iter().map(|component| &component.products));
        let credited = |component: &Component| Credited {
            periods: vec![Sum::ZERO; periods.len()],
            sales: Vec::new(),
            back: Vec::new(),
            selectors: selection.bit(&component.products),
        };
        Ok(Credits {
            components: terms.components.iter().map(credited).collect(),
            places: Places::of(terms),
            share: Share::of(terms, context)?,
            recent: 0,
            periods,
        })
    }

    /// Errors: a row outside the periods, or of a role that the terms do not name; an amount beyond all bounds.
    pub fn push(&mut self, rows: &Rows<'_>, terms: &Terms, context: &Context) -> Result<(), Problem> {
        for row in rows.iter() {
            let period = self.period_of(&row)?;
            for (number, component) in terms.components.iter().enumerate() {
                let wanted = self.components[number].selectors;
                if gather::takes(component, row.kind()) && (wanted == EVERY_ROW || row.selectors() & wanted != 0) {
                    self.count(number, component, period, &row, terms, context)?;
                }
            }
        }
        Ok(())
    }

    fn period_of(&mut self, row: &Row<'_>) -> Result<usize, Problem> {
        let found = match self.periods.get(self.recent) {
            Some(recent) if recent.contains(row.date()) => Some(self.recent),
            _ => self.periods.iter().rposition(|period| period.contains(row.date())),
        };
        self.recent = found.ok_or_else(|| {
            let message = "a row lies in no period that these terms ask for";
            Problem::new("row-outside-periods", message).in_row(row.position())
        })?;
        Ok(self.recent)
    }

    fn count(
        &mut self,
        number: usize,
        component: &Component,
        period: usize,
        row: &Row<'_>,
        terms: &Terms,
        context: &Context,
    ) -> Result<(), Problem> {
        let measured = measured(component.measure, row)?;
        let eligible = self.is_eligible(component, measured, row, context);
        // A sale at a loss has a negative margin, and does not come back for that.
        let sign = match component.measure {
            Measure::Margin => row.net_amount(),
            _ => measured,
        };
        let comes_back = row.kind() == RowKind::Return || sign < Micros::ZERO;
        let waits = terms.clawback.is_some() && row.kind() != RowKind::Adjustment;
        if !eligible && !waits {
            return Ok(());
        }
        let credit = self.share.of_row(measured, row, self.places.role, context)?;
        let key = self.places.matched.and_then(|place| row.attribute(place));
        let credited = &mut self.components[number];
        if !waits {
            credited.periods[period].add(credit);
            return Ok(());
        }
        let line = Line {
            period: narrow(period),
            key: key.map_or(WITHOUT_KEY, narrow),
            date: row.date(),
            position: row.position(),
            credit,
            eligible,
        };
        if comes_back {
            credited.back.push(line);
        } else {
            credited.sales.push(line);
        }
        Ok(())
    }

    fn is_eligible(&self, component: &Component, measured: Micros, row: &Row<'_>, context: &Context) -> bool {
        let when = &component.when;
        let value = match component.measure {
            Measure::Deals => row.net_amount(),
            _ => measured,
        };
        let of_type = || {
            self.places.deal_type.is_some_and(|place| {
                let value = row
                    .attribute(place)
                    .and_then(|code| context.dictionaries.get(place)?.values.get(code));
                value.is_some_and(|value| when.deal_types.contains(value))
            })
        };
        when.from.is_none_or(|from| row.date() >= from.0)
            && when.until.is_none_or(|until| row.date() <= until.0)
            && when
                .at_least
                .is_none_or(|least| value.0.unsigned_abs() >= least.0.unsigned_abs())
            && (when.deal_types.is_empty() || of_type())
    }
}

/// The contract counts in 32 bits whatever a place is counted in here.
fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(WITHOUT_KEY)
}

/// What a row counts for. A deal is a whole one, and one that comes back takes a whole one away.
fn measured(measure: Measure, row: &Row<'_>) -> Result<Micros, Problem> {
    match measure {
        Measure::Net => Ok(row.net_amount()),
        Measure::Gross => Ok(row.gross_amount()),
        Measure::Margin => row.net_amount().minus(row.cost()),
        Measure::Units => Ok(row.quantity()),
        Measure::Deals if row.is(RowKind::Return) || row.net_amount() < Micros::ZERO => Ok(Micros::whole(-1)),
        Measure::Deals => Ok(Micros::whole(1)),
    }
}

impl Share {
    fn of(terms: &Terms, context: &Context) -> Result<Share, Problem> {
        match &terms.crediting {
            None => Ok(Share::Whole),
            Some(Crediting::Agreed(code)) => {
                let share = context.participant.agreed_amount(code)?.decimal();
                if share < Decimal::ZERO || share > Decimal::ONE {
                    let message =
                        format!("the figure `{code}` agreed with the participant is {share}: agree one from 0 to 1");
                    return Err(Problem::new("agreed-share", &message));
                }
                Ok(Share::Fixed(Rate::from_fraction(share)?))
            }
            Some(Crediting::Roles(roles)) => {
                let (mut shares, mut weights) = (Vec::new(), Vec::new());
                for role in roles {
                    let share = match role.counts {
                        RoleCounts::Split => {
                            weights.push(round(Micros::whole(1_000_000).times(role.share), 6, Rounding::HalfUp)?);
                            RoleShare::Split(weights.len() - 1)
                        }
                        RoleCounts::Overlay => RoleShare::Overlay(role.share),
                    };
                    shares.push((role.role.clone(), share));
                }
                Ok(Share::Roles(shares, weights))
            }
        }
    }

    /// The credits of all who split a sale sum to it: they are shared out by largest remainder, to the millionth. What comes back is
    /// shared out as the sale was.
    fn of_row(
        &self,
        measured: Micros,
        row: &Row<'_>,
        place: Option<usize>,
        context: &Context,
    ) -> Result<Micros, Problem> {
        match self {
            Share::Whole => Ok(measured),
            Share::Fixed(rate) => round(measured.times(*rate), 6, Rounding::HalfUp),
            Share::Roles(shares, weights) => {
                let named = place.and_then(|place| {
                    let code = row.attribute(place)?;
                    context.dictionaries.get(place)?.values.get(code)
                });
                let Some(role) = named else { return Ok(measured) };
                match shares.iter().find(|(name, _)| name == role) {
                    Some((_, RoleShare::Split(own))) => {
                        let magnitude = if measured < Micros::ZERO {
                            measured.negated()?
                        } else {
                            measured
                        };
                        let part = apportion(magnitude, weights, 6)?.nth(*own).unwrap_or_default();
                        if measured < Micros::ZERO {
                            part.negated()
                        } else {
                            Ok(part)
                        }
                    }
                    Some((_, RoleShare::Overlay(rate))) => round(measured.times(*rate), 6, Rounding::HalfUp),
                    None => {
                        let message =
                            format!("the terms name no role `{role}`: add it to `crediting`, or put the row right");
                        Err(Problem::new("role-unknown", &message).in_row(row.position()))
                    }
                }
            }
        }
    }
}
