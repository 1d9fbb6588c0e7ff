//! A second opinion: the rules of a call, written as a handful of flags and a bag of timers.
//!
//! Where the implementation moves through states, this keeps facts (who was called, who is in, who
//! has media, who is away) and derives every status from them; where the implementation draws
//! conclusions after certain transitions, this applies every rule after everything.

use std::collections::BTreeMap;

use call_domain::{
    BusyPolicy, Call, CallStatus, CallType, Command, DeviceId, EndReason, Invitee, MediaState,
    ParticipantStatus, Policy, RecordingConsent, RecordingFault, RecordingId, RecordingMode,
    RecordingPolicy, RejectReason, RejectionKind, Role, Timestamp, Topology, TopologyPolicy,
    UserId,
};

#[derive(Debug, Clone, PartialEq)]
enum Stage {
    Called { rings: bool },
    In { media: bool },
    Out(ParticipantStatus),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    Search,
    Ring,
    Gone,
    Connect,
    Grace,
}

#[derive(Debug, Clone, PartialEq)]
struct Person {
    id: UserId,
    stage: Stage,
    away: bool,
    timers: Vec<(Timer, Timestamp)>,
    /// Devices that were sent the call, and whether they ring.
    offered: BTreeMap<DeviceId, bool>,
    chosen: Option<DeviceId>,
    media: MediaState,
    role: Role,
    hand: Option<Timestamp>,
}

/// A recording, who stopped it, and what went wrong with it.
pub(crate) type Cut = (RecordingId, Option<UserId>, Option<RecordingFault>);

#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::struct_excessive_bools)] // facts, not states: that is the point of it
pub(crate) struct Model {
    call_type: CallType,
    policy: Policy,
    people: Vec<Person>,
    rang: bool,
    answered: bool,
    started: bool,
    over: Option<(EndReason, Option<UserId>)>,
    alone: Option<Timestamp>,
    sfu: bool,
    back: Option<Timestamp>,
    longest: Timestamp,
    recoveries: u32,
    tape: Option<Tape>,
    /// Tapes that have run out: which, who wanted that, and what went wrong.
    cuts: Vec<Cut>,
}

/// What runs while the call is recorded.
#[derive(Debug, Clone, PartialEq)]
struct Tape {
    id: RecordingId,
    mode: RecordingMode,
    by: Option<UserId>,
    since: Timestamp,
    /// Of those who were asked, what they last said, and when.
    said: BTreeMap<UserId, Option<(bool, Timestamp)>>,
}

/// Why the last one went.
type Cause = (EndReason, Option<UserId>);

impl Person {
    fn nobody(id: UserId) -> Self {
        Self {
            id,
            stage: Stage::Out(ParticipantStatus::Left),
            away: false,
            timers: Vec::new(),
            offered: BTreeMap::new(),
            chosen: None,
            media: MediaState::default(),
            role: Role::Participant,
            hand: None,
        }
    }

    fn is_in(&self) -> bool {
        matches!(self.stage, Stage::In { .. })
    }

    fn is_called(&self) -> bool {
        matches!(self.stage, Stage::Called { .. })
    }

    fn set(&mut self, timer: Timer, at: Timestamp) {
        self.unset(timer);
        self.timers.push((timer, at));
    }

    fn unset(&mut self, timer: Timer) {
        self.timers.retain(|(t, _)| *t != timer);
    }

    fn has(&self, timer: Timer) -> bool {
        self.timers.iter().any(|(t, _)| *t == timer)
    }

    fn go(&mut self, status: ParticipantStatus) {
        self.stage = Stage::Out(status);
        self.timers.clear();
        self.offered.clear();
        self.chosen = None;
        self.away = false;
        self.media = MediaState::default();
        self.hand = None;
    }

    fn come(&mut self, device: &DeviceId, online: bool, media: MediaState) {
        self.go(ParticipantStatus::Left);
        self.stage = Stage::In { media: false };
        self.chosen = Some(device.clone());
        self.away = !online;
        self.media = media;
    }

    fn call(&mut self, devices: impl Iterator<Item = DeviceId>, policy: &Policy, now: Timestamp) {
        self.go(ParticipantStatus::Left);
        self.stage = Stage::Called { rings: false };
        self.set(Timer::Ring, now + policy.ring_timeout);
        self.offered = devices.map(|device| (device, false)).collect();
        if self.offered.is_empty() {
            self.set(Timer::Search, now + policy.unreachable_timeout);
        }
    }

