//! Hostile command lines and files get an answer that says what is wrong and what to do, and change nothing.

use std::fs;

use serde_json::{Value, json};
use tests::{Engine, Gtm, component, on_both_engines};

use crate::company::{company, each, program, sell, text, tiers};

on_both_engines! {
    commands_that_make_no_sense_change_nothing
    terms_that_do_not_hold_are_refused_with_the_place
    what_is_no_plugin_is_not_installed
    files_that_cannot_be_read_are_refused_as_a_whole
    lines_that_cannot_be_kept_are_refused_one_by_one
    names_are_kept_in_every_script
}

fn commands_that_make_no_sense_change_nothing(engine: Engine) {
    let gtm = company(engine);
    program(&gtm, "volume", &tiers("1 %", "2.5 %"));
    gtm.run("program enrol volume south");
    let before = everything(&gtm);
    let create = |code: &str, plugin: &str, terms: &str, start: &str| {
        format!("program create {code} --plugin {plugin} --terms {terms} --start {start}")
    };
    let fresh = |start: &str| create("fresh", "gtm/rebate", "volume.json", start);
    for (line, code, sentence) in [
        (
            "run nothing --period 2024-Q1",
            1,
            "there is no program `nothing`: `gtm program list` shows them",
        ),
        (
            "run volume --period 2024-01",
            1,
            "`2024-01` is not a period of the calendar `quarter`: write one like `2011-Q1`",
        ),
        (
            "run volume --period 2024-Q5",
            1,
            "`2024-Q5` is not a period of the calendar `quarter`: write one like `2011-Q1`",
        ),
        (
            "run volume --period 2023-Q4",
            1,
            "program `volume` does not run in 2023-Q4: it begins on 2024-01-01",
        ),
        (
            "run volume --period 2024-Q1 --workers 0",
            1,
            "a run needs at least one worker",
        ),
        (
            "program show nothing",
            1,
            "there is no program `nothing`: `gtm program list` shows them",
        ),
        ("program enrol nothing --all", 1, "there is no program `nothing`"),
        (
            "program enrol volume west nobody",
            1,
            "nobody was enrolled, because of 1 of the accounts: account `nobody` does not exist: add it first",
        ),
        (
            "program enrol volume west --agreed figure=much",
            1,
            "`much` is not a number, for the agreed figure `figure`",
        ),
        (
            "statement show volume/2024-Q1/south",
            1,
            "account `south` has no statement for 2024-Q1 in program `volume`: `gtm run volume --period 2024-Q1` makes it",
        ),
        (
            "statement list --limit 0",
            1,
            "a page holds 1 to 1000 statements, not 0",
        ),
        (
            "replay nothing",
            1,
            "there is no statement `nothing`: `gtm statement list` shows them",
        ),
        ("balance --account nobody", 1, "there is no account `nobody`"),
        (
            &fresh("2024-01-01 --end 2023-12-31"),
            1,
            "program `fresh` would end on 2023-12-31, before it begins on 2024-01-01: exchange the dates",
        ),
        (
            &fresh("2024-01-01 --new-terms"),
            1,
            "there is no program `fresh` to give new terms to",
        ),
        (
            &create("volume", "gtm/rebate", "volume.json", "2024-01-01"),
            1,
            "there is a program `volume` already: --new-terms gives it new terms",
        ),
        (
            &create("Größe", "gtm/rebate", "volume.json", "2024-01-01"),
            1,
            "`Größe` is no code: write small letters, digits and hyphens, at most 60, such as `growth-2026`",
        ),
        (
            &create("fresh", "gtm/rebate@9.9.9", "volume.json", "2024-01-01"),
            1,
            "version 9.9.9 of plugin `gtm/rebate` is not installed: `gtm plugin list` shows what is",
        ),
        (
            &create("fresh", "gtm/rebate", "none.json", "2024-01-01"),
            1,
            "cannot read the terms in `none.json`: No such file or directory (os error 2)",
        ),
        (
            &fresh("0000-01-01"),
            2,
            "0000-01-01 lies outside the years 1900 to 2999",
        ),
        (
            &fresh("9999-01-01"),
            2,
            "9999-01-01 lies outside the years 1900 to 2999",
        ),
        (
            &fresh("2023-02-29"),
            2,
            "`2023-02-29` is not a date: write year-month-day, such as `2011-03-31`",
        ),
        (
            &fresh("2024-01-01 --currency XXX"),
            2,
            "`XXX` is not a currency that money is paid in: write an ISO 4217 code such as `GBP`",
        ),
        (
            &fresh("2024-01-01 --calendar week"),
            2,
            "`week` is not a calendar: write `month`, `quarter` or `year`, with `4-4-5 ` before it for a year of weeks",
        ),
        (
            "--as user: program list",
            2,
            "`user:` names nobody: write `user:NAME` or `app:NAME`",
        ),
    ] {
        let (ended, said) = gtm.refused(line);
        let said = if ended == 2 {
            said.lines().next().and_then(|first| first.split_once(">': "))
        } else {
            said.split_once("gtm: ")
        };
        assert_eq!(
            (ended, said.map(|(_, sentence)| sentence)),
            (code, Some(sentence)),
            "gtm {line}"
        );
    }
    assert_eq!(everything(&gtm), before);
}

