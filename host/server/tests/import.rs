//! Files into the database, through the functions that the command line calls, on both engines.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use server::demo::company::{Size, company};
use server::import::{
    ImportOptions, ImportReport, Profile, import_accounts, import_contacts, import_products, import_transactions,
};
use store::{Clock, Ids, Store};
use tests::{Engine, Gtm, on_both_engines};

on_both_engines! {
    the_same_file_twice_adds_nothing
    a_dry_run_counts_the_same_and_keeps_nothing
    refused_lines_keep_their_fields_and_can_be_corrected
    the_same_key_with_other_contents_is_refused
    an_import_that_broke_off_is_finished_by_starting_again
    a_parent_may_stand_anywhere_in_the_file
    the_made_up_company_comes_in_whole
}

/// One database and what a story does with it.
struct World {
    gtm: Gtm,
    store: Store,
    runtime: tokio::runtime::Runtime,
}

impl World {
    fn new(engine: Engine) -> Self {
        let gtm = Gtm::new(engine);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("threads");
        let opened = runtime.block_on(Store::open(gtm.database(), Clock::System, Ids::random()));
        Self {
            gtm,
            store: opened.unwrap_or_else(|e| panic!("{e}")),
            runtime,
        }
    }

    fn refused_file(&self) -> PathBuf {
        self.gtm.folder().join("refused.csv")
    }

    fn options(&self, dry_run: bool) -> ImportOptions {
        ImportOptions {
            dry_run,
            actor: "user:ada".parse().expect("an actor"),
            refused_file: self.refused_file(),
            progress: None,
        }
    }

    fn accounts(&self, path: &Path) -> ImportReport {
        self.done(import_accounts(
            &self.store,
            &profile("accounts"),
            path,
            &self.options(false),
        ))
    }

    fn products(&self, path: &Path) -> ImportReport {
        self.done(import_products(
            &self.store,
            &profile("products"),
            path,
            &self.options(false),
        ))
    }

    fn transactions(&self, profile_name: &str, path: &Path, dry_run: bool) -> ImportReport {
        self.done(import_transactions(
            &self.store,
            &profile(profile_name),
            path,
            &self.options(dry_run),
        ))
    }

    fn done<T, E: std::fmt::Display>(&self, work: impl Future<Output = Result<T, E>>) -> T {
        self.runtime.block_on(work).unwrap_or_else(|e| panic!("{e}"))
    }

    fn journal_position(&self) -> u64 {
        self.done(async { self.store.read().await?.journal_position().await })
    }

    /// Account 1 and product P, which the lines of most stories name.
    fn with_somebody_who_buys(self) -> Self {
        let accounts = self.gtm.file("accounts.csv", "number,name\nA1,Ada's\n");
        let products = self
            .gtm
            .file("products.csv", "sku,name,category\nP,Pan,goods/kitchen\n");
        assert_eq!(counts(&self.accounts(&accounts)), [1, 1, 0, 0]);
        assert_eq!(counts(&self.products(&products)), [1, 1, 0, 0]);
        self
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.runtime.block_on(self.store.close());
    }
}

fn profile(name: &str) -> Profile {
    Profile::load(name).unwrap_or_else(|e| panic!("{e}"))
}

/// Lines, accepted, duplicates, refused.
fn counts(report: &ImportReport) -> [u64; 4] {
    [report.lines, report.accepted, report.duplicates, report.refused]
}

const HEADER: &str = "key,kind,account,product,date,currency,quantity,net_amount,corrects\n";

fn the_same_file_twice_adds_nothing(engine: Engine) {
    let world = World::new(engine).with_somebody_who_buys();
    let text = format!(
        "{HEADER}S1,sale,A1,P,2024-01-31,EUR,2,20,\nS2,sale,A1,P,2024-02-01,EUR,1,10.5,\nS1,sale,A1,P,2024-01-31,EUR,2,20,\nS3,sale,A1,P,2024-02-02,EUR,1,9,S2\n"
    );
    let sales = world.gtm.file("sales.csv", &text);
    assert_eq!(counts(&world.transactions("transactions", &sales, false)), [4, 3, 1, 0]);
    let position = world.journal_position();
    assert_eq!(counts(&world.transactions("transactions", &sales, false)), [4, 0, 4, 0]);
    assert_eq!(world.journal_position(), position);
    assert!(!world.refused_file().exists(), "nothing was refused");
    let imports = world.done(async { world.store.read().await?.imports(10).await });
    assert_eq!(imports[0].of.file_name, "sales.csv");
    assert!(
        imports
            .iter()
            .all(|import| import.finished_at.is_some() && import.actor.to_string() == "user:ada")
    );
    assert_eq!(
        (
            imports[0].counts.duplicates,
            imports[1].counts.accepted,
            imports[0].of.file_digest == imports[1].of.file_digest
        ),
        (4, 3, true)
    );
}

