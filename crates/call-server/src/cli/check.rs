mod recording;
mod relay;
mod sfu;

use std::fmt;

use anyhow::{Context as _, bail};
use call_store::CallStore as _;

use crate::settings::Settings;
use crate::{auth, server};

/// Looks at everything that `serve` needs, and says what is not fit for production.
pub(super) async fn run(settings: Settings) -> anyhow::Result<()> {
    let mut findings = Findings::default();
    findings.ok("the settings are well formed");
    match auth::tokens(&settings) {
        Ok(_) => findings.ok("the keys for tokens can be read"),
        Err(error) => findings.error(error),
    }
    match reach_database(&settings).await {
        Ok(0) => findings.ok("the database is reached and up to date"),
        Ok(pending) => findings.ok(format_args!(
            "the database is reached; {pending} migrations are pending (serve runs them, or \
             call-server migrate)"
        )),
        Err(error) => findings.error(format_args!("{error:#}")),
    }
    if settings.turn.embedded {
        relay::check(&settings, &mut findings).await;
    }
    if settings.sfu.enabled {
        sfu::check(&settings, &mut findings).await;
    }
    // Without an SFU there is nothing to record.
    if settings.recording.enabled && settings.sfu.enabled {
        recording::check(&settings, &mut findings).await;
    }
    for warning in settings.warnings() {
        findings.warning(warning);
    }
    match findings.errors {
        0 => Ok(()),
        errors => bail!("{errors} of the checks failed"),
    }
}

/// How grave something found is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Ok,
    Warning,
    Error,
}

/// Prints what is found, a line each, and counts what is wrong.
#[derive(Debug, Default)]
struct Findings {
    errors: usize,
}

impl Findings {
    fn ok(&mut self, what: impl fmt::Display) {
        self.add(Level::Ok, what);
    }

    fn warning(&mut self, what: impl fmt::Display) {
        self.add(Level::Warning, what);
    }

    fn error(&mut self, what: impl fmt::Display) {
        self.add(Level::Error, what);
    }

    fn add(&mut self, level: Level, what: impl fmt::Display) {
        let word = match level {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        println!("{word}: {what}");
        self.errors += usize::from(level == Level::Error);
    }
}

async fn reach_database(settings: &Settings) -> anyhow::Result<usize> {
    let store = server::open(settings).await.context("database.url")?;
    store.ping().await.context("database.url")?;
    Ok(store.pending().await.context("database.url")?.len())
}
