//! `gtm claim …` and `gtm agreement …`, as people type them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::adjudication::ClaimKind;
use domain::claim::{RETENTION_MONTHS, Status};
use domain::day::Day;

#[derive(Debug, Subcommand)]
pub enum Claim {
    /// Write a claim down as a draft
    New(File),
    /// Submit a claim: the plugin rules on it, and what it would approve is committed
    Submit(Submit),
    /// Claims, with where each stands
    List(List),
    /// One claim with its lines, rulings, history, files and ledger
    Show(Name),
    /// Confirm the plugin's ruling, pay lines with less, or deny
    Decide(Decide),
    /// Decide a deduction in parts: matched to open credit, charged back, written off, moved to another program
    Split(Split),
    /// Take back what is not decided yet, or an approved request
    Withdraw(Words),
    /// Begin a new round: the plugin rules again
    Reopen(Reopen),
    /// Say that a line was wrongly adjusted or denied
    Dispute(Dispute),
    /// Answer a dispute
    Answer(Answer),
    /// Look at one that is held as a suspected duplicate
    Release(Release),
    /// Rule again on what was sent and compare byte for byte
    Replay(Replay),
}

#[derive(Debug, Args)]
pub struct Name {
    /// Its number, or PROGRAM/NUMBER
    pub claim: String,
}

/// A claim in a file, and what goes with it.
#[derive(Debug, Args)]
pub struct File {
    /// The program's code
    pub program: String,
    /// The participant's account number
    pub account: String,
    #[command(flatten)]
    pub contents: Contents,
}

#[derive(Debug, Args)]
pub struct Contents {
    /// JSON: {"fields": {…}, "lines": [{"claimed": "100.00", "fields": {…}}]}, and number, kind, submitted, request, currency where wanted
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    /// CSV with more lines: the column `claimed`, and one for each field of a line
    #[arg(long, value_name = "FILE")]
    pub lines: Option<PathBuf>,
    /// request, claim or deduction [default: what the file says, else claim]
    #[arg(long)]
    pub kind: Option<ClaimKind>,
    /// Number of the approved request that it draws on
    #[arg(long, value_name = "NUMBER")]
    pub request: Option<String>,
    #[command(flatten)]
    pub sent: Sent,
}

/// What is settled when a claim is submitted.
#[derive(Debug, Args)]
pub struct Sent {
    /// A proof, as FILE or KIND=FILE
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<String>,
    /// The day on which it is submitted [default: what the file says, else today]
    #[arg(long, value_name = "DAY")]
    pub on: Option<Day>,
    /// How long it is kept
    #[arg(long, default_value_t = RETENTION_MONTHS, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub retain_months: u32,
}

#[derive(Debug, Args)]
pub struct Submit {
    /// The program's code; or, alone, the number of a draft
    pub program: String,
    /// The participant's account number
    #[arg(requires = "file")]
    pub account: Option<String>,
    /// JSON: {"fields": {…}, "lines": [{"claimed": "100.00", "fields": {…}}]}, and number, kind, submitted, request, currency where wanted
    #[arg(long, value_name = "FILE", requires = "account")]
    pub file: Option<PathBuf>,
    /// CSV with more lines: the column `claimed`, and one for each field of a line
    #[arg(long, value_name = "FILE", requires = "file")]
    pub lines: Option<PathBuf>,
    /// request, claim or deduction [default: what the file says, else claim]
    #[arg(long, requires = "file")]
    pub kind: Option<ClaimKind>,
    /// Number of the approved request that it draws on
    #[arg(long, value_name = "NUMBER", requires = "file")]
    pub request: Option<String>,
    #[command(flatten)]
    pub sent: Sent,
}

#[derive(Debug, Args)]
pub struct List {
    #[arg(long)]
    pub program: Option<String>,
    #[arg(long)]
    pub account: Option<String>,
    /// draft, held, in-review, approved, adjusted, denied, disputed, settled or withdrawn
    #[arg(long)]
    pub status: Option<Status>,
    #[arg(long)]
    pub kind: Option<ClaimKind>,
    /// How many
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// Those after this claim
    #[arg(long, value_name = "CLAIM")]
    pub after: Option<String>,
}

#[derive(Debug, Args)]
pub struct Decide {
    /// Its number, or PROGRAM/NUMBER
    pub claim: String,
    /// As the plugin ruled
    #[arg(long, required_unless_present = "deny", conflicts_with = "deny")]
    pub approve: bool,
    /// All of it
    #[arg(long, conflicts_with = "line")]
    pub deny: bool,
    /// Pay a line with less than the plugin ruled
    #[arg(long, value_name = "N=AMOUNT")]
    pub line: Vec<String>,
    /// Why less is paid, or nothing
    #[arg(long)]
    pub reason: Option<String>,
}

#[derive(Debug, Args)]
pub struct Split {
    /// Its number, or PROGRAM/NUMBER
    pub claim: String,
    /// A part of line N: matched, charged-back or written-off, as N=TREATMENT:AMOUNT; or N=moved:AMOUNT:PROGRAM. The parts of a line sum to what
    /// was deducted; lines without parts are decided as the plugin ruled
    #[arg(long, value_name = "PART", required = true)]
    pub part: Vec<String>,
    /// Why
    #[arg(long)]
    pub reason: String,
}

#[derive(Debug, Args)]
pub struct Words {
    /// Its number, or PROGRAM/NUMBER
    pub claim: String,
    /// Why
    #[arg(long, default_value = "")]
    pub words: String,
}

#[derive(Debug, Args)]
pub struct Reopen {
    #[command(flatten)]
    pub of: Words,
    /// A further proof, as FILE or KIND=FILE
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Dispute {
    /// Its number, or PROGRAM/NUMBER
    pub claim: String,
    /// The line that is disputed
    #[arg(long)]
    pub line: Option<u32>,
    /// What is wrong with it
    #[arg(long)]
    pub words: String,
}

#[derive(Debug, Args)]
pub struct Answer {
    /// Its number, or PROGRAM/NUMBER
    pub claim: String,
    /// It stays as it was decided
    #[arg(long, required_unless_present = "reopen", conflicts_with = "reopen")]
    pub uphold: bool,
    /// A new round begins
    #[arg(long)]
    pub reopen: bool,
    /// What is answered
    #[arg(long)]
    pub words: String,
}

#[derive(Debug, Args)]
pub struct Release {
    #[command(flatten)]
    pub of: Words,
    /// It is a duplicate: deny it
    #[arg(long)]
    pub confirm: bool,
}

#[derive(Debug, Args)]
pub struct Replay {
    /// Numbers, or PROGRAM/NUMBER
    #[arg(required_unless_present = "all")]
    pub claims: Vec<String>,
    /// Every ruling on every claim
    #[arg(long, conflicts_with = "claims")]
    pub all: bool,
}

#[derive(Debug, Subcommand)]
pub enum Agreement {
    /// Bring special price agreements in from CSV: number, account, end_customer, sku, price, reference_price, unit, start, end, authorised
    Import {
        /// The program's code
        program: String,
        file: PathBuf,
    },
    /// Agreements, with what remains of each
    List {
        /// The program's code
        program: String,
        #[arg(long)]
        account: Option<String>,
    },
}
