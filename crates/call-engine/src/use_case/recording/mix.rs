use call_domain::{MixStatus, RecordingId, RecordingStatus};
use call_store::{JobKind, RecordingUpdate, StoredRecording};

use super::{RecordingError, Requester};
use crate::Engine;
use crate::recording::has_tracks;

impl Engine {
    /// A moderator of the call, or an administrator, wants one file of the whole call. Asked for again, nothing happens; one that
    /// failed is tried anew.
    pub async fn request_mix(
        &self,
        id: RecordingId,
        requester: &Requester,
    ) -> Result<StoredRecording, RecordingError> {
        let (config, recording) = self.recording_to_change(id, requester).await?;
        match recording.mix {
            MixStatus::Queued | MixStatus::Running | MixStatus::Done => return Ok(recording),
            MixStatus::None | MixStatus::Failed | MixStatus::Unavailable => {}
        }
        if recording.status.is_unfinished() {
            return Err(RecordingError::Live);
        }
        if !config.plane.mixing_available() || !has_tracks(&recording.files) {
            return Err(RecordingError::MixingUnavailable);
        }
        config.plane.may_mix().map_err(|fault| {
            tracing::warn!(recording = %id, %fault, "a mix was refused");
            RecordingError::MixRefused(fault)
        })?;
        // First: what is being made and has no job is given one by the next sweep.
        let update = RecordingUpdate {
            status: Some(RecordingStatus::Processing),
            mix: Some(MixStatus::Queued),
            ..RecordingUpdate::default()
        };
        if !config.store.update_recording(id, update).await? {
            return Err(RecordingError::NotFound);
        }
        let now = self.clock.now();
        config.store.enqueue_job(id, JobKind::Mix, now).await?;
        self.recordings.wake();
        let recording = config.store.recording(id).await?;
        recording.ok_or(RecordingError::NotFound)
    }
}
