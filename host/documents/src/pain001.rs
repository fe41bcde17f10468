//! ISO 20022 pain.001: the order to the bank to pay a batch, in version 09 or 11.

use std::str::FromStr;

use chrono::SecondsFormat;
use domain::currency::Currency;
use domain::payee::BankAccount;
use domain::payment::{Batch, Payment};
use domain::{Error, Result};

use crate::digits;
use crate::latin::latin;
use crate::xml::{Element, group, text};

/// The schemes print no longer name on a statement.
const NAME: usize = 70;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    #[default]
    V09,
    V11,
}

impl Version {
    pub fn as_str(self) -> &'static str {
        match self {
            Version::V09 => "pain.001.001.09",
            Version::V11 => "pain.001.001.11",
        }
    }
}

impl FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [Version::V09, Version::V11]
            .into_iter()
            .find(|version| version.as_str() == text)
            .ok_or_else(|| {
                Error::new(format!(
                    "`{text}` is no version of a payment order: write `pain.001.001.09` or `pain.001.001.11`"
                ))
            })
    }
}

/// The order as XML in UTF-8.
///
/// # Errors
/// When the batch does not hold together, see [`Batch::check`].
pub fn write(batch: &Batch, version: Version) -> Result<Vec<u8>> {
    batch.check()?;
    let (count, sum) = (
        batch.payments.len().to_string(),
        digits(batch.control_sum()?, batch.currency),
    );
    let issuer = || text("Nm", latin(&batch.issuer.party.name, NAME));
    let header = group(
        "GrpHdr",
        [
            text("MsgId", batch.message_id()),
            text("CreDtTm", batch.created_at.to_rfc3339_opts(SecondsFormat::Secs, true)),
            text("NbOfTxs", &count),
            text("CtrlSum", &sum),
            group("InitgPty", [issuer()]),
        ],
    );
    let mut order = vec![
        text("PmtInfId", batch.label()),
        text("PmtMtd", "TRF"),
        text("NbOfTxs", &count),
        text("CtrlSum", &sum),
        group("ReqdExctnDt", [text("Dt", batch.execution.to_string())]),
        group("Dbtr", [text("Nm", latin(&batch.debtor.holder, NAME))]),
        group("DbtrAcct", [iban(&batch.debtor), text("Ccy", batch.currency.code())]),
        agent("DbtrAgt", &batch.debtor),
    ];
    order.extend(
        batch
            .payments
            .iter()
            .map(|payment| transaction(payment, batch.currency)),
    );
    let initiation = group("CstmrCdtTrfInitn", [header, group("PmtInf", order)]);
    let namespace = format!("urn:iso:std:iso:20022:tech:xsd:{}", version.as_str());
    Ok(group("Document", [initiation]).with("xmlns", namespace).document())
}

fn transaction(payment: &Payment, currency: Currency) -> Element {
    let mut parts = vec![group("PmtId", [text("EndToEndId", &payment.end_to_end)])];
    // Within SEPA each side bears the charges of its own bank; elsewhere they are shared.
    let sepa = currency.code() == "EUR" && payment.creditor.iban.is_sepa();
    if sepa {
        parts.push(group("PmtTpInf", [group("SvcLvl", [text("Cd", "SEPA")])]));
    }
    let amount = text("InstdAmt", digits(payment.amount, currency)).with("Ccy", currency.code());
    parts.push(group("Amt", [amount]));
    parts.push(text("ChrgBr", if sepa { "SLEV" } else { "SHAR" }));
    if payment.creditor.bic.is_some() {
        parts.push(agent("CdtrAgt", &payment.creditor));
    }
    parts.push(group("Cdtr", [text("Nm", latin(&payment.creditor.holder, NAME))]));
    parts.push(group("CdtrAcct", [iban(&payment.creditor)]));
    parts.push(group("RmtInf", [text("Ustrd", &payment.document)]));
    group("CdtTrfTxInf", parts)
}

fn iban(account: &BankAccount) -> Element {
    group("Id", [text("IBAN", account.iban.as_str())])
}

fn agent(name: &'static str, account: &BankAccount) -> Element {
    let institution = match &account.bic {
        Some(bic) => text("BICFI", bic.as_str()),
        // What the schemes write where the IBAN is enough.
        None => group("Othr", [text("Id", "NOTPROVIDED")]),
    };
    group(name, [group("FinInstnId", [institution])])
}
