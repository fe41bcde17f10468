//! What nobody means, or means badly: it gets a clear answer, and changes nothing.

use std::io::Write as _;

use serde_json::{Value, json};
use tests::{Engine, Gtm, on_both_engines};

use super::fund::{campaign, company, put};
use crate::company::{each, text};

on_both_engines! {
    what_no_claim_can_mean_changes_nothing
    what_is_no_proof_is_not_attached
    what_is_packed_in_a_file_stays_in_it
    what_is_not_owed_is_denied_and_moves_nothing
    names_are_kept_in_every_script
}

/// Everything that is kept of claims and in the ledger, but the counter of numbers and the audit log.
fn everything(gtm: &Gtm) -> String {
    let tables = [
        "claims",
        "claim_lines",
        "claim_history",
        "claim_rulings",
        "claim_decisions",
        "claim_attachments",
        "files",
        "agreements",
        "agreement_uses",
        "transfers",
    ];
    let counts = tables.map(|table| format!("select '{table}', count(*) from {table};"));
    gtm.query(&counts.concat())
        + &gtm.query("select id, status, revision from claims order by id; select id from transfers order by id;")
}

fn refused(gtm: &Gtm, form: &str, more: &str) -> String {
    gtm.file("claim.json", form);
    let (code, said) = gtm.refused(&format!("claim submit fund north --file claim.json {more}"));
    assert!(matches!(code, 1 | 2), "{said}");
    said
}

fn what_no_claim_can_mean_changes_nothing(engine: Engine) {
    let gtm = company(engine);
    put(&gtm, "fund", "north", &[("budget", "fund", "1000")]);
    let before = everything(&gtm);
    let with = |path: &str, value: Value| {
        let mut form = campaign("INV-1", "100");
        *form.pointer_mut(path).expect("a part of the form") = value;
        form
    };
    let and = |name: &str, value: Value| {
        let mut form = campaign("INV-1", "100");
        form[name] = value;
        form
    };
    let many: Vec<Value> = (0..100_000).map(|_| json!({ "claimed": "1", "fields": {} })).collect();
    let on = "--on 2024-05-02";
    for (form, more, sentence) in [
        (
            with("/lines/0/claimed", json!("1000000000000000")),
            on,
            "the claim does not hold\n  /lines/0/claimed: `1000000000000000` is too large to keep in millionths",
        ),
        (
            with("/lines/0/claimed", json!("1e15")),
            on,
            "the claim does not hold\n  /lines/0/claimed: `1e15` is not an amount: write digits with at most six decimals, such as `-1234.5`",
        ),
        (
            with("/lines/0/claimed", json!(100)),
            on,
            "the claim does not hold\n  /lines/0/claimed: write the amount as a text, such as \"100.50\"",
        ),
        (
            and("submitted", json!("0000-01-01")),
            "",
            "the claim does not hold\n  /submitted: 0000-01-01 lies outside the years 1900 to 2999",
        ),
        (
            and("submitted", json!("9999-12-31")),
            "",
            "the claim does not hold\n  /submitted: 9999-12-31 lies outside the years 1900 to 2999",
        ),
        (
            campaign("INV-1", "100"),
            "--on 2999-12-31",
            "2999-12-31 lies in the future",
        ),
        (
            campaign("INV-1", "100"),
            "--on 2023-12-31",
            "program `fund` does not run on 2023-12-31: it begins on 2024-01-01",
        ),
        (
            and("currency", json!("XXX")),
            on,
            "the claim does not hold\n  /currency: `XXX` is not a currency that money is paid in: write an ISO 4217 code such as `GBP`",
        ),
        (
            and("currency", json!("EUR")),
            on,
            "the claim does not hold\n  /currency: the program pays in GBP, not in EUR: file it in GBP",
        ),
        (
            and("lines", Value::Array(many)),
            on,
            "the claim does not hold\n  /lines: there are 100000 lines, and a claim has at most 10000: split it into several claims",
        ),
        (
            and("lines", json!([])),
            on,
            "the claim does not hold\n  /lines: a claim has at least one line",
        ),
        (
            and("number", json!("../../etc/passwd")),
            on,
            "the claim does not hold\n  /number: write 1 to 60 characters without `/`, white space at the ends or control characters",
        ),
        (
            with("/fields", json!({ "activity": "campaign", "start": "then" })),
            on,
            "the claim does not hold\n  /fields: \"end\" is a required property\n  /fields/start: \"then\" does not match",
        ),
        (
            with(
                "/lines/0/fields",
                json!({ "supplier": "x", "invoice": "", "cost": "1", "bonus": "1" }),
            ),
            on,
            "the claim does not hold\n  /lines/0/fields: Additional properties are not allowed ('bonus' was unexpected)\n  \
             /lines/0/fields/invoice: \"\" is shorter than 1 character",
        ),
        (
            campaign("INV-1", "100"),
            "--on 2024-05-02 --request R-9",
            "this participant has no request `R-9` in program `fund`: `gtm claim list --kind request` shows them",
        ),
        (
            campaign("INV-1", "100"),
            "--on 2024-05-02 --kind request --request R-9",
            "a request draws on no other: leave out --request",
        ),
        (
            json!([]),
            on,
            "the claim does not hold\n  the whole: write an object with `fields` and `lines`",
        ),
    ] {
        let said = refused(&gtm, &form.to_string(), more);
        assert!(said.starts_with(&format!("gtm: {sentence}")), "{sentence}: {said}");
    }
    assert!(refused(&gtm, "{", on).starts_with("gtm: `claim.json` is not JSON: EOF while parsing"));
    assert!(
        refused(&gtm, &"[".repeat(100_000), on).starts_with("gtm: `claim.json` is not JSON: recursion limit exceeded")
    );
    assert_eq!(
        refused(
            &gtm,
            &campaign("INV-1", "100").to_string(),
            "--on 2024-05-02 --attach nothing.pdf"
        ),
        "gtm: cannot read `nothing.pdf`: No such file or directory (os error 2)"
    );
    for (line, sentence) in [
        (
            "claim submit nothing north --file claim.json",
            "there is no program `nothing`: `gtm program list` shows them",
        ),
        (
            "claim submit fund nobody --file claim.json",
            "there is no account `nobody`",
        ),
        ("claim show C-1", "there is no claim `C-1`: `gtm claim list` shows them"),
        (
            "claim decide fund/C-1 --approve",
            "there is no claim `fund/C-1`: `gtm claim list` shows them",
        ),
        ("claim list --limit 0", "a page holds 1 to 1000 claims, not 0"),
    ] {
        assert_eq!(gtm.refused(line), (1, format!("gtm: {sentence}")), "{line}");
    }
    assert_eq!(everything(&gtm), before);
}

