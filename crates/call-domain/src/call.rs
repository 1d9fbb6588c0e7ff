use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::integrity;
use crate::name::names;
use crate::{
    Address, CallId, ConversationId, Participant, Policy, Recording, SfuRoomId, Timestamp,
    Topology, UserId,
};

/// A call: the aggregate that every decision is about.
///
/// Immutable from outside; [`Call::apply`] makes the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub(crate) parts: CallParts,
}

/// The data of a [`Call`], for storing and showing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallParts {
    /// Which call.
    pub id: CallId,
    /// Number of changes committed so far; the creation is the first.
    pub version: u64,
    /// Audio or video.
    pub call_type: CallType,
    /// A call to which more than two belong, or did.
    pub group: bool,
    /// How media travels.
    pub topology: Topology,
    /// The room of the selective forwarding unit, while media travels through it.
    pub sfu_room_id: Option<SfuRoomId>,
    /// Who began it.
    pub initiator_id: UserId,
    /// The product's conversation that it belongs to.
    pub conversation_id: Option<ConversationId>,
    /// Whatever the product wants to keep with it.
    pub metadata: Map<String, Value>,
    /// When it was created.
    pub created_at: Timestamp,
    /// The rules it lives by.
    pub policy: Policy,
    /// Where it stands.
    pub state: CallState,
    /// When a participant's loneliness in a group call ends it.
    pub alone_deadline: Option<Timestamp>,
    /// When media goes from peer to peer again, unless more people come.
    pub p2p_deadline: Option<Timestamp>,
    /// The recording that runs.
    pub recording: Option<Recording>,
    /// A recording of it has stopped: the policy asks for no other.
    pub was_recorded: bool,
    /// Who belongs to it: the initiator first, then in the order of invitation.
    pub participants: Vec<Participant>,
}

/// Where a call stands, with the data that only this state has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallState {
    /// Invitations are on their way; no device rings yet.
    Created,
    /// At least one device rings.
    Ringing,
    /// Somebody took the call; fewer than two participants have media.
    Connecting {
        /// When the first invitee took it.
        answered_at: Timestamp,
    },
    /// At least two participants had media.
    Active {
        /// When the first invitee took it.
        answered_at: Timestamp,
        /// When the second participant had media.
        started_at: Timestamp,
    },
    /// Over.
    Ended {
        /// When the first invitee took it, if any did.
        answered_at: Option<Timestamp>,
        /// When the second participant had media, if that happened.
        started_at: Option<Timestamp>,
        /// When it ended.
        ended_at: Timestamp,
        /// Why.
        reason: EndReason,
        /// Who ended it, if it was somebody.
        by: Option<UserId>,
    },
}

/// A [`CallState`] without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the states above say it
pub enum CallStatus {
    Created,
    Ringing,
    Connecting,
    Active,
    Ended,
}

/// What a call is about to carry. A video call has audio too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum CallType {
    Audio,
    Video,
}

/// Why a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// People talked, and hung up.
    Completed,
    /// The initiator gave up before it was active.
    Cancelled,
    /// Nobody wanted it.
    Declined,
    /// Nobody took it in time.
    NoAnswer,
    /// Everyone called was in another call.
    Busy,
    /// Nobody called had a device online.
    Unreachable,
    /// The caller's connection was lost while it rang.
    CallerLost,
    /// It was taken, but media never flowed.
    ConnectFailed,
    /// The connection was lost and did not come back.
    ConnectionLost,
    /// An administrator ended it.
    EndedByModerator,
    /// It had lasted as long as a call may.
    MaxDuration,
    /// It went on elsewhere.
    Transferred,
    /// Another call took its place.
    Replaced,
    /// The server could not go on with it.
    ServerError,
}

names!("call status", CallStatus {
    Created => "created",
    Ringing => "ringing",
    Connecting => "connecting",
    Active => "active",
    Ended => "ended",
});

names!("call type", CallType {
    Audio => "audio",
    Video => "video",
});

names!("end reason", EndReason {
    Completed => "completed",
    Cancelled => "cancelled",
    Declined => "declined",
    NoAnswer => "no_answer",
    Busy => "busy",
    Unreachable => "unreachable",
    CallerLost => "caller_lost",
    ConnectFailed => "connect_failed",
    ConnectionLost => "connection_lost",
    EndedByModerator => "ended_by_moderator",
    MaxDuration => "max_duration",
    Transferred => "transferred",
    Replaced => "replaced",
    ServerError => "server_error",
});

/// Why stored data is no call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("corrupt call {id}: {what}")]
pub struct CorruptCall {
    /// Which call.
    pub id: CallId,
    /// What is wrong with it.
    pub what: &'static str,
}

impl Call {
    /// Takes stored data back, after checking that it can be a call.
    pub fn from_parts(parts: CallParts) -> Result<Self, CorruptCall> {
        match integrity::fault(&parts) {
            None => Ok(Self { parts }),
            Some(what) => Err(CorruptCall { id: parts.id, what }),
        }
    }

    /// The data of this call.
    pub fn parts(&self) -> &CallParts {
        &self.parts
    }

    /// The data of this call, taken out.
    pub fn into_parts(self) -> CallParts {
        self.parts
    }

    /// Which call.
    pub fn id(&self) -> CallId {
        self.parts.id
    }

    /// Number of changes committed so far.
    pub fn version(&self) -> u64 {
        self.parts.version
    }

