use std::time::Duration;

use call_domain::{RecordingFileId, RecordingId};
use diesel::prelude::*;

use super::recording::{duration, millis, size};
use super::text;
use crate::columns::Id;
use crate::schema::recording_files;
use crate::{RecordingFile, StoreError};

/// One file of one recording.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = recording_files, treat_none_as_default_value = false)]
pub(crate) struct FileRow {
    id: Id,
    recording_id: Id,
    position: i32,
    kind: String,
    user_id: Option<String>,
    source: Option<String>,
    codec: Option<String>,
    content_type: String,
    object_key: String,
    bytes: i64,
    offset_ms: i64,
    duration_ms: Option<i64>,
    width: Option<i32>,
    height: Option<i32>,
}

/// The rows of the files of a recording.
pub(crate) fn file_rows(
    recording: RecordingId,
    files: &[RecordingFile],
) -> Result<Vec<FileRow>, StoreError> {
    (0..)
        .zip(files)
        .map(|(position, file)| FileRow::new(recording, position, file))
        .collect()
}

impl FileRow {
    fn new(
        recording: RecordingId,
        position: i32,
        file: &RecordingFile,
    ) -> Result<Self, StoreError> {
        let optional = |value: &Option<String>, what| {
            value.as_deref().map(|value| text(value, what)).transpose()
        };
        let pixels = |value: Option<u32>| {
            let value = value.map(i32::try_from).transpose();
            value.map_err(|_| StoreError::Unstorable("a picture's size"))
        };
        Ok(Self {
            id: file.id.into(),
            recording_id: recording.into(),
            position,
            kind: file.kind.to_string(),
            user_id: file.user_id.as_ref().map(ToString::to_string),
            source: optional(&file.source, "source")?,
            codec: optional(&file.codec, "codec")?,
            content_type: text(&file.content_type, "content_type")?,
            object_key: text(&file.object_key, "object_key")?,
            bytes: size(file.bytes)?,
            offset_ms: millis(file.offset)?,
            duration_ms: file.duration.map(millis).transpose()?,
            width: pixels(file.width)?,
            height: pixels(file.height)?,
        })
    }

    pub(crate) fn position(&self) -> i32 {
        self.position
    }

    pub(crate) fn recording(&self) -> RecordingId {
        self.recording_id.into()
    }

    pub(crate) fn into_file(self) -> Result<RecordingFile, &'static str> {
        let pixels = |value: Option<i32>| {
            let value = value.map(u32::try_from).transpose();
            value.map_err(|_| "a picture's size")
        };
        Ok(RecordingFile {
            id: RecordingFileId::from(self.id),
            kind: self.kind.parse().map_err(|_| "file kind")?,
            user_id: (self.user_id.as_deref().map(str::parse).transpose())
                .map_err(|_| "file user_id")?,
            source: self.source,
            codec: self.codec,
            content_type: self.content_type,
            object_key: self.object_key,
            bytes: u64::try_from(self.bytes).map_err(|_| "file bytes")?,
            offset: duration(Some(self.offset_ms))?.unwrap_or(Duration::ZERO),
            duration: duration(self.duration_ms)?,
            width: pixels(self.width)?,
            height: pixels(self.height)?,
        })
    }
}
