//! The product from outside: the real binary, driven as people drive it, with what it prints as JSON. A story asks for a
//! [`Gtm`] on one of the [`Engine`]s and runs commands. Nothing here knows the inside of the host.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use tempfile::TempDir;

pub use chance::Chance;

mod chance;

/// Where everything is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// An installation of its own: a fresh database and folder, removed at the end. Its key and its compiled plugins are those of all stories of
/// this build, because compiling a plugin takes longer than most stories.
#[derive(Debug)]
pub struct Gtm {
    folder: TempDir,
    database: String,
    /// On PostgreSQL the database to drop at the end.
    created: Option<String>,
}

impl Gtm {
    /// # Panics
    /// When the folder or the PostgreSQL database cannot be made; the message says what is missing.
    pub fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (database, created) = match engine {
            Engine::Sqlite => (folder.path().join("gtm.sqlite").to_string_lossy().into_owned(), None),
            Engine::Postgres => {
                static NUMBER: AtomicU32 = AtomicU32::new(0);
                let name = format!(
                    "gtm_story_{}_{}",
                    std::process::id(),
                    NUMBER.fetch_add(1, Ordering::Relaxed)
                );
                psql(&format!("create database {name}"));
                (url_of(&name), Some(name))
            }
        };
        Self {
            folder,
            database,
            created,
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The path or the URL, as `--database` takes it.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Writes a file into the installation's folder and names it.
    pub fn file(&self, name: &str, contents: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, contents).expect("a file in the temporary folder");
        path
    }

    /// The host's key: see [`Gtm::cache`].
    pub fn key(&self) -> PathBuf {
        target_folder().join("stories/gtm.key")
    }

    /// Where compiled plugins are kept. It trusts only what its key has signed, so stories share both.
    pub fn cache(&self) -> PathBuf {
        target_folder().join("stories/cache")
    }

    /// A command that is ready to run: with this installation's database, key and cache, in its folder.
    pub fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("GTM_DATABASE", &self.database)
            .env("GTM_KEY", self.key())
            .env("GTM_CACHE", self.cache())
            .stdin(Stdio::null());
        command
    }

    /// Runs the command line to its end, whatever that is.
    pub fn output(&self, line: &str) -> Output {
        self.command(line.split_whitespace())
            .output()
            .expect("the binary starts")
    }

    /// Runs the command line with `--json` and gives what it printed. Exit codes 0 and 3 (something is held) count as done.
    ///
    /// # Panics
    /// With what the command said, when it failed.
    pub fn run(&self, line: &str) -> Value {
        let (code, printed) = self.ended(line);
        assert!(matches!(code, 0 | 3), "gtm {line}: exit code {code}\n{printed:#}");
        printed
    }

    /// Runs the command line with `--json` and gives its exit code with what it printed, for commands that answer also when they do not
    /// end well.
    ///
    /// # Panics
    /// With what the command said, when it printed no JSON.
    pub fn ended(&self, line: &str) -> (i32, Value) {
        let output = self
            .command(line.split_whitespace().chain(["--json"]))
            .output()
            .expect("the binary starts");
        let (printed, said) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        match (output.status.code(), serde_json::from_str(&printed)) {
            (Some(code), Ok(json)) => (code, json),
            (_, json) => panic!(
                "gtm {line}: {}, {:?}\n{printed}{said}",
                output.status,
                json.err().map(|e| e.to_string())
            ),
        }
    }

    /// Runs a command line that is to be refused, and gives the exit code and the sentence.
    pub fn refused(&self, line: &str) -> (i32, String) {
        let output = self.output(line);
        assert!(
            !output.status.success(),
            "gtm {line} was not refused:\n{}",
            String::from_utf8_lossy(&output.stdout)
        );
        (
            output.status.code().expect("an exit code"),
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        )
    }

    /// Starts the command line and leaves it running.
    pub fn start(&self, line: &str) -> Child {
        self.command(line.split_whitespace())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts")
    }

    /// Runs SQL on the database behind the host's back, as somebody who tampers would, and gives the rows: a line each, with `|` between
    /// the columns.
    ///
    /// # Panics
    /// With what the database said, when it refused.
    pub fn query(&self, sql: &str) -> String {
        self.try_query(sql)
            .unwrap_or_else(|refusal| panic!("{sql:.200}: {refusal}"))
    }

    /// As [`Gtm::query`], with the database's refusal as an error.
    pub fn try_query(&self, sql: &str) -> Result<String, String> {
        match &self.created {
            None => {
                let mut sqlite = Command::new("sqlite3");
                // The command line tool does not read what a user has set up for himself.
                speak(
                    sqlite.args(["-batch", "-bail", "-init", "/dev/null", &self.database]),
                    "sqlite3",
                    sql,
                )
            }
            Some(_) => ask(&self.database, sql),
        }
    }

    pub fn engine(&self) -> Engine {
        if self.created.is_some() {
            Engine::Postgres
        } else {
            Engine::Sqlite
        }
    }
}

