//! Calls that are recorded.

use std::sync::Arc;
use std::time::Duration;

use call_domain::{
    CallId, Policy, RecordingConsent, RecordingId, RecordingMode, RecordingPolicy, TopologyPolicy,
};
use call_engine::{EngineConfig, RecordingError, RecordingRules, Requester};
use call_store::{Alert, StoredRecording};

use super::plane::{FakePlane, config_with};
use super::recorder::FakeRecorder;
use super::{PATIENCE, Phone, Records, World, user};

/// The rules of a server that records.
pub fn recording_config(recording: RecordingPolicy, consent: RecordingConsent) -> EngineConfig {
    let media = Arc::new(FakePlane::default());
    EngineConfig {
        policy: Policy {
            topology: TopologyPolicy::Auto,
            recording,
            recording_consent: consent,
            ..Policy::default()
        },
        ..config_with(&media)
    }
}

pub fn records(plane: &Arc<FakeRecorder>) -> Records {
    Records {
        plane: Arc::clone(plane),
        rules: RecordingRules::default(),
        crash: None,
    }
}

/// A world in which moderators have calls recorded.
pub async fn recorded_world(plane: &Arc<FakeRecorder>) -> World {
    let config = recording_config(RecordingPolicy::Allow, RecordingConsent::Notify);
    World::recording(config, records(plane)).await
}

pub fn by(id: &str) -> Requester {
    Requester {
        user: user(id),
        admin: false,
    }
}

pub fn admin() -> Requester {
    Requester {
        user: user("root"),
        admin: true,
    }
}

impl World {
    /// Alice and Bob talk.
    pub async fn talk(&self) -> (CallId, Phone, Phone) {
        let mut alice = self.phone("alice", "a1").await;
        let mut bob = self.phone("bob", "b1").await;
        let call = self.active_call(&mut alice, &mut bob).await;
        (call, alice, bob)
    }

    pub async fn record(
        &self,
        call: CallId,
        mode: RecordingMode,
    ) -> Result<StoredRecording, RecordingError> {
        self.engine.start_recording(call, by("alice"), mode).await
    }

    /// Alice and Bob talk for a minute, and are recorded.
    pub async fn recorded_call(&self, mode: RecordingMode) -> (CallId, RecordingId) {
        let (call, _alice, _bob) = self.talk().await;
        let recording = self.record(call, mode).await.expect("recording").id;
        self.clock.advance(Duration::from_secs(10));
        self.engine.end(call, user("alice")).await.expect("end");
        (call, recording)
    }

    /// A recording as it is stored.
    pub async fn stored_recording(&self, id: RecordingId) -> Option<StoredRecording> {
        self.recordings.recording(id).await.expect("recording")
    }

    /// Waits, while time passes, until something is so.
    pub async fn until<F>(&self, what: &str, so: impl Fn() -> F)
    where
        F: Future<Output = bool>,
    {
        let mut step = Duration::from_millis(200);
        let waited = async {
            while !so().await {
                self.clock.advance(step);
                step = step.mul_f64(1.05).min(Duration::from_secs(2));
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waited).await;
        waited.unwrap_or_else(|_| panic!("never: {what}"));
    }

    /// Waits until nothing more is to be done about a recording; `None` if it is gone.
    pub async fn settled(&self, id: RecordingId) -> Option<StoredRecording> {
        self.until("nothing more is to be done", async || {
            self.is_settled(id).await
        })
        .await;
        self.stored_recording(id).await
    }

    /// Nothing more is to be done about a recording.
    pub async fn is_settled(&self, id: RecordingId) -> bool {
        // The recording first: what is discarded has a job from then on.
        let recording = self.stored_recording(id).await;
        let jobs = self.recordings.jobs_of(id).await.expect("jobs");
        jobs.is_empty() && recording.is_none_or(|r| !r.status.is_unfinished())
    }

    /// Waits, while days pass, until no job of a recording is left.
    pub async fn nothing_due(&self, id: RecordingId) {
        let over = async {
            while !self.recordings.jobs_of(id).await.expect("jobs").is_empty() {
                self.clock.advance(Duration::from_mins(1));
                tokio::task::yield_now().await;
            }
        };
        let over = tokio::time::timeout(3 * PATIENCE, over).await;
        over.expect("nothing more is due");
    }

    /// Waits until a recording is gone, with all that was to be done about it.
    pub async fn gone(&self, id: RecordingId) {
        self.until("it is gone", async || {
            let recording = self.stored_recording(id).await;
            let jobs = self.recordings.jobs_of(id).await.expect("jobs");
            recording.is_none() && jobs.is_empty()
        })
        .await;
    }

    /// As [`World::settled`]; it is not gone.
    pub async fn done(&self, id: RecordingId) -> StoredRecording {
        self.settled(id).await.expect("a recording")
    }

    /// What operators were told, in short, without order.
    pub async fn alerts(&self) -> Vec<String> {
        let page = self.engine.alerts(None, 100).await.expect("alerts");
        let mut alerts: Vec<_> = page.items.iter().map(in_short).collect();
        alerts.sort();
        alerts
    }
}

fn in_short(alert: &Alert) -> String {
    format!("{} {}", alert.kind, alert.cause)
}
