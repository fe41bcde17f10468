use std::collections::BTreeMap;

use domain::currency::Currency;
use domain::plugin::Column;
use domain::transaction::{DateBasis, RowKind};

/// A row of the journal in the numbers that stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub position: u64,
    /// The account's ordinal.
    pub account: u32,
    pub kind: RowKind,
    /// Days since 1970, as are the other dates.
    pub date: i32,
    pub order_date: Option<i32>,
    pub ship_date: Option<i32>,
    pub invoice_date: Option<i32>,
    pub payment_date: Option<i32>,
    pub scan_date: Option<i32>,
    /// The product's ordinal.
    pub product: Option<u32>,
    /// The ordinal of the account that the participant sold to.
    pub end_customer: Option<u32>,
    pub currency: Currency,
    /// Micros, as are the four measures below.
    pub quantity: Option<i64>,
    pub net_amount: Option<i64>,
    pub gross_amount: Option<i64>,
    pub cost: Option<i64>,
    pub list_price: Option<i64>,
    /// Position of the row that this one replaces.
    pub corrects: Option<u64>,
    pub attributes: BTreeMap<String, String>,
}

/// A column of whole numbers, as a segment keeps it. Which row corrects which is not among them: that is asked of the journal, as of
/// the position that a run reads up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Position,
    Date,
    OrderDate,
    ShipDate,
    InvoiceDate,
    PaymentDate,
    ScanDate,
    Kind,
    Currency,
    Product,
    EndCustomer,
    Quantity,
    NetAmount,
    GrossAmount,
    Cost,
    ListPrice,
}

impl Field {
    pub const COUNT: usize = 16;
    pub const ALL: [Field; Field::COUNT] = [
        Field::Position,
        Field::Date,
        Field::OrderDate,
        Field::ShipDate,
        Field::InvoiceDate,
        Field::PaymentDate,
        Field::ScanDate,
        Field::Kind,
        Field::Currency,
        Field::Product,
        Field::EndCustomer,
        Field::Quantity,
        Field::NetAmount,
        Field::GrossAmount,
        Field::Cost,
        Field::ListPrice,
    ];

    pub fn name(self) -> &'static str {
        [
            "position",
            "date",
            "order_date",
            "ship_date",
            "invoice_date",
            "payment_date",
            "scan_date",
            "kind",
            "currency",
            "product",
            "end_customer",
            "quantity",
            "net_amount",
            "gross_amount",
            "cost",
            "list_price",
        ][self as usize]
    }

    pub fn of_date(basis: DateBasis) -> Field {
        Field::ALL[Field::Date as usize + basis as usize]
    }

    pub fn of_column(column: Column) -> Field {
        match column {
            Column::Quantity => Field::Quantity,
            Column::NetAmount => Field::NetAmount,
            Column::GrossAmount => Field::GrossAmount,
            Column::Cost => Field::Cost,
            Column::ListPrice => Field::ListPrice,
            Column::Product => Field::Product,
            Column::EndCustomer => Field::EndCustomer,
        }
    }

    pub fn value(self, row: &Row) -> Option<i64> {
        match self {
            Field::Position => Some(row.position as i64),
            Field::Date => Some(row.date.into()),
            Field::OrderDate => row.order_date.map(Into::into),
            Field::ShipDate => row.ship_date.map(Into::into),
            Field::InvoiceDate => row.invoice_date.map(Into::into),
            Field::PaymentDate => row.payment_date.map(Into::into),
            Field::ScanDate => row.scan_date.map(Into::into),
            Field::Kind => Some(row.kind as i64),
            Field::Currency => Some(currency_number(row.currency).into()),
            Field::Product => row.product.map(Into::into),
            Field::EndCustomer => row.end_customer.map(Into::into),
            Field::Quantity => row.quantity,
            Field::NetAmount => row.net_amount,
            Field::GrossAmount => row.gross_amount,
            Field::Cost => row.cost,
            Field::ListPrice => row.list_price,
        }
    }
}

/// The three letters of the code as a number: the same for ever, and it needs no table.
pub(super) fn currency_number(currency: Currency) -> u32 {
    currency
        .code()
        .bytes()
        .fold(0, |number, letter| number << 8 | u32::from(letter))
}

pub(super) fn currency_code(number: u32) -> String {
    number.to_be_bytes()[1..]
        .iter()
        .map(|letter| char::from(*letter))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_a_number_and_back() {
        assert_eq!(currency_code(currency_number("GBP".parse().unwrap())), "GBP");
    }

    #[test]
    fn each_field_stands_at_its_number() {
        assert!(
            Field::ALL
                .iter()
                .enumerate()
                .all(|(place, field)| place == *field as usize)
        );
        assert_eq!(Field::of_date(DateBasis::Scan), Field::ScanDate);
        assert_eq!(Field::of_date(DateBasis::Transaction), Field::Date);
    }
}
