//! Log lines, for people or as JSON. At the default level they name users and calls, never tokens,
//! secrets, session descriptions or addresses.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::settings::{LogFormat, LogSettings};

/// What says at `info` only what our own lines say better. Named in `log.level`, it speaks again.
const QUIET: &str = "actix_server=warn";

/// Starts logging to standard error; does nothing if this process logs already.
pub(crate) fn init(settings: &LogSettings) {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", settings.level))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match settings.format {
        LogFormat::Human => {
            use std::io::IsTerminal as _;
            lines
                .with_ansi(std::io::stderr().is_terminal())
                .with_target(false)
                .finish()
                .try_init()
        }
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .finish()
            .try_init(),
    };
    // The embedding program logs already: that is its business.
    drop(started);
}
