//! The worked examples of the field, from imported lines to the ledger. `examples.md` lists them; each golden case is told again
//! as what a company does with the product: accounts and sales come in, a program is created and run, the ledger is read. A case with a
//! claim is told by filing it: see [`told`](crate::claim::told).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::{Engine, Gtm, component};

use crate::claim::told;
use crate::company::{each, micros, text};

tests::on_both_engines! {
    every_worked_example_pays_its_figure_through_the_whole_product
}

/// A golden case with the plugin that it is one of.
pub struct Example {
    /// Also the code of its program and the number of its account.
    pub name: String,
    plugin: String,
    pub case: Value,
}

fn every_worked_example_pays_its_figure_through_the_whole_product(engine: Engine) {
    let examples = listed();
    let gtm = Gtm::new(engine);
    install(&gtm, &examples);
    import(&gtm, &examples);
    let wrong: Vec<String> = examples
        .iter()
        .filter_map(|example| match example.case.get("claim") {
            None => tell(&gtm, example).err(),
            Some(_) => {
                launch(&gtm, example);
                told::tell(&gtm, example).err()
            }
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_table_lists_every_example_of_a_plugin_that_is_here() {
    let listed = listed();
    for example in (1..=36).map(|number| format!("e{number}-")).chain(["e6b-".to_owned()]) {
        assert!(
            listed.iter().any(|listed| listed.name.starts_with(&example)),
            "no case of {example}"
        );
    }
}

/// The cases that the table links to.
fn listed() -> Vec<Example> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(folder.join("examples.md")).expect("the table of examples");
    // A link to a story is told there.
    let linked = |line: &str| -> Option<PathBuf> {
        let links = line.strip_prefix("| E")?.split("](").skip(1);
        let mut paths = links.filter_map(|rest| Some(rest.split_once(')')?.0));
        Some(folder.join(paths.find(|path| path.ends_with(".json"))?))
    };
    let example = |path: PathBuf| {
        let case = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let part = |back: usize| {
            path.iter()
                .rev()
                .nth(back)
                .expect("plugins/NAME/cases/CASE")
                .to_string_lossy()
        };
        Example {
            name: part(0).trim_end_matches(".json").to_owned(),
            plugin: part(2).into_owned(),
            case: serde_json::from_str(&case).unwrap_or_else(|e| panic!("{}: {e}", path.display())),
        }
    };
    table.lines().filter_map(linked).map(example).collect()
}

fn install(gtm: &Gtm, examples: &[Example]) {
    let plugins: BTreeMap<&str, ()> = examples.iter().map(|example| (&*example.plugin, ())).collect();
    for plugin in plugins.keys() {
        gtm.run(&format!("plugin install {}", component(plugin).display()));
    }
}

/// One account for each case, with its profile, its products and its lines. Products are told apart by the case, because each case says
/// for itself what `A` is.
fn import(gtm: &Gtm, examples: &[Example]) {
    let mut tables = [
        Table::new(&["number", "name"]),
        Table::new(&["sku", "name", "category"]),
        Table::new(&["key", "kind", "account", "date", "currency"]),
    ];
    for Example { name, case, .. } in examples {
        tables[0].add(
            [("number", name.clone())]
                .into_iter()
                .chain(strings(&case["participant"]["attributes"])),
        );
        for product in case["products"].as_array().into_iter().flatten() {
            let fields = [
                ("sku", sku(name, text(product, "sku"))),
                ("category", string(&product["category"])),
            ];
            tables[1].add(fields.into_iter().chain(strings(&product["attributes"])));
        }
        for (number, row) in case["rows"].as_array().into_iter().flatten().enumerate() {
            let mut fields: Vec<(&str, String)> = vec![
                ("key", format!("{name}/{number}")),
                ("account", name.clone()),
                ("kind", row["kind"].as_str().unwrap_or("sale").to_owned()),
                ("currency", case["currency"].as_str().unwrap_or("GBP").to_owned()),
                ("date", string(&row["date"])),
            ];
            if let Some(product) = row["product"].as_str() {
                fields.push(("product", sku(name, product)));
            }
            for (column, field) in [
                ("quantity", "quantity"),
                ("net_amount", "net-amount"),
                ("gross_amount", "gross-amount"),
                ("cost", "cost"),
                ("list_price", "list-price"),
            ] {
                fields.push((column, string(&row[field])));
            }
            for (column, field) in [
                ("order_date", "order"),
                ("ship_date", "ship"),
                ("invoice_date", "invoice"),
                ("payment_date", "payment"),
                ("scan_date", "scan"),
            ] {
                fields.push((column, string(&row["dates"][field])));
            }
            tables[2].add(fields.into_iter().chain(strings(&row["attributes"])));
        }
    }
    for (table, what) in tables.iter().zip(["accounts", "products", "transactions"]) {
        let file = gtm.file(&format!("{what}.csv"), &table.csv());
        let report = gtm.run(&format!("import {what} {}", file.display()));
        assert_eq!(report["refused"], 0, "{what}: {report:#}");
    }
}

/// Creates the case's program and enrols its account.
fn launch(gtm: &Gtm, Example { name, plugin, case }: &Example) {
    let participant = &case["participant"];
    let enrolled = participant["enrolled-from"].as_str().unwrap_or("2000-01-01");
    let start = case["program-from"].as_str().unwrap_or(enrolled);
    let terms = gtm.file(&format!("{name}.json"), &case["terms"].to_string());
    let calendar = case["calendar"].as_str().unwrap_or("quarter");
    gtm.run(&format!(
        "program create {name} --plugin gtm/{plugin} --terms {} --start {start} --calendar {calendar} --currency {}",
        terms.display(),
        case["currency"].as_str().unwrap_or("GBP")
    ));
    let mut enrol = format!("program enrol {name} {name} --from {enrolled}");
    if let Some(until) = participant["enrolled-until"].as_str() {
        enrol += &format!(" --until {until}");
    }
    for (code, value) in strings(&participant["agreed"]) {
        enrol += &format!(" --agreed {code}={value}");
    }
    gtm.run(&enrol);
}

/// Runs the period of the case's program and holds the ledger against what the case expects.
fn tell(gtm: &Gtm, example: &Example) -> Result<(), String> {
    launch(gtm, example);
    let Example { name, case, .. } = example;
    let period = text(case, "period");
    let report = gtm.run(&format!("run {name} --period {period}"));
    if each(&report["held"]).next().is_some() {
        return Err(format!("{name}: {}", report["held"]));
    }
    let shown = gtm.run(&format!("statement show {name}/{period}/{name}"));
    let posted = each(&shown["revisions"]).flat_map(|revision| each(&revision["transfers"]));
    let (posted, expected) = (
        sums(posted),
        sums(case["expect"]["transfers"].as_array().into_iter().flatten()),
    );
    match posted == expected {
        true => Ok(()),
        false => Err(format!("{name}: expected {expected:?}, posted {posted:?}")),
    }
}

/// What each rule moves between two balances, in millionths, whichever way round it is written.
fn sums<'a>(transfers: impl Iterator<Item = &'a Value>) -> BTreeMap<(&'a str, &'a str, &'a str), i64> {
    let mut sums = BTreeMap::new();
    for transfer in transfers {
        let (debit, credit) = (text(transfer, "debit"), text(transfer, "credit"));
        let amount = micros(text(transfer, "amount"));
        let (from, to, amount) = if debit <= credit {
            (debit, credit, amount)
        } else {
            (credit, debit, -amount)
        };
        *sums.entry((text(transfer, "rule"), from, to)).or_default() += amount;
    }
    sums.retain(|_, amount| *amount != 0);
    sums
}

/// Lines of CSV whose columns are found as they come.
struct Table {
    columns: Vec<String>,
    lines: Vec<BTreeMap<String, String>>,
}

impl Table {
    fn new(columns: &[&str]) -> Self {
        Self {
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            lines: vec![],
        }
    }

    fn add<'a>(&mut self, fields: impl Iterator<Item = (&'a str, String)>) {
        let mut line = BTreeMap::new();
        for (column, value) in fields {
            if !self.columns.iter().any(|known| known == column) {
                self.columns.push(column.to_owned());
            }
            line.insert(column.to_owned(), value);
        }
        self.lines.push(line);
    }

    fn csv(&self) -> String {
        let quoted = |value: &str| format!("\"{}\"", value.replace('"', "\"\""));
        let line = |line: &BTreeMap<String, String>| {
            let fields = self
                .columns
                .iter()
                .map(|column| quoted(line.get(column).map_or("", |value| value)));
            fields.collect::<Vec<_>>().join(",")
        };
        let lines = self.lines.iter().map(line);
        [self.columns.join(",")]
            .into_iter()
            .chain(lines)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// A product's sku in the one company of all cases.
fn sku(case: &str, sku: &str) -> String {
    format!("{case}/{sku}")
}

/// The text fields of an object; nothing when there is none.
fn strings(object: &Value) -> impl Iterator<Item = (&str, String)> {
    object
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (&**name, string(value)))
}

fn string(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
