use serde::{Deserialize, Serialize};

use crate::name::names;
use crate::{DeviceId, LeaveReason, Leg, LegClosed, LegState, MediaState, Timestamp, UserId};

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
    /// Since when the participant has a hand raised.
    pub hand_raised_at: Option<Timestamp>,
    /// When the participant was last invited (for whoever never was: created the call, or joined
    /// it first).
    pub invited_at: Timestamp,
    /// The devices that took part in any way since the participant was last out of it, oldest
    /// first.
    pub legs: Vec<Leg>,
}

/// What part a participant plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Began the call. Has every right of a moderator, for good.
    Initiator,
    /// May mute others, put them out and make them moderators.
    Moderator,
    /// Was invited, or joined.
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
        /// When media must flow; `None` while there is nobody to connect to.
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

names!("role", Role {
    Initiator => "initiator",
    Moderator => "moderator",
    Participant => "participant",
});

names!("participant status", ParticipantStatus {
    Invited => "invited",
    Alerting => "alerting",
    Accepted => "accepted",
    Joined => "joined",
    Reconnecting => "reconnecting",
    Left => "left",
    Declined => "declined",
    Busy => "busy",
    Missed => "missed",
    Unreachable => "unreachable",
    Cancelled => "cancelled",
    Removed => "removed",
    Failed => "failed",
});

impl Role {
    /// May mute others, put them out and change what they may.
    pub const fn moderates(self) -> bool {
        matches!(self, Self::Initiator | Self::Moderator)
    }
}

impl Participant {
    /// Where the participant stands.
    pub fn status(&self) -> ParticipantStatus {
        self.state.status()
    }

    /// Took (or began) the call and is not out of it.
    pub fn is_present(&self) -> bool {
        self.status().is_present()
    }

    /// Invited, and neither took nor refused the call yet.
    pub fn is_ringing(&self) -> bool {
        self.status().is_ringing()
    }

    /// The device with which the participant is in the call.
    pub fn selected_device(&self) -> Option<&DeviceId> {
        self.legs
            .iter()
            .find(|leg| leg.state.is_selected())
            .map(|leg| &leg.device)
    }

    /// What the call is to one device of this participant.
    pub fn leg(&self, device: &DeviceId) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.device == *device)
    }

    /// When media began to flow.
    pub fn joined_at(&self) -> Option<Timestamp> {
        self.state.joined_at()
    }

    /// When the participant, having taken the call, was out of it.
    pub fn left_at(&self) -> Option<Timestamp> {
        self.state.left_at()
    }

    /// Why the participant, having taken the call, is out of it.
    pub fn leave_reason(&self) -> Option<LeaveReason> {
        self.state.leave_reason()
    }

    pub(crate) fn selected_leg_mut(&mut self) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.state.is_selected())
    }

    /// Makes one device the one with which the participant is in the call, and closes the others.
    pub(crate) fn select(&mut self, device: DeviceId, state: LegState) {
        self.close_legs(LegClosed::AnsweredElsewhere);
        match self.legs.iter_mut().find(|leg| leg.device == device) {
            Some(leg) => leg.state = state,
            None => self.legs.push(Leg { device, state }),
        }
    }

    /// Moves the participant to a final state.
    pub(crate) fn put_out(&mut self, state: ParticipantState, legs: LegClosed) {
        self.state = state;
        self.media = MediaState::default();
        self.hand_raised_at = None;
        self.close_legs(legs);
    }

    fn close_legs(&mut self, reason: LegClosed) {
        for leg in self.legs.iter_mut().filter(|leg| leg.state.is_open()) {
            leg.state = LegState::Closed { reason };
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        match self.state {
            ParticipantState::Invited {
                ring_deadline,
                unreachable_deadline,
            } => Some(unreachable_deadline.map_or(ring_deadline, |d| d.min(ring_deadline))),
            ParticipantState::Alerting { ring_deadline } => Some(ring_deadline),
            ParticipantState::Accepted {
                connect_deadline,
                gone_deadline,
                ..
            } => connect_deadline.into_iter().chain(gone_deadline).min(),
            ParticipantState::Reconnecting { deadline, .. } => Some(deadline),
            ParticipantState::Joined { .. }
            | ParticipantState::Left { .. }
            | ParticipantState::Declined { .. }
            | ParticipantState::Busy { .. }
            | ParticipantState::Missed { .. }
            | ParticipantState::Unreachable { .. }
            | ParticipantState::Cancelled { .. }
            | ParticipantState::Removed { .. }
            | ParticipantState::Failed { .. } => None,
        }
    }
}

