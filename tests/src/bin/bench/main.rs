//! `cargo xtask bench`: what Call Server carries, beside a limit that is measured in the same run.
//!
//! Every figure is taken several times; the spread of the rounds is the machine's noise. Server and
//! load share the machine.

mod bare_sfu;
mod idle;
mod janus;
mod recording;
mod relay;
mod report;
mod setup;
mod sfu;
mod socket;
mod turn;
mod turn_client;

use anyhow::{Context, Result, ensure};
use call_tests::{is_island, island};
use clap::{Parser, ValueEnum};

#[derive(Parser)]
#[command(about = "Benchmarks of Call Server; build in release, or the figures mean nothing.")]
struct Arguments {
    /// What to measure; everything when nothing is named.
    what: Vec<What>,
    /// How often each figure is taken.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds of load per round.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Idle sockets to open.
    #[arg(long, default_value_t = 10_000)]
    sockets: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Whole calls: initiate, ring, answer, join, end.
    Setup,
    /// Offers, answers and candidates between people in calls.
    Relay,
    /// Memory of sockets that do nothing.
    Idle,
    /// The relay for media, beside coturn.
    Turn,
    /// The forwarding unit of group calls, beside Janus, and its recorder.
    Sfu,
    /// Its recorder alone, beside forwarding.
    Recording,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let chosen = |what| arguments.what.is_empty() || arguments.what.contains(&what);
    if cfg!(debug_assertions) {
        println!("warning: this is a debug build; only a release build says anything");
    }
    let seconds = std::time::Duration::from_secs(arguments.seconds);
    if chosen(What::Setup) {
        setup::run(arguments.rounds, seconds).await?;
    }
    if chosen(What::Relay) {
        relay::run(arguments.rounds, seconds).await?;
    }
    if chosen(What::Idle) {
        idle::run(arguments.sockets).await?;
    }
    if chosen(What::Turn) {
        turn::run(arguments.rounds, seconds).await?;
    }
    if !is_island() && (chosen(What::Sfu) || chosen(What::Recording)) {
        return on_an_island(&arguments);
    }
    // It belongs to what the forwarding unit costs, and is measured with it.
    if chosen(What::Recording) || chosen(What::Sfu) {
        recording::run(arguments.rounds, seconds)?;
    }
    if chosen(What::Sfu) {
        Box::pin(sfu::run(arguments.rounds, seconds)).await?;
    }
    Ok(())
}

/// Janus takes no loopback address for a candidate: the SFUs are compared where there is another one.
fn on_an_island(arguments: &Arguments) -> Result<()> {
    let chosen = |what| arguments.what.is_empty() || arguments.what.contains(&what);
    let mut again = island(std::env::current_exe()?);
    again.args(["--rounds", &arguments.rounds.to_string()]);
    again.args(["--seconds", &arguments.seconds.to_string()]);
    if chosen(What::Recording) {
        again.arg("recording");
    }
    if chosen(What::Sfu) {
        again.arg("sfu");
    }
    let status = again.status();
    let status = status.context("starting `unshare`, for a network namespace")?;
    ensure!(
        status.success(),
        "the benchmark of the SFU ended with {status}"
    );
    Ok(())
}