fn a_dry_run_counts_the_same_and_keeps_nothing(engine: Engine) {
    let world = World::new(engine);
    let sales = world.gtm.file(
        "retail.csv",
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
         1,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n\
         1,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n\
         2,POST,POSTAGE,1,2010-12-01 08:30:00,18,,France\n",
    );
    let dry = world.transactions("online-retail", &sales, true);
    assert_eq!(
        (counts(&dry), dry.accounts_created, dry.products_created),
        ([3, 2, 0, 1], 1, 1)
    );
    assert_eq!(
        (
            world.journal_position(),
            world.refused_file().exists(),
            &dry.refused_file
        ),
        (0, false, &None)
    );
    assert_eq!(world.done(async { world.store.read().await?.imports(10).await }), []);
    let kept = world.transactions("online-retail", &sales, false);
    assert_eq!(
        ImportReport {
            dry_run: true,
            refused_file: None,
            ..kept
        },
        dry
    );
    assert_eq!(counts(&world.transactions("online-retail", &sales, true)), [3, 0, 2, 1]);
}

fn refused_lines_keep_their_fields_and_can_be_corrected(engine: Engine) {
    let world = World::new(engine).with_somebody_who_buys();
    let text = format!(
        "{HEADER}S1,sale,A1,P,2024-01-31,EUR,2,20,\nS2,sale,,P,2024-01-31,EUR,2,20,\nS3,sale,A9,P,2024-01-31,EUR,2,20,\nS4,sale,A1\n\
         S5,sale,A1,\"P, large\",2024-01-31,EUR,2,20,\n  S6  ,sale,A1,P,2024-01-31,EUR,2,0.0000001,\n"
    );
    let sales = world.gtm.file("sales.csv", &text);
    let report = world.transactions("transactions", &sales, false);
    assert_eq!(
        (counts(&report), report.refused_file.as_ref()),
        ([6, 1, 0, 5], Some(&world.refused_file()))
    );
    let refused = std::fs::read_to_string(world.refused_file()).expect("a file of refused lines");
    assert_eq!(
        refused,
        "refused_line,refused_reason,key,kind,account,product,date,currency,quantity,net_amount,corrects\n\
         3,no account: column account is empty,S2,sale,,P,2024-01-31,EUR,2,20,\n\
         4,account `A9` does not exist: add it first,S3,sale,A9,P,2024-01-31,EUR,2,20,\n\
         5,the line has 3 fields where the header has 9,S4,sale,A1\n\
         6,\"product `P, large` does not exist: add it first\",S5,sale,A1,\"P, large\",2024-01-31,EUR,2,20,\n\
         7,net amount: column net_amount: `0.0000001` has more than six decimals,  S6  ,sale,A1,P,2024-01-31,EUR,2,0.0000001,\n"
    );
    assert_eq!(report.reasons.len(), 5);
    assert!(report.reasons.iter().all(|reason| reason.lines == 1));

    let corrected = refused
        .replace("S2,sale,,", "S2,sale,A1,")
        .replace(",A9,", ",A1,")
        .replace("S4,sale,A1\n", "S4,sale,A1,P,2024-01-31,EUR,1,10,\n")
        .replace("\"P, large\"", "P")
        .replace("0.0000001", "0.000001");
    let corrected = world.gtm.file("corrected.csv", &corrected);
    assert_eq!(
        counts(&world.transactions("transactions", &corrected, false)),
        [5, 5, 0, 0]
    );
    let rows = world.done(async { world.store.read().await?.rows_after(0, 100).await });
    assert!(
        rows.iter().all(|row| row.attributes.is_empty()),
        "the reason is no attribute"
    );
}

fn the_same_key_with_other_contents_is_refused(engine: Engine) {
    let world = World::new(engine).with_somebody_who_buys();
    let first = world
        .gtm
        .file("first.csv", &format!("{HEADER}S1,sale,A1,P,2024-01-31,EUR,2,20,\n"));
    let other = world.gtm.file(
        "other.csv",
        &format!("{HEADER}S1,sale,A1,P,2024-01-31,EUR,2,21,\nK1,sale,A1,P,2024-01-31,EUR,2,21,S1\n"),
    );
    world.transactions("transactions", &first, false);
    let report = world.transactions("transactions", &other, false);
    assert_eq!(counts(&report), [2, 1, 0, 1]);
    assert!(
        report.reasons[0]
            .reason
            .starts_with("`S1` of `csv` stands in the journal with other contents"),
        "{:?}",
        report.reasons
    );
}

