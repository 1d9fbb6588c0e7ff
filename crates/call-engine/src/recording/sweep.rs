use std::sync::Arc;

use call_domain::{MixStatus, RecordingStatus};
use call_store::{JobKind, RecordingUpdate, StoredRecording};

use super::outcome::outcome;
use crate::recording_config::RecordingConfig;
use crate::{CommandError, Engine};

/// Finds recordings that nobody looks after.
pub(crate) async fn sweep_recordings(engine: Arc<Engine>) {
    let Some(config) = engine.config.recording.clone() else {
        return;
    };
    match config.store.unfinished_recordings().await {
        Ok(unfinished) => {
            for recording in unfinished {
                let id = recording.id;
                if let Err(error) = engine.look_at(&config, &recording).await {
                    tracing::warn!(recording = %id, %error, "a recording could not be looked at");
                }
            }
        }
        Err(error) => tracing::warn!(%error, "unfinished recordings could not be looked up"),
    }
}

impl Engine {
    async fn look_at(
        self: &Arc<Self>,
        config: &RecordingConfig,
        recording: &StoredRecording,
    ) -> Result<(), CommandError> {
        if recording.status == RecordingStatus::Recording {
            return self.look_for_call(recording).await;
        }
        if !config.store.jobs_of(recording.id).await?.is_empty() {
            return Ok(());
        }
        // A job that ended between this look and the last one has left it as it should be.
        let recording = match config.store.recording(recording.id).await? {
            Some(now) if now.status == RecordingStatus::Processing => now,
            Some(_) | None => return Ok(()),
        };
        let Some(kind) = unfinished_job(config, &recording) else {
            let update = RecordingUpdate {
                status: Some(outcome(recording.cause, &recording.files)),
                progress: Some(None),
                ..RecordingUpdate::default()
            };
            config.store.update_recording(recording.id, update).await?;
            return Ok(());
        };
        let now = self.clock.now();
        if config.store.enqueue_job(recording.id, kind, now).await? {
            tracing::warn!(recording = %recording.id, %kind, "a recording was left unfinished: it is taken up again");
            self.recordings.wake();
        }
        Ok(())
    }

    /// A recording runs, and the call of it may not be known here.
    async fn look_for_call(
        self: &Arc<Self>,
        recording: &StoredRecording,
    ) -> Result<(), CommandError> {
        if self.roster.get(recording.call_id).is_some() {
            return Ok(());
        }
        // Loads it; if it lives, what it wants is followed.
        let looked = self.execute(recording.call_id, |_, _| None).await;
        match looked {
            Ok(view) if view.call.is_ended() => {
                tracing::error!(
                    recording = %recording.id, call = %recording.call_id,
                    "a recording is stored as running, and its call has ended"
                );
                Ok(())
            }
            Ok(_) | Err(CommandError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// What is to be done next about a recording whose files are being made; `None`: nothing.
fn unfinished_job(config: &RecordingConfig, recording: &StoredRecording) -> Option<JobKind> {
    // Finished for the first time, it has got files; they may be elsewhere by now.
    if recording.files.is_empty() {
        return Some(JobKind::Finish);
    }
    match recording.mix {
        MixStatus::Queued | MixStatus::Running => Some(JobKind::Mix),
        MixStatus::None | MixStatus::Done | MixStatus::Failed | MixStatus::Unavailable => {
            let elsewhere = config.plane.keeps_elsewhere();
            elsewhere.then_some(JobKind::Upload)
        }
    }
}
