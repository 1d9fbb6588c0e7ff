//! Calls between alice, who calls, and bob, carol and dave; each owns devices `<initial>1`, ….

use std::time::Duration;

use call_domain::{
    Call, CallId, CallType, Command, DeviceId, Event, Invitee, MediaChange, MediaOff,
    ParticipantStatus, PlaceRequest, Placement, Policy, RecordingConsent, RecordingFault,
    RecordingId, RecordingMode, RecordingPolicy, RejectReason, RejectionKind, Role, Step,
    Timestamp, TopologyPolicy, UserId, place,
};
use serde_json::Map;
use uuid::Uuid;

use crate::invariants;

pub(crate) const T0: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

pub(crate) fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(crate) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

pub(crate) fn device(name: &str) -> DeviceId {
    name.parse().unwrap()
}

/// The user whose device this is: `b2` is bob's.
pub(crate) fn owner(device: &str) -> UserId {
    let name = ["alice", "bob", "carol", "dave", "erin", "frank", "mallory"]
        .into_iter()
        .find(|name| name.chars().next() == device.chars().next());
    user(name.expect("a device is named after its owner"))
}

pub(crate) fn offer(d: &str) -> Command {
    let (user, device) = (owner(d), device(d));
    Command::Offer { user, device }
}

pub(crate) fn alert(d: &str) -> Command {
    let (user, device) = (owner(d), device(d));
    Command::Alert { user, device }
}

pub(crate) fn answer(d: &str) -> Command {
    Command::Answer {
        user: owner(d),
        device: device(d),
        name: None,
        online: true,
    }
}

pub(crate) fn answer_offline(d: &str) -> Command {
    Command::Answer {
        user: owner(d),
        device: device(d),
        name: None,
        online: false,
    }
}

pub(crate) fn connect(d: &str) -> Command {
    let (user, device) = (owner(d), device(d));
    Command::Connect { user, device }
}

pub(crate) fn disconnect(d: &str) -> Command {
    let (user, device) = (owner(d), device(d));
    Command::Disconnect { user, device }
}

pub(crate) fn resume(d: &str) -> Command {
    let (user, device) = (owner(d), device(d));
    Command::Resume { user, device }
}

pub(crate) fn reject(name: &str) -> Command {
    Command::Reject {
        user: user(name),
        reason: RejectReason::Declined,
    }
}

pub(crate) fn reject_busy(name: &str) -> Command {
    Command::Reject {
        user: user(name),
        reason: RejectReason::Busy,
    }
}

pub(crate) fn end(name: &str) -> Command {
    Command::End { user: user(name) }
}

pub(crate) fn leave(name: &str) -> Command {
    Command::Leave { user: user(name) }
}

pub(crate) fn mute(name: &str) -> Command {
    Command::ChangeMedia {
        user: user(name),
        change: MediaChange {
            audio: Some(false),
            ..MediaChange::default()
        },
    }
}

pub(crate) fn moderate() -> Command {
    Command::EndByModerator {
        moderator: user("moderator"),
    }
}

/// Each of those who are added has one device online.
pub(crate) fn add(by: &str, names: &[&str]) -> Command {
    Command::Add {
        by: user(by),
        invitees: names
            .iter()
            .map(|name| invitee(name, &[&format!("{}1", &name[..1])]))
            .collect(),
        in_other_calls: Vec::new(),
    }
}

pub(crate) fn join(d: &str) -> Command {
    Command::Join {
        user: owner(d),
        device: device(d),
        name: None,
        online: true,
    }
}

pub(crate) fn join_offline(d: &str) -> Command {
    Command::Join {
        user: owner(d),
        device: device(d),
        name: None,
        online: false,
    }
}

pub(crate) fn remove(by: &str, name: &str) -> Command {
    Command::Remove {
        by: user(by),
        admin: false,
        user: user(name),
    }
}

