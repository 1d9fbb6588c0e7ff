use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use call_domain::{
    CallId, ConsentState, MediaState, RecordingFault, RecordingId, RecordingMode, Timestamp, UserId,
};
use call_media::sfu::RoomId;
use call_store::RecordingFile;
use serde_json::Value;

/// Writes down what the people in a call send, and keeps it: the seam to a recorder and to the place of its files.
///
/// While a recording runs the engine tells what is to be written by [`RecordingPlane::follow`]; what goes wrong
/// meanwhile is told by [`Engine::recording_event`](crate::Engine::recording_event). When it has stopped, durable jobs
/// make its files: `finish`, then `mix`, then `upload`. Each job may be broken off at any point (its future is dropped,
/// or the process dies) and is begun again later, by this process or another one: all of them are idempotent. A future
/// that is dropped stops what it had begun as soon as it can.
///
/// An engine without a recording plane forbids recording.
#[async_trait]
pub trait RecordingPlane: Debug + Send + Sync + 'static {
    /// Whether another recording can be begun now, or else why not: as many run as may
    /// ([`RecordingFault::Overloaded`]), the disk is full. Quick; not binding, as things change.
    fn may_begin(&self) -> Result<(), RecordingFault>;

    /// Whether files of whole calls can be made.
    fn mixing_available(&self) -> bool;

    /// Whether another file of a whole call can be begun now, or else why not: the disk is full. Quick; not binding, as things
    /// change. Where none can be made at all, [`RecordingPlane::mixing_available`] says so.
    fn may_mix(&self) -> Result<(), RecordingFault>;

    /// Whether finished recordings are kept elsewhere than where they are written, so that
    /// [`RecordingPlane::upload`] is to be asked for.
    fn keeps_elsewhere(&self) -> bool;

    /// What is to be written from now on: the whole wish, which takes the place of the last one for this recording.
    ///
    /// Quick: never blocks, and never calls the engine back from within. The wishes of a recording come in the order in
    /// which the call changed; the same one may come again, and has its room looked up again then: it may be a new one. The
    /// first wish for a recording of which files exist already means that the server has started anew: it is gone on with.
    /// What fails is told as a [`RecordingEvent`]. A recording that was stopped is not begun again by a wish.
    fn follow(&self, wish: RecordingWish);

    /// Nothing more is to be written: the recording stopped at `at`. Quick, as [`RecordingPlane::follow`].
    ///
    /// May come for a recording of which the plane knows nothing.
    fn stop(&self, recording: RecordingId, at: Timestamp);

    /// Closes the files of a recording that has stopped, or repairs what a crash left of them, and says what there is.
    /// May come before [`RecordingPlane::stop`], which it implies.
    ///
    /// Where nothing was written at all that is what is said, and no error: `Finished` without files. Fails only where trying
    /// again later may help.
    async fn finish(&self, recording: &StoppedRecording) -> Result<Finished, RecordingFault>;

    /// Makes one file of the whole call from `files`, and says what it is. One that was made before is replaced.
    async fn mix(
        &self,
        recording: &StoppedRecording,
        files: &[RecordingFile],
        progress: Arc<dyn JobProgress>,
    ) -> Result<RecordingFile, RecordingFault>;

    /// No more tries at one are to follow, until it is asked for again: what those before have left is taken away. What cannot be
    /// is deleted with the recording.
    async fn discard_mix(&self, recording: RecordingId);

    /// Brings files to where recordings are kept. Those that are there already are passed over.
    ///
    /// What the next try needs to go on where this one is broken off is kept by [`JobProgress::keep`]. Asked for again
    /// when there are more files.
    async fn upload(
        &self,
        recording: RecordingId,
        files: &[RecordingFile],
        progress: Arc<dyn JobProgress>,
    ) -> Result<(), RecordingFault>;

    /// Deletes everything of a recording, wherever it is. Nothing left to delete is no error.
    async fn delete(&self, recording: RecordingId) -> Result<(), RecordingFault>;

    /// Where a recording is found by those who may see it, as it is kept with its call (`recordingUrl`).
    fn page(&self, recording: RecordingId) -> String;

    /// A URL by which a file can be read until it expires, by whoever has it.
    async fn url(
        &self,
        recording: RecordingId,
        file: &RecordingFile,
        ttl: Duration,
        disposition: Disposition,
    ) -> Result<SignedUrl, RecordingFault>;
}

