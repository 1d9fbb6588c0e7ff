//! The end of a recording, in its time or after a crash.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use call_domain::{RecordingFault, RecordingFileId, UserId};

use super::{RecordingInfo, fault_of, milliseconds, reserve};
use crate::disk::{Disk, System};
use crate::event::{Event, TimedEvent};
use crate::journal::{Journal, Record, TrackLine};
use crate::manifest::{MANIFEST_FILE, MANIFEST_VERSION};
use crate::track::{self, close_file, described};
use crate::webm::Closed;
use crate::{Manifest, ManifestTrack, moment};

/// What a recording has led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Who, when and what.
    pub manifest: Manifest,
    /// The tracks in the order of the manifest, then the manifest; without those that are no longer there.
    pub files: Vec<RecordedFile>,
}

/// A file in the folder of a finished recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFile {
    /// Names it.
    pub file_id: RecordingFileId,
    /// Where it lies.
    pub path: PathBuf,
    /// Its media type.
    pub content_type: &'static str,
    /// Its size.
    pub bytes: u64,
}

impl Finished {
    /// Notes in the manifest by whose wish the recording stopped, which the recorder is not told. Idempotent.
    ///
    /// Where that cannot be written the manifest stays as it is: the log says so.
    #[must_use]
    pub fn stopped_by(self, dir: &Path, user: &UserId) -> Self {
        self.stopped_by_on(&System, dir, user)
    }

    pub(super) fn stopped_by_on(self, disk: &dyn Disk, dir: &Path, user: &UserId) -> Self {
        let mut manifest = self.manifest.clone();
        let mut events = manifest.events.iter_mut().rev();
        let known = events.find_map(|timed| match &mut timed.event {
            Event::RecordingStopped { user_id } => Some(user_id),
            Event::ParticipantJoined { .. }
            | Event::ParticipantLeft { .. }
            | Event::MediaChanged { .. }
            | Event::Consent { .. }
            | Event::RecordingStarted { .. }
            | Event::RecorderRestarted => None,
        });
        match known {
            Some(known) if known.as_ref() != Some(user) => *known = Some(user.clone()),
            Some(_) | None => return self,
        }
        match manifest.write(disk, dir) {
            Ok(_) => finished(dir, manifest),
            Err(error) => {
                tracing::warn!(folder = %dir.display(), %error, "the manifest of a recording does not say who stopped it");
                self
            }
        }
    }
}

/// Finishes what a crash or a restart has left in a folder. Idempotent: what is finished is only read. Without a folder, it was a
/// recording of nothing.
///
/// `stopped_at` is when it was to stop, from the recording's beginning; `None`: with its last frame. `cause` is why, if the folder
/// does not know; [`RecordingFault::Interrupted`] if nobody does.
///
/// # Errors
///
/// When the folder cannot be read, or not even a manifest can be written. It may be tried again.
pub fn finish_abandoned(
    dir: &Path,
    info: &RecordingInfo,
    stopped_at: Option<Duration>,
    cause: Option<RecordingFault>,
) -> Result<Finished, RecordingFault> {
    finish_abandoned_on(&System, dir, info, stopped_at, cause)
}

pub(super) fn finish_abandoned_on(
    disk: &dyn Disk,
    dir: &Path,
    info: &RecordingInfo,
    stopped_at: Option<Duration>,
    cause: Option<RecordingFault>,
) -> Result<Finished, RecordingFault> {
    if let Ok(Some(manifest)) = Manifest::read(dir)
        && manifest.recording_id == info.recording_id
    {
        return Ok(finished(dir, manifest));
    }
    crate::disk::make_folder(dir).map_err(|error| failed(dir, "make", &error))?;
    let journal = Journal::resume(disk, dir).map_err(|error| failed(dir, "read", &error))?;
    let mut record = journal.map(Journal::into_record).unwrap_or_default();
    if let Some((other, _)) = record.recording
        && other != info.recording_id
    {
        tracing::error!(folder = %dir.display(), recording = %info.recording_id, %other, "the folder of a recording is another's");
        return Err(RecordingFault::WriteFailed);
    }
    reserve::free(dir);
    let mut ending = Ending::new(disk, dir);
    let first_whole = record.interrupted_tracks;
    for (index, line) in std::mem::take(&mut record.tracks).into_iter().enumerate() {
        let closed = close_file(disk, dir, &line);
        let was_finished = matches!(&closed, Ok(Some(closed)) if closed.was_finished);
        ending.track(line, closed, was_finished && index >= first_whole);
    }
    let stopped_ms = record.stopped_ms.or(stopped_at.map(milliseconds));
    // Whoever noted the end had closed everything before.
    let interrupted = record
        .stopped_ms
        .is_none()
        .then_some(RecordingFault::Interrupted);
    record.cause = record.cause.or(cause).or(interrupted);
    ending.conclude(info, record, stopped_ms)
}

