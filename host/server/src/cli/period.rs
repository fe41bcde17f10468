use clap::{Args, Subcommand};
use domain::schedule::{Schedule, TimeZone};

#[derive(Debug, Subcommand)]
pub enum PeriodCommand {
    /// Close a period that is over: what would be posted into it goes into the period that is open then
    Lock(ChangeLock),
    /// Open a period that was locked
    Unlock(ChangeLock),
    /// Which periods are or were locked, by whom and why
    List {
        /// The program's code
        program: String,
    },
}

#[derive(Debug, Args)]
pub struct ChangeLock {
    /// The program's code
    pub program: String,
    /// The period, such as 2011-Q1
    pub period: String,
    /// Why, for whoever asks later
    #[arg(long)]
    pub reason: String,
}

/// When the periods of a program are worked out. What is not named stays as it was.
#[derive(Clone, Debug, Default, Args)]
pub struct ScheduleArgs {
    /// Days after its end in which late facts still belong to a period's ordinary run [default: 0]
    #[arg(long, value_name = "DAYS")]
    pub grace_days: Option<u16>,
    /// The first day on which a period may be posted, counted from its end; 1 is the day after [default: any day]
    #[arg(long, value_name = "DAY", value_parser = clap::value_parser!(u16).range(1..))]
    pub calculation_day: Option<u16>,
    /// Where the program's day begins and ends, as the IANA list names it, such as Europe/London [default: UTC]
    #[arg(long, value_name = "NAME")]
    pub time_zone: Option<TimeZone>,
}

impl ScheduleArgs {
    pub fn over(&self, before: Schedule) -> Schedule {
        Schedule {
            grace_days: self.grace_days.unwrap_or(before.grace_days),
            calculation_day: self.calculation_day.or(before.calculation_day),
            time_zone: self.time_zone.unwrap_or(before.time_zone),
        }
    }
}
