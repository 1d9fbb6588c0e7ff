use std::sync::Arc;

use call_domain::{MixStatus, RecordingFault, RecordingFileKind, RecordingMode, RecordingStatus};
use call_store::{AlertKind, JobKind, RecordingFile, RecordingUpdate, StoredRecording};

use super::alert::News;
use super::job::{Trouble, Try, stopped};
use super::outcome::{bytes, cause_without, has_media, has_tracks, outcome, standing};
use crate::Engine;
use crate::recording_plane::Finished;

/// So many failures are told to nobody: some ten minutes.
const FAILURES_UNTOLD: u32 = 7;

impl Engine {
    /// The files of a recording are closed; says what is to be done next.
    pub(super) async fn finish_recording(&self, this: &Arc<Try>) -> Result<Vec<JobKind>, Trouble> {
        // What the plane told while it ran belongs to the outcome.
        self.flush_alerts().await;
        let mut recording = this.recording().await?;
        // What earlier tries have suffered from is over when this one succeeds.
        recording.cause = cause_without(this.blamed(), &recording);
        let Some(wanted) = stopped(&recording) else {
            tracing::error!(recording = %recording.id, "a recording that runs is not finished");
            return Err(Trouble::Lost);
        };
        let finished = this.config.plane.finish(&wanted).await?;
        self.take_files(this, &recording, finished).await
    }

    /// Its files cannot be closed yet, which is tried again. Until then there is nothing of it; that is told if it takes long.
    pub(super) async fn finish_delayed(
        &self,
        this: &Try,
        fault: RecordingFault,
    ) -> Result<(), Trouble> {
        if this.failures() < FAILURES_UNTOLD {
            return this.count_failure(None).await;
        }
        let recording = this.recording().await?;
        let blamed = recording.cause.is_none().then_some(fault);
        this.count_failure(blamed).await?;
        self.finish_failed(this, fault).await.map(drop)
    }

    /// Its files cannot be closed.
    pub(super) async fn finish_failed(
        &self,
        this: &Try,
        fault: RecordingFault,
    ) -> Result<Vec<JobKind>, Trouble> {
        let recording = this.recording().await?;
        let cause = recording.cause.or(Some(fault));
        let status = outcome(cause, &recording.files);
        self.report(&recording, status, fault);
        self.flush_alerts().await;
        let update = RecordingUpdate {
            status: Some(status),
            cause: Some(cause),
            progress: Some(None),
            // There is nothing to make one of.
            mix: (recording.mix == MixStatus::Queued).then_some(MixStatus::None),
            ..RecordingUpdate::default()
        };
        this.update(update).await?;
        Ok(Vec::new())
    }

    async fn take_files(
        &self,
        this: &Try,
        recording: &StoredRecording,
        finished: Finished,
    ) -> Result<Vec<JobKind>, Trouble> {
        let files = with_former_mix(finished.files, recording);
        let mut cause = recording.cause.or(finished.cause);
        if let Some(cause) = cause {
            self.report(recording, outcome(Some(cause), &files), cause);
        }
        let mix = match recording.mode {
            RecordingMode::Tracks => recording.mix,
            RecordingMode::Mixed if recording.mix == MixStatus::Done => MixStatus::Done,
            RecordingMode::Mixed if !has_tracks(&files) => MixStatus::None,
            RecordingMode::Mixed if this.config.plane.mixing_available() => MixStatus::Queued,
            RecordingMode::Mixed => {
                let fault = RecordingFault::MixingUnavailable;
                cause = cause.or(Some(fault));
                self.raise(News {
                    kind: AlertKind::MixFailed,
                    call: Some(recording.call_id),
                    recording: Some(recording.id),
                    cause: fault,
                });
                MixStatus::Unavailable
            }
        };
        self.flush_alerts().await;
        let next = if mix == MixStatus::Queued {
            vec![JobKind::Mix]
        } else {
            to_upload(this, &files)
        };
        let status = standing(&next, cause, &files);
        let shown = has_media(&files);
        let update = RecordingUpdate {
            status: Some(status),
            cause: Some(cause),
            progress: Some(None),
            mix: Some(mix),
            bytes: Some(bytes(&files)),
            duration: Some(Some(finished.duration)),
        };
        let kept = this.store().replace_files(recording.id, files, update);
        if !kept.await? {
            return Err(Trouble::Lost);
        }
        if shown {
            self.show_recordings(&this.config, recording.call_id, None)
                .await?;
        }
        Ok(next)
    }

    /// Tells operators that not everything is there.
    fn report(&self, recording: &StoredRecording, status: RecordingStatus, cause: RecordingFault) {
        let kind = if status == RecordingStatus::Failed {
            AlertKind::RecordingFailed
        } else {
            AlertKind::RecordingPartial
        };
        self.raise(News {
            kind,
            call: Some(recording.call_id),
            recording: Some(recording.id),
            cause,
        });
    }
}

/// The job that brings files to where they are kept, if that is elsewhere.
pub(super) fn to_upload(this: &Try, files: &[RecordingFile]) -> Vec<JobKind> {
    if this.config.plane.keeps_elsewhere() && !files.is_empty() {
        vec![JobKind::Upload]
    } else {
        Vec::new()
    }
}

/// A mix that was made before stays.
fn with_former_mix(
    mut files: Vec<RecordingFile>,
    recording: &StoredRecording,
) -> Vec<RecordingFile> {
    let mixed = |file: &&RecordingFile| file.kind == RecordingFileKind::Mixed;
    if !files.iter().any(|file| mixed(&file)) {
        files.extend(recording.files.iter().filter(mixed).cloned());
    }
    files
}