/// What becomes of the tracks of a recording, one after another.
pub(super) struct Ending<'a> {
    disk: &'a dyn Disk,
    folder: &'a Path,
    tracks: Vec<ManifestTrack>,
    fault: Option<RecordingFault>,
}

impl<'a> Ending<'a> {
    pub(super) fn new(disk: &'a dyn Disk, folder: &'a Path) -> Self {
        Self {
            disk,
            folder,
            tracks: Vec::new(),
            fault: None,
        }
    }

    /// Takes a track that was closed, or could not be.
    pub(super) fn track(
        &mut self,
        line: TrackLine,
        closed: io::Result<Option<Closed>>,
        clean: bool,
    ) {
        let path = track::path(self.folder, &line);
        let closed = match closed {
            Ok(Some(closed)) => closed,
            Ok(None) => {
                if let Err(error) = crate::disk::remove(&path) {
                    tracing::warn!(path = %path.display(), %error, "an empty file of a recording stays");
                }
                return;
            }
            Err(error) => {
                tracing::error!(path = %path.display(), %error, "a file of a recording cannot be closed, and is left as it is");
                self.fault.get_or_insert(fault_of(&error));
                return;
            }
        };
        if let Some(error) = &closed.error {
            tracing::error!(path = %path.display(), %error, "a file of a recording is playable, but not all of it could be written");
            self.fault.get_or_insert(fault_of(error));
        }
        let clean = clean && closed.error.is_none();
        self.tracks.push(described(line, closed, clean));
    }

    /// Writes the manifest. Its times end with the last frame if they are not said.
    pub(super) fn conclude(
        self,
        info: &RecordingInfo,
        record: Record,
        stopped_ms: Option<u64>,
    ) -> Result<Finished, RecordingFault> {
        let Self {
            disk,
            folder,
            mut tracks,
            fault,
        } = self;
        tracks.sort_by_key(|track| (track.offset_ms, track.file_id));
        let last_frame = tracks
            .iter()
            .map(|track| track.offset_ms + track.duration_ms)
            .max();
        let last_event = record.events.last().map(|event| event.at_ms);
        let duration_ms = last_frame.max(stopped_ms.or(last_event)).unwrap_or(0);
        let cause = record.cause.or(fault);
        let started_at = moment::in_milliseconds(info.started_at);
        let mut events = record.events;
        let is_end = |event: &TimedEvent| matches!(event.event, Event::RecordingStopped { .. });
        if !events.iter().any(is_end) {
            let at_ms = stopped_ms.or(last_frame).max(last_event).unwrap_or(0);
            let event = Event::RecordingStopped { user_id: None };
            events.push(TimedEvent { at_ms, event });
        }
        let manifest = Manifest {
            version: MANIFEST_VERSION,
            file_id: match record.recording {
                Some((_, file_id)) => file_id,
                None => super::random_file_id()?,
            },
            recording_id: info.recording_id,
            call_id: info.call_id,
            mode: info.mode,
            started_at,
            stopped_at: started_at + Duration::from_millis(duration_ms),
            duration_ms,
            participants: record.people,
            tracks,
            events,
            complete: cause.is_none(),
            cause,
        };
        manifest
            .write(disk, folder)
            .map_err(|error| failed(folder, "write", &error))?;
        Ok(finished(folder, manifest))
    }
}

/// The files that there are; some may have gone elsewhere.
fn finished(folder: &Path, manifest: Manifest) -> Finished {
    let tracks = manifest.tracks.iter().map(|track| {
        let path = Manifest::path(folder, track);
        (track.file_id, path, track.codec.content_type())
    });
    let own: (RecordingFileId, _, _) = (
        manifest.file_id,
        folder.join(MANIFEST_FILE),
        "application/json",
    );
    let files = tracks
        .chain([own])
        .filter_map(|(file_id, path, content_type)| {
            let bytes = fs::metadata(&path).ok()?.len();
            Some(RecordedFile {
                file_id,
                path,
                content_type,
                bytes,
            })
        })
        .collect();
    Finished { manifest, files }
}

fn failed(folder: &Path, what: &'static str, error: &io::Error) -> RecordingFault {
    tracing::error!(folder = %folder.display(), %error, "cannot {what} what is needed to finish a recording");
    fault_of(error)
}
