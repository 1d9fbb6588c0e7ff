//! The `call-server` command.

use std::process::ExitCode;

use call_server::Cli;
use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    Cli::parse().run().await
}
