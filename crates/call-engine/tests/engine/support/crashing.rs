//! A store of recordings that comes to a stand at a chosen point: there the process is killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use call_domain::{CallId, RecordingFileId, RecordingId, Timestamp};
use call_store::{
    Alert, AlertCursor, AlertPage, Discarded, JobKind, RecordingFile, RecordingJob, RecordingStore,
    RecordingUpdate, StoreError, StoredRecording,
};
use serde_json::Value;

/// Counts what was written, before and after each write, and never comes back from the point `at`.
#[derive(Debug)]
pub struct Crash {
    at: usize,
    points: AtomicUsize,
    reached: AtomicBool,
}

impl Crash {
    pub fn at(point: usize) -> Arc<Self> {
        Arc::new(Self {
            at: point,
            points: AtomicUsize::new(0),
            reached: AtomicBool::new(false),
        })
    }

    pub fn is_reached(&self) -> bool {
        self.reached.load(Ordering::SeqCst)
    }

    async fn point(&self) {
        if self.reached.load(Ordering::SeqCst)
            || self.points.fetch_add(1, Ordering::SeqCst) == self.at
        {
            self.reached.store(true, Ordering::SeqCst);
            std::future::pending::<()>().await;
        }
    }
}

pub struct CrashingStore {
    pub inner: Arc<dyn RecordingStore>,
    pub crash: Arc<Crash>,
}

macro_rules! write {
    ($self:ident, $write:expr) => {{
        $self.crash.point().await;
        let written = $write.await;
        $self.crash.point().await;
        written
    }};
}

#[async_trait]
impl RecordingStore for CrashingStore {
    async fn recording(&self, id: RecordingId) -> Result<Option<StoredRecording>, StoreError> {
        self.inner.recording(id).await
    }

    async fn recordings_of(&self, call: CallId) -> Result<Vec<StoredRecording>, StoreError> {
        self.inner.recordings_of(call).await
    }

    async fn recording_file(
        &self,
        id: RecordingFileId,
    ) -> Result<Option<(RecordingId, RecordingFile)>, StoreError> {
        self.inner.recording_file(id).await
    }

    async fn unfinished_recordings(&self) -> Result<Vec<StoredRecording>, StoreError> {
        self.inner.unfinished_recordings().await
    }

    async fn update_recording(
        &self,
        id: RecordingId,
        update: RecordingUpdate,
    ) -> Result<bool, StoreError> {
        write!(self, self.inner.update_recording(id, update))
    }

    async fn replace_files(
        &self,
        id: RecordingId,
        files: Vec<RecordingFile>,
        update: RecordingUpdate,
    ) -> Result<bool, StoreError> {
        write!(self, self.inner.replace_files(id, files, update))
    }

    async fn set_recording_url(&self, call: CallId, url: Option<String>) -> Result<(), StoreError> {
        write!(self, self.inner.set_recording_url(call, url))
    }

    async fn enqueue_job(
        &self,
        recording: RecordingId,
        kind: JobKind,
        run_at: Timestamp,
    ) -> Result<bool, StoreError> {
        write!(self, self.inner.enqueue_job(recording, kind, run_at))
    }

    async fn lease_job(
        &self,
        kinds: &[JobKind],
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<RecordingJob>, StoreError> {
        let leased = self.inner.lease_job(kinds, now, until).await;
        if matches!(leased, Ok(Some(_))) {
            self.crash.point().await;
        }
        leased
    }

    async fn extend_lease(&self, job: &RecordingJob, until: Timestamp) -> Result<bool, StoreError> {
        self.inner.extend_lease(job, until).await
    }

    async fn put_job_state(&self, job: &RecordingJob, state: Value) -> Result<bool, StoreError> {
        write!(self, self.inner.put_job_state(job, state))
    }

    async fn finish_job(
        &self,
        job: &RecordingJob,
        next: &[JobKind],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        write!(self, self.inner.finish_job(job, next, at))
    }

    async fn retry_job(&self, job: &RecordingJob, run_at: Timestamp) -> Result<bool, StoreError> {
        write!(self, self.inner.retry_job(job, run_at))
    }

    async fn jobs_of(&self, recording: RecordingId) -> Result<Vec<RecordingJob>, StoreError> {
        self.inner.jobs_of(recording).await
    }

    async fn job_counts(&self) -> Result<Vec<(JobKind, u64)>, StoreError> {
        self.inner.job_counts().await
    }

    async fn recordings_stopped_before(
        &self,
        time: Timestamp,
        limit: u32,
    ) -> Result<Vec<RecordingId>, StoreError> {
        self.inner.recordings_stopped_before(time, limit).await
    }

    async fn recordings_beyond(
        &self,
        bytes: u64,
        limit: u32,
    ) -> Result<Vec<RecordingId>, StoreError> {
        self.inner.recordings_beyond(bytes, limit).await
    }

    async fn discard_recording(
        &self,
        id: RecordingId,
        at: Timestamp,
    ) -> Result<Discarded, StoreError> {
        write!(self, self.inner.discard_recording(id, at))
    }

    async fn remove_recording(&self, id: RecordingId) -> Result<bool, StoreError> {
        write!(self, self.inner.remove_recording(id))
    }

    async fn raise_alert(&self, alert: Alert) -> Result<(), StoreError> {
        write!(self, self.inner.raise_alert(alert))
    }

    async fn alerts(
        &self,
        cursor: Option<AlertCursor>,
        limit: u32,
    ) -> Result<AlertPage, StoreError> {
        self.inner.alerts(cursor, limit).await
    }
}
