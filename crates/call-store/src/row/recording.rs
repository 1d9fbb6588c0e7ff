use std::time::Duration;

use call_domain::{
    CallId, Consent, CorruptCall, Event, InvalidId, MixStatus, Recording, RecordingConsent,
    RecordingFault, RecordingId, RecordingMode, RecordingStatus, Step, Timestamp, UserId,
};
use diesel::prelude::*;

use super::{FileRow, json};
use crate::columns::{Id, Json, Micros};
use crate::schema::recordings;
use crate::{RecordingUpdate, StoreError, StoredRecording};

/// A recording without its files.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = recordings, treat_none_as_default_value = false)]
pub(crate) struct RecordingRow {
    pub(crate) id: Id,
    call_id: Id,
    mode: String,
    status: String,
    cause: Option<String>,
    started_by: Option<String>,
    stopped_by: Option<String>,
    consent: String,
    consents: Json,
    started_at: Micros,
    stopped_at: Option<Micros>,
    duration_ms: Option<i64>,
    bytes: i64,
    progress: Option<f64>,
    mix: String,
}

/// What a [`RecordingUpdate`] changes.
#[allow(clippy::option_option)] // null beside "unchanged"
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = recordings)]
pub(crate) struct RecordingChange {
    pub(crate) status: Option<String>,
    cause: Option<Option<String>>,
    progress: Option<Option<f64>>,
    mix: Option<String>,
    bytes: Option<i64>,
    duration_ms: Option<Option<i64>>,
}

/// What the step of a call does to recordings.
pub(crate) struct RecordingStep {
    pub(crate) begun: Option<RecordingRow>,
    /// What people have answered so far, of the recording that runs.
    pub(crate) consents: Option<(Id, Json)>,
    pub(crate) stopped: Option<RecordingStop>,
}

pub(crate) struct RecordingStop {
    pub(crate) id: Id,
    pub(crate) at: Micros,
    pub(crate) by: Option<String>,
    pub(crate) cause: Option<String>,
}

impl RecordingStep {
    pub(crate) fn new(step: &Step, at: Timestamp) -> Result<Self, StoreError> {
        let recording = step.call.recording();
        let mut this = Self {
            begun: None,
            consents: None,
            stopped: None,
        };
        for event in &step.events {
            if let Event::RecordingStarted {
                recording: id,
                by,
                mode,
                consent,
            } = event
            {
                let begun = Recording {
                    id: *id,
                    mode: *mode,
                    consent: *consent,
                    started_by: by.clone(),
                    started_at: recording.map_or(at, |recording| recording.started_at),
                    consents: recording.map_or_else(Vec::new, |r| r.consents.clone()),
                };
                this.begun = Some(RecordingRow::new(step.call.id(), &begun)?);
            } else if let Event::RecordingStopped {
                recording,
                by,
                cause,
            } = event
            {
                this.stopped = Some(RecordingStop {
                    id: (*recording).into(),
                    at: at.into(),
                    by: by.as_ref().map(ToString::to_string),
                    cause: cause.map(|cause| cause.to_string()),
                });
            }
        }
        if let Some(recording) = recording
            && this.begun.is_none()
        {
            let consents = json(&recording.consents, "consents")?;
            this.consents = Some((recording.id.into(), consents));
        }
        Ok(this)
    }
}

impl RecordingRow {
    /// A recording that begins.
    fn new(call: CallId, recording: &Recording) -> Result<Self, StoreError> {
        let mix = match recording.mode {
            RecordingMode::Tracks => MixStatus::None,
            RecordingMode::Mixed => MixStatus::Queued,
        };
        Ok(Self {
            id: recording.id.into(),
            call_id: call.into(),
            mode: recording.mode.to_string(),
            status: RecordingStatus::Recording.to_string(),
            cause: None,
            started_by: recording.started_by.as_ref().map(ToString::to_string),
            stopped_by: None,
            consent: recording.consent.to_string(),
            consents: json(&recording.consents, "consents")?,
            started_at: recording.started_at.into(),
            stopped_at: None,
            duration_ms: None,
            bytes: 0,
            progress: None,
            mix: mix.to_string(),
        })
    }
}

