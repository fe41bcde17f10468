//! UBL 2.4 (OASIS): `CreditNote`, `SelfBilledCreditNote` and `DebitNote`. A document that cancels another refers to it. A
//! line that was converted has what was owed as its price, with the exchange rate.

use domain::payee::{Address, BankAccount, Party};
use domain::settlement::{Document, Kind, Owed, Payable, label};

use crate::digits;
use crate::xml::{Element, group, text};

const NAMESPACE: &str = "urn:oasis:names:specification:ubl:schema:xsd";

/// The document as XML in UTF-8.
pub fn write(document: &Document) -> Vec<u8> {
    let root = match document.kind {
        Kind::CreditMemo => "CreditNote",
        Kind::SelfBilled => "SelfBilledCreditNote",
        Kind::DebitMemo => "DebitNote",
    };
    let mut parts = vec![
        text("cbc:UBLVersionID", "2.4"),
        text("cbc:ID", document.label()),
        text("cbc:IssueDate", document.issued.to_string()),
    ];
    if document.kind != Kind::DebitMemo {
        parts.push(text("cbc:DueDate", document.due.to_string()));
    }
    if let Some(reversed) = &document.reverses {
        parts.push(text("cbc:Note", &reversed.reason));
    }
    parts.push(text("cbc:DocumentCurrencyCode", document.currency.code()));
    parts.push(text("cbc:LineCountNumeric", document.lines.len().to_string()));
    if let Some(reversed) = &document.reverses {
        let reference = [
            text("cbc:ID", label(reversed.number)),
            text("cbc:IssueDate", reversed.issued.to_string()),
        ];
        let name = match document.kind {
            Kind::DebitMemo => "cac:CreditNoteDocumentReference",
            Kind::CreditMemo | Kind::SelfBilled => "cac:DebitNoteDocumentReference",
        };
        parts.push(group("cac:BillingReference", [group(name, reference)]));
    }
    // Who writes a self-billed note is the customer in it.
    let (issuer, payee) = (&document.issuer.party, &document.payee);
    match document.kind {
        Kind::SelfBilled => {
            parts.push(group("cac:AccountingCustomerParty", [party(issuer)]));
            parts.push(group("cac:AccountingSupplierParty", [party(payee)]));
        }
        Kind::CreditMemo | Kind::DebitMemo => {
            parts.push(group("cac:AccountingSupplierParty", [party(issuer)]));
            parts.push(group("cac:AccountingCustomerParty", [party(payee)]));
        }
    }
    // What a payee owes is paid to the issuer's account.
    if let (Kind::DebitMemo, Some(bank)) = (document.kind, &document.issuer.bank) {
        parts.push(payment_means(document, bank));
    }
    let total = [
        amount(document, "cbc:LineExtensionAmount", document.total),
        amount(document, "cbc:PayableAmount", document.total),
    ];
    let total_name = match document.kind {
        Kind::DebitMemo => "cac:RequestedMonetaryTotal",
        Kind::CreditMemo | Kind::SelfBilled => "cac:LegalMonetaryTotal",
    };
    parts.push(group(total_name, total));
    for (number, of) in (1..).zip(&document.lines) {
        parts.push(line(document, number, of));
    }
    group(root, parts)
        .with("xmlns", format!("{NAMESPACE}:{root}-2"))
        .with("xmlns:cac", format!("{NAMESPACE}:CommonAggregateComponents-2"))
        .with("xmlns:cbc", format!("{NAMESPACE}:CommonBasicComponents-2"))
        .document()
}

fn line(document: &Document, number: usize, of: &Payable) -> Element {
    let name = match document.kind {
        Kind::DebitMemo => "cac:DebitNoteLine",
        Kind::CreditMemo | Kind::SelfBilled => "cac:CreditNoteLine",
    };
    let mut item = vec![text("cbc:Name", &of.title)];
    if let Some(period) = &of.period {
        item.insert(0, text("cbc:Description", period));
    }
    let mut parts = vec![
        text("cbc:ID", number.to_string()),
        amount(document, "cbc:LineExtensionAmount", of.amount),
        group("cac:Item", item),
    ];
    parts.extend(of.owed.as_ref().map(price));
    group(name, parts)
}

/// What the program owes in its own currency, and the rate that makes the line's amount of it.
fn price(owed: &Owed) -> Element {
    let Owed { amount, by } = owed;
    let from = by.from.code();
    let rate = [
        text("cbc:SourceCurrencyCode", from),
        text("cbc:SourceCurrencyBaseRate", "1"),
        text("cbc:TargetCurrencyCode", by.to.code()),
        text("cbc:ExchangeMarketID", &by.source).with("schemeID", by.rate_type.as_str()),
        text("cbc:CalculationRate", by.rate.to_string()),
        text("cbc:MathematicOperatorCode", "multiply"),
        text("cbc:Date", by.day.to_string()),
    ];
    group(
        "cac:Price",
        [
            text("cbc:PriceAmount", digits(*amount, by.from)).with("currencyID", from),
            group("cac:PricingExchangeRate", rate),
        ],
    )
}

fn party(of: &Party) -> Element {
    let mut parts = vec![
        group("cac:PartyIdentification", [text("cbc:ID", &of.number)]),
        group("cac:PartyName", [text("cbc:Name", &of.name)]),
    ];
    parts.extend(of.address.as_ref().map(address));
    if let Some(tax_id) = &of.tax_id {
        let scheme = group("cac:TaxScheme", [text("cbc:ID", "VAT")]);
        parts.push(group("cac:PartyTaxScheme", [text("cbc:CompanyID", tax_id), scheme]));
    }
    parts.push(group("cac:PartyLegalEntity", [text("cbc:RegistrationName", &of.name)]));
    group("cac:Party", parts)
}

fn address(of: &Address) -> Element {
    let lines = [
        of.street.as_ref().map(|street| text("cbc:StreetName", street)),
        of.city.as_ref().map(|city| text("cbc:CityName", city)),
        of.postcode.as_ref().map(|postcode| text("cbc:PostalZone", postcode)),
        Some(group(
            "cac:Country",
            [text("cbc:IdentificationCode", of.country.as_str())],
        )),
    ];
    group("cac:PostalAddress", lines.into_iter().flatten())
}

fn payment_means(document: &Document, bank: &BankAccount) -> Element {
    let mut account = vec![text("cbc:ID", bank.iban.as_str()), text("cbc:Name", &bank.holder)];
    if let Some(bic) = &bank.bic {
        account.push(group("cac:FinancialInstitutionBranch", [text("cbc:ID", bic.as_str())]));
    }
    group(
        "cac:PaymentMeans",
        [
            // 30: credit transfer (UN/ECE 4461).
            text("cbc:PaymentMeansCode", "30"),
            text("cbc:PaymentDueDate", document.due.to_string()),
            text("cbc:PaymentID", document.label()),
            group("cac:PayeeFinancialAccount", account),
        ],
    )
}

fn amount(document: &Document, name: &'static str, amount: domain::money::Micros) -> Element {
    text(name, digits(amount, document.currency)).with("currencyID", document.currency.code())
}