impl ParticipantState {
    /// The state without its data.
    pub fn status(&self) -> ParticipantStatus {
        match self {
            Self::Invited { .. } => ParticipantStatus::Invited,
            Self::Alerting { .. } => ParticipantStatus::Alerting,
            Self::Accepted { .. } => ParticipantStatus::Accepted,
            Self::Joined { .. } => ParticipantStatus::Joined,
            Self::Reconnecting { .. } => ParticipantStatus::Reconnecting,
            Self::Left { .. } => ParticipantStatus::Left,
            Self::Declined { .. } => ParticipantStatus::Declined,
            Self::Busy { .. } => ParticipantStatus::Busy,
            Self::Missed { .. } => ParticipantStatus::Missed,
            Self::Unreachable { .. } => ParticipantStatus::Unreachable,
            Self::Cancelled { .. } => ParticipantStatus::Cancelled,
            Self::Removed { .. } => ParticipantStatus::Removed,
            Self::Failed { .. } => ParticipantStatus::Failed,
        }
    }

    /// When the invitation lapses.
    pub fn ring_deadline(&self) -> Option<Timestamp> {
        match *self {
            Self::Invited { ring_deadline, .. } | Self::Alerting { ring_deadline } => {
                Some(ring_deadline)
            }
            Self::Accepted { .. }
            | Self::Joined { .. }
            | Self::Reconnecting { .. }
            | Self::Left { .. }
            | Self::Declined { .. }
            | Self::Busy { .. }
            | Self::Missed { .. }
            | Self::Unreachable { .. }
            | Self::Cancelled { .. }
            | Self::Removed { .. }
            | Self::Failed { .. } => None,
        }
    }

    /// When media began to flow.
    pub fn joined_at(&self) -> Option<Timestamp> {
        match *self {
            Self::Joined { joined_at } | Self::Reconnecting { joined_at, .. } => Some(joined_at),
            Self::Left { joined_at, .. } | Self::Removed { joined_at, .. } => joined_at,
            Self::Invited { .. }
            | Self::Alerting { .. }
            | Self::Accepted { .. }
            | Self::Declined { .. }
            | Self::Busy { .. }
            | Self::Missed { .. }
            | Self::Unreachable { .. }
            | Self::Cancelled { .. }
            | Self::Failed { .. } => None,
        }
    }

    /// When the participant, having taken the call, was out of it.
    pub fn left_at(&self) -> Option<Timestamp> {
        match *self {
            Self::Left { left_at: at, .. } | Self::Removed { at, .. } | Self::Failed { at } => {
                Some(at)
            }
            Self::Invited { .. }
            | Self::Alerting { .. }
            | Self::Accepted { .. }
            | Self::Joined { .. }
            | Self::Reconnecting { .. }
            | Self::Declined { .. }
            | Self::Busy { .. }
            | Self::Missed { .. }
            | Self::Unreachable { .. }
            | Self::Cancelled { .. } => None,
        }
    }

    /// Why the participant, having taken the call, is out of it.
    pub fn leave_reason(&self) -> Option<LeaveReason> {
        match *self {
            Self::Left { reason, .. } => Some(reason),
            Self::Removed { .. } => Some(LeaveReason::Removed),
            Self::Failed { .. } => Some(LeaveReason::ConnectFailed),
            Self::Invited { .. }
            | Self::Alerting { .. }
            | Self::Accepted { .. }
            | Self::Joined { .. }
            | Self::Reconnecting { .. }
            | Self::Declined { .. }
            | Self::Busy { .. }
            | Self::Missed { .. }
            | Self::Unreachable { .. }
            | Self::Cancelled { .. } => None,
        }
    }
}

impl ParticipantStatus {
    /// Took (or began) the call and is not out of it.
    pub const fn is_present(self) -> bool {
        matches!(self, Self::Accepted | Self::Joined | Self::Reconnecting)
    }

    /// Invited, and neither took nor refused the call yet.
    pub const fn is_ringing(self) -> bool {
        matches!(self, Self::Invited | Self::Alerting)
    }
}
