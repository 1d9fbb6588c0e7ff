use std::collections::BTreeSet;

use call_domain::{Call, Event, RecordingId};
use call_store::LoggedEvent;

use super::Requester;

/// What somebody may do with the recordings of a call, by what the call's log says of their part in it.
///
/// The state of a participant does not say it: whoever left and is called again only rings.
#[derive(Debug, Default)]
pub(super) struct Rights {
    admin: bool,
    moderates: bool,
    part: Part,
    /// Ran only while the user was put out.
    hidden: BTreeSet<RecordingId>,
}

/// What part somebody had in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    /// Never was in it.
    #[default]
    None,
    /// Is in it, or left it.
    Took,
    /// Was put out, and has not come back.
    PutOut,
}

impl Rights {
    pub(super) fn of(requester: &Requester, call: &Call, log: &[LoggedEvent]) -> Self {
        let participant = call.participant(&requester.user);
        let mut rights = Self {
            admin: requester.admin,
            moderates: participant.is_some_and(|participant| participant.role.moderates()),
            ..Self::default()
        };
        let mut running = None;
        for logged in log {
            match &logged.event {
                Event::Created { by: user, .. }
                | Event::Answered { user, .. }
                | Event::Entered { user, .. }
                    if *user == requester.user =>
                {
                    rights.enter(running);
                }
                Event::Removed { user, .. } if *user == requester.user => rights.put_out(),
                Event::RecordingStarted { recording, .. } => {
                    running = Some(*recording);
                    if rights.part == Part::PutOut {
                        rights.hidden.insert(*recording);
                    }
                }
                Event::RecordingStopped { .. } => running = None,
                _ => {}
            }
        }
        rights
    }

    /// Whoever was in the call, also before or after it was recorded; not what came after they were put out.
    pub(super) fn may_see(&self, recording: RecordingId) -> bool {
        self.admin || (self.part != Part::None && !self.hidden.contains(&recording))
    }

    pub(super) fn may_change(&self, recording: RecordingId) -> bool {
        self.admin || (self.may_see(recording) && self.moderates && self.part == Part::Took)
    }

    fn enter(&mut self, running: Option<RecordingId>) {
        self.part = Part::Took;
        if let Some(running) = running {
            self.hidden.remove(&running);
        }
    }

    fn put_out(&mut self) {
        match self.part {
            // It was an invitation that was withdrawn.
            Part::None => {}
            Part::Took | Part::PutOut => self.part = Part::PutOut,
        }
    }
}
