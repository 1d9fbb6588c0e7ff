//! A second opinion: the rules of a call, written as a handful of flags and a bag of timers.
//!
//! Where the implementation moves through states, this keeps facts (who was called, who is in, who
//! has media, who is away) and derives every status from them; where the implementation draws
//! conclusions after certain transitions, this applies every rule after everything.

use std::collections::BTreeMap;

use call_domain::{
    Call, CallStatus, Command, DeviceId, EndReason, ParticipantStatus, RejectReason, RejectionKind,
    Timestamp, UserId,
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
    microphone: bool,
}

#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::struct_excessive_bools)] // facts, not states: that is the point of it
pub(crate) struct Model {
    group: bool,
    policy: call_domain::Policy,
    people: Vec<Person>,
    rang: bool,
    answered: bool,
    started: bool,
    over: Option<(EndReason, Option<UserId>)>,
    alone: Option<Timestamp>,
    longest: Timestamp,
    recoveries: u32,
}

/// Why the last one went.
type Cause = (EndReason, Option<UserId>);

impl Person {
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
        self.microphone = false;
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
            let away = p.legs.iter().any(|l| l.state.as_str() == "reconnecting");
            let mut person = Person {
                id: p.user_id.clone(),
                stage: if n == 0 {
                    Stage::In { media: false }
                } else {
                    Stage::Called { rings: false }
                },
                away,
                timers: Vec::new(),
                offered: BTreeMap::new(),
                chosen: None,
                microphone: n == 0,
            };
            if n == 0 {
                person.chosen = Some(p.legs[0].device.clone());
                if away {
                    person.set(Timer::Gone, now + parts.policy.caller_gone_timeout);
                }
            } else {
                person.set(Timer::Ring, now + parts.policy.ring_timeout);
                person.offered = p.legs.iter().map(|l| (l.device.clone(), false)).collect();
                if p.legs.is_empty() {
                    person.set(Timer::Search, now + parts.policy.unreachable_timeout);
                }
            }
            person
        });
        Self {
            group: parts.participants.len() > 2,
            policy: parts.policy.clone(),
            people: people.collect(),
            rang: false,
            answered: false,
            started: false,
            over: None,
            alone: None,
            longest: now + parts.policy.max_duration,
            recoveries: 0,
        }
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
        Ok(*self != before)
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
        for person in &self.people {
            let participant = call.participant(&person.id).unwrap();
            assert_eq!(participant.status(), person.status(), "{}", person.id);
            assert_eq!(participant.selected_device(), person.chosen.as_ref());
            assert_eq!(participant.media.audio, person.microphone);
        }
    }

    fn next_timer(&self) -> Option<Timestamp> {
        if self.over.is_some() {
            return None;
        }
        let timers = self.people.iter().flat_map(|p| &p.timers);
        timers
            .map(|(_, at)| *at)
            .chain(self.alone)
            .chain([self.longest])
            .min()
    }

    fn end(&mut self, (reason, by): Cause) {
        self.over = Some((reason, by));
        self.alone = None;
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
                let group = self.group;
                let person = &mut self.people[n];
                if n == 0 {
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
                if !person.is_called() && !may_come_late {
                    return Err(RejectionKind::NotRinging);
                }
                person.go(ParticipantStatus::Left);
                person.stage = Stage::In { media: false };
                person.chosen = Some(device.clone());
                person.away = !online;
                person.microphone = true;
                self.answered = true;
                self.people[0].unset(Timer::Gone);
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
                    if self.group && !for_all {
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
                if let Some(on) = change.audio {
                    self.people[n].microphone = on;
                }
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
            Command::Recover => {
                if self.over.is_none() {
                    self.recoveries += 1;
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
                }
            }
        }
        Ok(None)
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
                if !self.group {
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
        if !self.group {
            self.end(cause.take().expect("something was due"));
        }
        cause
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
                let (_, reason) = *order.iter().find(told).expect("a reason");
                self.end((reason, None));
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