    fn status(&self) -> ParticipantStatus {
        match self.stage {
            Stage::Called { rings: false } => ParticipantStatus::Invited,
            Stage::Called { rings: true } => ParticipantStatus::Alerting,
            Stage::In { media: false } => ParticipantStatus::Accepted,
            Stage::In { media: true } if self.away => ParticipantStatus::Reconnecting,
            Stage::In { media: true } => ParticipantStatus::Joined,
            Stage::Out(status) => status,
        }
    }
}

impl Model {
    /// Takes over a call that was just placed.
    pub(crate) fn of(call: &Call) -> Self {
        let parts = call.parts();
        let now = parts.created_at;
        let people = parts.participants.iter().enumerate().map(|(n, p)| {
            let mut person = Person::nobody(p.user_id.clone());
            let mut devices = p.legs.iter().map(|leg| leg.device.clone());
            if n == 0 {
                let online = p.legs[0].state.as_str() != "reconnecting";
                let media = MediaState::at_start_of(parts.call_type);
                person.come(&devices.next().unwrap(), online, media);
                person.role = Role::Initiator;
                if !online {
                    person.set(Timer::Gone, now + parts.policy.caller_gone_timeout);
                }
            } else {
                person.call(devices, &parts.policy, now);
            }
            person
        });
        Self {
            call_type: parts.call_type,
            policy: parts.policy.clone(),
            people: people.collect(),
            rang: false,
            answered: false,
            started: false,
            over: None,
            alone: None,
            sfu: false,
            back: None,
            longest: now + parts.policy.max_duration,
            recoveries: 0,
            tape: None,
            cuts: Vec::new(),
        }
    }

    /// A server without an SFU takes the call up.
    pub(crate) fn lose_sfu(&mut self) {
        self.policy.topology = TopologyPolicy::P2p;
    }

    /// Whether the command changed anything, or why it was refused.
    pub(crate) fn apply(
        &mut self,
        command: &Command,
        now: Timestamp,
    ) -> Result<bool, RejectionKind> {
        let before = self.clone();
        let cause = self.decide(command, now)?;
        self.conclude(cause, now);
        self.travel(now);
        Ok(*self != before)
    }

    fn is_group(&self) -> bool {
        self.people.len() > 2
    }

    /// Fails unless the call is as this model has it.
    pub(crate) fn compare(&self, call: &Call) {
        let status = match self {
            Self { over: Some(_), .. } => CallStatus::Ended,
            Self { started: true, .. } => CallStatus::Active,
            Self { answered: true, .. } => CallStatus::Connecting,
            Self { rang: true, .. } => CallStatus::Ringing,
            _ => CallStatus::Created,
        };
        assert_eq!(call.status(), status);
        assert_eq!(call.end_reason(), self.over.as_ref().map(|(r, _)| *r));
        let by = self.over.as_ref().and_then(|(_, by)| by.as_ref());
        assert_eq!(call.ended_by(), by);
        assert_eq!(call.next_deadline(), self.next_timer());
        let is_sfu = call.parts().topology == Topology::Sfu;
        assert_eq!(is_sfu, self.sfu);
        self.compare_tape(call);
        assert_eq!(call.parts().group, self.is_group());
        assert_eq!(call.participants().len(), self.people.len());
        for person in &self.people {
            let participant = call.participant(&person.id).unwrap();
            assert_eq!(participant.status(), person.status(), "{}", person.id);
            assert_eq!(participant.selected_device(), person.chosen.as_ref());
            assert_eq!(participant.media, person.media);
            assert_eq!(participant.role, person.role);
            assert_eq!(participant.hand_raised_at, person.hand);
        }
    }

