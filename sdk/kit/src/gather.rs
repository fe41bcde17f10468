//! From a case to what a calculation is told: what a host does with a journal, on the rows of a file.

use std::collections::BTreeMap;

use domain::calculation::{
    AgreedFigure, Attribute, Context, Dictionary, Gathered, OpeningBalance, Participant, ProductEntry,
};
use domain::columns::{AttributeColumn, Columns, NO_VALUE};
use domain::day::Day;
use domain::money::Micros;
use domain::period::Period;
use domain::plugin::{Column, Descriptor, Plan, Window};
use domain::product::Product;
use domain::transaction::DateBasis;
use domain::{Error, Result};
use serde_json::Value;

use crate::case::{Case, Row};
use crate::with;

/// Gathers context and rows for a case by the plan that the plugin made of its terms.
///
/// Errors name the row or figure: one that lacks a date, a product or a measure that the plan needs.
pub fn gather(descriptor: &Descriptor, plan: &Plan, case: &Case) -> Result<(Context, Columns)> {
    let mut context = context(descriptor, plan, case)?;
    let rows = chosen(plan, case, &context)?;
    let columns = columns(plan, &rows, &mut context)?;
    Ok((context, columns))
}

/// Terms as the plugin gets them: JSON in the canonical form of RFC 8785.
pub fn canonical(terms: &Value) -> Result<String> {
    serde_json_canonicalizer::to_string(terms)
        .map_err(|error| Error::new(format!("the terms have no canonical form: {error}")))
}

/// A row that is sent.
struct Sent<'a> {
    position: u64,
    day: Day,
    selectors: u32,
    row: &'a Row,
    product: Option<&'a crate::case::Product>,
}

fn context(descriptor: &Descriptor, plan: &Plan, case: &Case) -> Result<Context> {
    let period = case.period.resolve(case.calendar).map_err(with("`period`"))?;
    let year = match &case.year {
        Some(year) => year.clone(),
        None => case.calendar.year_of(&period)?,
    };
    let gathered = plan
        .windows
        .iter()
        .map(|window| {
            Ok(Gathered {
                window: *window,
                periods: periods(case, *window, &period, &year)?,
            })
        })
        .collect::<Result<_>>()?;
    let attributes = case
        .participant
        .attributes
        .iter()
        .filter(|(name, _)| descriptor.profile_attributes.contains(name))
        .map(|(name, value)| Attribute {
            name: name.clone(),
            value: value.clone(),
        })
        .collect();
    let agreed = plan
        .agreed
        .iter()
        .map(|code| {
            let value = case.participant.agreed.get(code).ok_or_else(|| {
                Error::new(format!(
                    "the terms need the figure `{code}` agreed with the participant: add it to `participant.agreed`"
                ))
            })?;
            Ok((code, *value))
        })
        .collect::<Result<BTreeMap<_, _>>>()?;
    let opening = |code: &String| OpeningBalance {
        code: code.clone(),
        amount: case.opening_balances.get(code).copied().unwrap_or(Micros::ZERO),
    };
    Ok(Context {
        converted: None,
        program: "case".to_owned(),
        terms: canonical(&case.terms)?,
        participant: Participant {
            account: case.participant.account.clone(),
            attributes,
            enrolled_from: case.participant.enrolled_from,
            enrolled_until: case.participant.enrolled_until,
            agreed: agreed
                .into_iter()
                .map(|(code, value)| AgreedFigure {
                    code: code.clone(),
                    value,
                })
                .collect(),
        },
        period,
        year,
        gathered,
        currency: case.currency,
        opening_balances: plan.balances.iter().map(opening).collect(),
        products: Vec::new(),
        end_customers: Vec::new(),
        dictionaries: Vec::new(),
    })
}

fn periods(case: &Case, window: Window, period: &Period, year: &Period) -> Result<Vec<Period>> {
    if let Some(given) = case.gathered.get(&window.into()) {
        return given
            .iter()
            .map(|named| named.resolve(case.calendar).map_err(with("`gathered`")))
            .collect();
    }
    let began = case.program_from.unwrap_or(case.participant.enrolled_from);
    match window {
        Window::PreviousPeriod => Ok(vec![case.calendar.previous(period)?]),
        Window::SamePeriodLastYear => Ok(vec![case.calendar.same_last_year(period)?]),
        Window::YearToDate => case.calendar.earlier_since(year.start, period),
        Window::SinceStart => case.calendar.earlier_since(began, period),
    }
}

