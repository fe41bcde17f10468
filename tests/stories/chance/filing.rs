//! Requests, claims and deductions: what is asked for, and what becomes of it next.

use std::path::PathBuf;

use domain::adjudication::ClaimKind;
use domain::claim::Status;
use domain::day::Day;
use serde_json::{Value, json};
use server::claim::find;
use server::host::Host;
use tests::Chance;

use super::company::TRADERS;
use super::operations::{one_of, recent, verb};
use crate::company::text;

/// What was filed, by its whole name.
#[derive(Clone, Debug)]
struct Filed {
    name: String,
    account: &'static str,
    /// Of a request: the days of its activity.
    activity: Option<(Day, Day)>,
}

#[derive(Debug)]
struct Agreed {
    number: String,
    account: &'static str,
    from: Day,
}

#[derive(Debug)]
pub struct Filing {
    folder: PathBuf,
    filed: Vec<Filed>,
    /// Requests that were approved at some time.
    approved: Vec<Filed>,
    agreements: Vec<Agreed>,
    /// What is asked for by the line that was given out last.
    coming: Filed,
    /// Program, form and more of what was asked for before, to ask for it once more.
    before: (&'static str, Value, String),
}

impl Filing {
    pub fn new(folder: PathBuf) -> Self {
        std::fs::write(folder.join("invoice.txt"), "an invoice").expect("a file");
        Self {
            folder,
            filed: vec![],
            approved: vec![],
            agreements: vec![],
            coming: Filed {
                name: String::new(),
                account: "north",
                activity: None,
            },
            before: ("promo", json!({}), String::new()),
        }
    }

    /// Asks for something: a draft, or at once.
    pub fn submit(&mut self, number: usize, today: Day, chance: &mut Chance, verb: &str) -> String {
        self.coming = Filed {
            name: String::new(),
            account: one_of(chance, &TRADERS),
            activity: None,
        };
        let (program, form, more) = match chance.below(24) {
            0 | 1 => self.before.clone(),
            2 | 3 => self.absurd(today, chance),
            4..=7 => self.request(today, chance),
            8..=10 => self.against_a_request(number, today, chance),
            11..=14 => deduction(number, chance),
            15..=18 => self.shipped(number, today, chance),
            _ => campaign(number, today, chance),
        };
        std::fs::write(self.folder.join("claim.json"), form.to_string()).expect("a file");
        let line = format!(
            "claim {verb} {program} {} --file IN/claim.json --as user:pia {more}",
            self.coming.account
        );
        self.before = (program, form, more);
        line
    }

    fn request(&mut self, today: Day, chance: &mut Chance) -> (&'static str, Value, String) {
        let start = today.plus(1 + chance.below(15) as i32);
        let end = start.plus(chance.below(4) as i32);
        self.coming.activity = Some((start, end));
        let cost = 100 + chance.below(1_500);
        let form = json!({
            "fields": { "activity": "trade-fair", "start": start, "end": end },
            "lines": [{ "claimed": (cost / 2).to_string(), "fields": { "cost": cost.to_string() } }],
        });
        ("co-op", form, "--kind request".to_owned())
    }

    fn against_a_request(&mut self, number: usize, today: Day, chance: &mut Chance) -> (&'static str, Value, String) {
        let over: Vec<&Filed> = self
            .approved
            .iter()
            .filter(|request| request.activity.is_some_and(|(_, end)| end < today))
            .collect();
        let Some(request) = recent(chance, &over, 8) else {
            return campaign(number, today, chance);
        };
        let (start, end) = request.activity.expect("its days");
        let claimed = 20 + chance.below(400);
        let form = json!({
            "fields": { "activity": "trade-fair", "start": start, "end": end },
            "lines": [expense(number, claimed, 2 * claimed)],
        });
        let proof = match chance.below(6) {
            0 => String::new(),
            _ => "--attach invoice=IN/invoice.txt".to_owned(),
        };
        let name = request.name.trim_start_matches("co-op/");
        self.coming.account = request.account;
        ("co-op", form, format!("--request {name} {proof}"))
    }

    /// Against an agreement, of which 2 a piece are due.
    fn shipped(&mut self, number: usize, today: Day, chance: &mut Chance) -> (&'static str, Value, String) {
        let Some(agreed) = recent(chance, &self.agreements, 6) else {
            return deduction(number, chance);
        };
        let pieces = 1 + chance.below(30);
        let claimed = if chance.below(8) == 0 { 3 * pieces } else { 2 * pieces };
        let shipped = agreed.from.plus(chance.below(40) as i32).min(today);
        let form = json!({ "lines": [{ "claimed": claimed.to_string(), "fields": {
            "agreement": agreed.number, "end-customer": "", "invoice": format!("R-{number}"), "invoice-line": "1", "sku": "cup", "lot": "",
            "shipped": shipped, "quantity": pieces.to_string(), "unit": "EA",
        } }] });
        self.coming.account = agreed.account;
        ("debit", form, String::new())
    }

