//! Somebody changes the database behind the host's back. The database refuses what it can; what gets by it is found, and named.

use serde_json::Value;
use tests::{Engine, Gtm, on_both_engines};

use crate::company::{company, each, program, replay_all, sell, text, tiers};

on_both_engines! {
    the_database_refuses_to_change_what_was_recorded
    a_changed_byte_in_the_record_of_a_statement_is_named
    a_changed_byte_in_the_component_is_named
    a_changed_byte_in_a_segment_is_named_and_put_right
    a_changed_byte_in_the_audit_log_is_named
    a_database_without_its_triggers_is_not_opened
}

/// What may only be added to, with a column each that somebody might like to change.
const APPEND_ONLY: [(&str, &str); 5] = [
    ("journal", "net_amount_micros"),
    ("terms", "version"),
    ("revisions", "row_count"),
    ("transfers", "amount_micros"),
    ("audit", "sequence"),
];

fn the_database_refuses_to_change_what_was_recorded(engine: Engine) {
    let gtm = paid(engine);
    for (table, column) in APPEND_ONLY {
        let contents = || gtm.query(&format!("select * from {table} order by 1, 2"));
        let before = contents();
        assert!(!before.is_empty(), "nothing in {table}");
        for sql in [
            format!("update {table} set {column} = {column} + 1"),
            format!("delete from {table}"),
        ] {
            let refusal = gtm.try_query(&sql).expect_err(&sql);
            assert!(
                refusal.contains(&format!("`{table}` is append-only")),
                "{sql}: {refusal}"
            );
        }
        assert_eq!(contents(), before);
    }
}

fn a_changed_byte_in_the_record_of_a_statement_is_named(engine: Engine) {
    let gtm = paid(engine);
    let statement =
        gtm.query("select id from statements where account = (select id from accounts where number = 'south')");
    let revision = format!("statement = '{}'", statement.trim());
    let rows = |from, to| {
        format!(
            r#"update revisions set receipt = replace(receipt, '"row_count":{from}', '"row_count":{to}') where {revision}"#
        )
    };
    let kept = "that was kept has the digest ";
    let changes = [
        (
            (rows(2, 3), rows(3, 2)),
            "does not bear its signature: it was changed after it was signed",
        ),
        (
            flip(&gtm, "revisions", "context", &revision),
            &*format!("the context {kept}"),
        ),
        (
            flip(&gtm, "revisions", "output", &revision),
            &*format!("the output {kept}"),
        ),
        (
            set("revisions", "log", "'all is well'", "''", &revision),
            &*format!("the log {kept}"),
        ),
        (
            set("transfers", "amount_micros", "12000001", "12000000", &revision),
            "the ledger does not hold the transfers that this calculation posts",
        ),
        (
            set("journal", "net_amount_micros", "800000001", "800000000", "key = 'S-1'"),
            "the rows in the journal have the digest ",
        ),
    ];
    for ((change, back), sentence) in changes {
        tamper(&gtm, &change);
        let (code, replayed) = gtm.ended("replay volume/2024-Q1/south volume/2024-Q1/west");
        assert_eq!(code, 4, "{change:.200}");
        let [south, west] = &each(&replayed).collect::<Vec<_>>()[..] else {
            panic!("{replayed}")
        };
        assert_eq!(
            (text(south, "account"), &south["identical"]),
            ("south", &Value::Bool(false)),
            "{change:.200}"
        );
        let differences: Vec<&str> = each(&south["differences"]).filter_map(Value::as_str).collect();
        assert!(differences[0].contains(sentence), "{change:.200}: {differences:?}");
        assert_eq!(
            (text(west, "account"), &west["identical"]),
            ("west", &Value::Bool(true)),
            "{change:.200}"
        );

        tamper(&gtm, &back);
        assert_eq!(replay_all(&gtm), 2, "the byte is back: {change:.200}");
    }
}

fn a_changed_byte_in_the_component_is_named(engine: Engine) {
    let gtm = paid(engine);
    let digest = gtm.query("select digest from plugin_components").trim().to_owned();
    let (change, back) = flip(&gtm, "plugin_components", "content", "true");
    gtm.query(&change);

    let (code, replayed) = gtm.ended("replay --all");
    assert_eq!(code, 4);
    let sentence = format!("the component `{digest}` was changed: its bytes give ");
    for revision in each(&replayed) {
        let differences: Vec<&str> = each(&revision["differences"]).filter_map(Value::as_str).collect();
        assert!(
            matches!(differences[..], [difference] if difference.starts_with(&sentence)),
            "{differences:?}"
        );
    }
    // Nothing is calculated by it, although the machine code of the sound one lies in the cache.
    let (code, said) = gtm.refused("run volume --period 2024-Q1");
    assert_eq!(code, 1);
    assert!(said.starts_with(&format!("gtm: {sentence}")), "{said}");

    gtm.query(&back);
    assert_eq!(replay_all(&gtm), 2);
}