fn what_is_no_proof_is_not_attached(engine: Engine) {
    let gtm = company(engine);
    put(&gtm, "fund", "north", &[("budget", "fund", "1000")]);
    let before = everything(&gtm);
    let write = |name: &str, content: &[u8]| std::fs::write(gtm.folder().join(name), content).expect("a file");
    write("bomb.pdf", b"PK\x03\x04\x14\0\0\0\x08\0 zeros without end");
    write("program.pdf", &[&b"\x7fELF\x02\x01\x01"[..], &[0; 60]].concat());
    write("empty.pdf", b"");
    write("large.txt", &vec![b'x'; (10 << 20) + 1]);
    let form = campaign("INV-1", "100").to_string();
    for (file, sentence) in [
        (
            "bomb.pdf",
            "`bomb.pdf` is of the type application/zip by its content, which is not taken",
        ),
        (
            "invoice=program.pdf",
            "`program.pdf` is of the type application/x-executable by its content, which is not taken",
        ),
        ("empty.pdf", "`empty.pdf` is empty: attach the file itself"),
        (
            "large.txt",
            "`large.txt` has 10485761 bytes: attach files of at most 10485760",
        ),
    ] {
        let said = refused(&gtm, &form, &format!("--on 2024-05-02 --attach {file}"));
        assert!(said.starts_with(&format!("gtm: {sentence}")), "{said}");
    }
    assert_eq!(everything(&gtm), before);
}

