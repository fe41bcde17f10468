//! Every kind of document and order against the schemas of those who defined them, with names of every script.

use std::path::{Path, PathBuf};
use std::process::Command;

use documents::{pain001, pdf, table, ubl};
use domain::exchange::ExchangeRate;
use domain::money::Micros;
use domain::payee::{Address, BankAccount, Issuer, Party};
use domain::payment::{Batch, Payment};
use domain::settlement::{Document, Kind, Payable};
use proptest::prelude::*;

const NAMES: [&str; 6] = [
    "North & Daughters <Ltd> \"Leeds\"",
    "株式会社山田商店",
    "شركة الشمال المحدودة",
    "חברת הצפון בע״מ",
    "ООО «Север» \u{1}\u{fffe}",
    "นอร์ท เทรดดิ้ง 🚀",
];

fn address() -> Address {
    Address {
        street: Some("1 Quay Street".into()),
        city: Some("Leeds".into()),
        postcode: Some("LS1 4AP".into()),
        country: "GB".parse().unwrap(),
    }
}

fn bank(iban: &str, bic: Option<&str>) -> BankAccount {
    BankAccount {
        holder: "Acme Programs & Söhne".into(),
        iban: iban.parse().unwrap(),
        bic: bic.map(|bic| bic.parse().unwrap()),
    }
}

fn issuer() -> Issuer {
    Issuer {
        party: Party {
            number: "acme".into(),
            name: "Acme Programs plc".into(),
            address: Some(address()),
            tax_id: Some("GB123456789".into()),
        },
        bank: Some(bank("GB33BUKB20201555555555", Some("BUKBGB22"))),
    }
}

fn document(kind: Kind, name: &str, amounts: &[i64]) -> Document {
    let line = |(n, amount): (usize, &i64)| Payable {
        program: format!("program-{n}").into(),
        title: format!("Volume rebate on kitchen goods, part {n}"),
        period: (n % 3 != 2).then(|| format!("2024-Q{}", 1 + n % 4)),
        amount: Micros(*amount),
        owed: None,
    };
    Document {
        number: 42,
        kind,
        issued: "2024-04-10".parse().unwrap(),
        due: "2024-05-10".parse().unwrap(),
        currency: "GBP".parse().unwrap(),
        issuer: issuer(),
        payee: Party {
            number: "north-1".into(),
            name: name.into(),
            address: Some(address()),
            tax_id: None,
        },
        lines: amounts.iter().enumerate().map(line).collect(),
        total: amounts.iter().map(|amount| Micros(*amount)).sum(),
        reverses: None,
    }
}

/// Each kind, and each cancelled.
fn documents() -> Vec<Document> {
    let mut documents = Vec::new();
    for (kind, name) in [Kind::CreditMemo, Kind::SelfBilled, Kind::DebitMemo]
        .into_iter()
        .cycle()
        .zip(NAMES)
    {
        let first = document(kind, name, &[1_234_500_000_000, -30_000_000, 10_000]);
        documents.push(
            first
                .reversed(43, first.issued, false, "paid to the wrong branch & again")
                .unwrap(),
        );
        documents.push(first);
    }
    documents
}

fn batch(currency: &str, payments: Vec<Payment>) -> Batch {
    Batch {
        number: 1,
        created_at: "2024-04-10T09:00:00Z".parse().unwrap(),
        execution: "2024-04-12".parse().unwrap(),
        currency: currency.parse().unwrap(),
        issuer: issuer(),
        debtor: bank("GB33BUKB20201555555555", None),
        payments,
    }
}

fn payment(n: usize, holder: &str, amount: i64) -> Payment {
    Payment {
        end_to_end: format!("SD-{n:06}-1"),
        document: format!("SD-{n:06}"),
        creditor: BankAccount {
            holder: holder.into(),
            ..bank("DE89370400440532013000", n.is_multiple_of(2).then_some("COBADEFFXXX"))
        },
        amount: Micros(amount),
    }
}