fn an_import_that_broke_off_is_finished_by_starting_again(engine: Engine) {
    let world = World::new(engine).with_somebody_who_buys();
    let (lines, day) = (60_000, "2024-01-31");
    let text: String = (0..lines)
        .map(|n| format!("S{n},sale,A1,P,{day},EUR,{},{}.5,\n", n % 7 + 1, n * 7_919 % 1_000))
        .collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed
        .write_all(format!("{HEADER}{text}").as_bytes())
        .expect("memory can be written");
    let packed = packed.finish().expect("memory can be written");
    let (whole, broken) = (
        world.gtm.folder().join("sales.csv.gz"),
        world.gtm.folder().join("broken.csv.gz"),
    );
    std::fs::write(&whole, &packed).expect("a file in the folder");
    std::fs::write(&broken, &packed[..packed.len() * 2 / 3]).expect("a file in the folder");

    let options = world.options(false);
    let failed = world.runtime.block_on(import_transactions(
        &world.store,
        &profile("transactions"),
        &broken,
        &options,
    ));
    let reason = failed.expect_err("a file that ends too soon").to_string();
    assert!(reason.contains("broken.csv.gz` cannot be read to its end"), "{reason}");
    let kept = world.journal_position();
    assert!((1..lines).contains(&kept), "{kept}");
    assert_eq!(
        counts(&world.transactions("transactions", &whole, false)),
        [lines, lines - kept, kept, 0]
    );
    assert_eq!(
        counts(&world.transactions("transactions", &whole, false)),
        [lines, 0, lines, 0]
    );
}

fn a_parent_may_stand_anywhere_in_the_file(engine: Engine) {
    let world = World::new(engine);
    // More than are committed together.
    let branches: String = (1..=17_000).map(|n| format!("B{n},Branch {n},H,gold\n")).collect();
    let accounts = world.gtm.file(
        "accounts.csv",
        &format!("number,name,parent,tier\n{branches}X,Orphan,NOBODY,\nH,Head,,\n"),
    );
    let report = world.accounts(&accounts);
    assert_eq!(counts(&report), [17_002, 17_001, 0, 1]);
    assert_eq!(
        report.reasons[0].reason,
        "the parent `NOBODY` of account `X` does not exist, or is below it"
    );
    let (head, branch) = world.done(async {
        let mut snapshot = world.store.read().await?;
        Ok::<_, store::Error>((snapshot.account("H").await?, snapshot.account("B1").await?))
    });
    let (head, branch) = (head.expect("the head"), branch.expect("a branch"));
    assert_eq!((branch.parent, &*branch.attributes["tier"]), (Some(head.id), "gold"));
    assert_eq!(counts(&world.accounts(&accounts)), [17_002, 0, 17_001, 1]);

    let contacts = world.gtm.file(
        "contacts.csv",
        "account,name,email,role\nH,Ada,ada@h.example,finance\nNO,Bo,bo@h.example,\n",
    );
    let report = world.done(import_contacts(
        &world.store,
        &profile("contacts"),
        &contacts,
        &world.options(false),
    ));
    assert_eq!(counts(&report), [2, 1, 0, 1]);
}

fn the_made_up_company_comes_in_whole(engine: Engine) {
    let world = World::new(engine);
    let company = company(1, Size::Small);
    world.done(async {
        let mut tx = world.store.begin(&world.options(false).actor).await?;
        assert_eq!(tx.add_accounts(&company.accounts).await?.new, company.accounts.len());
        assert_eq!(tx.add_contacts(&company.contacts).await?.new, company.contacts.len());
        assert_eq!(tx.add_products(&company.products).await?.new, company.products.len());
        tx.commit().await
    });
    for (name, text) in [("sales.csv", &company.sales), ("late.csv", &company.late)] {
        let lines = text.lines().count() as u64 - 1;
        let file = world.gtm.file(name, text);
        assert_eq!(
            counts(&world.transactions("transactions", &file, false)),
            [lines, lines, 0, 0],
            "{name}"
        );
        assert_eq!(
            counts(&world.transactions("transactions", &file, false)),
            [lines, 0, lines, 0],
            "{name}"
        );
    }
    let corrections = world.done(async {
        let mut snapshot = world.store.read().await?;
        let position = snapshot.journal_position().await?;
        snapshot.corrections(position).await
    });
    assert!(!corrections.is_empty());
}
