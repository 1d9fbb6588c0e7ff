use std::sync::Arc;

use call_domain::{Call, UserId};
use call_signal::wire::{self, CallNotes};
use call_store::{Annotations, StoredCall};

use crate::roster::{Found, LiveCall};

/// A call as it is shown to its participants.
#[derive(Debug, Clone)]
pub struct CallView {
    /// The aggregate.
    pub call: Arc<Call>,
    /// What is kept with it and has no version.
    pub annotations: Annotations,
}

impl CallView {
    /// The call as it goes over the wire.
    pub fn to_wire(&self) -> wire::Call {
        wire::Call::new(&self.call, self.notes())
    }

    /// One participant as it goes over the wire.
    pub fn participant_to_wire(&self, user: &UserId) -> Option<wire::Participant> {
        let participant = self.call.participant(user)?;
        Some(wire::Participant::new(participant, self.notes()))
    }

    fn notes(&self) -> CallNotes<'_> {
        CallNotes {
            quality: Some(&self.annotations.quality),
            quality_stats: self.annotations.quality_stats.as_ref(),
            recording_url: self.annotations.recording_url.as_deref(),
        }
    }
}

impl From<StoredCall> for CallView {
    fn from(stored: StoredCall) -> Self {
        Self {
            call: Arc::new(stored.call),
            annotations: stored.annotations,
        }
    }
}

impl LiveCall {
    pub(crate) fn view(&self) -> CallView {
        let mut annotations = self.annotations.clone();
        // What was measured since the call was loaded.
        annotations.quality.extend(self.line.quality.levels());
        if let Some(Found(url)) = &*self.line.recording_url.lock() {
            annotations.recording_url.clone_from(url);
        }
        CallView {
            call: Arc::clone(&self.call),
            annotations,
        }
    }
}
