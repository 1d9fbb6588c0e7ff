use async_trait::async_trait;
use call_domain::{CallId, RecordingFileId, RecordingId, Timestamp};
use serde_json::Value;

use crate::{
    Alert, AlertCursor, AlertPage, Discarded, JobKind, RecordingFile, RecordingJob,
    RecordingUpdate, StoreError, StoredRecording,
};

/// Where it is kept what became of recordings, what is still to be done about them, and what an
/// operator should know of.
///
/// A recording begins and stops with a step of its call: [`CallStore::commit`] stores it, keeps what
/// people answered, and when it stops makes a [`JobKind::Finish`] due, all in the transaction of
/// the step. Everything later is done here.
///
/// Object safe, and as durable as [`CallStore`]: what was answered with `Ok` survives a crash, and
/// nothing is ever half done. Recordings that were discarded are seen by nobody.
///
/// [`CallStore`]: crate::CallStore
/// [`CallStore::commit`]: crate::CallStore::commit
#[async_trait]
pub trait RecordingStore: Send + Sync + 'static {
    /// A recording with its files; `None` if there is none with this id.
    async fn recording(&self, id: RecordingId) -> Result<Option<StoredRecording>, StoreError>;

    /// The recordings of a call with their files, oldest first.
    async fn recordings_of(&self, call: CallId) -> Result<Vec<StoredRecording>, StoreError>;

    /// A file, and whose it is; `None` if there is none with this id.
    async fn recording_file(
        &self,
        id: RecordingFileId,
    ) -> Result<Option<(RecordingId, RecordingFile)>, StoreError>;

    /// The recordings that run or whose files are being made, oldest first: what a server looks
    /// after when it starts.
    async fn unfinished_recordings(&self) -> Result<Vec<StoredRecording>, StoreError>;

    /// Changes what is stored of a recording; `false` if there is none, or if it still runs and a
    /// status is among the changes.
    async fn update_recording(
        &self,
        id: RecordingId,
        update: RecordingUpdate,
    ) -> Result<bool, StoreError>;

    /// Puts these files in the place of all that the recording had, and makes the changes of
    /// [`update_recording`](Self::update_recording), or none of both. With the same files, doing it
    /// twice does no harm.
    async fn replace_files(
        &self,
        id: RecordingId,
        files: Vec<RecordingFile>,
        update: RecordingUpdate,
    ) -> Result<bool, StoreError>;

    /// Keeps with a call where its recording is found. No new version; an unknown call is passed
    /// over.
    async fn set_recording_url(&self, call: CallId, url: Option<String>) -> Result<(), StoreError>;

    /// Makes a job due at `run_at`; `false` if the recording has one of this kind already, or is
    /// unknown.
    async fn enqueue_job(
        &self,
        recording: RecordingId,
        kind: JobKind,
        run_at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Leases the job of one of these kinds that has been due for longest, until the time `until`;
    /// `None` if nothing is due.
    ///
    /// Of several who ask at once, each gets another job. At most one job of a recording is leased
    /// at a time. Whoever has not finished, retried or extended when the lease runs out is taken to
    /// have crashed, and the job is due again.
    async fn lease_job(
        &self,
        kinds: &[JobKind],
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<RecordingJob>, StoreError>;

    /// Keeps a lease for longer; `false` if it is lost.
    async fn extend_lease(&self, job: &RecordingJob, until: Timestamp) -> Result<bool, StoreError>;

    /// Keeps what another attempt can go on from; `false` if the lease is lost.
    async fn put_job_state(&self, job: &RecordingJob, state: Value) -> Result<bool, StoreError>;

    /// The job is done and gone, and these are due at `at`; `false`, and nothing is due, if the
    /// lease is lost.
    async fn finish_job(
        &self,
        job: &RecordingJob,
        next: &[JobKind],
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// The job failed, and is due again at `run_at`; `false` if the lease is lost.
    async fn retry_job(&self, job: &RecordingJob, run_at: Timestamp) -> Result<bool, StoreError>;

    /// The jobs of a recording, also of one that was discarded, in the order of [`JobKind`].
    async fn jobs_of(&self, recording: RecordingId) -> Result<Vec<RecordingJob>, StoreError>;

    /// How many jobs of each kind there are, due, leased or waiting; in the order of [`JobKind::ALL`].
    async fn job_counts(&self) -> Result<Vec<(JobKind, u64)>, StoreError>;

    /// The recordings that stopped before this time and are done, oldest first, `limit` at most.
    async fn recordings_stopped_before(
        &self,
        time: Timestamp,
        limit: u32,
    ) -> Result<Vec<RecordingId>, StoreError>;

    /// The oldest recordings that must go for the others to take no more than `bytes`, `limit` at
    /// most; only such that are done.
    async fn recordings_beyond(
        &self,
        bytes: u64,
        limit: u32,
    ) -> Result<Vec<RecordingId>, StoreError>;

    /// Takes a recording out of sight, calls off what else was to be done about it, and makes a
    /// [`JobKind::Delete`] due.
    async fn discard_recording(
        &self,
        id: RecordingId,
        at: Timestamp,
    ) -> Result<Discarded, StoreError>;

    /// Deletes what is stored of a discarded recording, with its files and jobs; `false` if there
    /// is no such. The bytes of the files must be gone by then.
    async fn remove_recording(&self, id: RecordingId) -> Result<bool, StoreError>;

    /// Keeps an alert. Raising it twice (the same id) does no harm.
    async fn raise_alert(&self, alert: Alert) -> Result<(), StoreError>;

    /// A page of alerts, newest first, `limit` at most.
    async fn alerts(
        &self,
        cursor: Option<AlertCursor>,
        limit: u32,
    ) -> Result<AlertPage, StoreError>;
}