    fn compare_tape(&self, call: &Call) {
        let wanted = self.policy.recording == RecordingPolicy::Force
            && self.policy.topology != TopologyPolicy::P2p
            && (self.started && self.over.is_none())
            && (self.tape.is_none() && self.cuts.is_empty());
        assert_eq!(call.wants_recording(), wanted);
        let Some(tape) = &self.tape else {
            assert_eq!(call.recording(), None);
            return;
        };
        let recording = call.recording().expect("it is recorded");
        assert_eq!(recording.id, tape.id);
        assert_eq!(recording.mode, tape.mode);
        assert_eq!(recording.started_by, tape.by);
        assert_eq!(recording.started_at, tape.since);
        assert_eq!(recording.consents.len(), tape.said.len());
        for (user, said) in &tape.said {
            let state = recording.consent_of(user).expect("asked");
            let name = match said {
                None => "asked",
                Some((true, _)) => "given",
                Some((false, _)) => "refused",
            };
            assert_eq!(state.as_str(), name);
            assert_eq!(state.at(), said.map(|(_, at)| at));
        }
        for person in &self.people {
            let told = self.policy.recording_consent == RecordingConsent::Notify;
            let yes = matches!(tape.said.get(&person.id), Some(Some((true, _))));
            assert_eq!(recording.may_record(&person.id), told || yes);
        }
    }

    /// The tape runs out.
    fn cut(&mut self, by: Option<&UserId>, fault: Option<RecordingFault>) {
        if let Some(tape) = self.tape.take() {
            self.cuts.push((tape.id, by.cloned(), fault));
        }
    }

    /// The tapes that have run out.
    pub(crate) fn cuts(&self) -> &[Cut] {
        &self.cuts
    }

    fn next_timer(&self) -> Option<Timestamp> {
        if self.over.is_some() {
            return None;
        }
        let timers = self.people.iter().flat_map(|p| &p.timers);
        timers
            .map(|(_, at)| *at)
            .chain(self.alone)
            .chain(self.back)
            .chain([self.longest])
            .min()
    }

    fn end(&mut self, (reason, by): Cause) {
        self.over = Some((reason, by));
        self.alone = None;
        self.back = None;
        self.cut(None, None);
        for person in &mut self.people {
            if person.is_in() {
                person.go(ParticipantStatus::Left);
            } else if person.is_called() {
                person.go(ParticipantStatus::Cancelled);
            }
        }
    }

    fn hang_up(&self, user: &UserId) -> Cause {
        let reason = match (self.started, self.people[0].id == *user) {
            (true, _) => EndReason::Completed,
            (false, true) => EndReason::Cancelled,
            (false, false) => EndReason::Declined,
        };
        (reason, Some(user.clone()))
    }

    fn find(&self, user: &UserId) -> Result<usize, RejectionKind> {
        let found = self.people.iter().position(|p| p.id == *user);
        found.ok_or(RejectionKind::NotParticipant)
    }

    fn too_late(&self) -> Result<(), RejectionKind> {
        match self.over {
            Some((reason, _)) => Err(RejectionKind::Ended(reason)),
            None => Ok(()),
        }
    }

