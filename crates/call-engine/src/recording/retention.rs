use std::sync::Arc;

use call_domain::{RecordingId, Timestamp};
use call_store::{Discarded, StoreError};

use crate::Engine;
use crate::recording_config::RecordingConfig;

/// How many recordings are looked up at once.
const AT_ONCE: u32 = 100;
/// How often they are looked up in one go: the rest is left to the next time.
const ROUNDS: u32 = 100;

/// Discards the recordings that are kept for long enough, and the oldest of those that take too much room.
pub(crate) async fn retain(engine: Arc<Engine>) {
    let Some(config) = engine.config.recording.clone() else {
        return;
    };
    if let Err(error) = engine.discard_old(&config).await {
        tracing::warn!(%error, "old recordings could not be discarded");
    }
}

impl Engine {
    /// Takes a recording out of sight, and has its files deleted.
    pub(crate) async fn discard(
        &self,
        config: &RecordingConfig,
        recording: &call_store::StoredRecording,
    ) -> Result<Discarded, StoreError> {
        if recording.stopped_at.is_none() {
            return Ok(Discarded::Live);
        }
        // First, so that no call names a recording that is gone.
        self.show_recordings(config, recording.call_id, Some(recording.id))
            .await?;
        let discarded = config
            .store
            .discard_recording(recording.id, self.clock.now())
            .await?;
        self.recordings.wake();
        Ok(discarded)
    }

    async fn discard_old(&self, config: &RecordingConfig) -> Result<(), StoreError> {
        if let Some(retention) = config.rules.retention {
            let micros = i64::try_from(retention.as_micros()).unwrap_or(i64::MAX);
            let now = self.clock.now().as_micros();
            let before = Timestamp::from_micros(now.saturating_sub(micros));
            for _ in 0..ROUNDS {
                let old = config.store.recordings_stopped_before(before, AT_ONCE);
                if !self.discard_these(config, old.await?).await? {
                    break;
                }
            }
        }
        if let Some(bytes) = config.rules.retention_bytes {
            for _ in 0..ROUNDS {
                let beyond = config.store.recordings_beyond(bytes, AT_ONCE);
                if !self.discard_these(config, beyond.await?).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Whether there may be more.
    async fn discard_these(
        &self,
        config: &RecordingConfig,
        ids: Vec<RecordingId>,
    ) -> Result<bool, StoreError> {
        let full = ids.len() >= usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
        for id in ids {
            if let Some(recording) = config.store.recording(id).await? {
                tracing::info!(recording = %id, "a recording has been kept for as long as it may be");
                self.discard(config, &recording).await?;
            }
        }
        Ok(full)
    }
}