fn what_is_packed_in_a_file_stays_in_it(engine: Engine) {
    let gtm = company(engine);
    put(&gtm, "fund", "north", &[("budget", "fund", "1000")]);
    // A PDF whose one stream holds a quarter of a gigabyte of zeros, packed into a quarter of a megabyte.
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1 << 20];
    (0..256).for_each(|_| packed.write_all(&zeros).expect("memory"));
    let packed = packed.finish().expect("memory");
    let mut bomb = format!(
        "%PDF-1.7\n1 0 obj\n<< /Filter /FlateDecode /Length {} >>\nstream\n",
        packed.len()
    )
    .into_bytes();
    bomb.extend(packed);
    bomb.extend(b"\nendstream\nendobj\n%%EOF\n");
    std::fs::create_dir_all(gtm.folder().join("in/here")).expect("a folder");
    std::fs::write(gtm.folder().join("passwd"), &bomb).expect("a file");
    gtm.file("claim.json", &campaign("INV-1", "100").to_string());
    let claim = gtm.run("claim submit fund north --file claim.json --on 2024-05-02 --attach in/here/../../passwd");
    let file = each(&claim["attachments"]).next().expect("the file");
    // Kept by its last name, as it came.
    assert_eq!(
        (text(file, "name"), text(file, "media_type")),
        ("passwd", "application/pdf")
    );
    assert_eq!(file["size"], bomb.len());
    let kept = gtm.query("select length(content) from files");
    assert_eq!(kept.trim(), bomb.len().to_string());

    // In a folder it lies under its digest, whatever it is called.
    bomb.push(b'\n');
    std::fs::write(gtm.folder().join("passwd"), &bomb).expect("a file");
    gtm.file("claim.json", &campaign("INV-2", "90").to_string());
    let second = "claim submit fund north --file claim.json --on 2024-05-02 --attach in/here/../../passwd --files kept";
    let claim = gtm.run(second);
    let digest = text(each(&claim["attachments"]).next().expect("the file"), "digest").to_owned();
    let kept = gtm.folder().join("kept").join(&digest[..2]).join(&digest);
    assert_eq!(std::fs::read(kept).expect("the file"), bomb);
    let empty = gtm.query("select length(content) from files where kept_in = 'folder'");
    assert_eq!(empty.trim(), "0");
}

fn what_is_not_owed_is_denied_and_moves_nothing(engine: Engine) {
    let gtm = company(engine);
    put(&gtm, "fund", "north", &[("budget", "fund", "1000")]);
    let ledger = gtm.query("select id from transfers order by id");
    let negative = campaign("INV-1", "-100");
    let mut absurd = campaign("INV-2", "9000000000000");
    absurd["lines"][0]["fields"]["cost"] = json!("-1");
    let nothing = campaign("INV-3", "0");
    for form in [negative, absurd, nothing] {
        gtm.file("claim.json", &form.to_string());
        let claim = gtm.run("claim submit fund north --file claim.json --on 2024-05-02 --as user:pia");
        assert_eq!(text(&claim["lines"][0], "ruling"), "denied", "{claim:#}");
        assert!(each(&claim["lines"][0]["reasons"]).count() > 0);
        let denied = gtm.run(&format!("claim decide {} --approve", text(&claim, "number")));
        assert_eq!((text(&denied, "status"), text(&denied, "approved")), ("denied", "0"));
    }
    assert_eq!(gtm.query("select id from transfers order by id"), ledger);
}

fn names_are_kept_in_every_script(engine: Engine) {
    let gtm = company(engine);
    put(&gtm, "fund", "north", &[("budget", "fund", "1000")]);
    let names = [
        "Łódź Ąę",
        "株式会社山田",
        "مطبعة",
        "Ωμέγα",
        "ๆไทย",
        "🖨️ & Søn",
        "a\u{301}",
        "null\u{0}byte",
        "'; drop table claims; --",
    ];
    for (place, name) in names.iter().enumerate() {
        let mut form = campaign(name, "1");
        form["number"] = json!(format!("№-{place}-ж"));
        form["lines"][0]["fields"]["supplier"] = json!(name);
        gtm.file("claim.json", &form.to_string());
        let claim = gtm.run("claim submit fund north --file claim.json --on 2024-05-02");
        assert_eq!(text(&claim, "status"), "in-review", "{name}");
        let shown = gtm.run(&format!("claim show №-{place}-ж"));
        assert_eq!(text(&shown["lines"][0]["fields"], "supplier"), *name);
        assert_eq!(text(&shown["lines"][0]["fields"], "invoice"), *name);
    }
}