fn a_changed_byte_in_a_segment_is_named_and_put_right(engine: Engine) {
    let gtm = paid(engine);
    let january = gtm
        .query("select digest from segments order by month, digest limit 1")
        .trim()
        .to_owned();
    gtm.query(&flip(&gtm, "segments", "content", &format!("digest = '{january}'")).0);

    let sentence = format!("segment `{january}` is damaged, its content has the SHA-256 `");
    let (code, verified) = gtm.ended("segments verify");
    let broken: Vec<&str> = each(&verified["broken"]).filter_map(Value::as_str).collect();
    assert_eq!((code, &verified["sound"]), (4, &Value::from(1)));
    assert!(
        matches!(broken[..], [only] if only.starts_with(&sentence)),
        "{broken:?}"
    );
    let (code, replayed) = gtm.ended("replay volume/2024-Q1/south");
    assert_eq!(code, 4);
    assert!(
        replayed[0]["differences"][0]
            .as_str()
            .is_some_and(|difference| difference.starts_with(&sentence)),
        "{replayed}"
    );
    // A run does not pay by it.
    let (code, said) = gtm.refused("run volume --period 2024-Q1");
    assert_eq!(code, 1);
    assert!(said.starts_with(&format!("gtm: {sentence}")), "{said}");

    gtm.run("segments rebuild");
    assert_eq!(
        gtm.ended("segments verify"),
        (0, serde_json::json!({ "sound": 2, "broken": [] }))
    );
    assert_eq!(
        gtm.query(&format!("select count(*) from segments where digest = '{january}'")),
        "1\n"
    );
    assert_eq!(gtm.run("run volume --period 2024-Q1")["unchanged"], 2);
    assert_eq!(replay_all(&gtm), 2);
}

fn a_changed_byte_in_the_audit_log_is_named(engine: Engine) {
    let gtm = paid(engine);
    let entries = gtm.run("audit")["entries"].as_i64().expect("a count");
    assert_eq!(gtm.query("select count(*) from audit"), format!("{entries}\n"));
    let last = format!("sequence = {entries}");
    let broken = |sentence: &str| (4, serde_json::json!({ "broken": sentence }));
    let changed = broken(&format!(
        "audit entry {entries} is broken: its contents do not give its digest"
    ));
    for (column, value) in [
        ("details", r#"'{}'"#),
        ("actor", "'user:nobody'"),
        ("action", "'nothing'"),
    ] {
        let kept = gtm.query(&format!("select {column} from audit where {last}"));
        let (change, back) = set("audit", column, value, &format!("'{}'", kept.trim()), &last);
        tamper(&gtm, &change);
        assert_eq!(gtm.ended("audit"), changed, "{column}");
        tamper(&gtm, &back);
        assert_eq!(gtm.run("audit")["entries"], entries);
    }
    tamper(&gtm, "delete from audit where sequence = 3");
    assert_eq!(gtm.ended("audit"), broken("audit entry 3 is missing"));
}

/// Two participants, paid for a quarter with sales in two months.
fn paid(engine: Engine) -> Gtm {
    let gtm = company(engine);
    sell(
        &gtm,
        &[
            "S-1,sale,south,cup,2024-01-10,GBP,8,800,",
            "S-2,sale,south,cup,2024-02-10,GBP,4,400,",
            "W-1,sale,west,cup,2024-02-15,GBP,60,6000,",
        ],
    );
    program(&gtm, "volume", &tiers("1 %", "2.5 %"));
    gtm.run("program enrol volume south west");
    assert_eq!(text(&gtm.run("run volume --period 2024-Q1"), "amount"), "162");
    assert_eq!(replay_all(&gtm), 2);
    gtm
}

fn a_database_without_its_triggers_is_not_opened(engine: Engine) {
    let gtm = paid(engine);
    let drop = match engine {
        Engine::Sqlite => "drop trigger transfers_loses_nothing",
        Engine::Postgres => "drop trigger transfers_keeps_rows on transfers",
    };
    gtm.query(drop);
    let (code, said) = gtm.refused("balance");
    let missing = match engine {
        Engine::Sqlite => "transfers_loses_nothing",
        Engine::Postgres => "transfers_keeps_rows",
    };
    let sentence = format!(
        "the trigger `{missing}` is missing, so what was recorded could be changed: restore the database from a copy that has it"
    );
    assert_eq!((code, said.ends_with(&sentence)), (1, true), "{said}");
}

/// Changes what was recorded, as only the owner of the database can: without the triggers that keep it, which are back afterwards.
fn tamper(gtm: &Gtm, sql: &str) {
    let without = match gtm.engine() {
        Engine::Sqlite => {
            let triggers = gtm.query(
                "select name || '~' || replace(sql, char(10), ' ') || ';' from sqlite_master where type = 'trigger'",
            );
            let (names, made): (Vec<_>, Vec<_>) = triggers.lines().filter_map(|line| line.split_once('~')).unzip();
            let drop: String = names.iter().map(|name| format!("drop trigger {name};")).collect();
            format!("begin; {drop} {sql}; {} commit", made.concat())
        }
        Engine::Postgres => format!("set session_replication_role = replica; {sql}"),
    };
    gtm.query(&without);
}

/// SQL that changes one bit in the middle of a column of bytes, and SQL that puts it back.
fn flip(gtm: &Gtm, table: &str, column: &str, row: &str) -> (String, String) {
    let hex = match gtm.engine() {
        Engine::Sqlite => format!("select lower(hex({column})) from {table} where {row}"),
        Engine::Postgres => format!("select encode({column}, 'hex') from {table} where {row}"),
    };
    let kept = gtm.query(&hex).trim().to_owned();
    let middle = kept.len() / 4 * 2;
    let byte = u8::from_str_radix(&kept[middle..middle + 2], 16).expect("hexadecimal digits");
    let changed = format!("{}{:02x}{}", &kept[..middle], byte ^ 1, &kept[middle + 2..]);
    let bytes = |hex: &str| match gtm.engine() {
        Engine::Sqlite => format!("x'{hex}'"),
        Engine::Postgres => format!("decode('{hex}', 'hex')"),
    };
    set(table, column, &bytes(&changed), &bytes(&kept), row)
}

/// SQL that gives a column another value, and SQL that puts the first one back.
fn set(table: &str, column: &str, value: &str, kept: &str, row: &str) -> (String, String) {
    let update = |value: &str| format!("update {table} set {column} = {value} where {row}");
    (update(value), update(kept))
}
