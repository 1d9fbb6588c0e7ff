use serde::{Deserialize, Serialize};

use crate::{EndReason, Leg, MediaState, Timestamp, UserId};

/// Somebody who belongs to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Who.
    pub user_id: UserId,
    /// The name to show, if one is known.
    pub name: Option<String>,
    /// What part the user plays.
    pub role: Role,
    /// Where the participant stands.
    pub state: ParticipantState,
    /// What the participant sends.
    pub media: MediaState,
    /// When the participant was invited (for the initiator: when the call was created).
    pub invited_at: Timestamp,
    /// The devices that took part in any way, oldest first.
    pub legs: Vec<Leg>,
}

/// What part a participant plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Began the call.
    Initiator,
    /// Was invited.
    Participant,
}

/// Where a participant stands, with the data that only this state has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum ParticipantState {
    /// Invited; no device rings yet.
    Invited {
        /// When the invitation lapses.
        ring_deadline: Timestamp,
        /// When the user counts as unreachable; only while no device is known.
        unreachable_deadline: Option<Timestamp>,
    },
    /// At least one device rings.
    Alerting {
        /// When the invitation lapses.
        ring_deadline: Timestamp,
    },
    /// Took the call (or began it); media does not flow yet.
    Accepted {
        /// When.
        accepted_at: Timestamp,
        /// When media must flow; `None` for an initiator whose call still rings.
        connect_deadline: Option<Timestamp>,
        /// When a lost (or never opened) connection ends it; `None` while connected.
        gone_deadline: Option<Timestamp>,
    },
    /// In the call, with media.
    Joined {
        /// Since when.
        joined_at: Timestamp,
    },
    /// In the call, connection lost.
    Reconnecting {
        /// When the participant had joined.
        joined_at: Timestamp,
        /// When it is lost for good.
        deadline: Timestamp,
    },
    /// Took the call, and is out of it.
    Left {
        /// When the participant had joined, if media ever flowed.
        joined_at: Option<Timestamp>,
        /// When the participant left.
        left_at: Timestamp,
        /// Why.
        reason: LeaveReason,
    },
    /// Refused the call.
    Declined {
        /// When.
        at: Timestamp,
    },
    /// Was in another call, or said so.
    Busy {
        /// When.
        at: Timestamp,
    },
    /// Did not take the call in time.
    Missed {
        /// When.
        at: Timestamp,
    },
    /// Had no device online.
    Unreachable {
        /// When that was established.
        at: Timestamp,
    },
    /// The call was over before the user took it.
    Cancelled {
        /// When.
        at: Timestamp,
    },
    /// Was put out by a moderator.
    Removed {
        /// When the participant had joined, if media ever flowed.
        joined_at: Option<Timestamp>,
        /// When.
        at: Timestamp,
    },
    /// Took the call, but media never flowed in time.
    Failed {
        /// When.
        at: Timestamp,
    },
}

/// A [`ParticipantState`] without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the states above say it
pub enum ParticipantStatus {
    Invited,
    Alerting,
    Accepted,
    Joined,
    Reconnecting,
    Left,
    Declined,
    Busy,
    Missed,
    Unreachable,
    Cancelled,
    Removed,
    Failed,
}

/// Why somebody who had taken the call is out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// Hung up.
    Left,
    /// A moderator put the participant out.
    Removed,
    /// The connection did not come back.
    ConnectionLost,
    /// Media never flowed.
    ConnectFailed,
    /// The call ended for everyone.
    CallEnded(EndReason),
}
