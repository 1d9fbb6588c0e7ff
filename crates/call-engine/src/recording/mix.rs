use std::sync::Arc;

use call_domain::{MixStatus, RecordingFault, RecordingFileKind, RecordingMode, RecordingStatus};
use call_store::{AlertKind, JobKind, RecordingUpdate, StoredRecording};

use super::alert::News;
use super::finish::to_upload;
use super::job::{Trouble, Try, stopped};
use super::outcome::{bytes, cause_with_mix, has_tracks, standing};
use crate::Engine;
use crate::recording_plane::JobProgress;

impl Engine {
    /// One file of the whole call is made; says what is to be done next.
    pub(super) async fn mix_recording(&self, this: &Arc<Try>) -> Result<Vec<JobKind>, Trouble> {
        let recording = this.recording().await?;
        let Some(wanted) = stopped(&recording) else {
            return Err(Trouble::Lost);
        };
        if !has_tracks(&recording.files) {
            return self.mix_failed(this, RecordingFault::MixFailed).await;
        }
        if !this.config.plane.mixing_available() {
            return Err(RecordingFault::MixingUnavailable.into());
        }
        let begun = RecordingUpdate {
            // An upload may have ended as this mix was asked for.
            status: Some(RecordingStatus::Processing),
            mix: Some(MixStatus::Running),
            progress: Some(Some(0.0)),
            ..RecordingUpdate::default()
        };
        this.update(begun).await?;
        let progress = Arc::<Try>::clone(this) as Arc<dyn JobProgress>;
        let plane = &this.config.plane;
        let mixed = plane.mix(&wanted, &recording.files, progress).await?;

        // That took a while: an upload may have gone wrong meanwhile, or have come through.
        this.conclude(&self.recordings).await;
        let recording = this.recording().await?;
        let mut files = recording.files.clone();
        files.retain(|file| file.kind != RecordingFileKind::Mixed);
        files.push(mixed);
        let cause = cause_with_mix(&recording);
        let next = to_upload(this, &files);
        let status = standing(&next, cause, &files);
        let update = RecordingUpdate {
            status: Some(status),
            cause: Some(cause),
            progress: Some(None),
            mix: Some(MixStatus::Done),
            bytes: Some(bytes(&files)),
            duration: None,
        };
        let kept = this.store().replace_files(recording.id, files, update);
        if !kept.await? {
            return Err(Trouble::Lost);
        }
        self.show_recordings(&this.config, recording.call_id, None)
            .await?;
        Ok(next)
    }

    /// It was not made, and is tried again.
    pub(super) async fn mix_delayed(
        &self,
        this: &Try,
        fault: RecordingFault,
    ) -> Result<(), Trouble> {
        let recording = this.recording().await?;
        self.report_mix(&recording, fault).await;
        let waits = RecordingUpdate {
            mix: Some(MixStatus::Queued),
            progress: Some(None),
            ..RecordingUpdate::default()
        };
        this.update(waits).await
    }

    /// It is not made. The tracks stay what they are.
    pub(super) async fn mix_failed(
        &self,
        this: &Try,
        fault: RecordingFault,
    ) -> Result<Vec<JobKind>, Trouble> {
        this.config.plane.discard_mix(this.job.recording).await;
        this.conclude(&self.recordings).await;
        let recording = this.recording().await?;
        self.report_mix(&recording, fault).await;
        let unavailable = fault == RecordingFault::MixingUnavailable;
        let cause = match recording.mode {
            RecordingMode::Mixed if unavailable => recording.cause.or(Some(fault)),
            RecordingMode::Mixed => recording.cause.or(Some(RecordingFault::MixFailed)),
            RecordingMode::Tracks => recording.cause,
        };
        let next = to_upload(this, &recording.files);
        let status = standing(&next, cause, &recording.files);
        let update = RecordingUpdate {
            status: Some(status),
            cause: Some(cause),
            progress: Some(None),
            mix: Some(if unavailable {
                MixStatus::Unavailable
            } else {
                MixStatus::Failed
            }),
            ..RecordingUpdate::default()
        };
        this.update(update).await?;
        Ok(next)
    }

    async fn report_mix(&self, recording: &StoredRecording, cause: RecordingFault) {
        self.raise(News {
            kind: AlertKind::MixFailed,
            call: Some(recording.call_id),
            recording: Some(recording.id),
            cause,
        });
        self.flush_alerts().await;
    }
}
