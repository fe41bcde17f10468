//! The document as people read it: who to whom, what for, how much, by when. A4; as many pages as its lines take.

// Places on the page are no money: amounts come in as texts.
#![allow(clippy::float_arithmetic)]

mod text;

use domain::currency::Currency;
use domain::day::Day;
use domain::money::Micros;
use domain::payee::Party;
use domain::settlement::{Document, Kind, Owed, Payable, label};
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use text::Typeface;

const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const LEFT: f32 = 56.0;
const RIGHT: f32 = WIDTH - 56.0;
/// Where the second column of the heading begins.
const MIDDLE: f32 = 320.0;
const PERIOD: f32 = 330.0;
const SIZE: f32 = 9.5;
const LEADING: f32 = 14.0;
const ROW: f32 = 20.0;
const TABLE_ON_FIRST: f32 = 330.0;
const TABLE_ON_OTHERS: f32 = 96.0;
const BOTTOM: f32 = HEIGHT - 84.0;

const INK: [u8; 3] = [28, 32, 40];
const GREY: [u8; 3] = [104, 112, 124];
const RULE: [u8; 3] = [205, 210, 218];

/// The document as PDF.
pub fn write(document: &Document) -> Vec<u8> {
    let page = Page {
        document,
        regular: Typeface::regular(),
        bold: Typeface::bold(),
    };
    let pages = page.pages();
    let mut pdf = krilla::Document::new();
    let title = format!("{} {}", document.kind.title(), document.label());
    pdf.set_metadata(
        Metadata::new()
            .title(title)
            .language("en".into())
            .authors(vec![document.issuer.party.name.clone()])
            .creation_date(midnight(document.issued)),
    );
    let settings = PageSettings::from_wh(WIDTH, HEIGHT).expect("a page has a size");
    for (number, lines) in pages.iter().enumerate() {
        let mut sheet = pdf.start_page_with(settings.clone());
        let mut surface = sheet.surface();
        page.draw(&mut surface, number, pages.len(), lines);
        surface.finish();
        sheet.finish();
    }
    pdf.finish().expect("a document without images can be written")
}

struct Page<'a> {
    document: &'a Document,
    regular: Typeface,
    bold: Typeface,
}

impl<'a> Page<'a> {
    /// The lines by page; the last page keeps room for the total.
    fn pages(&self) -> Vec<&'a [Payable]> {
        // Two rows' height for the total, and one for the headings.
        let fits = |top: f32| ((BOTTOM - top - 3.0 * ROW) / self.row()) as usize;
        let (first, rest) = self
            .document
            .lines
            .split_at(self.document.lines.len().min(fits(TABLE_ON_FIRST)));
        std::iter::once(first)
            .chain(rest.chunks(fits(TABLE_ON_OTHERS)))
            .collect()
    }

    fn draw(&self, surface: &mut Surface<'_>, number: usize, pages: usize, lines: &[Payable]) {
        let document = self.document;
        let top = if number == 0 {
            self.heading(surface);
            TABLE_ON_FIRST
        } else {
            ink(surface, GREY);
            let again = format!("{} {}", document.kind.title(), document.label());
            self.regular.set(&again, SIZE).at(surface, LEFT, 62.0);
            TABLE_ON_OTHERS
        };
        self.table(surface, top, lines);
        if number + 1 == pages {
            self.total(surface, top + self.row() * lines.len() as f32 + ROW);
        }
        rule(surface, BOTTOM + 22.0, 0.5, RULE);
        ink(surface, GREY);
        let footer = footer(&document.issuer.party);
        self.regular
            .fit(&footer, 8.0, RIGHT - LEFT - 80.0)
            .at(surface, LEFT, BOTTOM + 38.0);
        let page = format!("Page {} of {pages}", number + 1);
        self.regular.set(&page, 8.0).ending_at(surface, RIGHT, BOTTOM + 38.0);
    }

    fn heading(&self, surface: &mut Surface<'_>) {
        let document = self.document;
        ink(surface, INK);
        self.bold
            .fit(&document.issuer.party.name, 12.0, RIGHT - LEFT)
            .at(surface, LEFT, 72.0);
        self.bold.set(document.kind.title(), 22.0).at(surface, LEFT, 126.0);
        ink(surface, GREY);
        self.regular.set(&document.label(), 13.0).at(surface, LEFT, 147.0);

        let mut y = 190.0;
        self.regular.set("To", SIZE).at(surface, LEFT, y);
        self.regular.set("Details", SIZE).at(surface, MIDDLE, y);
        ink(surface, INK);
        y += LEADING + 2.0;
        self.bold
            .fit(&document.payee.name, SIZE + 1.0, MIDDLE - LEFT - 20.0)
            .at(surface, LEFT, y);
        for (line, text) in (1..).zip(address(&document.payee)) {
            let y = y + LEADING * line as f32;
            self.regular.fit(&text, SIZE, MIDDLE - LEFT - 20.0).at(surface, LEFT, y);
        }
        for (line, (name, value)) in details(document).into_iter().enumerate() {
            let y = y + LEADING * line as f32;
            ink(surface, GREY);
            self.regular.set(name, SIZE).at(surface, MIDDLE, y);
            ink(surface, INK);
            self.regular
                .fit(&value, SIZE, RIGHT - MIDDLE - 80.0)
                .at(surface, MIDDLE + 80.0, y);
        }
        for (line, text) in says(document).iter().enumerate() {
            let y = TABLE_ON_FIRST - 46.0 + LEADING * line as f32;
            self.regular.fit(text, SIZE, RIGHT - LEFT).at(surface, LEFT, y);
        }
    }

    fn table(&self, surface: &mut Surface<'_>, top: f32, lines: &[Payable]) {
        ink(surface, GREY);
        self.regular.set("Program", SIZE).at(surface, LEFT, top);
        self.regular.set("Period", SIZE).at(surface, PERIOD, top);
        let amount = format!("Amount, {}", self.document.currency);
        self.regular.set(&amount, SIZE).ending_at(surface, RIGHT, top);
        rule(surface, top + 6.0, 1.0, INK);
        for (row, line) in lines.iter().enumerate() {
            let y = top + ROW + self.row() * row as f32;
            ink(surface, INK);
            self.regular
                .fit(&line.title, SIZE, PERIOD - LEFT - 12.0)
                .at(surface, LEFT, y);
            self.regular
                .set(line.period.as_deref().unwrap_or("–"), SIZE)
                .at(surface, PERIOD, y);
            self.regular
                .set(&self.amount(line.amount), SIZE)
                .ending_at(surface, RIGHT, y);
            if let Some(owed) = &line.owed {
                ink(surface, GREY);
                let from = self.converted(owed);
                self.regular.fit(&from, 8.0, RIGHT - LEFT).at(surface, LEFT, y + 11.0);
            }
            rule(surface, y + self.row() - ROW + 6.0, 0.5, RULE);
        }
    }

    /// Higher where lines say what they were converted from.
    fn row(&self) -> f32 {
        match self.document.lines.iter().any(|line| line.owed.is_some()) {
            true => ROW + 12.0,
            false => ROW,
        }
    }

    fn converted(&self, owed: &Owed) -> String {
        let Owed { amount, by } = owed;
        format!(
            "{} {} at {} {} for 1 {} ({} of {}, {})",
            grouped(*amount, by.from),
            by.from,
            by.rate,
            by.to,
            by.from,
            by.rate_type,
            by.day,
            by.source
        )
    }

    fn total(&self, surface: &mut Surface<'_>, y: f32) {
        ink(surface, INK);
        let total = format!("{} {}", self.amount(self.document.total), self.document.currency);
        self.bold.set("Total", 12.0).at(surface, PERIOD, y + 8.0);
        self.bold.set(&total, 12.0).ending_at(surface, RIGHT, y + 8.0);
    }

    fn amount(&self, amount: Micros) -> String {
        grouped(amount, self.document.currency)
    }
}

