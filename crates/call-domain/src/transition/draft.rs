use crate::{
    Address, Call, CallParts, DeviceId, Effect, EndNotice, EndReason, Event, Notice, Participant,
    Recipients, RecordingStop, Rejection, RejectionKind, Step, Timestamp, UserId,
};

/// How many may have belonged to a call over time, for each that may be in it at once.
const LISTED_PER_SEAT: usize = 4;

/// A call while a command changes it, with what there is to log and to tell.
pub(crate) struct Draft {
    pub(crate) parts: CallParts,
    pub(crate) now: Timestamp,
    command: &'static str,
    /// Devices in the call before the command: they are told even if it put them out.
    devices_before: Vec<Address>,
    ringing_before: Vec<UserId>,
    events: Vec<Event>,
    /// For the devices in the call.
    notices: Vec<Notice>,
    /// Something changed that none of the notices tells.
    update: bool,
    /// For devices that ring, or did.
    personal: Vec<Effect>,
}

impl Draft {
    pub(crate) fn new(parts: CallParts, command: &'static str, now: Timestamp) -> Self {
        let devices_before = parts.devices();
        let ringing = parts.participants.iter().filter(|p| p.is_ringing());
        let ringing_before = ringing.map(|p| p.user_id.clone()).collect();
        Self {
            parts,
            now,
            command,
            devices_before,
            ringing_before,
            events: Vec::new(),
            notices: Vec::new(),
            update: false,
            personal: Vec::new(),
        }
    }

    /// The part that a user plays; somebody who plays none must not learn more than that.
    pub(crate) fn participant(&mut self, user: &UserId) -> Result<&mut Participant, Rejection> {
        let refused = self.refusal(RejectionKind::NotParticipant);
        let mut participants = self.parts.participants.iter_mut();
        participants.find(|p| p.user_id == *user).ok_or(refused)
    }

    pub(crate) fn refusal(&self, kind: RejectionKind) -> Rejection {
        Rejection {
            command: self.command,
            status: self.parts.state.status(),
            kind,
        }
    }

    /// Refuses a wish that comes too late for the whole call.
    pub(crate) fn require_live(&self) -> Result<(), Rejection> {
        match self.end_reason() {
            None => Ok(()),
            Some(reason) => Err(self.refusal(RejectionKind::Ended(reason))),
        }
    }

    pub(crate) fn end_reason(&self) -> Option<EndReason> {
        self.parts.state.end_reason()
    }

    /// How many are in the call.
    pub(crate) fn present(&self) -> usize {
        let participants = self.parts.participants.iter();
        participants.filter(|p| p.is_present()).count()
    }

    /// Refuses more people than a call may have at all.
    pub(crate) fn require_at_most(&self, people: usize) -> Result<(), Rejection> {
        let max = self.parts.policy.seats();
        if usize::try_from(max).is_ok_and(|max| people > max) {
            return Err(self.refusal(RejectionKind::TooManyParticipants { max }));
        }
        Ok(())
    }

    /// Refuses `more` people beside those who are in the call or called to it, of whom `new` have
    /// not belonged to it so far.
    pub(crate) fn require_seats(&self, more: usize, new: usize) -> Result<(), Rejection> {
        let participants = self.parts.participants.iter();
        let taken = participants
            .filter(|p| p.is_present() || p.is_ringing())
            .count();
        self.require_at_most(taken + more)?;
        // Those who were in it are kept, too, but not without end.
        self.require_at_most((self.parts.participants.len() + new).div_ceil(LISTED_PER_SEAT))
    }

    pub(crate) fn is_initiator(&self, user: &UserId) -> bool {
        self.parts.initiator_id == *user
    }

    pub(crate) fn was_active(&self) -> bool {
        self.parts.state.started_at().is_some()
    }

    pub(crate) fn was_answered(&self) -> bool {
        self.parts.state.answered_at().is_some()
    }

    pub(crate) fn log(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Tells every device in the call something specific.
    pub(crate) fn notify(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    /// Tells every device in the call, once, that its recording is another.
    pub(crate) fn recording_changed(&mut self) {
        self.tell_recording(None);
    }

    /// Tells every device in the call that it is recorded no longer, and no more of that recording.
    pub(crate) fn recording_stopped(&mut self, stop: RecordingStop) {
        self.tell_recording(Some(stop));
    }

    fn tell_recording(&mut self, stopped: Option<RecordingStop>) {
        let of_recording = |notice: &&mut Notice| matches!(notice, Notice::RecordingChanged { .. });
        let notice = Notice::RecordingChanged { stopped };
        match self.notices.iter_mut().find(of_recording) {
            Some(told) => *told = notice,
            None => self.notices.push(notice),
        }
    }

    /// Sends every device in the call the whole of it.
    pub(crate) fn update(&mut self) {
        self.update = true;
    }

    /// Tells a user's devices, but for one; not done if the step ends the call, which says more.
    pub(crate) fn tell(&mut self, user: UserId, except: Option<DeviceId>, notice: Notice) {
        self.personal.push(Effect {
            to: Recipients::User { user, except },
            notice,
        });
    }

    pub(crate) fn finish(mut self) -> Step {
        let mut effects = Vec::new();
        if !self.events.is_empty() {
            self.parts.version += 1;
            match self.end_reason() {
                Some(reason) => self.tell_end(reason, &mut effects),
                None => self.tell_change(&mut effects),
            }
        }
        Step {
            call: Call { parts: self.parts },
            events: self.events,
            effects,
        }
    }

    fn tell_end(&mut self, reason: EndReason, effects: &mut Vec<Effect>) {
        let notice = Notice::Ended {
            reason: EndNotice::Call(reason),
        };
        effects.push(Effect {
            to: Recipients::Devices(std::mem::take(&mut self.devices_before)),
            notice: notice.clone(),
        });
        for user in self.ringing_before.drain(..) {
            effects.push(Effect {
                to: Recipients::User { user, except: None },
                notice: notice.clone(),
            });
        }
    }

    fn tell_change(&mut self, effects: &mut Vec<Effect>) {
        // Every device in the call gets something for each version: it sees no gap.
        if self.update || self.notices.is_empty() {
            self.notices.push(Notice::Updated);
        }
        let mut devices = std::mem::take(&mut self.devices_before);
        for address in self.parts.devices() {
            if !devices.contains(&address) {
                devices.push(address);
            }
        }
        for notice in self.notices.drain(..) {
            effects.push(Effect {
                to: Recipients::Devices(devices.clone()),
                notice,
            });
        }
        effects.append(&mut self.personal);
    }
}
