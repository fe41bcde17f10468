//! What people do next, by chance: most of it fits what is there, some of it does not.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use domain::claim::Status;
use domain::day::Day;
use serde_json::Value;
use server::host::Host;
use store::payment::PaymentFilter;
use tests::Chance;

use super::company::{RUN, TRADERS, quarter, quarters};
use super::desk::Done;
use super::filing::Filing;
use super::sales::Sales;
use crate::company::{each, text};
use crate::settlement::answer;

/// Each with how often it comes, in parts of the whole.
pub const KINDS: [(&str, usize); 26] = [
    ("sell", 190),
    ("return", 40),
    ("correct", 55),
    ("misprint", 12),
    ("again", 8),
    ("redeem", 45),
    ("run", 130),
    ("submit", 130),
    ("draft", 10),
    ("claim", 240),
    ("agree", 15),
    ("allocate", 25),
    ("take-back", 10),
    ("lapse", 10),
    ("budget", 8),
    ("settle", 35),
    ("cancel", 15),
    ("order", 14),
    ("bank", 22),
    ("vote", 25),
    ("hold", 6),
    ("lift", 10),
    ("policy", 8),
    ("month", 8),
    ("lock", 8),
    ("export", 6),
];

const IMPORT: &str = "import transactions IN/sales.csv --refused OUT/refused.csv";

/// What people know of what they did before.
#[derive(Debug)]
pub struct Operations {
    chance: Chance,
    folder: PathBuf,
    pub sales: Sales,
    filing: Filing,
    documents: Vec<String>,
    /// Batches with the bank's name of each.
    batches: Vec<(i64, String)>,
    holds: Vec<i64>,
    closed: Vec<String>,
    locked: Vec<String>,
}

impl Operations {
    pub fn new(seed: u64, folder: PathBuf) -> Self {
        Self {
            chance: Chance::seeded(seed),
            sales: Sales::default(),
            filing: Filing::new(folder.clone()),
            folder,
            documents: vec![],
            batches: vec![],
            holds: vec![],
            closed: vec![],
            locked: vec![],
        }
    }

    /// What is done next, and its command line.
    pub async fn next(&mut self, number: usize, at: DateTime<Utc>, host: &Host) -> (&'static str, String) {
        let today = Day::from_date(at.date_naive()).expect("a day");
        let chance = &mut self.chance;
        let kind = one_by_weight(chance);
        let account = one_of(chance, &TRADERS);
        let line = match kind {
            "sell" | "return" | "correct" | "misprint" | "redeem" => {
                let lines = self.sales.next(kind, number, today, chance);
                let file = self.folder.join("sales.csv");
                std::fs::write(&file, lines).expect("a file");
                IMPORT.to_owned()
            }
            // The file that was imported last.
            "again" => IMPORT.to_owned(),
            "run" => {
                let quarters = quarters(today);
                let back = [0, 0, 0, 1, 1, 1, chance.below(quarters.len())][chance.below(7)];
                let period = &quarters[quarters.len() - 1 - back.min(quarters.len() - 1)];
                format!("run {} --period {period} --workers 1", one_of(chance, &RUN))
            }
            "submit" => self.filing.submit(number, today, chance, "submit"),
            "draft" => self.filing.submit(number, today, chance, "new"),
            "claim" => return self.filing.next(chance, host).await,
            "agree" => self.filing.agree(today, chance),
            "allocate" => {
                let expires = match chance.below(2) {
                    0 => format!(" --expires {}", today.plus(chance.below(60) as i32)),
                    _ => String::new(),
                };
                format!(
                    "fund allocate co-op {account} {} --reason fair{expires}",
                    50 + chance.below(700)
                )
            }
            "take-back" => format!("fund release co-op {account} {} --reason moved", 1 + chance.below(150)),
            "lapse" => "fund expire co-op".to_owned(),
            "budget" => format!("budget set marketing {} --reason plan", 1_000 * (1 + chance.below(150))),
            "settle" => {
                let only = match chance.below(3) {
                    0 => format!("--program {}", one_of(chance, &RUN)),
                    _ => String::new(),
                };
                format!("settle --folder OUT/documents {only}")
            }
            "cancel" => {
                let document = recent(chance, &self.documents, 40).map_or("SD-000001", String::as_str);
                format!("document cancel {document} --reason mistake --folder OUT/documents")
            }
            "order" => "payment batch --currency GBP --folder OUT/bank".to_owned(),
            "bank" => self.bank(host).await,
            "vote" => vote(chance, host).await,
            "hold" => match chance.below(2) {
                0 => format!("hold add --account {account} --reason audit"),
                _ => format!(
                    "hold add --account {account} --program {} --reason audit",
                    one_of(chance, &RUN)
                ),
            },
            "lift" => format!("hold lift {}", recent(chance, &self.holds, 3).copied().unwrap_or(1)),
            "policy" => match chance.below(2) {
                0 => format!("settlement-policy set --threshold GBP={}", 20 * chance.below(4)),
                _ => format!("settlement-policy set --debit-memos {}", chance.below(2) == 0),
            },
            "month" => match recent(chance, &self.closed, 3) {
                Some(month) if chance.below(2) == 0 => format!("journal open {month}"),
                _ => {
                    let day = today.plus(-30 - chance.below(90) as i32);
                    format!("journal close {}", &day.to_string()[..7])
                }
            },
            "lock" => match recent(chance, &self.locked, 3) {
                Some(period) if chance.below(3) > 0 => format!("period unlock {period} --reason late"),
                _ => {
                    let period = quarter(today.plus(-50 - chance.below(90) as i32));
                    format!("period lock {} {period} --reason reported", one_of(chance, &RUN))
                }
            },
            _ => format!("journal export --from {} --to {today} OUT/journal.csv", today.plus(-40)),
        };
        (kind, line)
    }