/// With the currency's digits and thousands apart, a true minus before what is taken off.
fn grouped(amount: Micros, currency: Currency) -> String {
    let text = crate::digits(amount, currency);
    let (sign, text) = text.strip_prefix('-').map_or(("", &*text), |rest| ("−", rest));
    let (whole, fraction) = text.find('.').map_or((text, ""), |point| text.split_at(point));
    let mut grouped = String::new();
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{fraction}")
}

fn address(party: &Party) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(address) = &party.address {
        lines.extend(address.street.clone());
        let town: Vec<&str> = [&address.postcode, &address.city]
            .into_iter()
            .flatten()
            .map(|part| &**part)
            .collect();
        lines.extend((!town.is_empty()).then(|| town.join(" ")));
        lines.push(address.country.to_string());
    }
    lines
}

fn details(document: &Document) -> Vec<(&'static str, String)> {
    let mut details = vec![
        ("Account", document.payee.number.clone()),
        ("Issued", document.issued.to_string()),
        ("Due", document.due.to_string()),
    ];
    if let Some(tax_id) = &document.payee.tax_id {
        details.push(("Tax number", tax_id.clone()));
    }
    if let Some(reversed) = &document.reverses {
        details.push(("Cancels", format!("{} of {}", label(reversed.number), reversed.issued)));
    }
    details
}

/// One or two lines over the table. What must be read whole stands here, where there is room for it.
fn says(document: &Document) -> Vec<String> {
    let (reversed, bank) = (&document.reverses, &document.issuer.bank);
    match (reversed, document.kind, bank) {
        (Some(reversed), _, _) => vec![
            format!(
                "{} is cancelled: every line of it is taken back.",
                label(reversed.number)
            ),
            reversed.reason.clone(),
        ],
        (None, Kind::CreditMemo, _) => vec!["We credit your account with what our programs owe you.".into()],
        (None, Kind::SelfBilled, _) => vec!["Written by us for you, as agreed: what we owe you.".into()],
        (None, Kind::DebitMemo, None) => vec!["More was credited than was due: please pay the difference.".into()],
        (None, Kind::DebitMemo, Some(bank)) => vec![
            "More was credited than was due: please pay the difference to".into(),
            format!(
                "{}, {}, quoting {}.",
                bank.holder,
                bank.iban.grouped(),
                document.label()
            ),
        ],
    }
}

fn footer(issuer: &Party) -> String {
    let mut parts = vec![issuer.name.clone()];
    parts.extend(address(issuer));
    parts.extend(issuer.tax_id.clone());
    parts.join(" · ")
}

fn ink(surface: &mut Surface<'_>, color: [u8; 3]) {
    let [red, green, blue] = color;
    surface.set_fill(Some(Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        ..Fill::default()
    }));
}

fn rule(surface: &mut Surface<'_>, y: f32, thickness: f32, color: [u8; 3]) {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(LEFT, y, RIGHT - LEFT, thickness).expect("a rule has a size"));
    ink(surface, color);
    surface.draw_path(&path.finish().expect("a rule is a path"));
}

fn midnight(day: Day) -> DateTime {
    use chrono::Datelike;
    let date = day.date();
    DateTime::new(date.year() as u16)
        .month(date.month() as u8)
        .day(date.day() as u8)
}
