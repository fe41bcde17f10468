//! The commands of `gtm`, as people type them.

pub mod claim;
mod settlement;

pub use settlement::{
    Detail, Details, Document, Hold, Issuer, Journal, JournalFormat, Payee, Payment, Policy, Posting, PostingProfile,
    SetIssuer, SetPayee, Settle,
};
mod period;
mod rate;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::actor::Actor;
use domain::approval::Kind;
use domain::calendar::Calendar;
use domain::currency::Currency;
use domain::day::Day;
use domain::money::Micros;

pub use period::{ChangeLock, PeriodCommand, ScheduleArgs};
pub use rate::{AddRate, ConversionArgs, ImportRates, ListRates, RateCommand};

pub mod participation;
pub mod stacking;

pub use participation::{Enrol, Participation};
pub use stacking::Stack;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused or failed; the sentence on standard error says why and what to do
  2  the command line itself is wrong
  3  done, but something is held: statements in quarantine, a suspected duplicate, or lines refused by an import
  4  a replay differs from what was recorded, or what was recorded was changed";

/// Go-to-market programs that pay exactly: rebates and their kind, worked out by sandboxed plugins.
#[derive(Debug, Parser)]
#[command(name = "gtm", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct Global {
    /// Where everything is kept: a SQLite file, or postgres://USER@HOST/NAME
    #[arg(
        long,
        global = true,
        env = "GTM_DATABASE",
        default_value = "gtm.sqlite",
        value_name = "URL"
    )]
    pub database: String,
    /// Who is acting: user:NAME or app:NAME
    #[arg(
        long = "as",
        global = true,
        env = "GTM_AS",
        default_value = "user:admin",
        value_name = "ACTOR"
    )]
    pub actor: Actor,
    /// Print JSON instead of tables
    #[arg(long, global = true)]
    pub json: bool,
    /// The host's signing key; made on first use [default: beside the SQLite file, else gtm.key]
    #[arg(long, global = true, env = "GTM_KEY", value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Where compiled plugins are kept between runs [default: gtm in the user's cache folder]
    #[arg(long, global = true, env = "GTM_CACHE", value_name = "FOLDER")]
    pub cache: Option<PathBuf>,
    /// Where files that are attached are kept [default: in the database]
    #[arg(long, global = true, env = "GTM_FILES", value_name = "FOLDER")]
    pub files: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make up a small company, pay its rebates and serve the result
    Demo(Demo),
    /// Bring in accounts, contacts, products or transactions from CSV
    Import(Import),
    /// Build, check, try and install plugins
    #[command(subcommand)]
    Plugin(Plugin),
    /// Create programs and enrol participants
    #[command(subcommand)]
    Program(Program),
    /// Lock and unlock periods of a program
    #[command(subcommand)]
    Period(PeriodCommand),
    /// State, correct and list exchange rates
    #[command(subcommand)]
    Rate(RateCommand),
    /// Work out a period of a program and post what is due
    Run(Run),
    /// Look at what participants earned
    #[command(subcommand)]
    Statement(Statement),
    /// Calculate statements again from the journal and compare byte for byte
    Replay(Replay),
    /// What the ledger holds
    Balance(Balance),
    /// What is set aside for programs, and what of it is spoken for
    #[command(subcommand)]
    Budget(Budget),
    /// Money in participants' funds: put in, taken back, lapsed
    #[command(subcommand)]
    Fund(Fund),
    /// What needs somebody's consent, who may give it, and what waits for it
    #[command(subcommand)]
    Approve(Approve),
    /// Requests, claims and deductions
    #[command(subcommand)]
    Claim(claim::Claim),
    /// Special price agreements that claims are made against
    #[command(subcommand)]
    Agreement(claim::Agreement),
    /// Say how accounts are settled with: address, bank account, self-billed notes
    #[command(subcommand)]
    Payee(Payee),
    /// Say who writes settlement documents and pays
    #[command(subcommand)]
    Issuer(Issuer),
    /// Thresholds, debit memos and days to pay
    #[command(subcommand, name = "settlement-policy")]
    SettlementPolicy(Policy),
    /// Turn what is payable into documents: credit memos, self-billed credit notes, debit memos
    Settle(Settle),
    /// Look at settlement documents, write their files again, cancel them
    #[command(subcommand)]
    Document(Document),
    /// Order the bank to pay documents, and read its answers
    #[command(subcommand)]
    Payment(Payment),
    /// Keep accounts or programs from being settled
    #[command(subcommand)]
    Hold(Hold),
    /// Say to which accounts of the general ledger transfers go
    #[command(subcommand)]
    Posting(Posting),
    /// Export the ledger as entries of the general ledger, close and open accounting periods
    #[command(subcommand)]
    Journal(Journal),
    /// Check or rebuild the column segments, which are derived from the journal
    #[command(subcommand)]
    Segments(Segments),
    /// Check the chain of the audit log
    Audit,
    /// Serve the portal and the API
    Serve(Serve),
}

