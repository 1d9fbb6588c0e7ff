//! One recording while it runs.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use call_domain::{CallId, RecordingFault, RecordingFileId, RecordingId, RecordingMode, UserId};

use crate::{Codec, Consent, EncodedFrame, Event, Manifest, Source};

/// Which recording, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingInfo {
    /// Which recording (UUID version 7).
    pub recording_id: RecordingId,
    /// Of which call.
    pub call_id: CallId,
    /// What was asked for.
    pub mode: RecordingMode,
    /// When it began: zero of every time that is passed to the recorder.
    pub started_at: SystemTime,
}

impl RecordingInfo {
    /// How long after the recording's beginning a moment lies; zero for what lies before it.
    pub fn at(&self, moment: SystemTime) -> Duration {
        moment
            .duration_since(self.started_at)
            .unwrap_or(Duration::ZERO)
    }
}

/// What a recorder keeps to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// So much room stays free on the disk, in bytes: with less the recording stops with [`RecordingFault::DiskFull`].
    pub min_free_bytes: u64,
    /// How often what was written is forced onto the disk, so that a power failure takes no more than that; `None`: when the system
    /// likes. A crash of the process alone takes what came since the last [`Recorder::flush`] either way.
    pub sync_every: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            min_free_bytes: 1 << 30,
            sync_every: Some(Duration::from_secs(5)),
        }
    }
}

/// What a recording has led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Who, when and what.
    pub manifest: Manifest,
    /// The tracks in the order of the manifest, then the manifest.
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

/// Writes the files of one recording into a folder of its own. It blocks on the disk: give it a thread that may wait.
#[derive(Debug)]
pub struct Recorder {
    info: RecordingInfo,
}

impl Recorder {
    /// Begins a recording in a new folder, or goes on with one that a crash or a restart left in it.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made or written; [`RecordingFault::DiskFull`] when too little room is left.
    pub fn open(_dir: &Path, info: RecordingInfo, _limits: Limits) -> Result<Self, RecordingFault> {
        Ok(Self { info })
    }

    /// Which recording.
    pub fn info(&self) -> &RecordingInfo {
        &self.info
    }

    /// Writes a frame, in the order of a source's decoding. What cannot be decoded by itself is left out until the next key frame.
    ///
    /// # Errors
    ///
    /// Once it has failed it stays so: finish it. What was written until then is kept.
    pub fn frame(
        &mut self,
        _user: &UserId,
        _source: Source,
        _codec: Codec,
        _frame: EncodedFrame,
    ) -> Result<(), RecordingFault> {
        Err(RecordingFault::WriteFailed)
    }

    /// Notes what happened in the call.
    ///
    /// # Errors
    ///
    /// As with [`Self::frame`].
    pub fn event(&mut self, _at: Duration, _event: Event) -> Result<(), RecordingFault> {
        Err(RecordingFault::WriteFailed)
    }

    /// Notes somebody in the call, or what has changed about them. To be said of everybody, however often.
    ///
    /// # Errors
    ///
    /// As with [`Self::frame`].
    pub fn person(
        &mut self,
        _user: &UserId,
        _name: Option<&str>,
        _consent: Option<Consent>,
    ) -> Result<(), RecordingFault> {
        Err(RecordingFault::WriteFailed)
    }

    /// Notes that something is missing, and why; the first fault is the cause in the manifest.
    pub fn fault(&mut self, _at: Duration, _fault: RecordingFault) {}

    /// Hands to the system what was written, and looks for room on the disk. To be called about once a second.
    ///
    /// # Errors
    ///
    /// As with [`Self::frame`].
    pub fn flush(&mut self, _now: Duration) -> Result<(), RecordingFault> {
        Err(RecordingFault::WriteFailed)
    }

    /// Closes the files and writes the manifest.
    ///
    /// # Errors
    ///
    /// Only when not even a manifest can be written: [`finish_abandoned`] may be tried later. A fault before that is in the manifest.
    pub fn finish(self, _at: Duration) -> Result<Finished, RecordingFault> {
        Err(RecordingFault::WriteFailed)
    }
}

/// Finishes what a crash has left in a folder. Idempotent: a finished one is only read. Without a folder, a recording of nothing.
///
/// `stopped_at` is when it was to stop, from the recording's beginning; `None`: with its last frame.
///
/// # Errors
///
/// When not even a manifest can be written.
pub fn finish_abandoned(
    _dir: &Path,
    _info: &RecordingInfo,
    _stopped_at: Option<Duration>,
    _cause: Option<RecordingFault>,
) -> Result<Finished, RecordingFault> {
    Err(RecordingFault::WriteFailed)
}
