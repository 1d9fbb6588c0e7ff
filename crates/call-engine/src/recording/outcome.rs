//! What a recording amounts to in the end.

use call_domain::{RecordingFault, RecordingFileKind, RecordingStatus};
use call_store::{JobKind, RecordingFile, StoredRecording};

/// Where a recording stands with which nothing more is to be done. Ready is what can be played; where nobody sent anything that
/// might be recorded there is a manifest that says so, and nothing went wrong.
pub(super) fn outcome(cause: Option<RecordingFault>, files: &[RecordingFile]) -> RecordingStatus {
    match cause {
        _ if !has_media(files) => RecordingStatus::Failed,
        None => RecordingStatus::Ready,
        Some(_) => RecordingStatus::Partial,
    }
}

/// Where a recording stands with which these jobs are still to be done.
pub(super) fn standing(
    next: &[JobKind],
    cause: Option<RecordingFault>,
    files: &[RecordingFile],
) -> RecordingStatus {
    if next.is_empty() {
        outcome(cause, files)
    } else {
        RecordingStatus::Processing
    }
}

/// Whether there is anything to see or hear.
pub(super) fn has_media(files: &[RecordingFile]) -> bool {
    files.iter().any(|file| match file.kind {
        RecordingFileKind::Track | RecordingFileKind::Mixed => true,
        RecordingFileKind::Manifest => false,
    })
}

/// Whether there is anything to make a mix of.
pub(crate) fn has_tracks(files: &[RecordingFile]) -> bool {
    files
        .iter()
        .any(|file| file.kind == RecordingFileKind::Track)
}

pub(super) fn bytes(files: &[RecordingFile]) -> u64 {
    files
        .iter()
        .fold(0, |sum, file| sum.saturating_add(file.bytes))
}

/// What is wrong with a recording but for what a job was blamed for.
pub(super) fn cause_without(
    blamed: Option<RecordingFault>,
    recording: &StoredRecording,
) -> Option<RecordingFault> {
    recording.cause.filter(|cause| blamed != Some(*cause))
}

/// What is wrong with a recording that has a mix now.
pub(super) fn cause_with_mix(recording: &StoredRecording) -> Option<RecordingFault> {
    recording.cause.filter(|cause| match cause {
        RecordingFault::MixFailed | RecordingFault::MixingUnavailable => false,
        RecordingFault::DiskFull
        | RecordingFault::StorageUnreachable
        | RecordingFault::WriteFailed
        | RecordingFault::Overloaded
        | RecordingFault::Interrupted
        | RecordingFault::SfuUnavailable => true,
    })
}
