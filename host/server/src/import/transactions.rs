//! One line of a file as a transaction, and the accounts and products that it names for the first time.

use domain::currency::Currency;
use domain::day::Day;
use domain::money::Micros;
use domain::transaction::{NewTransaction, OtherDates, RowKind};

use super::attributes::{attributes, texts};
use super::field::{Field, Last, Refusal};
use super::key::Key;
use super::newcomers::{AccountMaker, Newcomers, ProductMaker};
use super::profile::Profile;
use super::table::{Header, Line};

/// Reads lines as the profile says. It remembers which accounts and products it has met, and nothing else that grows.
#[derive(Debug)]
pub struct TransactionReader {
    source: String,
    key: Key,
    kind: Field,
    account: Field,
    date: Field,
    currency: Field,
    product: Optional,
    end_customer: Optional,
    corrects: Optional,
    quantity: Optional,
    net_amount: Optional,
    gross_amount: Optional,
    cost: Optional,
    list_price: Optional,
    order_date: Optional,
    ship_date: Optional,
    invoice_date: Optional,
    payment_date: Optional,
    scan_date: Optional,
    attributes: Vec<(String, Field)>,
    accounts: Option<AccountMaker>,
    products: Option<ProductMaker>,
    last_kind: Last<RowKind>,
    last_currency: Last<Currency>,
    last_date: Last<Day>,
}

impl TransactionReader {
    /// Fails with a sentence when the file does not have the columns that the profile names.
    pub fn bind(profile: &Profile, header: &Header) -> Result<Self, Refusal> {
        let needed = |name: &str| profile.bind(name, header);
        let optional = |name: &str| Optional::bind(name, profile, header);
        Ok(Self {
            source: profile.source.clone().unwrap_or_default(),
            key: Key::bind(profile, header)?,
            kind: needed("kind")?,
            account: needed("account")?,
            date: needed("date")?,
            currency: needed("currency")?,
            product: optional("product")?,
            end_customer: optional("end_customer")?,
            corrects: optional("corrects")?,
            quantity: optional("quantity")?,
            net_amount: optional("net_amount")?,
            gross_amount: optional("gross_amount")?,
            cost: optional("cost")?,
            list_price: optional("list_price")?,
            order_date: optional("order_date")?,
            ship_date: optional("ship_date")?,
            invoice_date: optional("invoice_date")?,
            payment_date: optional("payment_date")?,
            scan_date: optional("scan_date")?,
            attributes: attributes(profile, header)?,
            accounts: AccountMaker::bind(profile, header)?,
            products: ProductMaker::bind(profile, header)?,
            last_kind: Last::default(),
            last_currency: Last::default(),
            last_date: Last::default(),
        })
    }

    /// Accounts and products that were not met before are added to `newcomers`, where the profile wants them created.
    pub fn read(&mut self, line: &Line<'_>, newcomers: &mut Newcomers) -> Result<NewTransaction, Refusal> {
        // Before anything can be refused, so that numbers given to repeated keys follow from the file alone.
        let key = self.key.next(line)?;
        let account = self.account.needed(line)?;
        let product = self.product.text(line)?;
        let end_customer = self.end_customer.text(line)?;
        let transaction = NewTransaction {
            source: self.source.clone(),
            key,
            kind: self.kind.word(line, &mut self.last_kind)?,
            account: account.to_owned(),
            product: product.map(str::to_owned),
            end_customer: end_customer.map(str::to_owned),
            date: self
                .date
                .day(line, &mut self.last_date)?
                .ok_or_else(|| self.date.missing())?,
            dates: OtherDates {
                order: self.order_date.day(line)?,
                ship: self.ship_date.day(line)?,
                invoice: self.invoice_date.day(line)?,
                payment: self.payment_date.day(line)?,
                scan: self.scan_date.day(line)?,
            },
            currency: self.currency.word(line, &mut self.last_currency)?,
            quantity: self.quantity.amount(line)?,
            net_amount: self.net_amount.amount(line)?,
            gross_amount: self.gross_amount.amount(line)?,
            cost: self.cost.amount(line)?,
            list_price: self.list_price.amount(line)?,
            attributes: texts(&self.attributes, line)?,
            corrects: self.corrects.text(line)?.map(str::to_owned),
        };
        transaction.check().map_err(|e| e.to_string())?;
        if let Some(maker) = &mut self.accounts {
            newcomers.accounts.extend(maker.describe(account, line, true)?);
            if let Some(end_customer) = end_customer {
                newcomers.accounts.extend(maker.describe(end_customer, line, false)?);
            }
        }
        if let (Some(maker), Some(sku)) = (&mut self.products, product) {
            newcomers.products.extend(maker.describe(sku, line)?);
        }
        Ok(transaction)
    }
}

