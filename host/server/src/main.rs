//! The binary `gtm`. See [`server`].

use std::process::ExitCode;

use clap::Parser;
use server::cli::Cli;
use server::command::command;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("GTM_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = runtime
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(command(cli)));
    match ended {
        Ok(end) => ExitCode::from(end as u8),
        Err(e) => {
            eprintln!("gtm: {e:#}");
            ExitCode::from(1)
        }
    }
}
