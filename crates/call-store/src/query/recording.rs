use call_domain::{CallId, CorruptCall, RecordingFileId, RecordingId, RecordingStatus};
use diesel::prelude::*;

use super::lock;
use crate::columns::Id;
use crate::connection::{AnyConnection, on_backend};
use crate::error::Failure;
use crate::row::{FileRow, RecordingChange, RecordingRow, stored_recordings};
use crate::schema::{calls, recording_files, recordings};
use crate::{RecordingFile, StoredRecording};

/// Recordings that were not discarded with their files, in one statement: both are of one time.
macro_rules! joined {
    () => {
        recordings::table
            .left_join(recording_files::table)
            .filter(recordings::deleted_at.is_null())
            .order((recordings::started_at, recordings::id))
            .select(<(RecordingRow, Option<FileRow>)>::as_select())
    };
}

/// The statuses of recordings that are not done.
pub(super) const UNFINISHED: [&str; 2] = [
    RecordingStatus::Recording.as_str(),
    RecordingStatus::Processing.as_str(),
];

pub(crate) fn recording(
    connection: &mut AnyConnection,
    id: RecordingId,
) -> Result<Option<StoredRecording>, Failure> {
    let rows: Vec<(RecordingRow, Option<FileRow>)> = joined!()
        .filter(recordings::id.eq(Id::from(id)))
        .load(connection)?;
    Ok(stored_recordings(rows)?.pop())
}

pub(crate) fn recordings_of(
    connection: &mut AnyConnection,
    call: CallId,
) -> Result<Vec<StoredRecording>, Failure> {
    let rows: Vec<(RecordingRow, Option<FileRow>)> = joined!()
        .filter(recordings::call_id.eq(Id::from(call)))
        .load(connection)?;
    Ok(stored_recordings(rows)?)
}

pub(crate) fn unfinished_recordings(
    connection: &mut AnyConnection,
) -> Result<Vec<StoredRecording>, Failure> {
    // Spelled as in the index.
    let unfinished = recordings::status
        .eq(UNFINISHED[0])
        .or(recordings::status.eq(UNFINISHED[1]));
    let rows: Vec<(RecordingRow, Option<FileRow>)> =
        joined!().filter(unfinished).load(connection)?;
    Ok(stored_recordings(rows)?)
}

pub(crate) fn recording_file(
    connection: &mut AnyConnection,
    id: RecordingFileId,
) -> Result<Option<(RecordingId, RecordingFile)>, Failure> {
    let row: Option<(FileRow, Id)> = recording_files::table
        .inner_join(recordings::table)
        .filter(recording_files::id.eq(Id::from(id)))
        .filter(recordings::deleted_at.is_null())
        .select((FileRow::as_select(), recordings::call_id))
        .first(connection)
        .optional()?;
    let Some((row, call)) = row else {
        return Ok(None);
    };
    let recording = row.recording();
    let file = row.into_file().map_err(|what| CorruptCall {
        id: call.into(),
        what,
    })?;
    Ok(Some((recording, file)))
}

/// Changes what is stored of a recording; says whether there is one that may be changed so.
pub(crate) fn update_recording(
    connection: &mut AnyConnection,
    id: RecordingId,
    change: &RecordingChange,
) -> Result<bool, Failure> {
    let id = Id::from(id);
    lock::recording(connection, id)?;
    let running: Option<bool> = recordings::table
        .filter(recordings::id.eq(id))
        .filter(recordings::deleted_at.is_null())
        .select(recordings::stopped_at.is_null())
        .first(connection)
        .optional()?;
    match running {
        None => return Ok(false),
        Some(true) if change.status.is_some() => return Ok(false),
        Some(_) => {}
    }
    if !change.is_empty() {
        diesel::update(recordings::table)
            .filter(recordings::id.eq(id))
            .set(change)
            .execute(connection)?;
    }
    Ok(true)
}

/// Puts files in the place of all that a recording had; says whether there is one.
pub(crate) fn replace_files(
    connection: &mut AnyConnection,
    id: RecordingId,
    files: &[FileRow],
    change: &RecordingChange,
) -> Result<bool, Failure> {
    if !update_recording(connection, id, change)? {
        return Ok(false);
    }
    diesel::delete(recording_files::table)
        .filter(recording_files::recording_id.eq(Id::from(id)))
        .execute(connection)?;
    for file in files {
        on_backend!(connection, inner => diesel::insert_into(recording_files::table)
            .values(file)
            .execute(inner))?;
    }
    Ok(true)
}

pub(crate) fn set_recording_url(
    connection: &mut AnyConnection,
    call: CallId,
    url: Option<String>,
) -> Result<(), Failure> {
    diesel::update(calls::table)
        .filter(calls::id.eq(Id::from(call)))
        .set(calls::recording_url.eq(url))
        .execute(connection)?;
    Ok(())
}
