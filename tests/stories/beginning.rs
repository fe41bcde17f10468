//! Nothing is there yet, and several begin at once.

use std::process::Stdio;

use tests::{Engine, Gtm, on_both_engines};

on_both_engines! {
    several_who_make_the_same_installation_at_once_all_find_it_made
}

fn several_who_make_the_same_installation_at_once_all_find_it_made(engine: Engine) {
    let gtm = Gtm::new(engine);
    let children: Vec<_> = (0..8)
        .map(|n| {
            let line = format!("budget create part-{n} --amount 10 --start 2024-01-01 --end 2024-12-31");
            let mut command = gtm.command(line.split_whitespace());
            command
                // A key and a cache of its own: those of the other stories are there already.
                .env("GTM_KEY", gtm.folder().join("gtm.key"))
                .env("GTM_CACHE", gtm.folder().join("cache"))
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the binary starts")
        })
        .collect();
    for child in children {
        let ended = child.wait_with_output().expect("its end");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    assert_eq!(gtm.query("select count(*) from budgets"), "8\n");
    assert_eq!(gtm.query("select count(*) from signing_keys"), "1\n");
    gtm.run("audit");
}
