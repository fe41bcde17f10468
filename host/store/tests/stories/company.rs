//! A small company to tell stories about.

use domain::account::NewAccount;
use domain::calculation::Outcome;
use domain::columns::{self, Columns};
use domain::digest::{Digest, canonical_json};
use domain::id::{AccountId, ImportId, RunId};
use domain::ledger::{Reason, Transfer};
use domain::money::Micros;
use domain::plugin::{Balance, CURRENCY_UNIT, Column, Descriptor, Grant, ProgramKind, Side};
use domain::product::NewProduct;
use domain::program::{Program, Terms};
use domain::receipt::{Receipt, Signature};
use domain::statement::Revision;
use domain::transaction::{NewTransaction, OtherDates, RowKind};
use store::Tx;
use store::import::NewImport;
use store::program::{NewProgram, NewTerms};
use store::run::{NewRun, Run, RunMode};

use crate::database::Database;

pub const COMPONENT: &[u8] = b"a component";

pub fn account(number: &str, parent: Option<&str>) -> NewAccount {
    NewAccount {
        number: number.into(),
        name: format!("company {number}"),
        parent: parent.map(Into::into),
        attributes: [("region".into(), "north".into())].into(),
    }
}

pub fn product(sku: &str) -> NewProduct {
    NewProduct {
        sku: sku.into(),
        name: format!("product {sku}"),
        category: "goods/cups".into(),
        attributes: [("brand".into(), "acme".into())].into(),
    }
}

pub fn sale(key: &str, account: &str, date: &str, net: i64) -> NewTransaction {
    NewTransaction {
        source: "erp".into(),
        key: key.into(),
        kind: RowKind::Sale,
        account: account.into(),
        product: Some("cup".into()),
        end_customer: None,
        date: date.parse().unwrap(),
        dates: OtherDates::default(),
        currency: "GBP".parse().unwrap(),
        quantity: Some(Micros(1_000_000)),
        net_amount: Some(Micros(net * 1_000_000)),
        gross_amount: None,
        cost: None,
        list_price: None,
        attributes: [].into(),
        corrects: None,
    }
}

pub fn correction(key: &str, of: &str, account: &str, date: &str, net: i64) -> NewTransaction {
    NewTransaction {
        corrects: Some(of.into()),
        ..sale(key, account, date, net)
    }
}

pub fn descriptor(version: &str) -> Descriptor {
    let balance = |code: &str, side| Balance {
        code: code.into(),
        title: code.into(),
        unit: CURRENCY_UNIT.into(),
        side,
    };
    Descriptor {
        id: "rebate".into(),
        title: "Rebate".into(),
        vendor: "acme".into(),
        version: version.into(),
        kind: ProgramKind::Rebate,
        columns: vec![Column::NetAmount],
        profile_attributes: vec![],
        transaction_attributes: vec![],
        balances: vec![balance("expense", Side::Debit), balance("payable", Side::Credit)],
        terms_schema: "{}".into(),
        claims: None,
        messages: vec![],
        order_independent: true,
    }
}

/// Accounts `a` and `b`, a product `cup`, an import under way.
pub async fn open_for_business(tx: &mut Tx) -> ImportId {
    tx.add_accounts(&[account("a", None), account("b", None)])
        .await
        .unwrap();
    tx.add_products(&[product("cup")]).await.unwrap();
    begin_import(tx).await
}

pub async fn begin_import(tx: &mut Tx) -> ImportId {
    let import = NewImport {
        file_name: "sales.csv".into(),
        file_digest: Digest::of(b"sales"),
        profile: "transactions".into(),
        source: "erp".into(),
    };
    tx.begin_import(&import).await.unwrap()
}

