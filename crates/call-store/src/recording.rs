use std::time::Duration;

use call_domain::{
    CallId, Consent, MixStatus, RecordingConsent, RecordingFault, RecordingFileId,
    RecordingFileKind, RecordingId, RecordingMode, RecordingStatus, Timestamp, UserId,
};

/// A recording of a call as it is stored, from its start to its files.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRecording {
    /// Which recording.
    pub id: RecordingId,
    /// Of which call.
    pub call_id: CallId,
    /// What becomes of it.
    pub mode: RecordingMode,
    /// Where it stands.
    pub status: RecordingStatus,
    /// What went wrong, if anything did.
    pub cause: Option<RecordingFault>,
    /// Who started it; `None`: the policy did.
    pub started_by: Option<UserId>,
    /// Who stopped it; `None`: nobody did, or it runs.
    pub stopped_by: Option<UserId>,
    /// Whether people were asked.
    pub consent: RecordingConsent,
    /// What those who were asked answered.
    pub consents: Vec<Consent>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it stopped; `None` while it runs.
    pub stopped_at: Option<Timestamp>,
    /// How much of the call it covers, once that is known (to the millisecond).
    pub duration: Option<Duration>,
    /// The size of all its files.
    pub bytes: u64,
    /// How much of the work in hand is done, 0 to 1; `None` while there is none.
    pub progress: Option<f64>,
    /// Where the file of the whole call stands.
    pub mix: MixStatus,
    /// Its files, in the order in which they were put.
    pub files: Vec<RecordingFile>,
}

/// A file of a recording: what there is to know of it beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingFile {
    /// Which file.
    pub id: RecordingFileId,
    /// What it holds.
    pub kind: RecordingFileKind,
    /// Whose track it is.
    pub user_id: Option<UserId>,
    /// What of theirs: the name that the recorder gives to the source of a track.
    pub source: Option<String>,
    /// How a track is encoded: the name that the recorder gives to the codec.
    pub codec: Option<String>,
    /// The media type (RFC 6838).
    pub content_type: String,
    /// Where the bytes are, within the folder or object store of recordings.
    pub object_key: String,
    /// The size.
    pub bytes: u64,
    /// When the file begins, from the start of the recording (to the millisecond).
    pub offset: Duration,
    /// How long it plays (to the millisecond).
    pub duration: Option<Duration>,
    /// The width of its largest picture, in pixels.
    pub width: Option<u32>,
    /// The height of its largest picture, in pixels.
    pub height: Option<u32>,
}

/// What changes of a stored recording. `None` leaves a column as it is; where it may be empty,
/// `Some(None)` empties it.
#[allow(clippy::option_option)] // SQL's null beside "unchanged"
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RecordingUpdate {
    /// Where it stands. Only for a recording that has stopped, and never
    /// [`RecordingStatus::Recording`]: that it runs is decided by the call.
    pub status: Option<RecordingStatus>,
    /// What went wrong.
    pub cause: Option<Option<RecordingFault>>,
    /// How much of the work in hand is done, 0 to 1.
    pub progress: Option<Option<f64>>,
    /// Where the file of the whole call stands.
    pub mix: Option<MixStatus>,
    /// The size of all its files.
    pub bytes: Option<u64>,
    /// How much of the call it covers.
    pub duration: Option<Option<Duration>>,
}

/// What became of the wish to delete a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discarded {
    /// Nobody sees it any more, and a [`JobKind::Delete`](crate::JobKind::Delete) is due.
    Done,
    /// It still runs; nothing was changed.
    Live,
    /// There is none (any more).
    Unknown,
}
