use async_trait::async_trait;
use call_domain::{CallId, RecordingFileId, RecordingId, Timestamp};
use call_store::{
    Alert, AlertCursor, AlertPage, Discarded, JobKind, RecordingFile, RecordingJob, RecordingStore,
    RecordingUpdate, StoreError, StoredRecording,
};
use serde_json::Value;

use super::MeasuredStore;

#[async_trait]
impl RecordingStore for MeasuredStore {
    async fn recording(&self, id: RecordingId) -> Result<Option<StoredRecording>, StoreError> {
        self.measure("recording", self.recordings.recording(id))
            .await
    }

    async fn recordings_of(&self, call: CallId) -> Result<Vec<StoredRecording>, StoreError> {
        self.measure("recordings_of", self.recordings.recordings_of(call))
            .await
    }

    async fn recording_file(
        &self,
        id: RecordingFileId,
    ) -> Result<Option<(RecordingId, RecordingFile)>, StoreError> {
        self.measure("recording_file", self.recordings.recording_file(id))
            .await
    }

    async fn unfinished_recordings(&self) -> Result<Vec<StoredRecording>, StoreError> {
        self.measure(
            "unfinished_recordings",
            self.recordings.unfinished_recordings(),
        )
        .await
    }

    async fn update_recording(
        &self,
        id: RecordingId,
        update: RecordingUpdate,
    ) -> Result<bool, StoreError> {
        self.measure(
            "update_recording",
            self.recordings.update_recording(id, update),
        )
        .await
    }

    async fn replace_files(
        &self,
        id: RecordingId,
        files: Vec<RecordingFile>,
        update: RecordingUpdate,
    ) -> Result<bool, StoreError> {
        self.measure(
            "replace_files",
            self.recordings.replace_files(id, files, update),
        )
        .await
    }

    async fn set_recording_url(&self, call: CallId, url: Option<String>) -> Result<(), StoreError> {
        self.measure(
            "set_recording_url",
            self.recordings.set_recording_url(call, url),
        )
        .await
    }

    async fn enqueue_job(
        &self,
        recording: RecordingId,
        kind: JobKind,
        run_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.measure(
            "enqueue_job",
            self.recordings.enqueue_job(recording, kind, run_at),
        )
        .await
    }

    async fn lease_job(
        &self,
        kinds: &[JobKind],
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<RecordingJob>, StoreError> {
        self.measure("lease_job", self.recordings.lease_job(kinds, now, until))
            .await
    }

    async fn extend_lease(&self, job: &RecordingJob, until: Timestamp) -> Result<bool, StoreError> {
        self.measure("extend_lease", self.recordings.extend_lease(job, until))
            .await
    }

    async fn put_job_state(&self, job: &RecordingJob, state: Value) -> Result<bool, StoreError> {
        self.measure("put_job_state", self.recordings.put_job_state(job, state))
            .await
    }

    async fn finish_job(
        &self,
        job: &RecordingJob,
        next: &[JobKind],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.measure("finish_job", self.recordings.finish_job(job, next, at))
            .await
    }

    async fn retry_job(&self, job: &RecordingJob, run_at: Timestamp) -> Result<bool, StoreError> {
        self.measure("retry_job", self.recordings.retry_job(job, run_at))
            .await
    }

    async fn jobs_of(&self, recording: RecordingId) -> Result<Vec<RecordingJob>, StoreError> {
        self.measure("jobs_of", self.recordings.jobs_of(recording))
            .await
    }

    async fn job_counts(&self) -> Result<Vec<(JobKind, u64)>, StoreError> {
        self.measure("job_counts", self.recordings.job_counts())
            .await
    }

    async fn recordings_stopped_before(
        &self,
        time: Timestamp,
        limit: u32,
    ) -> Result<Vec<RecordingId>, StoreError> {
        self.measure(
            "recordings_stopped_before",
            self.recordings.recordings_stopped_before(time, limit),
        )
        .await
    }

    async fn recordings_beyond(
        &self,
        bytes: u64,
        limit: u32,
    ) -> Result<Vec<RecordingId>, StoreError> {
        self.measure(
            "recordings_beyond",
            self.recordings.recordings_beyond(bytes, limit),
        )
        .await
    }

    async fn discard_recording(
        &self,
        id: RecordingId,
        at: Timestamp,
    ) -> Result<Discarded, StoreError> {
        self.measure(
            "discard_recording",
            self.recordings.discard_recording(id, at),
        )
        .await
    }

    async fn remove_recording(&self, id: RecordingId) -> Result<bool, StoreError> {
        self.measure("remove_recording", self.recordings.remove_recording(id))
            .await
    }

    async fn raise_alert(&self, alert: Alert) -> Result<(), StoreError> {
        self.measure("raise_alert", self.recordings.raise_alert(alert))
            .await
    }

    async fn alerts(
        &self,
        cursor: Option<AlertCursor>,
        limit: u32,
    ) -> Result<AlertPage, StoreError> {
        self.measure("alerts", self.recordings.alerts(cursor, limit))
            .await
    }
}
