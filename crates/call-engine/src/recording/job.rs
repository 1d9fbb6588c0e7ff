use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use call_domain::{RecordingFault, RecordingId};
use call_store::{
    JobKind, RecordingJob, RecordingStore, RecordingUpdate, StoreError, StoredRecording,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::OwnedMutexGuard;

use super::Recordings;
use crate::recording_config::RecordingConfig;
use crate::recording_plane::{JobProgress, StoppedRecording};

/// A change of progress that is worth storing.
const WORTH_STORING: f64 = 0.005;

/// Why a job was not done.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The plane could not.
    Plane(RecordingFault),
    /// The store could not: what the plane did is done again, which does no harm.
    Store(StoreError),
    /// Something else has to be done with the recording first.
    NotYet,
    /// Others are at it, or nothing is to be done any more.
    Lost,
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<RecordingFault> for Trouble {
    fn from(fault: RecordingFault) -> Self {
        Self::Plane(fault)
    }
}

/// One try at a job, under its lease.
pub(super) struct Try {
    pub(super) job: RecordingJob,
    pub(super) config: RecordingConfig,
    state: Mutex<State>,
    share: Mutex<Share>,
    turn: Mutex<Option<OwnedMutexGuard<()>>>,
}

/// What is kept of a job from one try to the next.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// How many tries failed. (Those that were broken off did not.)
    failures: u32,
    /// The cause that the recording has because of this job, and is freed of when it is done.
    blamed: Option<RecordingFault>,
    /// What the plane goes on from.
    kept: Value,
}

#[derive(Debug, Default)]
struct Share {
    now: Option<f64>,
    stored: Option<f64>,
}

impl Try {
    pub(super) fn new(job: RecordingJob, config: RecordingConfig) -> Self {
        let state = job.state.clone().map(serde_json::from_value);
        let state = state.and_then(|state| {
            state
                .inspect_err(|error| tracing::warn!(%error, "the state of a job cannot be read"))
                .ok()
        });
        Self {
            job,
            config,
            state: Mutex::new(state.unwrap_or_default()),
            share: Mutex::default(),
            turn: Mutex::default(),
        }
    }

    /// From here on no other job changes what is stored of the recording, until this try has ended: what is read now is still so
    /// when it is changed. Only for what takes no time.
    pub(super) async fn conclude(&self, recordings: &Recordings) {
        if self.turn.lock().is_none() {
            let turn = Arc::clone(&recordings.turns).lock_owned().await;
            *self.turn.lock() = Some(turn);
        }
    }

    /// It has ended.
    pub(super) fn ended(&self) {
        self.turn.lock().take();
    }

    pub(super) fn store(&self) -> &dyn RecordingStore {
        &*self.config.store
    }

    pub(super) fn kind(&self) -> JobKind {
        self.job.kind
    }

    /// Which job of which recording this is.
    pub(super) fn what(&self) -> (RecordingId, JobKind) {
        (self.job.recording, self.job.kind)
    }

    /// The recording as it is stored; nobody is to do anything with it if it was discarded.
    pub(super) async fn recording(&self) -> Result<StoredRecording, Trouble> {
        let recording = self.store().recording(self.job.recording).await?;
        recording.ok_or(Trouble::Lost)
    }

    /// Changes what is stored of the recording.
    pub(super) async fn update(&self, update: RecordingUpdate) -> Result<(), Trouble> {
        let id = self.job.recording;
        if self.store().update_recording(id, update).await? {
            Ok(())
        } else {
            Err(Trouble::Lost)
        }
    }

    pub(super) fn failures(&self) -> u32 {
        self.state.lock().failures
    }

    pub(super) fn blamed(&self) -> Option<RecordingFault> {
        self.state.lock().blamed
    }

    /// Counts a failure, and keeps the count; `blamed` is what the recording is to have as its cause because of it.
    pub(super) async fn count_failure(
        &self,
        blamed: Option<RecordingFault>,
    ) -> Result<(), Trouble> {
        let state = {
            let mut state = self.state.lock();
            state.failures += 1;
            state.blamed = state.blamed.or(blamed);
            state.clone()
        };
        self.put(&state).await
    }

    /// The progress that is to be stored, if it has changed.
    pub(super) fn news(&self) -> Option<f64> {
        let mut share = self.share.lock();
        let now = share.now?;
        let stale = share
            .stored
            .is_none_or(|stored| (now - stored).abs() >= WORTH_STORING);
        if stale {
            share.stored = Some(now);
        }
        stale.then_some(now)
    }

    async fn put(&self, state: &State) -> Result<(), Trouble> {
        let state = serde_json::to_value(state).unwrap_or_default();
        if self.store().put_job_state(&self.job, state).await? {
            Ok(())
        } else {
            Err(Trouble::Lost)
        }
    }
}

#[async_trait]
impl JobProgress for Try {
    fn done(&self, share: f64) {
        if share.is_finite() {
            self.share.lock().now = Some(share.clamp(0.0, 1.0));
        }
    }

    fn kept(&self) -> Value {
        self.state.lock().kept.clone()
    }

    async fn keep(&self, kept: Value) -> Result<(), RecordingFault> {
        let state = {
            let mut state = self.state.lock();
            state.kept = kept;
            state.clone()
        };
        self.put(&state).await.map_err(|trouble| {
            tracing::warn!(
                recording = %self.job.recording, kind = %self.job.kind, ?trouble,
                "what a job needs to go on could not be kept"
            );
            RecordingFault::Interrupted
        })
    }
}

impl fmt::Debug for Try {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Try")
            .field("recording", &self.job.recording)
            .field("kind", &self.job.kind)
            .finish_non_exhaustive()
    }
}

/// What the plane needs to know of a recording; `None` while it runs.
pub(super) fn stopped(recording: &StoredRecording) -> Option<StoppedRecording> {
    Some(StoppedRecording {
        recording: recording.id,
        call: recording.call_id,
        mode: recording.mode,
        started_at: recording.started_at,
        stopped_at: recording.stopped_at?,
        stopped_by: recording.stopped_by.clone(),
        cause: recording.cause,
    })
}
