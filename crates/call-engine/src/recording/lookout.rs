use std::sync::Arc;
use std::time::Duration;

use call_domain::{CallId, Command, RecordingFault, RecordingId, Timestamp};
use call_store::AlertKind;

use super::alert::News;
use crate::Engine;
use crate::id::new_id;
use crate::roster::LiveCall;

/// When a call is tried again whose lane was full.
const LATER: Duration = Duration::from_millis(200);
/// When a recording is tried again that the policy wants and the plane has no room for.
const NO_ROOM: Duration = Duration::from_secs(10);

impl Engine {
    /// Begins the recording that the policy of a live call wants, and stops one that cannot go on.
    ///
    /// What is refused is not asked for again before the call has changed.
    pub(crate) fn look_after_recording(self: &Arc<Self>, call: CallId, now: Timestamp) {
        let Some(live) = self.roster.get(call) else {
            return;
        };
        let taken_on = match self.hopeless(&live) {
            Some((id, cause)) => self.start_executing(call, move |_, call| {
                let runs = call.recording().is_some_and(|recording| recording.id == id);
                runs.then_some(Command::AbortRecording { id, cause })
            }),
            None if self.config.recording.is_none() || !live.call.wants_recording() => true,
            None if self.refuses(&live) => {
                self.recordings.deadlines.set(call, Some(now + NO_ROOM));
                true
            }
            None => self.start_executing(call, |engine, call| {
                call.wants_recording().then(|| Command::StartRecording {
                    by: None,
                    admin: false,
                    id: RecordingId::new(new_id(engine.clock.now())),
                    mode: call.parts().policy.recording_mode,
                })
            }),
        };
        if !taken_on {
            self.recordings.deadlines.set(call, Some(now + LATER));
        }
    }

    /// The recording of a call that cannot go on.
    fn hopeless(&self, live: &LiveCall) -> Option<(RecordingId, RecordingFault)> {
        if self.config.recording.is_some() {
            return live.line.recording.lock().failed();
        }
        // It was begun by a server that could.
        let running = live.call.recording();
        running.map(|running| (running.id, RecordingFault::Interrupted))
    }

    /// Whether the plane has no room for the recording that the policy of a call wants.
    fn refuses(&self, live: &LiveCall) -> bool {
        let config = self.config.recording.as_ref();
        let Some(Err(cause)) = config.map(|config| config.plane.may_begin()) else {
            return false;
        };
        if live.line.recording.lock().is_news(cause) {
            self.raise(News {
                kind: AlertKind::RecordingFailed,
                call: Some(live.call.id()),
                recording: None,
                cause,
            });
        }
        true
    }
}
