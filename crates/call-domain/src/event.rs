use serde::{Deserialize, Serialize};

use crate::{
    CallType, DeviceId, EndReason, LeaveReason, MediaState, RecordingConsent, RecordingFault,
    RecordingId, RecordingMode, Role, SfuRoomId, Topology, UserId,
};

/// What happened to a call: one line of its log. All events of one step share its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs)] // fields are named as everywhere: user, device, reason
pub enum Event {
    /// The call was created.
    Created {
        by: UserId,
        device: DeviceId,
        call_type: CallType,
    },
    /// A user was invited.
    Invited { user: UserId },
    /// The call was sent to a device.
    Offered { user: UserId, device: DeviceId },
    /// A device rings.
    Alerting { user: UserId, device: DeviceId },
    /// A device took the call.
    Answered { user: UserId, device: DeviceId },
    /// A user declined.
    Declined { user: UserId },
    /// A user was, or said to be, busy.
    Busy { user: UserId },
    /// A user did not take the call in time.
    Missed { user: UserId },
    /// A user had no device online.
    Unreachable { user: UserId },
    /// Media flows for a user.
    Joined { user: UserId, device: DeviceId },
    /// Two participants have media.
    Started,
    /// A participant's connection was lost.
    Disconnected { user: UserId, device: DeviceId },
    /// A participant's connection is back.
    Resumed { user: UserId, device: DeviceId },
    /// A participant's media changed.
    MediaChanged { user: UserId, media: MediaState },
    /// A participant is out of the call.
    Left { user: UserId, reason: LeaveReason },
    /// One participant is alone in a group call.
    Alone { user: UserId },
    /// A user was added to the call; whether the user rings is said by what follows.
    Added { user: UserId, by: UserId },
    /// A user entered the call without being called.
    Entered { user: UserId, device: DeviceId },
    /// A participant was put out of the call, or its invitation was withdrawn.
    Removed { user: UserId, by: UserId },
    /// A participant's media was turned off by a moderator.
    Muted {
        user: UserId,
        by: UserId,
        media: MediaState,
    },
    /// A participant plays another part.
    RoleChanged {
        user: UserId,
        by: UserId,
        role: Role,
    },
    /// A participant raised a hand.
    HandRaised { user: UserId },
    /// A participant lowered the hand.
    HandLowered { user: UserId },
    /// Media travels another way.
    TopologyChanged {
        topology: Topology,
        sfu_room_id: Option<SfuRoomId>,
    },
    /// The call is being recorded; by nobody: the policy asked for it.
    RecordingStarted {
        recording: RecordingId,
        by: Option<UserId>,
        mode: RecordingMode,
        consent: RecordingConsent,
    },
    /// The recording stopped: somebody wanted that, or the recorder could not go on, or (neither)
    /// the call ended.
    RecordingStopped {
        recording: RecordingId,
        by: Option<UserId>,
        cause: Option<RecordingFault>,
    },
    /// A participant said whether anything of theirs may be kept.
    RecordingConsent {
        recording: RecordingId,
        user: UserId,
        given: bool,
    },
    /// The call ended.
    Ended {
        reason: EndReason,
        by: Option<UserId>,
    },
}

impl Event {
    /// The name in columns, on the wire and in logs: the `type` of the serialised event.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::Invited { .. } => "invited",
            Self::Offered { .. } => "offered",
            Self::Alerting { .. } => "alerting",
            Self::Answered { .. } => "answered",
            Self::Declined { .. } => "declined",
            Self::Busy { .. } => "busy",
            Self::Missed { .. } => "missed",
            Self::Unreachable { .. } => "unreachable",
            Self::Joined { .. } => "joined",
            Self::Started => "started",
            Self::Disconnected { .. } => "disconnected",
            Self::Resumed { .. } => "resumed",
            Self::MediaChanged { .. } => "media_changed",
            Self::Left { .. } => "left",
            Self::Alone { .. } => "alone",
            Self::Added { .. } => "added",
            Self::Entered { .. } => "entered",
            Self::Removed { .. } => "removed",
            Self::Muted { .. } => "muted",
            Self::RoleChanged { .. } => "role_changed",
            Self::HandRaised { .. } => "hand_raised",
            Self::HandLowered { .. } => "hand_lowered",
            Self::TopologyChanged { .. } => "topology_changed",
            Self::RecordingStarted { .. } => "recording_started",
            Self::RecordingStopped { .. } => "recording_stopped",
            Self::RecordingConsent { .. } => "recording_consent",
            Self::Ended { .. } => "ended",
        }
    }

    /// Whom it happened to, or who did it.
    pub const fn user(&self) -> Option<&UserId> {
        match self {
            Self::Created { by: user, .. }
            | Self::Invited { user }
            | Self::Offered { user, .. }
            | Self::Alerting { user, .. }
            | Self::Answered { user, .. }
            | Self::Declined { user }
            | Self::Busy { user }
            | Self::Missed { user }
            | Self::Unreachable { user }
            | Self::Joined { user, .. }
            | Self::Disconnected { user, .. }
            | Self::Resumed { user, .. }
            | Self::MediaChanged { user, .. }
            | Self::Left { user, .. }
            | Self::Alone { user }
            | Self::Added { user, .. }
            | Self::Entered { user, .. }
            | Self::Removed { user, .. }
            | Self::Muted { user, .. }
            | Self::RoleChanged { user, .. }
            | Self::HandRaised { user }
            | Self::HandLowered { user }
            | Self::RecordingConsent { user, .. } => Some(user),
            Self::RecordingStarted { by, .. }
            | Self::RecordingStopped { by, .. }
            | Self::Ended { by, .. } => by.as_ref(),
            Self::Started | Self::TopologyChanged { .. } => None,
        }
    }

    /// On which device.
    pub const fn device(&self) -> Option<&DeviceId> {
        match self {
            Self::Created { device, .. }
            | Self::Offered { device, .. }
            | Self::Alerting { device, .. }
            | Self::Answered { device, .. }
            | Self::Joined { device, .. }
            | Self::Disconnected { device, .. }
            | Self::Resumed { device, .. }
            | Self::Entered { device, .. } => Some(device),
            Self::Invited { .. }
            | Self::Declined { .. }
            | Self::Busy { .. }
            | Self::Missed { .. }
            | Self::Unreachable { .. }
            | Self::Started
            | Self::MediaChanged { .. }
            | Self::Left { .. }
            | Self::Alone { .. }
            | Self::Added { .. }
            | Self::Removed { .. }
            | Self::Muted { .. }
            | Self::RoleChanged { .. }
            | Self::HandRaised { .. }
            | Self::HandLowered { .. }
            | Self::TopologyChanged { .. }
            | Self::RecordingStarted { .. }
            | Self::RecordingStopped { .. }
            | Self::RecordingConsent { .. }
            | Self::Ended { .. } => None,
        }
    }
}