/// `schemas` in `GTM_DATA`, else in `../shared/data` beside the checkout.
fn schema(path: &str) -> PathBuf {
    let folder = match std::env::var_os("GTM_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
    };
    let path = folder.join("schemas").join(path);
    assert!(
        path.is_file(),
        "the schemas are missing: `{}` is not there; set GTM_DATA to the folder that holds schemas/ubl-2.4 (OASIS) and schemas/iso20022",
        path.display()
    );
    path
}

/// Says what xmllint says of a file against a schema; nothing when it holds.
fn invalid(xml: &[u8], schema: &Path) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("document.xml");
    std::fs::write(&file, xml).unwrap();
    let output = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .args([schema, &file])
        .output()
        .unwrap_or_else(|e| panic!("{e}: install Debian's `libxml2-utils`: scripts/debian-install.sh libxml2-utils"));
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

fn kind_of_ubl(kind: Kind) -> &'static str {
    match kind {
        Kind::CreditMemo => "CreditNote",
        Kind::SelfBilled => "SelfBilledCreditNote",
        Kind::DebitMemo => "DebitNote",
    }
}

#[test]
fn documents_are_valid_ubl() {
    for document in documents() {
        let name = kind_of_ubl(document.kind);
        let xml = ubl::write(&document);
        let said = invalid(&xml, &schema(&format!("ubl-2.4/maindoc/UBL-{name}-2.4.xsd")));
        assert_eq!(said, None, "{}", String::from_utf8_lossy(&xml));
        assert_eq!(xml, ubl::write(&document), "the same document gives the same bytes");
    }
}

#[test]
fn a_document_against_the_schema_of_another_kind_is_refused() {
    let xml = ubl::write(&document(Kind::DebitMemo, "North", &[10_000]));
    assert!(invalid(&xml, &schema("ubl-2.4/maindoc/UBL-CreditNote-2.4.xsd")).is_some());
}

#[test]
fn orders_are_valid_in_both_versions_and_their_control_sum_is_exact() {
    for (currency, amount, sum) in [
        ("EUR", 10_000, "0.06"),
        ("GBP", 33_330_000, "199.98"),
        ("JPY", 5_000_000, "30"),
        ("KWD", 1_000, "0.006"),
    ] {
        let payments = NAMES
            .iter()
            .enumerate()
            .map(|(n, name)| payment(n, name, amount))
            .collect();
        let batch = batch(currency, payments);
        for version in [pain001::Version::V09, pain001::Version::V11] {
            let xml = pain001::write(&batch, version).unwrap();
            let said = invalid(&xml, &schema(&format!("iso20022/{}.xsd", version.as_str())));
            let text = String::from_utf8(xml).unwrap();
            assert_eq!(said, None, "{text}");
            assert_eq!(text.matches(&format!("<CtrlSum>{sum}</CtrlSum>")).count(), 2, "{text}");
            assert_eq!(text.matches("<NbOfTxs>6</NbOfTxs>").count(), 2);
        }
    }
}

#[test]
fn an_order_that_a_bank_would_misread_is_not_written() {
    let refused = |payments| {
        pain001::write(&batch("GBP", payments), pain001::Version::V09)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(refused(vec![]), "batch PB-000001 has no payments");
    assert_eq!(
        refused(vec![payment(1, "North", 10_000), payment(1, "North", 10_000)]),
        "payment SD-000001-1 stands twice in batch PB-000001"
    );
    assert!(refused(vec![payment(1, "North", 5_000)]).contains("cannot be paid"));
    assert!(refused(vec![payment(1, "North", -10_000)]).contains("cannot be paid"));
}

#[test]
fn the_table_has_a_row_for_each_line_and_no_formulas() {
    let mut document = document(Kind::CreditMemo, "=HYPERLINK(\"x\")", &[70_000_000, -30_000_000]);
    document.lines[1].title = "@growth, late".into();
    let csv = String::from_utf8(table::write(&document)).unwrap();
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows.len(), 3);
    assert_eq!(
        rows[2],
        "SD-000042,credit-memo,2024-04-10,2024-05-10,north-1,\"'=HYPERLINK(\"\"x\"\")\",2,\"'@growth, late\",2024-Q2,-30.00,GBP,,,,,,,"
    );
}

