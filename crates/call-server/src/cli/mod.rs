//! The command line.

mod check;
mod migrate;
mod serve;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::settings::{Settings, SettingsError};

/// Voice and video calls for any product, from one self-hosted binary.
#[derive(Debug, Parser)]
#[command(name = "call-server", version, about)]
pub struct Cli {
    /// A TOML file with settings; see config/default.toml for all keys
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the API, the socket and the web app
    Serve,
    /// Brings the database to the form that this version needs (`serve` does so too)
    Migrate(migrate::Migrate),
    /// Prints a token for a user
    Token(token::Token),
    /// Checks the settings, reads the keys, reaches the database and the relay, and warns of what is
    /// not fit for production
    Check,
}

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Something else.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl Cli {
    /// Carries the command out. Ends with 2 for wrong settings, with 1 for everything else that
    /// goes wrong.
    pub async fn run(self) -> ExitCode {
        match self.carry_out().await {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("call-server: {failure}");
                ExitCode::from(match failure {
                    Failure::Settings(_) => 2,
                    Failure::Other(_) => 1,
                })
            }
        }
    }

    async fn carry_out(self) -> Result<(), Failure> {
        let settings = Settings::load(self.config.as_deref())?;
        match self.command {
            Command::Serve => serve::run(settings).await?,
            Command::Migrate(migrate) => migrate.run(&settings).await?,
            Command::Token(token) => token.run(&settings)?,
            Command::Check => check::run(settings).await?,
        }
        Ok(())
    }
}
