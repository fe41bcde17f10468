use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::currency::Currency;
use domain::day::Day;
use domain::exchange::{Conversion, Rate, RateType};
use domain::transaction::DateBasis;

#[derive(Debug, Subcommand)]
pub enum RateCommand {
    /// Record one rate, or correct one: it counts from now on for its type, currencies and day
    Add(AddRate),
    /// Bring in rates from CSV; a file that was brought in before adds nothing
    Import(ImportRates),
    /// The rates that count
    List(ListRates),
}

#[derive(Debug, Args)]
pub struct AddRate {
    /// What sort of rate it is, such as spot; a type that begins with `month-` holds for the month of its day
    #[arg(value_name = "TYPE")]
    pub rate_type: RateType,
    pub from: Currency,
    pub to: Currency,
    /// The day on which it holds
    pub day: Day,
    /// How much of TO is one unit of FROM
    pub rate: Rate,
    /// Who publishes it, such as ecb
    #[arg(long, default_value = "by hand")]
    pub source: String,
}

#[derive(Debug, Args)]
pub struct ImportRates {
    /// The CSV file, plain or .gz, with the columns type, from, to, day, rate, source
    pub file: PathBuf,
    /// A profile file [default: the built-in profile `exchange-rates`]
    #[arg(long)]
    pub profile: Option<String>,
    /// Read and check everything, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where refused lines go, with their numbers
    #[arg(long, default_value = "refused.csv", value_name = "FILE")]
    pub refused: PathBuf,
}

#[derive(Debug, Args)]
pub struct ListRates {
    #[arg(long = "type", value_name = "TYPE")]
    pub rate_type: Option<RateType>,
    #[arg(long)]
    pub from: Option<Currency>,
    #[arg(long)]
    pub to: Option<Currency>,
    /// From this day on
    #[arg(long)]
    pub since: Option<Day>,
    /// Up to this day
    #[arg(long)]
    pub until: Option<Day>,
    /// Those as well that were corrected
    #[arg(long)]
    pub corrected: bool,
}

/// How a program converts facts in other currencies; without a type of rates it refuses them.
#[derive(Clone, Debug, Default, Args)]
pub struct ConversionArgs {
    /// Convert facts in other currencies by rates of this type, such as spot or month-average
    #[arg(long, value_name = "TYPE")]
    pub rate_type: Option<RateType>,
    /// By which date of a fact: transaction, order, ship, invoice, payment or scan [default: transaction]
    #[arg(long, value_name = "DATE", requires = "rate_type")]
    pub rate_by: Option<DateBasis>,
}

impl ConversionArgs {
    pub fn conversion(&self) -> Option<Conversion> {
        Some(Conversion {
            rate_type: self.rate_type.clone()?,
            dates_by: self.rate_by.unwrap_or(DateBasis::Transaction),
        })
    }
}