/// Somebody with power over all calls puts a user out of this one.
pub(crate) fn expel(name: &str) -> Command {
    Command::Remove {
        by: user("moderator"),
        admin: true,
        user: user(name),
    }
}

/// A moderator turns off the microphone.
pub(crate) fn silence(by: &str, name: &str) -> Command {
    Command::Mute {
        by: user(by),
        user: user(name),
        off: MediaOff {
            audio: true,
            ..MediaOff::default()
        },
    }
}

pub(crate) fn set_role(by: &str, name: &str, role: Role) -> Command {
    Command::SetRole {
        by: user(by),
        user: user(name),
        role,
    }
}

pub(crate) fn promote(by: &str, name: &str) -> Command {
    set_role(by, name, Role::Moderator)
}

pub(crate) fn raise_hand(name: &str) -> Command {
    let (user, raised) = (user(name), true);
    Command::RaiseHand { user, raised }
}

pub(crate) fn lower_hand(name: &str) -> Command {
    let (user, raised) = (user(name), false);
    Command::RaiseHand { user, raised }
}

/// The default policy of a server that has an SFU.
pub(crate) fn with_sfu() -> Policy {
    Policy {
        topology: TopologyPolicy::Auto,
        ..Policy::default()
    }
}

/// The policy of a server that has an SFU, and records calls so.
pub(crate) fn with_recording(recording: RecordingPolicy, consent: RecordingConsent) -> Policy {
    Policy {
        recording,
        recording_consent: consent,
        ..with_sfu()
    }
}

/// People may record, and everybody is asked.
pub(crate) fn asking() -> Policy {
    with_recording(RecordingPolicy::Allow, RecordingConsent::Ask)
}

/// People may record, and everybody is told.
pub(crate) fn telling() -> Policy {
    with_recording(RecordingPolicy::Allow, RecordingConsent::Notify)
}

/// Every call is recorded.
pub(crate) fn forcing() -> Policy {
    with_recording(RecordingPolicy::Force, RecordingConsent::Notify)
}

pub(crate) fn recording_id(n: u128) -> RecordingId {
    RecordingId::new(Uuid::from_u128(n))
}

/// Somebody in the call has it recorded.
pub(crate) fn record(by: &str, id: u128) -> Command {
    Command::StartRecording {
        by: Some(user(by)),
        admin: false,
        id: recording_id(id),
        mode: RecordingMode::Tracks,
    }
}

/// The policy has the call recorded.
pub(crate) fn record_by_policy(id: u128) -> Command {
    Command::StartRecording {
        by: None,
        admin: false,
        id: recording_id(id),
        mode: RecordingMode::Tracks,
    }
}

/// Somebody with power over all calls has this one recorded.
pub(crate) fn record_as_admin(id: u128) -> Command {
    Command::StartRecording {
        by: Some(user("moderator")),
        admin: true,
        id: recording_id(id),
        mode: RecordingMode::Mixed,
    }
}

pub(crate) fn stop_recording(by: &str) -> Command {
    let (by, admin) = (user(by), false);
    Command::StopRecording { by, admin }
}

pub(crate) fn stop_recording_as_admin() -> Command {
    let (by, admin) = (user("moderator"), true);
    Command::StopRecording { by, admin }
}

pub(crate) fn consent(name: &str, given: bool) -> Command {
    let user = user(name);
    Command::ConsentToRecording { user, given }
}

pub(crate) fn abort_recording(id: u128) -> Command {
    let (id, cause) = (recording_id(id), RecordingFault::DiskFull);
    Command::AbortRecording { id, cause }
}

/// A wish of alice's to call these users from `a1`; each of them has one device online.
pub(crate) fn request(callees: &[&str]) -> PlaceRequest {
    PlaceRequest {
        id: call_id(1),
        initiator_id: user("alice"),
        initiator_name: Some("Alice".into()),
        device: device("a1"),
        online: true,
        call_type: CallType::Video,
        invitees: callees
            .iter()
            .map(|name| invitee(name, &[&format!("{}1", &name[..1])]))
            .collect(),
        conversation_id: None,
        metadata: Map::new(),
    }
}

