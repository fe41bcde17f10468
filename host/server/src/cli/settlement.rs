//! The commands around settlement: payees, documents, payments, holds, postings.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use documents::pain001::Version;
use domain::currency::Currency;
use domain::day::Day;
use domain::exchange::RateType;
use domain::money::Micros;
use domain::payee::{Bic, Country, Iban};
use domain::posting::Month;

#[derive(Debug, Subcommand)]
pub enum Payee {
    /// Say how an account is settled with; what is not named stays as it was
    Set(Box<SetPayee>),
    /// How an account is settled with, and what was said before
    Show { account: String },
    /// Everybody of whom something was said
    List,
    /// Bring in a CSV file with the columns account, street, city, postcode, country, tax_id, holder, iban, bic, self_billed, currency
    Import {
        /// Each line says everything about its account; nothing is kept when one of them is wrong
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct SetPayee {
    /// The account's number
    pub account: String,
    #[command(flatten)]
    pub details: Details,
    /// Whether we write its notes for it, as agreed with a supplier
    #[arg(long, value_name = "BOOL")]
    pub self_billed: Option<bool>,
    /// What it is settled in [default: each program's own currency]
    #[arg(long)]
    pub currency: Option<Currency>,
    /// Take these away
    #[arg(long, value_delimiter = ',')]
    pub clear: Vec<Detail>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Detail {
    Address,
    TaxId,
    Bank,
    Currency,
}

/// What documents and banks need to know of a company.
#[derive(Debug, Default, Args)]
pub struct Details {
    #[arg(long)]
    pub street: Option<String>,
    #[arg(long)]
    pub city: Option<String>,
    #[arg(long)]
    pub postcode: Option<String>,
    /// Two letters, such as GB
    #[arg(long)]
    pub country: Option<Country>,
    #[arg(long)]
    pub tax_id: Option<String>,
    #[arg(long)]
    pub iban: Option<Iban>,
    #[arg(long)]
    pub bic: Option<Bic>,
    /// As the bank knows it [default: the company's name]
    #[arg(long)]
    pub holder: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Issuer {
    /// Say who writes documents and pays; what is not named stays as it was
    Set(Box<SetIssuer>),
    Show,
}

#[derive(Debug, Args)]
pub struct SetIssuer {
    /// What the company calls itself by
    #[arg(long)]
    pub number: Option<String>,
    #[arg(long)]
    pub name: Option<String>,
    #[command(flatten)]
    pub details: Details,
}

#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Say what settlement goes by; what is not named stays as it was
    Set {
        /// Smaller sums wait, as CURRENCY=AMOUNT, such as GBP=25; 0 takes it away
        #[arg(long, value_name = "CURRENCY=AMOUNT", value_parser = threshold)]
        threshold: Vec<(Currency, Micros)>,
        /// Ask for what payees owe, or net it with what they earn next
        #[arg(long, value_name = "BOOL")]
        debit_memos: Option<bool>,
        /// Days until a document is paid at the latest
        #[arg(long)]
        due_days: Option<u16>,
        /// The type of the rates by which payees are settled in another currency than a program's, such as spot
        #[arg(long, value_name = "TYPE")]
        rate_type: Option<RateType>,
    },
    Show,
}

fn threshold(text: &str) -> Result<(Currency, Micros), String> {
    let (currency, amount) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` is no threshold: write CURRENCY=AMOUNT, such as GBP=25"))?;
    let currency = currency.parse().map_err(|e: domain::Error| e.to_string())?;
    let amount: Micros = amount.parse().map_err(|e: domain::Error| e.to_string())?;
    if amount < Micros::ZERO {
        return Err("a threshold is not below 0".into());
    }
    Ok((currency, amount))
}

#[derive(Debug, Args)]
pub struct Settle {
    /// Only what this program owes
    #[arg(long)]
    pub program: Option<String>,
    /// Show what would be issued, issue nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where the files of new documents go
    #[arg(long, required_unless_present = "dry_run")]
    pub folder: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Document {
    /// Documents by number
    List {
        #[arg(long)]
        account: Option<String>,
        #[arg(long)]
        currency: Option<Currency>,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Those after this document
        #[arg(long)]
        after: Option<String>,
    },
    /// One document, line by line
    Show {
        /// Its name, such as SD-000042
        document: String,
    },
    /// Write XML, PDF and CSV again, the same bytes as before
    Files {
        #[arg(required = true)]
        documents: Vec<String>,
        #[arg(long, default_value = ".")]
        folder: PathBuf,
    },
    /// Cancel a document by one that takes every line back
    Cancel {
        document: String,
        /// Why; it stands on the new document
        #[arg(long)]
        reason: String,
        /// Where the files of the new document go
        #[arg(long, default_value = ".")]
        folder: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum Payment {
    /// Put every unpaid document of a currency into an order for the bank
    Batch {
        #[arg(long)]
        currency: Currency,
        /// When the bank is to pay [default: today]
        #[arg(long)]
        execution: Option<Day>,
        #[arg(long, default_value = "pain.001.001.09")]
        format: Version,
        /// Where the order goes
        #[arg(long)]
        folder: PathBuf,
    },
    /// Payments, with what the bank said of them
    List {
        /// Only of this batch
        #[arg(long)]
        batch: Option<String>,
    },
    /// Write the order of a batch again
    File {
        /// Its name, such as PB-000001
        batch: String,
        #[arg(long, default_value = "pain.001.001.09")]
        format: Version,
        #[arg(long, default_value = ".")]
        folder: PathBuf,
    },
    /// Read what the bank answered (pain.002)
    Answer { file: PathBuf },
}

#[derive(Debug, Subcommand)]
pub enum Hold {
    /// Keep an account, a program, or an account in a program from being settled
    Add {
        #[arg(long, required_unless_present = "program")]
        account: Option<String>,
        #[arg(long)]
        program: Option<String>,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Let go
    Lift {
        /// The hold's number
        hold: i64,
    },
    /// Holds in force
    List {
        /// Those that were lifted too
        #[arg(long)]
        all: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Posting {
    /// To which accounts of the general ledger a program's transfers go
    #[command(subcommand)]
    Profile(PostingProfile),
}

#[derive(Debug, Subcommand)]
pub enum PostingProfile {
    /// Give a program a profile, from a JSON file with `company`, `accounts` and `lines`
    Set { program: String, file: PathBuf },
    /// The accounts of each of a program's balances
    Show { program: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum JournalFormat {
    Csv,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Journal {
    /// Enter what is in the ledger and write the entries that were posted on these days
    Export {
        #[arg(long)]
        from: Day,
        #[arg(long)]
        to: Day,
        #[arg(long, default_value = "csv")]
        format: JournalFormat,
        /// Only entries up to this number, to write a file again as it was [default: the newest]
        #[arg(long, value_name = "NUMBER")]
        up_to: Option<i64>,
        file: PathBuf,
    },
    /// Close an accounting period, such as 2024-03: differences go to the next open one, marked
    Close { period: Month },
    /// Open a closed accounting period again
    Open { period: Month },
}
