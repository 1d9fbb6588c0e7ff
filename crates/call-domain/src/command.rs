use crate::name::names;
use crate::{
    DeviceId, Invitee, MediaChange, MediaOff, RecordingFault, RecordingId, RecordingMode, Role,
    UserId,
};

/// Something that somebody, or the passing of time, asks of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A device of a ringing invitee came online and was sent the call.
    Offer {
        /// Whose device.
        user: UserId,
        /// Which device.
        device: DeviceId,
    },
    /// A device rings now (`call:alerting`).
    Alert {
        /// Whose device.
        user: UserId,
        /// Which device.
        device: DeviceId,
    },
    /// A device takes the call for its user.
    Answer {
        /// Who.
        user: UserId,
        /// With which device.
        device: DeviceId,
        /// The user's name, if now known.
        name: Option<String>,
        /// The device has its socket open.
        online: bool,
    },
    /// A user refuses the call on all devices.
    Reject {
        /// Who.
        user: UserId,
        /// Why.
        reason: RejectReason,
    },
    /// A user ends the call: for all, or for itself, by role and state.
    End {
        /// Who.
        user: UserId,
    },
    /// A moderator, who need not be a participant, ends the call for all.
    EndByModerator {
        /// Who.
        moderator: UserId,
    },
    /// A user leaves the call; in a call of two that ends it.
    Leave {
        /// Who.
        user: UserId,
    },
    /// A user turns the microphone, the camera or screen sharing on or off.
    ChangeMedia {
        /// Who.
        user: UserId,
        /// What changes.
        change: MediaChange,
    },
    /// Media flows on a device (`call:connected`).
    Connect {
        /// Whose device.
        user: UserId,
        /// Which device.
        device: DeviceId,
    },
    /// The connection of a device to the server was lost.
    Disconnect {
        /// Whose device.
        user: UserId,
        /// Which device.
        device: DeviceId,
    },
    /// A device is connected to the server (again).
    Resume {
        /// Whose device.
        user: UserId,
        /// Which device.
        device: DeviceId,
    },
    /// Somebody in the call has more people called. A call of two becomes a group call by it.
    Add {
        /// Who.
        by: UserId,
        /// Whom to call. Who is in the call or rings already is left alone; who is out of it
        /// rings again.
        invitees: Vec<Invitee>,
        /// Those of them who are present in another live call: the policy says whether they ring.
        in_other_calls: Vec<UserId>,
    },
    /// A user enters the call without being called: comes back, or comes along. Whether a
    /// stranger may is not decided here.
    Join {
        /// Who.
        user: UserId,
        /// With which device; if the user is in the call with another one, that one is out.
        device: DeviceId,
        /// The user's name, if known.
        name: Option<String>,
        /// The device has its socket open.
        online: bool,
    },
    /// Somebody is put out of the call, or called no longer.
    Remove {
        /// Who wants that.
        by: UserId,
        /// `by` has power over all calls, and need not be a participant.
        admin: bool,
        /// Who is put out.
        user: UserId,
    },
    /// A moderator turns off what somebody else sends.
    Mute {
        /// Who wants that.
        by: UserId,
        /// Whose media.
        user: UserId,
        /// What is turned off.
        off: MediaOff,
    },
    /// A moderator gives or takes a role.
    SetRole {
        /// Who wants that.
        by: UserId,
        /// Whose role.
        user: UserId,
        /// The new one; never the initiator's.
        role: Role,
    },
    /// A user raises or lowers a hand.
    RaiseHand {
        /// Who.
        user: UserId,
        /// Up, not down.
        raised: bool,
    },
    /// Somebody, or the policy, has the call recorded.
    StartRecording {
        /// Who wants that; `None`: the policy.
        by: Option<UserId>,
        /// `by` has power over all calls, and need not be a participant.
        admin: bool,
        /// The id that the recording gets. Asking again with the same one changes nothing.
        id: RecordingId,
        /// What becomes of it.
        mode: RecordingMode,
    },
    /// Somebody stops the recording.
    StopRecording {
        /// Who wants that.
        by: UserId,
        /// `by` has power over all calls, and need not be a participant.
        admin: bool,
    },
    /// A user who was asked says whether anything of theirs may be kept from now on.
    ConsentToRecording {
        /// Who.
        user: UserId,
        /// Yes, not no.
        given: bool,
    },
    /// The recorder cannot go on. The call does.
    AbortRecording {
        /// Which recording; another one that runs by now goes on.
        id: RecordingId,
        /// Why.
        cause: RecordingFault,
    },
    /// The server has started anew: every connection is lost, and grace is counted from now.
    Recover,
    /// Time has passed: do whatever is due.
    Expire,
}

/// Why a user refuses a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RejectReason {
    /// Does not want to talk.
    #[default]
    Declined,
    /// Is talking to somebody else.
    Busy,
}

names!("reject reason", RejectReason {
    Declined => "declined",
    Busy => "busy",
});

impl Command {
    /// The name in logs and rejections.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Offer { .. } => "offer",
            Self::Alert { .. } => "alert",
            Self::Answer { .. } => "answer",
            Self::Reject { .. } => "reject",
            Self::End { .. } => "end",
            Self::EndByModerator { .. } => "end_by_moderator",
            Self::Leave { .. } => "leave",
            Self::ChangeMedia { .. } => "change_media",
            Self::Connect { .. } => "connect",
            Self::Disconnect { .. } => "disconnect",
            Self::Resume { .. } => "resume",
            Self::Add { .. } => "add",
            Self::Join { .. } => "join",
            Self::Remove { .. } => "remove",
            Self::Mute { .. } => "mute",
            Self::SetRole { .. } => "set_role",
            Self::RaiseHand { .. } => "raise_hand",
            Self::StartRecording { .. } => "start_recording",
            Self::StopRecording { .. } => "stop_recording",
            Self::ConsentToRecording { .. } => "consent_to_recording",
            Self::AbortRecording { .. } => "abort_recording",
            Self::Recover => "recover",
            Self::Expire => "expire",
        }
    }
}
