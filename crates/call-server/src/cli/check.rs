use anyhow::{Context as _, bail};
use call_store::CallStore as _;

use crate::settings::Settings;
use crate::{auth, server};

/// Looks at everything that `serve` needs, and says what is not fit for production.
pub(super) async fn run(settings: Settings) -> anyhow::Result<()> {
    println!("ok: the settings are well formed");
    let mut wrong = 0;
    match auth::tokens(&settings) {
        Ok(_) => println!("ok: the keys for tokens can be read"),
        Err(error) => {
            wrong += 1;
            println!("error: {error}");
        }
    }
    match reach_database(&settings).await {
        Ok(0) => println!("ok: the database is reached and up to date"),
        Ok(pending) => println!(
            "ok: the database is reached; {pending} migrations are pending (serve runs them, or \
             call-server migrate)"
        ),
        Err(error) => {
            wrong += 1;
            println!("error: {error:#}");
        }
    }
    for warning in settings.warnings() {
        println!("warning: {warning}");
    }
    if wrong > 0 {
        bail!("{wrong} of the checks failed");
    }
    Ok(())
}

async fn reach_database(settings: &Settings) -> anyhow::Result<usize> {
    let store = server::open(settings).await.context("database.url")?;
    store.ping().await.context("database.url")?;
    Ok(store.pending().await.context("database.url")?.len())
}
