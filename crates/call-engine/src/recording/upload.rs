use std::sync::Arc;

use call_domain::{MixStatus, RecordingFault, RecordingStatus};
use call_store::{AlertKind, JobKind, RecordingUpdate, StoredRecording};

use super::alert::News;
use super::job::{Trouble, Try};
use super::outcome::{cause_without, outcome};
use crate::Engine;
use crate::recording_plane::JobProgress;

impl Engine {
    /// The files of a recording are brought to where they are kept.
    pub(super) async fn upload_recording(&self, this: &Arc<Try>) -> Result<Vec<JobKind>, Trouble> {
        let recording = this.recording().await?;
        let progress = Arc::<Try>::clone(this) as Arc<dyn JobProgress>;
        let plane = &this.config.plane;
        plane
            .upload(recording.id, &recording.files, progress)
            .await?;
        // That took a while: a mix may have been made meanwhile, which is to be brought there too.
        this.conclude(&self.recordings).await;
        let brought: Vec<_> = recording.files.iter().map(|file| file.id).collect();
        let recording = this.recording().await?;
        let mut files = recording.files.iter();
        let next: Vec<_> = files
            .any(|file| !brought.contains(&file.id))
            .then_some(JobKind::Upload)
            .into_iter()
            .collect();
        let cause = cause_without(this.blamed(), &recording);
        let status = if next.is_empty() {
            after_upload(cause, &recording)
        } else {
            RecordingStatus::Processing
        };
        let update = RecordingUpdate {
            status: Some(status),
            cause: Some(cause),
            progress: Some(None),
            ..RecordingUpdate::default()
        };
        this.update(update).await?;
        Ok(next)
    }

    /// They could not be brought there (yet): they stay where they were written, and the recording is not all that it should be.
    pub(super) async fn upload_failed(
        &self,
        recording: &StoredRecording,
        this: &Try,
        fault: RecordingFault,
    ) -> Result<(), Trouble> {
        self.raise(News {
            kind: AlertKind::UploadFailed,
            call: Some(recording.call_id),
            recording: Some(recording.id),
            cause: fault,
        });
        self.flush_alerts().await;
        let cause = recording.cause.or(Some(fault));
        let update = RecordingUpdate {
            status: Some(after_upload(cause, recording)),
            cause: Some(cause),
            progress: Some(None),
            ..RecordingUpdate::default()
        };
        this.update(update).await
    }
}

/// Where a recording stands that was brought away, or could not be: a mix that was asked for meanwhile is yet to come.
fn after_upload(cause: Option<RecordingFault>, recording: &StoredRecording) -> RecordingStatus {
    match recording.mix {
        MixStatus::Queued | MixStatus::Running => RecordingStatus::Processing,
        MixStatus::None | MixStatus::Done | MixStatus::Failed | MixStatus::Unavailable => {
            outcome(cause, &recording.files)
        }
    }
}
