//! Settlement documents, payment orders and the journal as files: data in, bytes out, the same bytes every time. UBL 2.4 and CSV for
//! machines, PDF for people, ISO 20022 pain.001 for the bank, and its pain.002 read back. The crate deliberately reads no file and no clock
//! and decides nothing; what it is given was checked by [`domain`]. Start at [`ubl`], then [`pdf`], then [`pain001`].
//!
//! PDF is written with krilla, shaped by rustybuzz: typst as a library would be several hundred crates for a table that fits on a page.
//! The payment order is written here, because the crates that are maintained write it for euros only; sepa reads what comes back.

mod xml;

pub mod ubl;
pub mod table;
pub mod journal;
pub mod pdf;

pub mod latin;
pub mod pain001;
pub mod pain002;

use domain::currency::Currency;
use domain::money::Micros;

/// An amount with exactly the currency's digits, which it must fit: `1234.50`.
fn digits(amount: Micros, currency: Currency) -> String {
    let text = amount.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    match usize::from(currency.digits()).max(fraction.len()) {
        0 => whole.to_owned(),
        digits => format!("{whole}.{fraction:0<digits$}"),
    }
}
