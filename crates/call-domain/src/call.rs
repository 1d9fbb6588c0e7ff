use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{CallId, ConversationId, Participant, Policy, Timestamp, UserId};

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
    /// A call of more than two; decided at its creation.
    pub group: bool,
    /// How media travels.
    pub topology: Topology,
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

/// How media travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// From each participant to each other one.
    P2p,
    /// Through a selective forwarding unit.
    Sfu,
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
        Ok(Self { parts })
    }

    /// The data of this call.
    pub fn parts(&self) -> &CallParts {
        &self.parts
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
        match self.parts.state {
            CallState::Created => CallStatus::Created,
            CallState::Ringing => CallStatus::Ringing,
            CallState::Connecting { .. } => CallStatus::Connecting,
            CallState::Active { .. } => CallStatus::Active,
            CallState::Ended { .. } => CallStatus::Ended,
        }
    }

    /// Somebody's part in the call.
    pub fn participant(&self, user: &UserId) -> Option<&Participant> {
        self.parts.participants.iter().find(|p| p.user_id == *user)
    }

    /// When [`Command::Expire`](crate::Command::Expire) has something to do; `None` once ended.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        todo!()
    }
}
