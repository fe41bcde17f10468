//! A company that does not exist: a maker of coffee equipment that sells through chains, distributors and resellers. Two years
//! of its sales with seasons, returns, and what arrives late or was wrong. The same seed and size give the same company, to
//! the byte.

mod accounts;
mod chance;
mod products;
mod sales;

use domain::account::{NewAccount, NewContact};
use domain::product::NewProduct;

use chance::Chance;

pub const NAME: &str = "Halden Coffee Works";
pub const CURRENCY: &str = "EUR";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// About 120 accounts, 200 products and 40,000 lines.
    Full,
    /// About a tenth of the lines.
    Small,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    /// Parents stand before those below them.
    pub accounts: Vec<NewAccount>,
    pub contacts: Vec<NewContact>,
    pub products: Vec<NewProduct>,
    /// The lines of 2024 and 2025 as CSV for the built-in profile `transactions`.
    pub sales: String,
    /// Lines of 2025 that arrive when their quarter is closed, and corrections of lines in `sales`, in the same form.
    pub late: String,
}

pub fn company(seed: u64, size: Size) -> Company {
    // Each part draws from a source of its own, so that a change of one leaves the others as they are.
    let (customers, contacts) = accounts::customers(&mut Chance::new(seed, 1), size);
    let articles = products::articles(&mut Chance::new(seed, 2), size);
    let (sales, late) = sales::sales(&mut Chance::new(seed, 3), size, &customers, &articles);
    Company {
        accounts: customers.into_iter().map(|customer| customer.account).collect(),
        contacts,
        products: articles.into_iter().map(|article| article.product).collect(),
        sales,
        late,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, HashMap, HashSet};

    use domain::digest::Digest;
    use domain::money::Micros;

    fn lines(csv: &str) -> Vec<BTreeMap<String, String>> {
        csv::Reader::from_reader(csv.as_bytes())
            .deserialize()
            .collect::<Result<_, _>>()
            .expect("sound CSV")
    }

    fn amount(line: &BTreeMap<String, String>, column: &str) -> i64 {
        line[column].parse::<Micros>().expect("an amount").0
    }

    #[test]
    fn the_same_seed_gives_the_same_company() {
        assert_eq!(company(7, Size::Small), company(7, Size::Small));
        assert_ne!(
            Digest::of(company(7, Size::Small).sales.as_bytes()),
            Digest::of(company(8, Size::Small).sales.as_bytes())
        );
    }

    #[test]
    fn the_company_has_the_size_that_was_asked_for() {
        let (full, small) = (company(1, Size::Full), company(1, Size::Small));
        let count = |company: &Company| {
            (
                company.accounts.len(),
                company.products.len(),
                lines(&company.sales).len(),
            )
        };
        let (accounts, products, sold) = count(&full);
        assert!(
            (110..=130).contains(&accounts) && (190..=210).contains(&products) && (36_000..=44_000).contains(&sold),
            "{:?}",
            count(&full)
        );
        let (accounts, products, sold) = count(&small);
        assert!(
            (20..=35).contains(&accounts) && (50..=70).contains(&products) && (3_600..=4_400).contains(&sold),
            "{:?}",
            count(&small)
        );
    }

    #[test]
    fn what_lines_name_exists_and_stands_before_them() {
        let company = company(3, Size::Full);
        let mut numbers = HashSet::new();
        for account in &company.accounts {
            assert!(
                account.parent.as_ref().is_none_or(|parent| numbers.contains(parent)),
                "{account:?}"
            );
            assert!(numbers.insert(account.number.clone()), "{account:?}");
        }
        assert!(
            company
                .contacts
                .iter()
                .all(|contact| numbers.contains(&contact.account))
        );
        assert_eq!(
            company
                .contacts
                .iter()
                .map(|contact| (&contact.account, &contact.email))
                .collect::<HashSet<_>>()
                .len(),
            company.contacts.len()
        );
        let skus: HashSet<_> = company.products.iter().map(|product| product.sku.clone()).collect();
        assert_eq!(skus.len(), company.products.len());
        let mut keys = HashSet::new();
        for line in lines(&company.sales).iter().chain(&lines(&company.late)) {
            assert!(
                numbers.contains(&line["account"]) && skus.contains(&line["product"]),
                "{line:?}"
            );
            assert!(
                line["end_customer"].is_empty() || numbers.contains(&line["end_customer"]),
                "{line:?}"
            );
            for other in ["original", "corrects"] {
                assert!(line[other].is_empty() || keys.contains(&line[other]), "{line:?}");
            }
            assert!(keys.insert(line["key"].clone()), "{line:?}");
        }
    }

    #[test]
    fn returns_give_back_no_more_than_was_sold() {
        let lines = lines(&company(5, Size::Full).sales);
        let sold: HashMap<_, _> = lines.iter().map(|line| (&line["key"], line)).collect();
        let returns: Vec<_> = lines.iter().filter(|line| line["kind"] == "return").collect();
        assert!(returns.len() > 500, "{}", returns.len());
        for line in returns {
            let sale = sold[&line["original"]];
            assert!(
                sale["kind"] == "sale"
                    && sale["account"] == line["account"]
                    && sale["product"] == line["product"]
                    && sale["date"] < line["date"]
            );
            assert!(
                amount(line, "quantity") < 0 && amount(line, "quantity") + amount(sale, "quantity") >= 0,
                "{line:?}"
            );
        }
    }

    #[test]
    fn late_lines_and_corrections_touch_closed_quarters() {
        let company = company(11, Size::Full);
        let (sales, late) = (lines(&company.sales), lines(&company.late));
        assert!(
            sales
                .iter()
                .all(|line| ("2024-01-01".."2026-01-01").contains(&&*line["date"]) && line["corrects"].is_empty())
        );
        assert!(sales.is_sorted_by_key(|line| &line["date"]));
        let (corrections, late): (Vec<_>, Vec<_>) = late.into_iter().partition(|line| !line["corrects"].is_empty());
        assert!(
            late.len() > 100 && corrections.len() > 20,
            "{} {}",
            late.len(),
            corrections.len()
        );
        assert!(
            late.iter()
                .chain(&corrections)
                .all(|line| ("2025-01-01".."2026-01-01").contains(&&*line["date"]))
        );
        assert_eq!(
            corrections
                .iter()
                .map(|line| &line["corrects"])
                .collect::<HashSet<_>>()
                .len(),
            corrections.len(),
            "each line once"
        );
    }

    #[test]
    fn amounts_follow_from_prices_and_discounts() {
        for line in lines(&company(13, Size::Small).sales) {
            let (quantity, net, gross) = (
                amount(&line, "quantity"),
                amount(&line, "net_amount"),
                amount(&line, "gross_amount"),
            );
            assert_eq!(
                i128::from(quantity) * i128::from(amount(&line, "list_price")),
                i128::from(gross) * 1_000_000,
                "{line:?}"
            );
            assert!(
                net.abs() <= gross.abs() && net.signum() == quantity.signum() && net % 10_000 == 0,
                "{line:?}"
            );
            assert!(amount(&line, "cost").abs() < net.abs(), "{line:?}");
        }
    }

    #[test]
    fn the_last_quarter_sells_more_than_the_first() {
        let lines = lines(&company(17, Size::Full).sales);
        let net = |from: &str, to: &str| -> i64 {
            lines
                .iter()
                .filter(|line| (from..to).contains(&&*line["date"]))
                .map(|line| amount(line, "net_amount"))
                .sum()
        };
        for year in [2024, 2025] {
            let (first, last) = (
                net(&format!("{year}-01-01"), &format!("{year}-04-01")),
                net(&format!("{year}-10-01"), &format!("{}-01-01", year + 1)),
            );
            assert!(last > first / 4 * 5, "{year}: {first} {last}");
        }
    }
}