    #[allow(clippy::too_many_lines)] // one page of rules
    fn decide(
        &mut self,
        command: &Command,
        now: Timestamp,
    ) -> Result<Option<Cause>, RejectionKind> {
        let policy = self.policy.clone();
        match command {
            Command::Offer { user, device } => {
                let n = self.find(user)?;
                let person = &mut self.people[n];
                if person.is_called() && !person.offered.contains_key(device) {
                    person.offered.insert(device.clone(), false);
                    person.unset(Timer::Search);
                }
            }
            Command::Alert { user, device } => {
                let n = self.find(user)?;
                let person = &mut self.people[n];
                if person.is_called() && person.offered.get(device) != Some(&true) {
                    person.offered.insert(device.clone(), true);
                    person.unset(Timer::Search);
                    person.stage = Stage::Called { rings: true };
                    self.rang = true;
                }
            }
            Command::Answer {
                user,
                device,
                online,
                ..
            } => {
                let n = self.find(user)?;
                self.too_late()?;
                let group = self.is_group();
                let person = &self.people[n];
                if n == 0 && person.is_in() {
                    return Err(RejectionKind::NotRinging);
                }
                if person.is_in() {
                    return if person.chosen.as_ref() == Some(device) {
                        Ok(None)
                    } else {
                        Err(RejectionKind::AnsweredElsewhere)
                    };
                }
                let late = ["missed", "declined", "unreachable", "busy"];
                let may_come_late = group && late.contains(&person.status().as_str());
                if !person.is_called() {
                    if !may_come_late {
                        return Err(RejectionKind::NotRinging);
                    }
                    self.seats_for(1)?;
                }
                self.bring(n, device, *online, now);
            }
            Command::Join {
                user,
                device,
                online,
                ..
            } => {
                self.too_late()?;
                let n = self.find(user).unwrap_or(self.people.len());
                match self.people.get(n) {
                    Some(p) if p.is_in() && p.chosen.as_ref() == Some(device) => return Ok(None),
                    Some(p) if p.status() == ParticipantStatus::Removed => {
                        return Err(RejectionKind::NotAllowed);
                    }
                    Some(p) if p.is_in() || p.is_called() => {}
                    Some(_) => self.seats_for(1)?,
                    None => {
                        self.seats_for(1)?;
                        self.people.push(Person::nobody(user.clone()));
                    }
                }
                self.bring(n, device, *online, now);
            }
            Command::Add {
                by,
                invitees,
                in_other_calls,
            } => {
                let role = self.in_call(by)?;
                self.fits(invitees.len())?;
                self.call_more(role, invitees, in_other_calls, now)?;
            }
            Command::Remove { by, admin, user } => {
                let reason = if *admin {
                    self.too_late()?;
                    EndReason::EndedByModerator
                } else {
                    self.moderates(by)?;
                    if user == by || self.people[0].id == *user {
                        return Err(RejectionKind::NotAllowed);
                    }
                    self.hang_up(by).0
                };
                let n = self.other(user)?;
                let person = &mut self.people[n];
                if person.status() == ParticipantStatus::Removed {
                    return Ok(None);
                }
                if !person.is_in() && !person.is_called() {
                    return Err(RejectionKind::NotJoined);
                }
                person.go(ParticipantStatus::Removed);
                if n > 0 {
                    person.role = Role::Participant;
                }
                let cause = (reason, Some(by.clone()));
                if self.is_group() {
                    return Ok(Some(cause));
                }
                self.end(cause);
            }
            Command::Mute { by, user, off } => {
                self.moderates(by)?;
                let n = self.other(user)?;
                if !self.people[n].is_in() {
                    return Err(RejectionKind::NotJoined);
                }
                let media = &mut self.people[n].media;
                for (on, off) in [
                    (&mut media.audio, off.audio),
                    (&mut media.video, off.video),
                    (&mut media.screen, off.screen),
                ] {
                    if off {
                        *on = false;
                    }
                }
            }
            Command::SetRole { by, user, role } => {
                self.moderates(by)?;
                let n = self.other(user)?;
                if n == 0 || *role == Role::Initiator {
                    return Err(RejectionKind::NotAllowed);
                }
                if self.people[n].status() == ParticipantStatus::Removed {
                    return Err(RejectionKind::NotJoined);
                }
                self.people[n].role = *role;
            }
            Command::RaiseHand { user, raised } => {
                self.in_call(user)?;
                let n = self.find(user)?;
                let hand = &mut self.people[n].hand;
                *hand = raised.then_some(hand.unwrap_or(now));
            }
            Command::Reject { user, reason } => {
                let n = self.find(user)?;
                self.too_late()?;
                return self.refuse(n, *reason);
            }
            Command::End { user } | Command::Leave { user } => {
                let n = self.find(user)?;
                if self.people[n].is_called() {
                    return self.refuse(n, RejectReason::Declined);
                }
                if self.people[n].is_in() {
                    let cause = self.hang_up(user);
                    let for_all = n == 0 && matches!(command, Command::End { .. });
                    if self.is_group() && !for_all {
                        self.people[n].go(ParticipantStatus::Left);
                        return Ok(Some(cause));
                    }
                    self.end(cause);
                }
            }
            Command::EndByModerator { moderator } => {
                if self.over.is_none() {
                    self.end((EndReason::EndedByModerator, Some(moderator.clone())));
                }
            }
            Command::ChangeMedia { user, change } => {
                let n = self.find(user)?;
                self.too_late()?;
                if !self.people[n].is_in() {
                    return Err(RejectionKind::NotJoined);
                }
                let media = &mut self.people[n].media;
                media.audio = change.audio.unwrap_or(media.audio);
                media.video = change.video.unwrap_or(media.video);
                media.screen = change.screen.unwrap_or(media.screen);
            }
            Command::Connect { user, device } => {
                let n = self.find(user)?;
                let answered = self.answered;
                let person = &mut self.people[n];
                if person.is_called() {
                    return Err(RejectionKind::NotJoined);
                }
                if person.is_in() && person.chosen.as_ref() != Some(device) {
                    return Err(RejectionKind::WrongDevice);
                }
                if person.is_in() && answered {
                    person.stage = Stage::In { media: true };
                    person.away = false;
                    person.timers.clear();
                }
            }
            Command::Disconnect { user, device } => {
                let n = self.find(user)?;
                if self.people[n].chosen.as_ref() == Some(device) && !self.people[n].away {
                    self.lose(n, now);
                }
            }
            Command::Resume { user, device } => {
                let n = self.find(user)?;
                let person = &mut self.people[n];
                if person.chosen.as_ref() == Some(device) {
                    person.away = false;
                    person.unset(Timer::Gone);
                    person.unset(Timer::Grace);
                }
            }
            Command::StartRecording {
                by,
                admin,
                id,
                mode,
            } => {
                match by {
                    Some(by) if !admin => self.moderates(by)?,
                    _ => self.too_late()?,
                }
                match (policy.recording, policy.topology, by) {
                    (RecordingPolicy::Forbid, ..) => return Err(RejectionKind::RecordingForbidden),
                    (RecordingPolicy::Allow, _, None) => return Err(RejectionKind::NotAllowed),
                    (_, TopologyPolicy::P2p, _) => return Err(RejectionKind::RecordingUnavailable),
                    _ => {}
                }
                if let Some(tape) = &self.tape {
                    return if tape.id == *id {
                        Ok(None)
                    } else {
                        Err(RejectionKind::AlreadyRecording)
                    };
                }
                if !self.answered {
                    return Err(RejectionKind::NotAnswered);
                }
                let mut said = BTreeMap::new();
                let asks = policy.recording_consent == RecordingConsent::Ask;
                let there = |user: &&UserId| self.find(user).is_ok_and(|n| self.people[n].is_in());
                if let Some(user) = by.as_ref().filter(|_| asks).filter(there) {
                    said.insert(user.clone(), Some((true, now)));
                }
                self.tape = Some(Tape {
                    id: *id,
                    mode: *mode,
                    by: by.clone(),
                    since: now,
                    said,
                });
            }
            Command::StopRecording { by, admin } => {
                if *admin {
                    self.too_late()?;
                } else {
                    self.moderates(by)?;
                }
                if self.tape.is_none() {
                    return Err(RejectionKind::NotRecording);
                }
                if policy.recording == RecordingPolicy::Force && !admin {
                    return Err(RejectionKind::NotAllowed);
                }
                self.cut(Some(by), None);
            }
            Command::ConsentToRecording { user, given } => {
                self.in_call(user)?;
                let tape = self.tape.as_mut().ok_or(RejectionKind::NotRecording)?;
                let said = tape.said.get_mut(user).ok_or(RejectionKind::NotAsked)?;
                if said.is_none_or(|(yes, _)| yes != *given) {
                    *said = Some((*given, now));
                }
            }
            Command::AbortRecording { id, cause } => {
                if self.tape.as_ref().is_some_and(|tape| tape.id == *id) {
                    self.cut(None, Some(*cause));
                }
            }
            Command::Recover => {
                if self.over.is_none() {
                    self.recoveries += 1;
                    self.back = self.back.map(|_| now + policy.p2p_return_after);
                    for n in 0..self.people.len() {
                        let person = &mut self.people[n];
                        if person.has(Timer::Search) {
                            person.set(Timer::Search, now + policy.unreachable_timeout);
                        }
                        if person.has(Timer::Connect) {
                            person.set(Timer::Connect, now + policy.connect_timeout);
                        }
                        if person.is_in() {
                            self.lose(n, now);
                        }
                    }
                }
            }
            Command::Expire => {
                while let Some(at) = self.next_timer().filter(|at| *at <= now) {
                    let cause = self.ring_bell(at);
                    self.conclude(cause, now);
                    self.travel(now);
                }
            }
        }
        Ok(None)
    }