    /// Where the call stands.
    pub fn status(&self) -> CallStatus {
        self.parts.state.status()
    }

    /// Everybody who belongs to the call, the initiator first.
    pub fn participants(&self) -> &[Participant] {
        &self.parts.participants
    }

    /// Somebody's part in the call.
    pub fn participant(&self, user: &UserId) -> Option<&Participant> {
        self.parts.participants.iter().find(|p| p.user_id == *user)
    }

    /// Who began the call.
    pub fn initiator_id(&self) -> &UserId {
        &self.parts.initiator_id
    }

    /// The user took (or began) the call and is not out of it.
    pub fn is_present(&self, user: &UserId) -> bool {
        self.participant(user).is_some_and(Participant::is_present)
    }

    /// The call is over.
    pub fn is_ended(&self) -> bool {
        self.end_reason().is_some()
    }

    /// When the first invitee took the call.
    pub fn answered_at(&self) -> Option<Timestamp> {
        self.parts.state.answered_at()
    }

    /// When the second participant had media.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.parts.state.started_at()
    }

    /// When the call ended.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.parts.state.ended_at()
    }

    /// Why the call ended.
    pub fn end_reason(&self) -> Option<EndReason> {
        self.parts.state.end_reason()
    }

    /// Who ended the call, if it was somebody.
    pub fn ended_by(&self) -> Option<&UserId> {
        self.parts.state.ended_by()
    }

    /// The device of everybody present, in the order of participants.
    pub fn devices(&self) -> Vec<Address> {
        self.parts.devices()
    }

    /// When [`Command::Expire`](crate::Command::Expire) has something to do; `None` once ended.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.parts.next_deadline()
    }
}

impl CallParts {
    /// When the last invitation lapses; if nobody rings, when one made at the creation would.
    pub fn ring_deadline(&self) -> Timestamp {
        let lapses = self
            .participants
            .iter()
            .filter_map(|p| p.state.ring_deadline());
        (lapses.max()).unwrap_or(self.created_at + self.policy.ring_timeout)
    }

    /// How long it rang: until it was answered, or ended without; `None` while it still rings.
    pub fn ring_duration(&self) -> Option<Duration> {
        self.state
            .answered_at()
            .or(self.state.ended_at())
            .map(|until| until.since(self.created_at))
    }

    /// How long media took to flow once somebody had answered.
    pub fn setup_duration(&self) -> Option<Duration> {
        let answered_at = self.state.answered_at()?;
        Some(self.state.started_at()?.since(answered_at))
    }

    /// How long people talked: from the second participant's media to the end. `None` for a call
    /// that has not ended or was never active.
    pub fn duration(&self) -> Option<Duration> {
        let started_at = self.state.started_at()?;
        Some(self.state.ended_at()?.since(started_at))
    }

    pub(crate) fn devices(&self) -> Vec<Address> {
        self.participants
            .iter()
            .filter(|p| p.is_present())
            .filter_map(|p| {
                p.selected_device().map(|device| Address {
                    user: p.user_id.clone(),
                    device: device.clone(),
                })
            })
            .collect()
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        match self.state {
            CallState::Created
            | CallState::Ringing
            | CallState::Connecting { .. }
            | CallState::Active { .. } => self
                .participants
                .iter()
                .filter_map(Participant::next_deadline)
                .chain(self.alone_deadline)
                .chain(self.p2p_deadline)
                .chain([self.created_at + self.policy.max_duration])
                .min(),
            CallState::Ended { .. } => None,
        }
    }
}

impl CallState {
    /// The state without its data.
    pub fn status(&self) -> CallStatus {
        match self {
            Self::Created => CallStatus::Created,
            Self::Ringing => CallStatus::Ringing,
            Self::Connecting { .. } => CallStatus::Connecting,
            Self::Active { .. } => CallStatus::Active,
            Self::Ended { .. } => CallStatus::Ended,
        }
    }

    /// When the first invitee took the call.
    pub fn answered_at(&self) -> Option<Timestamp> {
        match self {
            Self::Created | Self::Ringing => None,
            Self::Connecting { answered_at } | Self::Active { answered_at, .. } => {
                Some(*answered_at)
            }
            Self::Ended { answered_at, .. } => *answered_at,
        }
    }

    /// When the second participant had media.
    pub fn started_at(&self) -> Option<Timestamp> {
        match self {
            Self::Created | Self::Ringing | Self::Connecting { .. } => None,
            Self::Active { started_at, .. } => Some(*started_at),
            Self::Ended { started_at, .. } => *started_at,
        }
    }

    /// When the call ended.
    pub fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Self::Created | Self::Ringing | Self::Connecting { .. } | Self::Active { .. } => None,
            Self::Ended { ended_at, .. } => Some(*ended_at),
        }
    }

    /// Why the call ended.
    pub fn end_reason(&self) -> Option<EndReason> {
        match self {
            Self::Created | Self::Ringing | Self::Connecting { .. } | Self::Active { .. } => None,
            Self::Ended { reason, .. } => Some(*reason),
        }
    }

    /// Who ended the call, if it was somebody.
    pub fn ended_by(&self) -> Option<&UserId> {
        match self {
            Self::Created | Self::Ringing | Self::Connecting { .. } | Self::Active { .. } => None,
            Self::Ended { by, .. } => by.as_ref(),
        }
    }
}
