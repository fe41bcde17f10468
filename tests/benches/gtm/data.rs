//! The sets that are measured: the real sales, and made-up ones that are the same on every machine.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use domain::day::Day;
use serde_json::{Value, json};
use tests::{Engine, Gtm, component};

const PRODUCTS: u64 = 1_000;
const DAYS: u64 = 366;
const FIRST_DAY: &str = "2024-01-01";

/// Files of a made-up company that sold for a year.
#[derive(Debug)]
pub struct Company {
    pub accounts: PathBuf,
    pub products: PathBuf,
    pub sales: PathBuf,
    pub lines: u64,
}

impl Company {
    /// Every participant gets the same number of lines, in the order of time, from `lines` that are dealt out one after the other.
    /// One in twenty is a return; three in a hundred products are services, which earn nothing.
    pub fn make(folder: &Path, name: &str, participants: u64, lines: u64) -> Result<Self> {
        let path = |what: &str| folder.join(format!("{name}-{what}.csv"));
        let company = Self {
            accounts: path("accounts"),
            products: path("products"),
            sales: path("sales"),
            lines,
        };
        let mut accounts = file(&company.accounts)?;
        writeln!(accounts, "number")?;
        for number in 0..participants {
            writeln!(accounts, "{}", 20_000 + number)?;
        }
        let mut products = file(&company.products)?;
        writeln!(products, "sku,category")?;
        for number in 0..PRODUCTS {
            writeln!(
                products,
                "{},{}",
                sku(number),
                if is_service(number) { "services" } else { "goods" }
            )?;
        }
        let first: Day = FIRST_DAY.parse()?;
        let days: Vec<Day> = (0..DAYS as i32)
            .map(|day| Day::new(first.number() + day))
            .collect::<Result<_, _>>()?;
        let mut sales = file(&company.sales)?;
        writeln!(sales, "key,kind,account,product,date,currency,quantity,net_amount")?;
        let mut chance = Chance(1);
        for number in 0..lines {
            let back = chance.below(20) == 0;
            let (kind, sign) = if back { ("return", "-") } else { ("sale", "") };
            let pieces = 1 + chance.below(48);
            let pennies = pieces * (50 + chance.below(5_000));
            writeln!(
                sales,
                "{number},{kind},{},{},{},GBP,{sign}{pieces},{sign}{}.{:02}",
                20_000 + number % participants,
                sku(chance.below(PRODUCTS)),
                days[(number * DAYS / lines) as usize],
                pennies / 100,
                pennies % 100,
            )?;
        }
        sales.flush()?;
        Ok(company)
    }

    /// A fresh installation that knows accounts, products and the plugin, and no sales yet.
    pub fn install(&self, engine: Engine) -> Gtm {
        let gtm = Gtm::new(engine);
        gtm.run(&format!("import accounts {}", self.accounts.display()));
        gtm.run(&format!("import products {}", self.products.display()));
        gtm.run(&format!("plugin install {}", component("rebate").display()));
        gtm
    }

    /// The command line that brings the sales in.
    pub fn import(&self) -> String {
        format!("import transactions {}", self.sales.display())
    }
}

fn file(path: &Path) -> Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| format!("`{}` cannot be written", path.display()))?;
    Ok(BufWriter::with_capacity(1 << 20, file))
}

fn is_service(product: u64) -> bool {
    product % 100 < 3
}

/// Goods have five digits, as in the real sales.
fn sku(product: u64) -> String {
    if is_service(product) {
        format!("S{product:03}")
    } else {
        format!("{}", 10_000 + product)
    }
}

/// Goods only, in slices: 1 % above 1,000, 2.5 % above 5,000, 4 % above 20,000.
pub fn terms() -> Value {
    json!({
        "rules": [{
            "measure": "net",
            "method": "marginal",
            "products": { "include": [{ "category": "goods" }] },
            "tiers": [
                { "from": "1000", "rate": "1 %" },
                { "from": "5000", "rate": "2.5 %" },
                { "from": "20000", "rate": "4 %" },
            ],
        }],
    })
}

/// Creates a program with these terms and enrols everybody.
pub fn create(gtm: &Gtm, code: &str, calendar: &str, start: &str) {
    let terms = gtm.file("terms.json", &terms().to_string());
    let create = format!(
        "program create {code} --plugin gtm/rebate --terms {} --calendar {calendar} --start {start}",
        terms.display()
    );
    gtm.run(&create);
    gtm.run(&format!("program enrol {code} --all"));
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}
