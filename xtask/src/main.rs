//! The project's own commands. `cargo xtask help` lists them.

mod bench;
mod fix;
mod packages;
mod peers;
mod room;
mod run;
mod shell;
mod stage;
mod test;
mod toolchain;
mod types;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the web app and the server, and serve them on SQLite with dev tokens.
    Run(run::Options),
    /// Check everything: format, lints, every test, two browsers, packages.
    Test(test::Options),
    /// What a CI server runs; the same as `test`.
    Ci(test::Options),
    /// Measure set-up, relaying and memory beside limits taken in the same run (release build).
    Bench(bench::Options),
    /// Put synthetic people into a group call and watch the server (release build).
    Room(room::Options),
    /// Repair what a machine can repair: format, generated types.
    Fix(fix::Options),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Run(options) => run::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Test(options) | Command::Ci(options) => test::run(&options),
        Command::Bench(options) => bench::bench(&options).map(|()| ExitCode::SUCCESS),
        Command::Room(options) => room::room(&options).map(|()| ExitCode::SUCCESS),
        Command::Fix(options) => fix::run(&options).map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