fn terms_that_do_not_hold_are_refused_with_the_place(engine: Engine) {
    let gtm = company(engine);
    let before = everything(&gtm);
    let tiers = |tiers: Value| json!({ "rules": [{ "measure": "net", "tiers": tiers }] });
    let mut unknown = tiers(json!([{ "from": "0", "rate": "1 %" }]));
    unknown["rules"][0]["teirs"] = json!([]);
    for (terms, place) in [
        (
            tiers(json!([{ "from": "0", "until": "100", "rate": "1 %" }, { "from": "200", "rate": "2 %" }])),
            "/rules/0/tiers/1/from: band 1 ends at 100 and band 2 begins at 200: nothing covers what lies between; begin band 2 at 100 (band-gap)",
        ),
        (
            tiers(json!([{ "from": "0", "until": "300", "rate": "1 %" }, { "from": "200", "rate": "2 %" }])),
            "/rules/0/tiers/1/from: band 1 ends at 300 and band 2 begins at 200: both cover what lies between; begin band 2 at 300 (band-overlap)",
        ),
        (
            tiers(json!([{ "from": "0", "rate": "101 %" }])),
            "/rules/0/tiers/0/rate: a rate of 101 % cannot be meant: give one from 0 % to 100 % (rate-bounds)",
        ),
        (
            tiers(json!([{ "from": "0", "rate": 0.01 }])),
            "/rules/0/tiers/0/rate: 0.01 is not of types \"null\", \"string\" (schema)",
        ),
        (
            unknown,
            "/rules/0: Additional properties are not allowed ('teirs' was unexpected) (schema)",
        ),
        (json!({ "rules": [] }), "/rules: [] has less than 1 item (schema)"),
        (json!([]), "the whole: [] is not of type \"object\" (schema)"),
    ] {
        gtm.file("terms.json", &terms.to_string());
        let refused = gtm.refused("program create volume --plugin gtm/rebate --terms terms.json --start 2024-01-01");
        assert_eq!(refused, (1, format!("gtm: the terms do not hold\n  {place}")));
    }
    gtm.file("terms.json", "{\"rules\":");
    let (code, said) = gtm.refused("program create volume --plugin gtm/rebate --terms terms.json --start 2024-01-01");
    assert_eq!(code, 1);
    assert!(
        said.starts_with("gtm: `terms.json` is not JSON: EOF while parsing"),
        "{said}"
    );
    assert_eq!(everything(&gtm), before);
}

