use anyhow::Context as _;
use call_store::Store;
use clap::{Args, Subcommand};

use crate::server;
use crate::settings::Settings;

/// Brings the database to the form that this version needs.
#[derive(Debug, Args)]
pub(super) struct Migrate {
    #[command(subcommand)]
    direction: Option<Direction>,
}

#[derive(Debug, Subcommand)]
enum Direction {
    /// Runs every migration that was not run yet (the default)
    Up,
    /// Reverts the last migration; what its tables held is lost
    Down,
    /// Lists what `up` would run
    Pending,
}

impl Migrate {
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let store = server::open(settings).await.context("database.url")?;
        match self.direction {
            None | Some(Direction::Up) => up(&store).await,
            Some(Direction::Down) => down(&store).await,
            Some(Direction::Pending) => pending(&store).await,
        }
    }
}

async fn up(store: &Store) -> anyhow::Result<()> {
    let run = store.migrate().await?;
    if run.is_empty() {
        println!("nothing to do");
    }
    for name in run {
        println!("ran {name}");
    }
    Ok(())
}

async fn down(store: &Store) -> anyhow::Result<()> {
    match store.revert().await? {
        Some(name) => println!("reverted {name}"),
        None => println!("nothing to do"),
    }
    Ok(())
}

async fn pending(store: &Store) -> anyhow::Result<()> {
    let pending = store.pending().await?;
    if pending.is_empty() {
        println!("nothing pending");
    }
    for name in pending {
        println!("pending {name}");
    }
    Ok(())
}