impl Drop for Gtm {
    fn drop(&mut self) {
        if let Some(name) = &self.created {
            psql(&format!("drop database if exists {name} with (force)"));
        }
    }
}

/// The binary under test, built by `make test` (or `cargo build -p server`) into the folder that these tests run from.
pub fn binary() -> PathBuf {
    let path = target_folder().join("gtm");
    assert!(
        path.is_file(),
        "`{}` is not there: `cargo build -p server` makes it",
        path.display()
    );
    path
}

/// A plugin's component, by the name of its folder.
pub fn component(name: &str) -> PathBuf {
    let folder = match std::env::var_os("GTM_COMPONENTS") {
        Some(folder) => PathBuf::from(folder),
        None => target_folder().parent().expect("a target folder").join("components"),
    };
    let path = folder.join(format!("{name}.wasm"));
    assert!(
        path.is_file(),
        "`{}` is not there: `gtm plugin build plugins/{name}` makes it",
        path.display()
    );
    path
}

/// The real sales: `online-retail.csv.gz` in `GTM_DATA`, else in `../shared/data` beside the checkout.
pub fn real_sales() -> PathBuf {
    let folder = match std::env::var_os("GTM_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
    };
    let path = folder.join("online-retail.csv.gz");
    assert!(
        path.is_file(),
        "the real sales are missing: `{}` is not there; set GTM_DATA to the folder that holds online-retail.csv.gz \
         (\"Online Retail\", UCI Machine Learning Repository)",
        path.display()
    );
    path
}

/// Where the binaries of this build are.
fn target_folder() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    test.parent()
        .and_then(Path::parent)
        .expect("a test lies in deps/")
        .to_owned()
}

fn server_url() -> String {
    std::env::var("DATABASE_URL")
        .expect("DATABASE_URL names no PostgreSQL server: run the tests through `make test` or `scripts/with-postgres.sh cargo test`")
}

/// The URL of another database on the same server, with whatever stands behind its `?`.
fn url_of(database: &str) -> String {
    let url = server_url();
    let (base, options) = url
        .split_once('?')
        .map_or((&*url, String::new()), |(base, options)| (base, format!("?{options}")));
    let (_, rest) = base.split_once("://").expect("DATABASE_URL begins with postgres://");
    let server = rest.split_once('/').map_or(rest, |(server, _)| server);
    format!("postgres://{server}/{database}{options}")
}

fn psql(sql: &str) {
    ask(&server_url(), sql).unwrap_or_else(|refusal| panic!("{sql}: {refusal}"));
}

fn ask(url: &str, sql: &str) -> Result<String, String> {
    let mut psql = Command::new("psql");
    speak(
        psql.args(["-w", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url]),
        "postgresql-client",
        sql,
    )
}

/// Gives the SQL to a command line tool. By its standard input, because a component is too long for an argument.
fn speak(tool: &mut Command, package: &str, sql: &str) -> Result<String, String> {
    let started = tool
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = started.unwrap_or_else(|e| panic!("{e}: install Debian's `{package}` to look into a database"));
    let mut input = child.stdin.take().expect("its standard input");
    // Whoever refuses the beginning does not read the end: what it says tells more than the broken pipe.
    let _ = input.write_all(sql.as_bytes());
    drop(input);
    let output = child.wait_with_output().expect("its answer");
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}

/// Stamps each story for both engines.
#[macro_export]
macro_rules! on_both_engines {
    ($($story:ident)*) => {
        mod sqlite {
            $(#[test] fn $story() { super::$story($crate::Engine::Sqlite) })*
        }
        mod postgres {
            $(#[test] fn $story() { super::$story($crate::Engine::Postgres) })*
        }
    };
}
