//! What was sold, day by day, what came back, what arrived late and what was wrong.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::accounts::Customer;
use super::chance::Chance;
use super::products::{Article, euros};
use super::{CURRENCY, Size};

const COLUMNS: [&str; 14] = [
    "key",
    "kind",
    "account",
    "product",
    "end_customer",
    "date",
    "currency",
    "quantity",
    "net_amount",
    "gross_amount",
    "cost",
    "list_price",
    "corrects",
    "original",
];
/// How much of the year each month sells, January first.
const SEASON: [i64; 12] = [78, 76, 92, 94, 98, 96, 84, 76, 104, 118, 140, 136];
/// Percent of the first year.
const SECOND_YEAR: i64 = 109;
const MEMORY: &str = "memory can be written, and lines are as long as their header";

/// One line of an invoice; amounts in cents. Quantities of returns are negative.
#[derive(Clone, Debug)]
struct Line {
    key: String,
    kind: &'static str,
    account: String,
    product: String,
    end_customer: String,
    date: NaiveDate,
    quantity: i64,
    /// Of one unit, as are the two below.
    price: i64,
    list_price: i64,
    cost: i64,
    corrects: String,
    /// The key of the line that a return gives back.
    original: String,
}

/// The lines that arrive in time, and those that arrive late, as CSV.
pub fn sales(chance: &mut Chance, size: Size, customers: &[Customer], articles: &[Article]) -> (String, String) {
    // An invoice has five lines and a half on average, and one line in twenty-five comes back.
    let invoices = match size {
        Size::Full => 7_000,
        Size::Small => 700,
    };
    let first = NaiveDate::from_ymd_opt(2024, 1, 1).expect("a day of the calendar");
    let days: Vec<NaiveDate> = first.iter_days().take_while(|day| day.year() < 2026).collect();
    let whole: i64 = days.iter().map(|day| share(*day)).sum();
    let (mut in_time, mut late, mut coming_back) = (Vec::new(), Vec::new(), BTreeMap::<NaiveDate, Vec<Line>>::new());
    let (mut passed, mut written) = (0, 0);
    for day in days {
        in_time.extend(coming_back.remove(&day).unwrap_or_default());
        passed += share(day);
        while written < invoices * passed / whole {
            written += 1;
            let customer = chance.weighted(customers, |customer| customer.weight);
            let lines = invoice(
                chance,
                &format!("{:02}-{written:05}", day.year() % 100),
                day,
                customer,
                articles,
            );
            // Some branches report when the quarter is closed.
            if day.year() == 2025 && chance.in_thousand(12) {
                late.extend(lines);
                continue;
            }
            for line in &lines {
                if chance.in_thousand(40)
                    && let Some(date) = day.checked_add_days(Days::new(chance.between(3, 40) as u64))
                {
                    let quantity = -chance.between(1, line.quantity);
                    let given_back = Line {
                        key: format!("R{}", line.key),
                        kind: "return",
                        date,
                        quantity,
                        original: line.key.clone(),
                        ..line.clone()
                    };
                    coming_back.entry(date).or_default().push(given_back);
                }
            }
            in_time.extend(lines);
        }
    }
    let mut corrections = Vec::new();
    for line in in_time
        .iter()
        .filter(|line| line.date.year() == 2025 && line.kind == "sale")
    {
        if chance.in_thousand(3) {
            // Counted wrong: one to three more or fewer, and never none.
            let quantity = (line.quantity + chance.between(1, 3) * [1, -1][chance.between(0, 1) as usize]).max(1);
            let quantity = if quantity == line.quantity {
                quantity + 1
            } else {
                quantity
            };
            corrections.push(Line {
                key: format!("K{}", line.key),
                quantity,
                corrects: line.key.clone(),
                ..line.clone()
            });
        }
    }
    late.extend(corrections);
    (written_out(&in_time), written_out(&late))
}

/// The day's part of the two years: none at the weekend, at Christmas and on New Year's Day.
fn share(day: NaiveDate) -> i64 {
    let season = match (day.weekday(), day.month(), day.day()) {
        (Weekday::Sat | Weekday::Sun, ..) | (_, 1, 1) | (_, 12, 25 | 26) => 0,
        _ => SEASON[day.month0() as usize],
    };
    season * if day.year() == 2025 { SECOND_YEAR } else { 100 }
}

fn invoice(chance: &mut Chance, number: &str, day: NaiveDate, customer: &Customer, articles: &[Article]) -> Vec<Line> {
    // Distributors have two in five invoices delivered to a reseller.
    let end_customer = match customer.delivers_to.is_empty() || !chance.in_thousand(400) {
        true => String::new(),
        false => chance.one_of(&customer.delivers_to).clone(),
    };
    (1..=chance.between(1, 10))
        .map(|place| {
            let article = chance.weighted(articles, |article| article.weight);
            // Prices rise by three percent in the second year, to whole ten cents.
            let list_price = if day.year() == 2025 {
                article.list_price * 103 / 1_000 * 10
            } else {
                article.list_price
            };
            Line {
                key: format!("{number}/{place}"),
                kind: "sale",
                account: customer.account.number.clone(),
                product: article.product.sku.clone(),
                end_customer: end_customer.clone(),
                date: day,
                // Small quantities are more frequent than large ones.
                quantity: chance.between(1, article.most).min(chance.between(1, article.most)),
                price: (list_price * (100 - customer.discount) + 50) / 100,
                list_price,
                cost: article.cost,
                corrects: String::new(),
                original: String::new(),
            }
        })
        .collect()
}

fn written_out(lines: &[Line]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).expect(MEMORY);
    for line in lines {
        let (date, quantity) = (line.date.to_string(), line.quantity.to_string());
        let (net, gross) = (
            euros(line.quantity * line.price),
            euros(line.quantity * line.list_price),
        );
        let (cost, list_price) = (euros(line.quantity * line.cost), euros(line.list_price));
        let fields = [
            &*line.key,
            line.kind,
            &*line.account,
            &*line.product,
            &*line.end_customer,
            &*date,
            CURRENCY,
            &*quantity,
            &*net,
            &*gross,
            &*cost,
            &*list_price,
            &*line.corrects,
            &*line.original,
        ];
        writer.write_record(fields).expect(MEMORY);
    }
    String::from_utf8(writer.into_inner().expect(MEMORY)).expect("made of texts")
}