/// With a line that was converted from dollars.
fn converted(kind: Kind, name: &str) -> Document {
    let by = ExchangeRate::new(
        "month-average".parse().unwrap(),
        "USD".parse().unwrap(),
        "GBP".parse().unwrap(),
        "2024-04-10".parse().unwrap(),
        "0.79125".parse().unwrap(),
        "hm revenue & customs",
    );
    let mut document = document(kind, name, &[70_000_000, -12_340_000]);
    let line = document.lines.pop().unwrap().converted(by.unwrap()).unwrap();
    document.total = document.lines[0].amount.checked_add(line.amount).unwrap();
    document.lines.push(line);
    document.check().unwrap();
    document
}

#[test]
fn a_line_that_was_converted_states_what_was_owed_and_the_rate() {
    for kind in [Kind::CreditMemo, Kind::SelfBilled, Kind::DebitMemo] {
        let document = converted(kind, "North");
        let name = kind_of_ubl(kind);
        let xml = ubl::write(&document);
        let said = invalid(&xml, &schema(&format!("ubl-2.4/maindoc/UBL-{name}-2.4.xsd")));
        let text = String::from_utf8(xml).unwrap();
        assert_eq!(said, None, "{text}");
        for part in [
            ">-9.76</cbc:LineExtensionAmount>",
            "<cbc:PriceAmount currencyID=\"USD\">-12.34</cbc:PriceAmount>",
            "<cbc:CalculationRate>0.79125</cbc:CalculationRate>",
        ] {
            assert_eq!(text.matches(part).count(), 1, "{part}: {text}");
        }
    }
    let csv = String::from_utf8(table::write(&converted(Kind::CreditMemo, "North"))).unwrap();
    let last = csv.lines().last().unwrap();
    assert!(
        last.ends_with(",-9.76,GBP,,-12.34,USD,0.79125,month-average,2024-04-01,hm revenue & customs"),
        "{last}"
    );
}

/// `GTM_PDF_FOLDER` keeps them, to be looked at.
#[test]
fn documents_are_printed_in_every_script_and_on_many_pages() {
    let folder = tempfile::tempdir().unwrap();
    let keep = std::env::var_os("GTM_PDF_FOLDER").map(PathBuf::from);
    let folder = keep.as_deref().unwrap_or(folder.path());
    let mut printed = documents();
    printed.push(document(Kind::CreditMemo, NAMES[0], &[1_234_560_000; 90]));
    printed.push(converted(Kind::CreditMemo, NAMES[1]));
    for (n, document) in printed.iter().enumerate() {
        let bytes = pdf::write(document);
        assert!(
            bytes.starts_with(b"%PDF-") && bytes == pdf::write(document),
            "the same document gives the same bytes"
        );
        let file = folder.join(format!("{n}.pdf"));
        std::fs::write(&file, bytes).unwrap();
        let output = Command::new("pdftotext")
            .args(["-layout".as_ref(), file.as_os_str(), "-".as_ref()])
            .output()
            .unwrap_or_else(|e| {
                panic!("{e}: install Debian's `poppler-utils`: scripts/debian-install.sh poppler-utils")
            });
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success() && text.contains(document.kind.title()),
            "{text}"
        );
        let total = match document.lines.len() {
            90 => "111,110.40 GBP",
            2 => "60.24 GBP",
            _ => "1,234,470.01 GBP",
        };
        let converted =
            text.contains("−12.34 USD at 0.79125 GBP for 1 USD (month-average of 2024-04-01, hm revenue & customs)");
        assert_eq!(converted, document.lines.len() == 2, "{text}");
        assert_eq!(text.matches(total).count(), 1, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_name_breaks_a_file(name in "\\PC{0,300}", title in ".{0,300}") {
        let mut document = document(Kind::CreditMemo, &name, &[10_000]);
        document.lines[0].title = title;
        ubl::write(&document);
        table::write(&document);
        prop_assert!(pdf::write(&document).starts_with(b"%PDF-"));
    }
}