    /// Remembers what came of it. Says whether it did what its kind is about.
    pub fn learn(&mut self, kind: &str, line: &str, done: &Done, at: DateTime<Utc>) -> bool {
        let Ok(answer) = &done.answer else { return false };
        match kind {
            "sell" | "return" | "correct" | "redeem" => self.sales.learn(answer),
            "misprint" => return answer["refused"] != 0,
            "again" => return answer["duplicates"] != 0,
            "submit" | "draft" | "decide" | "deny" | "dispute" | "answer" | "reopen" | "withdraw" | "release" => {
                self.filing.learn(kind, answer);
            }
            "settle" => {
                let names = each(&answer["documents"]).map(|document| text(document, "document").to_owned());
                self.documents.extend(names);
            }
            "cancel" => self.documents.retain(|document| !line.contains(document.as_str())),
            "order" => {
                if let Some(batch) = answer["batch"].as_str() {
                    let number = batch.trim_start_matches("PB-").parse().expect("a number");
                    self.batches
                        .push((number, format!("{batch}-{}", at.format("%Y%m%d%H%M%S"))));
                }
            }
            "hold" => self.holds.push(answer["hold"].as_i64().expect("a number")),
            "lift" => self.holds.retain(|hold| !line.ends_with(&format!(" {hold}"))),
            "month" => self.closed = each(&answer["closed"]).map(month).collect(),
            "lock" => {
                let period = format!("{} {}", text(answer, "program"), text(answer, "period"));
                self.locked.retain(|locked| *locked != period);
                if answer["locked"] == true {
                    self.locked.push(period);
                }
            }
            _ => {}
        }
        match kind {
            "sell" | "return" | "correct" | "redeem" => done.wrote("append"),
            "run" => done.wrote("post-statements"),
            _ => !done.written.is_empty(),
        }
    }

    /// What the bank says of a batch: paid, on its way, or some of it rejected. Writes its answer into a file.
    async fn bank(&mut self, host: &Host) -> String {
        let chance = &mut self.chance;
        let (batch, message) = recent(chance, &self.batches, 4).cloned().unwrap_or((0, "PB-0".into()));
        let mut snapshot = host.store.read().await.expect("the database");
        let filter = PaymentFilter {
            batch: Some(batch),
            ..PaymentFilter::default()
        };
        let payments = snapshot.payments(&filter).await.expect("payments");
        let (group, rejected) = match (chance.below(5), payments.is_empty()) {
            (0 | 1, false) => ("PART", Some(&*payments[chance.below(payments.len())].end_to_end)),
            (2, _) => ("ACSP", None),
            _ => ("ACSC", None),
        };
        let single: Vec<_> = rejected.map(|payment| (payment, "RJCT")).into_iter().collect();
        let xml = answer(&message, group, &single);
        std::fs::write(self.folder.join("bank.xml"), xml).expect("a file");
        "payment answer IN/bank.xml".to_owned()
    }
}

async fn vote(chance: &mut Chance, host: &Host) -> String {
    let mut snapshot = host.store.read().await.expect("the database");
    let open = snapshot.approvals(true).await.expect("approvals");
    let approval = recent(chance, &open, 50).map_or("A-1".to_owned(), |approval| approval.label());
    let who = one_of(chance, &["eve", "eve", "bob", "kim"]);
    match chance.below(6) {
        0 => format!("approve no {approval} --words unclear --as user:{who}"),
        _ => format!("approve yes {approval} --as user:{who}"),
    }
}

fn month(month: &Value) -> String {
    month.as_str().expect("a month").to_owned()
}

fn one_by_weight(chance: &mut Chance) -> &'static str {
    let mut rest = chance.below(KINDS.iter().map(|(_, weight)| weight).sum());
    let mut kinds = KINDS.iter();
    loop {
        let (kind, weight) = kinds.next().expect("weights add up");
        match rest.checked_sub(*weight) {
            Some(left) => rest = left,
            None => return kind,
        }
    }
}

pub fn one_of<T: Copy>(chance: &mut Chance, choices: &[T]) -> T {
    choices[chance.below(choices.len())]
}

/// One of the last so many.
pub fn recent<'a, T>(chance: &mut Chance, list: &'a [T], last: usize) -> Option<&'a T> {
    let list = &list[list.len().saturating_sub(last)..];
    (!list.is_empty()).then(|| &list[chance.below(list.len())])
}

/// The verb that fits where a claim stands; now and then any.
pub fn verb(chance: &mut Chance, status: Status, is_request: bool) -> &'static str {
    let verbs: &[&str] = match status {
        _ if chance.below(12) == 0 => &["decide", "deny", "dispute", "answer", "reopen", "withdraw", "release"],
        Status::Draft => &["submit", "submit", "withdraw"],
        Status::Held => &["release"],
        Status::InReview => &[
            "decide", "decide", "decide", "decide", "decide", "decide", "deny", "withdraw",
        ],
        Status::Approved if is_request => &["withdraw", "reopen"],
        Status::Approved => &["reopen"],
        Status::Adjusted | Status::Denied => &["dispute", "dispute", "reopen"],
        Status::Disputed => &["answer"],
        Status::Settled | Status::Withdrawn => &["reopen", "dispute"],
    };
    one_of(chance, verbs)
}
