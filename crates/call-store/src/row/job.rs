use call_domain::RecordingId;
use diesel::prelude::*;
use serde_json::Value;

use crate::columns::{Id, Json, Micros};
use crate::schema::recording_jobs;
use crate::{JobKind, RecordingJob, StoreError};

/// One job of one recording.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = recording_jobs, treat_none_as_default_value = false)]
pub(crate) struct JobRow {
    pub(crate) recording_id: Id,
    pub(crate) kind: String,
    pub(crate) attempts: i32,
    run_at: Micros,
    pub(crate) lease_until: Option<Micros>,
    state: Option<Json>,
}

impl JobRow {
    /// A job that nobody has begun.
    pub(crate) fn new(recording: Id, kind: JobKind, run_at: Micros) -> Self {
        Self {
            recording_id: recording,
            kind: kind.as_str().to_owned(),
            attempts: 0,
            run_at,
            lease_until: None,
            state: None,
        }
    }

    pub(crate) fn into_job(self) -> Result<RecordingJob, StoreError> {
        let recording = RecordingId::from(self.recording_id);
        let damaged = |what| StoreError::Damaged(format!("{what} of a job of {recording}"));
        Ok(RecordingJob {
            recording,
            kind: JobKind::parse(&self.kind).ok_or_else(|| damaged("the kind"))?,
            attempts: u32::try_from(self.attempts).map_err(|_| damaged("the attempts"))?,
            run_at: self.run_at.into(),
            lease_until: self.lease_until.map(Into::into),
            state: (self.state.as_ref().map(Json::parse::<Value>).transpose())
                .map_err(|_| damaged("the state"))?,
        })
    }
}