    /// The role of somebody in the call, who alone may do something to others.
    fn in_call(&self, by: &UserId) -> Result<Role, RejectionKind> {
        let n = self.find(by)?;
        self.too_late()?;
        if self.people[n].is_in() {
            Ok(self.people[n].role)
        } else {
            Err(RejectionKind::NotJoined)
        }
    }

    fn moderates(&self, by: &UserId) -> Result<(), RejectionKind> {
        match self.in_call(by)? {
            Role::Initiator | Role::Moderator => Ok(()),
            Role::Participant => Err(RejectionKind::NotAllowed),
        }
    }

    fn other(&self, user: &UserId) -> Result<usize, RejectionKind> {
        (self.find(user)).map_err(|_| RejectionKind::NoSuchParticipant)
    }

    fn fits(&self, people: usize) -> Result<(), RejectionKind> {
        let max = match self.policy.topology {
            TopologyPolicy::P2p => self.policy.mesh_max,
            TopologyPolicy::Auto | TopologyPolicy::Sfu => self.policy.max_participants,
        };
        if people > usize::try_from(max).unwrap() {
            return Err(RejectionKind::TooManyParticipants { max });
        }
        Ok(())
    }

    fn seats_for(&self, more: usize) -> Result<(), RejectionKind> {
        let sit = |p: &&Person| p.is_in() || p.is_called();
        self.fits(self.people.iter().filter(sit).count() + more)
    }

