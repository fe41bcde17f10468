//! A plugin asked natively, in the host's words.

mod claims;

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::calculation as host;
use domain::columns::ColumnSlice;
use domain::day::Day;
use domain::plugin;
use gtm_kit::{Failure, Subject};

use crate::bindings::exports::gtm::program::adjudication;
use crate::bindings::exports::gtm::program::descriptor::Guest;
use crate::bindings::gtm::program::types::Decimal as Wire;
use crate::component::{Calculation, Component};
use crate::context::{exact, wire};
use crate::{
    Adjudicate, AgreedFigure, Attribute, AttributeColumn, Batch, Citations, Claim, Column, Context, DateBasis,
    Decision, Dictionary, Evidence, Figure, Gathered, Measure, Milestone, OpeningBalance, Outcome, Participant, Period,
    Plan, Problem, Product, ProductTest, Program, ProgramKind, RowKind, Rows, Side, Step, Transfer, Window,
};

/// A program as the kit tries it: the type itself, called as the component would be, with the same copies of the rows. A panic is
/// what a trap would be.
///
/// ```
/// # use gtm_sdk::*;
/// # struct Free;
/// # #[derive(Deserialize, JsonSchema)]
/// # struct Terms {}
/// # impl Program for Free {
/// #     type Terms = Terms;
/// #     const TERMS_SCHEMA: &str = "{}";
/// #     fn describe() -> Description { Description::new("example/free", "Free", ProgramKind::Rebate) }
/// #     fn plan(_: &Terms) -> Result<Plan, Vec<Problem>> { Ok(Plan::new([RowKind::Sale])) }
/// #     fn start(_: Context, _: Terms) -> Result<Self, Problem> { Ok(Free) }
/// #     fn push(&mut self, _: &Rows<'_>) -> Result<(), Problem> { Ok(()) }
/// #     fn finish(self) -> Result<Outcome, Problem> { Ok(Outcome::default()) }
/// # }
/// use gtm_kit::{Case, run_case};
/// use gtm_sdk::testing::Native;
///
/// let case = Case::parse(r#"{ "title": "free", "source": "none", "terms": {}, "period": "2011-Q1", "expect": {} }"#)?;
/// assert!(run_case(&Native::<Free>::new(), &case)?.passed());
/// # Ok::<(), domain::Error>(())
/// ```
#[derive(Debug)]
pub struct Native<P> {
    /// A program answers through its own functions; only whether it rules on claims is not known of every program.
    adjudicate: Option<Ask>,
    program: PhantomData<P>,
}

type Ask = fn(Context, Evidence, Claim) -> Result<Decision, Problem>;

impl<P: Program> Native<P> {
    #[allow(clippy::new_without_default, reason = "one way to make one is enough")]
    pub fn new() -> Self {
        Native {
            adjudicate: None,
            program: PhantomData,
        }
    }
}

impl<P: Adjudicate> Native<P> {
    /// One that is asked to rule on claims too.
    pub fn with_claims() -> Self {
        Native {
            adjudicate: Some(<Component<P> as adjudication::Guest>::adjudicate),
            program: PhantomData,
        }
    }
}

impl<P: Program> Subject for Native<P> {
    fn describe(&self) -> Result<plugin::Descriptor, Failure> {
        let descriptor = unbroken(<Component<P> as Guest>::describe)?;
        Ok(plugin::Descriptor {
            id: descriptor.id,
            title: descriptor.title,
            vendor: descriptor.vendor,
            version: descriptor.version,
            kind: match descriptor.kind {
                ProgramKind::Rebate => plugin::ProgramKind::Rebate,
                ProgramKind::MarketDevelopment => plugin::ProgramKind::MarketDevelopment,
                ProgramKind::Billback => plugin::ProgramKind::Billback,
                ProgramKind::Chargeback => plugin::ProgramKind::Chargeback,
                ProgramKind::Royalty => plugin::ProgramKind::Royalty,
                ProgramKind::Loyalty => plugin::ProgramKind::Loyalty,
                ProgramKind::Incentive => plugin::ProgramKind::Incentive,
            },
            columns: descriptor.columns.into_iter().map(column).collect(),
            profile_attributes: descriptor.profile_attributes,
            transaction_attributes: descriptor.transaction_attributes,
            balances: descriptor
                .balances
                .into_iter()
                .map(|balance| plugin::Balance {
                    code: balance.code,
                    title: balance.title,
                    unit: balance.unit,
                    side: match balance.side {
                        Side::Debit => plugin::Side::Debit,
                        Side::Credit => plugin::Side::Credit,
                    },
                })
                .collect(),
            terms_schema: descriptor.terms_schema,
            claims: descriptor.claims.map(claims::handling),
            messages: descriptor
                .messages
                .into_iter()
                .map(|message| plugin::Message {
                    id: message.id,
                    text: message.text,
                })
                .collect(),
            order_independent: descriptor.order_independent,
        })
    }

