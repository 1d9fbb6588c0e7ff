use crate::{DeviceId, EndReason, LeaveReason, RecordingFault, RecordingId, UserId};

/// What to do once a step is durable. Doing it twice does no harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// To whom.
    pub to: Recipients,
    /// What to tell them.
    pub notice: Notice,
}

/// One device of one user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Whose device.
    pub user: UserId,
    /// Which device.
    pub device: DeviceId,
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipients {
    /// These devices: they are, or until this step were, in the call.
    Devices(Vec<Address>),
    /// Every device of a user, but for one.
    User {
        /// Whose devices.
        user: UserId,
        /// The device that is not told.
        except: Option<DeviceId>,
    },
}

/// What recipients are told; the call as it is after the step goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// You are being called.
    Incoming,
    /// The first device of that user rings.
    Ringing {
        /// Whose device.
        user: UserId,
    },
    /// That user took the call (status `accepted`) or has media (`joined`).
    ParticipantJoined {
        /// Who.
        user: UserId,
    },
    /// That user, who had taken the call, is out of it.
    ParticipantLeft {
        /// Who.
        user: UserId,
        /// Why.
        reason: LeaveReason,
    },
    /// That user's media changed.
    MediaStateChanged {
        /// Who.
        user: UserId,
    },
    /// A recording started or stopped, or somebody is asked or has answered.
    RecordingChanged {
        /// How the recording stopped that ran until this step; `None`: none did.
        stopped: Option<RecordingStop>,
    },
    /// Any other change.
    Updated,
    /// For the recipient it is over.
    Ended {
        /// Why.
        reason: EndNotice,
    },
}

/// How a recording stopped, while its call goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingStop {
    /// Which recording.
    pub id: RecordingId,
    /// Who stopped it; `None`: it could not go on.
    pub by: Option<UserId>,
    /// Why it could not go on; `None`: somebody stopped it.
    pub cause: Option<RecordingFault>,
}

/// Why it is over for a recipient of [`Notice::Ended`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndNotice {
    /// The call ended (or, for a ringing device of a group call that goes on, the ringing did).
    Call(EndReason),
    /// Another device of the user took the call.
    AnsweredElsewhere,
    /// The user declined on another device.
    DeclinedElsewhere,
    /// A moderator put the user out of a call that goes on.
    Removed,
}

impl EndNotice {
    /// The name on the wire and in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call(reason) => reason.as_str(),
            Self::AnsweredElsewhere => "answered_elsewhere",
            Self::DeclinedElsewhere => "declined_elsewhere",
            Self::Removed => "removed",
        }
    }
}