    /// Somebody is in the call with this device from now on.
    fn bring(&mut self, n: usize, device: &DeviceId, online: bool, now: Timestamp) {
        self.people[n].come(device, online, MediaState::at_start_of(self.call_type));
        if self.people.iter().filter(|p| p.is_in()).count() > 1 {
            self.answered = true;
            self.people[0].unset(Timer::Gone);
        } else if !self.answered && !online {
            self.people[n].set(Timer::Gone, now + self.policy.caller_gone_timeout);
        }
    }

    fn call_more(
        &mut self,
        role: Role,
        invitees: &[Invitee],
        busy: &[UserId],
        now: Timestamp,
    ) -> Result<(), RejectionKind> {
        let mut more: BTreeMap<&UserId, &Invitee> = BTreeMap::new();
        let mut order = Vec::new();
        for invitee in invitees {
            let user = &invitee.user_id;
            let there = |n: usize| self.people[n].is_in() || self.people[n].is_called();
            if !self.find(user).is_ok_and(there) && more.insert(user, invitee).is_none() {
                order.push(user);
            }
        }
        let removed = |p: &&Person| p.status() == ParticipantStatus::Removed;
        let mut removed = self.people.iter().filter(removed);
        if role == Role::Participant && removed.any(|p| more.contains_key(&p.id)) {
            return Err(RejectionKind::NotAllowed);
        }
        if order.is_empty() {
            return Ok(());
        }
        self.seats_for(order.len())?;
        for user in order {
            let n = self.find(user).unwrap_or(self.people.len());
            if n == self.people.len() {
                self.people.push(Person::nobody(user.clone()));
            }
            let person = &mut self.people[n];
            if self.policy.busy == BusyPolicy::Reject && busy.contains(user) {
                person.go(ParticipantStatus::Busy);
            } else {
                let devices = invitees.iter().find(|i| i.user_id == *user);
                let devices = devices.unwrap().devices.iter().cloned();
                person.call(devices, &self.policy, now);
            }
            // Called anew, even if that makes no difference to be seen.
            self.recoveries += 1;
        }
        Ok(())
    }

    fn lose(&mut self, n: usize, now: Timestamp) {
        let person = &mut self.people[n];
        person.away = true;
        if person.stage == (Stage::In { media: true }) {
            person.set(Timer::Grace, now + self.policy.reconnect_grace);
        } else if !self.answered {
            person.set(Timer::Gone, now + self.policy.caller_gone_timeout);
        }
    }

    fn refuse(&mut self, n: usize, reason: RejectReason) -> Result<Option<Cause>, RejectionKind> {
        let (status, end) = match reason {
            RejectReason::Declined => (ParticipantStatus::Declined, EndReason::Declined),
            RejectReason::Busy => (ParticipantStatus::Busy, EndReason::Busy),
        };
        let user = self.people[n].id.clone();
        let person = &mut self.people[n];
        match person.stage {
            Stage::Called { .. } => {
                person.go(status);
                if !self.is_group() {
                    self.end((end, Some(user)));
                }
                Ok(None)
            }
            Stage::Out(ParticipantStatus::Declined | ParticipantStatus::Busy) => Ok(None),
            Stage::In { .. } if n > 0 => Err(RejectionKind::AnsweredElsewhere),
            Stage::In { .. } | Stage::Out(_) => Err(RejectionKind::NotRinging),
        }
    }