fn chosen<'a>(plan: &Plan, case: &'a Case, context: &Context) -> Result<Vec<Sent<'a>>> {
    let products: BTreeMap<&str, &crate::case::Product> =
        case.products.iter().map(|product| (&*product.sku, product)).collect();
    let mut chosen = Vec::new();
    for (place, row) in case.rows.iter().enumerate() {
        let number = place + 1;
        if !plan.kinds.contains(&row.kind) {
            continue;
        }
        let day = day(plan.dates_by, row).ok_or_else(|| {
            Error::new(format!(
                "row {number} has no date of the kind that the terms go by: add it to the row's `dates`"
            ))
        })?;
        if !context.periods().any(|period| period.contains(day)) {
            continue;
        }
        let product = match &row.product {
            None => None,
            Some(sku) => Some(*products.get(&**sku).ok_or_else(|| {
                Error::new(format!(
                    "row {number} names the product `{sku}`, which is not there: add it to `products`"
                ))
            })?),
        };
        let selectors = plan.selector_bits(product.map(as_domain).as_ref());
        if plan.sends(selectors) {
            chosen.push(Sent {
                position: number as u64,
                day,
                selectors,
                row,
                product,
            });
        }
    }
    chosen.sort_by_key(|sent| (sent.day, sent.position));
    Ok(chosen)
}

fn day(basis: DateBasis, row: &Row) -> Option<Day> {
    match basis {
        DateBasis::Transaction => Some(row.date),
        DateBasis::Order => row.dates.order,
        DateBasis::Ship => row.dates.ship,
        DateBasis::Invoice => row.dates.invoice,
        DateBasis::Payment => row.dates.payment,
        DateBasis::Scan => row.dates.scan,
    }
}

fn as_domain(product: &crate::case::Product) -> Product {
    Product {
        id: product.sku.clone().into(),
        ordinal: 0,
        sku: product.sku.clone(),
        name: product.sku.clone(),
        category: product.category.clone(),
        attributes: product.attributes.clone(),
    }
}

fn columns(plan: &Plan, rows: &[Sent<'_>], context: &mut Context) -> Result<Columns> {
    let mut columns = Columns {
        position: rows.iter().map(|sent| sent.position).collect(),
        date: rows.iter().map(|sent| sent.day.number()).collect(),
        kind: rows.iter().map(|sent| sent.row.kind as u8).collect(),
        selectors: rows.iter().map(|sent| sent.selectors).collect(),
        ..Columns::default()
    };
    for column in &plan.columns {
        let measure = |read: fn(&Row) -> Option<Micros>| -> Result<Vec<i64>> {
            rows.iter()
                .map(|sent| {
                    read(sent.row)
                        .map(|micros| micros.0)
                        .ok_or_else(|| lacks(sent, column.as_str()))
                })
                .collect()
        };
        match column {
            Column::Quantity => columns.quantity = measure(|row| row.quantity)?,
            Column::NetAmount => columns.net_amount = measure(|row| row.net_amount)?,
            Column::GrossAmount => columns.gross_amount = measure(|row| row.gross_amount)?,
            Column::Cost => columns.cost = measure(|row| row.cost)?,
            Column::ListPrice => columns.list_price = measure(|row| row.list_price)?,
            Column::Product => {
                let mut dictionary = Codes::default();
                for sent in rows {
                    let product = sent.product.ok_or_else(|| lacks(sent, "product"))?;
                    columns.product.push(dictionary.code(&product.sku));
                }
                let entry = |sku: String| {
                    let product = rows
                        .iter()
                        .filter_map(|sent| sent.product)
                        .find(|product| product.sku == sku);
                    ProductEntry {
                        category: product.map(|product| product.category.clone()).unwrap_or_default(),
                        attributes: product
                            .iter()
                            .flat_map(|product| &product.attributes)
                            .map(attribute)
                            .collect(),
                        sku,
                    }
                };
                context.products = dictionary.values.into_iter().map(entry).collect();
            }
            Column::EndCustomer => {
                let mut dictionary = Codes::default();
                for sent in rows {
                    let customer = sent
                        .row
                        .end_customer
                        .as_ref()
                        .ok_or_else(|| lacks(sent, "end-customer"))?;
                    columns.end_customer.push(dictionary.code(customer));
                }
                context.end_customers = dictionary.values;
            }
        }
    }
    for name in &plan.attributes {
        let mut dictionary = Codes::default();
        let code = |sent: &Sent<'_>| {
            sent.row
                .attributes
                .get(name)
                .map_or(NO_VALUE, |value| dictionary.code(value))
        };
        columns.attributes.push(AttributeColumn {
            name: name.clone(),
            codes: rows.iter().map(code).collect(),
        });
        context.dictionaries.push(Dictionary {
            name: name.clone(),
            values: dictionary.values,
        });
    }
    Ok(columns)
}

fn attribute((name, value): (&String, &String)) -> Attribute {
    Attribute {
        name: name.clone(),
        value: value.clone(),
    }
}

fn lacks(sent: &Sent<'_>, column: &str) -> Error {
    Error::new(format!(
        "row {} has no `{column}`, which these terms need: add it to the row",
        sent.position
    ))
}

/// Numbers for texts, in the order in which they first occur.
#[derive(Default)]
struct Codes {
    values: Vec<String>,
}

impl Codes {
    fn code(&mut self, value: &str) -> u32 {
        let place = self.values.iter().position(|known| known == value).unwrap_or_else(|| {
            self.values.push(value.to_owned());
            self.values.len() - 1
        });
        u32::try_from(place).expect("a case has fewer rows than codes")
    }
}