#[derive(Debug, Args)]
pub struct Demo {
    /// Where the database and the files of the demonstration go
    #[arg(long, default_value = "gtm-demo")]
    pub dir: PathBuf,
    /// A tenth of the company
    #[arg(long)]
    pub small: bool,
    /// The folder of the plugins' components [default: GTM_COMPONENTS, else the one beside the binary]
    #[arg(long, value_name = "FOLDER")]
    pub components: Option<PathBuf>,
    /// Do not serve the result
    #[arg(long, env = "GTM_DEMO_NO_SERVE", value_parser = clap::builder::FalseyValueParser::new())]
    pub no_serve: bool,
    /// Where to serve it
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportKind {
    Accounts,
    Contacts,
    Products,
    Transactions,
}

#[derive(Debug, Args)]
pub struct Import {
    pub what: ImportKind,
    /// The CSV file, plain or .gz
    pub file: PathBuf,
    /// A profile file, or the name of a built-in profile [default: the built-in one for plain files]
    #[arg(long)]
    pub profile: Option<String>,
    /// Read and check everything, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where refused lines go
    #[arg(long, default_value = "refused.csv", value_name = "FILE")]
    pub refused: PathBuf,
    /// Times that carry an offset fall on the day that it was in this program's time zone
    #[arg(long = "for", value_name = "PROGRAM")]
    pub program: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Plugin {
    /// Build a plugin's crate into a component
    Build {
        /// The crate's folder
        folder: PathBuf,
        /// Where the component goes [default: components/NAME.wasm in cargo's target folder]
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// What a component is and asks for, and whether it would be admitted
    Inspect { component: PathBuf },
    /// Run golden cases and the conformance kit in the sandbox
    Test {
        component: PathBuf,
        /// Case files, or folders of them [default: cases in the crate's folder beside the component's name]
        #[arg(required = true)]
        cases: Vec<PathBuf>,
    },
    /// Admit a component and keep it; everything it asks for is granted unless --grant says otherwise
    Install {
        component: PathBuf,
        /// Grant only these columns and attributes, separated by commas
        #[arg(long, value_delimiter = ',')]
        grant: Option<Vec<String>>,
    },
    /// Which versions are installed
    List,
    /// Calculate one case file in the sandbox, without a database
    Run { component: PathBuf, case: PathBuf },
}

#[derive(Debug, Subcommand)]
pub enum Program {
    /// Create a program, or give an existing one new terms
    Create(CreateProgram),
    #[command(flatten)]
    Participation(Participation),
    Stack(Stack),
    /// All programs
    List,
    /// One program with its terms and participants
    Show {
        code: String,
    },
}

#[derive(Debug, Args)]
pub struct CreateProgram {
    /// Short name in kebab-case
    pub code: String,
    /// The plugin, as ID or ID@VERSION; the newest installed version when none is named
    #[arg(long)]
    pub plugin: String,
    /// JSON file with the terms
    #[arg(long)]
    pub terms: PathBuf,
    #[arg(long)]
    pub title: Option<String>,
    #[arg(long, default_value = "GBP")]
    pub currency: Currency,
    /// month, quarter, year, or with `4-4-5 ` before it
    #[arg(long, default_value = "quarter")]
    pub calendar: Calendar,
    /// First day of the program
    #[arg(long, required_unless_present = "new_terms")]
    pub start: Option<Day>,
    /// Last day of the program
    #[arg(long)]
    pub end: Option<Day>,
    #[command(flatten)]
    pub conversion: ConversionArgs,
    #[command(flatten)]
    pub schedule: ScheduleArgs,
    /// From when these terms hold [default: the program's first day]
    #[arg(long)]
    pub valid_from: Option<Day>,
    /// Give the existing program a new version of its terms
    #[arg(long)]
    pub new_terms: bool,
}

#[derive(Debug, Args)]
pub struct Run {
    /// The program's code
    pub program: String,
    /// The period, such as 2011-Q1
    #[arg(long)]
    pub period: String,
    /// Calculate and show, post nothing
    #[arg(long)]
    pub what_if: bool,
    /// Threads that calculate [default: one for each core]
    #[arg(long)]
    pub workers: Option<usize>,
}

#[derive(Debug, Subcommand)]
pub enum Statement {
    /// Statements, with what each pays
    List {
        #[arg(long)]
        program: Option<String>,
        #[arg(long)]
        period: Option<String>,
        #[arg(long)]
        account: Option<String>,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Those after this statement
        #[arg(long)]
        after: Option<String>,
        /// Those in quarantine, with the reason
        #[arg(long)]
        held: bool,
    },
    /// One statement, line by line
    Show {
        /// Its id, or PROGRAM/PERIOD/ACCOUNT
        statement: String,
    },
}

#[derive(Debug, Args)]
pub struct Replay {
    /// Ids, or PROGRAM/PERIOD/ACCOUNT
    #[arg(required_unless_present = "all")]
    pub statements: Vec<String>,
    /// Every revision of every statement
    #[arg(long, conflicts_with = "statements")]
    pub all: bool,
}

#[derive(Debug, Args)]
pub struct Balance {
    #[arg(long)]
    pub program: Option<String>,
    #[arg(long)]
    pub account: Option<String>,
    /// What was posted into this period
    #[arg(long)]
    pub period: Option<String>,
    /// For each account instead of for each program
    #[arg(long)]
    pub by_account: bool,
}

#[derive(Debug, Subcommand)]
pub enum Budget {
    /// Set a budget aside, by itself or out of another one
    Create(CreateBudget),
    /// Give it another amount; never less than is spoken for
    Set {
        code: String,
        amount: Micros,
        /// Why
        #[arg(long)]
        reason: String,
        /// Why it is right although the budget above has not as much left; recorded with who said so
        #[arg(long = "override", value_name = "REASON")]
        overridden: Option<String>,
    },
    /// Let a program's funds draw on it
    Attach { code: String, program: String },
    /// All budgets
    List,
    /// One budget with every amount that it had
    Show { code: String },
}

#[derive(Debug, Args)]
pub struct CreateBudget {
    /// Short name in kebab-case
    pub code: String,
    #[arg(long)]
    pub amount: Micros,
    /// First day on which money is put into funds
    #[arg(long)]
    pub start: Day,
    /// The last such day
    #[arg(long)]
    pub end: Day,
    #[arg(long, default_value = "GBP")]
    pub currency: Currency,
    #[arg(long)]
    pub title: Option<String>,
    /// The budget that it is a part of
    #[arg(long, value_name = "CODE")]
    pub parent: Option<String>,
    #[arg(long)]
    pub reason: Option<String>,
    /// Why it is right although the budget above has not as much left; recorded with who said so
    #[arg(long = "override", value_name = "REASON")]
    pub overridden: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Fund {
    /// Put money from the program's budget into a participant's fund
    Allocate(AllocateFund),
    /// Take money that nobody was promised back into the budget
    Release(ReleaseFund),
    /// Take back what lapsed before a day, of every fund of a program
    Expire {
        program: String,
        /// [default: today]
        #[arg(long)]
        on: Option<Day>,
    },
    /// What every participant's fund of a program holds
    List { program: String },
    /// One fund with every movement
    Show { program: String, account: String },
}

#[derive(Debug, Args)]
pub struct AllocateFund {
    pub program: String,
    /// The account's number
    pub account: String,
    pub amount: Micros,
    /// Why
    #[arg(long)]
    pub reason: String,
    /// From when it counts [default: today]
    #[arg(long)]
    pub on: Option<Day>,
    /// The last day on which it can be claimed
    #[arg(long)]
    pub expires: Option<Day>,
    /// Why it is right although the budget has not as much left; recorded with who said so
    #[arg(long = "override", value_name = "REASON")]
    pub overridden: Option<String>,
}

#[derive(Debug, Args)]
pub struct ReleaseFund {
    pub program: String,
    /// The account's number
    pub account: String,
    pub amount: Micros,
    /// Why
    #[arg(long)]
    pub reason: String,
    /// From when it counts [default: today]
    #[arg(long)]
    pub on: Option<Day>,
}

#[derive(Debug, Subcommand)]
pub enum Approve {
    /// What waits for the one who asks (--as)
    Inbox,
    /// What waits for anybody
    List {
        /// Those that were decided or withdrawn, too
        #[arg(long)]
        all: bool,
    },
    /// One approval with what was said about it
    Show { approval: String },
    /// Approve it
    Yes {
        approval: String,
        #[arg(long, default_value = "")]
        words: String,
    },
    /// Reject it
    No {
        approval: String,
        /// Why
        #[arg(long)]
        words: String,
    },
    /// Ask for leave to go beyond the limit of a budget or a program
    Ask {
        /// Code of the budget or program
        subject: String,
        /// How far beyond the limit
        amount: Micros,
        #[arg(long)]
        reason: String,
    },
    /// State what of a kind needs approval: terms, request, claim, settlement or override
    Rule(ApprovalRule),
    /// Let somebody approve things of a kind
    Grant {
        approver: Actor,
        kind: Kind,
        /// Up to this amount [default: any]
        #[arg(long)]
        limit: Option<Micros>,
    },
    /// Let somebody no longer approve them
    Revoke { approver: Actor, kind: Kind },
    /// Let somebody stand in for the one who asks (--as)
    Delegate(Delegate),
    /// The rules, who may approve, and who stands in
    Rules,
}

#[derive(Debug, Args)]
pub struct ApprovalRule {
    pub kind: Kind,
    /// What is above this amount needs approval
    #[arg(long, default_value = "0")]
    pub above: Micros,
    /// What is above this amount needs two people
    #[arg(long)]
    pub four_eyes_above: Option<Micros>,
    /// Days until it is due
    #[arg(long, default_value_t = 5)]
    pub due_days: i32,
}

#[derive(Debug, Args)]
pub struct Delegate {
    pub to: Actor,
    #[arg(long)]
    pub from: Day,
    #[arg(long)]
    pub until: Day,
}

#[derive(Debug, Subcommand)]
pub enum Segments {
    /// Read every segment and check its digest
    Verify,
    /// Throw all segments away and make them anew from the journal
    Rebuild,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// A loopback address; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
}