pub(crate) fn invitee(name: &str, devices: &[&str]) -> Invitee {
    Invitee {
        user_id: user(name),
        name: None,
        devices: devices.iter().map(|d| device(d)).collect(),
    }
}

pub(crate) fn call_id(n: u128) -> CallId {
    CallId::new(Uuid::from_u128(n))
}

/// A call under test, with its clock. Every step is checked against the invariants.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) call: Call,
    pub(crate) now: Timestamp,
    pub(crate) log: Vec<Event>,
}

impl Line {
    pub(crate) fn placed(request: PlaceRequest, policy: &Policy) -> Self {
        match place(request, policy, &[], T0) {
            Ok(Placement::New(step)) => Self::from(step),
            other => panic!("no call: {other:?}"),
        }
    }

    /// alice calls bob.
    pub(crate) fn pair() -> Self {
        Self::placed(request(&["bob"]), &Policy::default())
    }

    /// alice calls bob, who answers; both have media.
    pub(crate) fn talking_pair() -> Self {
        Self::pair().after([alert("b1"), answer("b1"), connect("a1"), connect("b1")])
    }

    /// alice calls bob, who answers; both have media.
    pub(crate) fn talking(policy: &Policy) -> Self {
        Self::placed(request(&["bob"]), policy).after([answer("b1"), connect("a1"), connect("b1")])
    }

    /// alice calls bob and carol; all three have media.
    pub(crate) fn talking_group(policy: &Policy) -> Self {
        let line = Self::placed(request(&["bob", "carol"]), policy);
        let answers = [answer("b1"), answer("c1")];
        line.after(answers)
            .after([connect("a1"), connect("b1"), connect("c1")])
    }

    /// alice calls bob and carol.
    pub(crate) fn group() -> Self {
        Self::placed(request(&["bob", "carol"]), &Policy::default())
    }

    pub(crate) fn try_apply(&mut self, command: Command) -> Result<Step, RejectionKind> {
        let asked = command.clone();
        let step = self
            .call
            .apply(command, self.now)
            .map_err(|rejection| rejection.kind)?;
        invariants::check_step(Some(&self.call), &step);
        invariants::check_stop(&asked, &step);
        self.call = step.call.clone();
        self.log.extend(step.events.iter().cloned());
        invariants::check_log(&self.call, &self.log);
        Ok(step)
    }

    /// Applies a command that must be accepted, and must change something.
    pub(crate) fn apply(&mut self, command: Command) -> Step {
        let name = command.name();
        let step = self.try_apply(command).expect("accepted");
        assert!(!step.events.is_empty(), "{name} changed nothing");
        step
    }

    /// Applies a command that must be accepted, and must change nothing.
    pub(crate) fn ignores(&mut self, command: Command) {
        let step = self.try_apply(command).expect("accepted");
        assert_eq!(step.events, []);
    }

    pub(crate) fn refuses(&mut self, command: Command, kind: RejectionKind) {
        assert_eq!(self.try_apply(command), Err(kind));
    }

    #[must_use]
    pub(crate) fn after(mut self, commands: impl IntoIterator<Item = Command>) -> Self {
        for command in commands {
            self.apply(command);
        }
        self
    }

    /// Lets time pass, without telling the call.
    pub(crate) fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    /// Lets time pass up to the next deadline, and does what is due.
    pub(crate) fn expire_next(&mut self) -> Step {
        self.now = self.call.next_deadline().expect("a deadline");
        self.apply(Command::Expire)
    }

    pub(crate) fn status(&self, name: &str) -> ParticipantStatus {
        self.call.participant(&user(name)).unwrap().status()
    }
}

impl From<Step> for Line {
    fn from(step: Step) -> Self {
        invariants::check_step(None, &step);
        Self {
            call: step.call,
            now: T0,
            log: step.events,
        }
    }
}
