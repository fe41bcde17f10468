//! A marketing fund for stories: a company with money in it, and what is asked of it.

use domain::id::{AccountId, ProgramId};
use domain::ledger::{Cause, Reason, Transfer};
use domain::money::Micros;
use serde_json::{Value, json};
use store::ledger::Posting;
use store::{Clock, Ids, Store};
use tests::{Engine, Gtm, component};

use crate::company::{each, micros, text};

/// `north` and `south` take part in `fund`, which pays campaigns in full, without approval beforehand, and half of a trade fair, with it.
pub fn company(engine: Engine) -> Gtm {
    let gtm = Gtm::new(engine);
    let accounts = gtm.file("accounts.csv", "number,name\nnorth,North Traders\nsouth,South Stores\n");
    gtm.run(&format!("import accounts {}", accounts.display()));
    gtm.run(&format!("plugin install {}", component("mdf").display()));
    let terms = json!({
        "fund": "discretionary",
        "activities": [
            { "activity": "campaign", "participation": "100 %", "pre-approval": "not-needed" },
            { "activity": "trade-fair", "participation": "50 %", "proofs": ["invoice", "photo"] },
        ],
    });
    let terms = gtm.file("fund.json", &terms.to_string());
    gtm.run(&format!(
        "program create fund --plugin gtm/mdf --terms {} --start 2024-01-01",
        terms.display()
    ));
    gtm.run("program enrol fund north south");
    gtm
}

/// Moves money between two balances of a participant, as the host does when it puts money into a fund: from, to, how much.
pub fn put(gtm: &Gtm, program: &str, account: &str, moves: &[(&str, &str, &str)]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(gtm.database(), Clock::System, Ids::random())
            .await
            .expect("the database");
        let mut tx = store
            .begin(&"app:budget".parse().expect("an actor"))
            .await
            .expect("a unit of work");
        let (program, currency): (ProgramId, String) = {
            let program = tx.program(program).await.expect("programs").expect("the program");
            (program.id, program.currency.to_string())
        };
        let account: AccountId = tx.account(account).await.expect("accounts").expect("the account").id;
        let transfers: Vec<Transfer> = moves
            .iter()
            .map(|(debit, credit, amount)| Transfer {
                rule: "fund".into(),
                debit: (*debit).into(),
                credit: (*credit).into(),
                amount: Micros(micros(amount)),
                unit: currency.clone(),
                effective: "2024-01-01".parse().expect("a day"),
                expires: None,
                basis: None,
                rate: None,
                reason: Reason::Original,
            })
            .collect();
        let posting = Posting {
            cause: Cause::Fund,
            subject: &format!("opening of {account} in {program}"),
            revision: 1,
            program: &program,
            account: &account,
            period: None,
            posting_period: None,
            transfers: &transfers,
        };
        tx.hold_balances(&program, &[&account]).await.expect("the participant");
        tx.post_transfers(&[posting]).await.expect("a posting");
        tx.commit().await.expect("a commit");
        store.close().await;
    });
}

/// A claim for one invoice of a campaign.
pub fn campaign(invoice: &str, amount: &str) -> Value {
    json!({
        "fields": { "activity": "campaign", "start": "2024-04-08", "end": "2024-04-12" },
        "lines": [{ "claimed": amount, "fields": { "supplier": "Printers Ltd", "invoice": invoice, "cost": amount } }],
    })
}

/// Submits a claim for `north` and gives what was printed.
pub fn submit(gtm: &Gtm, form: &Value, more: &str) -> Value {
    let file = gtm.file("claim.json", &form.to_string());
    let on = if more.contains("--on") { "" } else { "--on 2024-05-02" };
    gtm.run(&format!(
        "claim submit fund north --file {} {on} --as user:pia {more}",
        file.display()
    ))
}

/// What `north` holds, by balance; what holds nothing is left out.
pub fn held(gtm: &Gtm) -> Vec<String> {
    let balances = gtm.run("balance --account north");
    let line = |balance: &Value| format!("{} {}", text(balance, "code"), text(balance, "amount"));
    each(&balances["balances"]).map(line).collect()
}

/// What a claim moved, one line each: the number of what happened, from, to, how much, why.
pub fn moved(claim: &Value) -> Vec<String> {
    let line = |posted: &Value| {
        format!(
            "{} {} → {} {} {}",
            posted["revision"],
            text(posted, "debit"),
            text(posted, "credit"),
            text(posted, "amount"),
            text(posted, "reason")
        )
    };
    each(&claim["transfers"]).map(line).collect()
}

/// Replays all rulings; every one is identical.
pub fn replay(gtm: &Gtm) -> usize {
    let (code, replayed) = gtm.ended("claim replay --all");
    assert_eq!(code, 0, "{replayed:#}");
    each(&replayed).count()
}