    /// What no form takes, or nobody pays.
    fn absurd(&self, today: Day, chance: &mut Chance) -> (&'static str, Value, String) {
        let (_, mut form, _) = campaign(0, today, chance);
        let mut more = String::new();
        match chance.below(9) {
            0 => form["lines"][0]["claimed"] = json!("1000000000000000"),
            1 => form["lines"][0]["claimed"] = json!("-50"),
            2 => form["lines"][0]["fields"]["cost"] = json!("-50"),
            3 => form["lines"][0]["fields"]["currency"] = json!("XXX"),
            4 => form["fields"]["activity"] = json!("moon-landing"),
            5 => form["fields"]["end"] = json!("9999-12-31"),
            6 => form["lines"] = json!([]),
            7 => more = format!("--on {}", today.plus(2)),
            _ => more = "--request C-1000000".to_owned(),
        }
        ("co-op", form, more)
    }

    /// A new agreement with some trader.
    pub fn agree(&mut self, today: Day, chance: &mut Chance) -> String {
        let agreed = Agreed {
            number: format!("SPA-{}", self.agreements.len() + 1),
            account: one_of(chance, &TRADERS),
            from: today.plus(-20),
        };
        let csv = format!(
            "number,account,end_customer,sku,price,reference_price,unit,start,end,authorised\n{},{},,cup,10,12,EA,{},{},{}\n",
            agreed.number,
            agreed.account,
            agreed.from,
            today.plus(90),
            50 + chance.below(200)
        );
        std::fs::write(self.folder.join("agreements.csv"), csv).expect("a file");
        self.agreements.push(agreed);
        "agreement import debit IN/agreements.csv".to_owned()
    }

    /// Something happens to a claim of late.
    pub async fn next(&self, chance: &mut Chance, host: &Host) -> (&'static str, String) {
        let mut snapshot = host.store.read().await.expect("the database");
        let mut found = None;
        // What is settled or withdrawn is at its end, and seldom of interest.
        for _ in 0..4 {
            let Some(filed) = recent(chance, &self.filed, 70) else {
                break;
            };
            let claim = find(&mut snapshot, &filed.name).await.expect("a claim");
            let ended = matches!(claim.standing.status, Status::Settled | Status::Withdrawn);
            found = Some((&filed.name, claim.standing));
            if !ended {
                break;
            }
        }
        let Some((name, standing)) = found else {
            return ("withdraw", "claim withdraw C-1".to_owned());
        };
        let kind = verb(chance, standing.status, standing.kind == ClaimKind::Request);
        let who = one_of(
            chance,
            &[
                "eve", "eve", "eve", "eve", "eve", "kim", "kim", "kim", "kim", "kim", "bob", "pia",
            ],
        );
        let line = match kind {
            "submit" => format!("claim submit {name} --as user:pia"),
            "decide" if chance.below(6) == 0 => {
                format!(
                    "claim decide {name} --approve --line 1={} --reason lunch --as user:{who}",
                    chance.below(60)
                )
            }
            "decide" => format!("claim decide {name} --approve --as user:{who}"),
            "deny" => format!("claim decide {name} --deny --reason other --as user:{who}"),
            "dispute" => format!("claim dispute {name} --words unfair --as user:pia"),
            "answer" => {
                let answer = one_of(chance, &["--uphold", "--reopen"]);
                format!("claim answer {name} {answer} --words looked-at --as user:{who}")
            }
            "reopen" => format!("claim reopen {name} --words again"),
            "release" => {
                let confirm = one_of(chance, &["", "--confirm"]);
                format!("claim release {name} {confirm} --words looked-at --as user:{who}")
            }
            _ => format!("claim withdraw {name} --words changed --as user:pia"),
        };
        (kind, line)
    }

    pub fn learn(&mut self, kind: &str, answer: &Value) {
        let name = format!("{}/{}", text(answer, "program"), text(answer, "number"));
        match kind {
            "submit" | "draft" if !self.filed.iter().any(|filed| filed.name == name) => {
                let filed = Filed {
                    name,
                    ..self.coming.clone()
                };
                self.filed.push(filed);
            }
            "decide" if answer["kind"] == "request" => {
                self.approved
                    .extend(self.filed.iter().find(|filed| filed.name == name).cloned());
            }
            _ => {}
        }
    }
}

fn campaign(number: usize, today: Day, chance: &mut Chance) -> (&'static str, Value, String) {
    let start = today.plus(-5 - chance.below(20) as i32);
    let claimed = 10 + chance.below(300);
    let cost = claimed + chance.below(3) * 10;
    let lines: Vec<Value> = (0..1 + chance.below(3))
        .map(|part| expense(10 * number + part, claimed, cost))
        .collect();
    let form = json!({ "fields": { "activity": "campaign", "start": start, "end": start.plus(4) }, "lines": lines });
    ("co-op", form, String::new())
}

fn expense(invoice: usize, claimed: usize, cost: usize) -> Value {
    json!({ "claimed": claimed.to_string(), "fields": {
        "supplier": "Printers", "invoice": format!("INV-{invoice}"), "cost": cost.to_string(),
    } })
}

fn deduction(number: usize, chance: &mut Chance) -> (&'static str, Value, String) {
    let mut line = |part: usize| {
        let reason = one_of(chance, &["price", "price", "price", "quantity"]);
        let claimed = 1 + chance.below(40);
        json!({ "claimed": claimed.to_string(), "fields": { "invoice": format!("D-{number}-{part}"), "reason": reason } })
    };
    let form = json!({ "lines": [line(0), line(1)] });
    ("promo", form, "--kind deduction".to_owned())
}
