use async_trait::async_trait;
use call_domain::{CallId, RecordingFileId, RecordingId, Timestamp};
use serde_json::Value;

use super::Store;
use crate::query::{self, Held};
use crate::row::{AlertRow, RecordingChange, file_rows, json, keepable, text};
use crate::{
    Alert, AlertCursor, AlertPage, Discarded, JobKind, RecordingFile, RecordingJob, RecordingStore,
    RecordingUpdate, StoreError, StoredRecording,
};

#[async_trait]
impl RecordingStore for Store {
    async fn recording(&self, id: RecordingId) -> Result<Option<StoredRecording>, StoreError> {
        self.read(move |connection| query::recording(connection, id))
            .await
    }

    async fn recordings_of(&self, call: CallId) -> Result<Vec<StoredRecording>, StoreError> {
        self.read(move |connection| query::recordings_of(connection, call))
            .await
    }

    async fn recording_file(
        &self,
        id: RecordingFileId,
    ) -> Result<Option<(RecordingId, RecordingFile)>, StoreError> {
        self.read(move |connection| query::recording_file(connection, id))
            .await
    }

    async fn unfinished_recordings(&self) -> Result<Vec<StoredRecording>, StoreError> {
        self.read(query::unfinished_recordings).await
    }

    async fn update_recording(
        &self,
        id: RecordingId,
        update: RecordingUpdate,
    ) -> Result<bool, StoreError> {
        let change = RecordingChange::new(update)?;
        self.write(move |connection| query::update_recording(connection, id, &change))
            .await
    }

    async fn replace_files(
        &self,
        id: RecordingId,
        files: Vec<RecordingFile>,
        update: RecordingUpdate,
    ) -> Result<bool, StoreError> {
        let files = file_rows(id, &files)?;
        let change = RecordingChange::new(update)?;
        self.write(move |connection| query::replace_files(connection, id, &files, &change))
            .await
    }

    async fn set_recording_url(&self, call: CallId, url: Option<String>) -> Result<(), StoreError> {
        let url = url.map(|url| text(&url, "recording_url")).transpose()?;
        self.write(move |connection| query::set_recording_url(connection, call, url))
            .await
    }

    async fn enqueue_job(
        &self,
        recording: RecordingId,
        kind: JobKind,
        run_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            query::enqueue_job(connection, recording.into(), kind, run_at.into())
        })
        .await
    }

    async fn lease_job(
        &self,
        kinds: &[JobKind],
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<RecordingJob>, StoreError> {
        let kinds: Vec<&'static str> = kinds.iter().map(|kind| kind.as_str()).collect();
        self.write(move |connection| query::lease_job(connection, &kinds, now.into(), until.into()))
            .await
    }

    async fn extend_lease(&self, job: &RecordingJob, until: Timestamp) -> Result<bool, StoreError> {
        let held = Held::new(job);
        self.write(move |connection| query::extend_lease(connection, held, until.into()))
            .await
    }

    async fn put_job_state(&self, job: &RecordingJob, state: Value) -> Result<bool, StoreError> {
        let held = Held::new(job);
        keepable(&state, "state")?;
        let state = json(&state, "state")?;
        self.write(move |connection| query::put_job_state(connection, held, &state))
            .await
    }

    async fn finish_job(
        &self,
        job: &RecordingJob,
        next: &[JobKind],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let held = Held::new(job);
        let next = next.to_vec();
        self.write(move |connection| query::finish_job(connection, held, &next, at))
            .await
    }

    async fn retry_job(&self, job: &RecordingJob, run_at: Timestamp) -> Result<bool, StoreError> {
        let held = Held::new(job);
        self.write(move |connection| query::retry_job(connection, held, run_at.into()))
            .await
    }

    async fn jobs_of(&self, recording: RecordingId) -> Result<Vec<RecordingJob>, StoreError> {
        self.read(move |connection| query::jobs_of(connection, recording))
            .await
    }

    async fn job_counts(&self) -> Result<Vec<(JobKind, u64)>, StoreError> {
        self.read(query::job_counts).await
    }

    async fn recordings_stopped_before(
        &self,
        time: Timestamp,
        limit: u32,
    ) -> Result<Vec<RecordingId>, StoreError> {
        self.read(move |connection| query::recordings_stopped_before(connection, time, limit))
            .await
    }

    async fn recordings_beyond(
        &self,
        bytes: u64,
        limit: u32,
    ) -> Result<Vec<RecordingId>, StoreError> {
        // More than the column can count is more than there can be.
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.read(move |connection| query::recordings_beyond(connection, bytes, limit))
            .await
    }

    async fn discard_recording(
        &self,
        id: RecordingId,
        at: Timestamp,
    ) -> Result<Discarded, StoreError> {
        self.write(move |connection| query::discard_recording(connection, id, at))
            .await
    }

    async fn remove_recording(&self, id: RecordingId) -> Result<bool, StoreError> {
        self.write(move |connection| query::remove_recording(connection, id))
            .await
    }

    async fn raise_alert(&self, alert: Alert) -> Result<(), StoreError> {
        let row = AlertRow::new(&alert);
        self.write(move |connection| query::insert_alert(connection, &row))
            .await
    }

    async fn alerts(
        &self,
        cursor: Option<AlertCursor>,
        limit: u32,
    ) -> Result<AlertPage, StoreError> {
        self.read(move |connection| query::alerts(connection, cursor, limit))
            .await
    }
}