    /// Does what is due at exactly this time.
    fn ring_bell(&mut self, at: Timestamp) -> Option<Cause> {
        if at == self.longest {
            self.end((EndReason::MaxDuration, None));
            return None;
        }
        if self.alone == Some(at) {
            self.end((EndReason::Completed, None));
            return None;
        }
        if self.back == Some(at) {
            self.back = None;
            self.sfu = false;
        }
        let mut cause = None;
        for n in 0..self.people.len() {
            let due = |timer| self.people[n].timers.contains(&(timer, at));
            let (status, reason) = if due(Timer::Gone) {
                self.end((EndReason::CallerLost, None));
                return None;
            } else if due(Timer::Search) {
                (ParticipantStatus::Unreachable, EndReason::Unreachable)
            } else if due(Timer::Ring) {
                (ParticipantStatus::Missed, EndReason::NoAnswer)
            } else if due(Timer::Connect) {
                (ParticipantStatus::Failed, EndReason::ConnectFailed)
            } else if due(Timer::Grace) {
                (ParticipantStatus::Left, EndReason::ConnectionLost)
            } else {
                continue;
            };
            let had_taken_it = self.people[n].is_in();
            self.people[n].go(status);
            if had_taken_it || cause.is_none() {
                cause = Some((reason, None));
            }
        }
        if !self.is_group()
            && let Some(cause) = cause.take()
        {
            self.end(cause);
        }
        cause
    }

    /// Which way media goes, of which the number of people decides.
    fn travel(&mut self, now: Timestamp) {
        if self.over.is_some() {
            return;
        }
        if self.policy.topology == TopologyPolicy::P2p {
            self.cut(None, Some(RecordingFault::SfuUnavailable));
        }
        if let Some(tape) = &mut self.tape
            && self.policy.recording_consent == RecordingConsent::Ask
        {
            for person in self.people.iter().filter(|p| p.is_in()) {
                tape.said.entry(person.id.clone()).or_default();
            }
        }
        let people = self.people.iter().filter(|p| p.is_in()).count();
        let at_least = |n: u32| people >= usize::try_from(n).unwrap();
        let policy = &self.policy;
        let many = match policy.topology {
            TopologyPolicy::P2p => false,
            TopologyPolicy::Auto => {
                let crowd = at_least(policy.sfu_from) || at_least(policy.mesh_max + 1);
                at_least(2) && (crowd || self.tape.is_some())
            }
            TopologyPolicy::Sfu => at_least(2),
        };
        self.sfu |= many;
        if policy.topology == TopologyPolicy::P2p && !at_least(policy.mesh_max + 1) {
            self.sfu = false;
        }
        let few = !many && people <= 2 && self.tape.is_none();
        if self.sfu && few && policy.topology == TopologyPolicy::Auto {
            self.back = (self.back).or(Some(now + policy.p2p_return_after));
        } else {
            self.back = None;
        }
    }

    /// The rules that hold after everything.
    fn conclude(&mut self, cause: Option<Cause>, now: Timestamp) {
        if self.over.is_some() {
            return;
        }
        let present = self.people.iter().filter(|p| p.is_in()).count();
        let called = self.people.iter().any(Person::is_called);
        let with_media = |p: &&Person| p.stage == (Stage::In { media: true });
        if self.people.iter().filter(with_media).count() >= 2 {
            self.started = true;
        }
        if present == 0 {
            return self.end(cause.expect("the last one had a reason to go"));
        }
        if !self.answered {
            if !called {
                let order = [
                    (ParticipantStatus::Declined, EndReason::Declined),
                    (ParticipantStatus::Busy, EndReason::Busy),
                    (ParticipantStatus::Missed, EndReason::NoAnswer),
                    (ParticipantStatus::Unreachable, EndReason::Unreachable),
                ];
                let told = |(status, _): &&(ParticipantStatus, EndReason)| {
                    self.people.iter().any(|p| p.status() == *status)
                };
                match order.iter().find(told) {
                    Some((_, reason)) => self.end((*reason, None)),
                    None => self.end(cause.expect("the last one was called no longer")),
                }
            }
            return;
        }
        if present == 1 && !called {
            if !self.started && matches!(cause, Some((EndReason::ConnectFailed, _))) {
                return self.end((EndReason::ConnectFailed, None));
            }
            self.alone = self.alone.or(Some(now + self.policy.alone_timeout));
        } else {
            self.alone = None;
        }
        let connect_by = now + self.policy.connect_timeout;
        for person in &mut self.people {
            if person.stage != (Stage::In { media: false }) || present == 1 {
                person.unset(Timer::Connect);
            } else if !person.has(Timer::Connect) {
                person.set(Timer::Connect, connect_by);
            }
        }
    }
}
