use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::settings::Settings;
use crate::{server, telemetry};

/// Serves until it is asked to stop.
pub(super) async fn run(settings: Settings) -> anyhow::Result<()> {
    telemetry::init(&settings.log);
    // Before anything else, so that no early signal is missed.
    let mut terminate = signal(SignalKind::terminate()).context("no signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("no signals")?;

    if settings.dev {
        tracing::warn!(
            "DEVELOPMENT MODE: POST /api/dev/token hands a token for any user to anybody who can \
             reach this server. Never set dev = true in production."
        );
    }
    let mut server = server::serve(settings).await?;
    tracing::info!("Call Server listening on {}", server.url());

    tokio::select! {
        () = asked_to_stop(&mut terminate, &mut interrupt) => {}
        error = server.failed() => return Err(error).context("the server cannot go on"),
    }
    tracing::info!("stopping: sockets are told to reconnect, requests in hand are finished");
    tokio::select! {
        finished = server.stop() => {
            if finished {
                tracing::info!("stopped");
            }
        }
        () = asked_to_stop(&mut terminate, &mut interrupt) => {
            tracing::warn!("asked again: stopped without waiting");
        }
    }
    Ok(())
}

async fn asked_to_stop(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