fn what_is_no_plugin_is_not_installed(engine: Engine) {
    let gtm = company(engine);
    let before = everything(&gtm);
    let sound = fs::read(component("rebate")).expect("the rebate plugin");
    let noise: Vec<u8> = (0..4_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    for (name, bytes, sentence) in [
        (
            "cut",
            &sound[..1_000],
            "the component is cut off after 1000 bytes: copy or build it again",
        ),
        (
            "half",
            &sound[..200_000],
            "the component is cut off after 200000 bytes: copy or build it again",
        ),
        (
            "noise",
            &noise,
            "this is not WebAssembly: the file does not begin with `\\0asm`",
        ),
        (
            "nothing",
            &[],
            "this is not WebAssembly: the file does not begin with `\\0asm`",
        ),
        (
            "core",
            b"\0asm\x01\0\0\0",
            "this is a core module, not a component: `gtm plugin build` makes the component from it",
        ),
    ] {
        fs::write(gtm.folder().join(format!("{name}.wasm")), bytes).expect("a file in the temporary folder");
        assert_eq!(
            gtm.refused(&format!("plugin install {name}.wasm")),
            (1, format!("gtm: `{name}.wasm` is not admitted: {sentence}"))
        );
    }
    assert_eq!(
        gtm.refused("plugin install none.wasm"),
        (
            1,
            "gtm: cannot read the component `none.wasm`: No such file or directory (os error 2)".into()
        )
    );
    assert_eq!(everything(&gtm), before);
}

fn files_that_cannot_be_read_are_refused_as_a_whole(engine: Engine) {
    let gtm = company(engine);
    let before = everything(&gtm);
    fs::write(gtm.folder().join("latin.csv"), b"key,kind,account,date,w\xe4hrung\n")
        .expect("a file in the temporary folder");
    fs::write(
        gtm.folder().join("cut.csv.gz"),
        [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb],
    )
    .expect("a file in the temporary folder");
    gtm.file("none.csv", "");
    gtm.file("few.csv", "key,kind,account\nK-1,sale,south\n");
    gtm.file("twice.csv", "key,key,kind,account,date,currency\n");
    gtm.file("colour.toml", "records = \"transactions\"\ncolour = \"red\"\n");
    for (line, sentence) in [
        (
            "there-is-none.csv",
            "`there-is-none.csv` cannot be read: No such file or directory (os error 2)",
        ),
        (
            "latin.csv",
            "`latin.csv`: the header is not UTF-8: save the file as UTF-8",
        ),
        ("cut.csv.gz", "`cut.csv.gz` cannot be read: incomplete deflate stream"),
        (
            "none.csv",
            "`none.csv`: it has no header: the first line names the columns",
        ),
        (
            "few.csv",
            "profile `transactions` does not fit `few.csv`: there is no column `date`: the header has `key`, `kind`, `account`",
        ),
        (
            "twice.csv",
            "profile `transactions` does not fit `twice.csv`: two columns are called `key`: rename one of them",
        ),
        (
            "few.csv --profile accounts",
            "profile `accounts` reads accounts, not transactions: name another one",
        ),
        (
            "few.csv --profile my-erp",
            "there is no profile `my-erp`: name one of `accounts`, `contacts`, `products`, `transactions`, `exchange-rates`, `online-retail`, or the path of a profile file",
        ),
        (
            "few.csv --profile colour.toml",
            "profile `colour.toml`: line 2: unknown field `colour`, expected one of `records`, `source`, `delimiter`, `time_zone`, `dates`, `decimal`, `key`, \
             `repeats`, `required`, `fields`, `attributes`, `other_columns`, `accounts`, `products`",
        ),
    ] {
        assert_eq!(
            gtm.refused(&format!("import transactions {line}")),
            (1, format!("gtm: {sentence}"))
        );
    }
    assert_eq!(everything(&gtm), before);
}

fn lines_that_cannot_be_kept_are_refused_one_by_one(engine: Engine) {
    let gtm = company(engine);
    let lines: [(&[u8], &str); 16] = [
        (
            b"B-1,sale,south,cup,0000-01-01,GBP,1,1",
            "date: column date: 0000-01-01 lies outside the years 1900 to 2999",
        ),
        (
            b"B-2,sale,south,cup,9999-12-31,GBP,1,1",
            "date: column date: 9999-12-31 lies outside the years 1900 to 2999",
        ),
        (
            b"B-3,sale,south,cup,2023-02-29,GBP,1,1",
            "date: column date: `2023-02-29` is not a date written as %Y-%m-%d",
        ),
        (
            b"B-4,sale,south,cup,2024-01-01,GBP,1000000000000000,1",
            "quantity: column quantity: `1000000000000000` is too large to keep in millionths",
        ),
        (
            b"B-5,sale,south,cup,2024-01-01,GBP,1,0.0000001",
            "net amount: column net_amount: `0.0000001` has more than six decimals",
        ),
        (
            b"B-6,sale,south,cup,2024-01-01,GBP,NaN,1",
            "quantity: column quantity: `NaN` is not an amount: write digits with at most six decimals, such as `-1234.5`",
        ),
        (
            b"B-7,sale,south,cup,2024-01-01,GBP,1,1e3",
            "net amount: column net_amount: `1e3` is not an amount: write digits with at most six decimals, such as `-1234.5`",
        ),
        (
            b"B-8,sale,south,cup,2024-01-01,XXX,1,1",
            "currency: column currency: `XXX` is not a currency that money is paid in: write an ISO 4217 code such as `GBP`",
        ),
        (
            b"B-9,gift,south,cup,2024-01-01,GBP,1,1",
            "kind: column kind: `gift` is no kind of row: write sale, return, order, adjustment, usage, point-of-sale, redemption or inventory",
        ),
        (
            b"B-10,sale,nobody,cup,2024-01-01,GBP,1,1",
            "account `nobody` does not exist: add it first",
        ),
        (
            b"B-11,sale,south,nothing,2024-01-01,GBP,1,1",
            "product `nothing` does not exist: add it first",
        ),
        (
            b"B-12,sale,south,cup,2024-01-01,GBP,1",
            "the line has 7 fields where the header has 8",
        ),
        (
            b"B-13,sale,so\xffuth,cup,2024-01-01,GBP,1,1",
            "column account is not UTF-8",
        ),
        (
            b"B-14,sale,so\0uth,cup,2024-01-01,GBP,1,1",
            "the line has a zero byte in it",
        ),
        (b",sale,south,cup,2024-01-01,GBP,1,1", "no key: column key is empty"),
        (
            b"B-15,sale,south,cup,2024-01-01,GBP,1,'; drop table journal; --",
            "net amount: column net_amount: `'; drop table journal; --` is not an amount: write digits with at most six decimals, such as `-1234.5`",
        ),
    ];
    let mut file = b"key,kind,account,product,date,currency,quantity,net_amount\n".to_vec();
    for line in lines
        .iter()
        .map(|(line, _)| *line)
        .chain([&b"B-0,sale,south,cup,2024-01-01,GBP,1,1"[..]])
    {
        file.extend([line, b"\n"].concat());
    }
    fs::write(gtm.folder().join("bad.csv"), &file).expect("a file in the temporary folder");
    let (code, report) = gtm.ended("import transactions bad.csv");
    assert_eq!(
        (code, &report["accepted"], &report["refused"]),
        (3, &json!(1), &json!(lines.len()))
    );
    let mut reasons: Vec<&str> = each(&report["reasons"]).map(|reason| text(reason, "reason")).collect();
    let mut expected = lines.map(|(_, reason)| reason);
    reasons.sort_unstable();
    expected.sort_unstable();
    assert_eq!(reasons, expected);
    assert_eq!(gtm.query("select key from journal"), "B-0\n");

    // Each stands in the file of the refused, byte for byte as it was.
    let refused = fs::read(gtm.folder().join("refused.csv")).expect("the refused lines");
    for (line, _) in lines {
        assert!(
            refused.windows(line.len()).any(|window| window == line),
            "{}",
            String::from_utf8_lossy(line)
        );
    }
}

fn names_are_kept_in_every_script(engine: Engine) {
    let gtm = company(engine);
    let names = [
        "株式会社テスト",
        "شركة الاختبار",
        "ООО «Тест»",
        "🛒 & <b>Söhne</b>",
        "Robert'); drop table accounts; --",
        "e\u{301}clair is not éclair",
    ];
    let lines: String = names
        .iter()
        .enumerate()
        .map(|(n, name)| format!("n-{n},{name}\n"))
        .collect();
    gtm.file("names.csv", &format!("number,name\n{lines}"));
    assert_eq!(gtm.run("import accounts names.csv")["accepted"], names.len());
    let kept = gtm.query("select name from accounts where number like 'n-%' order by number");
    assert_eq!(kept.lines().collect::<Vec<_>>(), names);

    sell(&gtm, &["N-1,sale,n-3,cup,2024-01-10,GBP,8,1000,"]);
    program(&gtm, "volume", &tiers("1 %", "2.5 %"));
    gtm.run("program enrol volume n-3");
    gtm.run("run volume --period 2024-Q1");
    assert_eq!(text(&gtm.run("statement show volume/2024-Q1/n-3"), "name"), names[3]);
}

/// How many rows each table has: nothing is ever changed in place here.
fn everything(gtm: &Gtm) -> String {
    let tables = [
        "accounts",
        "account_programs",
        "participation_steps",
        "stackings",
        "products",
        "imports",
        "journal",
        "plugin_components",
        "plugin_versions",
        "programs",
        "terms",
        "runs",
        "statements",
        "transfers",
        "segments",
        "quarantine",
        "audit",
    ];
    let counts = tables.map(|table| format!("select '{table}', count(*) from {table}"));
    gtm.query(&counts.join(" union all "))
}