impl RecordingChange {
    pub(crate) fn new(update: RecordingUpdate) -> Result<Self, StoreError> {
        let status = match update.status {
            Some(RecordingStatus::Recording) => Err(StoreError::Unstorable("a status of calls")),
            other => Ok(other),
        }?;
        if let Some(Some(progress)) = update.progress
            && !(0.0..=1.0).contains(&progress)
        {
            return Err(StoreError::Unstorable("progress"));
        }
        Ok(Self {
            status: status.map(|status| status.to_string()),
            cause: update.cause.map(|cause| cause.map(|c| c.to_string())),
            progress: update.progress,
            mix: update.mix.map(|mix| mix.to_string()),
            bytes: update.bytes.map(size).transpose()?,
            duration_ms: (update.duration)
                .map(|duration| duration.map(millis).transpose())
                .transpose()?,
        })
    }

    /// SQL knows no such update.
    pub(crate) fn is_empty(&self) -> bool {
        let Self {
            status,
            cause,
            progress,
            mix,
            bytes,
            duration_ms,
        } = self;
        status.is_none()
            && cause.is_none()
            && progress.is_none()
            && mix.is_none()
            && bytes.is_none()
            && duration_ms.is_none()
    }
}

/// Makes recordings of joined rows, in the order of these, with their files by position.
pub(crate) fn stored_recordings(
    rows: Vec<(RecordingRow, Option<FileRow>)>,
) -> Result<Vec<StoredRecording>, CorruptCall> {
    let mut found: Vec<(RecordingRow, Vec<FileRow>)> = Vec::new();
    for (recording, file) in rows {
        match found.last_mut() {
            Some((last, files)) if last.id == recording.id => files.extend(file),
            _ => found.push((recording, file.into_iter().collect())),
        }
    }
    found
        .into_iter()
        .map(|(recording, files)| stored_recording(&recording, files))
        .collect()
}

fn stored_recording(
    row: &RecordingRow,
    mut files: Vec<FileRow>,
) -> Result<StoredRecording, CorruptCall> {
    let call_id = CallId::from(row.call_id);
    let corrupt = |what| CorruptCall { id: call_id, what };
    files.sort_by_key(FileRow::position);
    let files: Result<_, &'static str> = files.into_iter().map(FileRow::into_file).collect();
    Ok(StoredRecording {
        id: RecordingId::from(row.id),
        call_id,
        mode: row.mode.parse().map_err(|_| corrupt("recording mode"))?,
        status: row
            .status
            .parse()
            .map_err(|_| corrupt("recording status"))?,
        cause: (row
            .cause
            .as_deref()
            .map(str::parse::<RecordingFault>)
            .transpose())
        .map_err(|_| corrupt("recording cause"))?,
        started_by: user(row.started_by.as_deref()).map_err(|_| corrupt("recording started_by"))?,
        stopped_by: user(row.stopped_by.as_deref()).map_err(|_| corrupt("recording stopped_by"))?,
        consent: (row.consent.parse::<RecordingConsent>())
            .map_err(|_| corrupt("recording consent"))?,
        consents: (row.consents.parse::<Vec<Consent>>())
            .map_err(|_| corrupt("recording consents"))?,
        started_at: row.started_at.into(),
        stopped_at: row.stopped_at.map(Into::into),
        duration: duration(row.duration_ms).map_err(corrupt)?,
        bytes: u64::try_from(row.bytes).map_err(|_| corrupt("recording bytes"))?,
        progress: row.progress,
        mix: row.mix.parse().map_err(|_| corrupt("recording mix"))?,
        files: files.map_err(corrupt)?,
    })
}

fn user(id: Option<&str>) -> Result<Option<UserId>, InvalidId> {
    id.map(str::parse).transpose()
}

/// Bytes as a column keeps them.
pub(super) fn size(bytes: u64) -> Result<i64, StoreError> {
    i64::try_from(bytes).map_err(|_| StoreError::Unstorable("bytes"))
}

/// A duration as a column keeps it, in milliseconds.
pub(super) fn millis(duration: Duration) -> Result<i64, StoreError> {
    i64::try_from(duration.as_millis()).map_err(|_| StoreError::Unstorable("a duration"))
}

pub(super) fn duration(millis: Option<i64>) -> Result<Option<Duration>, &'static str> {
    let millis = millis.map(u64::try_from).transpose();
    Ok(millis
        .map_err(|_| "recording duration")?
        .map(Duration::from_millis))
}
