//! Lines of sales, returns and redemptions, and which of them stand.

use std::collections::BTreeMap;

use domain::day::Day;
use serde_json::Value;
use tests::Chance;

use super::company::{MEMBERS, START, TRADERS, quarter};
use super::operations::{one_of, recent};

const COLUMNS: &str = "key,kind,account,product,date,currency,quantity,net_amount,corrects,receipt\n";

#[derive(Clone, Debug)]
pub struct Row {
    key: String,
    kind: &'static str,
    account: &'static str,
    date: Day,
    /// Whole pieces, or points.
    quantity: i64,
    /// Whole pounds.
    net: i64,
    /// The purchase that it belongs to, of a member.
    receipt: String,
}

impl Row {
    fn csv(&self, corrects: &str) -> String {
        let Row {
            key,
            kind,
            account,
            date,
            quantity,
            net,
            receipt,
            ..
        } = self;
        format!("{key},{kind},{account},cup,{date},GBP,{quantity},{net},{corrects},{receipt}\n")
    }

    fn is_of_a_trader(&self) -> bool {
        TRADERS.contains(&self.account)
    }
}

/// The rows that stand, the newest last.
#[derive(Debug, Default)]
pub struct Sales {
    rows: Vec<Row>,
    /// Those of the file that was written last, each with the place of the row that it corrects.
    coming: Vec<(Row, Option<usize>)>,
}

impl Sales {
    /// A file of one to three lines.
    pub fn next(&mut self, kind: &str, number: usize, today: Day, chance: &mut Chance) -> String {
        self.coming.clear();
        let mut csv = COLUMNS.to_owned();
        if kind == "misprint" {
            return csv + &misprint(number, today, chance);
        }
        for part in 0..1 + chance.below(3) {
            let key = format!("L-{number}-{part}");
            let (row, corrected) = match kind {
                "sell" => (sale(key, today, chance), None),
                "return" => (self.come_back(key, today, chance), None),
                "redeem" => (redemption(key, today, chance), None),
                _ => match self.correction(key, chance) {
                    Some((row, place)) => (row, Some(place)),
                    None => break,
                },
            };
            let corrects = corrected.map_or("", |place| &*self.rows[place].key);
            csv += &row.csv(corrects);
            self.coming.push((row, corrected));
            // A row is corrected once: another correction is one of the correction.
            if corrected.is_some() {
                break;
            }
        }
        csv
    }

    /// The file was imported.
    pub fn learn(&mut self, report: &Value) {
        assert_eq!(report["accepted"], self.coming.len(), "{report:#}");
        for (row, corrected) in std::mem::take(&mut self.coming) {
            match corrected {
                Some(place) => self.rows[place] = row,
                None => self.rows.push(row),
            }
        }
    }

    fn come_back(&self, key: String, today: Day, chance: &mut Chance) -> Row {
        let sold = recent(chance, &self.rows, 60).filter(|row| row.kind == "sale").cloned();
        let sold = sold.unwrap_or_else(|| sale(String::new(), today, chance));
        let part = 1 + chance.below(sold.net as usize) as i64;
        Row {
            key,
            kind: "return",
            date: sold.date.plus(chance.below(20) as i32).min(today),
            quantity: -1,
            net: -part,
            ..sold
        }
    }

    fn correction(&self, key: String, chance: &mut Chance) -> Option<(Row, usize)> {
        let from = self.rows.len().saturating_sub(150);
        let place = from + chance.below(self.rows.len() - from);
        let row = self.rows.get(place)?;
        let half = |amount: i64| amount / 2 + amount % 2;
        let corrected = match chance.below(3) {
            0 => Row {
                net: 2 * row.net,
                ..row.clone()
            },
            1 => Row {
                quantity: half(row.quantity),
                net: half(row.net),
                ..row.clone()
            },
            _ => Row {
                quantity: row.quantity + row.quantity.signum(),
                ..row.clone()
            },
        };
        Some((Row { key, ..corrected }, place))
    }

    /// What each trader bought in each quarter of the programs, less what came back.
    pub fn volumes(&self) -> BTreeMap<(&'static str, String), i64> {
        let start: Day = START.parse().expect("a day");
        let mut volumes = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.is_of_a_trader() && row.date >= start) {
            *volumes.entry((row.account, quarter(row.date))).or_default() += row.net;
        }
        volumes
    }

    /// The points that each member used.
    pub fn used(&self) -> BTreeMap<&'static str, i64> {
        let mut used = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.kind == "redemption") {
            *used.entry(row.account).or_default() += row.quantity;
        }
        used
    }
}

fn sale(key: String, today: Day, chance: &mut Chance) -> Row {
    let back = [3, 20, 60, 120][chance.below(4)];
    let row = Row {
        receipt: String::new(),
        kind: "sale",
        account: "",
        date: today.plus(-(chance.below(back) as i32)),
        quantity: 1 + chance.below(30) as i64,
        net: 0,
        key,
    };
    match chance.below(3) {
        0 => Row {
            account: one_of(chance, &MEMBERS),
            receipt: format!("R-{}", row.key),
            net: 20 + chance.below(300) as i64,
            ..row
        },
        _ => Row {
            account: one_of(chance, &TRADERS),
            net: 30 + chance.below(600) as i64,
            ..row
        },
    }
}

fn redemption(key: String, today: Day, chance: &mut Chance) -> Row {
    Row {
        kind: "redemption",
        account: one_of(chance, &MEMBERS),
        date: today.plus(-(chance.below(15) as i32)),
        quantity: 5 + chance.below(80) as i64,
        net: 0,
        receipt: String::new(),
        key,
    }
}

/// A line that is refused, for one reason or another.
fn misprint(number: usize, today: Day, chance: &mut Chance) -> String {
    match chance.below(6) {
        0 => format!("M-{number},sale,nobody,cup,{today},GBP,1,100,,\n"),
        1 => format!("M-{number},sale,north,cup,2024-02-30,GBP,1,100,,\n"),
        2 => format!("M-{number},sale,north,cup,{today},XXX,1,100,,\n"),
        3 => format!("M-{number},sale,north,cup,{today},GBP,1,1e3,,\n"),
        4 => format!("M-{number},sale,north,saucer,{today},GBP,1,100,,\n"),
        _ => format!("M-{number},sale,north,cup,{today},GBP,1,100,M-{number},\n"),
    }
}