    fn plan(&self, terms: &str) -> Result<plugin::Plan, Failure> {
        let plan = unbroken(|| <Component<P> as Guest>::plan_for(terms.to_owned()))?;
        plan.map(host_plan)
            .map_err(|problems| Failure::Problems(problems.into_iter().map(problem).collect()))
    }

    fn calculate(
        &self,
        context: &host::Context,
        rows: &ColumnSlice<'_>,
        batch_rows: usize,
    ) -> Result<host::Outcome, Failure> {
        let context = guest_context(context)?;
        let answer = unbroken(|| -> Result<Outcome, Problem> {
            let calculation = Calculation::<P>::begin(context);
            let mut start = 0;
            while start < rows.len() {
                let end = rows.len().min(start + batch_rows.max(1));
                let batch = batch(&rows.rows(start, end));
                calculation.take(&Rows::from(&batch))?;
                start = end;
            }
            calculation.answer()
        })?;
        answer
            .map_err(|refused| Failure::Problems(vec![problem(refused)]))
            .and_then(outcome)
    }

    fn adjudicate(
        &self,
        context: &host::Context,
        evidence: &domain::adjudication::Evidence,
        claim: &domain::adjudication::Claim,
    ) -> Result<domain::adjudication::Decision, Failure> {
        let Some(adjudicate) = self.adjudicate else {
            return Err(Failure::Broken(
                "it does not rule on claims: make it with `Native::with_claims`".to_owned(),
            ));
        };
        let (context, evidence, claim) = (
            guest_context(context)?,
            claims::evidence(evidence),
            claims::claim(claim),
        );
        unbroken(|| adjudicate(context, evidence, claim))?
            .map_err(|refused| Failure::Problems(vec![problem(refused)]))
            .and_then(claims::decision)
    }
}

/// Runs plugin code; a panic becomes what the kit calls broken.
fn unbroken<T>(run: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Failure::Broken(text.unwrap_or_else(|| "a panic without a message".to_owned()))
    })
}

fn batch(rows: &ColumnSlice<'_>) -> Batch {
    Batch {
        position: rows.position.to_vec(),
        date: rows.date.to_vec(),
        kind: rows.kind.to_vec(),
        selectors: rows.selectors.to_vec(),
        product: rows.product.to_vec(),
        quantity: rows.quantity.to_vec(),
        net_amount: rows.net_amount.to_vec(),
        gross_amount: rows.gross_amount.to_vec(),
        cost: rows.cost.to_vec(),
        list_price: rows.list_price.to_vec(),
        end_customer: rows.end_customer.to_vec(),
        attributes: rows
            .attributes
            .iter()
            .map(|(name, codes)| AttributeColumn {
                name: (*name).to_owned(),
                codes: codes.to_vec(),
            })
            .collect(),
    }
}

