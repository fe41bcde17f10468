//! What partners of the demonstration ask for: money out of their marketing funds with proof, and the difference to agreed prices. One claim is
//! paid as asked, one with less, one not at all.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use domain::actor::Actor;
use domain::currency::Currency;
use serde_json::{Value, json};

use super::company::CURRENCY;
use crate::agreement;
use crate::budget;
use crate::claim::decide::{Choice, decide};
use crate::claim::form::Form;
use crate::claim::show::show;
use crate::claim::submit::{Submission, submit};
use crate::claim::{proof, text};
use crate::cli::{AllocateFund, CreateBudget};
use crate::fund;
use crate::host::Host;

/// Sets money aside, and puts some of it into the funds of two partners.
pub async fn put_into_funds(host: &Host, accounts: &[String]) -> Result<()> {
    let currency: Currency = CURRENCY.parse()?;
    let of = CreateBudget {
        code: "marketing-2025".into(),
        amount: "25000".parse()?,
        start: "2025-01-01".parse()?,
        end: "2025-12-31".parse()?,
        currency,
        title: Some("Marketing 2025".into()),
        parent: None,
        reason: Some("the plan for 2025".into()),
        overridden: None,
    };
    budget::create(host, &of).await?;
    budget::attach(host, "marketing-2025", "co-op").await?;
    for (account, amount) in accounts.iter().zip(["3000", "1500"]) {
        let of = AllocateFund {
            program: "co-op".into(),
            account: account.clone(),
            amount: amount.parse()?,
            reason: "a trade fair in spring".into(),
            on: Some("2025-02-01".parse()?),
            expires: None,
            overridden: None,
        };
        fund::allocate(host, &of).await?;
    }
    Ok(())
}

/// Files the claims and decides them, by somebody else than who filed them. Prints each.
pub async fn file_claims(host: &Host, folder: &Path, accounts: &[String], sku: &str) -> Result<()> {
    let [first, second, ..] = accounts else { return Ok(()) };
    agree_on_a_price(host, folder, first, sku).await?;
    let controller = Host {
        actor: Actor::User("controller".into()),
        ..host.clone()
    };
    let campaign = |invoice: &str, cost: &str, claimed: &str| {
        json!({
            "submitted": "2025-11-20",
            "fields": { "activity": "campaign", "start": "2025-10-06", "end": "2025-10-24" },
            "lines": [{ "claimed": claimed, "fields": { "supplier": "Anders & Blom", "invoice": invoice, "cost": cost } }]
        })
    };
    let shipped = json!({
        "submitted": "2025-11-20",
        "lines": [{ "claimed": "64", "fields": {
            "agreement": "SPA-1", "end-customer": second, "invoice": "R-4711", "invoice-line": "1", "sku": sku, "lot": "",
            "shipped": "2025-10-14", "quantity": "32", "unit": "EA"
        } }]
    });
    let as_ruled = Choice::Approve {
        less: vec![],
        reason: None,
    };
    let asked: [(&str, &str, Value, bool); 4] = [
        ("co-op", first, campaign("A-100", "1200", "600"), true),
        ("co-op", second, campaign("A-101", "3400", "1700"), true),
        ("co-op", second, campaign("A-102", "400", "200"), false),
        ("ship-and-debit", first, shipped, false),
    ];
    for (program, account, form, with_proof) in asked {
        let files = match with_proof {
            true => vec![proof::attachment(Some("invoice"), "invoice.pdf", INVOICE.to_vec())?],
            false => vec![],
        };
        let submission = Submission {
            program,
            account,
            form: Form::of(&form)?,
            files,
            on: None,
            retain_months: 24,
        };
        let id = submit(host, submission).await?;
        let ruled = show(host, &id).await?;
        let name = format!("{program}/{}", ruled.summary.number);
        let id = decide(&controller, &name, &as_ruled, None).await?;
        println!("{}\n", text::claim(&show(host, &id).await?));
    }
    Ok(())
}

/// A text that is a PDF as far as its first bytes say.
const INVOICE: &[u8] = b"%PDF-1.4\n% an invoice of the demonstration\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";

async fn agree_on_a_price(host: &Host, folder: &Path, account: &str, sku: &str) -> Result<()> {
    let file = folder.join("agreements.csv");
    let lines = format!(
        "number,account,end_customer,sku,price,reference_price,unit,start,end,authorised\n\
         SPA-1,{account},,{sku},18,20,EA,2025-01-01,2025-12-31,100\n"
    );
    fs::write(&file, lines).with_context(|| format!("cannot write `{}`", file.display()))?;
    agreement::import(host, "ship-and-debit", &file).await?;
    Ok(())
}
