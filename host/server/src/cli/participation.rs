//! The commands about who takes part.

use clap::{Args, Subcommand};
use domain::day::Day;

#[derive(Debug, Subcommand)]
pub enum Participation {
    /// Who may take part and does not, and who may not and why
    Eligible {
        /// The program's code
        program: String,
    },
    /// Enrol accounts that may take part
    Enrol(Enrol),
    /// Offer accounts a part, which they accept or decline
    Invite(Enrol),
    /// An invited account joins, as it was offered
    Accept {
        /// The program's code
        program: String,
        /// The account's number
        account: String,
    },
    /// An invited account stays away
    Decline(Answer),
    /// A participant leaves
    OptOut {
        #[command(flatten)]
        of: Answer,
        /// The last day on which it takes part [default: today]
        #[arg(long)]
        until: Option<Day>,
    },
    /// Every step that was taken, with what the plugin said
    History {
        /// The program's code
        program: String,
        /// The account's number [default: all]
        account: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct Enrol {
    /// The program's code
    pub program: String,
    /// Account numbers
    #[arg(required_unless_present = "all")]
    pub accounts: Vec<String>,
    /// Every account that may take part and is neither enrolled nor asked yet
    #[arg(long, conflicts_with = "accounts")]
    pub all: bool,
    /// [default: the program's first day]
    #[arg(long)]
    pub from: Option<Day>,
    #[arg(long)]
    pub until: Option<Day>,
    /// A figure agreed with the participant, as CODE=NUMBER, such as baseline=120000
    #[arg(long, value_name = "CODE=NUMBER")]
    pub agreed: Vec<String>,
    /// Let them in although the plugin says that they may not, and why
    #[arg(long = "override", value_name = "REASON", conflicts_with = "all")]
    pub override_reason: Option<String>,
}

#[derive(Debug, Args)]
pub struct Answer {
    /// The program's code
    pub program: String,
    /// The account's number
    pub account: String,
    /// What is to be remembered of it
    #[arg(long, value_name = "REASON")]
    pub because: Option<String>,
}