fn guest_context(context: &host::Context) -> Result<Context, Failure> {
    let refuse = |problem: Problem| Failure::Broken(problem.message);
    let participant = &context.participant;
    Ok(Context {
        program: context.program.clone(),
        terms: context.terms.clone(),
        participant: Participant {
            account: participant.account.clone(),
            attributes: attributes(&participant.attributes),
            enrolled_from: participant.enrolled_from.number(),
            enrolled_until: participant.enrolled_until.map(Day::number),
            agreed: participant
                .agreed
                .iter()
                .map(|figure| {
                    Ok(AgreedFigure {
                        code: figure.code.clone(),
                        value: wire(figure.value).map_err(refuse)?,
                    })
                })
                .collect::<Result<_, Failure>>()?,
        },
        period: period(&context.period),
        year: period(&context.year),
        gathered: context
            .gathered
            .iter()
            .map(|gathered| Gathered {
                window: match gathered.window {
                    plugin::Window::PreviousPeriod => Window::PreviousPeriod,
                    plugin::Window::SamePeriodLastYear => Window::SamePeriodLastYear,
                    plugin::Window::YearToDate => Window::YearToDate,
                    plugin::Window::SinceStart => Window::SinceStart,
                },
                periods: gathered.periods.iter().map(period).collect(),
            })
            .collect(),
        currency: context.currency.code().to_owned(),
        currency_digits: context.currency.digits(),
        opening_balances: context
            .opening_balances
            .iter()
            .map(|balance| OpeningBalance {
                code: balance.code.clone(),
                amount: balance.amount.0,
            })
            .collect(),
        products: context
            .products
            .iter()
            .map(|product| Product {
                sku: product.sku.clone(),
                category: product.category.clone(),
                attributes: attributes(&product.attributes),
            })
            .collect(),
        end_customers: context.end_customers.clone(),
        dictionaries: context
            .dictionaries
            .iter()
            .map(|dictionary| Dictionary {
                name: dictionary.name.clone(),
                values: dictionary.values.clone(),
            })
            .collect(),
    })
}

fn attributes(attributes: &[host::Attribute]) -> Vec<Attribute> {
    attributes
        .iter()
        .map(|attribute| Attribute {
            name: attribute.name.clone(),
            value: attribute.value.clone(),
        })
        .collect()
}

fn period(period: &domain::period::Period) -> Period {
    Period {
        label: period.label.clone(),
        start: period.start.number(),
        end: period.end.number(),
    }
}

fn column(column: Column) -> plugin::Column {
    match column {
        Column::Quantity => plugin::Column::Quantity,
        Column::NetAmount => plugin::Column::NetAmount,
        Column::GrossAmount => plugin::Column::GrossAmount,
        Column::Cost => plugin::Column::Cost,
        Column::ListPrice => plugin::Column::ListPrice,
        Column::Product => plugin::Column::Product,
        Column::EndCustomer => plugin::Column::EndCustomer,
    }
}

fn host_plan(plan: Plan) -> plugin::Plan {
    use domain::transaction;
    let tests = |tests: Vec<ProductTest>| {
        let test = |test| match test {
            ProductTest::Category(path) => plugin::ProductTest::Category(path),
            ProductTest::Sku(sku) => plugin::ProductTest::Sku(sku),
            ProductTest::Attribute((name, value)) => plugin::ProductTest::Attribute(name, value),
        };
        tests.into_iter().map(test).collect()
    };
    plugin::Plan {
        kinds: plan
            .kinds
            .into_iter()
            .map(|kind| match kind {
                RowKind::Sale => transaction::RowKind::Sale,
                RowKind::Return => transaction::RowKind::Return,
                RowKind::Order => transaction::RowKind::Order,
                RowKind::Adjustment => transaction::RowKind::Adjustment,
                RowKind::Usage => transaction::RowKind::Usage,
                RowKind::PointOfSale => transaction::RowKind::PointOfSale,
                RowKind::Redemption => transaction::RowKind::Redemption,
                RowKind::Inventory => transaction::RowKind::Inventory,
            })
            .collect(),
        dates_by: match plan.dates_by {
            DateBasis::Transaction => transaction::DateBasis::Transaction,
            DateBasis::Order => transaction::DateBasis::Order,
            DateBasis::Ship => transaction::DateBasis::Ship,
            DateBasis::Invoice => transaction::DateBasis::Invoice,
            DateBasis::Payment => transaction::DateBasis::Payment,
            DateBasis::Scan => transaction::DateBasis::Scan,
        },
        windows: plan
            .windows
            .into_iter()
            .map(|window| match window {
                Window::PreviousPeriod => plugin::Window::PreviousPeriod,
                Window::SamePeriodLastYear => plugin::Window::SamePeriodLastYear,
                Window::YearToDate => plugin::Window::YearToDate,
                Window::SinceStart => plugin::Window::SinceStart,
            })
            .collect(),
        roll_up_levels: plan.roll_up_levels,
        columns: plan.columns.into_iter().map(column).collect(),
        attributes: plan.attributes,
        selectors: plan
            .selectors
            .into_iter()
            .map(|selector| plugin::Selector {
                name: selector.name,
                include: tests(selector.include),
                exclude: tests(selector.exclude),
            })
            .collect(),
        agreed: plan.agreed,
        balances: plan.balances,
        agreements: plan.agreements,
        inventory: plan.inventory,
    }
}

