use call_domain::{CallId, RecordingFault, RecordingId};
use call_store::AlertKind;

use super::alert::News;
use crate::Engine;
use crate::recording_plane::RecordingEvent;

impl Engine {
    /// Takes in what the recording plane tells. The call goes on in any case.
    ///
    /// Quick, and never waits: it may be called from the thread that writes, but not from within
    /// [`RecordingPlane::follow`](crate::RecordingPlane::follow). The same may be told again and again.
    pub fn recording_event(&self, event: RecordingEvent) {
        match event {
            RecordingEvent::Failed {
                call,
                recording,
                fault,
            } => {
                self.note_fault(call, recording, fault);
                let live = self.roster.get(call);
                if live.is_some_and(|live| live.line.recording.lock().fail(recording, fault)) {
                    let now = self.clock.now();
                    self.recordings.deadlines.set(call, Some(now));
                }
            }
            RecordingEvent::Degraded {
                call,
                recording,
                fault,
            } => self.note_fault(call, recording, fault),
        }
    }

    fn note_fault(&self, call: CallId, recording: RecordingId, cause: RecordingFault) {
        let live = self.roster.get(call);
        let known = live.is_some_and(|live| !live.line.recording.lock().is_news(cause));
        if !known {
            self.raise_and_mark(News {
                kind: AlertKind::RecordingPartial,
                call: Some(call),
                recording: Some(recording),
                cause,
            });
        }
    }
}
