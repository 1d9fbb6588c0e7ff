use std::sync::Arc;

use call_store::JobKind;

use crate::Engine;

/// Counts what is to be done about recordings.
pub(crate) async fn count_jobs(engine: Arc<Engine>) {
    let Some(config) = &engine.config.recording else {
        return;
    };
    match config.store.job_counts().await {
        Ok(counts) => *engine.recordings.backlog.lock() = counts,
        Err(error) => tracing::warn!(%error, "the work on recordings could not be counted"),
    }
}

impl Engine {
    /// How many jobs there are to do on recordings that have stopped, by kind, those in hand included: as of the last sweep, a few
    /// seconds ago. Empty before the first, and where nothing is recorded.
    pub fn recording_jobs(&self) -> Vec<(JobKind, u64)> {
        self.recordings.backlog.lock().clone()
    }
}
