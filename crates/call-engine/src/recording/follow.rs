use call_domain::{
    Call, Participant, ParticipantStatus, Recording, RecordingFault, RecordingId, Timestamp,
};
use call_media::sfu::RoomId;

use crate::Engine;
use crate::recording_config::RecordingConfig;
use crate::recording_plane::{Recorded, RecordingWish};
use crate::roster::LiveCall;

/// What the plane was told of the recording of one call.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    /// The version of the call that was last followed; older ones are passed over.
    version: u64,
    /// When which version was decided, if that was here.
    decided: Option<(u64, Timestamp)>,
    over: bool,
    current: Option<RecordingId>,
    /// The plane cannot go on with the current one.
    failed: Option<RecordingFault>,
    /// What operators were told of the current one, or of one that could not begin.
    told: Vec<RecordingFault>,
}

impl Engine {
    /// Tells the plane what is to be recorded of a call at this version. Does no harm when done again.
    ///
    /// Comes after the rooms, in which the plane will listen.
    pub(crate) fn follow_recording(&self, live: &LiveCall) {
        let call = &live.call;
        let mut followed = live.line.recording.lock();
        if followed.over || call.version() < followed.version {
            return;
        }
        followed.version = call.version();
        let unattended = match &self.config.recording {
            Some(config) => {
                // Under the lock, so that the plane hears of changes in their order.
                self.tell_plane(config, call, &mut followed);
                followed.failed.is_some() || call.wants_recording()
            }
            None => call.recording().is_some(),
        };
        if unattended {
            let now = self.clock.now();
            self.recordings.deadlines.set(call.id(), Some(now));
        }
    }

    /// The call has ended, and its recording with it.
    pub(crate) fn close_recording(&self, ended: &LiveCall) {
        self.recordings.deadlines.set(ended.call.id(), None);
        let mut followed = ended.line.recording.lock();
        followed.over = true;
        if let (Some(config), Some(former)) = (&self.config.recording, followed.become_of(None)) {
            let at = ended.call.ended_at();
            self.stop_recorder(config, former, at);
        }
    }

    fn tell_plane(&self, config: &RecordingConfig, call: &Call, followed: &mut Followed) {
        let recording = call.recording();
        if let Some(former) = followed.become_of(recording.map(|r| r.id)) {
            let at = followed
                .decided
                .filter(|(version, _)| *version == call.version());
            self.stop_recorder(config, former, at.map(|(_, at)| at));
        }
        if let Some(recording) = recording {
            config.plane.follow(RecordingWish::of(call, recording));
        }
    }

    /// It stopped at that time; whoever does not know has only just heard.
    fn stop_recorder(
        &self,
        config: &RecordingConfig,
        recording: RecordingId,
        at: Option<Timestamp>,
    ) {
        let at = at.unwrap_or_else(|| self.clock.now());
        config.plane.stop(recording, at);
        self.recordings.wake();
    }
}

impl Followed {
    /// The call came to this version at that time.
    pub(crate) fn decided(&mut self, call: &Call, at: Timestamp) {
        self.decided = Some((call.version(), at));
    }

    /// What cannot go on, and why.
    pub(crate) fn failed(&self) -> Option<(RecordingId, RecordingFault)> {
        self.current.zip(self.failed)
    }

    /// The plane cannot go on with a recording; `false` if that was known, or it has stopped.
    pub(crate) fn fail(&mut self, recording: RecordingId, fault: RecordingFault) -> bool {
        let news = self.current == Some(recording) && self.failed.is_none();
        if news {
            self.failed = Some(fault);
        }
        news
    }

    /// Whether operators are to be told of a fault: once.
    pub(crate) fn is_news(&mut self, fault: RecordingFault) -> bool {
        let news = !self.told.contains(&fault);
        if news {
            self.told.push(fault);
        }
        news
    }

    /// Which recording runs now; returns the one that does no more.
    fn become_of(&mut self, current: Option<RecordingId>) -> Option<RecordingId> {
        if self.current == current {
            return None;
        }
        self.failed = None;
        self.told.clear();
        std::mem::replace(&mut self.current, current)
    }
}

impl RecordingWish {
    fn of(call: &Call, recording: &Recording) -> Self {
        let room = call.parts().sfu_room_id;
        let people = call.participants().iter();
        let people = people.filter(|p| took_part(p, recording));
        let people = people.map(|participant| Recorded {
            user: participant.user_id.clone(),
            name: participant.name.clone(),
            may_record: recording.may_record(&participant.user_id),
            consent: recording.consent_of(&participant.user_id),
            media: participant.media,
            present: participant.is_present(),
        });
        Self {
            recording: recording.id,
            call: call.id(),
            version: call.version(),
            room: room.map(|room| RoomId::new(room.to_string())),
            mode: recording.mode,
            started_by: recording.started_by.clone(),
            started_at: recording.started_at,
            people: people.collect(),
        }
    }
}

/// Whether somebody who belongs to a call was in it while it was recorded.
fn took_part(participant: &Participant, recording: &Recording) -> bool {
    let left_before = || {
        let left_at = participant.left_at();
        left_at.is_some_and(|at| at <= recording.started_at)
    };
    match participant.status() {
        ParticipantStatus::Accepted
        | ParticipantStatus::Joined
        | ParticipantStatus::Reconnecting => true,
        ParticipantStatus::Left | ParticipantStatus::Failed => !left_before(),
        // Else it was an invitation that was withdrawn.
        ParticipantStatus::Removed => participant.joined_at().is_some() && !left_before(),
        ParticipantStatus::Invited
        | ParticipantStatus::Alerting
        | ParticipantStatus::Declined
        | ParticipantStatus::Busy
        | ParticipantStatus::Missed
        | ParticipantStatus::Unreachable
        | ParticipantStatus::Cancelled => false,
    }
}
