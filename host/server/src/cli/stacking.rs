//! The command about the order of programs.

use clap::Args;
use domain::stacking::Reducer;

/// Give a program its place among those that reduce each other, or show how they stand
///
/// What the programs before it paid on a row is taken off the row's net amount before the program sees it. They are to be run first.
#[derive(Debug, Args)]
pub struct Stack {
    /// The program's code; without one, all are shown
    #[arg(requires = "place")]
    pub program: Option<String>,
    /// Its place: programs are worked out from the lowest to the highest
    #[arg(long, group = "place", requires = "program", allow_negative_numbers = true)]
    pub order: Option<i64>,
    /// What of those before it is taken off: `all`, kind:KIND or codes of programs, separated by commas [default: nothing]
    #[arg(long, value_delimiter = ',', requires = "order", value_name = "WHAT")]
    pub reduces_by: Vec<Reducer>,
    /// What it pays is taken off nobody's base
    #[arg(long, requires = "order")]
    pub excluded: bool,
    /// Take it out of the stack
    #[arg(long, group = "place", requires = "program")]
    pub remove: bool,
}
