//! Between the words of the host and those of the contract, in both directions, in this one place. What comes from a plugin is
//! held within its bounds on the way.

mod claims;

use domain::calculation::{self as host, Citations, Context, Figure, Measure, Outcome, Participant, Problem};
use domain::day::Day;
use domain::money::Micros;
use domain::period::Period;
use domain::plugin::{
    Balance, ClaimHandling, Column, Descriptor, Message, Plan, ProductTest, ProgramKind, Selector, Side, Window,
};
use domain::transaction::{DateBasis, RowKind};
use rust_decimal::Decimal;

use crate::bindings::{calculation, descriptor as plugin, explanation, facts, types};
use crate::failure::{Failure, Name};
use crate::limits::Limits;

pub(crate) use claims::{decision, with_claim, with_evidence};

/// Calls with the context as the contract has it, borrowed from the host's.
pub(crate) fn with_context<R>(context: &Context, call: impl FnOnce(facts::Context<'_>) -> R) -> Result<R, String> {
    let periods: Vec<Vec<_>> = context
        .gathered
        .iter()
        .map(|gathered| gathered.periods.iter().map(period).collect())
        .collect();
    let gathered: Vec<_> = context
        .gathered
        .iter()
        .zip(&periods)
        .map(|(gathered, periods)| facts::Gathered {
            window: window_to_guest(gathered.window),
            periods,
        })
        .collect();
    let opening_balances: Vec<_> = context
        .opening_balances
        .iter()
        .map(|balance| facts::OpeningBalance {
            code: &balance.code,
            amount: balance.amount.0,
        })
        .collect();
    // One list for the attributes of all products: a list for each would be an allocation for each.
    let of_products: Vec<_> = context
        .products
        .iter()
        .flat_map(|product| &product.attributes)
        .map(attribute)
        .collect();
    let mut rest = &of_products[..];
    let products: Vec<_> = context
        .products
        .iter()
        .map(|product| {
            let (attributes, others) = rest.split_at(product.attributes.len());
            rest = others;
            facts::Product {
                sku: &product.sku,
                category: &product.category,
                attributes,
            }
        })
        .collect();
    let end_customers: Vec<&str> = context.end_customers.iter().map(String::as_str).collect();
    let values: Vec<Vec<&str>> = context
        .dictionaries
        .iter()
        .map(|dictionary| dictionary.values.iter().map(String::as_str).collect())
        .collect();
    let dictionaries: Vec<_> = context
        .dictionaries
        .iter()
        .zip(&values)
        .map(|(dictionary, values)| facts::Dictionary {
            name: &dictionary.name,
            values,
        })
        .collect();
    with_participant(&context.participant, |participant| {
        call(facts::Context {
            program: &context.program,
            terms: &context.terms,
            participant,
            period: period(&context.period),
            year: period(&context.year),
            gathered: &gathered,
            currency: context.currency.code(),
            currency_digits: context.currency.digits(),
            opening_balances: &opening_balances,
            products: &products,
            end_customers: &end_customers,
            dictionaries: &dictionaries,
        })
    })
}

pub(crate) fn with_participant<R>(
    participant: &Participant,
    call: impl FnOnce(types::Participant<'_>) -> R,
) -> Result<R, String> {
    let attributes: Vec<_> = participant.attributes.iter().map(attribute).collect();
    let agreed = participant
        .agreed
        .iter()
        .map(|figure| match i64::try_from(figure.value.mantissa()) {
            Ok(coefficient) => {
                let value = types::Decimal { coefficient, scale: figure.value.scale() as u8 };
                Ok(types::AgreedFigure { code: &figure.code, value })
            }
            Err(_) => Err(format!(
                "the figure `{}` agreed with account `{}` is {}, which has too many digits for a calculation: write it with at most 18",
                figure.code, participant.account, figure.value
            )),
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(call(types::Participant {
        account: &participant.account,
        attributes: &attributes,
        enrolled_from: participant.enrolled_from.number(),
        enrolled_until: participant.enrolled_until.map(Day::number),
        agreed: &agreed,
    }))
}

fn attribute(attribute: &host::Attribute) -> types::Attribute<'_> {
    types::Attribute {
        name: &attribute.name,
        value: &attribute.value,
    }
}

fn period(period: &Period) -> types::Period<'_> {
    types::Period {
        label: &period.label,
        start: period.start.number(),
        end: period.end.number(),
    }
}

/// What an answer may amount to.
pub(crate) struct Bounds {
    transfers: u64,
    milestones: u64,
    steps: u64,
    string_bytes: u64,
}

impl Bounds {
    pub fn new(limits: &Limits, rows: u64) -> Self {
        Self {
            transfers: limits.transfers.of(rows),
            milestones: limits.milestones.of(rows),
            steps: limits.steps.of(rows),
            string_bytes: limits.string_bytes,
        }
    }

    fn text(&self, text: String) -> Result<String, Unfit> {
        count("bytes in one string of the answer", text.len(), self.string_bytes).map(|()| text)
    }
}

/// Why an answer is not one of the host's.
pub(crate) enum Unfit {
    Over {
        what: &'static str,
        limit: u64,
    },
    /// Which rule, and what is wrong.
    Rule(String, String),
}

impl Unfit {
    pub fn of(self, name: &Name) -> Failure {
        match self {
            Unfit::Over { what, limit } => Failure::LimitExceeded { what, limit },
            Unfit::Rule(rule, wrong) => Failure::Proposal(format!("{name}, rule `{rule}`: {wrong}")),
        }
    }
}

fn count(what: &'static str, found: usize, limit: u64) -> Result<(), Unfit> {
    if found as u64 > limit {
        Err(Unfit::Over { what, limit })
    } else {
        Ok(())
    }
}

pub(crate) fn outcome(answer: calculation::Outcome, bounds: &Bounds) -> Result<Outcome, Unfit> {
    count("transfers", answer.transfers.len(), bounds.transfers)?;
    count("milestones", answer.milestones.len(), bounds.milestones)?;
    count("steps", answer.steps.len(), bounds.steps)?;
    Ok(Outcome {
        transfers: answer
            .transfers
            .into_iter()
            .map(|answer| transfer(answer, bounds))
            .collect::<Result<_, _>>()?,
        milestones: answer
            .milestones
            .into_iter()
            .map(|answer| milestone(answer, bounds))
            .collect::<Result<_, _>>()?,
        steps: answer
            .steps
            .into_iter()
            .map(|answer| step(answer, bounds))
            .collect::<Result<_, _>>()?,
    })
}

fn transfer(answer: calculation::Transfer, bounds: &Bounds) -> Result<host::Transfer, Unfit> {
    let rule = bounds.text(answer.rule)?;
    Ok(host::Transfer {
        debit: bounds.text(answer.debit)?,
        credit: bounds.text(answer.credit)?,
        amount: Micros(answer.amount),
        unit: bounds.text(answer.unit)?,
        effective: day(answer.effective, &rule)?,
        expires: answer.expires.map(|expires| day(expires, &rule)).transpose()?,
        basis: answer.basis.map(|basis| decimal(basis, &rule)).transpose()?,
        rate: answer.rate.map(|rate| decimal(rate, &rule)).transpose()?,
        citations: match answer.citations {
            calculation::Citations::All => Citations::All,
            calculation::Citations::Selected(bits) => Citations::Selected(bits),
            calculation::Citations::Positions(positions) => Citations::Positions(positions),
        },
        rule,
    })
}

fn milestone(answer: calculation::Milestone, bounds: &Bounds) -> Result<host::Milestone, Unfit> {
    let rule = bounds.text(answer.rule)?;
    Ok(host::Milestone {
        message: answer.message,
        figures: figures(answer.figures, &rule, bounds)?,
        measure: match answer.measure {
            calculation::Measure::Money => Measure::Money,
            calculation::Measure::Quantity => Measure::Quantity,
            calculation::Measure::Rate => Measure::Rate,
        },
        reached: Micros(answer.reached),
        target: Micros(answer.target),
        worth: answer.worth.map(Micros),
        rule,
    })
}

fn step(answer: explanation::Step, bounds: &Bounds) -> Result<host::Step, Unfit> {
    let rule = bounds.text(answer.rule)?;
    Ok(host::Step {
        message: answer.message,
        figures: figures(answer.figures, &rule, bounds)?,
        amount: answer.amount.map(Micros),
        rule,
    })
}

fn figures(figures: Vec<explanation::Figure>, rule: &str, bounds: &Bounds) -> Result<Vec<Figure>, Unfit> {
    let figure = |figure| {
        Ok(match figure {
            explanation::Figure::Money(micros) => Figure::Money(Micros(micros)),
            explanation::Figure::Quantity(micros) => Figure::Quantity(Micros(micros)),
            explanation::Figure::Rate(rate) => Figure::Rate(decimal(rate, rule)?),
            explanation::Figure::Number(number) => Figure::Number(decimal(number, rule)?),
            explanation::Figure::Count(count) => Figure::Count(count),
            explanation::Figure::Day(number) => Figure::Day(day(number, rule)?),
            explanation::Figure::Text(text) => Figure::Text(bounds.text(text)?),
        })
    };
    figures.into_iter().map(figure).collect()
}

fn day(number: i32, rule: &str) -> Result<Day, Unfit> {
    Day::new(number).map_err(|e| Unfit::Rule(rule.to_owned(), e.to_string()))
}

fn decimal(decimal: types::Decimal, rule: &str) -> Result<Decimal, Unfit> {
    Decimal::try_from_i128_with_scale(decimal.coefficient.into(), decimal.scale.into()).map_err(|_| {
        Unfit::Rule(
            rule.to_owned(),
            format!("a decimal has {} places; at most 28 are kept", decimal.scale),
        )
    })
}

pub(crate) fn problem(problem: types::Problem) -> Problem {
    Problem {
        code: problem.code,
        message: problem.message,
        path: problem.path,
        row: problem.row,
    }
}

pub(crate) fn descriptor(descriptor: plugin::Descriptor) -> Descriptor {
    let balance = |balance: plugin::Balance| Balance {
        code: balance.code,
        title: balance.title,
        unit: balance.unit,
        side: match balance.side {
            plugin::Side::Debit => Side::Debit,
            plugin::Side::Credit => Side::Credit,
        },
    };
    Descriptor {
        id: descriptor.id,
        title: descriptor.title,
        vendor: descriptor.vendor,
        version: descriptor.version,
        kind: program_kind(descriptor.kind),
        columns: descriptor.columns.into_iter().map(column).collect(),
        profile_attributes: descriptor.profile_attributes,
        transaction_attributes: descriptor.transaction_attributes,
        balances: descriptor.balances.into_iter().map(balance).collect(),
        terms_schema: descriptor.terms_schema,
        claims: descriptor.claims.map(|handling| ClaimHandling {
            claim_schema: handling.claim_schema,
            request_schema: handling.request_schema,
            line_key: handling.line_key,
            from: handling.from,
            committed: handling.committed,
            to: handling.to,
            written_off: handling.written_off,
        }),
        messages: descriptor
            .messages
            .into_iter()
            .map(|message| Message {
                id: message.id,
                text: message.text,
            })
            .collect(),
        order_independent: descriptor.order_independent,
    }
}

pub(crate) fn plan(plan: plugin::Plan) -> Plan {
    let selector = |selector: plugin::Selector| Selector {
        name: selector.name,
        include: selector.include.into_iter().map(product_test).collect(),
        exclude: selector.exclude.into_iter().map(product_test).collect(),
    };
    Plan {
        kinds: plan.kinds.into_iter().map(row_kind).collect(),
        dates_by: date_basis(plan.dates_by),
        windows: plan.windows.into_iter().map(window_from_guest).collect(),
        roll_up_levels: plan.roll_up_levels,
        columns: plan.columns.into_iter().map(column).collect(),
        attributes: plan.attributes,
        selectors: plan.selectors.into_iter().map(selector).collect(),
        agreed: plan.agreed,
        balances: plan.balances,
        agreements: plan.agreements,
        inventory: plan.inventory,
    }
}

fn product_test(test: plugin::ProductTest) -> ProductTest {
    match test {
        plugin::ProductTest::Category(path) => ProductTest::Category(path),
        plugin::ProductTest::Sku(sku) => ProductTest::Sku(sku),
        plugin::ProductTest::Attribute((name, value)) => ProductTest::Attribute(name, value),
    }
}

/// A function from one enum to another that has the same names.
macro_rules! same_names {
    ($function:ident: $from:ty => $to:ty { $($name:ident)* }) => {
        fn $function(value: $from) -> $to {
            match value {
                $( <$from>::$name => <$to>::$name, )*
            }
        }
    };
}

same_names!(window_to_guest: Window => facts::Window { PreviousPeriod SamePeriodLastYear YearToDate SinceStart });
same_names!(window_from_guest: facts::Window => Window { PreviousPeriod SamePeriodLastYear YearToDate SinceStart });
same_names!(column: types::Column => Column { Quantity NetAmount GrossAmount Cost ListPrice Product EndCustomer });
same_names!(row_kind: types::RowKind => RowKind {
    Sale Return Order Adjustment Usage PointOfSale Redemption Inventory
});
same_names!(date_basis: plugin::DateBasis => DateBasis { Transaction Order Ship Invoice Payment Scan });
same_names!(program_kind: types::ProgramKind => ProgramKind {
    Rebate MarketDevelopment Billback Chargeback Royalty Loyalty Incentive
});