/// A field that the profile may leave out.
#[derive(Debug, Default)]
struct Optional {
    field: Option<Field>,
    required: bool,
    last_day: Last<Day>,
}

impl Optional {
    fn bind(name: &str, profile: &Profile, header: &Header) -> Result<Self, Refusal> {
        let field = profile.bind_optional(name, header)?;
        Ok(Self {
            field,
            required: profile.required.iter().any(|required| required == name),
            last_day: Last::default(),
        })
    }

    fn text<'a>(&'a self, line: &Line<'a>) -> Result<Option<&'a str>, Refusal> {
        self.checked(|field| field.text(line))
    }

    fn amount(&self, line: &Line<'_>) -> Result<Option<Micros>, Refusal> {
        self.checked(|field| field.amount(line))
    }

    fn day(&mut self, line: &Line<'_>) -> Result<Option<Day>, Refusal> {
        let mut last = std::mem::take(&mut self.last_day);
        let day = self.checked(|field| field.day(line, &mut last));
        self.last_day = last;
        day
    }

    fn checked<'a, T>(
        &'a self,
        read: impl FnOnce(&'a Field) -> Result<Option<T>, Refusal>,
    ) -> Result<Option<T>, Refusal> {
        let Some(field) = &self.field else { return Ok(None) };
        match read(field)? {
            None if self.required => Err(field.missing()),
            value => Ok(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use csv::ByteRecord;

    /// What the profile makes of these lines, the first of which is the header.
    fn read(profile: &str, lines: &[&[&str]]) -> (Vec<Result<NewTransaction, Refusal>>, Newcomers) {
        let profile = Profile::parse("test", profile).unwrap_or_else(|e| panic!("{e}"));
        let header = Header::new(&ByteRecord::from(lines[0].to_vec())).expect("a sound header");
        let mut reader = TransactionReader::bind(&profile, &header).unwrap_or_else(|e| panic!("{e}"));
        let mut newcomers = Newcomers::default();
        let read = lines[1..]
            .iter()
            .map(|line| reader.read(&Line::new(&ByteRecord::from(line.to_vec())), &mut newcomers))
            .collect();
        (read, newcomers)
    }

    const ONLINE_RETAIL: &str = include_str!("../../profiles/online-retail.toml");
    const HEADER: &[&str] = &[
        "InvoiceNo",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
        "Country",
    ];

    #[test]
    fn a_line_of_the_online_retail_file_is_a_sale() {
        let line = [
            "536365",
            "85123A",
            "WHITE HANGING HEART",
            "6",
            "2010-12-01 08:26:00",
            "2.551",
            "17850.0",
            "United Kingdom",
        ];
        let (read, newcomers) = read(ONLINE_RETAIL, &[HEADER, &line]);
        let sale = read[0].as_ref().expect("a sound line");
        assert_eq!(
            (&*sale.source, &*sale.key, sale.kind),
            ("online-retail", "536365|85123A|6|2.551", RowKind::Sale)
        );
        assert_eq!((&*sale.account, sale.product.as_deref()), ("17850", Some("85123A")));
        assert_eq!(
            (sale.date.to_string(), sale.currency.code()),
            ("2010-12-01".into(), "GBP")
        );
        assert_eq!(
            (sale.quantity, sale.net_amount),
            (Some(Micros(6_000_000)), Some(Micros(15_306_000)))
        );
        let account = &newcomers.accounts[0];
        assert_eq!(
            (&*account.number, &*account.name, &*account.attributes["country"]),
            ("17850", "17850", "GB")
        );
        let product = &newcomers.products[0];
        assert_eq!(
            (&*product.sku, &*product.name, &*product.category),
            ("85123A", "WHITE HANGING HEART", "goods")
        );
    }

    #[test]
    fn the_dirt_of_the_online_retail_file_is_told_apart() {
        let date = "2011-01-05 09:00:00";
        let (read, newcomers) = read(
            ONLINE_RETAIL,
            &[
                HEADER,
                &["C1", "22720", "", "-2", date, "1.5", "1.0", "EIRE"],
                &["2", "POST", "POSTAGE", "-1", date, "18", "1.0", "EIRE"],
                &["3", "22720", "TIN", "1", date, "1.5", "", "EIRE"],
                &["4", "22720", "TIN", "1", date, "1.5", "2.0", "Utopia"],
                &["5", "22720", "TIN", "1", date, "", "1.0", "EIRE"],
                &["6", "22720", "TIN", "1", "yesterday", "1", "1.0", "EIRE"],
                &["7", "22720", "TIN", "1", date, "1", "3.0", "Unspecified"],
            ],
        );
        let kinds: Vec<_> = read
            .iter()
            .map(|line| line.as_ref().map(|line| line.kind).map_err(String::as_str))
            .collect();
        assert_eq!(
            kinds,
            [
                Ok(RowKind::Return),
                Ok(RowKind::Return),
                Err("no customer: column CustomerID is empty"),
                Err("country: column Country: `Utopia` is not in the code list of the profile"),
                Err("no net amount: column Quantity or column UnitPrice is empty"),
                Err("date: column InvoiceDate: `yesterday` is not a date written as %Y-%m-%d %H:%M:%S"),
                Ok(RowKind::Sale),
            ]
        );
        assert_eq!(
            newcomers
                .accounts
                .iter()
                .map(|account| &*account.number)
                .collect::<Vec<_>>(),
            ["1", "3"]
        );
        assert!(newcomers.accounts[1].attributes.is_empty());
        assert_eq!(
            newcomers
                .products
                .iter()
                .map(|product| &*product.category)
                .collect::<Vec<_>>(),
            ["goods", "charges"]
        );
        assert_eq!(
            newcomers.products[0].name, "22720",
            "a product without a description is called by its code"
        );
    }

    #[test]
    fn a_return_that_gives_instead_of_taking_is_refused() {
        let plain = include_str!("../../profiles/transactions.toml");
        let header: &[&str] = &["key", "kind", "account", "date", "currency", "quantity", "net_amount"];
        let (lines, _) = read(
            plain,
            &[
                header,
                &["R-1", "return", "A", "2024-01-31", "EUR", "2", "-10"],
                &["R-2", "return", "A", "2024-01-31", "EUR", "-2", "10.5"],
                &["R-3", "return", "A", "2024-01-31", "EUR", "-2", "-10"],
                &["R-4", "return", "A", "2024-01-31", "EUR", "0", ""],
            ],
        );
        let said: Vec<_> = lines
            .iter()
            .map(|line| line.as_ref().map(|line| line.key.as_str()).map_err(String::as_str))
            .collect();
        assert_eq!(
            said,
            [
                Err("a return takes back, so its quantity is below zero, and this one is 2: write -2, or another kind"),
                Err(
                    "a return takes back, so its net amount is below zero, and this one is 10.5: write -10.5, or another kind"
                ),
                Ok("R-3"),
                Ok("R-4"),
            ]
        );
    }

    #[test]
    fn a_plain_file_may_have_few_columns_or_all() {
        let plain = include_str!("../../profiles/transactions.toml");
        let few: &[&str] = &["key", "kind", "account", "date", "currency", "net_amount"];
        let (lines, newcomers) = read(plain, &[few, &["S-1", "sale", "A", "2024-01-31", "EUR", "12.5"]]);
        let sale = lines[0].as_ref().expect("a sound line");
        assert_eq!(
            (&*sale.key, sale.net_amount, sale.quantity, &sale.product),
            ("S-1", Some(Micros(12_500_000)), None, &None)
        );
        assert!(
            newcomers.accounts.is_empty(),
            "accounts are not created by this profile"
        );

        let all: &[&str] = &[
            "key",
            "kind",
            "account",
            "date",
            "currency",
            "ship_date",
            "end_customer",
            "corrects",
            "channel",
            "refused_reason",
        ];
        let line: &[&str] = &[
            "S-2",
            "point-of-sale",
            "A",
            "2024-01-31",
            "EUR",
            "2024-02-02",
            "B",
            "S-1",
            "web",
            "no such account",
        ];
        let (lines, _) = read(
            plain,
            &[
                all,
                line,
                &["S-3", "gift", "A", "2024-01-31", "EUR", "", "", "", "", ""],
            ],
        );
        let sale = lines[0].as_ref().expect("a sound line");
        assert_eq!(
            (sale.kind, sale.end_customer.as_deref(), sale.corrects.as_deref()),
            (RowKind::PointOfSale, Some("B"), Some("S-1"))
        );
        assert_eq!(sale.dates.ship.map(|day| day.to_string()), Some("2024-02-02".into()));
        assert_eq!(
            sale.attributes
                .iter()
                .map(|(name, text)| (&**name, &**text))
                .collect::<Vec<_>>(),
            [("channel", "web")]
        );
        assert!(
            lines[1]
                .as_ref()
                .unwrap_err()
                .starts_with("kind: column kind: `gift` is no kind of row")
        );
    }
}