/// What is to be written of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingWish {
    /// Which recording.
    pub recording: RecordingId,
    /// Of which call.
    pub call: CallId,
    /// The version of the call that wants this.
    pub version: u64,
    /// The room of the media plane where it is to be heard and seen; `None` while media goes from peer to peer.
    pub room: Option<RoomId>,
    /// What becomes of it in the end.
    pub mode: RecordingMode,
    /// Who started it; `None`: the policy.
    pub started_by: Option<UserId>,
    /// Its beginning: everything in it is counted from here.
    pub started_at: Timestamp,
    /// Everybody who belongs to the call and took it, in the order of the call.
    pub people: Vec<Recorded>,
}

impl RecordingWish {
    /// Those of whom something may be written now: in the call, and nobody's no in the way.
    pub fn heard(&self) -> impl Iterator<Item = &UserId> {
        let heard = self.people.iter().filter(|p| p.present && p.may_record);
        heard.map(|p| &p.user)
    }
}

/// Somebody in a call that is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Who.
    pub user: UserId,
    /// The name to show, if one is known.
    pub name: Option<String>,
    /// What they send may be kept.
    pub may_record: bool,
    /// What they answered; `None` where nobody asked them.
    pub consent: Option<ConsentState>,
    /// What they say to send.
    pub media: MediaState,
    /// They are in the call now.
    pub present: bool,
}

/// A recording that has stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoppedRecording {
    /// Which.
    pub recording: RecordingId,
    /// Of which call.
    pub call: CallId,
    /// What becomes of it.
    pub mode: RecordingMode,
    /// When it began.
    pub started_at: Timestamp,
    /// When it stopped.
    pub stopped_at: Timestamp,
    /// Who stopped it; `None`: nobody did.
    pub stopped_by: Option<UserId>,
    /// What went wrong while it ran, as far as is known.
    pub cause: Option<RecordingFault>,
}

/// What there is of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Its tracks, and the manifest. Their keys lie below the place of all recordings, with `/` between the parts.
    pub files: Vec<RecordingFile>,
    /// From its beginning to its end.
    pub duration: Duration,
    /// Why not everything is there that was to be written; `None` if it is.
    pub cause: Option<RecordingFault>,
}

/// What a browser is to do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Show it.
    Inline,
    /// Keep it.
    Attachment,
}

/// Where a file can be read for a while.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUrl {
    /// Absolute, or a path of this server. Whoever has it may read: it belongs into no log.
    pub url: String,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Debug for SignedUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedUrl")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// How far a job is.
#[async_trait]
pub trait JobProgress: Debug + Send + Sync {
    /// So much is done, 0 to 1. As often as one likes: it is shown now and then.
    fn done(&self, share: f64);

    /// What was kept for this job, by this try or an earlier one; `Null` if nothing was.
    fn kept(&self) -> Value;

    /// Keeps what another try needs to go on; durable when this returns. A few kilobytes at most, and not often. Fails
    /// with [`RecordingFault::Interrupted`] when the job is to be broken off, as others are at it.
    async fn keep(&self, state: Value) -> Result<(), RecordingFault>;
}

/// Something went wrong with a recording that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordingEvent {
    /// It cannot go on: nothing more is written of it. The call goes on.
    Failed {
        /// Of which call.
        call: CallId,
        /// Which recording.
        recording: RecordingId,
        /// Why.
        fault: RecordingFault,
    },
    /// It goes on, but something is missing.
    Degraded {
        /// Of which call.
        call: CallId,
        /// Which recording.
        recording: RecordingId,
        /// Why.
        fault: RecordingFault,
    },
}