/// A program with its plugin and first terms.
pub async fn launch(tx: &mut Tx, code: &str) -> (Program, Terms) {
    let descriptor = descriptor("1.0.0");
    let plugin = tx
        .install_plugin(&descriptor, &Grant::all_of(&descriptor), COMPONENT)
        .await
        .unwrap();
    let program = tx.create_program(&new_program(code)).await.unwrap();
    let terms = NewTerms {
        valid_from: "2011-01-01".parse().unwrap(),
        json: "{}".into(),
        plugin_version: plugin.id,
    };
    let terms = tx.add_terms(&program.id, &terms).await.unwrap();
    (program, terms)
}

pub fn new_program(code: &str) -> NewProgram {
    NewProgram {
        code: code.into(),
        title: "Volume rebate".into(),
        currency: "GBP".parse().unwrap(),
        calendar: "quarter".parse().unwrap(),
        start: "2011-01-01".parse().unwrap(),
        end: None,
    }
}

pub fn new_run(program: &Program) -> NewRun {
    NewRun {
        program: program.id.clone(),
        period: "2011-Q1".into(),
        mode: RunMode::Actual,
        as_of: 7,
        workers: 2,
    }
}

pub fn transfer(rule: &str, amount: i64) -> Transfer {
    let (debit, credit) = if amount > 0 {
        ("expense", "payable")
    } else {
        ("payable", "expense")
    };
    Transfer {
        rule: rule.into(),
        debit: debit.into(),
        credit: credit.into(),
        amount: Micros(amount.abs() * 1_000_000),
        unit: "GBP".into(),
        effective: "2011-03-31".parse().unwrap(),
        expires: Some("2012-03-31".parse().unwrap()),
        basis: Some("1000.50".parse().unwrap()),
        rate: Some("0.0250".parse().unwrap()),
        reason: Reason::Original,
    }
}

pub fn revision(
    run: &RunId,
    program: &Program,
    terms: &Terms,
    account: &AccountId,
    number: i64,
    transfers: Vec<Transfer>,
) -> Revision {
    let context = format!(r#"{{"account":"{account}","revision":"{number}"}}"#).into_bytes();
    let output = canonical_json(&Outcome::default()).unwrap();
    let rows = Columns {
        position: vec![1, 2],
        date: vec![3, 4],
        ..Columns::default()
    };
    Revision {
        run: run.clone(),
        program: program.id.clone(),
        account: account.clone(),
        period: "2011-Q1".into(),
        number,
        terms: terms.id.clone(),
        log: "info: worked out".into(),
        transfers,
        posting_period: None,
        reduced_by: vec![],
        receipt: Receipt {
            program: program.code.clone(),
            account: account.to_string(),
            period: "2011-Q1".into(),
            revision: number,
            component: terms.component,
            context: Digest::of(&context),
            rows: columns::digest(&[rows.as_slice()]),
            row_count: 2,
            output: Digest::of(&output),
            log: Digest::of(b"info: worked out"),
            api: "gtm:program@0.1.0".into(),
            engine: "wasmtime 48".into(),
            fuel: 1234,
            position: 2,
            signature: Signature::default(),
        },
        context,
        output,
    }
}

/// A program with both accounts known and a run begun, committed.
pub struct Quarter {
    pub program: Program,
    pub terms: Terms,
    pub run: Run,
    pub a: AccountId,
    pub b: AccountId,
}

pub async fn begin_quarter(db: &Database) -> Quarter {
    let mut tx = db.begin().await;
    open_for_business(&mut tx).await;
    let (program, terms) = launch(&mut tx, "volume").await;
    let run = tx.start_run(&new_run(&program)).await.unwrap();
    let [a, b] = ["a", "b"];
    let (a, b) = (
        tx.account(a).await.unwrap().unwrap().id,
        tx.account(b).await.unwrap().unwrap().id,
    );
    tx.commit().await.unwrap();
    Quarter {
        program,
        terms,
        run,
        a,
        b,
    }
}

impl Quarter {
    pub fn revision(&self, account: &AccountId, number: i64, transfers: Vec<Transfer>) -> Revision {
        revision(&self.run.id, &self.program, &self.terms, account, number, transfers)
    }
}