fn problem(problem: Problem) -> host::Problem {
    host::Problem {
        code: problem.code,
        message: problem.message,
        path: problem.path,
        row: problem.row,
    }
}

fn outcome(outcome: Outcome) -> Result<host::Outcome, Failure> {
    Ok(host::Outcome {
        transfers: outcome.transfers.into_iter().map(transfer).collect::<Result<_, _>>()?,
        milestones: outcome
            .milestones
            .into_iter()
            .map(milestone)
            .collect::<Result<_, _>>()?,
        steps: outcome.steps.into_iter().map(step).collect::<Result<_, _>>()?,
    })
}

fn transfer(transfer: Transfer) -> Result<host::Transfer, Failure> {
    let decimal = |value: Option<Wire>| value.map(exact);
    Ok(host::Transfer {
        rule: transfer.rule,
        debit: transfer.debit,
        credit: transfer.credit,
        amount: domain::money::Micros(transfer.amount),
        unit: transfer.unit,
        effective: day(transfer.effective)?,
        expires: transfer.expires.map(day).transpose()?,
        basis: decimal(transfer.basis),
        rate: decimal(transfer.rate),
        citations: match transfer.citations {
            Citations::All => host::Citations::All,
            Citations::Selected(bits) => host::Citations::Selected(bits),
            Citations::Positions(positions) => host::Citations::Positions(positions),
        },
    })
}

fn milestone(milestone: Milestone) -> Result<host::Milestone, Failure> {
    Ok(host::Milestone {
        rule: milestone.rule,
        message: milestone.message,
        figures: milestone.figures.into_iter().map(figure).collect::<Result<_, _>>()?,
        measure: match milestone.measure {
            Measure::Money => host::Measure::Money,
            Measure::Quantity => host::Measure::Quantity,
            Measure::Rate => host::Measure::Rate,
        },
        reached: domain::money::Micros(milestone.reached),
        target: domain::money::Micros(milestone.target),
        worth: milestone.worth.map(domain::money::Micros),
    })
}

fn step(step: Step) -> Result<host::Step, Failure> {
    Ok(host::Step {
        rule: step.rule,
        message: step.message,
        figures: step.figures.into_iter().map(figure).collect::<Result<_, _>>()?,
        amount: step.amount.map(domain::money::Micros),
    })
}

fn figure(figure: Figure) -> Result<host::Figure, Failure> {
    Ok(match figure {
        Figure::Money(micros) => host::Figure::Money(domain::money::Micros(micros)),
        Figure::Quantity(micros) => host::Figure::Quantity(domain::money::Micros(micros)),
        Figure::Rate(rate) => host::Figure::Rate(exact(rate)),
        Figure::Number(number) => host::Figure::Number(exact(number)),
        Figure::Count(count) => host::Figure::Count(count),
        Figure::Day(number) => host::Figure::Day(day(number)?),
        Figure::Text(text) => host::Figure::Text(text),
    })
}

fn day(number: i32) -> Result<Day, Failure> {
    Day::new(number).map_err(|error| Failure::Broken(error.to_string()))
}
